"""Inside a transaction: bringing a message to its final state, and what follows from that."""

from __future__ import annotations

from typing import Final

import attrs

from gateway.messages.message import Message
from gateway.messages.receipting import notification_is_owed, receipt_for, receipt_is_owed
from gateway.smpp.constants import MessageState
from gateway.storage.base import Books, OutboxRow

SECOND: Final = 1_000_000


@attrs.define(eq=False)
class Outgoing:
    """A message for a client and what is known of its delivery; made in a transaction, kept by delivery after it."""

    message: Message
    row: OutboxRow


@attrs.frozen
class Terms:
    """Durations of emulated time, µs."""

    receipt_delay: int = 100_000
    """From the final state to the receipt: long enough for the response to be read first, on any connection."""
    validity: int = 3 * 24 * 3600 * SECOND
    """How long a message waits for its recipient when it names no validity_period itself."""
    parts_wait: int = 5 * 60 * SECOND
    """How long the parts of a text wait for the missing ones."""


def send(books: Books, message: Message, not_before: int = 0) -> Outgoing:
    """Store a message for a client and its place in the outbox."""
    row = OutboxRow(message.id, not_before)
    books.messages.add(message)
    books.outbox.put(row)
    return Outgoing(message, row)


def owed_receipts(books: Books, message: Message, now: int, terms: Terms) -> list[Outgoing]:
    """The receipt of a message that has just become final, if its client wants one."""
    if not message.registered_delivery or not receipt_is_owed(message.registered_delivery, message.state):
        return []
    return [_receipt(books, message, message.state, now, now + terms.receipt_delay, terms)]


def owed_notification(books: Books, message: Message, now: int, terms: Terms) -> list[Outgoing]:
    """The intermediate notification of a message that was just accepted, if its client wants one."""
    if not notification_is_owed(message.registered_delivery):
        return []
    return [_receipt(books, message, MessageState.ENROUTE, now, now + terms.receipt_delay // 2, terms)]


def settle(
    books: Books, message_id: int, state: MessageState, now: int, terms: Terms, *, error: int = 0, outcome: str = ""
) -> list[Outgoing]:
    """Bring a stored message to a final state; gives the receipt if one is owed, and empties its outbox place."""
    if outcome:
        message = books.messages.change(message_id, state=state, final_at=now, error=error, outcome=outcome)
    else:
        message = books.messages.change(message_id, state=state, final_at=now, error=error)
    books.outbox.remove(message_id)
    return owed_receipts(books, message, now, terms)


def _receipt(books: Books, message: Message, state: int, now: int, not_before: int, terms: Terms) -> Outgoing:
    receipt = receipt_for(message, books.messages.next_id(), state, now, now + terms.validity)
    return send(books, receipt, not_before)
