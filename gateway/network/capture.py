"""What went over the SMPP connections as a file for Wireshark: at once from the ring, or all along.

Wireshark finds SMPP by itself on any port; where it does not, "Decode As… SMPP" says so. Passwords, PINs and one-time
codes are masked (:mod:`gateway.network.masking`) with lengths kept, unless they are to be revealed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from twisted.logger import Logger

from gateway.network import pcapng
from gateway.network.wire_log import Chunk, Cutter, Frame, Line, Recording, Stream, cut

Masked = Callable[[Frame], bytes]
"""The octets of a frame as they may be shown: as many as it has."""

WRITE_SECONDS: Final = 0.2
"""How late the file may be."""

_APPLICATION: Final = "sms-gateway"
_COMMENT: Final = "IP and TCP headers are made up; passwords, PINs and codes are masked with *."
_NO_BOUNDARIES: Final = "no whole PDU: masked but for zeros"


def revealed(frame: Frame) -> bytes:
    """A frame as it is."""
    return frame.octets


def head(masked: Masked) -> bytes:
    """What a file begins with."""
    return pcapng.head(_APPLICATION, "" if masked is revealed else _COMMENT)


def pcapng_of(recording: Recording, masked: Masked) -> Iterator[bytes]:
    """A whole file, in pieces."""
    yield head(masked)
    yield from Packets(masked, recording.cutters()).of(recording.chunks)


class Packets:
    """Chunks in, packets out; keeps a conversation for every connection that has not ended."""

    def __init__(self, masked: Masked, cutters: dict[Stream, Cutter] | None = None) -> None:
        self._masked = masked
        self._cutters = {} if cutters is None else cutters
        self._conversations: dict[Line, pcapng.Conversation] = {}

    def of(self, chunks: Iterable[Chunk]) -> Iterator[bytes]:
        for stream, ns, octets, whole in cut(chunks, self._cutters):
            line, at, inbound = stream.line, ns // 1000, stream.inbound
            conversation = self._conversations.get(line)
            if conversation is None:
                conversation = self._conversations[line] = pcapng.Conversation(line.peer, line.local)
            if octets:
                shown = self._masked(Frame(at, line.number, line.client, inbound, octets, whole))
                yield conversation.data(at, shown, inbound=inbound, comment="" if whole else _NO_BOUNDARIES)
            elif inbound:
                yield conversation.opened(at, by_peer=not line.called)
            else:
                yield conversation.closed(at, line.end)
                del self._conversations[line]


class CaptureFile:
    """A capture that is written while the gateway runs.

    An earlier file stays what it is until :meth:`begin`: a second gateway that finds its port taken must not empty the
    first one's. From then on Wireshark can read the file at any time; it is at most :data:`WRITE_SECONDS` late. It ends
    with the gateway, at ``limit`` octets (0 = none), or when it can no longer be written: the log says so.
    """

    log = Logger(namespace="capture")

    def __init__(self, path: Path, masked: Masked, limit: int, call_later: Callable[..., Any]) -> None:
        """Raises OSError when the file cannot be written."""
        self.path = path
        self._packets = Packets(masked)
        self._limit = limit
        self._call_later = call_later
        self._pending: list[Chunk] = []
        self._due: Any = None
        self._head = head(masked)
        self._file: BinaryIO | None = path.open("ab", buffering=0)
        self._written = 0

    def begin(self) -> None:
        """The gateway listens. Raises OSError when not even the file's head can be written."""
        assert self._file is not None
        try:
            if stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
                self._file.truncate(0)
            self._write(self._head)
        except OSError:
            self._end()
            raise

    def add(self, chunk: Chunk) -> None:
        """This happened; the sink of a :class:`~gateway.network.wire_log.WireLog`."""
        if self._file is None:
            return
        self._pending.append(chunk)
        if self._due is None:
            self._due = self._call_later(WRITE_SECONDS, self._write_pending)

    def close(self) -> None:
        """Write what is still to be written."""
        if self._due is not None:
            self._due.cancel()
        self._write_pending()
        self._end()

    def _write_pending(self) -> None:
        self._due = None
        pending, self._pending = self._pending, []
        if not pending or self._file is None:
            return
        try:
            self._write(b"".join(self._packets.of(pending)))
        except OSError as error:
            self.log.error(
                "the capture {path} ends here: it cannot be written: {reason}", path=self.path, reason=error.strerror
            )
            self._end()

    def _write(self, octets: bytes) -> None:
        assert self._file is not None
        if self._limit and self._written + len(octets) > self._limit:
            self.log.warn("the capture {path} ends here: it has {limit} octets", path=self.path, limit=self._limit)
            self._end()
            return
        left = memoryview(octets)
        while left:
            left = left[self._file.write(left) :]
        self._written += len(octets)

    def _end(self) -> None:
        self._pending.clear()
        if self._file is not None:
            file, self._file = self._file, None
            file.close()
