"""The settings as a flat list of keys, for the command line, the environment and the documentation."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any, NewType, get_args

import attrs

from gateway.settings.model import (
    PER_CLIENT_LIMITS,
    SESSION_MEANINGS,
    WALLET_MEANINGS,
    AccountSettings,
    ClientSettings,
    OutbindSettings,
    Settings,
)

PREFIX = "SMS_GATEWAY_"
CONFIG_VARIABLE = "SMS_GATEWAY_CONFIG"
CLIENT_VARIABLE = "SMS_GATEWAY_CLIENT"

Path = tuple[str, ...]


@attrs.frozen
class Key:
    """One setting. ``path`` is its place in a TOML file; in a row table the row's name is spelled ``ID``/``NUMBER``."""

    path: Path
    type: Any
    default: str
    """As TOML spells it; empty when the key has none."""
    option: str | None
    variable: str | None
    meaning: str

    @property
    def name(self) -> str:
        """The path as people write it."""
        return ".".join(self.path)

    @property
    def parameter(self) -> str:
        """The option as a Python name; only for keys that have one."""
        assert self.option is not None
        return self.option.lstrip("-").replace("-", "_")


@functools.cache
def setting_keys() -> tuple[Key, ...]:
    """All keys outside of the two row tables, in the order of the tree."""
    return tuple(_walk(Settings, ()))


@functools.cache
def row_keys() -> tuple[Key, ...]:
    """The keys of one client and of one account; they have neither an option nor a variable."""
    return tuple(
        attrs.evolve(key, option=None, variable=None)
        for kind, path in (
            (ClientSettings, ("clients", "ID")),
            (AccountSettings, ("accounts", "NUMBER")),
            (OutbindSettings, ("outbind", "NAME")),
        )
        for key in _walk(kind, path)
    )


def known_variables() -> frozenset[str]:
    """Every environment variable that has a meaning."""
    return frozenset(
        {CONFIG_VARIABLE, CLIENT_VARIABLE, *(key.variable for key in setting_keys() if key.variable is not None)}
    )


def plain_type(kind: Any) -> Any:
    """What a NewType or an optional type is made of: ``Port`` is an int, ``int | None`` too."""
    while isinstance(kind, NewType):
        kind = kind.__supertype__
    members = [member for member in get_args(kind) if member is not type(None)]
    if type(None) in get_args(kind) and len(members) == 1:
        return plain_type(members[0])
    return kind


def _walk(kind: type[Any], path: Path) -> Iterator[Key]:
    attrs.resolve_types(kind)
    for field in attrs.fields(kind):
        if "rows" in field.metadata or (path == ("smpp", "session") and field.name in PER_CLIENT_LIMITS):
            continue
        here = (*path, field.name)
        if field.metadata.get("table"):
            yield from _walk(field.type, here)
            continue
        option = field.metadata.get("option")
        joined = "_".join(here) if option is None else option.lstrip("-").replace("-", "_")
        yield Key(
            path=here,
            type=field.type,
            default=_spelled(field.default),
            option=option,
            variable=None if field.metadata.get("file_only") else PREFIX + joined.upper(),
            meaning=field.metadata.get("meaning") or _foreign_meanings(path)[field.name],
        )


def _foreign_meanings(path: Path) -> Mapping[str, str]:
    return {("smpp", "session"): SESSION_MEANINGS, ("wallet",): WALLET_MEANINGS}[path]


def _spelled(value: object) -> str:
    if value is None or value is attrs.NOTHING:
        return ""
    factory = getattr(value, "factory", None)
    if factory is not None:
        value = factory()
    if isinstance(value, frozenset):
        value = sorted(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value)
