"""Section D: sizes, values and codes of the mandatory fields."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.conformance import wire
from tests.conformance.raw import Client, configured, message_id
from tests.conformance.rows import row
from tests.conformance.wire import RESPONSE, Frame, Value
from tests.doubles import Bench

SEQUENCE = 0x00C0FFEE
SUBMITS = ("submit_sm", "submit_multi", "data_sm")
MESSAGES = (*SUBMITS, "query_sm", "cancel_sm", "replace_sm")


def having(field: str, among: Iterable[str] = MESSAGES) -> list[str]:
    """The requests that have this field."""
    return [name for name in among if field in wire.REQUESTS[name][2]]


def check_refused(client: Client, name: str, *statuses: int, **fields: Value) -> None:
    """The request is refused with one of ``statuses`` in its own response, and the session lives on."""
    command_id, build, _ = wire.REQUESTS[name]
    client.check_refusal(build(SEQUENCE, **fields), command_id | RESPONSE, *statuses, sequence=SEQUENCE)


def check_taken(client: Client, name: str, **fields: Value) -> None:
    """The field is legal: ROK, or the operation's own verdict on a message that is not there."""
    command_id, build, _ = wire.REQUESTS[name]
    answer = client.ask(build(SEQUENCE, **fields))
    expected = 0 if name in SUBMITS else 0x0C
    if name == "cancel_sm" and fields.get("message_id") == "":
        expected = 0x11
    assert answer.header == (command_id | RESPONSE, expected, SEQUENCE), fields


BINDS = ("bind_receiver", "bind_transmitter", "bind_transceiver")


@pytest.mark.parametrize("name", BINDS)
@pytest.mark.parametrize(
    ("field", "most", "status"),
    [
        pytest.param("system_id", 15, 0x0F, id="D1-system_id"),
        pytest.param("password", 8, 0x0E, id="D2-password"),
        pytest.param("system_type", 12, 0x53, id="D3-system_type"),
        pytest.param("address_range", 40, 0x0D, id="D4-address_range"),
    ],
)
def test_sizes_of_the_strings_of_a_bind(tmp_path: Path, name: str, field: str, most: int, status: int) -> None:
    """The longest legal string binds, the next one is refused with the field's code."""
    bench = configured(tmp_path, "any_client = true\n")
    command_id, build, _ = wire.REQUESTS[name]
    client = Client(bench)
    for size in (most + 1, most + 20):
        answer = client.ask(build(SEQUENCE, **{field: "1" * size}))
        assert answer == Frame(command_id | RESPONSE, status, SEQUENCE, b"")
    assert client.ask(build(SEQUENCE, **{field: "1" * most})).header == (command_id | RESPONSE, 0, SEQUENCE)
    client.check_usable()


@pytest.mark.parametrize("name", having("service_type"))
@row("D5")
def test_service_type(bound: Client, name: str) -> None:
    """Up to 5 characters, the predefined ones and any other."""
    for text in ("", "CMT", "CPT", "VMN", "VMA", "WAP", "USSD", "ABCDE"):
        check_taken(bound, name, service_type=text)
    wrong: tuple[Value, ...] = ("ABCDEF", "A" * 100, b"C\xe9T\0", "C\x01T")
    for bad in wrong:
        check_refused(bound, name, 0x15, service_type=bad)


LONGEST = {"data_sm": 64}


@pytest.mark.parametrize("name", having("source_addr"))
@row("D6")
def test_source_addr(bound: Client, name: str) -> None:
    """Up to 20 characters (64 in data_sm), nothing unprintable: 0x0A."""
    most = LONGEST.get(name, 20)
    unknown = {"source_addr_ton": 0, "source_addr_npi": 0}
    for addr in ("7", "7" * most):
        check_taken(bound, name, source_addr=addr, **unknown)
    check_taken(bound, name, source_addr="Wallet", source_addr_ton=5, source_addr_npi=0)
    wrong: tuple[Value, ...] = ("7" * (most + 1), "7" * 200, "79\r\n91", "79\x1b91", b"7999\xd0\xb0\0")
    for bad in wrong:
        check_refused(bound, name, 0x0A, source_addr=bad, **unknown)


@pytest.mark.parametrize("name", ["submit_sm", "data_sm", "cancel_sm"])
@row("D6")
def test_destination_addr(bound: Client, name: str) -> None:
    """Up to 20 characters (64 in data_sm), not empty, nothing unprintable: 0x0B."""
    most = LONGEST.get(name, 20)
    for addr in ("7", "7" * most):
        check_taken(bound, name, destination_addr=addr, dest_addr_ton=0, dest_addr_npi=0)
    for bad in ("7" * (most + 1), "7" * 200, "79\r\n91", b"7999\xd0\xb0\0"):
        check_refused(bound, name, 0x0B, destination_addr=bad, dest_addr_ton=0, dest_addr_npi=0)
    if name != "cancel_sm":
        check_refused(bound, name, 0x0B, destination_addr="")


@row("D6")
def test_destination_addr_of_many(bound: Client) -> None:
    """A submit_multi to one bad address is refused: for the address, or as all its destinations fail."""
    for bad in ("7" * 21, "", "79\r\n91"):
        octets = wire.to_many([wire.destination(bad)], SEQUENCE)
        bound.check_refusal(octets, wire.SUBMIT_MULTI | RESPONSE, 0x0B, 0x45, sequence=SEQUENCE)
    assert bound.ask(wire.to_many([wire.destination("7" * 20)], SEQUENCE)).status == 0


@pytest.mark.parametrize("name", SUBMITS)
@row("D7")
def test_no_source_addr(bound: Client, name: str) -> None:
    """NULL is legal; the message has a receipt like any other."""
    _, build, _ = wire.REQUESTS[name]
    octets = build(SEQUENCE, source_addr="", source_addr_ton=0, source_addr_npi=0, registered_delivery=1)
    assert bound.ask(octets).status == 0
    bound.bench.pass_time(1)
    (receipt,) = bound.deliveries()
    assert receipt["source_addr"] == wire.HANDSET


@pytest.mark.parametrize("name", MESSAGES)
@row("D7")
def test_no_source_addr_elsewhere(bound: Client, name: str) -> None:
    """Query, cancel and replace may have none either (it must then match)."""
    check_taken(bound, name, source_addr="", source_addr_ton=0, source_addr_npi=0)


@pytest.mark.parametrize(
    ("field", "name", "status"),
    [
        *((field, name, 0x48) for field in ("source_addr_ton",) for name in having(field)),
        *((field, name, 0x50) for field in ("dest_addr_ton",) for name in having(field)),
    ],
)
@row("D8")
def test_type_of_number(bound: Client, field: str, name: str, status: int) -> None:
    """0 to 6; all others are refused."""
    for ton in range(256):
        if ton < 7:
            check_taken(bound, name, **{field: ton})
        else:
            check_refused(bound, name, status, **{field: ton})


NPIS = {0, 1, 3, 4, 6, 8, 9, 10, 14, 18}


@pytest.mark.parametrize(
    ("field", "name", "status"),
    [
        *((field, name, 0x49) for field in ("source_addr_npi",) for name in having(field)),
        *((field, name, 0x51) for field in ("dest_addr_npi",) for name in having(field)),
    ],
)
@row("D9")
def test_numbering_plan(bound: Client, field: str, name: str, status: int) -> None:
    """0, 1, 3, 4, 6, 8, 9, 10, 14 and 18; all others are refused."""
    for npi in range(256):
        if npi in NPIS:
            check_taken(bound, name, **{field: npi})
        else:
            check_refused(bound, name, status, **{field: npi})


@pytest.mark.parametrize(("ton", "npi", "status"), [(7, 1, 0x50), (255, 1, 0x50), (1, 2, 0x51), (1, 255, 0x51)])
@row("D8", "D9")
def test_ton_and_npi_of_many(bound: Client, ton: int, npi: int, status: int, row: str) -> None:
    """A submit_multi to one bad address is refused: for its numbers, or as all its destinations fail."""
    del row
    octets = wire.to_many([wire.destination(wire.HANDSET, ton, npi)], SEQUENCE)
    bound.check_refusal(octets, wire.SUBMIT_MULTI | RESPONSE, status, 0x45, sequence=SEQUENCE)


@pytest.mark.parametrize("name", SUBMITS)
@row("D10")
def test_esm_class_from_an_esme(bound: Client, name: str) -> None:
    """Types 0000, 0010 and 0100; any mode but transaction in submit_sm and submit_multi; header indicator and reply
    path are free (the text begins with a header here)."""
    text = wire.udh((0x70, b"x")) + b"hello"
    for esm_class in range(256):
        content: dict[str, Value] = {"payload" if name == "data_sm" else "short_message": text}
        mode, kind = esm_class & 0x03, esm_class & 0x3C
        if kind in (0x00, 0x08, 0x10) and (mode != 2 or name == "data_sm"):
            check_taken(bound, name, esm_class=esm_class, **content)
        else:
            check_refused(bound, name, 0x43, esm_class=esm_class, **content)


@row("D11")
def test_esm_class_from_us(bound: Client) -> None:
    """A reply is a plain message (type 0000); a receipt has type 0x04; modes are 0."""
    bound.submit(destination_addr="7494", short_message=b"BALANCE", registered_delivery=1)
    bound.bench.pass_time(1)
    reply, receipt = bound.deliveries()
    assert (reply["esm_class"], receipt["esm_class"]) == (0x00, 0x04)


@row("D11")
def test_esm_class_of_an_intermediate_notification(tmp_path: Path) -> None:
    """Type 0x20 where 0x10 was asked for and the message has to wait."""
    bench = configured(
        tmp_path, '[clients.demo]\npassword = "demo"\n[clients.far]\npassword = "far"\naddresses = ["5*"]\n'
    )
    client = Client(bench).bind()
    client.submit(destination_addr="555", registered_delivery=0x11)
    bench.pass_time(1)
    (notification,) = client.deliveries()
    assert notification["esm_class"] == 0x20
    assert "stat:ENROUTE" in notification.text
    assert notification.tlv(0x0427) == b"\x01"


@pytest.mark.parametrize("name", having("protocol_id"))
@row("D12")
def test_protocol_id(bound: Client, name: str) -> None:
    """Anything."""
    for protocol_id in range(256):
        check_taken(bound, name, protocol_id=protocol_id)


@pytest.mark.parametrize("name", having("priority_flag"))
@row("D13")
def test_priority_flag(bound: Client, name: str) -> None:
    """0 to 3."""
    for priority in range(256):
        if priority < 4:
            check_taken(bound, name, priority_flag=priority)
        else:
            check_refused(bound, name, 0x06, priority_flag=priority)


@pytest.mark.parametrize("name", having("validity_period"))
@pytest.mark.parametrize(
    ("field", "status"),
    [
        pytest.param("schedule_delivery_time", 0x61, id="D14"),
        pytest.param("validity_period", 0x62, id="D15"),
    ],
)
def test_sizes_of_times(bound: Client, field: str, status: int, name: str) -> None:
    """One octet or seventeen."""
    good = "260116000000000+"
    check_taken(bound, name, **{field: ""})
    check_taken(bound, name, **{field: good})
    for size in range(1, 60):
        if size != 16:
            check_refused(bound, name, status, **{field: (good * 4)[:size]})


@pytest.mark.parametrize("name", having("registered_delivery"))
@row("D16")
def test_registered_delivery(bound: Client, name: str) -> None:
    """A mask: receipts 00, 01 and 10, acknowledgements in bits 3-2, intermediate in bit 4. 11 is reserved, so are the
    bits above (all three of them here: 3.4's prose puts the intermediate one into bit 5)."""
    for flags in range(0x20):
        if flags & 0x03 == 0x03:
            check_refused(bound, name, 0x07, registered_delivery=flags)
        else:
            check_taken(bound, name, registered_delivery=flags)
    for flags in (0xE0, 0xE1, 0xFF):
        check_refused(bound, name, 0x07, registered_delivery=flags)


@row("D17")
def test_replace_if_present_flag(bound: Client) -> None:
    """0 or 1 in submit_sm; a submit_multi cannot replace."""
    for flag in (0, 1):
        check_taken(bound, "submit_sm", replace_if_present_flag=flag)
    check_taken(bound, "submit_multi", replace_if_present_flag=0)
    for flag in (2, 3, 128, 255):
        check_refused(bound, "submit_sm", 0x54, replace_if_present_flag=flag)
        check_refused(bound, "submit_multi", 0x54, replace_if_present_flag=flag)
    check_refused(bound, "submit_multi", 0x42, replace_if_present_flag=1)


UNDERSTOOD = {0, 1, 3, 6, 8, *range(0x10, 0x20), *range(0xF0, 0x100)}
KEPT = {2, 4}


@pytest.mark.parametrize(("version", "status"), [(0x34, 0x45), (0x50, 0x104)], ids=["3.4", "5.0"])
@pytest.mark.parametrize("name", ["submit_sm", "data_sm"])
@row("D18")
def test_data_coding(bench: Bench, name: str, version: int, status: int) -> None:
    """To a handset every coding is taken; to a short code those that can be read, and octets, which get an answer."""
    client = Client(bench).bind(interface_version=version)
    for coding in range(256):
        check_taken(client, name, data_coding=coding)
        content: dict[str, Value] = {"payload" if name == "data_sm" else "short_message": "HELP".encode("utf-16-be")}
        if coding in UNDERSTOOD | KEPT:
            check_taken(client, name, destination_addr="7494", data_coding=coding, **content)
            assert len(client.deliveries()) == 1
        else:
            check_refused(client, name, status, destination_addr="7494", data_coding=coding, **content)
            assert client.deliveries() == []


@pytest.mark.parametrize("name", having("sm_default_msg_id"))
@row("D19")
def test_default_message_that_does_not_exist(bound: Client, name: str) -> None:
    """0 is none, 255 reserved, and what nobody configured is not found."""
    check_taken(bound, name, sm_default_msg_id=0)
    for identifier in (1, 100, 254, 255):
        check_refused(bound, name, 0x63, sm_default_msg_id=identifier)


@row("D19")
def test_default_message(tmp_path: Path) -> None:
    """1 to 254 name configured texts, which are sent in place of the message's own."""
    bench = configured(tmp_path, '[smpp.default_messages]\n1 = "HELP"\n254 = "BALANCE"\n')
    client = Client(bench).bind()
    for identifier, expected in ((1, "Commands:"), (254, "Balance:")):
        client.submit(destination_addr="7494", sm_default_msg_id=identifier, short_message=b"")
        (reply,) = client.deliveries()
        assert reply.text.startswith(expected)
    check_refused(client, "submit_sm", 0x63, sm_default_msg_id=2, short_message=b"")


@pytest.mark.parametrize("version", [0x34, 0x50], ids=["3.4", "5.0"])
@pytest.mark.parametrize("name", having("sm_length"))
@row("D20")
def test_sm_length(bench: Bench, name: str, version: int) -> None:
    """0 to 254; 255 is 5.0's."""
    client = Client(bench).bind(interface_version=version)
    for size in (0, 1, 140, 160, 253, 254):
        check_taken(client, name, short_message=b"a" * size)
    if version == 0x50:
        check_taken(client, name, short_message=b"a" * 255)
    else:
        check_refused(client, name, 0x01, short_message=b"a" * 255)


@pytest.mark.parametrize("name", having("message_id"))
@row("D21")
def test_message_id_of_a_request(bound: Client, name: str) -> None:
    """Up to 64 characters: 0x0C, whether too long or unknown. A NULL one names nothing (cancel_sm aside: H9)."""
    for identifier in ("1" * 64, "1" * 65, "1" * 300, "x\r\n", b"\xff\xfe\0", "' OR 1=1--", "0x1", "-1", "%", "1" * 20):
        check_refused(bound, name, 0x0C, message_id=identifier)
    if name == "cancel_sm":
        check_refused(bound, name, 0x11, message_id="")
    else:
        check_refused(bound, name, 0x0C, message_id="")


@pytest.mark.parametrize(("style", "alphabet"), [("decimal", "0123456789"), ("hex", "0123456789ABCDEFabcdef")])
@pytest.mark.parametrize("version", [0x33, 0x34])
@row("D21")
def test_message_id_of_ours(tmp_path: Path, version: int, style: str, alphabet: str) -> None:
    """ASCII, unique, at most 64 characters, at most 8 below 3.4; the same in both spellings of a client's choice."""
    bench = configured(tmp_path, f'[clients.demo]\npassword = "demo"\nmessage_id_format = "{style}"\n')
    client = Client(bench).bind(interface_version=version)
    answers = client.send(*(wire.submit_sm(n) for n in range(1, 60)))
    ids = [message_id(answer) for answer in answers]
    assert len(set(ids)) == len(ids) == 59
    size = 10 if (style, version) == ("decimal", 0x34) else 8
    for identifier in ids:
        assert len(identifier) == size
        assert set(identifier) <= set(alphabet if version == 0x34 else "0123456789ABCDEFabcdef")
    assert {client.state_of(identifier) for identifier in ids[::10]} == {2}


@pytest.mark.parametrize("name", ["submit_sm", "submit_multi", "data_sm", "query_sm", "cancel_sm", "replace_sm"])
@row("D22")
def test_a_string_that_never_ends(bound: Client, name: str) -> None:
    """A C-Octet String without its NUL up to the end of the PDU: 0x02 or the field's code."""
    command_id, _, layout = wire.REQUESTS[name]
    codes = {"service_type": 0x15, "source_addr": 0x0A, "destination_addr": 0x0B, "message_id": 0x0C}
    codes |= {"schedule_delivery_time": 0x61, "validity_period": 0x62}
    body = b""
    for field, part in wire.pieces(layout, {}):
        if isinstance(layout[field], str):
            octets = wire.pdu(command_id, body + b"1" * 16, SEQUENCE)
            bound.check_refusal(octets, command_id | RESPONSE, 0x02, codes[field], sequence=SEQUENCE)
        body += part


@row("D22")
def test_an_empty_string_is_one_octet(bound: Client) -> None:
    """A submit_sm of 33 octets of body has nothing but a destination of one digit."""
    empty: dict[str, Value] = {"source_addr": "", "destination_addr": "1", "short_message": b""}
    octets = wire.submit_sm(SEQUENCE, source_addr_ton=0, source_addr_npi=0, dest_addr_ton=0, dest_addr_npi=0, **empty)
    assert octets[16:] == b"\0\0\0\0\0\0001\0\0\0\0\0\0\0\0\0\0\0"
    assert bound.ask(octets).header == (wire.SUBMIT_SM | RESPONSE, 0, SEQUENCE)


@row("D23")
def test_number_of_dests(bound: Client) -> None:
    """1 to 254."""
    for count in (1, 2, 100, 254):
        answer = bound.ask(wire.to_many([wire.destination(f"7999{n:07}") for n in range(count)], SEQUENCE))
        assert answer.header == (wire.SUBMIT_MULTI | RESPONSE, 0, SEQUENCE)
    for count in (0, 255):
        octets = wire.to_many([wire.destination(f"7999{n:07}") for n in range(count)], SEQUENCE)
        bound.check_refusal(octets, wire.SUBMIT_MULTI | RESPONSE, 0x33, sequence=SEQUENCE)


@row("D24")
def test_dest_flag(bound: Client) -> None:
    """1 or 2."""
    for flag in (0, 3, 4, 0x31, 255):
        octets = wire.to_many([wire.destination(wire.HANDSET, flag=flag)], SEQUENCE)
        bound.check_refusal(octets, wire.SUBMIT_MULTI | RESPONSE, 0x40, sequence=SEQUENCE)
        octets = wire.to_many([wire.destination(wire.HANDSET), wire.destination(wire.HANDSET, flag=flag)], SEQUENCE)
        bound.check_refusal(octets, wire.SUBMIT_MULTI | RESPONSE, 0x40, sequence=SEQUENCE)


@row("D25")
def test_distribution_lists(bound: Client) -> None:
    """A name over 20 characters is invalid; there are no lists here, so a name that could be one is unknown (0x34) or
    denied (0x44); as the only destination it may also be the failure of all (0x45)."""
    octets = wire.to_many([wire.distribution_list("L" * 21)], SEQUENCE)
    bound.check_refusal(octets, wire.SUBMIT_MULTI | RESPONSE, 0x34, sequence=SEQUENCE)
    for name in ("friends", "L" * 20):
        octets = wire.to_many([wire.distribution_list(name)], SEQUENCE)
        bound.check_refusal(octets, wire.SUBMIT_MULTI | RESPONSE, 0x34, 0x44, 0x45, sequence=SEQUENCE)
