"""The list of replies: each code, the placeholders of its text, and the values that make the text longest."""

from collections.abc import Mapping
from itertools import product
from typing import Final

import attrs

from commands.wallet.accounts import MOST_CURRENCIES
from commands.wallet.money import LARGEST_AMOUNT, Money

# Tables of phrases in the data files, and the keys that each has. A value of such a kind is a key.
PHRASES: Final[Mapping[str, tuple[str, ...]]] = {
    "label": ("balance", "pin", "confirm", "help", "support", "code"),
    "advice": ("quiet", "usual", "busy"),
    "advice_short": ("quiet", "usual", "busy"),
}

# Twenty to midnight on 28 December in Moscow; every time has the same number of characters.
_SOME_TIME: Final = 1_798_490_400_000_000
# The most a payment can be (money.parse_amount), in the currencies with the most characters.
_PAYMENTS: Final = (Money(999_999_999_999, "RUB"), Money(9_999_999_999_999, "KWD"))
_CURRENCIES: Final = ("RUB", "USD", "EUR", "KZT", "KWD")
_MOST: Final = tuple(Money(LARGEST_AMOUNT, currency) for currency in _CURRENCIES[:MOST_CURRENCIES])


@attrs.frozen
class Placeholder:
    """What a placeholder stands for: `kind` is one of formats.SPELLINGS or of PHRASES, `longest` are the
    values among which is the one that makes a text longest.
    """

    kind: str
    longest: tuple[object, ...]


def _phrase(table: str) -> Placeholder:
    return Placeholder(table, PHRASES[table])


_ONE_BALANCE: Final = Placeholder("moneys", tuple((money,) for money in _MOST))
_BALANCES: Final = Placeholder("moneys", (_MOST,))
_TIME: Final = Placeholder("moment", (_SOME_TIME,))
_UNTIL: Final = Placeholder("after", (_SOME_TIME,))
_PIN: Final = Placeholder("plain", ("000000",))
_AMOUNT: Final = Placeholder("money", _PAYMENTS)
_MERCHANT: Final = Placeholder("plain", ("W" * 20,))
_CODE: Final = Placeholder("plain", ("000000",))
_MINUTES: Final = Placeholder("plain", (99,))
_TRIES: Final = Placeholder("plain", (9,))
_LABEL: Final = _phrase("label")
_ADVICE: Final = {"advice": _phrase("advice")}
_PAYMENT: Final = {"amount": _AMOUNT, "merchant": _MERCHANT}
_NONE: Final[Mapping[str, Placeholder]] = {}

# `hotline` and the other constants of the data files need no mention here.
CODES: Final[Mapping[str, Mapping[str, Placeholder]]] = {
    "balance": {"balance": _ONE_BALANCE, "time": _TIME},
    "balance_many": {"balance": _BALANCES, "time": _TIME},
    "pin_new": {"pin": _PIN},
    "pin_limited": {"until": _UNTIL},
    "pin_locked": {"until": _UNTIL},
    "confirm_on": _NONE,
    "confirm_already_on": _NONE,
    "confirm_status_on": _NONE,
    "confirm_status_off": _NONE,
    "confirm_off": _NONE,
    "confirm_already_off": _NONE,
    "confirm_off_refused": _NONE,
    "help": _NONE,
    "support": _ADVICE,
    "support_technical": _ADVICE,
    "support_security": _ADVICE,
    "support_terminals": _ADVICE,
    "support_missing_money": {"advice_short": _phrase("advice_short")},
    "support_complaint": {"advice_short": _phrase("advice_short")},
    "payment_code": {**_PAYMENT, "code": _CODE, "minutes": _MINUTES},
    "payment_done": _PAYMENT,
    "payment_refused": _PAYMENT,
    "code_wrong": {"tries": _TRIES},
    "code_exhausted": _NONE,
    "code_expired": _PAYMENT,
    "suggest_balance": _NONE,
    "suggest_pin": _NONE,
    "suggest_confirm_on": _NONE,
    "suggest_confirm_off": _NONE,
    "suggest_confirm_status": _NONE,
    "suggest_help": _NONE,
    "suggest_support": _NONE,
    "suggest_code": _NONE,
    "two_commands": {"first": _LABEL, "second": _LABEL},
    "three_commands": {"first": _LABEL, "second": _LABEL, "third": _LABEL},
    "many_commands": _NONE,
    "doubt": {"first": _LABEL},
    "doubt_confirm": _NONE,
    "not_understood": _NONE,
    "unsupported_coding": _NONE,
    "no_wallet": _NONE,
    "blocked": _NONE,
    "service_down": _NONE,
}


def longest_values(code: str) -> list[dict[str, object]]:
    """Values for the placeholders of a reply: in one of these sets its text is as long as it can be."""
    placeholders = CODES[code]
    return [
        dict(zip(placeholders, values, strict=True))
        for values in product(*(placeholder.longest for placeholder in placeholders.values()))
    ]
