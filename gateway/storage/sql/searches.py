"""Queries for messages that somebody looks for: a statement for each set of conditions, compiled when first needed.

How this works: a :class:`gateway.storage.query.MessageQuery` becomes the names of its conditions and their values. The
names are the statement's shape, of which it is made once; the values are its parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import attrs
from sqlalchemy import BindParameter, ColumnElement, Integer, Select, bindparam, func, literal_column, or_, select

from gateway.storage.query import COUNTED, MessageQuery, folded
from gateway.storage.sql import tables
from gateway.storage.sql.compiling import Compiler, Query
from gateway.storage.sql.statements import MESSAGE

_LARGEST: Final = 2**63 - 1
_NEVER_STORED: Final = re.compile("[\0\ud800-\udfff]")
"""PostgreSQL keeps no NUL, and nobody keeps half a character."""

_SHAPES_KEPT: Final = 256

_messages = tables.messages.c
_ONE = literal_column("1", Integer)
_ZERO = literal_column("0", Integer)

Found = tuple[Query, tuple[object, ...]]


@attrs.frozen
class _Condition:
    """One condition of a shape, with the parameters that its clause takes, in order."""

    name: str
    values: tuple[object, ...]


class Searches:
    """Statements for one dialect. ``listed`` makes a list one parameter."""

    def __init__(self, compiler: Compiler, listed: Callable[[Any], object]) -> None:
        self._compiler = compiler
        self._listed = listed
        self._made: dict[tuple[str, ...], Query] = {}

    def messages(self, query: MessageQuery) -> Found | None:
        """The columns of a message and its text; None when nothing can be found."""
        order = "oldest_first" if query.oldest_first else "newest_first"
        return self._found("messages", order, query, query.limit)

    def count(self, query: MessageQuery) -> Found | None:
        """One row with one number, at most COUNTED; None as above."""
        return self._found("count", "", query, COUNTED)

    def finished(self, query: MessageQuery, limit: int) -> Found | None:
        """The ids of those that are final, oldest first; None as above."""
        return self._found("finished", "oldest_first", query, limit)

    def _found(self, what: str, order: str, query: MessageQuery, limit: int) -> Found | None:
        conditions = self._conditions(query)
        if conditions is None:
            return None
        shape = (what, order, *(condition.name for condition in conditions))
        made = self._made.get(shape)
        if made is None:
            if len(self._made) >= _SHAPES_KEPT:
                self._made.clear()
            made = self._made[shape] = self._make(what, order, conditions)
        values = [value for condition in conditions for value in condition.values]
        return made, (*values, max(0, min(limit, _LARGEST)))

    def _conditions(self, query: MessageQuery) -> list[_Condition] | None:
        """What the query says; None when no row can be as it says."""
        said = query.client + query.source + query.destination + query.address + query.command + query.outcome
        if _NEVER_STORED.search(said):
            return None
        found: list[_Condition] = []
        for name in ("before", "after", "since", "until"):
            number = getattr(query, name)
            if number:
                found.append(_Condition(name, (max(-_LARGEST, min(number, _LARGEST)),)))
        for name in ("states", "kinds"):
            numbers = getattr(query, name)
            if numbers:
                small = sorted(number for number in numbers if 0 <= number < 1 << 15)
                found.append(_Condition(name, (self._listed(small),)))
        if query.client:
            found.append(_Condition("client", (query.client, query.client)))
        for name, columns in (("source", 1), ("destination", 1), ("address", 2)):
            wanted = getattr(query, name)
            if wanted.endswith("*"):
                found.append(_Condition(f"{name}*", (len(wanted) - 1, wanted[:-1]) * columns))
            elif wanted:
                found.append(_Condition(name, (wanted,) * columns))
        if query.command:
            found.append(_Condition("command", (query.command,)))
        if query.outcome:
            found.append(_Condition("outcome", (query.outcome,)))
        if query.text:
            found.append(_Condition("text", (folded(query),)))
        return found

    def _make(self, what: str, order: str, conditions: list[_Condition]) -> Query:
        columns = {"messages": (*MESSAGE, _messages.text)}.get(what, (_messages.id,))
        statement: Select[Any] = select(*columns)
        if what == "finished":
            statement = statement.where(_messages.state > _ONE)
        names: list[str] = []
        for condition in conditions:
            own = [f"{condition.name.rstrip('*')}{at}" for at in range(len(condition.values))]
            statement = statement.where(self._clause(condition.name, [bindparam(name) for name in own]))
            names += own
        if order:
            statement = statement.order_by(_messages.id.desc() if order == "newest_first" else _messages.id)
        statement = statement.limit(bindparam("limit"))
        if what == "count":
            statement = select(func.count()).select_from(statement.subquery())
        return self._compiler.query(statement, *names, "limit")

    def _clause(self, name: str, given: list[BindParameter[Any]]) -> ColumnElement[bool]:
        if name == "before":
            return _messages.id < given[0]
        if name == "after":
            return _messages.id > given[0]
        if name == "since":
            return _messages.accepted_at >= given[0]
        if name == "until":
            return _messages.accepted_at < given[0]
        if name == "states":
            return self._compiler.among(_messages.state, given[0].key)
        if name == "kinds":
            return self._compiler.among(_messages.kind, given[0].key)
        if name == "client":
            return or_(_messages.client == given[0], _messages.recipient == given[1])
        if name == "text":
            return self._compiler.position(_messages.folded, given[0]) > _ZERO
        if name in ("command", "outcome"):
            return _messages[name] == given[0]
        columns = {
            "source": (_messages.source_addr,),
            "destination": (_messages.destination_addr,),
            "address": (_messages.source_addr, _messages.destination_addr),
        }[name.rstrip("*")]
        if name.endswith("*"):
            # Not LIKE: SQLite's knows no case.
            begin = [func.substr(column, _ONE, given[2 * at]) == given[2 * at + 1] for at, column in enumerate(columns)]
            return or_(*begin)
        return or_(*(column == given[at] for at, column in enumerate(columns)))
