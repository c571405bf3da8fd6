"""Rows T, the many: floods, windows, rates, connections, and peers that do not read. Time is the bench's."""

from __future__ import annotations

from twisted.logger import LogEvent

from tests.conformance import wire
from tests.conformance.raw import Client
from tests.conformance.wire import RESPONSE, Frame
from tests.hostile.conftest import Stage
from tests.hostile.rows import row
from tests.hostile.scene import RBINDFAIL, RTHROTTLED, HeldStorage, Scene, attack, bind, submit
from tests.hostile.test_sessions import only_deliveries, waiting

SUBMIT_RESP = wire.SUBMIT_SM | RESPONSE


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


@row("T-10", "T-11")
def test_a_peer_that_does_not_read(scene: Scene, log: list[LogEvent]) -> None:
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
    assert sum("closed" in str(event.get("log_format")) for event in log) == 1, "logged once"


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


@row("T-11")
def test_a_pdu_that_we_did_not_read_to_its_end(scene: Scene) -> None:
    """While we do not read, the time for the rest of a PDU does not run: it is not the peer that is slow."""
    octets = submit(7)
    assert scene.client.send(octets[:20]) == []
    scene.client.peer.transport.producer.pauseProducing()
    scene.wait(15)
    assert not scene.client.closed
    scene.client.peer.transport.producer.resumeProducing()
    scene.check_replied(scene.client.send(octets[20:]), wire.SUBMIT_SM, 7, "Balance:")


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
    clients = [Client(scene.bench, "127.0.0.66") for _ in range(1_667)]
    for client in clients:
        client.peer.send(b"".join(bind(number, password="x") for number in range(3)))
    scene.wait(1)
    statuses = {frame.status for client in clients for frame in client.frames()}
    assert all(client.closed for client in clients)
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
def test_a_window_that_is_full_for_long(stage: Stage) -> None:
    """When the storage takes its time and nothing more is read, the rest of a PDU may come when it can."""
    storage = HeldStorage()
    scene = stage(storage=storage)
    storage.held = True
    stream = b"".join(submit(number, destination_addr=wire.HANDSET) for number in range(200))
    sent = 0
    while scene.client.peer.is_read:
        scene.client.peer.send(stream[sent : sent + 97])
        sent += 97
    assert sent % len(submit(7, destination_addr=wire.HANDSET)), "no PDU was cut"
    scene.wait(15)
    assert not scene.client.closed
    storage.release()
    scene.bench.settle()
    scene.client.peer.send(stream[sent:])
    answers = scene.client.frames()
    assert [frame.header for frame in answers] == [(SUBMIT_RESP, 0, number) for number in range(200)]


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
