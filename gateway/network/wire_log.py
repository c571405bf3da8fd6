"""What went over the SMPP connections lately: a bounded ring of octets, cut into PDUs when somebody asks.

How this works. Each read and each write of a connection is one append to one deque, with the time of day; so is the
beginning and the end of a connection. Nothing is looked at then. The oldest entries go when the ring is full, and all
that is kept of them is, for each direction of a connection, how much of a PDU went with them: the rest of that PDU is
skipped when the ring is read. A direction that has lost its PDU boundaries (a client may send anything) is handed out
as it came, marked as what it is.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from struct import Struct
from typing import Final, Literal

import attrs

from gateway.smpp.constants import HEADER_LENGTH

CHUNK_OVERHEAD: Final = 128
"""What Python keeps of one entry beside its octets. It counts, so that the bound is one of memory."""

LONGEST_FRAME: Final = 1 << 20
"""No PDU is longer: a larger command_length is a boundary lost. The session's own limit is a setting below it."""

_AT_ONCE: Final = 32 * 1024
"""Octets that leave a full ring together, so that not each append has to look."""

_LENGTH: Final = 4
_length_at: Final = Struct(">L").unpack_from

End = Literal["", "peer", "gateway", "reset"]
"""How a connection ended: not yet, closed by one of the two, or broken off."""


@attrs.define(eq=False)
class Stream:
    """One direction of a connection."""

    line: Line = attrs.field(repr=False)
    inbound: bool
    """Whether these are octets from the peer."""
    whole: bool = False
    """Each of its chunks is whole PDUs, so that nothing has to be looked at when one goes. Set by the owner."""
    boundary: Boundary | None = None
    """Where its PDUs lie in what is still in the ring; None while the first chunk there begins with one."""

    def pass_over(self, octets: bytes) -> None:
        """These octets leave the ring."""
        boundary = self.boundary or Boundary()
        boundary.pass_over(octets)
        self.boundary = None if boundary == _AT_A_PDU else boundary


@attrs.define(eq=False)
class Line:
    """One connection."""

    number: int
    """1 and up, in the order of their beginnings."""
    peer: tuple[str, int]
    local: tuple[str, int]
    called: bool = False
    """Whether the gateway has called the peer (an outbind), and not the other way round."""
    client: str = ""
    """The system_id, once it is bound; then all of the line is its, what came before as well. Set by the owner."""
    end: End = ""
    incoming: Stream = attrs.field(init=False, repr=False)
    outgoing: Stream = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.incoming = Stream(self, True)
        self.outgoing = Stream(self, False)


@attrs.frozen
class Frame:
    """One PDU, or octets of a stream that has no PDUs any more."""

    at: int
    """When its last octet was read or written; µs, wall."""
    connection: int
    client: str
    inbound: bool
    octets: bytes = attrs.field(repr=False)
    whole: bool = True
    """False: no PDU, but what is left of a stream whose boundaries are lost, or that ended within a PDU."""


Chunk = tuple[int, Stream, bytes]
"""Time (ns, wall), where, what. No octets: the connection began (on its incoming stream) or ended (outgoing)."""


@attrs.define
class Boundary:
    """Where the next PDU of a stream begins, seen from octets that are gone."""

    head: bytes = b""
    """Up to three octets of a command_length of which the rest is to come."""
    missing: int = 0
    """Octets to come that belong to a PDU whose beginning is gone."""
    lost: bool = False
    """A command_length made no sense: there are no boundaries from there on."""

    def pass_over(self, octets: bytes) -> None:
        """These octets go."""
        if self.lost:
            return
        size = len(octets)
        at = self.missing
        if at >= size:
            self.missing = at - size
            return
        octets = self.head + octets[at:]
        self.head, self.missing, at, size = b"", 0, 0, len(octets)
        while at < size:
            if size - at < _LENGTH:
                self.head = octets[at:]
                return
            (length,) = _length_at(octets, at)
            if not HEADER_LENGTH <= length <= LONGEST_FRAME:
                self.lost = True
                return
            at += length
        self.missing = at - size


_AT_A_PDU: Final = Boundary()


class Cutter:
    """The PDUs of one stream, from a boundary on; octets go in, frames come out."""

    __slots__ = ("_head", "_lost", "_octets", "_skip")

    def __init__(self, boundary: Boundary | None = None) -> None:
        boundary = boundary or _AT_A_PDU
        self._lost = boundary.lost
        self._head = boundary.head
        self._skip = boundary.missing
        self._octets = bytearray()

    def cut(self, octets: bytes) -> Iterator[tuple[bytes, bool]]:
        """What is complete now, each with whether it is a PDU."""
        octets = self._after_what_is_gone(octets)
        if self._lost:
            yield octets, False
            return
        pending = self._octets
        pending += octets
        at, size = 0, len(pending)
        while size - at >= _LENGTH:
            (length,) = _length_at(pending, at)
            if not HEADER_LENGTH <= length <= LONGEST_FRAME:
                self._lost = True
                yield bytes(pending[at:]), False
                pending.clear()
                return
            if size - at < length:
                break
            yield bytes(pending[at : at + length]), True
            at += length
        del pending[:at]

    def rest(self) -> bytes:
        """What the stream ended with: part of a PDU."""
        return bytes(self._octets)

    def _after_what_is_gone(self, octets: bytes) -> bytes:
        """The PDU whose beginning has left the ring is not shown."""
        if self._head:
            wanted = _LENGTH - len(self._head)
            self._head += octets[:wanted]
            octets = octets[wanted:]
            if len(self._head) < _LENGTH:
                return b""
            (length,) = _length_at(self._head)
            self._head = b""
            if not HEADER_LENGTH <= length <= LONGEST_FRAME:
                self._lost = True
                return octets
            self._skip = length - _LENGTH
        if self._skip:
            octets, self._skip = octets[self._skip :], max(0, self._skip - len(octets))
        return octets


class WireLog:
    """The ring. ``limit`` is in octets, entries' overhead included; ``wall`` gives the time of day in ns."""

    __slots__ = ("_append", "_chunks", "_numbers", "_room", "_sink", "_wall", "limit", "lines")

    def __init__(self, limit: int, wall: Callable[[], int] = time.time_ns) -> None:
        self.limit = limit
        self.lines: dict[int, Line] = {}
        """The connections of which something is in the ring, or may come; by number."""
        self._wall = wall
        self._chunks: deque[Chunk] = deque()
        self._append: Callable[[Chunk], None] = self._chunks.append
        self._sink: Callable[[Chunk], None] | None = None
        self._room = limit
        self._numbers = 0

    @property
    def is_on(self) -> bool:
        """Whether anybody wants what is recorded."""
        return self.limit > 0 or self._sink is not None

    def tell(self, sink: Callable[[Chunk], None] | None) -> None:
        """From now on ``sink`` is given every entry as well: the continuous capture. It must not raise."""
        self._sink = sink
        self._append = self._chunks.append if sink is None else self._append_and_tell

    # --- what happens ---

    def opened(self, peer: tuple[str, int], local: tuple[str, int], *, called: bool = False) -> Line:
        """A connection began."""
        self._numbers += 1
        line = Line(self._numbers, peer, local, called)
        self.lines[line.number] = line
        self.record(line.incoming, b"")
        return line

    def closed(self, line: Line, end: End) -> None:
        """The connection is gone."""
        line.end = end
        self.record(line.outgoing, b"")

    def record(self, stream: Stream, octets: bytes) -> None:
        """These octets were read or written."""
        self._append((self._wall(), stream, octets))
        self._room = room = self._room - len(octets) - CHUNK_OVERHEAD
        if room < 0:
            self._make_room(_AT_ONCE)

    def _append_and_tell(self, chunk: Chunk) -> None:
        self._chunks.append(chunk)
        assert self._sink is not None
        self._sink(chunk)

    def _make_room(self, wanted: int) -> None:
        chunks, room = self._chunks, self._room
        wanted = min(wanted, self.limit)
        while chunks and room < wanted:
            _, stream, octets = chunks.popleft()
            size = len(octets)
            room += size + CHUNK_OVERHEAD
            if not size:
                if not stream.inbound:
                    self.lines.pop(stream.line.number, None)
            elif not stream.whole and (
                stream.boundary is not None or size < HEADER_LENGTH or _length_at(octets)[0] != size
            ):
                # Most chunks are one PDU, and need no more than that look.
                stream.pass_over(octets)
        self._room = room

    # --- what happened ---

    def recording(self, client: str = "", connection: int | None = None) -> Recording:
        """What is in the ring now, of one client or connection or of all."""
        found = [
            chunk
            for chunk in self._chunks
            if (not client or chunk[1].line.client == client)
            and (connection is None or chunk[1].line.number == connection)
        ]
        streams = {stream for _, stream, _ in found}
        return Recording(found, {s: attrs.evolve(s.boundary) for s in streams if s.boundary is not None})

    def frames(self, client: str = "", connection: int | None = None, since: int = 0) -> Iterator[Frame]:
        """The PDUs that are whole in the ring now, in the order in which they were completed; ``since`` is µs, wall."""
        return (frame for frame in self.recording(client, connection).frames() if frame.at >= since)

    def newest(self) -> Iterator[Chunk]:
        """What is in the ring, the newest first: for who wants to know no more than the end of it, and at once."""
        return reversed(self._chunks)

    def clear(self) -> None:
        """Forget what happened; connections that are there go on."""
        self._make_room(self.limit)


@attrs.frozen
class Recording:
    """A part of the ring at one moment."""

    chunks: list[Chunk]
    boundaries: dict[Stream, Boundary]
    """Of the streams whose first chunk here does not begin with a PDU."""

    def cutters(self) -> dict[Stream, Cutter]:
        """Fresh ones for :func:`cut`."""
        return {stream: Cutter(boundary) for stream, boundary in self.boundaries.items()}

    def frames(self) -> Iterator[Frame]:
        """Its PDUs, and what is left of streams that have none any more."""
        for stream, at, octets, whole in cut(self.chunks, self.cutters()):
            if octets:
                line = stream.line
                yield Frame(at // 1000, line.number, line.client, stream.inbound, octets, whole)


def cut(chunks: Iterable[Chunk], cutters: dict[Stream, Cutter]) -> Iterator[tuple[Stream, int, bytes, bool]]:
    """Chunks as frames: where, when, what, and whether it is a PDU. Beginnings and ends of connections stay as they
    are; before an end comes what its two streams ended with. ``cutters`` is added to, and forgets streams that end."""
    for at, stream, octets in chunks:
        if octets:
            cutter = cutters.get(stream)
            if cutter is None:
                cutter = cutters[stream] = Cutter()
            for frame, whole in cutter.cut(octets):
                yield stream, at, frame, whole
            continue
        if not stream.inbound:
            for ending in (stream.line.incoming, stream.line.outgoing):
                ended = cutters.pop(ending, None)
                if ended is not None and (rest := ended.rest()):
                    yield ending, at, rest, False
        yield stream, at, b"", True
