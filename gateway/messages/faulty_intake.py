"""The faults of taking in that lie behind the checks: the storage, and what becomes of the receipt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from gateway.clients.directory import Client
from gateway.faults.effects import Receipt
from gateway.faults.plan import Plan
from gateway.faults.rules import Facts, Point, Rule
from gateway.messages.drafts import Draft
from gateway.messages.fault_facts import facts_of_submit
from gateway.messages.receipt_rules import ReceiptRule, ReceiptRuleInvalid
from gateway.smpp.pdus import Pdu
from gateway.storage.base import Storage, Work

T = TypeVar("T")


class FaultyStore(Protocol):
    """What :class:`gateway.storage.faulty.FaultyStorage` does."""

    def submit(
        self, facts: Facts, work: Work[T], done: Callable[[T], None], failed: Callable[[Exception], None]
    ) -> None: ...


class FaultyIntake:
    """What intake and operations ask while rules name ``storage`` or ``receipt``."""

    def __init__(self, plan: Plan, storage: Storage, faulty: FaultyStore) -> None:
        self.plan = plan
        self._storage = storage
        self._faulty = faulty

    def submit(
        self,
        client: Client,
        request: Pdu,
        work: Work[T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Submit the work of a client's request, by way of the faults if a rule names the storage."""
        if self.plan.storage:
            self._faulty.submit(facts_of_submit(client, request), work, done, failed)
        else:
            self._storage.submit(work, done, failed)

    def rule_receipt(self, draft: Draft, request: Pdu) -> None:
        """Let a rule that fires decide about the receipt of this draft, if it asks for one."""
        if not draft.registered_delivery:
            return
        facts = facts_of_submit(draft.client, request)
        facts.destination = draft.destination_addr
        effect = self.plan.fire(Point.RECEIPT, facts)
        if isinstance(effect, Receipt):
            draft.receipt_rule = ReceiptRule.of(effect.fields).over(draft.receipt_rule)


def receipt_faults(rule: Rule) -> list[str]:
    """What is wrong with the receipt fields of a rule: the check that a plan is given."""
    if isinstance(rule.effect, Receipt):
        try:
            ReceiptRule.of(rule.effect.fields)
        except ReceiptRuleInvalid as invalid:
            return [f"effect.{fault}" for fault in invalid.faults]
    return []
