"""From a request to a reply: parse, choose the language, run the one command that was meant, put it in
words.

How this works: the parser says what a text is. What is Understood runs; a suggestion, a doubt and
everything else change nothing and only say something. Exceptions of the wallet become replies here. What
the books raise passes through, so that the transaction rolls back; nothing in a text can make this raise.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

import attrs

from commands.actions import code as payment_code
from commands.parsing.results import Ambiguous, CustomCommand, Outcome, Suggest, Understood
from commands.registry import COMMANDS
from commands.replies.catalogue import Catalogue
from commands.replies.codes import PHRASES
from commands.request import Reply, Request
from commands.spec import NOT_UNDERSTOOD, Answer, CommandSpec, Services
from commands.support.desk import SupportDesk
from commands.wallet.accounts import Payment
from commands.wallet.books import CommandBooks
from commands.wallet.errors import AccountBlocked, NoAccount, WalletUnavailable
from commands.wallet.service import Wallet

_SECOND: Final = 1_000_000
_LABELS: Final = frozenset(PHRASES["label"])
_UNSUPPORTED: Final = Answer("unsupported_coding")
# What is answered although no command was recognised: counted and limited together.
_NOTHING_RECOGNISED: Final = frozenset({"not_understood", "unsupported_coding"})


class Parser(Protocol):
    """What the dispatcher needs of a parser."""

    @property
    def custom(self) -> Mapping[str, CustomCommand]: ...

    def classify(self, text: str) -> Outcome:
        """Never raises."""


@attrs.frozen
class ReplyLimits:
    """How many replies a subscriber gets in a window of seconds, before silence; 0 is no limit.

    A live service would say 5 in 10 minutes, and 3 in an hour to texts that are no command. They are off
    by default, since a test bench must not fall silent.
    """

    replies: int = 0
    replies_window: int = 600
    not_understood: int = 0
    not_understood_window: int = 3600


NO_LIMITS: Final = ReplyLimits()


class Dispatcher:
    """Answers requests.

    `wallet_gate` is asked before a command that needs the wallet runs; it may raise WalletUnavailable.
    """

    def __init__(
        self,
        parser: Parser,
        catalogue: Catalogue,
        wallet: Wallet,
        desk: SupportDesk,
        *,
        limits: ReplyLimits = NO_LIMITS,
        wallet_gate: Callable[[Request], None] | None = None,
    ) -> None:
        self._parser = parser
        self._catalogue = catalogue
        self._services = Services(wallet, desk)
        self._limits = limits
        self._is_limited = bool(limits.replies or limits.not_understood)
        self._wallet_gate = wallet_gate
        self._specs: dict[str, CommandSpec] = {spec.name: spec for spec in COMMANDS}

    def answer(self, request: Request, books: CommandBooks) -> Reply | None:
        """The reply, or None when the subscriber has had as many as the limits allow; then nothing was
        run.
        """
        if not self._is_limited:
            return self._answer(request, books)
        limits, now = self._limits, request.received_at
        number = request.subscriber
        recent = self._recent(books, number, "replies", now - limits.replies_window * _SECOND)
        if 0 < limits.replies <= len(recent):
            return None
        reply = self._answer(request, books)
        if limits.not_understood and reply.outcome in _NOTHING_RECOGNISED:
            opened = now - limits.not_understood_window * _SECOND
            unanswerable = self._recent(books, number, "not_understood", opened)
            if len(unanswerable) >= limits.not_understood:
                return None
            books.limits.put(number, "not_understood", (*unanswerable, now))
        if limits.replies:
            books.limits.put(number, "replies", (*recent, now))
        return reply

    def payment_code(self, payment: Payment, code: str, language: str) -> Reply:
        """The text that takes the code of a held payment to its subscriber, in the account's language."""
        return self._reply(payment_code.sent(payment, code), language, None, None)

    def _answer(self, request: Request, books: CommandBooks) -> Reply:
        if request.unsupported:
            return self._reply(_UNSUPPORTED, self._account_language(request, books), None, None)
        outcome = self._parser.classify(request.text)
        if isinstance(outcome, Understood):
            spec = self._specs.get(outcome.command)
            if spec is None:
                return self._custom(outcome, request, books)
            answer = self._run(spec, outcome.argument, request, books)
        elif isinstance(outcome, Suggest):
            spec = self._specs.get(outcome.command)
            if spec is None:
                answer = NOT_UNDERSTOOD
            else:
                answer = spec.suggest(self._services, books, request, outcome.argument)
        elif isinstance(outcome, Ambiguous):
            return self._reply(_doubt(outcome.commands), self._language(outcome, request, books), None, None)
        else:
            return self._reply(NOT_UNDERSTOOD, self._language(outcome, request, books), None, None)
        language = outcome.language or self._account_language(request, books)
        return self._reply(answer, language, outcome.command, outcome.match)

    def _run(self, spec: CommandSpec, argument: str | None, request: Request, books: CommandBooks) -> Answer:
        try:
            if spec.uses_wallet and self._wallet_gate is not None:
                self._wallet_gate(request)
            return spec.run(self._services, books, request, argument)
        except NoAccount:
            return Answer("no_wallet")
        except AccountBlocked:
            return Answer("blocked")
        except WalletUnavailable:
            return Answer("service_down")

    def _custom(self, outcome: Understood, request: Request, books: CommandBooks) -> Reply:
        command = self._parser.custom[outcome.command]
        language = self._language(outcome, request, books)
        return Reply(command.replies[language], language, "custom", outcome.command, outcome.match)

    def _reply(self, answer: Answer, language: str, command: str | None, match: str | None) -> Reply:
        text = self._catalogue.render(answer.code, language, answer.values)
        if answer is NOT_UNDERSTOOD:
            command = match = None
        return Reply(text, language, answer.outcome or answer.code, command, match, answer.secrets)

    def _language(self, outcome: Outcome, request: Request, books: CommandBooks) -> str:
        """The script decides; where there is none, or it says nothing, the account does."""
        return outcome.language or self._account_language(request, books)

    def _account_language(self, request: Request, books: CommandBooks) -> str:
        account = books.accounts.get(request.subscriber)
        return self._services.wallet.rules.language if account is None else account.language

    @staticmethod
    def _recent(books: CommandBooks, number: str, name: str, opened: int) -> tuple[int, ...]:
        return tuple(at for at in books.limits.get(number, name) if at > opened)


def _doubt(commands: tuple[str, ...]) -> Answer:
    """What to ask when a text may mean several commands, or one and something that speaks against it."""
    if commands == ("confirm",):
        return Answer("doubt_confirm", outcome="ambiguous")
    if not _LABELS.issuperset(commands) or not 1 <= len(commands) <= 3:
        return Answer("many_commands", outcome="ambiguous")
    code = ("doubt", "two_commands", "three_commands")[len(commands) - 1]
    return Answer(code, dict(zip(("first", "second", "third"), commands, strict=False)), "ambiguous")
