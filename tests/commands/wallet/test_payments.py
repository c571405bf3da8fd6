"""Payments: held for a code or completed at once, refused, once for each request."""

import attrs
import pytest

from commands.wallet.accounts import Account, EntryKind, PaymentState, RefusalReason
from commands.wallet.errors import AmountInvalid, MerchantInvalid, NoAccount
from commands.wallet.money import Money
from commands.wallet.payments import (
    PaymentConfirmed,
    PaymentStarted,
    parse_merchant,
)
from tests.commands.doubles import MINUTE, NOON, NUMBER, DictBooks, account
from tests.commands.wallet.asking import PRICE, hold, kinds, start, wallet, with_confirmation


def test_without_confirmation_a_payment_completes_at_once() -> None:
    """The money is gone, no code is drawn, and the history says both that it started and that it completed."""
    books = DictBooks(account(100_000))
    started = start(books)
    assert (started.payment.state, started.code) == (PaymentState.COMPLETED, None)
    assert books.accounts[NUMBER].balances == (Money(65_000, "RUB"),)
    assert books.payments[1] == started.payment
    assert kinds(books) == [EntryKind.PAYMENT_STARTED, EntryKind.PAYMENT_COMPLETED]


def test_with_confirmation_a_payment_is_held() -> None:
    """Nothing is taken; a code of six digits that is valid for five minutes waits to be sent."""
    books = with_confirmation()
    payment, code = hold(books)
    assert (payment.state, payment.expires_at) == (PaymentState.HELD, NOON + 5 * MINUTE)
    assert (len(code), code.isdigit()) == (6, True)
    assert books.accounts[NUMBER].balances == (Money(100_000, "RUB"),)
    assert code not in repr(books.state())
    assert code not in repr(PaymentStarted(payment, code))


def test_the_right_code_completes_it() -> None:
    """The money is taken then, once."""
    books = with_confirmation()
    payment, code = hold(books)
    answer = wallet().confirm_payment(books, NUMBER, code, NOON + MINUTE, "message:1")
    assert answer == PaymentConfirmed(attrs.evolve(payment, state=PaymentState.COMPLETED))
    assert books.accounts[NUMBER].balances == (Money(65_000, "RUB"),)
    assert kinds(books) == [EntryKind.PAYMENT_STARTED, EntryKind.CODE_TRIED, EntryKind.PAYMENT_COMPLETED]


@pytest.mark.parametrize("confirmation", [True, False])
@pytest.mark.parametrize(
    ("amount", "fields", "rules", "reason"),
    [
        (Money(100_001, "RUB"), {}, {}, RefusalReason.FUNDS),
        (Money(1, "USD"), {}, {}, RefusalReason.FUNDS),
        (PRICE, {"blocked": True}, {}, RefusalReason.BLOCKED),
        (PRICE, {}, {"payment_limit": 34_999}, RefusalReason.LIMIT),
    ],
)
def test_refusals(
    amount: Money, fields: dict[str, object], rules: dict[str, object], reason: RefusalReason, confirmation: bool
) -> None:
    """What cannot be paid is kept as refused with the reason; nothing is taken and no code is sent."""
    books = DictBooks(account(100_000, confirmation=confirmation, **fields))
    started = start(books, amount=amount, **rules)
    assert (started.payment.state, started.payment.reason, started.code) == (PaymentState.REFUSED, reason, None)
    assert books.accounts[NUMBER].balances == (Money(100_000, "RUB"),)
    assert kinds(books) == [EntryKind.PAYMENT_STARTED, EntryKind.PAYMENT_REFUSED]


def test_the_whole_balance_can_be_paid() -> None:
    """A payment of exactly the balance, at exactly the limit, leaves zero."""
    books = DictBooks(account(100_000))
    started = start(books, amount=Money(100_000, "RUB"), payment_limit=100_000)
    assert started.payment.state == PaymentState.COMPLETED
    assert books.accounts[NUMBER].balances == (Money(0, "RUB"),)


def test_held_payments_are_bounded() -> None:
    """Five may wait for a code, the sixth is refused; when one is over there is room again."""
    books = with_confirmation()
    for nth in range(5):
        hold(books, f"api:{nth}", Money(100, "RUB"), NOON + nth)
    assert start(books, "api:6", Money(100, "RUB"), NOON + 5).payment.reason == RefusalReason.LIMIT
    hold(books, "api:7", Money(100, "RUB"), NOON + 5 * MINUTE)


def test_currencies_are_separate() -> None:
    """A payment takes from its own currency only."""
    books = DictBooks(Account(NUMBER, balances=(Money(100, "USD"), Money(50_000, "RUB"), Money(7, "EUR"))))
    start(books)
    assert books.accounts[NUMBER].balances == (Money(100, "USD"), Money(15_000, "RUB"), Money(7, "EUR"))


def test_an_unknown_number_cannot_pay() -> None:
    """It is NoAccount and no payment is kept, unless the rules make accounts."""
    books = DictBooks()
    with pytest.raises(NoAccount):
        start(books)
    assert books.state() == DictBooks().state()
    assert start(books, unknown_subscribers="create").payment.account == NUMBER


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_and_less_cannot_be_paid(amount: int) -> None:
    """An amount that is not above zero is AmountInvalid and writes nothing."""
    books = DictBooks(account())
    before = books.state()
    with pytest.raises(AmountInvalid):
        start(books, amount=Money(amount, "RUB"))
    assert books.state() == before


@pytest.mark.parametrize("name", ["A", "ACME", "H&M", "7-Eleven", "O'Neill Ltd.", "W" * 20, "A.B"])
def test_merchants(name: str) -> None:
    """Ordinary names are kept as they are."""
    assert parse_merchant(name) == name


OTHER_NAMES = [
    "",
    " ",
    " ACME",
    "ACME ",
    "W" * 21,
    "Ромашка",
    "A\nB",
    "{code}",
    "%s",
    "A\x00",
    "caf\u00e9",
    "A\n",
    "`A`",
    "A[]",
]


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_other_merchants_are_refused(name: str) -> None:
    """A name that would change the alphabet, the length or the look of a reply is MerchantInvalid."""
    with pytest.raises(MerchantInvalid):
        wallet().start_payment(DictBooks(account()), NUMBER, PRICE, name, NOON, "api:1")
