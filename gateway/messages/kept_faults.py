"""Fault rules that outlive a run, and that several gateways on one storage share.

How this works. The storage keeps the persistent rules of the plan as one JSON text. A change of the plan becomes a
work that changes only the rules that changed, so that two gateways may add at the same time; what the storage has is
read at the start and at each beat. Rules that came from a file are each gateway's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import attrs

from gateway.faults.forms import rule_from_object, rule_to_object
from gateway.faults.plan import FaultsInvalid, Plan
from gateway.faults.rules import Rule
from gateway.messages.receipt_rules import ReceiptRule
from gateway.storage.base import NO_KEYS, Books, Keys, Patient, Storage

FAULTS: Final = "faults"
"""The name of the fact that :class:`KeepFaults` keeps: by rule id the rule, and when it ends (wall seconds or null)."""

_Entry = dict[str, Any]


class KeptFaults:
    """Keeps the persistent rules of a plan in a storage."""

    def __init__(
        self,
        plan: Plan,
        storage: Storage,
        wall: Callable[[], float],
        report: Callable[[str, BaseException], None],
    ) -> None:
        """``wall``: the time of day in seconds, which all gateways share."""
        self._plan = plan
        self._storage = storage
        self._wall = wall
        self._report = report
        self._text = ""
        self._known: dict[str, _Entry] = {}
        self._adopting = False
        self._unkept = 0
        """Changes of the plan that are on their way into the storage."""
        plan.on_change.append(self._changed)

    def told(self, text: str) -> None:
        """What the storage has kept (empty: nothing ever)."""
        # What was read before our own changes are in it would take them back.
        if text == self._text or self._unkept:
            return
        self._text = text
        entries: dict[str, _Entry] = json.loads(text) if text else {}
        rules: list[tuple[Rule, float | None]] = []
        for rule_id, entry in list(entries.items()):
            try:
                rule = rule_from_object(entry["rule"], receipt_rule=ReceiptRule.of)
            except FaultsInvalid as invalid:
                # Another version of the gateway has written it: it stays for that one.
                del entries[rule_id]
                self._report("a kept fault rule", invalid)
                continue
            until = entry["until"]
            if until is None or until > self._wall():
                rules.append((rule, None if until is None else until - self._wall()))
        self._adopting = True
        try:
            self._plan.adopt(rules)
        finally:
            self._adopting = False
        self._known = entries

    def _changed(self) -> None:
        if self._adopting:
            return
        now = {state.rule.id: self._entry(state.rule, state.expires_in) for state in self._plan.kept()}
        changed = {
            rule_id: entry
            for rule_id, entry in now.items()
            if rule_id not in self._known or self._known[rule_id]["rule"] != entry["rule"]
        }
        gone = [rule_id for rule_id in self._known if rule_id not in now]
        if changed or gone:
            self._known = {rule_id: changed.get(rule_id) or self._known[rule_id] for rule_id in now}
            self._unkept += 1
            self._storage.submit(KeepFaults(changed, gone), self._over, self._failed)

    def _over(self, _: object) -> None:
        self._unkept -= 1

    def _failed(self, error: Exception) -> None:
        self._unkept -= 1
        self._report("faults", error)

    def _entry(self, rule: Rule, expires_in: float | None) -> _Entry:
        until = None if expires_in is None else self._wall() + expires_in
        return {"rule": rule_to_object(rule), "until": until}


@attrs.define(eq=False)
class KeepFaults(Patient):
    """The work that keeps what changed among the persistent rules."""

    changed: dict[str, _Entry]
    gone: list[str]
    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> None:
        books.meta.change(FAULTS, self._changed)

    def _changed(self, kept: str) -> str:
        entries: dict[str, _Entry] = json.loads(kept) if kept else {}
        for rule_id in self.gone:
            entries.pop(rule_id, None)
        return json.dumps(entries | self.changed)
