"""The half of a session that listens: from octets to events and automatic answers.

How this works. ``next_event`` cuts frames and looks up in the table of ``states`` what becomes of each by its
command_id, before the body is decoded: what a state does not permit costs sixteen octets of attention. Each fate of
that table is one method here, which returns an event, or None when there is none to tell; of several events it
returns the first and puts the others into ``_happened``, which is emptied before the next frame is looked at.

What a method may rely on: it is never called while ``_stalled``, that is while a bind awaits its verdict, while the
park is full, or after the end.
"""

from collections import deque
from collections.abc import Callable
from struct import Struct
from typing import Any, Final, cast

from gateway.smpp.codec import decode
from gateway.smpp.constants import HEADER_LENGTH, MAX_SEQUENCE_NUMBER, RESPONSE, VERSION_3_4, CommandId
from gateway.smpp.errors import FrameError, PduError
from gateway.smpp.events import (
    BindRequested,
    CloseReason,
    EnquireLinkReceived,
    Event,
    OperationReceived,
    PduRefused,
    RequestLost,
    ResponseReceived,
    SessionClosed,
    SubmitReceived,
    Unbound,
)
from gateway.smpp.framing import FrameBuffer
from gateway.smpp.limits import SessionLimits
from gateway.smpp.pdus import (
    PDU_OF,
    Bind,
    CancelSm,
    DataSm,
    DeliverSm,
    EnquireLink,
    GenericNack,
    Pdu,
    QuerySm,
    ReplaceSm,
    SubmitMulti,
    SubmitSm,
)
from gateway.smpp.shortcuts import read_deliver_sm_resp, read_submit_sm
from gateway.smpp.states import FATES, MAY_REQUEST, Fate, SessionState
from gateway.smpp.statuses import CommandStatus
from gateway.smpp.timers import NEVER, Timers, after
from gateway.smpp.window import IncomingWindow, OutgoingWindow

pack_header: Final = Struct(">LLLL").pack
"""command_length, command_id, command_status and sequence_number (SMPP 3.4 §3.2)."""

_unpack_header: Final = Struct(">4xLLL").unpack_from
_UNBINDING: Final = SessionState.UNBINDING  # reaching a member through its Enum costs ten times as much
_CLOSED: Final = SessionState.CLOSED
_GENERIC_NACK: Final = int(CommandId.GENERIC_NACK)
_SUBMIT_SM: Final = int(CommandId.SUBMIT_SM)
_DELIVER_SM_RESP: Final = int(CommandId.DELIVER_SM_RESP)
_UNBIND_RESP: Final = int(CommandId.UNBIND_RESP)
_ENQUIRE_LINK_RESP: Final = int(CommandId.ENQUIRE_LINK_RESP)
_EVENT_OF: Final[dict[type[Pdu], Callable[[Any], SubmitReceived | OperationReceived]]] = {
    SubmitSm: SubmitReceived,
    SubmitMulti: SubmitReceived,
    DataSm: SubmitReceived,
    QuerySm: OperationReceived,
    CancelSm: OperationReceived,
    ReplaceSm: OperationReceived,
}


class Reception:
    """See the module, and :class:`gateway.smpp.session.Session`, which adds the owner's half."""

    __slots__ = (
        "_frames",
        "_happened",
        "_incoming",
        "_limits",
        "_may_deliver",
        "_may_request",
        "_out",
        "_outgoing",
        "_peer_unbind",
        "_phase",
        "_stalled",
        "_timers",
        "_treatments",
        "_unbind_answered",
        "_unread",
        "_verdict_on",
        "auto_enquire_link",
        "bind_failures",
        "interface_version",
        "odd_sequence_numbers",
        "reading_paused",
        "state",
        "stray_responses",
    )

    def __init__(
        self, limits: SessionLimits, now: float, *, auto_enquire_link: bool = True, phase: float = 0.0
    ) -> None:
        self.state = SessionState.OPEN
        self.interface_version: int = VERSION_3_4
        """What PDUs are read and written by: of the accepted bind, 0x34 before."""
        self.auto_enquire_link = auto_enquire_link
        """May change at any time. Off: each enquire_link is an event for the owner to answer."""
        self.reading_paused = False
        """The owner should not read from the transport now: a bind awaits its verdict, or the park is full."""
        self.bind_failures = 0
        self.stray_responses = 0
        """Responses that answered nothing, and responses of unknown type."""
        self.odd_sequence_numbers = 0
        """Requests numbered 0 or above 0x7FFFFFFF, which are answered like others (SMPP 3.4 §5.1.4)."""

        self._limits = limits
        self._phase = phase
        self._frames = FrameBuffer(limits.frame_before_bind)
        self._timers = Timers.started(limits, now)
        self._incoming = IncomingWindow(limits.window_in, limits.park_octets)
        self._outgoing = OutgoingWindow(limits.window_out, after(0, limits.response))
        self._out: list[bytes] = []
        self._happened: deque[Event] = deque()
        self._verdict_on: Bind | None = None
        self._peer_unbind: int | None = None  # the sequence_number of the unbind that we have to answer
        self._unbind_answered = False  # ours
        self._stalled = False  # no frame may be looked at
        self._unread = False  # there may be whole frames that were not looked at
        self._enter(SessionState.OPEN)

    def receive_data(self, octets: bytes, now: float) -> None:
        """Take what arrived. Nothing is looked at before ``next_event``."""
        if self.state is not _CLOSED:
            self._frames.feed(octets)
            self._timers.heard = now
            self._unread = True

    def end_of_input(self) -> None:
        """The peer has closed or the connection is lost. What was received and not handed out is dropped."""
        self._end(CloseReason.PEER_CLOSED)

    def next_event(self, now: float) -> Event | None:
        """The next thing that happened, or None when there is nothing until more octets, an answer or a tick."""
        if self._happened:
            return self._happened.popleft()
        if self._incoming.parked and not self._incoming.full:
            return self._unpark(now)
        while not self._stalled:
            try:
                frame = self._frames.next_frame()
            except FrameError as error:
                self._lose_boundary(error)
                break
            if frame is None:
                self._unread = False
                if self._frames.pending or self.state is _UNBINDING:
                    self._run_dry(now)
                break
            self._timers.frame = NEVER
            command_id, status, sequence_number = _unpack_header(frame)
            if not 0 < sequence_number <= MAX_SEQUENCE_NUMBER and command_id < RESPONSE:
                self.odd_sequence_numbers += 1
            treat = self._treatments.get(command_id, _UNKNOWN)
            try:
                event = treat(self, frame, command_id, status, sequence_number, now)
            except PduError as error:
                event = self._refuse(frame, command_id, sequence_number, error.command_status, error.reason)
            if event is not None:
                return event
        return self._happened.popleft() if self._happened else None

    # --- the fates of a PDU

    def _bind(self, frame: bytes, command_id: int, status: int, sequence_number: int, now: float) -> Event | None:
        try:
            request = cast("Bind", decode(frame))
        except PduError as error:
            self._count_bind_failure()
            return self._refuse(frame, command_id, sequence_number, error.command_status, error.reason)
        self._verdict_on = request
        self._stalled = self.reading_paused = True
        return BindRequested(request)

    def _take(self, frame: bytes, command_id: int, status: int, sequence_number: int, now: float) -> Event | None:
        incoming = self._incoming
        full = len(incoming.unanswered) >= incoming.size
        if full and self._limits.refuse_beyond_window:
            reason = f"{incoming.size} requests are unanswered"
            return self._refuse(frame, command_id, sequence_number, CommandStatus.ESME_RTHROTTLED, reason)
        request: Pdu | None = None
        if command_id == _SUBMIT_SM:
            # Nearly all requests are this one: straight to its shortcut, past what `decode` has to choose from.
            request = read_submit_sm(frame, status, sequence_number, self.interface_version)
            if request is not None and not full:
                self._timers.active = now
                incoming.unanswered[id(request)] = request
                return SubmitReceived(request)
        if request is None:
            request = decode(frame, self.interface_version)
        self._timers.active = now
        if not full:
            incoming.unanswered[id(request)] = request
            return _EVENT_OF[type(request)](request)
        incoming.park(_EVENT_OF[type(request)](request), len(frame))
        if incoming.park_full:
            self._stalled = self.reading_paused = True
        return None

    def _link(self, frame: bytes, command_id: int, status: int, sequence_number: int, now: float) -> Event | None:
        links = self._incoming.links
        # As many as the window has places may wait for the owner; a peer that asks more often is answered here.
        if not self.auto_enquire_link and len(links) < self._incoming.size:
            request = cast("EnquireLink", decode(frame, self.interface_version))
            links[id(request)] = request
            return EnquireLinkReceived(request)
        if len(frame) > HEADER_LENGTH:
            decode(frame, self.interface_version)  # a body that is no TLV stream makes it a bad PDU
        self._out.append(pack_header(HEADER_LENGTH, _ENQUIRE_LINK_RESP, 0, sequence_number))
        return None

    def _unbind(self, frame: bytes, command_id: int, status: int, sequence_number: int, now: float) -> Event | None:
        decode(frame, self.interface_version)  # a bad one raises, and unbinds nothing
        self._peer_unbind = sequence_number
        self._begin_unbind(now)
        return None

    def _match(self, frame: bytes, command_id: int, status: int, sequence_number: int, now: float) -> Event | None:
        waiting = self._outgoing.match(command_id, sequence_number)
        if waiting is None:
            self._match_own(command_id, sequence_number)
            return None
        request, context, _ = waiting
        try:
            response: Pdu | None = None
            if command_id == _DELIVER_SM_RESP:
                response = read_deliver_sm_resp(frame, status, sequence_number, self.interface_version)
            if response is None:
                response = decode(frame, self.interface_version)
        except PduError as error:
            # The header says all that counts. Not to take it would have us send the same message again.
            response = PDU_OF[command_id](sequence_number=sequence_number, command_status=status)
            self._happened.append(ResponseReceived(request, response, context))
            return PduRefused(command_id, sequence_number, error.command_status, error.reason, frame)
        return ResponseReceived(request, response, context)

    def _nack(self, frame: bytes, command_id: int, status: int, sequence_number: int, now: float) -> Event | None:
        waiting = self._outgoing.match(command_id, sequence_number)
        if waiting is None:
            self._match_own(command_id, sequence_number)
            return None
        request, context, _ = waiting
        return ResponseReceived(request, GenericNack(sequence_number=sequence_number, command_status=status), context)

    def _ignore(self, frame: bytes, command_id: int, status: int, sequence_number: int, now: float) -> Event | None:
        self._count_stray()
        return None

    def _wrong_state(
        self, frame: bytes, command_id: int, status: int, sequence_number: int, now: float
    ) -> Event | None:
        refused = CommandStatus.ESME_RINVBNDSTS
        return self._refuse(frame, command_id, sequence_number, refused, f"not permitted in state {self.state.value}")

    def _already_bound(
        self, frame: bytes, command_id: int, status: int, sequence_number: int, now: float
    ) -> Event | None:
        return self._refuse(frame, command_id, sequence_number, CommandStatus.ESME_RALYBND, "already bound")

    def _wrong_way(self, frame: bytes, command_id: int, status: int, sequence_number: int, now: float) -> Event | None:
        return self._refuse_command(frame, command_id, sequence_number, "an ESME does not send this")

    def _unknown(self, frame: bytes, command_id: int, status: int, sequence_number: int, now: float) -> Event | None:
        if command_id & RESPONSE:  # an answer to it could start two sides nacking each other
            return self._ignore(frame, command_id, status, sequence_number, now)
        return self._refuse_command(frame, command_id, sequence_number, "unknown command_id")

    # --- what the fates share

    def _refuse(self, frame: bytes, command_id: int, sequence_number: int, status: int, reason: str) -> PduRefused:
        self._out.append(pack_header(HEADER_LENGTH, command_id | RESPONSE, status, sequence_number))
        return PduRefused(command_id, sequence_number, status, reason, frame)

    def _refuse_command(self, frame: bytes, command_id: int, sequence_number: int, reason: str) -> PduRefused:
        status = CommandStatus.ESME_RINVCMDID
        self._out.append(pack_header(HEADER_LENGTH, _GENERIC_NACK, status, sequence_number))
        return PduRefused(command_id, sequence_number, status, reason, frame)

    def _unpark(self, now: float) -> Event:
        event = self._incoming.unpark()
        self._stalled = self._incoming.park_full
        if self.reading_paused and not self._incoming.parked:
            # Not before the park is empty, so that a transport is not paused and resumed for every PDU.
            self.reading_paused = False
            self._timers.heard = now
            self._outgoing.spare(now)
        return event

    def _match_own(self, command_id: int, sequence_number: int) -> None:
        answered = self._outgoing.match_own(command_id, sequence_number)
        if answered is None:
            self._count_stray()
        elif answered == CommandId.UNBIND_RESP:
            self._unbind_answered = True

    def _count_stray(self) -> None:
        self.stray_responses += 1
        if self.stray_responses >= self._limits.stray_responses:
            self._end(CloseReason.STRAY_RESPONSES)

    def _count_bind_failure(self) -> None:
        self.bind_failures += 1
        if self.bind_failures >= self._limits.bind_failures:
            self._end(CloseReason.BIND_FAILURES)

    def _run_dry(self, now: float) -> None:
        """Every whole frame was looked at; what is left is the beginning of one, or nothing."""
        if self._timers.frame == NEVER and self._frames.pending and not self.reading_paused:
            self._timers.begin_frame(now)
        if self.state is SessionState.UNBINDING and not self._incoming.busy:
            if self._peer_unbind is not None:
                self._answer_unbind()
                self._happened.append(Unbound(by_peer=True))
                self._end(CloseReason.UNBOUND)
            elif self._unbind_answered:
                self._happened.append(Unbound(by_peer=False))
                self._end(CloseReason.UNBOUND)

    # --- changes of state

    def _enter(self, state: SessionState) -> None:
        self.state = state
        self._treatments = _TREATMENTS[state]
        self._may_request = MAY_REQUEST[state]
        self._may_deliver = DeliverSm in self._may_request

    def _begin_unbind(self, now: float) -> None:
        self._enter(SessionState.UNBINDING)
        self._timers.begin_unbind(now)

    def _answer_unbind(self) -> None:
        self._out.append(pack_header(HEADER_LENGTH, _UNBIND_RESP, 0, self._peer_unbind))

    def _lose_boundary(self, error: FrameError) -> None:
        self._out.append(pack_header(HEADER_LENGTH, _GENERIC_NACK, error.command_status, error.sequence_number))
        self._happened.append(PduRefused(0, error.sequence_number, error.command_status, error.reason, b""))
        self._end(CloseReason.FRAME_LOST)

    def _end(self, reason: str) -> None:
        if self.state is SessionState.CLOSED:
            return
        self._enter(SessionState.CLOSED)
        self._stalled = True
        self.reading_paused = self._unread = False
        self._incoming.clear()
        self._timers.deadline = NEVER
        for request, context, _ in self._outgoing.clear():
            self._happened.append(RequestLost(request, context))
        self._happened.append(SessionClosed(reason))


_Treatment = Callable[[Reception, bytes, int, int, int, float], Event | None]

_TREATMENT_OF: Final[dict[Fate, _Treatment]] = {
    Fate.BIND: Reception._bind,
    Fate.TAKE: Reception._take,
    Fate.LINK: Reception._link,
    Fate.UNBIND: Reception._unbind,
    Fate.MATCH: Reception._match,
    Fate.NACK: Reception._nack,
    Fate.IGNORE: Reception._ignore,
    Fate.WRONG_STATE: Reception._wrong_state,
    Fate.ALREADY_BOUND: Reception._already_bound,
    Fate.WRONG_WAY: Reception._wrong_way,
}
_UNKNOWN: Final[_Treatment] = Reception._unknown

_TREATMENTS: Final[dict[SessionState, dict[int, _Treatment]]] = {
    state: {command_id: _TREATMENT_OF[fate] for command_id, fate in fates.items()} for state, fates in FATES.items()
}
