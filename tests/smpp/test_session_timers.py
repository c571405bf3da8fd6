"""A session over time: it waits as long as it says, no longer, and never blames a peer that it did not read."""

from math import inf

import pytest

from gateway.smpp.events import (
    BindRequested,
    CloseReason,
    RequestLost,
    RequestTimedOut,
    ResponseReceived,
    SessionClosed,
    SubmitReceived,
    Unbound,
)
from gateway.smpp.pdus import Pdu
from gateway.smpp.session import SessionLimits
from gateway.smpp.states import SessionState
from tests.smpp.wire import (
    BIND_TRANSCEIVER,
    DELIVER_SM,
    ENQUIRE_LINK,
    GENERIC_NACK,
    RBINDFAIL,
    RESP,
    UNBIND,
    Owner,
    Sent,
    bind,
    deliver,
    only,
    raw,
    submit,
)

LIMITS = SessionLimits(session_init=10, read_deadline=10, enquire_link=30, response=20, window_in=1)


def closed(reason: CloseReason) -> list[object]:
    return [SessionClosed(reason)]


# --- session_init


def test_silence_before_a_bind() -> None:
    """A connection that sends nothing is closed by the session_init timer (T-01)."""
    owner = Owner(LIMITS)
    assert owner.session.deadline == 10
    assert owner.advance(9.9) == []
    assert owner.advance(0.1) == closed(CloseReason.SESSION_INIT_TIMEOUT)
    assert owner.session.deadline == inf
    assert owner.take() == []


def test_enquire_link_does_not_postpone_the_session_init_timer() -> None:
    """In OPEN enquire_link is answered, and the connection is closed in time all the same (S-12)."""
    owner = Owner(LIMITS)
    for number in range(1, 10):
        assert owner.advance(1) == []
        owner.feed(raw(ENQUIRE_LINK, number))
    assert len(owner.take()) == 9
    assert owner.advance(1) == closed(CloseReason.SESSION_INIT_TIMEOUT)


def test_a_failed_bind_does_not_postpone_the_session_init_timer() -> None:
    """After a refused bind the timer goes on where it was."""
    owner = Owner(LIMITS)
    owner.advance(9)
    (event,) = only(BindRequested, owner.feed(bind()))
    owner.respond(event.request, RBINDFAIL)
    assert owner.advance(0.9) == []
    assert owner.advance(0.1) == closed(CloseReason.SESSION_INIT_TIMEOUT)


def test_a_slow_verdict_is_not_held_against_the_peer() -> None:
    """While the owner thinks about a bind the session_init timer does not close; after its verdict it may."""
    owner = Owner(LIMITS)
    owner.advance(9)
    (event,) = only(BindRequested, owner.feed(bind()))
    assert owner.advance(20) == []
    owner.respond(event.request, RBINDFAIL)
    assert owner.advance(1) == closed(CloseReason.SESSION_INIT_TIMEOUT)
    assert owner.take() == [Sent(BIND_TRANSCEIVER | RESP, RBINDFAIL, 1)]


def test_a_bind_ends_the_session_init_timer() -> None:
    """A binding that is heard of lives on."""
    owner = Owner(LIMITS).bound()
    owner.advance(29)
    owner.feed(raw(ENQUIRE_LINK, 2))
    assert owner.advance(29.9) == []


# --- reading


def test_slow_loris() -> None:
    """A PDU has ten seconds in all, however steadily its octets trickle in (T-02)."""
    owner = Owner(LIMITS).bound()
    frame = submit(1)
    for index in range(24):
        assert owner.feed(frame[index : index + 1]) == []
        assert owner.advance(0.4) == []
    owner.feed(frame[24:25])
    assert owner.advance(0.4) == closed(CloseReason.READ_TIMEOUT)
    assert owner.now == pytest.approx(10.0)


def test_fifteen_octets_of_a_header() -> None:
    """A header that never gets whole is not waited for (T-03)."""
    owner = Owner(LIMITS).bound()
    owner.feed(submit(1)[:15])
    assert owner.advance(10) == closed(CloseReason.READ_TIMEOUT)


def test_a_pause_within_a_pdu() -> None:
    """A PDU in two halves, within its time, is one PDU, and each PDU has its own time (T-04)."""
    owner = Owner(LIMITS).bound()
    frame = raw(ENQUIRE_LINK, 1)
    for _ in range(4):
        owner.feed(frame[:9])
        assert owner.advance(9.9) == []
        assert owner.feed(frame[9:]) == []
    assert len(owner.take()) == 4
    # The end of one and the beginning of the next in one segment.
    owner.feed(frame[:9])
    owner.advance(6)
    owner.feed(frame[9:] + frame[:9])
    assert owner.advance(9.9) == []
    assert owner.advance(0.1) == closed(CloseReason.READ_TIMEOUT)


def test_octets_that_were_not_looked_at_yet_count() -> None:
    """When the rest of a PDU is there but nobody has pulled, the peer is not to blame."""
    owner = Owner(LIMITS).bound()
    frame = raw(ENQUIRE_LINK, 1)
    owner.feed(frame[:9])
    owner.now = 9.9
    owner.session.receive_data(frame[9:], owner.now)
    owner.session.tick(10.0)
    owner.now = 10.0
    assert owner.pump() == []
    assert owner.take() == [Sent(ENQUIRE_LINK | RESP, 0, 1)]


# --- enquire_link


def test_enquire_link_after_silence() -> None:
    """A silent peer is asked; its answer starts the silence anew."""
    owner = Owner(LIMITS).bound()
    assert owner.advance(29.9) == []
    assert owner.take() == []
    assert owner.advance(0.1) == []
    (sent,) = owner.take()
    assert sent == (ENQUIRE_LINK, 0, 1, b"")
    owner.advance(5)
    assert owner.feed(raw(ENQUIRE_LINK | RESP, 1)) == []
    assert owner.session.stray_responses == 0
    assert owner.advance(29.9) == []
    assert owner.take() == []
    owner.advance(0.1)
    assert owner.take() == [Sent(ENQUIRE_LINK, 0, 2)]


def test_a_dead_peer_is_dropped() -> None:
    """Without an answer to the enquire_link within the response timer the session closes (T-09)."""
    owner = Owner(LIMITS).bound()
    assert owner.advance(49.9) == []
    assert owner.advance(0.1) == closed(CloseReason.ENQUIRE_LINK_TIMEOUT)
    assert owner.take() == [Sent(ENQUIRE_LINK, 0, 1)]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(raw(GENERIC_NACK, 1, status=3), id="generic_nack"),
        pytest.param(raw(ENQUIRE_LINK, 88), id="its own enquire_link"),
        pytest.param(raw(ENQUIRE_LINK | RESP, 1, status=8), id="an error"),
    ],
)
def test_any_primitive_answers_an_enquire_link(answer: bytes) -> None:
    """The peer may answer with any valid PDU (SMPP 3.4 §4.11)."""
    owner = Owner(LIMITS).bound()
    owner.advance(31)
    owner.feed(answer)
    assert owner.advance(29.9) == []
    assert owner.session.stray_responses == 0
    assert owner.session.outstanding == 0


def test_old_enquire_links_are_forgotten() -> None:
    """A peer that answers with other PDUs does not pile up numbers; a very late answer is a stray one."""
    owner = Owner(LIMITS).bound()
    for number in range(1, 50):
        owner.advance(31)
        owner.feed(raw(ENQUIRE_LINK, number))
    assert len(owner.session._outgoing.own) == 1
    owner.feed(raw(ENQUIRE_LINK | RESP, 1))
    assert owner.session.stray_responses == 1


def test_traffic_is_life() -> None:
    """A peer that sends anything at all is not asked."""
    owner = Owner(LIMITS).bound()
    for number in range(1, 20):
        owner.advance(25)
        owner.feed(raw(ENQUIRE_LINK, number))
    assert {sent.command_id for sent in owner.take()} == {ENQUIRE_LINK | RESP}


def test_phases_stagger_the_first_enquire_links() -> None:
    """Sessions bound at the same time with different phases ask at different times."""
    deadlines = [Owner(LIMITS, phase=phase / 4).bound().session.deadline for phase in range(4)]
    assert deadlines == [30, 26.25, 22.5, 18.75]
    owner = Owner(LIMITS, phase=0.5).bound()
    owner.advance(22.5)
    owner.feed(raw(ENQUIRE_LINK | RESP, 1))
    owner.take()
    owner.advance(29.9)
    assert owner.take() == []


def test_an_enquire_link_is_not_sent_before_a_bind_or_while_unbinding() -> None:
    """Only a binding is asked whether it lives."""
    owner = Owner(SessionLimits(session_init=0, enquire_link=5, response=20))
    assert owner.session.deadline == inf
    assert owner.advance(1000) == []
    owner.bound()
    owner.session.unbind(owner.now)
    owner.pump()
    owner.take()
    assert owner.advance(19.9) == []
    assert owner.take() == []


# --- response timer


def test_a_request_without_an_answer() -> None:
    """Requests run out in sending order, each after its own time; a late answer is a stray one (S-05, S-06)."""
    owner = Owner(LIMITS).bound()
    first, second = deliver(b"1"), deliver(b"2")
    owner.session.request(first, owner.now, "a")
    owner.advance(5)
    owner.session.request(second, owner.now, "b")
    assert owner.advance(14.9) == []
    assert owner.advance(0.1) == [RequestTimedOut(first, "a")]
    assert owner.session.outstanding == 1
    assert owner.advance(4.9) == []
    assert owner.advance(0.1) == [RequestTimedOut(second, "b")]
    assert owner.feed(raw(DELIVER_SM | RESP, 1, b"\0")) == []
    assert owner.session.stray_responses == 1


def test_the_same_pdu_may_be_sent_again() -> None:
    """After it ran out a request may be sent again, under a new number; the answer to the old one is not its."""
    owner = Owner(LIMITS).bound()
    request = deliver()
    owner.session.request(request, owner.now)
    owner.advance(20)
    assert owner.session.request(request, owner.now) == 2
    assert owner.feed(raw(DELIVER_SM | RESP, 1, b"\0")) == []
    (event,) = owner.feed(raw(DELIVER_SM | RESP, 2, b"\0"))
    assert isinstance(event, ResponseReceived)
    assert event.request is request


# --- inactivity


def test_a_link_without_transactions_is_unbound() -> None:
    """enquire_link alone does not keep a binding: after the inactivity timer we unbind (T-16, SMPP 3.4 §7.2)."""
    owner = Owner(SessionLimits(inactivity=60, enquire_link=0)).bound()
    owner.advance(10)
    (request,) = owner.holding(1)
    owner.respond(request, message_id="1")
    owner.take()
    for number in range(2, 61):
        owner.advance(1)
        owner.feed(raw(ENQUIRE_LINK, number))
    assert {sent.command_id for sent in owner.take()} == {ENQUIRE_LINK | RESP}
    owner.advance(1)
    assert owner.take() == [Sent(UNBIND, 0, 1)]
    assert owner.feed(raw(UNBIND | RESP, 1)) == [Unbound(by_peer=False), SessionClosed(CloseReason.UNBOUND)]


def test_idleness_is_counted_from_the_bind_and_from_deliveries() -> None:
    """The inactivity timer starts with the bind, and again with each delivery."""
    owner = Owner(SessionLimits(session_init=0, inactivity=60, enquire_link=0))
    owner.advance(40)
    owner.bound()
    owner.advance(50)
    number = owner.session.request(deliver(), owner.now)
    owner.feed(raw(DELIVER_SM | RESP, number, b"\0"))
    owner.take()
    owner.advance(59.9)
    assert owner.take() == []
    owner.advance(0.1)
    assert [sent.command_id for sent in owner.take()] == [UNBIND]


def test_a_delivery_without_an_answer_is_no_inactivity() -> None:
    """While a delivery may still be answered, the binding is not idle."""
    owner = Owner(SessionLimits(inactivity=60, enquire_link=0, response=100)).bound()
    owner.session.request(deliver(), owner.now)
    owner.take()
    owner.advance(99.9)
    assert owner.session.state is SessionState.BOUND_TRX


def test_unfinished_work_is_no_inactivity() -> None:
    """A request that is being worked on, or waits for its answer, keeps the binding active."""
    owner = Owner(SessionLimits(inactivity=60, enquire_link=0)).bound()
    (request,) = owner.holding(1)
    owner.advance(200)
    assert owner.take() == []
    owner.respond(request, message_id="1")
    owner.take()
    owner.advance(61)
    assert [sent.command_id for sent in owner.take()] == [UNBIND]


# --- what we did not read


def paused(request: Pdu) -> Owner:
    """A binding whose park is full and where ``request`` of ours is not answered."""
    owner = Owner(LIMITS).bound()
    owner.session.request(request, owner.now)
    owner.holding(*range(1, 6))
    owner.take()
    assert owner.session.reading_paused
    return owner


def test_a_peer_that_we_do_not_read_is_not_silent() -> None:
    """While reading is paused nothing runs out: the answers may be in the socket."""
    owner = paused(deliver())
    assert owner.advance(500) == []
    assert owner.take() == []
    assert owner.session.outstanding == 1


def test_a_peer_that_we_do_not_read_is_not_slow() -> None:
    """Half a PDU that stands behind a draining park has its whole time from when reading resumes."""
    request = deliver()
    owner = paused(request)
    owner.feed(submit(6)[:20])
    (held,) = only(SubmitReceived, owner.events)
    (held,) = only(SubmitReceived, owner.respond(held.request, message_id="1"))
    assert owner.session.reading_paused
    assert owner.advance(500) == []
    while owner.session.reading_paused:
        (held,) = only(SubmitReceived, owner.respond(held.request, message_id="1"))
    assert owner.advance(9.9) == []
    assert owner.advance(0.2) == [RequestLost(request, None), *closed(CloseReason.READ_TIMEOUT)]


def test_our_unbind_ends_even_when_nothing_is_read() -> None:
    """A park that never drains does not keep our unbind from running out, to the moment."""
    request = deliver()
    owner = paused(request)
    owner.advance(0.5)
    owner.session.unbind(owner.now)
    assert owner.advance(19.9) == []
    events = owner.advance(0.1)
    assert owner.now == 20.5
    assert events[-1] == SessionClosed(CloseReason.UNBIND_TIMEOUT)


def test_after_a_pause_the_peer_has_its_whole_time_again() -> None:
    """When reading resumes, silence and response timers start anew."""
    request = deliver()
    owner = paused(request)
    owner.advance(500)
    (held,) = only(SubmitReceived, owner.events)
    while owner.session.reading_paused:
        (held,) = only(SubmitReceived, owner.respond(held.request, message_id="1"))
    owner.take()
    assert owner.advance(19.9) == []
    assert owner.advance(0.2) == [RequestTimedOut(request, None)]
    assert owner.take() == []
    owner.advance(9.9)
    assert owner.take() == [Sent(ENQUIRE_LINK, 0, 2)]


def test_ticks_at_other_times_do_no_harm() -> None:
    """Ticks before a deadline change nothing, and a late one does what is due once."""
    owner = Owner(LIMITS).bound()
    for now in (0.0, 1.0, 29.0, 29.9):
        owner.session.tick(now)
    owner.pump()
    assert owner.take() == []
    owner.session.tick(40.0)
    owner.session.tick(40.0)
    owner.pump()
    assert owner.take() == [Sent(ENQUIRE_LINK, 0, 1)]
    assert owner.session.deadline == 60.0
    assert owner.session.state is SessionState.BOUND_TRX
