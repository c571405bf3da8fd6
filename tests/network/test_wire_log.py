"""What the ring of octets keeps, and what can be read out of it."""

from __future__ import annotations

import itertools
import timeit
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.network.wire_log import CHUNK_OVERHEAD, Line, WireLog
from tests.conformance import wire

PEER, LOCAL = ("192.0.2.1", 40_001), ("192.0.2.2", 2775)
BIND = wire.bind_transceiver(1)
HOUR = 3600 * 10**9


def ticking(limit: int = 1 << 20) -> WireLog:
    """A log on a wall clock that moves a millisecond with each entry."""
    return WireLog(limit, itertools.count(HOUR, 1_000_000).__next__)


def record(log: WireLog, line: Line, octets: bytes, sizes: Sequence[int], *, inbound: bool = True) -> None:
    """In pieces of these sizes, in turn."""
    stream = line.incoming if inbound else line.outgoing
    for size in itertools.cycle(sizes):
        if not octets:
            return
        log.record(stream, octets[:size])
        octets = octets[size:]


def pdus(count: int) -> list[bytes]:
    return [wire.submit_sm(number, short_message=b"x" * (number * 7 % 100)) for number in range(1, count + 1)]


def test_frames_have_time_direction_and_client() -> None:
    """What one connection said and heard, in order, also of before its bind was accepted."""
    log = ticking()
    line = log.opened(PEER, LOCAL)
    log.record(line.incoming, BIND)
    line.client = "demo"
    log.record(line.outgoing, wire.pdu(0x80000009, b"G\0") + wire.enquire_link(1))
    log.closed(line, "peer")
    found = [(frame.at, frame.connection, frame.client, frame.inbound, frame.octets) for frame in log.frames()]
    ms = HOUR // 1000
    assert found == [
        (ms + 1000, 1, "demo", True, BIND),
        (ms + 2000, 1, "demo", False, wire.pdu(0x80000009, b"G\0")),
        (ms + 2000, 1, "demo", False, wire.enquire_link(1)),
    ]


def test_filters() -> None:
    """By client, by connection, by time."""
    log = ticking()
    for client in ("demo", "other", "demo"):
        line = log.opened(PEER, LOCAL)
        line.client = client
        log.record(line.incoming, BIND)
    assert [frame.connection for frame in log.frames("demo")] == [1, 3]
    assert [frame.connection for frame in log.frames(connection=2)] == [2]
    (_, second, third) = log.frames()
    assert list(log.frames(since=second.at)) == [second, third]


@given(
    sizes=st.lists(st.integers(1, 300), min_size=1, max_size=6),
    limit=st.integers(0, 20_000),
    count=st.integers(0, 60),
)
@example(sizes=[2], limit=1000, count=20)
@example(sizes=[1000], limit=0, count=3)
def test_what_is_left_is_whole(sizes: list[int], limit: int, count: int) -> None:
    """However the octets came and whatever has gone: what is read are the last PDUs, whole; and the bound is kept."""
    log = ticking(limit)
    line, other = log.opened(PEER, LOCAL), log.opened(PEER, LOCAL)
    sent = pdus(count)
    record(log, line, b"".join(sent), sizes)
    record(log, other, b"".join(sent), list(reversed(sizes)), inbound=False)
    found = [frame.octets for frame in log.frames(connection=1)]
    assert found == sent[len(sent) - len(found) :]
    found = [frame.octets for frame in log.frames(connection=2)]
    assert found == sent[len(sent) - len(found) :]
    assert all(frame.whole for frame in log.frames())
    held = log.recording().chunks
    assert sum(len(octets) + CHUNK_OVERHEAD for *_, octets in held) <= limit


def test_a_full_ring_keeps_most_of_its_limit() -> None:
    """What goes at once is a small part."""
    log = ticking(100_000)
    line = log.opened(PEER, LOCAL)
    record(log, line, b"".join(pdus(2000)), [50])
    held = sum(len(octets) + CHUNK_OVERHEAD for *_, octets in log.recording().chunks)
    assert held > 60_000


@given(
    garbage=st.binary(max_size=80), sizes=st.lists(st.integers(1, 60), min_size=1, max_size=4), gone=st.integers(0, 9)
)
@example(garbage=bytes(80), sizes=[3], gone=2)
@example(garbage=b"\xff" * 40, sizes=[7], gone=0)
def test_garbage_breaks_nobody(garbage: bytes, sizes: list[int], gone: int) -> None:
    """Octets without PDU boundaries are handed out as they are, and the neighbours' PDUs as ever."""
    log = ticking(100_000)
    mad, sane = log.opened(PEER, LOCAL), log.opened(PEER, LOCAL)
    octets = BIND + b"\0\0\0\3" + garbage
    record(log, mad, octets, sizes)
    log.record(sane.incoming, BIND)
    whole = b"".join(frame.octets for frame in log.frames(connection=mad.number))
    assert whole == octets
    assert [frame.whole for frame in log.frames(connection=mad.number)][:1] == [True]
    assert [frame.octets for frame in log.frames(connection=sane.number)] == [BIND]
    for _ in range(gone):
        log._make_room(log._room + 1)
    assert octets.endswith(b"".join(frame.octets for frame in log.frames(connection=mad.number)))


def test_the_end_of_a_broken_pdu_is_told_when_it_ends() -> None:
    """Half a PDU is nothing yet; when the connection ends it is what is left."""
    log = ticking()
    line = log.opened(PEER, LOCAL)
    log.record(line.incoming, BIND[:20])
    assert list(log.frames()) == []
    log.closed(line, "reset")
    assert [(frame.octets, frame.whole) for frame in log.frames()] == [(BIND[:20], False)]


def test_connections_without_a_word_are_bounded() -> None:
    """A million health probes leave no more than the ring holds."""
    log = ticking(10_000)
    for _ in range(1000):
        log.closed(log.opened(PEER, LOCAL), "peer")
    assert len(log.lines) <= 10_000 // (2 * CHUNK_OVERHEAD) + 1
    log.clear()
    assert not log.lines
    assert log.recording().chunks == []


def test_connections_go_on_after_a_clear() -> None:
    """Also in the middle of a PDU."""
    log = ticking()
    line = log.opened(PEER, LOCAL)
    log.record(line.incoming, BIND[:2])
    log.clear()
    log.record(line.incoming, BIND[2:9])
    log.clear()
    log.record(line.incoming, BIND[9:] + wire.unbind(2))
    assert [frame.octets for frame in log.frames()] == [wire.unbind(2)]


def test_off() -> None:
    """A ring of nothing keeps nothing, and says so; with a sink it is of use all the same."""
    log = ticking(0)
    assert not log.is_on
    told: list[bytes] = []
    log.tell(lambda chunk: told.append(chunk[2]))
    assert log.is_on
    line = log.opened(PEER, LOCAL)
    log.record(line.incoming, BIND)
    assert told == [b"", BIND]
    assert list(log.frames()) == []


@pytest.mark.slow
def test_the_cost_of_an_entry() -> None:
    """An entry costs a fraction of a microsecond, in a full ring, too."""
    log = WireLog(1 << 20)
    stream = log.opened(PEER, LOCAL).incoming
    calls = 50_000
    best = min(timeit.repeat(lambda: log.record(stream, BIND), number=calls, repeat=5)) / calls
    assert best < 3e-6
