"""A stream of octets cut into whole PDUs by command_length, in bounded memory (SMPP 3.4 §3.2)."""

from __future__ import annotations

from struct import Struct

from gateway.smpp.constants import HEADER_LENGTH
from gateway.smpp.errors import FrameError
from gateway.smpp.statuses import CommandStatus

_LENGTH = Struct(">L")
_SEQUENCE_NUMBER = Struct(">12xL")


class FrameBuffer:
    """Octets go in as they arrive, whole PDUs (header included) come out in order.

    `limit` is the largest command_length that is accepted; it may be changed at any time and holds for every frame
    that was not handed out yet. Nothing is decoded here but the length.
    """

    __slots__ = ("_error", "_octets", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._octets = bytearray()
        self._error: FrameError | None = None

    @property
    def pending(self) -> int:
        """How many octets wait to be handed out."""
        return len(self._octets)

    def feed(self, octets: bytes) -> None:
        """Append what arrived. After a `FrameError` everything is dropped: the stream has no boundaries any more."""
        if self._error is None:
            self._octets += octets

    def next_frame(self) -> bytes | None:
        """The next whole PDU, or None until more octets arrive.

        Raises FrameError (ESME_RINVCMDLEN) for a command_length below 16 or above `limit`, as soon as its four
        octets are there: the body of a refused PDU is never waited for. Raises the same error at each further call.
        """
        if self._error is not None:
            raise self._error
        octets = self._octets
        if len(octets) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(octets)
        if not HEADER_LENGTH <= length <= self.limit:
            self._error = self._lost_boundary(length)
            raise self._error
        if len(octets) < length:
            return None
        frame = bytes(octets[:length])
        del octets[:length]  # bytearray moves its start: this does not copy what follows
        return frame

    def _lost_boundary(self, length: int) -> FrameError:
        sequence_number = 0
        if len(self._octets) >= HEADER_LENGTH:
            (sequence_number,) = _SEQUENCE_NUMBER.unpack_from(self._octets)
        self._octets.clear()
        bound = f"below {HEADER_LENGTH}" if length < HEADER_LENGTH else f"above {self.limit}"
        return FrameError(CommandStatus.ESME_RINVCMDLEN, f"command_length {length} is {bound}", sequence_number)
