"""PostgreSQL, through psycopg 3: a server that several gateways may share.

How this works: new rows go in by COPY, the cheapest way there is on both sides; changes go as one statement of many
prepared executions in psycopg's pipeline mode. Rows are locked as they are read, accounts and messages each in sorted
order, so that two gateways rarely wait for each other and never for long: a deadlock is found by the server and the
transaction run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors
from sqlalchemy import BigInteger, Boolean, Engine, Integer, LargeBinary, SmallInteger, Table, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from gateway.storage.base import StorageDown, StorageFull
from gateway.storage.sql.compiling import Query
from gateway.storage.sql.database import Clash, Conflict, key_names
from gateway.storage.sql.rows import Row
from gateway.storage.sql.statements import Statements

T = TypeVar("T")

CONNECT_SECONDS: Final = 3
_LOCK_MILLISECONDS: Final = 3_000
"""For a lock that another session holds: clients wait for a response 10 s and more."""
_STATEMENT_MILLISECONDS: Final = 10_000
_COPY_FROM: Final = 8
"""Rows from which on COPY is cheaper than prepared inserts."""


def postgresql_engine(url: str, *, read_only: bool) -> Engine:
    """An engine whose connections give up in time instead of waiting for ever."""
    options = (
        f"-c lock_timeout={_LOCK_MILLISECONDS} -c statement_timeout={_STATEMENT_MILLISECONDS}"
        f" -c idle_in_transaction_session_timeout=60000 -c default_transaction_read_only={'on' if read_only else 'off'}"
    )
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        paramstyle="format",
        poolclass=NullPool,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            # A server that is gone without a word: the kernel gives up on unacknowledged octets after this.
            "tcp_user_timeout": _STATEMENT_MILLISECONDS,
            "application_name": "sms-gateway",
            "options": options,
        },
    )


def listening_connection(url: str, channel: str) -> psycopg.Connection[Row]:
    """A connection of its own that is told what is said on the channel; raises psycopg.Error or OSError."""
    engine = postgresql_engine(url, read_only=True)
    try:
        pooled = engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
    except DBAPIError as error:
        raise error.orig or error from error
    connection.rollback()
    connection.autocommit = True
    connection.execute(f"LISTEN {channel}")
    listening: psycopg.Connection[Row] = connection
    return listening


class PostgresqlDatabase:
    """One connection, made again when it was lost."""

    exclusive = False

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self._engine = postgresql_engine(url, read_only=read_only)
        self.statements = Statements(self._engine.dialect, locking=not read_only)
        self._connection: Any = None
        self._raw: psycopg.Connection[Row] | None = None
        self._cursor: psycopg.Cursor[Row] | None = None

    # --- transactions ---

    def begin(self) -> None:
        if self._raw is None or self._raw.closed:
            self._drop()
            self._guarded(self._connect)
        # psycopg opens the transaction with the first statement.

    def commit(self) -> None:
        if self._raw is None:
            raise StorageDown("the connection is lost")
        self._guarded(self._raw.commit)

    def rollback(self) -> None:
        if self._raw is None:
            return
        try:
            self._raw.rollback()
        except psycopg.Error:
            self._drop()

    def close(self) -> None:
        self._drop()
        self._engine.dispose()

    def _connect(self) -> None:
        self._connection = self._engine.connect()
        raw = self._connection.connection.driver_connection
        raw.rollback()  # what the engine asked when it connected has opened a transaction
        raw.prepare_threshold = 1
        self._raw = raw
        self._cursor = raw.cursor()

    def _drop(self) -> None:
        connection, self._connection, self._raw, self._cursor = self._connection, None, None, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    # --- reading ---

    def rows(self, query: Query, *parameters: object) -> list[Row]:
        cursor = self._open()
        return self._guarded(lambda: cursor.execute(query.text, parameters, binary=True).fetchall())

    def among(self, query: Query, values: Iterable[object]) -> list[Row]:
        return self.rows(query, self.listed(values))

    def listed(self, values: Iterable[object]) -> object:
        return list(values)

    def lock_set(self, name: str) -> None:
        self._execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7494))", (name,))

    def run(self, text: str, *parameters: object) -> list[Row]:
        """Any statement of PostgreSQL's own; its rows, if it has any."""
        cursor = self._open()

        def rows() -> list[Row]:
            cursor.execute(text, parameters, binary=True)
            return cursor.fetchall() if cursor.description else []

        return self._guarded(rows)

    # --- writing ---

    def insert(self, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
        if len(rows) < _COPY_FROM:
            self._many(_insert(table, columns), rows)
        elif rows:
            self._guarded(lambda: self._copy(table, columns, rows))

    def upsert(self, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
        self._many(_upsert(table, columns), rows)

    def update(self, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
        self._many(_update(table, columns), [(*row[1:], row[0]) for row in rows])

    def delete(self, table: Table, keys: Sequence[Row]) -> None:
        key = key_names(table)
        if len(key) == 1 and keys:
            self._execute(f"DELETE FROM {table.name} WHERE {key[0]} = ANY(%s)", ([row[0] for row in keys],))
        else:
            self._many(_where(table, key), keys)

    def delete_where(self, table: Table, columns: tuple[str, ...], values: Row) -> None:
        self._execute(_where(table, columns), values)

    def empty(self, tables: Sequence[Table]) -> None:
        # At once, however much there is: to delete a million rows one by one takes longer than a statement may.
        self._execute(f"TRUNCATE {', '.join(table.name for table in tables)}")

    def reserve(self, counter: str, count: int) -> int:
        cursor = self._open()
        rows = self._guarded(
            lambda: cursor.execute(
                "INSERT INTO counters (name, next) VALUES (%s, 1 + %s)"
                " ON CONFLICT (name) DO UPDATE SET next = counters.next + %s RETURNING next",
                (counter, count, count),
            ).fetchall()
        )
        return int(rows[0][0]) - count

    def _many(self, text: str, rows: Sequence[Row]) -> None:
        cursor = self._open()
        if len(rows) == 1:
            self._execute(text, rows[0])
        elif rows:
            self._guarded(lambda: cursor.executemany(text, rows))

    def _copy(self, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
        with self._open().copy(f"COPY {table.name} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(_types(table, columns))
            write_row = copy.write_row
            for row in rows:
                write_row(row)

    # --- the driver ---

    def _open(self) -> psycopg.Cursor[Row]:
        if self._cursor is None:
            raise StorageDown("the connection is lost")
        return self._cursor

    def _execute(self, text: str, parameters: Sequence[object] = ()) -> None:
        cursor = self._open()
        self._guarded(lambda: cursor.execute(text, parameters))

    def _guarded(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except DBAPIError as error:
            raise self._translated(error.orig) from error
        except psycopg.Error as error:
            raise self._translated(error) from error

    def _translated(self, error: BaseException | None) -> Exception:
        """What a fault of the server means for whoever waits for this transaction."""
        said = str(error).strip()
        if isinstance(error, (errors.SerializationFailure, errors.DeadlockDetected)):
            return Conflict(said)
        if isinstance(error, (psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError)):
            return Clash(said)
        if isinstance(error, (errors.DiskFull, errors.OutOfMemory, errors.InsufficientResources)):
            return StorageFull(said)
        if self._raw is not None and (self._raw.closed or self._raw.broken):
            self._drop()
        return StorageDown(said)


_TYPES: Final = ((SmallInteger, "int2"), (BigInteger, "int8"), (Integer, "int4"), (Boolean, "bool"))


@lru_cache(maxsize=64)
def _types(table: Table, columns: tuple[str, ...]) -> tuple[str, ...]:
    """The types of a binary COPY: exact, since nothing converts them."""
    return tuple(_type_name(table.columns[name].type) for name in columns)


def _type_name(kind: object) -> str:
    if isinstance(kind, LargeBinary):
        return "bytea"
    return next((name for known, name in _TYPES if isinstance(kind, known)), "text")


@lru_cache(maxsize=64)
def _insert(table: Table, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"


@lru_cache(maxsize=64)
def _upsert(table: Table, columns: tuple[str, ...]) -> str:
    key = key_names(table)
    sets = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    return f"{_insert(table, columns)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sets}"


@lru_cache(maxsize=64)
def _update(table: Table, columns: tuple[str, ...]) -> str:
    (key,) = key_names(table)
    return f"UPDATE {table.name} SET {', '.join(f'{name} = %s' for name in columns)} WHERE {key} = %s"


@lru_cache(maxsize=64)
def _where(table: Table, columns: tuple[str, ...]) -> str:
    return f"DELETE FROM {table.name} WHERE {' AND '.join(f'{name} = %s' for name in columns)}"
