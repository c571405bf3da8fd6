"""What a start picks up of an earlier run: messages that wait, texts that are not whole, where emulated time stood.

How this works: :func:`resume` submits one work before anything else can be submitted, so that its outcome comes
before that of every new message: what waited longer is on its lane first. Deliveries go on with the attempts and the
acknowledged segments of their outbox rows; time-driven steps are planned anew, and what became due in between is due
at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import attrs

from gateway.messages.carrying import enqueue
from gateway.messages.message import SCHEDULED, Fate, Kind, Message
from gateway.messages.settlement import Outgoing, Terms
from gateway.messages.timetable import Timetable
from gateway.sms.reassembly import SetKey
from gateway.storage.base import NO_KEYS, Books, Keys, Patient, Storage

CLOCK: Final = "clock"
"""The name of the fact that :class:`KeepClock` keeps."""


@attrs.frozen
class PickedUp:
    """What an earlier run has left to do."""

    outgoing: list[Outgoing]
    waiting: list[Message]
    open_sets: list[tuple[SetKey, int]]


@attrs.define(eq=False)
class PickUp(Patient):
    """The work that finds what is not final. A message for a client without a place in the outbox gets one."""

    terms: Terms
    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> PickedUp:
        unfinished = {message.id: message for message in books.messages.unfinished()}
        outgoing: dict[int, Outgoing] = {}
        for row in books.outbox.rows():
            message = unfinished.get(row.message_id)
            if message is None:
                books.outbox.remove(row.message_id)
            else:
                outgoing[message.id] = Outgoing(message, row)
        for message in unfinished.values():
            if message.fate == Fate.CLIENT and message.state != SCHEDULED and message.id not in outgoing:
                outgoing[message.id] = enqueue(books, message)
        sets = [(key, part_set.first_at + self.terms.parts_wait) for key, part_set in books.parts.rows()]
        return PickedUp(
            [outgoing[message_id] for message_id in sorted(outgoing)],
            # Messages of the gateway's own making are watched by delivery, while they are stuck.
            [message for message in unfinished.values() if message.kind == Kind.SUBMITTED],
            sets,
        )


@attrs.define(eq=False)
class KeepClock(Patient):
    """The work that keeps how far emulated time is from the time of day, and where it stands."""

    now: int
    wall: int
    shared: bool = False
    """Other gateways keep it as well: it never goes back behind what any of them has kept."""
    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> None:
        books.meta.change(CLOCK, self._changed)

    def _changed(self, kept: str) -> str:
        now, ahead = self.now, self.now - self.wall
        if self.shared and kept:
            clock = json.loads(kept)
            now, ahead = max(now, clock["now"]), max(ahead, clock["ahead"])
        return json.dumps({"now": now, "ahead": ahead})


def resumed_time(kept: str, wall: int, *, frozen: bool) -> int:
    """Where emulated time goes on: while no gateway ran it passed like the time of day, unless the clock is frozen.

    ``kept`` is what :class:`KeepClock` has kept; it never goes back behind that, even if the time of day has.
    """
    clock = json.loads(kept)
    return int(clock["now"] if frozen else max(clock["now"], wall + clock["ahead"]))


def resume(storage: Storage, timetable: Timetable, terms: Terms, report: Callable[[str, BaseException], None]) -> None:
    """Pick up what an earlier run has left; to be called before anything is submitted."""

    def picked_up(found: PickedUp) -> None:
        for message in found.waiting:
            timetable.watch(message)
        for key, expires_at in found.open_sets:
            timetable.watch_set(key, expires_at)
        for outgoing in found.outgoing:
            timetable.offer(outgoing, None)

    storage.submit(PickUp(terms), picked_up, lambda error: report("resumption", error))
