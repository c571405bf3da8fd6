"""The two windows by themselves: sequence numbers, matching, running out, and the park."""

from math import inf

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.smpp.constants import MAX_SEQUENCE_NUMBER, CommandId
from gateway.smpp.events import SubmitReceived
from gateway.smpp.pdus import DeliverSm, EnquireLink, Pdu, SubmitSm
from gateway.smpp.window import PARKED_PER_PLACE, IncomingWindow, OutgoingWindow


def outgoing(size: int = 10, response: float = 30.0) -> OutgoingWindow:
    return OutgoingWindow(size, response)


def sent(window: OutgoingWindow, now: float = 0.0, request: Pdu | None = None) -> Pdu:
    request = request or DeliverSm()
    request.sequence_number = window.draw()
    window.add(request, None, now)
    return request


def test_numbers_start_at_one_and_increase() -> None:
    """The first request of a session has sequence_number 1, each further one the next (SMPP 3.4 §5.1.4)."""
    window = outgoing()
    assert [sent(window).sequence_number for _ in range(5)] == [1, 2, 3, 4, 5]


def test_numbers_wrap_and_skip_what_is_outstanding() -> None:
    """After 0x7FFFFFFF comes 1 again, or the first number from there that no unanswered request has."""
    window = outgoing()
    first, second = sent(window), sent(window)
    window.own[3] = int(CommandId.ENQUIRE_LINK_RESP)
    window.next_number = MAX_SEQUENCE_NUMBER
    assert (first.sequence_number, second.sequence_number) == (1, 2)
    assert [window.draw() for _ in range(3)] == [MAX_SEQUENCE_NUMBER, 4, 5]


@given(
    start=st.integers(1, MAX_SEQUENCE_NUMBER),
    steps=st.lists(st.one_of(st.just("send"), st.integers(0, 20)), max_size=60),
)
@example(start=MAX_SEQUENCE_NUMBER - 1, steps=["send"] * 5)
def test_no_number_is_in_use_twice(start: int, steps: list[str | int]) -> None:
    """Whatever is answered in whatever order, numbers stay in 1..0x7FFFFFFF and unanswered ones are distinct."""
    window = outgoing()
    window.next_number = start
    unanswered: list[Pdu] = []
    for step in steps:
        if step == "send":
            request = sent(window)
            assert 1 <= request.sequence_number <= MAX_SEQUENCE_NUMBER
            assert request.sequence_number not in {other.sequence_number for other in unanswered}
            unanswered.append(request)
        elif unanswered:
            request = unanswered.pop(int(step) % len(unanswered))
            found = window.match(CommandId.DELIVER_SM_RESP, request.sequence_number)
            assert found is not None
            assert found[0] is request
    assert [request for request, _, _ in window.clear()] == unanswered


@pytest.mark.parametrize(
    ("command_id", "matches"),
    [
        (CommandId.DELIVER_SM_RESP, True),
        (CommandId.GENERIC_NACK, True),
        (CommandId.SUBMIT_SM_RESP, False),
        (CommandId.DATA_SM_RESP, False),
        (CommandId.DELIVER_SM, False),
    ],
)
def test_an_answer_has_the_type_of_its_request(command_id: CommandId, matches: bool) -> None:
    """Only the proper response or a generic_nack takes a request out; anything else leaves it waiting."""
    window = outgoing()
    request = sent(window)
    assert (window.match(command_id, request.sequence_number) is not None) == matches
    assert len(window.requests) == (0 if matches else 1)


def test_what_the_session_asked_itself_is_kept_apart() -> None:
    """An enquire_link of the session's own is matched by its type too, and is no request of the owner."""
    window = outgoing()
    number = window.draw()
    window.own[number] = int(CommandId.ENQUIRE_LINK_RESP)
    assert window.match(CommandId.ENQUIRE_LINK_RESP, number) is None
    assert window.match_own(CommandId.UNBIND_RESP, number) is None
    assert window.match_own(CommandId.ENQUIRE_LINK_RESP, number) == CommandId.ENQUIRE_LINK_RESP
    assert window.match_own(CommandId.ENQUIRE_LINK_RESP, number) is None


def test_the_oldest_runs_out_first() -> None:
    """Requests run out in sending order, each at its own time and no earlier."""
    window = outgoing(response=30.0)
    first, second = sent(window, 0.0), sent(window, 5.0, EnquireLink())
    assert window.earliest() == 30.0
    assert list(window.expired(29.9)) == []
    assert [request for request, _, _ in window.expired(30.0)] == [first]
    assert window.earliest() == 35.0
    assert [request for request, _, _ in window.expired(100.0)] == [second]
    assert window.earliest() == inf


def test_spared_requests_run_out_later() -> None:
    """After a pause in reading, nothing runs out before an answer had the whole time to come."""
    window = outgoing(response=30.0)
    sent(window, 0.0)
    window.spare(29.0)
    assert window.earliest() == 59.0
    assert list(window.expired(58.9)) == []
    assert len(list(window.expired(59.0))) == 1


def test_without_a_response_timer_nothing_runs_out() -> None:
    """An endless response time (a timer switched off) never runs out."""
    window = outgoing(response=inf)
    sent(window, 0.0)
    assert window.earliest() == inf
    assert list(window.expired(1e9)) == []


def parked(window: IncomingWindow, octets: int) -> Pdu:
    request = SubmitSm()
    window.park(SubmitReceived(request), octets)
    return request


def test_the_park_is_bounded_by_requests_and_by_octets() -> None:
    """The park is full at four requests for each place, or at its octets, whichever comes first."""
    by_count = IncomingWindow(size=2, park_octets=10_000)
    for _ in range(PARKED_PER_PLACE * 2 - 1):
        parked(by_count, 50)
    assert not by_count.park_full
    parked(by_count, 50)
    assert by_count.park_full

    by_octets = IncomingWindow(size=2, park_octets=100)
    assert not by_octets.park_full
    parked(by_octets, 99)
    assert not by_octets.park_full
    parked(by_octets, 1)
    assert by_octets.park_full


def test_an_empty_park_is_never_full() -> None:
    """Even a park without octets lets through one request after the other."""
    window = IncomingWindow(size=1, park_octets=0)
    assert not window.park_full
    request = parked(window, 500)
    assert window.park_full
    assert window.unpark().request is request
    assert not window.park_full
    assert window.parked_octets == 0


def test_requests_are_known_by_identity() -> None:
    """Two equal requests are two requests."""
    window = IncomingWindow(size=2, park_octets=100)
    first, second = SubmitSm(sequence_number=7), SubmitSm(sequence_number=7)
    assert first == second
    window.unanswered[id(first)] = first
    assert window.holding(first) is window.unanswered
    assert window.holding(second) is None
