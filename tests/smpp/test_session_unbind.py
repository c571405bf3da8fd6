"""Unbinding from either side, with requests in flight in both directions."""

import pytest

from gateway.smpp.events import (
    BindRequested,
    CloseReason,
    PduRefused,
    RequestLost,
    ResponseReceived,
    SessionClosed,
    SubmitReceived,
    Unbound,
)
from gateway.smpp.session import NotBound, SessionLimits
from gateway.smpp.states import SessionState
from gateway.smpp.statuses import CommandStatus
from tests.smpp.wire import (
    DELIVER_SM,
    ENQUIRE_LINK,
    GENERIC_NACK,
    RESP,
    RINVBNDSTS,
    SUBMIT_SM,
    UNBIND,
    Owner,
    Sent,
    bind,
    deliver,
    only,
    raw,
    submit,
)

UNBOUND_BY_PEER = [Unbound(by_peer=True), SessionClosed(CloseReason.UNBOUND)]
UNBOUND_BY_US = [Unbound(by_peer=False), SessionClosed(CloseReason.UNBOUND)]


@pytest.mark.parametrize("state", [SessionState.BOUND_TX, SessionState.BOUND_RX, SessionState.BOUND_TRX])
def test_an_unbind_with_nothing_in_flight(state: SessionState) -> None:
    """It is answered, and the session is closed."""
    owner = Owner().bound(state)
    assert owner.feed(raw(UNBIND, 7)) == UNBOUND_BY_PEER
    assert owner.take() == [Sent(UNBIND | RESP, 0, 7)]
    assert owner.session.closed


def test_an_unbind_waits_for_everything_received_before_it() -> None:
    """Ten submits in flight get ten answers, then the unbind gets its own, then the session closes (S-09)."""
    owner = Owner().bound()
    held = owner.holding(*range(1, 11))
    assert owner.feed(raw(UNBIND, 11)) == []
    assert owner.session.state is SessionState.UNBINDING
    for request in held[:-1]:
        assert owner.respond(request, message_id="1") == []
    assert owner.respond(held[-1], message_id="1") == UNBOUND_BY_PEER
    assert [(sent.command_id, sent.sequence_number) for sent in owner.take()] == [
        *((SUBMIT_SM | RESP, number) for number in range(1, 11)),
        (UNBIND | RESP, 11),
    ]


def test_parked_submits_before_an_unbind_are_executed() -> None:
    """What waited for a place when the unbind came still gets it."""
    owner = Owner(SessionLimits(window_in=1)).bound()
    (first,) = owner.feed(submit(1), submit(2), submit(3), raw(UNBIND, 4))
    assert isinstance(first, SubmitReceived)
    (second,) = owner.respond(first.request, message_id="1")
    assert isinstance(second, SubmitReceived)
    (third,) = owner.respond(second.request, message_id="2")
    assert isinstance(third, SubmitReceived)
    assert owner.respond(third.request, message_id="3") == UNBOUND_BY_PEER
    assert [sent.sequence_number for sent in owner.take()] == [1, 2, 3, 4]


def test_abandoned_requests_do_not_hold_up_an_unbind() -> None:
    """A request that is never answered lets the unbind through."""
    owner = Owner(auto_enquire_link=False).bound()
    (request,) = owner.holding(1)
    (link,) = owner.feed(raw(ENQUIRE_LINK, 2))
    owner.feed(raw(UNBIND, 3))
    owner.session.abandon(request)
    assert owner.pump() == []
    owner.session.abandon(link.request)  # type: ignore[union-attr]  # an EnquireLinkReceived
    assert owner.pump() == UNBOUND_BY_PEER
    assert owner.take() == [Sent(UNBIND | RESP, 0, 3)]


def test_submits_after_an_unbind_are_refused() -> None:
    """What follows the unbind in its segment is refused for the state, and the unbind's answer comes last (S-10)."""
    owner = Owner().bound()
    events = owner.feed(raw(UNBIND, 1), submit(2), raw(ENQUIRE_LINK, 3), bind(sequence_number=4))
    assert [type(event) for event in events] == [PduRefused, PduRefused, Unbound, SessionClosed]
    assert [(sent.command_id & 0xFF, sent.status, sent.sequence_number) for sent in owner.take()] == [
        (SUBMIT_SM, RINVBNDSTS, 2),
        (ENQUIRE_LINK, 0, 3),
        (0x09, RINVBNDSTS, 4),
        (UNBIND, 0, 1),
    ]


def test_a_second_unbind_is_refused() -> None:
    """One unbind is answered; another before the end is refused (S-11)."""
    owner = Owner().bound()
    (request,) = owner.holding(1)
    owner.feed(raw(UNBIND, 2), raw(UNBIND, 3))
    assert owner.take() == [Sent(UNBIND | RESP, RINVBNDSTS, 3)]
    assert owner.respond(request, message_id="1") == UNBOUND_BY_PEER
    assert [sent.sequence_number for sent in owner.take()] == [1, 2]


def test_no_new_requests_while_unbinding_but_answers_to_old_ones() -> None:
    """After the peer's unbind nothing new is sent; answers to what was sent still count, the rest is told as lost."""
    owner = Owner().bound()
    (held,) = owner.holding(1)
    first, second = deliver(b"1"), deliver(b"2")
    numbers = [owner.session.request(request, owner.now) for request in (first, second)]
    owner.feed(raw(UNBIND, 2))
    assert owner.session.room == 0
    with pytest.raises(NotBound):
        owner.session.request(deliver(), owner.now)
    (answer,) = owner.feed(raw(DELIVER_SM | RESP, numbers[1], b"\0"))
    assert isinstance(answer, ResponseReceived)
    assert answer.request is second
    assert owner.respond(held, message_id="1") == [
        Unbound(by_peer=True),
        RequestLost(first, None),
        SessionClosed(CloseReason.UNBOUND),
    ]


def test_answers_that_are_never_given_do_not_hold_up_an_unbind_for_ever() -> None:
    """When the response timer runs out, the unbind is answered without them."""
    owner = Owner(SessionLimits(response=30)).bound()
    (request,) = owner.holding(1)
    owner.feed(raw(UNBIND, 2))
    assert owner.advance(29.9) == []
    assert owner.advance(0.1) == [SessionClosed(CloseReason.UNBIND_TIMEOUT)]
    assert owner.take() == [Sent(UNBIND | RESP, 0, 2)]
    assert owner.respond(request, message_id="1") == []
    assert owner.take() == []


def unbinding(owner: Owner) -> int:
    """Ask to unbind; returns the number of that request."""
    owner.session.unbind(owner.now)
    owner.pump()
    sent = owner.take()
    assert sent[-1].command_id == UNBIND
    return sent[-1].sequence_number


@pytest.mark.parametrize("answer", [UNBIND | RESP, GENERIC_NACK])
@pytest.mark.parametrize("status", [0, 8])
def test_our_unbind(answer: int, status: int) -> None:
    """Our unbind ends with any answer to it."""
    owner = Owner().bound()
    number = unbinding(owner)
    assert owner.session.state is SessionState.UNBINDING
    assert owner.feed(raw(answer, number + 1, status=status)) == []
    assert owner.feed(raw(answer, number, status=status)) == UNBOUND_BY_US
    assert owner.take() == []


def test_our_unbind_with_requests_in_flight() -> None:
    """After our unbind both sides may still answer what they have, and nothing new begins."""
    owner = Owner().bound()
    (held,) = owner.holding(1)
    first, second = deliver(b"1"), deliver(b"2")
    delivered = [owner.session.request(request, owner.now) for request in (first, second)]
    owner.take()
    number = unbinding(owner)
    assert number == 3
    with pytest.raises(NotBound):
        owner.session.request(deliver(), owner.now)
    refused, answered = owner.feed(submit(2), raw(DELIVER_SM | RESP, delivered[0], b"\0"))
    assert isinstance(refused, PduRefused)
    assert isinstance(answered, ResponseReceived)
    assert answered.request is first
    # The peer agrees before we have answered its submit: that comes first.
    assert owner.feed(raw(UNBIND | RESP, number)) == []
    assert owner.respond(held, message_id="1") == [
        Unbound(by_peer=False),
        RequestLost(second, None),
        SessionClosed(CloseReason.UNBOUND),
    ]
    assert owner.take() == [Sent(SUBMIT_SM | RESP, RINVBNDSTS, 2), Sent(SUBMIT_SM | RESP, 0, 1, b"1\0")]


def test_our_unbind_without_an_answer() -> None:
    """When the response timer runs out, the session closes; requests that ran out before are told as such."""
    owner = Owner(SessionLimits(response=30)).bound()
    request = deliver()
    owner.session.request(request, owner.now)
    owner.advance(1)
    unbinding(owner)
    events = owner.advance(30)
    assert [type(event).__name__ for event in events] == ["RequestTimedOut", "SessionClosed"]
    assert events[-1] == SessionClosed(CloseReason.UNBIND_TIMEOUT)
    assert owner.now == 31


def test_an_answered_enquire_link_is_no_agreement() -> None:
    """What answered our enquire_link does not answer our unbind."""
    owner = Owner().bound()
    owner.advance(30)
    owner.feed(raw(ENQUIRE_LINK | RESP, 1))
    owner.take()
    assert unbinding(owner) == 2
    assert owner.feed(raw(ENQUIRE_LINK, 5)) == []
    assert not owner.session.closed


def test_unbinds_that_cross() -> None:
    """When both sides ask at once, the peer's unbind is a second one: refused, and the peer's answer is the end."""
    owner = Owner().bound()
    (held,) = owner.holding(1)
    number = unbinding(owner)
    (refused,) = only(PduRefused, owner.feed(raw(UNBIND, 2)))
    assert refused.status == CommandStatus.ESME_RINVBNDSTS
    owner.respond(held, message_id="1")
    assert owner.take() == [
        Sent(UNBIND | RESP, CommandStatus.ESME_RINVBNDSTS, 2),
        Sent(SUBMIT_SM | RESP, 0, 1, b"1\0"),
    ]
    assert owner.feed(raw(UNBIND | RESP, number)) == UNBOUND_BY_US


def test_unbinding_what_is_not_bound() -> None:
    """Without a binding our unbind just closes; twice, or after the end, it does nothing."""
    owner = Owner()
    (event,) = only(BindRequested, owner.feed(bind()))
    owner.session.unbind(owner.now)
    assert owner.pump() == [SessionClosed(CloseReason.OWNER_CLOSED)]
    owner.session.unbind(owner.now)
    owner.session.respond(event.request, system_id="late")
    assert owner.pump() == []
    assert owner.take() == []

    owner = Owner().bound()
    unbinding(owner)
    owner.session.unbind(owner.now)
    owner.pump()
    assert owner.take() == []


def test_the_peer_closes_while_unbinding() -> None:
    """A connection that ends within an unbind is just an end."""
    owner = Owner().bound()
    owner.holding(1)
    owner.feed(raw(UNBIND, 2))
    owner.session.end_of_input()
    assert owner.pump() == [SessionClosed(CloseReason.PEER_CLOSED)]
    assert owner.take() == []


def test_a_damaged_unbind_unbinds_nothing() -> None:
    """An unbind with a damaged body is refused, and the binding stays."""
    owner = Owner().bound()
    owner.feed(raw(UNBIND, 1, b"\0"))
    assert owner.session.state is SessionState.BOUND_TRX
    assert numbers_of(owner.feed(submit(2))) == [2]


def numbers_of(events: list[object]) -> list[int]:
    return [event.request.sequence_number for event in only(SubmitReceived, events)]
