"""Works of random steps on every storage, some of which fail in the end, with restarts and crashes between them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from commands.wallet.accounts import Account, Entry, Payment, PaymentState
from commands.wallet.money import Money
from gateway.smpp.constants import MessageState
from gateway.sms.reassembly import Part, PartSet, SetKey
from gateway.storage.base import Books, OutboxRow, Storage
from gateway.storage.memory import MemoryStorage
from gateway.storage.query import MessageQuery
from tests.contracts.conftest import the_database
from tests.contracts.test_storage import a_message, run
from tests.databases import NoServer, crashed_copy, open_postgresql, open_sqlite, postgresql_server

STEPS = (
    "add",
    "finish",
    "delete",
    "account",
    "entry",
    "put",
    "remove",
    "part",
    "join",
    "pay",
    "confirm",
    "limit",
    "clear",
)

_MEMORY_DISK = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where files cost no waiting: what is tested here is what is written, not that the disk keeps it."""

steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 8)), max_size=8)


class Model:
    """What the books should say: plain dictionaries."""

    def __init__(self) -> None:
        self.states: dict[int, int] = {}
        self.given: set[int] = set()
        self.balances: dict[str, int] = {}
        self.causes: set[tuple[str, str]] = set()
        self.outbox: dict[int, int] = {}
        self.parts: dict[int, list[bytes]] = {}
        self.payments: dict[int, str] = {}
        self.limits: dict[str, tuple[int, ...]] = {}

    def copy(self) -> Model:
        copied = Model()
        for name, value in vars(self).items():
            setattr(copied, name, value.copy())
        copied.parts = {reference: list(octets) for reference, octets in self.parts.items()}
        return copied


def a_set(reference: int, octets: list[bytes], first_id: int) -> PartSet:
    """Parts of 100, the last one at the end; ids as an intake would give them."""
    key = SetKey("demo", "79991110001", "7494", reference, 100)
    return PartSet(
        key, reference, tuple(Part(key, at + 1, part, 0, "udh8", first_id + at) for at, part in enumerate(octets))
    )


def step_of(books: Books, model: Model, step: str, n: int) -> None:
    """Do one step on the books and on the model."""
    if step == "add":
        number = books.messages.next_id()
        state = MessageState.DELIVERED if n % 2 else MessageState.ENROUTE
        books.messages.add(a_message(number, state=state, whole=max(1, number - n)))
        model.states[number] = state
        model.given.add(number)
    elif step == "finish":
        unfinished = [m.id for m in books.messages.unfinished()]
        if unfinished:
            chosen = unfinished[n % len(unfinished)]
            books.messages.change(chosen, state=MessageState.EXPIRED)
            model.states[chosen] = MessageState.EXPIRED
    elif step == "delete":
        wanted = MessageQuery(states=frozenset({MessageState.DELIVERED, n}), after=max(model.given, default=0) - n)
        gone = [number for number, state in model.states.items() if is_found(wanted, number, state)]
        gone = [number for number in gone if model.states[number] != MessageState.ENROUTE]
        assert books.messages.delete(wanted) == len(gone)
        for number in gone:
            del model.states[number]
    elif step == "clear":
        # Seldom, or nothing would ever be there to be cleared.
        if n == 1:
            books.clear({"messages"})
            model.states, model.outbox, model.parts = {}, {}, {}
        elif n == 2:
            books.clear({"accounts"})
            model.balances, model.payments, model.limits, model.causes = {}, {}, {}, set()
    elif step == "account":
        model.balances[str(n)] = model.balances.get(str(n), 0) + n
        books.accounts.put(Account(str(n), balances=(Money(model.balances[str(n)], "RUB"),)))
    elif step == "entry":
        expected = (f"c{n}", "created") not in model.causes
        assert books.entries.add(Entry("1", "created", f"c{n}", 1)) is expected
        model.causes.add((f"c{n}", "created"))
    elif step == "put":
        # Not an id that is yet to be given: nobody has a row for such a message.
        row = n * 1_000_000
        model.outbox[row] = model.outbox.get(row, 0) + 1
        books.outbox.put(OutboxRow(row, attempts=model.outbox[row]))
    elif step == "remove":
        books.outbox.remove(n * 1_000_000)
        model.outbox.pop(n * 1_000_000, None)
    elif step == "part":
        octets = model.parts.setdefault(n, [])
        octets.append(bytes((n,)) * (len(octets) + 1))
        books.parts.put(a_set(n, octets, 0).key, a_set(n, octets, 1000 * n))
    elif step == "join":
        books.parts.remove(a_set(n, [], 0).key)
        model.parts.pop(n, None)
    elif step == "pay":
        number = books.payments.next_number()
        assert number not in model.payments
        books.payments.put(Payment(number, str(n % 2), Money(n, "RUB"), "ACME", f"p{number}", 1, expires_at=number))
        model.payments[number] = PaymentState.HELD
    elif step == "confirm":
        pending = books.payments.pending(str(n % 2))
        assert {p.number for p in pending} <= set(model.payments)
        for payment in pending[:1]:
            done = Payment(payment.number, payment.account, payment.amount, "ACME", payment.cause, 1, "completed")
            books.payments.put(done)
            model.payments[payment.number] = PaymentState.COMPLETED
    elif step == "limit":
        times = (*books.limits.get(str(n), "replies"), n)[-3:] if n > 2 else ()
        books.limits.put(str(n), "replies", times)
        model.limits[str(n)] = times


def is_found(query: MessageQuery, number: int, state: int) -> bool:
    """Whether the query finds a message of the model."""
    return number > query.after and state in query.states


def check_searches(books: Books, model: Model) -> None:
    """A reader finds what the model has."""
    newest_first = sorted(model.states, reverse=True)
    assert [m.id for m, _ in books.messages.search(MessageQuery(limit=1_000))] == newest_first
    assert books.messages.count(MessageQuery()) == len(newest_first)
    assert [account.number for account in books.accounts.after("", 99)] == sorted(model.balances)
    assert [payment.number for payment in books.payments.after(0, 999)] == sorted(model.payments)


def check(books: Books, model: Model) -> None:
    """The books say what the model says."""
    looked_for = sorted({*model.given, max(model.given, default=0) + 1})
    found = {n: message.state for n in looked_for if (message := books.messages.get(n)) is not None}
    assert found == model.states
    unfinished = {n for n, state in model.states.items() if state == MessageState.ENROUTE}
    assert [m.id for m in books.messages.unfinished()] == sorted(unfinished)
    assert [m.id for m in books.messages.pending("demo", "79991110001", "79995550001")] == sorted(unfinished)
    for number, balance in model.balances.items():
        account = books.accounts.get(number)
        assert account is not None
        assert account.balance_in("RUB").amount == balance
    assert {(e.cause, e.kind) for e in books.entries.of("1", 100)} == model.causes
    assert {row.message_id: row.attempts for row in books.outbox.rows()} == model.outbox
    assert {key.reference: [part.octets for part in kept.parts] for key, kept in books.parts.rows()} == model.parts
    opened = books.parts.open_sets("demo", "79991110001")
    octets = sum(len(part) for parts in model.parts.values() for part in parts)
    assert (opened.of_sender, opened.sets, opened.octets) == (len(model.parts), len(model.parts), octets)
    held = {n for n, state in model.payments.items() if state == PaymentState.HELD}
    assert {p.number for p in books.payments.pending("0") + books.payments.pending("1")} == held
    assert [p.number for p in books.payments.due(10**6, 10**6)] == sorted(held)
    assert {p.number: p.state for p in books.payments.of("0", 999) + books.payments.of("1", 999)} == model.payments
    assert {n: books.limits.get(n, "replies") for n in model.limits} == model.limits


class Transactions(RuleBasedStateMachine):
    """The books of a storage always equal a plain model of the works that succeeded, also after a restart."""

    durable: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="transactions-", dir=_MEMORY_DISK)) / "storage"
        self.folder.mkdir()
        self.model = Model()
        self.storage = self.open()

    def open(self) -> Storage:
        return MemoryStorage(finished_kept=10_000)

    def crash(self) -> None:
        """Lose the process, keep what it has stored."""

    def teardown(self) -> None:
        self.storage.close()
        shutil.rmtree(self.folder.parent)

    @rule(steps=steps, fails=st.booleans())
    def work(self, steps: list[tuple[str, int]], fails: bool) -> None:
        model = self.model.copy()

        def action(books: Books) -> None:
            for step, n in steps:
                step_of(books, model, step, n)
            check(books, model)
            if fails:
                raise RuntimeError("in the end")

        try:
            run(self.storage, action)
        except RuntimeError:
            assert fails
        else:
            self.model = model

    @precondition(lambda self: self.durable)
    @rule(crashes=st.booleans())
    def restart(self, crashes: bool) -> None:
        if crashes:
            self.crash()
        else:
            self.storage.close()
        self.storage = self.open()

    @invariant()
    def books_equal_the_model(self) -> None:
        for checked in (check, check_searches):
            self.storage.read(lambda books, checked=checked: checked(books, self.model), lambda _: None, _raise)  # type: ignore[misc]  # bound at once


class SqliteTransactions(Transactions):
    """The same on a file; a crash leaves the files as they are at that moment."""

    durable = True

    def open(self) -> Storage:
        return open_sqlite(self.folder).storage

    def crash(self) -> None:
        left = crashed_copy(self.folder)
        self.storage.close()
        shutil.rmtree(self.folder)
        left.rename(self.folder)


class PostgresqlTransactions(Transactions):
    """The same on a server; a crash takes the connection away in the middle of a transaction."""

    durable = True

    def __init__(self) -> None:
        try:
            self.server = postgresql_server()
        except NoServer as reason:
            pytest.skip(f"no PostgreSQL: {reason}")
        self.url = the_database(self.server)
        super().__init__()

    def open(self) -> Storage:
        return open_postgresql(self.url, self.folder).storage

    def crash(self) -> None:
        with pytest.raises(ConnectionError):
            run(self.storage, self._break_off)
        self.storage.close()

    def _break_off(self, books: Books) -> None:
        books.messages.add(a_message(books.messages.next_id()))
        raise ConnectionError("the process is gone")

    def teardown(self) -> None:
        super().teardown()
        self.server.empty(self.url)


def _raise(error: Exception) -> None:
    raise error


TestTransactions = Transactions.TestCase
TestTransactions.settings = settings(stateful_step_count=15)
TestSqliteTransactions = SqliteTransactions.TestCase
# A tenth of the examples: every transaction waits for the disk, every restart opens the database anew.
_FEWER = max(10, settings().max_examples // 10)
TestSqliteTransactions.settings = settings(stateful_step_count=15, max_examples=_FEWER)
TestPostgresqlTransactions = PostgresqlTransactions.TestCase
TestPostgresqlTransactions.settings = settings(stateful_step_count=12, max_examples=_FEWER // 2)
