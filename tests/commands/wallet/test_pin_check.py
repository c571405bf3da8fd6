"""Checking and changing a PIN as a terminal does, and those who guess."""

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.wallet.errors import PinInvalid
from commands.wallet.pins import PinCheck, is_check_locked
from commands.wallet.rules import WalletRules
from commands.wallet.service import Wallet
from tests.commands.doubles import (
    HOUR,
    MINUTE,
    NOON,
    NUMBER,
    PEPPER,
    DictBooks,
    account,
    keyed_draw,
)
from tests.commands.wallet.asking import new_pin, wallet


def test_a_new_pin_is_temporary() -> None:
    """It opens the account for 24 hours and not a moment longer."""
    books = DictBooks(account())
    pin = new_pin(books)
    assert wallet().check_pin(books, NUMBER, pin, NOON + 24 * HOUR - 1, "check:1") == PinCheck.RIGHT
    assert wallet().check_pin(books, NUMBER, pin, NOON + 24 * HOUR, "check:2") == PinCheck.REFUSED


def test_a_chosen_pin_stays() -> None:
    """A PIN that the subscriber chose instead opens the account for good, and the one from the SMS no longer."""
    books = DictBooks(account())
    pin = new_pin(books)
    assert wallet().change_pin(books, NUMBER, pin, "4826", NOON, "change:1") == PinCheck.RIGHT
    later = NOON + 1000 * HOUR
    assert wallet().check_pin(books, NUMBER, "4826", later, "check:1") == PinCheck.RIGHT
    assert wallet().check_pin(books, NUMBER, pin, later, "check:2") == PinCheck.REFUSED


def test_changing_a_pin_takes_the_old_one() -> None:
    """A wrong old PIN changes nothing but the count of wrong checks."""
    books = DictBooks(account())
    pin = new_pin(books)
    wrong = "4826" if pin != "4826" else "4827"
    assert wallet().change_pin(books, NUMBER, wrong, "9173", NOON, "change:1") == PinCheck.REFUSED
    assert wallet().check_pin(books, NUMBER, pin, NOON, "check:1") == PinCheck.RIGHT


def test_changing_a_pin_happens_once() -> None:
    """The same cause again is told the same, and is not counted as a wrong check."""
    books = DictBooks(account())
    pin = new_pin(books)
    wallet().change_pin(books, NUMBER, pin, "4826", NOON, "change:1")
    before = books.state()
    assert wallet().change_pin(books, NUMBER, pin, "4826", NOON, "change:1") == PinCheck.RIGHT
    assert books.state() == before


@pytest.mark.parametrize("chosen", ["", "482", "48211", "48a1", "４８２１", "٤٨٢١", "1234", "1111", " 482", "4821\n"])
def test_a_chosen_pin_is_digits_and_not_weak(chosen: str) -> None:
    """Anything else is PinInvalid, whatever the old PIN is."""
    books = DictBooks(account())
    with pytest.raises(PinInvalid):
        wallet().change_pin(books, NUMBER, new_pin(books), chosen, NOON, "change:1")


def test_w01_guessing_is_locked_out() -> None:
    """All PINs from one terminal: five are looked at, then even the right one is refused until the lock ends."""
    books = DictBooks(account())
    pin = new_pin(books)
    guesses = [f"{number:04d}" for number in range(10_000) if f"{number:04d}" != pin][:5]
    for nth, guess in enumerate(guesses):
        assert wallet().check_pin(books, NUMBER, guess, NOON, f"check:{nth}", "atm") == PinCheck.REFUSED
    assert wallet().check_pin(books, NUMBER, pin, NOON, "check:a", "atm") == PinCheck.REFUSED
    assert wallet().check_pin(books, NUMBER, pin, NOON, "check:b", "home") == PinCheck.RIGHT
    assert wallet().check_pin(books, NUMBER, pin, NOON + 15 * MINUTE - 1, "check:c", "atm") == PinCheck.REFUSED
    assert wallet().check_pin(books, NUMBER, pin, NOON + 15 * MINUTE, "check:d", "atm") == PinCheck.RIGHT


def spray(books: DictBooks, accounts: range, source: str, now: int = NOON, **rules: object) -> list[PinCheck]:
    """One PIN, wrong for all, at these accounts."""
    return [
        wallet(**rules).check_pin(books, f"7916000{number:04}", "0000", now, f"spray:{source}:{number}", source)
        for number in accounts
    ]


def test_w02_one_pin_at_many_accounts_is_looked_at_for_a_while() -> None:
    """No account is locked by it; after a hundred the terminal learns nothing more until the hour is over, another
    terminal goes on, and after a thousand everywhere nobody does."""
    books = DictBooks(account(), *(account(number=f"7916000{number:04}") for number in range(50)))
    pin = new_pin(books)
    assert set(spray(books, range(99), "atm")) == {PinCheck.REFUSED}
    assert wallet().check_pin(books, NUMBER, pin, NOON, "check:a", "atm") == PinCheck.RIGHT
    spray(books, range(99, 200), "atm")
    assert wallet().check_pin(books, NUMBER, pin, NOON, "check:b", "atm") == PinCheck.REFUSED
    assert wallet().check_pin(books, NUMBER, pin, NOON, "check:c", "home") == PinCheck.RIGHT
    assert wallet().check_pin(books, NUMBER, pin, NOON + HOUR - 1, "check:d", "atm") == PinCheck.REFUSED
    assert wallet().check_pin(books, NUMBER, pin, NOON + HOUR, "check:e", "atm") == PinCheck.RIGHT
    for terminal in range(40):
        spray(books, range(200 + terminal * 30, 230 + terminal * 30), f"terminal {terminal}")
    assert wallet().check_pin(books, NUMBER, pin, NOON, "check:f", "elsewhere") == PinCheck.REFUSED
    assert wallet(pin_budget=0).check_pin(books, NUMBER, pin, NOON, "check:g", "elsewhere") == PinCheck.RIGHT
    assert not any(is_check_locked(found.pin, "atm", NOON) for found in books.accounts.values())


def test_w02_spraying_is_told_once() -> None:
    """An alert when a budget is spent, and none before or after; what comes again is not counted again."""
    told: list[str] = []
    own = Wallet(WalletRules(pin_budget_of_terminal=3, pin_budget=5), keyed_draw, PEPPER, told.append)
    books = DictBooks(*(account(number=f"7916000{number:04}") for number in range(9)))
    alerts = []
    for number, source in enumerate(("a", "a", "a", "a", "b", "b", "b")):
        for _ in range(2):
            own.check_pin(books, f"7916000{number:04}", "0000", NOON, f"check:{number}", source)
        alerts.append(len(told))
    assert alerts == [0, 0, 1, 1, 1, 2, 2]


def test_w02_made_up_terminals_fill_no_books() -> None:
    """However many names there are, the counts are bounded."""
    books = DictBooks()
    for number in range(2_000):
        wallet(pin_budget=0).check_pin(books, NUMBER, "0000", NOON, "check", f"terminal {number}")
    assert len(books.limits.times) <= 257


def test_w01_a_guesser_learns_nothing_about_the_account() -> None:
    """A wrong PIN, no PIN, a blocked account and no account are answered alike."""
    unset, blocked = DictBooks(account()), DictBooks(account())
    pin = new_pin(blocked)
    blocked.accounts.put(attrs.evolve(blocked.accounts[NUMBER], blocked=True))
    assert wallet().check_pin(unset, NUMBER, "4821", NOON, "check:1") == PinCheck.REFUSED
    assert wallet().check_pin(blocked, NUMBER, pin, NOON, "check:1") == PinCheck.REFUSED
    assert wallet().check_pin(DictBooks(), NUMBER, "4821", NOON, "check:1") == PinCheck.REFUSED
    assert wallet(unknown_subscribers="create").check_pin(DictBooks(), NUMBER, "1", NOON, "check:1") == (
        PinCheck.REFUSED
    )


@given(st.text(max_size=20))
@example("")
@example("\ud800")
@example("٤٨٢١")
def test_no_text_is_a_pin_by_accident(guess: str) -> None:
    """A terminal may send anything: without a PIN nothing opens the account, and nothing raises."""
    assert wallet().check_pin(DictBooks(account()), NUMBER, guess, NOON, "check:1") == PinCheck.REFUSED


def test_a_check_counts_once() -> None:
    """The same wrong check delivered five times is one wrong check."""
    books = DictBooks(account())
    for _ in range(5):
        wallet().check_pin(books, NUMBER, "4821", NOON, "check:1")
    (of_all, of_one) = books.accounts[NUMBER].pin.checks
    assert (of_all.failed, of_one.failed) == (1, 1)


def test_a_restore_opens_a_locked_account() -> None:
    """Who asks for a new PIN from the own handset need not wait for a lock that others brought about."""
    books = DictBooks(account())
    for nth in range(20):
        wallet().check_pin(books, NUMBER, "4821", NOON, f"check:{nth}", f"atm{nth // 5}")
    pin = new_pin(books)
    assert wallet().check_pin(books, NUMBER, pin, NOON, "check:a", "home") == PinCheck.RIGHT


def test_the_history_says_which_checks_were_right_and_where() -> None:
    """Each check is an entry with its terminal, and never with what was typed."""
    books = DictBooks(account())
    pin = new_pin(books)
    wrong = "4826" if pin != "4826" else "4827"
    wallet().check_pin(books, NUMBER, wrong, NOON, "check:1", "atm")
    wallet().check_pin(books, NUMBER, pin, NOON, "check:2")
    assert [entry.detail for entry in books.entries.of(NUMBER, 2)] == ["right", "wrong atm"]
