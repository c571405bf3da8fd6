"""The books of what waits: messages on their way to a client, and parts of texts that are not whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import attrs

from gateway.messages.message import Message
from gateway.sms.reassembly import OpenSets, PartSet, SetKey
from gateway.storage.base import OutboxRow
from gateway.storage.sql import tables
from gateway.storage.sql.database import Database, names
from gateway.storage.sql.messages import SqlMessages, Undo
from gateway.storage.sql.rows import Row, part_row, part_sets_of

if TYPE_CHECKING:
    from gateway.storage.sql.claims import SqlClaims

_CLAIMED_OUTBOX: Final = names(tables.outbox)
_OUTBOX: Final = _CLAIMED_OUTBOX[:7]  # not the claim: a row that is kept stays whose it is
_PARTS: Final = names(tables.parts)
_SET: Final = ("client", "source", "destination", "reference", "total")


class SqlOutbox:
    """The book of messages on their way to a client."""

    def __init__(self, database: Database, undo: Undo, messages: SqlMessages, claims: SqlClaims | None = None) -> None:
        self._database = database
        self._undo = undo
        self._messages = messages
        self._claims = claims
        self._enqueued: set[int] = set()
        self._held: dict[int, OutboxRow | None] = {}
        self._dirty: dict[int, bool] = {}
        """Whether the database may have a row of this message."""

    def put(self, row: OutboxRow) -> None:
        self._set(row.message_id, row)

    def get(self, message_id: int) -> OutboxRow | None:
        if message_id in self._held:
            return self._held[message_id]
        rows = self._database.rows(self._database.statements.outbox_row, message_id)
        row = self._held[message_id] = _outbox_row(rows[0]) if rows else None
        return row

    def remove(self, message_id: int) -> None:
        self._set(message_id, None)

    def remove_all(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._set(message.id, None)

    def rows(self) -> list[OutboxRow]:
        found = {row[0]: _outbox_row(row) for row in self._database.rows(self._database.statements.outbox_rows)}
        for message_id in self._dirty:
            held = self._held[message_id]
            if held is None:
                found.pop(message_id, None)
            else:
                found[message_id] = held
        return [found[message_id] for message_id in sorted(found)]

    def flush(self) -> None:
        fresh: list[Row] = []
        kept: list[Row] = []
        gone: list[Row] = []
        for message_id, may_exist in self._dirty.items():
            row = self._held[message_id]
            if row is not None:
                (kept if may_exist else fresh).append(self._row(row))
            elif may_exist:
                gone.append((message_id,))
        if self._claims is not None:
            self._flush_claimed(self._claims, fresh, kept)
        elif fresh:
            self._database.insert(tables.outbox, _OUTBOX, fresh)
        if kept:
            self._database.upsert(tables.outbox, _OUTBOX, kept)
        if gone:
            self._database.delete(tables.outbox, gone)

    def clear(self) -> None:
        self._held.clear()
        self._dirty.clear()
        self._enqueued.clear()

    def _set(self, message_id: int, row: OutboxRow | None) -> None:
        held, dirty = self._held, self._dirty
        if message_id in dirty:
            old = held[message_id]
            self._undo.append(lambda: held.__setitem__(message_id, old))
        else:
            was_read, old = message_id in held, held.get(message_id)
            dirty[message_id] = not self._messages.is_new(message_id)
            if dirty[message_id] and not was_read and row is not None:
                self._enqueued.add(message_id)
            self._undo.append(lambda: self._unset(message_id, was_read, old))
        held[message_id] = row

    def _unset(self, message_id: int, was_read: bool, old: OutboxRow | None) -> None:
        del self._dirty[message_id]
        self._enqueued.discard(message_id)
        if was_read:
            self._held[message_id] = old
        else:
            del self._held[message_id]

    def _flush_claimed(self, claims: SqlClaims, fresh: list[Row], kept: list[Row]) -> None:
        """Write new rows with who has claimed them; takes those of older messages out of ``kept``."""
        later = [row for row in kept if row[0] in self._enqueued]
        if later:
            kept[:] = [row for row in kept if row[0] not in self._enqueued]
        rows = fresh + later
        if rows:
            rows = claims.claimed(rows, self._accepted_at)
            self._database.insert(tables.outbox, _CLAIMED_OUTBOX, rows[: len(fresh)])
            self._database.upsert(tables.outbox, _CLAIMED_OUTBOX, rows[len(fresh) :])

    def _accepted_at(self, message_id: int) -> int:
        message = self._messages.get(message_id)
        return 0 if message is None else message.accepted_at

    def _row(self, row: OutboxRow) -> Row:
        message: Message | None = self._messages.get(row.message_id)
        lane = ("", "", "") if message is None else (message.recipient, message.destination_addr, message.source_addr)
        acknowledged = row.acknowledged
        octets = acknowledged.to_bytes((acknowledged.bit_length() + 7) // 8, "big") if acknowledged else b""
        return (row.message_id, row.not_before, row.attempts, octets, *lane)


def _outbox_row(row: Row) -> OutboxRow:
    return OutboxRow(row[0], row[1], row[2], int.from_bytes(row[3], "big"))


class SqlParts:
    """The book of texts whose parts have not all come; each part is a row."""

    def __init__(self, database: Database, undo: Undo) -> None:
        self._database = database
        self._undo = undo
        self._stored: dict[SetKey, PartSet | None] = {}
        self._held: dict[SetKey, PartSet | None] = {}
        self._open: dict[tuple[str, str], tuple[int, int]] | None = None

    def get(self, key: SetKey) -> PartSet | None:
        if key in self._held:
            return self._held[key]
        # Two parts of one text may come to two gateways at the same time, and neither would see the other's row.
        self._database.lock_set(" ".join(map(str, attrs.astuple(key))))
        found = part_sets_of(self._database.rows(self._database.statements.part_set, *attrs.astuple(key)))
        part_set = found[0][1] if found else None
        self._stored[key] = self._held[key] = part_set
        return part_set

    def put(self, key: SetKey, part_set: PartSet) -> None:
        self._set(key, part_set)

    def remove(self, key: SetKey) -> None:
        self._set(key, None)

    def open_sets(self, client: str, source: str) -> OpenSets:
        if self._open is None:
            rows = self._database.rows(self._database.statements.open_sets)
            self._open = {(row[0], row[1]): (int(row[2]), int(row[3])) for row in rows}
        opened = dict(self._open)
        for key, part_set in self._held.items():
            sets, octets = opened.get((key.client, key.source), (0, 0))
            stored = self._stored.get(key)
            sets += (part_set is not None) - (stored is not None)
            octets += (part_set.octets if part_set else 0) - (stored.octets if stored else 0)
            opened[key.client, key.source] = (sets, octets)
        return OpenSets(
            of_sender=opened.get((client, source), (0, 0))[0],
            sets=sum(sets for sets, _ in opened.values()),
            octets=sum(octets for _, octets in opened.values()),
        )

    def rows(self) -> list[tuple[SetKey, PartSet]]:
        found = dict(part_sets_of(self._database.rows(self._database.statements.part_sets)))
        for key, part_set in found.items():
            self._stored.setdefault(key, part_set)
        found.update({key: part_set for key, part_set in self._held.items() if part_set is not None})
        return [(key, part_set) for key, part_set in found.items() if self._held.get(key, part_set) is not None]

    def flush(self) -> None:
        rows: list[Row] = []
        for key, part_set in self._held.items():
            stored = self._stored.get(key)
            if part_set is stored:
                continue
            known = 0
            if part_set is not None and stored is not None and stored.first_at == part_set.first_at:
                known = len(stored.parts) if part_set.parts[: len(stored.parts)] == stored.parts else 0
            if stored is not None and not known:
                self._database.delete_where(tables.parts, _SET, attrs.astuple(key))
            if part_set is not None:
                rows += [part_row(part_set, ordinal) for ordinal in range(known, len(part_set.parts))]
        if rows:
            self._database.insert(tables.parts, _PARTS, rows)

    def clear(self) -> None:
        self._stored.clear()
        self._held.clear()
        self._open = None

    def _set(self, key: SetKey, part_set: PartSet | None) -> None:
        old = self.get(key)
        held = self._held
        held[key] = part_set
        self._undo.append(lambda: held.__setitem__(key, old))
