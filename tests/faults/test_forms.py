"""Rules as TOML and JSON: read strictly, written as they are read, and refused with everything that is wrong."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.faults import command_statuses, sets
from gateway.faults.effects import EFFECTS, Effect, Form, Receipt
from gateway.faults.forms import load_rules, rule_from_object, rule_to_object, rules_from_object
from gateway.faults.plan import FaultsInvalid
from gateway.faults.rules import COMMANDS, LEGAL, MATCHABLE, MOST_RULES, Match, Point, Rule, faults_of
from gateway.messages.receipt_rules import ReceiptRule
from gateway.smpp.statuses import CommandStatus

NAMES = st.text("abc-", max_size=5)
SECONDS = st.floats(0, 1000, allow_nan=False)


@st.composite
def good_rules(draw: Any) -> Rule:
    """Any rule that is legal."""
    point = draw(st.sampled_from(list(Point)))
    kind = draw(st.sampled_from(list(LEGAL[point])))
    keys = LEGAL[point][kind]
    values: dict[str, Any] = {}
    for field in attrs.fields(kind):
        if field.name in keys:
            values[field.name] = draw(
                {
                    "command_status": st.integers(1, 0xFFFFFFFF),
                    "seconds": SECONDS,
                    "up_to": st.just(0.0) | st.floats(1000, 2000),
                    "accepted": st.booleans(),
                    "form": st.sampled_from(Form),
                    "fields": st.just({"copies": 2, "delay": [1, 5]}),
                    "octets": st.integers(1, 1 << 20),
                    "octets_per_second": st.floats(0.1, 1e9),
                }[field.name]
            )
    possible = MATCHABLE[point]
    match = {name: draw(NAMES) for name in ("client", "source", "destination", "text") if name in possible}
    if "command" in possible:
        match["command"] = draw(st.sampled_from(sorted(COMMANDS[point]))) if point in COMMANDS else draw(NAMES)
    return Rule(
        point=point,
        effect=kind(**values),
        match=Match(**match, nth=draw(st.integers(0, 5))),
        id=draw(NAMES),
        name=draw(NAMES),
        scope=draw(NAMES),
        probability=draw(st.floats(0, 1)),
        times=draw(st.integers(0, 9)),
        every=draw(st.integers(1, 9)),
        after=draw(st.integers(0, 9)),
        expires=draw(SECONDS),
        enabled=draw(st.booleans()),
    )


@given(good_rules())
def test_a_rule_is_read_as_it_is_written(rule: Rule) -> None:
    """JSON and back gives the same rule, and one that is legal."""
    spelled = json.loads(json.dumps(rule_to_object(rule)))
    assert rule_from_object(spelled, receipt_rule=ReceiptRule.of) == rule
    assert faults_of(rule) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(rule_to_object(Rule(point=Point.ACCEPT, effect=EFFECTS["disconnect"]())), JSON)
        | {"x": JSON},
    )
)
@example({"point": "accept", "effect": {"kind": ["x"]}})
@example({"point": "submit", "effect": {"kind": "delay", "seconds": float("nan")}})
@example({"point": "submit", "effect": {"kind": "delay", "seconds": 10**400}})
@example({"point": "receipt", "effect": {"kind": "receipt", "copies": 7}})
@example({"point": "accept", "effect": {"kind": "disconnect"}, "expires": float("inf")})
def test_whatever_is_no_rule_is_refused_with_reasons(row: dict[str, Any]) -> None:
    """Any object is a rule or a list of faults, never another exception."""
    try:
        rule = rule_from_object(row, receipt_rule=ReceiptRule.of)
    except FaultsInvalid as invalid:
        found = invalid.faults
    else:
        found = [rule.point]
        assert faults_of(rule) == []
    assert found
    assert all(found)


@pytest.mark.parametrize("point", Point)
@pytest.mark.parametrize("kind", EFFECTS)
def test_what_the_table_does_not_have_is_refused(point: Point, kind: str) -> None:
    """An effect at a point where it has no meaning is refused, and the fault says which ones are possible there."""
    needed: dict[str, Any] = {
        "status": {"command_status": 8},
        "delay": {"seconds": 1},
        "malformed": {"form": "truncated"},
        "slow_bytes": {"octets_per_second": 1},
        "chunked": {"octets": 1},
    }.get(kind, {})
    row = {"point": str(point), "effect": {"kind": kind, **needed}}
    if EFFECTS[kind] in LEGAL[point]:
        assert rule_from_object(row).effect.kind == kind
        return
    with pytest.raises(FaultsInvalid) as invalid:
        rule_from_object(row)
    assert f"not possible at the point '{point}'" in str(invalid.value)
    for possible in LEGAL[point]:
        assert possible.kind in str(invalid.value)


def test_all_that_is_wrong_is_told_at_once() -> None:
    """One reading of a file tells every fault of every rule, with the rule and the key."""
    with pytest.raises(FaultsInvalid) as invalid:
        load_rules(
            """
            title = "x"
            [[rules]]
            name = "first"
            point = "sumbit"
            match = { sorce = "1" }
            effect = { kind = "delay", seconds = "2" }
            [[rules]]
            point = "bind"
            match = { text = "x", command = "submit_sm", nth = -1 }
            effect = { kind = "no_response", accepted = true }
            probability = 2
            every = 0
            enabled = 1
            [[rules]]
            id = "a"
            point = "submit"
            effect = { kind = "delay", seconds = 5, up_to = 2 }
            [[rules]]
            id = "a"
            point = "submit"
            effect = { kind = "status", command_status = "ESME_NO" }
            """
        )
    told = "\n".join(invalid.value.faults)
    for part in (
        "unknown key 'title'",
        "rule 1 (first): match.sorce: unknown",
        "rule 1 (first): point: expected one of accept",
        "rule 1 (first): effect.seconds: expected a number",
        "rule 2: effect.accepted: has no meaning",
        "rule 2: match.text: nothing to match at the point 'bind'",
        "rule 2: match.command: unknown at the point 'bind'",
        "rule 2: match.nth",
        "rule 2: probability",
        "rule 2: every",
        "rule 2: enabled: expected true or false",
        "rule 3: effect.up_to: less than",
        "rule 4: effect.command_status",
    ):
        assert part in told


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ([], "expected a table"),
        ({"rules": {}}, "rules: expected a list"),
        ({"rules": [3]}, "rule 1: expected a table"),
        ({"rules": [{"point": "accept", "effect": {"kind": "disconnect"}, "match": 1}]}, "match: expected a table"),
        ({"rules": [{}] * (MOST_RULES + 1)}, "no more than 1000"),
        ({"description": 1}, "description"),
        ({"rules": [{"id": "a", "point": "accept", "effect": {"kind": "disconnect"}}] * 2}, "'a' is there twice"),
    ],
)
def test_documents_that_are_none(document: Any, fault: str) -> None:
    """What is no set of rules is told as that."""
    with pytest.raises(FaultsInvalid, match=fault):
        rules_from_object(document)


def test_text_that_is_no_toml() -> None:
    """The parser's own words say where."""
    with pytest.raises(FaultsInvalid, match="not TOML: Expected"):
        load_rules("[[rules")


def test_names_of_statuses_are_those_of_smpp() -> None:
    """Every command_status that the gateway knows has its name here, and nothing else has."""
    assert dict(command_statuses.STATUSES) == {status.name: int(status) for status in CommandStatus if status}
    row = {"point": "submit", "effect": {"kind": "status", "command_status": 0x58}}
    assert rule_to_object(rule_from_object(row))["effect"] == {"kind": "status", "command_status": "ESME_RTHROTTLED"}


@pytest.mark.parametrize("name", sets.READY_MADE)
def test_ready_made_sets_can_be_used(name: str) -> None:
    """What comes with the gateway is legal, and each rule has the set's name on it."""
    rules = sets.load_set(name, receipt_rule=ReceiptRule.of)
    assert rules
    assert all(rule.name.startswith(f"{name}: ") for rule in rules)


def test_sets_that_cannot_be_read(tmp_path: Any) -> None:
    """All faults of all sets are told together, each with its file."""
    broken, latin = tmp_path / "broken.toml", tmp_path / "latin.toml"
    broken.write_text('[[rules]]\npoint = "x"\n')
    latin.write_bytes(b"\xff")
    with pytest.raises(FaultsInvalid) as invalid:
        sets.load_sets(["congested", str(broken), str(latin), "congestde"])
    told = "\n".join(invalid.value.faults)
    assert f"{broken}: rule 1: point" in told
    assert f"{latin}: cannot be read" in told
    assert "congestde: cannot be read: No such file or directory; ready-made sets: congested," in told


def test_every_effect_is_legal_somewhere() -> None:
    """No effect is only a name."""
    legal: set[type[Effect]] = {effect for effects in LEGAL.values() for effect in effects}
    assert legal == set(EFFECTS.values())
    for effects in LEGAL.values():
        for effect, keys in effects.items():
            assert keys <= {field.name for field in attrs.fields(effect)}


def test_fields_of_a_receipt_stay_as_they_are() -> None:
    """Nobody changes a rule that a plan has taken by changing the object it was read from."""
    fields: dict[str, object] = {"copies": 0}
    effect = Receipt(fields)
    fields["copies"] = 2
    assert dict(effect.fields) == {"copies": 0}
