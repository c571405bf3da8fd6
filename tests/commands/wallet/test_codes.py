"""Codes of payments: right, wrong, used, late, and of somebody else."""

import attrs
import pytest

from commands.wallet.accounts import EntryKind, PaymentState, RefusalReason
from commands.wallet.money import Money
from commands.wallet.payments import (
    Cashier,
    CodeExpired,
    CodeWrong,
    NothingPending,
    PaymentConfirmed,
    PaymentRefused,
)
from commands.wallet.rules import WalletRules
from commands.wallet.service import Wallet
from tests.commands.doubles import MINUTE, NOON, NUMBER, PEPPER, DictBooks, account, keyed_draw
from tests.commands.wallet.asking import OTHER, PRICE, hold, kinds, start, wallet, with_confirmation, wrong


def test_w04_without_a_payment_a_code_is_nothing() -> None:
    """No payment, no account, or a payment that is over: nothing is pending, and nothing is written."""
    books = DictBooks(account())
    before = books.state()
    assert wallet().confirm_payment(books, NUMBER, "482193", NOON, "message:1") == NothingPending()
    assert wallet().confirm_payment(books, OTHER, "482193", NOON, "message:1") == NothingPending()
    assert books.state() == before


def test_w04_a_code_works_once() -> None:
    """The second text with a used code does nothing, not even while another payment waits."""
    books = with_confirmation()
    _, code = hold(books)
    wallet().confirm_payment(books, NUMBER, code, NOON, "message:1")
    assert wallet().confirm_payment(books, NUMBER, code, NOON, "message:2") == NothingPending()
    hold(books, "api:2")
    assert wallet().confirm_payment(books, NUMBER, code, NOON, "message:3") == CodeWrong(2)
    assert books.accounts[NUMBER].balances == (Money(65_000, "RUB"),)


def test_w04_a_code_is_over_after_five_minutes() -> None:
    """One moment before it works; at the fifth minute it is told as expired, swept or not, and nothing is taken."""
    for is_swept in (False, True):
        books = with_confirmation()
        payment, code = hold(books)
        if is_swept:
            assert wallet().expire_payments(books, NOON + 5 * MINUTE) == [books.payments[1]]
        answer = wallet().confirm_payment(books, NUMBER, code, NOON + 5 * MINUTE, "message:1")
        assert answer == CodeExpired(attrs.evolve(payment, state=PaymentState.EXPIRED))
        assert wallet().confirm_payment(books, NUMBER, wrong(code), NOON + 5 * MINUTE, "message:2") == NothingPending()
        assert books.accounts[NUMBER].balances == (Money(100_000, "RUB"),)
        assert kinds(books) == [EntryKind.PAYMENT_STARTED, EntryKind.PAYMENT_EXPIRED]
    books = with_confirmation()
    _, code = hold(books)
    answer = wallet().confirm_payment(books, NUMBER, code, NOON + 5 * MINUTE - 1, "message:1")
    assert isinstance(answer, PaymentConfirmed)


def test_w04_a_code_of_somebody_else_is_wrong() -> None:
    """A code belongs to the number that it was sent to."""
    books = with_confirmation()
    books.accounts.put(account(100_000, number=OTHER, confirmation=True))
    _, code = hold(books)
    assert wallet().confirm_payment(books, OTHER, code, NOON, "message:1") == NothingPending()
    wallet().start_payment(books, OTHER, PRICE, "ACME", NOON, "api:2")
    assert wallet().confirm_payment(books, OTHER, code, NOON, "message:2") == CodeWrong(2)
    assert books.payments[1].state == PaymentState.HELD


def test_three_wrong_codes_end_a_payment() -> None:
    """The third wrong code refuses it; then the right one is nothing."""
    books = with_confirmation()
    _, code = hold(books)
    answers = [wallet().confirm_payment(books, NUMBER, wrong(code), NOON, f"message:{nth}") for nth in range(3)]
    assert answers == [CodeWrong(2), CodeWrong(1), CodeWrong(0)]
    assert (books.payments[1].state, books.payments[1].reason) == (PaymentState.REFUSED, RefusalReason.CODE)
    assert wallet().confirm_payment(books, NUMBER, code, NOON, "message:4") == NothingPending()
    assert books.accounts[NUMBER].balances == (Money(100_000, "RUB"),)


def test_the_history_says_whether_a_code_was_right_but_not_the_code() -> None:
    """Each try is an entry; the right one names its payment, a wrong one names none."""
    books = with_confirmation()
    _, code = hold(books)
    wallet().confirm_payment(books, NUMBER, wrong(code), NOON, "message:1")
    wallet().confirm_payment(books, NUMBER, code, NOON, "message:2")
    tries = [entry for entry in books.entries.of(NUMBER, 9) if entry.kind == EntryKind.CODE_TRIED]
    assert [(entry.cause, entry.detail, entry.payment) for entry in tries] == [
        ("message:2", "right", 1),
        ("message:1", "wrong", None),
    ]


def test_the_pepper_is_not_shown() -> None:
    """Who prints what checks the codes sees neither its key nor where its draws come from."""
    shown = repr(Cashier(WalletRules(), keyed_draw, PEPPER))
    assert repr(PEPPER) not in shown
    assert "keyed_draw" not in shown


def test_w05_of_two_payments_a_code_names_its_own() -> None:
    """With two waiting, the code of the second completes the second."""
    books = with_confirmation()
    (_, first), (_, second) = hold(books), hold(books, "api:2", Money(1, "RUB"))
    assert first != second
    answer = wallet().confirm_payment(books, NUMBER, second, NOON, "message:1")
    assert isinstance(answer, PaymentConfirmed)
    assert answer.payment.number == 2
    assert books.payments[1].state == PaymentState.HELD


def test_w05_a_wrong_code_counts_at_each() -> None:
    """Two waiting payments do not double the guesses: three wrong codes end them both."""
    books = with_confirmation()
    (_, first), (_, second) = hold(books), hold(books, "api:2")
    guess = wrong(first, second)
    answers = [wallet().confirm_payment(books, NUMBER, guess, NOON, f"message:{nth}") for nth in range(3)]
    assert answers == [CodeWrong(2), CodeWrong(1), CodeWrong(0)]
    assert [payment.state for payment in books.payments.values()] == [PaymentState.REFUSED] * 2
    assert kinds(books).count(EntryKind.PAYMENT_REFUSED) == 2


def test_w05_the_youngest_payment_has_its_own_tries() -> None:
    """A payment that started after two wrong codes survives the third one, and the reply counts its tries."""
    books = with_confirmation()
    _, first = hold(books)
    for nth in range(2):
        wallet().confirm_payment(books, NUMBER, wrong(first), NOON, f"message:{nth}")
    _, second = hold(books, "api:2")
    assert wallet().confirm_payment(books, NUMBER, wrong(first, second), NOON, "message:3") == CodeWrong(2)
    assert [payment.state for payment in books.payments.values()] == [PaymentState.REFUSED, PaymentState.HELD]


def test_codes_of_waiting_payments_differ() -> None:
    """Also when the draws repeat, a right code names one payment."""
    books = with_confirmation()
    own = Wallet(WalletRules(), lambda purpose, key, below: below - 1, PEPPER)
    codes = [own.start_payment(books, NUMBER, PRICE, "ACME", NOON, f"api:{nth}").code for nth in range(5)]
    assert codes == ["999999", "000000", "000001", "000002", "000003"]


def test_codes_are_keyed_by_the_payment() -> None:
    """The first draw of a code is keyed by the number of its payment alone."""
    _, code = hold(with_confirmation())
    assert code == f"{keyed_draw('code', (1,), 10**6):06d}"


@pytest.mark.parametrize("fields", [{"balances": (Money(34_999, "RUB"),)}, {"blocked": True}])
def test_a_held_payment_reserves_nothing(fields: dict[str, object]) -> None:
    """What happened since is looked at when the code comes: a right code for too little money is refused for good."""
    books = with_confirmation()
    payment, code = hold(books)
    books.accounts.put(attrs.evolve(books.accounts[NUMBER], **fields))
    before = books.accounts[NUMBER]
    reason = RefusalReason.BLOCKED if "blocked" in fields else RefusalReason.FUNDS
    answer = wallet().confirm_payment(books, NUMBER, code, NOON, "message:1")
    assert answer == PaymentRefused(attrs.evolve(payment, state=PaymentState.REFUSED, reason=reason))
    assert books.accounts[NUMBER] == before
    assert wallet().confirm_payment(books, NUMBER, code, NOON, "message:2") == NothingPending()


def test_w07_payments_together_never_overdraw() -> None:
    """Of fifty payments of a tenth of the balance ten complete, and zero is left."""
    books = DictBooks(account(100_000))
    states = [start(books, f"api:{nth}", Money(10_000, "RUB")).payment.state for nth in range(50)]
    assert states == [PaymentState.COMPLETED] * 10 + [PaymentState.REFUSED] * 40
    assert books.accounts[NUMBER].balances == (Money(0, "RUB"),)
