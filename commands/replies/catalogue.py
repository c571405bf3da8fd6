"""The texts of all replies, checked when they are loaded and precompiled.

How this works: each language has a data file with constants, phrases and replies; a user's own file may
replace any of them, under [en…] and [ru…]. Constants are filled in at once. Every other placeholder must
be one that the code declares (`codes.CODES`), so both languages have the same. Then each text is rendered
with the longest values that it can get and its segments are counted. Faults are gathered, not thrown one
by one.
"""

import tomllib
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any, Final

import attrs

from commands.replies.codes import CODES, PHRASES, longest_values
from commands.replies.formats import LANGUAGES, SPELLINGS

Spelling = Callable[[Any], str]
_SECTIONS: Final = ("constants", "phrases", "replies")


class CatalogueError(Exception):
    """The texts cannot be used; `faults` are all reasons, one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@attrs.frozen
class _Text:
    """A text ready to be rendered: `pattern` has one %s for each field, `segments` is what it may take."""

    pattern: str
    fields: tuple[tuple[str, Spelling], ...]
    segments: int

    def render(self, values: Mapping[str, Any]) -> str:
        fields = self.fields
        if not fields:
            return self.pattern
        spelled = []
        for name, spell in fields:
            spelled.append(spell(values[name]))  # as a comprehension it is one call more
        return self.pattern % tuple(spelled)


class Catalogue:
    """All texts in both languages. Made by `load`, which checks them."""

    def __init__(self, texts: Mapping[str, Mapping[str, _Text]]) -> None:
        self._texts = texts

    @classmethod
    def load(cls, segments: Callable[[str], int], overrides: Path | None = None) -> "Catalogue":
        """Read the texts, and those of a user's own TOML file over them.

        `segments` counts the SMS segments of a text in the data coding that will carry it. Raises
        CatalogueError with every fault.
        """
        own = {language: _read_own(language) for language in LANGUAGES}
        faults: list[str] = []
        if overrides is not None:
            faults += _override(own, overrides)
        texts = {language: _compile(language, own[language], segments, faults) for language in LANGUAGES}
        if faults:
            raise CatalogueError(faults)
        return cls(texts)

    def render(self, code: str, language: str, values: Mapping[str, Any]) -> str:
        """The text of a reply. Values are not spelled yet: Money, microseconds UTC, the key of a phrase, …"""
        return self._texts[language][code].render(values)

    def segments(self, code: str, language: str) -> int:
        """The most segments that this reply takes."""
        return self._texts[language][code].segments


def _read_own(language: str) -> dict[str, Any]:
    return tomllib.loads(files("commands.replies").joinpath(f"{language}.toml").read_text("utf-8"))


def _override(own: dict[str, dict[str, Any]], path: Path) -> list[str]:
    """Put the user's texts over ours; what they are not allowed to say is left out and told."""
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return [f"{path}: {error}"]
    faults = []
    for language, sections in given.items():
        if language not in LANGUAGES or not isinstance(sections, dict):
            faults.append(f"{path}: [{language}] is not one of the languages {', '.join(LANGUAGES)}")
            continue
        for section, entries in sections.items():
            if section not in _SECTIONS or not isinstance(entries, dict):
                faults.append(f"{path}: [{language}.{section}] is not one of {', '.join(_SECTIONS)}")
                continue
            faults += _merge(own[language][section], entries, f"{path}: [{language}.{section}]")
    return faults


def _merge(ours: dict[str, Any], theirs: Mapping[str, Any], where: str) -> list[str]:
    faults = []
    for key, value in theirs.items():
        if key not in ours:
            faults.append(f"{where} has no {key}")
        elif isinstance(ours[key], dict) and isinstance(value, dict):
            faults += _merge(ours[key], value, f"{where} {key}")
        elif isinstance(ours[key], dict) and "text" in ours[key] and isinstance(value, str):
            ours[key]["text"] = value
        elif type(value) is type(ours[key]):
            ours[key] = value
        else:
            faults.append(f"{where} {key} is not a {type(ours[key]).__name__}")
    return faults


def _compile(
    language: str, data: Mapping[str, Any], segments: Callable[[str], int], faults: list[str]
) -> dict[str, _Text]:
    phrases = data["phrases"]
    for table, keys in PHRASES.items():
        _compare(f"{language}: phrases.{table}", keys, phrases.get(table, {}), faults)
    _compare(f"{language}: replies", CODES, data["replies"], faults)
    spellings: dict[str, Spelling] = {
        **SPELLINGS[language],
        **{table: phrases.get(table, {}).__getitem__ for table in PHRASES},
    }
    texts = {}
    for code in CODES:
        entry = data["replies"].get(code)
        if entry is not None:
            try:
                texts[code] = _compile_one(code, entry, data["constants"], spellings)
                _measure(code, texts[code], segments)
            except (ValueError, KeyError) as error:
                faults.append(f"{language}: {code}: {error}")
    return texts


def _compare(where: str, wanted: Any, found: Any, faults: list[str]) -> None:
    faults += [f"{where} has no {key}" for key in wanted if key not in found]
    faults += [f"{where} has {key}, which nothing uses" for key in found if key not in wanted]


def _compile_one(
    code: str, entry: Mapping[str, Any], constants: Mapping[str, str], spellings: Mapping[str, Spelling]
) -> _Text:
    """Raises ValueError for a text that is empty or not a template, and for other placeholders than
    declared.
    """
    text, allowed = entry.get("text"), entry.get("segments")
    if not isinstance(text, str) or not text.strip():
        raise ValueError("there is no text")
    if not isinstance(allowed, int) or isinstance(allowed, bool) or not 1 <= allowed <= 10:
        raise ValueError("segments is a number from 1 to 10")
    declared = CODES[code]
    pattern: list[str] = []
    fields: list[tuple[str, Spelling]] = []
    for literal, name, spec, conversion in Formatter().parse(text):
        pattern.append(literal.replace("%", "%%"))
        if name is None:
            continue
        if spec or conversion:
            raise ValueError(f"{{{name}}} takes neither a format nor a conversion")
        if name in constants:
            pattern.append(constants[name].replace("%", "%%"))
        elif name in declared:
            pattern.append("%s")
            fields.append((name, spellings[declared[name].kind]))
        else:
            raise ValueError(f"{{{name}}} is not among its placeholders: {', '.join(declared) or 'none'}")
    missing = [name for name in declared if name not in dict(fields)]
    if missing:
        raise ValueError(f"it lacks {{{'}, {'.join(missing)}}}")
    text = "".join(pattern)
    return _Text(text if fields else text.replace("%%", "%"), tuple(fields), allowed)


def _measure(code: str, text: _Text, segments: Callable[[str], int]) -> None:
    """Raises ValueError when some values make the text longer than it declares."""
    longest = max((text.render(values) for values in longest_values(code)), key=segments)
    needed = segments(longest)
    if needed > text.segments:
        raise ValueError(f"it takes {needed} segments and may take {text.segments}: {longest!r}")
