"""What the handlers of the API act on: the rooms of one emulator, and how to ask its storage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
from twisted.internet.defer import Deferred

from commands.parsing import Parser
from commands.wallet.service import Wallet
from gateway.console.events import Events
from gateway.console.fields import spelled
from gateway.console.news import News
from gateway.console.problems import Problem
from gateway.console.views import MessageView, searchable_text, view_of
from gateway.console.waiting import Waiters
from gateway.faults.plan import Plan
from gateway.messages.message import Message
from gateway.messages.paying import Paying
from gateway.messages.reading import text_of
from gateway.messages.receipt_rules import ReceiptRule
from gateway.messages.texting import Texting
from gateway.metrics import Metrics
from gateway.storage.base import Books, Keys, StorageError, StorageFull

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
    started_at: float
    """Monotonic seconds."""


@attrs.define(kw_only=True, eq=False)
class Controls:
    """Made by :mod:`gateway.wiring`; handlers change the emulator through nothing else."""

    emulator: Emulator
    wallet: Wallet
    parser: Parser
    metrics: Metrics
    facts: Facts
    guard: Guard
    monotonic: Callable[[], float]
    wall: Callable[[], int]
    """The time of day, µs UTC."""
    call_later: Callable[..., Any]
    alphabet_of: Callable[[str], str]
    """What data_coding 0 means to a client."""
    document: dict[str, Any] = attrs.field(factory=dict, repr=False)
    """The OpenAPI document."""
    docs: str = attrs.field(default="", repr=False)
    """The page of the API."""
    waiters: Waiters = attrs.field(init=False)
    events: Events = attrs.field(init=False)
    plan: Plan = attrs.field(init=False)
    texting: Texting = attrs.field(init=False)
    paying: Paying = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        emulator = self.emulator
        news = News(emulator.storage)
        self.waiters = Waiters(emulator.storage, news, self.call_later, self.text_of)
        self.events = Events(news, self.call_later, self.show)
        self.plan, self.texting, self.paying = emulator.plan, emulator.texting, emulator.paying
        emulator.exchange.bindings.on_change = lambda: self.events.publish("sessions", {})
        emulator.on_clock = self._clock_moved
        emulator.at_end = self.events.close
        self.plan.on_change.append(lambda: self.events.publish("faults", {}))

    def receipt_rule(self, fields: Mapping[str, object]) -> ReceiptRule:
        """Read a receipt rule, as rules of faults have one; raises ValueError, one line for each fault."""
        return ReceiptRule.of(fields)

    def text_of(self, message: Message) -> str:
        """The text for people of a message that is no secret; empty when it is, and when it is no text."""
        if message.sealed and not self.facts.reveal_secrets:
            return ""
        return searchable_text(text_of(message, self.alphabet_of(message.client or message.recipient)))

    def show(self, message: Message) -> MessageView:
        """A message that a storage has told of, its secret left out."""
        return view_of(message, self.text_of(message))

    def read(self, query: Callable[[Any], T]) -> Deferred[T]:
        """What the books say; fails with Problem 503 when they cannot be read."""
        done: Deferred[T] = Deferred(nobody_waits)
        self.emulator.storage.read(query, _told(done), self._failed(done))
        return done

    def submit(self, function: Callable[[Books], T], keys: Keys) -> Deferred[T]:
        """Run a function as a work; fails with Problem 503 when the storage does, else with what it raised."""
        done: Deferred[T] = Deferred(nobody_waits)
        self.emulator.storage.submit(_Ask(function, keys), _told(done), self._failed(done))
        return done

    def problem_of(self, error: Exception) -> Exception:
        """What a failed work is answered with."""
        if isinstance(error, StorageFull):
            return Problem(503, "The storage is full.", headers=(("Retry-After", "1"),))
        if isinstance(error, StorageError):
            return Problem(503, "The storage cannot be used now.", headers=(("Retry-After", "1"),))
        return error

    def _failed(self, done: Deferred[Any]) -> Callable[[Exception], None]:
        def failed(error: Exception) -> None:
            if not done.called:
                done.errback(self.problem_of(error))

        return failed

    def _clock_moved(self) -> None:
        clock = self.emulator.clock
        self.events.publish("clock", {"now": spelled(clock.now()), "frozen": clock.frozen})


@attrs.define(eq=False)
class _Ask:
    """A work from a function."""

    function: Callable[[Books], Any]
    keys: Keys

    def __call__(self, books: Books) -> Any:
        return self.function(books)


def nobody_waits(_: Deferred[Any]) -> None:
    """The client has gone; what was asked of the storage goes on, and its outcome is dropped."""


def _told(done: Deferred[T]) -> Callable[[T], None]:
    def told(value: T) -> None:
        if not done.called:
            done.callback(value)

    return told
