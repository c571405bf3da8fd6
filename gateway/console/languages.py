"""The languages of the console: what it says is in ``words.toml``, in each of them.

How this works: the page is rendered in one language; the modules get the texts that are not for the page alone as one
more module, ``static/words-LANGUAGE.js``, by ``static/language.js``, which puts numbers and names into them.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

LANGUAGES: Final = ("en", "ru")
"""In the order in which ``words.toml`` has them; the first is for whoever reads none of them."""

Words = str | list[str]
"""A text, or its plural forms."""


def preferred(accepted: str) -> str:
    """The language of a browser that accepts these (RFC 9110 §12.5.4); of equals the one that it names first."""
    worth: dict[str, float] = {}
    for one in accepted.split(","):
        found = _RANGE.fullmatch(one.strip())
        if found and (language := found[1].lower()) in LANGUAGES:
            worth.setdefault(language, float(found[2] or 1))
    best = max(worth, key=worth.__getitem__, default=LANGUAGES[0])
    return best if worth.get(best, 0) > 0 else LANGUAGES[0]


_RANGE = re.compile(r"([A-Za-z]{2})(?:-[A-Za-z0-9-]+)?(?:\s*;\s*q=([01](?:\.[0-9]{0,3})?))?")


@functools.cache
def catalogue() -> Mapping[str, tuple[Words, ...]]:
    """Every text by its key (``phone.left``, ``page.phone.send``), in the order of :data:`LANGUAGES`."""
    file = importlib.resources.files("gateway.console").joinpath("words.toml")
    return dict(_flat(tomllib.loads(file.read_text("utf-8")), ""))


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, tuple[Words, ...]]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, tuple(value)


def page_words(language: str) -> Mapping[str, Words]:
    """The texts for the templates: those of the page alone without ``page.`` before them, and then all others."""
    found = _in(language)
    return found | {key.removeprefix(_PAGE): text for key, text in found.items() if key.startswith(_PAGE)}


def words_module(language: str) -> bytes:
    """The texts of the modules, as one more of them."""
    words = {key: text for key, text in _in(language).items() if not key.startswith(_PAGE)}
    return f"export default {json.dumps(words, ensure_ascii=False, separators=(',', ':'))};\n".encode()


def _in(language: str) -> dict[str, Words]:
    at = LANGUAGES.index(language)
    return {key: texts[at] for key, texts in catalogue().items()}


_PAGE: Final = "page."
