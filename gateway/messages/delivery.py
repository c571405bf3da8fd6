"""Delivery of messages to clients: windows, turns, retries, order within a lane.

How this works. A message joins the lane of its (client, subscriber, short code). A lane delivers one message at a
time. When its turn comes it gets a binding: the one its request came from if that can receive, else the client's
next in turn; without one it waits until a client binds. All segments of the message go out as far as the window has
room; when all are acknowledged the next message follows. A refusal for now, a response timer or a lost binding leads
to another attempt; only a lost binding costs no waiting. The end of validity is watched only for messages that are
stuck, so that the fast path plans nothing.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from gateway.clients.bindings import Binding, Bindings
from gateway.clients.directory import Client
from gateway.messages.agenda import Agenda
from gateway.messages.attempts import TEMPORARY, DeliveryCounters, KeepRow, RetryRules, Settle, nothing
from gateway.messages.lanes import Consignment, Lane, LaneKey, LaneState, Sent
from gateway.messages.message import Kind, Message
from gateway.messages.segmenting import pdus_for
from gateway.messages.settlement import Outgoing, Terms
from gateway.smpp.constants import MessageState
from gateway.sms.segments import TooLong
from gateway.storage.base import OutboxRow, Storage

# Names of their own: see message.py.
_SENT: Final = LaneState.SENT
_WAITING: Final = LaneState.WAITING
_DROPPED: Final = LaneState.DROPPED
_DELIVERED: Final = MessageState.DELIVERED


class Delivery:
    """Everything on its way to clients, on this gateway."""

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
        self._acknowledged: list[Message] = []
        self._by_message: dict[int, Lane] = {}
        self._awaited: dict[int, Callable[[bool], None]] = {}
        self.counters = DeliveryCounters()

    # --- messages come in ---

    def offer(self, outgoing: Outgoing, origin: Binding | None) -> None:
        """Take a committed message on; one that is not due yet comes back here when it is."""
        row = outgoing.row
        if row.not_before and row.not_before > self._now():
            self._agenda.plan(row.not_before, lambda: self._enter(outgoing, origin))
        else:
            self._enter(outgoing, origin)

    def _enter(self, outgoing: Outgoing, origin: Binding | None) -> None:
        message = outgoing.message
        key = (message.recipient, message.destination_addr, message.source_addr)
        lane = self._lanes.get(key)
        is_new = lane is None
        if lane is None:
            lane = self._lanes[key] = Lane(key, _WAITING)
        row = outgoing.row
        consignment = Consignment(outgoing, None, row.acknowledged, 0, row.attempts)
        self._by_message[message.id] = lane
        if origin is not None and origin.client.system_id == message.recipient:
            lane.origin = origin
        lane.queue.append(consignment)
        if is_new:
            self._assign(lane)
        elif lane.state in (LaneState.HELD, LaneState.WAITING):
            self._watch(lane, consignment)

    def await_outcome(self, message_id: int, told: Callable[[bool], None]) -> None:
        """Call ``told`` once, with whether the message arrived; it gets one attempt and no other (SMPP 3.4 §2.10.3)."""
        self._awaited[message_id] = told

    def _conclude(self, message_id: int, is_delivered: bool) -> None:
        self._by_message.pop(message_id, None)
        if self._awaited:
            told = self._awaited.pop(message_id, None)
            if told is not None:
                told(is_delivered)

    def replaced(self, message: Message) -> None:
        """A waiting message has another text now."""
        lane = self._by_message.get(message.id)
        if lane is not None:
            for consignment in lane.queue:
                if consignment.outgoing.message.id == message.id:
                    consignment.outgoing.message = message
                    consignment.pdus = None

    def withdraw(self, message_id: int) -> None:
        """Forget a message that reached a final state otherwise (cancelled, expired)."""
        lane = self._by_message.get(message_id)
        if lane is None:
            return
        self._conclude(message_id, False)
        for consignment in lane.queue:
            if consignment.outgoing.message.id == message_id:
                self._unwatch(consignment)
                was_first = consignment is lane.queue[0]
                lane.queue.remove(consignment)
                if not lane.queue:
                    self._close(lane)
                elif was_first and lane.state is LaneState.HELD:
                    self._assign(lane)
                return

    def forget(self) -> None:
        """The books are empty: nothing is on its way any more, and answers to what was are ignored."""
        for lane in self._lanes.values():
            lane.state = LaneState.DROPPED
            for consignment in lane.queue:
                self._unwatch(consignment)
            lane.queue.clear()
        for held in (self._lanes, self._ready, self._waiting, self._by_message, self._acknowledged):
            held.clear()
        for message_id in list(self._awaited):
            self._conclude(message_id, False)

    def waiting_by_client(self) -> Counter[str]:
        """How many messages are on their way to each client."""
        waiting: Counter[str] = Counter()
        for key, lane in self._lanes.items():
            waiting[key[0]] += len(lane.queue)
        return waiting

    def is_in_flight(self, message_id: int) -> bool:
        """Whether a segment of it is sent or acknowledged: too late to cancel or replace. Asked from within
        transactions, so from any thread."""
        lane = self._by_message.get(message_id)
        if lane is None:
            return False
        first = next(iter(lane.queue), None)
        return (
            first is not None
            and first.outgoing.message.id == message_id
            and bool(first.in_flight or first.acknowledged)
        )

    def __len__(self) -> int:
        """How many messages are on their way."""
        return len(self._by_message)

    @property
    def unanswered(self) -> int:
        """How many lanes have segments without a response: what a drain waits for."""
        return sum(1 for lane in self._lanes.values() if lane.state is LaneState.SENT)

    # --- lanes get bindings ---

    def _assign(self, lane: Lane) -> None:
        """Give the lane a binding and send, or let it wait."""
        binding = lane.origin
        if binding is None or not binding.bound or not binding.can_receive:
            binding = self._bindings.next_receiving(lane.key[0], lane.key[1])
        if binding is None:
            self._wait(lane)
            return
        lane.binding = binding
        queue = self._ready.get(binding)
        if not queue and binding.link.room > 0:
            self._send(lane, binding)
        else:
            lane.state = LaneState.READY
            if queue is None:
                queue = self._ready[binding] = deque()
            queue.append(lane)

    def _wait(self, lane: Lane) -> None:
        """No binding of the client can receive: wait for one."""
        lane.state = LaneState.WAITING
        lane.binding = None
        self._waiting.setdefault(lane.key[0], {})[lane] = None
        for consignment in lane.queue:
            self._watch(lane, consignment)

    def _send(self, lane: Lane, binding: Binding) -> None:
        """Send what the window has room for of the lane's first message; the rest stays first in the queue."""
        consignment = lane.queue[0]
        pdus = consignment.pdus
        if pdus is None:
            try:
                pdus = consignment.pdus = pdus_for(consignment.outgoing.message, binding.client)
            except TooLong:
                lane.state = LaneState.HELD
                self._give_up(lane, consignment, MessageState.UNDELIVERABLE)
                return
            consignment.attempts += 1
        origin = lane.origin
        if origin is not None and origin is not binding and origin.bound:
            # The response to the request must be with its transport before the answer is with another one.
            origin.link.flush()
        lane.state = _SENT
        link = binding.link
        done = consignment.acknowledged | consignment.in_flight
        for index, pdu in enumerate(pdus):
            bit = 1 << index
            if done & bit:
                continue
            if link.room <= 0:
                self._ready.setdefault(binding, deque()).appendleft(lane)
                return
            consignment.in_flight |= bit
            self.counters.sent += 1
            link.request(pdu, Sent(lane, consignment, bit))

    def pump(self, binding: Binding) -> None:
        """The binding has room: send what stands in its queue."""
        queue = self._ready.get(binding)
        while queue and binding.bound and binding.link.room > 0:
            lane = queue.popleft()
            if lane.queue:
                self._send(lane, binding)

    def bound(self, binding: Binding) -> None:
        """A client has a binding more: what waited for one goes out."""
        if not binding.can_receive:
            return
        for lane in list(self._waiting.pop(binding.client.system_id, {})):
            for consignment in lane.queue:
                self._unwatch(consignment)
            if lane.queue:
                self._assign(lane)

    def unbound(self, binding: Binding) -> None:
        """The binding is gone, and every unanswered request of it was reported by :meth:`lost`: its lanes move on."""
        queue = self._ready.pop(binding, deque())
        for lane in queue:
            if lane.state is LaneState.READY:
                self._assign(lane)
            elif lane.queue and not lane.queue[0].in_flight:
                self._again(lane, lane.queue[0])

    # --- answers ---

    def responded(self, context: object, status: int) -> None:
        """The client answered a segment with ``status``."""
        if not isinstance(context, Sent):
            return  # the second copy that a fault has sent
        lane, consignment, bit = context.lane, context.consignment, context.bit
        consignment.in_flight &= ~bit
        if lane.state is _DROPPED:
            return  # an answer of before a reset
        if status == 0:
            consignment.acknowledged |= bit
        elif status in TEMPORARY:
            consignment.retry = True
        else:
            self.counters.failed += 1
            self._give_up(lane, consignment, MessageState.UNDELIVERABLE, status)
            return
        self._proceed(lane, consignment)

    def timed_out(self, context: object) -> None:
        """A segment was not answered in time: assume that it was not received (SMPP 3.4 §7.2)."""
        if not isinstance(context, Sent):
            return
        lane, consignment, bit = context.lane, context.consignment, context.bit
        consignment.in_flight &= ~bit
        consignment.retry = True
        self._proceed(lane, consignment)

    def lost(self, context: object) -> None:
        """The binding ended before a segment was answered; :meth:`unbound` follows."""
        if not isinstance(context, Sent):
            return
        lane, consignment, bit = context.lane, context.consignment, context.bit
        consignment.in_flight &= ~bit
        consignment.retry = consignment.lost = True
        self._proceed(lane, consignment)

    def _proceed(self, lane: Lane, consignment: Consignment) -> None:
        if consignment.in_flight or not lane.queue or lane.queue[0] is not consignment:
            return
        assert consignment.pdus is not None
        if consignment.acknowledged == (1 << len(consignment.pdus)) - 1:
            message = consignment.outgoing.message
            self._conclude(message.id, True)
            self._acknowledged.append(message)
            self.counters.delivered += 1
            lane.queue.popleft()
            if lane.queue:
                self._assign(lane)
            else:
                self._close(lane)
        elif consignment.retry:
            self._again(lane, consignment)
        # else: the other segments stand in the binding's queue.

    def _again(self, lane: Lane, consignment: Consignment) -> None:
        """Another attempt: at once on another binding after a lost one, later after a refusal, never after the last."""
        lost, consignment.retry, consignment.lost = consignment.lost, False, False
        self._leave_queue(lane)
        if consignment.outgoing.message.id in self._awaited:
            self.counters.failed += 1
            self._give_up(lane, consignment, MessageState.UNDELIVERABLE)
            return
        self._keep(consignment)
        if lost:
            self._assign(lane)
            return
        if consignment.attempts >= self._rules.attempts:
            self.counters.failed += 1
            self._give_up(lane, consignment, MessageState.UNDELIVERABLE)
            return
        self.counters.retried += 1
        lane.state = LaneState.HELD
        for queued in lane.queue:
            self._watch(lane, queued)
        self._agenda.plan(self._now() + self._rules.wait(consignment.attempts), lambda: self._retry(lane, consignment))

    def _retry(self, lane: Lane, consignment: Consignment) -> None:
        if lane.state is LaneState.HELD and lane.queue and lane.queue[0] is consignment:
            for queued in lane.queue:
                self._unwatch(queued)
            consignment.attempts += 1
            self._assign(lane)

    def _leave_queue(self, lane: Lane) -> None:
        queue = self._ready.get(lane.binding) if lane.binding is not None else None
        if queue and lane in queue:
            queue.remove(lane)

    # --- ends ---

    def _give_up(self, lane: Lane, consignment: Consignment, state: MessageState, status: int = 0) -> None:
        message = consignment.outgoing.message
        self._unwatch(consignment)
        self._conclude(message.id, False)
        self._leave_queue(lane)
        first = bool(lane.queue) and lane.queue[0] is consignment
        if consignment in lane.queue:
            lane.queue.remove(consignment)
        if not lane.queue:
            self._close(lane)
        elif first:
            self._assign(lane)
        self._storage.submit(Settle([(message, state, status)], self._now(), self._terms), self._settled, self._failed)

    def _close(self, lane: Lane) -> None:
        self._lanes.pop(lane.key, None)
        waiting = self._waiting.get(lane.key[0]) if self._waiting else None
        if waiting is not None:
            waiting.pop(lane, None)
            if not waiting:
                del self._waiting[lane.key[0]]

    def _watch(self, lane: Lane, consignment: Consignment) -> None:
        message = consignment.outgoing.message
        if consignment.expiry is None and message.expires_at and message.kind != Kind.SUBMITTED:
            # A submitted message has its own step: see timed.py.
            consignment.expiry = self._agenda.plan(message.expires_at, lambda: self._expire(lane, consignment))

    def _unwatch(self, consignment: Consignment) -> None:
        if consignment.expiry is not None:
            self._agenda.cancel(consignment.expiry)
            consignment.expiry = None

    def _expire(self, lane: Lane, consignment: Consignment) -> None:
        consignment.expiry = None
        if consignment in lane.queue and not consignment.in_flight:
            self.counters.expired += 1
            self._give_up(lane, consignment, MessageState.EXPIRED)

    def commit(self) -> None:
        """Store the acknowledgements that came since the last call, in one transaction: once for each read."""
        if self._acknowledged:
            acknowledged, self._acknowledged = self._acknowledged, []
            self._storage.submit(
                Settle([(message, _DELIVERED, 0) for message in acknowledged], self._now(), self._terms),
                self._settled,
                self._failed,
            )

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

    def _settled(self, outgoing: list[Outgoing]) -> None:
        for receipt in outgoing:
            self.offer(receipt, None)

    def _failed(self, error: Exception) -> None:
        self._report("delivery", error)
