"""Inside a transaction: bringing a message to its final state, and what follows from that."""

from __future__ import annotations

from typing import Final

import attrs

from gateway.messages.dialects import DELIVERED_NOW, Dialects, End
from gateway.messages.message import Message
from gateway.messages.receipt_rules import ReceiptRule
from gateway.messages.receipting import notification_is_owed, receipt_for, receipt_is_owed
from gateway.smpp.constants import MessageState
from gateway.storage.base import Books, OutboxRow

SECOND: Final = 1_000_000


@attrs.define(eq=False)
class Outgoing:
    """A message for a client and what is known of its delivery; made in a transaction, kept by delivery after it."""

    message: Message
    row: OutboxRow
    early: bool = False
    """It goes out before the response to the submit that it came of."""


@attrs.frozen
class Terms:
    """What the life of every message goes by. Durations are emulated time, µs."""

    receipt_delay: int = 100_000
    """From the final state to the receipt: long enough for the response to be read first, on any connection."""
    validity: int = 3 * 24 * 3600 * SECOND
    """How long a message waits for its recipient when it names no validity_period itself."""
    parts_wait: int = 5 * 60 * SECOND
    """How long the parts of a text wait for the missing ones."""
    dialects: Dialects | None = None
    """The receipt rules, if there are any."""


def send(books: Books, message: Message, outgoing: list[Outgoing], not_before: int = 0) -> None:
    """Store a message of the gateway's own: one for a client has a place in the outbox and is ``outgoing``; one for a
    handset is in its inbox with that."""
    books.messages.add(message)
    if message.recipient:
        row = OutboxRow(message.id, not_before)
        books.outbox.put(row)
        outgoing.append(Outgoing(message, row))


def end_at_handset(message: Message, terms: Terms) -> End:
    """What a message to a handset comes to."""
    return DELIVERED_NOW if terms.dialects is None else terms.dialects.end_of(message)


def owed_receipts(books: Books, message: Message, now: int, terms: Terms) -> list[Outgoing]:
    """The receipts of a message that has just become final, if its sender wants one and no rule keeps it."""
    if not message.registered_delivery or not receipt_is_owed(message.registered_delivery, message.state):
        return []
    outgoing: list[Outgoing] = []
    dialects = terms.dialects
    rule = None if dialects is None else dialects.rule_of(message)
    if dialects is None or rule is None:
        _tell(books, message, message.state, now, terms.receipt_delay, terms, None, outgoing)
        return outgoing
    delay = 0 if rule.before_response else dialects.delay_of(message, rule, terms.receipt_delay)
    for _ in range(rule.copies):
        _tell(books, message, message.state, now, delay, terms, rule, outgoing)
    return outgoing


def owed_notification(books: Books, message: Message, now: int, terms: Terms) -> list[Outgoing]:
    """The intermediate notification of a message that was just accepted, if its sender wants one."""
    rule = None if terms.dialects is None else terms.dialects.rule_of(message)
    if not notification_is_owed(message.registered_delivery, "asked" if rule is None else rule.intermediate):
        return []
    outgoing: list[Outgoing] = []
    delay = terms.receipt_delay // 2
    if rule is not None and rule.delay is not None:
        # The final receipt must not overtake it.
        delay = min(delay, rule.delay[0] // 2)
    if rule is not None and rule.before_response:
        delay = 0
    _tell(books, message, MessageState.ENROUTE, now, delay, terms, rule, outgoing)
    return outgoing


def settle(
    books: Books,
    message_id: int,
    state: MessageState,
    now: int,
    terms: Terms,
    *,
    error: int = 0,
    **learned: object,
) -> list[Outgoing]:
    """Bring a stored message to a final state; gives the receipts if any are owed, and empties its outbox place.

    ``learned`` are other fields of the message that are known by now.
    """
    message = books.messages.change(message_id, state=state, final_at=now, error=error, **learned)
    books.outbox.remove(message_id)
    return owed_receipts(books, message, now, terms)


def _tell(
    books: Books,
    message: Message,
    state: int,
    now: int,
    delay: int,
    terms: Terms,
    rule: ReceiptRule | None,
    outgoing: list[Outgoing],
) -> None:
    """Make a receipt or a notification; a handset has it at once, however long others wait for theirs."""
    expires_at = now + delay + terms.validity
    receipt = receipt_for(message, books.messages.next_id(), state, now, expires_at, rule)
    if rule is None or not rule.before_response:
        send(books, receipt, outgoing, now + delay)
        return
    send(books, receipt, outgoing)
    for one in outgoing:
        one.early = True
