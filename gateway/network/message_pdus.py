"""Which PDUs carried a message, as far as the ring still has them."""

from __future__ import annotations

from struct import Struct
from typing import Final

from gateway.clients.directory import Client
from gateway.messages.message import Message
from gateway.messages.segmenting import pdus_for
from gateway.network.wire_log import Frame, WireLog
from gateway.smpp.codec import encode
from gateway.smpp.constants import HEADER_LENGTH, RESPONSE, CommandId

_HEADER: Final = Struct(">LLLL")
_TOLD_AN_ID: Final = frozenset({CommandId.SUBMIT_SM, CommandId.DATA_SM, CommandId.SUBMIT_MULTI})


def pdus_of(log: WireLog, message: Message, recipient: Client | None) -> list[Frame]:
    """The PDUs that brought ``message`` in and carried it out, with their responses, in the order of time.

    In: the submit_sm, data_sm or submit_multi of its client that was answered with its message_id. Out: every
    attempt to deliver it to ``recipient``, the client that it is for. A PDU of another message that is the same to the
    octet (one balance, asked for twice) cannot be told from it and is there, too; a text that is sealed and wiped, or
    that a fault has damaged on its way, is not found.
    """
    names = {message.client} if recipient is None else {message.client, recipient.system_id}
    frames = log.frames(client=names.pop()) if len(names) == 1 and "" not in names else log.frames()
    told = message.spelled_id.encode("ascii") + b"\0"
    carriers = set() if recipient is None else {_anonymous(encode(pdu)) for pdu in pdus_for(message, recipient)}
    asked: dict[tuple[int, int, int], tuple[int, Frame]] = {}
    awaited: set[tuple[int, int, int]] = set()
    found: list[tuple[int, Frame]] = []
    for place, frame in enumerate(frames):
        octets = frame.octets
        if not frame.whole:
            continue
        _, command_id, status, sequence_number = _HEADER.unpack_from(octets)
        key = (frame.connection, command_id & ~RESPONSE, sequence_number)
        if frame.inbound:
            if command_id in _TOLD_AN_ID:
                asked[key] = place, frame
            elif command_id & RESPONSE and key in awaited:
                awaited.discard(key)
                found.append((place, frame))
        elif command_id & RESPONSE:
            if (
                not status
                and frame.client == message.client
                and message.spelled_id
                and octets.startswith(told, HEADER_LENGTH)
                and key in asked
            ):
                found += (asked[key], (place, frame))
        elif recipient is not None and frame.client == recipient.system_id and _anonymous(octets) in carriers:
            awaited.add(key)
            found.append((place, frame))
    return [frame for _, frame in sorted(found, key=lambda placed: placed[0])]


def _anonymous(octets: bytes) -> bytes:
    """All of a PDU but its sequence_number: a retry has another one."""
    return octets[:12] + octets[HEADER_LENGTH:]
