"""What becomes of a message on its lane: it has arrived, is tried again, has no time left, or is given up.

How this works. :class:`Outcomes` is the half of :class:`gateway.messages.delivery.Delivery` that looks back. Whatever
ends a message lets the next of its lane have its turn and is kept in the storage: arrivals together, once for each
read of a connection, everything else at once. The end of validity is watched only for messages that are stuck, so
that the fast path plans nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable

from gateway.clients.bindings import Binding, Bindings
from gateway.clients.directory import Client
from gateway.messages.agenda import Agenda
from gateway.messages.attempts import Deliver, DeliveryCounters, Fail, KeepRow, RetryRules, nothing
from gateway.messages.lanes import Consignment, Lane, LaneKey, LaneState
from gateway.messages.message import Kind
from gateway.messages.settlement import Outgoing, Terms
from gateway.smpp.constants import MessageState
from gateway.storage.base import OutboxRow, Storage


class Outcomes(ABC):
    """See the module."""

    def __init__(
        self,
        *,
        storage: Storage,
        bindings: Bindings,
        client_of: Callable[[str], Client | None],
        agenda: Agenda,
        now: Callable[[], int],
        terms: Terms,
        rules: RetryRules,
        report: Callable[[str, BaseException], None],
    ) -> None:
        self._storage = storage
        self._bindings = bindings
        self._client_of = client_of
        self._agenda = agenda
        self._now = now
        self._terms = terms
        self._rules = rules
        self._report = report
        self._lanes: dict[LaneKey, Lane] = {}
        self._ready: dict[Binding, deque[Lane]] = {}
        self._waiting: dict[str, dict[Lane, None]] = {}
        self._acknowledged: list[int] = []
        self._by_message: dict[int, Lane] = {}
        self._awaited: dict[int, Callable[[bool], None]] = {}
        self.counters = DeliveryCounters()

    @abstractmethod
    def offer(self, outgoing: Outgoing, origin: Binding | None) -> None:
        """Take a message on."""

    @abstractmethod
    def _assign(self, lane: Lane) -> None:
        """Give the lane a binding and send, or let it wait."""

    # --- the other sender of the pair waits ---

    def await_outcome(self, message_id: int, told: Callable[[bool], None]) -> None:
        """Call ``told`` once, with whether the message arrived; it gets one attempt and no other (SMPP 3.4 §2.10.3)."""
        self._awaited[message_id] = told

    def _conclude(self, message_id: int, is_delivered: bool) -> None:
        self._by_message.pop(message_id, None)
        if self._awaited:
            told = self._awaited.pop(message_id, None)
            if told is not None:
                told(is_delivered)

    # --- it has arrived ---

    def _arrived(self, consignment: Consignment) -> None:
        lane = consignment.lane
        message_id = consignment.outgoing.message.id
        self._conclude(message_id, True)
        self._acknowledged.append(message_id)
        self.counters.delivered += 1
        queue = lane.queue
        queue.popleft()
        if queue:
            self._assign(lane)
        else:
            self._close(lane)

    def commit(self) -> None:
        """Store the acknowledgements that came since the last call, in one transaction: once for each read."""
        if self._acknowledged:
            acknowledged, self._acknowledged = self._acknowledged, []
            self._storage.submit(Deliver(acknowledged, self._now(), self._terms), self._settled, self._failed)

    # --- it is tried again ---

    def _again(self, consignment: Consignment) -> None:
        """Another attempt: at once on another binding after a lost one, later after a refusal, never after the last."""
        lane = consignment.lane
        lost, consignment.retry, consignment.lost = consignment.lost, False, False
        self._leave_queue(lane)
        if consignment.outgoing.message.id in self._awaited:
            self.counters.failed += 1
            self._give_up(consignment, MessageState.UNDELIVERABLE)
            return
        self._keep(consignment)
        if lost:
            self._assign(lane)
            return
        if consignment.attempts >= self._rules.attempts:
            self.counters.failed += 1
            self._give_up(consignment, MessageState.UNDELIVERABLE)
            return
        self.counters.retried += 1
        lane.state = LaneState.HELD
        for queued in lane.queue:
            self._watch(queued)
        self._agenda.plan(self._now() + self._rules.wait(consignment.attempts), lambda: self._retry(consignment))

    def _retry(self, consignment: Consignment) -> None:
        lane = consignment.lane
        if lane.state is LaneState.HELD and lane.queue and lane.queue[0] is consignment:
            for queued in lane.queue:
                self._unwatch(queued)
            consignment.attempts += 1
            self._assign(lane)

    def _leave_queue(self, lane: Lane) -> None:
        queue = self._ready.get(lane.binding) if lane.binding is not None else None
        if queue and lane in queue:
            queue.remove(lane)

    def _keep(self, consignment: Consignment) -> None:
        """Remember attempts and acknowledged segments, for a start after a stop."""
        row = OutboxRow(
            consignment.outgoing.message.id,
            consignment.outgoing.row.not_before,
            consignment.attempts,
            consignment.acknowledged,
        )
        consignment.outgoing.row = row
        self._storage.submit(KeepRow(row), nothing, self._failed)

    # --- it has no time left, or is given up ---

    def _watch(self, consignment: Consignment) -> None:
        message = consignment.outgoing.message
        if consignment.expiry is None and message.expires_at and message.kind != Kind.SUBMITTED:
            # A submitted message has its own step: see timetable.py.
            consignment.expiry = self._agenda.plan(message.expires_at, lambda: self._expire(consignment))

    def _unwatch(self, consignment: Consignment) -> None:
        if consignment.expiry is not None:
            self._agenda.cancel(consignment.expiry)
            consignment.expiry = None

    def _expire(self, consignment: Consignment) -> None:
        consignment.expiry = None
        if consignment in consignment.lane.queue and not consignment.in_flight:
            self.counters.expired += 1
            self._give_up(consignment, MessageState.EXPIRED)

    def _give_up(self, consignment: Consignment, state: MessageState, status: int = 0) -> None:
        lane, message_id = consignment.lane, consignment.outgoing.message.id
        self._unwatch(consignment)
        self._conclude(message_id, False)
        self._leave_queue(lane)
        first = bool(lane.queue) and lane.queue[0] is consignment
        if consignment in lane.queue:
            lane.queue.remove(consignment)
        if not lane.queue:
            self._close(lane)
        elif first:
            self._assign(lane)
        self._storage.submit(Fail(message_id, state, status, self._now(), self._terms), self._settled, self._failed)

    def _close(self, lane: Lane) -> None:
        self._lanes.pop(lane.key, None)
        waiting = self._waiting.get(lane.key[0]) if self._waiting else None
        if waiting is not None:
            waiting.pop(lane, None)
            if not waiting:
                del self._waiting[lane.key[0]]

    # --- it is kept ---

    def _settled(self, outgoing: list[Outgoing]) -> None:
        for receipt in outgoing:
            self.offer(receipt, None)

    def _failed(self, error: Exception) -> None:
        self._report("delivery", error)
