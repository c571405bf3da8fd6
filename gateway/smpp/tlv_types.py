"""The type of every optional parameter (SMPP 3.4 §5.3.2), and which of them each PDU expects (§4.1-§4.12)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

import attrs

from gateway.smpp.constants import Tag
from gateway.smpp.pdus import (
    AlertNotification,
    BindReceiverResp,
    BindTransceiverResp,
    BindTransmitterResp,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    Pdu,
    SubmitMulti,
    SubmitSm,
)


class Kind(Enum):
    """How the octets of a value are to be read."""

    INTEGER = "integer"
    OCTETS = "octets"
    C_STRING = "c-octet string"


@attrs.frozen
class TlvType:
    """Name, kind and length in octets of one tag's value; `values`, where only these are legal: of the number, or of
    the first of the octets."""

    name: str
    kind: Kind
    shortest: int
    longest: int
    values: frozenset[int] | None = None


def _integer(tag: Tag, size: int, values: Iterable[int] | None = None) -> tuple[Tag, TlvType]:
    legal = None if values is None else frozenset(values)
    return tag, TlvType(tag.name.lower(), Kind.INTEGER, size, size, legal)


def _octets(tag: Tag, shortest: int, longest: int) -> tuple[Tag, TlvType]:
    return tag, TlvType(tag.name.lower(), Kind.OCTETS, shortest, longest)


def _c_string(tag: Tag, longest: int) -> tuple[Tag, TlvType]:
    return tag, TlvType(tag.name.lower(), Kind.C_STRING, 1, longest)


TYPES: dict[int, TlvType] = dict(
    [
        _integer(Tag.DEST_ADDR_SUBUNIT, 1),
        _integer(Tag.DEST_NETWORK_TYPE, 1),
        _integer(Tag.DEST_BEARER_TYPE, 1),
        _integer(Tag.DEST_TELEMATICS_ID, 2),
        _integer(Tag.SOURCE_ADDR_SUBUNIT, 1),
        _integer(Tag.SOURCE_NETWORK_TYPE, 1),
        _integer(Tag.SOURCE_BEARER_TYPE, 1),
        _integer(Tag.SOURCE_TELEMATICS_ID, 1),
        _integer(Tag.QOS_TIME_TO_LIVE, 4),
        _integer(Tag.PAYLOAD_TYPE, 1),
        _c_string(Tag.ADDITIONAL_STATUS_INFO_TEXT, 256),
        _c_string(Tag.RECEIPTED_MESSAGE_ID, 65),
        _integer(Tag.MS_MSG_WAIT_FACILITIES, 1),
        _integer(Tag.PRIVACY_INDICATOR, 1),
        _octets(Tag.SOURCE_SUBADDRESS, 2, 23),
        _octets(Tag.DEST_SUBADDRESS, 2, 23),
        _integer(Tag.USER_MESSAGE_REFERENCE, 2),
        _integer(Tag.USER_RESPONSE_CODE, 1),
        _integer(Tag.SOURCE_PORT, 2),
        _integer(Tag.DESTINATION_PORT, 2),
        _integer(Tag.SAR_MSG_REF_NUM, 2),
        _integer(Tag.LANGUAGE_INDICATOR, 1),
        _integer(Tag.SAR_TOTAL_SEGMENTS, 1),
        _integer(Tag.SAR_SEGMENT_SEQNUM, 1),
        _integer(Tag.SC_INTERFACE_VERSION, 1),
        _integer(Tag.CALLBACK_NUM_PRES_IND, 1),
        _octets(Tag.CALLBACK_NUM_ATAG, 1, 65),
        # 100 to 255 are reserved (§5.3.2.39), and so is all but 0 and 1 of more_messages_to_send (§5.3.2.34).
        _integer(Tag.NUMBER_OF_MESSAGES, 1),
        # The first octet is 0000000D, D the digit mode (§5.3.2.36).
        (Tag.CALLBACK_NUM, TlvType("callback_num", Kind.OCTETS, 4, 19, frozenset({0, 1}))),
        _integer(Tag.DPF_RESULT, 1, (0, 1)),
        _integer(Tag.SET_DPF, 1, (0, 1)),
        _integer(Tag.MS_AVAILABILITY_STATUS, 1),
        _octets(Tag.NETWORK_ERROR_CODE, 3, 3),
        _octets(Tag.MESSAGE_PAYLOAD, 0, 0xFFFF),
        _integer(Tag.DELIVERY_FAILURE_REASON, 1),
        _integer(Tag.MORE_MESSAGES_TO_SEND, 1),
        _integer(Tag.MESSAGE_STATE, 1),
        _integer(Tag.CONGESTION_STATE, 1, range(101)),
        _integer(Tag.USSD_SERVICE_OP, 1),
        _integer(Tag.DISPLAY_TIME, 1),
        _integer(Tag.SMS_SIGNAL, 2),
        _integer(Tag.MS_VALIDITY, 1),
        _octets(Tag.ALERT_ON_MESSAGE_DELIVERY, 0, 1),  # empty in 3.4, one octet since 5.0 (§4.8.4.2)
        _integer(Tag.ITS_REPLY_TYPE, 1),
        _octets(Tag.ITS_SESSION_INFO, 2, 2),
    ]
)
"""Every tag that we know."""

CALLBACKS = frozenset({Tag.CALLBACK_NUM, Tag.CALLBACK_NUM_PRES_IND, Tag.CALLBACK_NUM_ATAG})
_SEGMENTS = frozenset({Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM})
_IN_EVERY_MESSAGE = _SEGMENTS | {
    Tag.USER_MESSAGE_REFERENCE,
    Tag.SOURCE_PORT,
    Tag.DESTINATION_PORT,
    Tag.PAYLOAD_TYPE,
    Tag.MESSAGE_PAYLOAD,
    Tag.PRIVACY_INDICATOR,
    Tag.CALLBACK_NUM,
    Tag.SOURCE_SUBADDRESS,
    Tag.DEST_SUBADDRESS,
    Tag.LANGUAGE_INDICATOR,
}
_IN_EVERY_SUBMISSION = _IN_EVERY_MESSAGE | {
    Tag.SOURCE_ADDR_SUBUNIT,
    Tag.DEST_ADDR_SUBUNIT,
    Tag.CALLBACK_NUM_PRES_IND,
    Tag.CALLBACK_NUM_ATAG,
    Tag.DISPLAY_TIME,
    Tag.SMS_SIGNAL,
    Tag.MS_VALIDITY,
    Tag.MS_MSG_WAIT_FACILITIES,
    Tag.ALERT_ON_MESSAGE_DELIVERY,
    # 3.4 has it in data_sm alone, 5.0 in every submission (§4.2.1.1). A length that is judged here can be relied upon.
    Tag.QOS_TIME_TO_LIVE,
}
_INTERACTIVE = frozenset(
    {
        Tag.MORE_MESSAGES_TO_SEND,
        Tag.USER_RESPONSE_CODE,
        Tag.NUMBER_OF_MESSAGES,
        Tag.ITS_REPLY_TYPE,
        Tag.ITS_SESSION_INFO,
    }
)
_RECEIPT = frozenset({Tag.RECEIPTED_MESSAGE_ID, Tag.MESSAGE_STATE, Tag.NETWORK_ERROR_CODE})
_OUTCOME = frozenset(
    {Tag.DELIVERY_FAILURE_REASON, Tag.NETWORK_ERROR_CODE, Tag.ADDITIONAL_STATUS_INFO_TEXT, Tag.DPF_RESULT}
)
_OF_BIND_RESP = frozenset({Tag.SC_INTERFACE_VERSION})

EXPECTED: dict[type[Pdu], frozenset[Tag]] = {
    SubmitSm: _IN_EVERY_SUBMISSION | _INTERACTIVE | {Tag.USSD_SERVICE_OP},
    SubmitMulti: _IN_EVERY_SUBMISSION,
    DataSm: _IN_EVERY_SUBMISSION
    | _INTERACTIVE
    | _RECEIPT
    | {
        Tag.SOURCE_NETWORK_TYPE,
        Tag.SOURCE_BEARER_TYPE,
        Tag.SOURCE_TELEMATICS_ID,
        Tag.DEST_NETWORK_TYPE,
        Tag.DEST_BEARER_TYPE,
        Tag.DEST_TELEMATICS_ID,
        Tag.SET_DPF,
    },
    DeliverSm: _IN_EVERY_MESSAGE | _RECEIPT | {Tag.USER_RESPONSE_CODE, Tag.ITS_SESSION_INFO},
    DataSmResp: _OUTCOME,
    DeliverSmResp: _OUTCOME,  # since SMPP 5.0 (§4.3.2)
    BindReceiverResp: _OF_BIND_RESP,
    BindTransmitterResp: _OF_BIND_RESP,
    BindTransceiverResp: _OF_BIND_RESP,
    AlertNotification: frozenset({Tag.MS_AVAILABILITY_STATUS}),
}
"""The tags that each PDU expects; the PDUs that are not here expect none."""

NONE_EXPECTED: frozenset[Tag] = frozenset()
"""For the PDUs that are not in `EXPECTED`."""
