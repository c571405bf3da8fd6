"""Every word of the table of words, in the language, the transliteration and the layout where it is listed."""

from __future__ import annotations

import pytest

from commands.parsing import MatchKind, Parser, Understood
from tests.commands.parsing.brief import brief

# command | English | Russian | transliterated | wrong layout; the first word of each language is the command's name
COMMAND_WORDS = """
balance | balance bal | баланс остаток бал баланса балансу балансом остатка | balans ostatok | ифдфтсу ,fkfyc jcnfnjr
pin | pin pincode | пин пинкод пин-код | pinkod | зшт gby gbyrjl
confirm | confirm | подтверждение подтвердить | podtverzhdenie podtverjdenie podtverdit | сщташкь gjlndth;ltybt
help | help info ? | помощь справка инфо | pomosch pomoshch pomosh spravka | рудз gjvjom cghfdrf
support | support operator | поддержка оператор | podderzhka podderjka |
"""
ARGUMENT_WORDS = """
on | 1 on yes | вкл включить да | vkl vkluchit vklyuchit da | щт drk lf
off | 0 off no | выкл выключить отключить нет | vykl vikl net | щаа dsrk ytn
"""


def rows(table: str) -> list[tuple[str, str, int, bool]]:
    """(meaning, word, column, whether it is the first of its cell)"""
    found = []
    for line in table.strip().splitlines():
        meaning, *cells = (cell.strip() for cell in line.split("|"))
        for column, cell in enumerate(cells):
            found += [(meaning, word, column, index == 0) for index, word in enumerate(cell.split())]
    return found


@pytest.mark.parametrize(("command", "word", "column", "first"), rows(COMMAND_WORDS))
def test_every_listed_word_runs_its_command(parser: Parser, command: str, word: str, column: int, first: bool) -> None:
    """A listed word alone runs its command, and the result says whether it was the name, an alias or a wrong layout."""
    outcome = parser.classify(word)
    assert isinstance(outcome, Understood)
    assert outcome.command == command
    assert outcome.argument == ("status" if command == "confirm" else None)
    kind = MatchKind.LAYOUT if column == 3 else MatchKind.EXACT if first and column < 2 else MatchKind.ALIAS
    assert outcome.match is kind


@pytest.mark.parametrize(("argument", "word", "column", "first"), rows(ARGUMENT_WORDS))
def test_every_listed_argument_is_understood_after_confirm(
    parser: Parser, argument: str, word: str, column: int, first: bool
) -> None:
    """A listed argument after CONFIRM means what its row says, whatever the language of either word."""
    for command in ("CONFIRM", "подтвердить"):
        outcome = parser.classify(f"{command} {word}")
        assert brief(outcome) == f"run confirm {argument}"
        if column == 3:
            assert isinstance(outcome, Understood)
            assert outcome.match is MatchKind.LAYOUT


@pytest.mark.parametrize(("argument", "word", "column", "first"), rows(ARGUMENT_WORDS))
def test_an_argument_alone_is_no_command(parser: Parser, argument: str, word: str, column: int, first: bool) -> None:
    """A bare yes or no never confirms anything."""
    assert brief(parser.classify(word)) == "nothing"


@pytest.mark.parametrize("word", ["pinata", "pink", "bin", "once", "pim", "pin1", "onn", "баня", "пинта"])
def test_words_that_only_begin_or_rhyme_like_a_command_are_not_one(parser: Parser, word: str) -> None:
    """Nothing is matched by its beginning, and short words are not corrected."""
    assert brief(parser.classify(word)) == "nothing"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("balance", "en"),
        ("баланс", "ru"),
        (",fkfyc", "ru"),
        ("ифдфтсу", "ru"),
        ("balans", "en"),
        ("PIN", None),
        ("CONFIRM 1", None),
        ("confirm да", None),
        ("ПИН", "ru"),
        ("зшт", "ru"),
        ("подтвердить 1", "ru"),
        ("РIN", None),
        ("482193", None),
        ("?", None),
        ("please PIN", None),
        ("PIN баланс", "ru"),
        ("balance pin", "en"),
        ("hello there", "en"),
        ("спасибо ok", "ru"),
        ("12 34", None),
        ("", None),
    ],
)
def test_the_matched_word_decides_the_language(parser: Parser, text: str, expected: str | None) -> None:
    """By script of the word or the text; PIN and CONFIRM in Latin letters leave it to the account."""
    assert parser.classify(text).language == expected
