"""The types of requests and answers as JSON Schema (2020-12, as OpenAPI 3.1 has it)."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, Final, Literal, Union, get_args, get_origin

import attrs

from gateway.console.fields import SCALARS, outer_name, spelled

_JSON_KINDS: Final = {str: "string", int: "integer", float: "number", bool: "boolean"}


class Schemas:
    """The schemas of classes, each described once under its name."""

    def __init__(self) -> None:
        self.named: dict[str, Any] = {}

    def of(self, kind: Any) -> dict[str, Any]:
        """The schema of a type; a class gets a name and is referred to by it."""
        scalar = SCALARS.get(kind)
        if scalar is not None:
            return dict(scalar.schema)
        origin = get_origin(kind)
        if origin is Literal:
            return {"type": "string", "enum": list(get_args(kind))}
        if origin is tuple:
            return {"type": "array", "items": self.of(get_args(kind)[0])}
        if origin in (dict, Mapping):
            return {"type": "object", "additionalProperties": self.of(get_args(kind)[1])}
        if origin in (Union, types.UnionType):
            return _any_of([{"type": "null"} if one is type(None) else self.of(one) for one in get_args(kind)])
        if isinstance(kind, type) and attrs.has(kind):
            return self._named(kind)
        raise TypeError(f"no schema for {kind!r}")

    def of_field(self, field: attrs.Attribute[Any]) -> dict[str, Any]:
        """The schema of a field, with its meaning and its default."""
        schema = self.of(field.type)
        means = field.metadata.get("means")
        if means:
            schema = {**schema, "description": means}
        default = field.default
        if isinstance(default, (str, int, float)) and default != "" and "$ref" not in schema:
            is_time = schema.get("format") == "date-time"
            if not is_time:
                schema["default"] = default
            elif default:
                schema["default"] = spelled(int(default))
        return schema

    def object(self, fields: list[attrs.Attribute[Any]]) -> dict[str, Any]:
        """The schema of an object with these fields and no others."""
        required = [outer_name(field) for field in fields if field.default is attrs.NOTHING]
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {outer_name(field): self.of_field(field) for field in fields},
            "additionalProperties": False,
        }
        return schema | ({"required": required} if required else {})

    def _named(self, kind: type[Any]) -> dict[str, Any]:
        name = kind.__name__
        if name not in self.named:
            self.named[name] = {}  # it may refer to itself
            attrs.resolve_types(kind)
            described = self.object(list(attrs.fields(kind)))
            # Answers name every field, whatever its default in Python is.
            if described.get("properties") and getattr(kind, "ALWAYS_WHOLE", True):
                described["required"] = list(described["properties"])
            if kind.__doc__:
                described["description"] = " ".join(kind.__doc__.split())
            self.named[name] = described
        return {"$ref": f"#/components/schemas/{name}"}


def _any_of(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """One of two kinds; where it can be said in one schema, it is."""
    plain = [schema for schema in schemas if schema != {"type": "null"}]
    if len(plain) == 1 and len(schemas) == 2 and isinstance(plain[0].get("type"), str) and "enum" not in plain[0]:
        return {**plain[0], "type": [plain[0]["type"], "null"]}
    return {"anyOf": schemas}
