"""One SMPP session of an SMSC: octets and times in, events and octets out.

How this works. The owner feeds octets (``receive_data``) and pulls events (``next_event``) until there are none, acts
on each, writes ``data_to_send`` and looks at ``closed``. It pulls again after whatever may set something free:
``respond``, ``abandon``, ``tick``, ``unbind``, ``close``, ``end_of_input``. Because events are pulled, what follows a
bind in the same segment waits for the verdict, and what exceeds the window waits for a place.

What is legal is the table in ``states``; each fate in it is one method below. Nothing that a peer sends raises: bad
PDUs are answered here and told as ``PduRefused``. Exceptions mean that the owner broke this contract.
"""

from typing import Any, Final

import attrs

from gateway.smpp.codec import encode
from gateway.smpp.constants import (
    HEADER_LENGTH,
    MAX_SEQUENCE_NUMBER,
    RESPONSE,
    VERSION_3_4,
    VERSION_5_0,
    CommandId,
    Tag,
)
from gateway.smpp.events import CloseReason, RequestTimedOut
from gateway.smpp.limits import SessionLimits
from gateway.smpp.pdus import RESPONSE_OF, Bind, DeliverSm, Pdu, SubmitSm
from gateway.smpp.reception import Reception, pack_header
from gateway.smpp.shortcuts import write_short_message
from gateway.smpp.states import BIND_STATE, MAY_SEND, SessionState
from gateway.smpp.timers import LOOK_AGAIN, Due, after
from gateway.smpp.window import ANSWER_TO, WindowFull

__all__ = ["NotBound", "ProtocolMisuse", "Session", "SessionLimits", "SessionState", "WindowFull"]

_CLOSED: Final = SessionState.CLOSED  # its own name: see reception.py
_SUBMIT_SM_RESP: Final = int(CommandId.SUBMIT_SM_RESP)
_OUR_VERSION: Final = (int(Tag.SC_INTERFACE_VERSION), bytes([VERSION_3_4]))

_CLOSING: Final = {
    Due.NOT_BOUND: CloseReason.SESSION_INIT_TIMEOUT,
    Due.FRAME_UNFINISHED: CloseReason.READ_TIMEOUT,
    Due.LINK_DEAD: CloseReason.ENQUIRE_LINK_TIMEOUT,
}


class ProtocolMisuse(Exception):
    """The owner did what a session cannot do, such as answering one request twice. A bug, never the peer's doing."""


class NotBound(Exception):
    """The state of the session does not permit to send this PDU."""


class Session(Reception):
    """The SMSC's side of one connection.

    ``now`` is monotonic seconds everywhere. ``phase`` (0 <= phase < 1) brings the first enquire_link of a binding
    forward by that part of half the timer, so that sessions that were bound together do not all ask together.
    """

    __slots__ = ()

    @property
    def limits(self) -> SessionLimits:
        """May be replaced until a bind is accepted, by those of the client that binds."""
        return self._limits

    @limits.setter
    def limits(self, limits: SessionLimits) -> None:
        self._limits = self._timers.limits = limits
        self._incoming.size, self._incoming.park_octets = limits.window_in, limits.park_octets
        self._outgoing.size, self._outgoing.response = limits.window_out, after(0, limits.response)

    @property
    def closed(self) -> bool:
        """Nothing more will come: write ``data_to_send``, then close the transport."""
        return self.state is SessionState.CLOSED

    @property
    def deadline(self) -> float:
        """When ``tick`` next has something to look at; ``inf`` for never."""
        return self._timers.deadline

    @property
    def outstanding(self) -> int:
        """Our requests that the peer has not answered."""
        return len(self._outgoing.requests)

    @property
    def room(self) -> int:
        """How many deliver_sm may be sent now: the free places in the window, 0 in a state that permits none."""
        outgoing = self._outgoing
        return outgoing.size - len(outgoing.requests) if self._may_deliver else 0

    # --- out

    def data_to_send(self) -> bytes:
        """All octets to write since the last call."""
        octets = b"".join(self._out)
        self._out.clear()
        return octets

    def respond(self, request: Pdu, status: int = 0, **fields: Any) -> None:
        """Answer a request that an event carried; exactly once, the very object.

        ``fields`` are those of the response PDU; an error is its header alone (SMPP 3.4 §4.4.2 note), except for
        what the codec lets a data_sm_resp report. TLVs are left out for peers below 3.4. Raises ProtocolMisuse
        when there is nothing to answer; TypeError or ValueError when the fields do not make a response, which is
        then still owed. Does nothing after the session has closed.
        """
        if self.state is _CLOSED:
            return
        if request is self._verdict_on:
            self._answer_bind(self._verdict_on, status, fields)
            return
        waiting = self._incoming.holding(request)
        if waiting is None:
            raise ProtocolMisuse(f"{type(request).__name__} is not waiting for an answer")
        if status and not fields:
            octets = pack_header(HEADER_LENGTH, ANSWER_TO[type(request)], status, request.sequence_number)
        else:
            if self.interface_version < VERSION_3_4:
                fields.pop("tlvs", None)
            response = RESPONSE_OF[type(request)](
                sequence_number=request.sequence_number, command_status=status, **fields
            )
            octets = encode(response)
        del waiting[id(request)]
        self._out.append(octets)

    def accept(self, request: Pdu, message_id: str) -> None:
        """Answer a submit with its ``message_id``: `respond` for nearly all that is ever answered, at a third of the
        cost."""
        unanswered = self._incoming.unanswered
        if type(request) is not SubmitSm or id(request) not in unanswered:
            self.respond(request, 0, message_id=message_id)
            return
        body = message_id.encode("ascii") + b"\0"
        self._out.append(pack_header(HEADER_LENGTH + len(body), _SUBMIT_SM_RESP, 0, request.sequence_number) + body)
        del unanswered[id(request)]

    def abandon(self, request: Pdu) -> None:
        """Never answer ``request``. Its place in the window is free, and it holds up no unbind."""
        if self.state is SessionState.CLOSED:
            return
        if request is self._verdict_on:
            self._end_verdict()
            return
        waiting = self._incoming.holding(request)
        if waiting is None:
            raise ProtocolMisuse(f"{type(request).__name__} is not waiting for an answer")
        del waiting[id(request)]

    def request(self, pdu: Pdu, now: float, context: object = None) -> int:
        """Send a request of ours: gives it a sequence number, which is returned, and keeps it until it is answered.

        Raises NotBound when the state does not permit it, WindowFull when there is no place (see ``room``), and
        what ``encode`` raises. ``context`` comes back with the answer. TLVs are left out for peers below 3.4.
        """
        if type(pdu) not in self._may_request:
            raise NotBound(f"no {type(pdu).__name__} in state {self.state.value}")
        outgoing = self._outgoing
        if len(outgoing.requests) >= outgoing.size:
            raise WindowFull(f"{outgoing.size} requests are unanswered")
        sequence_number = outgoing.next_number
        if sequence_number in outgoing.requests or outgoing.own or sequence_number == MAX_SEQUENCE_NUMBER:
            sequence_number = outgoing.draw()
        else:
            outgoing.next_number = sequence_number + 1  # what `draw` does, for nearly every message
        pdu.sequence_number = sequence_number
        octets = write_short_message(pdu) if type(pdu) is DeliverSm and not pdu.tlvs else encode(self._readable(pdu))
        timers = self._timers
        runs_out = outgoing.add(pdu, context, now)
        if runs_out < timers.deadline:
            timers.deadline = runs_out
        timers.active = now
        self._out.append(octets)
        return sequence_number

    def send(self, pdu: Pdu) -> None:
        """Send a PDU that has no response: alert_notification, outbind. Raises NotBound when not permitted now."""
        if type(pdu) not in MAY_SEND[self.state]:
            raise NotBound(f"no {type(pdu).__name__} in state {self.state.value}")
        pdu.sequence_number = self._outgoing.draw()
        self._out.append(encode(self._readable(pdu)))

    def unbind(self, now: float) -> None:
        """Ask the peer to unbind. What is unanswered on either side may still be answered, nothing new begins.

        Closes at the peer's answer, or when the response timer runs out. Without a binding it closes at once.
        """
        if self.state is SessionState.OPEN:
            self._end(CloseReason.OWNER_CLOSED)
        elif self.state not in (SessionState.UNBINDING, SessionState.CLOSED):
            self._ask(CommandId.UNBIND)
            self._begin_unbind(now)

    def close(self, reason: str = CloseReason.OWNER_CLOSED) -> None:
        """End the session here and now, without an unbind."""
        self._end(reason)

    # --- time

    def tick(self, now: float) -> None:
        """See what is due. Call it at ``deadline``; calling it earlier or later does no harm."""
        timers = self._timers
        if now < timers.deadline:
            return
        if (self.reading_paused or self._unread) and now < timers.unbind:
            # What we have not read may be just what we are waiting for.
            timers.deadline = min(now + LOOK_AGAIN, timers.unbind)
            return
        if self._incoming.busy or self._outgoing.requests:
            timers.active = now
        for request, context, _ in self._outgoing.expired(now):
            self._happened.append(RequestTimedOut(request, context))
        while (due := timers.due(now)) is not None:
            if due is Due.LINK_SILENT:
                self._outgoing.own.clear()  # an older enquire_link was answered by other traffic (SMPP 3.4 §4.11)
                self._ask(CommandId.ENQUIRE_LINK)
                timers.probe(now)
            elif due is Due.IDLE:
                self.unbind(now)
            elif due is Due.UNBIND_UNFINISHED:
                if self._peer_unbind is not None:
                    self._answer_unbind()
                self._end(CloseReason.UNBIND_TIMEOUT)
                return
            else:
                self._end(_CLOSING[due])
                return
        timers.deadline = min(timers.earliest(now), self._outgoing.earliest())

    # --- what these share

    def _answer_bind(self, request: Bind, status: int, fields: dict[str, Any]) -> None:
        if status:
            answer_id = ANSWER_TO[type(request)]
            self._out.append(pack_header(HEADER_LENGTH, answer_id, status, request.sequence_number))
            self._end_verdict()
            self._count_bind_failure()
            return
        version = request.interface_version
        tlvs = (*fields.pop("tlvs", ()), _OUR_VERSION) if version >= VERSION_3_4 else ()
        response = RESPONSE_OF[type(request)](sequence_number=request.sequence_number, tlvs=tlvs, **fields)
        self._out.append(encode(response))
        self._end_verdict()
        # Versions between 3.4 and 5.0 and beyond are reserved: 3.4, the nearest that we know (SMPP 3.4 §3.3).
        self.interface_version = version if version < VERSION_3_4 or version == VERSION_5_0 else VERSION_3_4
        self._frames.limit = self._limits.frame
        self._timers.bind(self._phase)
        self._enter(BIND_STATE[type(request)])

    def _end_verdict(self) -> None:
        self._verdict_on = None
        self._stalled = self.reading_paused = False

    def _readable(self, pdu: Pdu) -> Pdu:
        """The PDU as this peer can read it: below 3.4 without TLVs (SMPP 3.4 §3.4)."""
        return attrs.evolve(pdu, tlvs=()) if pdu.tlvs and self.interface_version < VERSION_3_4 else pdu

    def _ask(self, command_id: CommandId) -> None:
        """Send a request of the session's own, enquire_link or unbind."""
        sequence_number = self._outgoing.draw()
        self._outgoing.own[sequence_number] = command_id | RESPONSE
        self._out.append(pack_header(HEADER_LENGTH, command_id, 0, sequence_number))
