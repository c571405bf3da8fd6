"""A user's own words, texts and reply limits, through a whole gateway."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.wiring import CannotBuild
from tests.doubles import Bench
from tests.esme import Esme, text_of

COMMANDS = """
[synonyms]
balance = ["funds", "сальдо"]

[commands.tariff]
words = ["tariff", "мой тариф"]
en = "Your tariff is Standard."
ru = "Ваш тариф - Стандарт."
"""


def test_synonyms_and_commands_of_ones_own_are_answered(tmp_path: Path) -> None:
    """A synonym runs its command; a command with a fixed reply answers in the language of its word."""
    (tmp_path / "own.toml").write_text(COMMANDS, "utf-8")
    esme = Esme(Bench(commands=str(tmp_path / "own.toml")))
    for text in ("Funds", "САЛЬДО", "tariff", "Мой тариф"):
        esme.submit(text)
    assert [text_of(pdu) for pdu in esme.take()] == [
        "Balance: 1,234.50 RUB at 12:00 MSK 15.01",
        "Баланс: 1 234,50 руб. на 12:00 МСК 15.01",
        "Your tariff is Standard.",
        "Ваш тариф - Стандарт.",
    ]


def test_a_reply_text_of_ones_own_is_said(tmp_path: Path) -> None:
    """What the file names is replaced, everything else stays."""
    (tmp_path / "texts.toml").write_text('[en.replies.not_understood]\ntext = "Pardon? Send HELP."\n', "utf-8")
    esme = Esme(Bench(replies=str(tmp_path / "texts.toml")))
    esme.submit("qwerty")
    esme.submit("BALANCE")
    assert [text_of(pdu)[:18] for pdu in esme.take()] == ["Pardon? Send HELP.", "Balance: 1,234.50 "]


def test_all_faults_of_both_files_are_told(tmp_path: Path) -> None:
    """A word that belongs to another command, a missing language and a wrong placeholder: all at once, and no start."""
    (tmp_path / "own.toml").write_text('[synonyms]\npin = ["balance"]\n[commands.x]\nwords = ["xyzzy"]\nen = "x"\n')
    (tmp_path / "texts.toml").write_text('[en.replies.blocked]\ntext = "{nothing}"\n')
    with pytest.raises(CannotBuild) as failure:
        Bench(commands=str(tmp_path / "own.toml"), replies=str(tmp_path / "texts.toml"))
    faults = failure.value.faults
    assert len(faults) >= 3
    assert any(fault.startswith("--commands: ") and "balance" in fault for fault in faults)
    assert any(fault.startswith("--replies: ") for fault in faults)


def test_reply_limits_fall_silent_and_recover(tmp_path: Path) -> None:
    """Beyond the limit a subscriber gets nothing, others do, and after the window so does this one."""
    (tmp_path / "limits.toml").write_text("[reply_limits]\nreplies = 2\nreplies_window = 60\n")
    bench = Bench(config=str(tmp_path / "limits.toml"))
    esme = Esme(bench)
    for _ in range(4):
        esme.submit("HELP")
    esme.submit("HELP", source="79991110002")
    assert [pdu.destination_addr for pdu in esme.take()] == ["79991110001"] * 2 + ["79991110002"]
    bench.advance(61)
    esme.submit("HELP")
    assert len(esme.take()) == 1


def test_parse_knows_the_words_too(tmp_path: Path) -> None:
    """`parse --commands FILE` says what serve would do; a bad file is told."""
    (tmp_path / "own.toml").write_text(COMMANDS, "utf-8")
    run = CliRunner().invoke
    found = run(main, ["parse", "--commands", str(tmp_path / "own.toml"), "--json", "tariff"])
    assert '"command": "tariff"' in found.stdout
    (tmp_path / "own.toml").write_text('[synonyms]\npin = ["balance"]\n')
    refused = run(main, ["parse", "--commands", str(tmp_path / "own.toml"), "tariff"])
    assert refused.exit_code == 2
    assert "--commands: " in refused.stderr
