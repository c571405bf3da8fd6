"""Optional parameters (SMPP 3.4 §5.3): their stream, typed access, builders.

How this works. A PDU keeps its TLVs as `(tag, octets)` pairs, unread. `read` cuts the stream and judges only the tags
that the PDU expects (`tlv_types`); what is unknown or out of place is kept and ignored, as §3.3 demands. A value that
is reserved for later is ignored too; only one that the specification rules out is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from struct import Struct

from gateway.smpp.constants import MessageState, Tag
from gateway.smpp.errors import PduError
from gateway.smpp.pdus import Pdu
from gateway.smpp.statuses import CommandStatus
from gateway.smpp.tlv_types import CALLBACKS, EXPECTED, NONE_EXPECTED, TYPES, Kind, TlvType

__all__ = [
    "EXPECTED",
    "MOST_TLVS",
    "NONE_EXPECTED",
    "TYPES",
    "Kind",
    "Tlv",
    "TlvType",
    "integer",
    "message_payload",
    "message_state",
    "network_error_code",
    "number",
    "read",
    "receipted_message_id",
    "sar_parameters",
    "sar_segment",
    "sc_interface_version",
    "text",
    "user_data",
    "write",
]

Tlv = tuple[int, bytes]

MOST_TLVS = 64
"""More in one PDU are refused: the specification has fewer tags, and 16,000 empty ones would fit into 64 KiB."""

_HEAD = Struct(">HH")


def read(frame: bytes, start: int, expected: frozenset[Tag]) -> tuple[Tlv, ...]:
    """The TLVs of `frame` from `start` to its end.

    Raises PduError: ESME_RINVOPTPARSTREAM when they do not end where the frame ends or are more than `MOST_TLVS`, and
    for the expected tags ESME_RINVPARLEN (length), ESME_RINVOPTPARAMVAL (value), ESME_ROPTPARNOTALLWD (there twice).
    """
    found: list[Tlv] = []
    end = len(frame)
    while start < end:
        if end - start < _HEAD.size:
            raise PduError(CommandStatus.ESME_RINVOPTPARSTREAM, f"{end - start} octets after the last parameter")
        tag, length = _HEAD.unpack_from(frame, start)
        start += _HEAD.size
        if length > end - start:
            reason = f"TLV 0x{tag:04X}: {length} octets announced, {end - start} left"
            raise PduError(CommandStatus.ESME_RINVOPTPARSTREAM, reason)
        if len(found) == MOST_TLVS:
            raise PduError(CommandStatus.ESME_RINVOPTPARSTREAM, f"more than {MOST_TLVS} TLVs")
        found.append((tag, frame[start : start + length]))
        start += length
    for tag, octets in found:
        if tag in expected:
            _judge(TYPES[tag], octets)
    _judge_repetition([tag for tag, _ in found if tag in expected])
    return tuple(found)


def _judge(type_: TlvType, octets: bytes) -> None:
    if not type_.shortest <= len(octets) <= type_.longest:
        wanted = type_.shortest if type_.shortest == type_.longest else f"{type_.shortest} to {type_.longest}"
        raise PduError(CommandStatus.ESME_RINVPARLEN, f"{type_.name}: {len(octets)} octets, not {wanted}")
    if type_.values is not None:
        value = integer(octets) if type_.kind is Kind.INTEGER else octets[0]
        if value not in type_.values:
            raise PduError(CommandStatus.ESME_RINVOPTPARAMVAL, f"{type_.name}: no such value as {value}")


def _judge_repetition(tags: list[int]) -> None:
    """Only call-back numbers repeat, and what describes them as often as they do (§5.3.2.36-38)."""
    if len(set(tags)) == len(tags):
        return
    times = Counter(tags)
    for tag, count in times.items():
        if count > 1 and tag not in CALLBACKS:
            raise PduError(CommandStatus.ESME_ROPTPARNOTALLWD, f"{TYPES[tag].name}: there {count} times")
    if len({times[tag] for tag in CALLBACKS if tag in times}) > 1:
        raise PduError(CommandStatus.ESME_ROPTPARNOTALLWD, "call-back parameters in unequal numbers")


def write(tlvs: Iterable[Tlv]) -> bytes:
    """The octets of TLVs. Raises struct.error for a tag or a length beyond 16 bits."""
    return b"".join([_HEAD.pack(tag, len(octets)) + octets for tag, octets in tlvs])


# --- typed access ---


def integer(octets: bytes) -> int:
    """The value of an integer parameter of any size."""
    return int.from_bytes(octets)


def text(octets: bytes) -> str:
    """The value of a C-Octet String parameter. A missing NUL is tolerated, octets that are not ASCII are escaped."""
    return octets.removesuffix(b"\0").decode("ascii", "backslashreplace")


def user_data(pdu: Pdu) -> bytes:
    """The octets of the message, user data header included: message_payload where there is one, else short_message.

    The codec refuses both together for 3.4; for 5.0 the payload supersedes short_message (5.0 §4.2.1.1).
    """
    payload = pdu.tlv(Tag.MESSAGE_PAYLOAD) if pdu.tlvs else None
    if payload is not None:
        return payload
    octets: bytes = getattr(pdu, "short_message", b"")
    return octets


def sar_segment(pdu: Pdu) -> tuple[int, int, int] | None:
    """(reference, total, seqnum) of the sar_* parameters; None when they do not make sense together.

    §5.3.2.22-24: they are ignored unless all three are there, with 1 <= seqnum <= total.
    """
    values = [pdu.tlv(tag) for tag in (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)]
    if None in values:
        return None
    reference, total, seqnum = (integer(octets) for octets in values if octets is not None)
    return (reference, total, seqnum) if 1 <= seqnum <= total else None


# --- builders ---


def number(tag: int, value: int) -> Tlv:
    """An integer parameter in the size of its type. Raises OverflowError if the value needs more octets."""
    return tag, value.to_bytes(TYPES[tag].longest)


def message_payload(octets: bytes) -> Tlv:
    return Tag.MESSAGE_PAYLOAD, octets


def receipted_message_id(message_id: str) -> Tlv:
    return Tag.RECEIPTED_MESSAGE_ID, message_id.encode("ascii") + b"\0"


def message_state(state: MessageState) -> Tlv:
    return number(Tag.MESSAGE_STATE, state)


def network_error_code(network: int, code: int) -> Tlv:
    """`network` is 1 ANSI-136, 2 IS-95, 3 GSM; `code` is that network's own (§5.3.2.31)."""
    return Tag.NETWORK_ERROR_CODE, network.to_bytes(1) + code.to_bytes(2)


def sc_interface_version(version: int) -> Tlv:
    return number(Tag.SC_INTERFACE_VERSION, version)


def sar_parameters(reference: int, total: int, seqnum: int) -> tuple[Tlv, Tlv, Tlv]:
    """The three sar_* parameters of part `seqnum` (from 1) of `total`."""
    return (
        number(Tag.SAR_MSG_REF_NUM, reference),
        number(Tag.SAR_TOTAL_SEGMENTS, total),
        number(Tag.SAR_SEGMENT_SEQNUM, seqnum),
    )
