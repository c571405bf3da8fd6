"""Section J: timers, windows, throttling, unbind, PDU size. SMPP timers run on the monotonic clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.storage.memory import MemoryStorage
from tests.conformance import wire
from tests.conformance.raw import KINDS, Client, configured, message_id
from tests.conformance.rows import row
from tests.conformance.storages import HeldStorage
from tests.conformance.wire import ENQUIRE_LINK, RESPONSE, SUBMIT_SM, UNBIND, Frame, tlv
from tests.doubles import Bench, FailingStorage

SEQUENCE = 0x0000BEA7
DEMO = '[clients.demo]\npassword = "demo"\n'


def session(tmp_path: Path, keys: str) -> Client:
    """A transceiver of a gateway with these `[smpp.session]` keys."""
    return Client(configured(tmp_path, f"[smpp.session]\n{keys}\n")).bind()


def enquiries(client: Client) -> list[Frame]:
    """Our enquire_links since the last look; nothing else may have come."""
    found = client.frames()
    assert {frame.command_id for frame in found} <= {ENQUIRE_LINK}
    return found


def until_enquired(client: Client, within: float) -> None:
    """Let time pass until our enquire_link is there (sessions are staggered, so the first may come early)."""
    for _ in range(int(within / 0.25) + 1):
        client.bench.pass_time(0.25)
        if enquiries(client):
            return
    raise AssertionError("no enquire_link")


@row("J1")
def test_a_connection_that_does_not_bind_is_closed(bench: Bench) -> None:
    """After ten seconds, whatever it said meanwhile: enquire_links are answered and buy no time."""
    silent, chatty = Client(bench), Client(bench)
    for n in range(19):
        bench.pass_time(0.5)
        assert chatty.ask(wire.enquire_link(n)).status == 0
        assert not silent.closed
    bench.pass_time(1)
    assert silent.closed
    assert chatty.closed
    assert silent.frames() == []


@row("J1")
def test_a_connection_that_has_bound_stays(bench: Bench) -> None:
    """The timer ends with the bind, even one at the last moment."""
    client = Client(bench)
    bench.pass_time(9.5)
    client.bind()
    bench.pass_time(15)
    client.check_usable()


@pytest.mark.parametrize("octets", [b"\0", b"\0\0\0", wire.enquire_link()[:15], wire.submit_sm()[:-1]], ids=len)
@row("J1")
def test_half_a_pdu_is_not_waited_for_for_ever(bound: Client, octets: bytes) -> None:
    """The whole of a PDU must come within ten seconds of its first octet, not octet by octet."""
    bound.send(octets)
    for _ in range(9):
        bound.bench.pass_time(1)
        assert not bound.closed
    bound.bench.pass_time(2)
    assert bound.closed


@pytest.mark.parametrize("state", KINDS)
@row("J2")
def test_silence_is_broken_by_an_enquire_link(bench: Bench, state: str) -> None:
    """After about thirty seconds (sessions are staggered within them), and again after each answer."""
    client = Client(bench).bind(state)
    for n in range(1, 4):
        bench.pass_time(31)
        (enquiry,) = enquiries(client)
        assert enquiry == Frame(ENQUIRE_LINK, 0, n, b"")
        assert client.send(wire.enquire_link_resp(n)) == []
        bench.pass_time(5)
        assert enquiries(client) == []


@row("J2")
def test_an_enquire_link_that_is_not_answered(bound: Client) -> None:
    """Thirty seconds later the connection is dropped."""
    until_enquired(bound, 30)
    bound.bench.pass_time(29)
    assert not bound.closed
    bound.bench.pass_time(1.5)
    assert bound.closed


@row("J2")
def test_traffic_is_no_silence(bound: Client) -> None:
    """A client that speaks is not asked."""
    for n in range(20):
        bound.bench.pass_time(5)
        bound.submit(n)
        assert enquiries(bound) == []


@row("J3")
def test_inactivity_ends_a_session(tmp_path: Path) -> None:
    """Messages count, enquire_links do not."""
    client = session(tmp_path, "inactivity = 60")
    for n in range(4):
        client.bench.pass_time(25)
        client.submit(n)
        for enquiry in enquiries(client):
            client.send(wire.enquire_link_resp(enquiry.sequence))
    for n in range(6):
        client.bench.pass_time(9)
        assert not client.closed
        client.ask(wire.enquire_link(100 + n))
        for enquiry in enquiries(client):
            client.send(wire.enquire_link_resp(enquiry.sequence))
    client.bench.pass_time(10)
    found = client.frames()
    if not client.closed:  # 5.0 lets us unbind first
        (unbind,) = found
        assert unbind.command_id == UNBIND
        client.send(wire.unbind_resp(unbind.sequence))
    assert client.closed


@row("J3")
def test_inactivity_is_off_by_default(bound: Client) -> None:
    """A session that answers our enquire_links lives for an hour without a message."""
    for _ in range(240):
        bound.bench.pass_time(15, step=5)
        for enquiry in enquiries(bound):
            bound.send(wire.enquire_link_resp(enquiry.sequence))
    bound.check_usable()


@row("J4")
def test_a_request_without_a_response_was_not_processed(tmp_path: Path) -> None:
    """After the response timer the delivery is repeated; the place in the window is free."""
    client = session(tmp_path, "response = 5\n")
    client.submit(2, destination_addr="7494", short_message=b"HELP")
    (lost,) = client.deliveries(acknowledge=False)
    client.bench.pass_time(4.5)
    assert client.frames() == []
    client.bench.pass_time(1)
    client.bench.advance(3600)
    (again,) = client.deliveries()
    assert again.octets == lost.octets
    client.check_usable()


@row("J5")
def test_timers_are_settings(tmp_path: Path) -> None:
    """session_init, enquire_link, response and the read deadline."""
    bench = session(tmp_path, "session_init = 2\nenquire_link = 3\nresponse = 4\nread_deadline = 1").bench
    late, slow = Client(bench), Client(bench).bind()
    slow.send(b"\0")
    bench.pass_time(1.5)
    assert slow.closed
    assert not late.closed
    bench.pass_time(1)
    assert late.closed
    asked = Client(bench).bind()
    until_enquired(asked, 3)
    bench.pass_time(3.5)
    assert not asked.closed
    bench.pass_time(1)
    assert asked.closed


@pytest.mark.parametrize(("keys", "window"), [("", 10), ("window_out = 3\n", 3), ("window_out = 1\n", 1)])
@row("J6")
def test_our_window(tmp_path: Path, keys: str, window: int) -> None:
    """So many deliveries wait for their responses, ten by default; the next goes out when one is answered."""
    client = Client(configured(tmp_path, DEMO + keys)).bind()
    for n in range(15):
        client.submit(n, source_addr=f"799911{n:05}", destination_addr="7494", short_message=b"HELP")
    waiting = client.deliveries(acknowledge=False)
    assert len(waiting) == window
    seen = len(waiting)
    while waiting:
        fresh = [wire.delivered(frame) for frame in client.acknowledge(waiting.pop(0))]
        assert len(fresh) <= 1
        waiting += fresh
        seen += len(fresh)
        assert len(waiting) <= window
    assert seen == 15


@row("J6")
def test_the_clients_window_parks(tmp_path: Path) -> None:
    """What is beyond it waits, is answered in its turn, and holds up neither enquire_links nor responses."""
    path = tmp_path / "gateway.toml"
    path.write_text(DEMO + "window_in = 2\n")
    storage = HeldStorage()
    client = Client(Bench(config=str(path), storage=storage)).bind()
    storage.hold()
    assert client.send(*(wire.submit_sm(n) for n in range(10, 15))) == []
    client.check_usable()
    storage.release()
    client.bench.settle()
    assert [answer.header for answer in client.frames()] == [(SUBMIT_SM | RESPONSE, 0, n) for n in range(10, 15)]


@row("J6")
def test_the_clients_window_refuses(tmp_path: Path) -> None:
    """Where it is so configured, what is beyond it is answered 0x58 at once and not stored."""
    path = tmp_path / "gateway.toml"
    path.write_text(DEMO + 'window_in = 2\nbeyond_window = "refuse"\n')
    storage = HeldStorage()
    client = Client(Bench(config=str(path), storage=storage)).bind()
    storage.hold()
    refused = client.send(*(wire.submit_sm(n, registered_delivery=1) for n in range(10, 15)))
    assert refused == [Frame(SUBMIT_SM | RESPONSE, 0x58, n, b"") for n in (12, 13, 14)]
    client.check_usable()
    storage.release()
    client.bench.settle()
    assert [answer.header for answer in client.frames()] == [(SUBMIT_SM | RESPONSE, 0, n) for n in (10, 11)]
    client.bench.pass_time(1)
    assert len(client.deliveries()) == 2
    client.submit(20)


@row("J7")
def test_a_rate_that_is_exceeded(tmp_path: Path) -> None:
    """0x58, nothing is stored, the session goes on, and a second later there is room again."""
    client = Client(configured(tmp_path, DEMO + "rate = 5\nwindow_in = 100\n")).bind()
    answers = client.send(*(wire.submit_sm(n, registered_delivery=1) for n in range(50)))
    accepted = [answer for answer in answers if answer.status == 0]
    refused = [answer for answer in answers if answer.status != 0]
    assert 1 <= len(accepted) <= 10
    assert {(answer.command_id, answer.status, answer.body) for answer in refused} == {
        (SUBMIT_SM | RESPONSE, 0x58, b"")
    }
    assert len(answers) == 50
    client.check_usable()
    client.bench.pass_time(2)
    assert len(client.deliveries()) == len(accepted)
    client.submit(60)


@pytest.mark.parametrize("rate", ["100", "0"])
@row("J7")
def test_a_rate_that_is_kept(tmp_path: Path, rate: str) -> None:
    """Two at once under a limit of a hundred a second pass; 0 is no limit."""
    client = Client(configured(tmp_path, DEMO + f"rate = {rate}\nwindow_in = 100\n")).bind()
    count = 2 if rate == "100" else 90
    for _ in range(5):
        answers = client.send(*(wire.submit_sm(n) for n in range(count)))
        assert [answer.status for answer in answers] == [0] * count
        client.bench.pass_time(1)


@row("J8")
def test_a_store_that_is_full() -> None:
    """Where nothing can be forgotten the next message is refused with 0x14; with room again it is taken."""
    client = Client(Bench(storage=MemoryStorage(finished_kept=3))).bind()
    ids: list[str] = []
    while len(ids) < 10:
        answer = client.ask(wire.submit_sm(SEQUENCE, schedule_delivery_time="000001000000000R"))
        if answer.status:
            break
        ids.append(message_id(answer))
    assert answer == Frame(SUBMIT_SM | RESPONSE, 0x14, SEQUENCE, b"")
    client.check_usable()
    assert len(ids) >= 3
    assert client.ask(wire.cancel_sm(9, message_id=ids[0])).status == 0
    client.submit(10)


@pytest.mark.parametrize("name", ["submit_sm", "submit_multi", "data_sm"])
@row("J8")
def test_a_store_that_fails(name: str) -> None:
    """0x08 (or 0x14 while nothing can be stored), and the next one is taken."""
    storage = FailingStorage()
    client = Client(Bench(storage=storage)).bind()
    command_id, build, _ = wire.REQUESTS[name]
    storage.errors = [OSError(28, "No space left on device")]
    client.check_refusal(build(SEQUENCE), command_id | RESPONSE, 0x08, 0x14, sequence=SEQUENCE)
    client.submit(3)


@pytest.mark.parametrize("version", [0x33, 0x34, 0x50], ids=hex)
@row("J9")
def test_congestion_state_is_for_5_0(bench: Bench, version: int) -> None:
    """A response carries no TLV, but to a 5.0 client it may carry congestion_state, 0 to 100."""
    client = Client(bench).bind(interface_version=version)
    for octets in (wire.submit_sm(2), wire.data_sm(3)):
        answer = client.ask(octets)
        reader = wire.Reader(answer.body)
        reader.text()
        for tag, value in reader.tlvs():
            assert (version, tag, len(value)) == (0x50, 0x0428, 1)
            assert value[0] <= 100


@row("J12")
def test_the_largest_pdu_before_a_bind(bench: Bench) -> None:
    """512 octets."""
    room = 512 - len(wire.bind_transceiver()) - 4
    client = Client(bench)
    answer = client.ask(wire.bind_transceiver(SEQUENCE, tail=tlv(0x1400, bytes(room))))
    assert answer.header == (wire.BIND_TRANSCEIVER | RESPONSE, 0, SEQUENCE)
    client = Client(bench)
    octets = wire.bind_transceiver(SEQUENCE, tail=tlv(0x1400, bytes(room + 1)))
    assert len(octets) == 513
    assert client.send(octets) == [Frame(wire.GENERIC_NACK, 0x02, SEQUENCE, b"")]
    assert client.closed


@row("J12")
def test_the_bounds_are_settings(tmp_path: Path) -> None:
    """frame_before_bind and frame."""
    client = session(tmp_path, "frame_before_bind = 100\nframe = 1000")
    answer = client.ask(wire.submit_sm(2, tail=tlv(0x1400, bytes(1000 - len(wire.submit_sm()) - 4))))
    assert message_id(answer)
    assert client.send(wire.pdu(SUBMIT_SM, sequence=3, length=1001)) == [Frame(wire.GENERIC_NACK, 0x02, 3, b"")]
    assert client.closed
    other = Client(client.bench)
    assert other.send(wire.pdu(wire.BIND_RECEIVER, sequence=4, length=101))[0].status == 0x02
    assert other.closed


@row("J13")
def test_enquire_link_is_answered_always(bound: Client) -> None:
    """ROK, also a hundred at once, also between the halves of other work."""
    answers = bound.send(*(wire.enquire_link(n) for n in range(100)))
    assert answers == [Frame(ENQUIRE_LINK | RESPONSE, 0, n, b"") for n in range(100)]


@pytest.mark.parametrize(
    "answer",
    [wire.submit_sm(2), wire.enquire_link(2), wire.generic_nack(1), wire.query_sm(2), wire.enquire_link_resp(77)],
    ids=["submit_sm", "enquire_link", "generic_nack", "query_sm", "another_enquire_link_resp"],
)
@row("J13")
def test_any_pdu_answers_our_enquire_link(bound: Client, answer: bytes) -> None:
    """A client that sends something valid is alive (3.4 §4.11)."""
    until_enquired(bound, 30)
    bound.bench.pass_time(20)
    bound.send(answer)
    bound.bench.pass_time(15)
    assert not bound.closed
    bound.frames()
    bound.check_usable()
