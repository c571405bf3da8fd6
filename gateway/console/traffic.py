"""What goes over each connection now: its last PDU, and messages a second. Read off the end of the ring of octets, so
that a connection keeps no account of it while nobody looks."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final

import attrs

from gateway.network.wire_log import WireLog
from gateway.smpp.constants import HEADER_LENGTH, CommandId

WINDOW: Final = 2_000_000
"""µs over which messages are counted."""

RESPONSES: Final = 10_000_000
"""µs within which responses are timed."""

_LOOKED_AT: Final = 1_500
"""PDUs that are looked at, the newest: a millisecond of work. What lies further back is not told."""

_MESSAGES: Final = frozenset({CommandId.SUBMIT_SM, CommandId.DATA_SM, CommandId.SUBMIT_MULTI, CommandId.DELIVER_SM})
_NAMES: Final = {int(command): command.name.lower() for command in CommandId}
_SUBMITS: Final = frozenset({CommandId.SUBMIT_SM, CommandId.DATA_SM, CommandId.SUBMIT_MULTI})
_RESPONSE: Final = 0x80000000
_head_at: Final = Struct(">LLLL").unpack_from


@attrs.define
class Traffic:
    """Of one connection."""

    last_pdu: str = ""
    last_inbound: bool = False
    last_at: int = 0
    """µs, time of day."""
    messages: int = 0
    """Requests that carry a message, either way, within the window."""
    per_second: float = 0.0


def traffic_of(wire_log: WireLog, now: int) -> dict[int, Traffic]:
    """By the connection's number in the log; ``now`` is the time of day, µs."""
    found: dict[int, Traffic] = {}
    oldest, looked_at = now, 0
    for at_ns, stream, octets in wire_log.newest():
        if looked_at >= _LOOKED_AT:
            break
        at = at_ns // 1000
        traffic = found.get(stream.line.number)
        if traffic is None:
            traffic = found[stream.line.number] = Traffic()
        is_recent = at > now - WINDOW
        if is_recent:
            oldest = at
        elif traffic.last_pdu:
            looked_at += 1
            continue
        commands = [command for command, _ in _heads(octets)]
        looked_at += len(commands) or 1
        if commands and not traffic.last_pdu:
            traffic.last_pdu, traffic.last_inbound, traffic.last_at = _NAMES[commands[-1]], stream.inbound, at
        if is_recent:
            traffic.messages += sum(command in _MESSAGES for command in commands)
    # So much was going on that the window does not reach back that far.
    window = WINDOW if looked_at < _LOOKED_AT else max(1, now - oldest)
    for traffic in found.values():
        traffic.per_second = round(traffic.messages * 1_000_000 / window, 1)
    return found


def response_times(wire_log: WireLog, now: int) -> list[int]:
    """How long the submits of the last :data:`RESPONSES` waited for their responses, µs, the shortest first."""
    answered: dict[tuple[int, int], int] = {}
    found = []
    looked_at = 0
    for at_ns, stream, octets in wire_log.newest():
        at = at_ns // 1000
        if at < now - RESPONSES or looked_at >= _LOOKED_AT:
            break
        heads = list(_heads(octets))
        looked_at += len(heads) or 1
        for command, sequence in heads:
            key = stream.line.number, sequence
            if not stream.inbound and command & _RESPONSE and command & ~_RESPONSE in _SUBMITS:
                answered[key] = at
            elif stream.inbound and command in _SUBMITS and key in answered:
                found.append(answered.pop(key) - at)
    return sorted(found)


def _heads(octets: bytes) -> Iterator[tuple[int, int]]:
    """Command and sequence number of the PDUs that begin here, as far as that is seen: a read may begin within one."""
    at = 0
    while len(octets) - at >= HEADER_LENGTH:
        length, command, _, sequence = _head_at(octets, at)
        if length < HEADER_LENGTH or command not in _NAMES:
            return
        yield command, sequence
        at += length
