"""The words that the parser knows, indexed for every way in which a word may match.

How this works: the words are data, in TOML. A language's file (``words/en.toml``, ``words/ru.toml``) has::

    language = "en"
    [commands]        # balance, pin, confirm, help, support: a list each, the first word is the one that replies name
    [arguments]       # on, off: what may follow confirm
    [around]          # fillers, negations, signatures, sent_from, devices, stop: words that are no commands
    [transliterated.commands]  and  [transliterated.arguments]   # as above, without a wrong layout

An item may be several words ("pin code"), or one mark ("?") that is a whole message. The spelling in the wrong keyboard
layout is derived. A user's own file may add synonyms and commands::

    [synonyms]                          # of balance, pin, confirm, help, support, on, off
    balance = ["funds", "сальдо"]

    [commands.tariff]                   # a new command: no argument, the same reply to everybody
    words = ["tariff", "тариф", "мой тариф"]
    en = "Your tariff is Standard: no fees up to 10,000.00 RUB a month."
    ru = "Ваш тариф - Стандарт: до 10 000,00 руб. в месяц без комиссии."

A user's words match exactly only: in any letter case and width, but with no look-alike letters, layout or typing error.
A synonym stands wherever a word of its command may stand; a command of the user's own is the whole message.

Checked when loaded, every fault listed at once: a word has one meaning; no word of a command is within one edit of
another command's (so that a typing error never leads to the wrong one), and neither is its wrong layout; both languages
have a word for every command and a reply for every command of the user's.
"""

from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path
from types import MappingProxyType

import attrs
from rapidfuzz.distance import OSA

from commands.parsing.entries import COMMANDS, Entry, Listed
from commands.parsing.layout import KEY_MARKS, other_layout
from commands.parsing.lookalikes import skeleton
from commands.parsing.results import CustomCommand

SHORTEST_CORRECTED = 5  # letters: a shorter word has too many real words one edit away ("pin": pen, pine, spin, bin)


class LexiconError(Exception):
    """The words cannot be used. ``faults`` has every reason, each with the file it is in."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@attrs.frozen(eq=False)
class Word:
    """A word or phrase and what it may mean. A word that only occurs inside phrases means nothing by itself."""

    text: str  # upper case
    command: str | None = None
    argument: str | None = None
    negation: bool = False
    filler: bool = False
    signature: bool = False
    sent_from: bool = False  # a signature at the start of a line, or before a device
    device: bool = False
    primary: bool = False
    custom: bool = False  # of a user's own command
    exact_only: bool = False  # a user's
    meaning: str | None = attrs.field(init=False)  # for explanations; None: nothing by itself
    language: str | None = attrs.field(init=False)  # by the script of the word; None for digits and marks

    @meaning.default
    def _by_role(self) -> str | None:
        if self.command or self.argument:
            return self.command or self.argument
        if self.negation:
            return "negation"
        return "filler" if self.filler else None

    @language.default
    def _by_script(self) -> str | None:
        if self.text.isascii():
            return "en" if any(character.isalpha() for character in self.text) else None
        return "ru"


@attrs.frozen
class Near:
    """A spelling that a typing error may have come from, and its word."""

    spelling: str
    word: Word
    layout: bool


@attrs.frozen
class Marked:
    """A wrong-layout spelling with marks in it, without the marks at its ends, which are given apart."""

    lead: str
    trail: str
    word: Word


@attrs.frozen
class Lexicon:
    """Indexes of the words. All keys are upper case."""

    exact: Mapping[str, Word]
    folded: Mapping[str, Word]  # by skeleton; without arguments, which are never folded
    layout: Mapping[str, Word]  # by wrong-layout spelling of letters alone
    marked: Mapping[str, tuple[Marked, ...]]  # by core, see layout.split_run
    near: Mapping[str, tuple[Near, ...]]  # by the skeleton of a spelling, whole and with any one character left out
    longest_near: int
    near_starts: frozenset[str]  # one edit leaves the first or the last two characters as they are
    near_ends: frozenset[str]
    phrases: Mapping[
        str, tuple[tuple[tuple[str, ...], Word], ...]
    ]  # by first word: the rest and the meaning, longest first
    marks: Mapping[str, Word]  # "?": a whole message
    stop: frozenset[str]
    custom: Mapping[str, CustomCommand]


def load_lexicon(extra: Path | None = None) -> Lexicon:
    """The words of this package and those of a user's file. Raises LexiconError with all faults."""
    listed = Listed()
    listed.read_builtin()
    if extra is not None:
        listed.read_extra(extra)
    return build_lexicon(listed)


def build_lexicon(listed: Listed) -> Lexicon:
    """Check and index. Raises LexiconError."""
    faults = [*listed.faults, *_check(listed.entries)]
    if faults:
        raise LexiconError(faults)
    whole: dict[str, Word] = {}
    for entry in listed.entries:
        if entry.role != "stop":
            whole[entry.text] = _with_meaning(whole.get(entry.text), entry)
    marks = {text: word for text, word in whole.items() if not any(c.isalnum() for c in text)}
    exact = {text: word for text, word in whole.items() if " " not in text and text not in marks}
    phrases: dict[str, list[tuple[tuple[str, ...], Word]]] = {}
    folded: dict[str, Word] = {}
    layout: dict[str, Word] = {}
    # words before the parts of phrases: where both have one spelling, the word counts
    for entry in sorted(listed.entries, key=lambda entry: len(entry.words) > 1):
        if entry.role == "stop" or not entry.words:
            continue
        if len(entry.words) > 1:
            phrases.setdefault(entry.words[0], []).append((entry.words[1:], whole[entry.text]))
        for text in entry.words:
            word = exact.setdefault(text, Word(text))
            if entry.exact_only:
                continue
            if entry.role != "argument":
                folded.setdefault(skeleton(text), attrs.evolve(word, argument=None))
            if entry.has_layout and text.isalpha():
                layout.setdefault(other_layout(text), word)
    near = _near(listed.entries, exact)
    spellings = {skeleton(target.spelling) for targets in near.values() for target in targets}
    return Lexicon(
        exact=exact,
        folded=folded,
        layout={spelling: word for spelling, word in layout.items() if spelling.isalpha() and spelling not in exact},
        marked=_marked(layout),
        near=near,
        longest_near=max(map(len, spellings)),
        near_starts=frozenset(spelling[:2] for spelling in spellings),
        near_ends=frozenset(spelling[-2:] for spelling in spellings),
        phrases={first: tuple(sorted(rests, key=lambda rest: -len(rest[0]))) for first, rests in phrases.items()},
        marks=marks,
        stop=frozenset(entry.text for entry in listed.entries if entry.role == "stop"),
        custom=MappingProxyType(dict(listed.custom)),
    )


def _with_meaning(word: Word | None, entry: Entry) -> Word:
    if word is None:
        word = Word(entry.text, exact_only=entry.exact_only)
    match entry.role:
        case "command":
            primary, custom = word.primary or entry.primary, entry.meaning not in COMMANDS
            return attrs.evolve(word, command=entry.meaning, primary=primary, custom=custom)
        case "argument":
            return attrs.evolve(word, argument=entry.meaning)
        case "negation":
            return attrs.evolve(word, negation=True)
        case "filler":
            return attrs.evolve(word, filler=True)
        case "signature":
            return attrs.evolve(word, signature=True)
        case "sent_from":
            return attrs.evolve(word, sent_from=True)
    return attrs.evolve(word, device=True)


def _near(entries: Iterable[Entry], exact: Mapping[str, Word]) -> dict[str, tuple[Near, ...]]:
    """Two spellings are one edit apart only if they, or one of each with a character left out, are equal; so a look-up
    of every shortened form finds all candidates, and the distance is computed for those alone.
    """
    near: dict[str, list[Near]] = {}
    for entry in entries:
        if entry.role != "command" or entry.exact_only or len(entry.words) != 1 or len(entry.text) < SHORTEST_CORRECTED:
            continue
        word = exact[entry.text]
        spellings = [Near(skeleton(entry.text), word, layout=False)]
        if entry.has_layout:
            spellings.append(Near(other_layout(entry.text), word, layout=True))
        for target in spellings:
            key = skeleton(target.spelling)
            for form in {key, *shortened(key)}:
                near.setdefault(form, []).append(target)
    return {form: tuple(targets) for form, targets in near.items()}


def shortened(text: str) -> list[str]:
    """The text with each one of its characters left out."""
    return [text[:index] + text[index + 1 :] for index in range(len(text))]


def _marked(layout: Mapping[str, Word]) -> dict[str, tuple[Marked, ...]]:
    marked: dict[str, list[Marked]] = {}
    for spelling, word in layout.items():
        if not spelling.isalpha():
            started = spelling.lstrip(KEY_MARKS)
            core = started.rstrip(KEY_MARKS)
            lead = spelling[: len(spelling) - len(started)]
            marked.setdefault(core, []).append(Marked(lead, started[len(core) :], word))
    # the longest first: with `.` at the end, ю is tried before a full stop
    return {core: tuple(sorted(items, key=lambda item: -len(item.lead + item.trail))) for core, items in marked.items()}


def _check(entries: list[Entry]) -> list[str]:
    """Every fault of the words themselves."""
    used = [entry for entry in entries if entry.role not in ("stop", "device")]
    return [*_double_meanings(used), *_neighbours(used), *_phrases_of_two(used), *_stopped(entries)]


def _spellings(entry: Entry) -> list[str]:
    """The word and, if it has one, its wrong layout, as they are compared."""
    if entry.has_layout and entry.text.isalpha():
        return [skeleton(entry.text), skeleton(other_layout(entry.text))]
    return [skeleton(entry.text)]


def _double_meanings(entries: Iterable[Entry]) -> list[str]:
    faults: list[str] = []
    seen: dict[str, Entry] = {}
    for entry in entries:
        for spelling in _spellings(entry):
            other = seen.setdefault(spelling, entry)
            roles = {entry.role, other.role}
            if other.meaning != entry.meaning and roles != {"argument", "negation"}:
                faults.append(
                    f"{entry.source}: {entry.written!r} ({entry.meaning}) is also {other.written!r} "
                    f"({other.meaning}, {other.source})"
                )
    return list(dict.fromkeys(faults))


def _neighbours(entries: Iterable[Entry]) -> list[str]:
    commands = [(entry, spelling) for entry in entries if entry.role == "command" for spelling in _spellings(entry)]
    faults: list[str] = []
    for (one, left), (two, right) in combinations(commands, 2):
        if one.meaning != two.meaning and OSA.distance(left, right) == 1:
            faults.append(
                f"{two.source}: {two.written!r} ({two.meaning}) is one edit from {one.written!r} "
                f"({one.meaning}, {one.source})"
            )
    return list(dict.fromkeys(faults))


def _phrases_of_two(entries: Iterable[Entry]) -> list[str]:
    """A phrase must not hold a word of another command: a text with both is asked about."""
    entries = list(entries)
    commands = {entry.text: entry for entry in entries if entry.role == "command"}
    return [
        f"{entry.source}: {entry.written!r} ({entry.meaning}) holds {other.written!r} ({other.meaning}, {other.source})"
        for entry in entries
        if len(entry.words) > 1
        for text in entry.words
        if (other := commands.get(text)) is not None and other.meaning != entry.meaning
    ]


def _stopped(entries: Iterable[Entry]) -> list[str]:
    entries = list(entries)
    listed = {entry.text: entry for entry in entries if entry.role != "stop"}
    return [
        f"{entry.source}: {entry.written!r} is in the stop list and is a word ({listed[entry.text].meaning})"
        for entry in entries
        if entry.role == "stop" and entry.text in listed
    ]
