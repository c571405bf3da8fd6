"""Optional parameters: the stream, the lengths, the values, and what may be there twice. Row by row."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.smpp import pdus, tlvs
from gateway.smpp.codec import decode, encode
from gateway.smpp.constants import CommandId, MessageState, Tag
from gateway.smpp.errors import PduError
from gateway.smpp.pdus import Pdu
from gateway.smpp.statuses import CommandStatus as Status
from gateway.smpp.tlvs import EXPECTED, TYPES, Kind
from tests.smpp.frames import data, raw, refusal, submit
from tests.strategies import tlvs as valid_tlvs
from tests.strategies import with_length

PAYLOAD = (Tag.MESSAGE_PAYLOAD, b"BALANCE")


def without_text(*parameters: tuple[int, bytes]) -> pdus.SubmitSm:
    return submit(short_message=b"", tlvs=parameters)


def followed_by(octets: bytes) -> bytes:
    """A right submit_sm with these octets behind its text."""
    return with_length(encode(submit()) + octets)


KEPT = [
    ("E1 V-01 unknown tag 0x1400", submit(tlvs=((0x1400, b"abc"),))),
    ("E1 V-01 unknown tag 0x4000", submit(tlvs=((0x4000, b""),))),
    ("E1 unknown tag twice", submit(tlvs=((0x1400, b"a"), (0x1400, b"b")))),
    ("E2 V-02 receipted_message_id in submit_sm", submit(tlvs=((Tag.RECEIPTED_MESSAGE_ID, b"1\0"),))),
    ("E2 V-02 sc_interface_version in submit_sm", submit(tlvs=((Tag.SC_INTERFACE_VERSION, b"\x34"),))),
    ("E2 V-02 source_network_type in submit_sm", submit(tlvs=((Tag.SOURCE_NETWORK_TYPE, b"\1"),))),
    ("E2 V-02 message_state in enquire_link", pdus.EnquireLink(tlvs=((Tag.MESSAGE_STATE, b"\2"),))),
    ("E2 V-02 message_payload in unbind", pdus.Unbind(tlvs=(PAYLOAD,))),
    ("E2 unexpected of the wrong length", submit(tlvs=((Tag.MESSAGE_STATE, b"far too long"),))),
    ("E2 unexpected twice", submit(tlvs=((Tag.DPF_RESULT, b"\1"), (Tag.DPF_RESULT, b"\1")))),
    ("E2 message_payload in replace_sm", pdus.ReplaceSm("1", short_message=b"A", tlvs=(PAYLOAD,))),
    ("E3 reserved privacy_indicator", submit(tlvs=((Tag.PRIVACY_INDICATOR, b"\xff"),))),
    ("E3 reserved more_messages_to_send", submit(tlvs=((Tag.MORE_MESSAGES_TO_SEND, b"\2"),))),
    ("E3 reserved number_of_messages", submit(tlvs=((Tag.NUMBER_OF_MESSAGES, b"\x64"),))),
    ("E3 reserved language_indicator", submit(tlvs=((Tag.LANGUAGE_INDICATOR, b"\xc8"),))),
    ("V-03 callback_num_atag", submit(tlvs=((Tag.CALLBACK_NUM_ATAG, b"\0Bank"),))),
    ("V-03 set_dpf in data_sm", data(tlvs=(PAYLOAD, (Tag.SET_DPF, b"\1")))),
    ("V-03 additional_status_info_text", pdus.DeliverSmResp(tlvs=((Tag.ADDITIONAL_STATUS_INFO_TEXT, b"full\0"),))),
    ("V-03 delivery_failure_reason", pdus.DeliverSmResp(tlvs=((Tag.DELIVERY_FAILURE_REASON, b"\1"),))),
    ("V-08 source_addr_subunit of 1", submit(tlvs=((Tag.SOURCE_ADDR_SUBUNIT, b"\2"),))),
    ("V-09 E13 alert_on_message_delivery of 0", submit(tlvs=((Tag.ALERT_ON_MESSAGE_DELIVERY, b""),))),
    ("V-09 E13 alert_on_message_delivery of 1", submit(tlvs=((Tag.ALERT_ON_MESSAGE_DELIVERY, b"\1"),))),
    ("V-10 subaddresses whole", submit(tlvs=((Tag.SOURCE_SUBADDRESS, b"\xa012"), (Tag.DEST_SUBADDRESS, b"\xa034")))),
    ("V-10 network_error_code whole", pdus.DataSmResp("1", tlvs=((Tag.NETWORK_ERROR_CODE, b"\3\0\x11"),))),
    ("V-11 F1 payload alone", without_text(PAYLOAD)),
    ("V-12 empty payload", without_text((Tag.MESSAGE_PAYLOAD, b""))),
    ("V-13 64 TLVs", submit(tlvs=((0x1400, b""),) * 64)),
    ("V-14 E11 sar_* in part", submit(tlvs=((Tag.SAR_MSG_REF_NUM, b"\0\1"),))),
    ("V-14 E11 sar_total_segments 0", submit(tlvs=tlvs.sar_parameters(1, 0, 1))),
    ("V-15 receipted_message_id without NUL", data(tlvs=(PAYLOAD, (Tag.RECEIPTED_MESSAGE_ID, b"41")))),
    ("E9 any order", without_text((Tag.USER_MESSAGE_REFERENCE, b"\0\1"), PAYLOAD, (Tag.SOURCE_PORT, b"\0\2"))),
    ("E10 one call-back number", submit(tlvs=((Tag.CALLBACK_NUM, b"\0\1\1123"),))),
    (
        "E10 call-back numbers and their kin in equal numbers",
        submit(tlvs=((Tag.CALLBACK_NUM, b"\0\1\1123"), (Tag.CALLBACK_NUM_PRES_IND, b"\1")) * 2),
    ),
    ("E10 call-back numbers alone", submit(tlvs=((Tag.CALLBACK_NUM, b"\0\1\1123"),) * 3)),
    ("G8 qos_time_to_live", submit(tlvs=((Tag.QOS_TIME_TO_LIVE, bytes(4)),))),
    ("J9 congestion_state", pdus.SubmitSmResp("1", tlvs=((Tag.CONGESTION_STATE, b"\x64"),))),
]


@pytest.mark.parametrize(("row", "pdu"), KEPT, ids=[row for row, _ in KEPT])
def test_taken_as_it_is(row: str, pdu: Pdu) -> None:
    """What is right, unknown or out of place never costs a PDU, and every octet of it is kept."""
    assert decode(encode(pdu)) == pdu


REFUSED = [
    ("E4 callback_num mode 2", submit(tlvs=((Tag.CALLBACK_NUM, b"\2\1\1123"),)), Status.ESME_RINVOPTPARAMVAL),
    ("E4 set_dpf 2", data(tlvs=(PAYLOAD, (Tag.SET_DPF, b"\2"))), Status.ESME_RINVOPTPARAMVAL),
    ("E5 V-07 user_message_reference of 1", submit(tlvs=((0x0204, b"\1"),)), Status.ESME_RINVPARLEN),
    ("E5 V-07 user_message_reference of 4", submit(tlvs=((0x0204, bytes(4)),)), Status.ESME_RINVPARLEN),
    ("E5 callback_num of 3", submit(tlvs=((Tag.CALLBACK_NUM, bytes(3)),)), Status.ESME_RINVPARLEN),
    ("E5 callback_num of 20", submit(tlvs=((Tag.CALLBACK_NUM, bytes(20)),)), Status.ESME_RINVPARLEN),
    ("E5 source_subaddress of 24", submit(tlvs=((Tag.SOURCE_SUBADDRESS, bytes(24)),)), Status.ESME_RINVPARLEN),
    ("E5 qos_time_to_live of 2", submit(tlvs=((Tag.QOS_TIME_TO_LIVE, bytes(2)),)), Status.ESME_RINVPARLEN),
    ("E5 receipted_message_id of 66", data(tlvs=(PAYLOAD, (0x001E, bytes(66)))), Status.ESME_RINVPARLEN),
    ("E5 alert_on_message_delivery of 2", submit(tlvs=((0x130C, bytes(2)),)), Status.ESME_RINVPARLEN),
    ("E6 V-04 1 octet left", followed_by(b"\0"), Status.ESME_RINVOPTPARSTREAM),
    ("E6 V-04 2 octets left", followed_by(b"\0\0"), Status.ESME_RINVOPTPARSTREAM),
    ("E6 V-04 3 octets left", followed_by(b"\x04\x24\0"), Status.ESME_RINVOPTPARSTREAM),
    ("E6 V-05 length beyond the end", followed_by(bytes.fromhex("0424 0005 41")), Status.ESME_RINVOPTPARSTREAM),
    ("E6 V-05 unknown, length beyond the end", followed_by(bytes.fromhex("1400 FFFF")), Status.ESME_RINVOPTPARSTREAM),
    (
        "E6 V-06 integer, length beyond the end",
        followed_by(bytes.fromhex("0204 0002 01")),
        Status.ESME_RINVOPTPARSTREAM,
    ),
    ("E6 enquire_link", raw(CommandId.ENQUIRE_LINK, b"\0\0\0"), Status.ESME_RINVOPTPARSTREAM),
    ("E7 data_sm", data(tlvs=((Tag.SOURCE_PORT, b"\0\1"),)), Status.ESME_RMISSINGOPTPARAM),
    ("E8 F1 V-11 payload beside text", submit(tlvs=(PAYLOAD,)), Status.ESME_ROPTPARNOTALLWD),
    ("F1 empty payload beside text", submit(tlvs=((Tag.MESSAGE_PAYLOAD, b""),)), Status.ESME_ROPTPARNOTALLWD),
    (
        "F1 submit_multi",
        pdus.SubmitMulti(dest_addresses=(pdus.DestAddress(0, 0, "1"),), short_message=b"A", tlvs=(PAYLOAD,)),
        Status.ESME_ROPTPARNOTALLWD,
    ),
    ("F1 deliver_sm", pdus.DeliverSm(destination_addr="1", short_message=b"A", tlvs=(PAYLOAD,)), Status(0xC1)),
    ("E10 V-11 payload twice", without_text(PAYLOAD, PAYLOAD), Status.ESME_ROPTPARNOTALLWD),
    ("E10 integer twice", submit(tlvs=((0x0204, b"\0\1"), (0x0204, b"\0\1"))), Status.ESME_ROPTPARNOTALLWD),
    (
        "E10 unequal numbers",
        submit(tlvs=((Tag.CALLBACK_NUM, b"\0\1\1123"),) * 2 + ((Tag.CALLBACK_NUM_PRES_IND, b"\1"),)),
        Status.ESME_ROPTPARNOTALLWD,
    ),
    ("V-13 65 TLVs", submit(tlvs=((0x1400, b""),) * 65), Status.ESME_RINVOPTPARSTREAM),
    ("V-13 16,000 TLVs", submit(tlvs=((0x1400, b""),) * 16_000), Status.ESME_RINVOPTPARSTREAM),
]


@pytest.mark.parametrize(("row", "frame", "status"), REFUSED, ids=[row for row, *_ in REFUSED])
def test_refused(row: str, frame: bytes | Pdu, status: Status) -> None:
    """A broken stream costs the whole PDU; so does an expected parameter that is wrong."""
    assert refusal(frame) == status


@pytest.mark.parametrize("tag", [tag for tag in Tag if TYPES[tag].shortest], ids=lambda tag: tag.name)
def test_every_tag_has_its_length_judged_where_it_is_expected(tag: Tag) -> None:
    """E5: for every tag that some PDU expects, a value that is too short or too long by one octet is refused."""
    type_ = TYPES[tag]
    for pdu_class, expected in EXPECTED.items():
        for length in (type_.shortest - 1, type_.longest + 1):
            if tag in expected and length <= 0xFFFF:
                with pytest.raises(PduError) as caught:
                    tlvs.read(tlvs.write([(tag, bytes(length))]), 0, EXPECTED[pdu_class])
                assert caught.value.command_status == Status.ESME_RINVPARLEN


# (shortest, longest) value in octets, as §5.3.2 prints them.
LENGTHS = {
    "dest_addr_subunit": (1, 1),
    "dest_network_type": (1, 1),
    "dest_bearer_type": (1, 1),
    "dest_telematics_id": (2, 2),
    "source_addr_subunit": (1, 1),
    "source_network_type": (1, 1),
    "source_bearer_type": (1, 1),
    "source_telematics_id": (1, 1),
    "qos_time_to_live": (4, 4),
    "payload_type": (1, 1),
    "additional_status_info_text": (1, 256),
    "receipted_message_id": (1, 65),
    "ms_msg_wait_facilities": (1, 1),
    "privacy_indicator": (1, 1),
    "source_subaddress": (2, 23),
    "dest_subaddress": (2, 23),
    "user_message_reference": (2, 2),
    "user_response_code": (1, 1),
    "source_port": (2, 2),
    "destination_port": (2, 2),
    "sar_msg_ref_num": (2, 2),
    "language_indicator": (1, 1),
    "sar_total_segments": (1, 1),
    "sar_segment_seqnum": (1, 1),
    "sc_interface_version": (1, 1),
    "callback_num_pres_ind": (1, 1),
    "callback_num_atag": (1, 65),
    "number_of_messages": (1, 1),
    "callback_num": (4, 19),
    "dpf_result": (1, 1),
    "set_dpf": (1, 1),
    "ms_availability_status": (1, 1),
    "network_error_code": (3, 3),
    "message_payload": (0, 65_535),
    "delivery_failure_reason": (1, 1),
    "more_messages_to_send": (1, 1),
    "message_state": (1, 1),
    "congestion_state": (1, 1),
    "ussd_service_op": (1, 1),
    "display_time": (1, 1),
    "sms_signal": (2, 2),
    "ms_validity": (1, 1),
    "alert_on_message_delivery": (0, 1),
    "its_reply_type": (1, 1),
    "its_session_info": (2, 2),
}


def test_lengths_are_those_of_the_specification() -> None:
    """§5.3.2, E5: the table of types says of each parameter what the specification says."""
    assert {type_.name: (type_.shortest, type_.longest) for type_ in TYPES.values()} == LENGTHS


def test_legal_values_are_those_of_the_specification() -> None:
    """E3, E4: values are refused only for the flags, the digit mode and the percentage; what 3.4 reserves is not."""
    judged = {type_.name: set(type_.values) for type_ in TYPES.values() if type_.values is not None}

    assert judged == {
        "callback_num": {0, 1},
        "dpf_result": {0, 1},
        "set_dpf": {0, 1},
        "congestion_state": set(range(101)),
    }


def test_types_cover_every_tag() -> None:
    """§5.3.2: each tag has a type, an integer has one size, and each is expected somewhere or of SMPP 5.0."""
    assert set(TYPES) == set(Tag)
    assert all(type_.shortest == type_.longest for type_ in TYPES.values() if type_.kind is Kind.INTEGER)
    assert set(Tag) - set().union(*EXPECTED.values()) == {Tag.CONGESTION_STATE}


@given(st.sampled_from([*EXPECTED]).flatmap(valid_tlvs))
@example(((0x0424, bytes(65_535)), (0x1400, b"")))
def test_reading_what_was_written_gives_the_same(written: tuple[tuple[int, bytes], ...]) -> None:
    """read ∘ write is the identity, also behind other octets."""
    assert tlvs.read(b"body" + tlvs.write(written), 4, tlvs.NONE_EXPECTED) == written


# --- typed access ---


@pytest.mark.parametrize(("octets", "value"), [(b"\1", 1), (b"\1\4", 260), (b"\xff\xff\xff\xff", 0xFFFFFFFF)])
def test_integers_of_any_size(octets: bytes, value: int) -> None:
    """Integers are big-endian and unsigned."""
    assert tlvs.integer(octets) == value


@pytest.mark.parametrize(("octets", "value"), [(b"41\0", "41"), (b"41", "41"), (b"", ""), (b"\xe9\0", "\\xe9")])
def test_texts_with_and_without_nul(octets: bytes, value: str) -> None:
    """V-15: the last character is not lost where the NUL is missing."""
    assert tlvs.text(octets) == value


@pytest.mark.parametrize(
    ("pdu", "octets"),
    [
        (submit(), b"BALANCE"),
        (without_text(PAYLOAD), b"BALANCE"),
        (submit(short_message=b"PIN", tlvs=(PAYLOAD,)), b"BALANCE"),
        (submit(short_message=b"PIN", tlvs=((0x1400, b"A"),)), b"PIN"),
        (submit(short_message=b"PIN", tlvs=((Tag.MESSAGE_PAYLOAD, b""),)), b""),
        (data(), b"BALANCE"),
        (pdus.EnquireLink(), b""),
    ],
)
def test_user_data_is_the_payload_or_the_text(pdu: Pdu, octets: bytes) -> None:
    """F1: message_payload supersedes short_message, as SMPP 5.0 says."""
    assert tlvs.user_data(pdu) == octets


_SAR = tlvs.sar_parameters(0x1234, 3, 2)


@pytest.mark.parametrize(
    ("row", "parameters", "segment"),
    [
        ("whole", _SAR, (0x1234, 3, 2)),
        ("any order", (_SAR[2], _SAR[0], _SAR[1]), (0x1234, 3, 2)),
        ("the last one", tlvs.sar_parameters(1, 3, 3), (1, 3, 3)),
        ("V-14 one of three", _SAR[:1], None),
        ("V-14 two of three", _SAR[1:], None),
        ("none", (), None),
        ("V-14 total 0", tlvs.sar_parameters(1, 0, 0), None),
        ("V-14 number 0", tlvs.sar_parameters(1, 2, 0), None),
        ("V-14 number beyond total", tlvs.sar_parameters(1, 2, 3), None),
    ],
)
def test_sar_segment(row: str, parameters: tuple[tuple[int, bytes], ...], segment: tuple[int, int, int] | None) -> None:
    """E11, V-14: the three make sense together or are ignored."""
    assert tlvs.sar_segment(submit(tlvs=parameters)) == segment


def test_builders_write_what_the_types_say() -> None:
    """Each builder gives the octets of §5.3.2."""
    built = [
        tlvs.message_payload(b"A"),
        tlvs.receipted_message_id("41"),
        tlvs.message_state(MessageState.EXPIRED),
        tlvs.network_error_code(3, 0x11),
        tlvs.sc_interface_version(0x34),
        tlvs.number(Tag.QOS_TIME_TO_LIVE, 60),
        *tlvs.sar_parameters(0x0102, 2, 1),
    ]

    assert tlvs.write(built).hex(" ", 1) == (
        "04 24 00 01 41 00 1e 00 03 34 31 00 04 27 00 01 03 04 23 00 03 03 00 11 02 10 00 01 34 "
        "00 17 00 04 00 00 00 3c 02 0c 00 02 01 02 02 0e 00 01 02 02 0f 00 01 01"
    )


def test_number_that_needs_more_octets_is_an_error() -> None:
    """A builder never cuts a value."""
    with pytest.raises(OverflowError):
        tlvs.number(Tag.MESSAGE_STATE, 256)
