"""Hostile clients over real sockets, against a gateway process; a witness is served all the while within 250 ms."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance import wire
from tests.conformance.wire import RESPONSE, Frame
from tests.live.gateways import Gateway
from tests.live.sockets import Connection, configured, memory_of, wait_until, witnessed

pytestmark = pytest.mark.live

MIB = 1024 * 1024
SUBMIT_RESP = wire.SUBMIT_SM | RESPONSE
QUICK = """
[smpp]
tls_port = 0
[smpp.session]
session_init = 1.5
read_deadline = 1.5
enquire_link = 1
response = 1
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One gateway with the settings as they come; what one test does to it, the next one finds."""
    with configured(tmp_path_factory.mktemp("gateway")) as ready:
        yield ready


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway whose timers are short."""
    with configured(tmp_path, QUICK) as ready:
        yield ready


@pytest.mark.parametrize("bound", [False, True], ids=["H-07-open", "H-07-bound"])
def test_a_million_octets_of_garbage(gateway: Gateway, bound: bool) -> None:
    """It is nacked and closed as soon as it is seen to be none; the rest is not even read into memory."""
    garbage = random.Random(1).randbytes(1_000_000)
    with witnessed(gateway):
        before = memory_of(gateway)
        with Connection(gateway) as connection:
            if bound:
                connection.bind()
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                connection.send(b"\xff" + garbage)
            assert [frame.header[:2] for frame in connection.rest()] in ([], [(wire.GENERIC_NACK, 2)])
        assert memory_of(gateway) - before < 4 * MIB


def test_half_a_pdu(gateway: Gateway) -> None:
    """T-07: half a command, then FIN or RST: it does not run. A hundred times."""
    half = wire.submit_sm(7, destination_addr=wire.SHORT_CODE, short_message=b"PIN", source_addr="79991110004")[:-2]
    with witnessed(gateway):
        for number in range(100):
            with Connection(gateway).bind() as connection:
                connection.send(half)
                if number % 2:
                    connection.reset()
        with Connection(gateway).bind() as connection:
            text, _ = connection.ask(b"PIN", source_addr="79991110004")
            assert text.startswith(("Новый ПИН", "New PIN"))


@pytest.mark.parametrize(
    "octets",
    [
        b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n",
        bytes.fromhex("16030102000100fc0303") + bytes(500),
        b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
        b"\r\n\r\n",
    ],
    ids=["T-19-HTTP", "T-19-TLS", "T-19-SSH", "T-19-lines"],
)
def test_other_protocols(gateway: Gateway, octets: bytes) -> None:
    """The connection is told generic_nack and closed at once, not after a timeout."""
    with witnessed(gateway), Connection(gateway, timeout=1) as connection:
        connection.send(octets)
        sequence = int.from_bytes(octets[12:16], "big") if len(octets) >= 16 else 0
        assert connection.rest() == [Frame(wire.GENERIC_NACK, 2, sequence, b"")]


def test_a_thousand_pdus_in_one_write(gateway: Gateway) -> None:
    """T-06: ten times a thousand submits in one write each are all answered, in order."""
    flood = b"".join(wire.submit_sm(number, destination_addr=wire.HANDSET) for number in range(1_000))
    with witnessed(gateway), Connection(gateway).bind() as connection:
        for _ in range(10):
            connection.send(flood)
            answers = [connection.read() for _ in range(1_000)]
            assert [frame.header for frame in answers] == [(SUBMIT_RESP, 0, number) for number in range(1_000)]


def test_reset_right_after_a_submit(gateway: Gateway) -> None:
    """T-08: each text ran or did not; what ran is answered once, to whoever binds then."""
    texts = 50
    with witnessed(gateway):
        for number in range(texts):
            connection = Connection(gateway).bind()
            connection.submit(b"HELP", source_addr=f"7999333{number:04}")
            connection.reset()
        subscribers: list[object] = []
        with Connection(gateway, timeout=1).bind() as connection, contextlib.suppress(TimeoutError):
            while True:
                frame = connection.read()
                if frame.command_id == wire.DELIVER_SM:
                    subscribers.append(wire.delivered(frame)["destination_addr"])
                    connection.send(wire.deliver_sm_resp(frame.sequence))
        assert len(subscribers) <= texts
        assert len(subscribers) == len(set(subscribers))


def test_slow_loris(quick: Gateway) -> None:
    """T-02: a hundred connections that send an octet now and then are closed when the PDU's time is over."""
    with witnessed(quick):
        slow = [Connection(quick) for _ in range(50)] + [Connection(quick).bind() for _ in range(50)]
        octets = wire.submit_sm(7, destination_addr=wire.SHORT_CODE, short_message=b"PIN")
        began = time.monotonic()
        alive = set(slow)
        for octet in octets:
            for connection in list(alive):
                try:
                    connection.send(bytes([octet]))
                except (ConnectionResetError, BrokenPipeError):
                    alive.remove(connection)
            if not alive or time.monotonic() - began > 5:
                break
            time.sleep(0.1)
        took = time.monotonic() - began
        assert not alive
        assert 1 < took < 4
        for connection in slow:
            connection.socket.close()


def scrypt(password: str) -> str:
    """A password as a setting keeps it: some 50 ms of work for each guess."""
    salt, cost, block, parallel = b"salt of 16 bytes", 1 << 14, 8, 1
    digest = hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block, p=parallel)
    return f"scrypt${cost}${block}${parallel}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


@pytest.mark.slow
def test_binds_that_take_work_to_check(tmp_path: Path) -> None:
    """H-20: costly passwords are checked beside the reactor; who resets meanwhile, or talks on, does no harm."""
    settings = f'[clients.costly]\npassword = "{scrypt("costly")}"\n'
    right = wire.bind_transceiver(1, system_id="costly", password="costly")
    text = wire.submit_sm(2, destination_addr=wire.SHORT_CODE, short_message=b"BALANCE", source_addr="79991110004")
    with configured(tmp_path, settings) as gateway, witnessed(gateway):
        for number in range(10):
            connection = Connection(gateway)
            connection.send(right if number % 2 else wire.bind_transceiver(1, system_id="costly", password="guess"))
            connection.reset()
        with Connection(gateway, timeout=20) as connection:
            connection.send(right + text + wire.enquire_link(3))
            frames = [connection.read() for _ in range(4)]
            assert frames[0].header == (wire.BIND_TRANSCEIVER | RESPONSE, 0, 1)
            others = {(wire.DELIVER_SM, 0), (SUBMIT_RESP, 0), (wire.ENQUIRE_LINK | RESPONSE, 0)}
            assert {frame.header[:2] for frame in frames[1:]} == others


@pytest.mark.slow
def test_tls_that_goes_wrong(quick: Gateway) -> None:
    """T-20: SMPP in clear on the TLS port, a handshake that stalls, and one that never begins are all dropped."""
    port = int(json.loads(quick.ready_file.read_text("utf-8"))["smpp_tls"].rpartition(":")[2])
    with witnessed(quick):
        for octets in (wire.bind_transceiver(1), b"\x16\x03\x01", b""):
            with socket.create_connection((quick.host, port), timeout=5) as connection:
                connection.sendall(octets)
                with contextlib.suppress(ConnectionResetError):
                    while more := connection.recv(1_000):
                        assert b"\x80\x00\x00\x09" not in more
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection((quick.host, port), timeout=5) as plain,
            context.wrap_socket(plain) as secure,
        ):
            secure.sendall(wire.bind_transceiver(1))
            assert secure.recv(100)[4:12] == b"\x80\x00\x00\x09\0\0\0\0"


class PeerProcess:
    """A well-behaved client in a process of its own; ``lines`` are "bound" and the texts that it gets."""

    def __init__(self, gateway: Gateway) -> None:
        command = [sys.executable, "-m", "tests.live.peer", gateway.host, str(gateway.port), "peer", "peer"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> PeerProcess:
        self._reader.start()
        wait_until(lambda: "bound" in self.lines, 10)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.strip())


WHILE = {f"while {number}" for number in range(5)}


def submit_to_peer(sender: Connection) -> None:
    """Five texts of five subscribers to the peer."""
    for number in range(5):
        sender.submit(b"while %d" % number, destination_addr="5555", source_addr=f"7999444000{number}")


def test_a_peer_that_is_stopped_and_continued(quick: Gateway) -> None:
    """T-09: a stopped client is dropped, its messages wait; continued, it binds again and gets each of them."""
    with witnessed(quick), PeerProcess(quick) as peer, Connection(quick).bind() as sender:
        sender.submit(b"before", destination_addr="5555")
        wait_until(lambda: "before" in peer.lines, 5)
        peer.process.send_signal(signal.SIGSTOP)
        submit_to_peer(sender)
        wait_until(lambda: re.search(r"session of peer \(\S+\) closed", quick.log()), 10)
        assert not WHILE & set(peer.lines)
        peer.process.send_signal(signal.SIGCONT)
        # What was in its socket when it stopped is read at once, before it binds again.
        wait_until(lambda: set(peer.lines) >= WHILE and peer.lines.count("bound") == 2, 10)
        assert all(peer.lines.count(line) <= 2 for line in WHILE)


def test_a_peer_that_blinks(quick: Gateway) -> None:
    """T-09: stopped for less than the timers allow, it keeps its session and gets everything once."""
    with witnessed(quick), PeerProcess(quick) as peer, Connection(quick).bind() as sender:
        peer.process.send_signal(signal.SIGSTOP)
        submit_to_peer(sender)
        time.sleep(0.4)
        peer.process.send_signal(signal.SIGCONT)
        wait_until(lambda: set(peer.lines) >= WHILE, 5)
        time.sleep(1.2)
        assert sorted(peer.lines) == ["bound", *sorted(WHILE)]
