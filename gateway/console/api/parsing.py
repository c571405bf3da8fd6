"""``/api/v1/parse``: how a text would be understood, and why."""

from __future__ import annotations

import attrs

from gateway.console.controls import Controls
from gateway.console.fields import Text, given


@attrs.frozen(kw_only=True)
class Parse:
    """A text to be explained."""

    text: Text = given("the text of a message")


@attrs.frozen
class ParseStep:
    """One step that changed the text."""

    step: str = given("its name")
    before: str = given("the text before")
    after: str = given("the text after")


@attrs.frozen
class ParsedWord:
    """One word of the text."""

    word: str = given("the listed word that it was read as")
    span: tuple[int, ...] = given("[start, end) in the raw text, in code points")
    raw: str = given("the text there")
    meaning: str = given("a command's name, on, off, code, filler, negation, topic, signature or unknown")
    match: str = given("how near it was")


@attrs.frozen
class Parsed:
    """How a text is understood. Nothing was run."""

    text: str = given("the raw text")
    outcome: str = given("understood, suggest, ambiguous or not_understood")
    command: str | None = given("what runs or is suggested")
    argument: str | None = given("on, off, status, a topic, digits")
    match: str = given("exact, case, width, look_alike, alias, layout, one_edit, extra_words or none")
    language: str | None = given("en or ru, null when the text does not tell")
    commands: tuple[str, ...] = given("what was recognised")
    reason: str | None = given("why nothing runs")
    steps: tuple[ParseStep, ...] = given("the steps in order")
    words: tuple[ParsedWord, ...] = given("the words in order")


def parse_text(controls: Controls, asked: Parse) -> Parsed:
    """Explain how a text would be understood, which characters became which word, and each step."""
    return explained(controls, asked.text)


def explained(controls: Controls, text: str) -> Parsed:
    """The explanation of a text."""
    told = controls.parser.explain(text).to_json()
    told["steps"] = tuple(ParseStep(**step) for step in told["steps"])
    told["words"] = tuple(ParsedWord(**{**word, "span": tuple(word["span"])}) for word in told["words"])
    told["commands"] = tuple(told["commands"])
    return Parsed(**told)
