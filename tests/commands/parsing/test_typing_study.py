"""Typing errors in every keyword: neighbouring keys, swapped letters, missing letters."""

from __future__ import annotations

from collections import Counter

import pytest

from commands.parsing import Parser, Understood
from tests.commands.parsing import typing_study
from tests.commands.parsing.typing_study import KEYWORDS, fate, study, table


def test_no_typing_error_runs_pin_or_confirm(parser: Parser) -> None:
    """Of all errors in all keywords."""
    assert not [
        text
        for _, _, text, outcome in study(parser)
        if isinstance(outcome, Understood) and outcome.command in ("pin", "confirm")
    ]


def test_no_typing_error_leads_to_another_command(parser: Parser) -> None:
    """An error is understood, suggested or missed, never taken for another command."""
    assert not [text for command, _, text, outcome in study(parser) if fate(command, outcome) == "WRONG"]


def test_most_errors_in_long_words_are_understood(parser: Parser) -> None:
    """From five letters on, every error but those that make a word of the stop list runs or is suggested."""
    missed = {
        text.upper()
        for command, _, text, outcome in study(parser)
        if len(command.text) > 4 and fate(command, outcome) == "missed"
    }
    assert missed <= parser.lexicon.stop


def test_errors_in_short_words_are_missed(parser: Parser) -> None:
    """With up to four letters nothing is corrected: too many real words are one letter away."""
    fates = Counter(fate(command, outcome) for command, _, _, outcome in study(parser) if len(command.text) < 5)
    assert set(fates) == {"missed"}


def test_the_table_counts_every_text(parser: Parser, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each keyword and error, and the sum."""
    results = list(study(parser))
    lines = table(results).splitlines()
    assert len(lines) == 1 + 3 * len(KEYWORDS) + 1
    total, run, suggest, missed = map(int, lines[-1].split()[1:])
    assert total == len(results) == run + suggest + missed
    assert len(results) > 1000
    assert typing_study.table([]).splitlines()[-1].split() == ["all", "0", "0", "0", "0"]
