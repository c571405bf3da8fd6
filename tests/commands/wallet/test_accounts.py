"""Accounts and rules: who has an account, what it holds, and what is wrong with one."""

import attrs
import pytest

from commands.wallet.accounts import Account, CheckLock, EntryKind, Payment, PaymentState, PinState
from commands.wallet.errors import AccountBlocked, NoAccount
from commands.wallet.money import Money
from commands.wallet.rules import WalletRules
from commands.wallet.service import Wallet
from tests.commands.doubles import (
    NOON,
    NUMBER,
    PEPPER,
    DictBooks,
    account,
    keyed_draw,
)
from tests.commands.wallet.asking import wallet


def test_a_balance_is_each_currency_in_order() -> None:
    """The amounts come as the account holds them, and nothing is written."""
    held = (Money(123_450, "RUB"), Money(1000, "USD"))
    books = DictBooks(Account(NUMBER, balances=held))
    before = books.state()
    assert wallet().balance(books, NUMBER, NOON, "message:1") == held
    assert books.state() == before


def test_an_account_without_money_has_none_of_the_rules_currency() -> None:
    """There is always an amount to name."""
    assert wallet().balance(DictBooks(Account(NUMBER)), NUMBER, NOON, "message:1") == (Money(0, "RUB"),)


OPERATIONS = {
    "account": lambda own, books: own.account(books, NUMBER, NOON, "message:1"),
    "balance": lambda own, books: own.balance(books, NUMBER, NOON, "message:1"),
    "restore_pin": lambda own, books: own.restore_pin(books, NUMBER, NOON, "message:1"),
    "confirmation": lambda own, books: own.confirmation(books, NUMBER, NOON, "message:1"),
    "turn_confirmation": lambda own, books: own.turn_confirmation(books, NUMBER, True, NOON, "message:1"),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_unknown_number_has_no_account(operation: str) -> None:
    """By default an unknown number is refused, and nothing is written."""
    books = DictBooks()
    before = books.state()
    with pytest.raises(NoAccount):
        OPERATIONS[operation](wallet(), books)
    assert books.state() == before


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_blocked_account_does_nothing(operation: str) -> None:
    """A blocked account is refused, and nothing is written."""
    books = DictBooks(account(blocked=True))
    before = books.state()
    with pytest.raises(AccountBlocked):
        OPERATIONS[operation](wallet(), books)
    assert books.state() == before


@pytest.mark.parametrize("operation", OPERATIONS)
def test_first_contact_makes_an_account_where_the_rules_say_so(operation: str) -> None:
    """The new account has a balance drawn for its number, the language and currency of the rules, and an entry."""
    books = DictBooks()
    own = wallet(unknown_subscribers="create", language="en", currency="USD", created_balance=1000)
    OPERATIONS[operation](own, books)
    made = books.accounts[NUMBER]
    drawn = keyed_draw("balance", (NUMBER,), 1000)
    assert (made.language, made.balances) == ("en", (Money(drawn, "USD"),))
    assert EntryKind.CREATED in [entry.kind for entry in books.entries.of(NUMBER, 10)]
    assert own.balance(books, NUMBER, NOON, "message:2") == (Money(drawn, "USD"),)
    assert len([entry for entry in books.entries.of(NUMBER, 10) if entry.kind == EntryKind.CREATED]) == 1


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"number": ""}, "number"),
        ({"number": "+79161234567"}, "number"),
        ({"number": "٣٤٥"}, "number"),
        ({"number": "1234567890123456"}, "number"),
        ({"language": "de"}, "language"),
        ({"balances": (Money(1, "RUB"), Money(2, "RUB"))}, "once"),
        ({"balances": (Money(-1, "RUB"),)}, "balance"),
        ({"balances": (Money(2**63, "RUB"),)}, "balance"),
        ({"balances": (Money(1, "rub"),)}, "capital"),
        ({"balances": tuple(Money(1, f"AA{letter}") for letter in "ABCDEF")}, "at most 5"),
    ],
)
def test_faults_of_accounts_are_told(fields: dict[str, object], fault: str) -> None:
    """An account that somebody wrote is refused with a sentence about what is wrong."""
    (told,) = attrs.evolve(account(), **fields).faults()
    assert fault in told
    assert account().faults() == []


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("unknown_subscribers", "maybe"),
        ("language", "de"),
        ("currency", "rub"),
        ("pin_digits", 3),
        ("pin_digits", 7),
        ("pin_resets", 0),
        ("pin_reset_gap", -1),
        ("code_valid", 59),
        ("code_valid", 6000),
        ("code_tries", 0),
        ("created_balance", 0),
        ("payment_limit", -1),
    ],
)
def test_faults_of_rules_are_told(rule: str, value: object) -> None:
    """A rule that cannot be kept names itself, and no wallet is made with it."""
    rules = WalletRules(**{rule: value})  # type: ignore[arg-type]  # any rule
    (told,) = rules.faults()
    assert told.startswith(rule)
    with pytest.raises(ValueError, match=rule):
        Wallet(rules, keyed_draw, PEPPER)


def test_all_faults_of_rules_are_told_at_once() -> None:
    """Two wrong rules give two sentences; the defaults give none."""
    assert len(WalletRules(language="de", pin_digits=1).faults()) == 2
    assert WalletRules().faults() == []


def test_the_largest_account_has_no_faults() -> None:
    """Every limit itself is allowed: 15 digits, five currencies, zero, and all that 64 bits hold."""
    balances = (Money(0, "AAA"), Money(2**63 - 1, "AAB"), *(Money(1, f"AA{letter}") for letter in "CDE"))
    assert Account("7" * 15, "en", balances).faults() == []


def test_nothing_is_set_in_a_new_account() -> None:
    """A new account has no PIN, no locks and no history of restores, and a new payment was never held."""
    assert Account(NUMBER).pin == PinState(b"", 0, 0, 0, (), 0, "", 0, ())
    assert CheckLock("atm") == CheckLock("atm", 0, 0, 0)
    payment = Payment(1, NUMBER, Money(1, "RUB"), "ACME", "api:1", NOON)
    assert (payment.state, payment.reason, payment.tries, payment.expires_at) == (PaymentState.HELD, "", 0, 0)


def test_digests_are_not_shown() -> None:
    """What is kept of a PIN or a code is in no log: with the pepper it is as good as the secret."""
    payment = Payment(1, NUMBER, Money(1, "RUB"), "ACME", "api:1", NOON, code_digest=b"digest of a code")
    assert "digest of" not in repr((PinState(digest=b"digest of a PIN"), payment))
