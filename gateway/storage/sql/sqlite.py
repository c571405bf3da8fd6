"""SQLite: a file, one process, WAL and synchronous=FULL, so that what is committed survives a power cut.

How this works: a statement's steps run without the interpreter's lock, but each step takes and gives it back; while
the reactor computes, getting it back costs up to sys.getswitchinterval() (5 ms). So rows are written hundreds at a
time with one statement of many VALUES: one step instead of hundreds.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Engine, Table, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from gateway.storage.base import StorageDown, StorageFull
from gateway.storage.sql.compiling import Query
from gateway.storage.sql.database import Clash, key_names
from gateway.storage.sql.rows import Row
from gateway.storage.sql.statements import Statements

T = TypeVar("T")

PATIENCE: Final = 3.0
"""Seconds that a statement waits for another process's lock: clients wait for a response 10 s and more."""

_CHUNKS: Final = (128, 32, 8, 1)
"""Rows per statement: few sizes, so that the prepared ones are found again. 128 rows of the widest table are 4,224
parameters of the 32,766 that SQLite allows."""

_CHECKPOINT_PAGES: Final = 4_000
"""The WAL is copied into the file every 16 MB instead of every 4: an index page is then copied once for more rows."""

_FEW_OCTETS_LEFT: Final = 1 << 20


def sqlite_engine(path: Path, *, read_only: bool, immutable: bool = False) -> Engine:
    """An engine for a file. A read-only one never makes it; an immutable one leaves nothing beside it either, and is
    for files that nobody writes to and that have no WAL."""
    query = {"uri": "true"} | ({"mode": "ro"} if read_only else {}) | ({"immutable": "1"} if immutable else {})
    url = URL.create("sqlite", database=f"file:{_quoted(path)}", query=query)
    return create_engine(
        url,
        poolclass=NullPool,
        connect_args={
            "isolation_level": None,
            "check_same_thread": False,
            "timeout": PATIENCE,
            "cached_statements": 256,
        },
    )


class SqliteDatabase:
    """One connection to the file."""

    exclusive = True

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        self._read_only = read_only
        self._engine = sqlite_engine(path, read_only=read_only)
        self.statements = Statements(self._engine.dialect, locking=False)
        self._connection: Any = None
        self._cursor: sqlite3.Cursor | None = None

    # --- transactions ---

    def begin(self) -> None:
        if self._cursor is None:
            self._guarded(self._connect)
        self._execute("BEGIN" if self._read_only else "BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._execute("COMMIT")

    def rollback(self) -> None:
        if self._cursor is None:
            return
        try:
            if self._cursor.connection.in_transaction:
                self._cursor.execute("ROLLBACK")
        except sqlite3.Error:
            self._drop()

    def close(self) -> None:
        self._drop()
        self._engine.dispose()

    def _connect(self) -> None:
        self._connection = self._engine.connect()
        raw: sqlite3.Connection = self._connection.connection.driver_connection
        self._cursor = cursor = raw.cursor()
        if not self._read_only:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        cursor.execute("PRAGMA cache_size = -32768")

    def _drop(self) -> None:
        connection, self._connection, self._cursor = self._connection, None, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    # --- reading ---

    def rows(self, query: Query, *parameters: object) -> list[Row]:
        return self._guarded(lambda: self._raw().execute(query.text, parameters).fetchall())

    def among(self, query: Query, values: Iterable[object]) -> list[Row]:
        return self.rows(query, self.listed(values))

    def listed(self, values: Iterable[object]) -> object:
        return json.dumps(list(values))

    def lock_set(self, name: str) -> None:
        """BEGIN IMMEDIATE has shut everybody else out already."""

    # --- writing ---

    def insert(self, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
        self._many(_insert, table, columns, rows)

    def upsert(self, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
        self._many(_upsert, table, columns, rows)

    def update(self, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
        self._many(_update, table, columns, rows)

    def delete(self, table: Table, keys: Sequence[Row]) -> None:
        self._many(_delete, table, (), keys)

    def delete_where(self, table: Table, columns: tuple[str, ...], values: Row) -> None:
        self._execute(_where(table, columns), values)

    def empty(self, tables: Sequence[Table]) -> None:
        for table in tables:
            self._execute(f"DELETE FROM {table.name}")

    def reserve(self, counter: str, count: int) -> int:
        self._execute("INSERT OR IGNORE INTO counters (name, next) VALUES (?, 1)", (counter,))
        self._execute("UPDATE counters SET next = next + ? WHERE name = ?", (count, counter))
        rows = self._guarded(
            lambda: self._raw().execute("SELECT next FROM counters WHERE name = ?", (counter,)).fetchall()
        )
        return int(rows[0][0]) - count

    def _many(
        self,
        statement: Callable[[Table, tuple[str, ...], int], str],
        table: Table,
        columns: tuple[str, ...],
        rows: Sequence[Row],
    ) -> None:
        at, end = 0, len(rows)
        for size in _CHUNKS:
            text = statement(table, columns, size)
            while end - at >= size:
                self._execute(text, list(chain.from_iterable(rows[at : at + size])))
                at += size

    # --- the driver ---

    def _raw(self) -> sqlite3.Cursor:
        if self._cursor is None:
            raise StorageDown("no transaction is open")
        return self._cursor

    def _execute(self, text: str, parameters: Sequence[object] = ()) -> None:
        try:
            self._raw().execute(text, parameters)
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def _guarded(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def _translated(self, error: sqlite3.Error) -> Exception:
        """What a fault of SQLite means for whoever waits for this transaction."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if isinstance(error, sqlite3.IntegrityError):
            return Clash(str(error))
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and self._is_disk_full()):
            # The shared memory of the WAL cannot grow on a full disk: that is an I/O error to SQLite.
            return StorageFull(str(error))
        if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN):
            self._drop()
        if isinstance(error, (sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError)):
            return Clash(str(error))
        return StorageDown(str(error))

    def _is_disk_full(self) -> bool:
        try:
            found = os.statvfs(self._path.parent)
        except OSError:
            return False
        return found.f_bavail * found.f_frsize < _FEW_OCTETS_LEFT


def _quoted(path: Path) -> str:
    """A path as a file: URI has it (sqlite.org/uri.html)."""
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


@lru_cache(maxsize=512)
def _insert(table: Table, columns: tuple[str, ...], count: int) -> str:
    row = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES {', '.join([row] * count)}"


@lru_cache(maxsize=512)
def _upsert(table: Table, columns: tuple[str, ...], count: int) -> str:
    key = key_names(table)
    sets = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    return f"{_insert(table, columns, count)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sets}"


@lru_cache(maxsize=512)
def _update(table: Table, columns: tuple[str, ...], count: int) -> str:
    (key,) = key_names(table)
    row = f"({', '.join('?' * (len(columns) + 1))})"
    # SQLite names the columns of VALUES column1, column2, … (UPDATE FROM needs SQLite 3.33).
    sets = ", ".join(f"{name} = v.column{at}" for at, name in enumerate(columns, start=2))
    return (
        f"UPDATE {table.name} SET {sets} FROM (VALUES {', '.join([row] * count)}) AS v"
        f" WHERE {table.name}.{key} = v.column1"
    )


@lru_cache(maxsize=512)
def _delete(table: Table, _: tuple[str, ...], count: int) -> str:
    key = key_names(table)
    if len(key) == 1:
        return f"DELETE FROM {table.name} WHERE {key[0]} IN ({', '.join('?' * count)})"
    row = f"({', '.join('?' * len(key))})"
    return f"DELETE FROM {table.name} WHERE ({', '.join(key)}) IN (VALUES {', '.join([row] * count)})"


def _where(table: Table, columns: tuple[str, ...]) -> str:
    return f"DELETE FROM {table.name} WHERE {' AND '.join(f'{name} = ?' for name in columns)}"
