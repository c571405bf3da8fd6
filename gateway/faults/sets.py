"""Sets of rules by name or file: what ``--faults`` takes."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from gateway.faults.forms import ReceiptCheck, load_rules
from gateway.faults.plan import FaultsInvalid
from gateway.faults.rules import MOST_RULES, Rule

READY_MADE: Final = ("congested", "flaky-link", "maintenance", "receipts-late")
"""The sets that come with the gateway."""


def load_set(name: str, *, receipt_rule: ReceiptCheck = dict) -> list[Rule]:
    """The rules of a ready-made set, or of a TOML file. Raises FaultsInvalid with everything that is wrong."""
    try:
        if name in READY_MADE:
            folder = importlib.resources.files("gateway.fixtures").joinpath("faults")
            text = folder.joinpath(f"{name}.toml").read_text("utf-8")
        else:
            text = Path(name).read_text("utf-8")
    except OSError as error:
        there_is = f"; ready-made sets: {', '.join(READY_MADE)}" if "/" not in name else ""
        raise FaultsInvalid([f"{name}: cannot be read: {error.strerror}{there_is}"]) from None
    except ValueError as error:
        # Not UTF-8, or a NUL in the name.
        raise FaultsInvalid([f"{name}: cannot be read: {error}"]) from None
    try:
        return load_rules(text, receipt_rule=receipt_rule)
    except FaultsInvalid as invalid:
        raise FaultsInvalid(f"{name}: {fault}" for fault in invalid.faults) from None


def load_sets(names: Iterable[str], *, receipt_rule: ReceiptCheck = dict) -> list[Rule]:
    """The rules of several sets in their order. Raises FaultsInvalid with everything that is wrong in any of them."""
    rules: list[Rule] = []
    faults: list[str] = []
    for name in names:
        try:
            rules += load_set(name, receipt_rule=receipt_rule)
        except FaultsInvalid as invalid:
            faults += invalid.faults
    if len(rules) > MOST_RULES:
        faults.append(f"{len(rules)} rules together; no more than {MOST_RULES} can be in force")
    ids = [rule.id for rule in rules if rule.id]
    faults += (f"id: {name!r} is there twice" for name in sorted(set(ids)) if ids.count(name) > 1)
    if faults:
        raise FaultsInvalid(faults)
    return rules
