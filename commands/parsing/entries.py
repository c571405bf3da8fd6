"""The words as they are written in TOML files, before they are indexed. The format: :mod:`commands.parsing.lexicon`."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import attrs

from commands.parsing.normalise import normalise
from commands.parsing.results import CustomCommand

LANGUAGES = ("en", "ru")
COMMANDS = ("balance", "pin", "confirm", "help", "support")
ARGUMENTS = ("on", "off")
_RESERVED_NAMES = frozenset((*COMMANDS, *ARGUMENTS, "code", "status"))
_AROUND = {
    "fillers": "filler",
    "negations": "negation",
    "signatures": "signature",
    "sent_from": "sent_from",
    "devices": "device",
    "stop": "stop",
}


@attrs.frozen
class Entry:
    """One listed word or phrase."""

    words: tuple[str, ...]  # upper case; empty for a mark such as "?"
    written: str  # as in the file
    role: str  # "command", "argument", or a value of _AROUND
    meaning: str  # "balance", "on", …; for a word around a command its role again
    source: str  # the file, for faults
    primary: bool = False  # the first word of its command in a language
    has_layout: bool = True  # a wrong layout is derived
    exact_only: bool = False  # a user's own: no look-alikes, no layout, no edit

    @property
    def text(self) -> str:
        """The words with one space between them, or the mark."""
        return " ".join(self.words) or self.written


@attrs.frozen
class Listed:
    """All words of all files, and what was wrong with the files."""

    entries: list[Entry] = attrs.Factory(list)
    custom: dict[str, CustomCommand] = attrs.Factory(dict)
    faults: list[str] = attrs.Factory(list)

    def read_builtin(self) -> None:
        """Add the words of the languages that this package brings."""
        for language in LANGUAGES:
            name = f"{language}.toml"
            octets = resources.files("commands.parsing").joinpath("words", name).read_bytes()
            self.add_language(tomllib.loads(octets.decode()), name)

    def read_extra(self, path: Path) -> None:
        """Add a user's synonyms and commands. A file that cannot be read is one more fault."""
        try:
            table = tomllib.loads(path.read_bytes().decode())  # TOML is UTF-8, whatever the locale
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            self.faults.append(f"{path.name}: {error}")
            return
        self.add_extra(table, path.name)

    def add_language(self, table: Mapping[str, Any], source: str) -> None:
        """Add one language's file."""
        self._unknown_keys(table, ("language", "commands", "arguments", "around", "transliterated"), source)
        self._roles(table, source, has_layout=True)
        self._roles(self._table(table, "transliterated", source), source, has_layout=False)
        around = self._table(table, "around", source)
        self._unknown_keys(around, _AROUND, f"{source}: around")
        for key, role in _AROUND.items():
            for entry in self._entries(around, key, role, role, source):
                self.entries.append(entry)

    def _roles(self, table: Mapping[str, Any], source: str, *, has_layout: bool) -> None:
        for section, role, known in (("commands", "command", COMMANDS), ("arguments", "argument", ARGUMENTS)):
            part = self._table(table, section, source)
            self._unknown_keys(part, known, f"{source}: {section}")
            for meaning in known:
                found = list(self._entries(part, meaning, role, meaning, source, has_layout=has_layout))
                if not found and role == "command" and has_layout:
                    self.faults.append(f"{source}: no word for the command {meaning!r}")
                for index, entry in enumerate(found):
                    self.entries.append(attrs.evolve(entry, primary=index == 0 and has_layout))

    def add_extra(self, table: Mapping[str, Any], source: str) -> None:
        """Add a user's file."""
        self._unknown_keys(table, ("synonyms", "commands"), source)
        synonyms = self._table(table, "synonyms", source)
        self._unknown_keys(synonyms, (*COMMANDS, *ARGUMENTS), f"{source}: synonyms")
        for meaning in (*COMMANDS, *ARGUMENTS):
            role = "command" if meaning in COMMANDS else "argument"
            self.entries.extend(self._entries(synonyms, meaning, role, meaning, source, exact_only=True))
        commands = self._table(table, "commands", source)
        for name in commands:
            self._add_custom(name, self._table(commands, name, f"{source}: commands"), f"{source}: commands.{name}")

    def _add_custom(self, name: str, table: Mapping[str, Any], where: str) -> None:
        if name in _RESERVED_NAMES:
            self.faults.append(f"{where}: this name is taken by a listed command")
            return
        if not (name.isascii() and name.isidentifier() and name.islower()):
            self.faults.append(f"{where}: a name is lower-case Latin letters, digits and underscores")
        self._unknown_keys(table, ("words", *LANGUAGES), where)
        found = list(self._entries(table, "words", "command", name, where, exact_only=True))
        if not found:
            self.faults.append(f"{where}: words: at least one word is needed")
        replies: dict[str, str] = {}
        for language in LANGUAGES:
            reply = table.get(language)
            if isinstance(reply, str) and reply.strip():
                replies[language] = reply
            else:
                self.faults.append(f"{where}: {language}: a reply text is needed")
        self.entries.extend(attrs.evolve(entry, primary=True) for entry in found)
        self.custom[name] = CustomCommand(name, tuple(entry.written for entry in found), replies)

    def _entries(
        self,
        table: Mapping[str, Any],
        key: str,
        role: str,
        meaning: str,
        source: str,
        *,
        has_layout: bool = True,
        exact_only: bool = False,
    ) -> Iterator[Entry]:
        written = table.get(key, [])
        if not isinstance(written, list) or not all(isinstance(word, str) for word in written):
            self.faults.append(f"{source}: {key}: a list of strings is needed")
            return
        for word in written:
            words = tuple(normalise(word).upper().split())
            if exact_only and not any(character.isalpha() for character in word):
                self.faults.append(f"{source}: {key}: {word!r} has no letter")
            elif not words and not (len(word) == 1 and role == "command"):
                self.faults.append(f"{source}: {key}: {word!r} is not a word")
            else:
                yield Entry(
                    words, word, role, meaning, source, has_layout=has_layout and not exact_only, exact_only=exact_only
                )

    def _table(self, table: Mapping[str, Any], key: str, source: str) -> Mapping[str, Any]:
        part = table.get(key, {})
        if isinstance(part, dict):
            return part
        self.faults.append(f"{source}: {key}: a table is needed")
        return {}

    def _unknown_keys(self, table: Mapping[str, Any], known: Iterable[str], source: str) -> None:
        names = frozenset(known)
        self.faults.extend(f"{source}: unknown key {key!r}" for key in table if key not in names)
