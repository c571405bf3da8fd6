"""What happens, told to everybody who watches, as server-sent events.

How this works: happenings are collected and told ten times a second; of a message that changed several times in
between only the last is told. The octets of an event are made once, however many watch. Who does not keep up is told
nothing until it does, and then that it has missed something. A ring of what was told lately lets who was cut off go on
where it was (Last-Event-ID); while nobody has watched for a while, nothing is collected at all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from gateway.console.news import News
from gateway.console.route import Sink
from gateway.console.structuring import dump
from gateway.messages.message import Message

MOST_WATCHERS: Final = 100
REMEMBERED: Final = 1_000
"""Events that a watcher may have missed and still gets."""

MOST_AT_ONCE: Final = 500
"""Messages told at once."""

TOLD_OF_MORE: Final = 20
"""Of more than those only the newest are told, and it is said that others were left out: a reader asks for its lists
anew then, and a flood does not cost more to watch than what is just no flood."""

GATHER_SECONDS: Final = 0.1
HEARTBEAT_SECONDS: Final = 15.0
"""Proxies close what is silent for a minute."""

FAREWELL_SECONDS: Final = 30.0
"""So long after the last watcher has gone events are still collected for its return."""


@attrs.define(eq=False)
class _Watcher:
    sink: Sink
    missed: bool = False
    """It was told to look anew, or has to be."""


class Events:
    """The watchers of one gateway, and what is told to them."""

    def __init__(self, news: News, call_later: Callable[..., Any], show: Callable[[Message], object]) -> None:
        """``show`` makes of a message what may be shown to everybody."""
        self._news = news
        self._call_later = call_later
        self._show = show
        self._watchers: list[_Watcher] = []
        self._ring: deque[tuple[int, bytes]] = deque(maxlen=REMEMBERED)
        self._last = 0
        self._messages: list[Message] = []
        """As they were told of by the storage, one perhaps several times."""
        self._others: dict[str, object] = {}
        self._listening: Callable[[], None] | None = None
        self._due: Any = None
        self._heartbeat: Any = None
        self._farewell: Any = None

    def __len__(self) -> int:
        return len(self._watchers)

    @property
    def is_full(self) -> bool:
        """Whether nobody else can watch."""
        return len(self._watchers) >= MOST_WATCHERS

    def watch(self, sink: Sink, last_seen: int | None) -> Callable[[], None]:
        """Tell ``sink`` of everything from now on, and of what it missed since the event ``last_seen``; call what is
        returned when it is gone."""
        watcher = _Watcher(sink)
        self._begin()
        self._watchers.append(watcher)
        told = [b"retry: 2000\n\n"]
        if last_seen is not None and last_seen != self._last:
            oldest = self._ring[0][0] if self._ring else self._last + 1
            if last_seen + 1 >= oldest and last_seen <= self._last:
                told += (octets for number, octets in self._ring if number > last_seen)
            else:
                told.append(self._spelled("missed", {}))
        else:
            told.append(self._spelled("hello", {}))
        sink.write(b"".join(told))

        def gone() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)
                self._rest()

        return gone

    def publish(self, name: str, told: Mapping[str, object]) -> None:
        """Something else than a message happened; of several of one name between two tellings the last is told."""
        if self._listening is not None:
            self._others[name] = told
            self._soon()

    def close(self) -> None:
        """The gateway stops: end every stream and all timers."""
        for watcher in list(self._watchers):
            watcher.sink.close()
        self._watchers.clear()
        self._stop_listening()
        for timer in (self._due, self._heartbeat, self._farewell):
            if timer is not None and timer.active():
                timer.cancel()
        self._due = self._heartbeat = self._farewell = None

    # --- collecting ---

    def _begin(self) -> None:
        if self._farewell is not None:
            self._farewell.cancel()
            self._farewell = None
        if self._listening is None:
            self._listening = self._news.listen(self._told)
        if self._heartbeat is None:
            self._heartbeat = self._call_later(HEARTBEAT_SECONDS, self._beat)

    def _rest(self) -> None:
        if not self._watchers and self._farewell is None and self._listening is not None:
            self._farewell = self._call_later(FAREWELL_SECONDS, self._stop)

    def _stop(self) -> None:
        self._farewell = None
        self._stop_listening()
        if self._heartbeat is not None:
            self._heartbeat.cancel()
            self._heartbeat = None

    def _stop_listening(self) -> None:
        if self._listening is not None:
            self._listening()
            self._listening = None
            self._messages = []
            self._others.clear()
            # What happens from now on is not known: nobody may believe that it missed nothing.
            self._ring.clear()
            self._last += 1

    def _told(self, messages: list[Message]) -> None:
        self._messages += messages
        self._soon()

    def _soon(self) -> None:
        if self._due is None:
            self._due = self._call_later(GATHER_SECONDS, self._flush)

    # --- telling ---

    def _flush(self) -> None:
        self._due = None
        messages, left_out = self._newest()
        others, self._others = self._others, {}
        told = [self._numbered(name, value) for name, value in others.items()]
        if left_out:
            told.append(self._numbered("skipped", {"messages": left_out}))
        told += (self._numbered("message", self._show(message)) for message in messages)
        octets = b"".join(told)
        for watcher in list(self._watchers):
            if watcher.sink.congested:
                watcher.missed = True
            elif watcher.missed:
                watcher.missed = False
                watcher.sink.write(self._spelled("missed", {}))
            else:
                watcher.sink.write(octets)

    def _newest(self) -> tuple[list[Message], int]:
        """The messages to be told now, each once and as it is by now, in the order of their last change; and how many
        changes are left out."""
        messages, self._messages = self._messages, []
        newest: dict[int, Message] = {}
        for message in reversed(messages):
            newest.setdefault(message.id, message)
            if len(newest) > MOST_AT_ONCE:
                return list(newest.values())[TOLD_OF_MORE - 1 :: -1], len(messages) - TOLD_OF_MORE
        return list(newest.values())[::-1], 0

    def _numbered(self, name: str, value: object) -> bytes:
        self._last += 1
        octets = self._spelled(name, value)
        self._ring.append((self._last, octets))
        return octets

    def _spelled(self, name: str, value: object) -> bytes:
        return b"id: %d\nevent: %s\ndata: %s\n" % (self._last, name.encode(), dump(value))

    def _beat(self) -> None:
        self._heartbeat = self._call_later(HEARTBEAT_SECONDS, self._beat)
        for watcher in list(self._watchers):
            if not watcher.sink.congested:
                watcher.sink.write(self._spelled("missed", {}) if watcher.missed else b":\n\n")
                watcher.missed = False
