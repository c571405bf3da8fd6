"""The command line without a network: help, version, parse, check, and how faults are told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway import __version__
from gateway.cli import COMMANDS, main
from gateway.clients.directory import Client, Directory, check_hash
from gateway.commandline.serve import ReadyFile
from gateway.settings.keys import known_variables

PUBLISHED_OPTIONS = [
    "--config", "--smpp-host", "--smpp-port", "--http-host", "--http-port", "--database", "--seed", "--clock-start",
    "--client", "--any-client", "--ready-file", "--log-format", "--log-level",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of whoever runs the tests says nothing."""
    for variable in known_variables():
        monkeypatch.delenv(variable, raising=False)


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin)


def test_help_lists_every_command() -> None:
    """Without knowing anything one finds every command, in a sensible order."""
    result = run("--help")
    assert result.exit_code == 0
    positions = [result.stdout.index(f"\n  {name} ") for name in COMMANDS]
    assert positions == sorted(positions)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    """Each name of the list is a command that explains itself."""
    result = run(command, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: main {command} ")


@pytest.mark.parametrize("option", PUBLISHED_OPTIONS)
@pytest.mark.parametrize("command", ["serve", "check"])
def test_serve_and_check_take_every_published_option(command: str, option: str) -> None:
    """What is published stays, with its environment variable beside it."""
    shown = "".join(run(command, "--help").stdout.split())
    assert option in shown
    assert f"[env:SMS_GATEWAY_{option.removeprefix('--').replace('-', '_').upper()}]" in shown


def test_version_names_what_a_fault_report_needs() -> None:
    """The gateway's version, Python's, Twisted's and smpplib's."""
    result = run("version")
    assert result.stdout.startswith(f"sms-gateway {__version__} (Python 3.")
    assert "Twisted" in result.stdout
    assert "smpplib" in result.stdout
    assert __version__ in run("--version").stdout


def test_check_says_that_all_is_well_or_lists_every_fault() -> None:
    """Status 0 and one sentence, or status 2 and one line for each fault."""
    fine = run("check")
    assert (fine.exit_code, fine.stdout) == (
        0, "The settings are fine: demo may bind, 4 accounts, short code 7494.\n",
    )  # fmt: skip
    bad = run("check", "--smpp-port", "x", "--http-port", "y", "--client", "nocolon")
    assert bad.exit_code == 2
    assert bad.stderr.splitlines() == [
        "Error: 3 faults:",
        "  --client: expected ID:PASSWORD (the value is not shown)",
        "  --smpp-port: expected a port from 0 (a free one) to 65535, got 'x'",
        "  --http-port: expected a port from 0 (a free one) to 65535, got 'y'",
    ]


def test_serve_with_bad_settings_does_not_start() -> None:
    """The faults of the settings come before anything listens; exit status 2."""
    result = run("serve", "--any-client", "--smpp-host", "0.0.0.0", "--database", "mysql://u:secret@h/d")
    assert result.exit_code == 2
    assert "--any-client: accepts anybody" in result.stderr
    assert "--database: no such storage" in result.stderr
    assert "secret" not in result.stderr


def test_check_gives_a_file_to_start_from(tmp_path: Path) -> None:
    """The example can be saved and run with as it is."""
    example = tmp_path / "gateway.toml"
    example.write_text(run("check", "--example").stdout, "utf-8")
    assert run("check", "--config", str(example)).exit_code == 0
    assert run("check", "--keys").stdout.startswith("| TOML key |")


def test_parse_shows_outcome_and_steps() -> None:
    """A person sees what would run, how the text was matched, and each step that changed it."""
    result = run("parse", "Баланс!")
    assert result.exit_code == 0
    first, second, *steps = result.stdout.splitlines()
    assert first == "Баланс!"
    assert second == "  understood: balance (match: case)"
    assert steps[-1].split() == ["case", "Баланс", "->", "БАЛАНС"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BALANCE", ("understood", "balance", None)),
        ("confirm on", ("understood", "confirm", "on")),
        ("CONFIRM", ("understood", "confirm", "status")),
        ("482193", ("understood", "code", "482193")),
        ("pim", ("not_understood", None, None)),
        ("balance or pin", ("ambiguous", None, None)),
        ("confrim 1", ("suggest", "confirm", "on")),
    ],
)
def test_parse_json_prints_one_object(text: str, expected: tuple[str, str | None, str | None]) -> None:
    """The machine's form says what would happen, with exactly the published keys."""
    result = run("parse", "--json", text)
    found = json.loads(result.stdout)
    assert set(found) >= {"text", "outcome", "command", "argument", "match", "steps"}
    assert found["text"] == text
    assert (found["outcome"], found["command"], found["argument"]) == expected


def test_parse_json_reads_one_json_string_a_line() -> None:
    """Any character goes in and comes out: line breaks, emoji; a lone surrogate as the space it is read as."""
    texts = ["BALANCE", "confirm\n1", "\ud800", "😀", "", "x" * 600]
    result = run("parse", "--json", "-", stdin="".join(json.dumps(text) + "\n" for text in texts))
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [one["text"] for one in found] == [text.replace("\ud800", " ") for text in texts]
    assert [one["outcome"] for one in found] == ["understood"] * 2 + ["not_understood"] * 4


@pytest.mark.parametrize("line", ["BALANCE", "1", '{"text": "x"}', '"open'])
def test_parse_json_names_the_line_that_is_no_json_string(line: str) -> None:
    """What was read before is printed; the bad line is named; exit status 2."""
    result = run("parse", "--json", "-", stdin=f'"PIN"\n{line}\n')
    assert result.exit_code == 2
    assert json.loads(result.stdout)["command"] == "pin"
    assert "standard input, line 2" in result.stderr


def test_parse_reads_plain_lines_too() -> None:
    """Without --json each line is a text as it stands."""
    result = run("parse", "-", stdin="PIN\nпомощь\n".encode())
    assert [line for line in result.stdout.splitlines() if not line.startswith(" ")] == ["PIN", "помощь"]
    assert run("parse", "-", stdin=b"\xff\n").exit_code == 2


def test_parse_takes_words_without_quotes_and_texts_with_a_dash() -> None:
    """`parse CONFIRM 1` and `parse -- -1` do what they look like."""
    assert json.loads(run("parse", "--json", "CONFIRM", "1").stdout)["argument"] == "on"
    assert json.loads(run("parse", "--json", "--", "-1").stdout)["text"] == "-1"


def test_parse_makes_the_invisible_visible() -> None:
    """Zero-width and bidirectional characters cannot hide in what is printed."""
    shown = run("parse", "PI\u200bN\u202e").stdout
    assert "PI\\u200bN\\u202e" in shown
    assert "\u200b" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--client", "secret"], "--client: expected ID:PASSWORD (the value is not shown)"),
        (["--client", "demo:secret-too-long"], "room for an ID of 15 characters and a password of 8"),
        (["--client", "дем:secret"], "--client: expected ID:PASSWORD"),
        (["--to", ""], "--to: an SMPP address has 1 to 20 ASCII characters"),
        (["--to", "7" * 21], "--to: an SMPP address has 1 to 20 ASCII characters"),
    ],
)
@pytest.mark.parametrize("command", [["send", "BALANCE"], ["chat"]])
def test_a_peer_that_cannot_be_is_told_before_anything_is_sent(
    command: list[str], arguments: list[str], fault: str
) -> None:
    """Usage faults have exit status 2 and never show a password."""
    result = run(*command, "--from", "79991110001", *arguments)
    assert result.exit_code == 2
    assert fault in result.stderr
    assert "secret" not in result.stderr


def test_an_unknown_command_is_told() -> None:
    """A slip in the name of a command is a usage fault."""
    result = run("sned")
    assert result.exit_code == 2
    assert "No such command 'sned'" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["parse", "PIN"], ["twisted", "smpplib", "cattrs"]),
        (["check"], ["twisted"]),
        (["--help"], ["twisted", "attrs"]),
    ],
)
def test_a_command_imports_only_what_it_needs(arguments: list[str], unwanted: list[str]) -> None:
    """Parsing a text does not wait for a network library to load."""
    code = (
        "import sys\nfrom gateway.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        f"sys.exit(any(name in sys.modules for name in {unwanted!r}))"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert finished.returncode == 0


def test_hash_password_makes_what_a_client_binds_with() -> None:
    """The hash that is printed is one that settings take, and it fits the password and no other."""
    result = run("hash-password", stdin="s3cret\n")
    assert result.exit_code == 0
    spelled = result.stdout.removesuffix("\n")
    assert check_hash(spelled) is None
    directory = Directory([Client("shop", spelled)])
    assert directory.password_matches("shop", "s3cret")
    assert not directory.password_matches("shop", "s3cres")


@pytest.mark.parametrize("password", ["ninechars", "пароль", "a\tb"])
def test_hash_password_refuses_what_smpp_cannot_carry(password: str) -> None:
    """Exit status 2, and the password is not shown."""
    result = run("hash-password", stdin=f"{password}\n")
    assert result.exit_code == 2
    assert password not in result.output


def test_who_interrupts_is_told_as_shells_expect(monkeypatch: pytest.MonkeyPatch) -> None:
    """130, at whatever a command is, its start included; nothing is said."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("commands.parsing.Parser.load", interrupted)
    result = run("parse", "BALANCE")
    assert (result.exit_code, result.output) == (130, "")


@pytest.mark.parametrize(
    ("kept", "stays"),
    [
        (json.dumps({"pid": 2**22}), False), (json.dumps({"pid": os.getpid()}), False),
        ('{"pid": 1}', True), ("[]", True), ("no JSON", True), ('{"pid": "x"}', True),
    ],
    ids=["a dead process", "this process", "another process", "a list", "no JSON", "a pid that is none"],
)  # fmt: skip
def test_the_ready_file_of_a_dead_gateway_is_gone_before_the_next_is_ready(
    kept: str, stays: bool, tmp_path: Path
) -> None:
    """One that was killed has left it: whoever waits for the next would not wait. What is no dead gateway's stays."""
    path = tmp_path / "ready.json"
    path.write_text(kept)
    ReadyFile(path).discard_dead()
    assert path.exists() is stays
    ReadyFile(None).discard_dead()
    ReadyFile(tmp_path / "none").discard_dead()
