"""A store whose commits a test holds back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gateway.storage.base import Work
from gateway.storage.memory import MemoryStorage

T = TypeVar("T")


class HeldStorage(MemoryStorage):
    """While :meth:`hold` is in force, works wait, as they do for a slow disk; :meth:`release` lets them be done."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[Callable[[], None]] | None = None

    def submit(self, work: Work[T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """As its base does, now or later."""
        if self._held is None:
            super().submit(work, done, failed)
        else:
            submit = super().submit
            self._held.append(lambda: submit(work, done, failed))

    def hold(self) -> None:
        """From now on nothing is committed."""
        self._held = []

    def release(self) -> None:
        """Everything is, in the order in which it came."""
        held, self._held = self._held or [], None
        for action in held:
            action()
