"""What the wallet remembers: accounts, payments, and the entries that say what changed them and why.

All are frozen values of integers, short strings, octets and tuples of them, so that a storage can keep each
as one row. Times are emulated microseconds UTC since the epoch; 0 stands for "never".
"""

from enum import StrEnum
from typing import Final

import attrs

from commands.wallet.money import LARGEST_AMOUNT, Money, is_currency

# So many fit the declared length of a balance reply.
MOST_CURRENCIES: Final = 5


@attrs.frozen
class CheckLock:
    """Wrong PIN checks from one `source` (a terminal's name), or from all of them together when it is "*".

    `failed` counts since the last right check or lock, `locks` counts the locks that followed one another.
    """

    source: str
    failed: int = 0
    locks: int = 0
    locked_until: int = 0


@attrs.frozen
class PinState:
    """The PIN of one account, without the PIN.

    `digest` is keyed (see `pins.pin_digest`) and empty while no PIN is set. `nonce` counts the PINs that
    were ever set and goes into the digest. `resets` are the times of the restores of the last 24 hours,
    oldest first; `reset_count` counts the restores of all time and `reset_cause` is the cause of the last
    one. No restore before `locked_until`. A PIN with `temporary_until` no longer opens anything from then
    on.
    """

    digest: bytes = attrs.field(default=b"", repr=False)
    nonce: int = 0
    set_at: int = 0
    temporary_until: int = 0
    resets: tuple[int, ...] = ()
    reset_count: int = 0
    reset_cause: str = ""
    locked_until: int = 0
    checks: tuple[CheckLock, ...] = ()


NO_PIN = PinState()


@attrs.frozen
class Account:
    """The wallet account of one subscriber: `number` is the MSISDN, digits only; `language` is "en" or "ru".

    `balances` holds each currency once, in the order in which a balance reply names them.
    """

    number: str
    language: str = "ru"
    balances: tuple[Money, ...] = ()
    blocked: bool = False
    confirmation: bool = False
    pin: PinState = NO_PIN

    def balance_in(self, currency: str) -> Money:
        """What the account holds in `currency`: zero when it has none."""
        for money in self.balances:
            if money.currency == currency:
                return money
        return Money(0, currency)

    def faults(self) -> list[str]:
        """What makes it no account, one sentence each: for accounts that people write, in a file or a form."""
        faults = []
        if not (self.number.isascii() and self.number.isdigit() and len(self.number) <= 15):
            faults.append("a number is 1 to 15 digits (ITU-T E.164)")
        if self.language not in ("en", "ru"):
            faults.append('a language is "en" or "ru"')
        currencies = [money.currency for money in self.balances]
        if len(currencies) > MOST_CURRENCIES:
            faults.append(f"an account holds at most {MOST_CURRENCIES} currencies")
        if len(set(currencies)) != len(currencies):
            faults.append("an account holds each currency once")
        faults += [f"{currency} is not three capital letters" for currency in currencies if not is_currency(currency)]
        faults += [
            f"a balance is from 0 to {LARGEST_AMOUNT} minor units: {money}"
            for money in self.balances
            if not 0 <= money.amount <= LARGEST_AMOUNT
        ]
        return faults


class EntryKind(StrEnum):
    """What happened to an account."""

    CREATED = "created"
    EDITED = "edited"
    PIN_RESTORED = "pin_restored"
    PIN_CHANGED = "pin_changed"
    PIN_CHECKED = "pin_checked"
    CONFIRMATION_ON = "confirmation_on"
    CONFIRMATION_OFF = "confirmation_off"
    PAYMENT_STARTED = "payment_started"
    CODE_TRIED = "code_tried"
    PAYMENT_COMPLETED = "payment_completed"
    PAYMENT_REFUSED = "payment_refused"
    PAYMENT_EXPIRED = "payment_expired"


@attrs.frozen
class Entry:
    """One line of an account's history, unique by (`cause`, `kind`).

    `detail` is for people and never holds a secret; `payment` is the number of the payment it is about, if
    any.
    """

    account: str
    kind: str
    cause: str
    at: int
    detail: str = ""
    payment: int | None = None


class PaymentState(StrEnum):
    """Held waits for its code; the others are final."""

    HELD = "held"
    COMPLETED = "completed"
    EXPIRED = "expired"
    REFUSED = "refused"


class RefusalReason(StrEnum):
    """Why a payment was refused: not enough money, a blocked account, a limit of the rules, or wrong
    codes."""

    FUNDS = "funds"
    BLOCKED = "blocked"
    LIMIT = "limit"
    CODE = "code"


@attrs.frozen
class Payment:
    """One payment from `account` to `merchant`, as the merchant asked for it with `cause`.

    `code_digest` is keyed and empty when no code was drawn; `tries` counts the wrong codes. `reason` says
    why a payment was refused (RefusalReason), else it is empty. `expires_at` is 0 for one that
    was never held.
    """

    number: int
    account: str
    amount: Money
    merchant: str
    cause: str
    created_at: int
    state: str = PaymentState.HELD
    reason: str = ""
    code_digest: bytes = attrs.field(default=b"", repr=False)
    tries: int = 0
    expires_at: int = 0
