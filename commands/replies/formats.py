"""Money and times as subscribers read them: only characters that SMS alphabets have, and plain spaces.

A no-break space, a rouble sign or a dash would each turn an English text into UCS-2 and cut its segment
from 160 characters to 70.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from commands.wallet.money import EXPONENTS, Money

LANGUAGES: Final = ("en", "ru")

_MINUTE: Final = 60_000_000
# Moscow has kept UTC+3 without summer time since 26 October 2014 (Federal Law 248-FZ); earlier times are told
# in the same zone.
_MOSCOW: Final = datetime(1970, 1, 1, 3)  # noqa: DTZ001 - wall time of Moscow, its zone is in the text


def money_en(money: Money) -> str:
    """ "1,234.50 RUB" """
    return _money(money.amount, money.currency)


# Somebody's balance is asked for again and again, and written with each reply.
@lru_cache(maxsize=4096)
def _money(amount: int, currency: str) -> str:
    if currency in EXPONENTS or amount < 0:
        return _unusual(amount, currency)
    return f"{amount // 100:,}.{amount % 100:02d} {currency}"


def money_ru(money: Money) -> str:
    """ "1 234,50 руб."; other currencies by their code, "1 234,50 USD"."""
    return _money_in_russian(money.amount, money.currency)


@lru_cache(maxsize=4096)
def _money_in_russian(amount: int, currency: str) -> str:
    number = _money(amount, currency).removesuffix(currency).replace(",", " ").replace(".", ",")
    return f"{number}руб." if currency == "RUB" else f"{number}{currency}"


def moneys_en(moneys: tuple[Money, ...]) -> str:
    """One or more, "1,234.50 RUB, 10.00 USD"."""
    return money_en(moneys[0]) if len(moneys) == 1 else ", ".join(map(money_en, moneys))


def moneys_ru(moneys: tuple[Money, ...]) -> str:
    """One or more, "1 234,50 руб., 10,00 USD"."""
    return money_ru(moneys[0]) if len(moneys) == 1 else ", ".join(map(money_ru, moneys))


def moment_en(at: int) -> str:
    """Microseconds UTC as "14:05 MSK 21.11"."""
    return _moment(at // _MINUTE, "MSK")


def moment_ru(at: int) -> str:
    """Microseconds UTC as "14:05 МСК 21.11"."""
    return _moment(at // _MINUTE, "МСК")


def after_en(at: int) -> str:
    """The first whole minute that is not before `at`: waiting until then is enough."""
    return _moment(-(-at // _MINUTE), "MSK")


def after_ru(at: int) -> str:
    """As after_en, in Russian."""
    return _moment(-(-at // _MINUTE), "МСК")


# How a value that goes by one of these kinds is spelled, by language.
SPELLINGS: Final[Mapping[str, Mapping[str, Callable[[Any], str]]]] = {
    "en": {"money": money_en, "moneys": moneys_en, "moment": moment_en, "after": after_en, "plain": str},
    "ru": {"money": money_ru, "moneys": moneys_ru, "moment": moment_ru, "after": after_ru, "plain": str},
}


def _unusual(amount: int, currency: str) -> str:
    """As money_en, for other numbers of decimals and for debts."""
    digits = EXPONENTS.get(currency, 2)
    whole, fraction = divmod(abs(amount), 10**digits)
    sign = "-" if amount < 0 else ""
    point = f".{fraction:0{digits}d}" if digits else ""
    return f"{sign}{whole:,}{point} {currency}"


# The times in replies are mostly of this minute, and of a day to come.
@lru_cache(maxsize=4096)
def _moment(minute: int, zone: str) -> str:
    at = _MOSCOW + timedelta(minutes=minute)
    return f"{at:%H:%M} {zone} {at:%d.%m}"
