"""Where a signature may start."""

from __future__ import annotations

import string

import pytest

from commands.parsing.lexer import cut_dashes, starts_line


@pytest.mark.parametrize("letter", string.ascii_letters + string.digits + "яЁ")
def test_a_word_before_on_the_same_line_is_seen_over_spaces(letter: str) -> None:
    """Whatever the last letter of the word."""
    text = f"{letter} \t sent from bank"
    assert not starts_line(text, text.index("sent"))


@pytest.mark.parametrize("before", ["", " \t", "pin\n", "pin\n \t ", "pin, ", "pin.\t", "\n\n"])
def test_a_line_starts_after_a_break_a_mark_or_nothing(before: str) -> None:
    """Spaces between do not matter."""
    assert starts_line(f"{before}sent from bank", len(before))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("pin -- Ivan", 4),
        ("pin\n--\nIvan", 4),
        ("--", 0),
        ("pin --Ivan --", 11),
        ("pin-- Ivan", 10),
        ("pin --- Ivan", 12),
    ],
)
def test_two_dashes_alone_begin_a_signature(text: str, place: int) -> None:
    """The first two dashes with white space or an end on both sides, else nothing is cut."""
    assert cut_dashes(text) == place
