"""``/api/v1/faults``: what goes wrong on demand. The rules' own words are in :mod:`gateway.faults.forms`."""

from __future__ import annotations

import re
from typing import Any

import attrs

from gateway.console.controls import Controls
from gateway.console.fields import Json, Name, given
from gateway.console.problems import Fault, Problem, not_found
from gateway.faults.forms import rule_from_object, rule_to_object, rules_from_object
from gateway.faults.plan import FaultsInvalid, RuleState, UnknownRule
from gateway.faults.rules import Rule
from gateway.messages.receipt_rules import ReceiptRule


@attrs.frozen
class FaultView:
    """A rule and what became of it."""

    rule: Json = given("the rule, every key given")
    matched: int = given("happenings that fitted")
    fired: int = given("how often it had its effect")
    expires_in: float | None = given("seconds of real time that are left; null: it does not expire")


@attrs.frozen
class Faults:
    """The rules in force."""

    items: tuple[FaultView, ...] = given("in the order in which they are asked")


def list_faults(controls: Controls, _: None) -> Faults:
    """List the fault rules with their counters."""
    return Faults(items=tuple(_view(state) for state in controls.plan.rules()))


@attrs.frozen(kw_only=True)
class AddFault:
    """A rule."""

    point: Json = given("accept, bind, submit, answer, deliver, receipt, enquire_link, storage, wallet or transport")
    effect: Json = given('what happens: {"kind": "status", "command_status": "ESME_RTHROTTLED"}, …')
    match: Json = given("client, source, destination, text, command, nth", default=None)
    id: Json = given("given by the gateway when left away", default=None)
    name: Json = given("for people", default=None)
    scope: Json = given("rules of one scope are taken away together: one for each parallel test", default=None)
    probability: Json = given("of each happening that fits", default=None)
    times: Json = given("at most so often; 0 = without end", default=None)
    every: Json = given("only each so manieth", default=None)
    after: Json = given("not on the first so many", default=None)
    expires: Json = given("seconds of real time; 0 = never", default=None)
    enabled: Json = given("false: it is kept and does nothing", default=None)

    def as_object(self) -> dict[str, Any]:
        """As the rules' own reader takes it: without what was not said."""
        values = attrs.asdict(self, recurse=False)
        return {name: value for name, value in values.items() if value is not None}


def add_fault(controls: Controls, asked: AddFault) -> FaultView:
    """Add a fault rule; it is in force at once."""
    try:
        rule = controls.plan.add(_rule(asked.as_object()), persistent=True)
    except FaultsInvalid as invalid:
        raise _unprocessable(invalid) from None
    return _find(controls, rule.id)


@attrs.frozen(kw_only=True)
class ReplaceFaults:
    """All rules."""

    rules: tuple[Json, ...] = given("the rules that are in force from now on, and no others")
    description: str = given("for people", default="")


def replace_faults(controls: Controls, asked: ReplaceFaults) -> Faults:
    """Replace all fault rules; none are taken when one of them cannot be."""
    try:
        rules = rules_from_object({"rules": list(asked.rules)}, receipt_rule=ReceiptRule.of)
        controls.plan.replace(rules, persistent=True)
    except FaultsInvalid as invalid:
        raise _unprocessable(invalid) from None
    return list_faults(controls, None)


@attrs.frozen(kw_only=True)
class OneFault:
    """Which rule."""

    id: Name = given("its id")


def show_fault(controls: Controls, asked: OneFault) -> FaultView:
    """Show one fault rule."""
    return _find(controls, asked.id)


@attrs.frozen(kw_only=True)
class ChangeFault:
    """A rule in the place of another."""

    rule_id: Name = given("the id of the rule", name="id")
    rule: Json = given("the whole rule")


def change_fault(controls: Controls, asked: ChangeFault) -> FaultView:
    """Replace one fault rule; its counters begin anew."""
    _find(controls, asked.rule_id)
    changed = controls.plan.change(asked.rule_id, _rule(asked.rule))
    return _find(controls, changed.id)


def remove_fault(controls: Controls, asked: OneFault) -> None:
    """Take one fault rule away."""
    try:
        controls.plan.remove(asked.id)
    except UnknownRule:
        raise not_found("fault rule of this id") from None


@attrs.frozen(kw_only=True)
class RemoveFaults:
    """Which rules."""

    scope: Name | None = given("only those of this scope; all without it", default=None)


@attrs.frozen
class Removed:
    """What was taken away."""

    removed: int = given("how many rules")


def remove_faults(controls: Controls, asked: RemoveFaults) -> Removed:
    """Take away the fault rules of a scope, or all."""
    plan = controls.plan
    return Removed(removed=plan.clear() if asked.scope is None else plan.remove_scope(asked.scope))


def _rule(row: object) -> Rule:
    try:
        return rule_from_object(row, receipt_rule=ReceiptRule.of)
    except FaultsInvalid as invalid:
        raise _unprocessable(invalid) from None


def _find(controls: Controls, rule_id: str) -> FaultView:
    for state in controls.plan.rules():
        if state.rule.id == rule_id:
            return _view(state)
    raise not_found("fault rule of this id")


def _view(state: RuleState) -> FaultView:
    return FaultView(
        rule=Json(rule_to_object(state.rule)),
        matched=state.matched,
        fired=state.fired,
        expires_in=state.expires_in,
    )


_WHERE = re.compile(
    r"(?:rule (?P<number>\d+)(?: \(.*?\))?: )?(?:(?P<key>[a-z_]+(?:\.[a-z_]+)*): )?(?P<detail>.*)", re.DOTALL
)


def _unprocessable(invalid: FaultsInvalid) -> Problem:
    faults = []
    for line in invalid.faults:
        found = _WHERE.fullmatch(line)
        assert found is not None  # every group may be empty
        where = ["rules", str(int(found["number"]) - 1)] if found["number"] else []
        where += found["key"].split(".") if found["key"] else []
        faults.append(Fault(found["detail"], pointer="#" + "".join(f"/{part}" for part in where)))
    return Problem(422, "The rules cannot be used.", faults=tuple(faults))
