"""What delivery goes by and what it stores: when another attempt is made, and the works that keep the outcomes."""

from __future__ import annotations

from typing import Final

import attrs

from gateway.messages.message import FINAL_STATES, Message
from gateway.messages.settlement import Outgoing, Terms, settle
from gateway.smpp.constants import MessageState
from gateway.smpp.statuses import CommandStatus
from gateway.storage.base import Books, Keys, OutboxRow, Patient

_SECOND: Final = 1_000_000

TEMPORARY: Final = frozenset(
    {
        CommandStatus.ESME_RMSGQFUL,
        CommandStatus.ESME_RTHROTTLED,
        CommandStatus.ESME_RX_T_APPN,
        CommandStatus.ESME_RSYSERR,
    }
)
"""deliver_sm_resp statuses that ask for another attempt (SMPP 5.0 §4.7.6); every other refusal is for good."""


@attrs.frozen
class RetryRules:
    """How often and when a refused message is sent again; waiting is emulated time."""

    attempts: int = 8
    waits: tuple[int, ...] = tuple(seconds * _SECOND for seconds in (1, 2, 5, 10, 30, 60))
    """After the nth attempt, the last one for all further: Kannel and Jasmin wait about as long."""

    def wait(self, attempts: int) -> int:
        return self.waits[min(attempts, len(self.waits)) - 1]


@attrs.define
class DeliveryCounters:
    """Plain integers; metrics read them when they are asked for."""

    sent: int = 0
    delivered: int = 0
    retried: int = 0
    failed: int = 0
    expired: int = 0


def nothing(_: None) -> None:
    """A row was kept; nobody waits for it."""


@attrs.define(eq=False)
class Settle(Patient):
    """The work that brings messages to their final states; gives the receipts that are owed."""

    settled: list[tuple[Message, MessageState, int]]
    now: int
    terms: Terms

    @property
    def keys(self) -> Keys:
        return Keys(messages=tuple([message.id for message, _, _ in self.settled]))

    def __call__(self, books: Books) -> list[Outgoing]:
        outgoing: list[Outgoing] = []
        messages, now = books.messages, self.now
        for message, state, error in self.settled:
            stored = messages.get(message.id)
            if stored is None or stored.state in FINAL_STATES:
                continue  # cancelled or expired in the meantime, or let go with the history
            if message.registered_delivery:
                outgoing += settle(books, message.id, state, now, self.terms, error=error)
            else:
                # What `settle` does, for nearly every message: the reply that nobody wants a receipt of.
                messages.change(message.id, state=state, final_at=now, error=error)
                books.outbox.remove(message.id)
        return outgoing


@attrs.define(eq=False)
class KeepRow(Patient):
    """The work that keeps what is known of an attempt."""

    row: OutboxRow
    keys: Keys = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.keys = Keys(messages=(self.row.message_id,))

    def __call__(self, books: Books) -> None:
        if books.outbox.get(self.row.message_id) is not None:
            books.outbox.put(self.row)
