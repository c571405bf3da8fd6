"""Hostile loads over real sockets: minutes of flooding, never reading, thousands of connections, an end under load."""

from __future__ import annotations

import contextlib
import resource
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance import wire
from tests.conformance.wire import RESPONSE
from tests.live.gateways import Gateway
from tests.live.sockets import (
    SERVED,
    Connection,
    configured,
    figures,
    memory_of,
    wait_for_balance,
    wait_until,
    witnessed,
)

pytestmark = [pytest.mark.live, pytest.mark.slow]

MIB = 1024 * 1024
SUBMIT_RESP = wire.SUBMIT_SM | RESPONSE


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One gateway with the settings as they come; what one test does to it, the next one finds."""
    with configured(tmp_path_factory.mktemp("gateway")) as ready:
        yield ready


def is_closed(connection: Connection) -> bool:
    """Whether the gateway has dropped a connection that cannot be written to."""
    try:
        connection.socket.send(b"\0")
    except TimeoutError:
        return False
    except OSError:
        return True
    return False


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


def test_a_thousand_wrong_binds(gateway: Gateway) -> None:
    """H-20: all refused, the last of each connection closes it; afterwards the right password still opens."""
    statuses = []
    with witnessed_while_blocked(gateway), contextlib.ExitStack() as stack:
        # All at once: from the 21st on each answer is late.
        connections = [stack.enter_context(Connection(gateway)) for _ in range(334)]
        for number, connection in enumerate(connections):
            for wrong in (f"w{number}", "", "x" * 8):
                connection.send(wire.bind_transceiver(1, password=wrong))
        for connection in connections:
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
        assert max(wait_for_balance(witness, gateway) for _ in range(20)) < SERVED
    assert "Traceback" not in gateway.log()


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


@pytest.mark.parametrize("polite", [True, False], ids=["polite", "stubborn"])
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
