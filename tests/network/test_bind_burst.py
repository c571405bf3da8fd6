"""When a server comes back all its clients bind at once."""

from __future__ import annotations

from gateway.network.smpp_listener import BINDS_PER_TURN
from tests.conformance import wire
from tests.doubles import Bench


def test_binds_beyond_those_of_a_turn_wait_for_the_next() -> None:
    """However many bind at once, a turn answers so many and no more; all are answered in the end, in order."""
    bench = Bench()
    peers = [bench.connect() for _ in range(2 * BINDS_PER_TURN + 10)]
    for peer in peers:
        peer.protocol.dataReceived(wire.bind_transceiver(1))

    def answered() -> list[int]:
        return [number for number, peer in enumerate(peers) if peer.transport.value()]

    assert answered() == list(range(BINDS_PER_TURN))
    bench.settle()
    assert answered() == list(range(len(peers)))
    late = bench.connect()
    late.send(wire.bind_transceiver(1))
    assert late.received()


def test_who_leaves_before_its_turn_leaves_nothing_behind() -> None:
    """A connection that is closed while its bind waits is not bound when its turn comes."""
    bench = Bench()
    peers = [bench.connect() for _ in range(BINDS_PER_TURN + 1)]
    for peer in peers:
        peer.protocol.dataReceived(wire.bind_transceiver(1))
    peers[-1].close()
    bench.settle()
    assert len(bench.emulator.exchange.bindings) == BINDS_PER_TURN
