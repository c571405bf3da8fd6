"""Which PINs are weak, how they are drawn, kept and locked."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.wallet import digits, pins
from commands.wallet.accounts import NO_PIN, CheckLock
from commands.wallet.rules import WalletRules
from tests.commands.doubles import MINUTE, NOON, PEPPER, RandomDraw, keyed_draw

RULES = WalletRules()
ALL = [f"{number:04d}" for number in range(10_000)]
UP = "01234567890123456789"
PAIRS = [set(pair) for pair in itertools.combinations_with_replacement("0123456789", 2)]


def is_weak_by_list(pin: str) -> bool:
    """The same rule by other means: look the PIN up in runs, and in every word of two letters."""
    runs = {UP[start : start + len(pin)] for start in range(10)}
    return pin in runs or pin[::-1] in runs or any(set(pin) <= pair for pair in PAIRS)


def test_weak_pins_are_repeats_and_runs() -> None:
    """Of all 10,000 PINs exactly those with at most two digits and the runs are weak; 9,340 are left."""
    weak = {pin for pin in ALL if pins.is_weak(pin)}
    assert weak == {pin for pin in ALL if is_weak_by_list(pin)}
    assert len(ALL) - len(weak) == 9340


@pytest.mark.parametrize("pin", ["0000", "1111", "1212", "1122", "1234", "4321", "0123", "7890", "0987", "111222"])
def test_first_guesses_are_weak(pin: str) -> None:
    """What people try first is never drawn."""
    assert pins.is_weak(pin)


@pytest.mark.parametrize("pin", ["4821", "1357", "1235", "2580", "123457"])
def test_others_are_not(pin: str) -> None:
    """A run with a step of two, or one that breaks off, is a PIN like any other."""
    assert not pins.is_weak(pin)


@given(st.text("0123456789", min_size=11, max_size=11), st.integers(1, 10_000), st.integers(4, 6))
@example("79161234567", 1, 4)
def test_a_drawn_pin_is_never_weak(number: str, nth: int, length: int) -> None:
    """Whatever is drawn has the right length and is not weak."""
    pin = pins.draw_pin(keyed_draw, number, nth, length, lambda _: False)
    assert (len(pin), pin.isdigit(), pins.is_weak(pin)) == (length, True, False)


@given(st.integers(0, 9999), st.integers(0, 9999))
@example(0, 0)
@example(9999, 1)
@example(1233, 1235)
def test_draws_that_are_not_random_still_end(value: int, old: int) -> None:
    """A source that gives the same value for ever leads to a PIN that is neither weak nor the old one."""
    is_old = f"{old:04d}".__eq__
    pin = pins.draw_pin(lambda purpose, key, below: value, "79161234567", 1, 4, is_old)
    assert not pins.is_weak(pin)
    assert not is_old(pin)


def test_further_attempts_have_keys_of_their_own() -> None:
    """The first attempt is keyed by number and restore alone, the next ones by the attempt as well."""
    keys = []

    def draw(purpose: str, key: tuple[object, ...], below: int) -> int:
        keys.append((purpose, key, below))
        return {1: 0, 2: 1234}.get(len(keys), 4821)

    assert pins.draw_pin(draw, "79161234567", 3, 4, lambda _: False) == "4821"
    assert keys == [
        ("pin", ("79161234567", 3), 10_000),
        ("pin", ("79161234567", 3, 1), 10_000),
        ("pin", ("79161234567", 3, 2), 10_000),
    ]


def test_all_pins_are_drawn() -> None:
    """Drawing evenly reaches every PIN that is not weak: none is lost by the way the string is made."""
    drawn = {digits.draw_digits(lambda p, k, b, v=v: v, "pin", (), 4, pins.is_weak) for v in range(10_000)}
    assert drawn == {pin for pin in ALL if not pins.is_weak(pin)}


def test_digests_depend_on_everything() -> None:
    """Another pepper, number, nonce or PIN gives another digest, and fields cannot run into one another."""
    one = pins.pin_digest(PEPPER, "79161234567", 1, "4821")
    assert len(one) == 32
    others = [
        pins.pin_digest(b"another", "79161234567", 1, "4821"),
        pins.pin_digest(PEPPER, "79161234568", 1, "4821"),
        pins.pin_digest(PEPPER, "79161234567", 2, "4821"),
        pins.pin_digest(PEPPER, "79161234567", 1, "4822"),
        pins.pin_digest(PEPPER, "7916123456", 71, "4821"),
        digits.digest(PEPPER, "code", "79161234567", 1, "4821"),
    ]
    assert len({one, *others}) == 7
    assert digits.same(one, pins.pin_digest(PEPPER, "79161234567", 1, "4821"))
    assert not digits.same(one, others[0])


def test_five_wrong_checks_lock_and_locks_double() -> None:
    """Locks follow each other with 15 min, 30 min, 1 h … and never more than a day."""
    state, now, lasted = NO_PIN, NOON, []
    for _ in range(9):
        for _ in range(4):
            state = pins.check_failed(state, "atm", now, RULES)
            assert not pins.is_check_locked(state, "atm", now)
        state = pins.check_failed(state, "atm", now, RULES)
        until = max(lock.locked_until for lock in state.checks if lock.source == "atm")
        assert pins.is_check_locked(state, "atm", until - 1)
        lasted.append((until - now) // MINUTE)
        now = max(lock.locked_until for lock in state.checks)
        assert not pins.is_check_locked(state, "atm", now)
    assert lasted == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]


def test_w03_a_lock_is_of_one_source_until_all_have_failed_often() -> None:
    """One terminal's wrong checks leave the others open; twenty from several terminals lock every one, for a time."""
    state = NO_PIN
    for terminal in ("a", "b", "c"):
        for _ in range(5):
            state = pins.check_failed(state, terminal, NOON, RULES)
        assert pins.is_check_locked(state, terminal, NOON)
        assert not pins.is_check_locked(state, "home", NOON)
    for _ in range(5):
        state = pins.check_failed(state, "d", NOON, RULES)
    assert pins.is_check_locked(state, "home", NOON)
    assert not pins.is_check_locked(state, "home", NOON + 15 * MINUTE)


@given(st.lists(st.text(max_size=50), max_size=60))
@example(["a"] * 60)
@example([str(number) for number in range(60)])
def test_what_is_remembered_of_sources_is_bounded(sources: list[str]) -> None:
    """However many sources fail, nine locks are kept, the one of all sources among them, and names stay short."""
    state = NO_PIN
    for source in sources:
        state = pins.check_failed(state, pins.source_name(source), NOON, RULES)
    assert len(state.checks) <= 9
    assert len({lock.source for lock in state.checks}) == len(state.checks)
    assert all(len(lock.source) <= 32 for lock in state.checks)


def test_as_many_sources_as_can_be_are_remembered() -> None:
    """The last eight sources to fail are kept beside the count of all, under the first 32 characters of their names."""
    state = NO_PIN
    for number in range(20):
        state = pins.check_failed(state, pins.source_name(f"{number:02d}" * 20), NOON, RULES)
    assert [lock.source for lock in state.checks] == ["*", *(f"{number:02d}" * 16 for number in range(12, 20))]


def test_nobody_can_name_itself_all_sources() -> None:
    """The name under which all sources are counted is not one that a terminal can take."""
    assert pins.source_name("*") == ""
    assert pins.source_name("atm") == "atm"


def test_a_right_check_forgets_the_wrong_ones() -> None:
    """The source that was right, and the count of all, start again; another source does not."""
    state = NO_PIN
    for source in ("a", "b"):
        state = pins.check_failed(state, source, NOON, RULES)
    assert pins.check_passed(state, "a").checks == (CheckLock("b", failed=1),)


def test_a_restore_forgets_what_is_too_old_to_count() -> None:
    """Only the restores of the window are kept, so their number is bounded."""
    draw, state, now = RandomDraw(), NO_PIN, NOON
    for nth in range(1, 20):
        assert pins.restore_refusal(state, now, RULES) is None
        state = pins.restored(state, b"digest", now, f"message:{nth}", RULES)
        assert (state.reset_count, state.nonce) == (nth, nth)
        assert len(state.resets) <= RULES.pin_resets
        refusal = pins.restore_refusal(state, now, RULES)
        assert refusal is not None
        now = refusal.until
    assert draw.drawn == 0
