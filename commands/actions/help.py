"""HELP: the list of commands, and the hotline."""

from commands.request import Request
from commands.spec import Answer, CommandSpec, Services, suggestion
from commands.wallet.books import CommandBooks


def run(services: Services, books: CommandBooks, request: Request, argument: str | None) -> Answer:
    return Answer("help")


def suggest(services: Services, books: CommandBooks, request: Request, argument: str | None) -> Answer:
    return suggestion("suggest_help")


HELP = CommandSpec("help", run, suggest, uses_wallet=False)
