"""What holds for a session whatever comes: any chunking, any damage."""

import struct
from collections import deque
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.smpp.events import (
    BindRequested,
    EnquireLinkReceived,
    Event,
    OperationReceived,
    PduRefused,
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
    DELIVER_SM,
    ENQUIRE_LINK,
    GENERIC_NACK,
    RESP,
    SUBMIT_SM,
    UNBIND,
    Owner,
    bind,
    cut,
    deliver,
    raw,
    submit,
)

QUERY_SM = raw(0x03, 1, b"7\0\0\0\0")


def numbered(frame: bytes, sequence_number: int) -> bytes:
    return frame[:12] + struct.pack(">L", sequence_number) + frame[16:]


NUMBERS = st.integers(0, 6)  # few, so that numbers repeat and answers meet requests
FRAMES = st.one_of(
    st.builds(submit, NUMBERS),
    st.builds(lambda number, size: submit(number, b"x" * size), NUMBERS, st.integers(0, 254)),
    st.builds(numbered, st.just(QUERY_SM), NUMBERS),
    st.builds(raw, st.just(ENQUIRE_LINK), NUMBERS),
    st.builds(raw, st.just(DELIVER_SM | RESP), NUMBERS, st.just(b"\0"), st.sampled_from([0, 0x64])),
    st.builds(raw, st.just(GENERIC_NACK), NUMBERS, st.binary(max_size=3)),
    st.builds(raw, st.just(SUBMIT_SM), NUMBERS, st.binary(max_size=40)),
    st.builds(
        raw, st.sampled_from([0x0A, DELIVER_SM, 0x80000102, 0x09, UNBIND | RESP]), NUMBERS, st.binary(max_size=5)
    ),
)
STREAMS = st.lists(FRAMES, max_size=25)

LIMITS = st.builds(
    SessionLimits,
    window_in=st.integers(1, 3),
    window_out=st.integers(1, 3),
    refuse_beyond_window=st.booleans(),
    park_octets=st.sampled_from([1, 150, 262144]),
    stray_responses=st.sampled_from([2, 1000]),
)


class Worker:
    """An owner that answers each request ``lag`` events after it came, and sends a delivery for each submit."""

    def __init__(self, limits: SessionLimits, lag: int, auto_enquire_link: bool) -> None:
        self.owner = Owner(limits, auto_enquire_link=auto_enquire_link)
        self.owner.act = self.act
        self.lag = lag
        self.waiting: deque[Pdu] = deque()

    def act(self, event: Event) -> None:
        session = self.owner.session
        if isinstance(event, BindRequested):
            session.respond(event.request, system_id="gateway")
        elif isinstance(event, SubmitReceived | OperationReceived | EnquireLinkReceived):
            self.waiting.append(event.request)
            if session.room:
                session.request(deliver(), self.owner.now)
        if len(self.waiting) > self.lag:
            self.answer()

    def answer(self) -> None:
        request = self.waiting.popleft()
        fields = {"message_id": "7"} if request.command_id == SUBMIT_SM else {}
        self.owner.session.respond(request, 0 if fields or request.command_id == ENQUIRE_LINK else 8, **fields)

    def run(self, chunks: list[bytes]) -> tuple[list[Event], bytes, SessionState]:
        for chunk in chunks:
            self.owner.feed(chunk)
        while self.waiting:
            self.answer()
            self.owner.pump()
        return self.owner.events, self.owner.octets, self.owner.session.state


@given(
    stream=STREAMS,
    unbinds=st.booleans(),
    cuts=st.lists(st.integers(0, 3000), max_size=30),
    limits=LIMITS,
    lag=st.integers(0, 4),
    auto=st.booleans(),
)
@example(
    stream=[submit(1), submit(2), raw(ENQUIRE_LINK, 3), submit(4)],
    unbinds=True,
    cuts=list(range(300)),
    limits=SessionLimits(window_in=1, park_octets=1),
    lag=2,
    auto=False,
)
def test_chunks_change_nothing(
    stream: list[bytes], unbinds: bool, cuts: list[int], limits: SessionLimits, lag: int, auto: bool
) -> None:
    """However a stream is cut into segments, the events and the octets written are the same, in the same order."""
    octets = bind() + b"".join(stream) + (raw(UNBIND, 99) if unbinds else b"")
    places = sorted({0, len(octets), *(place for place in cuts if place < len(octets))})
    chunks = [octets[start:end] for start, end in pairwise(places)]
    whole = Worker(limits, lag, auto).run([octets])
    assert Worker(limits, lag, auto).run(chunks) == whole
    assert cut(whole[1])


def check_history(events: list[Event]) -> None:
    """Nothing comes after the end, and each request of ours has one outcome."""
    ends = [index for index, event in enumerate(events) if isinstance(event, SessionClosed)]
    assert ends in ([], [len(events) - 1])
    outcomes = [
        id(event.request) for event in events if isinstance(event, ResponseReceived | RequestTimedOut | RequestLost)
    ]
    assert len(outcomes) == len(set(outcomes))
    if any(isinstance(event, Unbound) for event in events):
        assert ends


@given(
    stream=st.lists(st.one_of(FRAMES, st.builds(bind), st.binary(max_size=40)), max_size=12),
    damage=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6),
    binds=st.booleans(),
    limits=LIMITS,
    lag=st.integers(0, 4),
    seconds=st.lists(st.sampled_from([0.0, 1.0, 9.0, 31.0]), min_size=12, max_size=12),
)
@example(
    stream=[b"\x00\x00\x00\x10\x80\x00\x00\x00" + b"\xff" * 8],
    damage=[],
    binds=True,
    limits=SessionLimits(stray_responses=1),
    lag=0,
    seconds=[0.0] * 12,
)
def test_damage_raises_nothing(
    stream: list[bytes],
    damage: list[tuple[int, int]],
    binds: bool,
    limits: SessionLimits,
    lag: int,
    seconds: list[float],
) -> None:
    """Random and damaged octets at any time make events and whole PDUs, and no exception leaves the session."""
    octets = bytearray(b"".join(stream))
    for place, value in damage:
        if octets:
            octets[place % len(octets)] = value
    worker = Worker(limits, lag, True)
    owner = worker.owner
    if binds:
        owner.feed(bind())
    size = len(octets) // len(seconds) + 1
    for index, pause in enumerate(seconds):
        owner.feed(bytes(octets[index * size : (index + 1) * size]))
        owner.advance(pause)
    while worker.waiting:
        worker.answer()
        owner.pump()
    assert owner.pump() == []
    cut(owner.octets)
    check_history(owner.events)
    for event in owner.events:
        if isinstance(event, PduRefused):
            assert event.reason.isprintable()
            assert "secret" not in repr(event)


@given(octets=st.binary(max_size=200), bound=st.booleans())
@example(octets=b"\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\1", bound=False)
def test_random_octets(octets: bytes, bound: bool) -> None:
    """Noise is answered with whole PDUs and leaves a session that still ends properly."""
    owner = Owner()
    if bound:
        owner.bound()
    owner.feed(octets)
    cut(owner.octets)
    owner.session.end_of_input()
    owner.pump()
    check_history(owner.events)
    assert isinstance(owner.events[-1], SessionClosed)
    assert owner.session.closed
