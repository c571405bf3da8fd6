"""What the books need of a connection, said once for both databases.

How this works: queries are compiled texts (see statements) run on the driver's own cursor. Rows are written many at
a time, because what is paid for a row is small and what is paid for a statement is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from sqlalchemy import Table

from gateway.storage.sql.compiling import Query
from gateway.storage.sql.rows import Row
from gateway.storage.sql.statements import Statements


class Conflict(Exception):
    """The transaction lost against another one (serialization failure, deadlock): run it again as it was."""


class Clash(Exception):
    """A row is there already, or a value does not fit: one of the works is at fault, the others are not."""


class Database(Protocol):
    """One connection. Raises Conflict, Clash, StorageFull or StorageDown, and nothing else of the driver's."""

    statements: Statements
    exclusive: bool
    """Nobody else can write, so that what was read once stays true until it is written here."""

    def begin(self) -> None:
        """Connect, if there is no connection, and open a transaction."""

    def commit(self) -> None: ...

    def rollback(self) -> None:
        """Never raises: a connection that cannot even do this is dropped."""

    def rows(self, query: Query, *parameters: object) -> list[Row]:
        """All rows of a query."""

    def among(self, query: Query, values: Iterable[object]) -> list[Row]:
        """All rows of a query whose parameter is a list."""

    def listed(self, values: Iterable[object]) -> object:
        """A list as one parameter of a query."""

    def lock_set(self, name: str) -> None:
        """Until the end of the transaction nobody else gets past this for the same name."""

    def insert(self, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
        """New rows; Clash if one is there already."""

    def upsert(self, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
        """Rows that replace those of the same primary key, in these columns."""

    def update(self, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
        """Change columns of rows that are there; each row begins with its primary key (one column)."""

    def delete(self, table: Table, keys: Sequence[Row]) -> None:
        """Delete by primary key."""

    def delete_where(self, table: Table, columns: tuple[str, ...], values: Row) -> None:
        """Delete the rows with these values."""

    def empty(self, tables: Sequence[Table]) -> None:
        """Delete all rows of these tables."""

    def reserve(self, counter: str, count: int) -> int:
        """Take ``count`` numbers of a counter, for good once committed; the first of them."""

    def close(self) -> None: ...


def names(table: Table) -> tuple[str, ...]:
    """The names of the columns, in order."""
    return tuple(table.columns.keys())


def key_names(table: Table) -> tuple[str, ...]:
    """The names of the columns of the primary key."""
    return tuple(column.name for column in table.primary_key.columns)
