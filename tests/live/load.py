"""A client that texts as fast as it may and keeps a ledger, and the databases that gateways run on under it."""

from __future__ import annotations

import json
import select
import socket
import sqlite3
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.databases import PEPPER, NoServer, PostgresqlServer, postgresql_server
from tests.live.gateways import Gateway, run, running_gateway

BIND_TRANSCEIVER, SUBMIT_SM, DELIVER_SM, ENQUIRE_LINK, UNBIND = 9, 4, 5, 0x15, 6
RESPONSE = 0x80000000
CONFIG = """
[clients.demo]
password = "demo"
window_in = 100
window_out = 100
[wallet]
unknown_subscribers = "create"
"""
TEXTS = (b"CONFIRM 1", b"PIN", b"BALANCE")
FIRST_SUBSCRIBER = 79_000_000_000
WINDOW = 100


@attrs.define
class Ledger:
    """What the client knows for certain: over all of its sessions."""

    submitted: int = 0
    acknowledged: dict[str, str] = attrs.field(factory=dict)
    """message_id -> subscriber."""
    doubled: list[str] = attrs.field(factory=list)
    replies: Counter[str] = attrs.field(factory=Counter)
    """By subscriber."""
    refused: Counter[int] = attrs.field(factory=Counter)
    slowest_link: float = 0.0


class Client:
    """One transceiver that texts as fast as its window lets it, one subscriber a message, and answers everything."""

    def __init__(self, gateway: Gateway, ledger: Ledger) -> None:
        self.ledger = ledger
        self._socket = socket.create_connection((gateway.host, gateway.port), timeout=20)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""
        self._sequence = 1
        self._waiting: dict[int, str] = {}
        self._links: dict[int, float] = {}
        self._send(BIND_TRANSCEIVER, 1, b"demo\0demo\0\0\x34\0\0\0")
        while self._buffer[4:8] != struct.pack(">L", RESPONSE | BIND_TRANSCEIVER):
            self._buffer += self._socket.recv(4096)
        length, _, status = struct.unpack_from(">LLL", self._buffer)
        assert status == 0
        self._buffer = self._buffer[length:]

    def work(self, seconds: float, *, until: Callable[[], bool] = lambda: False, rate: float = 0.0) -> None:
        """Text for so long, or until the condition holds; ``rate`` 0 is as fast as it goes, below 0 nothing at all.

        Raises OSError when the gateway is gone."""
        ends, began, sent = time.monotonic() + seconds, time.monotonic(), 0
        while (now := time.monotonic()) < ends and not until():
            room = WINDOW - len(self._waiting) if rate >= 0 else 0
            if rate > 0:
                room = min(room, int((now - began) * rate) - sent)
            out = b"".join(self._submit() for _ in range(room))
            sent += room
            if out:
                self._socket.sendall(out)
            if select.select([self._socket], [], [], 0.02)[0]:
                self._read()

    def enquire(self) -> None:
        """Ask whether the link is alive; the answer's time goes into the ledger."""
        self._sequence += 1
        self._links[self._sequence] = time.monotonic()
        self._send(ENQUIRE_LINK, self._sequence, b"")

    def close(self) -> None:
        self._socket.close()

    @property
    def unanswered_links(self) -> int:
        return len(self._links)

    def _submit(self) -> bytes:
        ledger = self.ledger
        self._sequence += 1
        number = ledger.submitted = ledger.submitted + 1
        subscriber = str(FIRST_SUBSCRIBER + number)
        self._waiting[self._sequence] = subscriber
        text = TEXTS[number % len(TEXTS)]
        body = (
            b"\0\1\1" + subscriber.encode() + b"\0\0\1" + b"7494\0" + bytes(3) + b"\0\0" + bytes(4)
            + bytes((len(text),)) + text
        )  # fmt: skip
        return struct.pack(">LLLL", 16 + len(body), SUBMIT_SM, 0, self._sequence) + body

    def _read(self) -> None:
        octets = self._socket.recv(1 << 18)
        if not octets:
            raise ConnectionError("the gateway is gone")
        buffer, at, answers, ledger = self._buffer + octets, 0, [], self.ledger
        while len(buffer) - at >= 16:
            length, command, status, sequence = struct.unpack_from(">LLLL", buffer, at)
            if len(buffer) - at < length:
                break
            body = buffer[at + 16 : at + length]
            at += length
            if command == RESPONSE | SUBMIT_SM:
                subscriber = self._waiting.pop(sequence)
                message_id = body[:-1].decode()
                if status:
                    ledger.refused[status] += 1
                else:
                    ledger.doubled += [message_id] if message_id in ledger.acknowledged else []
                    ledger.acknowledged[message_id] = subscriber
            elif command == DELIVER_SM:
                ledger.replies[_destination(body)] += 1
                answers.append(struct.pack(">LLLLB", 17, RESPONSE | DELIVER_SM, 0, sequence, 0))
            elif command == RESPONSE | ENQUIRE_LINK:
                ledger.slowest_link = max(ledger.slowest_link, time.monotonic() - self._links.pop(sequence))
            elif command == ENQUIRE_LINK:
                answers.append(struct.pack(">LLLL", 16, RESPONSE | ENQUIRE_LINK, 0, sequence))
        self._buffer = buffer[at:]
        if answers:
            self._socket.sendall(b"".join(answers))

    def _send(self, command: int, sequence: int, body: bytes) -> None:
        self._socket.sendall(struct.pack(">LLLL", 16 + len(body), command, 0, sequence) + body)


def _destination(deliver_sm: bytes) -> str:
    """The destination address of a deliver_sm's body (SMPP 3.4 §4.6.1)."""
    after_service_type = deliver_sm[deliver_sm.index(b"\0") + 1 :]
    source_end = after_service_type.index(b"\0", 2)
    destination = after_service_type[source_end + 3 :]
    return destination[: destination.index(b"\0")].decode()


@attrs.frozen
class Place:
    """A database that gateways run on, and how to look into it."""

    folder: Path
    url: str
    query: Callable[[str], list[tuple[Any, ...]]]

    @contextmanager
    def gateway(self) -> Iterator[Gateway]:
        (self.folder / "gateway.toml").write_text(CONFIG)
        (self.folder / "ready.json").unlink(missing_ok=True)
        arguments = ["--config", "gateway.toml", "--database", self.url, "--log-level", "warn"]
        if self.url.startswith("postgresql"):
            (self.folder / "pepper").write_text(PEPPER)
            arguments += ["--pepper-file", "pepper"]
        with running_gateway(self.folder, *arguments) as gateway:
            yield gateway


def server_or_skip() -> PostgresqlServer:
    try:
        return postgresql_server()
    except NoServer as reason:
        pytest.skip(f"no PostgreSQL: {reason}")


def sqlite_place(folder: Path) -> Place:
    file = folder / "crash.db"

    def query(statement: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(file)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    return Place(folder, f"sqlite:///{file}", query)


def postgresql_place(folder: Path) -> Place:
    import psycopg

    url = server_or_skip().new_database()

    def query(statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(url) as connection:
            return connection.execute(statement).fetchall()  # type: ignore[call-overload]  # psycopg wants literals

    return Place(folder, url, query)


PLACES = {"sqlite": sqlite_place, "postgresql": postgresql_place}


def exported(place: Place) -> list[dict[str, Any]]:
    # A million messages after two hundred kills take their time.
    status, out, error = run(["messages", "export", "--database", place.url, "--format", "jsonl"], timeout=1_800)
    assert status == 0, error
    return [json.loads(line) for line in out.splitlines()]
