"""From a request to an answer, without Twisted's HTTP: find the route, ask the guard, read what is asked, answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

import attrs
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from gateway.console import problems, structuring
from gateway.console.fields import outer_name
from gateway.console.guard import Guard
from gateway.console.problems import Fault, Problem
from gateway.console.route import Answer, Found, Octets, Route, Router, Stream, WrongMethod

_log = Logger(namespace="http")

MOST_PARAMETERS: Final = 100

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

ALWAYS: Final = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", _POLICY),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
)
"""Headers of every answer."""


@attrs.frozen
class Incoming:
    """A whole request. ``target`` is as it came; headers are by lower-case name, several of one joined by commas."""

    method: str
    target: str
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)
    peer: str = ""
    """The other side's IP address."""


@attrs.frozen
class Outgoing:
    """A whole answer, or one whose body goes on."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | Iterable[bytes] = attrs.field(default=b"", repr=False)
    stream: Stream | None = None


class Application:
    """The routes of one gateway. ``controls`` is what their handlers act on."""

    def __init__(self, routes: Iterable[Route], guard: Guard, controls: Any) -> None:
        self.router = Router(routes)
        self._guard = guard
        self.controls = controls

    def answer(self, incoming: Incoming) -> Deferred[Outgoing]:
        """The answer, now or later; it never fails. Cancelling it tells the handler that nobody waits any more."""
        try:
            given = self._handle(incoming)
        except Exception:  # noqa: BLE001 - whatever it was becomes an answer, and a line in the log
            return _done(_failed(Failure()))
        if not isinstance(given, Deferred):
            return _done(given)
        return given.addErrback(_failed)

    def _handle(self, incoming: Incoming) -> Outgoing | Deferred[Outgoing]:
        path, _, query = incoming.target.partition("?")
        found = self.router.find(incoming.method, path)
        parameters = _parameters(query)
        route = found.route if isinstance(found, Found) else None
        if incoming.method == "OPTIONS" and isinstance(found, WrongMethod):
            self._guard.check(_OPTIONS, "OPTIONS", incoming.headers, parameters, incoming.peer)
            return Outgoing(204, (("Allow", ", ".join(found.allowed)), *ALWAYS))
        self._guard.check(route, incoming.method, incoming.headers, parameters, incoming.peer)
        if found is None:
            raise Problem(404, "There is nothing at this path.")
        if isinstance(found, WrongMethod):
            allowed = ", ".join(found.allowed)
            raise Problem(405, f"This path takes {allowed}.", headers=(("Allow", allowed),))
        return self._run(found, parameters, incoming)

    def _run(self, found: Found, parameters: dict[str, list[str]], incoming: Incoming) -> Outgoing | Deferred[Outgoing]:
        route = found.route
        asked = asked_of(found, parameters, incoming)
        given = route.handler(self.controls, asked)
        if isinstance(given, Deferred):
            return given.addCallback(lambda value: _outgoing(route, value))
        return _outgoing(route, given)


def asked_of(found: Found, parameters: Mapping[str, list[str]], incoming: Incoming) -> Any:
    """What a request asks of its route, as an instance of the route's own class; raises Problem with every fault."""
    route = found.route
    places = route.places()

    def among(place: str) -> frozenset[str]:
        return frozenset(name for name, at in places.items() if at == place)

    kind = route.asks
    if kind is None:
        if parameters:
            names = tuple(Fault("no such parameter", parameter=name[:100]) for name in parameters)
            raise Problem(400, "This request takes no parameters.", faults=names)
        return None
    by_header = {
        outer_name(field): field.metadata["header"] for field in attrs.fields(kind) if field.metadata.get("header")
    }
    told = {name: [incoming.headers[key.lower()]] for name, key in by_header.items() if key.lower() in incoming.headers}
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for place, texts in (
        ("path", {name: [value] for name, value in found.values.items()}),
        ("query", parameters),
        ("header", told),
    ):
        try:
            values |= structuring.structure_texts(kind, texts, among(place))
        except Problem as problem:
            if place == "path" and not faults:
                # What cannot be an id is the id of nothing; still, say why.
                faults = [*problem.faults]
            else:
                faults += problem.faults
    if faults:
        raise Problem(400, "The request's parameters cannot be used.", faults=tuple(faults))
    if "body" in places.values():
        values |= _body(kind, among("body"), incoming)
    return kind(**{_argument(kind, name): value for name, value in values.items()})


def _body(kind: type[Any], among: frozenset[str], incoming: Incoming) -> dict[str, Any]:
    if incoming.body:
        told = incoming.headers.get("content-type", "")
        essence, _, options = told.partition(";")
        if essence.strip().lower() != "application/json" or ("charset" in options and "utf-8" not in options.lower()):
            raise Problem(415, "The body has to be application/json.", headers=(("Accept", "application/json"),))
        read = structuring.read_json(incoming.body)
    else:
        # A request whose every field has a default may leave the body away.
        read = {}
    body_kind = _body_class(kind, among)
    body = structuring.structure(body_kind, read)
    return {field.name: getattr(body, field.name) for field in attrs.fields(body_kind)}


_BODY_CLASSES: dict[tuple[type[Any], frozenset[str]], type[Any]] = {}


def _body_class(kind: type[Any], among: frozenset[str]) -> type[Any]:
    """The fields of a request that come from its body, as a class of their own."""
    made = _BODY_CLASSES.get((kind, among))
    if made is None:
        attrs.resolve_types(kind)
        fields = {
            field.name: attrs.field(default=field.default, type=field.type, metadata=field.metadata, kw_only=True)
            for field in attrs.fields(kind)
            if outer_name(field) in among
        }
        made = _BODY_CLASSES[kind, among] = attrs.make_class(f"{kind.__name__}Body", fields, frozen=True)
    return made


def _argument(kind: type[Any], name: str) -> str:
    return getattr(attrs.fields_dict(kind)[name], "alias", None) or name


def _parameters(query: str) -> dict[str, list[str]]:
    if not query:
        return {}
    try:
        return parse_qs(
            query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS, encoding="utf-8", errors="strict"
        )
    except UnicodeDecodeError:
        raise Problem(400, "The query string is not UTF-8.") from None
    except ValueError:
        raise Problem(400, f"The query string has more than {MOST_PARAMETERS} parameters.") from None


def _outgoing(route: Route, value: object) -> Outgoing:
    if isinstance(value, Stream):
        return Outgoing(200, (("Content-Type", value.content_type), *ALWAYS), stream=value)
    if isinstance(value, Octets):
        return Outgoing(
            route.status, _over(ALWAYS, (("Content-Type", value.content_type), *value.headers)), value.chunks
        )
    status, headers = route.status, ()
    if isinstance(value, Answer):
        status, headers, value = value.status, value.headers, value.value  # type: ignore[assignment]  # any number
    if value is None:
        return Outgoing(204 if status == 200 else status, _over(ALWAYS, headers))
    return Outgoing(status, _over(ALWAYS, (("Content-Type", "application/json"), *headers)), structuring.dump(value))


def _over(weaker: tuple[tuple[str, str], ...], stronger: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """All headers, the stronger's where both have one."""
    own = {name.lower() for name, _ in stronger}
    return (*(pair for pair in weaker if pair[0].lower() not in own), *stronger)


def problem_outgoing(problem: Problem) -> Outgoing:
    """A problem as an answer."""
    headers = (("Content-Type", problems.CONTENT_TYPE), *problem.headers, *ALWAYS)
    return Outgoing(problem.status, headers, structuring.dump(problem.to_json()))


def _failed(failure: Failure) -> Outgoing:
    error = failure.value
    if isinstance(error, Problem):
        return problem_outgoing(error)
    if not isinstance(error, CancelledError):
        _log.failure("a request could not be answered", failure)
    return problem_outgoing(Problem(500, "The gateway failed; its log says why."))


def _done(outgoing: Outgoing) -> Deferred[Outgoing]:
    done: Deferred[Outgoing] = Deferred()
    done.callback(outgoing)
    return done


def _nothing(*_: object) -> None:
    """OPTIONS has no handler."""


_OPTIONS: Final = Route("OPTIONS", "*", _nothing, is_open=True)
