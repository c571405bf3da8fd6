"""Requests of the peer beyond what the owner works on: parked or refused, while everything else goes on."""

import pytest

from gateway.smpp.events import CloseReason, PduRefused, ResponseReceived, SessionClosed, SubmitReceived
from gateway.smpp.pdus import EnquireLink, Pdu
from gateway.smpp.session import SessionLimits
from gateway.smpp.window import PARKED_PER_PLACE
from tests.smpp.wire import (
    DELIVER_SM,
    ENQUIRE_LINK,
    RESP,
    RTHROTTLED,
    SUBMIT_SM,
    Owner,
    Sent,
    deliver,
    only,
    raw,
    submit,
)

QUERY_SM = 0x03


def numbers(events: list[object]) -> list[int]:
    return [event.request.sequence_number for event in only(SubmitReceived, events)]


def test_submits_beyond_the_window_wait_their_turn() -> None:
    """The owner never works on more than the window; each answer lets the oldest waiting request through."""
    owner = Owner(SessionLimits(window_in=2)).bound()
    first, second = owner.feed(*map(submit, range(1, 6)))
    assert isinstance(first, SubmitReceived)
    assert isinstance(second, SubmitReceived)
    (third,) = owner.respond(second.request, message_id="2")
    assert isinstance(third, SubmitReceived)
    assert third.request.sequence_number == 3
    owner.session.abandon(first.request)
    assert numbers(owner.pump()) == [4]
    assert numbers(owner.respond(third.request, 0x14)) == [5]
    assert [sent.sequence_number for sent in owner.take()] == [2, 3]


def test_a_later_submit_does_not_overtake_a_parked_one() -> None:
    """A place that becomes free goes to the parked request, also when another arrives at the same time."""
    owner = Owner(SessionLimits(window_in=1)).bound()
    (first,) = owner.holding(1)
    assert owner.feed(submit(2)) == []
    owner.session.respond(first, message_id="1")
    assert numbers(owner.feed(submit(3))) == [2]


def test_a_full_window_does_not_hold_up_the_rest() -> None:
    """With the window full, enquire_link is answered, responses are matched, and bad PDUs are refused."""
    owner = Owner(SessionLimits(window_in=1)).bound()
    owner.holding(1)
    request = deliver()
    owner.session.request(request, owner.now)
    owner.pump()
    owner.take()
    events = owner.feed(
        submit(2),
        raw(ENQUIRE_LINK, 3),
        raw(DELIVER_SM | RESP, 1, b"\0"),
        raw(SUBMIT_SM, 4, b"bad"),
        raw(0x0A, 5),
    )
    assert [type(event) for event in events] == [ResponseReceived, PduRefused, PduRefused]
    assert [sent.sequence_number for sent in owner.take()] == [3, 4, 5]


def test_operations_have_places_too() -> None:
    """query_sm, cancel_sm and replace_sm take places in the same window, in the order they came."""
    owner = Owner(SessionLimits(window_in=1)).bound()
    (request,) = owner.holding(1)
    query = raw(QUERY_SM, 2, b"7\0\0\0\0")
    assert owner.feed(query, submit(3)) == []
    (event,) = owner.respond(request, message_id="1")
    assert event.request.sequence_number == 2  # type: ignore[union-attr]  # an OperationReceived
    assert numbers(owner.respond(event.request, 0x0C)) == [3]  # type: ignore[union-attr]


def test_reading_pauses_when_the_park_is_full_and_resumes_when_it_is_empty() -> None:
    """A peer that never waits fills the park and no more; what else it sent stays in its socket until it drains."""
    owner = Owner(SessionLimits(window_in=2)).bound()
    space = 2 + PARKED_PER_PLACE * 2
    held = owner.holding(*range(1, space))
    assert not owner.session.reading_paused
    assert owner.feed(submit(space)) == []
    assert owner.session.reading_paused
    # What was on its way when the owner stopped reading is kept, unread.
    assert owner.feed(raw(ENQUIRE_LINK, 500), submit(501)) == []
    assert owner.take() == []

    answered = []
    while held:
        request = held.pop(0)
        answered.append(request.sequence_number)
        held += [event.request for event in only(SubmitReceived, owner.respond(request, message_id="1"))]
        if len(answered) == 1:
            assert owner.session.reading_paused
    assert answered == [*range(1, space + 1), 501]
    assert not owner.session.reading_paused
    assert Sent(ENQUIRE_LINK | RESP, 0, 500) in owner.take()


def test_reading_does_not_resume_for_every_place() -> None:
    """Between full and empty the park drains without reading, so that the transport is not switched for every PDU."""
    owner = Owner(SessionLimits(window_in=1)).bound()
    (request,) = owner.holding(*range(1, 2 + PARKED_PER_PLACE))
    for left in reversed(range(PARKED_PER_PLACE)):
        assert owner.session.reading_paused
        (event,) = owner.respond(request, message_id="1")
        request = event.request  # type: ignore[union-attr]  # a SubmitReceived
        assert owner.session.reading_paused == (left > 0)


def test_a_park_that_is_still_full_takes_nothing() -> None:
    """When a small request left the park and its octets are still too many, no further PDU is looked at."""
    owner = Owner(SessionLimits(window_in=1, park_octets=150)).bound()
    (request,) = owner.holding(1)
    assert owner.feed(submit(2), submit(3, b"x" * 140), raw(ENQUIRE_LINK, 4)) == []
    assert numbers(owner.respond(request, message_id="1")) == [2]
    assert [sent.sequence_number for sent in owner.take()] == [1]
    assert owner.session.reading_paused


def test_parked_requests_end_with_the_session() -> None:
    """A place that became free just before the end is not given away any more."""
    owner = Owner(SessionLimits(window_in=1)).bound()
    (request,) = owner.feed(submit(1), submit(2))
    owner.session.respond(request.request, message_id="1")  # type: ignore[union-attr]  # a SubmitReceived
    owner.session.close()
    assert owner.pump() == [SessionClosed(CloseReason.OWNER_CLOSED)]


def test_the_park_is_bounded_in_octets() -> None:
    """Large requests fill the park by their size."""
    owner = Owner(SessionLimits(window_in=1, park_octets=300)).bound()
    owner.holding(1)
    size = len(submit(1, b"x" * 140))
    assert size < 300 < 2 * size
    owner.feed(submit(2, b"x" * 140))
    assert not owner.session.reading_paused
    owner.feed(submit(3, b"x" * 140))
    assert owner.session.reading_paused


def test_ten_thousand_submits_without_waiting() -> None:
    """An overrun by a thousand windows reaches the owner one window at a time, in order, and none is lost."""
    owner = Owner(SessionLimits(window_in=10)).bound()
    waiting: list[Pdu] = []
    seen: list[int] = []

    def work(event: object) -> None:
        assert isinstance(event, SubmitReceived)
        waiting.append(event.request)
        seen.append(event.request.sequence_number)
        assert len(waiting) <= 10

    owner.act = work
    sent = 0
    while sent < 10_000 or waiting:
        if not owner.session.reading_paused and sent < 10_000:
            owner.feed(*map(submit, range(sent + 1, sent + 101)))
            sent += 100
        else:
            owner.respond(waiting.pop(0), message_id="1")
    assert seen == list(range(1, 10_001))
    assert [pdu.sequence_number for pdu in owner.take()] == seen


@pytest.mark.parametrize("body", [submit(1)[16:], b"damaged"])
def test_refusing_instead_of_parking(body: bytes) -> None:
    """With ``refuse_beyond_window`` the excess is throttled at once, undecoded, and the session goes on."""
    owner = Owner(SessionLimits(window_in=1, refuse_beyond_window=True)).bound()
    (request,) = owner.holding(1)
    first, second = owner.feed(raw(SUBMIT_SM, 2, body), raw(QUERY_SM, 3, b"7\0\0\0\0"))
    assert isinstance(first, PduRefused)
    assert isinstance(second, PduRefused)
    assert first.status == RTHROTTLED
    assert owner.take() == [Sent(SUBMIT_SM | RESP, RTHROTTLED, 2), Sent(QUERY_SM | RESP, RTHROTTLED, 3)]
    owner.respond(request, message_id="1")
    assert numbers(owner.feed(submit(4))) == [4]
    assert not owner.session.reading_paused


def test_the_windows_of_the_client_that_binds() -> None:
    """Limits that the owner puts in before it accepts a bind hold for the binding."""
    owner = Owner(SessionLimits(window_in=1, window_out=1))
    owner.act = lambda event: None
    owner.session.limits = SessionLimits(window_in=3, window_out=4, frame=600, enquire_link=5, response=7)
    owner.bound()
    assert owner.session.room == 4
    assert len(owner.holding(1, 2, 3, 4)) == 3
    owner.session.request(deliver(), owner.now)
    assert owner.session.deadline == 5
    owner.session.tick(5.0)
    assert owner.session.deadline == 7
    owner.take()
    owner.feed(raw(0x0A, 9, bytes(585)))
    assert owner.session.closed


def test_an_enquire_link_of_the_owner_takes_a_place() -> None:
    """An enquire_link that the owner asks for is a request like others: it is in the window and comes back."""
    owner = Owner(SessionLimits(window_out=1)).bound()
    number = owner.session.request(EnquireLink(), owner.now, "console")
    assert owner.session.room == 0
    (event,) = owner.feed(raw(ENQUIRE_LINK | RESP, number))
    assert isinstance(event, ResponseReceived)
    assert event.context == "console"
