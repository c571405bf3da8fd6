"""Six digits and nothing else: the code of a payment that waits for it."""

from commands.request import Request
from commands.spec import NOT_UNDERSTOOD, Answer, CommandSpec, Services, suggestion
from commands.wallet.accounts import Payment, RefusalReason
from commands.wallet.books import CommandBooks
from commands.wallet.payments import CodeExpired, CodeWrong, NothingPending, PaymentConfirmed

_MINUTE = 60_000_000


def run(services: Services, books: CommandBooks, request: Request, argument: str | None) -> Answer:
    """`argument` is the digits. While no payment waits they are no command: nobody learns from the reply
    that codes exist.
    """
    answer = services.wallet.confirm_payment(
        books, request.subscriber, argument or "", request.received_at, request.cause
    )
    if isinstance(answer, NothingPending):
        return NOT_UNDERSTOOD
    if isinstance(answer, CodeWrong):
        if answer.tries_left:
            return Answer("code_wrong", {"tries": answer.tries_left})
        return Answer("code_exhausted")
    if isinstance(answer, CodeExpired):
        return Answer("code_expired", _payment(answer.payment))
    if isinstance(answer, PaymentConfirmed):
        return Answer("payment_done", _payment(answer.payment))
    if answer.payment.reason == RefusalReason.BLOCKED:
        return Answer("blocked")
    return Answer("payment_refused", _payment(answer.payment))


def suggest(services: Services, books: CommandBooks, request: Request, argument: str | None) -> Answer:
    if services.wallet.has_pending(books, request.subscriber, request.received_at):
        return suggestion("suggest_code")
    return NOT_UNDERSTOOD


def sent(payment: Payment, code: str) -> Answer:
    """The text that takes the code of a held payment to its subscriber."""
    minutes = (payment.expires_at - payment.created_at) // _MINUTE
    return Answer("payment_code", {**_payment(payment), "code": code, "minutes": minutes}, secrets=(code,))


def _payment(payment: Payment) -> dict[str, object]:
    return {"amount": payment.amount, "merchant": payment.merchant}


CODE = CommandSpec("code", run, suggest)
