"""Statements of SQLAlchemy Core, compiled for a driver's own cursor.

How this works: a query is compiled to text with positional parameters, in the order in which their names are given,
and then run on the driver's own cursor: building and running a Core statement anew costs more than SQLite takes to
answer it.
"""

from __future__ import annotations

from typing import Any

import attrs
from sqlalchemy import ColumnElement, Select, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect


@attrs.frozen
class Query:
    """A compiled query: its text, and how many positional parameters it takes."""

    text: str
    parameters: int


class Compiler:
    """For one dialect; with ``locking`` a query may take its rows for the transaction (PostgreSQL only)."""

    def __init__(self, dialect: Dialect, *, locking: bool) -> None:
        self._dialect = dialect
        self._locking = locking

    def query(self, statement: Select[Any], *names: str, lock: bool = False) -> Query:
        """The statement, with its parameters in the order of their names."""
        if lock and self._locking:
            statement = statement.with_for_update()
        compiled = statement.compile(dialect=self._dialect)
        text, order = str(compiled), list(compiled.positiontup or ())
        if self._dialect.name == "sqlite":
            # SQLAlchemy adds it to every LIMIT, with a parameter 0.
            added = [name for name in order if name not in names]
            text, order = text.replace(" OFFSET ?", "", 1) if added else text, [name for name in order if name in names]
        literals = set(order) - set(names)
        assert not literals, f"a literal became a parameter: {literals}"
        assert order == list(names), f"{order} are not {names}"
        return Query(text, len(order))

    def among(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Whether the column is among a list that is one parameter: JSON for SQLite, an array for PostgreSQL."""
        if self._dialect.name == "sqlite":
            listed = func.json_each(bindparam(name)).table_valued("value")
            return column.in_(select(listed.c.value))
        return column == any_(bindparam(name, type_=ARRAY(column.type)))

    def position(self, column: ColumnElement[str], part: ColumnElement[str]) -> ColumnElement[int]:
        """Where the part begins in the column, from 1; 0 when it is not there. No case is folded, nothing is a
        wildcard."""
        return func.instr(column, part) if self._dialect.name == "sqlite" else func.strpos(column, part)
