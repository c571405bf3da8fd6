"""SqlStorage: the contract of a storage on a database, over a writer's thread and a reader's.

How this works: the reactor puts works into a queue and is called back when their transaction is over; it never waits
for the database. The writer owns one connection, the reader another one that cannot write. Without threads (in tests
and in the command line's own tools) a work runs when it is submitted.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gateway.messages.message import Message
from gateway.storage.base import Books, StorageDown, StorageError, Work
from gateway.storage.sql.books import SqlBooks
from gateway.storage.sql.commits import MOST_WAITING, GroupCommit, Outcome
from gateway.storage.sql.database import Clash, Conflict, Database
from gateway.storage.sql.rows import MessageRows

if TYPE_CHECKING:
    from gateway.storage.sql.claims import SqlClaims

T = TypeVar("T")

CallInReactor = Callable[..., object]
"""``call_in_reactor(function, *arguments)``: run it on the thread that submits works, soon and in order."""

RETRY_SECONDS: Final = 1.0
"""How often patient works are tried while the database cannot be used."""

_GOODBYE_SECONDS: Final = 15.0

_Read = tuple[Callable[[Any], Any], Callable[[Any], None], Callable[[Exception], None]]


class SqlStorage:
    """A storage on two connections of one database. Made by :func:`gateway.storage.sql.opening.open_storage`."""

    def __init__(
        self,
        writer: Database,
        reader: Database,
        codec: MessageRows,
        *,
        call_in_reactor: CallInReactor | None,
        report: Callable[[str, BaseException], None],
        reveal: bool = False,
        most_waiting: int = MOST_WAITING,
        on_close: Callable[[], None] = lambda: None,
        claims: SqlClaims | None = None,
        history: int = 0,
    ) -> None:
        """``call_in_reactor`` None: no threads, everything happens within ``submit`` and ``read``."""
        self._commits = GroupCommit(
            writer,
            SqlBooks(writer, codec, reveal=reveal, claims=claims),
            self._told,
            most_waiting=most_waiting,
            history=history,
        )
        self._reader = reader
        self._reading = SqlBooks(reader, codec, reveal=reveal)
        self._reads: queue.SimpleQueue[_Read | None] = queue.SimpleQueue()
        self._call_in_reactor = call_in_reactor
        self._report = report
        self._on_close = on_close
        self._threads: list[threading.Thread] = []
        self._running = False
        self._closed = False
        self._observer: Callable[[list[Message]], None] | None = None

    def submit(self, work: Work[T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        try:
            self._commits.put((work, done, failed))
        except StorageError as error:
            failed(error)
            return
        if self._call_in_reactor is None:
            self._run_here()
        elif not self._threads:
            self._start()

    def read(self, query: Callable[[Any], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        if self._closed:
            failed(StorageDown("the storage is closed"))
        elif self._call_in_reactor is None:
            callback, value = self._found((query, done, failed))
            callback(value)
        else:
            if not self._threads:
                self._start()
            self._reads.put((query, done, failed))

    def observe(self, told: Callable[[list[Message]], None] | None) -> None:
        self._observer = told
        self._commits.observer = None if told is None else self._observed

    def close(self) -> None:
        """Finish what waits, then give back connections and files."""
        if self._closed:
            return
        self._closed = True
        # The reader goes first: SQLite tidies its WAL away when the last one to leave may write.
        self._reads.put(None)
        writing, *reading = self._threads or (None,)
        for thread in reading:
            thread.join(_GOODBYE_SECONDS)
        self._commits.close()
        if writing is None:
            self._reader.close()
            while self._commits.turn():
                pass
        else:
            writing.join(_GOODBYE_SECONDS)
        self._on_close()

    # --- threads ---

    def _start(self) -> None:
        # Daemons: a process that is told to end at once does not wait for a database that is gone.
        self._threads = [
            threading.Thread(target=self._write, name="storage writer", daemon=True),
            threading.Thread(target=self._answer, name="storage reader", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _write(self) -> None:
        commits = self._commits
        while commits.turn(RETRY_SECONDS if commits.waits_for_database else None):
            pass

    def _answer(self) -> None:
        call_in_reactor = self._call_in_reactor
        assert call_in_reactor is not None
        while (item := self._reads.get()) is not None:
            call_in_reactor(self._tell, [self._found(item)])
        self._reader.close()

    def _run_here(self) -> None:
        """Works that callbacks submit run after those that wait already, not within them."""
        if self._running:
            return
        self._running = True
        try:
            self._commits.turn()
            while not self._commits.is_idle:
                self._commits.turn()
        finally:
            self._running = False

    # --- outcomes ---

    def _told(self, outcomes: list[Outcome]) -> None:
        if self._call_in_reactor is None:
            for callback, value in outcomes:
                callback(value)
        else:
            self._call_in_reactor(self._tell, outcomes)

    def _tell(self, outcomes: list[Outcome]) -> None:
        for callback, value in outcomes:
            try:
                callback(value)
            except Exception as error:  # noqa: BLE001 - one owner's bug must not leave the others without an answer
                self._report("after a transaction", error)

    def _observed(self, messages: list[Message]) -> None:
        # On its way here the observer may have gone.
        if self._observer is not None:
            self._observer(messages)

    def _found(self, item: _Read) -> Outcome:
        query, done, failed = item
        books: Books = self._reading
        try:
            self._reader.begin()
            return done, query(books)
        except (Conflict, Clash) as error:
            return failed, StorageDown(str(error))
        except Exception as error:  # noqa: BLE001 - the reader is told; there is nothing to undo
            return failed, error
        finally:
            self._reading.rolled_back()
            self._reader.rollback()
