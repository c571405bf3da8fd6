"""One text read from end to end: the steps in their order, and what each made of the text."""

import re

import attrs

from commands.parsing import matcher
from commands.parsing.layout import pressed
from commands.parsing.lexer import Unit, asks, cut_dashes
from commands.parsing.lexicon import Lexicon
from commands.parsing.normalise import clean
from commands.parsing.policy import Sentence, decide
from commands.parsing.results import MatchKind, NotUnderstood, Outcome, Understood

# Code points of the raw text. Three UCS-2 segments hold 201, four GSM ones 612; no command needs a tenth of it.
LONGEST = 500

# A compatibility form may stand for 18 characters (U+FDFA); a text made of such is not a message either.
LONGEST_CLEAN = 2 * LONGEST

_cyrillic = re.compile("[\u0400-\u04ff]").search
_latin = re.compile("[A-Za-z]").search


@attrs.define
class Reading:
    """What reading a text gave. ``cleaned`` has the text after each cleaning step that changed it; ``units`` are the
    words before the signature, placed in ``text[:signature]``; ``rewritten`` the later steps that changed something.
    """

    raw: str
    cleaned: list[tuple[str, str]]
    text: str
    signature: int
    units: list[Unit]
    rewritten: list[tuple[str, str]]
    outcome: Outcome


def read(raw: str, lexicon: Lexicon) -> Reading:
    """Read a text. Never raises; a text above ``LONGEST`` is not read."""
    if len(raw) > LONGEST:
        return _too_long(raw, [], raw)
    cleaned = clean(raw)
    text = cleaned[-1][1] if cleaned else raw
    if len(text) > LONGEST_CLEAN:
        return _too_long(raw, cleaned, text)
    signature = cut_dashes(text)
    body = text[:signature]
    every = matcher.recognise(body, lexicon)
    units = matcher.cut_signature(body, every)
    if len(units) < len(every):
        signature = every[len(units)].start
        body = text[:signature]
    before = raw
    for name, after in cleaned:
        if name == "compatibility":
            matcher.widen(units, before)
        before = after
    rewritten = rewrite(text, body, units)
    steps = tuple([name for name, _ in cleaned] + [name for name, _ in rewritten])
    if units:
        outcome = decide(Sentence(units, asks(body) is not None, language_of(text), steps))
    else:
        outcome = _without_words(body, lexicon, language_of(text), steps)
    return Reading(raw, cleaned, text, signature, units, rewritten, outcome)


def _too_long(raw: str, cleaned: list[tuple[str, str]], text: str) -> Reading:
    steps = tuple([name for name, _ in cleaned])
    outcome = NotUnderstood(language_of(text[:LONGEST]), "too_long", steps)
    return Reading(raw, cleaned, text, len(text), [], [], outcome)


def _without_words(body: str, lexicon: Lexicon, language: str | None, steps: tuple[str, ...]) -> Outcome:
    """A text of marks alone: a listed mark, once or repeated, is its command."""
    marks = set("".join(body.split()))
    word = lexicon.marks.get(marks.pop()) if len(marks) == 1 else None
    if word is None or word.command is None:
        return NotUnderstood(language, "empty", steps)
    return Understood(word.command, None, MatchKind.ALIAS, None, steps)


def language_of(text: str) -> str | None:
    """By script: any Cyrillic letter makes a text Russian, for addresses and names in it may be Latin."""
    if _cyrillic(text):
        return "ru"
    return "en" if _latin(text) else None


def rewrite(text: str, body: str, units: list[Unit]) -> list[tuple[str, str]]:
    """The steps after cleaning that changed the text, in order, each with the text after it."""
    steps: list[tuple[str, str]] = []
    if len(body) < len(text):
        steps.append(("signature", body))
    layout = folded = edited = False
    command = None
    for index, unit in enumerate(units):
        if unit.word is not None and unit.word.meaning is not None:
            layout = layout or unit.layout
            folded = folded or unit.folded
            edited = edited or unit.edited
            if command is None and unit.word.command is not None:
                command = index
    shown = [unit.text for unit in units]
    current = body
    if layout:
        current = _spliced(body, units)
        steps.append(("layout", current))
        shown = [_typed(unit) for unit in units]
    after = " ".join(shown)
    if after != current:
        steps.append(("words", after))
    current = after
    after = current.upper()
    if after != current:
        steps.append(("case", after))
    shown = [word.upper() for word in shown]
    if folded:
        shown = [unit.word.text if unit.word and unit.folded else word for unit, word in zip(units, shown, strict=True)]
        steps.append(("look_alike", " ".join(shown)))
    if edited:
        shown = [unit.word.text if unit.word and unit.edited else word for unit, word in zip(units, shown, strict=True)]
        steps.append(("one_edit", " ".join(shown)))
    if command and all(unit.word is not None and unit.word.filler for unit in units[:command]):
        steps.append(("fillers", " ".join(shown[command:])))
    return steps


def _typed(unit: Unit) -> str:
    """What the subscriber meant to type: the word with the keyboard layout put right."""
    if not unit.layout or unit.word is None or unit.word.meaning is None:
        return unit.text
    return pressed(unit.text) if unit.edited else unit.word.text


def _spliced(body: str, units: list[Unit]) -> str:
    for unit in reversed(units):
        typed = _typed(unit)
        if typed != unit.text:
            body = body[: unit.start] + typed + body[unit.end :]
    return body
