"""Restoring a PIN: a new one in force, limits, and once for each request."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.wallet.accounts import Entry, EntryKind
from commands.wallet.pins import PinCheck, PinLimited, PinLocked, PinRestored, is_weak
from commands.wallet.rules import WalletRules
from commands.wallet.service import Wallet
from tests.commands.doubles import (
    HOUR,
    MINUTE,
    NOON,
    NUMBER,
    PEPPER,
    DictBooks,
    RandomDraw,
    account,
    keyed_draw,
)
from tests.commands.wallet.asking import new_pin, wallet


def test_a_new_pin_is_in_force_and_the_old_one_dead() -> None:
    """After a restore only the new PIN opens the account."""
    books = DictBooks(account())
    old = new_pin(books)
    new = new_pin(books, NOON + HOUR, "message:2")
    assert old != new
    assert wallet().check_pin(books, NUMBER, old, NOON + HOUR, "check:1") == PinCheck.REFUSED
    assert wallet().check_pin(books, NUMBER, new, NOON + HOUR, "check:2") == PinCheck.RIGHT


@given(st.integers(0, 10_000), st.integers(1, 9))
@example(0, 2)
def test_a_new_pin_is_never_weak_nor_the_old_one(seed: int, restores: int) -> None:
    """Also when the draws repeat: "the old PIN no longer works" is always true."""
    books, now = DictBooks(account()), NOON
    own = Wallet(WalletRules(), lambda purpose, key, below: seed % below, PEPPER)
    last = ""
    for nth in range(restores):
        pin = new_pin(books, now, f"message:{nth}", own)
        assert not is_weak(pin)
        assert pin != last
        last, now = pin, now + 25 * HOUR


def test_the_pin_is_nowhere_in_the_books() -> None:
    """Neither the account, nor its history, nor what they look like in a log has the PIN."""
    books = DictBooks(account())
    pin = new_pin(books)
    assert pin.encode() not in books.accounts[NUMBER].pin.digest
    shown = repr(books.state()).replace(NUMBER, "").replace(str(NOON), "").replace(str(NOON + 24 * HOUR), "")
    assert pin not in shown
    assert pin not in repr(PinRestored(pin))


def test_two_minutes_between_restores() -> None:
    """A second restore is refused for two minutes and says until when; then it works."""
    books = DictBooks(account())
    new_pin(books)
    before = books.state()
    assert wallet().restore_pin(books, NUMBER, NOON + 2 * MINUTE - 1, "message:2") == PinLimited(NOON + 2 * MINUTE)
    assert books.state() == before
    new_pin(books, NOON + 2 * MINUTE, "message:3")


def test_three_restores_lock_for_a_day() -> None:
    """The third restore within 24 hours is the last for 24 hours from then on."""
    books = DictBooks(account())
    for nth in range(3):
        new_pin(books, NOON + nth * HOUR, f"message:{nth}")
    until = NOON + 26 * HOUR
    assert wallet().restore_pin(books, NUMBER, until - 1, "message:4") == PinLocked(until)
    new_pin(books, until, "message:5")


def test_restores_a_day_apart_never_lock() -> None:
    """Only the restores of the last 24 hours count."""
    books = DictBooks(account())
    for nth in range(10):
        new_pin(books, NOON + nth * 12 * HOUR, f"message:{nth}")


@pytest.mark.parametrize("seeded", [True, False])
def test_l11_the_same_cause_makes_one_pin(seeded: bool) -> None:
    """A request that comes again leaves the PIN as it is: told again where it can be drawn again, else limited."""
    books = DictBooks(account())
    own = Wallet(WalletRules(), keyed_draw if seeded else RandomDraw(), PEPPER)
    pin = new_pin(books, own=own)
    before = books.state()
    again = own.restore_pin(books, NUMBER, NOON + MINUTE, "message:1")
    assert again == (PinRestored(pin) if seeded else PinLimited(NOON + 2 * MINUTE))
    assert books.state() == before
    assert own.check_pin(books, NUMBER, pin, NOON + MINUTE, "check:1") == PinCheck.RIGHT


@pytest.mark.parametrize("seeded", [True, False])
def test_an_old_cause_never_makes_another_pin(seeded: bool) -> None:
    """Also long after the limits, and after another restore: the current PIN stays and is not told."""
    books = DictBooks(account())
    own = Wallet(WalletRules(), keyed_draw if seeded else RandomDraw(), PEPPER)
    new_pin(books, own=own)
    new_pin(books, NOON + HOUR, "message:2", own)
    before = books.state()
    later = NOON + 30 * HOUR
    assert own.restore_pin(books, NUMBER, later, "message:1") == PinLimited(later)
    assert books.state() == before


def test_a_pin_that_was_changed_is_not_told_to_the_cause_of_the_restore() -> None:
    """A PIN that the subscriber chose cannot be asked for with an old request."""
    books = DictBooks(account())
    own = wallet()
    pin = new_pin(books)
    assert own.change_pin(books, NUMBER, pin, "4826", NOON, "change:1") == PinCheck.RIGHT
    assert isinstance(own.restore_pin(books, NUMBER, NOON + 30 * HOUR, "message:1"), PinLimited)


def test_a_restore_is_an_entry_with_its_cause() -> None:
    """The history says what happened, when and why."""
    books = DictBooks(account())
    new_pin(books)
    assert books.entries.of(NUMBER, 10) == [Entry(NUMBER, EntryKind.PIN_RESTORED, "message:1", NOON)]
