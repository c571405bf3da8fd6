"""Emulated time."""

from gateway.clock import SECOND, EmulatorClock


class Monotonic:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_it_goes_with_monotonic_time() -> None:
    """Start plus elapsed."""
    monotonic = Monotonic()
    clock = EmulatorClock(5 * SECOND, monotonic)
    monotonic.seconds += 1.5
    assert clock.now() == 6_500_000


def test_frozen_it_stands_until_advanced_and_thawing_makes_nothing_up() -> None:
    """Time that passed while frozen is not caught up with."""
    monotonic = Monotonic()
    clock = EmulatorClock(0, monotonic, frozen=True)
    monotonic.seconds += 10
    assert clock.now() == 0
    clock.advance_to(3 * SECOND)
    assert clock.now() == 3 * SECOND
    clock.thaw()
    monotonic.seconds += 1
    assert clock.now() == 4 * SECOND
    clock.freeze()
    monotonic.seconds += 1
    assert clock.now() == 4 * SECOND
    assert clock.frozen


def test_it_never_goes_back() -> None:
    """Advancing to a time that has passed changes nothing."""
    clock = EmulatorClock(10 * SECOND, Monotonic())
    clock.advance_to(5 * SECOND)
    assert clock.now() == 10 * SECOND


def test_seconds_until_is_real_time_or_none_while_frozen() -> None:
    """What a timer is armed with."""
    monotonic = Monotonic()
    clock = EmulatorClock(0, monotonic)
    assert clock.seconds_until(2 * SECOND) == 2.0
    assert clock.seconds_until(0) == 0.0
    clock.freeze()
    assert clock.seconds_until(2 * SECOND) is None
