"""Octets to PDU and back, strictly (SMPP 3.4 §3-§5).

How this works. `layouts` says what the body of each PDU is made of, `tlvs` reads what follows it, and this module
puts the two together with the header and the few rules that concern both. The PDUs of the hot path have hand-written
shortcuts (`shortcuts`) that either give exactly what the tables give or step aside.
"""

from __future__ import annotations

import struct

from gateway.smpp import shortcuts, tlvs
from gateway.smpp.constants import HEADER_LENGTH, RESPONSE, VERSION_3_4, VERSION_5_0, Tag
from gateway.smpp.errors import FrameError, PduError
from gateway.smpp.field_types import Cursor, Values
from gateway.smpp.layouts import DATA_SM_FROM_SMSC, LAYOUTS, Layout
from gateway.smpp.pdus import PDU_OF, DataSm, DataSmResp, GenericNack, Pdu, ShortMessage, SubmitMulti
from gateway.smpp.statuses import CommandStatus

_HEADER = struct.Struct(">LLLL")


def decode(frame: bytes, interface_version: int = VERSION_3_4, *, from_smsc: bool = False) -> Pdu:
    """The PDU in one whole frame, header included.

    `interface_version` is the one that the session was bound with: 0x50 and above follow SMPP 5.0 where it is wider
    (sm_length 255, 255 destinations, message_payload beside short_message). `from_smsc` reads a data_sm that an SMSC
    sent; everything else is the same in both directions.

    The body of an error response is ignored (§4.1.2, §4.4.2), except for the outcome that a data_sm_resp reports with
    ESME_RDELIVERYFAILURE; so is that of a generic_nack. A response without a body has empty fields.

    Raises PduError with the status to answer with, and FrameError if `frame` is not one frame. data_coding and the
    text are not judged, nor is a time compared with now.
    """
    try:
        length, command_id, command_status, sequence_number = _HEADER.unpack_from(frame)
    except struct.error:
        raise FrameError(CommandStatus.ESME_RINVCMDLEN, f"{len(frame)} octets are no header") from None
    if length != len(frame):
        reason = f"command_length {length} in a frame of {len(frame)} octets"
        raise FrameError(CommandStatus.ESME_RINVCMDLEN, reason, sequence_number)
    try:
        shortcut = shortcuts.READERS.get(command_id)
        if shortcut is not None:
            pdu = shortcut(frame, command_status, sequence_number, interface_version)
            if pdu is not None:
                return pdu
        return _decode(frame, command_id, command_status, sequence_number, interface_version, from_smsc)
    except PduError as error:
        error.command_id = command_id
        error.sequence_number = sequence_number
        raise


def _decode(
    frame: bytes, command_id: int, command_status: int, sequence_number: int, version: int, from_smsc: bool
) -> Pdu:
    pdu_class = PDU_OF.get(command_id)
    if pdu_class is None:
        raise PduError(CommandStatus.ESME_RINVCMDID, f"unknown command_id 0x{command_id:08X}")
    values: Values = {"command_status": command_status, "sequence_number": sequence_number}
    if command_id & RESPONSE and (len(frame) == HEADER_LENGTH or not _has_body(pdu_class, command_status)):
        return pdu_class(**values)
    layout: Layout = DATA_SM_FROM_SMSC if from_smsc and pdu_class is DataSm else LAYOUTS[pdu_class]
    cursor = Cursor(frame, HEADER_LENGTH)
    for field in layout:
        field.read(cursor, values, version)
    if cursor.at < len(frame):
        values["tlvs"] = tlvs.read(frame, cursor.at, tlvs.EXPECTED.get(pdu_class, tlvs.NONE_EXPECTED))
    pdu = pdu_class(**values)
    _judge_payload(pdu, version, from_smsc)
    return pdu


def _has_body(response_class: type[Pdu], command_status: int) -> bool:
    if response_class is GenericNack:
        return False
    if command_status == CommandStatus.ESME_ROK:
        return True
    return response_class is DataSmResp and command_status == CommandStatus.ESME_RDELIVERYFAILURE


def _judge_payload(pdu: Pdu, version: int, from_smsc: bool) -> None:
    """What message_payload must and must not stand beside (§4.4.1, §4.7.1)."""
    if isinstance(pdu, DataSm):
        # The SMSC may send a receipt that is all in its TLVs.
        if pdu.tlv(Tag.MESSAGE_PAYLOAD) is None and not from_smsc:
            raise PduError(CommandStatus.ESME_RMISSINGOPTPARAM, "data_sm without message_payload")
    elif (
        isinstance(pdu, ShortMessage | SubmitMulti)
        and pdu.short_message
        and version < VERSION_5_0
        and pdu.tlv(Tag.MESSAGE_PAYLOAD) is not None
    ):
        raise PduError(CommandStatus.ESME_ROPTPARNOTALLWD, "message_payload beside short_message")


def encode(pdu: Pdu) -> bytes:
    """The frame of a PDU. An error response is its header alone (but for the outcome that `decode` speaks of).

    Values are written as they are: what is too long or not allowed is not judged here, for an emulator must be able
    to misbehave. Raises ValueError for what no octets can express: a text that is not ASCII or has a NUL, a number
    beyond its octets, a short_message beyond 255.
    """
    try:
        shortcut = shortcuts.WRITERS.get(pdu.command_id)
        if shortcut is not None:
            return shortcut(pdu)
        return _encode(pdu)
    except (struct.error, OverflowError) as error:
        raise ValueError(f"{type(pdu).__name__} cannot be written: {error}") from error


def _encode(pdu: Pdu) -> bytes:
    body = b""
    if not pdu.command_id & RESPONSE or _has_body(type(pdu), pdu.command_status):
        body = b"".join([field.write(pdu) for field in LAYOUTS[type(pdu)]]) + tlvs.write(pdu.tlvs)
    length = HEADER_LENGTH + len(body)
    return _HEADER.pack(length, pdu.command_id, pdu.command_status, pdu.sequence_number) + body
