"""A message and its life, as a table.

Values only: storages import this module, so it imports nothing but the SMPP names of the states.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import attrs

from gateway.smpp.constants import MessageState


class Kind(IntEnum):
    """Where a message came from."""

    SUBMITTED = 0
    """By a client: submit_sm, data_sm, or one destination of a submit_multi."""
    REPLY = 1
    """By the wallet, to the sender of a command."""
    RECEIPT = 2
    """A delivery receipt or an intermediate notification."""
    LOOPBACK = 3
    """What a loopback route sends back."""


class Fate(IntEnum):
    """What a route does with a message that was submitted."""

    WALLET = 0
    HANDSET = 1
    CLIENT = 2
    LOOPBACK = 3


SCHEDULED = 0
"""State of a message whose schedule_delivery_time has not come (5.0 §4.7.15); 3.4 peers are told ENROUTE."""

DELIVERED: Final = MessageState.DELIVERED
"""How nearly every message ends. A name of its own: reaching a member through its Enum costs ten times as much."""

FINAL_STATES = frozenset(
    {
        MessageState.DELIVERED,
        MessageState.EXPIRED,
        MessageState.DELETED,
        MessageState.UNDELIVERABLE,
        MessageState.ACCEPTED,
        MessageState.UNKNOWN,
        MessageState.REJECTED,
    }
)
"""A final state never changes (SMPP 3.4 §5.2.28). Appendix B lists ACCEPTED (read on behalf of the subscriber by
customer service) and UNKNOWN (of invalid state) among the final ones, so nothing follows them here either."""

TRANSITIONS: dict[int, frozenset[int]] = {
    SCHEDULED: FINAL_STATES | {MessageState.ENROUTE},
    MessageState.ENROUTE: FINAL_STATES,
    **{state: frozenset() for state in FINAL_STATES},
}
"""The life of a message: from each state to which others. Anything else is :class:`IllegalTransition`."""


class IllegalTransition(Exception):
    """A message was asked to go where its state does not lead: a bug, or a race that came second."""

    def __init__(self, message_id: int, state: int, to: int) -> None:
        super().__init__(f"message {message_id}: no way from state {state} to {to}")
        self.message_id = message_id
        self.state = state
        self.to = to


@attrs.define(eq=False)
class Message:
    """One message, named by SMPP's own field names. Times are µs UTC, 0 for "none".

    Mutable and compared by identity: it is a row that a storage owns, made some ten thousand times a second; only a
    storage's books change one after it was added.
    """

    id: int
    kind: int
    client: str
    """system_id of the client that submitted it, or for which the gateway made it."""
    recipient: str
    """system_id of the client that it is to be delivered to; empty for the wallet and for handsets."""
    fate: int
    spelled_id: str
    """The message_id as the client was told it. Messages of one submit_multi share the spelling."""
    whole: int
    """Id of the first accepted part of a joined text, or of the first message of a submit_multi; its own id else."""
    source_addr_ton: int
    source_addr_npi: int
    source_addr: str
    dest_addr_ton: int
    dest_addr_npi: int
    destination_addr: str
    data_coding: int
    user_data: bytes = attrs.field(repr=False)
    """The octets of short_message or message_payload, with their user data header if esm_class says so."""
    state: int
    accepted_at: int
    esm_class: int = 0
    service_type: str = ""
    protocol_id: int = 0
    priority_flag: int = 0
    registered_delivery: int = 0
    expires_at: int = 0
    scheduled_at: int = 0
    """When it begins; of a message that is ENROUTE to a handset: when it comes to its end there."""
    final_at: int = 0
    error: int = 0
    """network_error_code's code, and `err` of the receipt, when delivery failed."""
    tlvs: tuple[tuple[int, bytes], ...] = attrs.field(default=(), repr=False)
    """TLVs that travel with the message (sar_*, user_message_reference), not message_payload."""
    outcome: str = ""
    """The reply code that the wallet answered with, for lists and searches."""
    sealed: bool = False
    """The text holds a secret (a PIN, a code): kept encrypted, for its recipient only, and wiped at the final state
    unless a handset may look at it again."""
    command: str = ""
    """The command that a request was understood as."""
    match: str = ""
    """How it was understood: the name of a :class:`commands.parsing.results.MatchKind`."""

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES

    @property
    def is_of_handset(self) -> bool:
        """Whether it came from a handset, or ended in its inbox: it stays in a thread that the handset may read."""
        return not self.recipient and (self.fate == Fate.HANDSET or not self.client)


# Names of their own: reaching a member through its Enum costs ten times as much, and this runs for every message.
_CLIENT: Final = Fate.CLIENT
_ENROUTE: Final = MessageState.ENROUTE


def back_to_sender(
    message: Message,
    message_id: int,
    kind: Kind,
    data_coding: int,
    user_data: bytes,
    now: int,
    expires_at: int,
    *,
    esm_class: int = 0,
    tlvs: tuple[tuple[int, bytes], ...] = (),
) -> Message:
    """A new message from where ``message`` went to where it came from: swapped addresses, same service_type.

    What goes back to a handset is in its inbox at once: delivered when it is made.
    """
    # A positional call: naming the fields costs twice as much, and this is made for every reply.
    recipient = message.client
    back = Message(
        message_id,
        kind,
        "",
        recipient,
        _CLIENT,
        "",
        message_id,
        message.dest_addr_ton,
        message.dest_addr_npi,
        message.destination_addr,
        message.source_addr_ton,
        message.source_addr_npi,
        message.source_addr,
        data_coding,
        user_data,
        _ENROUTE,
        now,
        esm_class,
        message.service_type,
        0,
        0,
        0,
        expires_at,
    )
    if tlvs:
        back.tlvs = tlvs
    if not recipient:
        back.fate, back.state, back.final_at = Fate.HANDSET, MessageState.DELIVERED, now
    return back
