"""Hypothesis strategies of SMPP: valid PDUs, streams of them, and frames that something happened to.

What is valid is said here from the specification, not taken from the tables of the code; only the lengths of TLVs are.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from gateway.smpp import pdus
from gateway.smpp.codec import encode
from gateway.smpp.tlv_types import EXPECTED, TYPES, Kind

DIGITS = string.digits
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
ADDRESS_CHARACTERS = "".join(c for c in PRINTABLE if c not in '"`;<>\\{|}')

octets = st.integers(0, 255)
sequence_numbers = st.integers(1, 0x7FFFFFFF)
tons = st.integers(0, 6)
npis = st.sampled_from([0, 1, 3, 4, 6, 8, 9, 10, 14, 18])
short_messages = st.binary(max_size=254)


def _text_of(characters: str, longest: int, shortest: int) -> st.SearchStrategy[str]:
    """Text of these characters; made of octets, which Hypothesis draws ten times faster than characters."""
    drawn = st.binary(min_size=shortest, max_size=longest)
    return drawn.map(lambda octets: "".join(characters[octet % len(characters)] for octet in octets))


def texts(longest: int, shortest: int = 0) -> st.SearchStrategy[str]:
    """C-Octet Strings of printable ASCII."""
    return _text_of(PRINTABLE, longest, shortest)


def _address_text(ton: int, longest: int, shortest: int) -> st.SearchStrategy[str]:
    if ton == 1:
        return _text_of(DIGITS, longest, shortest) | _text_of(DIGITS, longest - 1, 1).map("+".__add__)
    if ton == 5:
        longest = 11
    return _text_of(DIGITS, longest, shortest) | _text_of(ADDRESS_CHARACTERS, longest, shortest)


@st.composite
def addresses(draw: st.DrawFn, longest: int = 20, shortest: int = 0) -> tuple[int, int, str]:
    """(ton, npi, addr) that fit together."""
    ton = draw(tons)
    return ton, draw(npis), draw(_address_text(ton, longest, shortest))


@st.composite
def times(draw: st.DrawFn) -> str:
    """Absolute and relative times, and none."""
    kind = draw(st.sampled_from(["", "+", "-", "R"]))
    if not kind:
        return ""
    if kind == "R":
        return f"{draw(st.integers(0, 999_999_999_999)):012}000R"
    moment = draw(st.datetimes(datetime(1938, 1, 1), datetime(2037, 12, 31)))  # noqa: DTZ001 - the zone is the last part
    return f"{moment:%y%m%d%H%M%S}{draw(st.integers(0, 9))}{draw(st.integers(0, 48)):02}{kind}"


def _esm_classes(modes: list[int], types: list[int]) -> st.SearchStrategy[int]:
    parts = st.tuples(st.sampled_from(modes), st.sampled_from(types), st.sampled_from([0x00, 0x40, 0x80, 0xC0]))
    return parts.map(sum)


registered_deliveries = st.tuples(
    st.sampled_from([0, 1, 2]), st.sampled_from([0, 4, 8, 12]), st.sampled_from([0, 16])
).map(sum)


def _value_of(tag: int) -> st.SearchStrategy[bytes]:
    type_ = TYPES[tag]
    if type_.values is not None and type_.kind is Kind.OCTETS:
        rest = st.binary(min_size=type_.shortest - 1, max_size=type_.longest - 1)
        return st.tuples(st.sampled_from(sorted(type_.values)), rest).map(lambda value: bytes((value[0],)) + value[1])
    if type_.values is not None:
        return st.sampled_from(sorted(type_.values)).map(lambda value: value.to_bytes(type_.longest))
    return st.binary(min_size=type_.shortest, max_size=min(type_.longest, 300))


def tlvs(pdu_class: type[pdus.Pdu], without: frozenset[int] = frozenset()) -> st.SearchStrategy[tuple[Any, ...]]:
    """Expected TLVs, each tag once, among unknown ones that may repeat."""
    unknown = st.tuples(st.integers(0x1400, 0x3FFF), st.binary(max_size=9))
    expected = sorted(EXPECTED.get(pdu_class, frozenset()) - without)
    if not expected:
        return st.lists(unknown, max_size=3).map(tuple)
    known = st.sampled_from(expected).flatmap(lambda tag: st.tuples(st.just(int(tag)), _value_of(tag)))
    return st.tuples(st.lists(known, max_size=5, unique_by=lambda tlv: tlv[0]), st.lists(unknown, max_size=2)).flatmap(
        lambda lists: st.permutations([*lists[0], *lists[1]]).map(tuple)
    )


Maker = Callable[[st.DrawFn], pdus.Pdu]


def _submission(draw: st.DrawFn, esm_classes: st.SearchStrategy[int], replace: list[int]) -> dict[str, Any]:
    return {
        "esm_class": draw(esm_classes),
        "protocol_id": draw(octets),
        "priority_flag": draw(st.integers(0, 3)),
        "schedule_delivery_time": draw(times()),
        "validity_period": draw(times()),
        "registered_delivery": draw(registered_deliveries),
        "replace_if_present_flag": draw(st.sampled_from(replace)),
        "data_coding": draw(octets),
        "sm_default_msg_id": draw(st.integers(0, 254)),
    }


def _text(draw: st.DrawFn, pdu_class: type[pdus.Pdu]) -> dict[str, Any]:
    """short_message, or message_payload, or neither; with other TLVs."""
    short_message = draw(short_messages)
    without = frozenset({0x0424, 0x0302, 0x0303}) if short_message else frozenset({0x0302, 0x0303})
    return {"short_message": short_message, "tlvs": draw(tlvs(pdu_class, without))}


_SUBMIT_ESM_CLASSES = _esm_classes([0, 1, 3], [0x00, 0x08, 0x10])


def _bind(pdu_class: type[pdus.Bind]) -> Maker:
    def make(draw: st.DrawFn) -> pdus.Pdu:
        patterns = ["", "^7494$", "[13579]$", "^79.*", "^[^0-4]1*", "7"]
        return pdu_class(
            draw(texts(15, 1)),
            draw(texts(8)),
            draw(texts(12)),
            draw(octets),
            draw(tons),
            draw(npis),
            draw(st.sampled_from(patterns)),
        )

    return make


def _submit_sm(draw: st.DrawFn) -> pdus.Pdu:
    service_type, source, dest = draw(texts(5)), draw(addresses()), draw(addresses(20, 1))
    rest = _submission(draw, _SUBMIT_ESM_CLASSES, [0, 1])
    return pdus.SubmitSm(service_type, *source, *dest, **rest, **_text(draw, pdus.SubmitSm))


def _submit_multi(draw: st.DrawFn) -> pdus.Pdu:
    one = addresses(20, 1).map(lambda parts: pdus.DestAddress(*parts)) | texts(20, 1).map(pdus.DistributionList)
    service_type, source = draw(texts(5)), draw(addresses())
    dests = tuple(draw(st.lists(one, min_size=1, max_size=5)))
    rest = _submission(draw, _SUBMIT_ESM_CLASSES, [0])
    return pdus.SubmitMulti(service_type, *source, dests, **rest, **_text(draw, pdus.SubmitMulti))


def _deliver_sm(draw: st.DrawFn) -> pdus.Pdu:
    return pdus.DeliverSm(
        draw(texts(5)),
        *draw(addresses()),
        *draw(addresses(20, 1)),
        esm_class=draw(_esm_classes([0], [0x00, 0x04, 0x08, 0x10, 0x18, 0x20])),
        protocol_id=draw(octets),
        priority_flag=draw(st.integers(0, 3)),
        registered_delivery=draw(registered_deliveries),
        data_coding=draw(octets),
        **_text(draw, pdus.DeliverSm),
    )


def _data_sm(draw: st.DrawFn) -> pdus.Pdu:
    payload = (0x0424, draw(st.binary(max_size=300)))
    callbacks = frozenset({0x0424, 0x0302, 0x0303})
    return pdus.DataSm(
        draw(texts(5)),
        *draw(addresses(64)),
        *draw(addresses(64, 1)),
        draw(_esm_classes([0, 1, 2, 3], [0x00, 0x08, 0x10])),
        draw(registered_deliveries),
        draw(octets),
        tlvs=(payload, *draw(tlvs(pdus.DataSm, callbacks))),
    )


def _replace_sm(draw: st.DrawFn) -> pdus.Pdu:
    return pdus.ReplaceSm(
        draw(texts(64, 1)),
        *draw(addresses()),
        draw(times()),
        draw(times()),
        draw(registered_deliveries),
        draw(st.integers(0, 254)),
        draw(short_messages),
    )


def _submit_multi_resp(draw: st.DrawFn) -> pdus.Pdu:
    one = st.tuples(addresses(20, 1), st.integers(0, 0xFFFFFFFF))
    failed = draw(st.lists(one.map(lambda parts: pdus.UnsuccessSme(*parts[0], parts[1])), max_size=5))
    return pdus.SubmitMultiResp(draw(texts(64)), tuple(failed))


def _query_sm_resp(draw: st.DrawFn) -> pdus.Pdu:
    return pdus.QuerySmResp(draw(texts(64)), draw(times()), draw(octets), draw(octets))


def _with_message_id(pdu_class: Any) -> Maker:
    return lambda draw: pdu_class(draw(texts(64)), tlvs=draw(tlvs(pdu_class)))


def _with_system_id(pdu_class: Any) -> Maker:
    return lambda draw: pdu_class(draw(texts(15)), tlvs=draw(tlvs(pdu_class)))


def _header_only(pdu_class: type[pdus.Pdu]) -> Maker:
    return lambda draw: pdu_class(tlvs=draw(tlvs(pdu_class)))


_MAKERS: dict[type[pdus.Pdu], Maker] = {
    pdus.BindReceiver: _bind(pdus.BindReceiver),
    pdus.BindReceiverResp: _with_system_id(pdus.BindReceiverResp),
    pdus.BindTransmitter: _bind(pdus.BindTransmitter),
    pdus.BindTransmitterResp: _with_system_id(pdus.BindTransmitterResp),
    pdus.BindTransceiver: _bind(pdus.BindTransceiver),
    pdus.BindTransceiverResp: _with_system_id(pdus.BindTransceiverResp),
    pdus.Outbind: lambda draw: pdus.Outbind(draw(texts(15, 1)), draw(texts(8))),
    pdus.Unbind: _header_only(pdus.Unbind),
    pdus.UnbindResp: _header_only(pdus.UnbindResp),
    pdus.GenericNack: lambda draw: pdus.GenericNack(),
    pdus.EnquireLink: _header_only(pdus.EnquireLink),
    pdus.EnquireLinkResp: _header_only(pdus.EnquireLinkResp),
    pdus.SubmitSm: _submit_sm,
    pdus.SubmitSmResp: _with_message_id(pdus.SubmitSmResp),
    pdus.SubmitMulti: _submit_multi,
    pdus.SubmitMultiResp: _submit_multi_resp,
    pdus.DeliverSm: _deliver_sm,
    pdus.DeliverSmResp: _with_message_id(pdus.DeliverSmResp),
    pdus.DataSm: _data_sm,
    pdus.DataSmResp: _with_message_id(pdus.DataSmResp),
    pdus.QuerySm: lambda draw: pdus.QuerySm(draw(texts(64, 1)), *draw(addresses())),
    pdus.QuerySmResp: _query_sm_resp,
    pdus.CancelSm: lambda draw: pdus.CancelSm(draw(texts(5)), draw(texts(64)), *draw(addresses()), *draw(addresses())),
    pdus.CancelSmResp: _header_only(pdus.CancelSmResp),
    pdus.ReplaceSm: _replace_sm,
    pdus.ReplaceSmResp: _header_only(pdus.ReplaceSmResp),
    pdus.AlertNotification: lambda draw: pdus.AlertNotification(
        *draw(addresses(64)), *draw(addresses(64, 1)), tlvs=draw(tlvs(pdus.AlertNotification))
    ),
}
PDU_CLASSES = tuple(_MAKERS)


@st.composite
def pdus_of(draw: st.DrawFn, pdu_class: type[pdus.Pdu]) -> pdus.Pdu:
    """Valid PDUs of one class, as a 3.4 peer may send them. Responses succeed."""
    pdu = _MAKERS[pdu_class](draw)
    pdu.sequence_number = draw(sequence_numbers)
    return pdu


any_pdu = st.sampled_from(PDU_CLASSES).flatmap(pdus_of)
"""Valid PDUs of every class."""

streams = st.lists(any_pdu, max_size=8)
"""Valid PDUs in a row."""


def chunked(whole: bytes, cuts: list[int]) -> list[bytes]:
    """`whole` cut at these places, as TCP may cut it; a place beyond its end is its end."""
    places = sorted(min(cut, len(whole)) for cut in cuts)
    return [whole[start:end] for start, end in zip([0, *places], [*places, len(whole)], strict=True)]


def with_length(frame: bytes) -> bytes:
    """The frame with its command_length put right."""
    return len(frame).to_bytes(4) + frame[4:]


@st.composite
def damaged_frames(draw: st.DrawFn) -> bytes:
    """A valid frame cut, stretched, or with octets changed behind its length; command_length is right again."""
    frame = bytearray(encode(draw(any_pdu)))
    for _ in range(draw(st.integers(1, 4))):
        # Text is what most octets are, but fields are what can go wrong: look near the header more often.
        at = draw(st.integers(4, len(frame)) | st.integers(4, min(60, len(frame))))
        damage = draw(st.sampled_from(["change", "zero", "insert", "remove", "cut"]))
        if damage == "change":
            frame[at : at + 1] = bytes([draw(octets)])
        elif damage == "zero":
            frame[at : at + 1] = b"\0"
        elif damage == "insert":
            frame[at:at] = draw(st.binary(min_size=1, max_size=5))
        elif damage == "remove" and at >= 16:
            del frame[at : at + draw(st.integers(1, 5))]
        elif damage == "cut":
            del frame[max(at, 16) :]
    while len(frame) < 16:
        frame.append(0)
    return with_length(bytes(frame))
