"""A dispatcher on a test bench: one account, a scripted parser, and a count of messages."""

import itertools

from commands.dispatcher import Dispatcher, ReplyLimits
from commands.parsing.results import CustomCommand, MatchKind, Outcome, Suggest
from commands.replies.catalogue import Catalogue
from commands.request import Reply, Request
from commands.support.desk import SupportDesk
from commands.wallet.errors import WalletUnavailable
from commands.wallet.money import Money
from commands.wallet.rules import WalletRules
from commands.wallet.service import Wallet
from gateway.sms.segments import count
from tests.commands.doubles import (
    NOON,
    NUMBER,
    PEPPER,
    DictBooks,
    ScriptedParser,
    account,
    keyed_draw,
    understood,
)

CATALOGUE = Catalogue.load(count)
DESK = SupportDesk.load()

SCRIPT: dict[str, Outcome] = {
    "BALANCE": understood("balance", None, "en"),
    "баланс": understood("balance", None, "ru"),
    "PIN": understood("pin"),
    "пин": understood("pin", None, "ru"),
    "CONFIRM 1": understood("confirm", "on"),
    "CONFIRM 0": understood("confirm", "off"),
    "CONFIRM": understood("confirm", "status"),
    "HELP": understood("help", None, "en"),
    "помощь": understood("help", None, "ru"),
    "?": understood("help"),
    "SUPPORT": understood("support", None, "en"),
    "поддержка": understood("support", None, "ru"),
    "SUPPORT card blocked": understood("support", "card blocked", "en"),
    "SUPPORT password": understood("support", "password", "en"),
    "SUPPORT terminal": understood("support", "terminal", "en"),
    "SUPPORT money missing": understood("support", "money missing", "en"),
    "поддержка жалоба": understood("support", "жалоба", "ru"),
    "поддержка погода": understood("support", "погода", "ru"),
    "WEATHER": understood("weather", None, "en"),
    "погода": understood("weather", None, "ru"),
    "GHOST": Suggest("ghost", None, MatchKind.ONE_EDIT, "en", ()),
}
CUSTOM = {"weather": CustomCommand("weather", ("weather", "погода"), {"en": "Sunny.", "ru": "Ясно."})}


class Bench:
    """A dispatcher with one account and a count of messages."""

    def __init__(self, *, books: DictBooks | None = None, limits: ReplyLimits | None = None, **rules: object) -> None:
        self.books = books or DictBooks(account())
        self.wallet = Wallet(WalletRules(**rules), keyed_draw, PEPPER)  # type: ignore[arg-type]  # any rule
        self.script = dict(SCRIPT)
        self.messages = itertools.count(1)
        self.gate_is_shut = False
        self.dispatcher = Dispatcher(
            ScriptedParser(self.script, CUSTOM),
            CATALOGUE,
            self.wallet,
            DESK,
            limits=limits or ReplyLimits(),
            wallet_gate=self.gate,
        )

    def gate(self, request: Request) -> None:
        if self.gate_is_shut:
            raise WalletUnavailable

    def request(self, text: str, now: int = NOON, cause: str = "") -> Request:
        return Request(NUMBER, text, now, cause or f"message:{next(self.messages)}")

    def send(self, text: str, now: int = NOON, cause: str = "") -> Reply | None:
        return self.dispatcher.answer(self.request(text, now, cause), self.books)

    def reply(self, text: str, now: int = NOON, cause: str = "") -> Reply:
        reply = self.send(text, now, cause)
        assert reply is not None
        return reply

    def code(self, now: int = NOON) -> str:
        """The code of a new payment, which the parser will understand."""
        started = self.wallet.start_payment(
            self.books, NUMBER, Money(35_000, "RUB"), "ACME", now, f"api:{next(self.messages)}"
        )
        assert started.code is not None
        self.script[started.code] = understood("code", started.code)
        return started.code

    def wrong_code(self) -> str:
        self.script["000000"] = understood("code", "000000")
        return "000000"


def texts(code: str, /, **values: object) -> dict[str, str]:
    return {language: CATALOGUE.render(code, language, values) for language in ("en", "ru")}
