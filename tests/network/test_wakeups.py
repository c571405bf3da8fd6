"""The listening connection: what it hears, and how it comes back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import attrs
import psycopg
import pytest
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

from gateway.network import wakeups
from gateway.network.wakeups import RETRY_SECONDS, Wakeups


@attrs.define
class Notification:
    extra: bytes


class Connection:
    """Stands in for psycopg's connection and, in one, for libpq's below it."""

    def __init__(self) -> None:
        self.heard: deque[Notification] = deque()
        self.lost = self.closed = False

    @property
    def pgconn(self) -> Connection:
        return self

    def fileno(self) -> int:
        return 7

    def consume_input(self) -> None:
        if self.lost:
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    def notifies(self) -> Notification | None:
        return self.heard.popleft() if self.heard else None

    def close(self) -> None:
        self.closed = True


class Bench:
    """Wake-ups on a reactor whose threads are none."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.reactor: Any = MemoryReactorClock()
        self.reactor.callFromThread = lambda function, *arguments: function(*arguments)
        patch.setattr(wakeups.threading, "Thread", Inline)
        self.made: list[Connection] = []
        self.refuse = False
        self.told: list[str] = []
        self.wakeups = Wakeups(self.reactor, self._connect, self.told.append)

    def _connect(self) -> Connection:
        if self.refuse:
            raise psycopg.OperationalError("connection refused")
        self.made.append(Connection())
        return self.made[-1]


class Inline:
    """A thread that has finished when it was started."""

    def __init__(self, target: Callable[[], None], **_: object) -> None:
        self.start = target


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def test_a_new_connection_wakes_up_once(bench: Bench) -> None:
    """What was said while nobody listened is made up for."""
    bench.wakeups.start()
    assert bench.told == [""]
    assert bench.wakeups in bench.reactor.getReaders()
    assert bench.wakeups.fileno() == 7


def test_notifications_that_come_together_wake_up_once(bench: Bench) -> None:
    """Ids are as good as other ids; one without ids asks for more and is what is told."""
    bench.wakeups.start()
    (connection,) = bench.made
    connection.heard += [Notification(b"1,2"), Notification(b"3")]
    bench.wakeups.doRead()
    connection.heard += [Notification(b"4"), Notification(b"")]
    bench.wakeups.doRead()
    bench.wakeups.doRead()
    assert bench.told == ["", "1,2", ""]


@pytest.mark.parametrize("by", ["server", "reactor"])
def test_a_lost_connection_is_made_again(bench: Bench, by: str) -> None:
    """After a second, and after another one when the server is not there yet."""
    bench.wakeups.start()
    bench.refuse = True
    bench.made[0].lost = True
    if by == "server":
        bench.wakeups.doRead()
    else:
        bench.wakeups.connectionLost(Failure(OSError("bad file descriptor")))
    assert bench.made[0].closed
    assert bench.reactor.getReaders() == []
    assert bench.wakeups.fileno() == -1
    bench.reactor.advance(RETRY_SECONDS)
    assert len(bench.made) == 1
    bench.refuse = False
    bench.reactor.advance(RETRY_SECONDS)
    assert len(bench.made) == 2
    assert bench.told == ["", ""]


def test_a_stop_is_the_end(bench: Bench) -> None:
    """Nothing is read, made or told after it, even if a connection is being made just then."""
    bench.wakeups.start()
    bench.wakeups.stop()
    assert bench.made[0].closed
    assert bench.reactor.getReaders() == []
    bench.wakeups.start()
    assert bench.made[1].closed
    assert bench.reactor.getDelayedCalls() == []
    assert bench.told == [""]
