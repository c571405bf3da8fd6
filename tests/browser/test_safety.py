"""What others send is shown as what it is; what others ask is refused."""

from __future__ import annotations

import http.client
import json
from pathlib import Path

import pytest

from tests.browser.chromium import Console
from tests.browser.conftest import STARTED
from tests.browser.esme import Esme
from tests.live.gateways import Gateway, running_gateway

HOSTILE = "79995550666"
TEXTS = {
    "markup": "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>",
    "entity": "&lt;b&gt; &amp; <!-- </textarea></pre>",
    "template": "{{ 7 * 7 }} ${7*7} <%= 7 %>",
    "formula": "=cmd|'/c calc'!A1",
    "link": "javascript:document.title='owned'",
}


def ask(gateway: Gateway, method: str, path: str, headers: dict[str, str], body: str = "") -> tuple[int, str]:
    connection = http.client.HTTPConnection(gateway.http, timeout=10)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in ({"Content-Length": str(len(body)), "Content-Type": "application/json"} | headers).items():
        connection.putheader(name, value)
    connection.endheaders(body.encode())
    answer = connection.getresponse()
    try:
        return answer.status, answer.headers.get("Content-Security-Policy", "")
    finally:
        connection.close()


def text(console: Console, words: str) -> None:
    body = {"from": HOSTILE, "to": "79995550667", "text": words}
    status = console.driver.execute_async_script(
        "const [body, done] = arguments; fetch('/api/v1/messages', {method: 'POST', body: JSON.stringify(body),"
        " headers: {'Content-Type': 'application/json'}}).then(({status}) => done(status))",
        body,
    )
    assert status == 201


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_a_text(console: Console, name: str) -> None:
    """Markup, formulas, templates: letter by letter on the phone, in the list and in the detail; nothing runs."""
    console.open(f"phone/{HOSTILE}")
    text(console, TEXTS[name])
    console.one(".bubble .body", TEXTS[name])
    console.go("messages")
    console.press(".lines a", TEXTS[name])
    console.reads("#detail-text", TEXTS[name])
    assert "owned" not in console.driver.title
    assert console.run("return document.querySelectorAll('main img, main script, main iframe').length") == 0


def test_what_cannot_be_seen_is_shown(console: Console) -> None:
    """A text that turns itself around is shown in its own order, its control by number; so are blanks that are none."""
    console.open(f"phone/{HOSTILE}")
    text(console, "invoice\u202egnp.exe a\u200bb \u2067c\u2069 \u3164 \U000e0041 \x07")
    wanted = "invoice‹U+202E›gnp.exe a‹U+200B›b ‹U+2067›c‹U+2069› ‹U+3164› ‹U+E0041› "
    console.one(".bubble .body", wanted)
    console.go("messages")
    line = console.one(".lines a", "‹U+202E›")
    assert "gnp.exe" in line.text
    isolated = "const bdi = document.querySelector('.lines .text bdi'); return getComputedStyle(bdi).unicodeBidi"
    assert console.run(isolated) == "isolate"


def test_pictures_of_several_characters_stay_whole(console: Console) -> None:
    """The joiner within a family and the selector behind a heart are no tricks; alone they are shown."""
    console.open(f"phone/{HOSTILE}")
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f"
    text(console, f"{family} a\u200db")
    console.one(".bubble .body", f"{family} a‹U+200D›b")


def test_an_endless_text_is_cut(console: Console, esme: Esme) -> None:
    """64 KiB in one message: the page shows a piece and offers the rest, and goes on being quick."""
    payload = b"<b>" + b"A" * 65_000 + b"</b>"
    esme.submit(
        "",
        source_addr=HOSTILE,
        destination_addr="79995550668",
        tail=b"\x04\x24" + len(payload).to_bytes(2, "big") + payload,
    )
    console.open(f"phone/{HOSTILE}")
    bubble = console.one(".bubble.sent", "… all 65,007 characters")
    assert len(bubble.text) < 1200
    assert bubble.size["height"] < 500
    console.press(".bubble .link")
    console.until(lambda: len(console.text(".bubble:last-child .body")) == 65_007, "all of it")
    console.go("messages")
    line = console.one(".lines a", "<b>AAA")
    assert line.size["height"] < 80
    line.click()
    console.reads("#detail-text", "… all 65,007 characters")
    assert console.one("#detail-text").size["height"] < 500


def test_the_policy_lets_nothing_inline_pass(console: Console) -> None:
    """A script, a handler or a style that gets into the page does not run, and nothing comes from elsewhere."""
    console.open("start")
    console.run(
        """
        const script = document.createElement('script');
        script.textContent = "document.documentElement.dataset.owned = 'script'";
        document.body.append(script);
        const image = document.createElement('div');
        image.innerHTML = '<img src="data:," onerror="document.documentElement.dataset.owned = 1">'
            + '<p style="color: red" id="styled">x';
        document.body.append(image);
        const far = document.createElement('script');
        far.src = 'http://localhost:1/far.js';
        document.body.append(far);
        """
    )
    console.until(lambda: len(console.driver.get_log("browser")) >= 1, "complaints of the policy")
    assert console.run("return document.documentElement.dataset.owned ?? ''") == ""
    assert console.run("return getComputedStyle(document.getElementById('styled')).color") != "rgb(255, 0, 0)"
    console.driver.get("about:blank")
    console.log()


def test_the_policy_names_nothing_but_the_gateway(gateway: Gateway) -> None:
    """No 'unsafe-inline', no other host, no frames."""
    status, policy = ask(gateway, "GET", "/", {})
    assert status == 200
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "//" not in policy


def test_other_pages_are_refused(gateway: Gateway) -> None:
    """A page of another origin, and a name that somebody else made point here, get nothing."""
    host = gateway.http
    body = json.dumps({"from": "1", "to": "2", "text": "x"})
    assert ask(gateway, "POST", "/api/v1/messages", {"Host": host, "Origin": "http://evil.example"}, body)[0] == 403
    assert ask(gateway, "GET", "/api/v1/messages", {"Host": "evil.example"})[0] == 421
    assert ask(gateway, "GET", "/", {"Host": "evil.example"})[0] == 421
    assert ask(gateway, "GET", "/api/v1/events", {"Host": host, "Origin": "http://evil.example"})[0] == 403
    assert ask(gateway, "POST", "/api/v1/messages", {"Host": host, "Origin": f"http://{host}"}, body)[0] == 201


def test_the_page_asks_once_for_the_token(console: Console, tmp_path: Path) -> None:
    """A wrong one is said to be wrong; the right one lasts for the tab, and stands in no address."""
    token = {"SMS_GATEWAY_HTTP_TOKEN": "a-token-of-24-characters"}
    with running_gateway(tmp_path, *STARTED, "--client", "kiosk:s3cret", environment=token) as guarded:
        other = Console(console.driver, guarded.http)
        other.driver.get(f"{other.origin}/#messages")
        other.one("#token-dialog")
        assert "kiosk" not in other.driver.page_source
        other.type("#token", "wrong")
        other.enter()
        other.reads("#token-wrong", "That was not it.")
        other.type("#token", "a-token-of-24-characters")
        other.enter()
        other.reads("#lines-empty", "No messages yet.")
        other.reads("#live", "live")
        other.driver.refresh()
        other.reads("#lines-empty", "No messages yet.")
        assert not other.all("#token-dialog")
        addresses = other.run("return [location.href, ...performance.getEntries().map((one) => one.name)].join()")
        assert "token-of" not in addresses
        assert other.run("return localStorage.length + document.cookie.length") == 0
        other.driver.get("about:blank")
