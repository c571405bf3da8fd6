"""Every query of the books, said once in SQLAlchemy Core and compiled once for a dialect; but for searches."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.engine import Dialect

from gateway.storage.sql import tables
from gateway.storage.sql.compiling import Compiler
from gateway.storage.sql.rows import MESSAGE_FIELDS

_messages = tables.messages.c
MESSAGE: Final = list(tables.messages.columns)[:MESSAGE_FIELDS]
_ZERO = literal_column("0", Integer)
_HELD: ColumnElement[str] = literal_column("'held'")
_UNFINISHED = _messages.state <= literal_column("1")  # spelled as the partial index spells it, so that it is used


class Statements:
    """The queries for one dialect; ``locking`` ones take the rows for the transaction (PostgreSQL only)."""

    def __init__(self, dialect: Dialect, *, locking: bool) -> None:
        self.compiler = compiler = Compiler(dialect, locking=locking)
        self._of = compiler.query
        own = tables.parts.c
        outbox = tables.outbox.c
        entries = tables.entries.c
        payments = tables.payments.c
        limits = tables.limits.c
        of_message = select(*MESSAGE).order_by(_messages.id)
        self.message = self._of(of_message.where(_messages.id == _p("id")), "id", lock=True)
        self.messages = self._of(of_message.where(compiler.among(_messages.id, "ids")), "ids", lock=True)
        self.pending = self._of(
            of_message.where(
                _messages.client == _p("client"),
                _messages.source_addr == _p("source"),
                _messages.destination_addr == _p("destination"),
                _UNFINISHED,
            ),
            "client", "source", "destination", lock=True,
        )  # fmt: skip
        self.of_whole = self._of(
            of_message.where(
                or_(
                    _messages.id == _p("whole"),
                    and_(_messages.whole == _p("again"), _messages.whole != _messages.id),
                )
            ),
            "whole", "again", lock=True,
        )  # fmt: skip
        # In the order of the partial index, so that SQLite walks through that and not through all messages.
        self.unfinished = self._of(
            select(*MESSAGE)
            .where(_UNFINISHED)
            .order_by(_messages.client, _messages.source_addr, _messages.destination_addr)
        )
        row = select(outbox.message_id, outbox.not_before, outbox.attempts, outbox.acknowledged)
        self.outbox_row = self._of(row.where(outbox.message_id == _p("id")), "id")
        self.outbox_rows = self._of(row.order_by(outbox.message_id))
        part = select(*tables.parts.columns)
        self.part_set = self._of(
            part.where(
                own.client == _p("client"),
                own.source == _p("source"),
                own.destination == _p("destination"),
                own.reference == _p("reference"),
                own.total == _p("total"),
            ).order_by(own.ordinal),
            "client", "source", "destination", "reference", "total",
        )  # fmt: skip
        self.part_sets = self._of(
            part.order_by(own.first_at, own.client, own.source, own.destination, own.reference, own.total, own.ordinal)
        )
        self.open_sets = self._of(
            select(
                own.client,
                own.source,
                func.sum(case((own.ordinal == _ZERO, literal_column("1")), else_=_ZERO)),
                cast(func.sum(func.length(own.octets)), BigInteger),
            ).group_by(own.client, own.source)
        )
        account = select(*tables.accounts.columns).order_by(tables.accounts.c.number)
        self.account = self._of(account.where(tables.accounts.c.number == _p("number")), "number", lock=True)
        self.accounts = self._of(account.where(compiler.among(tables.accounts.c.number, "n")), "n", lock=True)
        self.all_accounts = self._of(
            account.where(tables.accounts.c.number > _p("after")).limit(_p("limit")), "after", "limit"
        )
        entry = select(*list(tables.entries.columns)[1:])
        self.entry = self._of(entry.where(entries.cause == _p("cause"), entries.kind == _p("kind")), "cause", "kind")
        self.entries = self._of(
            entry.where(entries.account == _p("account")).order_by(entries.id.desc()).limit(_p("limit")),
            "account", "limit",
        )  # fmt: skip
        payment = select(*tables.payments.columns)
        self.payment = self._of(payment.where(payments.number == _p("number")), "number", lock=True)
        self.payments_pending = self._of(
            payment.where(payments.account == _p("account"), payments.state == _HELD).order_by(payments.number),
            "account", lock=True,
        )  # fmt: skip
        self.payments = self._of(
            payment.where(payments.account == _p("account")).order_by(payments.number.desc()).limit(_p("limit")),
            "account", "limit",
        )  # fmt: skip
        self.payments_after = self._of(
            payment.where(payments.number > _p("after")).order_by(payments.number).limit(_p("limit")),
            "after", "limit",
        )  # fmt: skip
        self.payments_before = self._of(
            payment.where(payments.number < _p("before")).order_by(payments.number.desc()).limit(_p("limit")),
            "before", "limit",
        )  # fmt: skip
        self.payments_due = self._of(
            payment.where(payments.state == _HELD, payments.expires_at <= _p("now"))
            .order_by(payments.expires_at)
            .limit(_p("limit")),
            "now", "limit", lock=True,
        )  # fmt: skip
        self.limit = self._of(
            select(limits.times).where(limits.subscriber == _p("subscriber"), limits.name == _p("name")),
            "subscriber", "name",
        )  # fmt: skip
        self.meta = self._of(select(tables.meta.c.value).where(tables.meta.c.name == _p("name")), "name")


def _p(name: str) -> Any:
    return bindparam(name)
