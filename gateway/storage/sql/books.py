"""All books of one connection: read before the works run, undone work by work, written together at the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gateway.storage.base import Keys
from gateway.storage.sql.database import Database
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
        self._claims = claims
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
