"""A model client and a session talk to each other for a while; what the client may rely on is checked after each step.

How this works. The machine is both the client and the session's owner. What the client sends lies on the wire until it
is delivered, whole or in part, and never while the session has reading paused. The model knows which requests
arrived, which of ours are unanswered, and what time it is; it knows nothing of how the session works.
"""

from typing import Any

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from gateway.smpp.constants import MAX_SEQUENCE_NUMBER
from gateway.smpp.events import (
    BindRequested,
    CloseReason,
    EnquireLinkReceived,
    Event,
    OperationReceived,
    RequestLost,
    RequestTimedOut,
    ResponseReceived,
    SessionClosed,
    SubmitReceived,
    Unbound,
)
from gateway.smpp.pdus import DeliverSm, Pdu
from gateway.smpp.session import NotBound, Session, SessionLimits, WindowFull
from gateway.smpp.states import SessionState
from gateway.smpp.window import PARKED_PER_PLACE
from tests.smpp.wire import (
    BIND_OF,
    DELIVER_SM,
    ENQUIRE_LINK,
    GENERIC_NACK,
    RBINDFAIL,
    RESP,
    SUBMIT_SM,
    UNBIND,
    bind,
    cut,
    deliver,
    raw,
    submit,
)

QUERY_SM = 0x03
PICK = st.integers(0, 1000)


@attrs.define
class Asked:
    """A request of the client: where on the wire it ends, and its answers so far."""

    command_id: int
    sequence_number: int
    ends_at: int
    answers: list[tuple[int, int]] = attrs.field(factory=list)
    abandoned: bool = False


class Conversation(RuleBasedStateMachine):
    @initialize(
        window_in=st.integers(1, 3),
        window_out=st.integers(1, 3),
        refuse=st.booleans(),
        park_octets=st.sampled_from([100, 262144]),
        inactivity=st.sampled_from([0, 70]),
        auto=st.booleans(),
        first_number=st.sampled_from([1, MAX_SEQUENCE_NUMBER - 1]),
        bound_as=st.sampled_from([SessionState.BOUND_TRX, SessionState.BOUND_RX, SessionState.BOUND_TX, None]),
    )
    def connect(
        self,
        window_in: int,
        window_out: int,
        refuse: bool,
        park_octets: int,
        inactivity: float,
        auto: bool,
        first_number: int,
        bound_as: SessionState | None,
    ) -> None:
        self.limits = SessionLimits(
            window_in=window_in,
            window_out=window_out,
            refuse_beyond_window=refuse,
            park_octets=park_octets,
            inactivity=inactivity,
            session_init=15,
            response=20,
            enquire_link=30,
            stray_responses=8,
        )
        self.now = 0.0
        self.session = Session(self.limits, self.now, auto_enquire_link=auto)
        self.session._outgoing.next_number = first_number
        self.events: list[Event] = []
        self.held: list[Pdu] = []  # requests that the owner has and has not answered
        self.verdict: Pdu | None = None
        self.deliveries: dict[int, DeliverSm] = {}  # ours that the client has and has not answered
        self.outcomes: dict[int, str] = {}  # of each of ours, by the id of its PDU
        self.ours: list[DeliverSm] = []  # keeps them alive
        self.our_numbers: list[int] = []
        self.last_number = 0
        self.wire = b""
        self.sent = 0
        self.delivered = 0
        self.asked: list[Asked] = []
        self.our_unbind: int | None = None
        if bound_as is not None:
            self.client_binds(bound_as, 0x34)
            self.owner_decides_on_the_bind(0)

    # --- both sides

    def ask(self, frame: bytes, command_id: int, keep_back: int = 0) -> None:
        """The client sends a request; the last octets of it may stay on the wire for a while."""
        if not self.session.closed:
            self.sent += len(frame)
            self.asked.append(Asked(command_id, self.last_number, self.sent))
            self.wire += frame
            self.transmit(keep_back)

    def say(self, frame: bytes) -> None:
        """The client sends what has no answer."""
        self.sent += len(frame)
        self.wire += frame
        self.transmit()

    def transmit(self, keep_back: int = 0) -> None:
        if not self.session.reading_paused and not self.session.closed:
            there = self.wire[: max(0, len(self.wire) - keep_back)]
            self.wire = self.wire[len(there) :]
            self.delivered += len(there)
            self.session.receive_data(there, self.now)
        self.pump()

    def pump(self) -> None:
        """What the owner does with events, and the client with what was written."""
        while (event := self.session.next_event(self.now)) is not None:
            assert not any(isinstance(other, SessionClosed) for other in self.events), "nothing comes after the end"
            self.events.append(event)
            if isinstance(event, BindRequested):
                assert self.verdict is None
                self.verdict = event.request
            elif isinstance(event, SubmitReceived | OperationReceived | EnquireLinkReceived):
                assert self.verdict is None, "nothing is handed out before the verdict"
                self.held.append(event.request)
            elif isinstance(event, ResponseReceived | RequestTimedOut | RequestLost):
                assert id(event.request) not in self.outcomes, "a request of ours has one outcome"
                self.outcomes[id(event.request)] = type(event).__name__
        for sent in cut(self.session.data_to_send()):
            if sent.command_id == GENERIC_NACK or sent.command_id & RESP:
                self.note_answer(sent.command_id, sent.status, sent.sequence_number)
            else:
                assert 1 <= sent.sequence_number <= MAX_SEQUENCE_NUMBER
                self.our_numbers.append(sent.sequence_number)
                if sent.command_id == UNBIND:
                    assert self.our_unbind is None
                    self.our_unbind = sent.sequence_number
                elif sent.command_id == ENQUIRE_LINK:
                    self.link_to_answer = sent.sequence_number

    def note_answer(self, command_id: int, status: int, sequence_number: int) -> None:
        (asked,) = [asked for asked in self.asked if asked.sequence_number == sequence_number]
        assert asked.ends_at <= self.delivered, "only what arrived is answered"
        assert not asked.answers, "a request is answered once"
        assert command_id in (GENERIC_NACK, asked.command_id | RESP)
        asked.answers.append((command_id, status))

    def numbered(self) -> int:
        self.last_number += 1
        return self.last_number

    # --- what the client does

    @rule(state=st.sampled_from(list(BIND_OF)), version=st.sampled_from([0x33, 0x34, 0x50]))
    def client_binds(self, state: SessionState, version: int) -> None:
        self.ask(bind(state, self.numbered(), version), int(BIND_OF[state].command_id))

    @rule(count=st.integers(1, 8), keep_back=st.sampled_from([0, 0, 1, 30]))
    def client_submits(self, count: int, keep_back: int) -> None:
        for _ in range(count):
            self.ask(submit(self.numbered()), SUBMIT_SM, keep_back)

    @rule(body=st.sampled_from([b"7\0\0\0\0", b"", b"7"]))
    def client_queries(self, body: bytes) -> None:
        self.ask(raw(QUERY_SM, self.numbered(), body), QUERY_SM)

    @rule(command_id=st.sampled_from([ENQUIRE_LINK, 0x0A, DELIVER_SM]))
    def client_sends_something_else(self, command_id: int) -> None:
        self.ask(raw(command_id, self.numbered()), command_id)

    @precondition(lambda self: len(self.asked) > 8)
    @rule()
    def client_unbinds(self) -> None:
        self.ask(raw(UNBIND, self.numbered()), UNBIND)

    @precondition(lambda self: self.deliveries)
    @rule(pick=PICK, answer=st.sampled_from([DELIVER_SM | RESP, DELIVER_SM | RESP, GENERIC_NACK]), twice=st.booleans())
    def client_answers_a_delivery(self, pick: int, answer: int, twice: bool) -> None:
        number = sorted(self.deliveries)[pick % len(self.deliveries)]
        request = self.deliveries.pop(number)
        known = id(request) in self.outcomes
        before = self.session.stray_responses
        frame = raw(answer, number, b"" if answer == GENERIC_NACK else b"\0")
        self.say(frame * (2 if twice else 1))
        if not self.wire and not self.session.closed and not self.session.reading_paused and not known:
            assert self.outcomes[id(request)] == "ResponseReceived"
            assert self.session.stray_responses == before + twice

    @precondition(lambda self: self.our_unbind is not None)
    @rule()
    def client_agrees_to_unbind(self) -> None:
        assert self.our_unbind is not None
        self.say(raw(UNBIND | RESP, self.our_unbind))

    @precondition(lambda self: self.asked)
    @rule(command_id=st.sampled_from([GENERIC_NACK, SUBMIT_SM | RESP, 0x80000102]))
    def client_answers_nothing(self, command_id: int) -> None:
        self.say(raw(command_id, 0x40000000))

    @rule()
    def the_rest_arrives(self) -> None:
        self.transmit()

    # --- what the owner does

    @precondition(lambda self: self.verdict is not None)
    @rule(status=st.sampled_from([0, 0, 0, RBINDFAIL]))
    def owner_decides_on_the_bind(self, status: int) -> None:
        request, self.verdict = self.verdict, None
        assert request is not None
        self.session.respond(request, status, **({} if status else {"system_id": "gateway"}))
        if not status and not self.session.closed:
            assert BIND_OF[self.session.state] is type(request)
        self.transmit()

    @precondition(lambda self: self.held)
    @rule(pick=PICK, status=st.sampled_from([0, 0, 8]), count=st.integers(1, 4))
    def owner_answers(self, pick: int, status: int, count: int) -> None:
        for _ in range(min(count, len(self.held))):
            self.answer(self.held.pop(pick % len(self.held)), status)
        self.transmit()

    def answer(self, request: Pdu, status: int = 0) -> None:
        fields: dict[str, Any] = {}
        if request.command_id == SUBMIT_SM and not status:
            fields = {"message_id": "7"}
        self.session.respond(request, status, **fields)
        self.pump()

    @precondition(lambda self: self.held)
    @rule(pick=PICK)
    def owner_abandons(self, pick: int) -> None:
        request = self.held.pop(pick % len(self.held))
        self.session.abandon(request)
        for asked in self.asked:
            if asked.sequence_number == request.sequence_number:
                asked.abandoned = True
        self.transmit()

    @rule(count=st.integers(1, 4))
    def owner_delivers(self, count: int) -> None:
        for _ in range(count):
            request, room = deliver(), self.session.room
            if room:
                number = self.session.request(request, self.now)
                unanswered = {n for n, other in self.deliveries.items() if id(other) not in self.outcomes}
                assert number not in unanswered
                self.deliveries[number] = request
                self.ours.append(request)
                assert self.session.room == room - 1
            else:
                with pytest.raises((NotBound, WindowFull)):
                    self.session.request(request, self.now)
        self.transmit()

    @precondition(lambda self: self.session.state is not SessionState.OPEN and len(self.asked) > 8)
    @rule()
    def owner_unbinds(self) -> None:
        self.session.unbind(self.now)
        self.transmit()

    @rule(auto=st.booleans())
    def owner_takes_enquire_links(self, auto: bool) -> None:
        self.session.auto_enquire_link = auto

    # --- what happens to both

    @rule(seconds=st.sampled_from([0.5, 4.0, 11.0, 19.0, 40.0]), alive=st.sampled_from([True, True, False]))
    def time_passes(self, seconds: float, alive: bool) -> None:
        """The client answers our enquire_link at once, or is deaf."""
        end = self.now + seconds
        while self.session.deadline <= end:
            self.now = max(self.now, self.session.deadline)
            self.link_to_answer = 0
            self.session.tick(self.now)
            assert self.session.deadline > self.now
            self.pump()
            if self.link_to_answer and alive:
                self.say(raw(ENQUIRE_LINK | RESP, self.link_to_answer))
        self.now = end
        self.transmit()

    @precondition(lambda self: len(self.asked) > 12)
    @rule(by_peer=st.booleans())
    def the_connection_ends(self, by_peer: bool) -> None:
        if by_peer:
            self.session.end_of_input()
        else:
            self.session.close()
        self.pump()

    # --- what always holds

    @invariant()
    def windows_are_kept(self) -> None:
        session, limits = self.session, self.limits
        working = [request for request in self.held if request.command_id != ENQUIRE_LINK]
        assert len(working) <= limits.window_in or session.closed
        assert len(self.held) - len(working) <= limits.window_in or session.closed
        assert session.outstanding <= limits.window_out
        assert 0 <= session.room <= limits.window_out - session.outstanding

    @invariant()
    def the_park_is_bounded(self) -> None:
        incoming = self.session._incoming
        assert len(incoming.parked) <= PARKED_PER_PLACE * self.limits.window_in
        assert incoming.parked_octets <= self.limits.park_octets + len(submit(1))
        assert not (incoming.parked and self.limits.refuse_beyond_window)

    @invariant()
    def every_request_of_ours_is_accounted_for(self) -> None:
        assert len(self.outcomes) + self.session.outstanding == len(self.ours)

    @invariant()
    def the_end_is_the_last_event(self) -> None:
        ends = [event for event in self.events if isinstance(event, SessionClosed)]
        assert bool(ends) == self.session.closed
        if ends:
            assert self.session.room == self.session.outstanding == 0
            assert (ends[0].reason == CloseReason.UNBOUND) == any(isinstance(e, Unbound) for e in self.events)

    def teardown(self) -> None:
        """Left alone with an owner that answers, every request that arrived is answered exactly once."""
        if not hasattr(self, "session"):
            return
        before = self.session.closed
        if self.verdict is not None:
            self.session.respond(self.verdict, system_id="gateway")
            self.verdict = None
        for _ in range(1000):
            self.transmit()
            if not self.held:
                break
            self.answer(self.held.pop(0))
        assert not self.held
        assert self.verdict is None or self.session.state is SessionState.OPEN
        if not before:
            unbound = Unbound(by_peer=True) in self.events
            for asked in self.asked:
                arrived = asked.ends_at <= self.delivered and (not self.session.closed or unbound)
                if arrived and not asked.abandoned and self.verdict is None:
                    assert len(asked.answers) == 1


TestConversation = Conversation.TestCase
TestConversation.settings = settings(stateful_step_count=40)
