"""Confirmation of payments, on and off."""

from commands.wallet.accounts import Entry, EntryKind
from commands.wallet.service import Confirmation
from tests.commands.doubles import (
    NOON,
    NUMBER,
    DictBooks,
    account,
)
from tests.commands.wallet.asking import wallet


def test_confirmation_is_turned_on_once() -> None:
    """The first request changes it and is told so, also when it comes again; another one learns that it is on."""
    books = DictBooks(account())
    assert wallet().confirmation(books, NUMBER, NOON, "message:0") == Confirmation(is_on=False)
    on = Confirmation(is_on=True, is_changed=True)
    assert wallet().turn_confirmation(books, NUMBER, True, NOON, "message:1") == on
    assert wallet().turn_confirmation(books, NUMBER, True, NOON, "message:1") == on
    assert wallet().turn_confirmation(books, NUMBER, True, NOON, "message:2") == Confirmation(is_on=True)
    assert wallet().confirmation(books, NUMBER, NOON, "message:3") == Confirmation(is_on=True)
    assert books.entries.of(NUMBER, 9) == [Entry(NUMBER, EntryKind.CONFIRMATION_ON, "message:1", NOON)]


def test_an_old_request_does_not_turn_it_back() -> None:
    """What was turned off since stays off when the request that turned it on comes again."""
    books = DictBooks(account())
    wallet().turn_confirmation(books, NUMBER, True, NOON, "message:1")
    wallet().turn_confirmation(books, NUMBER, False, NOON, "message:2")
    assert wallet().turn_confirmation(books, NUMBER, True, NOON, "message:1") == Confirmation(is_on=False)
    assert not books.accounts[NUMBER].confirmation
