"""Fields whose octets mean more than a number: addresses, esm_class, registered_delivery, times.

Bit fields stay plain integers, as they are on the wire; these functions and masks read them.
"""

from __future__ import annotations

import re

import attrs

from gateway.smpp.constants import Ton
from gateway.smpp.times import format_time, parse_time

__all__ = [
    "DATAGRAM",
    "DEFAULT_MODE",
    "DELIVERY_RECEIPT",
    "INTERMEDIATE_NOTIFICATION",
    "REPLY_PATH",
    "STORE_AND_FORWARD",
    "TRANSACTION",
    "UDHI",
    "Address",
    "address_pattern",
    "format_time",
    "has_reply_path",
    "has_udhi",
    "message_mode",
    "message_type",
    "parse_time",
    "wants_intermediate",
    "wants_receipt",
]


@attrs.frozen
class Address:
    """An SME address: type of number, numbering plan, and the characters as the peer wrote them (§5.2.5-§5.2.9)."""

    ton: int = 0
    npi: int = 0
    addr: str = ""

    @property
    def number(self) -> str | None:
        """The digits without a leading ``+``, whatever the TON says of them; None when this is no number."""
        digits = self.addr.removeprefix("+")
        return digits if digits.isascii() and digits.isdigit() else None

    @property
    def is_alphanumeric(self) -> bool:
        """Whether this is a name, to which no reply can be sent: TON 5, or anything but a number."""
        return self.ton == Ton.ALPHANUMERIC or (self.addr != "" and self.number is None)


# --- esm_class (§5.2.12) ---

DEFAULT_MODE, DATAGRAM, TRANSACTION, STORE_AND_FORWARD = 0x00, 0x01, 0x02, 0x03
"""Messaging modes, bits 1-0; transaction ("forward") mode is for data_sm only."""

DELIVERY_RECEIPT = 0x04
DELIVERY_ACKNOWLEDGEMENT = 0x08
USER_ACKNOWLEDGEMENT = 0x10
CONVERSATION_ABORT = 0x18
INTERMEDIATE_NOTIFICATION = 0x20
"""Message types, bits 5-2; 0 is an ordinary message."""

UDHI = 0x40
REPLY_PATH = 0x80

_MODE_MASK = 0x03
_TYPE_MASK = 0x3C


def message_mode(esm_class: int) -> int:
    """One of the messaging modes; meaningful from ESME to SMSC only."""
    return esm_class & _MODE_MASK


def message_type(esm_class: int) -> int:
    """Bits 5-2 in place, to be compared with DELIVERY_RECEIPT and its like; 0 is an ordinary message."""
    return esm_class & _TYPE_MASK


def has_udhi(esm_class: int) -> bool:
    """Whether the text begins with a user data header."""
    return esm_class & UDHI != 0


def has_reply_path(esm_class: int) -> bool:
    return esm_class & REPLY_PATH != 0


# --- registered_delivery (§5.2.17) ---

_RECEIPT_MASK = 0x03
_RECEIPT_ALWAYS = 0x01
_RECEIPT_ON_FAILURE = 0x02
_INTERMEDIATE_MASK = 0x10  # the prose of §5.2.17 says bit 5; its table and SMPP 5.0 §4.7.21 say bit 4


def wants_receipt(registered_delivery: int, *, delivered: bool) -> bool:
    """Whether a final state is to be reported: `delivered` is True for DELIVERED, False for every other one."""
    asked = registered_delivery & _RECEIPT_MASK
    return asked == _RECEIPT_ALWAYS or (asked == _RECEIPT_ON_FAILURE and not delivered)


def wants_intermediate(registered_delivery: int) -> bool:
    """Whether an intermediate notification was asked for."""
    return registered_delivery & _INTERMEDIATE_MASK != 0


# --- address_range (§5.2.7, Appendix A) ---

_SAFE_PATTERN = re.compile(r"\^?(?:(?:[0-9.]|\[\^?(?:[0-9]-[0-9]|[0-9])+\])\*?)*\$?")
_MOST_STARS = 2


def address_pattern(address_range: str) -> re.Pattern[str] | None:
    """The addresses that a binding serves, to be used with ``search``; None for the empty range (nothing was said).

    A client writes this regular expression, so only one that cannot be slow is taken: digits, ``.``, sets of digits,
    a ``*`` behind any of these (two at most: each more multiplies the time by the length of an address), ``^`` in
    front and ``$`` behind. Groups, alternatives and counts are refused: ``^((1+)+)+$`` takes minutes on twenty
    digits. Raises ValueError.
    """
    if not address_range:
        return None
    if address_range.count("*") > _MOST_STARS or _SAFE_PATTERN.fullmatch(address_range) is None:
        raise ValueError("not a pattern of digits, '.', sets, '^', '$' and at most two '*'")
    try:
        return re.compile(address_range)
    except re.error as error:  # a set whose range runs backwards
        raise ValueError(str(error)) from error
