"""Texts as people send them, through the real parser, to the replies that they get."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.dispatcher import Dispatcher
from commands.parsing import Parser
from commands.replies.catalogue import Catalogue
from commands.request import Request
from commands.support.desk import SupportDesk
from commands.wallet.books import CommandBooks
from commands.wallet.rules import WalletRules
from commands.wallet.service import Wallet
from gateway.sms.segments import count
from tests.commands.doubles import MINUTE, NOON, NUMBER, PEPPER, DictBooks, account, keyed_draw

DISPATCHER = Dispatcher(
    Parser.load(), Catalogue.load(count), Wallet(WalletRules(), keyed_draw, PEPPER), SupportDesk.load()
)


def send(text: str, books: CommandBooks, now: int = NOON, cause: str = "message:1") -> tuple[str, str, str]:
    reply = DISPATCHER.answer(Request(NUMBER, text, now, cause), books)
    assert reply is not None
    return reply.outcome, reply.language, reply.text


@pytest.mark.parametrize(
    ("text", "outcome", "language"),
    [
        ("BALANCE", "balance", "en"),
        ("Баланс.", "balance", "ru"),
        (",fkfyc", "balance", "ru"),
        ("PIN", "pin_new", "ru"),
        ("ПИН", "pin_new", "ru"),
        ("new pin please", "suggest", "ru"),
        ("CONFIRM 1", "confirm_on", "ru"),
        ("confirm on", "confirm_on", "ru"),
        ("CONFIRM", "confirm_status_off", "ru"),
        ("CONFIRM 0", "confirm_off_refused", "ru"),
        ("confirm l", "ambiguous", "ru"),
        ("HELP", "help", "en"),
        ("помощь", "help", "ru"),
        ("SUPPORT", "support", "en"),
        ("SUPPORT: my card's blocked!", "support_security", "en"),
        ("поддержка Деньги не пришли", "support_missing_money", "ru"),
        ("Поддержка: карта не привязывается", "support_technical", "ru"),
        ("support terminal", "support_terminals", "en"),
        ("balance pin", "ambiguous", "en"),
        ("482193", "not_understood", "ru"),
        ("hello", "not_understood", "en"),
        ("привет", "not_understood", "ru"),
    ],
)
def test_a_text_and_its_reply(text: str, outcome: str, language: str) -> None:
    """The outcome and the language of what comes back to somebody whose account is Russian."""
    assert send(text, DictBooks(account()))[:2] == (outcome, language)


def test_a_payment_is_confirmed() -> None:
    """CONFIRM 1, a payment, and its code sent back."""
    books = DictBooks(account())
    assert send("CONFIRM 1", books, cause="message:1")[0] == "confirm_on"
    wallet = Wallet(WalletRules(), keyed_draw, PEPPER)
    amount = books.accounts[NUMBER].balances[0]
    started = wallet.start_payment(books, NUMBER, amount, "ACME", NOON, "api:1")
    assert started.code is not None
    notice = DISPATCHER.payment_code(started.payment, started.code, "en")
    assert notice.text == f"Payment 1,234.50 RUB to ACME. Code {started.code}, valid 5 min"
    assert send(f" {started.code}\n", books, NOON + MINUTE, "message:2")[0] == "payment_done"
    assert send("баланс", books, NOON + MINUTE, "message:3")[2] == "Баланс: 0,00 руб. на 12:01 МСК 22.11"


@given(st.text(max_size=600), st.booleans())
@example("\ud800", True)
@example("", False)
@example("%s {pin} {0}", True)
def test_any_text_gets_a_reply_that_is_not_made_of_it(text: str, has_account: bool) -> None:
    """Nothing that is sent makes this raise, and no template in it is filled in."""
    books = DictBooks(account()) if has_account else DictBooks()
    _, language, answered = send(text, books)
    assert language in ("en", "ru")
    assert "{" not in answered
    assert len(answered) <= (160 if language == "en" else 70)
