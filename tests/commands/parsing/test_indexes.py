"""The indexes of the words, against the files of words read a second time."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import attrs
import pytest

import commands.parsing
from commands.parsing.entries import Listed
from commands.parsing.layout import KEY_MARKS
from commands.parsing.lexicon import SHORTEST_CORRECTED, Lexicon, Word, build_lexicon, load_lexicon
from commands.parsing.lookalikes import skeleton
from commands.parsing.matcher import recognise
from gateway.testing import strategies as sms

WORDS = Path(commands.parsing.__file__).parent / "words"
ROLES = {"fillers": "filler", "negations": "negation", "signatures": "signature", "devices": "device"}


class Item(NamedTuple):
    """A listed word as its file has it."""

    parts: list[str]  # upper case
    role: str  # the name of a field of Word
    value: str | bool
    primary: bool
    has_layout: bool

    @property
    def text(self) -> str:
        return " ".join(self.parts)


def parts_of(word: str) -> list[str]:
    return word.upper().replace("'", " ").split()


def items() -> Iterator[Item]:
    for path in sorted(WORDS.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for part in (table, table.get("transliterated", {})):
            own = part is table
            for section, role in (("commands", "command"), ("arguments", "argument")):
                for meaning, words in part.get(section, {}).items():
                    for index, word in enumerate(words):
                        primary = own and index == 0 and role == "command"
                        yield Item(parts_of(word), role, meaning, primary, own)
        for key, words in table["around"].items():
            if key != "stop":
                yield from (Item(parts_of(word), ROLES.get(key, key), True, False, True) for word in words)


def roles(word: Word) -> dict[str, Any]:
    """What is set of a word; a role that is not set is False and nothing else."""
    unset = {"command": None, "argument": None, "meaning": None, "language": None}
    return {name: value for name, value in attrs.asdict(word).items() if value is not unset.get(name, False)}


@pytest.fixture
def lexicon() -> Lexicon:
    return load_lexicon()


def test_every_listed_word_has_its_roles_and_no_other(lexicon: Lexicon) -> None:
    """Words, phrases and marks; a word that is listed twice has both roles; a part of a phrase alone has none."""
    expected: dict[str, dict[str, Any]] = {}
    for item in items():
        roles_of_it = expected.setdefault(item.text, {"text": item.text})
        roles_of_it[item.role] = item.value
        if item.primary:
            roles_of_it["primary"] = True
    phrases = {word.text: word for rests in lexicon.phrases.values() for _, word in rests}
    found = {text: roles(word) for text, word in {**lexicon.exact, **lexicon.marks, **phrases}.items()}
    for fields in found.values():
        fields.pop("meaning", None)
        fields.pop("language", None)
    parts = {part for item in items() for part in item.parts}
    assert found == {part: {"text": part} for part in parts} | expected
    assert lexicon.exact.keys() == parts - {"?"}
    assert lexicon.marks.keys() == {"?"}


def test_phrases_are_found_by_their_first_word(lexicon: Lexicon) -> None:
    """Every phrase, and no single word."""
    found = {(first, *rest): word.text for first, rests in lexicon.phrases.items() for rest, word in rests}
    assert found == {tuple(item.parts): item.text for item in items() if len(item.parts) > 1}


def test_the_stop_list_is_that_of_the_files(lexicon: Lexicon) -> None:
    """And none of its words is a word."""
    tables = [tomllib.loads(path.read_text(encoding="utf-8")) for path in WORDS.glob("*.toml")]
    assert lexicon.stop == {word.upper() for table in tables for word in table["around"]["stop"]}
    assert not lexicon.stop & lexicon.exact.keys()


def test_each_word_but_an_argument_is_found_by_its_skeleton(lexicon: Lexicon) -> None:
    """And what is found so is never an argument, though it may be something else too."""
    expected = {skeleton(part) for item in items() for part in item.parts if item.role != "argument" and part != "?"}
    assert lexicon.folded.keys() == expected
    for key, word in lexicon.folded.items():
        assert skeleton(word.text) == key
        assert roles(word) == {n: v for n, v in roles(lexicon.exact[word.text]).items() if n != "argument"} | (
            {"meaning": word.meaning} if word.meaning else {}
        )


def test_each_word_but_a_transliteration_is_found_by_its_wrong_layout(lexicon: Lexicon) -> None:
    """In letters alone in one index, with marks in the other; what is a word itself is not read as another's layout."""
    spelled = {
        sms.wrong_layout(part.lower()).upper(): lexicon.exact[part]
        for item in items()
        for part in item.parts
        if item.has_layout and part.isalpha()
    }
    assert lexicon.layout == {s: word for s, word in spelled.items() if s.isalpha() and s not in lexicon.exact}
    marked = {item.lead + core + item.trail: item.word for core, found in lexicon.marked.items() for item in found}
    assert marked == {s: word for s, word in spelled.items() if not s.isalpha()}
    assert all(core == core.strip(KEY_MARKS) for core in lexicon.marked)


def test_each_long_command_is_found_with_any_one_letter_left_out(lexicon: Lexicon) -> None:
    """By what is left, each once; the ends and the longest of what can be found are known."""
    expected: dict[str, list[tuple[str, str, bool]]] = {}
    for item in items():
        if item.role != "command" or len(item.parts) > 1 or len(item.text) < SHORTEST_CORRECTED:
            continue
        spellings = [(skeleton(item.text), False)]
        if item.has_layout:
            spellings.append((sms.wrong_layout(item.text.lower()).upper(), True))
        for spelling, layout in spellings:
            key = skeleton(spelling)
            for form in {key} | {key[:at] + key[at + 1 :] for at in range(len(key))}:
                expected.setdefault(form, []).append((spelling, item.text, layout))
    found = {form: [(t.spelling, t.word.text, t.layout) for t in targets] for form, targets in lexicon.near.items()}
    assert {form: sorted(targets) for form, targets in found.items()} == {
        form: sorted(targets) for form, targets in expected.items()
    }
    whole = {skeleton(spelling) for targets in expected.values() for spelling, _, _ in targets}
    assert lexicon.longest_near == max(map(len, whole))
    assert lexicon.near_starts == {spelling[:2] for spelling in whole}
    assert lexicon.near_ends == {spelling[-2:] for spelling in whole}


def built(**language: Any) -> Lexicon:
    """The lexicon with one more language of these words."""
    listed = Listed()
    listed.read_builtin()
    names = {"balance": ["saldo"], "pin": ["geheim"], "confirm": ["ja wohl"], "help": ["hilfe"], "support": ["dienst"]}
    listed.add_language({"commands": names} | language, "xx.toml")
    return build_lexicon(listed)


def with_help(*words: str, **language: Any) -> Lexicon:
    names = {"balance": ["saldo"], "pin": ["geheim"], "confirm": ["ja wohl"], "support": ["dienst"]}
    return built(commands={**names, "help": list(words)}, **language)


def test_a_word_counts_before_a_part_of_a_phrase_of_the_same_shape() -> None:
    """In mixed letters it is the word, wherever the files have the phrase."""
    lexicon = with_help("hilfe сор", "hilfe", around={"fillers": ["cop"]})  # the part in Cyrillic letters
    assert lexicon.folded["COP"].filler
    assert not lexicon.exact["СОР"].filler


def test_the_longest_of_two_phrases_is_read() -> None:
    """Wherever the files have it."""
    for words in (("hilfe", "hilfe mir", "hilfe mir bitte"), ("hilfe mir bitte", "hilfe mir", "hilfe")):
        units = recognise("hilfe mir bitte", with_help(*words))
        assert [(unit.text, unit.start, unit.end) for unit in units] == [("hilfe mir bitte", 0, 15)]


def test_a_phrase_may_be_one_word_twice() -> None:
    """Then there is no other listed word in its text."""
    (unit,) = recognise("hilfe hilfe", with_help("hilfe hilfe"))
    assert (unit.text, unit.word and unit.word.command) == ("hilfe hilfe", "help")


def test_the_longest_of_two_words_in_the_wrong_layout_is_read() -> None:
    """A final full stop is ю where a listed word ends in it, though another is a word without."""
    for words in (("юни", "юнию"), ("юнию", "юни")):
        (unit,) = recognise(".yb.", with_help(*words))
        assert (unit.text, unit.word and unit.word.text) == (".yb.", "ЮНИЮ")
