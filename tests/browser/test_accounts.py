"""Accounts: balances, confirmation, limits, history; a payment whose code goes out and comes back."""

from __future__ import annotations

import re

from tests.browser.chromium import Console

ENGLISH, BLOCKED = "79991110002", "79991110003"


def test_accounts_are_listed(console: Console) -> None:
    """Number, balances, what is particular; one of them is opened with a click."""
    console.open("accounts")
    assert "250.00 RUB, 15.30 USD" in console.one("#accounts tr", ENGLISH).text
    assert "blocked" in console.one("#accounts tr", BLOCKED).text
    console.reads("#account-none", "Choose an account")
    console.press("#accounts a", ENGLISH)
    console.reads("#account-title", ENGLISH)
    console.reads("#limits", "3 in 1 d, 2 min apart")
    console.reads("#limits", "good for 5 min and 3 wrong tries")


def test_an_account_is_edited(console: Console) -> None:
    """Balances, a currency more, language, blocked: the wallet answers by them at once, and history says it."""
    console.open(f"accounts/{BLOCKED}")
    console.type("input[name=balance-RUB]", "77.70")
    console.type("#edit-account input[name=currency]", "USD")
    console.press("input[name=blocked]")
    console.press("#edit-account select[name=language]")
    console.run("document.querySelector('#edit-account select').value = 'en'")
    console.press("#edit-account button", "Save")
    console.one("#accounts tr", "77.70 RUB, 0.00 USD")
    console.reads("#entries", "edited")
    console.press("#account-phone")
    console.reads("#phone-title", BLOCKED)
    console.press(".keys button", "BALANCE")
    console.one(".bubble:not(.sent)", "77.70 RUB")


def test_what_cannot_be_is_said(console: Console) -> None:
    """An amount that is none is refused with the reason, and nothing is changed."""
    console.open(f"accounts/{ENGLISH}")
    console.type("input[name=balance-USD]", "12.345")
    console.press("#edit-account button", "Save")
    console.reads("#toast", "USD")
    console.open(f"accounts/{ENGLISH}")
    assert console.one("input[name=balance-USD]").get_attribute("value") == "15.30"


def test_an_account_is_opened(console: Console) -> None:
    """With a number of one's own; a second time is refused."""
    console.open("accounts")
    for _ in range(2):
        console.type("#new-account input[name=number]", "+79994440001")
        console.press("#new-account button", "Open")
        console.reads("#account-title", "79994440001")
    console.reads("#toast", "has an account already")


def test_a_payment_waits_for_its_code(console: Console) -> None:
    """Started, held; the code is on the subscriber's phone, is sent back from there, and the payment completes."""
    console.open(f"accounts/{ENGLISH}")
    console.type("#pay input[name=amount]", "12.50")
    console.press("#pay button", "Pay")
    held = console.one("#payments li", "waits for its code")
    assert "12.50 RUB Coffee shop" in held.text
    console.press("#payments a", "see the code")
    bubble = console.one(".bubble:not(.sent)", "12.50")
    (code,) = re.findall(r"\b\d{6}\b", bubble.text)
    console.type("#text", code)
    console.press(".write button")
    console.one(".bubble:not(.sent)", "is done")
    console.press("#phone-link")
    console.one("#payments li", "completed")
    console.one("#accounts tr", "237.50 RUB")
    console.reads("#entries", "payment completed")
    console.go("messages")
    assert code not in console.text("#lines")


def test_a_payment_that_cannot_be_is_refused(console: Console) -> None:
    """More than there is: refused, and for want of what."""
    console.open("accounts/79991110004")
    console.type("#pay input[name=amount]", "5.00")
    console.press("#pay button", "Pay")
    assert "funds" in console.one("#payments li", "refused").text
