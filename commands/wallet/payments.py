"""Payments: started by a merchant, held for a code while confirmation is on, completed, refused or expired.

How this works: a held payment reserves nothing. Its amount is looked at when it starts and again when its
code comes, so of two payments that together exceed a balance the second is refused, whichever is confirmed
first. Several payments may wait at a time; their codes differ, so a right code names its payment. A wrong
code names none and counts as a try at each of them, so that waiting payments do not multiply the guesses.
"""

import re
from typing import Final

import attrs

from commands.wallet import digits
from commands.wallet.accounts import (
    Account,
    Entry,
    EntryKind,
    Payment,
    PaymentState,
    RefusalReason,
)
from commands.wallet.books import WalletBooks
from commands.wallet.errors import AmountInvalid, MerchantInvalid
from commands.wallet.money import Money
from commands.wallet.rules import CODE_DIGITS, MICROSECONDS, Draw, WalletRules

# A name travels in an SMS of either language: ASCII that GSM 7-bit has too, and short enough for one segment.
_MERCHANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 .,&'*+/-]{0,18}[A-Za-z0-9.])?", re.ASCII)
# A code is looked up among this many of the newest payments to tell an expired one from a guess.
_RECENT: Final = 10


@attrs.frozen
class PaymentStarted:
    """What became of a new payment. `code` goes to the subscriber when the payment is held, else it is
    None, as it is when the same cause came again."""

    payment: Payment
    code: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class PaymentConfirmed:
    """The code was right and the payment is completed."""

    payment: Payment


@attrs.frozen
class PaymentRefused:
    """The code was right, and the payment is refused all the same: `payment.reason` says why."""

    payment: Payment


@attrs.frozen
class CodeWrong:
    """No waiting payment has this code. At 0 `tries_left` no payment waits any longer."""

    tries_left: int


@attrs.frozen
class CodeExpired:
    """The code was that of a payment whose time is over."""

    payment: Payment


@attrs.frozen
class NothingPending:
    """No payment of the subscriber waits for a code."""


CodeAnswer = PaymentConfirmed | PaymentRefused | CodeWrong | CodeExpired | NothingPending


def parse_merchant(text: str) -> str:
    """The merchant's name as it is: 1 to 20 ASCII letters, digits and the marks . , & ' * + / - between
    them, else MerchantInvalid.
    """
    if _MERCHANT.fullmatch(text) is None:
        raise MerchantInvalid("a merchant is 1 to 20 ASCII letters, digits, spaces or . , & ' * + / -")
    return text


@attrs.frozen
class Cashier:
    """Starts, confirms and expires the payments of accounts that its caller has found."""

    rules: WalletRules
    draw: Draw = attrs.field(repr=False)
    pepper: bytes = attrs.field(repr=False)

    def start(
        self, books: WalletBooks, account: Account, amount: Money, merchant: str, now: int, cause: str
    ) -> PaymentStarted:
        """Hold, complete or refuse a new payment, once for each cause."""
        parse_merchant(merchant)
        if amount.amount <= 0:
            raise AmountInvalid("an amount is above zero")
        number = books.payments.next_number()
        detail = f"{amount} to {merchant}"
        if not books.entries.add(Entry(account.number, EntryKind.PAYMENT_STARTED, cause, now, detail, payment=number)):
            return PaymentStarted(self._started_by(books, cause))
        payment = Payment(number, account.number, amount, merchant, cause, now)
        waiting = [held for held in books.payments.pending(account.number) if now < held.expires_at]
        reason = self._refusal(account, amount)
        if reason is None and self._is_limited(account, amount, waiting):
            reason = RefusalReason.LIMIT
        if reason is not None:
            return PaymentStarted(self._refuse(books, payment, reason, now, cause))
        if not account.confirmation:
            return PaymentStarted(self._complete(books, account, payment, now, cause))
        code = self._draw_code(number, waiting)
        held = attrs.evolve(
            payment,
            code_digest=self._digest(number, code),
            expires_at=now + self.rules.code_valid * MICROSECONDS,
        )
        books.payments.put(held)
        return PaymentStarted(held, code)

    def confirm(self, books: WalletBooks, account: Account, code: str, now: int, cause: str) -> CodeAnswer:
        """What `code`, sent by the owner of the account, does to the payments that wait for one."""
        number = account.number
        waiting = []
        for payment in books.payments.pending(number):
            if now < payment.expires_at:
                waiting.append(payment)
            else:
                self.expire(books, payment, now)
        tried = books.entries.find(cause, EntryKind.CODE_TRIED)
        if tried is not None:
            return self._answer_again(books, tried, waiting)
        meant = self._with_code(waiting, code)
        if meant is None:
            expired = self._with_code(books.payments.of(number, _RECENT), code)
            if expired is not None and expired.state == PaymentState.EXPIRED:
                return CodeExpired(expired)
            if not waiting:
                return NothingPending()
        books.entries.add(
            Entry(
                number,
                EntryKind.CODE_TRIED,
                cause,
                now,
                "wrong" if meant is None else "right",
                payment=None if meant is None else meant.number,
            )
        )
        if meant is None:
            return self._count_wrong(books, waiting, now, cause)
        reason = self._refusal(account, meant.amount)
        if reason is not None:
            return PaymentRefused(self._refuse(books, meant, reason, now, cause))
        return PaymentConfirmed(self._complete(books, account, meant, now, cause))

    def expire(self, books: WalletBooks, payment: Payment, now: int) -> Payment:
        """End a held payment whose time is over."""
        expired = attrs.evolve(payment, state=PaymentState.EXPIRED)
        books.payments.put(expired)
        self._note(books, expired, EntryKind.PAYMENT_EXPIRED, now, f"payment:{payment.number}")
        return expired

    def _is_limited(self, account: Account, amount: Money, waiting: list[Payment]) -> bool:
        if self.rules.payment_limit and amount.amount > self.rules.payment_limit:
            return True
        return account.confirmation and len(waiting) >= self.rules.payments_held

    def _refusal(self, account: Account, amount: Money) -> RefusalReason | None:
        if account.blocked:
            return RefusalReason.BLOCKED
        if account.balance_in(amount.currency).amount < amount.amount:
            return RefusalReason.FUNDS
        return None

    def _complete(self, books: WalletBooks, account: Account, payment: Payment, now: int, cause: str) -> Payment:
        amount = payment.amount
        books.accounts.put(
            attrs.evolve(
                account,
                balances=tuple(
                    Money(held.amount - amount.amount, held.currency) if held.currency == amount.currency else held
                    for held in account.balances
                ),
            )
        )
        completed = attrs.evolve(payment, state=PaymentState.COMPLETED)
        books.payments.put(completed)
        self._note(books, completed, EntryKind.PAYMENT_COMPLETED, now, cause)
        return completed

    def _refuse(self, books: WalletBooks, payment: Payment, reason: RefusalReason, now: int, cause: str) -> Payment:
        refused = attrs.evolve(payment, state=PaymentState.REFUSED, reason=reason)
        books.payments.put(refused)
        self._note(books, refused, EntryKind.PAYMENT_REFUSED, now, cause)
        return refused

    def _count_wrong(self, books: WalletBooks, waiting: list[Payment], now: int, cause: str) -> CodeWrong:
        tries_left = 0
        for payment in waiting:
            tried = attrs.evolve(payment, tries=payment.tries + 1)
            left = self.rules.code_tries - tried.tries
            if left > 0:
                books.payments.put(tried)
            else:
                # One text may end several payments, and an entry is unique by its cause.
                self._refuse(books, tried, RefusalReason.CODE, now, f"{cause}/{payment.number}")
            tries_left = max(tries_left, left)
        return CodeWrong(max(tries_left, 0))

    def _answer_again(self, books: WalletBooks, tried: Entry, waiting: list[Payment]) -> CodeAnswer:
        """What the same text was told before, as far as the payments still say so."""
        payment = None if tried.payment is None else books.payments.get(tried.payment)
        if payment is None:
            left = [self.rules.code_tries - waits.tries for waits in waiting]
            return CodeWrong(max(left, default=0))
        if payment.state == PaymentState.COMPLETED:
            return PaymentConfirmed(payment)
        return PaymentRefused(payment)

    def _started_by(self, books: WalletBooks, cause: str) -> Payment:
        started = books.entries.find(cause, EntryKind.PAYMENT_STARTED)
        payment = None if started is None or started.payment is None else books.payments.get(started.payment)
        if payment is None:
            raise LookupError(f"the books have no payment for {cause}, although they say it was started")
        return payment

    def _draw_code(self, number: int, waiting: list[Payment]) -> str:
        return digits.draw_digits(
            self.draw,
            "code",
            (number,),
            CODE_DIGITS,
            lambda code: self._with_code(waiting, code) is not None,
        )

    def _with_code(self, payments: list[Payment], code: str) -> Payment | None:
        found = None
        for payment in payments:
            if digits.same(payment.code_digest, self._digest(payment.number, code)):
                found = payment
        return found

    def _digest(self, number: int, code: str) -> bytes:
        return digits.digest(self.pepper, "code", number, code)

    @staticmethod
    def _note(books: WalletBooks, payment: Payment, kind: EntryKind, now: int, cause: str) -> None:
        detail = f"{payment.amount} to {payment.merchant}"
        if payment.reason:
            detail = f"{detail}: {payment.reason}"
        books.entries.add(Entry(payment.account, kind, cause, now, detail, payment=payment.number))
