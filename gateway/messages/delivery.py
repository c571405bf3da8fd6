"""Delivery of messages to clients: windows, turns, retries, order within a lane.

How this works. A message joins the lane of its (client, subscriber, short code). A lane delivers one message at a
time. When its turn comes it gets a binding: the one its request came from if that can receive, else the client's
next in turn; without one it waits until a client binds. All segments of the message go out as far as the window has
room; when all are acknowledged the next message follows. A refusal for now, a response timer or a lost binding leads
to another attempt; only a lost binding costs no waiting. What becomes of a message is in
:mod:`gateway.messages.outcomes`.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Final

from gateway.clients.bindings import Binding
from gateway.messages.attempts import TEMPORARY
from gateway.messages.lanes import Consignment, Lane, LaneState
from gateway.messages.message import Message
from gateway.messages.outcomes import Outcomes
from gateway.messages.segmenting import pdus_for
from gateway.messages.settlement import Outgoing
from gateway.smpp.constants import MessageState
from gateway.sms.segments import TooLong

# Names of their own: see message.py.
_SENT: Final = LaneState.SENT
_WAITING: Final = LaneState.WAITING
_DROPPED: Final = LaneState.DROPPED


class Delivery(Outcomes):
    """Everything on its way to clients, on this gateway."""

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
        consignment = Consignment(lane, outgoing, row.attempts, row.acknowledged)
        self._by_message[message.id] = lane
        if origin is not None and origin.client.system_id == message.recipient:
            lane.origin = origin
        lane.queue.append(consignment)
        if is_new:
            self._assign(lane)
        elif lane.state in (LaneState.HELD, LaneState.WAITING):
            self._watch(consignment)

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
        if not queue and (room := binding.link.room) > 0:
            self._send(lane, binding, room)
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
            self._watch(consignment)

    def _send(self, lane: Lane, binding: Binding, room: int) -> None:
        """Send as many segments of the lane's first message as there is ``room`` for; the rest stays first in the
        queue."""
        consignment = lane.queue[0]
        pdus = consignment.pdus
        if pdus is None:
            try:
                pdus = consignment.pdus = pdus_for(consignment.outgoing.message, binding.client)
            except TooLong:
                lane.state = LaneState.HELD
                self._give_up(consignment, MessageState.UNDELIVERABLE)
                return
            consignment.attempts += 1
        origin = lane.origin
        if origin is not binding and origin is not None and origin.bound:
            # The response to the request must be with its transport before the answer is with another one.
            origin.link.flush()
        lane.state = _SENT
        link = binding.link
        done = consignment.acknowledged | consignment.in_flight
        if not done and len(pdus) == 1:  # what the loop does, for nearly every message
            consignment.in_flight = 1
            self.counters.sent += 1
            link.request(pdus[0], (consignment, 1))
            return
        for index, pdu in enumerate(pdus):
            bit = 1 << index
            if done & bit:
                continue
            if room <= 0:
                self._ready.setdefault(binding, deque()).appendleft(lane)
                return
            room -= 1
            consignment.in_flight |= bit
            self.counters.sent += 1
            link.request(pdu, (consignment, bit))

    def pump(self, binding: Binding) -> None:
        """The binding has room: send what stands in its queue."""
        queue = self._ready.get(binding)
        while queue and binding.bound and (room := binding.link.room) > 0:
            lane = queue.popleft()
            if lane.queue:
                self._send(lane, binding, room)

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
                self._again(lane.queue[0])

    # --- answers ---

    def responded(self, context: object, status: int) -> None:
        """The client answered a segment with ``status``."""
        if not isinstance(context, tuple):
            return  # the second copy that a fault has sent
        consignment: Consignment
        bit: int
        consignment, bit = context
        consignment.in_flight &= ~bit
        lane = consignment.lane
        if lane.state is _DROPPED:
            return  # an answer of before a reset
        if status == 0:
            consignment.acknowledged |= bit
            queue, pdus = lane.queue, consignment.pdus
            if pdus is not None and len(pdus) == 1 and queue and queue[0] is consignment:
                self._arrived(consignment)  # what `_proceed` finds out, for nearly every message
                return
        elif status in TEMPORARY:
            consignment.retry = True
        else:
            self.counters.failed += 1
            self._give_up(consignment, MessageState.UNDELIVERABLE, status)
            return
        self._proceed(consignment)

    def timed_out(self, context: object) -> None:
        """A segment was not answered in time: assume that it was not received (SMPP 3.4 §7.2)."""
        self._unanswered(context, lost=False)

    def lost(self, context: object) -> None:
        """The binding ended before a segment was answered; :meth:`unbound` follows."""
        self._unanswered(context, lost=True)

    def _unanswered(self, context: object, *, lost: bool) -> None:
        if not isinstance(context, tuple):
            return
        consignment: Consignment
        bit: int
        consignment, bit = context
        consignment.in_flight &= ~bit
        consignment.retry = True
        consignment.lost |= lost
        self._proceed(consignment)

    def _proceed(self, consignment: Consignment) -> None:
        queue = consignment.lane.queue
        if consignment.in_flight or not queue or queue[0] is not consignment:
            return
        assert consignment.pdus is not None
        if consignment.acknowledged == (1 << len(consignment.pdus)) - 1:
            self._arrived(consignment)
        elif consignment.retry:
            self._again(consignment)
        # else: the other segments stand in the binding's queue.
