"""The books of the wallet and what is limited per subscriber, over what the database has."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

from commands.wallet.accounts import Account, Entry, Payment, PaymentState
from gateway.storage.sql import tables
from gateway.storage.sql.counters import Counter
from gateway.storage.sql.database import Database, names
from gateway.storage.sql.messages import SqlMessages, Undo
from gateway.storage.sql.rows import account_of, account_row, entry_of, entry_row, payment_of, payment_row

ACCOUNTS_KNOWN: Final = 20_000
"""Accounts remembered between transactions where nobody else writes: about 12 MB."""

_ACCOUNTS: Final = names(tables.accounts)
_ENTRIES: Final = names(tables.entries)[1:]
_PAYMENTS: Final = names(tables.payments)
_LIMITS: Final = names(tables.limits)
_META: Final = names(tables.meta)
_CAUSE: Final = "message:"
_ABOVE_ALL: Final = 2**63 - 1


class SqlAccounts:
    """Accounts by number."""

    def __init__(self, database: Database, undo: Undo) -> None:
        self._database = database
        self._undo = undo
        self._held: dict[str, Account | None] = {}
        self._dirty: dict[str, None] = {}
        self._known: OrderedDict[str, Account] = OrderedDict()

    def get(self, number: str) -> Account | None:
        held = self._held
        if number in held:
            return held[number]
        account = self._known.get(number)
        if account is None:
            rows = self._database.rows(self._database.statements.account, number)
            account = account_of(rows[0]) if rows else None
        held[number] = account
        return account

    def put(self, account: Account) -> None:
        number = account.number
        old = self.get(number)
        was_dirty = number in self._dirty
        self._held[number] = account
        self._dirty[number] = None
        self._undo.append(lambda: self._unput(number, old, was_dirty))

    def after(self, number: str, limit: int) -> list[Account]:
        return [account_of(row) for row in self._database.rows(self._database.statements.all_accounts, number, limit)]

    def preload(self, numbers: Iterable[str]) -> None:
        """Read, and lock in this order, what the works have named."""
        known, held = self._known, self._held
        missing = []
        for number in numbers:
            account = known.get(number)
            held[number] = account
            if account is None:
                missing.append(number)
        if missing:
            for row in self._database.among(self._database.statements.accounts, sorted(missing)):
                held[row[0]] = account_of(row)

    def flush(self) -> None:
        if self._dirty:
            rows = [account_row(account) for number in self._dirty if (account := self._held[number]) is not None]
            self._database.upsert(tables.accounts, _ACCOUNTS, rows)

    def forget(self) -> None:
        """All rows are gone."""
        self._known.clear()
        self.clear()

    def committed(self) -> None:
        if self._database.exclusive:
            known = self._known
            for number, account in self._held.items():
                if account is not None:
                    known[number] = account
            while len(known) > ACCOUNTS_KNOWN:
                known.popitem(last=False)
        self.clear()

    def clear(self) -> None:
        self._held.clear()
        self._dirty.clear()

    def _unput(self, number: str, old: Account | None, was_dirty: bool) -> None:
        self._held[number] = old
        if not was_dirty:
            del self._dirty[number]


class SqlEntries:
    """The history of all accounts, unique by (cause, kind)."""

    def __init__(self, database: Database, undo: Undo, messages: SqlMessages) -> None:
        self._database = database
        self._undo = undo
        self._messages = messages
        self._new: dict[tuple[str, str], Entry] = {}

    def add(self, entry: Entry) -> bool:
        key = (entry.cause, entry.kind)
        if key in self._new or (not self._is_first(entry.cause) and self.find(*key) is not None):
            return False
        self._new[key] = entry
        self._undo.append(lambda: self._new.pop(key))
        return True

    def find(self, cause: str, kind: str) -> Entry | None:
        entry = self._new.get((cause, kind))
        if entry is None:
            rows = self._database.rows(self._database.statements.entry, cause, kind)
            entry = entry_of(rows[0]) if rows else None
        return entry

    def of(self, number: str, limit: int) -> list[Entry]:
        own = [entry for entry in reversed(self._new.values()) if entry.account == number][:limit]
        if len(own) < limit:
            rows = self._database.rows(self._database.statements.entries, number, limit - len(own))
            own += [entry_of(row) for row in rows]
        return own

    def flush(self) -> None:
        if self._new:
            self._database.insert(tables.entries, _ENTRIES, [entry_row(entry) for entry in self._new.values()])

    def clear(self) -> None:
        self._new.clear()

    def _is_first(self, cause: str) -> bool:
        """Whether the cause is a message of this very transaction: then it can have had no effect before, and the
        database need not be asked."""
        digits = cause.removeprefix(_CAUSE)
        return digits is not cause and digits.isdecimal() and self._messages.is_new(int(digits))


class SqlPayments:
    """Payments by number."""

    def __init__(self, database: Database, undo: Undo) -> None:
        self._database = database
        self._undo = undo
        # A gap in the numbers would be seen by people, and payments are started one by one: blocks of one.
        self._numbers = Counter(database, "payments", 1)
        self._held: dict[int, Payment | None] = {}
        self._dirty: dict[int, None] = {}

    def get(self, number: int) -> Payment | None:
        if number in self._held:
            return self._held[number]
        rows = self._database.rows(self._database.statements.payment, number)
        payment = self._held[number] = payment_of(rows[0]) if rows else None
        return payment

    def put(self, payment: Payment) -> None:
        number = payment.number
        was_held, old, was_dirty = number in self._held, self._held.get(number), number in self._dirty
        self._held[number] = payment
        self._dirty[number] = None
        self._undo.append(lambda: self._unput(number, was_held, old, was_dirty))

    def pending(self, account: str) -> list[Payment]:
        found = self._merged(self._database.rows(self._database.statements.payments_pending, account))
        return [p for p in found if p.account == account and p.state == PaymentState.HELD]

    def of(self, account: str, limit: int) -> list[Payment]:
        found = self._merged(self._database.rows(self._database.statements.payments, account, limit))
        return [payment for payment in reversed(found) if payment.account == account][:limit]

    def due(self, now: int, limit: int) -> list[Payment]:
        # Those changed here may be among the first ones found, so as many more are asked for.
        wanted = limit + len(self._dirty)
        found = self._merged(self._database.rows(self._database.statements.payments_due, now, wanted))
        due = [payment for payment in found if payment.state == PaymentState.HELD and payment.expires_at <= now]
        return sorted(due, key=lambda payment: payment.expires_at)[:limit]

    def after(self, number: int, limit: int) -> list[Payment]:
        return [payment_of(row) for row in self._database.rows(self._database.statements.payments_after, number, limit)]

    def before(self, number: int, limit: int) -> list[Payment]:
        query = self._database.statements.payments_before
        return [payment_of(row) for row in self._database.rows(query, number or _ABOVE_ALL, limit)]

    def next_number(self) -> int:
        return self._numbers.next()

    def is_empty(self) -> bool:
        """No payment is there."""
        return not self._dirty and not self.after(0, 1)

    def restart_numbers(self) -> None:
        self._numbers.restart()

    def flush(self) -> None:
        if self._dirty:
            rows = [payment_row(payment) for number in self._dirty if (payment := self._held[number]) is not None]
            self._database.upsert(tables.payments, _PAYMENTS, rows)

    def committed(self) -> None:
        self._numbers.committed()
        self.clear()

    def rolled_back(self) -> None:
        self._numbers.rolled_back()
        self.clear()

    def clear(self) -> None:
        self._held.clear()
        self._dirty.clear()

    def _unput(self, number: int, was_held: bool, old: Payment | None, was_dirty: bool) -> None:
        if not was_dirty:
            del self._dirty[number]
        if was_held:
            self._held[number] = old
        else:
            del self._held[number]

    def _merged(self, rows: list[tuple[object, ...]]) -> list[Payment]:
        """What the database finds as this transaction sees it, and what it has changed; by number."""
        found = {payment.number: payment for payment in map(payment_of, rows)}
        for number in self._dirty:
            held = self._held[number]
            if held is not None:
                found[number] = held
        return [found[number] for number in sorted(found)]


class SqlLimits:
    """Small counters of a subscriber, by name."""

    def __init__(self, database: Database, undo: Undo) -> None:
        self._database = database
        self._undo = undo
        self._held: dict[tuple[str, str], tuple[int, ...]] = {}
        self._dirty: set[tuple[str, str]] = set()

    def get(self, subscriber: str, name: str) -> tuple[int, ...]:
        key = (subscriber, name)
        if key not in self._held:
            rows = self._database.rows(self._database.statements.limit, subscriber, name)
            self._held[key] = tuple(json.loads(rows[0][0])) if rows else ()
        return self._held[key]

    def put(self, subscriber: str, name: str, times: tuple[int, ...]) -> None:
        key, old = (subscriber, name), self.get(subscriber, name)
        self._held[key] = times
        self._dirty.add(key)  # stays after an undo: writing what was there already does no harm
        self._undo.append(lambda: self._held.__setitem__(key, old))

    def flush(self) -> None:
        gone = [key for key in self._dirty if not self._held[key]]
        kept = [(*key, json.dumps(self._held[key])) for key in self._dirty if self._held[key]]
        if gone:
            self._database.delete(tables.limits, gone)
        if kept:
            self._database.upsert(tables.limits, _LIMITS, kept)

    def clear(self) -> None:
        self._held.clear()
        self._dirty.clear()


class SqlMeta:
    """Small facts about the storage as a whole."""

    def __init__(self, database: Database, undo: Undo) -> None:
        self._database = database
        self._undo = undo
        self._held: dict[str, str] = {}

    def get(self, name: str) -> str:
        if name in self._held:
            return self._held[name]
        rows = self._database.rows(self._database.statements.meta, name)
        return str(rows[0][0]) if rows else ""

    def put(self, name: str, value: str) -> None:
        old = self.get(name)
        self._held[name] = value
        self._undo.append(lambda: self._held.__setitem__(name, old))

    def change(self, name: str, changed: Callable[[str], str]) -> None:
        # A row that is not there yet cannot be locked.
        self._database.lock_set(f"meta {name}")
        self.put(name, changed(self.get(name)))

    def flush(self) -> None:
        if self._held:
            self._database.upsert(tables.meta, _META, list(self._held.items()))

    def clear(self) -> None:
        self._held.clear()
