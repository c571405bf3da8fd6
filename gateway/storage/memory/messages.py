"""The book of messages, finished ones included for as long as there is room."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from operator import attrgetter

from gateway.messages.message import DELIVERED, FINAL_STATES, TRANSITIONS, IllegalTransition, Message
from gateway.storage.base import StorageFull, TextOf
from gateway.storage.memory.texts import Texts
from gateway.storage.memory.undoing import Undo
from gateway.storage.query import COUNTED, DELETED_AT_ONCE, MessageQuery, conditions, folded, searchable

FINISHED_KEPT = 100_000
"""Finished messages kept: about 60 MB, and more than a person scrolls through. The oldest go first."""

_by_id = attrgetter("id")


class MemoryMessages:
    """The book of messages; finished ones are let go when there are more than ``finished_kept``."""

    def __init__(self, undo: Undo, finished_kept: int, text_of: TextOf, *, reveal: bool = False) -> None:
        self._rows: dict[int, Message] = {}
        self._undo = undo
        self._kept = finished_kept
        self._reveal = reveal
        self._last_id = 0
        self._ordered: list[int] = []
        self._ordered_to = 0
        self._finished: deque[int] = deque()
        self._pending: dict[tuple[str, str, str], dict[int, Message]] = {}
        self._wholes: dict[int, list[Message]] = {}
        self._texts = Texts(text_of)
        self.touched: dict[int, Message] | None = None
        """What was added and changed since it was emptied; None: nobody wants to know."""

    # --- the contract ---

    def next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def add(self, message: Message) -> None:
        rows = self._rows
        gone = None
        if len(rows) > self._kept:
            gone = self._let_go()
            if gone is None:
                raise StorageFull(f"{len(rows)} unfinished messages, none can be let go")
        message_id = message.id
        rows[message_id] = message
        if not self._ordered_to < message_id <= self._last_id:
            self._take_another_id(message_id)
        if message.state in FINAL_STATES:
            self._finished.append(message_id)
        elif message.client:
            self._make_pending(message)
        if message.whole != message_id:
            self._wholes.setdefault(message.whole, []).append(message)
        if self.touched is not None:
            self.touched[message_id] = message
        self._undo.append((self._forget, message, gone))

    def get(self, message_id: int) -> Message | None:
        return self._rows.get(message_id)

    def change(self, message_id: int, **fields: object) -> Message:
        message = self._rows[message_id]
        state = message.state
        if "state" in fields or state in FINAL_STATES:
            to = fields.get("state", state)
            if to not in TRANSITIONS[state]:
                raise IllegalTransition(message_id, state, int(to))  # type: ignore[call-overload]  # a state is an int
            if message.sealed and to in FINAL_STATES and not (self._reveal or message.is_of_handset):
                fields["user_data"] = b""
        old: dict[str, object] = {}
        for name, value in fields.items():
            old[name] = getattr(message, name)
            setattr(message, name, value)
        if message.state in FINAL_STATES:
            self._finished.append(message_id)
            if message.client:
                self._drop_pending(message)
        if self.touched is not None:
            self.touched[message_id] = message
        self._undo.append((self._restore, message, old))
        return message

    def deliver(self, message_ids: Sequence[int], now: int) -> list[Message]:
        rows, touched, finish = self._rows, self.touched, self._finished.append
        delivered: list[Message] = []
        plainly: list[tuple[Message, int]] = []
        for message_id in message_ids:
            message = rows.get(message_id)
            if message is None or message.state in FINAL_STATES:
                continue
            if message.client or message.sealed or message.error:
                self.change(message_id, state=DELIVERED, final_at=now, error=0)
            else:
                # What `change` does, for nearly every message: the reply that is read, with nothing to hide.
                plainly.append((message, message.state))
                message.state = DELIVERED
                message.final_at = now
                finish(message_id)
                if touched is not None:
                    touched[message_id] = message
            delivered.append(message)
        if plainly:
            self._undo.append((self._undeliver, plainly))
        return delivered

    def pending(self, client: str, source: str, destination: str) -> list[Message]:
        # By id: a message that a rollback has put back stands at the end of the dictionary.
        return sorted(self._pending.get((client, source, destination), {}).values(), key=_by_id)

    def of_whole(self, whole: int) -> list[Message]:
        first = self._rows.get(whole)
        # By id: as above.
        return ([first] if first else []) + sorted(self._wholes.get(whole, []), key=_by_id)

    def unfinished(self) -> Iterable[Message]:
        return [message for message in self._rows.values() if message.state not in FINAL_STATES]

    def delete(self, query: MessageQuery) -> int:
        found = (message for message in self._matching(query, oldest_first=True) if message.state in FINAL_STATES)
        gone = list(islice(found, DELETED_AT_ONCE))
        if gone:
            rows, finished = self._rows, self._finished
            for message in gone:
                del rows[message.id]
                self._leave_whole(message)
            # Numbers of what is gone must not pile up where only a full memory takes them out.
            self._finished = deque(message_id for message_id in finished if message_id in rows)
            self._undo.append((self._bring_back, gone, finished))
        return len(gone)

    def search(self, query: MessageQuery) -> list[tuple[Message, str]]:
        limit = max(0, min(query.limit, len(self._rows)))
        found = islice(self._matching(query, oldest_first=query.oldest_first), limit)
        return [(message, "" if message.sealed else self.revealed(message)) for message in found]

    def count(self, query: MessageQuery) -> int:
        return sum(1 for _ in islice(self._matching(query, oldest_first=False), COUNTED))

    def revealed(self, message: Message) -> str:
        return searchable(self._texts.of(message))[0]

    def take_touched(self) -> list[Message]:
        """What was touched since the last call and is there still: what came and went within one work was never
        there."""
        assert self.touched is not None
        touched, self.touched = self.touched, {}
        rows = self._rows
        return [message for message_id, message in touched.items() if rows.get(message_id) is message]

    def read_texts_with(self, text_of: TextOf) -> None:
        """From now on."""
        self._texts = Texts(text_of)

    # --- all books ---

    def clear(self) -> None:
        """Forget everything, and go on with the next number."""
        old = (self._rows, self._finished, self._pending, self._wholes)
        self._set_aside({}, deque(), {}, {})
        self._undo.append((self._set_aside, *old))
        self._texts.clear()

    def restart_numbers(self) -> None:
        """Begin with 1 again; a rollback begins where it was."""
        last = self._last_id
        self._last_id = self._ordered_to = 0
        self._ordered = []
        self._undo.append((setattr, self, "_last_id", last))

    def __len__(self) -> int:
        return len(self._rows)

    # --- inside ---

    def _matching(self, query: MessageQuery, *, oldest_first: bool) -> Iterator[Message]:
        rows, texts = self._rows, self._texts
        tests, wanted = conditions(query), folded(query)
        if wanted:
            texts.make_room(rows)
        for message_id in self._in_order(oldest_first=oldest_first):
            message = rows.get(message_id)
            if message is None:
                continue
            for test in tests:
                if not test(message):
                    break
            else:
                if not wanted or (not message.sealed and wanted in texts.folded(message)):
                    yield message

    def _in_order(self, *, oldest_first: bool) -> Iterator[int]:
        """The ids of all messages, and some of messages that are gone.

        Ids are given in order, so those given since all were sorted last need no sorting: who wants the newest fifty
        looks at no more than those.
        """
        if self._undo:  # what this work has taken out may come back: nothing is remembered of it
            return iter(sorted(self._rows, reverse=not oldest_first))
        if self._last_id - self._ordered_to > len(self._rows):
            self._ordered, self._ordered_to = sorted(self._rows), self._last_id
        newer = range(self._ordered_to + 1, self._last_id + 1)
        return chain(self._ordered, newer) if oldest_first else chain(reversed(newer), reversed(self._ordered))

    def _take_another_id(self, message_id: int) -> None:
        """Of a message whose id was not given here, or long ago."""
        if message_id > self._last_id:
            self._last_id = message_id
        else:
            # Not sorted now: what this work has taken out may come back.
            self._ordered, self._ordered_to = [], 0

    def _let_go(self) -> Message | None:
        """Let the oldest finished message go, to make room."""
        finished = self._finished
        while finished:
            message = self._rows.pop(finished.popleft(), None)
            if message is not None:
                if self._wholes:
                    self._leave_whole(message)
                return message
        return None

    def _leave_whole(self, message: Message) -> None:
        siblings = self._wholes.get(message.whole)
        if siblings and message in siblings:
            siblings.remove(message)
            if not siblings:
                del self._wholes[message.whole]

    def _make_pending(self, message: Message) -> None:
        key = (message.client, message.source_addr, message.destination_addr)
        self._pending.setdefault(key, {})[message.id] = message

    def _drop_pending(self, message: Message) -> None:
        key = (message.client, message.source_addr, message.destination_addr)
        of_pair = self._pending.get(key)
        if of_pair is not None:
            of_pair.pop(message.id, None)
            if not of_pair:
                del self._pending[key]

    # --- undoing ---

    def _forget(self, message: Message, gone: Message | None) -> None:
        """Undo an add that has let ``gone`` go."""
        del self._rows[message.id]
        if message.state in FINAL_STATES:
            self._finished.pop()  # undone in reverse order: it is the last one
        else:
            self._drop_pending(message)
        self._leave_whole(message)
        if gone is not None:
            self._finished.appendleft(gone.id)
            self._return(gone)

    def _restore(self, message: Message, old: dict[str, object]) -> None:
        """Undo a change."""
        was_final = message.state in FINAL_STATES
        for name, value in old.items():
            setattr(message, name, value)
        if was_final:
            self._finished.pop()
            if message.client:
                self._make_pending(message)

    def _undeliver(self, plainly: list[tuple[Message, int]]) -> None:
        """Undo deliveries that were no more than a change of state."""
        for message, state in reversed(plainly):
            message.state, message.final_at = state, 0
            self._finished.pop()

    def _bring_back(self, gone: list[Message], finished: deque[int]) -> None:
        """Undo a delete."""
        self._finished = finished
        for message in gone:
            self._return(message)

    def _return(self, message: Message) -> None:
        self._rows[message.id] = message
        if message.whole != message.id:
            self._wholes.setdefault(message.whole, []).append(message)

    def _set_aside(
        self,
        rows: dict[int, Message],
        finished: deque[int],
        pending: dict[tuple[str, str, str], dict[int, Message]],
        wholes: dict[int, list[Message]],
    ) -> None:
        self._rows, self._finished, self._pending, self._wholes = rows, finished, pending, wholes
