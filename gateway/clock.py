"""Emulated time: what every rule with a duration of its own runs on (validity, receipts, PINs, back-off).

Link-level timers (enquire_link, response timer, throttle) stay on the monotonic clock, so that a jump of an hour
does not drop a session.
"""

from __future__ import annotations

from collections.abc import Callable

SECOND = 1_000_000
"""Microseconds in a second: emulated time is counted in integer microseconds, so that sums are exact."""


class EmulatorClock:
    """Emulated time = start + elapsed monotonic time + what was advanced; integer microseconds UTC since the epoch.

    ``monotonic`` returns seconds as a float and never goes back. A frozen clock stands still until it is advanced
    or thawed; thawing does not make up for the time that it stood.
    """

    __slots__ = ("_base", "_frozen", "_monotonic", "_origin")

    def __init__(self, start: int, monotonic: Callable[[], float], *, frozen: bool = False) -> None:
        self._monotonic = monotonic
        self._base = start
        self._origin = monotonic()
        self._frozen = frozen

    @property
    def frozen(self) -> bool:
        return self._frozen

    def now(self) -> int:
        """The emulated time in microseconds UTC."""
        if self._frozen:
            return self._base
        return self._base + int((self._monotonic() - self._origin) * SECOND)

    def freeze(self) -> None:
        """Stand still from now on."""
        self._settle(self.now())
        self._frozen = True

    def thaw(self) -> None:
        """Go on from where the clock stands."""
        self._settle(self.now())
        self._frozen = False

    def advance_to(self, at: int) -> None:
        """Jump forward to ``at``; a time that has already passed changes nothing (time never goes back)."""
        if at > self.now():
            self._settle(at)

    def restart(self, at: int, *, frozen: bool) -> None:
        """Begin anew at ``at``, be it earlier or later: for a reset, after which nothing is left of the time before."""
        self._settle(at)
        self._frozen = frozen

    def seconds_until(self, at: int) -> float | None:
        """Real seconds from now until the emulated time is ``at`` (0.0 when it has passed), None while frozen."""
        if at <= self.now():
            return 0.0
        if self._frozen:
            return None
        return (at - self.now()) / SECOND

    def _settle(self, now: int) -> None:
        self._base = now
        self._origin = self._monotonic()
