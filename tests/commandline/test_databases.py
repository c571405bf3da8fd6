"""``accounts`` and ``messages`` on a database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from commands.wallet.accounts import Account, Payment
from commands.wallet.money import Money
from gateway.cli import main
from gateway.smpp.constants import MessageState
from gateway.storage.base import Books
from tests.contracts.test_storage import a_message, run
from tests.databases import open_sqlite

START = 1_768_467_600_000_000
"""2026-01-15T09:00:00Z."""


def fill(books: Books) -> None:
    books.accounts.put(Account("79991110001", "ru", (Money(123450, "RUB"),)))
    books.accounts.put(Account("79991110002", "en", (Money(25000, "RUB"), Money(0, "USD")), confirmation=True))
    books.payments.put(Payment(1, "79991110002", Money(350, "RUB"), "ACME", "api:1", START))
    books.messages.add(a_message(1, spelled_id="0000000001", user_data="Баланс".encode(), accepted_at=START))
    books.messages.add(
        a_message(2, spelled_id="", kind=1, state=MessageState.DELIVERED, final_at=START + 1_500_000, outcome="balance")
    )
    books.messages.add(a_message(3, spelled_id="0000001A", user_data=b"New PIN: 4821", sealed=True))
    books.messages.add(a_message(26, spelled_id="0000001A", source_addr="7"))


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with two accounts, a payment and four messages."""
    storage = open_sqlite(tmp_path, text_of=lambda message: message.user_data.decode()).storage
    run(storage, fill)
    storage.close()
    return f"sqlite:///{tmp_path}/gateway.db"


def call(*arguments: str, status: int = 0) -> str:
    """What the command line prints, both streams."""
    result = CliRunner(env={"SMS_GATEWAY_DATABASE": None, "SMS_GATEWAY_PEPPER_FILE": None}).invoke(main, arguments)
    assert result.exit_code == status, result.output
    return result.output


def test_accounts_are_listed_for_people_and_for_programs(url: str) -> None:
    """One a line, by number."""
    assert call("accounts", "list", "--database", url).splitlines() == [
        "79991110001 ru 1234.50 RUB",
        "79991110002 en 250.00 RUB, 0.00 USD confirmation",
    ]
    lines = call("accounts", "list", "--database", url, "--json").splitlines()
    assert json.loads(lines[1])["balances"] == {"RUB": 25000, "USD": 0}


def test_an_account_is_shown_with_its_payments_and_history(url: str) -> None:
    """And one that is not there is exit status 1."""
    call("accounts", "set", "79991110002", "--blocked", "--database", url)
    first, payment, entry = call("accounts", "show", "79991110002", "--database", url).splitlines()
    assert first == "79991110002 en 250.00 RUB, 0.00 USD confirmation blocked"
    assert payment == "  payment 1: 3.50 RUB to ACME, held"
    assert " edited blocked [cli:" in entry
    assert call("accounts", "show", "5", "--database", url, status=1) == "Error: there is no account 5\n"


def test_set_changes_what_is_named_and_opens_what_is_not_there(url: str) -> None:
    """Other fields and currencies stay."""
    out = call("accounts", "set", "79991110002", "--balance", "USD=1.50", "--no-confirmation", "--database", url)
    assert out == "79991110002 en 250.00 RUB, 1.50 USD\n"
    out = call("accounts", "set", "79995550001", "--language", "en", "--balance", "RUB=0", "--database", url)
    assert out == "79995550001 en 0.00 RUB\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("79991110001", "--balance", "RUB=1.5"), "2 digits after the point"),
        (("79991110001", "--balance", "RUB"), "amount"),
        (("1", "--blocked"), "phone number"),
        (("79991110001", "--language", "fr"), "fr"),
    ],
)
def test_set_refuses_what_is_no_account(url: str, arguments: tuple[str, ...], said: str) -> None:
    """Exit status 2, and the account stays as it is."""
    before = call("accounts", "list", "--database", url)
    assert said in call("accounts", "set", *arguments, "--database", url, status=2)
    assert call("accounts", "list", "--database", url) == before


def test_import_takes_the_tables_of_the_settings(url: str, tmp_path: Path) -> None:
    """All accounts of a file, or none when one is bad."""
    file = tmp_path / "accounts.toml"
    file.write_text('[accounts.79990000001]\nbalances = { RUB = "7.00" }\n[accounts.79991110001]\nblocked = true\n')
    assert call("accounts", "import", str(file), "--database", url) == "2 accounts\n"
    listed = call("accounts", "list", "--database", url)
    assert "79990000001 ru 7.00 RUB" in listed
    assert "79991110001 ru 1234.50 RUB blocked" in listed
    file.write_text('[79990000002]\nblocked = true\n[79990000003]\nlanguage = "fr"\n')
    assert "79990000003.language" in call("accounts", "import", str(file), "--database", url, status=2)
    file.write_text("no toml")
    assert "accounts.toml" in call("accounts", "import", str(file), "--database", url, status=2)
    assert call("accounts", "list", "--database", url) == listed


def test_reading_needs_no_lock_and_writing_does(url: str, tmp_path: Path) -> None:
    """While a gateway has the file it can be looked at, not changed."""
    storage = open_sqlite(tmp_path).storage
    assert len(call("accounts", "list", "--database", url).splitlines()) == 2
    assert len(call("messages", "list", "--database", url).splitlines()) == 4
    assert "in use by another process" in call(
        "accounts", "set", "79991110001", "--blocked", "--database", url, status=2
    )
    storage.close()


def test_messages_are_listed_newest_first(url: str) -> None:
    """With limit, address and text; a secret is not shown."""
    lines = call("messages", "list", "--database", url).splitlines()
    assert [line.split()[0] for line in lines] == ["0000001A", "0000001A", "0000000002", "0000000001"]
    assert lines[-1] == "0000000001 2026-01-15T09:00:00.000Z 79991110001 > 79995550001 enroute Баланс"
    assert lines[1].endswith("enroute (secret)")
    assert call("messages", "list", "--text", "БАЛАНС", "--database", url).splitlines() == lines[-1:]
    assert call("messages", "list", "--address", "7", "--database", url).splitlines() == lines[:1]
    assert call("messages", "list", "--limit", "1", "--database", url).splitlines() == lines[:1]


def test_a_message_is_shown_by_the_id_that_its_client_saw(url: str) -> None:
    """Decimal or hexadecimal, with or without leading zeros."""
    shown = json.loads(call("messages", "show", "1", "--database", url))
    assert (shown["id"], shown["text"], shown["state"]) == ("0000000001", "Баланс", "enroute")
    assert json.loads(call("messages", "show", "0000001a", "--database", url))["number"] == 26
    assert json.loads(call("messages", "show", "2", "--database", url))["final_at"] == "2026-01-15T09:00:01.500Z"
    assert "there is no message 99" in call("messages", "show", "99", "--database", url, status=1)
    assert "there is no message x" in call("messages", "show", "x", "--database", url, status=1)


def test_export_writes_an_object_a_line_without_secrets(url: str) -> None:
    """Oldest first, each with its id as the client saw it."""
    out = call("messages", "export", "--database", url, "--format", "jsonl")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["id"] for row in rows] == ["0000000001", "0000000002", "0000001A", "0000001A"]
    assert rows[0]["octets"] == "Баланс".encode().hex()
    assert (rows[2]["octets"], rows[2]["text"]) == (None, None)
    assert "4821" not in out
    assert b"4821".hex() not in out


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:////no/such.db", "no file /no/such.db"),
        ("memory:", "no URL"),
        ("postgresql://u:secret@127.0.0.1:1/d", "cannot be used"),
    ],
)
@pytest.mark.parametrize("command", [("messages", "export"), ("accounts", "list")])
def test_a_database_that_cannot_be_read_is_told(command: tuple[str, str], url: str, said: str) -> None:
    """Exit status 2, no password."""
    out = call(*command, "--database", url, status=2)
    assert said in out
    assert "secret" not in out
