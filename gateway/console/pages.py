"""The console: one page, its modules, style and icon. It holds no data; what it shows it asks the API for.

How this works: the page is made once for each language from ``templates/``; ``static/`` has what it links to, as plain
files. The language is that of the address (``/?lang=ru``: the switch in the page leads there, and so does a script for
whoever has pressed it before), else the browser's. The security policy lets nothing inline pass, so everything that
moves is in ``static/console.js`` and its imports, and what is shown is put in by them as text.
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
from gateway.console.languages import LANGUAGES, page_words, preferred, words_module
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

LEAPS: Final = (60, 3_600, 86_400, 259_200)
"""How far the clock is advanced by one press of a key, seconds."""

RESETS: Final = ("messages", "accounts", "faults", "clock", "all")
"""What can be started anew."""

SHORTCUTS: Final = (
    ("1 … 6", "views"),
    ("/", "search"),
    ("c", "write"),
    ("j k", "step"),
    ("Enter", "send"),
    ("Esc", "escape"),
    ("t", "theme"),
    ("?", "list"),
)
"""Keys and what they do, by the names of ``page.keys`` in ``words.toml``; ``static/console.js`` is where they do it."""

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
class Index(Page):
    """In which language."""

    lang: str = given("en or ru, before what the browser says", default="")
    languages: str = given("what the browser's user reads", header="Accept-Language", default="")


@attrs.frozen(kw_only=True)
class StaticFile(Page):
    """A file of the console."""

    name: str = given("its name")


def index(_: Controls, asked: Index) -> Octets:
    """The console."""
    language = asked.lang if asked.lang in LANGUAGES else preferred(asked.languages)
    return _packed(
        _page(language), "text/html; charset=utf-8", asked.encodings, varies="Accept-Encoding, Accept-Language"
    )


def static_file(_: Controls, asked: StaticFile) -> Octets:
    """A module, style or picture of the console."""
    found = _static_files().get(asked.name)
    if found is None:
        raise Problem(404, "There is nothing at this path.")
    return _packed(*found, asked.encodings)


def _packed(octets: bytes, content_type: str, encodings: str, varies: str = "Accept-Encoding") -> Octets:
    """As an answer, compressed for who takes that."""
    if not any(_GZIP.fullmatch(one.strip()) for one in encodings.split(",")):
        return Octets(octets, content_type, (("Vary", varies),))
    return Octets(_gzip(octets), content_type, (("Vary", varies), ("Content-Encoding", "gzip")))


_gzip = functools.cache(functools.partial(gzip.compress, mtime=0))
"""Each file is packed once."""

_GZIP = re.compile(r"gzip(?:\s*;\s*q=(?!0(?:\.0*)?$).*)?", re.IGNORECASE)
"""One of the encodings that a browser takes: gzip, unless it is worth nothing to it (RFC 9110 §12.5.3)."""


def rendered(name: str, **values: Any) -> str:
    """A template of ``templates/`` with these values; those of HTML are escaped."""
    return _environment().get_template(name).render(**values)


@functools.cache
def _page(language: str) -> bytes:
    example = json.dumps(EXAMPLE_RULE, indent=2)
    other = next(one for one in LANGUAGES if one != language)
    return rendered(
        "console.html",
        t=page_words(language).__getitem__,
        language=language,
        other=other,
        quick_keys=QUICK_KEYS,
        leaps=LEAPS,
        resets=RESETS,
        shortcuts=SHORTCUTS,
        example_rule=example,
    ).encode()


@functools.cache
def _static_files() -> dict[str, tuple[bytes, str]]:
    """All of ``static/`` and the texts of each language by name: a path is looked up here and nowhere else."""
    folder = importlib.resources.files("gateway.console").joinpath("static")
    files = {
        file.name: (file.read_bytes(), CONTENT_TYPES["." + file.name.rpartition(".")[2]]) for file in folder.iterdir()
    }
    words = {f"words-{one}.js": (words_module(one), CONTENT_TYPES[".js"]) for one in LANGUAGES}
    return files | words


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
