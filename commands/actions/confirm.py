"""CONFIRM: whether each payment needs a code from an SMS, and turning that on."""

from commands.request import Request
from commands.spec import Answer, CommandSpec, Services, suggestion
from commands.wallet.books import CommandBooks

_SUGGESTIONS = {"off": "suggest_confirm_off", "status": "suggest_confirm_status"}


def run(services: Services, books: CommandBooks, request: Request, argument: str | None) -> Answer:
    """`argument` is "on", "off" or "status". Turning it off lowers protection, so whoever holds the
    handset for a minute cannot do it by SMS unless the rules allow it.
    """
    wallet, number, now = services.wallet, request.subscriber, request.received_at
    if argument == "on":
        return _turn(services, books, request, is_on=True)
    if argument == "off":
        if wallet.rules.allow_confirm_off:
            return _turn(services, books, request, is_on=False)
        wallet.account(books, number, now, request.cause)
        return Answer("confirm_off_refused")
    return _status(wallet.confirmation(books, number, now, request.cause).is_on)


def suggest(services: Services, books: CommandBooks, request: Request, argument: str | None) -> Answer:
    return suggestion(_SUGGESTIONS.get(argument or "", "suggest_confirm_on"))


def _turn(services: Services, books: CommandBooks, request: Request, *, is_on: bool) -> Answer:
    turned = services.wallet.turn_confirmation(books, request.subscriber, is_on, request.received_at, request.cause)
    if turned.is_on != is_on:
        # The same text came again after another one had turned it back.
        return _status(turned.is_on)
    state = "on" if is_on else "off"
    return Answer(f"confirm_{state}" if turned.is_changed else f"confirm_already_{state}")


def _status(is_on: bool) -> Answer:
    return Answer("confirm_status_on" if is_on else "confirm_status_off")


CONFIRM = CommandSpec("confirm", run, suggest)
