"""Mandatory fields: what each may hold, and the status that refuses the rest. Row by row."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.smpp import checks, pdus
from gateway.smpp.codec import decode, encode
from gateway.smpp.constants import CommandId
from gateway.smpp.pdus import BindTransceiver, CancelSm, DeliverSm, DestAddress, DistributionList, Pdu, QuerySm
from gateway.smpp.statuses import CommandStatus as Status
from gateway.smpp.statuses import describe
from tests.smpp.frames import cut, data, raw, refusal, submit
from tests.strategies import with_length


def bind(**fields: Any) -> BindTransceiver:
    return BindTransceiver(**{"system_id": "client", "password": "secret", "sequence_number": 7, **fields})


def deliver(**fields: Any) -> DeliverSm:
    return DeliverSm(**{"source_addr": "7494", "destination_addr": "79001234567", "sequence_number": 7, **fields})


def multi(*dests: DestAddress | DistributionList, **fields: Any) -> pdus.SubmitMulti:
    return pdus.SubmitMulti(dest_addresses=dests, short_message=b"Hi", sequence_number=7, **fields)


def query(**fields: Any) -> QuerySm:
    return QuerySm(**{"message_id": "41", "sequence_number": 7, **fields})


def cancel(**fields: Any) -> CancelSm:
    return CancelSm(sequence_number=7, **fields)


def replace(**fields: Any) -> pdus.ReplaceSm:
    return pdus.ReplaceSm(**{"message_id": "41", "sequence_number": 7, **fields})


ALICE = DestAddress(1, 1, "79001234567")
BOB = DestAddress(1, 1, "79007654321")

REFUSED = [
    ("C5 empty", bind(system_id=""), Status.ESME_RINVSYSID),
    ("C5 H-13 16 characters", bind(system_id="s" * 16), Status.ESME_RINVSYSID),
    ("H-13 5,000 characters", bind(system_id="s" * 5000), Status.ESME_RINVSYSID),
    ("H-15 CR LF", bind(system_id="a\r\nb"), Status.ESME_RINVSYSID),
    ("H-15 escape", bind(system_id="\x1b[2J"), Status.ESME_RINVSYSID),
    ("C6 9 characters", bind(password="p" * 9), Status.ESME_RINVPASWD),
    ("H-14 40 characters", bind(password="p" * 40), Status.ESME_RINVPASWD),
    ("C6 control", bind(password="p\n"), Status.ESME_RINVPASWD),
    ("C7 13 characters", bind(system_type="t" * 13), Status.ESME_RINVSYSTYP),
    ("C7 control", bind(system_type="\x7f"), Status.ESME_RINVSYSTYP),
    ("D bind addr_ton", bind(addr_ton=7), Status.ESME_RBINDFAIL),
    ("D bind addr_npi", bind(addr_npi=5), Status.ESME_RBINDFAIL),
    ("C8 41 characters", bind(address_range="1" * 41), Status.ESME_RBINDFAIL),
    ("C8 H-12 groups", bind(address_range="^((1+)+)+$"), Status.ESME_RBINDFAIL),
    ("C8 H-12 groups in a row", bind(address_range="(1+)+(1+)+(1+)+(1+)+2"), Status.ESME_RBINDFAIL),
    ("D outbind system_id", pdus.Outbind("s" * 16, sequence_number=7), Status.ESME_RINVSYSID),
    ("D outbind password", pdus.Outbind("s", "p" * 9, sequence_number=7), Status.ESME_RINVPASWD),
    ("D service_type", submit(service_type="SIXSIX"), Status.ESME_RINVSERTYP),
    ("D service_type control", submit(service_type="A\tB"), Status.ESME_RINVSERTYP),
    ("D source_addr B-04 21", submit(source_addr="1" * 21), Status.ESME_RINVSRCADR),
    ("B-04 60", submit(source_addr="1" * 60), Status.ESME_RINVSRCADR),
    ("D destination_addr 21", submit(destination_addr="1" * 21), Status.ESME_RINVDSTADR),
    ("D B-05 destination empty", submit(destination_addr=""), Status.ESME_RINVDSTADR),
    ("B-05 data_sm", data(destination_addr=""), Status.ESME_RINVDSTADR),
    ("B-05 deliver_sm", deliver(destination_addr=""), Status.ESME_RINVDSTADR),
    ("B-06 CR LF", submit(source_addr="79\r\n"), Status.ESME_RINVSRCADR),
    ("B-06 CR LF, TON 0", submit(source_addr_ton=0, source_addr="79\r\n"), Status.ESME_RINVSRCADR),
    ("B-06 markup", submit(source_addr_ton=0, source_addr="<script>"), Status.ESME_RINVSRCADR),
    ("B-06 markup, TON 5", submit(source_addr_ton=5, source_addr="<script>"), Status.ESME_RINVSRCADR),
    ("B-06 SQL", submit(destination_addr=";DROP"), Status.ESME_RINVDSTADR),
    ("B-06 letters with TON 1", submit(source_addr="BANK"), Status.ESME_RINVSRCADR),
    ("B-06 plus alone", submit(source_addr="+"), Status.ESME_RINVSRCADR),
    ("B-06 plus within", submit(source_addr="7+9"), Status.ESME_RINVSRCADR),
    ("B-06 two pluses", submit(source_addr="++79"), Status.ESME_RINVSRCADR),
    ("B-07 12 letters", submit(source_addr_ton=5, source_addr="TwelveLetter"), Status.ESME_RINVSRCADR),
    ("B-07 12 digits", submit(source_addr_ton=5, source_addr="123456789012"), Status.ESME_RINVSRCADR),
    ("D B-08 source_addr_ton", submit(source_addr_ton=7), Status.ESME_RINVSRCTON),
    ("B-08 source_addr_ton 255", submit(source_addr_ton=255), Status.ESME_RINVSRCTON),
    ("D B-08 source_addr_npi", submit(source_addr_npi=5), Status.ESME_RINVSRCNPI),
    ("B-08 source_addr_npi 255", submit(source_addr_npi=255), Status.ESME_RINVSRCNPI),
    ("D B-08 dest_addr_ton", submit(dest_addr_ton=7), Status.ESME_RINVDSTTON),
    ("D B-08 dest_addr_npi", submit(dest_addr_npi=5), Status.ESME_RINVDSTNPI),
    ("D B-08 data_sm source_addr_ton", data(source_addr_ton=7), Status.ESME_RINVSRCTON),
    ("D B-08 data_sm dest_addr_npi", data(dest_addr_npi=2), Status.ESME_RINVDSTNPI),
    ("D B-09 transaction mode", submit(esm_class=0x02), Status.ESME_RINVESMCLASS),
    ("B-09 transaction mode with UDHI", submit(esm_class=0x42), Status.ESME_RINVESMCLASS),
    ("B-09 receipt from an ESME", submit(esm_class=0x04), Status.ESME_RINVESMCLASS),
    ("B-09 type 0x3C", submit(esm_class=0x3C), Status.ESME_RINVESMCLASS),
    ("B-09 submit_multi", multi(ALICE, esm_class=0x02), Status.ESME_RINVESMCLASS),
    ("D data_sm esm_class type", data(esm_class=0x20), Status.ESME_RINVESMCLASS),
    ("D deliver_sm esm_class mode", deliver(esm_class=0x01), Status.ESME_RINVESMCLASS),
    ("D deliver_sm esm_class type", deliver(esm_class=0x0C), Status.ESME_RINVESMCLASS),
    ("D B-10 priority_flag 4", submit(priority_flag=4), Status.ESME_RINVPRTFLG),
    ("B-10 priority_flag 255", submit(priority_flag=255), Status.ESME_RINVPRTFLG),
    ("D B-11 schedule of 20", submit(schedule_delivery_time="2" * 20), Status.ESME_RINVSCHED),
    ("D B-11 validity of 5", submit(validity_period="26011"), Status.ESME_RINVEXPIRY),
    ("D schedule of 17", submit(schedule_delivery_time="26011509000000000"), Status.ESME_RINVSCHED),
    ("G7 deliver_sm schedule", deliver(schedule_delivery_time="260115090000000+"), Status.ESME_RINVSCHED),
    ("G7 deliver_sm validity", deliver(validity_period="260115090000000+"), Status.ESME_RINVEXPIRY),
    ("G7 deliver_sm replace", deliver(replace_if_present_flag=1), Status.ESME_RINVREPFLAG),
    ("G7 deliver_sm default message", deliver(sm_default_msg_id=1), Status.ESME_RINVDFTMSGID),
    ("D B-10 registered_delivery 3", submit(registered_delivery=0x03), Status.ESME_RINVREGDLVFLG),
    ("D registered_delivery 0x13", submit(registered_delivery=0x13), Status.ESME_RINVREGDLVFLG),
    ("B-10 registered_delivery 0xE0", submit(registered_delivery=0xE0), Status.ESME_RINVREGDLVFLG),
    ("D data_sm registered_delivery", data(registered_delivery=3), Status.ESME_RINVREGDLVFLG),
    ("D B-10 replace_if_present_flag 2", submit(replace_if_present_flag=2), Status.ESME_RINVREPFLAG),
    ("D submit_multi cannot replace", multi(ALICE, replace_if_present_flag=1), Status.ESME_RINVSUBREP),
    ("D submit_multi replace 2", multi(ALICE, replace_if_present_flag=2), Status.ESME_RINVREPFLAG),
    ("D B-10 sm_default_msg_id 255", submit(sm_default_msg_id=255), Status.ESME_RINVDFTMSGID),
    ("D B-16 sm_length 255", submit(short_message=bytes(255)), Status.ESME_RINVMSGLEN),
    ("D B-20 query_sm without id", query(message_id=""), Status.ESME_RINVMSGID),
    ("B-20 query_sm id of 70", query(message_id="1" * 70), Status.ESME_RINVMSGID),
    ("D message_id 65", query(message_id="1" * 65), Status.ESME_RINVMSGID),
    ("D message_id control", query(message_id="1\n2"), Status.ESME_RINVMSGID),
    ("B-20 cancel_sm id of 70", cancel(message_id="1" * 70), Status.ESME_RINVMSGID),
    ("B-20 replace_sm without id", replace(message_id=""), Status.ESME_RINVMSGID),
    ("B-20 replace_sm id of 70", replace(message_id="1" * 70), Status.ESME_RINVMSGID),
    ("D replace_sm source", replace(source_addr="1" * 21), Status.ESME_RINVSRCADR),
    ("D replace_sm validity", replace(validity_period="tomorrow"), Status.ESME_RINVEXPIRY),
    ("D query_sm source_addr_ton", query(source_addr_ton=9), Status.ESME_RINVSRCTON),
    ("D cancel_sm service_type", cancel(service_type="SIXSIX"), Status.ESME_RINVSERTYP),
    ("D cancel_sm destination", cancel(destination_addr="1" * 21), Status.ESME_RINVDSTADR),
    ("D B-19 no destination", multi(), Status.ESME_RINVNUMDESTS),
    ("D B-19 255 destinations", multi(*[ALICE] * 255), Status.ESME_RINVNUMDESTS),
    ("D dl_name of 21", multi(DistributionList("d" * 21)), Status.ESME_RINVDLNAME),
    ("D dl_name empty", multi(DistributionList("")), Status.ESME_RINVDLNAME),
    ("D submit_multi destination of 21", multi(ALICE, DestAddress(0, 0, "1" * 21)), Status.ESME_RINVDSTADR),
    ("D submit_multi dest_addr_ton", multi(DestAddress(7, 0, "1")), Status.ESME_RINVDSTTON),
    ("B-18 data_sm source of 65", data(source_addr="1" * 65), Status.ESME_RINVSRCADR),
    ("B-18 data_sm destination of 65", data(destination_addr="1" * 65), Status.ESME_RINVDSTADR),
    ("D alert source of 65", pdus.AlertNotification(source_addr="1" * 65, esme_addr="1"), Status.ESME_RINVSRCADR),
    ("D alert esme_addr of 65", pdus.AlertNotification(esme_addr="1" * 65), Status.ESME_RINVDSTADR),
]


@pytest.mark.parametrize(("row", "pdu", "status"), REFUSED, ids=[row for row, *_ in REFUSED])
def test_refused_with_the_status_of_its_field(row: str, pdu: Pdu, status: Status) -> None:
    """A field beyond its size or values is refused with the field's own status."""
    assert refusal(pdu) == status


ACCEPTED = [
    ("C5 15 characters", bind(system_id="s" * 15)),
    ("C6 8 characters", bind(password="p" * 8)),
    ("C7 12 characters", bind(system_type="t" * 12)),
    ("C8 40 characters", bind(address_range="1" * 40)),
    ("C8 the patterns of Appendix A", bind(address_range="^[13579]4.*9$")),
    ("C9 no password", bind(password="")),
    ("H-15 printable is for the directory", bind(system_id="' OR 1=1--")),
    ("H-15 a path", bind(system_id="../../x")),
    ("H-15 a format", bind(system_id="%s%n")),
    *[(f"C3 H-17 version 0x{version:02X}", bind(interface_version=version)) for version in (0, 0x33, 0x34, 0x50, 255)],
    ("D service_type of 5", submit(service_type="USSD5")),
    ("D source_addr NULL", submit(source_addr="")),
    ("D addresses of 20", submit(source_addr="1" * 20, destination_addr="2" * 20)),
    ("B-06 plus", submit(source_addr="+79001234567")),
    ("B-06 plus with TON 0", submit(destination_addr="+7494")),
    ("B-06 a name under TON 0", submit(source_addr_ton=0, source_addr="H&M Shop")),
    ("B-07 a name of 11", submit(source_addr_ton=5, source_addr="McDonald's!")),
    ("B-07 digits under TON 5", submit(source_addr_ton=5, source_addr="79001234567")),
    ("B-18 data_sm addresses of 64", data(source_addr="1" * 64, destination_addr="2" * 64)),
    ("D data_sm transaction mode", data(esm_class=0x02)),
    ("D registered_delivery of Kannel", submit(registered_delivery=0x11)),
    ("D all of registered_delivery", submit(registered_delivery=0x1E)),
    ("D any data_coding", submit(data_coding=0xFF)),
    ("D any protocol_id", submit(protocol_id=0xFF)),
    ("D sm_length 254", submit(short_message=bytes(254))),
    ("F5 no text", submit(short_message=b"")),
    ("D default message 254", submit(sm_default_msg_id=254)),
    ("D message_id of 64", query(message_id="1" * 64)),
    ("B-20 SQL text is an id nobody has", query(message_id="' OR 1=1--")),
    ("B-21 everything empty", cancel()),
    ("B-21 wildcards are characters", cancel(source_addr="%", destination_addr="*")),
    ("D 254 destinations", multi(*[ALICE] * 254)),
    ("B-19 twice the same destination", multi(ALICE, ALICE)),
    ("D dl_name of 20", multi(DistributionList("d" * 20))),
    ("F4 V-12 payload of 65,535", data(tlvs=((0x0424, bytes(65_535)),))),
    ("F4 V-12 payload of 65,535 in submit_sm", submit(short_message=b"", tlvs=((0x0424, bytes(65_535)),))),
    ("V-12 payload of 0", data(tlvs=((0x0424, b""),))),
    ("D deliver_sm receipt", deliver(esm_class=0x04)),
    ("D deliver_sm intermediate with UDHI", deliver(esm_class=0x60)),
]


@pytest.mark.parametrize(("row", "pdu"), ACCEPTED, ids=[row for row, *_ in ACCEPTED])
def test_accepted_up_to_the_limit(row: str, pdu: Pdu) -> None:
    """What the specification allows comes through as it is."""
    assert decode(encode(pdu)) == pdu


@pytest.mark.parametrize(
    "pdu",
    [submit(short_message=bytes(255)), multi(*[ALICE] * 255), submit(tlvs=((0x0424, b"A"),))],
    ids=["sm_length 255", "255 destinations", "F1 payload beside text"],
)
def test_smpp_5_is_wider(pdu: Pdu) -> None:
    """D, F1: what a 3.4 session is refused, a session bound as 5.0 may send; a reserved version is 3.4."""
    assert decode(encode(pdu), 0x50) == pdu
    assert refusal(pdu, 0x4F) == refusal(pdu, 0x34)


# --- bodies that no PDU object can express ---

_SUBMIT = encode(submit())
_BODY = len(_SUBMIT) - 16
_BEFORE_TEXT = _BODY - len(b"BALANCE")

BAD_BODIES = [
    ("B-01 empty body", cut(_SUBMIT, 0), Status.ESME_RINVCMDLEN),
    *[
        (f"A18 B-02 cut at {octets}", cut(_SUBMIT, octets), Status.ESME_RINVCMDLEN)
        for octets in (1, 2, 5, 10, 15, 20, 25, _BEFORE_TEXT - 1)
    ],
    ("F2 B-02 cut in the text", cut(_SUBMIT, _BODY - 1), Status.ESME_RINVMSGLEN),
    ("B-03 no NUL behind the destination", raw(4, b"\0\1\1" + b"79\0" + b"\0\0" + b"7" * 30), Status.ESME_RINVCMDLEN),
    ("A18 no NUL at all", raw(4, b"CMT"), Status.ESME_RINVCMDLEN),
    # The rest of the number is read as the next field, which no rule can tell; it is refused there.
    (
        "B-06 NUL in an address",
        with_length(_SUBMIT.replace(b"79001234567", b"79001\x00234567")),
        Status.ESME_RINVDSTTON,
    ),
    ("B-06 not ASCII", _SUBMIT.replace(b"7494\0", b"74\xe2\x80\0"), Status.ESME_RINVDSTADR),
    ("B-06 bidi control", _SUBMIT.replace(b"79001234567", "7900\u202e1234".encode()), Status.ESME_RINVSRCADR),
    ("F2 B-13 sm_length 200, text 7", _SUBMIT[:-8] + b"\xc8BALANCE", Status.ESME_RINVMSGLEN),
    ("F3 B-14 sm_length 3, text 10", with_length(_SUBMIT[:-8] + b"\x03BALANCE 12"), Status.ESME_RINVOPTPARSTREAM),
    ("H-09 bind without body", raw(CommandId.BIND_TRANSCEIVER, b""), Status.ESME_RINVCMDLEN),
    ("H-10 bind cut after the password", raw(CommandId.BIND_RECEIVER, b"client\0secret\0"), Status.ESME_RINVCMDLEN),
    ("H-11 no NUL behind system_id", raw(CommandId.BIND_TRANSMITTER, b"client"), Status.ESME_RINVCMDLEN),
    (
        "H-11 no NUL behind address_range",
        raw(CommandId.BIND_TRANSMITTER, b"client\0secret\0\0\x34\0\0^7"),
        Status.ESME_RINVCMDLEN,
    ),
    ("H-15 not ASCII", raw(CommandId.BIND_RECEIVER, b"cli\xe9nt\0s\0\0\x34\0\0\0"), Status.ESME_RINVSYSID),
    ("B-20 no NUL behind the id", raw(CommandId.QUERY_SM, b"41"), Status.ESME_RINVCMDLEN),
    ("B-17 E7 data_sm without payload", data(tlvs=()), Status.ESME_RMISSINGOPTPARAM),
]


@pytest.mark.parametrize(("row", "frame", "status"), BAD_BODIES, ids=[row for row, *_ in BAD_BODIES])
def test_bad_bodies(row: str, frame: bytes | Pdu, status: Status) -> None:
    """A body that ends inside a field, or does not fit its lengths, is refused."""
    assert refusal(frame) == status


def test_text_that_looks_like_a_tlv() -> None:
    """B-15: behind sm_length 0 octets are a TLV, if they are one."""
    frame = with_length(_SUBMIT[:-8] + b"\0" + bytes.fromhex("0424 0003 50494E"))

    assert decode(frame).tlvs == ((0x0424, b"PIN"),)


# --- number_of_dests (H5, B-19) ---

_MULTI = encode(multi(ALICE, DistributionList("friends"), BOB))
_COUNT_AT = 16 + 1 + 3


def _counted(count: int) -> bytes:
    assert _MULTI[_COUNT_AT] == 3
    return _MULTI[:_COUNT_AT] + bytes([count]) + _MULTI[_COUNT_AT + 1 :]


@pytest.mark.parametrize("count", [0, 1, 2, 4, 10, 254, 255])
def test_number_of_dests_that_is_not_the_number_of_dests(count: int) -> None:
    """H5, B-19: a count that contradicts the destinations is refused as such, whichever field is misread through it."""
    assert refusal(_counted(count)) == Status.ESME_RINVNUMDESTS


@pytest.mark.parametrize("flag", [0, 3, 255])
def test_dest_flag_that_is_none(flag: int) -> None:
    """D, B-19: with a count that is right, an unknown dest_flag is the fault."""
    frame = _MULTI[: _COUNT_AT + 1] + bytes([flag]) + _MULTI[_COUNT_AT + 2 :]

    assert refusal(frame) == Status.ESME_RINVDESTFLAG


def test_right_count_leaves_the_fault_behind_it_alone() -> None:
    """A fault behind the destinations keeps its own status."""
    assert refusal(multi(ALICE, BOB, priority_flag=4)) == Status.ESME_RINVPRTFLG


# --- properties of the tables ---


def test_tables_say_what_the_bits_mean() -> None:
    """§5.2.5, §5.2.6, §5.2.12, §5.2.14, §5.2.17: said bit by bit, the tables are right for every octet."""
    every = range(256)
    types = (0b0000, 0b0010, 0b0100)

    assert set(checks.REGISTERED_DELIVERY) == {octet for octet in every if octet & 0b11 == 0b11 or octet >> 5}
    assert set(checks.DATA_ESM_CLASS) == {octet for octet in every if octet >> 2 & 0b1111 not in types}
    assert set(checks.SUBMIT_ESM_CLASS) - set(checks.DATA_ESM_CLASS) == {
        octet for octet in every if octet & 0b11 == 0b10 and octet >> 2 & 0b1111 in types
    }
    assert set(checks.PRIORITY_FLAG) == set(range(4, 256))
    assert set(checks.SOURCE_TON) == set(checks.DEST_TON) == set(range(7, 256))
    assert set(checks.SOURCE_NPI) == set(checks.DEST_NPI) == set(every) - {0, 1, 3, 4, 6, 8, 9, 10, 14, 18}


_MARKUP = set('"`;<>\\{|}')


@given(st.binary(max_size=70), st.integers(0, 6), st.sampled_from([20, 64]))
@example(b"79001234567", 1, 20)
@example("١٢٣".encode(), 1, 20)
@example(b"\xb2", 0, 20)
def test_an_address_is_safe_to_show(octets: bytes, ton: int, longest: int) -> None:
    """B-06: what passes as an address is printable ASCII without markup, no longer than it may be."""
    if checks.address_fault(octets, ton, longest) is None:
        text = octets.decode("ascii")
        assert len(text) <= (11 if ton == 5 else longest)
        assert not set(text) & _MARKUP
        assert text.isprintable()
        assert ton != 1 or not text or text.removeprefix("+").isdigit()


# --- statuses are for people, too ---


def test_every_status_has_a_description() -> None:
    """`describe` names every status there is, and says who owns the rest."""
    assert all(describe(status).startswith(status.name) for status in Status)
    assert describe(0x02) == "ESME_RINVCMDLEN (0x00000002) Command Length is invalid"
    assert describe(0x400) == "0x00000400 vendor specific status"
    assert describe(0x99) == "0x00000099 reserved status"
