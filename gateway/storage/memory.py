"""The default storage: everything in memory, bounded, gone with the process.

How this works: each book changes its dictionaries at once and writes down how to undo it. When a work raises, the
undo list is run backwards; when it returns, the list is forgotten. Works run inside ``submit``, one at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Generic, TypeVar

from commands.wallet.accounts import Account, Entry, Payment, PaymentState
from gateway.messages.message import FINAL_STATES, TRANSITIONS, IllegalTransition, Message
from gateway.sms.reassembly import OpenSets, PartSet, SetKey
from gateway.storage.base import Books, OutboxRow, StorageFull, Work

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

FINISHED_KEPT = 100_000
"""Finished messages kept: about 60 MB, and more than a person scrolls through. The oldest go first."""

ENTRIES_KEPT = 1_000
"""Entries of an account that stay readable; their causes are remembered for as long."""

Undo = list[Callable[[], object]]


class _Table(Generic[K, V]):
    """A dictionary whose changes are written down on the undo list."""

    def __init__(self, undo: Undo) -> None:
        self.held: dict[K, V] = {}
        self._undo = undo

    def get(self, key: K) -> V | None:
        return self.held.get(key)

    def set(self, key: K, value: V) -> None:
        held = self.held
        old = held.get(key)
        held[key] = value
        if old is None:
            self._undo.append(lambda: held.pop(key))
        else:
            self._undo.append(lambda: held.__setitem__(key, old))

    def remove(self, key: K) -> None:
        held = self.held
        old = held.pop(key, None)
        if old is not None:
            self._undo.append(lambda: held.__setitem__(key, old))


class MemoryMessages:
    """The book of messages; finished ones are let go when there are more than ``finished_kept``."""

    def __init__(self, undo: Undo, finished_kept: int) -> None:
        self._rows: dict[int, Message] = {}
        self._undo = undo
        self._kept = finished_kept
        self._last_id = 0
        self._unfinished = 0
        self._finished: deque[int] = deque()
        self._pending: dict[tuple[str, str, str], dict[int, Message]] = {}
        self._wholes: dict[int, list[Message]] = {}

    def next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def add(self, message: Message) -> None:
        rows = self._rows
        if len(rows) >= self._kept + 1 and not self._make_room():
            raise StorageFull(f"{len(rows)} unfinished messages, none can be let go")
        rows[message.id] = message
        if message.state in FINAL_STATES:
            self._finished.append(message.id)
        else:
            self._unfinished += 1
            if message.client:
                key = (message.client, message.source_addr, message.destination_addr)
                self._pending.setdefault(key, {})[message.id] = message
        if message.whole != message.id:
            self._wholes.setdefault(message.whole, []).append(message)
        self._undo.append(lambda: self._forget(message))

    def get(self, message_id: int) -> Message | None:
        return self._rows.get(message_id)

    def change(self, message_id: int, **fields: object) -> Message:
        message = self._rows[message_id]
        state = message.state
        if "state" in fields or state in FINAL_STATES:
            to = fields.get("state", state)
            if to not in TRANSITIONS[state]:
                raise IllegalTransition(message_id, state, int(to))  # type: ignore[call-overload]  # a state is an int
        old = {name: getattr(message, name) for name in fields}
        for name, value in fields.items():
            setattr(message, name, value)
        if message.state in FINAL_STATES:
            self._unfinished -= 1
            self._finished.append(message_id)
            self._drop_pending(message)
        self._undo.append(lambda: self._restore(message, old))
        return message

    def pending(self, client: str, source: str, destination: str) -> list[Message]:
        # By id: a message that a rollback has put back stands at the end of the dictionary.
        return sorted(self._pending.get((client, source, destination), {}).values(), key=attrgetter("id"))

    def of_whole(self, whole: int) -> list[Message]:
        first = self._rows.get(whole)
        return ([first] if first else []) + self._wholes.get(whole, [])

    def unfinished(self) -> Iterable[Message]:
        return [message for message in self._rows.values() if message.state not in FINAL_STATES]

    def __len__(self) -> int:
        return len(self._rows)

    def _make_room(self) -> bool:
        finished = self._finished
        while finished:
            message = self._rows.pop(finished.popleft(), None)
            if message is not None:
                self._leave_whole(message)
                return True
        return False

    def _leave_whole(self, message: Message) -> None:
        siblings = self._wholes.get(message.whole)
        if siblings and message in siblings:
            siblings.remove(message)
            if not siblings:
                del self._wholes[message.whole]

    def _drop_pending(self, message: Message) -> None:
        key = (message.client, message.source_addr, message.destination_addr)
        of_pair = self._pending.get(key)
        if of_pair is not None:
            of_pair.pop(message.id, None)
            if not of_pair:
                del self._pending[key]

    def _forget(self, message: Message) -> None:
        del self._rows[message.id]
        if message.state in FINAL_STATES:
            self._finished.pop()  # undone in reverse order: it is the last one
        else:
            self._unfinished -= 1
            self._drop_pending(message)
        self._leave_whole(message)

    def _restore(self, message: Message, old: dict[str, object]) -> None:
        was_final = message.state in FINAL_STATES
        for name, value in old.items():
            setattr(message, name, value)
        if was_final:
            self._unfinished += 1
            self._finished.pop()
            if message.client:
                key = (message.client, message.source_addr, message.destination_addr)
                self._pending.setdefault(key, {})[message.id] = message


class MemoryOutbox(_Table[int, OutboxRow]):
    """The book of messages on their way to a client."""

    def put(self, row: OutboxRow) -> None:
        self.set(row.message_id, row)

    def rows(self) -> list[OutboxRow]:
        return sorted(self.held.values(), key=lambda row: row.message_id)


class MemoryParts:
    """The book of texts whose parts have not all come, with running sums for its caps."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self._held: dict[SetKey, PartSet] = {}
        self._of_sender: dict[tuple[str, str], int] = {}
        self._octets = 0

    def get(self, key: SetKey) -> PartSet | None:
        return self._held.get(key)

    def put(self, key: SetKey, part_set: PartSet) -> None:
        old = self._held.get(key)
        self._swap(key, old, part_set)
        self._undo.append(lambda: self._swap(key, part_set, old))

    def remove(self, key: SetKey) -> None:
        old = self._held.get(key)
        if old is not None:
            self._swap(key, old, None)
            self._undo.append(lambda: self._swap(key, None, old))

    def open_sets(self, client: str, source: str) -> OpenSets:
        return OpenSets(self._of_sender.get((client, source), 0), len(self._held), self._octets)

    def rows(self) -> list[tuple[SetKey, PartSet]]:
        return list(self._held.items())

    def _swap(self, key: SetKey, old: PartSet | None, new: PartSet | None) -> None:
        """Put ``new`` where ``old`` is (None: nothing), and keep the sums."""
        self._octets += (new.octets if new else 0) - (old.octets if old else 0)
        sender = (key.client, key.source)
        count = self._of_sender.get(sender, 0) + (new is not None) - (old is not None)
        if count:
            self._of_sender[sender] = count
        else:
            self._of_sender.pop(sender, None)
        if new is None:
            self._held.pop(key, None)
        else:
            self._held[key] = new


class MemoryAccounts(_Table[str, Account]):
    """Accounts by number."""

    def put(self, account: Account) -> None:
        self.set(account.number, account)


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
        self._undo.append(lambda: (own.pop(), self._by_cause.pop(cause)))
        if len(own) > ENTRIES_KEPT:
            oldest = own.popleft()
            self._by_cause.pop((oldest.cause, oldest.kind), None)
        return True

    def find(self, cause: str, kind: str) -> Entry | None:
        return self._by_cause.get((cause, kind))

    def of(self, number: str, limit: int) -> list[Entry]:
        return list(self._of.get(number, ()))[-1 : -limit - 1 : -1]


class MemoryPayments(_Table[int, Payment]):
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

    def next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def _mark(self, number: int, is_held: bool) -> None:
        held = self._held
        if is_held and number not in held:
            held[number] = None
            self._undo.append(lambda: held.pop(number, None))
        elif not is_held and number in held:
            del held[number]
            self._undo.append(lambda: held.__setitem__(number, None))


class MemoryLimits(_Table[tuple[str, str], tuple[int, ...]]):
    """Times of what is limited per subscriber: automatic replies, texts that were not understood."""

    def get(self, subscriber: str, name: str) -> tuple[int, ...]:  # type: ignore[override]  # the key in two words
        return self.held.get((subscriber, name), ())

    def put(self, subscriber: str, name: str, times: tuple[int, ...]) -> None:
        if times:
            self.set((subscriber, name), times)
        else:
            self.remove((subscriber, name))


class MemoryMeta(_Table[str, str]):
    """Small facts about the storage as a whole."""

    def get(self, name: str) -> str:
        return self.held.get(name, "")

    def put(self, name: str, value: str) -> None:
        self.set(name, value)


class MemoryBooks:
    """All books over one undo list."""

    def __init__(self, finished_kept: int) -> None:
        self.undo: Undo = []
        self.messages = MemoryMessages(self.undo, finished_kept)
        self.outbox = MemoryOutbox(self.undo)
        self.parts = MemoryParts(self.undo)
        self.accounts = MemoryAccounts(self.undo)
        self.entries = MemoryEntries(self.undo)
        self.payments = MemoryPayments(self.undo)
        self.limits = MemoryLimits(self.undo)
        self.meta = MemoryMeta(self.undo)


class MemoryStorage:
    """One transaction at a time, run inside ``submit``."""

    def __init__(self, *, finished_kept: int = FINISHED_KEPT) -> None:
        self._books = MemoryBooks(finished_kept)

    def submit(self, work: Work[T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        undo = self._books.undo
        try:
            result = work(self._books)
        except Exception as error:  # noqa: BLE001 - whatever it was, the transaction is undone and its owner told
            while undo:
                undo.pop()()
            failed(error)
            return
        undo.clear()
        done(result)

    def read(self, query: Callable[[Books], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        try:
            result = query(self._books)
        except Exception as error:  # noqa: BLE001 - the reader is told; there is nothing to undo
            failed(error)
            return
        done(result)

    def close(self) -> None:
        """Nothing to give back."""
