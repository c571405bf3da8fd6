"""Octets to PDU and back."""

from __future__ import annotations

import contextlib
from unittest import mock

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.smpp import pdus, shortcuts
from gateway.smpp.codec import decode, encode
from gateway.smpp.constants import RESPONSE, CommandId
from gateway.smpp.errors import FrameError, PduError
from gateway.smpp.pdus import Pdu
from gateway.smpp.statuses import CommandStatus
from tests.smpp.frames import FRAMES, Frame, cut, data, raw, refusal, submit
from tests.strategies import PDU_CLASSES, any_pdu, damaged_frames, pdus_of, with_length

by_frame = pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.name)


# --- the table of frames, both ways ---


@by_frame
def test_decodes_as_the_specification_says(frame: Frame) -> None:
    """The octets of the table give the fields of the table."""
    assert decode(frame.octets, frame.version, from_smsc=frame.from_smsc) == frame.pdu


@by_frame
def test_encodes_as_the_specification_says(frame: Frame) -> None:
    """The fields of the table give the octets of the table."""
    assert encode(frame.pdu) == frame.octets


def test_the_table_has_every_pdu() -> None:
    """No PDU of SMPP 3.4 is only tested against ourselves."""
    assert {type(frame.pdu) for frame in FRAMES} == set(PDU_CLASSES) == set(pdus.PDU_OF.values())


def test_every_command_has_its_class() -> None:
    """Each command_id of §5.1.2.1 has a class, and each request its response with the same number and bit 31 set."""
    assert {id_: pdu_class.command_id for id_, pdu_class in pdus.PDU_OF.items()} == {id_: id_ for id_ in CommandId}
    assert all(answer.command_id == request.command_id | RESPONSE for request, answer in pdus.RESPONSE_OF.items())


# --- properties ---


@given(any_pdu)
@example(submit())
def test_decoding_what_was_encoded_gives_the_same(pdu: Pdu) -> None:
    """decode ∘ encode is the identity on every valid PDU."""
    assert decode(encode(pdu)) == pdu


@given(damaged_frames())
@example(cut(encode(submit()), 20))
@example(raw(0x05, b""))
def test_damaged_frames_are_refused_in_one_way(frame: bytes) -> None:
    """A damaged frame gives a PDU that can be written and read again, or a PduError that says which it refuses."""
    try:
        pdu = decode(frame)
    except PduError:
        assert refusal(frame) != CommandStatus.ESME_ROK
    else:
        assert decode(encode(pdu)) == pdu


@given(st.binary(max_size=120), st.sampled_from([*CommandId]), st.sampled_from([0, 0, 0, 8]))
@example(b"", CommandId.SUBMIT_SM, 0)
@example(b"\0" * 120, CommandId.SUBMIT_MULTI, 0)
@example(b"\xff" * 120, CommandId.DELIVER_SM_RESP, 0)
def test_random_bodies_raise_only_smpp_errors(body: bytes, command_id: int, status: int) -> None:
    """Any octets behind the header of any command give a PDU or a PduError."""
    with contextlib.suppress(PduError):
        decode(raw(command_id, body, status))


@given(st.binary(max_size=60))
@example(b"")
@example(bytes(15))
@example(bytes.fromhex("00000010 00000015 00000000 00000001 00"))
def test_random_octets_raise_only_smpp_errors(octets: bytes) -> None:
    """H-01, H-03: octets that are no frame are a FrameError, and a frame of them gives a PDU or a PduError."""
    if octets[:4] != len(octets).to_bytes(4) or len(octets) < 16:
        with pytest.raises(FrameError):
            decode(octets)
    else:
        with contextlib.suppress(PduError):
            decode(octets)


def outcome(frame: bytes, version: int) -> Pdu | tuple[int, str]:
    try:
        return decode(frame, version)
    except PduError as error:
        return error.command_status, error.reason


@given(
    pdus_of(pdus.SubmitSm).map(encode) | pdus_of(pdus.DeliverSmResp).map(encode) | damaged_frames(),
    st.sampled_from([0x33, 0x34, 0x50]),
)
@example(encode(submit(service_type="CMT", validity_period="000001000000000R")), 0x34)
@example(encode(submit(short_message=bytes(255))), 0x50)
@example(encode(submit(source_addr="+79001234567")), 0x34)
@example(encode(submit(source_addr_ton=5, source_addr="123456789012")), 0x34)
@example(encode(submit(short_message=b"", tlvs=((0x0424, b"A"),))), 0x34)
@example(encode(submit(tlvs=((0x0424, b"A"),))), 0x34)
@example(encode(pdus.DeliverSmResp("9", command_status=8)), 0x34)
def test_shortcuts_read_what_the_tables_read(frame: bytes, version: int) -> None:
    """With and without its shortcuts the codec gives the same PDU, or the same refusal in the same words."""
    with mock.patch.dict(shortcuts.READERS, clear=True):
        by_the_tables = outcome(frame, version)

    assert outcome(frame, version) == by_the_tables


@pytest.mark.parametrize(
    "pdu",
    [
        submit(),
        submit(short_message=b""),
        submit(source_addr_ton=5, source_addr="Bank", registered_delivery=0x11, esm_class=0x43, data_coding=8),
        submit(source_addr="+79001234567", destination_addr="1" * 20, short_message=bytes(254)),
        submit(source_addr="", destination_addr="+7494"),
        submit(short_message=b"", tlvs=((0x0424, b"A"), (0x0204, b"\0\1"))),
        pdus.DeliverSmResp(sequence_number=1),
        pdus.DeliverSmResp(sequence_number=1, command_status=0x64),
    ],
)
def test_usual_pdus_take_the_shortcut(pdu: Pdu) -> None:
    """What traffic is made of is read without the tables: else the hot path is five times as slow, and nobody sees."""
    frame = encode(pdu)

    assert shortcuts.READERS[pdu.command_id](frame, pdu.command_status, pdu.sequence_number, 0x34) == pdu


@given(pdus_of(pdus.SubmitSm) | pdus_of(pdus.DeliverSm) | pdus_of(pdus.SubmitSmResp), st.sampled_from([0, 0x14]))
@example(submit(), 0)
def test_shortcuts_write_what_the_tables_write(pdu: Pdu, status: int) -> None:
    """With and without its shortcuts the codec gives the same octets."""
    pdu.command_status = status
    with mock.patch.dict(shortcuts.WRITERS, clear=True):
        by_the_tables = encode(pdu)

    assert encode(pdu) == by_the_tables


@given(any_pdu)
@example(submit())
@example(submit(short_message=b"", tlvs=((0x0424, b"A"), (0x130C, b""))))
def test_cut_frames_never_give_other_fields(pdu: Pdu) -> None:
    """A18, B-02: a frame cut anywhere is refused, or it lost whole TLVs (or its whole body) and nothing else."""
    frame = encode(pdu)
    for at in range(16, min(len(frame), 150)):
        try:
            found = decode(with_length(frame[:at]))
        except PduError:
            continue
        if at == 16:
            assert found == type(pdu)(sequence_number=pdu.sequence_number)
        else:
            assert found.tlvs == pdu.tlvs[: len(found.tlvs)]
            assert attrs.evolve(found, tlvs=pdu.tlvs) == pdu


# --- header ---


@pytest.mark.parametrize(
    ("row", "command_id"), [("H-22", 0x0A), ("H-22", 0x10200), ("H-22", 0x80000102), ("A3", 0x16), ("A6", 0xFFFFFFFF)]
)
def test_unknown_commands_are_refused(row: str, command_id: int) -> None:
    """A3: reserved and vendor commands get ESME_RINVCMDID."""
    assert refusal(raw(command_id, b"x")) == CommandStatus.ESME_RINVCMDID


def test_lost_length_is_a_frame_error() -> None:
    """A frame that is not as long as it says has no boundary to go on from; its sequence number is kept."""
    with pytest.raises(FrameError) as caught:
        decode(bytes.fromhex("00000011 00000015 00000000 00000005"))

    assert (caught.value.command_status, caught.value.sequence_number) == (CommandStatus.ESME_RINVCMDLEN, 5)


@pytest.mark.parametrize("sequence_number", [0, 0x80000000, 0xFFFFFFFF])
def test_sequence_numbers_out_of_range_are_kept(sequence_number: int) -> None:
    """A10, S-01: a sequence number that may not be used is read all the same, so that it can be echoed."""
    pdu = pdus.EnquireLink(sequence_number=sequence_number)

    assert decode(encode(pdu)).sequence_number == sequence_number


def test_status_of_a_request_is_ignored() -> None:
    """A9, S-13: a request with a command_status is read like any other."""
    pdu = submit(command_status=5)

    assert decode(encode(pdu)) == pdu


# --- bodies ---

_HEADER_ONLY = [
    CommandId.UNBIND,
    CommandId.UNBIND_RESP,
    CommandId.ENQUIRE_LINK,
    CommandId.ENQUIRE_LINK_RESP,
    CommandId.CANCEL_SM_RESP,
    CommandId.REPLACE_SM_RESP,
]


@pytest.mark.parametrize("command_id", _HEADER_ONLY, ids=lambda command_id: command_id.name)
def test_body_of_a_header_only_pdu_must_be_tlvs(command_id: CommandId) -> None:
    """A17, H-04: octets that are no TLV stream are refused, TLVs are kept and mean nothing."""
    assert refusal(raw(command_id, b"\0")) == CommandStatus.ESME_RINVOPTPARSTREAM
    assert decode(raw(command_id, bytes.fromhex("0424 0001 41"))).tlvs == ((0x0424, b"A"),)


@pytest.mark.parametrize("response", pdus.RESPONSE_OF.values(), ids=lambda response: response.__name__)
def test_body_of_an_error_response_is_ignored(response: type[Pdu]) -> None:
    """A15, B-23: whatever follows the header of an error response, only its status counts."""
    frame = raw(response.command_id, b"\xff no body at all", status=0x45)

    assert decode(frame) == response(command_status=0x45, sequence_number=7)


@given(st.sampled_from([*pdus.RESPONSE_OF.values()]).flatmap(pdus_of), st.integers(1, 0xFD))
@example(pdus.SubmitSmResp("1"), 0x58)
def test_an_error_response_is_its_header_alone(response: Pdu, status: int) -> None:
    """A15: command_length of a response with an error is 16."""
    response.command_status = status

    assert encode(response) == raw(response.command_id, b"", status, response.sequence_number)


def test_generic_nack_has_no_body() -> None:
    """S-08: a generic_nack is its header, even if it carries a body and no status."""
    assert decode(raw(CommandId.GENERIC_NACK, b"\xff")) == pdus.GenericNack(sequence_number=7)


@pytest.mark.parametrize("response", pdus.RESPONSE_OF.values(), ids=lambda response: response.__name__)
def test_a_response_without_body_has_empty_fields(response: type[Pdu]) -> None:
    """I7, B-22: many clients leave the body of a response out."""
    assert decode(raw(response.command_id, b"")) == response(sequence_number=7)


def test_a_response_may_have_a_long_message_id() -> None:
    """B-22: a response cannot be refused, so its message_id may be too long."""
    assert decode(raw(CommandId.DELIVER_SM_RESP, b"9" * 70 + b"\0")) == pdus.DeliverSmResp("9" * 70, sequence_number=7)


def test_octets_of_a_response_that_are_not_ascii_are_escaped() -> None:
    """Texts of responses cannot raise UnicodeDecodeError."""
    assert decode(raw(CommandId.SUBMIT_SM_RESP, b"\xe9\0")) == pdus.SubmitSmResp("\\xe9", sequence_number=7)


def test_a_response_without_nul_is_refused() -> None:
    """A18: the error tells the response by bit 31 of its command_id, there is nothing to answer."""
    assert refusal(raw(CommandId.DELIVER_SM_RESP, b"12345678")) == CommandStatus.ESME_RINVCMDLEN


def test_outcome_of_a_transaction_is_the_one_body_of_an_error() -> None:
    """I10: data_sm_resp keeps its TLVs with ESME_RDELIVERYFAILURE, and with no other error."""
    failed = pdus.DataSmResp("9", command_status=0xFE, tlvs=((0x0425, b"\2"),))
    refused = pdus.DataSmResp("9", command_status=0x45, tlvs=((0x0425, b"\2"),))

    assert decode(encode(failed)) == failed
    assert len(encode(refused)) == 16


def test_data_sm_knows_who_sent_it() -> None:
    """D, I10: a receipt in a data_sm is for an SMSC to send; from an ESME its esm_class is refused."""
    receipt = data(esm_class=0x04)

    assert decode(encode(receipt), from_smsc=True) == receipt
    assert refusal(receipt) == CommandStatus.ESME_RINVESMCLASS


# --- what cannot be written ---


@pytest.mark.parametrize(
    "pdu",
    [
        submit(source_addr="78\0"),
        submit(destination_addr="баланс"),
        submit(short_message=bytes(256)),
        submit(priority_flag=256),
        submit(priority_flag=-1),
        submit(sequence_number=1 << 32),
        submit(tlvs=((0x0424, bytes(65_536)),)),
        submit(tlvs=((0x10000, b""),)),
        pdus.SubmitSmResp("é"),
        pdus.SubmitSmResp("1\0"),
        pdus.SubmitSmResp("1", sequence_number=-1),
        pdus.QuerySm("1\0"),
        pdus.QuerySm(source_addr_ton=256),
        pdus.QuerySm(command_status=1 << 32),
        pdus.SubmitMulti(dest_addresses=(pdus.DestAddress(),) * 256),
        pdus.SubmitMultiResp(unsuccess=(pdus.UnsuccessSme(error_status_code=1 << 32),)),
    ],
    ids=repr,
)
def test_what_no_octets_can_express_is_a_value_error(pdu: Pdu) -> None:
    """encode never writes a PDU with other fields than it was given."""
    with pytest.raises(ValueError, match=r"\w"):
        encode(pdu)


# --- values that are shown ---


def test_repr_shows_no_secret() -> None:
    """L-02: passwords and texts of messages are in no repr."""
    shown = repr(
        [
            pdus.BindTransceiver("client", "pa55word"),
            pdus.Outbind("client", "pa55word"),
            submit(short_message=b"PIN 1234"),
            data(tlvs=((0x0424, b"PIN 1234"),)),
        ]
    )

    assert "pa55word" not in shown
    assert "1234'" not in shown
    assert "<8 octets>" in shown


@given(st.lists(st.tuples(st.integers(1, 3), st.binary(max_size=1))))
@example([(2, b"first"), (2, b"second")])
def test_tlv_is_the_first_of_its_tag(tlvs: list[tuple[int, bytes]]) -> None:
    """`tlv` finds the first parameter with the tag, and None for a tag that is not there."""
    pdu = pdus.EnquireLink(tlvs=tuple(tlvs))

    assert {tag: pdu.tlv(tag) for tag in (1, 2, 3)} == {1: None, 2: None, 3: None} | dict(reversed(tlvs))
