"""Rules as TOML and JSON: one spelling, read strictly, every fault told at once.

A set of rules is ``{"description": "...", "rules": [RULE, ...]}``, in TOML ``[[rules]]``. A rule has the keys of
:class:`gateway.faults.rules.Rule`; ``match`` is a table with the keys of ``Match``, ``effect`` a table with ``kind``
and the keys of that effect.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from gateway.faults.command_statuses import NAMES
from gateway.faults.effects import EFFECTS, Effect, Form, Receipt, Status
from gateway.faults.plan import FaultsInvalid
from gateway.faults.rules import LEGAL, MOST_RULES, Match, Point, Rule, faults_of

ReceiptCheck = Callable[[Mapping[str, object]], object]
"""Reads the fields of a receipt rule; raises ValueError, one line for each fault."""

_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "Form": (str,),
    "Mapping[str, object]": (dict,),
}
_WANTED: Final[Mapping[str, str]] = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "Form": "one of " + ", ".join(Form),
    "Mapping[str, object]": "a table",
}


def load_rules(text: str, *, receipt_rule: ReceiptCheck = dict) -> list[Rule]:
    """The rules of a TOML file. Raises FaultsInvalid with everything that is wrong in it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FaultsInvalid([f"not TOML: {error}"]) from error
    return rules_from_object(document, receipt_rule=receipt_rule)


def rules_from_object(document: object, *, receipt_rule: ReceiptCheck = dict) -> list[Rule]:
    """The rules of ``{"rules": [...]}``. Raises FaultsInvalid with everything that is wrong."""
    if not isinstance(document, dict):
        raise FaultsInvalid(["expected a table with `rules`"])
    faults = [f"unknown key {key!r}; known: description, rules" for key in document if key not in _TOP]
    if not isinstance(document.get("description", ""), str):
        faults.append("description: expected text")
    rows = document.get("rules", [])
    if not isinstance(rows, list):
        raise FaultsInvalid([*faults, "rules: expected a list"])
    if len(rows) > MOST_RULES:
        raise FaultsInvalid([*faults, f"rules: {len(rows)} of them; no more than {MOST_RULES} can be in force"])
    rules: list[Rule] = []
    ids: set[str] = set()
    for number, row in enumerate(rows, 1):
        name = row.get("name") if isinstance(row, dict) else None
        where = f"rule {number}{f' ({name[:40]})' if isinstance(name, str) and name else ''}: "
        try:
            rule = rule_from_object(row, receipt_rule=receipt_rule)
        except FaultsInvalid as invalid:
            faults += (f"{where}{fault}" for fault in invalid.faults)
            continue
        if rule.id and rule.id in ids:
            faults.append(f"{where}id: {rule.id!r} is there twice")
        ids.add(rule.id)
        rules.append(rule)
    if faults:
        raise FaultsInvalid(faults)
    return rules


_TOP: Final = ("description", "rules")


def rule_from_object(row: object, *, receipt_rule: ReceiptCheck = dict) -> Rule:
    """One rule, read strictly and checked. Raises FaultsInvalid with everything that is wrong."""
    if not isinstance(row, dict):
        raise FaultsInvalid(["expected a table"])
    faults: list[str] = []
    values = _read(Rule, row, "", faults, skip=("point", "match", "effect"))
    point = _point(row.get("point"), faults)
    match = row.get("match", {})
    if isinstance(match, dict):
        values["match"] = Match(**_read(Match, match, "match.", faults))
    else:
        faults.append("match: expected a table")
    effect = _effect(row.get("effect"), faults, receipt_rule)
    if point is not None and effect is not None:
        rule = Rule(point=point, effect=effect, **values)
        faults += (fault for fault in faults_of(rule) if fault not in faults)
        if not faults:
            return rule
    raise FaultsInvalid(faults)


def _point(value: object, faults: list[str]) -> Point | None:
    if isinstance(value, str) and value in list(Point):
        return Point(value)
    faults.append(f"point: expected one of {', '.join(Point)}")
    return None


def _effect(row: object, faults: list[str], receipt_rule: ReceiptCheck) -> Effect | None:
    kind = row.get("kind") if isinstance(row, dict) else None
    cls = EFFECTS.get(kind) if isinstance(kind, str) else None
    if cls is None or not isinstance(row, dict):
        faults.append(f"effect: expected a table whose `kind` is one of {', '.join(EFFECTS)}")
        return None
    own = len(faults)
    if cls is Receipt:
        # A receipt's fields stand beside its kind, as they stand in [[receipts]].
        fields = {key: value for key, value in row.items() if key != "kind"}
        try:
            receipt_rule(fields)
        except ValueError as error:
            faults += (f"effect.{fault}" for fault in getattr(error, "faults", None) or str(error).splitlines())
        return Receipt(fields) if len(faults) == own else None
    values = _read(cls, row, "effect.", faults, known=("kind",))
    return cls(**values) if len(faults) == own else None


def _read(
    cls: type[attrs.AttrsInstance],
    row: Mapping[str, object],
    where: str,
    faults: list[str],
    *,
    skip: tuple[str, ...] = (),
    known: tuple[str, ...] = (),
) -> dict[str, Any]:
    """The values of a class's own fields in a table; what cannot be read is told and left at its default."""
    fields = {field.name: field for field in attrs.fields(cls) if field.init}
    faults += (
        f"{where}{key}: unknown; known: {', '.join((*known, *fields))}"
        for key in row
        if key not in fields and key not in known
    )
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in skip:
            continue
        if name not in row:
            if field.default is attrs.NOTHING:
                faults.append(f"{where}{name}: missing")
            continue
        value = _value(str(field.type), field.metadata.get("read"), row[name])
        if isinstance(value, _Unreadable):
            faults.append(f"{where}{name}: {value.reason}")
        else:
            values[name] = value
    return values


@attrs.frozen
class _Unreadable:
    reason: str


def _value(kind: str, read: Callable[[object], object] | None, value: object) -> object:
    if read is not None:
        try:
            return read(value)
        except ValueError as error:
            return _Unreadable(str(error))
    # True is an int in Python and no number in TOML or JSON.
    if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "bool"):
        return _Unreadable(f"expected {_WANTED[kind]}")
    if kind == "Form":
        return Form(str(value)) if value in list(Form) else _Unreadable(f"expected {_WANTED[kind]}")
    if kind == "float":
        assert isinstance(value, (int, float))
        try:
            return float(value)
        except OverflowError:
            return _Unreadable("too large")
    return value


def rule_to_object(rule: Rule) -> dict[str, object]:
    """The rule as JSON has it, every key given; :func:`rule_from_object` reads the same rule from it."""
    keys = LEGAL[rule.point][type(rule.effect)]
    effect: dict[str, object] = {"kind": rule.effect.kind}
    if isinstance(rule.effect, Receipt):
        effect |= dict(rule.effect.fields)
    elif isinstance(rule.effect, Status):
        effect["command_status"] = NAMES.get(rule.effect.command_status, rule.effect.command_status)
    else:
        effect |= {key: getattr(rule.effect, key) for key in sorted(keys)}
    match = {field.name: getattr(rule.match, field.name) for field in attrs.fields(Match) if field.init}
    return {
        "id": rule.id,
        "name": rule.name,
        "scope": rule.scope,
        "point": str(rule.point),
        "match": match,
        "effect": effect,
        "probability": rule.probability,
        "times": rule.times,
        "every": rule.every,
        "after": rule.after,
        "expires": rule.expires,
        "enabled": rule.enabled,
    }
