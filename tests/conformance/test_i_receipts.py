"""Section I: receipts, deliver_sm, data_sm, alert_notification."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conformance import wire
from tests.conformance.raw import Client, configured, message_id
from tests.conformance.rows import row
from tests.conformance.storages import HeldStorage
from tests.conformance.wire import DATA_SM, HANDSET, RESPONSE, SUBSCRIBER, Delivered, Frame, Value, tlv
from tests.doubles import Bench, FailingStorage

SEQUENCE = 0x00001EAF
DAY = 86_400
LATER = "000001000000000R"
REFERENCE, RECEIPTED, STATE, ERROR = 0x0204, 0x001E, 0x0427, 0x0423
TEXT = re.compile(
    r"id:(?P<id>\S{8,64}) sub:(?P<sub>\d{3}) dlvrd:(?P<dlvrd>\d{3}) submit date:(?P<submitted>\d{10})"
    r" done date:(?P<done>\d{10}) stat:(?P<stat>[A-Z]{7}) err:(?P<err>\w{3}) [Tt]ext:(?P<text>.{0,20})",
    re.DOTALL,
)
FAR = """
[clients.demo]
password = "demo"
[clients.far]
password = "far"
addresses = ["7000*"]
"""
"""Messages to 7000… wait until `far` binds, and may be refused by it."""


def read(receipt: Delivered) -> dict[str, str]:
    """The fields of a receipt's text."""
    match = TEXT.fullmatch(receipt.text)
    assert match, receipt.text
    return match.groupdict()


def far(bench: Bench) -> Client:
    return Client(bench).bind(system_id="far", password="far")


def only(client: Client, seconds: float = 1) -> Delivered:
    """The one message that comes within this time."""
    client.bench.pass_time(seconds)
    (message,) = client.deliveries()
    return message


@row("I1")
def test_a_receipt_octet_by_octet(bound: Client) -> None:
    """Addresses swapped, esm_class 0x04, the three TLVs, and the reference of the submit."""
    identifier = bound.submit(
        2,
        source_addr="Shop",
        source_addr_ton=5,
        source_addr_npi=0,
        dest_addr_ton=2,
        dest_addr_npi=8,
        registered_delivery=1,
        protocol_id=9,
        priority_flag=3,
        tail=tlv(REFERENCE, b"\xbe\xef"),
    )
    receipt = only(bound)
    assert receipt.frame.header == (wire.DELIVER_SM, 0, 1)
    expected: dict[str, Value] = {
        "service_type": "",
        "source_addr_ton": 2,
        "source_addr_npi": 8,
        "source_addr": HANDSET,
        "dest_addr_ton": 5,
        "dest_addr_npi": 0,
        "destination_addr": "Shop",
        "esm_class": 0x04,
        "schedule_delivery_time": "",
        "validity_period": "",
        "registered_delivery": 0,
        "replace_if_present_flag": 0,
        "data_coding": 0,
        "sm_default_msg_id": 0,
    }
    assert {name: receipt[name] for name in expected} == expected
    found = dict(receipt.tlvs)
    assert len(found) == len(receipt.tlvs)
    assert found.pop(ERROR, b"\3\0\0") == b"\3\0\0"
    assert found == {RECEIPTED: identifier.encode() + b"\0", STATE: b"\x02", REFERENCE: b"\xbe\xef"}


@row("I1")
def test_a_receipt_without_a_reference(bound: Client) -> None:
    """What was not there is not copied."""
    bound.submit(2, registered_delivery=1)
    assert only(bound).tlv(REFERENCE) is None


@row("I1")
def test_the_error_of_a_failure(tmp_path: Path) -> None:
    """network_error_code, if there is one, has 3 octets and a network of 1 to 8."""
    bench = configured(tmp_path, FAR)
    client, recipient = Client(bench).bind(), far(bench)
    client.submit(2, destination_addr="70001", registered_delivery=1)
    recipient.acknowledge(*recipient.deliveries(acknowledge=False), status=0x65)
    receipt = only(client)
    assert receipt.tlv(STATE) == b"\x05"
    error = receipt.tlv(ERROR)
    assert error is None or (len(error) == 3 and 1 <= error[0] <= 8)


@pytest.mark.parametrize("coding", [0, 3, 4, 8, 0x18])
@row("I1")
def test_a_receipt_never_copies_the_coding(bound: Client, coding: int) -> None:
    """Its text is in the default alphabet."""
    bound.submit(2, registered_delivery=1, data_coding=coding, short_message="текст".encode("utf-16-be"))
    receipt = only(bound)
    assert receipt["data_coding"] == 0
    assert read(receipt)["stat"] == "DELIVRD"


@row("I2")
def test_the_text_of_a_receipt(bound: Client) -> None:
    """Appendix B: all fields, in order, of their widths; dates of ten digits; 20 characters of the text."""
    text = b"The quick brown fox jumps over the lazy dog"
    identifier = bound.submit(2, registered_delivery=1, short_message=text)
    fields = read(only(bound))
    assert fields == {
        "id": identifier,
        "sub": "001",
        "dlvrd": "001",
        "submitted": "2601150900",
        "done": "2601150900",
        "stat": "DELIVRD",
        "err": "000",
        "text": "The quick brown fox ",
    }
    assert re.fullmatch(r"\d{10}", identifier)


@row("I2")
def test_the_id_is_spelled_as_in_the_response(tmp_path: Path) -> None:
    """In hexadecimal too, in the text and in the TLV."""
    bench = configured(tmp_path, '[clients.demo]\npassword = "demo"\nmessage_id_format = "hex"\n')
    client = Client(bench).bind()
    for n in range(2, 20):
        identifier = client.submit(n, registered_delivery=1)
        receipt = only(client, 0.5)
        assert read(receipt)["id"] == identifier
        assert receipt.tlv(RECEIPTED) == identifier.encode() + b"\0"


@pytest.mark.parametrize(
    "text", [b"", b"short", b"\x1b\x65" * 15, b"\0\0\0", bytes(range(0x80, 0xA0)), b"text: id:1 stat:X"]
)
@row("I2")
def test_any_text_leaves_a_receipt_readable(bound: Client, text: bytes) -> None:
    """Empty, escapes, no characters at all, or a receipt's own words."""
    bound.submit(2, registered_delivery=1, short_message=text)
    receipt = only(bound)
    assert receipt.text.startswith("id:")
    assert " err:000 text:" in receipt.text.replace("Text:", "text:")
    assert len(receipt.octets) <= 160


@row("I2")
def test_dates_are_those_of_acceptance_and_end(bound: Client) -> None:
    """Of a message that waited."""
    bound.submit(2, registered_delivery=1, schedule_delivery_time="260116103000000+")
    bound.bench.advance(2 * DAY)
    (receipt,) = bound.deliveries()
    assert (read(receipt)["submitted"], read(receipt)["done"]) == ("2601150900", "2601161030")


def outcome(bench: Bench, stat: str) -> Client:
    """A client whose message with a receipt for everything has come to this end."""
    client = Client(bench).bind()
    if stat == "DELIVRD":
        client.submit(2, registered_delivery=1)
    elif stat == "EXPIRED":
        client.submit(2, destination_addr="70001", registered_delivery=1, validity_period="000000000001000R")
        bench.advance(2)
    elif stat == "DELETED":
        identifier = client.submit(2, registered_delivery=1, schedule_delivery_time=LATER)
        client.ask(wire.cancel_sm(3, message_id=identifier))
    else:
        recipient = far(bench)
        client.submit(2, destination_addr="70001", registered_delivery=1)
        recipient.acknowledge(*recipient.deliveries(acknowledge=False), status=0x65)
    return client


@pytest.mark.parametrize(
    ("stat", "state"), [("DELIVRD", 2), ("EXPIRED", 3), ("DELETED", 4), ("UNDELIV", 5)], ids=lambda value: str(value)
)
@row("I3")
def test_the_words_of_final_states(tmp_path: Path, stat: str, state: int) -> None:
    """In the text and as message_state."""
    receipt = only(outcome(configured(tmp_path, FAR), stat))
    assert read(receipt)["stat"] == stat
    assert receipt.tlv(STATE) == bytes([state])
    assert receipt["esm_class"] == 0x04
    assert (read(receipt)["dlvrd"] == "001") == (stat == "DELIVRD")


@pytest.mark.parametrize("flags", [0x00, 0x01, 0x02, 0x04, 0x05, 0x0D, 0x10, 0x11, 0x12, 0x1D])
@row("I4")
def test_whether_there_is_a_receipt(tmp_path: Path, flags: int) -> None:
    """1: for either end. 2: for failures. 0: none. Other bits do not matter to that (Kannel sends 0x11)."""
    bench = configured(tmp_path, FAR)
    client, recipient = Client(bench).bind(), far(bench)
    for good in (True, False):
        client.submit(2, destination_addr="70001", registered_delivery=flags)
        recipient.acknowledge(*recipient.deliveries(acknowledge=False), status=0 if good else 0x65)
        bench.pass_time(1)
        finals = [message for message in client.deliveries() if message["esm_class"] == 0x04]
        wanted = {0: False, 1: True, 2: not good}[flags & 3]
        assert len(finals) == wanted


@pytest.mark.parametrize("name", ["submit_sm", "data_sm", "submit_multi"])
@row("I4")
def test_receipts_of_each_operation(bound: Client, name: str) -> None:
    """All three that submit."""
    command_id, build, _ = wire.REQUESTS[name]
    for n, flags in enumerate((0, 1, 2)):
        answer = bound.ask(build(10 + n, registered_delivery=flags))
        assert answer.header == (command_id | RESPONSE, 0, 10 + n)
        bound.bench.pass_time(1)
        assert len(bound.deliveries()) == (flags == 1)


@row("I4")
def test_cancelled_is_a_failure(tmp_path: Path) -> None:
    """registered_delivery 2 hears of a cancelled message (5.0 §4.7.21), and of an expired one."""
    client = Client(configured(tmp_path, FAR)).bind()
    identifier = client.submit(2, registered_delivery=2, schedule_delivery_time=LATER)
    client.ask(wire.cancel_sm(3, message_id=identifier))
    assert read(only(client))["stat"] == "DELETED"
    client.submit(4, destination_addr="70001", registered_delivery=2, validity_period="000000000001000R")
    client.bench.advance(2)
    assert read(only(client))["stat"] == "EXPIRED"


@row("I5")
def test_no_receipt_before_the_end(tmp_path: Path) -> None:
    """While it is scheduled, and while it waits for its recipient, nothing; one receipt at the end."""
    bench = configured(tmp_path, FAR)
    client = Client(bench).bind()
    client.submit(2, destination_addr="70001", registered_delivery=1, schedule_delivery_time="000000010000000R")
    bench.advance(3599)
    assert client.deliveries() == []
    bench.advance(3600)
    assert client.deliveries() == []
    recipient = far(bench)
    bench.pass_time(1)
    assert len(recipient.deliveries()) == 1
    assert read(only(client))["stat"] == "DELIVRD"
    bench.advance(DAY)
    assert client.deliveries() == []


@row("I5")
def test_the_submit_date_of_a_replaced_message(bound: Client) -> None:
    """It is the date of the replacement."""
    identifier = bound.submit(2, registered_delivery=1, schedule_delivery_time=LATER)
    bound.bench.advance(3 * 3600)
    octets = wire.replace_sm(3, message_id=identifier, registered_delivery=1, short_message=b"new text")
    assert bound.ask(octets).status == 0
    bound.bench.advance(DAY)
    (receipt,) = bound.deliveries()
    fields = read(receipt)
    assert (fields["id"], fields["submitted"], fields["text"]) == (identifier, "2601151200", "new text")


@row("I5")
def test_a_receipt_comes_after_the_response(bound: Client) -> None:
    """In the order of octets, and a tenth of a second later."""
    answers = bound.send(wire.submit_sm(2, registered_delivery=1))
    assert [answer.header for answer in answers] == [(wire.SUBMIT_SM | RESPONSE, 0, 2)]
    bound.bench.advance(0.09)
    assert bound.deliveries() == []
    bound.bench.advance(0.02)
    assert len(bound.deliveries()) == 1


@row("I5")
def test_no_receipt_of_a_refused_submit(bound: Client) -> None:
    """A message that was never accepted has no end."""
    assert bound.ask(wire.submit_sm(2, registered_delivery=1, priority_flag=9)).status == 0x06
    bound.bench.pass_time(1)
    assert bound.deliveries() == []


@pytest.mark.parametrize("version", [0x00, 0x33])
@row("I6")
def test_a_receipt_to_a_client_below_3_4(bench: Bench, version: int) -> None:
    """The text alone."""
    client = Client(bench).bind(interface_version=version)
    identifier = client.submit(2, registered_delivery=1, tail=tlv(REFERENCE, b"\0\1"))
    receipt = only(client)
    assert receipt.tlvs == []
    assert receipt["esm_class"] == 0x04
    assert read(receipt)["id"] == identifier


@pytest.mark.parametrize("body", [b"", b"\0", b"17\0", b"x" * 64 + b"\0", b"x" * 70 + b"\0", b"\0" + tlv(0x1400, b"v")])
@row("I7")
def test_what_a_deliver_sm_resp_may_look_like(bound: Client, body: bytes) -> None:
    """NULL is the rule; no body at all is tolerated, a message_id too."""
    bound.submit(2, destination_addr="7494", short_message=b"HELP")
    (reply,) = bound.deliveries(acknowledge=False)
    assert bound.send(wire.pdu(wire.DELIVER_SM | RESPONSE, body, reply.frame.sequence)) == []
    bound.bench.advance(DAY)
    bound.bench.pass_time(5)
    assert bound.deliveries() == []
    bound.check_usable()


@pytest.mark.parametrize(("status", "again"), [(0x64, True), (0x65, False), (0x66, False)], ids=["64", "65", "66"])
@row("I8")
def test_how_a_client_refuses_a_message(bound: Client, status: int, again: bool) -> None:
    """0x64: later, the same octets but for the sequence_number. 0x65, 0x66: not this one again."""
    bound.submit(2, destination_addr="7494", short_message=b"HELP")
    (reply,) = bound.deliveries(acknowledge=False)
    assert bound.acknowledge(reply, status=status) == []
    bound.bench.advance(DAY)
    repeated = bound.deliveries()
    assert len(repeated) == again
    for message in repeated:
        assert message.frame.body == reply.frame.body
        assert message.frame.sequence != reply.frame.sequence
    bound.submit(3, destination_addr="7494", short_message=b"HELP")
    assert len(bound.deliveries()) == 1


@row("I8")
def test_temporary_refusals_come_to_an_end(tmp_path: Path) -> None:
    """After the configured number of attempts the message is undeliverable."""
    bench = configured(tmp_path, FAR + "[messages]\nattempts = 3\n")
    client, recipient = Client(bench).bind(), far(bench)
    client.submit(2, destination_addr="70001", registered_delivery=1)
    attempts = 0
    for _ in range(10):
        for message in recipient.deliveries(acknowledge=False):
            attempts += 1
            recipient.acknowledge(message, status=0x64)
        bench.advance(3600)
    assert attempts == 3
    (receipt,) = client.deliveries()
    assert read(receipt)["stat"] == "UNDELIV"


@row("I9")
def test_no_response_to_a_delivery(bound: Client) -> None:
    """After the response timer it counts as not received: it comes again, with a new number."""
    bound.submit(2, destination_addr="7494", short_message=b"HELP")
    (lost,) = bound.deliveries(acknowledge=False)
    again: list[Delivered] = []
    for n in range(9):
        bound.bench.pass_time(5)
        bound.check_usable()
        again += bound.deliveries()
        assert n > 4 or again == []
    bound.bench.advance(3600)
    again += bound.deliveries()
    assert [message.frame.body for message in again] == [lost.frame.body]
    assert again[0].frame.sequence != lost.frame.sequence


@row("I9")
def test_a_late_response_acknowledges_its_own_number_only(bound: Client) -> None:
    """It neither ends the second attempt nor the session."""
    bound.submit(2, destination_addr="7494", short_message=b"HELP")
    (lost,) = bound.deliveries(acknowledge=False)
    bound.acknowledge(lost, status=0x64)
    bound.bench.advance(DAY)
    (again,) = bound.deliveries(acknowledge=False)
    bound.acknowledge(lost)
    assert again.frame.sequence != lost.frame.sequence
    bound.check_usable()
    bound.acknowledge(again)
    bound.bench.advance(DAY)
    assert bound.deliveries() == []


@row("I10")
def test_data_sm_from_a_client(bound: Client) -> None:
    """Addresses of 64 characters, the text in message_payload; answered with an id like a submit_sm."""
    identifier = message_id(bound.ask(wire.data_sm(2, destination_addr="7494", payload=b"BALANCE")))
    (reply,) = bound.deliveries()
    assert reply.text.startswith("Balance:")
    assert bound.state_of(identifier) == 2
    long = bound.ask(
        wire.data_sm(3, source_addr="1" * 64, destination_addr="2" * 64, source_addr_ton=0, source_addr_npi=0)
    )
    assert long.header == (DATA_SM | RESPONSE, 0, 3)


@row("I10")
def test_transaction_mode(tmp_path: Path) -> None:
    """esm_class 10: the response tells the outcome. Delivered: ROK and no failure. Refused by its recipient: 0xFE, or
    the outcome in delivery_failure_reason."""
    bench = configured(tmp_path, FAR)
    client, recipient = Client(bench).bind(), far(bench)
    assert client.ask(wire.data_sm(2, esm_class=2)).header == (DATA_SM | RESPONSE, 0, 2)
    for status, delivered in ((0, True), (0x65, False)):
        answers = client.send(wire.data_sm(3, esm_class=2, destination_addr="70001"))
        assert answers == []
        recipient.acknowledge(*recipient.deliveries(acknowledge=False), status=status)
        (answer,) = client.frames()
        assert (answer.command_id, answer.sequence) == (DATA_SM | RESPONSE, 3)
        if delivered:
            assert message_id(answer)
        else:
            assert (answer.status, answer.body) == (0xFE, b"")
        client.check_usable()


@row("I10")
def test_transaction_mode_to_nobody(tmp_path: Path) -> None:
    """A recipient that cannot be reached is an outcome too: nothing is stored for later."""
    bench = configured(tmp_path, FAR)
    client = Client(bench).bind()
    assert client.ask(wire.data_sm(3, esm_class=2, destination_addr="70001")) == Frame(DATA_SM | RESPONSE, 0xFE, 3, b"")
    recipient = far(bench)
    bench.advance(60)
    assert recipient.deliveries() == []


DATA = '[clients.demo]\npassword = "demo"\ndeliver_with = "data_sm"\n'


@row("I10")
def test_data_sm_to_a_client(tmp_path: Path) -> None:
    """A client that asks for data_sm gets replies and receipts so, with the text in message_payload."""
    client = Client(configured(tmp_path, DATA)).bind()
    identifier = client.submit(2, destination_addr="7494", short_message=b"BALANCE", registered_delivery=1)
    client.bench.pass_time(1)
    reply, receipt = client.deliveries()
    assert (reply.frame.command_id, receipt.frame.command_id) == (DATA_SM, DATA_SM)
    assert reply.tlvs == [(wire.PAYLOAD, reply.octets)]
    assert reply.text.startswith("Balance:")
    assert reply["destination_addr"] == receipt["destination_addr"] == SUBSCRIBER
    assert receipt["esm_class"] == 0x04
    assert receipt.tlv(RECEIPTED) == identifier.encode() + b"\0"
    assert receipt.tlv(STATE) == b"\x02"
    client.bench.advance(DAY)
    assert client.deliveries() == []


@row("I11")
def test_alert_notification(bench: Bench) -> None:
    """To a receiving session of the client, with both addresses; it is not answered and holds up nothing."""
    transmitter, receiver = Client(bench).bind("BOUND_TX"), Client(bench).bind("BOUND_RX")
    address: Callable[[int, int, str], Any] = lambda ton, npi, addr: SimpleNamespace(ton=ton, npi=npi, addr=addr)  # noqa: E731
    assert bench.emulator.alert("demo", address(1, 1, SUBSCRIBER), address(3, 0, "7494"))
    bench.settle()
    assert transmitter.frames() == []
    (alert,) = receiver.frames()
    assert alert.header == (wire.ALERT_NOTIFICATION, 0, 1)
    assert alert.body == b"\1\1" + SUBSCRIBER.encode() + b"\0\3\x007494\0"
    bench.pass_time(20)
    receiver.check_usable()
    assert not bench.emulator.alert("nobody", address(1, 1, SUBSCRIBER), address(3, 0, "7494"))


@row("I11")
def test_a_pending_flag_is_alerted(tmp_path: Path) -> None:
    """A data_sm with set_dpf that failed, for a recipient that comes back: alert_notification to who asked for it."""
    bench = configured(tmp_path, FAR)
    client = Client(bench).bind()
    answer = client.ask(wire.data_sm(3, esm_class=2, destination_addr="70001", tail=tlv(0x0421, b"\1")))
    assert answer.status == 0xFE
    far(bench)
    bench.pass_time(1)
    (alert,) = client.frames()
    assert alert.command_id == wire.ALERT_NOTIFICATION
    reader = wire.Reader(alert.body)
    assert (reader.number(), reader.number(), reader.text()) == (1, 1, "70001")
    assert (reader.number(), reader.number(), reader.text()) == (1, 1, SUBSCRIBER)


@pytest.mark.parametrize("name", ["submit_sm", "submit_multi", "data_sm"])
@row("I12")
def test_the_message_is_stored_before_it_is_answered(name: str) -> None:
    """No response while the store has not said so, however long; then one."""
    storage = HeldStorage()
    client = Client(Bench(storage=storage)).bind()
    command_id, build, _ = wire.REQUESTS[name]
    storage.hold()
    assert client.send(build(SEQUENCE)) == []
    client.bench.pass_time(20)
    client.check_usable()
    storage.release()
    client.bench.settle()
    (answer,) = client.frames()
    assert answer.header == (command_id | RESPONSE, 0, SEQUENCE)


@row("I12")
def test_a_message_that_could_not_be_stored_is_refused() -> None:
    """0x08 or 0x14, and it leads to nothing."""
    storage = FailingStorage()
    client = Client(Bench(storage=storage)).bind()
    storage.errors = [RuntimeError("disk")]
    client.check_refusal(
        wire.submit_sm(SEQUENCE, destination_addr="7494", short_message=b"BALANCE", registered_delivery=1),
        wire.SUBMIT_SM | RESPONSE,
        0x08,
        0x14,
        sequence=SEQUENCE,
    )
    client.bench.pass_time(1)
    assert client.deliveries() == []
    client.submit(9)
