"""Labelled texts of real habits, written apart from the parser: it must agree with every label."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from commands.parsing import Parser

FOLDER = Path(__file__).parents[3] / "fixtures" / "utterances"
HEADER = ["text", "command", "argument", "outcome", "match", "note"]
OUTCOMES = {"understood", "suggest", "ambiguous", "not_understood"}
FEWEST = 300
_ESCAPE = re.compile(r"\\(?:([nt\\])|u([0-9A-Fa-f]{4}))")


class Label(NamedTuple):
    """One row. An empty command, argument or match is not checked."""

    line: int
    text: str
    command: str
    argument: str
    outcome: str
    match: str
    note: str


def unescape(written: str) -> str:
    r"""The text for ``\n``, ``\t``, ``\\`` and ``\uXXXX``; two halves of a surrogate pair are one character."""

    def character(found: re.Match[str]) -> str:
        return chr(int(found[2], 16)) if found[2] else {"n": "\n", "t": "\t", "\\": "\\"}[found[1]]

    return _ESCAPE.sub(character, written).encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def labels(path: Path) -> Iterator[Label]:
    header, *lines = path.read_text(encoding="utf-8").split("\n")
    assert header.split("\t") == HEADER
    for number, line in enumerate(lines, start=2):
        if line:
            text, *rest = line.split("\t")
            yield Label(number, unescape(text), *rest)


def disagreements(label: Label, read: dict[str, Any]) -> list[str]:
    """What the parser says differently, as "column: expected, actual"."""
    pairs = [("outcome", label.outcome, read["outcome"]), ("match", label.match, read["match"])]
    if label.outcome == "ambiguous":
        if label.command and label.command not in read["commands"]:
            pairs.append(("command", label.command, read["commands"]))
    else:
        pairs += [("command", label.command, read["command"]), ("argument", label.argument, read["argument"])]
    return [f"{column}: {expected}, {actual}" for column, expected, actual in pairs if expected and expected != actual]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_parser_agrees_with_every_label(parser: Parser, language: str) -> None:
    """Every labelled text has its outcome, command, argument and match kind; a file has its least number of rows."""
    path = FOLDER / f"{language}.tsv"
    rows = list(labels(path))
    assert len(rows) >= FEWEST
    assert {row.outcome for row in rows} == OUTCOMES
    wrong = [
        f"{path.name}:{row.line}: {row.text!r}: {'; '.join(found)} ({row.note})"
        for row in rows
        if (found := disagreements(row, parser.explain(row.text).to_json()))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("written", "text"),
    [(r"a\nb", "a\nb"), (r"a\\nb", r"a\nb"), (r"\u200B", "\u200b"), (r"\ud83d\ude42", "🙂"), (r"\ud83d", "\ud83d")],
    ids=["line feed", "backslash", "character", "two halves", "one half"],
)
def test_escapes_in_the_files(written: str, text: str) -> None:
    """As the files' format says."""
    assert unescape(written) == text


def test_a_disagreement_is_seen(parser: Parser) -> None:
    """Each column that is filled in is compared."""
    read = parser.explain("confirm 1").to_json()
    right = Label(2, "confirm 1", "confirm", "on", "understood", "exact", "")
    assert disagreements(right, read) == []
    for change in ({"command": "pin"}, {"argument": "off"}, {"outcome": "suggest"}, {"match": "alias"}):
        assert len(disagreements(right._replace(**change), read)) == 1
