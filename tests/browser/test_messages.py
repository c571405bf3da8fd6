"""The list of messages, its search, and one message in detail."""

from __future__ import annotations

import json
from pathlib import Path

from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.chromium import Console
from tests.browser.esme import Esme


def search(console: Console, words: str) -> None:
    console.type("#search", words)
    console.enter()


def test_messages_come_up_by_themselves(console: Console, esme: Esme) -> None:
    """The newest first, request and reply, with command, client and state."""
    console.open("messages")
    esme.submit("BALANCE")
    line = console.one(".lines a", "Balance: 250.00 RUB")
    assert "7494 → 79991110002" in line.text
    request = console.one(".lines a", "BALANCE")
    assert all(word in request.text for word in ("balance", "demo", "delivered"))


def test_the_search_takes_terms(console: Console, esme: Esme) -> None:
    """Each term narrows it down, what is no term is text, and none at all is everything."""
    esme.submit("HELP", source_addr="79991110004")
    esme.submit("what is this", source_addr="79991110001")
    console.open("messages")
    for words, wanted, unwanted in (
        ("from:79991110004", "HELP", "what is this"),
        ("from:+7999111000*", "HELP", "Commands: BALANCE"),
        ("to:79991110004", "Commands: BALANCE", "what is this"),
        ("command:help", "HELP", "what is this"),
        ("client:demo from:79991110001 state:delivered", "what is this", "HELP"),
        ('"what is"', "what is this", "HELP"),
        ("IS this", "what is this", "HELP"),
        ("with:79991110004", "Commands: BALANCE", "what is this"),
    ):
        search(console, words)
        console.one(".lines a", wanted)
        console.until(lambda unwanted=unwanted: unwanted not in console.text("#lines"), words)  # type: ignore[misc]
    search(console, "client:nobody")
    console.reads("#lines-empty", "No message is like that.")
    search(console, "state:nonsense")
    console.reads("#lines-note", "state")
    console.log()
    search(console, "")
    console.one(".lines a", "HELP")


def test_pages_go_by_cursor(console: Console, esme: Esme) -> None:
    """Fifty at a time; a page that is read does not move while messages come."""
    before = len(esme.responses)
    for number in range(60):
        esme.submit("SUPPORT", source_addr=f"7999222{number:04}")
    esme.wait(lambda: len(esme.responses) >= before + 60)
    console.open("messages")
    console.until(lambda: len(console.run("return document.querySelectorAll('#lines > li')")) == 50, "a page")
    console.press("#older")
    console.until(lambda: "before=" in console.driver.current_url, "the next page")
    console.until(lambda: console.all("#newest"), "a way back")
    first = console.one(".lines a").get_attribute("href")
    esme.submit("HELP")
    console.reads("#lines-note", "New messages have come.")
    assert console.one(".lines a").get_attribute("href") == first
    console.press("#newest")
    console.one(".lines a", "Commands: BALANCE")


def test_a_message_explains_itself(console: Console, esme: Esme) -> None:
    """Which characters became which word, each step, the transitions, and the PDUs: octets beside fields."""
    esme.submit("balnce please")
    console.open("messages")
    console.press(".lines a", "balnce please")
    console.reads("#parse-outcome", "BALANCE")
    assert [mark.text for mark in console.all("#parse-words mark")] == ["balnce", "please"]
    console.reads("#parse-words", "= balance (balance, one edit)")
    console.reads("#parse-steps", "one edit")
    console.reads("#transitions", "delivered")
    console.press(".pdu summary", "submit_sm")
    console.reads(".pdu .decoded", "destination_addr")
    assert "balnce please" in "".join(line[-16:] for line in console.text(".pdu[open] pre").splitlines())
    row = console.one(".pdu tr", "destination_addr")
    ActionChains(console.driver).move_to_element(row).perform()
    lit = "".join(span.text for span in console.all(".pdu pre .lit"))
    assert bytes.fromhex(lit) == b"7494\0"
    assert len(console.all(".pdu summary")) == 2
    console.picture("pdu")
    console.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    console.until(lambda: not console.all("#detail"), "the list alone")


def test_octets_of_every_field_add_up(console: Console, esme: Esme) -> None:
    """Each octet of a submit_sm with TLVs belongs to one field, in order."""
    esme.submit("PIN", source_addr="79991110004", tail=bytes.fromhex("0204000200aa"))
    console.open("messages")
    console.press(".lines a", "PIN")
    console.press(".pdu summary", "submit_sm")
    console.one(".pdu tr", "TLV 0x0204")
    spans = console.run(
        "const rows = [...document.querySelectorAll('.pdu[open] tr')];"
        "return rows.map((row) => { row.dispatchEvent(new Event('focus')); const lit ="
        " row.closest('.pdu').querySelectorAll('pre .lit').length; row.dispatchEvent(new Event('blur')); return lit; })"
    )
    octets = console.run("return document.querySelectorAll('.pdu[open] pre span').length")
    assert sum(spans) == octets
    assert 0 not in spans


def test_a_message_is_taken_along(console: Console, esme: Esme, downloads: Path) -> None:
    """As JSON, and as a capture that Wireshark reads."""
    esme.submit("CONFIRM", source_addr="79991110004")
    console.open("messages?q=command:confirm")
    console.press(".lines a", "CONFIRM")
    console.reads("#parse-outcome", "CONFIRM")
    for button, suffix in (("#as-json", "json"), ("#as-pcapng", "pcapng")):
        console.press(button)
        console.until(lambda suffix=suffix: [*downloads.glob(f"*.{suffix}")], suffix)  # type: ignore[misc]
    (told,) = downloads.glob("message-*.json")
    console.until(lambda: told.read_text("utf-8").strip(), "all of it")
    assert json.loads(told.read_text("utf-8"))["message"]["text"] == "CONFIRM"
    (capture,) = downloads.glob("message-*.pcapng")
    assert capture.read_bytes().startswith(b"\x0a\x0d\x0d\x0a")


def test_the_keyboard_goes_through_the_list(console: Console, esme: Esme) -> None:
    """j and k open the next and the last one, / searches, Escape closes."""
    esme.submit("HELP")
    console.open("messages")
    console.one(".lines a", "HELP")
    console.key("j")
    first = console.until(lambda: console.text("#detail-title"), "a message")
    console.key("j")
    console.until(lambda: console.text("#detail-title") != first, "the next")
    console.key("k")
    console.reads("#detail-title", first)
    console.key(Keys.ESCAPE)
    console.key("/")
    assert console.driver.switch_to.active_element.get_attribute("id") == "search"


def test_finished_messages_are_deleted_when_asked_twice(console: Console, esme: Esme) -> None:
    """Not before the page has asked back; then all that the search finds."""
    esme.submit("HELP", source_addr="79993330001")
    console.open("messages?q=with%3A79993330001")
    console.one(".lines a", "HELP")
    console.press("#clear-messages")
    console.press("#confirm button", "Cancel")
    assert console.all(".lines a")
    console.press("#clear-messages")
    console.say_yes()
    console.reads("#lines-empty", "No message is like that.")
