"""Dictionaries that can be put back as they were."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

Undo = list[tuple[Any, ...]]
"""Calls that take back what a work has done, the last one first: what to call, and then its arguments. Plain tuples:
some are written down for every message, and almost never called."""


def undo_all(undo: Undo) -> None:
    """Take everything back."""
    while undo:
        step, *arguments = undo.pop()
        step(*arguments)


class Table(Generic[K, V]):
    """A dictionary whose changes are written down on the undo list."""

    def __init__(self, undo: Undo) -> None:
        self.held: dict[K, V] = {}
        self._undo = undo

    def get(self, key: K) -> V | None:
        return self.held.get(key)

    def set(self, key: K, value: V) -> None:
        held = self.held
        old = held.get(key)
        held[key] = value
        if old is None:
            self._undo.append((held.pop, key))
        else:
            self._undo.append((held.__setitem__, key, old))

    def remove(self, key: K) -> None:
        held = self.held
        old = held.pop(key, None)
        if old is not None:
            self._undo.append((held.__setitem__, key, old))

    def clear(self) -> None:
        """Forget everything. What was is kept aside whole, so what is undone after this comes to where it was done."""
        old = self.held
        self.held = {}
        self._undo.append((setattr, self, "held", old))
