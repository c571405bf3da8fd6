"""Payments and codes that come again, and payments that expire."""

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.wallet.accounts import EntryKind
from commands.wallet.money import Money
from commands.wallet.payments import (
    CodeWrong,
    PaymentConfirmed,
    PaymentRefused,
    PaymentStarted,
)
from tests.commands.doubles import MINUTE, NOON, NUMBER, DictBooks, account
from tests.commands.wallet.asking import OTHER, hold, kinds, start, wallet, with_confirmation, wrong


@pytest.mark.parametrize("confirmation", [True, False])
def test_the_same_cause_starts_one_payment(confirmation: bool) -> None:
    """The request again is given the payment as it is, without a second code and without a second effect."""
    books = DictBooks(account(100_000, confirmation=confirmation))
    first = start(books)
    before = books.state()
    assert start(books, now=NOON + MINUTE) == PaymentStarted(first.payment)
    assert books.state() == before


def test_w10_a_code_that_comes_again_is_answered_again() -> None:
    """The same text delivered twice: the right code is told as right twice, a wrong one counts once."""
    books = with_confirmation()
    _, code = hold(books)
    for _ in range(2):
        assert wallet().confirm_payment(books, NUMBER, wrong(code), NOON, "message:1") == CodeWrong(2)
    for _ in range(2):
        answer = wallet().confirm_payment(books, NUMBER, code, NOON, "message:2")
        assert isinstance(answer, PaymentConfirmed)
    assert books.accounts[NUMBER].balances == (Money(65_000, "RUB"),)


def test_w10_a_refused_code_that_comes_again_is_refused_again() -> None:
    """Money that arrives in between does not make an old text pay."""
    books = with_confirmation()
    _, code = hold(books)
    full = books.accounts[NUMBER]
    books.accounts.put(attrs.evolve(full, balances=(Money(0, "RUB"),)))
    first = wallet().confirm_payment(books, NUMBER, code, NOON, "message:1")
    books.accounts.put(full)
    assert wallet().confirm_payment(books, NUMBER, code, NOON, "message:1") == first
    assert isinstance(first, PaymentRefused)
    assert books.accounts[NUMBER] == full


def test_the_last_wrong_code_that_comes_again_is_the_last_again() -> None:
    """After the third wrong code its repetition says again that nothing waits."""
    books = with_confirmation()
    _, code = hold(books)
    for nth in range(3):
        wallet().confirm_payment(books, NUMBER, wrong(code), NOON, f"message:{nth}")
    assert wallet().confirm_payment(books, NUMBER, wrong(code), NOON, "message:2") == CodeWrong(0)


def test_payments_expire_in_order_and_in_portions() -> None:
    """Only what is due expires, the earliest first, and no more than asked for; each has an entry."""
    books = with_confirmation()
    for nth in range(3):
        hold(books, f"api:{nth}", now=NOON + nth)
    due = NOON + 5 * MINUTE
    assert wallet().expire_payments(books, due - 1) == []
    assert [payment.number for payment in wallet().expire_payments(books, due + 2, limit=2)] == [1, 2]
    assert [payment.number for payment in wallet().expire_payments(books, due + 2, limit=2)] == [3]
    assert wallet().expire_payments(books, due + 2) == []
    assert kinds(books).count(EntryKind.PAYMENT_EXPIRED) == 3


def test_has_pending() -> None:
    """A payment is pending until its time is over, and only for its own subscriber."""
    books = with_confirmation()
    hold(books)
    assert wallet().has_pending(books, NUMBER, NOON + 5 * MINUTE - 1)
    assert not wallet().has_pending(books, NUMBER, NOON + 5 * MINUTE)
    assert not wallet().has_pending(books, OTHER, NOON)


@given(st.text("0123456789", min_size=6, max_size=6), st.integers(1, 10**6))
@example("000000", 1)
def test_a_guess_is_wrong_but_for_the_code(guess: str, number: int) -> None:
    """Whatever six digits are sent, they complete the payment exactly when they are its code."""
    books = with_confirmation()
    books.payments.numbers = number
    _, code = hold(books)
    answer = wallet().confirm_payment(books, NUMBER, guess, NOON, "message:1")
    assert isinstance(answer, PaymentConfirmed) == (guess == code)
