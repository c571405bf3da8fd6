"""One gateway among several on one storage: who delivers what, and who goes on with what a dead one has left.

How this works. Every second, and whenever another gateway frees something or a client binds to receive, the gateway
beats: one transaction renews its lease and claims what is free for the clients that receive here. What it claims
joins delivery as if it had been accepted here. A message that is stored free is left alone until a beat claims it;
one that cannot be delivered here any more is given back.

Before anything is sent the lease is looked at. When it may have lapsed (the process was stopped, the database away)
nothing more is sent; the next beat tells whether another gateway has taken over. If so, everything is dropped but the
answers to what was sent before: those messages have arrived, whoever has claimed them now.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from gateway.clients.bindings import Binding, Bindings
from gateway.messages.attempts import Fail, nothing
from gateway.messages.delivery import Delivery
from gateway.messages.kept_faults import FAULTS
from gateway.messages.lanes import Consignment, Lane, LaneState
from gateway.messages.message import Kind
from gateway.messages.resumption import CLOCK
from gateway.messages.settlement import Outgoing, Terms
from gateway.messages.timetable import Timetable
from gateway.smpp.constants import MessageState
from gateway.storage.base import NO_KEYS, Beaten, Books, Claims, Keys, Overdue, Patient, Storage

BEAT_SECONDS: Final = 1.0
"""Between two beats: three fit into a lease."""

_SWEEP_BEATS: Final = 5
"""Beats between two looks for time-driven steps of dead gateways."""

_GRACE: Final = 2_000_000
"""µs that a step may be late before others take it: its own gateway is about to."""


class SharedDelivery(Delivery):
    """Delivery of what this gateway has claimed. Works and timers of what it has lost find nothing to do."""

    def __init__(self, *, claims: Claims, **others: Any) -> None:
        """``others``: as :class:`Delivery` takes them."""
        super().__init__(**others)
        self._claims = claims
        self._mine: dict[int, Outgoing] = {}
        self._parked: dict[Lane, None] = {}
        self.on_receiver: Callable[[], None] = lambda: None
        """Called when a client has a receiving binding more."""

    def offer(self, outgoing: Outgoing, origin: Binding | None) -> None:
        message = outgoing.message
        if self._claims.was_born_free(message.id):
            if message.id in self._awaited:
                # It gets one attempt, and here it cannot have one.
                self._conclude(message.id, False)
                work = Fail(message.id, MessageState.UNDELIVERABLE, 0, self._now(), self._terms)
                self._storage.submit(work, self._settled, self._failed)
            return
        self._mine[message.id] = outgoing
        super().offer(outgoing, origin)

    def is_in_flight(self, message_id: int) -> bool:
        """Also when another gateway has claimed it: then it may be, and nobody here knows better."""
        return super().is_in_flight(message_id) or self._claims.is_elsewhere(message_id)

    def responded(self, context: object, status: int) -> None:
        if not isinstance(context, tuple):
            return  # the second copy that a fault has sent
        consignment: Consignment
        consignment, bit = context
        if consignment.lane.state is not LaneState.DROPPED:
            super().responded(context, status)
        elif status == 0:
            consignment.acknowledged |= bit
            assert consignment.pdus is not None
            if consignment.acknowledged == (1 << len(consignment.pdus)) - 1:
                self._acknowledged.append(consignment.outgoing.message.id)
                self.counters.delivered += 1

    def bound(self, binding: Binding) -> None:
        super().bound(binding)
        if binding.can_receive:
            self.on_receiver()

    def unbound(self, binding: Binding) -> None:
        super().unbound(binding)
        if not self._bindings.can_receive(binding.client.system_id):
            self._claims.stop_receiving(binding.client.system_id)

    def withdraw(self, message_id: int) -> None:
        super().withdraw(message_id)
        self._mine.pop(message_id, None)

    def resume(self) -> None:
        """The lease holds after all: send what was parked."""
        parked, self._parked = self._parked, {}
        for lane in parked:
            binding = lane.binding
            if not lane.queue or lane.state is not LaneState.PARKED:
                continue
            if binding is not None and binding.bound:
                lane.state = LaneState.SENT if lane.queue[0].in_flight else LaneState.READY
                self._ready.setdefault(binding, deque()).append(lane)
                self.pump(binding)
            else:
                self._assign(lane)

    def drop(self) -> None:
        """The lease has lapsed: all that was claimed may be another gateway's."""
        for lane in self._lanes.values():
            lane.state = LaneState.DROPPED
            for consignment in lane.queue:
                self._unwatch(consignment)
            lane.queue.clear()
        for held in (self._lanes, self._ready, self._waiting, self._by_message, self._mine, self._parked):
            held.clear()
        for message_id in list(self._awaited):
            self._conclude(message_id, False)

    def forget(self) -> None:
        self.drop()
        self._acknowledged.clear()

    # --- what delivery does ---

    def _enter(self, outgoing: Outgoing, origin: Binding | None) -> None:
        # It may have been dropped, and claimed again, since this was planned.
        if self._mine.get(outgoing.message.id) is outgoing:
            super()._enter(outgoing, origin)

    def _conclude(self, message_id: int, is_delivered: bool) -> None:
        self._mine.pop(message_id, None)
        super()._conclude(message_id, is_delivered)

    def _wait(self, lane: Lane) -> None:
        client = lane.key[0]
        self._claims.stop_receiving(client)
        message_ids = [consignment.outgoing.message.id for consignment in lane.queue]
        for consignment in lane.queue:
            self._unwatch(consignment)
        lane.state = LaneState.DROPPED
        lane.queue.clear()
        self._lanes.pop(lane.key, None)
        for message_id in message_ids:
            self._conclude(message_id, False)
        self._storage.submit(GiveBack(self._claims, message_ids), nothing, self._failed)

    def _send(self, lane: Lane, binding: Binding, room: int) -> None:
        if self._claims.are_held():
            super()._send(lane, binding, room)
        else:
            lane.state = LaneState.PARKED
            self._parked[lane] = None


class Sharing:
    """The beats of one gateway."""

    def __init__(
        self,
        *,
        storage: Storage,
        claims: Claims,
        delivery: SharedDelivery,
        timetable: Timetable,
        bindings: Bindings,
        terms: Terms,
        now: Callable[[], int],
        call_later: Callable[[float, Callable[[], None]], Any],
        report: Callable[[str, BaseException], None],
    ) -> None:
        """``call_later``: seconds of the monotonic clock."""
        self._storage = storage
        self._claims = claims
        self._delivery = delivery
        self._timetable = timetable
        self._bindings = bindings
        self._terms = terms
        self._now = now
        self._call_later = call_later
        self._report = report
        self._timer: Any = None
        self._beating = False
        self._again = False
        self._beats = 0
        self._stopped = False
        self.clock_told: Callable[[str], None] = lambda kept: None
        """Called with where the others say that emulated time stands (see :func:`resumed_time`)."""
        self.faults_told: Callable[[str], None] = lambda kept: None
        """Called with the fault rules that the storage keeps (see :class:`KeptFaults`)."""
        self.on_sweep: Callable[[int], None] = lambda until: None
        """Called at each sweep with the time by which steps should have been taken: others may be left there too."""
        delivery.on_receiver = self.wake

    def start(self) -> None:
        """Begin the lease; to be called before anything is submitted."""
        self._storage.submit(PickUpSteps(self._terms), self._picked_up, self._failed)
        self._tick()

    def stop(self) -> None:
        """Give everything back; to be called when nothing more is sent."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._delivery.drop()
        self._storage.submit(Leave(self._claims), nothing, self._failed)

    def wake(self) -> None:
        """Something may be free: beat, once however often this is called while a beat is under way."""
        if self._stopped:
            return
        if self._beating:
            self._again = True
            return
        self._beating = True
        clients = tuple({binding.client.system_id for binding in self._bindings if binding.can_receive})
        self._storage.submit(Beat(self._claims, clients), self._beaten, self._missed)

    def told(self, message_ids: str) -> None:
        """Another gateway, or this one, has freed these messages; without ids, something else has changed."""
        if not message_ids or any(binding.can_receive for binding in self._bindings):
            self.wake()

    def _tick(self) -> None:
        self._timer = self._call_later(BEAT_SECONDS, self._tick)
        self.wake()
        self._beats += 1
        if self._beats % _SWEEP_BEATS == 0:
            until = self._now() - _GRACE
            self._storage.submit(
                Sweep(self._claims, until, until - self._terms.parts_wait), self._swept, self._failed_sweep
            )
            self.on_sweep(until)

    def _beaten(self, found: tuple[Beaten, str, str]) -> None:
        beaten, clock, faults = found
        self._beating = False
        if not beaten.kept:
            self._delivery.drop()
        if clock and not self._stopped:
            self.clock_told(clock)
        if not self._stopped:
            self.faults_told(faults)
        for message, row in beaten.taken:
            if message.kind == Kind.SUBMITTED:
                # Whoever accepted it watches over its validity, if it is still there; this gateway is.
                self._timetable.watch(message)
            self._delivery.offer(Outgoing(message, row), None)
        self._delivery.resume()
        if self._again or beaten.more:
            self._again = False
            self.wake()

    def _missed(self, error: Exception) -> None:
        self._beating = self._again = False
        if not self._stopped:
            self._failed(error)

    def _swept(self, overdue: Overdue) -> None:
        for message in overdue.messages:
            self._timetable.watch(message)
        self._watch_sets(overdue.open_sets)

    def _picked_up(self, found: Overdue) -> None:
        for message in found.messages:
            self._timetable.watch(message)
        self._watch_sets(found.open_sets)

    def _watch_sets(self, open_sets: Sequence[tuple[Any, int]]) -> None:
        for key, first_at in open_sets:
            self._timetable.watch_set(key, first_at + self._terms.parts_wait)

    def _failed_sweep(self, error: Exception) -> None:
        """The next sweep finds the same."""

    def _failed(self, error: Exception) -> None:
        self._report("sharing", error)


@attrs.define(eq=False)
class Beat(Patient):
    """The work of a beat: what it has found, where the others say that emulated time stands, and the fault rules."""

    claims: Claims
    clients: tuple[str, ...]
    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> tuple[Beaten, str, str]:
        return self.claims.beat(books, self.clients), books.meta.get(CLOCK), books.meta.get(FAULTS)


@attrs.define(eq=False)
class GiveBack(Patient):
    """The work that frees what cannot be delivered here."""

    claims: Claims
    message_ids: list[int]
    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> None:
        self.claims.give_back(books, self.message_ids)


@attrs.define(eq=False)
class Leave:
    """The work of a gateway that stops."""

    claims: Claims
    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> None:
        self.claims.leave(books)


@attrs.define(eq=False)
class Sweep:
    """The work that finds the steps of dead gateways."""

    claims: Claims
    until: int
    parts_until: int
    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> Overdue:
        return self.claims.overdue(books, self.until, self.parts_until)


@attrs.define(eq=False)
class PickUpSteps(Patient):
    """The work that finds the steps that are ahead at a start. Another gateway may have planned the same: each step
    looks at the state of its message and happens once."""

    terms: Terms
    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> Overdue:
        return Overdue(
            [message for message in books.messages.unfinished() if message.kind == Kind.SUBMITTED],
            [(key, part_set.first_at) for key, part_set in books.parts.rows()],
        )
