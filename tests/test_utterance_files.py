"""The labelled texts in fixtures/utterances are well formed, whatever a parser makes of them.

How this works: each file is read octet by octet as its format says (UTF-8, one header line, six fields between
tabs, no quoting), and the text field is unescaped here by the smallest code that can do it. Nothing of the
command packages is imported: the labels follow from the rules, so their form is checked without the parser.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

FOLDER = Path(__file__).parent.parent / "fixtures" / "utterances"
LANGUAGES = ("en", "ru")
HEADER = "text\tcommand\targument\toutcome\tmatch\tnote"
COMMANDS = {"balance", "pin", "confirm", "help", "support", "code"}
OUTCOMES = {"understood", "suggest", "ambiguous", "not_understood"}
MATCHES = {"exact", "case", "width", "look_alike", "alias", "layout", "one_edit", "extra_words"}
ESCAPE = re.compile(r"\\(?:n|t|\\|u[0-9A-F]{4}|U[0-9A-F]{8})")


class Row(NamedTuple):
    """One line; `raw` is the text as written, escapes and all."""

    raw: str
    command: str
    argument: str
    outcome: str
    match: str
    note: str

    @property
    def text(self) -> str:
        """The text that a subscriber would send."""
        return ESCAPE.sub(lambda found: _character(found.group()), self.raw)


def _character(escape: str) -> str:
    named = {"\\n": "\n", "\\t": "\t", "\\\\": "\\"}
    return named[escape] if escape in named else chr(int(escape.lstrip("\\uU"), 16))


def _lines(language: str) -> list[str]:
    content = (FOLDER / f"{language}.tsv").read_bytes().decode("utf-8")
    assert content.endswith("\n")
    return content[:-1].split("\n")


def _rows(language: str) -> list[Row]:
    return [Row(*line.split("\t")) for line in _lines(language)[1:]]


def _faults(language: str, is_wrong: Callable[[Row], object]) -> list[str]:
    return [row.raw for row in _rows(language) if is_wrong(row)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_has_the_six_fields_of_the_header(language: str) -> None:
    """A file is the header and then lines of exactly six fields."""
    lines = _lines(language)

    assert lines[0] == HEADER
    assert [line for line in lines if line.count("\t") != 5] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_come_from_the_closed_lists(language: str) -> None:
    """Commands, outcomes and matches are spelt as listed, and every row says which rule it follows."""
    assert _faults(language, lambda row: row.outcome not in OUTCOMES) == []
    assert _faults(language, lambda row: row.command not in COMMANDS | {""}) == []
    assert _faults(language, lambda row: row.match not in MATCHES | {""}) == []
    assert _faults(language, lambda row: not row.note or row.note != row.note.strip()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_command_is_named_only_where_one_was_found(language: str) -> None:
    """Understood and suggested rows name their command; asking and failing rows name nothing."""
    runs_or_suggests = {"understood", "suggest"}

    assert _faults(language, lambda row: bool(row.command) != (row.outcome in runs_or_suggests)) == []
    assert _faults(language, lambda row: not row.command and (row.argument or row.match)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_arguments_are_those_the_command_can_have(language: str) -> None:
    """CONFIRM has on, off or status, a code its six ASCII digits, and the others have none."""
    expected = {"confirm": r"on|off|status", "code": r"[0-9]{6}"}

    assert (
        _faults(
            language,
            lambda row: row.argument and not re.fullmatch(expected.get(row.command, ""), row.argument),
        )
        == []
    )
    assert (
        _faults(
            language,
            lambda row: row.outcome == "understood" and row.command in expected and not row.argument,
        )
        == []
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_in_the_text_is_hidden(language: str) -> None:
    """Invisible characters, marks, odd spaces and outer spaces are escaped, and each backslash starts an escape."""

    def hides(row: Row) -> bool:
        without_escapes = ESCAPE.sub("", row.raw)
        unseen = any(character != " " and unicodedata.category(character)[0] in "CZM" for character in without_escapes)
        return unseen or "\\" in without_escapes or row.raw != row.raw.strip(" ")

    assert _faults(language, hides) == []


def test_no_text_occurs_twice() -> None:
    """A text is labelled once, in one of the files, so that no two labels can disagree."""
    texts = Counter(row.text for language in LANGUAGES for row in _rows(language))

    assert [text for text, times in texts.items() if times > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_file_is_large_enough_to_mean_something(language: str) -> None:
    """A file has at least 330 rows, of which at least 75 are no command at all."""
    outcomes = Counter(row.outcome for row in _rows(language))

    assert outcomes.total() >= 330
    assert outcomes["not_understood"] >= 75


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_and_every_outcome_is_covered(language: str) -> None:
    """Each command runs in at least ten texts, and each outcome has at least fifty."""
    rows = _rows(language)
    runs = Counter(row.command for row in rows if row.outcome == "understood")
    outcomes = Counter(row.outcome for row in rows)

    assert {command: runs[command] for command in COMMANDS if runs[command] < 10} == {}
    assert {outcome: outcomes[outcome] for outcome in OUTCOMES if outcomes[outcome] < 50} == {}


def test_every_way_to_match_is_covered() -> None:
    """Each kind of match is the label of at least one row."""
    assert {row.match for language in LANGUAGES for row in _rows(language)} >= MATCHES


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_length_limit_is_approached_from_both_sides(language: str) -> None:
    """Texts of 500 code points run, and texts of 501 are not understood."""
    outcomes = {length: {r.outcome for r in _rows(language) if len(r.text) == length} for length in (500, 501)}

    assert outcomes == {500: {"understood"}, 501: {"not_understood"}}
    assert max(len(row.text) for row in _rows(language)) == 501
