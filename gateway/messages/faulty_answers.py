"""The faults of the wallet's answers: late, never, or "service down".

How this works. When a text to the wallet is whole, :meth:`FaultyAnswers.decide` asks the plan, once for each text:
a transaction that runs again keeps the decision in its draft. A late answer commits the acceptance first: the message
stays ENROUTE with ``scheduled_at`` saying when its answer is due, and effect, reply and final state commit together
then (:mod:`gateway.messages.late_answers`).
"""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import TYPE_CHECKING, Final

import attrs

from gateway.faults.effects import Delay, NoResponse, WalletDown
from gateway.faults.plan import Plan
from gateway.faults.rules import Facts, Point
from gateway.messages.answering import Answered, Answering
from gateway.messages.message import Message

if TYPE_CHECKING:
    from gateway.storage.base import Books

_SECOND: Final = 1_000_000


@attrs.frozen
class Decision:
    """What goes wrong with one answer."""

    delay: int = 0
    """µs of emulated time."""
    silent: bool = False
    """No reply is sent."""
    done: bool = True
    """The command is run."""
    wallet_down: bool = False


AS_USUAL: Final = Decision()
_SILENT: Final = Decision(silent=True, done=False)
_REPLY_LOST: Final = Decision(silent=True)
_DOWN: Final = Decision(wallet_down=True)


class FaultyAnswers:
    """Stands between acceptance and :class:`Answering` while rules name ``answer`` or ``wallet``."""

    def __init__(self, plan: Plan, command_of: Callable[[str], str], wallet_commands: Set[str]) -> None:
        """``command_of``: the name of the wallet command that a text is understood as, else empty;
        ``wallet_commands``: those that cannot be run while the wallet is down."""
        self.plan = plan
        self._command_of = command_of
        self._wallet_commands = wallet_commands
        self.wallet_is_down = False
        """True while a command is run whose wallet a fault takes away: what the gate before the wallet looks at."""

    def decide(self, message: Message, text: str | None, *, is_late: bool = False) -> Decision:
        """Ask the plan about a whole text; ``is_late``: its answer was delayed and is due now."""
        plan, said = self.plan, text or ""
        command = self._command_of(said) if said else ""
        facts = Facts(message.client, message.source_addr, message.destination_addr, command, said)
        effect = plan.fire(Point.ANSWER, facts) if plan.answer and not is_late else None
        if isinstance(effect, Delay):
            return Decision(delay=round(effect.seconds * _SECOND))
        if isinstance(effect, NoResponse):
            return _REPLY_LOST if effect.accepted else _SILENT
        if isinstance(effect, WalletDown):
            return _DOWN
        if plan.wallet and command in self._wallet_commands and plan.fire(Point.WALLET, facts) is not None:
            return _DOWN
        return AS_USUAL

    def answer(
        self,
        answering: Answering,
        decision: Decision,
        message: Message,
        text: str | None,
        default_alphabet: str,
        now: int,
        books: Books,
    ) -> Answered:
        """As :meth:`Answering.answer`, with this decision."""
        if not decision.done:
            return Answered(None, "silent")
        self.wallet_is_down = decision.wallet_down
        try:
            answered = answering.answer(message, text, default_alphabet, now, books)
        finally:
            self.wallet_is_down = False
        if decision.silent:
            answered.reply = None
        return answered
