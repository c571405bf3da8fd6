"""``/api/v1/accounts``: the wallet accounts. PINs are never shown: they are not even kept."""

from __future__ import annotations

import secrets
from typing import Any, Literal

import attrs
from twisted.internet.defer import Deferred

from commands.wallet.accounts import Account, Entry, EntryKind
from commands.wallet.money import Money, exponent
from commands.wallet.pins import PinCheck
from gateway.console.controls import Controls
from gateway.console.fields import Balances, Msisdn, Name, PageSize, Pin, Time, given, spelled, spelled_or_none
from gateway.console.problems import Fault, Problem, not_found
from gateway.console.route import Answer
from gateway.storage.base import Books, Keys


@attrs.frozen
class AccountView:
    """One account."""

    number: str = given("the subscriber's number")
    language: str = given("of replies where the text does not show one")
    balances: dict[str, str] = given("amounts by currency")
    confirmation: bool = given("whether payments need a code")
    blocked: bool = given("whether the wallet is blocked")
    has_pin: bool = given("whether a PIN was ever set")
    pin_temporary_until: Time | None = given("when a PIN that was restored opens nothing any more")
    pin_locked_until: Time | None = given("when the PIN can be restored again")


@attrs.frozen
class Accounts:
    """A page of accounts."""

    items: tuple[AccountView, ...] = given("by number")
    next: str | None = given("the cursor of the next page; null at the end")


@attrs.frozen(kw_only=True)
class ListAccounts:
    """Which."""

    limit: PageSize = given("how many", default=50)
    cursor: str = given("what the page before gave as next", default="")


def list_accounts(controls: Controls, asked: ListAccounts) -> Deferred[Accounts]:
    """List the wallet accounts by number."""

    def read(books: Any) -> Accounts:
        found = books.accounts.after(asked.cursor, asked.limit + 1)
        items = found[: asked.limit]
        return Accounts(items=tuple(map(view_of, items)), next=items[-1].number if len(found) > len(items) else None)

    return controls.read(read)


@attrs.frozen(kw_only=True)
class OneAccount:
    """Whose."""

    number: Msisdn = given("the subscriber's number")


def show_account(controls: Controls, asked: OneAccount) -> Deferred[AccountView]:
    """Show one account."""
    return controls.read(lambda books: view_of(_get(books, asked.number)))


@attrs.frozen(kw_only=True)
class OpenAccount:
    """A new account."""

    number: Msisdn = given("the subscriber's number")
    language: Literal["en", "ru"] = given("of replies where the text does not show one", default="ru")
    balances: Balances = given("amounts by currency, as text", default=())
    confirmation: bool = given("whether payments need a code", default=False)
    blocked: bool = given("whether the wallet is blocked", default=False)

    def account(self) -> Account:
        """As the wallet keeps it."""
        return Account(self.number, self.language, self.balances, self.blocked, self.confirmation)


def open_account(controls: Controls, asked: OpenAccount) -> Deferred[AccountView]:
    """Open an account; 409 when the number has one."""

    def work(books: Books) -> AccountView:
        if books.accounts.get(asked.number) is not None:
            raise Problem(409, "The number has an account already.")
        return _put(books, controls, asked.account(), "opened")

    return controls.submit(work, Keys(accounts=(asked.number,)))


def put_account(controls: Controls, asked: OpenAccount) -> Deferred[Answer[AccountView]]:
    """Open an account, or replace one; its PIN stays."""

    def work(books: Books) -> Answer[AccountView]:
        old = books.accounts.get(asked.number)
        account = asked.account() if old is None else attrs.evolve(asked.account(), pin=old.pin)
        return Answer(_put(books, controls, account, "replaced"), 201 if old is None else 200)

    return controls.submit(work, Keys(accounts=(asked.number,)))


@attrs.frozen(kw_only=True)
class ChangeAccount:
    """What is to be different."""

    number: Msisdn = given("the subscriber's number")
    language: Literal["en", "ru"] | None = given("null: as it is", default=None)
    balances: Balances | None = given("the currencies that are named; others stay. null: as they are", default=None)
    confirmation: bool | None = given("null: as it is", default=None)
    blocked: bool | None = given("null: as it is", default=None)


def change_account(controls: Controls, asked: ChangeAccount) -> Deferred[AccountView]:
    """Change what is named of an account."""
    told = {name: value for name, value in attrs.asdict(asked, recurse=False).items() if value is not None}
    fields = {name: value for name, value in told.items() if name != "number"}

    def work(books: Books) -> AccountView:
        old = _get(books, asked.number)
        if "balances" in fields:
            fields["balances"] = _merged(old.balances, asked.balances or ())
        return _put(books, controls, attrs.evolve(old, **fields), ", ".join(sorted(fields)) or "nothing")

    return controls.submit(work, Keys(accounts=(asked.number,)))


@attrs.frozen
class EntryView:
    """One line of an account's history."""

    at: Time = given("emulated time")
    kind: str = given("what happened")
    detail: str = given("in words, without secrets")
    payment: int | None = given("the number of the payment that it is about")


@attrs.frozen
class Entries:
    """What happened to an account."""

    items: tuple[EntryView, ...] = given("newest first")


@attrs.frozen(kw_only=True)
class ListEntries:
    """Whose, and how many."""

    number: Msisdn = given("the subscriber's number")
    limit: PageSize = given("how many", default=50)


def list_entries(controls: Controls, asked: ListEntries) -> Deferred[Entries]:
    """List what happened to an account, newest first."""

    def read(books: Any) -> Entries:
        _get(books, asked.number)
        return Entries(
            items=tuple(
                EntryView(at=spelled(entry.at), kind=entry.kind, detail=entry.detail, payment=entry.payment)
                for entry in books.entries.of(asked.number, asked.limit)
            )
        )

    return controls.read(read)


@attrs.frozen(kw_only=True)
class CheckPin:
    """A PIN that somebody typed at a terminal."""

    number: Msisdn = given("the subscriber's number")
    pin: Pin = given("what was typed", secret=True)
    terminal: Name = given("the terminal's name: wrong PINs lock it out", default="api")


@attrs.frozen
class PinChecked:
    """What the terminal is told."""

    result: Literal["right", "refused"] = given("refused: wrong, locked, blocked, no PIN or no account: it is not told")


def check_pin(controls: Controls, asked: CheckPin) -> Deferred[PinChecked]:
    """Check a PIN as a terminal does. Wrong ones are counted and lock the terminal out, then all of them."""
    now = controls.emulator.clock.now()
    cause = f"api:{secrets.token_hex(8)}"

    def work(books: Books) -> PinChecked:
        check = controls.wallet.check_pin(books, asked.number, asked.pin, now, cause, asked.terminal)
        return PinChecked(result="right" if check == PinCheck.RIGHT else "refused")

    return controls.submit(work, Keys(accounts=(asked.number,)))


def view_of(account: Account) -> AccountView:
    """An account as the API shows it."""
    pin = account.pin
    return AccountView(
        number=account.number,
        language=account.language,
        balances={money.currency: amount_of(money) for money in account.balances},
        confirmation=account.confirmation,
        blocked=account.blocked,
        has_pin=bool(pin.digest),
        pin_temporary_until=spelled_or_none(pin.temporary_until),
        pin_locked_until=spelled_or_none(pin.locked_until),
    )


def amount_of(money: Money) -> str:
    """The amount alone, as a request spells it."""
    digits = exponent(money.currency)
    whole, part = divmod(money.amount, 10**digits)
    return f"{whole}.{part:0{digits}d}" if digits else str(whole)


def _get(books: Any, number: str) -> Account:
    account: Account | None = books.accounts.get(number)
    if account is None:
        raise not_found("account of this number")
    return account


def _merged(old: tuple[Money, ...], new: tuple[Money, ...]) -> tuple[Money, ...]:
    named = {money.currency for money in new}
    return (*(money for money in old if money.currency not in named), *new)


def _put(books: Books, controls: Controls, account: Account, detail: str) -> AccountView:
    faults = account.faults()
    if account.number == controls.facts.short_code:
        faults.append("it is the wallet's own number")
    if faults:
        raise Problem(422, "This cannot be an account.", faults=tuple(Fault(fault) for fault in faults))
    cause = f"api:{secrets.token_hex(8)}"
    books.entries.add(Entry(account.number, EntryKind.EDITED, cause, controls.emulator.clock.now(), detail))
    books.accounts.put(account)
    return view_of(account)
