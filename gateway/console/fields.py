"""The types of what the API is asked and answers: each is checked and described by one and the same value.

A request is an attrs class. Where a field comes from is told by its place: a name in braces in the route's path, a
header, else the query string (GET, HEAD, DELETE) or the JSON body (POST, PUT, PATCH).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NewType

import attrs

from commands.wallet.errors import AmountInvalid
from commands.wallet.money import Money, exponent, parse_amount

MOST_ITEMS: Final = 1_000
"""Items of a list and keys of an object that a request may hold."""

Text = NewType("Text", str)
"""A text to be sent: at most 20,000 characters; long ones are cut into segments."""
Search = NewType("Search", str)
"""A part of a text, at most 200 characters."""
Address = NewType("Address", str)
"""An SMPP address."""
AddressPrefix = NewType("AddressPrefix", str)
"""An address, or the beginning of one with a star behind it."""
Msisdn = NewType("Msisdn", str)
"""A subscriber's number."""
SystemId = NewType("SystemId", str)
Name = NewType("Name", str)
"""A short name without control characters."""
Instant = NewType("Instant", int)
"""ISO 8601 with a zone outside, microseconds UTC inside."""
Seconds = NewType("Seconds", float)
"""A duration, 0 to ten years."""
Wait = NewType("Wait", float)
"""How long a request may wait, 0 to 300 s."""
PageSize = NewType("PageSize", int)
"""How many at a time: 1 to 500."""
Cursor = NewType("Cursor", int)
"""Where a page begins: what the page before gave as ``next``."""
Number = NewType("Number", int)
"""The number of a message, a payment, a session."""
Balances = NewType("Balances", tuple[Money, ...])
"""Amounts as text by currency."""
Amount = NewType("Amount", str)
Currency = NewType("Currency", str)
Pin = NewType("Pin", str)
Key = NewType("Key", str)
"""An idempotency key."""
Json = NewType("Json", object)
"""Any JSON value."""
Time = NewType("Time", str)
"""A time in an answer: ISO 8601 in UTC."""


@attrs.frozen
class Scalar:
    """A type of text or number. ``schema`` is its JSON Schema; ``check`` makes the value or raises ValueError."""

    schema: Mapping[str, Any]
    check: Any


def given(means: str, *, name: str = "", header: str = "", default: Any = attrs.NOTHING, secret: bool = False) -> Any:
    """A field of a request or of an answer. ``name`` is what it is called outside, when Python cannot say it."""
    metadata = {"means": means, "name": name, "header": header}
    return attrs.field(default=default, metadata=metadata, repr=not secret, kw_only=True)


def outer_name(field: attrs.Attribute[Any]) -> str:
    """What a field is called in JSON, in the query string or in the path."""
    return field.metadata.get("name") or field.name


def spelled(at: int) -> Time:
    """A time as answers have it."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
    return Time(moment.isoformat(timespec="microseconds").replace("+00:00", "Z"))


def spelled_or_none(at: int) -> Time | None:
    """A time as answers have it, None for 0."""
    return spelled(at) if at else None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected text, got {_kind(value)}")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("half of a surrogate pair is no text")
    if "\0" in value:
        raise ValueError("a NUL is no text")
    return value


def _kind(value: object) -> str:
    """What a value is, without showing it: it may be a secret in the wrong place."""
    if value is None:
        return "null"
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return kinds.get(type(value), "something else")


def _pattern(pattern: str, what: str) -> Scalar:
    compiled = re.compile(pattern)

    def check(value: object) -> str:
        text = _text(value)
        if compiled.fullmatch(text) is None:
            raise ValueError(f"expected {what}")
        return text

    return Scalar({"type": "string", "pattern": f"^(?:{pattern})$", "description": what}, check)


def _short(most: int, least: int = 0) -> Scalar:
    def check(value: object) -> str:
        text = _text(value)
        if not least <= len(text) <= most:
            raise ValueError(f"expected {least} to {most} characters, got {len(text)}")
        return text

    return Scalar({"type": "string", "minLength": least, "maxLength": most}, check)


def _whole(least: int, most: int) -> Scalar:
    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"expected a whole number from {least} to {most}")
        return value

    return Scalar({"type": "integer", "minimum": least, "maximum": most}, check)


def _real(least: float, most: float) -> Scalar:
    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            raise ValueError(f"expected a number from {least:g} to {most:g}")
        return float(value)

    return Scalar({"type": "number", "minimum": least, "maximum": most}, check)


def _instant(value: object) -> int:
    text = _text(value)
    try:
        moment: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or len(text) > 40:
        raise ValueError("expected a time such as 2026-01-15T09:00:00Z")
    if moment.tzinfo is None:
        raise ValueError("the time names no zone; end it with Z for UTC, or +03:00")
    try:
        year = moment.astimezone(UTC).year
    except OverflowError:
        year = 0
    # SMPP times have two digits for the year and turn over in 2038 (3.4 appendix C).
    if not 2000 <= year <= 2037:
        raise ValueError("expected a time in the years 2000 to 2037, all that SMPP can spell")
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _balances(value: object) -> tuple[Money, ...]:
    if not isinstance(value, dict):
        raise ValueError('expected an object such as {"RUB": "1234.50"}')
    return tuple(money(amount, currency) for currency, amount in value.items())


def money(amount: object, currency: str) -> Money:
    """What an account may hold: nothing, or an amount above zero. Raises ValueError."""
    if not isinstance(amount, str):
        raise ValueError(f'{currency}: expected an amount in quotes, such as "1234.50"')
    try:
        one = parse_amount("1", currency)
        # parse_amount is for payments, which are never nothing; an account may hold nothing.
        nothing = amount in ("0", f"{0:.{exponent(currency)}f}")
        return Money(0, one.currency) if nothing else parse_amount(amount, currency)
    except AmountInvalid as error:
        raise ValueError(f"{currency}: {error}") from None


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -math.inf < value < math.inf:
        raise ValueError(f"expected a number, got {_kind(value)}")
    return float(value)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, got {_kind(value)}")
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
        raise ValueError(f"expected a whole number, got {_kind(value)}")
    return value


def _json(value: object) -> object:
    return value


_ADDRESS = r"[\x20-\x7e]{1,20}"

SCALARS: Final[Mapping[Any, Scalar]] = {
    str: Scalar({"type": "string"}, _text),
    int: Scalar({"type": "integer"}, _integer),
    float: Scalar({"type": "number"}, _number),
    bool: Scalar({"type": "boolean"}, _boolean),
    Text: _short(20_000),
    Search: _short(200),
    Name: _pattern(r"[^\x00-\x1f\x7f]{1,60}", "a name of 1 to 60 characters"),
    Address: _pattern(_ADDRESS, "an address of 1 to 20 printable ASCII characters"),
    AddressPrefix: _pattern(r"[\x20-\x7e]{0,20}", "an address, or its beginning and a star"),
    Msisdn: _pattern(r"[0-9]{1,15}", "a number of 1 to 15 digits"),
    SystemId: _pattern(r"[!-~]{1,15}", "a system_id of 1 to 15 printable ASCII characters"),
    Instant: Scalar({"type": "string", "format": "date-time"}, _instant),
    Seconds: _real(0, 10 * 366 * 86_400.0),
    Wait: _real(0, 300),
    PageSize: _whole(1, 500),
    Cursor: _whole(0, 2**63 - 1),
    Number: _whole(0, 2**63 - 1),
    Balances: Scalar(
        {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "maxProperties": 5,
            "examples": [{"RUB": "1234.50"}],
        },
        _balances,
    ),
    Amount: _short(20, 1),
    Currency: _pattern(r"[A-Z]{3}", "a currency of three capital letters"),
    Pin: _pattern(r"[0-9]{1,12}", "a PIN in digits"),
    Key: _pattern(r"[\x21-\x7e]{1,100}", "a key of 1 to 100 printable ASCII characters"),
    Json: Scalar({}, _json),
    Time: Scalar({"type": "string", "format": "date-time"}, _text),
}
"""Every scalar type there is."""
