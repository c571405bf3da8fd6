"""Section B: what is valid in which state. Every PDU is tried in every state."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance import wire
from tests.conformance.raw import KINDS, Client, configured
from tests.conformance.rows import row
from tests.conformance.wire import GENERIC_NACK, RESPONSE, Frame
from tests.doubles import Bench

SEQUENCE = 0x0BADCAFE & 0x7FFFFFFF
STATES = ["OPEN", "BOUND_TX", "BOUND_RX", "BOUND_TRX", "UNBOUND"]
REFUSED = 0x04
NOTHING = None
SERVED = -1
"""Processed: the operation's own verdict, never a state's."""

Verdicts = tuple[int | None, int | None, int | None, int | None, int | None]
"""What a PDU gets in each of STATES: a command_status in its own response, SERVED, or NOTHING at all."""

BINDS: Verdicts = (0, 0x05, 0x05, 0x05, REFUSED)
SUBMITS: Verdicts = (REFUSED, SERVED, REFUSED, SERVED, REFUSED)
IGNORED: Verdicts = (NOTHING,) * 5

REQUESTS: dict[str, tuple[str, Verdicts]] = {
    "bind_transmitter": ("B1", BINDS),
    "bind_receiver": ("B1", BINDS),
    "bind_transceiver": ("B1", BINDS),
    "unbind": ("B2", (REFUSED, 0, 0, 0, REFUSED)),
    "submit_sm": ("B4", SUBMITS),
    "submit_multi": ("B4", SUBMITS),
    "data_sm": ("B5", SUBMITS),
    "query_sm": ("B6", SUBMITS),
    "cancel_sm": ("B6", SUBMITS),
    "replace_sm": ("B7", SUBMITS),
    "enquire_link": ("B10", (0, 0, 0, 0, 0)),
}
SILENT: dict[str, tuple[str, bytes]] = {
    **{
        name: (
            {"unbind_resp": "B3", "enquire_link_resp": "B3", "deliver_sm_resp": "B8", "data_sm_resp": "B9"}.get(
                name, "B3"
            ),
            build(SEQUENCE),
        )
        for name, build in wire.RESPONSES.items()
        if name != "unbind_resp"
    },
    "generic_nack": ("B11", wire.generic_nack(SEQUENCE, status=0x03)),
    "generic_nack-ok": ("B11", wire.generic_nack(SEQUENCE)),
    "generic_nack-0": ("B11", wire.generic_nack(0, status=0x02)),
    "unknown_resp": ("B11", wire.pdu(0x8000000A, b"", SEQUENCE)),
    "alert_notification_resp": ("B11", wire.pdu(0x80000102, b"", SEQUENCE)),
    "vendor_resp": ("B11", wire.pdu(0x80010200, b"body", SEQUENCE)),
}
NACKED: dict[str, bytes] = {
    "deliver_sm": wire.deliver_sm(SEQUENCE),
    "alert_notification": wire.alert_notification(SEQUENCE),
    "outbind": wire.outbind(SEQUENCE),
    "reserved-0x0A": wire.pdu(0x0A, b"", SEQUENCE),
    "reserved-0x16": wire.pdu(0x16, b"", SEQUENCE),
    "reserved-0": wire.pdu(0, b"", SEQUENCE),
    "broadcast_sm": wire.pdu(0x111, bytes(20), SEQUENCE),
    "vendor-0x10200": wire.pdu(0x10200, b"body", SEQUENCE),
    "vendor-0x102FF": wire.pdu(0x102FF, b"", SEQUENCE),
    "unknown-0x7FFFFFFF": wire.pdu(0x7FFFFFFF, b"", SEQUENCE),
}


def session(state: str) -> Client:
    """A session in ``state``; UNBOUND is after our own unbind, which the client has not answered yet."""
    client = Client(Bench())
    if state == "OPEN":
        return client
    if state == "UNBOUND":
        client.bind()
        client.bench.emulator.stop()
        client.bench.settle()
        (unbind,) = client.frames()
        assert unbind == Frame(wire.UNBIND, 0, 1, b"")
        return client
    return client.bind(state)


def check_state(client: Client, state: str) -> None:
    """The session is in the state in which it was, and usable as far as that goes."""
    client.check_usable()
    answer = client.ask(wire.submit_sm(SEQUENCE + 1))
    assert (answer.status == 0) == (state in ("BOUND_TX", "BOUND_TRX"))
    answer = client.ask(wire.bind_receiver(SEQUENCE + 2))
    assert answer.status == {"OPEN": 0, "UNBOUND": REFUSED}.get(state, 0x05)


def product(cases: dict[str, str]) -> pytest.MarkDecorator:
    """Each case in each state; the ids begin with the row."""
    return pytest.mark.parametrize(
        ("name", "state"),
        [pytest.param(name, state, id=f"{rows}-{name}-{state}") for name, rows in cases.items() for state in STATES],
    )


@product({name: rows for name, (rows, _) in REQUESTS.items()})
def test_each_request_in_each_state(name: str, state: str) -> None:
    """Table 2-1 of SMPP 3.4 as the matrix settles it; data_sm of a receiver is refused, replace_sm of a transceiver is
    not; an enquire_link is answered everywhere."""
    command_id, build, _ = wire.REQUESTS[name]
    expected = REQUESTS[name][1][STATES.index(state)]
    client = session(state)
    answer = client.ask(build(SEQUENCE))
    assert (answer.command_id, answer.sequence) == (command_id | RESPONSE, SEQUENCE)
    if expected == SERVED:
        assert answer.status in (0, 0x0C)  # there is no message "1" to query, cancel or replace
    else:
        assert answer.status == expected
    if answer.status:
        assert answer.body == b""
    if name == "unbind" and expected == 0:
        assert client.closed
    elif name.startswith("bind") and expected == 0:
        check_state(client, {build: state for state, build in KINDS.items()}[build])
    else:
        check_state(client, state)


@product({name: rows for name, (rows, _) in SILENT.items()})
def test_each_response_in_each_state(name: str, state: str) -> None:
    """What answers nothing is ignored in every state."""
    client = session(state)
    assert client.send(SILENT[name][1]) == []
    check_state(client, state)


@pytest.mark.parametrize("state", STATES)
@row("B3")
def test_unbind_resp_in_each_state(state: str) -> None:
    """It ends the session that we have unbound; elsewhere it is ignored."""
    client = session(state)
    if state == "UNBOUND":
        assert client.send(wire.unbind_resp(99)) == []
        assert not client.closed
        assert client.send(wire.unbind_resp(1)) == []
        assert client.closed
    else:
        assert client.send(wire.unbind_resp(1), wire.unbind_resp(99)) == []
        check_state(client, state)


@product(dict.fromkeys(NACKED, "B12"))
def test_each_unknown_or_misdirected_pdu_in_each_state(name: str, state: str) -> None:
    """What an ESME never issues, and what nobody knows: generic_nack 0x03, and no change of state."""
    client = session(state)
    assert client.ask(NACKED[name]) == Frame(GENERIC_NACK, 0x03, SEQUENCE, b"")
    check_state(client, state)


@pytest.mark.parametrize("state", KINDS)
@pytest.mark.parametrize("name", [*REQUESTS, *NACKED])
@row("B2")
def test_after_the_clients_own_unbind_nothing_is_executed(name: str, state: str) -> None:
    """In one segment with the unbind: refused or ignored, never served (an enquire_link may be answered)."""
    client = Client(Bench()).bind(state)
    octets = NACKED[name] if name in NACKED else wire.REQUESTS[name][1](SEQUENCE)
    answers = client.send(wire.unbind(7), octets)
    answers.remove(Frame(wire.UNBIND | RESPONSE, 0, 7, b""))
    for answer in answers:
        assert answer.sequence == SEQUENCE
        assert answer.body == b""
        assert answer.status != 0 or name == "enquire_link"
    assert client.closed
    other = Client(client.bench).bind()
    identifier = other.submit()
    assert int(identifier) == 1  # nothing was accepted before


@pytest.mark.parametrize("state", ["BOUND_RX", "BOUND_TRX"])
@pytest.mark.parametrize(
    ("delivery", "command_id"),
    [
        pytest.param("deliver_sm", wire.DELIVER_SM, id="B8"),
        pytest.param("data_sm", wire.DATA_SM, id="B9"),
    ],
)
def test_matched_responses_end_deliveries(tmp_path: Path, delivery: str, command_id: int, state: str) -> None:
    """deliver_sm_resp and data_sm_resp acknowledge what they answer, in either state that receives."""
    bench = configured(tmp_path, f'[clients.demo]\npassword = "demo"\ndeliver_with = "{delivery}"\n')
    sender, receiver = Client(bench).bind("BOUND_TX"), Client(bench).bind(state)
    sender.submit(destination_addr="7494", short_message=b"HELP")
    (reply,) = receiver.deliveries(acknowledge=False)
    assert reply.frame.command_id == command_id
    assert receiver.acknowledge(reply) == []
    bench.advance(3600)
    bench.pass_time(5)
    assert receiver.deliveries() == []


@row("B13")
def test_a_transmitter_is_sent_no_message(bench: Bench) -> None:
    """Replies and receipts wait for a receiver; a transmitter gets enquire_link and unbind, nothing else."""
    sender = Client(bench).bind("BOUND_TX")
    sender.submit(2, destination_addr="7494", short_message=b"HELP")
    sender.submit(3, registered_delivery=1)
    bench.pass_time(20)
    assert sender.frames() == []
    bench.pass_time(15)
    assert [frame.command_id for frame in sender.frames()] == [wire.ENQUIRE_LINK]
    receiver = Client(bench).bind("BOUND_RX")
    bench.pass_time(1)
    assert len(receiver.deliveries()) == 2
    assert sender.frames() == []


@row("B13")
def test_a_session_that_is_not_bound_is_sent_nothing(bench: Bench) -> None:
    """No enquire_link, no unbind, no outbind in OPEN."""
    client = Client(bench)
    bench.pass_time(9.5)
    assert client.frames() == []
    bench.pass_time(1)
    assert client.frames() == []
    assert client.closed


@row("B13")
def test_after_an_unbind_nothing_is_delivered(bench: Bench) -> None:
    """Neither after the client's unbind nor after ours."""
    for by_us in (False, True):
        client = Client(bench).bind()
        bench.pass_time(1)
        client.deliveries()
        client.submit(2, registered_delivery=1)
        if by_us:
            bench.emulator.stop()
            bench.settle()
            assert [frame.command_id for frame in client.frames()] == [wire.UNBIND]
        else:
            client.send(wire.unbind(3))
        bench.pass_time(2)
        assert client.deliveries() == []
