"""The console: one page, its modules, style and icon. It holds no data; what it shows it asks the API for.

How this works: the page is made once from ``templates/``; ``static/`` has what it links to, as plain files. The
security policy lets nothing inline pass, so everything that moves is in ``static/console.js`` and its imports, and
what is shown is put in by them as text.
"""

from __future__ import annotations

import functools
import gzip
import importlib.resources
import json
import re
from typing import TYPE_CHECKING, Any, Final

import attrs

from gateway.console.controls import Controls
from gateway.console.fields import given
from gateway.console.problems import Problem
from gateway.console.route import Octets

if TYPE_CHECKING:
    from jinja2 import Environment

CONTENT_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""What ``static/`` may hold."""

QUICK_KEYS: Final = ("BALANCE", "Баланс", "PIN", "CONFIRM 1", "HELP", "SUPPORT")
"""Texts that one press of a key sends."""

LEAPS: Final = (("1 min", 60), ("1 h", 3_600), ("1 day", 86_400), ("3 days", 259_200))
"""How far the clock is advanced by one press of a key, seconds."""

RESETS: Final = ("messages", "accounts", "faults", "clock", "all")
"""What can be started anew."""

SHORTCUTS: Final = (
    ("1 … 6", "the views, from the top"),
    ("/", "search messages"),
    ("c", "write a text on the phone"),
    ("j k", "the next, the previous message"),
    ("Enter", "send the text; Shift and Enter starts a new line"),
    ("Esc", "close the message"),
    ("t", "the other theme"),
    ("?", "this list"),
)
"""Keys and what they do; ``static/console.js`` is where they do it."""

EXAMPLE_RULE: Final = {
    "name": "every second submit is throttled",
    "point": "submit",
    "match": {"client": "demo"},
    "effect": {"kind": "status", "command_status": "ESME_RTHROTTLED"},
    "every": 2,
}
"""What the form for a new fault rule begins with."""


@attrs.frozen(kw_only=True)
class Page:
    """Nothing but how it may be sent."""

    encodings: str = given("what the browser unpacks", header="Accept-Encoding", default="")


@attrs.frozen(kw_only=True)
class StaticFile(Page):
    """A file of the console."""

    name: str = given("its name")


def index(_: Controls, asked: Page) -> Octets:
    """The console."""
    return _packed(_page(), "text/html; charset=utf-8", asked.encodings)


def static_file(_: Controls, asked: StaticFile) -> Octets:
    """A module, style or picture of the console."""
    found = _static_files().get(asked.name)
    if found is None:
        raise Problem(404, "There is nothing at this path.")
    return _packed(*found, asked.encodings)


def _packed(octets: bytes, content_type: str, encodings: str) -> Octets:
    """As an answer, compressed for who takes that."""
    varies = ("Vary", "Accept-Encoding")
    if not any(_GZIP.fullmatch(one.strip()) for one in encodings.split(",")):
        return Octets(octets, content_type, (varies,))
    return Octets(_gzip(octets), content_type, (varies, ("Content-Encoding", "gzip")))


_gzip = functools.cache(functools.partial(gzip.compress, mtime=0))
"""Each file is packed once."""

_GZIP = re.compile(r"gzip(?:\s*;\s*q=(?!0(?:\.0*)?$).*)?", re.IGNORECASE)
"""One of the encodings that a browser takes: gzip, unless it is worth nothing to it (RFC 9110 §12.5.3)."""


def rendered(name: str, **values: Any) -> str:
    """A template of ``templates/`` with these values; those of HTML are escaped."""
    return _environment().get_template(name).render(**values)


@functools.cache
def _page() -> bytes:
    example = json.dumps(EXAMPLE_RULE, indent=2)
    return rendered(
        "console.html",
        quick_keys=QUICK_KEYS,
        leaps=LEAPS,
        resets=RESETS,
        shortcuts=SHORTCUTS,
        example_rule=example,
    ).encode()


@functools.cache
def _static_files() -> dict[str, tuple[bytes, str]]:
    """All of ``static/`` by name: a path of a request is looked up here and nowhere else."""
    folder = importlib.resources.files("gateway.console").joinpath("static")
    return {
        file.name: (file.read_bytes(), CONTENT_TYPES["." + file.name.rpartition(".")[2]]) for file in folder.iterdir()
    }


@functools.cache
def _environment() -> Environment:
    # Imported here: a gateway whose console nobody looks at need not wait for it.
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader("gateway.console"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        keep_trailing_newline=False,
    )
