"""Frames damaged on purpose: what Wireshark calls malformed, and what nobody has asked for."""

from __future__ import annotations

from struct import Struct
from typing import Final

from gateway.faults.effects import Form

_HEADER: Final = Struct(">LLLL")

_NO_COMMAND: Final = 0x0000FFFF
"""Reserved in 3.4 and 5.0 (§5.1.2.1), and no vendor's either. Wireshark takes such octets for no SMPP at all."""

_OTHER_NUMBER: Final = 0x40000000
"""Flipping this bit gives a number that is as legal, and about 10**9 messages away from those in use."""


def damaged(frame: bytes, form: Form) -> bytes:
    """The frame (one whole PDU) in this form of damage.

    In every form but the wrong length it keeps its boundary. A wrong length and a truncated body are malformed to
    Wireshark, unless the frame is a header alone: its command_length becomes 15, which is no PDU to anybody.
    """
    length, command_id, status, sequence_number = _HEADER.unpack_from(frame)
    body = frame[_HEADER.size :]
    if form is Form.WRONG_LENGTH:
        length -= 1
    elif form is Form.TRUNCATED:
        length, body = length - 1, body[:-1]
    elif form is Form.UNKNOWN_COMMAND_ID:
        command_id = (command_id & 0x80000000) | _NO_COMMAND
    else:
        sequence_number ^= _OTHER_NUMBER
    return _HEADER.pack(length, command_id, status, sequence_number) + body
