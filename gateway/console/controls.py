"""What the handlers of the API act on: the rooms of one emulator, and how to ask its storage."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
from twisted.internet.defer import Deferred

from commands.parsing import Parser
from commands.wallet.service import Wallet
from gateway.console.problems import Problem
from gateway.metrics import Metrics
from gateway.storage.base import Books, Storage, StorageError, StorageFull, Work

if TYPE_CHECKING:
    from gateway.console.guard import Guard
    from gateway.emulator import Emulator

T = TypeVar("T")


@attrs.frozen
class Facts:
    """What was decided before the start and concerns who looks at the gateway."""

    seed: int | None
    storage: str
    """``memory``, ``sqlite`` or ``postgresql``."""
    short_code: str
    system_id: str
    reveal_secrets: bool
    allow_reset: bool
    any_client: bool
    loopback: bool
    clock_start: int | None
    clock_frozen: bool
    started_at: float
    """Monotonic seconds."""


@attrs.define(kw_only=True, eq=False)
class Controls:
    """Made by :mod:`gateway.wiring`; handlers change the emulator through nothing else."""

    emulator: Emulator
    storage: Storage
    wallet: Wallet
    parser: Parser
    metrics: Metrics
    facts: Facts
    guard: Guard
    monotonic: Callable[[], float]
    wall: Callable[[], int]
    """The time of day, µs UTC."""
    document: dict[str, Any] = attrs.field(factory=dict, repr=False)
    """The OpenAPI document, as soon as there is one."""
    docs: str = attrs.field(default="", repr=False)

    def read(self, query: Callable[[Any], T]) -> Deferred[T]:
        """What the books say; fails with Problem 503 when they cannot be read."""
        done: Deferred[T] = Deferred(_nobody_waits)
        self.storage.read(query, _once(done), lambda error: _fail(done, error))
        return done

    def submit(self, work: Work[T]) -> Deferred[T]:
        """Run a work; fails with Problem 503 when the storage does, else with what the work itself raised."""
        done: Deferred[T] = Deferred(_nobody_waits)
        self.storage.submit(work, _once(done), lambda error: _fail(done, error))
        return done


@attrs.define(eq=False)
class Ask:
    """A work from a function; ``keys`` is what it reads and changes."""

    function: Callable[[Books], Any]
    keys: Any

    def __call__(self, books: Books) -> Any:
        return self.function(books)


def _nobody_waits(_: Deferred[Any]) -> None:
    """The client has gone; what was asked of the storage goes on, and its outcome is dropped."""


def _once(done: Deferred[T]) -> Callable[[T], None]:
    def told(value: T) -> None:
        if not done.called:
            done.callback(value)

    return told


def _fail(done: Deferred[Any], error: Exception) -> None:
    if done.called:
        return
    if isinstance(error, StorageFull):
        error = Problem(503, "The storage is full.", headers=(("Retry-After", "1"),))
    elif isinstance(error, StorageError):
        error = Problem(503, "The storage cannot be used now.", headers=(("Retry-After", "1"),))
    done.errback(error)
