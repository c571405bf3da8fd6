"""Group commit: works that arrive while a transaction runs form the next one.

How this works: works wait in a queue that is bounded. A turn takes what is there, opens a transaction, reads what the
works named, runs them one after the other (what a failed one did is undone, the others go on), writes everything and
commits; then the outcomes go back in order, in one call. When the transaction fails because of one of its works, each
is tried on its own; when it lost against another transaction, it is run again. While the database cannot be used,
works fail at once, but for the patient ones: they wait for it to come back.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Any, Final

from gateway.messages.message import Message
from gateway.storage.base import NO_KEYS, Books, Patient, StorageDown, StorageError, StorageFull, Work
from gateway.storage.query import MessageQuery
from gateway.storage.sql.books import SqlBooks
from gateway.storage.sql.database import Clash, Conflict, Database

LARGEST_TURN: Final = 1_000
"""Works in one transaction: more would make those who wait for it wait longer, and save nothing."""

MOST_WAITING: Final = 10_000
"""Works that may wait; one more is refused. They hold a message each: some 20 MB."""

TRIMMED_EVERY: Final = 1_000
"""Messages between two looks at what is beyond the history: a transaction of some 10 ms then."""

_RERUNS: Final = 5
_CLOSED: Final = "the storage is closed"

Item = tuple[Work[Any], Callable[[Any], None], Callable[[Exception], None]]
Outcome = tuple[Callable[[Any], None], Any]
Tell = Callable[[list[Outcome]], None]


class _Delete:
    """The work that deletes finished messages."""

    __slots__ = ("query",)

    keys = NO_KEYS

    def __init__(self, query: MessageQuery) -> None:
        self.query = query

    def __call__(self, books: Books) -> int:
        return books.messages.delete(self.query)


class GroupCommit:
    """Runs works on one connection. ``put`` may be called from any thread, :meth:`turn` from one."""

    def __init__(
        self, database: Database, books: SqlBooks, tell: Tell, *, most_waiting: int = MOST_WAITING, history: int = 0
    ) -> None:
        """``tell`` gets the outcomes of a turn, to be called back in order. ``history``: about how many finished
        messages are kept; 0: all."""
        self._history = history
        self._trimmed_at = 0
        self._database = database
        self._books = books
        self._tell = tell
        self._most_waiting = most_waiting
        self._waiting: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._patient: list[Item] = []
        self._closing = False
        self._closed = False
        self.observer: Callable[[list[Message]], None] | None = None
        """Gets what a transaction has added and changed, before the outcomes of its works."""

    # --- any thread ---

    def put(self, item: Item) -> None:
        """Let a work wait for its turn; raises StorageFull or StorageDown when it may not."""
        if self._closing:
            raise StorageDown(_CLOSED)
        if self._waiting.qsize() >= self._most_waiting and not isinstance(item[0], Patient):
            raise StorageFull(f"{self._most_waiting} transactions wait already")
        self._waiting.put(item)

    def close(self) -> None:
        """Nothing more may be put; :meth:`turn` gives False when all is done."""
        if not self._closing:
            self._closing = True
            self._waiting.put(None)

    # --- the one thread ---

    def turn(self, wait: float | None = 0.0) -> bool:
        """Run what waits in one transaction, waiting up to ``wait`` seconds for the first work (None: for ever).

        False when there will be no more.
        """
        items = self._taken(wait)
        if items:
            outcomes: list[Outcome] = []
            self._settle(items, outcomes)
            if outcomes:
                self._tell(outcomes)
            if self._history > 0 and self._books.messages.newest >= self._trimmed_at + TRIMMED_EVERY:
                self._trim()
        if self._closed:
            if self._patient:
                left, self._patient = self._patient, []
                self._tell([(failed, StorageDown(_CLOSED)) for _, _, failed in left])
            self._books.rolled_back()
            self._database.close()
        return not self._closed

    @property
    def is_idle(self) -> bool:
        """Nothing waits but for what waits for the database to come back."""
        return self._waiting.empty()

    @property
    def waits_for_database(self) -> bool:
        """Whether a turn has work to try again."""
        return bool(self._patient)

    def _taken(self, wait: float | None) -> list[Item]:
        items, self._patient = self._patient, []
        waiting = self._waiting
        try:
            item = waiting.get(wait != 0.0, wait)
            while item is not None:
                items.append(item)
                if len(items) >= LARGEST_TURN:
                    return items
                item = waiting.get_nowait()
            self._closed = True
        except queue.Empty:
            pass
        return items

    def _settle(self, items: list[Item], outcomes: list[Outcome]) -> None:
        """Bring each item to its outcome, or keep it for later."""
        reruns = 0
        while True:
            try:
                outcomes += self._transaction(items)
            except Conflict as error:
                self._roll_back()
                reruns += 1
                if reruns <= _RERUNS:
                    continue
                self._one_by_one(items, outcomes, StorageDown(str(error)))
            except Clash as error:
                self._roll_back()
                self._one_by_one(items, outcomes, StorageError(str(error)))
            except StorageError as error:
                self._roll_back()
                self._refuse(items, outcomes, error)
            except Exception as error:  # noqa: BLE001 - a bug of ours must not end the thread that all wait for
                self._roll_back()
                self._one_by_one(items, outcomes, error)
            return

    def _one_by_one(self, items: list[Item], outcomes: list[Outcome], error: Exception) -> None:
        if len(items) == 1:
            outcomes.append((items[0][2], error))
            return
        for item in items:
            self._settle([item], outcomes)

    def _trim(self) -> None:
        """Delete what is beyond the history, in a transaction of its own; what fails is tried again with the next
        messages. Ids tell how many there are: where some were left unused, a few less are kept."""
        newest = self._books.messages.newest
        self._trimmed_at = newest
        beyond = MessageQuery(before=max(1, newest - self._history + 1))
        self._settle([(_Delete(beyond), _ignore, _ignore)], [])

    def _refuse(self, items: list[Item], outcomes: list[Outcome], error: StorageError) -> None:
        for item in items:
            if isinstance(item[0], Patient) and not self._closed:
                self._patient.append(item)
            else:
                outcomes.append((item[2], error))

    def _transaction(self, items: list[Item]) -> list[Outcome]:
        books, database = self._books, self._database
        database.begin()
        books.is_alone = len(items) == 1
        books.preload([work.keys for work, _, _ in items])
        outcomes: list[Outcome] = []
        for work, done, failed in items:
            try:
                result = work(books)
            except (Conflict, Clash, StorageError):
                raise  # the database's own: the whole transaction is at stake
            except Exception as error:  # noqa: BLE001 - whatever it was, its owner is told and the others go on
                books.undo()
                outcomes.append((failed, error))
            else:
                books.keep()
                outcomes.append((done, result))
        books.flush()
        database.commit()
        observer = self.observer
        if observer is not None and (touched := books.messages.touched()):
            outcomes.insert(0, (observer, touched))
        books.committed()
        return outcomes

    def _roll_back(self) -> None:
        self._books.rolled_back()
        self._database.rollback()


def _ignore(_: object) -> None:
    """Nobody waits for it."""
