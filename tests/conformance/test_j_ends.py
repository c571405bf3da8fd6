"""Section J, rows J10 and J11: the end of a session and of the gateway."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance import wire
from tests.conformance.raw import KINDS, Client
from tests.conformance.rows import row
from tests.conformance.storages import HeldStorage
from tests.conformance.wire import RESPONSE, SUBMIT_SM, UNBIND, Frame
from tests.doubles import Bench

SEQUENCE = 0x0000BEA7
DEMO = '[clients.demo]\npassword = "demo"\n'


@row("J10")
def test_an_unbind_is_answered_last(tmp_path: Path) -> None:
    """Everything before it is answered first, then unbind_resp, then the connection closes; nothing is lost."""
    path = tmp_path / "gateway.toml"
    path.write_text(DEMO + "window_in = 3\n")
    storage = HeldStorage()
    client = Client(Bench(config=str(path), storage=storage)).bind()
    storage.hold()
    submits = [wire.submit_sm(n, registered_delivery=1) for n in range(10, 20)]
    assert client.send(*submits, wire.unbind(20)) == []
    assert not client.closed
    storage.release()
    client.bench.settle()
    answers = client.frames()
    assert [answer.header for answer in answers[:-1]] == [(SUBMIT_SM | RESPONSE, 0, n) for n in range(10, 20)]
    assert answers[-1] == Frame(UNBIND | RESPONSE, 0, 20, b"")
    assert client.closed
    other = Client(client.bench).bind("BOUND_RX")
    client.bench.pass_time(1)
    assert len({receipt.tlv(0x001E) for receipt in other.deliveries()}) == 10


@pytest.mark.parametrize("state", KINDS)
@row("J10")
def test_unbind(bench: Bench, state: str) -> None:
    """unbind_resp ROK, then close."""
    client = Client(bench).bind(state)
    assert client.send(wire.unbind(SEQUENCE)) == [Frame(UNBIND | RESPONSE, 0, SEQUENCE, b"")]
    assert client.closed


@row("J10")
def test_what_was_not_acknowledged_before_an_unbind(bench: Bench) -> None:
    """It goes to the next session that receives."""
    client = Client(bench).bind()
    client.submit(2, destination_addr="7494", short_message=b"HELP")
    (lost,) = client.deliveries(acknowledge=False)
    assert client.ask(wire.unbind(3)).status == 0
    other = Client(bench).bind("BOUND_RX")
    bench.advance(3600)
    bench.pass_time(1)
    (again,) = other.deliveries()
    assert again.frame.body == lost.frame.body


@row("J11")
def test_a_shutdown_unbinds_everybody(bench: Bench) -> None:
    """unbind to each session, no new connections, and the end when all have answered."""
    clients = [Client(bench).bind(state) for state in KINDS]
    idle = Client(bench)
    stopped: list[object] = []
    bench.emulator.stop().addBoth(stopped.append)
    bench.settle()
    for client in clients:
        assert client.frames() == [Frame(UNBIND, 0, 1, b"")]
        assert not client.closed
    late = Client(bench)
    assert late.closed or late.send(wire.bind_transceiver(1)) == [] or late.closed
    assert stopped == []
    for client in clients:
        assert client.send(wire.unbind_resp(1)) == []
        assert client.closed
    bench.pass_time(11)
    assert idle.closed
    assert stopped == [None]


@row("J11")
def test_a_shutdown_waits_for_what_is_in_flight(bench: Bench) -> None:
    """A response to an earlier delivery still counts; a client that never answers is closed after the timer."""
    client, deaf = Client(bench).bind(), Client(bench).bind()
    client.submit(2, destination_addr="7494", short_message=b"HELP")
    (reply,) = client.deliveries(acknowledge=False)
    stopped: list[object] = []
    bench.emulator.stop().addBoth(stopped.append)
    bench.settle()
    (unbind,) = client.frames()
    assert client.acknowledge(reply) == []
    assert client.send(wire.unbind_resp(unbind.sequence)) == []
    assert client.closed
    bench.pass_time(5)
    assert not deaf.closed
    bench.pass_time(40)
    assert deaf.closed
    assert stopped == [None]
