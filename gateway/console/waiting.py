"""Waiting for a message: what is there already counts, then whatever a commit brings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import attrs
from twisted.internet.defer import Deferred

from gateway.console.news import News
from gateway.console.problems import Problem
from gateway.messages.message import Message
from gateway.storage.base import Storage
from gateway.storage.query import MessageQuery

T = TypeVar("T")

MOST_WAITERS: Final = 1_000
"""Each is looked at whenever a message changes."""


class Waiters:
    """Everybody who waits for a message on this gateway. Timeouts are real time."""

    def __init__(
        self,
        storage: Storage,
        news: News,
        call_later: Callable[..., Any],
        text_of: Callable[[Message], str],
    ) -> None:
        """``text_of`` gives the text for people of a message, ``""`` for a sealed one."""
        self._storage = storage
        self._news = news
        self._call_later = call_later
        self._text_of = text_of
        self._waits: dict[_Wait, None] = {}

    def __len__(self) -> int:
        return len(self._waits)

    def wait(self, query: MessageQuery, timeout: float, show: Callable[[Any, Message], T]) -> Deferred[T]:
        """The oldest message that matches, or the first one that comes to; ``show(books, message)`` is asked in a read
        of the storage. Fails with Problem 404 after ``timeout`` seconds, and 503 when too many wait already."""
        if len(self._waits) >= MOST_WAITERS:
            raise Problem(503, "Too many requests wait for messages.", headers=(("Retry-After", "1"),))
        wait = _Wait(self, attrs.evolve(query, oldest_first=True, limit=1), timeout, show)
        self._waits[wait] = None
        return wait.begin()

    def begin_anew(self) -> None:
        """All messages are forgotten, and numbers may begin with 1: whatever is there now comes after what was."""
        for wait in list(self._waits):
            wait.begin_anew()

    def ended(self, wait: _Wait) -> None:
        """It waits no more."""
        self._waits.pop(wait, None)


class _Wait:
    """One of them. It listens before it looks, so that nothing falls in between."""

    def __init__(
        self, waiters: Waiters, query: MessageQuery, timeout: float, show: Callable[[Any, Message], Any]
    ) -> None:
        self._waiters = waiters
        self._query = query
        self._timeout = timeout
        self._show = show
        self._done: Deferred[Any] = Deferred(lambda _: self._end())
        self._over = False
        self._looking = False
        self._again = False
        self._timer: Any = None
        self._stop: Callable[[], None] = _nothing

    def begin(self) -> Deferred[Any]:
        waiters = self._waiters
        self._stop = waiters._news.listen(self._told)
        self._timer = waiters._call_later(self._timeout, self._timed_out)
        self._look()
        return self._done

    def begin_anew(self) -> None:
        self._query = attrs.evolve(self._query, after=0)
        self._look()

    def _told(self, messages: list[Message]) -> None:
        text_of = self._waiters._text_of
        if any(self._query.matches(message, text_of(message)) for message in messages):
            self._look()

    def _look(self) -> None:
        """Search: what a commit told of is in the books by now, or will have told again."""
        if self._looking:
            self._again = True
            return
        self._looking, self._again = True, False
        self._waiters._storage.read(self._search, self._found, self._failed)

    def _search(self, books: Any) -> Any:
        for message, _ in books.messages.search(self._query):
            return (self._show(books, message),)
        return None

    def _found(self, shown: Any) -> None:
        self._looking = False
        if self._over:
            return
        if shown is not None:
            self._end()
            self._done.callback(shown[0])
        elif self._again:
            self._look()

    def _failed(self, error: Exception) -> None:
        if not self._over:
            self._end()
            self._done.errback(error)

    def _timed_out(self) -> None:
        self._timer = None
        self._end()
        self._done.errback(Problem(404, f"No such message within {self._timeout:g} seconds.", waited=self._timeout))

    def _end(self) -> None:
        if self._over:
            return
        self._over = True
        self._stop()
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._waiters.ended(self)


def _nothing() -> None:
    """It listens to nothing yet."""
