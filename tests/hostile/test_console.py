"""A. The HTTP port: other pages, other names, wrong tokens, too much, too slow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from twisted.logger import LogEvent

from gateway.console.routes import ROUTES
from gateway.console.site import MOST_BODY, REQUEST_SECONDS
from gateway.settings import SettingsError, load_settings
from tests.console.browser import HOST, Browser, Connection
from tests.doubles import Bench
from tests.esme import Esme
from tests.hostile.rows import row

TOKEN = "a-token-of-this-test"
HOSTILE_TEXTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "=cmd()|' /C calc'!A1",
)
API = [route for route in ROUTES if route.path.startswith("/api/v1/")]


def target(path: str) -> str:
    return path.replace("{number}", "79991110001").replace("{msisdn}", "79991110001").replace("{id}", "1")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:8026"},
        {"Origin": "http://localhost:8025"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
        {"Origin": "http://evil.example", "Upgrade": "websocket", "Connection": "Upgrade"},
    ],
    ids=str,
)
@row("A-01")
def test_a_page_of_another_origin_may_ask_nothing(row: str, headers: dict[str, str | None]) -> None:
    """On every route of the API, and nothing is done; our own page may."""
    api = Browser(Bench())
    for route in API:
        answered = api.ask(route.method, target(route.path), headers=headers)
        assert answered.status == 403, route
        assert "access-control-allow-origin" not in answered.headers
    own = {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}
    assert api.ask("POST", "/api/v1/clock/freeze", headers=own).status == 200


@row("A-01")
def test_a_link_from_elsewhere_leads_to_pages_only(row: str) -> None:
    """Following a link to a page is no attack, a form that posts is."""
    api = Browser(Bench())
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert api.ask("GET", "/api/docs", headers=link).status == 200
    assert api.ask("POST", "/api/v1/reset", {"what": ["all"]}, headers=link).status == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 421), ("evil.example:8025", 421), ("127.0.0.1.evil.example", 421), ("10.0.0.1", 421),
        ("localhost.evil.example:8025", 421), (None, 400), ("", 421), ("[::1", 400), ("a,b", 400),
        ("localhost", 200), ("LOCALHOST:8025", 200), ("127.0.0.1", 200), ("[::1]:8025", 200), ("console.test", 200),
    ],
)  # fmt: skip
@row("A-02")
def test_a_host_of_another_name_is_refused(row: str, host: str | None, status: int, tmp_path: Path) -> None:
    """A name that was made to stand for 127.0.0.1 gets nothing, whatever it looks like."""
    config = tmp_path / "names.toml"
    config.write_text('[http]\nnames = ["console.test"]\n', "utf-8")
    api = Browser(Bench(config=str(config)))
    assert api.ask("GET", "/api/v1/status", headers={"Host": host}).status == status
    assert api.ask("GET", "/livez", headers={"Host": host}).status == 200, "a probe knows no names"


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
@row("A-03")
def test_a_text_is_never_a_page(row: str, text: str) -> None:
    """What a subscriber texts comes back as JSON that no browser takes for anything else."""
    bench = Bench()
    api = Browser(bench)
    api.post("/api/v1/messages", {"from": "79991110001", "to": "79995550001", "text": text}, status=201)
    Esme(bench, system_id="<b>x</b>", password="x")
    for path in ("/api/v1/messages", "/api/v1/handsets/79991110001/messages", "/api/v1/sessions", "/api/v1/status"):
        answered = api.ask("GET", path)
        assert answered.headers["content-type"] == "application/json"
        assert answered.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answered.headers["content-security-policy"]
    assert api.get("/api/v1/messages")["items"][0]["text"] == text


@row("A-03")
def test_a_text_in_an_event_cannot_end_it(row: str) -> None:
    """Line breaks in a text do not become events of their own."""
    bench = Bench()
    api = Browser(bench)
    stream = api.begin("GET", "/api/v1/events")
    text = "x\n\nevent: reset\ndata: {}\n\n"
    api.post("/api/v1/messages", {"from": "79991110001", "to": "79995550001", "text": text}, status=201)
    bench.pass_time(0.5)
    assert stream.received().count(b"\nevent: ") == 2, "hello and message"


@row("A-04")
def test_without_the_token_nothing_is_answered(row: str) -> None:
    """401 on every route of the API, with the way to do it; probes and pages without data stay open."""
    bench = Bench(http_token=TOKEN)
    for api in (Browser(bench), Browser(bench, token="wrong", peer="10.0.0.9")):
        for route in API:
            if not route.is_open:
                answered = api.ask(route.method, target(route.path))
                assert answered.status in (401, 429), route
                assert answered.status == 429 or answered.headers["www-authenticate"].startswith("Bearer")
        for path in ("/livez", "/readyz", "/metrics", "/api/openapi.json", "/api/docs"):
            assert api.ask("GET", path).status == 200
    assert Browser(bench, token=TOKEN).ask("GET", "/api/v1/status").status == 200


@row("A-04")
def test_a_thousand_wrong_tokens_are_not_looked_at(row: str, log: list[LogEvent]) -> None:
    """Guessing is slow for whoever guesses, right ones included, and for nobody else; no token is in the log."""
    bench = Bench(http_token=TOKEN)
    guesser = Browser(bench, peer="10.0.0.9")
    statuses = []
    for number in range(1000):
        guesser.token = f"guess-{number:04}-guess"
        statuses.append(guesser.ask("GET", "/api/v1/status").status)
    assert statuses.count(401) <= 6
    guesser.token = TOKEN
    assert guesser.ask("GET", "/api/v1/status").status == 429
    assert Browser(bench, token=TOKEN).ask("GET", "/api/v1/status").status == 200
    bench.pass_time(1)
    assert guesser.ask("GET", "/api/v1/status").status == 200
    assert not any("guess-" in str(event) or TOKEN in str(event) for event in log)


@pytest.mark.parametrize("name", ["token", "access_token", "api_key", "Token"])
@row("A-04")
def test_a_token_in_a_url_is_refused(row: str, name: str) -> None:
    """It would stand in logs and histories, so it is no way in, even when it is right."""
    api = Browser(Bench(http_token=TOKEN))
    assert api.ask("GET", f"/api/v1/status?{name}={TOKEN}").status == 400
    api.token = TOKEN
    assert api.ask("GET", f"/api/v1/status?{name}={TOKEN}").status == 400


@row("A-04")
def test_a_browser_gets_a_cookie_for_the_token(row: str) -> None:
    """The cookie is not the token, no script reads it, no other site sends it; a wrong one is as a wrong token."""
    bench = Bench(http_token=TOKEN)
    api = Browser(bench)
    assert api.ask("POST", "/api/v1/login", {"token": "wrong"}).status == 401
    answered = api.ask("POST", "/api/v1/login", {"token": TOKEN})
    assert answered.status == 204
    cookie = answered.headers["set-cookie"]
    assert TOKEN not in cookie
    assert {"HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    assert api.ask("GET", "/api/v1/status", headers={"Cookie": cookie.partition(";")[0]}).status == 200
    assert api.ask("GET", "/api/v1/status", headers={"Cookie": "sms_gateway=wrong"}).status == 401


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
@row("A-05")
def test_a_gigabyte_is_refused_before_an_octet_is_kept(row: str, route: object) -> None:
    """413 on every route, with a token and without, as soon as the length is announced."""
    bench = Bench(http_token=TOKEN)
    connection = Connection(bench)
    path = target(route.path)  # type: ignore[attr-defined]
    method = route.method  # type: ignore[attr-defined]
    connection.send(f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 1073741824\r\n\r\n".encode())
    assert connection.answer(method).status == 413
    for _ in range(64):
        connection.send(b"x" * 65536)
    assert connection.received().count(b"HTTP/1.1") == 1


@row("A-05")
def test_chunks_without_end_are_refused(row: str) -> None:
    """A body that does not tell its length is refused when it is too long, and not read any more."""
    bench = Bench()
    connection = Connection(bench)
    connection.send(
        f"POST /api/v1/reset HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n".encode()
    )
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    for _ in range(MOST_BODY // 65536):
        connection.send(chunk)
    assert connection.received() == b""
    connection.send(chunk)
    assert connection.answer().status == 413
    bench.pass_time(3)
    assert connection.transport.aborted


@row("A-05")
def test_the_largest_body_is_read(row: str) -> None:
    """A mebibyte passes the limit, and is refused for what it is."""
    api = Browser(Bench())
    body = json.dumps({"from": "79991110001", "to": "7494", "text": ""}).encode()
    body = body.replace(b'""', b'"' + b"x" * (MOST_BODY - len(body)) + b'"')
    assert len(body) == MOST_BODY
    assert api.ask("POST", "/api/v1/messages", body).status == 422


@pytest.mark.parametrize(
    "beginning",
    [
        b"P",
        b"POST /api/v1/reset HTTP/1.1\r\nHost: localhost\r\n",
        b"POST /api/v1/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
    ],
    ids=["line", "head", "body"],
)
@row("A-05")
def test_a_slow_request_is_given_up(row: str, beginning: bytes) -> None:
    """The deadline is for the whole request: an octet now and then buys no time."""
    bench = Bench()
    connection = Connection(bench)
    connection.send(beginning)
    for _ in range(60):
        bench.pass_time(REQUEST_SECONDS / 40)
        if connection.received() or connection.transport.disconnecting:
            break
        connection.send(b"x")
    else:
        bench.pass_time(80)
    assert connection.transport.disconnecting or connection.answer().status == 408


@row("A-05")
def test_ten_thousand_headers_are_refused(row: str) -> None:
    """As many headers as a browser sends are read, more are refused with 431 before the request is answered."""
    api = Browser(Bench())
    assert api.ask("GET", "/livez", headers={f"X-{number}": "1" for number in range(90)}).status == 200
    assert api.ask("GET", "/livez", headers={f"X-{number}": "1" for number in range(10_000)}).status == 431
    assert api.ask("GET", "/livez", headers={"X": "x" * 70_000}).status == 431


@row("A-05")
def test_a_million_items_cost_one_answer(row: str) -> None:
    """A list of half a million items within the limit is refused with a short answer."""
    api = Browser(Bench())
    answered = api.ask("PUT", "/api/v1/faults", b'{"rules": [' + b"0," * 500_000 + b"0]}")
    assert answered.status == 422
    assert len(answered.body) < 1000


@row("A-06")
def test_no_route_takes_an_address_to_call(row: str) -> None:
    """Nobody can make the gateway ask other hosts: what it may call stands in its settings, by name."""
    names = {
        field.name
        for route in ROUTES
        if route.asks is not None
        for field in route.asks.__attrs_attrs__  # type: ignore[attr-defined]  # all are attrs classes
    }
    assert not {name for name in names if any(word in name for word in ("url", "uri", "callback", "hook"))}
    api = Browser(Bench())
    for name in ("http://169.254.169.254/", "127.0.0.1:22", "10.0.0.1"):
        assert api.ask("POST", "/api/v1/sessions/outbind", {"name": name}).status == 404


@pytest.mark.parametrize(
    "name", ["../wiring.py", "..%2fwiring.py", "%2e%2e/%2e%2e/setup.cfg", "....//", "/etc/passwd", "x\\..\\y", "%00"]
)
@row("A-07")
def test_a_path_leads_nowhere_else(row: str, name: str) -> None:
    """Names in paths are looked up, never opened: nothing outside is found."""
    api = Browser(Bench())
    for base in ("/static/", "/api/v1/messages/", "/api/v1/faults/", "/"):
        answered = api.ask("GET", base + name)
        assert answered.status in (400, 404), answered.body
        assert b"root:" not in answered.body
        assert b"import" not in answered.body


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "gateway.example"])
@row("A-08")
def test_others_are_let_in_only_with_a_token(row: str, host: str) -> None:
    """A port that others can reach does not open without a token; with one it does, and lets addresses in by number."""
    with pytest.raises(SettingsError, match="token"):
        load_settings({"http_host": host}, {})
    with pytest.raises(SettingsError, match="16"):
        load_settings({"http_host": host, "http_token": "short"}, {})
    api = Browser(Bench(http_host=host, http_token=TOKEN), token=TOKEN)
    assert api.ask("GET", "/api/v1/status", headers={"Host": "192.168.1.5:8025"}).status == 200
    assert api.ask("GET", "/api/v1/status", headers={"Host": "evil.example"}).status == 421
