"""Wrong keyboard layouts, with the strategies' own keyboards as the oracle."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.parsing import MatchKind, Parser, Understood
from commands.parsing.layout import other_layout, runs, split_run
from gateway.testing import strategies as sms

LATIN = "abcdefghijklmnopqrstuvwxyz"
CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюя"


@given(st.one_of(st.text(LATIN, min_size=1), st.text(CYRILLIC, min_size=1)))
@example("balance")
@example("подтверждение")
def test_the_other_layout_is_that_of_the_keyboards(word: str) -> None:
    """The derived spelling is what the rows of the keyboards give, and pressing the keys again gives the word."""
    assert other_layout(word.upper()) == sms.wrong_layout(word).upper()
    assert other_layout(other_layout(word.upper())) == word.upper()


@given(st.sampled_from([c for c in sms.COMMANDS if " " not in c.text and not c.text.isascii()]), st.booleans())
@example(sms.Command("баланс", "balance"), True)
def test_a_russian_word_on_the_latin_layout_is_read(parser: Parser, command: sms.Command, shift: bool) -> None:
    """With and without shift, the marks of the keys are letters."""
    text = sms.wrong_layout(command.text.upper() if shift else command.text)
    outcome = parser.classify(text)
    assert isinstance(outcome, Understood)
    assert (outcome.command, outcome.match, outcome.language) == (command.command, MatchKind.LAYOUT, "ru")


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (",fkfyc", (",", "FKFYC", "", "", 1)),
        ('<FKFYC>"', (",", "FKFYC", ".'", "", 1)),
        ("gjlndth;ltybt:1", ("", "GJLNDTH;LTYBT", ";", "1", 0)),
        ("gjlndth;ltybt1.", ("", "GJLNDTH;LTYBT", "", "1", 0)),
        ('"lf"', ("'", "LF", "'", "", 1)),
    ],
)
def test_a_run_is_taken_apart(run: str, expected: tuple[str, str, str, str, int]) -> None:
    """Marks, core, marks, digits."""
    parts = split_run(run)
    assert parts is not None
    assert (parts.lead, parts.core, parts.trail, parts.digits, parts.start) == expected


@pytest.mark.parametrize("letter", LATIN)
def test_any_letter_may_end_a_core_and_only_digits_follow_it(letter: str) -> None:
    """Letters are never taken for digits, digits never for letters."""
    parts = split_run(f",{letter};{letter}1234567890.")
    assert parts is not None
    assert (parts.core, parts.trail, parts.digits) == (f"{letter};{letter}".upper(), "", "1234567890")
    parts = split_run(f",{letter};{letter}")
    assert parts is not None
    assert (parts.core, parts.trail, parts.digits) == (f"{letter};{letter}".upper(), "", "")


@pytest.mark.parametrize("run", ["abc", "123", ".,;", "a1", ""])
def test_a_run_without_letters_or_marks_is_none(run: str) -> None:
    """There is nothing to try."""
    assert split_run(run) is None


def test_runs_are_found_whole() -> None:
    """Runs with a mark, with the letters on both sides of it; words without marks are no runs."""
    text = "pin ,fkfyc and it's gjlndth;ltybt1 ж,fkfyc ok"
    assert [match.group() for match in runs(text)] == [",fkfyc", "it's", "gjlndth;ltybt1", ",fkfyc"]
