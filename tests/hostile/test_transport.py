"""Rows T: connections that are silent, slow, sudden, many, or that never read. Time is the bench's."""

from __future__ import annotations

import pytest
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from tests.conformance import wire
from tests.conformance.raw import Client
from tests.conformance.wire import RESPONSE, Frame
from tests.doubles import DeferredStorage
from tests.hostile.conftest import Stage
from tests.hostile.rows import row
from tests.hostile.scene import RBINDFAIL, RTHROTTLED, HeldStorage, Scene, attack, bind, submit
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


@row("T-06")
def test_a_thousand_pdus_in_one_piece(scene: Scene) -> None:
    """All are answered, but not in one turn of the reactor: a text of somebody else is answered in between."""
    flood = b"".join(submit(number, destination_addr=wire.HANDSET) for number in range(1_000))
    scene.client.peer.protocol.dataReceived(flood)
    at_once = scene.client.frames()
    scene.witness.peer.protocol.dataReceived(submit(0x55, source_addr="79991110002"))
    between = scene.witness.frames()
    scene.bench.settle()
    later = scene.client.frames()
    assert 0 < len(at_once) <= 500
    assert [frame.header for frame in between][:1] == [(SUBMIT_RESP, 0, 0x55)]
    assert [frame.header for frame in at_once + later] == [(SUBMIT_RESP, 0, number) for number in range(1_000)]
    scene.witness.acknowledge(*only_deliveries(between + scene.witness.frames()))


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


@row("T-10", "T-11")
def test_a_peer_that_does_not_read(scene: Scene) -> None:
    """When its buffer is full we read no more of it and send it no more; after 30 s without progress it is dropped."""
    transport = scene.client.peer.transport
    assert transport.producer is scene.client.peer.protocol
    assert transport.streaming
    transport.producer.pauseProducing()
    assert not scene.client.peer.is_read
    scene.wait(29)
    assert not scene.client.peer.aborted
    scene.wait(2)
    assert scene.client.peer.aborted
    assert scene.client.closed


@row("T-11")
def test_a_peer_that_reads_slowly(scene: Scene) -> None:
    """While it reads at all, however slowly, it is not dropped, and what it sent is answered in the end."""
    transport = scene.client.peer.transport
    for number in range(5):
        transport.producer.pauseProducing()
        scene.wait(20)
        transport.producer.resumeProducing()
        assert scene.client.peer.is_read
        answers = [frame for frame in scene.client.send(submit(number)) if frame.command_id != wire.ENQUIRE_LINK]
        assert answers[0].header == (SUBMIT_RESP, 0, number)
        scene.client.acknowledge(*only_deliveries(answers))
        scene.client.frames()


@row("T-12")
def test_a_peer_that_acknowledges_nothing(scene: Scene) -> None:
    """Of a hundred replies ten are outstanding, the others wait in the books; of one subscriber, one."""
    frames = scene.client.send(*(submit(number, source_addr=f"7999222{number:04}") for number in range(100)))
    assert [frame.status for frame in frames if frame.command_id == SUBMIT_RESP] == [0] * 100
    assert len(only_deliveries(frames)) == 10
    assert len(waiting(scene)) == 100
    frames = scene.client.acknowledge(*only_deliveries(frames)[:3])
    assert len(only_deliveries(frames)) == 3
    assert len(waiting(scene)) == 97


@row("T-13")
def test_more_connections_than_allowed(stage: Stage) -> None:
    """One too many is closed at once; bound sessions and their number stay."""
    scene = stage(tables="[smpp]\nmax_connections = 5")
    others = [Client(scene.bench, "127.0.0.10") for _ in range(3)]
    for _ in range(50):
        assert Client(scene.bench, "127.0.0.10").closed
    assert not any(other.closed for other in others)
    scene.check_runs(submit(7))
    others[0].peer.close()
    assert not Client(scene.bench, "127.0.0.10").closed


@row("T-14")
def test_five_thousand_binds_in_a_moment(scene: Scene) -> None:
    """Wrong binds are refused with their code, soon unheard; the address that floods is slowed down, nobody else."""
    statuses = set()
    for _ in range(1_667):
        client = Client(scene.bench, "127.0.0.66")
        statuses |= {frame.status for frame in client.send(*(bind(number, password="x") for number in range(3)))}
        assert client.closed
    assert RBINDFAIL in statuses
    assert 0 not in statuses
    scene.check_runs(submit(7))


@row("T-15")
def test_many_idle_sessions(scene: Scene) -> None:
    """Idle sessions are held, and not all asked in the same moment."""
    idle = [Client(scene.bench, "127.0.0.20") for _ in range(200)]
    for client in idle:
        client.bind(system_id="other", password="other")
    asked: list[int] = []
    for _ in range(4 * 35):
        scene.bench.pass_time(0.25)
        now = 0
        for client in idle:
            for frame in client.frames():
                assert frame.command_id == wire.ENQUIRE_LINK
                client.send(wire.enquire_link_resp(frame.sequence))
                now += 1
        asked.append(now)
        scene.check_witness_is_left_alone()
    assert not any(client.closed for client in idle)
    assert sum(asked) >= 200
    assert max(asked) <= 50


@row("T-16")
def test_an_enquire_link_flood(scene: Scene) -> None:
    """Every one is answered, in turns."""
    flood = b"".join(wire.enquire_link(number) for number in range(5_000))
    scene.client.peer.protocol.dataReceived(flood)
    scene.witness.peer.protocol.dataReceived(submit(0x55, source_addr="79991110002"))
    between = scene.witness.frames()
    assert [frame.header for frame in between][:1] == [(SUBMIT_RESP, 0, 0x55)]
    scene.bench.settle()
    assert [frame.sequence for frame in scene.client.frames()] == list(range(5_000))
    scene.witness.acknowledge(*only_deliveries(between + scene.witness.frames()))


@row("T-16")
def test_enquire_link_is_no_activity(stage: Stage) -> None:
    """With an inactivity limit, a client that only asks whether we are there is unbound."""
    scene = stage(tables="[smpp.session]\ninactivity = 20")
    told: list[Frame] = []
    for number in range(30):
        scene.bench.pass_time(1)
        scene.witness.acknowledge(*only_deliveries(scene.witness.send(submit(number, source_addr="79991110002"))))
        told += [frame for frame in scene.client.send(wire.enquire_link(number)) if frame.command_id == wire.UNBIND]
    assert len(told) == 1


@row("T-17")
def test_above_the_rate(stage: Stage) -> None:
    """What is above the rate is refused at once and not stored; the session is kept, and later it may again."""
    scene = stage(demo="rate = 10")
    frames = scene.client.send(*(submit(number, destination_addr=wire.HANDSET) for number in range(100)))
    statuses = [frame.status for frame in frames]
    assert set(statuses) == {0, RTHROTTLED}
    assert all(frame.body == b"" for frame in frames if frame.status)
    stored = scene.bench.read(lambda books: [books.messages.get(number) for number in range(1, 200)])
    assert sum(message is not None for message in stored) == statuses.count(0)
    assert 2 <= statuses.count(0) <= 20
    scene.check_refused(attack(), RTHROTTLED)
    scene.wait(2)
    scene.check_runs(submit(7))


@row("T-18")
def test_ten_thousand_without_waiting(stage: Stage) -> None:
    """Ten are worked on, a few more are parked, and then nothing more is read until there are answers."""
    storage = HeldStorage()
    scene = stage(storage=storage)
    storage.held = True
    requests = [submit(number, destination_addr=wire.HANDSET) for number in range(10_000)]
    sent = 0
    while scene.client.peer.is_read and sent < 10_000:
        scene.client.peer.send(b"".join(requests[sent : sent + 10]))
        sent += 10
    assert sent <= 200
    assert len(storage.waiting) == 10
    storage.release()
    scene.bench.settle()
    assert scene.client.peer.is_read
    assert [frame.header for frame in scene.client.frames()] == [(SUBMIT_RESP, 0, number) for number in range(sent)]


@row("T-18")
def test_ten_thousand_refused(stage: Stage) -> None:
    """A client set so is told at once: ten are worked on, all others are refused and not stored."""
    storage = HeldStorage()
    scene = stage(storage=storage, demo='beyond_window = "refuse"')
    storage.held = True
    frames = scene.client.send(*(submit(number, destination_addr=wire.HANDSET) for number in range(10_000)))
    assert frames == [Frame(SUBMIT_RESP, RTHROTTLED, number, b"") for number in range(10, 10_000)]
    assert len(storage.waiting) == 10
    storage.release()
    scene.bench.settle()
    assert [frame.header for frame in scene.client.frames()] == [(SUBMIT_RESP, 0, number) for number in range(10)]


@pytest.mark.parametrize("octets", [TLS_HELLO, HTTP_REQUEST], ids=["TLS", "HTTP"])
@pytest.mark.parametrize("state", [None, "BOUND_TRX"], ids=["open", "bound"])
@row("T-19")
def test_other_protocols(stage: Stage, state: str | None, octets: bytes) -> None:
    """They are told so in ours, and the connection is closed."""
    stage(state=state).check_nacked_and_closed(octets, int.from_bytes(octets[12:16], "big"))


@row("T-21")
def test_sessions_beyond_the_limit(stage: Stage) -> None:
    """From wherever: refused, and those that are bound stay; a place that is given up can be taken."""
    scene = stage(demo="sessions = 2")
    first = scene.client
    second = scene.connect("10.0.0.2")
    scene.bind()
    scene.connect("10.0.0.3")
    scene.check_refused(bind(), RBINDFAIL)
    first.check_usable()
    second.peer.close()
    scene.bind()
