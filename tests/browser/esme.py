"""A client of the SMPP port that tests bring along: it binds, answers everything, and texts when it is told."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from tests.conformance import wire
from tests.live.gateways import Gateway


class Esme:
    """One bound transceiver. A thread reads and answers; ``responses`` and ``texts`` are what came."""

    def __init__(self, gateway: Gateway, system_id: str = "demo", password: str = "demo") -> None:
        self.responses: list[tuple[int, int, str]] = []
        """command_id, command_status, message_id."""
        self.texts: list[str] = []
        self.answering = threading.Event()
        self.answering.set()
        self._sequence = 1
        self._socket = socket.create_connection((gateway.host, gateway.port), timeout=30)
        self._socket.sendall(wire.bind_transceiver(1, system_id=system_id, password=password))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.wait(lambda: self.responses)

    def submit(self, text: str = "BALANCE", **fields: Any) -> None:
        """A text to the wallet, or where ``fields`` say."""
        self._sequence += 1
        body = {"short_message": text.encode("ascii"), "source_addr": "79991110002", "destination_addr": "7494"}
        self._socket.sendall(wire.submit_sm(self._sequence, **{**body, **fields}))

    def send(self, octets: bytes) -> None:
        """Any octets."""
        self._socket.sendall(octets)

    def wait(self, held: Any) -> None:
        """Until something has come."""
        deadline = time.monotonic() + 10
        while not held():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    @property
    def is_alive(self) -> bool:
        return self._reader.is_alive()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._reader.join(5)

    def _read(self) -> None:
        stream = b""
        with contextlib.suppress(OSError):
            while more := self._socket.recv(1 << 16):
                stream += more
                while len(stream) >= 4 and len(stream) >= (size := int.from_bytes(stream[:4], "big")):
                    (frame,) = wire.frames(stream[:size])
                    stream = stream[size:]
                    self._take(frame)

    def _take(self, frame: wire.Frame) -> None:
        if frame.command_id & wire.RESPONSE:
            told = frame.body.partition(b"\0")[0].decode("ascii", "replace")
            self.responses.append((frame.command_id & ~wire.RESPONSE, frame.status, told))
        elif frame.command_id == wire.DELIVER_SM:
            self.texts.append(wire.delivered(frame).text)
            self.answering.wait(30)
            self._socket.sendall(wire.deliver_sm_resp(frame.sequence))
        elif frame.command_id == wire.ENQUIRE_LINK:
            self._socket.sendall(wire.enquire_link_resp(frame.sequence))
        elif frame.command_id == wire.UNBIND:
            self._socket.sendall(wire.unbind_resp(frame.sequence))


@contextlib.contextmanager
def bound(gateway: Gateway, system_id: str = "demo", password: str = "demo") -> Iterator[Esme]:
    """A client that is bound, gone in the end."""
    esme = Esme(gateway, system_id, password)
    try:
        yield esme
    finally:
        esme.answering.set()
        esme.close()
