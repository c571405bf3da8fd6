"""The book of messages: what this transaction has read, made and changed, over what the database has.

How this works: a message that was read or made is held until the transaction ends. ``change`` puts a changed copy in
its place, so that whoever got the message before (delivery, on another thread) never sees half a change. New and
changed messages are written together at the end; a message that was made and changed in the same transaction is
written once. Where nobody else writes to the database, unfinished messages stay known after the commit, and what
settles them need not read them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from gateway.messages.message import DELIVERED, FINAL_STATES, TRANSITIONS, IllegalTransition, Message
from gateway.storage.query import DELETED_AT_ONCE, MessageQuery
from gateway.storage.sql import tables
from gateway.storage.sql.compiling import Query
from gateway.storage.sql.counters import Counter
from gateway.storage.sql.database import Clash, Database, names
from gateway.storage.sql.rows import MessageRows, duplicate
from gateway.storage.sql.searches import Searches

Undo = list[Callable[[], object]]

IDS_RESERVED: Final = 1_000
"""Ids taken from the counter at a time; those that a process leaves unused are never given."""

MESSAGES_KNOWN: Final = 20_000
"""Unfinished messages remembered between transactions: about 12 MB, and more than the windows of a hundred bindings."""

_COLUMNS: Final = names(tables.messages)
_SEARCHED: Final = ("text", "folded")


class SqlMessages:
    """The book of messages of one writer."""

    def __init__(self, database: Database, undo: Undo, codec: MessageRows, *, reveal: bool = False) -> None:
        self._database = database
        self._undo = undo
        self._codec = codec
        self._reveal = reveal
        self._searches = Searches(database.statements.compiler, database.listed)
        self._ids = Counter(database, "messages", IDS_RESERVED)
        self._held: dict[int, Message | None] = {}
        self._new: dict[int, None] = {}
        self._changed: dict[int, frozenset[str]] = {}
        self._gone: dict[int, None] = {}
        """Deleted in this transaction, but there before it."""
        self._new_wholes: dict[int, list[int]] = {}
        self._known: dict[int, Message] = {}
        self._handed: set[int] = set()

    # --- the contract ---

    def next_id(self) -> int:
        message_id = self._ids.next()
        self._handed.add(message_id)
        return message_id

    def add(self, message: Message) -> None:
        message_id = message.id
        if self._held.get(message_id) is not None:
            raise Clash(f"message {message_id} is there already")
        self._held[message_id] = message
        self._new[message_id] = None
        if message.whole != message_id:
            self._new_wholes.setdefault(message.whole, []).append(message_id)
        self._undo.append(lambda: self._forget(message_id, message.whole))

    def get(self, message_id: int) -> Message | None:
        held = self._held
        if message_id in held:
            return held[message_id]
        message = self._known.get(message_id)
        if message is None:
            rows = self._database.rows(self._database.statements.message, message_id)
            message = self._codec.message(rows[0]) if rows else None
        held[message_id] = message
        return message

    def change(self, message_id: int, **fields: object) -> Message:
        old = self.get(message_id)
        if old is None:
            raise KeyError(message_id)
        state = old.state
        if "state" in fields or state in FINAL_STATES:
            to = fields.get("state", state)
            if to not in TRANSITIONS[state]:
                raise IllegalTransition(message_id, state, int(to))  # type: ignore[call-overload]  # a state is an int
            if old.sealed and to in FINAL_STATES and not (self._reveal or old.is_of_handset):
                fields["user_data"] = b""
        message = duplicate(old)
        for name, value in fields.items():
            setattr(message, name, value)
        self._held[message_id] = message
        if message_id in self._new:
            self._undo.append(lambda: self._held.__setitem__(message_id, old))
        else:
            before = self._changed.get(message_id)
            self._changed[message_id] = before.union(fields) if before else frozenset(fields)
            self._undo.append(lambda: self._unchange(message_id, old, before))
        return message

    def deliver(self, message_ids: Sequence[int], now: int) -> list[Message]:
        return [
            self.change(message_id, state=DELIVERED, final_at=now, error=0)
            for message_id in message_ids
            if (message := self.get(message_id)) is not None and message.state not in FINAL_STATES
        ]

    def pending(self, client: str, source: str, destination: str) -> list[Message]:
        query = self._database.statements.pending
        found = self._merged(query, (client, source, destination), self._new)
        return [
            message
            for message in found
            if message.client == client
            and message.source_addr == source
            and message.destination_addr == destination
            and message.state not in FINAL_STATES
        ]

    def of_whole(self, whole: int) -> list[Message]:
        own = [whole, *sorted(self._new_wholes.get(whole, ()))]
        if whole in self._new:
            return [message for message_id in own if (message := self._held[message_id]) is not None]
        return self._merged(
            self._database.statements.of_whole,
            (whole, whole),
            [message_id for message_id in own if message_id in self._new],
        )

    def unfinished(self) -> Iterable[Message]:
        found = self._merged(self._database.statements.unfinished, (), self._new)
        return [message for message in found if message.state not in FINAL_STATES]

    def delete(self, query: MessageQuery) -> int:
        # What is final in the database is as it was, or was deleted here; the rest became final here.
        found = self._searches.finished(query, DELETED_AT_ONCE + len(self._gone))
        there = {row[0] for row in self._database.rows(found[0], *found[1])} if found else set()
        there.difference_update(self._gone)
        held, codec = self._held, self._codec
        here = {
            message_id
            for message_id in (*self._new, *self._changed)
            if (message := held[message_id]) is not None
            and message.state in FINAL_STATES
            and query.matches(message, codec.text(message))
        }
        gone = sorted(there | here)[:DELETED_AT_ONCE]
        for message_id in gone:
            self._delete(message_id)
        return len(gone)

    def search(self, query: MessageQuery) -> list[tuple[Message, str]]:
        found = self._searches.messages(query)
        rows = self._database.rows(found[0], *found[1]) if found else []
        return [(self._codec.message(row), row[-1]) for row in rows]

    def count(self, query: MessageQuery) -> int:
        found = self._searches.count(query)
        return int(self._database.rows(found[0], *found[1])[0][0]) if found else 0

    def revealed(self, message: Message) -> str:
        return self._codec.text(message)

    # --- all books ---

    def forget(self) -> None:
        """All rows are gone."""
        self._known.clear()
        self._clear()

    def is_empty(self) -> bool:
        """No message is there."""
        return not self._new and not self.search(MessageQuery(limit=1))

    def restart_numbers(self) -> None:
        self._ids.restart()

    # --- the transaction ---

    @property
    def newest(self) -> int:
        """About the newest id: the last one that was given here; 0 when none was."""
        return self._ids.last

    def is_new(self, message_id: int) -> bool:
        """Whether the message, or its id, was made in this transaction: nothing can have happened because of it."""
        return message_id in self._handed or message_id in self._new

    def preload(self, message_ids: Iterable[int]) -> None:
        """Read, and lock in this order, what the works have named."""
        known, held = self._known, self._held
        missing = []
        for message_id in message_ids:
            message = known.get(message_id)
            if message is not None:
                held[message_id] = message
            else:
                missing.append(message_id)
                held[message_id] = None
        if missing:
            for row in self._database.among(self._database.statements.messages, sorted(missing)):
                held[row[0]] = self._codec.message(row)

    def read(self, message_ids: Iterable[int]) -> None:
        """Read those that this transaction has not read yet, in one statement."""
        self.preload([message_id for message_id in message_ids if message_id not in self._held])

    def flush(self) -> None:
        """Write what is new and what has changed."""
        held, codec = self._held, self._codec
        if self._gone:
            self._database.delete(tables.messages, [(message_id,) for message_id in self._gone])
        if self._new:
            self._database.insert(tables.messages, _COLUMNS, [codec.row(held[new]) for new in self._new])  # type: ignore[arg-type]  # what is new is held
        if self._changed:
            by_fields: dict[frozenset[str], list[int]] = {}
            for message_id, fields in self._changed.items():
                by_fields.setdefault(fields, []).append(message_id)
            for fields, message_ids in by_fields.items():
                columns = tuple(sorted(fields - {"user_data"})) + (("user_data",) if "user_data" in fields else ())
                self._database.update(
                    tables.messages,
                    columns + (_SEARCHED if "user_data" in fields else ()),
                    [codec.columns(held[message_id], columns) for message_id in message_ids],  # type: ignore[arg-type]  # as above
                )

    def touched(self) -> list[Message]:
        """What was added and changed."""
        held = self._held
        return [message for message_id in (*self._new, *self._changed) if (message := held[message_id]) is not None]

    def committed(self) -> None:
        self._ids.committed()
        if self._database.exclusive:
            known, held = self._known, self._held
            for message_id in self._gone:
                known.pop(message_id, None)
            for message_id in self._new:
                message = held[message_id]
                if message is not None and message.state not in FINAL_STATES:
                    known[message_id] = message
            for message_id in self._changed:
                message = held[message_id]
                if message is None or message.state in FINAL_STATES:
                    known.pop(message_id, None)
                else:
                    known[message_id] = message
            while len(known) > MESSAGES_KNOWN:
                del known[next(iter(known))]
        self._clear()

    def rolled_back(self) -> None:
        self._ids.rolled_back()
        self._clear()

    def _clear(self) -> None:
        self._held.clear()
        self._new.clear()
        self._changed.clear()
        self._gone.clear()
        self._new_wholes.clear()
        self._handed.clear()

    def _forget(self, message_id: int, whole: int) -> None:
        del self._held[message_id]
        del self._new[message_id]
        if whole != message_id:
            self._new_wholes[whole].remove(message_id)

    def _delete(self, message_id: int) -> None:
        held, new, changed, gone = self._held, self._new, self._changed, self._gone
        was_held, old = message_id in held, held.get(message_id)
        is_new, fields = message_id in new, changed.pop(message_id, None)
        whole = old.whole if is_new and old is not None else message_id
        held[message_id] = None
        if is_new:
            del new[message_id]
            if whole != message_id:
                self._new_wholes[whole].remove(message_id)
        else:
            gone[message_id] = None

        def undo() -> None:
            if was_held:
                held[message_id] = old
            else:
                del held[message_id]
            if fields is not None:
                changed[message_id] = fields
            if is_new:
                new[message_id] = None
                if whole != message_id:
                    self._new_wholes[whole].append(message_id)
            else:
                del gone[message_id]

        self._undo.append(undo)

    def _unchange(self, message_id: int, old: Message, before: frozenset[str] | None) -> None:
        self._held[message_id] = old
        if before is None:
            del self._changed[message_id]
        else:
            self._changed[message_id] = before

    def _merged(self, query: Query, parameters: tuple[object, ...], new: Iterable[int]) -> list[Message]:
        """What the database finds, as this transaction sees it, and the new ones; by id."""
        held = self._held
        found: dict[int, Message] = {}
        for row in self._database.rows(query, *parameters):
            if row[0] in self._gone:
                continue
            message = held.get(row[0])
            if message is None:
                message = held[row[0]] = self._codec.message(row)
            found[row[0]] = message
        for message_id in new:
            message = held[message_id]
            if message is not None:
                found[message_id] = message
        return [found[message_id] for message_id in sorted(found)]
