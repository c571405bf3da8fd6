"""BALANCE: what the sender's own account holds, in each currency, and when that was."""

from commands.request import Request
from commands.spec import Answer, CommandSpec, Services, suggestion
from commands.wallet.books import CommandBooks


def run(services: Services, books: CommandBooks, request: Request, argument: str | None) -> Answer:
    """Changes nothing, but for making an account where the rules say so."""
    at = request.received_at
    balances = services.wallet.balance(books, request.subscriber, at, request.cause)
    values = {"balance": balances, "time": at}
    return Answer("balance", values) if len(balances) == 1 else Answer("balance_many", values, "balance")


def suggest(services: Services, books: CommandBooks, request: Request, argument: str | None) -> Answer:
    return suggestion("suggest_balance")


BALANCE = CommandSpec("balance", run, suggest)
