"""Books, a parser and draws that are simple enough to be believed."""

import hashlib
from collections.abc import Mapping

from commands.parsing.results import CustomCommand, MatchKind, NotUnderstood, Outcome, Understood
from commands.wallet.accounts import Account, Entry, Payment, PaymentState
from commands.wallet.money import Money

MINUTE = 60_000_000
HOUR = 60 * MINUTE
NOON = 1_795_338_000_000_000
"""Sunday 22 November 2026, 09:00 UTC: noon in Moscow."""
NUMBER = "79161234567"
PEPPER = b"a pepper of a test"


class DictAccounts(dict[str, Account]):
    def put(self, account: Account) -> None:
        self[account.number] = account


class DictEntries:
    def __init__(self) -> None:
        self.by_cause: dict[tuple[str, str], Entry] = {}

    def add(self, entry: Entry) -> bool:
        return self.by_cause.setdefault((entry.cause, entry.kind), entry) is entry

    def find(self, cause: str, kind: str) -> Entry | None:
        return self.by_cause.get((cause, kind))

    def of(self, number: str, limit: int) -> list[Entry]:
        return [entry for entry in reversed(self.by_cause.values()) if entry.account == number][:limit]


class DictPayments(dict[int, Payment]):
    numbers = 0

    def put(self, payment: Payment) -> None:
        self[payment.number] = payment

    def pending(self, account: str) -> list[Payment]:
        return [held for held in self.values() if held.account == account and held.state == PaymentState.HELD]

    def of(self, account: str, limit: int) -> list[Payment]:
        return [payment for payment in reversed(self.values()) if payment.account == account][:limit]

    def due(self, now: int, limit: int) -> list[Payment]:
        held = [payment for payment in self.values() if payment.state == PaymentState.HELD]
        due = [payment for payment in held if payment.expires_at <= now]
        return sorted(due, key=lambda payment: payment.expires_at)[:limit]

    def next_number(self) -> int:
        self.numbers += 1
        return self.numbers


class DictLimits:
    def __init__(self) -> None:
        self.times: dict[tuple[str, str], tuple[int, ...]] = {}

    def get(self, subscriber: str, name: str) -> tuple[int, ...]:
        return self.times.get((subscriber, name), ())

    def put(self, subscriber: str, name: str, times: tuple[int, ...]) -> None:
        self.times[subscriber, name] = times


class DictBooks:
    """All books of commands/ in dictionaries; nothing rolls back."""

    def __init__(self, *accounts: Account) -> None:
        self.accounts = DictAccounts()
        self.entries = DictEntries()
        self.payments = DictPayments()
        self.limits = DictLimits()
        for account in accounts:
            self.accounts.put(account)

    def state(self) -> tuple[object, ...]:
        """Everything that can change, to be compared."""
        return (
            dict(self.accounts),
            dict(self.entries.by_cause),
            dict(self.payments),
            dict(self.limits.times),
        )


class ScriptedParser:
    """Understands the texts that it was told of; everything else is NotUnderstood, in Russian if it has Cyrillic."""

    def __init__(self, script: Mapping[str, Outcome], custom: Mapping[str, CustomCommand] | None = None) -> None:
        self.script = script
        self.custom = custom or {}

    def classify(self, text: str) -> Outcome:
        return self.script.get(text) or NotUnderstood("ru" if "а" <= text[:1] <= "я" else None, "unknown")


def keyed_draw(purpose: str, key: tuple[object, ...], below: int) -> int:
    """The same for the same purpose and key, like the gateway's draws with a seed."""
    digest = hashlib.sha256(repr((purpose, key)).encode()).digest()
    return int.from_bytes(digest, "big") % below


class RandomDraw:
    """Never the same twice, like the gateway's draws without a seed."""

    def __init__(self) -> None:
        self.drawn = 0

    def __call__(self, purpose: str, key: tuple[object, ...], below: int) -> int:
        self.drawn += 1
        return keyed_draw(purpose, (*key, "draw", self.drawn), below)


def account(amount: int = 123_450, *, number: str = NUMBER, **fields: object) -> Account:
    """An account with `amount` kopecks, in Russian unless told otherwise."""
    return Account(number, balances=(Money(amount, "RUB"),), **fields)  # type: ignore[arg-type]  # any field


def understood(command: str, argument: str | None = None, language: str | None = None) -> Understood:
    return Understood(command, argument, MatchKind.EXACT, language, ())
