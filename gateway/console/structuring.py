"""Requests as they come -> attrs classes; attrs classes -> JSON. Strict, and every fault at once."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NewType, NoReturn, get_args, get_origin

import attrs
import cattrs
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from gateway.console.fields import MOST_ITEMS, SCALARS, Scalar, outer_name
from gateway.console.problems import MOST_FAULTS, Fault, Problem

Hook = Callable[[Any, Any], Any]


def read_json(body: bytes) -> object:
    """The value of a JSON document; raises Problem 400 for what is none (RFC 8259), and for a key that comes twice."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise Problem(400, f"The body is not UTF-8 at octet {error.start}.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise Problem(400, f"The body is not JSON: {error.msg} at {where}.") from None
    except RecursionError:
        raise Problem(400, "The body is nested too deeply.") from None
    except ValueError as error:
        raise Problem(400, f"The body is not JSON: {error}.") from None


def structure(kind: type[Any], body: object) -> Any:
    """A body as an instance of an attrs class; raises Problem 422 with every fault."""
    try:
        return _converter().structure(body, kind)
    except (ClassValidationError, ValueError) as error:
        found = [Fault(detail, pointer=_pointer(path)) for path, detail in _faults(error)]
        raise _unprocessable(found) from None


def structure_texts(kind: type[Any], texts: Mapping[str, list[str]], among: frozenset[str]) -> dict[str, Any]:
    """The fields of ``kind`` whose outer names are ``among``, from texts of a query string, a path or headers.

    Gives values by attribute name; raises Problem 400 with every fault. Unknown names are faults.
    """
    attrs.resolve_types(kind)
    fields = {outer_name(field): field for field in attrs.fields(kind) if outer_name(field) in among}
    faults = [Fault(f"no such parameter{_among(fields)}", parameter=name[:100]) for name in texts if name not in fields]
    values: dict[str, Any] = {}
    for name, field in fields.items():
        spelled = texts.get(name)
        if spelled is None:
            if field.default is attrs.NOTHING:
                faults.append(Fault("missing", parameter=name))
            continue
        many = get_origin(_plain(field.type)) is tuple
        if len(spelled) > 1 and not many:
            faults.append(Fault("given more than once", parameter=name))
            continue
        raw: Any = [_from_text(text, get_args(_plain(field.type))[0]) for text in spelled] if many else None
        try:
            values[field.name] = _converter().structure(raw if many else _from_text(spelled[0], field.type), field.type)
        except (ClassValidationError, IterableValidationError, ValueError) as error:
            faults += [Fault(detail, parameter=name) for _, detail in _faults(error)]
    if faults:
        raise Problem(400, "The request's parameters cannot be used.", faults=tuple(faults))
    return values


def to_json(value: object) -> Any:
    """An answer as JSON values: attrs classes by their outer names, everything else as it is."""
    return _converter().unstructure(value)


def dump(value: object) -> bytes:
    """An answer as JSON octets. A lone surrogate, which UTF-8 cannot carry, becomes a question mark."""
    text = json.dumps(to_json(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace") + b"\n"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key comes twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _unprocessable(faults: list[Fault]) -> Problem:
    return Problem(422, "The body is not what this request takes.", faults=tuple(faults))


def _pointer(path: tuple[str, ...]) -> str:
    """As a URI fragment without its escapes of URIs: RFC 9457 shows ``#/age``."""
    return "#" + "".join("/" + part.replace("~", "~0").replace("/", "~1")[:100] for part in path)


def _among(fields: Mapping[str, Any]) -> str:
    return f"; there are {', '.join(fields)}" if fields else ""


def _faults(error: BaseException, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(error, ClassValidationError):
        names = {field.name: outer_name(field) for field in attrs.fields(error.cl)}
        noted, bare = error.group_exceptions()
        for inner, note in noted:
            yield from _faults(inner, (*path, names.get(note.name, note.name)))
        for inner in bare:
            yield from _faults(inner, path)
    elif isinstance(error, IterableValidationError):
        items, bare = error.group_exceptions()
        for inner, item in items:
            yield from _faults(inner, (*path, str(item.index)))
        for inner in bare:
            yield from _faults(inner, path)
    elif isinstance(error, ForbiddenExtraKeysError):
        known = {outer_name(field): field for field in attrs.fields(error.cl)}
        for name in sorted(error.extra_fields)[:MOST_FAULTS]:
            yield (*path, name), f"no such key{_among(known)}"
    elif isinstance(error, KeyError):
        yield path, "missing"
    else:
        yield path, str(error)


@functools.cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    converter.register_structure_hook_factory(attrs.has, lambda kind: _class(converter, kind))
    converter.register_unstructure_hook_factory(attrs.has, lambda kind: _object_of(converter, kind))
    converter.register_structure_hook_factory(_is_list, lambda kind: _list(converter, kind))
    converter.register_structure_hook_factory(_is_literal, _one_of)
    for kind, scalar in SCALARS.items():
        converter.register_structure_hook(kind, _hook_of(scalar))
    return converter


def _is_list(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _is_literal(kind: Any) -> bool:
    return get_origin(kind) is Literal


def _hook_of(scalar: Scalar) -> Hook:
    return lambda value, _: scalar.check(value)


def _class(converter: cattrs.Converter, kind: type[Any]) -> Hook:
    attrs.resolve_types(kind)
    names: dict[str, Any] = {field.name: override(rename=outer_name(field)) for field in attrs.fields(kind)}
    made = make_dict_structure_fn(
        kind, converter, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True, **names
    )

    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("expected an object")
        return made(value, kind)

    return hook


def _object_of(converter: cattrs.Converter, kind: type[Any]) -> Callable[[Any], Any]:
    attrs.resolve_types(kind)
    names: dict[str, Any] = {field.name: override(rename=outer_name(field)) for field in attrs.fields(kind)}
    return make_dict_unstructure_fn(kind, converter, **names)


def _list(converter: cattrs.Converter, kind: Any) -> Hook:
    of_the_same: Any = list[get_args(kind)[0]]  # type: ignore[misc]  # a run-time type

    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError("expected a list")
        if len(value) > MOST_ITEMS:
            raise ValueError(f"a list of at most {MOST_ITEMS} items, got {len(value)}")
        return tuple(converter.structure(value, of_the_same))

    return hook


def _one_of(kind: Any) -> Hook:
    allowed = get_args(kind)

    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"expected one of {', '.join(allowed)}")
        return value

    return hook


def _plain(kind: Any) -> Any:
    """What a NewType or an optional type is made of."""
    while isinstance(kind, NewType):
        kind = kind.__supertype__
    members = [member for member in get_args(kind) if member is not type(None)]
    if type(None) in get_args(kind) and len(members) == 1:
        return _plain(members[0])
    return kind


def _from_text(text: str, kind: Any) -> object:
    """The value that a text spells; the text itself where it spells none of that type, to be refused as such."""
    if _is_spelled_otherwise(kind):
        return text
    plain = _plain(kind)
    if plain is bool:
        return {"true": True, "1": True, "false": False, "0": False}.get(text, text)
    if plain is int and re.fullmatch(r"-?[0-9]{1,19}", text, re.ASCII):
        return int(text)
    if plain is float and re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", text, re.ASCII):
        return float(text)
    return text


def _is_spelled_otherwise(kind: Any) -> bool:
    """Whether text is how JSON has it too, although the value inside is a number (times)."""
    members = [member for member in get_args(kind) if member is not type(None)] or [kind]
    scalar = SCALARS.get(members[0])
    return scalar is not None and scalar.schema.get("type") == "string"
