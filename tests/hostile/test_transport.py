"""Rows T: connections that are silent, slow, sudden, many, or that never read. Time is the bench's."""

from __future__ import annotations

import pytest
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from tests.conformance import wire
from tests.conformance.wire import RESPONSE, Frame
from tests.doubles import DeferredStorage
from tests.hostile.conftest import Stage
from tests.hostile.rows import row
from tests.hostile.scene import HeldStorage, Scene, attack, bind, submit
from tests.hostile.test_sessions import only_deliveries, waiting

SUBMIT_RESP = wire.SUBMIT_SM | RESPONSE
TLS_HELLO = bytes.fromhex("1603010200010001fc0303") + bytes(range(200))
HTTP_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost:2775\r\nUser-Agent: curl/8.0\r\nAccept: */*\r\n\r\n"


@row("T-01")
def test_a_silent_connection(unbound: Scene) -> None:
    """Ten seconds to bind, then it is closed without a word."""
    unbound.wait(9.5)
    assert not unbound.client.closed
    unbound.wait(1)
    assert unbound.client.closed
    assert unbound.client.frames() == []


@pytest.mark.parametrize("state", [None, "BOUND_TRX"], ids=["open", "bound"])
@row("T-02")
def test_an_octet_now_and_then(stage: Stage, state: str | None) -> None:
    """The ten seconds are for the whole PDU, not for each octet of it."""
    scene = stage(state=state)
    before = scene.ledger()
    octets = attack() if state else bind()
    fed = 0
    for octet in octets:
        scene.client.peer.send(bytes([octet]))
        if scene.client.closed:
            break
        fed += 1
        scene.wait(0.4)
    assert scene.client.closed
    assert 24 <= fed <= 28
    assert scene.ledger() == before


@row("T-03")
def test_most_of_a_header_and_silence(scene: Scene) -> None:
    """Fifteen octets of a header are waited for ten seconds."""
    scene.client.peer.send(attack()[:15])
    scene.wait(9.5)
    assert not scene.client.closed
    scene.wait(1)
    assert scene.client.closed


@pytest.mark.parametrize("at", [1, 4, 15, 16, 30])
@row("T-04")
def test_a_pause_inside_a_pdu(scene: Scene, at: int) -> None:
    """What came before the pause is kept: one PDU, and the next one is in step."""
    octets = submit(7)
    assert scene.client.send(octets[:at]) == []
    scene.wait(8)
    scene.check_replied(scene.client.send(octets[at:]), wire.SUBMIT_SM, 7, "Balance:")
    scene.client.check_usable()


@row("T-05")
def test_an_octet_for_each_segment(unbound: Scene) -> None:
    """However a stream is cut, the same is answered."""
    frames: list[Frame] = []
    for octet in bind() + submit(7) + wire.enquire_link(8):
        frames += unbound.client.send(bytes([octet]))
    assert [frame.header for frame in frames if frame.command_id != wire.DELIVER_SM] == [
        (wire.BIND_TRANSCEIVER | RESPONSE, 0, 1),
        (SUBMIT_RESP, 0, 7),
        (wire.ENQUIRE_LINK | RESPONSE, 0, 8),
    ]
    (reply,) = only_deliveries(frames)
    assert "Balance:" in reply.text
    unbound.client.acknowledge(reply)


@pytest.mark.parametrize("size", [1, 15, 16, 40, -1])
@row("T-07")
def test_gone_in_the_middle_of_a_pdu(scene: Scene, size: int) -> None:
    """FIN: the piece is dropped, nothing of it runs."""
    before = scene.ledger()
    scene.client.peer.send(attack()[:size])
    scene.client.peer.close()
    assert scene.ledger() == before


@row("T-07")
def test_reset_in_the_middle_of_a_pdu(scene: Scene) -> None:
    """RST: the same."""
    before = scene.ledger()
    peer = scene.client.peer
    peer.send(attack()[:40])
    peer.closed = True
    peer.protocol.connectionLost(Failure(ConnectionLost()))
    scene.bench.settle()
    assert scene.ledger() == before


@pytest.mark.parametrize("kind", ["direct", "deferred", "held"])
@row("T-08")
def test_reset_right_after_a_submit(stage: Stage, kind: str) -> None:
    """The command ran once or not at all; if it ran, its reply comes with the next bind, once."""
    storage = {"direct": HeldStorage(), "held": HeldStorage(), "deferred": DeferredStorage()}[kind]
    scene = stage(storage=storage)
    if isinstance(storage, HeldStorage):
        storage.held = kind == "held"
    peer = scene.client.peer
    peer.protocol.dataReceived(attack())
    peer.closed = True
    peer.protocol.connectionLost(Failure(ConnectionLost()))
    if isinstance(storage, HeldStorage):
        storage.release()
    scene.bench.settle()
    entries = scene.bench.read(lambda books: books.entries.of(wire.SUBSCRIBER, 10))
    assert len(entries) <= 1
    scene.rebind()
    replies = only_deliveries(scene.client.frames())
    assert [("Новый ПИН" in reply.text) for reply in replies] == [True] * len(entries)
    scene.client.acknowledge(*replies)
    assert waiting(scene) == []


@row("T-09")
def test_a_peer_that_is_gone_without_a_word(scene: Scene) -> None:
    """No answer to a delivery, none to enquire_link: dropped within a minute, and the delivery waits for a bind."""
    (_, delivery) = scene.client.send(submit(7))
    reply = wire.delivered(delivery)
    scene.wait(62)
    assert scene.client.closed
    asked = [frame for frame in scene.client.frames() if frame.command_id == wire.ENQUIRE_LINK]
    assert len(asked) == 1
    assert waiting(scene) == [2]
    scene.rebind()
    again = only_deliveries(scene.client.frames())
    assert [repeated.frame.body for repeated in again] == [reply.frame.body]
    scene.client.acknowledge(*again)
    assert waiting(scene) == []


@pytest.mark.parametrize("octets", [TLS_HELLO, HTTP_REQUEST], ids=["TLS", "HTTP"])
@pytest.mark.parametrize("state", [None, "BOUND_TRX"], ids=["open", "bound"])
@row("T-19")
def test_other_protocols(stage: Stage, state: str | None, octets: bytes) -> None:
    """They are told so in ours, and the connection is closed."""
    stage(state=state).check_nacked_and_closed(octets, int.from_bytes(octets[12:16], "big"))
