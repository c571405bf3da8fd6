"""A client over a real socket that speaks octets, and a witness that keeps asking for its balance."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from tests.conformance import wire
from tests.conformance.raw import KINDS
from tests.conformance.wire import RESPONSE, Frame
from tests.live.gateways import Gateway, running_gateway

WITNESS = "79991110002"
CREDENTIALS = {"system_id": "witness", "password": "witness"}
SERVED = 0.25
"""Seconds within which a client must get its balance, whatever another one does.

The time for which the processor was somebody else's does not count: that is the machine's, not the gateway's.
"""


CLIENTS = """
[clients.demo]
password = "demo"
window_in = 100
window_out = 100
[clients.witness]
password = "witness"
[clients.peer]
password = "peer"
addresses = ["5555"]
"""
"""Who may bind to :func:`configured`."""


@contextlib.contextmanager
def configured(folder: Path, settings: str = "") -> Iterator[Gateway]:
    """A gateway with three clients and these settings."""
    path = folder / "gateway.toml"
    path.write_text(settings + CLIENTS, "utf-8")
    with running_gateway(folder, "--seed", "1", "--config", str(path)) as ready:
        yield ready


def wait_until(condition: Callable[[], object], seconds: float) -> None:
    """Until ``condition()`` holds; AssertionError when it does not in that time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


class Connection:
    """One connection. Everything waits ``timeout`` seconds at most and then fails."""

    def __init__(self, gateway: Gateway, timeout: float = 10.0, receive_buffer: int = 0) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect((gateway.host, gateway.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = bytearray()
        self._sequence = 1

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def read(self) -> Frame:
        """The next PDU; EOFError when the gateway has closed the connection."""
        while len(self._stream) < 4 or len(self._stream) < int.from_bytes(self._stream[:4], "big"):
            more = self.socket.recv(65_536)
            if not more:
                raise EOFError(f"closed with {len(self._stream)} octets left")
            self._stream += more
        size, command_id, status, sequence = struct.unpack_from(">IIII", self._stream)
        body = bytes(self._stream[16:size])
        del self._stream[:size]
        return Frame(command_id, status, sequence, body)

    def rest(self) -> list[Frame]:
        """All PDUs until the gateway closes; a reset counts as that."""
        found: list[Frame] = []
        with contextlib.suppress(EOFError, ConnectionResetError, BrokenPipeError):
            while True:
                found.append(self.read())
        return found

    def bind(self, state: str = "BOUND_TRX", **fields: wire.Value) -> Connection:
        """Bind, successfully."""
        self.send(KINDS[state](1, **fields))
        answer = self.read()
        assert answer.header == (KINDS_RESPONSES[state], 0, 1)
        return self

    def submit(self, text: bytes = b"BALANCE", **fields: wire.Value) -> int:
        """Send a text to the wallet and read nothing; its sequence_number."""
        self._sequence += 1
        fields.setdefault("destination_addr", wire.SHORT_CODE)
        self.send(wire.submit_sm(self._sequence, short_message=text, **fields))
        return self._sequence

    def ask(self, text: bytes = b"BALANCE", **fields: wire.Value) -> tuple[str, float]:
        """Text the wallet: the reply, acknowledged, and the seconds that it took. Answers enquire_link on the way."""
        began = time.monotonic()
        number = self.submit(text, **fields)
        accepted = False
        while True:
            frame = self.read()
            if frame.command_id == wire.SUBMIT_SM | RESPONSE:
                assert frame.header == (wire.SUBMIT_SM | RESPONSE, 0, number)
                accepted = True
            elif frame.command_id == wire.DELIVER_SM:
                assert accepted, "the reply came before the response"
                took = time.monotonic() - began
                self.send(wire.deliver_sm_resp(frame.sequence))
                return wire.delivered(frame).text, took
            else:
                assert frame.command_id == wire.ENQUIRE_LINK, frame
                self.send(wire.enquire_link_resp(frame.sequence))

    def reset(self) -> None:
        """Close with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


KINDS_RESPONSES = {
    "BOUND_TX": wire.BIND_TRANSMITTER | RESPONSE,
    "BOUND_RX": wire.BIND_RECEIVER | RESPONSE,
    "BOUND_TRX": wire.BIND_TRANSCEIVER | RESPONSE,
}


def kept_waiting(gateway: Gateway) -> float:
    """Seconds so far for which the gateway or this thread wanted a processor and had none (Linux)."""
    total = 0
    for path in (f"/proc/{gateway.process.pid}/schedstat", f"/proc/self/task/{threading.get_native_id()}/schedstat"):
        with contextlib.suppress(OSError), open(path, encoding="ascii") as file:
            total += int(file.read().split()[1])
    return total / 1e9


def wait_for_balance(connection: Connection, gateway: Gateway) -> float:
    """Ask for the balance of the witness; the seconds that the gateway took for it."""
    before = kept_waiting(gateway)
    text, took = connection.ask(source_addr=WITNESS)
    assert text.startswith("Balance: 250.00 RUB")
    return took - (kept_waiting(gateway) - before)


class Witness:
    """A bound client that asks for its balance again and again in a thread, and knows its longest wait."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._connection = Connection(gateway).bind(**CREDENTIALS)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.waits: list[float] = []
        self.failure: BaseException | None = None

    def __enter__(self) -> Witness:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(15)
        self._connection.socket.close()

    def _work(self) -> None:
        try:
            while not self._over.is_set():
                self.waits.append(wait_for_balance(self._connection, self._gateway))
                self._over.wait(0.005)
        except BaseException as error:  # noqa: BLE001 - it is raised where the test ends
            self.failure = error

    def check(self, within: float = SERVED) -> float:
        """It was served all the time, each time within so many seconds; the longest wait."""
        self._over.set()
        self._thread.join(15)
        if self.failure is not None:
            raise self.failure
        assert len(self.waits) >= 3
        assert max(self.waits) < within, f"{max(self.waits) * 1000:.0f} ms"
        return max(self.waits)


@contextlib.contextmanager
def witnessed(gateway: Gateway, within: float = SERVED) -> Iterator[Witness]:
    """What happens inside does not keep another client from being served, and leaves no traceback in the log.

    ``within`` is for the time inside; afterwards it is always ``SERVED``.
    """
    with Witness(gateway) as witness:
        yield witness
        least, deadline = len(witness.waits) + 3, time.monotonic() + 10
        while len(witness.waits) < least and witness.failure is None and time.monotonic() < deadline:
            time.sleep(0.01)
        worst = witness.check(within)
        figures(f"longest wait of {len(witness.waits)}: {worst * 1000:.1f} ms")
    with Connection(gateway).bind(**CREDENTIALS) as another:
        assert wait_for_balance(another, gateway) < SERVED
    assert "Traceback" not in gateway.log()
    assert gateway.process.poll() is None


def figures(text: str) -> None:
    """What was measured; pytest shows it with -rP."""
    print(text)  # noqa: T201


def memory_of(gateway: Gateway) -> int:
    """Resident octets of the gateway's process (Linux)."""
    with open(f"/proc/{gateway.process.pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")
