"""SUPPORT: which department a topic belongs to, the hotline, and whether now is a good time to call."""

from commands.request import Request
from commands.spec import Answer, CommandSpec, Services, suggestion
from commands.wallet.books import CommandBooks

# Replies with so much to say that the advice must be short.
_BRIEF = frozenset({"missing_money", "complaint"})


def run(services: Services, books: CommandBooks, request: Request, argument: str | None) -> Answer:
    """`argument` is the topic, or None."""
    wait = services.desk.wait(request.received_at)
    route = services.desk.route(argument) if argument else None
    if route is None:
        return Answer("support", {"advice": wait})
    return Answer(f"support_{route}", {"advice_short" if route in _BRIEF else "advice": wait})


def suggest(services: Services, books: CommandBooks, request: Request, argument: str | None) -> Answer:
    return suggestion("suggest_support")


SUPPORT = CommandSpec("support", run, suggest, uses_wallet=False)
