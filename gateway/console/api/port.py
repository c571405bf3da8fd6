"""What the port itself has: probes, the documents of the API, and the cookie that a browser gets for the token."""

from __future__ import annotations

import attrs

from gateway.console.controls import Controls
from gateway.console.documentation import STYLE
from gateway.console.fields import Json, given
from gateway.console.guard import COOKIE
from gateway.console.problems import Problem
from gateway.console.route import Answer, Octets

_TEXT = "text/plain; charset=utf-8"
_EVERYBODY = "log in"
"""Wrong tokens that come this way are counted together, from wherever they come."""


def livez(controls: Controls, _: None) -> Octets:
    """The process answers."""
    return Octets(b"ok\n", _TEXT)


def readyz(controls: Controls, _: None) -> Octets:
    """Everything listens and the set-up is loaded; 503 before that, and while the gateway stops."""
    if not controls.emulator.ready:
        raise Problem(503, "The gateway is not ready.")
    return Octets(b"ok\n", _TEXT)


def metrics(controls: Controls, _: None) -> Octets:
    """What is counted, as Prometheus reads it. No label names a subscriber."""
    return Octets(controls.metrics.exposition(), "text/plain; version=0.0.4; charset=utf-8")


def openapi_document(controls: Controls, _: None) -> Json:
    """This document."""
    return Json(controls.document)


def api_docs(controls: Controls, _: None) -> Octets:
    """The same for people."""
    return Octets(controls.docs.encode(), "text/html; charset=utf-8")


def api_docs_style(controls: Controls, _: None) -> Octets:
    """The style of that page."""
    return Octets(STYLE.encode(), "text/css; charset=utf-8")


@attrs.frozen(kw_only=True)
class LogIn:
    """The token, once, from a form of the console."""

    token: str = given("the gateway's token", secret=True)


def log_in(controls: Controls, asked: LogIn) -> Answer[None]:
    """Give a browser a cookie that stands for the token: its event streams cannot send headers."""
    if not controls.guard.asks_for_token:
        return Answer(None, 204)
    value = controls.guard.cookie_for(asked.token, _EVERYBODY)
    return Answer(None, 204, (("Set-Cookie", f"{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict"),))


def log_out(controls: Controls, _: None) -> Answer[None]:
    """Take the cookie away."""
    return Answer(None, 204, (("Set-Cookie", f"{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"),))
