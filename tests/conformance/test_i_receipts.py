"""Section I, rows I1 to I6: delivery receipts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conformance import wire
from tests.conformance.raw import Client, configured
from tests.conformance.receipts import FAR, far, only, read
from tests.conformance.rows import row
from tests.conformance.wire import HANDSET, RESPONSE, Value, tlv
from tests.doubles import Bench

SEQUENCE = 0x00001EAF
DAY = 86_400
LATER = "000001000000000R"
REFERENCE, RECEIPTED, STATE, ERROR = 0x0204, 0x001E, 0x0427, 0x0423


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
