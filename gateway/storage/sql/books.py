"""All books of one connection: read before the works run, undone work by work, written together at the end."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from gateway.storage.base import CLEARABLE, Keys
from gateway.storage.sql import tables
from gateway.storage.sql.database import Clash, Database
from gateway.storage.sql.messages import SqlMessages, Undo
from gateway.storage.sql.rows import MessageRows
from gateway.storage.sql.waiting import SqlOutbox, SqlParts
from gateway.storage.sql.wallet import SqlAccounts, SqlEntries, SqlLimits, SqlMeta, SqlPayments

if TYPE_CHECKING:
    from gateway.storage.sql.claims import SqlClaims


class SqlBooks:
    """The books over one database connection, one transaction after the other."""

    def __init__(
        self, database: Database, codec: MessageRows, *, reveal: bool = False, claims: SqlClaims | None = None
    ) -> None:
        self._database = database
        self._claims = claims
        self.is_alone = False
        """One work has the whole transaction."""
        self._undo: Undo = []
        undo = self._undo
        self.messages = SqlMessages(database, undo, codec, reveal=reveal)
        self.outbox = SqlOutbox(database, undo, self.messages, claims)
        self.parts = SqlParts(database, undo)
        self.accounts = SqlAccounts(database, undo)
        self.entries = SqlEntries(database, undo, self.messages)
        self.payments = SqlPayments(database, undo)
        self.limits = SqlLimits(database, undo)
        self.meta = SqlMeta(database, undo)

    def preload(self, keys: Iterable[Keys]) -> None:
        """Read what the works of this transaction have named, in one statement a table."""
        numbers: set[str] = set()
        message_ids: set[int] = set()
        for key in keys:
            if key.accounts:
                numbers.update(key.accounts)
            if key.messages:
                message_ids.update(key.messages)
        if numbers:
            self.accounts.preload(numbers)
        if message_ids:
            self.messages.preload(message_ids)

    def clear(self, what: Collection[str]) -> None:
        unknown = set(what) - CLEARABLE
        if unknown:
            raise ValueError(f"nothing is called {sorted(unknown)} here")
        self._take_over()
        if "messages" in what:
            self.messages.forget()
            self.outbox.clear()
            self.parts.clear()
            self._database.empty((tables.messages, tables.outbox, tables.parts))
        if "accounts" in what:
            self.accounts.forget()
            self.entries.clear()
            self.payments.clear()
            self.limits.clear()
            self._database.empty((tables.accounts, tables.entries, tables.payments, tables.limits))

    def restart_numbers(self) -> None:
        self._take_over()
        if not self.messages.is_empty() or not self.payments.is_empty():
            raise ValueError("there are messages or payments whose numbers would be given again")
        self.messages.restart_numbers()
        self.payments.restart_numbers()

    def _take_over(self) -> None:
        """From here on the work writes to the database itself, so that only a rollback undoes it."""
        if not self.is_alone:
            # Run again, alone: see commits.
            raise Clash("this work needs a transaction of its own")
        self._undo[:] = [self._begin_again]

    def _begin_again(self) -> None:
        self.rolled_back()
        self._database.rollback()
        self._database.begin()

    def keep(self) -> None:
        """A work has come to its end: what it did is part of the transaction."""
        self._undo.clear()

    def undo(self) -> None:
        """A work has failed: the books are as they were before it."""
        undo = self._undo
        while undo:
            undo.pop()()

    def flush(self) -> None:
        """Write everything; raises what the database raises."""
        self.messages.flush()
        self.outbox.flush()
        self.parts.flush()
        self.accounts.flush()
        self.entries.flush()
        self.payments.flush()
        self.limits.flush()
        self.meta.flush()

    def committed(self) -> None:
        """The transaction is stored."""
        self.messages.committed()
        self.accounts.committed()
        self.payments.committed()
        if self._claims is not None:
            self._claims.committed()
        self._clear()

    def rolled_back(self) -> None:
        """Nothing of the transaction is stored."""
        self.messages.rolled_back()
        self.accounts.clear()
        self.payments.rolled_back()
        if self._claims is not None:
            self._claims.rolled_back()
        self._clear()

    def _clear(self) -> None:
        self._undo.clear()
        self.outbox.clear()
        self.parts.clear()
        self.entries.clear()
        self.limits.clear()
        self.meta.clear()
