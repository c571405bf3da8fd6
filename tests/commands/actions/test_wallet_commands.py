"""BALANCE, PIN and CONFIRM: what they do and say."""

import attrs
import pytest

from commands.request import Reply
from commands.wallet.money import Money
from tests.commands.bench import Bench, texts
from tests.commands.doubles import (
    HOUR,
    MINUTE,
    NOON,
    NUMBER,
    DictBooks,
    account,
)


@pytest.mark.parametrize(("text", "language"), [("BALANCE", "en"), ("баланс", "ru")])
def test_balance(text: str, language: str) -> None:
    """The amount and the time in the language of the word, and nothing is written."""
    bench = Bench()
    before = bench.books.state()
    reply = bench.reply(text)
    expected = texts("balance", balance=(Money(123_450, "RUB"),), time=NOON)[language]
    assert reply == Reply(expected, language, "balance", "balance", "exact")
    assert bench.books.state() == before


def test_balance_of_several_currencies() -> None:
    """Each currency is named; the outcome is the same."""
    held = (Money(123_450, "RUB"), Money(1000, "USD"))
    reply = Bench(books=DictBooks(attrs.evolve(account(), balances=held))).reply("BALANCE")
    assert reply.text == "Balance: 1,234.50 RUB, 10.00 USD at 12:00 MSK 22.11"
    assert reply.outcome == "balance"


@pytest.mark.parametrize("language", ["en", "ru"])
def test_pin(language: str) -> None:
    """The new PIN is in the text and named as its secret; it is not in what a log shows of the reply."""
    reply = Bench(books=DictBooks(account(language=language))).reply("PIN")
    (pin,) = reply.secrets
    assert reply.text == texts("pin_new", pin=pin)[language]
    assert (reply.outcome, reply.command, reply.language) == ("pin_new", "pin", language)
    assert pin not in repr(reply)


def test_pin_again() -> None:
    """Too soon and too often are two answers, each with the time from which it works."""
    bench = Bench()
    bench.reply("PIN")
    soon = bench.reply("PIN", NOON + MINUTE)
    assert (soon.outcome, soon.text) == ("pin_limited", texts("pin_limited", until=NOON + 2 * MINUTE)["ru"])
    bench.reply("PIN", NOON + HOUR)
    bench.reply("PIN", NOON + 2 * HOUR)
    often = bench.reply("PIN", NOON + 3 * HOUR)
    assert (often.outcome, often.text) == ("pin_locked", texts("pin_locked", until=NOON + 26 * HOUR)["ru"])
    assert (soon.secrets, often.secrets) == ((), ())


def test_confirm() -> None:
    """On, already on, and the status before and after."""
    bench = Bench()
    outcomes = [bench.reply(text).outcome for text in ("CONFIRM", "CONFIRM 1", "CONFIRM 1", "CONFIRM")]
    assert outcomes == ["confirm_status_off", "confirm_on", "confirm_already_on", "confirm_status_on"]


def test_confirm_off_is_refused_by_sms() -> None:
    """By default it changes nothing and says where it can be done."""
    bench = Bench(books=DictBooks(account(confirmation=True)))
    assert bench.reply("CONFIRM 0").outcome == "confirm_off_refused"
    assert bench.books.accounts[NUMBER].confirmation
    assert bench.books.entries.of(NUMBER, 9) == []


def test_confirm_off_where_the_rules_allow_it() -> None:
    """Then it runs like the other one."""
    bench = Bench(books=DictBooks(account(confirmation=True)), allow_confirm_off=True)
    assert [bench.reply("CONFIRM 0").outcome for _ in range(2)] == ["confirm_off", "confirm_already_off"]
    assert not bench.books.accounts[NUMBER].confirmation


def test_an_old_confirm_that_comes_again_says_how_it_is() -> None:
    """A repeated request whose effect was undone since answers with the status."""
    bench = Bench(allow_confirm_off=True)
    bench.reply("CONFIRM 1", cause="message:a")
    bench.reply("CONFIRM 0")
    assert bench.reply("CONFIRM 1", cause="message:a").outcome == "confirm_status_off"
