"""Frames damaged on purpose: what Wireshark calls malformed, and what nobody has asked for."""

from __future__ import annotations

from struct import Struct
from typing import Final

from gateway.faults.effects import Form

_HEADER: Final = Struct(">LLLL")

_NO_LENGTH: Final = 4
"""A command_length that no PDU can have: a header alone is 16 octets."""

_NO_COMMAND: Final = 0x0000FFFF
"""Reserved in 3.4 and 5.0 (§5.1.2.1), and no vendor's either."""

_OTHER_NUMBER: Final = 0x40000000
"""Flipping this bit gives a number that is as legal, and about 10**9 messages away from those in use."""


def damaged(frame: bytes, form: Form) -> bytes:
    """The frame (one whole PDU) in this form of damage; in every form but one it keeps its boundary."""
    length, command_id, status, sequence_number = _HEADER.unpack_from(frame)
    body = frame[_HEADER.size :]
    if form is Form.WRONG_LENGTH:
        length = _NO_LENGTH
    elif form is Form.TRUNCATED:
        # A header alone has nothing to cut: it gets a length that promises less than a header.
        body = body[:-1]
        length = _HEADER.size + len(body) if len(frame) > _HEADER.size else _HEADER.size - 1
    elif form is Form.UNKNOWN_COMMAND_ID:
        command_id = (command_id & 0x80000000) | _NO_COMMAND
    else:
        sequence_number ^= _OTHER_NUMBER
    return _HEADER.pack(length, command_id, status, sequence_number) + body
