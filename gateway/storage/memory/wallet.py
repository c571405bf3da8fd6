"""The books of the wallet: accounts, what happened to them, payments, and the reply limits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import nlargest, nsmallest

from commands.wallet.accounts import Account, Entry, Payment, PaymentState
from gateway.storage.memory.undoing import Table, Undo

ENTRIES_KEPT = 1_000
"""Entries of an account that stay readable; their causes are remembered for as long."""


class MemoryAccounts(Table[str, Account]):
    """Accounts by number."""

    def put(self, account: Account) -> None:
        self.set(account.number, account)

    def after(self, number: str, limit: int) -> list[Account]:
        return [self.held[found] for found in nsmallest(limit, (key for key in self.held if key > number))]


class MemoryEntries:
    """What happened to each account, newest last, and the causes that have had their effect."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self._of: dict[str, deque[Entry]] = {}
        self._by_cause: dict[tuple[str, str], Entry] = {}

    def add(self, entry: Entry) -> bool:
        cause = (entry.cause, entry.kind)
        if cause in self._by_cause:
            return False
        own = self._of.setdefault(entry.account, deque())
        own.append(entry)
        self._by_cause[cause] = entry
        oldest = None
        if len(own) > ENTRIES_KEPT:
            oldest = own.popleft()
            del self._by_cause[oldest.cause, oldest.kind]
        self._undo.append((self._take_back, entry, oldest))
        return True

    def find(self, cause: str, kind: str) -> Entry | None:
        return self._by_cause.get((cause, kind))

    def of(self, number: str, limit: int) -> list[Entry]:
        return list(self._of.get(number, ()))[-1 : -limit - 1 : -1]

    def clear(self) -> None:
        """Forget all entries."""
        of, by_cause = self._of, self._by_cause
        self._set_aside({}, {})
        self._undo.append((self._set_aside, of, by_cause))

    def _set_aside(self, of: dict[str, deque[Entry]], by_cause: dict[tuple[str, str], Entry]) -> None:
        self._of, self._by_cause = of, by_cause

    def _take_back(self, entry: Entry, oldest: Entry | None) -> None:
        """Undo an add that has let ``oldest`` go."""
        own = self._of[entry.account]
        own.pop()
        del self._by_cause[entry.cause, entry.kind]
        if oldest is not None:
            own.appendleft(oldest)
            self._by_cause[oldest.cause, oldest.kind] = oldest


class MemoryPayments(Table[int, Payment]):
    """Payments by number, those of an account, and those that are held."""

    def __init__(self, undo: Undo) -> None:
        super().__init__(undo)
        self._last_number = 0
        self._of: dict[str, list[int]] = {}
        self._held: dict[int, None] = {}

    def put(self, payment: Payment) -> None:
        if payment.number not in self.held:
            self._of.setdefault(payment.account, []).append(payment.number)
        self._mark(payment.number, payment.state == PaymentState.HELD)
        self.set(payment.number, payment)

    def pending(self, account: str) -> list[Payment]:
        return [self.held[number] for number in self._of.get(account, ()) if number in self._held]

    def of(self, account: str, limit: int) -> list[Payment]:
        own = [self.held[number] for number in self._of.get(account, ()) if number in self.held]
        return own[-1 : -limit - 1 : -1]

    def due(self, now: int, limit: int) -> list[Payment]:
        due = [self.held[number] for number in self._held if self.held[number].expires_at <= now]
        return sorted(due, key=lambda payment: payment.expires_at)[:limit]

    def after(self, number: int, limit: int) -> list[Payment]:
        return [self.held[found] for found in nsmallest(limit, (key for key in self.held if key > number))]

    def before(self, number: int, limit: int) -> list[Payment]:
        below = (key for key in self.held if not number or key < number)
        return [self.held[found] for found in nlargest(limit, below)]

    def next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def clear(self) -> None:
        super().clear()
        of, held = self._of, self._held
        self._set_aside({}, {})
        self._undo.append((self._set_aside, of, held))

    def restart_numbers(self) -> None:
        """Begin with 1 again; a rollback begins where it was."""
        last = self._last_number
        self._last_number = 0
        self._undo.append((setattr, self, "_last_number", last))

    def _set_aside(self, of: dict[str, list[int]], held: dict[int, None]) -> None:
        self._of, self._held = of, held

    def _mark(self, number: int, is_held: bool) -> None:
        held = self._held
        if is_held and number not in held:
            held[number] = None
            self._undo.append((held.pop, number, None))
        elif not is_held and number in held:
            del held[number]
            self._undo.append((held.__setitem__, number, None))


class MemoryLimits(Table[tuple[str, str], tuple[int, ...]]):
    """Times of what is limited per subscriber: automatic replies, texts that were not understood."""

    def get(self, subscriber: str, name: str) -> tuple[int, ...]:  # type: ignore[override]  # the key in two words
        return self.held.get((subscriber, name), ())

    def put(self, subscriber: str, name: str, times: tuple[int, ...]) -> None:
        if times:
            self.set((subscriber, name), times)
        else:
            self.remove((subscriber, name))


class MemoryMeta(Table[str, str]):
    """Small facts about the storage as a whole."""

    def get(self, name: str) -> str:
        return self.held.get(name, "")

    def put(self, name: str, value: str) -> None:
        self.set(name, value)

    def change(self, name: str, changed: Callable[[str], str]) -> None:
        self.set(name, changed(self.get(name)))
