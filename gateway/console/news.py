"""Who wants to hear of messages as they change: waits and event streams. A storage that nobody listens to tells
nothing, and costs nothing."""

from __future__ import annotations

from collections.abc import Callable

from gateway.messages.message import Message
from gateway.storage.base import Storage

Listener = Callable[[list[Message]], None]


class News:
    """Hands what a storage tells of its commits to everybody who listens."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._listeners: dict[int, Listener] = {}
        self._next = 0

    def __len__(self) -> int:
        return len(self._listeners)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell ``listener`` of each commit from now on, until what is returned is called (once or more often)."""
        number = self._next
        self._next += 1
        self._listeners[number] = listener
        self._arrange()

        def stop() -> None:
            if self._listeners.pop(number, None) is not None:
                self._arrange()

        return stop

    def _arrange(self) -> None:
        """Who is alone is told by the storage itself: this happens for every commit."""
        alone = next(iter(self._listeners.values()), None)
        self._storage.observe(alone if len(self._listeners) <= 1 else self._told)

    def _told(self, messages: list[Message]) -> None:
        for listener in list(self._listeners.values()):
            listener(messages)
