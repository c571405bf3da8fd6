"""Claims of gateways that share a PostgreSQL.

How this works: a lease is one row, whatever is claimed under it, so renewing costs the same however much there is; an
outbox row names the lease that has claimed it. Beats take an advisory lock, so that what one of them sees of the
leases and of free rows stays true until it commits. Transactions that put claimed rows in take the same lock shared,
and look at the lanes of others; a gateway that was alone at its last beat needs neither. A new gateway makes the others
beat, so only for the moment until they do is the order on a lane left to chance.

The lease is measured twice: by the server, whose word counts, and here from just before the renewal was sent. Ours
ends first, and a process that slept knows when it wakes up, for its clock runs on. Whoever sees that a lease has
lapsed frees what it holds and deletes its row, in one transaction: a gateway that still finds its row has lost nothing,
however late it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Final

from gateway.messages.message import Message
from gateway.sms.reassembly import SetKey
from gateway.storage.base import Beaten, Books, OutboxRow, Overdue
from gateway.storage.sql.books import SqlBooks
from gateway.storage.sql.postgresql import PostgresqlDatabase
from gateway.storage.sql.rows import Row

LEASE_SECONDS: Final = 3.0
"""How long the messages of a dead gateway wait for another one; the living renew three times in it."""

CHANNEL: Final = "sms_gateway"
"""Where it is told that rows are free: the payload is their ids."""

FIRST_READ: Final = 100_000
"""µs from an acceptance here to a delivery elsewhere: time for the response to be read first."""

_TAKEN_AT_ONCE: Final = 1_000
_SWEEP_BEATS: Final = 30
"""Beats between two looks for claims without a lease: a gateway may have died between losing one and saying so."""

_PAYLOAD_IDS: Final = 300
"""A notification carries at most 8,000 octets; who gets it looks for all that is free anyway."""

_CLOCK: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
# A process that is stopped within such a transaction would stop all others: the server ends its session before their
# own patience (lock_timeout) does.
_BRIEFLY: Final = "SELECT set_config('idle_in_transaction_session_timeout', '2000', true)"
_LOCK: Final = f"{_BRIEFLY}, pg_advisory_xact_lock(749401)"
_LOCK_SHARED: Final = f"{_BRIEFLY}, pg_advisory_xact_lock_shared(749401)"
_RENEW: Final = f"UPDATE gateways SET until = {_CLOCK} + %s WHERE id = %s RETURNING id"
_REGISTER: Final = f"INSERT INTO gateways (id, until) VALUES (%s, {_CLOCK} + %s)"
_OTHERS: Final = f"SELECT id, until > {_CLOCK} FROM gateways WHERE id <> %s"
_FREE_ORPHANS: Final = "UPDATE outbox SET claimed_by = NULL WHERE claimed_by <> ALL(%s)"
_TAKE: Final = """
WITH free AS (
  SELECT o.message_id FROM outbox o
  WHERE o.claimed_by IS NULL AND o.client = ANY(%s) AND NOT EXISTS (
    SELECT 1 FROM outbox held WHERE held.client = o.client AND held.subscriber = o.subscriber
    AND held.short_code = o.short_code AND held.claimed_by <> %s)
  ORDER BY o.message_id LIMIT %s FOR UPDATE OF o SKIP LOCKED)
UPDATE outbox SET claimed_by = %s FROM free WHERE outbox.message_id = free.message_id
RETURNING outbox.message_id, outbox.not_before, outbox.attempts, outbox.acknowledged
"""
_LANES_OF_OTHERS: Final = """
SELECT o.client, o.subscriber, o.short_code
FROM outbox o JOIN unnest(%s::text[], %s::text[], %s::text[]) AS lane (client, subscriber, short_code)
ON o.client = lane.client AND o.subscriber = lane.subscriber AND o.short_code = lane.short_code
WHERE o.claimed_by IS DISTINCT FROM %s
"""
_OVERDUE: Final = """
SELECT id FROM messages m
WHERE state <= 1
AND (scheduled_at > 0 AND (state = 0 OR fate <= 1) AND scheduled_at <= %s OR expires_at > 0 AND expires_at <= %s)
AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.message_id = m.id AND o.claimed_by IS NOT NULL)
ORDER BY id LIMIT 1000
"""
_OLD_SETS: Final = """
SELECT client, source, destination, reference, total, first_at FROM parts
WHERE ordinal = 0 AND first_at <= %s ORDER BY first_at LIMIT 1000
"""


class SqlClaims:
    """The claims of one gateway; its transactions run on the connection of ``database``."""

    def __init__(self, database: PostgresqlDatabase, clock: Callable[[], float]) -> None:
        """``clock`` counts seconds, also those in which the machine sleeps."""
        self._database = database
        self._clock = clock
        self._gateway = _new_name()
        self._until = float("-inf")
        self._alone = False
        self._beats = 0
        self._receiving: set[str] = set()
        self._born_free: set[int] = set()
        self._freed_for: set[str] = set()
        self._at_commit: list[Callable[[], None]] = []

    # --- within a transaction ---

    def beat(self, books: Books, clients: Sequence[str]) -> Beaten:
        run = self._database.run
        began = self._clock()
        lease = int(LEASE_SECONDS * 1_000_000)
        run(_LOCK)
        gateway = self._gateway
        renewed = run(_RENEW, lease, gateway)
        if not renewed:
            gateway = _new_name()
            run(_REGISTER, gateway, lease)
            self._notify(())
        others = run(_OTHERS, gateway)
        living = [row[0] for row in others if row[1]]
        lapsed = [row[0] for row in others if not row[1]]
        if lapsed or not renewed or self._beats % _SWEEP_BEATS == 0:
            run(_FREE_ORPHANS, [gateway, *living])
            if lapsed:
                run("DELETE FROM gateways WHERE id = ANY(%s)", lapsed)
        taken = self._take(books, gateway, clients) if clients else []
        receiving = set(clients) if len(taken) < _TAKEN_AT_ONCE else set()

        def keep() -> None:
            if not renewed:
                self._receiving = set()
            self._gateway, self._until, self._alone = gateway, began + LEASE_SECONDS, not living
            self._beats += 1
            # A row may have been put in free between the claiming and now: what comes after it must wait behind it.
            self._receiving = (self._receiving - set(clients)) | (receiving - self._freed_for)

        self._at_commit.append(keep)
        return Beaten(bool(renewed), taken, len(taken) == _TAKEN_AT_ONCE)

    def _take(self, books: Books, gateway: str, clients: Sequence[str]) -> list[tuple[Message, OutboxRow]]:
        rows = sorted(self._database.run(_TAKE, list(clients), gateway, _TAKEN_AT_ONCE, gateway))
        assert isinstance(books, SqlBooks)
        books.messages.read(row[0] for row in rows)
        taken = []
        for row in rows:
            message = books.messages.get(row[0])
            if message is None or message.is_final:
                books.outbox.remove(row[0])
            else:
                taken.append((message, OutboxRow(row[0], row[1], row[2], int.from_bytes(row[3], "big"))))
        return taken

    def give_back(self, books: Books, message_ids: Sequence[int]) -> None:
        freed = self._database.run(
            "UPDATE outbox SET claimed_by = NULL WHERE message_id = ANY(%s) AND claimed_by = %s RETURNING message_id",
            list(message_ids),
            self._gateway,
        )
        if freed:
            self._notify([row[0] for row in freed])

    def leave(self, books: Books) -> None:
        run = self._database.run
        run("UPDATE outbox SET claimed_by = NULL WHERE claimed_by = %s", self._gateway)
        run("DELETE FROM gateways WHERE id = %s", self._gateway)
        self._notify(())
        self._at_commit.append(self._end)

    def is_elsewhere(self, message_id: int) -> bool:
        rows = self._database.run("SELECT claimed_by FROM outbox WHERE message_id = %s FOR UPDATE", message_id)
        return bool(rows) and rows[0][0] not in (None, self._gateway)

    def overdue(self, books: Books, until: int, parts_until: int) -> Overdue:
        run = self._database.run
        messages = [books.messages.get(row[0]) for row in run(_OVERDUE, until, until)]
        sets = [(SetKey(*row[:5]), row[5]) for row in run(_OLD_SETS, parts_until)]
        return Overdue([message for message in messages if message is not None], sets)

    # --- any thread ---

    def are_held(self) -> bool:
        return self._clock() < self._until

    def was_born_free(self, message_id: int) -> bool:
        try:
            self._born_free.remove(message_id)
        except KeyError:
            return False
        return True

    def stop_receiving(self, client: str) -> None:
        self._receiving.discard(client)

    # --- the books ---

    def claimed(self, rows: Sequence[Row], accepted_at: Callable[[int], int]) -> list[Row]:
        """New outbox rows (message_id, not_before, attempts, acknowledged, client, subscriber, short_code) with who
        has claimed them, and free ones no sooner due than they may be."""
        receiving = self._receiving if self.are_held() else set()
        theirs: set[tuple[str, str, str]] = set()
        if not self._alone:
            lanes = list({row[4:7] for row in rows if row[4] in receiving})
            if lanes:
                run = self._database.run
                run(_LOCK_SHARED)
                theirs = {
                    tuple(row) for row in run(_LANES_OF_OTHERS, *map(list, zip(*lanes, strict=True)), self._gateway)
                }
        claimed: list[Row] = []
        free: list[int] = []
        freed_for: set[str] = set()
        for row in rows:
            if row[4] in receiving and row[4:7] not in theirs:
                claimed.append((*row, self._gateway))
            else:
                free.append(row[0])
                freed_for.add(row[4])
                claimed.append((row[0], max(row[1], accepted_at(row[0]) + FIRST_READ), *row[2:], None))
        if free:
            self._notify(free)
            self._freed_for |= freed_for
            self._at_commit.append(lambda: self._born_free.update(free))
        return claimed

    def committed(self) -> None:
        """The transaction is stored."""
        if self._at_commit:
            for keep in self._at_commit:
                keep()
            self.rolled_back()

    def rolled_back(self) -> None:
        """Nothing of the transaction is stored."""
        self._at_commit.clear()
        self._freed_for = set()

    # --- inside ---

    def _notify(self, message_ids: Sequence[int]) -> None:
        self._database.run("SELECT pg_notify(%s, %s)", CHANNEL, ",".join(map(str, message_ids[:_PAYLOAD_IDS])))

    def _end(self) -> None:
        self._until = float("-inf")
        self._receiving = set()


def _new_name() -> str:
    # Drawn, so that no gateway ever goes under the name of one that was taken for dead.
    return secrets.token_hex(6)
