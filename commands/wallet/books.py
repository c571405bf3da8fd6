"""What the wallet and the dispatcher need of a storage: the books of one transaction.

Everything read and written through one `WalletBooks` belongs to one transaction: either all of it is kept
or none. Whatever a storage raises passes through the callers untouched, so that the transaction rolls back.
"""

from typing import Protocol

from commands.wallet.accounts import Account, Entry, Payment


class Accounts(Protocol):
    """Accounts by number."""

    def get(self, number: str) -> Account | None: ...

    def put(self, account: Account) -> None:
        """Insert or replace the account with this number."""


class Entries(Protocol):
    """The history of all accounts, unique by (cause, kind)."""

    def add(self, entry: Entry) -> bool:
        """False, and nothing written, when an entry with the same cause and kind is there."""

    def find(self, cause: str, kind: str) -> Entry | None:
        """The entry with this cause and kind. Asked with codes, and when something is found done already."""

    def of(self, number: str, limit: int) -> list[Entry]:
        """At most `limit` entries of one account, newest first."""


class Payments(Protocol):
    """Payments by number."""

    def get(self, number: int) -> Payment | None: ...

    def put(self, payment: Payment) -> None:
        """Insert or replace the payment with this number."""

    def pending(self, account: str) -> list[Payment]:
        """The payments of one account in state held, oldest first, those past their time included."""

    def of(self, account: str, limit: int) -> list[Payment]:
        """At most `limit` payments of one account in any state, newest first."""

    def due(self, now: int, limit: int) -> list[Payment]:
        """At most `limit` payments in state held with `expires_at` <= `now`, the earliest first."""

    def next_number(self) -> int:
        """A number from 1 up that no payment has had before."""


class Limits(Protocol):
    """Small counters of a subscriber, by name: each a tuple of times, oldest first."""

    def get(self, subscriber: str, name: str) -> tuple[int, ...]:
        """() when there are none."""

    def put(self, subscriber: str, name: str, times: tuple[int, ...]) -> None:
        """Replace them; () forgets them."""


class WalletBooks(Protocol):
    """What the wallet reads and writes."""

    @property
    def accounts(self) -> Accounts: ...

    @property
    def entries(self) -> Entries: ...

    @property
    def payments(self) -> Payments: ...


class CommandBooks(WalletBooks, Protocol):
    """What a command reads and writes: the wallet's books and the reply limits."""

    @property
    def limits(self) -> Limits: ...
