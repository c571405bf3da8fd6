"""PIN: a new PIN for the one who forgot it; the old one is dead at once."""

from commands.request import Request
from commands.spec import Answer, CommandSpec, Services, suggestion
from commands.wallet.books import CommandBooks
from commands.wallet.pins import PinLimited, PinRestored


def run(services: Services, books: CommandBooks, request: Request, argument: str | None) -> Answer:
    restored = services.wallet.restore_pin(books, request.subscriber, request.received_at, request.cause)
    if isinstance(restored, PinRestored):
        return Answer("pin_new", {"pin": restored.pin}, secrets=(restored.pin,))
    code = "pin_limited" if isinstance(restored, PinLimited) else "pin_locked"
    return Answer(code, {"until": restored.until})


def suggest(services: Services, books: CommandBooks, request: Request, argument: str | None) -> Answer:
    return suggestion("suggest_pin")


PIN = CommandSpec("pin", run, suggest)
