"""MemoryStorage: the contract of a storage, one transaction at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from gateway.messages.message import Message
from gateway.storage.base import CLEARABLE, Books, TextOf, Work
from gateway.storage.memory.messages import FINISHED_KEPT, MemoryMessages
from gateway.storage.memory.undoing import Undo, undo_all
from gateway.storage.memory.waiting import MemoryOutbox, MemoryParts
from gateway.storage.memory.wallet import MemoryAccounts, MemoryEntries, MemoryLimits, MemoryMeta, MemoryPayments

T = TypeVar("T")


class MemoryBooks:
    """All books over one undo list."""

    def __init__(self, finished_kept: int, text_of: TextOf, *, reveal: bool = False) -> None:
        self.undo: Undo = []
        self.messages = MemoryMessages(self.undo, finished_kept, text_of, reveal=reveal)
        self.outbox = MemoryOutbox(self.undo)
        self.parts = MemoryParts(self.undo)
        self.accounts = MemoryAccounts(self.undo)
        self.entries = MemoryEntries(self.undo)
        self.payments = MemoryPayments(self.undo)
        self.limits = MemoryLimits(self.undo)
        self.meta = MemoryMeta(self.undo)

    def clear(self, what: Collection[str]) -> None:
        unknown = set(what) - CLEARABLE
        if unknown:
            raise ValueError(f"nothing is called {sorted(unknown)} here")
        if "messages" in what:
            self.messages.clear()
            self.outbox.clear()
            self.parts.clear()
        if "accounts" in what:
            self.accounts.clear()
            self.entries.clear()
            self.payments.clear()
            self.limits.clear()

    def restart_numbers(self) -> None:
        if len(self.messages) or self.payments.held:
            raise ValueError("there are messages or payments whose numbers would be given again")
        self.messages.restart_numbers()
        self.payments.restart_numbers()


class MemoryStorage:
    """One transaction at a time, run inside ``submit``."""

    def __init__(
        self,
        *,
        finished_kept: int = FINISHED_KEPT,
        text_of: TextOf = lambda message: None,
        reveal: bool = False,
    ) -> None:
        """``text_of`` is asked when somebody searches; without it messages have no text."""
        self._books = MemoryBooks(finished_kept, text_of, reveal=reveal)
        self._observer: Callable[[list[Message]], None] | None = None

    def read_texts_with(self, text_of: TextOf) -> None:
        """As if it had been made with this one: for a storage that was made before anybody knew the alphabets."""
        self._books.messages.read_texts_with(text_of)

    def submit(self, work: Work[T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        books = self._books
        undo = books.undo
        try:
            result = work(books)
        except Exception as error:  # noqa: BLE001 - whatever it was, the transaction is undone and its owner told
            undo_all(undo)
            if books.messages.touched:
                books.messages.touched = {}
            failed(error)
            return
        undo.clear()
        if books.messages.touched:
            self._tell()
        done(result)

    def read(self, query: Callable[[Books], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        try:
            result = query(self._books)
        except Exception as error:  # noqa: BLE001 - the reader is told; there is nothing to undo
            failed(error)
            return
        done(result)

    def observe(self, told: Callable[[list[Message]], None] | None) -> None:
        self._observer = told
        self._books.messages.touched = None if told is None else {}

    def close(self) -> None:
        """Nothing to give back."""

    def _tell(self) -> None:
        told = self._books.messages.take_touched()
        if told and self._observer is not None:
            self._observer(told)
