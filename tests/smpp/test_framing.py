"""A stream of octets is cut into the frames that were written into it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.smpp.codec import encode
from gateway.smpp.errors import FrameError
from gateway.smpp.framing import FrameBuffer
from gateway.smpp.pdus import EnquireLink
from gateway.smpp.statuses import CommandStatus
from tests.smpp.frames import FRAMES
from tests.strategies import chunked, with_length

LIMIT = 131_072


def frames_of(chunks: list[bytes], limit: int = LIMIT) -> list[bytes]:
    """Every frame that comes out while `chunks` go in one after the other."""
    buffer = FrameBuffer(limit)
    frames = []
    for chunk in chunks:
        buffer.feed(chunk)
        while (frame := buffer.next_frame()) is not None:
            frames.append(frame)
    return frames


@given(st.lists(st.binary(min_size=12, max_size=60), max_size=8), st.lists(st.integers(0, 600), max_size=12))
@example([bytes(12), bytes(12)], [20])
@example([bytes(12), bytes(12)], [])
def test_any_chunking_gives_the_same_frames(rests: list[bytes], cuts: list[int]) -> None:
    """A16, T-05: where TCP cuts the stream makes no difference."""
    frames = [with_length(bytes(4) + rest) for rest in rests]

    assert frames_of(chunked(b"".join(frames), cuts)) == frames


def test_byte_by_byte() -> None:
    """T-05: one octet a segment gives the same frames, each when its last octet is there."""
    frames = [frame.octets for frame in FRAMES]

    assert frames_of([bytes([octet]) for octet in b"".join(frames)]) == frames


def test_pending_counts_what_waits() -> None:
    """`pending` is what was fed and not handed out."""
    buffer = FrameBuffer(LIMIT)
    frame = FRAMES[0].octets

    buffer.feed(frame + frame[:5])
    before = buffer.pending
    buffer.next_frame()

    assert (before, buffer.pending) == (len(frame) + 5, 5)


@pytest.mark.parametrize("octets", [0, 1, 3, 4, 7, 8, 12, 15])
def test_parts_of_a_header_wait_for_the_rest(octets: int) -> None:
    """H-01: less than a header is no fault."""
    buffer = FrameBuffer(LIMIT)
    buffer.feed(encode(EnquireLink(sequence_number=1))[:octets])

    assert buffer.next_frame() is None


@pytest.mark.parametrize(
    ("row", "length"),
    [
        *[("H-02", length) for length in (0, 1, 3, 4, 8, 15)],
        *[("H-05", length) for length in (1 << 24, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)],
        ("H-06", LIMIT + 1),
        ("T-19", 0x16030102),
        ("T-19", int.from_bytes(b"GET ")),
    ],
)
def test_bad_lengths_are_refused_on_their_first_four_octets(row: str, length: int) -> None:
    """A1, A2: a length below 16 or above the limit is refused at once, as sequence 0 while the header is not there."""
    buffer = FrameBuffer(LIMIT)
    buffer.feed(length.to_bytes(4))

    with pytest.raises(FrameError) as caught:
        buffer.next_frame()

    assert (caught.value.command_status, caught.value.sequence_number) == (CommandStatus.ESME_RINVCMDLEN, 0)


def test_bad_length_with_a_whole_header_keeps_its_sequence_number() -> None:
    """A1: the original sequence number is answered where it can be read."""
    buffer = FrameBuffer(LIMIT)
    buffer.feed(bytes.fromhex("0000000F 00000015 00000000 00000029"))

    with pytest.raises(FrameError) as caught:
        buffer.next_frame()

    assert caught.value.sequence_number == 0x29


def test_length_at_the_limit_is_accepted() -> None:
    """A2, H-06: the limit itself is allowed."""
    frame = LIMIT.to_bytes(4) + bytes(LIMIT - 4)

    assert frames_of([frame]) == [frame]


def test_octets_behind_a_frame_are_the_next_header() -> None:
    """H-03: a command_length of 16 ends the frame there, whatever follows."""
    buffer = FrameBuffer(LIMIT)
    buffer.feed(bytes.fromhex("00000010 00000015 00000000 00000001") + b"\0\0\0\x03rest")

    first = buffer.next_frame()

    assert first == bytes.fromhex("00000010 00000015 00000000 00000001")
    with pytest.raises(FrameError):
        buffer.next_frame()


@given(st.binary(max_size=200))
@example(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
@example(b"\x16\x03\x01\x02\x00\x01")
def test_random_octets_are_frames_or_a_frame_error(octets: bytes) -> None:
    """H-07: nothing but frames of a legal length or one FrameError comes out of any octets."""
    buffer = FrameBuffer(512)
    buffer.feed(octets)
    rebuilt = b""
    try:
        while (frame := buffer.next_frame()) is not None:
            assert 16 <= int.from_bytes(frame[:4]) == len(frame) <= 512
            rebuilt += frame
    except FrameError:
        assert not 16 <= int.from_bytes(octets[len(rebuilt) :][:4]) <= 512
    assert octets.startswith(rebuilt)


def test_after_a_lost_boundary_nothing_is_kept() -> None:
    """After the first error every call raises it again and no octet is held."""
    buffer = FrameBuffer(LIMIT)
    buffer.feed(bytes(16))
    with pytest.raises(FrameError) as first:
        buffer.next_frame()

    buffer.feed(encode(EnquireLink(sequence_number=1)))

    assert buffer.pending == 0
    with pytest.raises(FrameError) as second:
        buffer.next_frame()
    assert second.value is first.value


def test_limit_may_change_between_frames() -> None:
    """H-16: before a bind frames are short; the limit of the bound session holds for what is waiting."""
    long = (600).to_bytes(4) + bytes(596)
    buffer = FrameBuffer(512)
    buffer.feed(encode(EnquireLink(sequence_number=1)) + long)
    buffer.next_frame()

    buffer.limit = LIMIT

    assert buffer.next_frame() == long
