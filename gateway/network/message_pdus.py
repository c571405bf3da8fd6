"""Which PDUs carried a message, as far as the ring still has them."""

from __future__ import annotations

from struct import Struct
from typing import Final

from gateway.clients.directory import Client
from gateway.messages.message import Message
from gateway.messages.segmenting import pdus_for
from gateway.network.flows import Place, flows_of
from gateway.network.wire_log import Frame, Recording, WireLog
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
    recording = log.recording(names.pop() if len(names) == 1 and "" not in names else "")
    told = message.spelled_id.encode("ascii") + b"\0" if message.spelled_id else b""
    carriers = set() if recipient is None else {_anonymous(encode(pdu)) for pdu in pdus_for(message, recipient)}
    asked: dict[tuple[int, int, int], tuple[Place, Frame]] = {}
    awaited: set[tuple[int, int, int]] = set()
    found: list[tuple[Place, Frame]] = []
    to = None if recipient is None else recipient.system_id
    for place, frame in _candidates(recording, (message.client, told), (to, carriers)):
        _, command_id, _, sequence_number = _HEADER.unpack_from(frame.octets)
        key = (frame.connection, command_id & ~RESPONSE, sequence_number)
        if frame.inbound:
            if command_id in _TOLD_AN_ID:
                asked[key] = place, frame
            elif command_id & RESPONSE and key in awaited:
                awaited.discard(key)
                found.append((place, frame))
        elif command_id & RESPONSE:
            if key in asked:
                found += (asked[key], (place, frame))
        else:
            awaited.add(key)
            found.append((place, frame))
    return [frame for _, frame in sorted(found, key=lambda placed: placed[0])]


def _anonymous(octets: bytes) -> bytes:
    """All of a PDU but its sequence_number: a retry has another one."""
    return octets[:12] + octets[HEADER_LENGTH:]


def _candidates(
    recording: Recording, answered: tuple[str, bytes], delivered: tuple[str | None, set[bytes]]
) -> list[tuple[Place, Frame]]:
    """The responses to client ``answered[0]`` that tell the id ``answered[1]``, the PDUs ``delivered[1]`` to
    client ``delivered[0]``, and what came in with the sequence_numbers of these; in the order of time."""
    client, told = answered
    recipient, carriers = delivered
    bodies = [carrier[12:] for carrier in carriers]
    sizes = {len(carrier) + 4 for carrier in carriers}
    found: list[tuple[Place, Frame]] = []
    flows = flows_of(recording)
    for stream, flow in flows.items():
        if stream.inbound:
            continue
        octets, line = flow.octets, stream.line
        is_told = told != b"" and line.client == client and told in octets
        is_carried = line.client == recipient and any(body in octets for body in bodies)
        if not is_told and not is_carried:
            continue
        wanted: set[tuple[int, int]] = set()
        for header in flow.headers():
            at, end, command_id, status, sequence_number = header
            if command_id & RESPONSE:
                hit = is_told and not status and octets.startswith(told, at + HEADER_LENGTH)
                other = command_id & ~RESPONSE
            else:
                hit = is_carried and end - at in sizes and _anonymous(octets[at:end]) in carriers
                other = command_id | RESPONSE
            if hit:
                wanted.add((other, sequence_number))
                found.append(flow.frame(header))
        incoming = flows.get(line.incoming)
        if incoming is not None and wanted:
            found += [incoming.frame(header) for header in incoming.headers() if (header[2], header[4]) in wanted]
    return sorted(found, key=lambda placed: placed[0])
