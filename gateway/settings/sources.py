"""What option, environment, file and the default set-up say, layer upon layer, and who said it."""

from __future__ import annotations

import difflib
import importlib.resources
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from gateway.settings import keys

ROW_TABLES = ("clients", "accounts")
"""Tables that a file replaces whole: nobody keeps a demo password by accident."""

_KUBERNETES = re.compile(r"_SERVICE_(HOST|PORT(_\w+)?)|_PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?")
"""What Kubernetes adds to the environment for a service called sms-gateway, after ``SMS_GATEWAY``."""


@attrs.frozen
class Origin:
    """Who said it: the name of an option, of a variable, or of a file (which wants the key beside it)."""

    name: str
    file: bool = False

    def spell(self, path: keys.Path) -> str:
        """The origin as a fault shows it."""
        return f"{self.name}: {'.'.join(path)}" if self.file else self.name


@attrs.define
class Gathered:
    """The merged raw values, the origin of each, and what was wrong with the sources themselves."""

    values: dict[str, Any] = attrs.field(factory=dict, repr=False)
    origins: dict[keys.Path, Origin] = attrs.field(factory=dict)
    faults: list[str] = attrs.field(factory=list)

    def origin(self, path: keys.Path) -> str:
        """Where the value at this path, or the table around it, came from."""
        for length in range(len(path), 0, -1):
            found = self.origins.get(path[:length])
            if found is not None:
                return found.spell(path)
        return ".".join(path)

    def put(self, path: keys.Path, value: object, origin: Origin) -> None:
        """Set one value over what a weaker layer said."""
        table = self.values
        for depth, name in enumerate(path[:-1], start=1):
            inner = table.setdefault(name, {})
            if not isinstance(inner, dict):
                return  # the file has a number where a table belongs: that fault is told, this value has no place
            table = inner
            self.origins.setdefault(path[:depth], origin)
        table[path[-1]] = value
        self.origins[path] = origin

    def put_table(self, table: Mapping[str, Any], origin: Origin, path: keys.Path = ()) -> None:
        """Set all values of a table, key by key; row tables are replaced whole."""
        for name, value in table.items():
            here = (*path, name)
            if not isinstance(value, dict) or (path and self._in_row_table(here)):
                self.put(here, value, origin)
            elif here[0] in ROW_TABLES:
                self.forget(here)
                self.put(here, dict(value), origin)
            else:
                self.put_table(value, origin, here)

    def forget(self, path: keys.Path) -> None:
        """Drop a value, its origin and those of all below it."""
        table: Any = self.values
        for name in path[:-1]:
            table = table.get(name) if isinstance(table, dict) else None
        if isinstance(table, dict):
            table.pop(path[-1], None)
        for known in [known for known in self.origins if known[: len(path)] == path]:
            del self.origins[known]

    @staticmethod
    def _in_row_table(path: keys.Path) -> bool:
        return path[0] in ROW_TABLES


def gather(options: Mapping[str, object], environ: Mapping[str, str]) -> Gathered:
    """Lay the sources over one another, the weakest first. ``options`` is by parameter name, None = not given."""
    gathered = Gathered()
    for name in ROW_TABLES:
        gathered.put_table(_default_table(name), Origin(f"{name}.toml", file=True))
    _file(gathered, options.get("config") or environ.get(keys.CONFIG_VARIABLE))
    given: list[tuple[Origin, str]] = []
    given += [(Origin(keys.CLIENT_VARIABLE), pair) for pair in environ.get(keys.CLIENT_VARIABLE, "").split()]
    given += [(Origin("--client"), pair) for pair in _pairs(options.get("client"))]
    _clients(gathered, given)
    for key in keys.setting_keys():
        if key.variable is not None and environ.get(key.variable):
            gathered.put(key.path, from_text(environ[key.variable], key.type), Origin(key.variable))
    for key in keys.setting_keys():
        value = options.get(key.parameter) if key.option is not None else None
        if value is not None:
            assert key.option is not None
            raw = from_text(value, key.type) if isinstance(value, str) else value
            gathered.put(key.path, raw, Origin(key.option))
    _passwords(gathered, environ)
    _strangers(gathered, environ)
    return gathered


def from_text(text: str, kind: Any) -> object:
    """The value that an option's or a variable's text spells; the text itself where it spells none of that type."""
    plain = keys.plain_type(kind)
    if plain is bool:
        return {"true": True, "1": True, "yes": True, "on": True,
                "false": False, "0": False, "no": False, "off": False}.get(text.lower(), text)  # fmt: skip
    if plain is int and re.fullmatch(r"-?[0-9]{1,18}", text):
        return int(text)
    if plain is float and re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]+)?", text):
        return float(text)
    return text


def did_you_mean(name: str, known: list[str] | frozenset[str]) -> str:
    """The end of a sentence that names the nearest known name, or nothing when none is near."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def _default_table(name: str) -> dict[str, Any]:
    text = importlib.resources.files("gateway.fixtures").joinpath(f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def _file(gathered: Gathered, config: object) -> None:
    if not config:
        return
    path = Path(str(config))
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        gathered.faults.append(f"{path}: cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        gathered.faults.append(f"{path}: not UTF-8 at octet {error.start}")
    except tomllib.TOMLDecodeError as error:
        gathered.faults.append(f"{path}: not TOML: {error}")
    else:
        gathered.put_table(table, Origin(str(path), file=True))


def _pairs(given: object) -> tuple[str, ...]:
    return tuple(map(str, given)) if isinstance(given, (tuple, list)) else ()


def _clients(gathered: Gathered, given: list[tuple[Origin, str]]) -> None:
    """Clients of option and environment: the built-in one goes, those of a file stay and may get a new password."""
    if given and gathered.origins[("clients",)] == Origin("clients.toml", file=True):
        gathered.forget(("clients",))
    for origin, pair in given:
        system_id, colon, password = pair.partition(":")
        if not colon or not system_id:
            gathered.faults.append(f"{origin.name}: expected ID:PASSWORD (the value is not shown)")
        else:
            gathered.put(("clients", system_id, "password"), password, origin)


def _passwords(gathered: Gathered, environ: Mapping[str, str]) -> None:
    """Put the value of the variable where a file says ``password = { env = "NAME" }``."""
    clients = gathered.values.get("clients")
    for system_id, client in clients.items() if isinstance(clients, dict) else ():
        password = client.get("password") if isinstance(client, dict) else None
        if not (isinstance(password, dict) and set(password) == {"env"} and isinstance(password["env"], str)):
            continue
        name = password["env"]
        if name not in environ:
            path = ("clients", system_id, "password")
            gathered.faults.append(f"{gathered.origin(path)}: the environment variable {name} is not set")
        # Not with put(): the origin of the value, for other faults, is still the file.
        client["password"] = environ.get(name, "")


def _strangers(gathered: Gathered, environ: Mapping[str, str]) -> None:
    known = keys.known_variables()
    for name in sorted(environ):
        if name.startswith(keys.PREFIX) and name not in known:
            if _KUBERNETES.fullmatch(name.removeprefix("SMS_GATEWAY")):
                continue
            gathered.faults.append(f"{name}: no such variable{did_you_mean(name, known)}")
