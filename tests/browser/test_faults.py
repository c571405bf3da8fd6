"""Faults and clock: rules as cards with counters, ready-made sets, time that jumps, and starting clean."""

from __future__ import annotations

import json

from tests.browser.chromium import Console
from tests.browser.esme import Esme

THROTTLED = 0x58


def test_a_rule_of_ones_own_counts_its_hits(console: Console, esme: Esme) -> None:
    """Written as JSON, in force at once; the card counts, the banner warns, off is off."""
    console.open("faults")
    console.reads("#faults-empty", "No rule")
    console.press("#new-fault button", "Add")
    card = console.one(".fault", "every second submit is throttled")
    assert "ESME_RTHROTTLED" in card.text
    console.reads("#notice", "1 fault rule is on")
    for _ in range(4):
        esme.submit("BALANCE")
    esme.wait(lambda: len(esme.responses) == 5)
    assert sorted(status for _, status, _ in esme.responses[1:]) == [0, 0, THROTTLED, THROTTLED]
    console.until(lambda: "2\nfired" in card.text and "4\nmatched" in card.text, "counters", lambda: card.text)
    console.press(".fault button", "Switch off")
    console.one(".fault .tag", "off")
    console.until(lambda: "fault rule" not in console.text("#notice"), "no warning")
    console.press(".fault button", "Remove")
    console.reads("#faults-empty", "No rule")


def test_every_mistake_in_a_rule_is_told(console: Console) -> None:
    """All at once, with the place of each; text that is no JSON too."""
    console.open("faults")
    rule = {"point": "submit", "effect": {"kind": "status"}, "probability": 2, "colour": "red"}
    console.type("#fault-json", json.dumps(rule))
    console.press("#new-fault button", "Add")
    console.reads("#toast", "colour")
    console.type("#fault-json", "{")
    console.press("#new-fault button", "Add")
    console.reads("#toast", "no JSON")


def test_a_ready_made_set_is_a_switch(console: Console) -> None:
    """On: its rules are cards; off: they are gone, and other rules stay."""
    console.open("faults")
    console.type("#fault-json", '{"name": "mine", "point": "wallet", "effect": {"kind": "wallet_down"}}')
    console.press("#new-fault button", "Add")
    console.one(".fault", "mine")
    console.press("#sets button", "Congested")
    console.until(lambda: len(console.all(".fault")) == 5, "four rules more")
    console.reads("#notice", "5 fault rules are on")
    assert console.one("#sets button", "Congested").get_attribute("aria-pressed") == "true"
    console.press("#sets button", "Congested")
    console.until(lambda: len(console.all(".fault")) == 1, "mine alone")
    console.press("#all-off")
    console.reads("#faults-empty", "No rule")


def test_time_jumps(console: Console) -> None:
    """An hour ahead at once, frozen, on again; the strip says so on every view."""
    console.open("faults")
    console.press("#freeze")
    console.reads("#notice", "ime stands still")
    console.reads("#clock-state", "stands still")
    before = console.text("#clock-big")
    console.press("button[data-advance='3600']")
    console.until(lambda: console.text("#clock-big") != before, "another time")
    assert console.text("#clock-big")[11:13] == "10"
    console.go("phone")
    console.reads("#notice", "ime stands still")
    console.go("faults")
    console.press("#freeze")
    console.reads("#clock-state", "runs")


def test_the_next_event_comes_at_once(console: Console, esme: Esme) -> None:
    """A text to somebody who is away waits three days; a press of a key later it has expired."""
    console.open("accounts/79991110002")
    console.press("#pay button", "Pay")
    console.one("#payments li", "waits for its code")
    console.go("faults")
    console.reads("#clock-note", "due")
    for _ in range(5):
        if console.text("#clock-note") == "Nothing is due.":
            break
        before = console.text("#clock-note")
        console.press("#next-step")
        console.until(lambda before=before: console.text("#clock-note") != before, "time went on")  # type: ignore[misc]
    console.go("accounts")
    console.press("#accounts a", "79991110002")
    console.one("#payments li", "expired")


def test_everything_starts_anew(console: Console) -> None:
    """After it was asked back: messages, accounts, faults and the clock as they were configured."""
    console.open("phone/79991110001")
    console.press(".keys button", "HELP")
    console.one(".bubble.sent", "HELP")
    console.go("faults")
    console.press("button[data-reset=all]")
    console.say_yes()
    console.reads("#toast", "Back to the start")
    console.until(lambda: console.text("#clock-big").startswith("2026-01-15 09:00"), "the first time")
    console.go("messages")
    console.reads("#lines-empty", "No messages yet.")
