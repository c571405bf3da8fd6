"""How a text was read, for people: the steps, and which part of the raw text became which word and why.

How this works: reading a text is one path, shared with ``classify``; it knows the places of words in the clean text.
Here the cleaning steps are run a second time piece by piece, to see which characters each character of the clean text
came from. A text may be cut before a character if a step makes the same of the two pieces as of the whole.
"""

import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from commands.parsing.lexer import Unit
from commands.parsing.lexicon import Lexicon
from commands.parsing.normalise import CLEANING
from commands.parsing.reading import Reading, read
from commands.parsing.results import Ambiguous, MatchKind, NotUnderstood, Outcome, Suggest, Understood

_NAMES = {Understood: "understood", Suggest: "suggest", Ambiguous: "ambiguous", NotUnderstood: "not_understood"}
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), " ")


@attrs.frozen
class Step:
    """One step that changed the text."""

    step: str
    before: str = attrs.field(repr=False)
    after: str = attrs.field(repr=False)


@attrs.frozen
class ExplainedWord:
    """One word of the text. ``span`` is its [start, end) in the raw text, in code points, and ``raw`` the text there;
    ``word`` the listed word that it was read as, in lower case, or itself. ``meaning``: a command's name, "on", "off",
    "code", "filler", "negation", "topic", "signature" or "unknown".
    """

    word: str = attrs.field(repr=False)
    span: tuple[int, int]
    raw: str = attrs.field(repr=False)
    meaning: str
    match: MatchKind


@attrs.frozen
class Explanation:
    """The outcome of a text with the whole way to it."""

    text: str = attrs.field(repr=False)
    outcome: Outcome
    steps: tuple[Step, ...]
    words: tuple[ExplainedWord, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON. A lone surrogate, which UTF-8 cannot carry, is shown as the space that it is read as.

        ``reason`` says why nothing runs (see Ambiguous and NotUnderstood), ``commands`` what was recognised.
        """
        outcome = self.outcome
        command = argument = reason = None
        match = MatchKind.NONE
        commands: tuple[str, ...] = ()
        if isinstance(outcome, Understood | Suggest):
            command, argument, match = outcome.command, outcome.argument, outcome.match
            commands = (command,)
        else:
            reason = outcome.reason
            if isinstance(outcome, Ambiguous):
                commands = outcome.commands
        return {
            "text": _visible(self.text),
            "outcome": _NAMES[type(outcome)],
            "command": command,
            "argument": argument,
            "match": str(match),
            "language": outcome.language,
            "commands": list(commands),
            "reason": reason,
            "steps": [
                {"step": step.step, "before": _visible(step.before), "after": _visible(step.after)}
                for step in self.steps
            ],
            "words": [
                {
                    "word": _visible(word.word),
                    "span": list(word.span),
                    "raw": _visible(word.raw),
                    "meaning": word.meaning,
                    "match": str(word.match),
                }
                for word in self.words
            ],
        }


def _visible(text: str) -> str:
    return text.translate(_SURROGATES)


def explain(raw: str, lexicon: Lexicon) -> Explanation:
    """Read a text and tell how. Never raises."""
    reading = read(raw, lexicon)
    origins = trace(raw, [name for name, _ in reading.cleaned])
    return Explanation(raw, reading.outcome, tuple(_steps(reading)), tuple(_words(reading, origins)))


def _steps(reading: Reading) -> Iterator[Step]:
    before = reading.raw
    for name, after in reading.cleaned + reading.rewritten:
        yield Step(name, before, after)
        before = after


def _words(reading: Reading, origins: list[tuple[int, int]]) -> Iterator[ExplainedWord]:
    raw = reading.raw
    to_support = isinstance(reading.outcome, Understood) and reading.outcome.command == "support"
    before = None
    in_topic = False
    for unit in reading.units:
        span = origins[unit.start][0], origins[unit.end - 1][1]
        word, meaning, match = _reading_of(unit)
        if to_support and before == "support" and meaning != "support":
            in_topic = True  # to the end, also what names SUPPORT again
        if in_topic:
            word, meaning, match = unit.text.lower(), "topic", MatchKind.NONE
        elif unit.word is not None and unit.word.negation and before != "confirm":
            meaning = "negation"  # нет is an argument after CONFIRM alone
        before = meaning
        yield ExplainedWord(word, span, raw[slice(*span)], meaning, match)
    if reading.signature < len(reading.text):
        start = origins[reading.signature][0]
        yield ExplainedWord("", (start, len(raw)), raw[start:], "signature", MatchKind.NONE)


def _reading_of(unit: Unit) -> tuple[str, str, MatchKind]:
    if unit.word is not None and unit.word.meaning is not None:
        return unit.word.text.lower() or unit.text, unit.word.meaning, unit.kind
    return unit.text.lower(), "unknown", MatchKind.NONE


def trace(raw: str, names: list[str]) -> list[tuple[int, int]]:
    """For each character of the clean text the [start, end) of the raw characters it came from, after these steps."""
    origins = [(index, index + 1) for index in range(len(raw))]
    text = raw
    for step in CLEANING:
        if step.name not in names:
            continue
        traced: list[tuple[int, int]] = []
        cleaned: list[str] = []
        for start, end in pieces(text, step.apply):
            piece = step.apply(text[start:end])
            cleaned.append(piece)
            traced += [(origins[start][0], origins[end - 1][1])] * len(piece)
        text = "".join(cleaned)
        origins = traced
    return origins


def pieces(text: str, apply: Callable[[str], str]) -> Iterator[tuple[int, int]]:
    """The shortest pieces of a text that a step changes independently of each other."""
    start = 0
    for index in range(1, len(text)):
        if _separate(text[start:index], text[index], apply):
            yield start, index
            start = index
    if text:
        yield start, len(text)


def _separate(piece: str, following: str, apply: Callable[[str], str]) -> bool:
    """Whether nothing that begins with ``following`` can change what the step makes of the piece before it."""
    if unicodedata.combining(unicodedata.normalize("NFKD", following)[0]) or unicodedata.category(following)[0] == "M":
        return False
    return apply(piece + following) == apply(piece) + apply(following)
