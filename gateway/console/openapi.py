"""The OpenAPI 3.1 document, made from the table of routes."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

import attrs

from gateway import __version__
from gateway.console import problems
from gateway.console.describing import Schemas
from gateway.console.fields import outer_name
from gateway.console.route import Route

_TEXT: Final = {"type": "string"}

_PROBLEM: Final = {
    "type": "object",
    "description": "RFC 9457 problem details. `errors` lists everything that is wrong, not the first thing.",
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {**_TEXT, "description": "where in the body: a JSON pointer behind #"},
                    "parameter": {**_TEXT, "description": "the parameter in the path, the query string or a header"},
                    "detail": _TEXT,
                },
                "required": ["detail"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
}

_INTRODUCTION: Final = """\
Everything that the emulator can be told and asked. Times are ISO 8601; a request that cannot be answered gets problem
details (RFC 9457) with every fault that was found. On a gateway with a token each request brings it as
`Authorization: Bearer TOKEN`. Secrets (PINs, codes) are masked everywhere but in the handset's own thread.
"""


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The document of these routes; those that are for people are left out."""
    schemas = Schemas()
    paths: dict[str, Any] = {}
    for route in routes:
        if route.is_documented:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "SMS command gateway", "version": __version__, "description": _INTRODUCTION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM} | schemas.named,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "summary": route.summary,
        "tags": [route.group],
        "security": [] if route.is_open or route.is_probe else [{}, {"token": []}],
    }
    doc = (route.handler.__doc__ or "").strip()
    if doc:
        operation["description"] = "\n".join(line.strip() for line in doc.splitlines())
    places = route.places()
    if route.asks is not None:
        attrs.resolve_types(route.asks)
        fields = {outer_name(field): field for field in attrs.fields(route.asks)}
        parameters = [_parameter(fields[name], place, schemas) for name, place in places.items() if place != "body"]
        if parameters:
            operation["parameters"] = parameters
        in_body = [fields[name] for name, place in places.items() if place == "body"]
        if in_body:
            schema = schemas.object(in_body)
            operation["requestBody"] = {
                "required": bool(schema.get("required")),
                "content": {"application/json": {"schema": schema}},
            }
    operation["responses"] = _responses(route, places, schemas)
    return operation


def _parameter(field: attrs.Attribute[Any], place: str, schemas: Schemas) -> dict[str, Any]:
    schema = schemas.of_field(field)
    told: dict[str, Any] = {
        "name": field.metadata.get("header") or outer_name(field),
        "in": place,
        "schema": {name: value for name, value in schema.items() if name != "description"},
    }
    if "description" in schema:
        told["description"] = schema["description"]
    if place == "path" or field.default is attrs.NOTHING:
        told["required"] = True
    return told


def _responses(route: Route, places: Any, schemas: Schemas) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    if route.answers is not None:
        content = {route.content_type: {"schema": schemas.of(route.answers)}}
        for status in (route.status, *route.also):
            responses[str(status)] = {"description": route.summary, "content": content}
    elif route.content_type != "application/json":
        responses[str(route.status)] = {"description": route.summary, "content": {route.content_type: {}}}
    else:
        responses["204" if route.status == 200 else str(route.status)] = {"description": "done; there is no content"}
    if route.is_probe:
        expected: set[int] = set()
    else:
        expected = {400, 403, 421, 431}
        expected |= set() if route.is_open else {401, 429}
        expected |= {413, 415, 422} if "body" in places.values() else set()
    for status in sorted(expected | set(route.problems)):
        responses[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return responses
