"""Directions of connections as they lie in the ring, to find a few PDUs among many.

How this works: cutting a full ring into its PDUs costs a quarter of a second. Here the octets of each direction are put
together, which costs next to nothing, so that a direction in which something does not occur at all is done with at
once; in the others only the headers are read, and only what is wanted is cut out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from struct import Struct
from typing import Final

import attrs

from gateway.network.wire_log import LONGEST_FRAME, Boundary, Frame, Recording, Stream
from gateway.smpp.constants import HEADER_LENGTH

_HEADER: Final = Struct(">LLLL")

Header = tuple[int, int, int, int, int]
"""Where a PDU begins and ends, command_id, command_status, sequence_number."""

Place = tuple[int, int]
"""When a PDU was complete, as an order: which entry of the recording ended it, and where in its direction."""


@attrs.define(eq=False)
class Flow:
    """One direction of a connection in a recording."""

    stream: Stream
    octets: bytes = attrs.field(repr=False)
    boundary: Boundary
    _parts: list[tuple[int, int, bytes]] = attrs.field(repr=False)
    """Each entry of the ring: its place in the recording, its time (ns), its octets."""
    _ends: list[int] = attrs.field(init=False, factory=list, repr=False)
    """Where the octets of each end; counted when somebody asks for the first time."""

    def headers(self) -> Iterator[Header]:
        """The PDUs of which all is there, in their order, as far as there are boundaries."""
        octets, at = self.octets, self._first()
        last = len(octets) - HEADER_LENGTH
        unpack = _HEADER.unpack_from
        while 0 <= at <= last:
            length, command_id, status, sequence_number = unpack(octets, at)
            end = at + length
            if not HEADER_LENGTH <= length <= LONGEST_FRAME or end > len(octets):
                return
            yield at, end, command_id, status, sequence_number
            at = end

    def frame(self, header: Header) -> tuple[Place, Frame]:
        """One of them, and its place among those of all directions."""
        at, end, *_ = header
        self._ends = self._ends or [*accumulate(len(octets) for _, _, octets in self._parts)]
        place, ns, _ = self._parts[bisect_left(self._ends, end)]
        line = self.stream.line
        frame = Frame(ns // 1000, line.number, line.client, self.stream.inbound, self.octets[at:end])
        return (place, at), frame

    def _first(self) -> int:
        """Where the first PDU begins whose beginning is still there; -1 for none."""
        head, missing, lost = self.boundary.head, self.boundary.missing, self.boundary.lost
        if lost:
            return -1
        if not head:
            return missing
        told = head + self.octets[: 4 - len(head)]
        length = int.from_bytes(told, "big")
        return length - len(head) if len(told) == 4 and HEADER_LENGTH <= length <= LONGEST_FRAME else -1


def flows_of(recording: Recording) -> dict[Stream, Flow]:
    """Every direction in which something was read or written."""
    parts: dict[Stream, list[tuple[int, int, bytes]]] = {}
    for place, (at, stream, octets) in enumerate(recording.chunks):
        if octets:
            found = parts.get(stream)
            if found is None:
                found = parts[stream] = []
            found.append((place, at, octets))
    return {
        stream: Flow(
            stream,
            b"".join([octets for _, _, octets in found]),
            recording.boundaries.get(stream) or Boundary(),
            found,
        )
        for stream, found in parts.items()
    }
