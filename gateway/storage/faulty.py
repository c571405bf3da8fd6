"""A storage that fails on purpose: full, down or slow for the works that a rule picks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from gateway.faults.effects import Delay, Down, Full
from gateway.faults.plan import Plan
from gateway.faults.rules import Facts, Point
from gateway.storage.base import Storage, StorageDown, StorageFull, Work

T = TypeVar("T")


class FaultyStorage:
    """Stands before a storage for works that clients wait for. The gateway's own works, which are tried until they
    succeed, go to the storage itself."""

    def __init__(self, storage: Storage, plan: Plan, call_later: Callable[..., Any]) -> None:
        """``call_later``: seconds of real time."""
        self._storage = storage
        self._plan = plan
        self._call_later = call_later

    def submit(
        self, facts: Facts, work: Work[T], done: Callable[[T], None], failed: Callable[[Exception], None]
    ) -> None:
        """As :meth:`Storage.submit`, unless a rule fires on these facts."""
        effect = self._plan.fire(Point.STORAGE, facts)
        if isinstance(effect, Full):
            failed(StorageFull("full, says a fault"))
        elif isinstance(effect, Down):
            failed(StorageDown("down, says a fault"))
        elif isinstance(effect, Delay):
            self._call_later(effect.seconds, self._storage.submit, work, done, failed)
        else:
            self._storage.submit(work, done, failed)
