"""Numbers of messages and payments."""

from __future__ import annotations

from gateway.storage.sql import tables
from gateway.storage.sql.database import Database


class Counter:
    """Numbers from 1 up that nobody gets twice, reserved in blocks from a row of the database."""

    def __init__(self, database: Database, name: str, block: int) -> None:
        self._database = database
        self._name = name
        self._block = block
        self._next = self._end = 0
        self._reserved_now = False

    @property
    def last(self) -> int:
        """The last number that was given; 0: none."""
        return max(0, self._next - 1)

    def next(self) -> int:
        number = self._next
        if number == self._end:
            self._next = number = self._database.reserve(self._name, self._block)
            self._end = number + self._block
            self._reserved_now = True
        self._next = number + 1
        return number

    def restart(self) -> None:
        """Begin with 1 again, once this is committed."""
        self._database.delete(tables.counters, [(self._name,)])
        self._next = self._end = 0

    def committed(self) -> None:
        self._reserved_now = False

    def rolled_back(self) -> None:
        """What was reserved in a transaction that is undone belongs to nobody."""
        if self._reserved_now:
            self._next = self._end = 0
            self._reserved_now = False
