"""Accounts, restoring and checking PINs, confirmation: what changes, what is answered, and what happens once."""

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.wallet.accounts import Account, Entry, EntryKind
from commands.wallet.errors import AccountBlocked, NoAccount, PinInvalid
from commands.wallet.money import Money
from commands.wallet.pins import PinCheck, PinLimited, PinLocked, PinRestored, is_weak
from commands.wallet.rules import WalletRules
from commands.wallet.service import Confirmation, Wallet
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


def wallet(**rules: object) -> Wallet:
    return Wallet(WalletRules(**rules), keyed_draw, PEPPER)  # type: ignore[arg-type]  # any rule


def new_pin(books: DictBooks, now: int = NOON, cause: str = "message:1", own: Wallet | None = None) -> str:
    restored = (own or wallet()).restore_pin(books, NUMBER, now, cause)
    assert isinstance(restored, PinRestored)
    return restored.pin


# Accounts


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


# Restoring a PIN


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


# Checking and changing a PIN


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


# Confirmation


def test_confirmation_is_turned_on_once() -> None:
    """The first request changes it and is told so, also when it comes again; another one learns that it is on."""
    books = DictBooks(account())
    assert wallet().confirmation(books, NUMBER, NOON, "message:0") == Confirmation(is_on=False)
    on = Confirmation(is_on=True, is_changed=True)
    assert wallet().turn_confirmation(books, NUMBER, True, NOON, "message:1") == on
    assert wallet().turn_confirmation(books, NUMBER, True, NOON, "message:1") == on
    assert wallet().turn_confirmation(books, NUMBER, True, NOON, "message:2") == Confirmation(is_on=True)
    assert wallet().confirmation(books, NUMBER, NOON, "message:3") == Confirmation(is_on=True)
    assert books.entries.of(NUMBER, 9) == [Entry(NUMBER, EntryKind.CONFIRMATION_ON, "message:1", NOON)]


def test_an_old_request_does_not_turn_it_back() -> None:
    """What was turned off since stays off when the request that turned it on comes again."""
    books = DictBooks(account())
    wallet().turn_confirmation(books, NUMBER, True, NOON, "message:1")
    wallet().turn_confirmation(books, NUMBER, False, NOON, "message:2")
    assert wallet().turn_confirmation(books, NUMBER, True, NOON, "message:1") == Confirmation(is_on=False)
    assert not books.accounts[NUMBER].confirmation
