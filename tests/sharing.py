"""Two gateways on one storage, without sockets, threads or time: a double in memory, and a real PostgreSQL.

The double says in plain Python what :class:`gateway.storage.base.Claims` promises; the same tests run on both.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import attrs
import pytest

from gateway import wiring
from gateway.messages.message import Message
from gateway.storage.base import Beaten, Books, OutboxRow, Overdue, Work
from gateway.storage.memory import MemoryStorage
from tests.databases import PEPPER
from tests.doubles import Bench
from tests.esme import Esme, text_of

T = TypeVar("T")

LEASE_SECONDS = 3.0
FIRST_READ = 100_000


class Clock:
    """The seconds that leases are measured by."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


class SharedMemory:
    """What the gateways share: books, leases, and who has claimed which outbox row."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.memory = MemoryStorage()
        self.leases: dict[str, float] = {}
        self.claimed: dict[int, str | None] = {}
        self.names = map(str, itertools.count(1))

    def row_lane(self, books: Books, message_id: int) -> tuple[str, str, str]:
        message = books.messages.get(message_id)
        assert message is not None
        return message.recipient, message.destination_addr, message.source_addr


class SharedEnd:
    """The storage as one gateway sees it: rows that a transaction has added are claimed for it or free."""

    def __init__(self, shared: SharedMemory, claims: SharedClaims) -> None:
        self._shared = shared
        self._claims = claims

    def submit(self, work: Work[T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        results: list[T] = []

        def run(books: Books) -> T:
            result = work(books)
            self._claims.settle(books)
            return result

        run.keys = work.keys  # type: ignore[attr-defined]  # a work is a callable with keys
        self._shared.memory.submit(run, results.append, failed)  # type: ignore[arg-type]  # as above
        for result in results:
            done(result)

    def read(self, query: Callable[[Any], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        self._shared.memory.read(query, done, failed)

    def observe(self, told: Callable[[list[Message]], None] | None) -> None:
        self._shared.memory.observe(told)

    def close(self) -> None:
        """Nothing to give back."""


class SharedClaims:
    """The claims of one gateway on the double; see the contract."""

    def __init__(self, shared: SharedMemory) -> None:
        self._shared = shared
        self._name = next(shared.names)
        self._until = float("-inf")
        self._receiving: set[str] = set()
        self._born_free: set[int] = set()

    def beat(self, books: Books, clients: Sequence[str]) -> Beaten:
        shared, now = self._shared, self._shared.clock()
        kept = self._name in shared.leases
        if not kept:
            self._name = next(shared.names)
            self._receiving.clear()
        shared.leases[self._name] = self._until = now + LEASE_SECONDS
        shared.leases = {name: until for name, until in shared.leases.items() if until > now}
        for message_id, name in shared.claimed.items():
            if name not in shared.leases:
                shared.claimed[message_id] = None
        taken: list[tuple[Message, OutboxRow]] = []
        for row in books.outbox.rows():
            lane = shared.row_lane(books, row.message_id)
            if shared.claimed.get(row.message_id) is None and lane[0] in clients and not self._others(books, lane):
                shared.claimed[row.message_id] = self._name
                message = books.messages.get(row.message_id)
                assert message is not None
                taken.append((message, row))
        self._receiving |= set(clients)
        return Beaten(kept, taken, more=False)

    def give_back(self, books: Books, message_ids: Sequence[int]) -> None:
        for message_id in message_ids:
            if self._shared.claimed.get(message_id) == self._name:
                self._shared.claimed[message_id] = None

    def leave(self, books: Books) -> None:
        self.give_back(books, list(self._shared.claimed))
        self._shared.leases.pop(self._name, None)
        self._until = float("-inf")

    def is_elsewhere(self, message_id: int) -> bool:
        return self._shared.claimed.get(message_id) not in (None, self._name)

    def overdue(self, books: Books, until: int, parts_until: int) -> Overdue:
        messages = [
            message
            for message in books.messages.unfinished()
            if (
                0 < message.expires_at <= until
                or (0 < message.scheduled_at <= until and (message.state == 0 or message.fate <= 1))
            )
            and self._shared.claimed.get(message.id) is None
        ]
        sets = [(key, parts.first_at) for key, parts in books.parts.rows() if parts.first_at <= parts_until]
        return Overdue(messages, sets)

    def are_held(self) -> bool:
        return self._shared.clock() < self._until

    def was_born_free(self, message_id: int) -> bool:
        is_free = message_id in self._born_free
        self._born_free.discard(message_id)
        return is_free

    def stop_receiving(self, client: str) -> None:
        self._receiving.discard(client)

    def settle(self, books: Books) -> None:
        """Claim or free the rows that are new, forget those that are gone."""
        claimed = self._shared.claimed
        rows = {row.message_id: row for row in books.outbox.rows()}
        for message_id in [message_id for message_id in claimed if message_id not in rows]:
            del claimed[message_id]
        for message_id in rows.keys() - claimed.keys():
            lane = self._shared.row_lane(books, message_id)
            mine = self.are_held() and lane[0] in self._receiving
            if mine and not self._others(books, lane, also_free=True):
                claimed[message_id] = self._name
            else:
                message = books.messages.get(message_id)
                assert message is not None
                claimed[message_id] = None
                self._born_free.add(message_id)
                due = max(rows[message_id].not_before, message.accepted_at + FIRST_READ)
                books.outbox.put(attrs.evolve(rows[message_id], not_before=due))

    def _others(self, books: Books, lane: tuple[str, str, str], *, also_free: bool = False) -> bool:
        theirs = {name for name in (*self._shared.leases, None) if name != self._name and (also_free or name)}
        return any(
            name in theirs and self._shared.row_lane(books, message_id) == lane
            for message_id, name in self._shared.claimed.items()
        )


class Place(Protocol):
    """Where the gateways meet."""

    clock: Clock

    def bench(self, **options: object) -> Bench:
        """One gateway more."""

    def lapse(self) -> None:
        """Every lease ends now; each gateway knows it when it looks."""


class Double:
    """The double in memory."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.clock = Clock()
        stop_the_day(patch)
        self._shared = SharedMemory(self.clock)

    def bench(self, **options: object) -> Bench:
        claims = SharedClaims(self._shared)
        return Bench(storage=SharedEnd(self._shared, claims), claims=claims, **options)

    def lapse(self) -> None:
        self.clock.seconds += LEASE_SECONDS + 0.1


class Real:
    """A PostgreSQL, used without threads."""

    def __init__(self, url: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.clock = Clock()
        self._url = url
        self._pepper = folder / "pepper"
        self._pepper.write_text(PEPPER)
        patch.setattr(wiring, "_lease_clock", self.clock)
        stop_the_day(patch)

    def bench(self, **options: object) -> Bench:
        return Bench(database=self._url, pepper_file=str(self._pepper), **options)

    def lapse(self) -> None:
        import psycopg

        self.clock.seconds += LEASE_SECONDS + 0.1
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("UPDATE gateways SET until = 0")


def stop_the_day(patch: pytest.MonkeyPatch) -> None:
    """The time of day stands still: gateways catch up with it, and a bench lets time pass by hand."""
    patch.setattr(wiring, "_wall", lambda: 0)


def beat(*benches: Bench) -> None:
    """Let each gateway hear that there is something to look for."""
    for bench in benches:
        assert bench.emulator.sharing is not None
        bench.emulator.sharing.wake()
        bench.settle()


def later(*benches: Bench, seconds: float = 0.25) -> None:
    """Let time pass for all of them, in small steps."""
    for _ in range(int(seconds / 0.25)):
        for bench in benches:
            bench.pass_time(0.25)


def texts(esme: Esme) -> list[str]:
    """What a receiver has got since the last call, as far as it tells one reply from another."""
    return [text_of(pdu)[:7] for pdu in esme.take()]
