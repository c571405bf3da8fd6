"""A stream of octets cut into whole PDUs by command_length, in bounded memory (SMPP 3.4 §3.2)."""

from __future__ import annotations

from struct import Struct
from typing import Final

from gateway.smpp.constants import HEADER_LENGTH
from gateway.smpp.errors import FrameError
from gateway.smpp.statuses import CommandStatus

_unpack_length: Final = Struct(">L").unpack_from
_unpack_sequence_number: Final = Struct(">12xL").unpack_from
_LENGTH_SIZE: Final = 4


class FrameBuffer:
    """Octets go in as they arrive, whole PDUs (header included) come out in order.

    `limit` is the largest command_length that is accepted; it may be changed at any time and holds for every frame
    that was not handed out yet. Nothing is decoded here but the length.

    How this works: frames are cut out of what arrived last where it lies, `_octets` from `_at` on. What arrives before
    all of that is handed out waits in `_later`, and the two are joined only when that makes a frame whole: every octet
    is copied once, however small the pieces are in which a frame comes.
    """

    __slots__ = ("_at", "_error", "_later", "_octets", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._octets = b""
        self._at = 0
        self._later = bytearray()
        self._error: FrameError | None = None

    @property
    def pending(self) -> int:
        """How many octets wait to be handed out."""
        return len(self._octets) - self._at + len(self._later)

    def feed(self, octets: bytes) -> None:
        """Append what arrived. After a `FrameError` everything is dropped: the stream has no boundaries any more."""
        if self._error is not None:
            return
        if self._at == len(self._octets) and not self._later:
            self._octets = octets
            self._at = 0
        else:
            self._later += octets

    def next_frame(self) -> bytes | None:
        """The next whole PDU, or None until more octets arrive.

        Raises FrameError (ESME_RINVCMDLEN) for a command_length below 16 or above `limit`, as soon as its four
        octets are there: the body of a refused PDU is never waited for. Raises the same error at each further call.
        """
        octets, at = self._octets, self._at
        have = len(octets) - at
        if have >= _LENGTH_SIZE:
            (length,) = _unpack_length(octets, at)
            if HEADER_LENGTH <= length <= self.limit:
                if have >= length:
                    self._at = end = at + length
                    return octets[at:end]
                return self.next_frame() if self._join(length) else None
            if self._error is None:
                self._join(HEADER_LENGTH)  # its sequence_number may be there
                self._error = self._lost_boundary(length)
        elif self._error is None:
            if not have:
                self._octets, self._at = b"", 0  # ten thousand idle sessions must not keep what they read last
            return self.next_frame() if self._join(_LENGTH_SIZE) else None
        raise self._error

    def _join(self, wanted: int) -> bool:
        """Bring what waits behind the octets that are left, if that makes ``wanted`` of them."""
        left = len(self._octets) - self._at
        if not self._later or left + len(self._later) < wanted:
            return False
        self._octets = self._octets[self._at :] + self._later
        self._at = 0
        self._later.clear()
        return True

    def _lost_boundary(self, length: int) -> FrameError:
        sequence_number = 0
        if len(self._octets) - self._at >= HEADER_LENGTH:
            (sequence_number,) = _unpack_sequence_number(self._octets, self._at)
        self._octets, self._at = b"", 0
        self._later.clear()
        bound = f"below {HEADER_LENGTH}" if length < HEADER_LENGTH else f"above {self.limit}"
        return FrameError(CommandStatus.ESME_RINVCMDLEN, f"command_length {length} is {bound}", sequence_number)
