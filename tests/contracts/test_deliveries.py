"""How many messages at once come to their usual end."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.messages.message import Kind, Message
from gateway.smpp.constants import MessageState
from gateway.storage.base import Books, OutboxRow, Storage
from tests.contracts.test_storage import a_message, run

NOW = 1_768_467_600_000_000
REPLY: dict[str, Any] = {"kind": Kind.REPLY, "client": "", "recipient": "demo"}


def put(storage: Storage, *messages: Message) -> None:
    """Store them, each with a place in the outbox."""

    def action(books: Books) -> None:
        for message in messages:
            books.messages.add(message)
            books.outbox.put(OutboxRow(message.id))

    run(storage, action)


def deliver(storage: Storage, *message_ids: int) -> list[int]:
    """Deliver them and give up their places; the ids of those that were delivered by it."""

    def action(books: Books) -> list[int]:
        delivered = books.messages.deliver(message_ids, NOW)
        books.outbox.remove_all(delivered)
        return [message.id for message in delivered]

    return run(storage, action)


def states(storage: Storage) -> dict[int, tuple[int, int, int]]:
    """What the books say: id -> state, time of the end, error."""
    stored = [message for n in range(1, 6) if (message := run(storage, lambda books, n=n: books.messages.get(n)))]  # type: ignore[misc]  # bound at once
    return {message.id: (message.state, message.final_at, message.error) for message in stored}


def rows(storage: Storage) -> list[int]:
    return [row.message_id for row in run(storage, lambda books: books.outbox.rows())]


def test_what_is_there_and_not_final_is_delivered(storage: Storage) -> None:
    """Replies and submitted messages, each once; the others are left out and stay as they are."""
    put(
        storage,
        a_message(1, **REPLY),
        a_message(2),
        a_message(3, **REPLY, state=MessageState.EXPIRED, final_at=7, error=9),
        a_message(4, **REPLY, error=8),
        a_message(5, **REPLY),
    )
    assert deliver(storage, 1, 2, 3, 99, 4, 1) == [1, 2, 4]
    done = (MessageState.DELIVERED, NOW, 0)
    assert states(storage) == {1: done, 2: done, 3: (MessageState.EXPIRED, 7, 9), 4: done, 5: (1, 0, 0)}
    assert rows(storage) == [3, 5]
    assert run(storage, lambda books: [message.id for message in books.messages.unfinished()]) == [5]
    assert run(storage, lambda books: books.messages.pending("demo", "79991110001", "7494")) == []


def test_a_delivery_is_undone_with_its_work(storage: Storage) -> None:
    """As if it had not been: states, places in the outbox and what is pending."""
    put(storage, a_message(1, **REPLY), a_message(2))
    before = states(storage)

    def action(books: Books) -> None:
        books.outbox.remove_all(books.messages.deliver([1, 2], NOW))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        run(storage, action)
    assert states(storage) == before
    assert rows(storage) == [1, 2]
    assert deliver(storage, 2, 1) == [2, 1]


def test_a_delivered_secret_is_wiped(storage: Storage) -> None:
    """Its recipient has it, nobody else needs it."""
    put(storage, a_message(1, **REPLY, sealed=True, user_data=b"PIN 4821"))
    assert deliver(storage, 1) == [1]
    message = run(storage, lambda books: books.messages.get(1))
    assert message is not None
    assert message.user_data == b""


def test_an_observer_is_told_of_deliveries(storage: Storage) -> None:
    """All of a commit together."""
    put(storage, a_message(1, **REPLY), a_message(2, **REPLY))
    seen: list[list[tuple[int, int]]] = []
    storage.observe(lambda messages: seen.append(sorted((m.id, m.state) for m in messages)))
    deliver(storage, 1, 2)
    assert seen == [[(1, MessageState.DELIVERED), (2, MessageState.DELIVERED)]]
    storage.observe(None)
