"""Back to the beginning: the work that empties the books and puts the configured accounts back."""

from __future__ import annotations

import attrs

from commands.wallet.accounts import Account
from gateway.storage.base import NO_KEYS, Books, Keys


@attrs.define(eq=False)
class StartAnew:
    """The work that forgets messages, accounts or both. ``what`` is of these two; ``accounts`` are those that the
    settings open; ``numbers_too`` lets ids begin with 1 again (for a storage of one gateway, and both cleared)."""

    what: frozenset[str]
    accounts: tuple[Account, ...]
    numbers_too: bool
    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> None:
        books.clear(self.what)
        if self.numbers_too:
            books.restart_numbers()
        if "accounts" in self.what:
            for account in self.accounts:
                books.accounts.put(account)
