"""Who may ask: the Host that a request names, the page that it comes from, the token that it brings.

A browser can be made to ask for anything by any page (cross-site requests, DNS rebinding), so that listening on a
loopback address alone is no protection. A name in Host must be known here; an address needs no check where others
may reach us, since no page can make an address stand for another. A page of another origin is refused whatever it asks.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from gateway.clients.throttle import TokenBucket
from gateway.console.problems import Problem
from gateway.console.route import Route

COOKIE: Final = "sms_gateway"
"""What a browser is given for the token, since its event streams cannot send headers."""

FAILURES_PER_SECOND: Final = 5.0
"""Wrong tokens from one address; beyond it none is looked at, right ones neither."""

_ADDRESSES_REMEMBERED: Final = 10_000

_IN_URL: Final = frozenset({"token", "access_token", "api_key", "apikey"})
"""Names that a token would have in a URL: it would stand in logs and histories."""

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """The rules of one HTTP port."""

    def __init__(
        self, *, token: str | None, host: str, names: tuple[str, ...], monotonic: Callable[[], float], run_key: bytes
    ) -> None:
        """``token`` None lets everybody in who passes the other rules; ``host`` is what is listened on, ``names`` are
        further names it goes by, ``run_key`` makes the cookies of this run."""
        self._digest = None if token is None else _digest(token)
        self._cookie = hmac.digest(run_key, self._digest or b"", hashlib.sha256).hex()
        self._names = {"localhost", host.lower(), *(name.lower().rstrip(".") for name in names)}
        self._is_loopback = _is_loopback(host)
        self._monotonic = monotonic
        self._failures: dict[str, TokenBucket] = {}

    @property
    def asks_for_token(self) -> bool:
        """Whether there is a token."""
        return self._digest is not None

    def check(
        self, route: Route | None, method: str, headers: Mapping[str, str], parameters: Mapping[str, object], peer: str
    ) -> None:
        """Raise Problem for a request that may not be answered. ``route`` is None when there is none."""
        if route is not None and route.is_probe:
            return
        self._check_host(headers)
        self._check_origin(route, method, headers)
        if _IN_URL & {name.lower() for name in parameters}:
            raise Problem(400, "A token does not belong into a URL; send it as 'Authorization: Bearer …'.")
        if route is None or not route.is_open:
            self._check_token(headers, peer)

    def cookie_for(self, token: str, peer: str) -> str:
        """The value of the cookie that stands for a right token; raises Problem 401 or 429."""
        self._judge(hmac.compare_digest(self._digest or b"", _digest(token)), peer)
        return self._cookie

    def _check_host(self, headers: Mapping[str, str]) -> None:
        host = headers.get("host")
        if host is None or "," in host:
            raise Problem(400, "The request names no Host.")
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
            address = _address(name)
        except ValueError:
            raise Problem(400, "The request's Host is none.") from None
        if address is not None:
            known = name in self._names or address.is_loopback or not self._is_loopback
        else:
            known = name in self._names or name.endswith(".localhost")
        if not known:
            raise Problem(421, "This gateway does not go by the name in Host; [http] names takes further ones.")

    def _check_origin(self, route: Route | None, method: str, headers: Mapping[str, str]) -> None:
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != headers["host"].lower():
            raise Problem(403, "A page of another origin may not ask this.")
        site = headers.get("sec-fetch-site", "none")
        if site not in ("none", "same-origin"):
            is_link = method in _SAFE and headers.get("sec-fetch-mode") == "navigate"
            if not (is_link and route is not None and route.is_page):
                raise Problem(403, "A page of another site may not ask this.")

    def _check_token(self, headers: Mapping[str, str], peer: str) -> None:
        if self._digest is None:
            return
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            self._judge(hmac.compare_digest(self._digest, _digest(token.strip())), peer)
            return
        cookie = _cookie_of(headers.get("cookie", ""))
        if cookie is None:
            raise _unauthorized("This gateway wants a token: send it as 'Authorization: Bearer …'.")
        self._judge(hmac.compare_digest(self._cookie.encode(), cookie.encode()), peer)

    def _judge(self, is_right: bool, peer: str) -> None:
        now = self._monotonic()
        bucket = self._failures.get(peer)
        if bucket is not None and not bucket.has(now):
            raise Problem(429, "Too many wrong tokens; wait a second.", headers=(("Retry-After", "1"),))
        if is_right:
            return
        if bucket is None:
            self._forget(now)
            bucket = self._failures[peer] = TokenBucket(FAILURES_PER_SECOND, now)
        bucket.take(now)
        raise _unauthorized("The token is wrong.")

    def _forget(self, now: float) -> None:
        """Make room: addresses that did nothing wrong lately, else all."""
        if len(self._failures) >= _ADDRESSES_REMEMBERED:
            self._failures = {peer: bucket for peer, bucket in self._failures.items() if not bucket.is_full(now)}
            if len(self._failures) >= _ADDRESSES_REMEMBERED:
                self._failures.clear()


def _unauthorized(detail: str) -> Problem:
    return Problem(401, detail, headers=(("WWW-Authenticate", 'Bearer realm="sms-gateway"'),))


def _digest(token: str) -> bytes:
    """Of one length, so that a comparison tells nothing of the token's."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _cookie_of(header: str) -> str | None:
    for pair in header.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            return value
    return None


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback
