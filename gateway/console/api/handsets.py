"""``/api/v1/handsets``: the other end of the air. A handset reads what was sent to it, its secrets too."""

from __future__ import annotations

from typing import Any, Final, Literal

import attrs
from twisted.internet.defer import Deferred

from gateway.console.api.messages import newest_number
from gateway.console.controls import Controls
from gateway.console.fields import Cursor, Msisdn, PageSize, Search, Time, Wait, given, spelled
from gateway.console.views import MessageView, view_of
from gateway.messages.message import Kind, Message
from gateway.storage.query import MessageQuery

_LOOKED_AT: Final = 1_000
"""The newest messages, in which handsets are looked for."""

_TEXTS: Final = frozenset({int(Kind.SUBMITTED), int(Kind.REPLY), int(Kind.LOOPBACK)})


@attrs.frozen
class Handset:
    """A number that somebody texted from or to lately, or that has an account."""

    msisdn: str = given("its number")
    has_account: bool = given("whether it has a wallet")
    messages: int = given("texts from or to it among the newest ones")
    last_at: Time | None = given("when the last of them was accepted")


@attrs.frozen
class Handsets:
    """The handsets."""

    items: tuple[Handset, ...] = given("those with the newest texts first, then those with an account only")


@attrs.frozen(kw_only=True)
class ListHandsets:
    """How many."""

    limit: PageSize = given("how many", default=100)


def list_handsets(controls: Controls, asked: ListHandsets) -> Deferred[Handsets]:
    """List the handsets of the newest messages, and those that have an account."""
    clients = list(controls.emulator.exchange.directory)

    def is_handset(address: str) -> bool:
        number = address.removeprefix("+")
        return (
            number != controls.facts.short_code
            and number.isdigit()
            and not any(pattern.matches(number) for client in clients for pattern in client.addresses)
        )

    def read(books: Any) -> Handsets:
        found: dict[str, list[int]] = {}
        for message, _ in books.messages.search(MessageQuery(limit=_LOOKED_AT, kinds=_TEXTS)):
            for address in {message.source_addr, message.destination_addr}:
                if is_handset(address):
                    found.setdefault(address, []).append(message.accepted_at)
        accounts = {account.number for account in books.accounts.after("", asked.limit)}
        items = [
            Handset(
                msisdn=number,
                has_account=number in accounts or books.accounts.get(number) is not None,
                messages=len(times),
                last_at=spelled(times[0]),
            )
            for number, times in list(found.items())[: asked.limit]
        ]
        items += (
            Handset(msisdn=number, has_account=True, messages=0, last_at=None)
            for number in sorted(accounts - found.keys())
        )
        return Handsets(items=tuple(items[: asked.limit]))

    return controls.read(read)


@attrs.frozen
class HandsetMessage:
    """A text from or to a handset, as its owner sees it."""

    direction: Literal["in", "out"] = given("in: to the handset; out: from it")
    message: MessageView = given("the message, its secret readable while it is kept")


@attrs.frozen
class Thread:
    """A page of a handset's texts."""

    items: tuple[HandsetMessage, ...] = given("newest first")
    next: int | None = given("the cursor of the next page; null at the end")


@attrs.frozen(kw_only=True)
class ReadHandset:
    """Whose texts, and which."""

    msisdn: Msisdn = given("the handset's number")
    box: Literal["all", "in", "out"] = given("in: what was sent to it; out: what it sent", default="all")
    text: Search = given("with this in their text, in any case; a secret text is never found", default="")
    receipts: bool = given("receipts too", default=False)
    limit: PageSize = given("how many", default=50)
    cursor: Cursor = given("what the page before gave as next", default=0)


def read_handset(controls: Controls, asked: ReadHandset) -> Deferred[Thread]:
    """Read a handset's thread, newest first. What was sent to it is readable, PINs and codes too."""
    query = attrs.evolve(
        _query(asked.msisdn, asked.box, asked.text, receipts=asked.receipts), limit=asked.limit + 1, before=asked.cursor
    )

    def read(books: Any) -> Thread:
        found = [_as_seen(books, message, asked.msisdn) for message, _ in books.messages.search(query)]
        items = tuple(found[: asked.limit])
        return Thread(items=items, next=items[-1].message.number if len(found) > len(items) else None)

    return controls.read(read)


@attrs.frozen(kw_only=True)
class WaitForHandset:
    """Whose, which, and how long."""

    msisdn: Msisdn = given("the handset's number")
    box: Literal["all", "in", "out"] = given("in: what was sent to it; out: what it sent", default="in")
    text: Search = given("with this in their text, in any case; a secret text is never found", default="")
    receipts: bool = given("receipts too", default=False)
    after: Cursor = given("only numbers above this one: the number of the last message that you have seen", default=0)
    new: bool = given("only messages that come from now on", default=False)
    timeout: Wait = given("seconds of real time", default=10.0)


def wait_for_handset(controls: Controls, asked: WaitForHandset) -> Deferred[HandsetMessage]:
    """Wait for a text to a handset: the oldest that matches, at once when it is there. 404 when none comes in time."""
    query = _query(asked.msisdn, asked.box, asked.text, receipts=asked.receipts)

    def wait(after: int) -> Deferred[HandsetMessage]:
        return controls.waiters.wait(
            attrs.evolve(query, after=after),
            asked.timeout,
            lambda books, message: _as_seen(books, message, asked.msisdn),
        )

    if not asked.new:
        return wait(asked.after)
    return controls.read(newest_number).addCallback(lambda number: wait(max(number, asked.after)))


def _query(msisdn: str, box: str, text: str, *, receipts: bool) -> MessageQuery:
    return MessageQuery(
        source=msisdn if box == "out" else "",
        destination=msisdn if box == "in" else "",
        address=msisdn if box == "all" else "",
        text=text,
        kinds=frozenset() if receipts else _TEXTS,
    )


def _as_seen(books: Any, message: Message, msisdn: str) -> HandsetMessage:
    return HandsetMessage(
        direction="in" if message.destination_addr == msisdn else "out",
        message=view_of(message, books.messages.revealed(message)),
    )
