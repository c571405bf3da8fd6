"""The wallet account service: what can be asked of it, each within the books of one transaction.

How this works: every method is told the time (`now`, emulated microseconds UTC) and the `cause`. It first
notes what it is about to do as an entry, unique by cause and kind; when the entry is there already the
effect has happened, so nothing is changed again and the answer is made from what the books say.
"""

from collections.abc import Callable

import attrs

from commands.wallet import budget, pins
from commands.wallet.accounts import Account, Entry, EntryKind, Payment, PaymentState
from commands.wallet.books import CommandBooks, WalletBooks
from commands.wallet.digits import same
from commands.wallet.errors import AccountBlocked, NoAccount, PinInvalid
from commands.wallet.money import Money
from commands.wallet.payments import Cashier, CodeAnswer, NothingPending, PaymentStarted
from commands.wallet.pins import PinCheck, PinLimited, PinLocked, PinRestored
from commands.wallet.rules import Draw, WalletRules

_NO_DIGEST = bytes(32)


@attrs.frozen
class Confirmation:
    """Whether payments need a code, and whether this request is what made it so."""

    is_on: bool
    is_changed: bool = False


class Wallet:
    """Accounts, PINs and payments under `rules`.

    `draw` is where PINs, codes and the balances of created accounts come from. `pepper` is the key of the
    digests: whoever changes it makes every PIN and waiting code wrong. Raises ValueError for rules with
    faults. `alert` is told, at least once, when so many wrong PINs came that no more are looked at for a
    while; whatever is told, the transaction may still fail.
    """

    def __init__(
        self, rules: WalletRules, draw: Draw, pepper: bytes, alert: Callable[[str], None] = lambda spent: None
    ) -> None:
        faults = rules.faults()
        if faults:
            raise ValueError("; ".join(faults))
        self.rules = rules
        self._draw = draw
        self._pepper = pepper
        self._alert = alert
        self._cashier = Cashier(rules, draw, pepper)

    def account(self, books: WalletBooks, number: str, now: int, cause: str) -> Account:
        """The account of a number, made now if the rules say so; raises NoAccount or AccountBlocked."""
        account = books.accounts.get(number)
        if account is None:
            account = self._create(books, number, now, cause)
        if account.blocked:
            raise AccountBlocked(number)
        return account

    def balance(self, books: WalletBooks, number: str, now: int, cause: str) -> tuple[Money, ...]:
        """What the account holds, at least one amount; raises NoAccount or AccountBlocked."""
        balances = self.account(books, number, now, cause).balances
        return balances or (Money(0, self.rules.currency),)

    def restore_pin(
        self, books: WalletBooks, number: str, now: int, cause: str
    ) -> PinRestored | PinLimited | PinLocked:
        """Replace the PIN; raises NoAccount or AccountBlocked.

        The same cause changes nothing again. It is told the same PIN if that is in force and can be drawn
        again (drawing with a seed), else when the next restore is possible.
        """
        account = self.account(books, number, now, cause)
        state = account.pin
        if state.reset_cause == cause and (again := self._draw_again(account)) is not None:
            return PinRestored(again)
        refusal = pins.restore_refusal(state, now, self.rules)
        if refusal is not None:
            return refusal
        if not books.entries.add(Entry(number, EntryKind.PIN_RESTORED, cause, now)):
            return PinLimited(now)
        pin = pins.draw_pin(
            self._draw,
            number,
            state.reset_count + 1,
            self.rules.pin_digits,
            lambda drawn: self._is_pin(account, drawn),
        )
        digest = pins.pin_digest(self._pepper, number, state.nonce + 1, pin)
        books.accounts.put(attrs.evolve(account, pin=pins.restored(state, digest, now, cause, self.rules)))
        return PinRestored(pin)

    def check_pin(self, books: CommandBooks, number: str, pin: str, now: int, cause: str, source: str = "") -> PinCheck:
        """Whether `pin` opens the account, as a terminal named `source` asks. Wrong checks lock that
        source, and many of them every source; very many, whatever the accounts, spend what is looked at in
        an hour. Raises nothing; a number without an account is refused like a wrong PIN.
        """
        source = pins.source_name(source)
        account = books.accounts.get(number)
        is_right = self._is_pin(account, pin, number)
        if budget.is_spent(books.limits, source, now, self.rules):
            return PinCheck.REFUSED
        if account is None or pins.is_check_locked(account.pin, source, now):
            if not is_right:
                self._spend(books, source, now)
            return PinCheck.REFUSED
        state = account.pin
        if is_right and (account.blocked or (state.temporary_until and now >= state.temporary_until)):
            return PinCheck.REFUSED
        detail = f"{'right' if is_right else 'wrong'} {source}".rstrip()
        if books.entries.add(Entry(number, EntryKind.PIN_CHECKED, cause, now, detail)):
            if is_right:
                state = pins.check_passed(state, source)
            else:
                state = pins.check_failed(state, source, now, self.rules)
                self._spend(books, source, now)
            books.accounts.put(attrs.evolve(account, pin=state))
        return PinCheck.RIGHT if is_right else PinCheck.REFUSED

    def change_pin(
        self, books: CommandBooks, number: str, pin: str, new: str, now: int, cause: str, source: str = ""
    ) -> PinCheck:
        """Replace `pin`, if it is right, by `new`, which is not temporary. Raises PinInvalid for a `new`
        that is not as many ASCII digits as the rules say, or weak.
        """
        is_spelled = new.isascii() and new.isdigit() and len(new) == self.rules.pin_digits
        if not is_spelled or pins.is_weak(new):
            raise PinInvalid(f"a PIN is {self.rules.pin_digits} digits, neither repeated nor a run")
        if books.entries.find(cause, EntryKind.PIN_CHANGED) is not None:
            return PinCheck.RIGHT
        check = self.check_pin(books, number, pin, now, cause, source)
        account = books.accounts.get(number)
        if check == PinCheck.RIGHT and account is not None:
            books.entries.add(Entry(number, EntryKind.PIN_CHANGED, cause, now, pins.source_name(source)))
            digest = pins.pin_digest(self._pepper, number, account.pin.nonce + 1, new)
            books.accounts.put(attrs.evolve(account, pin=pins.changed(account.pin, digest, now)))
        return check

    def confirmation(self, books: WalletBooks, number: str, now: int, cause: str) -> Confirmation:
        """Whether payments need a code; raises NoAccount or AccountBlocked."""
        return Confirmation(self.account(books, number, now, cause).confirmation)

    def turn_confirmation(self, books: WalletBooks, number: str, is_on: bool, now: int, cause: str) -> Confirmation:
        """Turn the confirmation of payments on or off; raises NoAccount or AccountBlocked. Whether a
        subscriber may turn it off by SMS is not decided here.
        """
        account = self.account(books, number, now, cause)
        kind = EntryKind.CONFIRMATION_ON if is_on else EntryKind.CONFIRMATION_OFF
        if account.confirmation == is_on:
            return Confirmation(is_on, is_changed=books.entries.find(cause, kind) is not None)
        if not books.entries.add(Entry(number, kind, cause, now)):
            return Confirmation(account.confirmation)
        books.accounts.put(attrs.evolve(account, confirmation=is_on))
        return Confirmation(is_on, is_changed=True)

    def start_payment(
        self, books: WalletBooks, number: str, amount: Money, merchant: str, now: int, cause: str
    ) -> PaymentStarted:
        """Start a payment as a merchant does: held with a code when confirmation is on, else completed at
        once, or refused and kept as refused. Raises NoAccount, AmountInvalid, MerchantInvalid.
        """
        account = books.accounts.get(number)
        if account is None:
            account = self._create(books, number, now, cause)
        return self._cashier.start(books, account, amount, merchant, now, cause)

    def confirm_payment(self, books: WalletBooks, number: str, code: str, now: int, cause: str) -> CodeAnswer:
        """What six digits from the subscriber do. Raises nothing: without an account nothing is pending."""
        account = books.accounts.get(number)
        if account is None:
            return NothingPending()
        return self._cashier.confirm(books, account, code, now, cause)

    def has_pending(self, books: WalletBooks, number: str, now: int) -> bool:
        """Whether a payment of the subscriber waits for a code."""
        return any(now < payment.expires_at for payment in books.payments.pending(number))

    def expire_payment(self, books: WalletBooks, number: int, now: int) -> Payment | None:
        """End one payment if it is held and its time is over; gives it back then."""
        payment = books.payments.get(number)
        if payment is None or payment.state != PaymentState.HELD or now < payment.expires_at:
            return None
        return self._cashier.expire(books, payment, now)

    def expire_payments(self, books: WalletBooks, now: int, limit: int = 100) -> list[Payment]:
        """End at most `limit` held payments whose time is over; they are given back."""
        return [self._cashier.expire(books, payment, now) for payment in books.payments.due(now, limit)]

    def _spend(self, books: CommandBooks, source: str, now: int) -> None:
        for spent in budget.spend(books.limits, source, now, self.rules):
            self._alert(spent)

    def _create(self, books: WalletBooks, number: str, now: int, cause: str) -> Account:
        rules = self.rules
        if rules.unknown_subscribers != "create":
            raise NoAccount(number)
        amount = self._draw("balance", (number,), rules.created_balance)
        account = Account(number, rules.language, (Money(amount, rules.currency),))
        books.entries.add(Entry(number, EntryKind.CREATED, cause, now, str(account.balances[0])))
        books.accounts.put(account)
        return account

    def _draw_again(self, account: Account) -> str | None:
        """The PIN of the last restore, if it is in force and drawing it again gives it again."""
        state = account.pin
        pin = pins.draw_pin(self._draw, account.number, state.reset_count, self.rules.pin_digits, lambda _: False)
        return pin if self._is_pin(account, pin) else None

    def _is_pin(self, account: Account | None, pin: str, number: str = "") -> bool:
        """Whether `pin` is the account's. It takes as long when there is no account or no PIN."""
        kept = _NO_DIGEST if account is None else account.pin.digest or _NO_DIGEST
        nonce = 0 if account is None else account.pin.nonce
        return same(kept, pins.pin_digest(self._pepper, account.number if account else number, nonce, pin))
