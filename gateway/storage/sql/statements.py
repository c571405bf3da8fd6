"""Every query of the books, said once in SQLAlchemy Core and compiled once for a dialect.

How this works: a query is compiled to text with positional parameters, in the order in which ``_query`` names them,
and then run on the driver's own cursor: building and running a Core statement anew costs more than SQLite takes to
answer it.
"""

from __future__ import annotations

from typing import Any

import attrs
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect

from gateway.storage.sql import tables
from gateway.storage.sql.rows import MESSAGE_FIELDS

_messages = tables.messages.c
_message = list(tables.messages.columns)[:MESSAGE_FIELDS]
_ZERO = literal_column("0", Integer)
_HELD: ColumnElement[str] = literal_column("'held'")
_UNFINISHED = _messages.state <= literal_column("1")  # spelled as the partial index spells it, so that it is used


@attrs.frozen
class Query:
    """A compiled query: its text, and how many positional parameters it takes."""

    text: str
    parameters: int


class Statements:
    """The queries for one dialect; ``locking`` ones take the rows for the transaction (PostgreSQL only)."""

    def __init__(self, dialect: Dialect, *, locking: bool) -> None:
        self._dialect = dialect
        self._locking = locking
        own = tables.parts.c
        outbox = tables.outbox.c
        entries = tables.entries.c
        payments = tables.payments.c
        limits = tables.limits.c
        of_message = select(*_message).order_by(_messages.id)
        self.message = self._query(of_message.where(_messages.id == _p("id")), "id", lock=True)
        self.messages = self._query(of_message.where(self._among(_messages.id, "ids")), "ids", lock=True)
        self.pending = self._query(
            of_message.where(
                _messages.client == _p("client"),
                _messages.source_addr == _p("source"),
                _messages.destination_addr == _p("destination"),
                _UNFINISHED,
            ),
            "client", "source", "destination", lock=True,
        )  # fmt: skip
        self.of_whole = self._query(
            of_message.where(
                or_(
                    _messages.id == _p("whole"),
                    and_(_messages.whole == _p("again"), _messages.whole != _messages.id),
                )
            ),
            "whole", "again", lock=True,
        )  # fmt: skip
        # In the order of the partial index, so that SQLite walks through that and not through all messages.
        self.unfinished = self._query(
            select(*_message)
            .where(_UNFINISHED)
            .order_by(_messages.client, _messages.source_addr, _messages.destination_addr)
        )
        self.search = self._query(
            select(*_message, _messages.text)
            .where(
                _messages.id < _p("before"),
                or_(
                    _p("address") == literal_column("''"),
                    _messages.source_addr == _p("a1"),
                    _messages.destination_addr == _p("a2"),
                ),
                _messages.folded.like(_p("folded"), escape="\\"),
            )
            .order_by(_messages.id.desc())
            .limit(_p("limit")),
            "before", "address", "a1", "a2", "folded", "limit",
        )  # fmt: skip
        self.export = self._query(
            select(*_message, _messages.text)
            .where(_messages.id > _p("after"))
            .order_by(_messages.id)
            .limit(_p("limit")),
            "after", "limit",
        )  # fmt: skip
        row = select(outbox.message_id, outbox.not_before, outbox.attempts, outbox.acknowledged)
        self.outbox_row = self._query(row.where(outbox.message_id == _p("id")), "id")
        self.outbox_rows = self._query(row.order_by(outbox.message_id))
        part = select(*tables.parts.columns)
        self.part_set = self._query(
            part.where(
                own.client == _p("client"),
                own.source == _p("source"),
                own.destination == _p("destination"),
                own.reference == _p("reference"),
                own.total == _p("total"),
            ).order_by(own.ordinal),
            "client", "source", "destination", "reference", "total",
        )  # fmt: skip
        self.part_sets = self._query(
            part.order_by(own.first_at, own.client, own.source, own.destination, own.reference, own.total, own.ordinal)
        )
        self.open_sets = self._query(
            select(
                own.client,
                own.source,
                func.sum(case((own.ordinal == _ZERO, literal_column("1")), else_=_ZERO)),
                cast(func.sum(func.length(own.octets)), BigInteger),
            ).group_by(own.client, own.source)
        )
        account = select(*tables.accounts.columns).order_by(tables.accounts.c.number)
        self.account = self._query(account.where(tables.accounts.c.number == _p("number")), "number", lock=True)
        self.accounts = self._query(account.where(self._among(tables.accounts.c.number, "n")), "n", lock=True)
        self.all_accounts = self._query(
            account.where(tables.accounts.c.number > _p("after")).limit(_p("limit")), "after", "limit"
        )
        entry = select(*list(tables.entries.columns)[1:])
        self.entry = self._query(entry.where(entries.cause == _p("cause"), entries.kind == _p("kind")), "cause", "kind")
        self.entries = self._query(
            entry.where(entries.account == _p("account")).order_by(entries.id.desc()).limit(_p("limit")),
            "account", "limit",
        )  # fmt: skip
        payment = select(*tables.payments.columns)
        self.payment = self._query(payment.where(payments.number == _p("number")), "number", lock=True)
        self.payments_pending = self._query(
            payment.where(payments.account == _p("account"), payments.state == _HELD).order_by(payments.number),
            "account", lock=True,
        )  # fmt: skip
        self.payments = self._query(
            payment.where(payments.account == _p("account")).order_by(payments.number.desc()).limit(_p("limit")),
            "account", "limit",
        )  # fmt: skip
        self.payments_due = self._query(
            payment.where(payments.state == _HELD, payments.expires_at <= _p("now"))
            .order_by(payments.expires_at)
            .limit(_p("limit")),
            "now", "limit", lock=True,
        )  # fmt: skip
        self.limit = self._query(
            select(limits.times).where(limits.subscriber == _p("subscriber"), limits.name == _p("name")),
            "subscriber", "name",
        )  # fmt: skip
        self.meta = self._query(select(tables.meta.c.value).where(tables.meta.c.name == _p("name")), "name")

    def _query(self, statement: Select[Any], *names: str, lock: bool = False) -> Query:
        if lock and self._locking:
            statement = statement.with_for_update()
        compiled = statement.compile(dialect=self._dialect)
        text, order = str(compiled), list(compiled.positiontup or ())
        if text.endswith(" OFFSET ?"):
            # SQLAlchemy's SQLite dialect adds it to every LIMIT, with a parameter 0.
            text, order = text.removesuffix(" OFFSET ?"), order[:-1]
        literals = set(order) - set(names)
        assert not literals, f"a literal became a parameter: {literals}"
        assert order == list(names), f"{order} are not {names}"
        return Query(text, len(order))

    def _among(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Whether the column is among a list that is one parameter: JSON for SQLite, an array for PostgreSQL."""
        if self._dialect.name == "sqlite":
            listed = func.json_each(_p(name)).table_valued("value")
            return column.in_(select(listed.c.value))
        return column == any_(bindparam(name, type_=ARRAY(column.type)))


def _p(name: str) -> Any:
    return bindparam(name)
