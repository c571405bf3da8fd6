"""Every PDU that the gateway sends, as Wireshark reads it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conformance import dissection, pcap, wire
from tests.conformance.raw import Called, Client, configured
from tests.conformance.wire import RESPONSE, Frame, tlv
from tests.doubles import Bench

pytestmark = pytest.mark.skipif(not dissection.available(), reason=dissection.MISSING)

CLIENTS = """
[clients.demo]
password = "demo"
window_out = 100
[clients.wide]
password = "demo"
segmentation = "udh16"
deliver_with = "data_sm"
[clients.sar]
password = "demo"
segmentation = "sar"
addresses = ["7000*"]
[clients.payload]
password = "demo"
segmentation = "payload"
[outbind.office]
host = "192.0.2.7"
port = 2775
password = "pass"
[accounts.79991110001]
balances = { RUB = "1234567.00", USD = "15.30", EUR = "9999999.00", GBP = "1.00", KZT = "1.00", CHF = "1.00",\
 CNY = "1.00", SEK = "12344444.00", NOK = "1111111.00", DKK = "111111.00", UAH = "2.00", AED = "1.00", TRY = "1.00" }
"""


@pytest.fixture
def capture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the gateway's octets of this test are captured."""
    monkeypatch.setenv(pcap.VARIABLE, str(tmp_path))
    monkeypatch.setattr(pcap, "repeats", True)
    return tmp_path


def dissect(folder: Path) -> dissection.Dissection:
    (file,) = folder.glob("*.pcap")
    return dissection.dissect(file)


def binds(bench: Bench) -> list[Client]:
    """Every bind response, good and bad; the sessions of all four clients."""
    for build in (wire.bind_transmitter, wire.bind_receiver, wire.bind_transceiver):
        client = Client(bench)
        client.send(build(1, system_id="nobody"), build(2), build(3))
        client.send(wire.unbind(4, tail=b"\0"), wire.unbind(5))
        Client(bench).send(build(1, interface_version=0x33), wire.unbind(2))
    return [Client(bench).bind(system_id=name) for name in ("demo", "wide", "sar", "payload")]


def operations(client: Client) -> None:
    """Every other response, good and bad, and generic_nack."""
    later = {"schedule_delivery_time": "000001000000000R"}
    held = client.submit(2, **later)
    client.send(
        wire.data_sm(3),
        wire.to_many([wire.destination(wire.HANDSET)], 4),
        wire.to_many([wire.destination(wire.HANDSET), wire.destination("7494")], 5, data_coding=5),
        wire.enquire_link(6),
        wire.query_sm(7, message_id=held),
        wire.replace_sm(8, message_id=held),
        wire.cancel_sm(9, message_id=held),
        wire.query_sm(10, message_id=held),
    )
    client.send(
        wire.submit_sm(11, priority_flag=9),
        wire.bare_data_sm(12),
        wire.to_many([], 13),
        wire.enquire_link(14, tail=b"\0"),
        wire.query_sm(15, message_id="nowhere"),
        wire.replace_sm(16),
        wire.cancel_sm(17),
        wire.pdu(0x0A, b"", 18),
        wire.deliver_sm(19),
    )


def messages(clients: Sequence[Client]) -> None:
    """Replies in both codings and all ways to cut them; receipts of several ends with all their parameters."""
    bench = clients[0].bench
    for client in clients:
        client.submit(20, destination_addr="7494", short_message=b"BALANCE", registered_delivery=1)
        client.submit(21, destination_addr="7494", data_coding=8, short_message="баланс".encode("utf-16-be"))
        client.submit(22, registered_delivery=1, tail=tlv(0x0204, b"\0\1"))
        client.submit(23, destination_addr="7494", data_coding=4, short_message=bytes(range(64)))
        identifier = client.submit(24, registered_delivery=1, schedule_delivery_time="000001000000000R")
        client.ask(wire.cancel_sm(25, message_id=identifier))
        client.submit(
            26, destination_addr="70001", registered_delivery=0x11, short_message=b"", tail=tlv(0x0424, b"a" * 400)
        )
        client.submit(27, esm_class=0x40, short_message=wire.udh((0, b"\1\2\1")) + b"part", destination_addr="70001")
    for _ in range(4):
        bench.pass_time(1)
        for client in clients:
            client.deliveries()
    clients[2].submit(28, destination_addr="70001", registered_delivery=1, short_message=b"no")
    clients[2].acknowledge(*clients[2].deliveries(acknowledge=False), status=0x65)
    bench.pass_time(1)
    for client in clients:
        client.deliveries()


def ends(bench: Bench, client: Client) -> None:
    """What the gateway says of its own accord: outbind, alert_notification, enquire_link, unbind, last words."""
    bench.emulator.outbind("office")
    Called(bench).frames()
    address: Any = SimpleNamespace(ton=1, npi=1, addr=wire.SUBSCRIBER)
    assert bench.emulator.alert("demo", address, address)
    bench.pass_time(31)
    for length in (0, 17, 0xFFFFFFFF):
        Client(bench).send(wire.pdu(wire.BIND_RECEIVER, sequence=7, length=length))
    client.frames()
    bench.emulator.stop()
    bench.settle()
    client.frames()


def test_every_pdu_is_dissected(capture: Path) -> None:
    """No malformed PDU, no warning, no octet that is left over, no error response with a body; and the run has every
    PDU that an SMSC sends, every response with and without an error, every parameter that the gateway ever adds."""
    bench = configured(capture, CLIENTS)
    clients = binds(bench)
    operations(clients[0])
    messages(clients)
    ends(bench, clients[0])
    found = dissect(capture)
    assert found.faults == []
    answered = {command_id | RESPONSE for command_id, *_ in wire.REQUESTS.values()}
    expected = {(command_id, good) for command_id in answered for good in (True, False)}
    expected |= {(wire.GENERIC_NACK, False)}
    expected |= {
        (command_id, True)
        for command_id in (
            *(wire.DELIVER_SM, wire.DATA_SM, wire.ALERT_NOTIFICATION, wire.OUTBIND, wire.ENQUIRE_LINK, wire.UNBIND),
        )
    }
    assert expected - set(found.commands) == set()
    assert {0x0210, 0x001E, 0x0427, 0x0423, 0x0204, 0x0424, 0x020C, 0x020E, 0x020F} - set(found.tags) == set()


@pytest.mark.parametrize(
    ("octets", "complaint"),
    [
        pytest.param(wire.pdu(0x80000004, b"\0", 1, status=8), "tshark complains", id="error-with-a-body"),
        pytest.param(wire.pdu(0x80000015, b"\0", 1), "undissected", id="a-body-too-many"),
        pytest.param(wire.pdu(0x80000004, b"1\0\x04\x24\0\x09abc", 1), "tshark complains", id="a-broken-parameter"),
        pytest.param(wire.deliver_sm(1, tail=tlv(0x0424, b"both")), "tshark complains", id="text-in-both-places"),
    ],
)
def test_what_is_wrong_is_found(capture: Path, octets: bytes, complaint: str) -> None:
    """The check above can fail."""
    connection = pcap.Connection()
    connection.record(wire.enquire_link(1))
    connection.record(octets)
    faults = dissect(capture).faults
    assert any(fault.startswith(complaint) for fault in faults), faults


def test_all_octets_are_captured(capture: Path) -> None:
    """What the dissector takes for SMPP is what the client has received, to the octet, also of a large PDU."""
    bench = configured(capture, 'loopback = true\n[clients.demo]\npassword = "demo"\nsegmentation = "payload"\n')
    client = Client(bench).bind()
    client.submit(2, short_message=b"", tail=tlv(0x0424, b"a" * 65_000))
    bench.pass_time(1)
    (message,) = client.deliveries()
    found = dissect(capture)
    assert found.faults == []
    bound = Frame(wire.BIND_TRANSCEIVER | RESPONSE, 0, 1, b"GATEWAY\0\x02\x10\0\1\x34")
    assert found.octets == 16 + len(bound.body) + 16 + 11 + 16 + len(message.frame.body)
