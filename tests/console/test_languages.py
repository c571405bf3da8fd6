"""The texts of the console in its languages; how they look in a browser is in tests/browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from enum import StrEnum
from html.parser import HTMLParser
from pathlib import Path

import pytest

from commands.parsing.normalise import CLEANING
from commands.parsing.results import MatchKind
from commands.wallet.accounts import EntryKind, PaymentState, RefusalReason
from gateway.console import pages
from gateway.console.languages import LANGUAGES, Words, catalogue, page_words, preferred, words_module
from gateway.faults.effects import EFFECTS
from gateway.messages.message import Fate, Kind
from gateway.smpp.constants import MessageState
from tests.console.browser import Browser

CONSOLE = Path(pages.__file__).parent
SCRIPTS = {path.name: path.read_text("utf-8") for path in sorted((CONSOLE / "static").glob("*.js"))}
TEMPLATES = {path.name: path.read_text("utf-8") for path in sorted((CONSOLE / "templates").glob("*.html"))}

FORMS = (2, 3)
"""English has one and other, Russian one, few and many."""

SAME = frozenset({"API", "ASCII", "Latin-1", "UCS-2", "transceiver", "transmitter", "receiver"})
"""What Russian calls as English does."""

NAMES = frozenset(
    {
        "API", "PIN", "JSON", "SMPP", "SMS", "PDU", "pcapng", "Outbind", "ESME", "bind", "unbind", "GSM", "UCS", "Ctrl",
        "Shift", "Enter", "Esc", "JavaScript", "BALANCE", "CONFIRM", "HELP", "SUPPORT", "from", "to", "with", "client",
        "state", "command", "outcome", "since", "demo", "delivered", "balance", "English", "Русский", "accept",
        "submit", "answer", "deliver", "receipt", "enquire_link", "storage", "wallet", "transport", "NAME", "USD",
    }
)  # fmt: skip
"""Words that are no English: names of SMPP, keys, terms of the search box, commands, points of rules."""


def forms(words: Words) -> list[str]:
    return [words] if isinstance(words, str) else words


@pytest.mark.parametrize("key", catalogue())
def test_every_text_is_there_in_every_language(key: str) -> None:
    """With the same places for what is put in, and as many plural forms as the language has."""
    texts = catalogue()[key]
    assert len(texts) == len(LANGUAGES)
    assert len({isinstance(text, str) for text in texts}) == 1
    for text, count in zip(texts, FORMS, strict=True):
        assert isinstance(text, str) or len(text) == count
        assert all(form and form == form.strip() for form in forms(text))
    places = [{frozenset(re.findall(r"{(\w+)}", form)) for form in forms(text)} for text in texts]
    # One form may say its number in a word: at most once.
    assert places[0] == places[1] or places[0] - {frozenset()} == places[1]
    if key.startswith("page.language"):
        return  # the switch says where it leads
    english, russian = texts
    assert not re.search("[А-Яа-яЁё]", "".join(forms(english)))
    bare = [re.sub(r"{\w+}", "", form) for form in forms(russian)]
    latin = [form for form in bare if re.search("[A-Za-z]", form) and not re.search("[А-Яа-яЁё]", form)]
    assert latin == [] or str(russian) in SAME


def test_a_plural_has_a_number() -> None:
    """Forms are chosen by {n}, so each list has it."""
    for key, texts in catalogue().items():
        for text in texts:
            assert isinstance(text, str) or "{n}" in text[-1], key


def used() -> Iterator[str]:
    """The keys that templates and modules name, whole or up to what is put in: ``state.`` stands for all states."""
    for source in TEMPLATES.values():
        for key in re.findall(r'\bt\("([\w.]+)"', source):
            yield f"page.{key}" if f"page.{key}" in catalogue() else key
    for source in SCRIPTS.values():
        yield from re.findall(r'"((?:unit|\w+)\.\w+)"', source)
        yield from (f"{table}." for table in re.findall(r'\bnamed\("(\w+)"', source))
        yield from re.findall(r"\bt\(`(\w+\.)\$", source)


@pytest.mark.parametrize("name", SCRIPTS | TEMPLATES)
def test_every_key_that_is_asked_for_is_there(name: str) -> None:
    """A text without a translation is an error here, not in a browser."""
    source = (SCRIPTS | TEMPLATES)[name]
    asked = set(re.findall(r'\bt\((?:[^()"`]*\? )?"([\w.]+)"', source)) | set(
        re.findall(r'\bt\([^()]* : "([\w.]+)"', source)
    )
    known = page_words("en") if name in TEMPLATES else json.loads(words_module("en")[15:-2])
    assert {key for key in asked if key not in known and not key.endswith((".", "_"))} == set()


def test_every_text_is_used() -> None:
    """What nothing asks for is no longer said."""
    named = set(used())
    tables = tuple(key for key in named if key.endswith("."))
    by_name = ("page.keys.", "page.faults.plus_", *(f"page.faults.{what}" for what in pages.RESETS))
    unused = {key for key in catalogue() if key not in named and not key.startswith((*tables, *by_name))}
    assert unused == set()


def test_everything_that_the_api_names_has_a_name() -> None:
    """States, kinds, matches, steps and so on: Russian does not fall back to the API's words for them."""

    def keys(table: str) -> set[str]:
        return {key.removeprefix(f"{table}.") for key in catalogue() if key.startswith(f"{table}.")}

    def values(*kinds: type[StrEnum]) -> set[str]:
        return {str(one) for kind in kinds for one in kind}

    assert keys("state") >= {state.name.lower() for state in MessageState} | {"scheduled"} | values(PaymentState)
    assert keys("kind") == {kind.name.lower() for kind in Kind}
    assert keys("party") == {fate.name.lower() for fate in Fate} | {"gateway"}
    assert keys("near") == values(MatchKind)
    assert keys("match") == values(MatchKind) - {"none"}
    assert keys("entry") == values(EntryKind)
    assert keys("refusal") == values(RefusalReason)
    assert keys("effect") == set(EFFECTS)
    assert keys("step") >= {step.name for step in CLEANING}
    assert keys("ask_reset") == keys("reset") == set(pages.RESETS)
    assert keys("page.keys") == {meaning for _, meaning in pages.SHORTCUTS}


def test_ready_made_sets_are_told_in_every_language(api: Browser) -> None:
    """Each has a name and a description; in English the API's own."""
    english = json.loads(words_module("en")[15:-2])
    for one in api.get("/api/v1/fault-sets")["items"]:
        assert f"set.{one['name']}" in english
        assert english[f"about_set.{one['name']}"] == one["description"]


class Seen(HTMLParser):
    """What of a page is read or heard."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self._within: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within.append(tag)
        self.words += [value or "" for name, value in attrs if name in ("aria-label", "title", "placeholder", "alt")]

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"code", "textarea"} & set(self._within):
            self.words.append(data)


def test_the_russian_page_is_in_russian() -> None:
    """No English word stands outside of the catalogue, in sight or for a screen reader."""
    seen = Seen(pages._page("ru").decode())
    latin = {word for text in seen.words for word in re.findall(r"[A-Za-z_]{3,}", text)}
    assert latin - NAMES == set()


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_template_says_anything_itself(name: str) -> None:
    """Every text of a template comes from the catalogue, but for names."""
    bare = re.sub(r"{{.*?}}|{%.*?%}", "", TEMPLATES[name])
    words = {word for text in Seen(bare).words for word in re.findall(r"[^\W\d]{2,}", text)}
    assert words - NAMES == set()


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_module_says_anything_itself(name: str) -> None:
    """No literal of a module looks like a sentence or a label: two words in a row, or a word with a capital."""
    source = re.sub(r"^\s*//.*$|/\*\*.*?\*/", "", SCRIPTS[name], flags=re.MULTILINE | re.DOTALL)
    source = re.sub(r"/(?:\\.|\[[^]]*]|[^/\n])+/[gimuv]+", "", source)
    literals = [one[1] for one in re.finditer(r'"((?:[^"\\\n]|\\.)*)"', source)]
    literals += [re.sub(r"\$\{[^`]*?\}", "", one[1]) for one in re.finditer(r"`([^`]*)`", source)]
    said = [one for one in literals if re.search(r"[A-Za-z]{2,} [a-z]{2,}|^[A-Z][a-z]+$|[А-яЁё]", one)]
    assert [one for one in said if one not in SPOKEN] == []


SPOKEN = frozenset(
    {
        "Accept", "Authorization", "Content-Type", "Enter", "Escape", "Slash", "Key", "Infinity",
        "mono small", "small muted",
    }
)  # fmt: skip
"""Literals of modules that only look like something said: headers, keys, classes."""


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"), ("ru", "ru"), ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", "ru"), ("en-GB,en;q=0.9,ru;q=0.8", "en"),
        ("de-DE,de;q=0.9", "en"), ("de,ru;q=0.5", "ru"), ("en;q=0.5, ru", "ru"), ("ru;q=0", "en"),
        ("ru;q=0,en;q=0", "en"),
        ("RU-ru", "ru"), ("en,ru", "en"), ("ru,en", "ru"), ("*", "en"), ("rue,rus", "en"), ("ru;q=x", "en"),
        ("ru ; q=0.001", "ru"), ("," * 5000, "en"),
    ],
)  # fmt: skip
def test_the_browsers_language_is_taken(accepted: str, language: str) -> None:
    """The one of most worth that the console speaks, English for everybody else."""
    assert preferred(accepted) == language


@pytest.mark.parametrize(
    ("path", "accepted", "language"),
    [
        ("/", "ru", "ru"),
        ("/", "en", "en"),
        ("/?lang=ru", "en", "ru"),
        ("/?lang=en", "ru", "en"),
        ("/?lang=de", "ru", "ru"),
    ],
)
def test_the_page_says_its_language(api: Browser, path: str, accepted: str, language: str) -> None:
    """In its root element, for screen readers; the address goes before the browser; caches are told."""
    answered = api.ask("GET", path, headers={"Accept-Language": accepted})
    assert f'<html lang="{language}">'.encode() in answered.body
    assert f"/static/words-{language}.js".encode() in answered.body
    assert "Accept-Language" in answered.headers["vary"]
