"""What every route does with requests: methods, paths, bodies, parameters, whatever the route is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.console.routes import ROUTES
from tests.console.browser import Browser, Connection
from tests.console.contract import DOCUMENT
from tests.doubles import Bench

API = [route for route in ROUTES if route.path.startswith("/api/v1/")]
WITH_BODY = [route for route in API if "body" in route.places().values()]


def target(path: str) -> str:
    """A path with something in its braces."""
    return path.replace("{number}", "79991110001").replace("{msisdn}", "79991110001").replace("{id}", "1")


def name(route: Any) -> str:
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("path", sorted({route.path for route in API}))
def test_a_wrong_method_is_told_the_right_ones(api: Browser, path: str) -> None:
    """405 with an Allow that lists what OPTIONS lists, HEAD wherever there is GET."""
    answered = api.ask("TRACE", target(path))
    assert answered.status == 405
    own = {route.method for route in ROUTES if route.path == path}
    allowed = set(answered.headers["allow"].split(", "))
    assert own <= allowed
    assert ("HEAD" in allowed) == ("GET" in own)
    asked = api.ask("OPTIONS", target(path))
    assert (asked.status, asked.headers["allow"], asked.body) == (204, answered.headers["allow"], b"")


@pytest.mark.parametrize(
    "path", ["/nope", "/api", "/api/v1/", "/api/v1/messages/", "//", "/api/v1/messages/1/2", "/%2e%2e/etc"]
)
def test_an_unknown_path_is_not_found(api: Browser, path: str) -> None:
    """What is not in the table of routes is not there, and says so as problem details."""
    assert api.ask("GET", path).status == 404


@pytest.mark.parametrize("route", WITH_BODY, ids=name)
def test_a_body_of_another_type_is_refused(api: Browser, route: Any) -> None:
    """Nothing but application/json is read: a form of another page cannot be JSON without asking first."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", None):
        assert api.ask(route.method, target(route.path), b"{}", {"Content-Type": kind}).status == 415


@pytest.mark.parametrize("route", WITH_BODY, ids=name)
def test_an_unknown_key_is_refused(api: Browser, route: Any) -> None:
    """Each body is strict, and says where the key is."""
    answered = api.ask(route.method, target(route.path), {"no such key": 1})
    assert answered.status == 422
    assert "#/no such key" in [error.get("pointer") for error in answered.json["errors"]]


@pytest.mark.parametrize("route", API, ids=name)
def test_an_unknown_parameter_is_refused(api: Browser, route: Any) -> None:
    """Each query string is strict: a misspelled filter must not find everything."""
    answered = api.ask(route.method, target(route.path) + "?nosuch=1")
    assert answered.status == 400
    assert "nosuch" in [error["parameter"] for error in answered.json["errors"]]


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"[]", b"nul", b'{"seconds": NaN}', b'{"seconds": 1, "seconds": 2}', b"\xff", b"[" * 100_000, b"1",
     b'{"seconds": 1e999}', b'{"seconds": ' + b"9" * 5000 + b"}", b'{"seconds": true}', b'{"seconds": "1"}',
     b'{"seconds": -1}', b'"x"'],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_what_is_no_such_json_is_refused(api: Browser, body: bytes) -> None:
    """Each way of not being the wanted JSON is answered with 400 or 422, and nothing is done."""
    before = api.get("/api/v1/clock")
    assert api.ask("POST", "/api/v1/clock/advance", body).status in (400, 422)
    assert api.get("/api/v1/clock") == before


def test_all_faults_are_told_at_once(api: Browser) -> None:
    """A body with several faults gets one answer that lists them all, each with its place."""
    answered = api.ask(
        "PUT", "/api/v1/accounts/79991110009", {"language": "de", "blocked": "no", "balances": {"RUB": 5}}
    )
    assert answered.status == 422
    assert {error["pointer"] for error in answered.json["errors"]} == {"#/language", "#/blocked", "#/balances"}
    answered = api.ask("GET", "/api/v1/messages?limit=0&state=dead&since=now&cursor=x&order=up")
    assert {error["parameter"] for error in answered.json["errors"]} == {"limit", "state", "since", "cursor", "order"}


def test_faults_never_show_what_was_sent(api: Browser) -> None:
    """A secret in the wrong place is not repeated."""
    answered = api.ask("POST", "/api/v1/accounts/79991110001/pin-check", {"pin": "canary-pin", "terminal": "x"})
    assert answered.status == 422
    assert b"canary" not in answered.body


def test_a_list_of_any_length_is_bounded(api: Browser) -> None:
    """A list of a hundred thousand items costs one fault, not a hundred thousand."""
    answered = api.ask("PUT", "/api/v1/faults", json.dumps({"rules": [1] * 100_000}).encode())
    assert answered.status == 422
    assert len(answered.body) < 1000
    answered = api.ask("POST", "/api/v1/reset", json.dumps({"what": ["x"] * 1000}).encode())
    assert len(answered.json["errors"]) == 100


def test_head_is_get_without_a_body(api: Browser) -> None:
    """HEAD tells the length that GET would have."""
    got = api.ask("GET", "/api/v1/parse?text=BALANCE")
    asked = api.ask("HEAD", "/api/v1/parse?text=BALANCE")
    assert (asked.status, asked.body) == (200, b"")
    assert asked.headers["content-length"] == str(len(got.body))


def test_every_answer_has_the_headers_that_keep_it_private(api: Browser) -> None:
    """No answer, good or bad, may be kept, guessed at, framed, or run as anything else."""
    for path in ("/livez", "/api/docs", "/api/v1/status", "/api/v1/nope"):
        headers = api.ask("GET", path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers


def test_who_goes_in_the_middle_of_a_request_is_no_news(bench: Bench) -> None:
    """A client that hangs up before its body is whole, or when that is refused, ends nothing but its connection."""
    for length in (100, 2_000_000):
        connection = Connection(bench)
        connection.send(
            b"POST /api/v1/messages HTTP/1.1\r\nHost: 127.0.0.1:8025\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n{" % length
        )
        connection.close()


def test_several_requests_on_one_connection(bench: Bench) -> None:
    """Pipelined requests are answered in their order."""
    connection = Connection(bench)
    one = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    connection.send(one * 3)
    assert connection.received().count(b"200 OK") == 3


def test_the_document_names_every_route() -> None:
    """What is dispatched is what is documented: no route is forgotten, each operation has a name of its own."""
    told = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert told == {(route.method, route.path) for route in ROUTES if route.is_documented}
    names = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_every_route_says_what_it_is_for(route: Any) -> None:
    """The documentation has a sentence on each."""
    assert 8 < len(route.summary) < 120


def test_the_page_of_the_api_needs_nothing_from_elsewhere(api: Browser) -> None:
    """It works without a network: every link is to this port, and nothing on it is a script."""
    page = api.ask("GET", "/api/docs").body.decode()
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page
    assert "/api/v1/messages/wait" in page
    assert api.ask("GET", "/api/docs.css").headers["content-type"].startswith("text/css")


def test_probes_and_metrics_are_as_ever(api: Browser) -> None:
    """Machines that watch a gateway find what they found before there was an API."""
    assert api.ask("GET", "/livez").body == b"ok\n"
    assert api.ask("GET", "/readyz").body == b"ok\n"
    assert b"smsgw_bindings 0.0" in api.ask("GET", "/metrics").body


def test_a_gateway_that_stops_is_not_ready(bench: Bench, api: Browser) -> None:
    """From the moment it stops, /readyz says no and /livez still yes."""
    bench.emulator.stop()
    assert api.ask("GET", "/readyz").status == 503
    assert api.ask("GET", "/livez").status == 200
