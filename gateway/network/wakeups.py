"""Hears from the database that another gateway has freed something, without asking for it.

How this works: a connection of its own is made in a thread, since that blocks, and then read by the reactor like any
socket. A lost one is made again, a second after the last try; what was said in between is made up for by waking up
once when it is there again, and by the beats that come every second anyway.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

import psycopg
from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

RETRY_SECONDS: Final = 1.0


@implementer(IReadDescriptor)
class Wakeups:
    """The listening end. ``told`` gets the payload of each notification, and an empty one after each connect."""

    def __init__(self, reactor: Any, connect: Callable[[], Any], told: Callable[[str], None]) -> None:
        """``connect`` makes an autocommitting psycopg connection that listens; it may block."""
        self._reactor = reactor
        self._connect = connect
        self._told = told
        self._connection: Any = None
        self._retry: Any = None
        self._stopped = False

    def start(self) -> None:
        """Connect, and stay connected."""
        self._retry = None
        # A thread of its own: those of the pool hash passwords, and a server that is gone keeps it for seconds.
        threading.Thread(target=self._make, name="wake-ups", daemon=True).start()

    def stop(self) -> None:
        """Hear nothing more."""
        self._stopped = True
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        self._drop()

    # --- the thread ---

    def _make(self) -> None:
        try:
            connection = self._connect()
        except (psycopg.Error, OSError):
            self._reactor.callFromThread(self._again)
        else:
            self._reactor.callFromThread(self._made, connection)

    # --- the reactor ---

    def _made(self, connection: Any) -> None:
        if self._stopped:
            connection.close()
            return
        self._connection = connection
        self._reactor.addReader(self)
        self._told("")

    def fileno(self) -> int:
        if self._connection is None or self._connection.closed:
            return -1
        return int(self._connection.fileno())

    def logPrefix(self) -> str:
        return "wake-ups"

    def doRead(self) -> None:
        """There is something to read: notifications, or the end."""
        libpq = self._connection.pgconn
        payloads = []
        try:
            libpq.consume_input()
            while (notification := libpq.notifies()) is not None:
                payloads.append(notification.extra.decode())
        except psycopg.Error:
            self._drop()
            self._again()
        if payloads:
            # One is enough to look for all that is free; an empty one asks for more than that.
            self._told(min(payloads))

    def connectionLost(self, reason: Failure) -> None:
        """The reactor cannot read from it any more."""
        self._drop()
        self._again()

    def _again(self) -> None:
        if not self._stopped and self._retry is None:
            self._retry = self._reactor.callLater(RETRY_SECONDS, self.start)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._reactor.removeReader(self)
            connection.close()
