"""The books of what waits: messages on their way to a client, and parts of texts that are not whole."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.messages.message import Message
from gateway.sms.reassembly import OpenSets, PartSet, SetKey
from gateway.storage.base import OutboxRow
from gateway.storage.memory.undoing import Table, Undo


class MemoryOutbox(Table[int, OutboxRow]):
    """The book of messages on their way to a client."""

    def put(self, row: OutboxRow) -> None:
        self.set(row.message_id, row)

    def remove_all(self, messages: Sequence[Message]) -> None:
        take = self.held.pop
        gone = {message.id: row for message in messages if (row := take(message.id, None)) is not None}
        if gone:
            self._undo.append((self.held.update, gone))

    def rows(self) -> list[OutboxRow]:
        return sorted(self.held.values(), key=lambda row: row.message_id)


class MemoryParts:
    """The book of texts whose parts have not all come, with running sums for its caps."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self._held: dict[SetKey, PartSet] = {}
        self._of_sender: dict[tuple[str, str], int] = {}
        self._octets = 0

    def get(self, key: SetKey) -> PartSet | None:
        return self._held.get(key)

    def put(self, key: SetKey, part_set: PartSet) -> None:
        old = self._held.get(key)
        self._swap(key, old, part_set)
        self._undo.append((self._swap, key, part_set, old))

    def remove(self, key: SetKey) -> None:
        old = self._held.get(key)
        if old is not None:
            self._swap(key, old, None)
            self._undo.append((self._swap, key, None, old))

    def open_sets(self, client: str, source: str) -> OpenSets:
        return OpenSets(self._of_sender.get((client, source), 0), len(self._held), self._octets)

    def rows(self) -> list[tuple[SetKey, PartSet]]:
        return list(self._held.items())

    def clear(self) -> None:
        """Forget all sets."""
        for key in list(self._held):
            self.remove(key)

    def _swap(self, key: SetKey, old: PartSet | None, new: PartSet | None) -> None:
        """Put ``new`` where ``old`` is (None: nothing), and keep the sums."""
        self._octets += (new.octets if new else 0) - (old.octets if old else 0)
        sender = (key.client, key.source)
        count = self._of_sender.get(sender, 0) + (new is not None) - (old is not None)
        if count:
            self._of_sender[sender] = count
        else:
            self._of_sender.pop(sender, None)
        if new is None:
            self._held.pop(key, None)
        else:
            self._held[key] = new
