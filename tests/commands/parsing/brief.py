"""Outcomes in a few words, for tables of examples."""

from __future__ import annotations

from commands.parsing import Ambiguous, NotUnderstood, Outcome, Understood


def brief(outcome: Outcome) -> str:
    """ "run pin", "suggest confirm on", "ask balance pin" or "nothing"."""
    if isinstance(outcome, NotUnderstood):
        return "nothing"
    if isinstance(outcome, Ambiguous):
        return " ".join(("ask", *outcome.commands))
    verb = "run" if isinstance(outcome, Understood) else "suggest"
    return " ".join(filter(None, (verb, outcome.command, outcome.argument)))


def intent(outcome: Outcome) -> tuple[str, ...]:
    """The commands that were seen, whatever may be done with them."""
    if isinstance(outcome, NotUnderstood):
        return ()
    return outcome.commands if isinstance(outcome, Ambiguous) else (outcome.command,)
