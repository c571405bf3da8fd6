"""How it looks, for everybody: both themes, a phone's width, the keyboard, a screen reader, the first visit."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.chromium import NARROW, ROOT, WIDE, Console
from tests.browser.conftest import STARTED
from tests.browser.esme import Esme, bound
from tests.live.gateways import Gateway, running_gateway

SUBSCRIBER = "79991110002"
VIEWS = {
    "connect": "start",
    "phone": f"phone/{SUBSCRIBER}",
    "messages": "messages",
    "message": "messages/3",
    "sessions": "sessions",
    "accounts": f"accounts/{SUBSCRIBER}",
    "faults": "faults",
}
TALK = ("BALANCE", "balnce please", "ПИН", "Баланс", "what is this?", "CONFIRM", "HELP")
RULES = (
    {
        "name": "one in five submits is throttled", "point": "submit", "match": {"client": "demo"}, "probability": 0.2,
        "effect": {"kind": "status", "command_status": "ESME_RTHROTTLED"},
    },
    {"name": "the tenth delivery is lost", "point": "deliver", "match": {"nth": 10}, "effect": {"kind": "dropped"}},
    {"name": "answers take a while", "point": "answer", "every": 3, "effect": {"kind": "delay", "seconds": 1}},
)  # fmt: skip


def post(gateway: Gateway, path: str, body: object) -> None:
    request = urllib.request.Request(
        f"http://{gateway.http}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status in (200, 201)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway on which something is going on."""
    with running_gateway(tmp_path_factory.mktemp("gateway"), *STARTED) as ready, bound(ready) as esme:
        for text in ("BALANCE", "balnce please", "SUPPORT"):
            count = len(esme.responses)
            esme.submit(text)
            esme.wait(lambda count=count: len(esme.responses) > count)  # type: ignore[misc]
        for text in TALK:
            post(ready, "/api/v1/messages", {"from": SUBSCRIBER, "to": "7494", "text": text})
        payment = {"account": SUBSCRIBER, "amount": "12.50", "merchant": "Coffee shop"}
        post(ready, "/api/v1/payments", payment)
        for rule in RULES:
            post(ready, "/api/v1/faults", rule)
        yield ready


def axe() -> Path | None:
    """axe-core where npm has put it."""
    places = [Path(part) for part in os.environ.get("NODE_PATH", "").split(os.pathsep) if part]
    places.append(ROOT / ".ci/node/node_modules")
    return next((file for place in places if (file := place / "axe-core/axe.min.js").is_file()), None)


def violations(console: Console) -> list[str]:
    """What axe-core finds that is serious or critical, with the elements."""
    script = axe()
    if script is None:
        pytest.skip("axe-core is not installed (npm install --prefix .ci/node axe-core)")
    console.run(script.read_text("utf-8"))
    found: dict[str, Any] = console.driver.execute_async_script(
        "axe.run(document, {resultTypes: ['violations']}).then(arguments[0])"
    )
    return [
        f"{one['impact']}: {one['id']}: {node['html'][:200]} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
        if one["impact"] in ("serious", "critical")
    ]


def settled(console: Console, view: str) -> None:
    """Everything that the view shows is there."""
    marks = {
        "connect": "#snippet-code", "phone": ".bubble", "messages": ".lines a", "message": "#pdus summary",
        "sessions": ".session", "accounts": "#payments li", "faults": ".fault",
    }  # fmt: skip
    console.one(marks[view])
    if view == "message":
        console.press(".pdu summary", "submit_sm")
        console.one(".pdu tr", "short_message")
        console.run("document.getElementById('detail').scrollTop = 0")
    if view == "faults":
        console.one("#sets button")


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("en", "dark"), ("ru", "light")])
@pytest.mark.parametrize("view", VIEWS)
def test_everybody_can_read_it(console: Console, view: str, theme: str, language: str) -> None:
    """axe-core finds nothing serious, in a wide window and on a phone; nothing is wider than the window."""
    console.open(VIEWS[view], theme=theme, language=language)
    settled(console, view)
    for name, size in (("", WIDE), ("-narrow", NARROW)):
        console.resize(size)
        wide = console.run("return [document.documentElement.scrollWidth, document.getElementById('main').scrollWidth]")
        assert max(wide) <= size[0], f"{wide} in {size}"
        console.picture(f"{view}{name}{'-dark' if theme == 'dark' else ''}{'-russian' if language == 'ru' else ''}")
    assert violations(console) == []
    console.resize(WIDE)
    assert violations(console) == []


def test_the_theme_is_the_systems_until_it_is_switched(console: Console) -> None:
    """Light, dark, as the system has it again; what was chosen is kept."""
    ground = "return getComputedStyle(document.body).color"
    console.open("start", theme="dark")
    dark = console.run(ground)
    console.open("start", theme="light")
    light = console.run(ground)
    assert dark != light
    console.press("#theme")
    console.press("#theme")
    assert console.run(ground) == dark
    console.open("start", theme="light")
    assert console.run(ground) == dark
    console.press("#theme")
    assert console.run(ground) == light


def test_it_is_used_without_a_mouse(console: Console) -> None:
    """Skip link, numbers for the views, a list of the keys, a focus that is seen."""
    console.open("start")
    console.key(Keys.TAB)
    skip = console.driver.switch_to.active_element
    assert skip.text == "Skip to the content"
    assert skip.location["y"] >= 0
    console.enter()
    assert console.driver.switch_to.active_element.get_attribute("id") == "main"
    console.key("?")
    console.reads("#shortcuts", "search messages")
    assert violations(console) == []
    console.key(Keys.ESCAPE)
    for key, view in zip("123456", ("phone", "messages", "sessions", "accounts", "faults", "start"), strict=True):
        console.key(key)
        console.one(f"#view-{view}")
        assert len(console.all(".view")) == 1
    console.key("c")
    console.until(lambda: console.driver.switch_to.active_element.get_attribute("id") == "text", "the text")
    console.driver.switch_to.active_element.send_keys("1 / ? c")
    assert console.one("#text").get_attribute("value") == "1 / ? c"
    outline = console.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_the_focus_goes_along(console: Console) -> None:
    """On a phone's width a message takes the list's place: the focus is on it, and goes back to its line."""
    console.open("messages", size=NARROW)
    console.press(".lines a", "balnce please")
    console.reads("#parse-outcome", "BALANCE")
    assert console.driver.switch_to.active_element.get_attribute("id") == "detail"
    assert not console.all("#lines a")
    console.key(Keys.ESCAPE)
    console.one(".lines a")
    assert "balnce please" in console.driver.switch_to.active_element.text


def test_nothing_jumps_while_messages_come(console: Console, esme: Esme) -> None:
    """The frame, the search and the list stay where they are, whatever happens in the list."""
    places = (
        "return ['.top', '.strip', '.rail', '#find', '.list', '.list footer', '#notice', '#clock']"
        ".map((one) => { const {x, y, width, height} = document.querySelector(one).getBoundingClientRect();"
        " return [one, x, y, width, height]; })"
    )
    console.open("messages")
    console.one(".lines a")
    before = console.run(places)
    for _ in range(20):
        esme.submit("HELP")
    console.until(lambda: len(console.all(".lines a")) > 40, "they have come")
    assert console.run(places) == before


def test_motion_is_left_to_who_wants_it(console: Console) -> None:
    """With prefers-reduced-motion nothing moves."""
    console.open("start")
    feature = {"name": "prefers-reduced-motion", "value": "reduce"}
    console.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    moving = "return [...document.querySelectorAll('*')].map((one) => getComputedStyle(one).animationName)"
    assert set(console.run(moving)) == {"none"}


def test_the_first_visit_explains_itself(console: Console, tmp_path: Path) -> None:
    """Where to bind and as whom, three programs to be copied, and a sign as soon as somebody binds."""
    with running_gateway(tmp_path, *STARTED) as fresh:
        other = Console(console.driver, fresh.http)
        other.open()
        other.reads("#waiting-text", "Waiting for the first bind")
        for wanted in ("127.0.0.1", str(fresh.port), "demo"):
            other.reads("#start-facts", wanted)
        for name, code in (
            ("smpplib", "bind_transceiver"),
            ("node-smpp", "require('smpp')"),
            ("Kannel", "smsc-username"),
        ):
            other.press("#snippet-tabs button", name)
            other.reads("#snippet-code", code)
            assert str(fresh.port) in other.text("#snippet-code")
        other.key(Keys.ARROW_RIGHT)
        other.reads("#snippet-code", "smpplib.client")
        other.press("#copy")
        other.until(lambda: other.text("#toast"), "said that it was copied")
        other.picture("first-visit")
        with bound(fresh):
            other.reads("#waiting-text", "1 session is bound")
        other.driver.get("about:blank")


def test_a_password_of_ones_own_is_not_shown(console: Console, tmp_path: Path) -> None:
    """Only the built-in client's is, which everybody knows."""
    with running_gateway(tmp_path, *STARTED, "--client", "shop:s3cret") as fresh:
        other = Console(console.driver, fresh.http)
        other.open("start")
        other.reads("#start-facts", "shop")
        other.reads("#start-facts", "not shown here")
        assert "s3cret" not in other.driver.page_source
        other.driver.get("about:blank")
