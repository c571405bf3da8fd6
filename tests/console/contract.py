"""Every answer against the OpenAPI document that the gateway gives of itself."""

from __future__ import annotations

import functools
import json
from typing import Any

import jsonschema_rs

from gateway.console import openapi
from gateway.console.route import Found, Router
from gateway.console.routes import ROUTES

DOCUMENT = openapi.document(ROUTES)
_ROUTER = Router(ROUTES)
_ANYWHERE = frozenset({400, 403, 404, 405, 408, 413, 415, 421, 431, 500})
"""What any request may be answered with before its route is known."""


def check(method: str, target: str, status: int, content_type: str, body: bytes) -> None:
    """Raise AssertionError for an answer that the document does not describe."""
    found = _ROUTER.find(method, target.partition("?")[0])
    told = body if method != "HEAD" else b""
    if not isinstance(found, Found) or not found.route.is_documented:
        if status >= 400 and told:
            assert content_type == "application/problem+json"
            _validator("Problem").validate(json.loads(told))
        return
    route = found.route
    responses = DOCUMENT["paths"][route.path][route.method.lower()]["responses"]
    response = responses.get(str(status))
    if response is None:
        assert status in _ANYWHERE, f"{method} {target} answered {status}, which its document does not tell of"
        assert content_type == "application/problem+json"
        return
    content = response.get("content")
    if content is None:
        assert not body
        return
    assert content_type.partition(";")[0] in {kind.partition(";")[0] for kind in content}, content_type
    if told and content_type in ("application/json", "application/problem+json"):
        _validator_of(route.path, route.method.lower(), str(status), content_type).validate(json.loads(told))


@functools.cache
def _validator(name: str) -> Any:
    return jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]})


@functools.cache
def _validator_of(path: str, method: str, status: str, content_type: str) -> Any:
    schema = DOCUMENT["paths"][path][method]["responses"][status]["content"][content_type]["schema"]
    return jsonschema_rs.validator_for({"allOf": [schema], "components": DOCUMENT["components"]})
