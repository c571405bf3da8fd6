"""Which values a field may have (SMPP 3.4 §5.2): tables and predicates, and the status of each refusal.

A table maps every refused octet to the status that answers it, so "is it fine" and "how to refuse it" cannot
disagree. Nothing here knows where a field lies in a PDU.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway.smpp.constants import VERSION_5_0, Npi, Ton
from gateway.smpp.statuses import CommandStatus

Refusals = Mapping[int, CommandStatus]
"""Octet value -> status, for every value that is refused."""


def _only(allowed: Iterable[int], status: CommandStatus) -> Refusals:
    kept = set(allowed)
    return {value: status for value in range(256) if value not in kept}


SOURCE_TON = _only(Ton, CommandStatus.ESME_RINVSRCTON)
SOURCE_NPI = _only(Npi, CommandStatus.ESME_RINVSRCNPI)
DEST_TON = _only(Ton, CommandStatus.ESME_RINVDSTTON)
DEST_NPI = _only(Npi, CommandStatus.ESME_RINVDSTNPI)
BIND_TON = _only(Ton, CommandStatus.ESME_RBINDFAIL)
BIND_NPI = _only(Npi, CommandStatus.ESME_RBINDFAIL)

_UDHI_AND_REPLY_PATH = (0x00, 0x40, 0x80, 0xC0)


def _esm_classes(modes: Iterable[int], types: Iterable[int]) -> Refusals:
    allowed = {mode | kind | high for mode in modes for kind in types for high in _UDHI_AND_REPLY_PATH}
    return _only(allowed, CommandStatus.ESME_RINVESMCLASS)


_TYPES_FROM_ESME = (0x00, 0x08, 0x10)
_TYPES_FROM_SMSC = (0x00, 0x04, 0x08, 0x10, 0x18, 0x20)
SUBMIT_ESM_CLASS = _esm_classes((0, 1, 3), _TYPES_FROM_ESME)  # transaction mode is for data_sm only (§2.10.3)
DATA_ESM_CLASS = _esm_classes((0, 1, 2, 3), _TYPES_FROM_ESME)
DELIVER_ESM_CLASS = _esm_classes((0,), _TYPES_FROM_SMSC)
DELIVER_DATA_ESM_CLASS = _esm_classes((0, 1, 2, 3), _TYPES_FROM_SMSC)

PRIORITY_FLAG = _only(range(4), CommandStatus.ESME_RINVPRTFLG)
# Bits 1-0 are a choice whose value 3 is reserved, bits 3-2 and bit 4 are free, bits 7-5 are reserved (§5.2.17).
REGISTERED_DELIVERY = _only([value for value in range(0x20) if value & 0x03 != 0x03], CommandStatus.ESME_RINVREGDLVFLG)
REPLACE_IF_PRESENT = _only((0, 1), CommandStatus.ESME_RINVREPFLAG)
REPLACE_IN_MULTI = {**REPLACE_IF_PRESENT, 1: CommandStatus.ESME_RINVSUBREP}  # §4.5.1
NO_REPLACE = _only((0,), CommandStatus.ESME_RINVREPFLAG)
DEFAULT_MESSAGE = _only(range(255), CommandStatus.ESME_RINVDFTMSGID)
NO_DEFAULT_MESSAGE = _only((0,), CommandStatus.ESME_RINVDFTMSGID)
ANY_VALUE: Refusals = {}

PRINTABLE = bytes(range(0x20, 0x7F))
"""What a C-Octet String of a request may be made of: anything else only serves to deceive a log or a screen."""

_MARKUP = b'"`;<>\\{|}'
_ADDRESS_CHARACTERS = PRINTABLE.translate(None, _MARKUP)
LONGEST_ALPHANUMERIC = 11
"""Characters of an alphanumeric sender: what the 10 octets of 3GPP TS 23.040 §9.1.2.5 hold."""


def address_fault(octets: bytes, ton: int, longest: int) -> str | None:
    """Why these octets are no address for this type of number, or None if they are one. Empty is no fault here.

    TON 1 (international) needs digits, a leading ``+`` is tolerated. TON 5 (alphanumeric) holds at most 11 characters,
    digits included. The others may have any printable character that is neither a quote of a programming language
    nor markup: names under TON 0 and addresses like ``10.0.0.1`` are usual.
    """
    if len(octets) > longest:
        return f"{len(octets)} characters, at most {longest}"
    if ton == Ton.ALPHANUMERIC and len(octets) > LONGEST_ALPHANUMERIC:
        return f"{len(octets)} characters, an alphanumeric address has at most {LONGEST_ALPHANUMERIC}"
    if not octets or octets.isdigit():
        return None
    if ton == Ton.INTERNATIONAL:
        return None if octets[0] == ord("+") and octets[1:].isdigit() else "an international address is a number"
    if octets.translate(None, _ADDRESS_CHARACTERS):
        return "characters that no address has"
    return None


def longest_short_message(interface_version: int) -> int:
    """The largest sm_length: 254 (§5.2.21), 255 since SMPP 5.0 (§4.7.28)."""
    return 255 if interface_version >= VERSION_5_0 else 254


def most_destinations(interface_version: int) -> int:
    """The largest number_of_dests: 254 (§5.2.24), 255 since SMPP 5.0 (§4.7.17)."""
    return 255 if interface_version >= VERSION_5_0 else 254
