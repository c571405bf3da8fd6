"""The contract of a storage: transactions in, outcomes out, on the caller's thread.

How this works: ``storage.submit(work, done, failed)`` runs ``work(books)`` later (or now), alone or with other works
in one transaction. A work is synchronous, touches only ``books`` and values, and may run again when its transaction
had to be repeated; so it changes nothing outside of itself. ``done(result)`` comes when the transaction is committed,
``failed(error)`` when it was rolled back, each on the thread of the caller. A memory storage calls them before
``submit`` returns, a database later: callers must not care.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final, Protocol, TypeVar

import attrs

from commands.wallet.accounts import Account, Payment
from commands.wallet.books import Accounts as AccountsOfWallet
from commands.wallet.books import CommandBooks
from commands.wallet.books import Payments as PaymentsOfWallet
from gateway.messages.message import Message
from gateway.sms.reassembly import OpenSets, PartSet, SetKey
from gateway.storage.query import MessageQuery

TextOf = Callable[[Message], "str | None"]
"""The text of a message, None when its coding is no text."""

CLEARABLE: Final = frozenset({"messages", "accounts"})
"""What :meth:`Books.clear` knows."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class StorageError(Exception):
    """The transaction was rolled back; nothing of it is stored."""


class StorageFull(StorageError):
    """No room: for SMPP ESME_RMSGQFUL (0x14)."""


class StorageDown(StorageError):
    """The storage cannot be reached or failed: for SMPP ESME_RSYSERR (0x08)."""


class StorageUnusable(StorageError):
    """What is where the storage should be cannot be used, and was not touched: a reason not to start. The text says
    what is wrong."""


@attrs.frozen
class Keys:
    """What a work will read and change: loaded in one statement a table, and locked in sorted order, by databases."""

    accounts: tuple[str, ...] = ()
    messages: tuple[int, ...] = ()


NO_KEYS = Keys()


class Messages(Protocol):
    """The book of messages, the bounded history included."""

    def next_id(self) -> int:
        """A number that no message had or will have, growing; a rollback may leave a gap."""

    def add(self, message: Message) -> None:
        """Store a new message, final or not."""

    def get(self, message_id: int) -> Message | None: ...

    def change(self, message_id: int, **fields: object) -> Message:
        """Set fields of a message that is not final and give it back. The state changes only along
        :data:`gateway.messages.message.TRANSITIONS`: raises IllegalTransition, and KeyError for an unknown id."""

    def deliver(self, message_ids: Sequence[int], now: int) -> list[Message]:
        """Bring those of these messages to DELIVERED that are there and not final, and give them back. As much as a
        ``change`` of each: of its own because every reply ends this way, many at a time."""

    def pending(self, client: str, source: str, destination: str) -> list[Message]:
        """Messages that this client submitted from and to these addresses and that are not final, oldest first."""

    def of_whole(self, whole: int) -> list[Message]:
        """All messages that share the first one's id, oldest first (the parts of a text, a submit_multi)."""

    def unfinished(self) -> Iterable[Message]:
        """All that is not final, oldest first: what a start picks up."""

    def delete(self, query: MessageQuery) -> int:
        """Delete finished messages that match, oldest first, at most DELETED_AT_ONCE of them; how many they were. Those
        that are on their way stay."""

    # --- to be asked in ``storage.read`` ---

    def search(self, query: MessageQuery) -> list[tuple[Message, str]]:
        """At most ``query.limit`` messages that match, newest first unless the query says otherwise, each with its text
        for people: no controls, empty for a sealed one and for what is no text."""

    def count(self, query: MessageQuery) -> int:
        """How many match; at most COUNTED."""

    def revealed(self, message: Message) -> str:
        """The text for people of a message that was got from these books, sealed or not: for its recipient's own eyes.
        Empty when it was wiped."""


@attrs.define
class OutboxRow:
    """What is known of the delivery of a message that waits for its recipient. Another one is stored when it changes;
    not frozen, because one is made for every reply."""

    message_id: int
    not_before: int = 0
    attempts: int = 0
    acknowledged: int = 0
    """Bit n is set when segment n (from 0) was acknowledged."""


class Outbox(Protocol):
    """The book of messages on their way to a client."""

    def put(self, row: OutboxRow) -> None: ...
    def get(self, message_id: int) -> OutboxRow | None: ...
    def remove(self, message_id: int) -> None: ...
    def remove_all(self, messages: Sequence[Message]) -> None:
        """Remove the rows of these messages."""

    def rows(self) -> list[OutboxRow]:
        """All rows by message id: what a start picks up."""


class Parts(Protocol):
    """The book of texts whose parts have not all come."""

    def get(self, key: SetKey) -> PartSet | None: ...
    def put(self, key: SetKey, part_set: PartSet) -> None: ...
    def remove(self, key: SetKey) -> None: ...
    def open_sets(self, client: str, source: str) -> OpenSets:
        """How much is open of this client and source, and of all: what the caps look at."""

    def rows(self) -> list[tuple[SetKey, PartSet]]: ...


class Meta(Protocol):
    """Small facts about the storage as a whole, by name: where emulated time stands."""

    def get(self, name: str) -> str:
        """Empty when nothing is kept under this name."""

    def put(self, name: str, value: str) -> None: ...
    def change(self, name: str, changed: Callable[[str], str]) -> None:
        """Keep what ``changed`` makes of what is kept; gateways that share the storage do this one after the other."""


class Accounts(AccountsOfWallet, Protocol):
    """The book of accounts, page by page too."""

    def after(self, number: str, limit: int) -> list[Account]:
        """At most ``limit`` accounts with numbers above this one, in their order."""


class Payments(PaymentsOfWallet, Protocol):
    """The book of payments, page by page too."""

    def after(self, number: int, limit: int) -> list[Payment]:
        """At most ``limit`` payments with numbers above this one, oldest first."""

    def before(self, number: int, limit: int) -> list[Payment]:
        """At most ``limit`` payments with numbers below this one (0: all), newest first."""


class Books(CommandBooks, Protocol):
    """All books of one transaction. The wallet's own are in :mod:`commands.wallet.books`."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def payments(self) -> Payments: ...
    @property
    def messages(self) -> Messages: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def parts(self) -> Parts: ...
    @property
    def meta(self) -> Meta: ...

    def clear(self, what: Collection[str]) -> None:
        """Forget ``"messages"`` (finished or not, what is on its way, open sets of parts) and ``"accounts"`` (with
        entries, payments and limits); numbers go on where they were. Raises ValueError for anything else."""

    def restart_numbers(self) -> None:
        """Let ids and payment numbers begin with 1 again, once all messages and accounts were cleared; raises
        ValueError before. For a storage of one gateway: another one would go on with numbers that it has in reserve."""


class Patient:
    """Marks a work that nobody waits for and that must not get lost: while the storage is full or down it is tried
    again until it succeeds, where another work fails. ``failed`` still gets what the work itself raises."""

    __slots__ = ()


class Work(Protocol[T_co]):
    """A transaction to be run: see the module's text for what it may do."""

    @property
    def keys(self) -> Keys: ...
    def __call__(self, books: Books) -> T_co: ...


class Storage(Protocol):
    """What every storage does; the same contract tests run on each."""

    def submit(self, work: Work[T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Run the work in a transaction; see the module's text. ``failed`` gets a StorageError, or whatever the work
        itself raised (then nothing of it is stored either)."""

    def read(self, query: Callable[[Any], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Run a query that changes nothing, without holding up a commit."""

    def observe(self, told: Callable[[list[Message]], None] | None) -> None:
        """Tell of all messages that a commit from now on adds or changes, once for each commit, on the caller's thread,
        before ``done`` of its works. ``told`` does not raise; None ends it. Of a storage that gateways share it tells
        what this one commits."""

    def close(self) -> None:
        """Give back files and connections; nothing may be submitted after that."""


@attrs.frozen
class Beaten:
    """What a beat has found."""

    kept: bool
    """False: the lease had lapsed, and another gateway has seen it. Whatever was claimed may be its own by now."""
    taken: list[tuple[Message, OutboxRow]]
    """Claimed by this beat, by id."""
    more: bool
    """There is more to be claimed at once."""


@attrs.frozen
class Overdue:
    """Time-driven steps that nobody has taken: their gateway is gone."""

    messages: list[Message]
    open_sets: list[tuple[SetKey, int]]
    """A set of parts, and when its first part came."""


class Claims(Protocol):
    """What one gateway has claimed of a storage that several share; storages of one gateway have none.

    How this works: a gateway holds a lease that ends at a time of the storage's own clock, unless a beat renews it
    before. An outbox row is claimed under it, or free. All claimed rows of a lane (client, subscriber, number) are one
    gateway's, and a row that becomes free makes the other gateways beat. A row is born claimed when this gateway
    receives for its client and nobody else has rows of its lane; else it is born free, and due 100 ms after its
    acceptance at the earliest, so that the response to the request is likely to be read first. The
    first beat of another gateway after a lease has lapsed ends it and frees what it has claimed.
    """

    # --- within a transaction ---

    def beat(self, books: Books, clients: Sequence[str]) -> Beaten:
        """Renew the lease, or begin one; free what lapsed leases hold; claim free rows for these clients, oldest
        first. The gateway receives for a client from the beat on that has claimed all that was free for it."""

    def give_back(self, books: Books, message_ids: Sequence[int]) -> None:
        """Free the rows of these messages, as far as they are claimed here."""

    def leave(self, books: Books) -> None:
        """Free everything and end the lease."""

    def is_elsewhere(self, message_id: int) -> bool:
        """Whether another gateway has claimed the row of this message; if not, none can until the transaction ends."""

    def overdue(self, books: Books, until: int, parts_until: int) -> Overdue:
        """What should have begun or ended at ``until`` and is not claimed by anybody, and sets of parts begun by
        ``parts_until``."""

    # --- from any thread ---

    def are_held(self) -> bool:
        """Whether the lease holds, as far as is known here; never longer than it really does."""

    def was_born_free(self, message_id: int) -> bool:
        """Whether the row of this message was stored free; to be asked once for each new row, after its commit."""

    def stop_receiving(self, client: str) -> None:
        """This gateway has no receiving binding of the client any more."""
