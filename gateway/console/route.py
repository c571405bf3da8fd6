"""What a route is, what handlers are given and may give back, and how a path finds its route."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Generic, Protocol, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import unquote

import attrs
from twisted.internet.defer import Deferred

from gateway.console.fields import outer_name

BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})
"""The methods whose requests have a body; a field that is neither in the path nor a header is looked for there."""


@attrs.frozen
class Route:
    """One line of the table of routes: what dispatches a request is what documents it.

    ``handler(controls, asked)`` says by its annotations what it is asked (an attrs class, or None) and what it answers
    (an attrs class, None for no content, :class:`Answer`, :class:`Octets` or :class:`Stream`, or a Deferred of one),
    and by its docstring what it is for; it raises :class:`gateway.console.problems.Problem` for what cannot be.
    """

    method: str
    path: str
    """With names in braces: ``/api/v1/messages/{id}``."""
    handler: Callable[..., Any]
    status: int = 200
    """Of the usual answer."""
    also: tuple[int, ...] = ()
    """Further statuses that the same answer may have."""
    content_type: str = "application/json"
    problems: tuple[int, ...] = ()
    """The statuses of the problems that it may answer with, besides those that any route may."""
    is_open: bool = False
    """Needs no token: for what holds no data, such as a page that asks for them."""
    is_probe: bool = False
    """For machines that watch the gateway: needs neither a token nor a Host that is known here."""
    is_page: bool = False
    """HTML for people: a link from elsewhere may lead to it."""
    is_documented: bool = True

    @property
    def asks(self) -> type[Any] | None:
        """What the handler is given."""
        return _signature(self.handler)[0]

    @property
    def answers(self) -> Any:
        """What it gives, None when that is no JSON of a known kind."""
        return _signature(self.handler)[1]

    @property
    def summary(self) -> str:
        """The handler's docstring up to its first full stop."""
        return " ".join((self.handler.__doc__ or "").split()).partition(". ")[0].rstrip(".")

    @property
    def group(self) -> str:
        """What the documentation lists it under."""
        parts = self.path.strip("/").split("/")
        return parts[2].split(".")[0] if parts[:2] == ["api", "v1"] and len(parts) > 2 else "gateway"

    def in_path(self) -> frozenset[str]:
        """The names in braces."""
        return frozenset(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    def places(self) -> Mapping[str, str]:
        """Where each field of ``asks`` comes from, by its outer name: path, header, query or body."""
        in_path = self.in_path()
        places = {}
        for field in attrs.fields(self.asks) if self.asks else ():
            name = outer_name(field)
            if name in in_path:
                places[name] = "path"
            elif field.metadata.get("header"):
                places[name] = "header"
            else:
                places[name] = "body" if self.method in BODY_METHODS else "query"
        return places


T = TypeVar("T")


@attrs.frozen
class Answer(Generic[T]):
    """An answer with a status or headers of its own."""

    value: T
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


@attrs.frozen
class Octets:
    """An answer that is no JSON: a page, a picture, a capture. ``chunks`` may be made as they are sent."""

    chunks: bytes | Iterable[bytes]
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()


class Sink(Protocol):
    """Where a stream goes: one open response."""

    @property
    def congested(self) -> bool:
        """Whether its reader does not keep up: what is written now is kept in memory."""

    def write(self, octets: bytes) -> None: ...
    def close(self) -> None:
        """End the response."""


@attrs.frozen
class Stream:
    """An answer that goes on. ``attach`` is given the sink and gives what is called once when its reader is gone."""

    content_type: str
    attach: Callable[[Sink], Callable[[], None]]


@attrs.frozen
class Found:
    """The route of a path and method, and what stood in the path where it has braces."""

    route: Route
    values: Mapping[str, str]


@attrs.frozen
class WrongMethod:
    """The path is there, not with this method."""

    allowed: tuple[str, ...]


@functools.cache
def _signature(handler: Callable[..., Any]) -> tuple[type[Any] | None, Any]:
    hints = get_type_hints(handler)
    gives = hints.pop("return")
    *_, asks = hints.values()
    if get_origin(gives) is Deferred:
        (gives,) = get_args(gives)
    if get_origin(gives) is Answer:
        (gives,) = get_args(gives)
    members = [gives, *get_args(gives)]
    is_plain = not any(isinstance(one, type) and issubclass(one, (Octets, Stream)) for one in members)
    return (None if asks is type(None) else asks), (gives if is_plain and gives is not type(None) else None)


class Router:
    """Paths to routes, part by part. A part in braces takes any text but an empty one."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Raises ValueError for a route that is there twice."""
        self.routes = tuple(routes)
        self._root: dict[str, Any] = {}
        for route in self.routes:
            node = self._root
            for part in route.path.strip("/").split("/"):
                node = node.setdefault("{}" if part.startswith("{") else part, {})
            if route.method in node.setdefault("", {}):
                raise ValueError(f"{route.method} {route.path} is there twice")
            node[""][route.method] = route

    def find(self, method: str, path: str) -> Found | WrongMethod | None:
        """The route, or None for a path that is none. ``path`` is as it came, with its percent signs."""
        if not path.startswith("/"):
            return None
        node: Any = self._root
        taken: list[str] = []
        for part in path[1:].split("/"):
            if part and part in node:
                node = node[part]
            elif part == "" and node is self._root and path == "/":
                node = node.get("")
            elif part and "{}" in node:
                node = node["{}"]
                taken.append(unquote(part, errors="replace"))
            else:
                return None
        by_method: dict[str, Route] = (node or {}).get("") or {}
        if not by_method:
            return None
        route = by_method.get(method) or (by_method.get("GET") if method == "HEAD" else None)
        if route is None:
            return WrongMethod(allowed_methods(by_method))
        names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
        return Found(route, dict(zip(names, taken, strict=True)))


def allowed_methods(by_method: Iterable[str]) -> tuple[str, ...]:
    """What an Allow header lists: HEAD wherever there is GET, and OPTIONS always."""
    methods = set(by_method)
    return tuple(sorted(methods | ({"HEAD"} if "GET" in methods else set()) | {"OPTIONS"}))
