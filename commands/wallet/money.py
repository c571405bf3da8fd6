"""Money: whole minor units of one currency, never a float."""

import re
from typing import Final

import attrs

from commands.wallet.errors import AmountInvalid

# ISO 4217 exponents that are not 2, for the currencies in use.
EXPONENTS: Final = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
    "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip
# A stored amount fits a signed 64-bit integer.
LARGEST_AMOUNT: Final = 2**63 - 1
# Ten digits before the point: the longest amount that leaves a Russian payment code in one segment.
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,9})(?:\.([0-9]+))?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


@attrs.frozen
class Money:
    """`amount` minor units of `currency` (three capital letters, ISO 4217): Money(35000, "RUB") is 350
    roubles."""

    amount: int
    currency: str

    def __str__(self) -> str:
        """For people who read logs and histories: "350.00 RUB". What subscribers read is made elsewhere."""
        digits = exponent(self.currency)
        sign = "-" if self.amount < 0 else ""
        whole, fraction = divmod(abs(self.amount), 10**digits)
        point = f".{fraction:0{digits}d}" if digits else ""
        return f"{sign}{whole}{point} {self.currency}"


def exponent(currency: str) -> int:
    """The number of digits after the point: 2 but for the currencies of the table."""
    return EXPONENTS.get(currency, 2)


def is_currency(text: str) -> bool:
    """Whether it is spelled as a code of ISO 4217; which codes exist is not looked at."""
    return _CURRENCY.fullmatch(text) is not None


def parse_amount(text: str, currency: str) -> Money:
    """The positive amount that `text` spells, or AmountInvalid.

    The grammar is strict: ASCII digits without a sign, an exponent, a group mark or a leading zero, then
    nothing or a point and exactly as many digits as the currency has ("350", "350.00"; never "350.5",
    "0.00" or "1,000.00").
    """
    if not is_currency(currency):
        raise AmountInvalid("a currency is three capital letters")
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise AmountInvalid("an amount is at most 10 digits, then a point and the minor units")
    digits = exponent(currency)
    fraction = found[2]
    if fraction is not None and len(fraction) != digits:
        raise AmountInvalid(f"{currency} has {digits} digits after the point")
    amount = int(found[1]) * 10**digits + int(fraction or "0")
    if amount == 0:
        raise AmountInvalid("an amount is above zero")
    return Money(amount, currency)
