"""Every rule of the wallet that somebody may want otherwise, with its default. Durations are whole
seconds."""

from collections.abc import Callable
from typing import Final

import attrs

from commands.wallet.money import is_currency

# draw(purpose, key, below) gives an integer in range(below); how random it is, the caller decides.
Draw = Callable[[str, tuple[object, ...], int], int]

MICROSECONDS: Final = 1_000_000
HOUR: Final = 3600
CODE_DIGITS: Final = 6


@attrs.frozen
class WalletRules:
    """What the wallet does and refuses.

    `unknown_subscribers` is "refuse", or "create" for an account with `language` and a balance below
    `created_balance` minor units of `currency` on first contact. `payment_limit` is in minor units of any
    currency; 0 is no limit.
    """

    unknown_subscribers: str = "refuse"
    language: str = "ru"
    currency: str = "RUB"
    created_balance: int = 5_000_000
    allow_confirm_off: bool = False
    pin_digits: int = 4
    pin_reset_gap: int = 120
    pin_resets: int = 3
    pin_resets_window: int = 24 * HOUR
    pin_reset_lock: int = 24 * HOUR
    pin_temporary: int = 24 * HOUR
    # 5 guesses of 9,340 values, and 20 when they come from several terminals.
    pin_wrong_checks: int = 5
    pin_wrong_checks_of_all: int = 20
    pin_check_lock: int = 900
    # Doubling stops here: a lock that never ends would let anybody shut a subscriber out for good.
    pin_check_lock_longest: int = 24 * HOUR
    # Over all accounts: a person at a terminal is wrong a few times an hour. 0 is no limit.
    pin_budget_of_terminal: int = 100
    pin_budget: int = 1000
    pin_budget_window: int = HOUR
    code_valid: int = 300
    code_tries: int = 3
    payments_held: int = 5
    payment_limit: int = 0

    def faults(self) -> list[str]:
        """What is wrong with these rules, one sentence each; empty when they can be used."""
        faults = []
        if self.unknown_subscribers not in ("refuse", "create"):
            faults.append('unknown_subscribers is "refuse" or "create"')
        if self.language not in ("en", "ru"):
            faults.append('language is "en" or "ru"')
        if not is_currency(self.currency):
            faults.append("currency is three capital letters, as in ISO 4217")
        for name, (lowest, highest) in _BOUNDS.items():
            if not lowest <= getattr(self, name) <= highest:
                faults.append(f"{name} is from {lowest} to {highest}")
        return faults


_DAYS_30: Final = 30 * 24 * HOUR
_BOUNDS: Final = {
    "created_balance": (1, 10**15),
    "pin_digits": (4, 6),
    "pin_reset_gap": (0, _DAYS_30),
    "pin_resets": (1, 100),
    "pin_resets_window": (1, _DAYS_30),
    "pin_reset_lock": (0, _DAYS_30),
    "pin_temporary": (1, _DAYS_30),
    "pin_wrong_checks": (1, 100),
    "pin_wrong_checks_of_all": (1, 1000),
    "pin_check_lock": (1, _DAYS_30),
    "pin_check_lock_longest": (1, _DAYS_30),
    "pin_budget_of_terminal": (0, 10**6),
    "pin_budget": (0, 10**6),
    "pin_budget_window": (1, _DAYS_30),
    # The text names whole minutes in at most two digits.
    "code_valid": (60, 99 * 60),
    "code_tries": (1, 9),
    "payments_held": (1, 100),
    "payment_limit": (0, 10**15),
}
