"""Hostile clients over real sockets, against a gateway process; a witness is served all the while within 250 ms."""

from __future__ import annotations

import contextlib
import json
import random
import re
import resource
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conformance import wire
from tests.conformance.wire import RESPONSE, Frame
from tests.live.gateways import Gateway, running_gateway
from tests.live.sockets import Connection, figures, memory_of, served, witnessed

pytestmark = pytest.mark.live

MIB = 1024 * 1024
SUBMIT_RESP = wire.SUBMIT_SM | RESPONSE
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
QUICK = """
[smpp]
tls_port = 0
[smpp.session]
session_init = 1.5
read_deadline = 1.5
enquire_link = 1
response = 1
"""


@contextlib.contextmanager
def configured(folder: Path, settings: str = "") -> Iterator[Gateway]:
    """A gateway with three clients and these settings."""
    path = folder / "gateway.toml"
    path.write_text(settings + CLIENTS, "utf-8")
    with running_gateway(folder, "--seed", "1", "--config", str(path)) as ready:
        yield ready


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


def wait_until(condition: Callable[[], object], seconds: float) -> None:
    """Until ``condition()`` holds; AssertionError when it does not in that time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


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
        wait_until(lambda: set(peer.lines) >= WHILE, 10)
        assert peer.lines.count("bound") == 2
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


def is_closed(connection: Connection) -> bool:
    """Whether the gateway has dropped a connection that cannot be written to."""
    try:
        connection.socket.send(b"\0")
    except TimeoutError:
        return False
    except OSError:
        return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("what", ["refused", "accepted", "enquired"])
def test_a_client_that_never_reads(tmp_path: Path, what: str) -> None:
    """T-10: it is not read from any more once its responses pile up, memory stays, after 30 s it is dropped."""
    octets = {
        "refused": wire.submit_sm(7, source_addr_ton=7),
        "accepted": wire.submit_sm(7, destination_addr=wire.HANDSET),
        "enquired": wire.enquire_link(7),
    }[what] * 1_000
    with (
        configured(tmp_path) as gateway,
        witnessed(gateway),
        Connection(gateway, timeout=3, receive_buffer=4_096).bind() as connection,
    ):
        before = memory_of(gateway)
        sent, until, blocked = 0, time.monotonic() + 60, False
        while time.monotonic() < until:
            try:
                sent += connection.socket.send(octets)
            except TimeoutError:
                blocked = True
                break
        grown = memory_of(gateway) - before
        figures(f"{what}: {sent / MIB:.1f} MiB sent, memory grew by {grown / MIB:.1f} MiB, blocked: {blocked}")
        assert blocked, "everything was read"
        stored = 150 * MIB if what == "accepted" else 0
        assert grown < 16 * MIB + stored
        wait_until(lambda: is_closed(connection), 45)


@pytest.mark.slow
def test_a_flood_of_enquire_links(gateway: Gateway) -> None:
    """T-16: three hundred thousand are answered, and nobody else waits for it."""
    total, piece = 300_000, wire.enquire_link(7) * 1_000
    with witnessed(gateway), Connection(gateway, timeout=30).bind() as connection:
        began = time.monotonic()

        def feed() -> None:
            for _ in range(total // 1_000):
                connection.send(piece)

        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        received = 0
        while received < total * 16:
            more = connection.socket.recv(MIB)
            assert more
            received += len(more)
        figures(f"{total / (time.monotonic() - began):,.0f} enquire_links a second")
        feeder.join(5)


@pytest.mark.slow
def test_a_thousand_wrong_binds(gateway: Gateway) -> None:
    """H-20: all refused, the last of each connection closes it; afterwards the right password still opens."""
    statuses = []
    with witnessed_while_blocked(gateway):
        for number in range(334):
            with Connection(gateway) as connection:
                for wrong in (f"w{number}", "", "x" * 8):
                    connection.send(wire.bind_transceiver(1, password=wrong))
                statuses += [frame.status for frame in connection.rest()]
    assert len(statuses) == 1_002
    assert set(statuses) <= {0x0D, 0x0E}
    deadline = time.monotonic() + 10
    while True:
        with Connection(gateway) as connection:
            connection.send(wire.bind_transceiver(1))
            if connection.read().status == 0:
                break
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert "w333" not in gateway.log()


@contextlib.contextmanager
def witnessed_while_blocked(gateway: Gateway) -> Iterator[None]:
    """As ``witnessed``, but this address may not bind anew for a while."""
    with Connection(gateway).bind() as witness:
        yield
        assert max(witness.ask(source_addr="79991110002")[1] for _ in range(20)) < served()
    assert "Traceback" not in gateway.log()


@pytest.mark.slow
def test_two_thousand_connections(gateway: Gateway) -> None:
    """T-13: they all connect and bind, others are served meanwhile, and when they leave their memory is reused."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 4_096:
        pytest.skip(f"only {hard} files may be open")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4_096), hard))
    with contextlib.ExitStack() as stack:
        stack.enter_context(witnessed(gateway))
        before = memory_of(gateway)
        began = time.monotonic()
        connections = [stack.enter_context(Connection(gateway)) for _ in range(2_000)]
        for connection in connections:
            connection.send(wire.bind_transceiver(1))
        for connection in connections:
            assert connection.read().status == 0
        took = time.monotonic() - began
        each = (memory_of(gateway) - before) / 2_000
        figures(f"2,000 bound in {took:.1f} s, {each / 1024:.1f} KiB each")
        assert each < 64 * 1024


@pytest.mark.parametrize("polite", [True, False], ids=["T-01-polite", "T-01-stubborn"])
@pytest.mark.slow
def test_sigterm_under_load(tmp_path: Path, polite: bool) -> None:
    """Every client is sent an unbind, and the process ends with 0 within ten seconds, whoever answers it or not."""
    with configured(tmp_path) as gateway, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Connection(gateway, timeout=15).bind()) for _ in range(5)]
        unbound = [threading.Event() for _ in clients]
        refused: list[int] = []

        def work(connection: Connection, told: threading.Event) -> None:
            number = 1
            flood = b"".join(wire.submit_sm(n, destination_addr=wire.HANDSET) for n in range(2, 52))
            with contextlib.suppress(EOFError, OSError):
                connection.send(flood)
                while True:
                    frame = connection.read()
                    if frame.command_id == wire.UNBIND:
                        told.set()
                        if polite:
                            connection.send(wire.unbind_resp(frame.sequence))
                    elif frame.command_id == SUBMIT_RESP:
                        refused.append(frame.status)
                        number += 1
                        connection.send(wire.submit_sm(number, destination_addr=wire.HANDSET))

        workers = [threading.Thread(target=work, args=pair, daemon=True) for pair in zip(clients, unbound, strict=True)]
        for worker in workers:
            worker.start()
        time.sleep(1)
        began = time.monotonic()
        assert gateway.stop() == 0
        took = time.monotonic() - began
        figures(f"ended after {took:.2f} s, {len(refused)} responses")
        assert took < 11
        for worker in workers:
            worker.join(5)
        assert all(event.is_set() for event in unbound)
        assert set(refused) <= {0, 4}
        assert "Traceback" not in gateway.log()
        assert not gateway.ready_file.exists()
