"""``/api/v1/payments``: payments as merchants start them."""

from __future__ import annotations

import secrets
from typing import Any

import attrs
from twisted.internet.defer import Deferred

from commands.wallet.accounts import Payment
from commands.wallet.errors import AmountInvalid, MerchantInvalid, NoAccount
from commands.wallet.money import Money, parse_amount
from gateway.console.api.accounts import amount_of
from gateway.console.controls import Controls, nobody_waits
from gateway.console.fields import (
    Amount,
    Currency,
    Cursor,
    Key,
    Msisdn,
    Number,
    PageSize,
    Time,
    given,
    spelled,
    spelled_or_none,
)
from gateway.console.problems import Fault, Problem, not_found


@attrs.frozen
class PaymentView:
    """One payment."""

    number: int = given("its number")
    account: str = given("whose money it is")
    amount: str = given("how much")
    currency: str = given("of what")
    merchant: str = given("who gets it")
    state: str = given("held (waits for its code), completed, refused or expired")
    reason: str | None = given("why it was refused: funds, blocked, limit or code")
    tries: int = given("wrong codes so far")
    created_at: Time = given("emulated time")
    expires_at: Time | None = given("when a held one ends")


@attrs.frozen(kw_only=True)
class StartPayment:
    """A payment as a merchant asks for it."""

    account: Msisdn = given("the subscriber's number")
    amount: Amount = given('how much, as text: "12.50"')
    currency: Currency = given("of what", default=Currency("RUB"))
    merchant: str = given("the merchant's name, 1 to 20 ASCII characters", default="Shop")
    idempotency_key: Key | None = given(
        "the same key again gives the same payment, and sends no other code", header="Idempotency-Key", default=None
    )


def start_payment(controls: Controls, asked: StartPayment) -> Deferred[PaymentView]:
    """Start a payment. One that needs confirmation is held, and its code goes to the subscriber by SMS."""
    try:
        amount = parse_amount(asked.amount, asked.currency)
    except AmountInvalid as error:
        raise _unprocessable(str(error), "#/amount") from None
    done: Deferred[PaymentView] = Deferred(nobody_waits)

    def told(payment: Payment) -> None:
        if done.called:
            return
        if (payment.account, payment.amount, payment.merchant) != (asked.account, amount, asked.merchant):
            fault = Fault("it was used for another payment", parameter="Idempotency-Key")
            done.errback(Problem(409, "The key belongs to another payment.", faults=(fault,)))
        else:
            done.callback(view_of(payment))

    def failed(error: Exception) -> None:
        if done.called:
            return
        if isinstance(error, NoAccount):
            done.errback(_unprocessable("the number has no account", "#/account"))
        elif isinstance(error, MerchantInvalid):
            done.errback(_unprocessable(str(error), "#/merchant"))
        elif isinstance(error, AmountInvalid):
            done.errback(_unprocessable(str(error), "#/amount"))
        else:
            done.errback(controls.problem_of(error))

    cause = f"api:{asked.idempotency_key or secrets.token_hex(12)}"
    controls.paying.start(asked.account, amount, asked.merchant, cause, told, failed)
    return done


@attrs.frozen
class Payments:
    """A page of payments."""

    items: tuple[PaymentView, ...] = given("newest first")
    next: int | None = given("the cursor of the next page; null at the end")


@attrs.frozen(kw_only=True)
class ListPayments:
    """Which."""

    account: Msisdn | None = given("of this subscriber only", default=None)
    limit: PageSize = given("how many", default=50)
    cursor: Cursor = given("what the page before gave as next", default=0)


def list_payments(controls: Controls, asked: ListPayments) -> Deferred[Payments]:
    """List payments, newest first."""

    def read(books: Any) -> Payments:
        if asked.account is None:
            found = books.payments.before(asked.cursor or 2**62, asked.limit + 1)
        else:
            # A subscriber has few: those of one are cut here.
            own = books.payments.of(asked.account, _OF_ONE)
            found = [payment for payment in own if not asked.cursor or payment.number < asked.cursor]
        items = found[: asked.limit]
        return Payments(items=tuple(map(view_of, items)), next=items[-1].number if len(found) > len(items) else None)

    return controls.read(read)


_OF_ONE = 10_000


@attrs.frozen(kw_only=True)
class OnePayment:
    """Which."""

    number: Number = given("its number")


def show_payment(controls: Controls, asked: OnePayment) -> Deferred[PaymentView]:
    """Show one payment."""

    def read(books: Any) -> PaymentView:
        payment = books.payments.get(asked.number)
        if payment is None:
            raise not_found("payment of this number")
        return view_of(payment)

    return controls.read(read)


def view_of(payment: Payment) -> PaymentView:
    """A payment as the API shows it, without the digest of its code."""
    money: Money = payment.amount
    return PaymentView(
        number=payment.number,
        account=payment.account,
        amount=amount_of(money),
        currency=money.currency,
        merchant=payment.merchant,
        state=str(payment.state),
        reason=str(payment.reason) or None,
        tries=payment.tries,
        created_at=spelled(payment.created_at),
        expires_at=spelled_or_none(payment.expires_at),
    )


def _unprocessable(detail: str, pointer: str) -> Problem:
    return Problem(422, "This cannot be a payment.", faults=(Fault(detail, pointer=pointer),))
