"""Money and times against Babel and the zone database, and the characters that they are made of."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_datetime
from babel.numbers import format_decimal
from hypothesis import example, given
from hypothesis import strategies as st

from commands.replies import formats
from commands.replies.formats import LANGUAGES, SPELLINGS
from commands.wallet.money import EXPONENTS, LARGEST_AMOUNT, Money, exponent
from tests.commands.doubles import MINUTE, NOON

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOSCOW = ZoneInfo("Europe/Moscow")
FIRST = int((datetime(2014, 10, 27, tzinfo=UTC) - EPOCH).total_seconds()) * 1_000_000
LAST = int((datetime(2099, 12, 31, tzinfo=UTC) - EPOCH).total_seconds()) * 1_000_000

amounts = st.integers(-LARGEST_AMOUNT, LARGEST_AMOUNT)
currencies = st.sampled_from(["RUB", "USD", "KZT", *EXPONENTS])
times = st.integers(FIRST, LAST)


def babel_money(money: Money, language: str) -> str:
    """Babel's spelling, with the characters that SMS has for those that it has not."""
    digits = exponent(money.currency)
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    number = format_decimal(Decimal(money.amount).scaleb(-digits), pattern, {"en": "en_US", "ru": "ru_RU"}[language])
    number = number.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    return f"{number} {'руб.' if (language, money.currency) == ('ru', 'RUB') else money.currency}"


@given(amounts, currencies)
@example(123450, "RUB")
@example(LARGEST_AMOUNT, "RUB")
@example(5, "RUB")
@example(-5, "RUB")
@example(0, "JPY")
@example(1234, "KWD")
def test_money_is_spelled_as_babel_spells_it(amount: int, currency: str) -> None:
    """Digits, groups and marks are those of CLDR in both languages, but for the characters that SMS lacks."""
    money = Money(amount, currency)
    for language in LANGUAGES:
        assert SPELLINGS[language]["money"](money) == babel_money(money, language)


@pytest.mark.parametrize(
    ("amount", "en", "ru"),
    [
        (123450, "1,234.50 RUB", "1 234,50 руб."),
        (999999999, "9,999,999.99 RUB", "9 999 999,99 руб."),
        (35000, "350.00 RUB", "350,00 руб."),
        (0, "0.00 RUB", "0,00 руб."),
        (7, "0.07 RUB", "0,07 руб."),
    ],
)
def test_roubles(amount: int, en: str, ru: str) -> None:
    """Roubles look as in the table of replies."""
    assert formats.money_en(Money(amount, "RUB")) == en
    assert formats.money_ru(Money(amount, "RUB")) == ru


def test_several_currencies_are_separated_by_commas() -> None:
    """Each currency keeps its own amount and name."""
    moneys = (Money(123450, "RUB"), Money(1000, "USD"), Money(500, "JPY"))
    assert formats.moneys_en(moneys) == "1,234.50 RUB, 10.00 USD, 500 JPY"
    assert formats.moneys_ru(moneys) == "1 234,50 руб., 10,00 USD, 500 JPY"


@given(times)
@example(NOON)
@example(NOON - 1)
def test_times_are_moscow_wall_times(at: int) -> None:
    """The minute and the day are those of the zone database, which is also how Babel spells them."""
    moscow = (EPOCH + timedelta(microseconds=at)).astimezone(MOSCOW)
    clock, day = format_datetime(moscow, "HH:mm"), format_datetime(moscow, "dd.MM")
    assert formats.moment_en(at) == f"{clock} MSK {day}"
    assert formats.moment_ru(at) == f"{clock} МСК {day}"


@given(times)
@example(NOON)
@example(NOON + 1)
@example(NOON - 1)
def test_waiting_until_the_time_that_is_told_is_enough(at: int) -> None:
    """A time to wait for is rounded up to the minute, never down, and by less than a minute."""
    told = formats.after_en(at)
    assert told == formats.moment_en(at + MINUTE - 1)
    assert formats.after_ru(at) == told.replace("MSK", "МСК")


@given(amounts, currencies, times)
@example(LARGEST_AMOUNT, "RUB", NOON)
def test_english_is_ascii(amount: int, currency: str, at: int) -> None:
    """Nothing in an English amount or time costs a reply its 160 characters."""
    assert formats.money_en(Money(amount, currency)).isascii()
    assert formats.moment_en(at).isascii()


@given(amounts, currencies, times)
@example(LARGEST_AMOUNT, "RUB", NOON)
def test_only_plain_spaces(amount: int, currency: str, at: int) -> None:
    """Every space is U+0020 in both languages, and no rouble sign occurs."""
    for language in LANGUAGES:
        spelled = SPELLINGS[language]["money"](Money(amount, currency)) + SPELLINGS[language]["moment"](at)
        assert {letter for letter in spelled if letter.isspace()} == {" "}
        assert not set(spelled) & set("₽№«»—…")
