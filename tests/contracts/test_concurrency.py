"""Storages with their threads: group commits, order, races, and works that wait for a storage to come back."""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from commands.wallet.accounts import Account, PaymentState
from commands.wallet.money import Money
from commands.wallet.rules import WalletRules
from commands.wallet.service import Wallet
from gateway.storage.base import NO_KEYS, Books, Keys, Patient, Storage, StorageDown, StorageFull
from gateway.storage.memory import MemoryStorage
from tests.contracts.test_storage import Do, a_message
from tests.databases import PostgresqlServer, open_postgresql, open_sqlite

SECONDS = 20.0


class Reactor:
    """The thread of the callers: what comes back is run when it is waited for."""

    def __init__(self) -> None:
        self.due: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self.calls = 0

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        self.calls += 1
        self.due.put(lambda: function(*arguments))

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SECONDS
        while not condition():
            self.due.get(timeout=max(0.0, deadline - time.monotonic()))()


@pytest.fixture
def reactor() -> Reactor:
    return Reactor()


@pytest.fixture(params=["sqlite", "postgresql"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, reactor: Reactor) -> Iterator[Storage]:
    """A storage with its threads."""
    if request.param == "sqlite":
        opened = open_sqlite(tmp_path, call_in_reactor=reactor.call)
    else:
        opened = open_postgresql(request.getfixturevalue("database"), tmp_path, call_in_reactor=reactor.call)
    yield opened.storage
    opened.storage.close()


@attrs.define
class Hold:
    """A work that holds its transaction open until it is let go."""

    began: threading.Event = attrs.field(factory=threading.Event)
    let_go: threading.Event = attrs.field(factory=threading.Event)
    keys: Keys = NO_KEYS

    def __call__(self, _: Books) -> str:
        self.began.set()
        assert self.let_go.wait(SECONDS)
        return "held"


class PatientDo(Do, Patient):
    """A work of a function that waits for the storage to come back."""


def test_works_that_come_while_a_transaction_runs_form_the_next_one(storage: Storage, reactor: Reactor) -> None:
    """A hundred works are two transactions; their outcomes come in order, and the failed ones harm nobody."""
    outcomes: list[object] = []
    hold = Hold()
    storage.submit(hold, outcomes.append, outcomes.append)
    assert hold.began.wait(SECONDS)

    def work(n: int) -> Callable[[Books], int]:
        def action(books: Books) -> int:
            books.accounts.put(Account(str(n)))
            if n % 10 == 3:
                raise ValueError(n)
            return n

        return action

    for n in range(100):
        storage.submit(Do(work(n)), outcomes.append, lambda error: outcomes.append(repr(error)))
    hold.let_go.set()
    reactor.wait_for(lambda: len(outcomes) == 101)
    assert outcomes == ["held", *(f"ValueError({n})" if n % 10 == 3 else n for n in range(100))]
    assert reactor.calls == 2
    found: list[Any] = []
    storage.read(lambda books: [n for n in range(100) if books.accounts.get(str(n))], found.append, found.append)
    reactor.wait_for(lambda: bool(found))
    assert found == [[n for n in range(100) if n % 10 != 3]]


def test_an_observer_is_told_by_the_reactor_before_the_works_of_a_commit(storage: Storage, reactor: Reactor) -> None:
    """Works that shared a transaction are told of together, on the thread that submitted them."""
    seen: list[Any] = []
    storage.observe(lambda messages: seen.append(([m.id for m in messages], threading.get_ident())))
    hold = Hold()
    storage.submit(hold, seen.append, seen.append)
    assert hold.began.wait(SECONDS)
    for number in (1, 2):
        added = a_message(number)
        work = Do(lambda books, added=added: books.messages.add(added))
        storage.submit(work, seen.append, seen.append)
    hold.let_go.set()
    reactor.wait_for(lambda: len(seen) == 4)
    assert seen == ["held", ([1, 2], threading.get_ident()), None, None]
    storage.observe(None)


def test_one_work_that_clashes_is_refused_alone(storage: Storage, reactor: Reactor) -> None:
    """A row that is there already spoils the transaction; the others are tried again and stored."""
    outcomes: list[object] = []
    hold = Hold()
    storage.submit(hold, outcomes.append, outcomes.append)
    assert hold.began.wait(SECONDS)
    for number in (1, 2, 1, 3):
        storage.submit(
            Do(lambda books, n=number: books.messages.add(a_message(n)) or n),  # type: ignore[misc]  # bound at once
            outcomes.append,
            lambda error: outcomes.append(type(error).__name__),
        )
    hold.let_go.set()
    reactor.wait_for(lambda: len(outcomes) == 5)
    assert outcomes == ["held", 1, 2, "StorageError", 3]


def test_more_than_may_wait_is_refused_at_once(tmp_path: Path, reactor: Reactor) -> None:
    """The queue is bounded; patient works are not refused."""
    storage = open_sqlite(tmp_path, call_in_reactor=reactor.call, most_waiting=3).storage
    outcomes: list[object] = []
    hold = Hold()
    storage.submit(hold, outcomes.append, outcomes.append)
    assert hold.began.wait(SECONDS)
    for n in range(5):
        storage.submit(Do(lambda _, n=n: n), outcomes.append, lambda error: outcomes.append(type(error)))  # type: ignore[misc]  # bound at once
    storage.submit(PatientDo(lambda _: "patient"), outcomes.append, outcomes.append)
    assert outcomes == [StorageFull, StorageFull]
    hold.let_go.set()
    reactor.wait_for(lambda: len(outcomes) == 7)
    assert outcomes[2:] == ["held", 0, 1, 2, "patient"]
    storage.close()


def test_a_close_finishes_what_waits(storage: Storage, reactor: Reactor) -> None:
    """What was submitted before the close is stored and told; what comes after it is refused."""
    outcomes: list[object] = []
    for n in range(50):
        storage.submit(
            Do(lambda books, n=n: books.accounts.put(Account(str(n))) or n), outcomes.append, outcomes.append
        )  # type: ignore[misc]  # bound at once
    storage.close()
    storage.submit(Do(lambda _: None), outcomes.append, lambda error: outcomes.append(type(error)))
    assert outcomes == [StorageDown]
    reactor.wait_for(lambda: len(outcomes) == 51)
    assert outcomes[1:] == list(range(50))


def test_a_callback_that_raises_does_not_leave_others_unanswered(tmp_path: Path, reactor: Reactor) -> None:
    """The bug is reported, the next outcome is told."""
    reported: list[tuple[str, str]] = []
    storage = open_sqlite(
        tmp_path, call_in_reactor=reactor.call, report=lambda where, error: reported.append((where, repr(error)))
    ).storage
    outcomes: list[object] = []

    def spoil(_: object) -> None:
        raise ValueError("a bug")

    storage.submit(Do(lambda _: 1), spoil, outcomes.append)
    storage.submit(Do(lambda _: 2), outcomes.append, outcomes.append)
    reactor.wait_for(lambda: outcomes == [2])
    assert reported == [("after a transaction", "ValueError('a bug')")]
    storage.close()


def test_e03_a_lock_of_another_process_fails_works_in_time_and_patient_ones_wait(
    tmp_path: Path, reactor: Reactor
) -> None:
    """While somebody else holds the file works fail after some seconds; a patient one is done when it is free."""
    storage = open_sqlite(tmp_path, call_in_reactor=reactor.call).storage
    outcomes: list[object] = []
    storage.submit(Do(lambda _: "before"), outcomes.append, outcomes.append)
    reactor.wait_for(lambda: outcomes == ["before"])
    other = sqlite3.connect(tmp_path / "gateway.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    storage.submit(PatientDo(lambda _: "patient"), outcomes.append, outcomes.append)
    storage.submit(Do(lambda _: "refused"), outcomes.append, lambda error: outcomes.append(type(error)))
    reactor.wait_for(lambda: len(outcomes) == 2)
    assert outcomes == ["before", StorageDown]
    other.execute("ROLLBACK")
    other.close()
    storage.submit(Do(lambda _: "after"), outcomes.append, outcomes.append)
    reactor.wait_for(lambda: len(outcomes) == 4)
    assert outcomes[2:] == ["patient", "after"]
    storage.close()


def test_a_server_that_is_restarted_is_found_again(
    server: PostgresqlServer, database: str, tmp_path: Path, reactor: Reactor
) -> None:
    """While it is down works fail with StorageDown; afterwards everything goes on, patient works first."""
    storage = open_postgresql(database, tmp_path, call_in_reactor=reactor.call).storage
    outcomes: list[object] = []
    storage.submit(Do(lambda books: books.accounts.put(Account("1"))), outcomes.append, outcomes.append)
    reactor.wait_for(lambda: outcomes == [None])
    server.tell("stop")
    try:
        storage.submit(PatientDo(lambda books: books.accounts.get("1")), outcomes.append, outcomes.append)
        storage.submit(Do(lambda _: None), outcomes.append, lambda error: outcomes.append(type(error)))
        reactor.wait_for(lambda: len(outcomes) == 2)
        assert outcomes[1] is StorageDown
    finally:
        server.tell("start")
    reactor.wait_for(lambda: len(outcomes) == 3)
    assert outcomes[2] == Account("1")
    storage.close()


@attrs.define
class Pay:
    """A merchant's payment of 3 roubles by account 1, as the API would start it."""

    wallet: Wallet
    cause: str
    keys: Keys = attrs.field(default=Keys(accounts=("1",)))

    def __call__(self, books: Books) -> str:
        started = self.wallet.start_payment(books, "1", Money(300, "RUB"), "ACME", 1, self.cause)
        return str(started.payment.state)


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgresql"])
def test_w07_fifty_parallel_payments_never_overdraw_an_account(
    kind: str, tmp_path: Path, reactor: Reactor, request: pytest.FixtureRequest
) -> None:
    """33 payments of 3 roubles fit 100 roubles: so many are completed, the others refused, and 1 rouble is left.

    On PostgreSQL two gateways do it at the same time.
    """
    gateways: list[Storage]
    if kind == "memory":
        gateways = [MemoryStorage()]
    elif kind == "sqlite":
        gateways = [open_sqlite(tmp_path, call_in_reactor=reactor.call).storage]
    else:
        url = request.getfixturevalue("database")
        gateways = [open_postgresql(url, tmp_path, call_in_reactor=reactor.call).storage for _ in range(2)]
    wallet = Wallet(WalletRules(), lambda purpose, key, below: 0, b"pepper")
    outcomes: list[object] = []
    opening = Do(lambda books: books.accounts.put(Account("1", balances=(Money(10_000, "RUB"),))))
    gateways[0].submit(opening, outcomes.append, outcomes.append)
    reactor.wait_for(lambda: outcomes == [None])
    outcomes.clear()
    for n in range(50):
        # The first ten causes come twice: a request that is repeated runs once.
        for _ in range(2 if n < 10 else 1):
            gateways[n % len(gateways)].submit(Pay(wallet, f"api:{n}"), outcomes.append, outcomes.append)
    reactor.wait_for(lambda: len(outcomes) == 60)
    left: list[Any] = []
    gateways[-1].submit(
        Do(lambda books: (books.accounts.get("1"), books.payments.of("1", 100))), left.append, left.append
    )
    reactor.wait_for(lambda: bool(left))
    account, payments = left[0]
    assert account.balance_in("RUB").amount == 100
    states = [payment.state for payment in payments]
    assert (states.count(PaymentState.COMPLETED), states.count(PaymentState.REFUSED)) == (33, 17)
    assert len({payment.cause for payment in payments}) == 50
    for gateway in gateways:
        gateway.close()


def test_two_gateways_change_one_fact_one_after_the_other(database: str, tmp_path: Path, reactor: Reactor) -> None:
    """Whoever changes what is kept under a name has seen what the other made of it, from the first change on."""
    gateways = [open_postgresql(database, tmp_path, call_in_reactor=reactor.call).storage for _ in range(2)]
    outcomes: list[object] = []
    for n in range(100):
        change = Do(lambda books: books.meta.change("faults", "{}x".format))
        gateways[n % 2].submit(change, outcomes.append, outcomes.append)
        if n % 10 == 9:
            # Else they all would be one transaction.
            reactor.wait_for(lambda n=n: len(outcomes) > n)  # type: ignore[misc]  # a default is a binding
    assert outcomes == [None] * 100
    kept: list[str] = []
    gateways[0].submit(Do(lambda books: books.meta.get("faults")), kept.append, outcomes.append)
    reactor.wait_for(lambda: bool(kept))
    assert kept == ["x" * 100]
    for gateway in gateways:
        gateway.close()
