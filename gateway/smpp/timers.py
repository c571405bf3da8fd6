"""The timers of a session as plain values: when is what due. Monotonic seconds; NEVER means not running.

How this works: traffic moves a timer by storing a time, nothing else. ``deadline`` is not moved with it, so it may be
too early, never too late; whoever looks at that moment finds nothing due and gets the next deadline. So a
message costs one store, and a busy session is looked at once per timer and not once per PDU.
"""

from enum import Enum
from math import inf
from typing import Final

import attrs

from gateway.smpp.limits import SessionLimits

NEVER: Final = inf

LOOK_AGAIN: Final = 1.0
"""Seconds to wait before judging a peer whose octets we have but have not read."""


def after(start: float, seconds: float) -> float:
    """The time ``seconds`` after ``start``; NEVER when that timer is switched off (0)."""
    return start + seconds if seconds > 0 else NEVER


class Due(Enum):
    """What a timer that has run out asks for."""

    NOT_BOUND = "the session_init timer ran out: close"
    FRAME_UNFINISHED = "a PDU that began is not whole: close"
    UNBIND_UNFINISHED = "an unbind has not come to its end: close"
    LINK_DEAD = "our enquire_link was not answered by anything: close"
    LINK_SILENT = "nothing was heard for a while: send enquire_link"
    IDLE = "no transaction for a while: unbind"


@attrs.define
class Timers:
    """Which timers run and since when."""

    limits: SessionLimits
    heard: float
    """When octets last came."""
    active: float
    """When a transaction last began, in either direction."""
    session_init: float
    deadline: float
    """Nothing is due before this."""
    frame: float = NEVER
    """The PDU that has begun must be whole by then."""
    unbind: float = NEVER
    """The unbind must have come to its end by then."""
    bound: bool = False
    probed: float = NEVER
    """When the enquire_link that nothing was heard since was sent."""
    early: float = 0.0
    """Seconds by which the first enquire_link comes before its time."""

    @classmethod
    def started(cls, limits: SessionLimits, now: float) -> "Timers":
        """The timers of a connection that has just opened."""
        session_init = after(now, limits.session_init)
        return cls(limits=limits, heard=now, active=now, session_init=session_init, deadline=session_init)

    def begin_frame(self, now: float) -> None:
        """The first octets of a PDU are there and the rest is not."""
        self.frame = after(now, self.limits.read_deadline)
        self.expect(self.frame)

    def bind(self, phase: float) -> None:
        """A bind was accepted. ``phase`` (0..1) brings the first enquire_link up to half its time forward."""
        self.bound = True
        self.session_init = NEVER
        self.active = self.heard
        self.early = self.limits.enquire_link * phase / 2
        self.deadline = self.earliest(self.heard)

    def begin_unbind(self, now: float) -> None:
        """Either side has asked to unbind; from now on only the end of that is waited for."""
        self.bound = False
        self.unbind = after(now, self.limits.response)
        self.expect(self.unbind)

    def probe(self, now: float) -> None:
        """An enquire_link was sent."""
        self.probed = now
        self.early = 0.0

    def expect(self, at: float) -> None:
        """Something will be due at ``at``."""
        if at < self.deadline:
            self.deadline = at

    def due(self, now: float) -> Due | None:
        """The gravest thing that is due, or None. Ask again after acting on it."""
        if now >= self.unbind:
            return Due.UNBIND_UNFINISHED
        if now >= self.session_init:
            return Due.NOT_BOUND
        if now >= self.frame:
            return Due.FRAME_UNFINISHED
        if not self.bound:
            return None
        if self.heard < self.probed < NEVER:
            if now >= after(self.probed, self.limits.response):
                return Due.LINK_DEAD
        elif now >= self._silent_at():
            return Due.LINK_SILENT
        if now >= after(self.active, self.limits.inactivity):
            return Due.IDLE
        return None

    def earliest(self, now: float) -> float:
        """A time before which nothing will be due, whatever is stored until then; after ``now`` when nothing is."""
        at = min(self.unbind, self.session_init, self.frame)
        if self.bound:
            if self.heard < self.probed < NEVER:
                # If it is answered right now, silence begins again.
                link = min(after(self.probed, self.limits.response), after(now, self.limits.enquire_link))
            else:
                link = self._silent_at()
            at = min(at, link, after(self.active, self.limits.inactivity))
        return at

    def _silent_at(self) -> float:
        return after(self.heard, self.limits.enquire_link) - self.early
