"""Timers as plain values: what is due when, and that a deadline is never too late."""

from math import inf

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.smpp.limits import SessionLimits
from gateway.smpp.timers import Due, Timers, after

LIMITS = SessionLimits(session_init=10, read_deadline=7, enquire_link=30, response=20, inactivity=300)


def bound(limits: SessionLimits = LIMITS, phase: float = 0.0) -> Timers:
    timers = Timers.started(limits, 0.0)
    timers.bind(phase)
    return timers


def test_after_zero_seconds_is_never() -> None:
    """0 switches a timer off."""
    assert after(5.0, 0) == inf
    assert after(5.0, 2) == 7.0


def test_a_new_connection_has_only_its_session_init_timer() -> None:
    """Until a bind is accepted only the session_init timer runs (SMPP 3.4 §7.2)."""
    timers = Timers.started(LIMITS, 100.0)
    assert timers.deadline == timers.earliest(100.0) == 110.0
    assert timers.due(109.9) is None
    assert timers.due(110.0) is Due.NOT_BOUND


def test_silence_then_no_answer() -> None:
    """After silence an enquire_link is due; without anything heard after it, the link is dead."""
    timers = bound()
    assert timers.deadline == 30.0
    assert timers.due(29.9) is None
    assert timers.due(30.0) is Due.LINK_SILENT
    timers.probe(30.0)
    assert timers.due(49.9) is None
    assert timers.earliest(30.0) == 50.0
    assert timers.due(50.0) is Due.LINK_DEAD


def test_anything_heard_answers_the_enquire_link() -> None:
    """Octets that come at the very moment of the enquire_link or later count as its answer (SMPP 3.4 §4.11)."""
    timers = bound()
    timers.probe(30.0)
    timers.heard = 30.0
    assert timers.due(59.9) is None
    assert timers.due(60.0) is Due.LINK_SILENT


@pytest.mark.parametrize(("phase", "first"), [(0.0, 30.0), (0.5, 22.5), (1.0, 15.0)])
def test_the_phase_brings_only_the_first_enquire_link_forward(phase: float, first: float) -> None:
    """Sessions bound together ask at different times, none sooner than after half the timer."""
    timers = bound(phase=phase)
    assert timers.deadline == first
    assert timers.due(first) is Due.LINK_SILENT
    timers.probe(first)
    timers.heard = first
    assert timers.earliest(first) == first + 30.0


def test_idleness_is_counted_from_the_last_transaction() -> None:
    """A link that only hears enquire_link goes idle."""
    timers = bound()
    timers.heard = 299.0
    assert timers.due(299.9) is None
    assert timers.due(300.0) is Due.IDLE
    timers.active = 10.0
    assert timers.due(309.9) is None


def test_an_unbind_stops_the_link_and_ends_in_time() -> None:
    """Once an unbind is under way only its end is waited for, and the PDU that has begun."""
    timers = bound()
    timers.begin_unbind(100.0)
    assert timers.earliest(100.0) == 120.0
    assert timers.deadline <= 120.0
    assert timers.due(119.9) is None
    assert timers.due(120.0) is Due.UNBIND_UNFINISHED


def test_an_answer_that_may_take_longer_than_silence() -> None:
    """With a response timer longer than the enquire_link timer, the next silence is not overlooked."""
    timers = bound(SessionLimits(enquire_link=30, response=60))
    timers.probe(30.0)
    assert timers.earliest(30.0) == 60.0
    timers.heard = 31.0
    assert timers.due(60.9) is None
    assert timers.due(61.0) is Due.LINK_SILENT


@given(
    limits=st.builds(
        SessionLimits,
        session_init=st.sampled_from([0, 1, 10]),
        read_deadline=st.sampled_from([0, 1, 10]),
        enquire_link=st.sampled_from([0, 2, 30]),
        response=st.sampled_from([0, 3, 30]),
        inactivity=st.sampled_from([0, 5, 300]),
    ),
    steps=st.lists(
        st.tuples(st.sampled_from(["heard", "active", "frame", "whole", "bind", "unbind", "look"]), st.floats(0, 20)),
        max_size=30,
    ),
)
@example(limits=LIMITS, steps=[("bind", 0.0), ("look", 20.0), ("look", 20.0), ("heard", 5.0), ("look", 20.0)])
def test_a_deadline_is_never_too_late(limits: SessionLimits, steps: list[tuple[str, float]]) -> None:
    """Whatever stores its time into the timers, nothing becomes due before ``deadline``."""
    timers, now, open_ = Timers.started(limits, 0.0), 0.0, True
    for what, seconds in steps:
        now += seconds
        if what == "heard":
            timers.heard = now
        elif what == "active":
            timers.active = now
        elif what == "frame" and timers.frame == inf:
            timers.begin_frame(now)
        elif what == "whole":
            timers.frame = inf
        elif what == "bind" and open_:
            timers.bind(0.25)
            open_ = False
        elif what == "unbind":
            timers.begin_unbind(now)
            open_ = False
        elif what == "look" and timers.due(now) is Due.LINK_SILENT:
            timers.probe(now)
            timers.deadline = timers.earliest(now)
        elif what == "look" and timers.due(now) is None:
            timers.deadline = timers.earliest(now)
            assert timers.deadline > now
        if now < timers.deadline:
            assert timers.due(now) is None
