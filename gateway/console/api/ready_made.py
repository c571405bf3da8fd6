"""``/api/v1/fault-sets`` and ``/api/v1/wallet``: what comes with the gateway and does not change while it runs."""

from __future__ import annotations

import functools
import importlib.resources
import tomllib
from typing import Any

import attrs

from gateway.console.controls import Controls
from gateway.console.fields import Json, given
from gateway.faults.forms import rule_to_object
from gateway.faults.sets import READY_MADE, load_set


@attrs.frozen
class FaultSet:
    """A ready-made set of fault rules."""

    name: str = given("its name, as --faults takes it")
    description: str = given("what it is like")
    rules: tuple[Json, ...] = given("its rules, to be posted one by one, or put all at once")


@attrs.frozen
class FaultSets:
    """The ready-made sets."""

    items: tuple[FaultSet, ...] = given("by name")


def list_fault_sets(controls: Controls, _: None) -> FaultSets:
    """List the ready-made sets of fault rules. None is in force by being listed."""
    return FaultSets(
        items=tuple(
            FaultSet(
                name=name,
                description=_description(name),
                rules=tuple(_rule(rule_to_object(rule)) for rule in load_set(name, receipt_rule=controls.receipt_rule)),
            )
            for name in READY_MADE
        )
    )


def _rule(told: dict[str, Any]) -> Json:
    """Without what the gateway gives a rule itself."""
    return Json({key: value for key, value in told.items() if key != "id"})


@functools.cache
def _description(name: str) -> str:
    file = importlib.resources.files("gateway.fixtures").joinpath("faults", f"{name}.toml")
    return str(tomllib.loads(file.read_text("utf-8")).get("description", ""))


@attrs.frozen
class WalletRulesView:
    """The rules of the mock wallet."""

    unknown_subscribers: str = given("refuse, or create: an account is opened at the first text")
    allow_confirm_off: bool = given("whether CONFIRM 0 runs by SMS")
    pin_reset_gap: int = given("seconds between two new PINs")
    pin_resets: int = given("new PINs within the window, then the lock")
    pin_resets_window: int = given("the window, seconds")
    pin_reset_lock: int = given("the lock, seconds")
    pin_temporary: int = given("seconds that a new PIN opens anything")
    pin_wrong_checks: int = given("wrong PINs at one terminal before it is locked out")
    pin_check_lock: int = given("that lock, seconds; it doubles each time")
    code_valid: int = given("seconds that a payment code is good")
    code_tries: int = given("wrong codes before the payment is refused")
    payments_held: int = given("payments of an account that may wait for their code")
    payment_limit: int = given("the largest payment, minor units; 0: none")


def show_wallet(controls: Controls, _: None) -> WalletRulesView:
    """Show the rules of the mock wallet, as the settings have them."""
    rules = controls.wallet.rules
    return WalletRulesView(**{field.name: getattr(rules, field.name) for field in attrs.fields(WalletRulesView)})
