"""Section E: optional parameters."""

from __future__ import annotations

import itertools

import pytest

from tests.conformance import wire
from tests.conformance.raw import Client
from tests.conformance.rows import row
from tests.conformance.wire import PAYLOAD, RESPONSE, Frame, tlv
from tests.doubles import Bench

SEQUENCE = 0x0000E000
COMMAND: dict[str, wire.Value] = {"destination_addr": "7494", "short_message": b""}
BALANCE = tlv(PAYLOAD, b"BALANCE")


def check_refused(client: Client, name: str, status: int, tail: bytes, **fields: wire.Value) -> None:
    command_id, build, _ = wire.REQUESTS[name]
    client.check_refusal(build(SEQUENCE, tail=tail, **fields), command_id | RESPONSE, status, sequence=SEQUENCE)


def check_runs(client: Client, tail: bytes) -> None:
    """A command in message_payload among these parameters is accepted, read and answered."""
    client.submit(SEQUENCE, tail=tail, **COMMAND)
    (reply,) = client.deliveries()
    assert reply.text.startswith("Balance:")


UNKNOWN = [0x0000, 0x0004, 0x0100, 0x01FF, 0x0600, 0x11FF, 0x1205, 0x1400, 0x1403, 0x3FFF, 0x4000, 0x8000, 0xFFFF]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 300])
@row("E1")
def test_an_unknown_tag_is_skipped(bound: Client, size: int) -> None:
    """And what follows it is read: here the text, which stands behind it."""
    for tag in UNKNOWN:
        check_runs(bound, tlv(tag, b"\x04" * size) + BALANCE)
        check_runs(bound, BALANCE + tlv(tag, b"\x04" * size))


@pytest.mark.parametrize("name", ["bind_transceiver", "submit_multi", "data_sm", "enquire_link"])
@row("E1")
def test_an_unknown_tag_in_any_request(bench: Bench, name: str) -> None:
    """Not only in submit_sm."""
    client = Client(bench) if name.startswith("bind") else Client(bench).bind()
    command_id, build, _ = wire.REQUESTS[name]
    for tag in UNKNOWN:
        answer = client.ask(build(SEQUENCE, tail=tlv(tag, b"abc")))
        assert answer.header == (command_id | RESPONSE, 0, SEQUENCE)
        if name.startswith("bind"):
            client = Client(bench)


@pytest.mark.parametrize(
    ("name", "tail"),
    [
        ("submit_sm", tlv(0x0210, b"\x34") + tlv(0x001E, b"12\0") + tlv(0x000E, b"\1") + tlv(0x0427, b"\2")),
        ("submit_sm", tlv(0x0423, b"\3\0\1") + tlv(0x0425, b"\1") + tlv(0x001D, b"text\0") + tlv(0x0422, b"\1")),
        ("submit_multi", tlv(0x0210, b"\x34") + tlv(0x0427, b"\2")),
        ("data_sm", tlv(0x0210, b"\x34") + tlv(0x0420, b"\1")),
        ("bind_transceiver", tlv(PAYLOAD, b"text") + tlv(0x0204, b"\0\1")),
        ("enquire_link", tlv(0x0427, b"\2") + tlv(0x0204, b"\0\1")),
        ("unbind", tlv(PAYLOAD, b"text")),
    ],
)
@row("E2")
def test_a_known_tag_in_the_wrong_pdu_is_skipped(bench: Bench, name: str, tail: bytes) -> None:
    """As if it were unknown."""
    client = Client(bench) if name.startswith("bind") else Client(bench).bind()
    command_id, build, _ = wire.REQUESTS[name]
    assert client.ask(build(SEQUENCE, tail=tail)).header == (command_id | RESPONSE, 0, SEQUENCE)


@pytest.mark.parametrize("name", ["query_sm", "cancel_sm", "replace_sm"])
@row("E2")
def test_tags_in_operations_are_skipped(bound: Client, name: str) -> None:
    """3.4 gives them no optional parameters: the message_id decides."""
    check_refused(bound, name, 0x0C, tlv(PAYLOAD, b"text") + tlv(0x1400) + tlv(0x0204, b"\0\1"))


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        pytest.param(0x0005, b"\xc8", id="dest_addr_subunit"),
        pytest.param(0x000D, b"\xff", id="source_addr_subunit"),
        pytest.param(0x0019, b"\x63", id="payload_type"),
        pytest.param(0x0201, b"\x09", id="privacy_indicator"),
        pytest.param(0x020D, b"\xee", id="language_indicator"),
        pytest.param(0x0304, b"\xff", id="number_of_messages"),
        pytest.param(0x0426, b"\x07", id="more_messages_to_send"),
        pytest.param(0x1201, b"\x09", id="display_time"),
        pytest.param(0x1204, b"\x77", id="ms_validity"),
        pytest.param(0x1380, b"\x63", id="its_reply_type"),
    ],
)
@row("E3")
def test_a_reserved_value_is_ignored(bound: Client, tag: int, value: bytes) -> None:
    """What 3.4 reserves means the default or nothing."""
    check_runs(bound, tlv(tag, value) + BALANCE)


@pytest.mark.parametrize("name", ["submit_sm", "submit_multi", "data_sm"])
@pytest.mark.parametrize("value", [b"\x02\1\0017999", b"\x81\1\0017999", b"\xff\1\0017999"], ids=["2", "81", "FF"])
@row("E4")
def test_an_invalid_value_is_refused(bound: Client, value: bytes, name: str) -> None:
    """The first octet of callback_num is 0000000D in 3.4 §5.3.2.36: others are neither defined nor reserved."""
    check_refused(bound, name, 0xC4, tlv(0x0381, value))


SIZES: dict[int, tuple[int, int]] = {
    0x0005: (1, 1),  # dest_addr_subunit
    0x000D: (1, 1),  # source_addr_subunit
    0x0019: (1, 1),  # payload_type
    0x0030: (1, 1),  # ms_msg_wait_facilities
    0x0201: (1, 1),  # privacy_indicator
    0x0202: (2, 23),  # source_subaddress
    0x0203: (2, 23),  # dest_subaddress
    0x0204: (2, 2),  # user_message_reference
    0x0205: (1, 1),  # user_response_code
    0x020A: (2, 2),  # source_port
    0x020B: (2, 2),  # destination_port
    0x020C: (2, 2),  # sar_msg_ref_num
    0x020D: (1, 1),  # language_indicator
    0x020E: (1, 1),  # sar_total_segments
    0x020F: (1, 1),  # sar_segment_seqnum
    0x0302: (1, 1),  # callback_num_pres_ind
    0x0303: (1, 65),  # callback_num_atag
    0x0304: (1, 1),  # number_of_messages
    0x0381: (4, 19),  # callback_num
    0x1201: (1, 1),  # display_time
    0x1203: (2, 2),  # sms_signal
    0x1204: (1, 1),  # ms_validity
    0x130C: (0, 1),  # alert_on_message_delivery
    0x1380: (1, 1),  # its_reply_type
    0x1383: (2, 2),  # its_session_info
}
SUBMIT_ONLY = {0x0426: (1, 1), 0x0501: (1, 1)}
DATA_ONLY = {
    0x0006: (1, 1),  # dest_network_type
    0x0007: (1, 1),  # dest_bearer_type
    0x0008: (2, 2),  # dest_telematics_id
    0x000E: (1, 1),  # source_network_type
    0x000F: (1, 1),  # source_bearer_type
    0x0010: (1, 1),  # source_telematics_id
    0x0017: (4, 4),  # qos_time_to_live
    0x0421: (1, 1),  # set_dpf
}


@pytest.mark.parametrize(
    ("name", "tag", "least", "most"),
    [
        *(("submit_sm", tag, *sizes) for tag, sizes in (SIZES | SUBMIT_ONLY).items()),
        *(("data_sm", tag, *sizes) for tag, sizes in (SIZES | DATA_ONLY).items()),
    ],
)
@row("E5")
def test_the_size_of_a_value(bound: Client, name: str, tag: int, least: int, most: int) -> None:
    """3.4 §5.3.2 gives each tag its size: others are refused with 0xC2, this one is accepted."""
    command_id, build, _ = wire.REQUESTS[name]
    if tag in (0x0302, 0x0303):  # they go with as many callback_num
        extra = tlv(0x0381, b"\1\1\0017999")
    else:
        extra = b""
    for size in {least, most}:
        value = b"\0\1\0017999"[:size].ljust(size, b"1") if tag == 0x0381 else b"\0" * (size - 1) + b"\1" * bool(size)
        answer = bound.ask(build(SEQUENCE, tail=extra + tlv(tag, value)))
        assert answer.header == (command_id | RESPONSE, 0, SEQUENCE), size
    for size in {*range(least), most + 1, most + 2, most + 40}:
        check_refused(bound, name, 0xC2, extra + tlv(tag, b"\1" * size))


BROKEN = [
    *(pytest.param(octets, id=f"rest-{len(octets)}") for octets in (b"\0", b"\4\x24", b"\4\x24\0", b"\x14\0\0")),
    pytest.param(tlv(0x1400, b"abc", length=4), id="unknown-beyond"),
    pytest.param(tlv(0x1400, b"", length=0xFFFF), id="far-beyond"),
    pytest.param(tlv(0x0204, b"\0", length=2), id="integer-beyond"),
    pytest.param(tlv(PAYLOAD, b"abc", length=200), id="text-beyond"),
    pytest.param(tlv(0x0204, b"\0\1") + b"\0\0\0", id="rest-after-one"),
    pytest.param(tlv(0x0204, b"\0\1", length=1), id="short-length"),
]


@pytest.mark.parametrize("tail", BROKEN)
@pytest.mark.parametrize("name", list(wire.REQUESTS))
@row("E6")
def test_a_broken_stream_refuses_the_whole_pdu(bench: Bench, name: str, tail: bytes) -> None:
    """1 to 3 octets too many, or a length beyond the PDU: 0xC0, in every request."""
    client = Client(bench) if name.startswith("bind") else Client(bench).bind()
    check_refused(client, name, 0xC0, tail)
    bench.pass_time(1)
    assert client.deliveries() == []


@row("E7")
def test_data_sm_without_a_payload(bound: Client) -> None:
    """Its text has no other place."""
    octets = wire.bare_data_sm(SEQUENCE, tail=tlv(0x0204, b"\0\1"))
    bound.check_refusal(octets, wire.DATA_SM | RESPONSE, 0xC3, sequence=SEQUENCE)
    bound.check_refusal(wire.bare_data_sm(SEQUENCE), wire.DATA_SM | RESPONSE, 0xC3, sequence=SEQUENCE)


@pytest.mark.parametrize("name", ["submit_sm", "submit_multi"])
@row("E8")
def test_a_tlv_that_is_not_allowed(bound: Client, name: str) -> None:
    """message_payload beside a short_message is the one that a 3.4 client may not send."""
    check_refused(bound, name, 0xC1, tlv(PAYLOAD, b"text"), short_message=b"text")
    check_refused(bound, name, 0xC1, tlv(0x1400) + tlv(PAYLOAD, b""), short_message=b"t")


@row("E9")
def test_the_order_of_tlvs_is_free(bound: Client) -> None:
    """All orders of a text, its receipt's reference and three others."""
    parameters = [
        BALANCE,
        tlv(0x0204, b"\x12\x34"),
        tlv(0x1400, b"vendor"),
        tlv(0x0381, b"\1\1\0017999"),
    ]
    for order in itertools.permutations(parameters):
        bound.submit(SEQUENCE, tail=b"".join(order), registered_delivery=1, **COMMAND)
        bound.bench.pass_time(0.5)
        reply, receipt = bound.deliveries()
        assert reply.text.startswith("Balance:")
        assert receipt.tlv(0x0204) == b"\x12\x34"


@pytest.mark.parametrize("name", ["submit_sm", "submit_multi", "data_sm"])
@pytest.mark.parametrize(
    ("tag", "value"),
    [(0x0204, b"\0\1"), (0x020C, b"\0\1"), (0x0019, b"\0"), (0x020A, b"\0\1"), (0x0202, b"\xa0123")],
    ids=["reference", "sar", "payload_type", "port", "subaddress"],
)
@row("E10")
def test_a_duplicate_is_refused(bound: Client, tag: int, value: bytes, name: str) -> None:
    """0xC1, with the same value or another, side by side or not."""
    check_refused(bound, name, 0xC1, tlv(tag, value) * 2)
    check_refused(bound, name, 0xC1, tlv(tag, value) + tlv(0x1400) + tlv(tag, value[:-1] + b"\2"))


@row("E10")
def test_two_texts_are_refused(bound: Client) -> None:
    """Neither of two message_payloads runs."""
    check_refused(bound, "submit_sm", 0xC1, BALANCE * 2, **COMMAND)
    assert bound.deliveries() == []
    check_refused(bound, "data_sm", 0xC1, BALANCE)  # the second one


@row("E10")
def test_callback_numbers_may_repeat(bound: Client) -> None:
    """callback_num, its presentation and its tag, in equal numbers; and unknown tags, which are not looked at."""
    numbers = tlv(0x0381, b"\1\1\0017999") + tlv(0x0381, b"\1\1\0017998")
    check_runs(bound, numbers + BALANCE)
    check_runs(bound, numbers + tlv(0x0302, b"\0") * 2 + BALANCE + tlv(0x0303, b"\0Bank") * 2)
    check_runs(bound, tlv(0x1400, b"a") + BALANCE + tlv(0x1400, b"b"))


SAR = {"ref": tlv(0x020C, b"\0\x07"), "total": tlv(0x020E, b"\2"), "number": tlv(0x020F, b"\1")}


@pytest.mark.parametrize("present", [c for n in (1, 2) for c in itertools.combinations(SAR, n)], ids="+".join)
@row("E11")
def test_sar_parameters_that_are_not_all_there_are_ignored(bound: Client, present: tuple[str, ...]) -> None:
    """The message stands for itself."""
    check_runs(bound, b"".join(SAR[name] for name in present) + BALANCE)


@pytest.mark.parametrize(("total", "number"), [(0, 1), (2, 0), (2, 3), (0, 0), (1, 2), (3, 255)])
@row("E11")
def test_sar_values_out_of_range_are_ignored(bound: Client, total: int, number: int) -> None:
    """Totals and numbers are 1 to 255, the number not above the total."""
    sar = tlv(0x020C, b"\0\1") + tlv(0x020E, bytes([total])) + tlv(0x020F, bytes([number]))
    check_runs(bound, sar + BALANCE)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)], ids=str)
@row("E11")
def test_sar_segments_are_joined(bound: Client, order: tuple[int, ...]) -> None:
    """In any order; each is answered, and the whole runs once."""
    parts = {1: b"BAL", 2: b"AN", 3: b"CE"}
    for number in order:
        assert bound.deliveries() == []
        sar = tlv(0x020C, b"\x12\x34") + tlv(0x020E, b"\3") + tlv(0x020F, bytes([number]))
        bound.submit(number, destination_addr="7494", short_message=parts[number], tail=sar)
    (reply,) = bound.deliveries()
    assert reply.text.startswith("Balance:")


@row("E11")
def test_sar_beside_a_header_is_ignored(bound: Client) -> None:
    """They must not be combined; the header is what counts, and this one says nothing of parts."""
    text = wire.udh((0x70, b"x")) + b"BALANCE"
    sar = tlv(0x020C, b"\0\1") + tlv(0x020E, b"\2") + tlv(0x020F, b"\1")
    bound.submit(2, destination_addr="7494", esm_class=0x40, short_message=text, tail=sar)
    (reply,) = bound.deliveries()
    assert reply.text.startswith("Balance:")


@pytest.mark.parametrize("version", [0x00, 0x33])
@row("E12")
def test_no_tlvs_to_a_client_below_3_4(bench: Bench, version: int) -> None:
    """Responses end with their mandatory fields, deliveries too, whatever the request had."""
    client = Client(bench).bind(interface_version=version)
    answers = client.send(
        wire.submit_sm(2, registered_delivery=1, tail=tlv(0x0204, b"\0\1")),
        wire.data_sm(3, registered_delivery=1, esm_class=2),
        wire.to_many([wire.destination(wire.HANDSET)], 4, registered_delivery=1),
        wire.submit_sm(5, destination_addr="7494", short_message=b"BALANCE", tail=tlv(0x0204, b"\0\1")),
    )
    for answer in answers:
        if answer.command_id & RESPONSE:
            reader = wire.Reader(answer.body)
            assert 1 <= len(reader.text()) <= 8
            if answer.command_id == wire.SUBMIT_MULTI | RESPONSE:
                assert reader.number() == 0
            assert reader.tlvs() == []
    bench.pass_time(1)
    deliveries = [wire.delivered(frame) for frame in answers if not frame.command_id & RESPONSE]
    deliveries += client.deliveries()
    assert len(deliveries) == 4
    assert [message.tlvs for message in deliveries] == [[]] * 4


@row("E13")
def test_a_parameter_without_a_value(bound: Client) -> None:
    """alert_on_message_delivery has none, or one octet."""
    check_runs(bound, tlv(0x130C) + BALANCE)
    check_runs(bound, BALANCE + tlv(0x130C))
    check_runs(bound, tlv(0x130C, b"\1") + BALANCE)
    check_refused(bound, "submit_sm", 0xC2, tlv(0x130C, b"\1\1"))


BLOCKS = {
    "reserved-0": range(1),
    "smpp-1": range(0x0001, 0x0100),
    "reserved-1": range(0x0100, 0x0200, 17),
    "smpp-2": range(0x0200, 0x0600),
    "reserved-2": range(0x0600, 0x1200, 101),
    "smpp-3": range(0x1200, 0x1400),
    "vendor": range(0x1400, 0x4000, 501),
    "reserved-3": range(0x4000, 0x10000, 2003),
}


@pytest.mark.parametrize("block", BLOCKS)
@row("E14")
def test_tags_of_all_blocks(bound: Client, block: str) -> None:
    """Whatever the tag: it is known and has its size, or it is ignored. No tag ends the session."""
    known = SIZES | SUBMIT_ONLY | {PAYLOAD: (0, 65_535), 0x0017: (4, 4)}
    for tag in BLOCKS[block]:
        answer = bound.ask(wire.submit_sm(SEQUENCE, tail=tlv(tag, b"\1" * 70)))
        if tag in known:
            assert answer in (
                Frame(wire.SUBMIT_SM | RESPONSE, 0xC2, SEQUENCE, b""),
                Frame(wire.SUBMIT_SM | RESPONSE, 0xC1, SEQUENCE, b""),
            )
        else:
            assert answer.header == (wire.SUBMIT_SM | RESPONSE, 0, SEQUENCE), hex(tag)
    bound.check_usable()
