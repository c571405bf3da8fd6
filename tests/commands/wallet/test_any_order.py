"""The wallet under any sequence of operations, against a ledger that is kept beside it."""

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from commands.wallet.accounts import EntryKind, PaymentState
from commands.wallet.errors import AccountBlocked
from commands.wallet.money import Money
from commands.wallet.payments import PaymentConfirmed
from commands.wallet.pins import PinCheck, PinRestored, is_weak
from commands.wallet.rules import WalletRules
from commands.wallet.service import Wallet
from tests.commands.doubles import MINUTE, NOON, NUMBER, PEPPER, DictBooks, RandomDraw, account, keyed_draw

RULES = WalletRules()
OPENING = {"RUB": 100_000, "USD": 500}
FINAL = {PaymentState.COMPLETED, PaymentState.EXPIRED, PaymentState.REFUSED}


class AnyOrder(RuleBasedStateMachine):
    """Pays, confirms, guesses, restores, blocks, lets time pass, and repeats old requests."""

    codes = Bundle("codes")

    @initialize(seeded=st.booleans(), confirmation=st.booleans())
    def open(self, seeded: bool, confirmation: bool) -> None:
        self.books = DictBooks(
            attrs.evolve(
                account(confirmation=confirmation), balances=tuple(Money(sum_, unit) for unit, sum_ in OPENING.items())
            )
        )
        self.wallet = Wallet(RULES, keyed_draw if seeded else RandomDraw(), PEPPER)
        self.now = NOON
        self.causes = 0
        self.pin = ""
        self.restores: list[int] = []
        self.ended: dict[int, str] = {}
        self.paid = dict.fromkeys(OPENING, 0)

    def cause(self) -> str:
        self.causes += 1
        return f"message:{self.causes}"

    @rule(minutes=st.sampled_from([0, 1, 2, 5, 60, 25 * 60]))
    def wait(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule(target=codes, amount=st.integers(1, 60_000), unit=st.sampled_from(["RUB", "USD", "EUR"]))
    def start(self, amount: int, unit: str) -> str:
        cause = self.cause()
        started = self.wallet.start_payment(self.books, NUMBER, Money(amount, unit), "ACME", self.now, cause)
        before = self.books.state()
        again = self.wallet.start_payment(self.books, NUMBER, Money(amount, unit), "ACME", self.now, cause)
        assert again == attrs.evolve(started, code=None)
        assert self.books.state() == before
        if started.payment.state == PaymentState.COMPLETED:
            self.paid[unit] += amount
        return started.code or "000000"

    @rule(code=codes)
    def confirm(self, code: str) -> None:
        cause = self.cause()
        answer = self.wallet.confirm_payment(self.books, NUMBER, code, self.now, cause)
        before = self.books.state()
        again = self.wallet.confirm_payment(self.books, NUMBER, code, self.now, cause)
        assert again == answer
        assert self.books.state() == before
        if isinstance(answer, PaymentConfirmed):
            self.paid[answer.payment.amount.currency] += answer.payment.amount.amount

    @rule()
    def sweep(self) -> None:
        self.wallet.expire_payments(self.books, self.now)
        assert not self.books.payments.due(self.now, 1)

    @rule(is_on=st.booleans())
    def turn(self, is_on: bool) -> None:
        cause = self.cause()
        try:
            turned = self.wallet.turn_confirmation(self.books, NUMBER, is_on, self.now, cause)
        except AccountBlocked:
            return
        assert turned.is_on == is_on == self.books.accounts[NUMBER].confirmation
        assert self.wallet.turn_confirmation(self.books, NUMBER, is_on, self.now, cause) == turned

    @rule(is_blocked=st.booleans())
    def block(self, is_blocked: bool) -> None:
        self.books.accounts.put(attrs.evolve(self.books.accounts[NUMBER], blocked=is_blocked))

    @rule(earlier=st.integers(0, 3))
    def restore(self, earlier: int) -> None:
        """With a new cause, or that of one of the last requests again, whatever it asked for then."""
        cause = f"message:{self.causes - earlier + 1}" if earlier else self.cause()
        kept = self.books.accounts[NUMBER].pin
        try:
            restored = self.wallet.restore_pin(self.books, NUMBER, self.now, cause)
        except AccountBlocked:
            return
        if not isinstance(restored, PinRestored):
            assert self.books.accounts[NUMBER].pin == kept
            return
        assert not is_weak(restored.pin)
        if self.books.accounts[NUMBER].pin == kept:
            assert restored.pin == self.pin
            return
        assert restored.pin != self.pin
        if self.restores:
            assert self.now - self.restores[-1] >= RULES.pin_reset_gap * 1_000_000
        self.pin = restored.pin
        self.restores.append(self.now)
        day = [at for at in self.restores if at > self.now - RULES.pin_resets_window * 1_000_000]
        assert len(day) <= RULES.pin_resets

    @rule(guess=st.sampled_from(["", "4821", "0000"]), source=st.sampled_from(["", "atm", "*"]))
    def guess(self, guess: str, source: str) -> None:
        answer = self.wallet.check_pin(self.books, NUMBER, guess or self.pin, self.now, self.cause(), source)
        assert answer == PinCheck.REFUSED or (guess or self.pin) == self.pin

    @invariant()
    def no_balance_is_negative_and_the_ledger_agrees(self) -> None:
        for money in self.books.accounts[NUMBER].balances:
            assert money.amount >= 0
            assert money.amount == OPENING[money.currency] - self.paid[money.currency]

    @invariant()
    def what_is_over_stays_over(self) -> None:
        for payment in self.books.payments.values():
            assert self.ended.get(payment.number, payment.state) == payment.state
            if payment.state in FINAL:
                self.ended[payment.number] = payment.state
        # Each payment started once and ended at most once in the history too.

        entries = self.books.entries.of(NUMBER, 10**6)
        started = [entry.payment for entry in entries if entry.kind == EntryKind.PAYMENT_STARTED]
        ended = [
            entry.payment
            for entry in entries
            if entry.kind in (EntryKind.PAYMENT_COMPLETED, EntryKind.PAYMENT_REFUSED, EntryKind.PAYMENT_EXPIRED)
        ]
        assert sorted(started) == sorted(self.books.payments)
        assert sorted(ended) == sorted(self.ended)


TestAnyOrder = AnyOrder.TestCase
# An example is up to 50 steps, so as many of them as of other examples would take minutes.
TestAnyOrder.settings = settings(max_examples=min(settings.default.max_examples, 1000))
