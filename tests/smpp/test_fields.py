"""Addresses, bit fields, address ranges and times."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.smpp import fields
from gateway.smpp.fields import Address, address_pattern, format_time, parse_time
from gateway.smpp.statuses import CommandStatus
from tests.smpp.frames import refusal, submit
from tests.strategies import times

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    """Microseconds of a date and time UTC."""
    return (datetime(year, month, day, hour, minute, second, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


NOW = utc(2026, 1, 15, 9)
END_OF_TIME = utc(9999, 12, 31, 23, 59, 59)


# --- times (§7.1.1) ---


@pytest.mark.parametrize(
    ("row", "text", "at"),
    [
        ("G1 UTC", "260115090000000+", NOW),
        ("G1 ahead of UTC", "260115120000012+", NOW),
        ("G1 behind UTC", "260115040000020-", NOW),
        ("G1 tenths", "260115090000700+", NOW + 700_000),
        ("G1 48 quarters", "260115210000048+", NOW),
        ("G1 over midnight", "260101000000048+", utc(2025, 12, 31, 12)),
        ("G1 29 February", "280229000000000+", utc(2028, 2, 29)),
        ("G3 37 is 2037", "371231235959900+", utc(2037, 12, 31, 23, 59, 59) + 900_000),
        ("G3 38 is 1938", "380101000000000+", utc(1938, 1, 1)),
        ("G3 B-12 31 December 99", "991231000000000+", utc(1999, 12, 31)),
        ("G2 one day", "000001000000000R", NOW + 86_400_000_000),
        ("G2 the example of 7.1.1.2", "020610233429000R", utc(2028, 7, 26, 8, 34, 29)),
        ("G2 B-12 nothing", "000000000000000R", NOW),
        ("G2 seconds beyond 59", "000000000090000R", NOW + 90_000_000),
        ("G2 t and nn are ignored", "000001000000512R", NOW + 86_400_000_000),
        ("G2 B-12 everything", "999999999999000R", utc(2133, 7, 27, 13, 40, 39)),
    ],
)  # fmt: skip
def test_times(row: str, text: str, at: int) -> None:
    """Absolute and relative times mean the moment that the specification gives them."""
    assert parse_time(text, NOW) == at


def test_no_time() -> None:
    """G5: an empty time is none."""
    assert parse_time("", NOW) is None


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("B-12 month 13", "261301000000000+"),
        ("month 0", "260001000000000+"),
        ("day 0", "260100000000000+"),
        ("B-12 30 February", "260230000000000+"),
        ("29 February 2026", "260229000000000+"),
        ("B-12 hour 24", "260101240000000+"),
        ("minute 60", "260101006000000+"),
        ("second 60", "260101000060000+"),
        ("G1 B-12 nn 49", "260101000000049+"),
        ("G1 B-12 sign *", "260101000000000*"),
        ("no sign", "260101000000000"),
        ("small r", "000001000000000r"),
        ("B-12 letters", "2601O1000000000+"),
        ("B-12 letters only", "tomorrow at nine"),
        ("B-11 5 characters", "26010"),
        ("17 characters", "2601010000000000+"),
        ("12 digits", "260101000000"),
        ("digits of another script", "٢٦٠١٠١٠٠٠٠٠٠٠٠٠+"),
        ("sign within", "-60101000000000+"),
        ("space", "26010100000000 +"),
    ],
)
def test_what_is_no_time(row: str, text: str) -> None:
    """B-11, B-12: what is no time is a ValueError, and refused with the status of its field."""
    with pytest.raises(ValueError, match=r"\w"):
        parse_time(text, NOW)

    if text.isascii():
        assert refusal(submit(schedule_delivery_time=text)) == CommandStatus.ESME_RINVSCHED
        assert refusal(submit(validity_period=text)) == CommandStatus.ESME_RINVEXPIRY


@pytest.mark.parametrize(
    ("start", "text", "at"),
    [
        (utc(2026, 1, 31), "000100000000000R", utc(2026, 2, 28)),
        (utc(2028, 1, 31), "000100000000000R", utc(2028, 2, 29)),
        (utc(2028, 2, 29), "010000000000000R", utc(2029, 2, 28)),
        (utc(2026, 11, 30), "000300000000000R", utc(2027, 2, 28)),
        (utc(2026, 12, 31), "001200000000000R", utc(2027, 12, 31)),
        (utc(2026, 1, 31), "000101000000000R", utc(2026, 3, 1)),
    ],
)
def test_relative_months_are_those_of_the_calendar(start: int, text: str, at: int) -> None:
    """A month after the 31st is the end of the next month."""
    assert parse_time(text, start) == at


@given(st.integers(0, END_OF_TIME), st.integers(0, 999_999_999_999))
@example(END_OF_TIME, 999999999999)
@example(END_OF_TIME, 1)
@example(NOW, 999999999999)
def test_no_relative_time_overflows(now: int, digits: int) -> None:
    """B-12, G2: every relative time is between now and the end of the year 9999."""
    at = parse_time(f"{digits:012}000R", now)

    assert at is not None
    assert now - 1_000_000 < at <= max(END_OF_TIME, now)


@given(st.text("0123456789+-R", max_size=17) | times())
@example("991231235959948-")
@example("380101000000048+")
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    """B-12: no other error comes out of parse_time, and what it gives fits into 64 bits."""
    try:
        at = parse_time(text, NOW)
    except ValueError:
        return
    assert at is None or abs(at) < 2**63


@given(st.datetimes(datetime(1938, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
@example(datetime(2037, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
def test_formatted_times_are_read_back(moment: datetime) -> None:
    """G4: format_time writes 16 characters that mean the same tenth of a second."""
    at = (moment - _EPOCH) // timedelta(microseconds=1)
    text = format_time(at)

    assert len(text) == 16
    assert parse_time(text, 0) == at // 100_000 * 100_000


def test_format_time_is_utc() -> None:
    """G4: the offset is 00."""
    assert format_time(NOW + 120_000) == "260115090000100+"


# --- address_range (Appendix A) ---


@pytest.mark.parametrize(
    ("pattern", "served", "others"),
    [
        ("^1234", ["1234", "12345"], ["91234"]),
        ("5678$", ["5678", "15678"], ["56789"]),
        ("^123456$", ["123456"], ["1234567", "0123456"]),
        ("[13579]$", ["7491", "9"], ["7494", ""]),
        ("^79[0-2].*4$", ["7904", "79299994"], ["7934", "7905"]),
        ("^[^7]", ["4", "80"], ["7494"]),
        ("7494", ["7494", "574941"], ["749"]),
    ],
)
def test_address_pattern(pattern: str, served: list[str], others: list[str]) -> None:
    """§5.2.7: the patterns of the specification find the addresses that they name."""
    compiled = address_pattern(pattern)

    assert compiled is not None
    assert [address for address in [*served, *others] if compiled.search(address)] == served


def test_no_address_range() -> None:
    """§4.1.1: an empty range says nothing."""
    assert address_pattern("") is None


@pytest.mark.parametrize(
    "pattern",
    [
        "^((1+)+)+$", "(1+)+(1+)+(1+)+(1+)+2", "1+", "1?", "1{2}", "1|2", "(1)", "*", "^*", "1**", "1*1*1*", "[", "[]",
        "[^]", "[9-0]", "[a-z]", r"\d", "1^2", "1$2", "(?i)1", "a", "^$^$", "1\n", "١",
    ],
)  # fmt: skip
def test_unsafe_patterns(pattern: str) -> None:
    """C8, H-12: what is not on the white list is a ValueError."""
    with pytest.raises(ValueError, match=r"\w"):
        address_pattern(pattern)


@given(st.text("0123456789.*^$[]-", max_size=40), st.text("0123456789", max_size=20))
@example("[0-9]*[0-9]*" + "." * 20 + "$", "1" * 20)
@example(".*.*1$", "2" * 64)
def test_every_accepted_pattern_is_fast(pattern: str, address: str) -> None:
    """H-12: a pattern that is accepted compiles, and matches in no time."""
    try:
        compiled = address_pattern(pattern)
    except ValueError:
        return
    assert compiled is None or compiled.pattern == pattern
    before = time.process_time()
    re.search(pattern, address)
    assert time.process_time() - before < 0.1


# --- Address ---


@pytest.mark.parametrize(
    ("address", "number", "alphanumeric"),
    [
        (Address(1, 1, "79001234567"), "79001234567", False),
        (Address(1, 1, "+79001234567"), "79001234567", False),
        (Address(0, 0, "7494"), "7494", False),
        (Address(5, 0, "Bank"), None, True),
        (Address(5, 0, "79001234567"), "79001234567", True),
        (Address(0, 0, "Bank"), None, True),
        (Address(0, 0, ""), None, False),
        (Address(0, 0, "+"), None, True),
        (Address(0, 0, "²"), None, True),
    ],
)
def test_address(address: Address, number: str | None, alphanumeric: bool) -> None:
    """The digits of a number, and whether an address is a name."""
    assert (address.number, address.is_alphanumeric) == (number, alphanumeric)


# --- bit fields ---


@pytest.mark.parametrize(
    ("esm_class", "mode", "kind", "udhi", "reply_path"),
    [
        (0x00, fields.DEFAULT_MODE, 0, False, False),
        (0x43, fields.STORE_AND_FORWARD, 0, True, False),
        (0x82, fields.TRANSACTION, 0, False, True),
        (0x04, 0, fields.DELIVERY_RECEIPT, False, False),
        (0x60, 0, fields.INTERMEDIATE_NOTIFICATION, True, False),
        (0x09, fields.DATAGRAM, fields.DELIVERY_ACKNOWLEDGEMENT, False, False),
    ],
)
def test_esm_class(esm_class: int, mode: int, kind: int, udhi: bool, reply_path: bool) -> None:
    """§5.2.12: mode, type and the two features."""
    assert fields.message_mode(esm_class) == mode
    assert fields.message_type(esm_class) == kind
    assert (fields.has_udhi(esm_class), fields.has_reply_path(esm_class)) == (udhi, reply_path)


@pytest.mark.parametrize(
    ("registered_delivery", "on_success", "on_failure", "intermediate"),
    [
        (0x00, False, False, False),
        (0x01, True, True, False),
        (0x02, False, True, False),
        (0x11, True, True, True),
        (0x0C, False, False, False),
        (0x1E, False, True, True),
    ],
)
def test_registered_delivery(registered_delivery: int, on_success: bool, on_failure: bool, intermediate: bool) -> None:
    """I4, §5.2.17: a bit mask, so that 0x11 still asks for the final receipt."""
    assert fields.wants_receipt(registered_delivery, delivered=True) == on_success
    assert fields.wants_receipt(registered_delivery, delivered=False) == on_failure
    assert fields.wants_intermediate(registered_delivery) == intermediate
