"""What delivery goes by and what it stores: when another attempt is made, and the works that keep the outcomes."""

from __future__ import annotations

from typing import Final

import attrs

from gateway.messages.message import FINAL_STATES
from gateway.messages.settlement import Outgoing, Terms, owed_receipts, settle
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
class Fail(Patient):
    """The work that brings a message to a final state that is not DELIVERED; gives the receipts that are owed."""

    message_id: int
    state: MessageState
    error: int
    now: int
    terms: Terms

    @property
    def keys(self) -> Keys:
        return Keys(messages=(self.message_id,))

    def __call__(self, books: Books) -> list[Outgoing]:
        stored = books.messages.get(self.message_id)
        if stored is None or stored.state in FINAL_STATES:
            return []  # cancelled or expired in the meantime, or let go with the history
        return settle(books, self.message_id, self.state, self.now, self.terms, error=self.error)


@attrs.define(eq=False)
class Deliver(Patient):
    """The work that keeps which messages were acknowledged; gives the receipts that are owed. What was cancelled or
    has expired in the meantime, or was let go with the history, stays as it is."""

    message_ids: list[int]
    now: int
    terms: Terms

    @property
    def keys(self) -> Keys:
        return Keys(messages=tuple(self.message_ids))

    def __call__(self, books: Books) -> list[Outgoing]:
        delivered = books.messages.deliver(self.message_ids, self.now)
        books.outbox.remove_all(delivered)
        outgoing: list[Outgoing] = []
        for message in delivered:
            if message.registered_delivery:
                outgoing += owed_receipts(books, message, self.now, self.terms)
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
