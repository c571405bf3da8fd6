"""The page of the API: the table of routes as HTML, whole in itself, nothing from anywhere else."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import groupby
from typing import Any, Final

from gateway.console import openapi
from gateway.console.route import Route

STYLE_PATH: Final = "/api/docs.css"
"""The style is a file of its own: the content security policy lets nothing inline pass."""

STYLE: Final = """\
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, .path { font-family: ui-monospace, monospace; }
details { border: 1px solid #8886; border-radius: .4rem; margin: .4rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
th, td { text-align: left; border-bottom: 1px solid #8884; padding: .2rem .6rem .2rem 0; vertical-align: top; }
"""


def page(routes: Iterable[Route]) -> str:
    """The whole page."""
    shown = [route for route in routes if route.is_documented]
    document = openapi.document(shown)
    groups = groupby(sorted(shown, key=lambda route: route.group), key=lambda route: route.group)
    body = "\n".join(
        f"<h2>{escape(group)}</h2>\n" + "\n".join(_route(one, document) for one in own) for group, own in groups
    )
    return f"""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API of the SMS command gateway</title>
<link rel="stylesheet" href="{STYLE_PATH}">
<h1>API of the SMS command gateway</h1>
<p>{escape(document["info"]["description"])}</p>
<p>For programs: <a href="/api/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
{body}
</html>
"""


def _route(route: Route, document: dict[str, Any]) -> str:
    operation = document["paths"][route.path][route.method.lower()]
    told = "".join(f"<p>{escape(part)}</p>" for part in operation.get("description", "").split("\n\n") if part)
    rows = [
        (one["name"], one["in"], one["schema"], one.get("description", "")) for one in operation.get("parameters", ())
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    rows += [
        (name, "body", schema, schema.get("description", "")) for name, schema in body.get("properties", {}).items()
    ]
    table = "".join(
        f"<tr><td><code>{escape(name)}</code><td>{place}<td>{escape(_kind(schema))}<td>{escape(means)}"
        for name, place, schema, means in rows
    )
    asked = f"<table><tr><th>name<th>where<th>type<th>meaning{table}</table>" if rows else ""
    answers = ", ".join(f"{status} {told['description']}" for status, told in operation["responses"].items())
    return (
        f'<details><summary><span class="method">{route.method}</span> <span class="path">{escape(route.path)}</span>'
        f" {escape(route.summary)}</summary>{told}{asked}<p>Answers: {escape(answers)}.</p></details>"
    )


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(schema["enum"])
    kind = schema.get("type", "any")
    return " or ".join(kind) if isinstance(kind, list) else str(schema.get("format", kind))
