"""Lanes: what keeps messages for one subscriber of one client in order."""

from __future__ import annotations

from collections import deque
from enum import Enum

import attrs

from gateway.clients.bindings import Binding
from gateway.messages.agenda import Step
from gateway.messages.settlement import Outgoing
from gateway.smpp.pdus import Pdu

LaneKey = tuple[str, str, str]
"""client, the subscriber that the message is about, and the number on our side: order is kept within these three."""


class LaneState(Enum):
    """What a lane waits for. Its first message alone is on its way; the others wait behind it."""

    READY = "ready"
    """Stands in the queue of a binding that has no room yet."""
    SENT = "sent"
    """Has unacknowledged segments on its binding; sticks to it."""
    HELD = "held"
    """Waits for a retry; later messages of the lane wait behind."""
    WAITING = "waiting"
    """No receiving binding of the client is there."""
    PARKED = "parked"
    """Has something to send, and the gateway does not know whether it still may (among several gateways only)."""
    DROPPED = "dropped"
    """Another gateway may have it by now: nothing more is sent, answers still count (among several gateways only)."""


@attrs.define(eq=False)
class Consignment:
    """One message on its lane, with the PDUs that carry it."""

    lane: Lane
    outgoing: Outgoing
    attempts: int
    acknowledged: int
    """Bit n: segment n was acknowledged by the client."""
    in_flight: int = 0
    """Bit n: segment n was sent and not answered yet."""
    pdus: list[Pdu] | None = None
    retry: bool = False
    """A segment of this attempt was refused for now, timed out or was lost."""
    lost: bool = False
    """The retry is for a lost binding: it costs no waiting."""
    expiry: Step | None = None


@attrs.define(eq=False)
class Lane:
    """The messages of one lane in order; the first one is being delivered, the others wait."""

    key: LaneKey
    state: LaneState
    queue: deque[Consignment] = attrs.field(factory=deque)
    binding: Binding | None = None
    origin: Binding | None = None
    """Where the newest request came from: its answer goes there if it can."""


Sent = tuple[Consignment, int]
"""What comes back with the answer to a segment: what it is of, and its bit. A tuple: one is made for every message."""
