"""Raw values -> Settings: strict about types, every fault gathered with the path of its key."""

from __future__ import annotations

import functools
import ipaddress
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import attrs
import cattrs
from cattrs.errors import (
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from cattrs.gen import make_dict_structure_fn, override

from commands.wallet.errors import AmountInvalid
from commands.wallet.money import Money, exponent, parse_amount
from gateway.clients.directory import check_hash
from gateway.clients.patterns import AddressPattern
from gateway.messages.receipt_rules import ReceiptRule
from gateway.settings import keys, model
from gateway.settings.sources import did_you_mean
from gateway.smpp.limits import SessionLimits

Hook = Callable[[Any, Any], Any]

DATABASES: Mapping[str, str] = {
    "memory:": r"memory:",
    "sqlite:///FILE": r"sqlite:///[^?#]+",
    "postgresql://USER@HOST/NAME": r"postgresql://.+",
}
"""The storages that exist: how their URLs are shown, and what they look like."""


def build(values: Mapping[str, Any]) -> model.Settings:
    """The settings; raises ClassValidationError, to be read with :func:`faults_of`."""
    return _converter().structure(values, model.Settings)


def faults_of(error: BaseException, path: keys.Path = ()) -> Iterator[tuple[keys.Path, str]]:
    """Every fault in an error of :func:`build`: the path of its key and what is wrong there."""
    if isinstance(error, ClassValidationError):
        noted, bare = error.group_exceptions()
        for inner, note in noted:
            yield from faults_of(inner, (*path, note.name))
        for inner in bare:
            yield from faults_of(inner, path)
    elif isinstance(error, IterableValidationError):
        items, bare = error.group_exceptions()
        for inner, item in items:
            yield from faults_of(inner, (*path, str(item.index)))
        for inner in bare:
            yield from faults_of(inner, path)
    elif isinstance(error, ForbiddenExtraKeysError):
        known = [field.name for field in attrs.fields(error.cl)]
        for name in sorted(error.extra_fields):
            yield (*path, name), f"no such key{did_you_mean(name, known)}"
    elif isinstance(error, KeyError):
        yield path, "missing"
    else:
        yield path, str(error)


@functools.cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    # Factories are asked in the opposite order of their registration, types before all of them.
    converter.register_structure_hook_factory(attrs.has, lambda kind: _table(converter, kind))
    converter.register_structure_hook_factory(_is_rows, lambda kind: _rows(converter, kind))
    converter.register_structure_hook_factory(_is_list, lambda kind: _list(converter, kind))
    converter.register_structure_hook_factory(_is_literal, _one_of)
    converter.register_structure_hook_func(lambda kind: kind == model.IpNetwork, _network)
    hooks: Mapping[Any, Hook] = {
        bool: _boolean,
        int: _whole_number,
        float: _number,
        str: _text,
        Path: _path,
        AddressPattern: lambda value, _: AddressPattern.parse(_text(value, str)),
        model.Port: _port,
        model.Positive: _positive,
        model.Instant: _instant,
        model.SystemId: _system_id,
        model.Msisdn: _spelled_as(r"[0-9]{5,15}", "a phone number of 5 to 15 digits"),
        model.ShortCode: _spelled_as(r"[0-9]{3,8}", "a short code of 3 to 8 digits, in quotes"),
        model.DefaultMessageId: _default_message_id,
        model.Database: _database,
        model.Balances: _balances,
        model.Password: _password,
        ReceiptRule: lambda value, _: _receipt_rule(value),
        model.ReceiptSettings: lambda value, _: _receipts(value),
        model.Token: _token,
        model.FaultSets: _fault_sets,
        model.HostName: _host_name,
    }
    for kind, hook in hooks.items():
        converter.register_structure_hook(kind, hook)
    return converter


def _table(converter: cattrs.Converter, kind: type[Any]) -> Hook:
    attrs.resolve_types(kind)
    left_out: dict[str, Any] = dict.fromkeys(
        model.PER_CLIENT_LIMITS if kind is SessionLimits else (), override(omit=True)
    )
    structure = make_dict_structure_fn(
        kind,
        converter,
        _cattrs_forbid_extra_keys=True,
        _cattrs_detailed_validation=True,
        **left_out,
    )

    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError(f"expected a table, got {value!r}")
        return structure(value, kind)

    return hook


def _is_rows(kind: Any) -> bool:
    return get_origin(kind) is Mapping


def _rows(converter: cattrs.Converter, kind: Any) -> Hook:
    of_the_same: Any = dict[get_args(kind)]  # type: ignore[misc]  # a run-time type

    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("expected a table of tables")
        return converter.structure(value, of_the_same)

    return hook


def _is_list(kind: Any) -> bool:
    return get_origin(kind) in (tuple, frozenset)


def _list(converter: cattrs.Converter, kind: Any) -> Hook:
    of_the_same: Any = list[get_args(kind)[0]]  # type: ignore[misc]  # a run-time type
    collect: Any = get_origin(kind)

    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError(f"expected a list, got {value!r}")
        return collect(converter.structure(value, of_the_same))

    return hook


def _is_literal(kind: Any) -> bool:
    return get_origin(kind) is Literal


def _one_of(kind: Any) -> Hook:
    allowed = get_args(kind)

    def hook(value: Any, _: Any) -> Any:
        if value not in allowed:
            raise ValueError(f"expected one of {', '.join(allowed)}; got {value!r}")
        return value

    return hook


def _boolean(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, got {value!r}")
    return value


def _whole_number(value: Any, _: Any) -> int:
    # No key has a use for a number below zero.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise ValueError(f"expected a whole number, 0 or more, got {value!r}")
    return value


def _number(value: Any, _: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ValueError(f"expected a number, 0 or more, got {value!r}")
    return float(value)


def _text(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected text in quotes, got {value!r}")
    return value


def _path(value: Any, _: Any) -> Path:
    return Path(_text(value, str))


def _port(value: Any, _: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65535:
        raise ValueError(f"expected a port from 0 (a free one) to 65535, got {value!r}")
    return value


def _positive(value: Any, _: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"expected a whole number, 1 or more, got {value!r}")
    return value


def _instant(value: Any, _: Any) -> int:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"expected a time such as 2026-01-15T09:00:00Z, got {value!r}") from None
    if not isinstance(value, datetime):
        raise ValueError(f"expected a time such as 2026-01-15T09:00:00Z, got {value!r}")
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} names no zone; end it with Z for UTC, or +03:00")
    since = value - datetime(1970, 1, 1, tzinfo=UTC)
    # SMPP times have two digits for the year and turn over in 2038 (3.4 appendix C).
    if not 2000 <= value.astimezone(UTC).year <= 2037:
        raise ValueError("expected a time in the years 2000 to 2037, all that SMPP can spell")
    return since // timedelta(microseconds=1)


def _default_message_id(value: Any, _: Any) -> str:
    # SMPP 3.4 §5.2.20: 0 is none, 255 is reserved.
    if not str(value).isdecimal() or not 1 <= int(value) <= 254:
        raise ValueError(f"expected a number from 1 to 254, got {value!r}")
    return str(int(value))


def _system_id(value: Any, _: Any) -> str:
    text = _text(value, str)
    # SMPP 3.4 §4.1.1: 16 octets with the NUL.
    if re.fullmatch(r"[!-~]{1,15}", text) is None:
        raise ValueError(f"expected a system_id of 1 to 15 ASCII characters without a space, got {text!r}")
    return text


def _spelled_as(pattern: str, what: str) -> Hook:
    def hook(value: Any, _: Any) -> str:
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            raise ValueError(f"expected {what}, got {value!r}")
        return value

    return hook


def _network(value: Any, _: Any) -> model.IpNetwork:
    try:
        return ipaddress.ip_network(_text(value, str))
    except ValueError as error:
        raise ValueError(f"expected a network such as 10.0.0.0/8: {error}") from None


def _database(value: Any, _: Any) -> str:
    url = _text(value, str)
    if not any(re.fullmatch(pattern, url) for pattern in DATABASES.values()) or url == "sqlite:///:memory:":
        # A URL may hold a password, so it is not shown.
        raise ValueError(f"no such storage; there is {', '.join(DATABASES)}")
    return url


def _balances(value: Any, _: Any) -> tuple[Money, ...]:
    if not isinstance(value, dict):
        raise ValueError('expected a table such as { RUB = "1234.50" }')
    balances, faults = [], []
    for currency, amount in value.items():
        try:
            balances.append(_money(amount, currency))
        except (AmountInvalid, ValueError) as error:
            faults.append(f"{currency}: {error}")
    if faults:
        raise ValueError("; ".join(faults))
    return tuple(balances)


def _money(amount: object, currency: str) -> Money:
    if not isinstance(amount, str):
        raise ValueError('expected an amount in quotes, such as "1234.50"')
    one = parse_amount("1", currency)
    # parse_amount is for payments, which are never nothing; an account may hold nothing.
    return Money(0, one.currency) if amount in ("0", f"{0:.{exponent(currency)}f}") else parse_amount(amount, currency)


def _token(value: Any, _: Any) -> str:
    """No fault shows the value."""
    if not isinstance(value, str) or re.fullmatch(r"[!-~]{16,200}", value) is None:
        raise ValueError("expected 16 to 200 ASCII characters without a space (the value is not shown)")
    return value


def _host_name(value: Any, _: Any) -> str:
    text = _text(value, str)
    if re.fullmatch(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63}){0,7}", text) is None:
        raise ValueError(f"expected a host name without a port, got {text!r}")
    return text.lower()


def _fault_sets(value: Any, _: Any) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"expected names of sets or files, got {value!r}")
    return tuple(name.strip() for name in names if name.strip())


def _receipt_rule(value: Any) -> ReceiptRule:
    if not isinstance(value, dict):
        raise ValueError(f"expected a table, got {value!r}")
    return ReceiptRule.of(value)


def _receipts(value: Any) -> model.ReceiptSettings:
    """A row of ``[[receipts]]``: which messages, and the rule for them, all faults of both at once."""
    if not isinstance(value, dict):
        raise ValueError(f"expected a table, got {value!r}")
    row, faults = dict(value), []
    readers = {"client": lambda text: _text(text, str), "source": _pattern, "destination": _pattern}
    which: dict[str, Any] = {}
    for name, read in readers.items():
        if name in row:
            try:
                which[name] = read(row.pop(name))
            except ValueError as error:
                faults.append(f"{name}: {error}")
    try:
        rule = ReceiptRule.of(row)
    except ValueError as error:
        raise ValueError("; ".join((*faults, str(error)))) from None
    if faults:
        raise ValueError("; ".join(faults))
    return model.ReceiptSettings(rule=rule, **which)


def _pattern(value: Any) -> AddressPattern:
    return AddressPattern.parse(_text(value, str))


def _password(value: Any, _: Any) -> str:
    """No fault shows the value: it may be the right one with a slip."""
    if not isinstance(value, str):
        raise ValueError('expected text in quotes, or { env = "NAME" }')
    if value.startswith("scrypt$"):
        wrong = check_hash(value)
        if wrong is not None:
            raise ValueError(f"a bad scrypt hash: {wrong}")
    elif re.fullmatch(r"[ -~]{0,8}", value) is None:
        # SMPP 3.4 §4.1.1: 9 octets with the NUL.
        raise ValueError("expected at most 8 ASCII characters, as SMPP has it; no client could send this")
    return value
