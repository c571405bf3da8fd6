"""``/api/v1/clock``: emulated time. Link-level timers (enquire_link, response timer) stay on real time."""

from __future__ import annotations

import attrs
from twisted.internet.defer import Deferred

from gateway.clock import SECOND
from gateway.console.controls import Controls
from gateway.console.fields import Instant, Seconds, Time, given, spelled
from gateway.console.problems import Fault, Problem


@attrs.frozen
class Clock:
    """Where emulated time stands."""

    now: Time = given("emulated time")
    frozen: bool = given("whether it stands still")
    next: Time | None = given("when something is due next: a receipt, an expiry, a retry")
    waiting: int = given("how many things are due some time")


@attrs.frozen(kw_only=True)
class Advance:
    """How far."""

    seconds: Seconds = given("how far; whatever becomes due happens at its own time, in order, before the answer")


@attrs.frozen(kw_only=True)
class SetClock:
    """Where to."""

    now: Instant = given("a time that has not passed; only a reset goes back")


def get_clock(controls: Controls, _: None) -> Clock:
    """Read emulated time."""
    emulator = controls.emulator
    next_at = emulator.agenda.next_at()
    return Clock(
        now=spelled(emulator.clock.now()),
        frozen=emulator.clock.frozen,
        next=None if next_at is None else spelled(next_at),
        waiting=len(emulator.agenda),
    )


def advance_clock(controls: Controls, asked: Advance) -> Deferred[Clock]:
    """Let time pass at once: a day takes milliseconds."""
    microseconds = int(asked.seconds * SECOND)
    _check_end(controls.emulator.clock.now() + microseconds, "seconds")
    return controls.emulator.advance(microseconds).addCallback(lambda _: get_clock(controls, None))


def set_clock(controls: Controls, asked: SetClock) -> Deferred[Clock]:
    """Let time pass until then."""
    if asked.now < controls.emulator.clock.now():
        fault = Fault(f"it is {spelled(controls.emulator.clock.now())} already", pointer="#/now")
        raise Problem(409, "Time does not go back; POST /api/v1/reset starts anew.", faults=(fault,))
    _check_end(asked.now, "now")
    return controls.emulator.advance_to(asked.now).addCallback(lambda _: get_clock(controls, None))


def _check_end(at: int, name: str) -> None:
    if at >= _END:
        fault = Fault("SMPP cannot spell times after 2037", pointer=f"#/{name}")
        raise Problem(422, "The body is not what this request takes.", faults=(fault,))


_END = 2_145_916_800 * SECOND
"""2038-01-01: SMPP's years have two digits and turn over (3.4 appendix C)."""


def freeze_clock(controls: Controls, _: None) -> Clock:
    """Let emulated time stand still; delayed receipts and expiries wait with it."""
    controls.emulator.freeze()
    return get_clock(controls, None)


def thaw_clock(controls: Controls, _: None) -> Clock:
    """Let it go on from where it stands."""
    controls.emulator.thaw()
    return get_clock(controls, None)
