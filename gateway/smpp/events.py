"""What a session tells its owner, one value per happening.

Events are slotted but not frozen: a frozen attrs class sets its fields through ``object.__setattr__``,
which costs more than matching a response does, and one event is made for every message.
Nobody changes an event after it was made.
"""

from enum import StrEnum

import attrs

from gateway.smpp.pdus import (
    Bind,
    CancelSm,
    DataSm,
    EnquireLink,
    Pdu,
    QuerySm,
    ReplaceSm,
    SubmitMulti,
    SubmitSm,
)


class CloseReason(StrEnum):
    """Why a session ended. Few fixed words, fit for a log field or a metric's label."""

    UNBOUND = "unbound"
    """An unbind was answered, ours or the peer's."""
    UNBIND_TIMEOUT = "unbind_timeout"
    """The peer did not answer our unbind, or its own requests stayed unanswered after its unbind."""
    PEER_CLOSED = "peer_closed"
    OWNER_CLOSED = "owner_closed"
    FRAME_LOST = "frame_lost"
    """A command_length was out of bounds, so that nobody knows where the next PDU starts."""
    SESSION_INIT_TIMEOUT = "session_init_timeout"
    READ_TIMEOUT = "read_timeout"
    """A PDU that had begun was not whole in time."""
    ENQUIRE_LINK_TIMEOUT = "enquire_link_timeout"
    BIND_FAILURES = "bind_failures"
    STRAY_RESPONSES = "stray_responses"


@attrs.define
class BindRequested:
    """A client wants to bind. No other PDU of its is looked at before this one is answered."""

    request: Bind


@attrs.define
class SubmitReceived:
    """A submit_sm, submit_multi or data_sm; it holds a place in the window until it is answered."""

    request: SubmitSm | SubmitMulti | DataSm


@attrs.define
class OperationReceived:
    """A query_sm, cancel_sm or replace_sm; it holds a place in the window until it is answered."""

    request: QuerySm | CancelSm | ReplaceSm


@attrs.define
class EnquireLinkReceived:
    """An enquire_link for the owner to answer; only while ``auto_enquire_link`` is off."""

    request: EnquireLink


@attrs.define
class ResponseReceived:
    """The peer answered ``request``; ``response`` is a GenericNack when it refused it that way."""

    request: Pdu
    response: Pdu
    context: object


@attrs.define
class RequestTimedOut:
    """``request`` was not answered within the response timer: assume it not processed (SMPP 3.4 §7.2)."""

    request: Pdu
    context: object


@attrs.define
class RequestLost:
    """The session ended before ``request`` was answered. One for each such request, in sending order."""

    request: Pdu
    context: object


@attrs.define
class PduRefused:
    """A PDU was turned away; unless it was a response, its sender has been answered with ``status``.

    ``sequence_number`` is 0 when there was no whole header. ``octets`` may hold a password: mask it.
    """

    command_id: int
    sequence_number: int
    status: int
    reason: str
    octets: bytes = attrs.field(repr=False)


@attrs.define
class Unbound:
    """The unbind is complete: everything that was received before it is answered, and so is the unbind."""

    by_peer: bool


@attrs.define
class SessionClosed:
    """The last event of a session. ``reason`` is a :class:`CloseReason` or the owner's own word."""

    reason: str


Event = (
    BindRequested
    | SubmitReceived
    | OperationReceived
    | EnquireLinkReceived
    | ResponseReceived
    | RequestTimedOut
    | RequestLost
    | PduRefused
    | Unbound
    | SessionClosed
)
