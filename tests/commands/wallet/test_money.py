"""Amounts as merchants spell them."""

from decimal import Decimal

import pytest
from babel.numbers import get_currency_precision
from hypothesis import example, given
from hypothesis import strategies as st

from commands.wallet.errors import AmountInvalid
from commands.wallet.money import EXPONENTS, LARGEST_AMOUNT, Money, exponent, parse_amount

# CLDR says how many decimals are in use, ISO 4217 how many there are; here they differ.
NOT_IN_USE = {"IQD", "UGX"}


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("350", "RUB", 35000),
        ("350.00", "RUB", 35000),
        ("0.01", "RUB", 1),
        ("9999999999.99", "RUB", 999_999_999_999),
        ("500", "JPY", 500),
        ("1.234", "KWD", 1234),
    ],
)
def test_an_amount_is_whole_minor_units(text: str, currency: str, minor: int) -> None:
    """What is spelled rightly becomes exactly so many minor units."""
    assert parse_amount(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "-1", "+1", "0", "0.00", "1e309", "1e3", "1E3", "NaN", "nan", "Infinity", "inf", "1,000.00", "1 000",
        "1,50", "0.001", "1.5", "1.", ".50", "01", "007.00", "00", "00.01", "0x10", "0b1", "1_000", "9" * 30,
        "12345678901", "٣٥٠", "३५०", "³", "３５０", "①", "350\n", "350 ", " 350", "350.00 RUB", "350.0０",
        "1.00.00", "350\x00",
    ],
)  # fmt: skip
def test_w06_other_spellings_are_refused(text: str) -> None:
    """Signs, zeros, exponents, groups, wrong decimals, other digits and too many digits are all AmountInvalid."""
    with pytest.raises(AmountInvalid):
        parse_amount(text, "RUB")


@pytest.mark.parametrize("currency", ["", "RU", "rub", "RUBL", "РУБ", "R B", "RUB\n"])
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    """Whatever else stands for a currency is AmountInvalid too."""
    with pytest.raises(AmountInvalid):
        parse_amount("1", currency)


@pytest.mark.parametrize("text", ["500.00", "500.0"])
def test_yen_have_no_decimals(text: str) -> None:
    """Decimals that a currency lacks are refused, not rounded."""
    with pytest.raises(AmountInvalid):
        parse_amount(text, "JPY")


@given(st.text(alphabet="0123456789.,-+eE ٣", max_size=14))
@example("350.00")
@example("350")
def test_whatever_is_accepted_is_what_decimal_reads(text: str) -> None:
    """An accepted amount equals the number that Decimal reads, to the last minor unit, and is above zero."""
    try:
        money = parse_amount(text, "RUB")
    except AmountInvalid:
        return
    assert Decimal(money.amount).scaleb(-2) == Decimal(text)
    assert money.amount > 0


@given(st.integers(1, 999_999_999_999), st.sampled_from(["RUB", "USD", *EXPONENTS]))
@example(1, "RUB")
@example(1, "KWD")
def test_an_amount_reads_back(minor: int, currency: str) -> None:
    """What the histories write is an amount in the strict grammar, and the same one."""
    money = Money(minor, currency)
    text, _, unit = str(money).partition(" ")
    if len(text.partition(".")[0]) <= 10:
        assert (parse_amount(text, unit)) == money


@pytest.mark.parametrize("currency", sorted({"RUB", "USD", "EUR", "KZT", "BYN", "UAH", *EXPONENTS} - NOT_IN_USE))
def test_exponents_are_those_of_cldr(currency: str) -> None:
    """A currency has as many decimals as CLDR knows."""
    assert exponent(currency) == get_currency_precision(currency)


def test_a_debt_is_readable() -> None:
    """A negative amount, which no balance is, would still be shown with its sign."""
    assert str(Money(-5, "RUB")) == "-0.05 RUB"


def test_amounts_that_histories_show() -> None:
    """Nothing has no sign, and the smallest amount its zeros."""
    assert str(Money(0, "RUB")) == "0.00 RUB"
    assert str(Money(1, "RUB")) == "0.01 RUB"
    assert str(Money(0, "JPY")) == "0 JPY"


@pytest.mark.parametrize(("currency", "digits"), [("IQD", 3), ("UGX", 0)])
def test_exponents_of_currencies_whose_decimals_are_not_in_use(currency: str, digits: int) -> None:
    """Here ISO 4217 counts, not what people use."""
    assert exponent(currency) == digits


def test_a_balance_fits_64_bits() -> None:
    """The largest amount is the largest that a database keeps in a signed integer of eight octets."""
    assert LARGEST_AMOUNT.bit_length() == 63
    assert LARGEST_AMOUNT + 1 == 1 << 63
