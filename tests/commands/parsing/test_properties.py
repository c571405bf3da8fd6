"""What holds for any text."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from commands.parsing import Ambiguous, MatchKind, NotUnderstood, Outcome, Parser, Suggest, Understood
from commands.parsing.reading import LONGEST
from gateway.testing import strategies as sms
from tests.commands.parsing.brief import brief, intent

ANY_TEXT = sms.texts() | sms.sentences()


@given(data=st.data(), command=sms.commands("pin", "confirm"))
@example(data=None, command=sms.Command("pin", "pin"))
@example(data=None, command=sms.Command("confirm 1", "confirm", "on"))
def test_pin_and_confirm_never_run_on_an_edited_word(
    parser: Parser, data: st.DataObject | None, command: sms.Command
) -> None:
    """A typing error in the word is suggested or missed."""
    word, _, rest = command.text.partition(" ")
    edited = [data.draw(sms.typos(word))] if data else sms.substitutions(word) + sms.deletions(word)
    known = {known.text for known in sms.COMMANDS}
    for text in edited:
        assume(text not in known)
        outcome = parser.classify(f"{text} {rest}")
        assert not isinstance(outcome, Understood) or outcome.command not in ("pin", "confirm")


@given(ANY_TEXT)
@example("balance pin")
@example("")
@example("\ud800")
def test_any_text_gives_one_value(parser: Parser, text: str) -> None:
    """No text raises, and what runs is one command that is known."""
    outcome = parser.classify(text)
    assert isinstance(outcome, Outcome)
    if isinstance(outcome, Understood | Suggest):
        assert outcome.command in ("balance", "pin", "confirm", "help", "support", "code")
        assert outcome.match is not MatchKind.NONE
        assert outcome.language in ("en", "ru", None)
    if isinstance(outcome, Ambiguous):
        assert len(set(outcome.commands)) == len(outcome.commands) >= 1


@given(sms.commands(), sms.commands(), st.sampled_from([" ", "\n", ", ", " and ", " и ", "; "]))
@example(sms.Command("pin", "pin"), sms.Command("confirm 1", "confirm", "on"), "\n")
def test_no_text_runs_two_commands(parser: Parser, one: sms.Command, two: sms.Command, between: str) -> None:
    """Two commands are asked about, unless the second is part of the topic of SUPPORT."""
    outcome = parser.classify(one.text + between + two.text)
    if one.command == two.command:
        assert intent(outcome) == (one.command,)
    elif one.command == "support":
        assert intent(outcome) in (("support",), ("support", two.command))
    else:
        assert isinstance(outcome, Ambiguous)


@given(ANY_TEXT)
@example("support 482193")
@example(",fkfyc")
@example("не confirm нет")
def test_explaining_gives_the_same_outcome(parser: Parser, text: str) -> None:
    """classify and explain never differ."""
    assert parser.explain(text).outcome == parser.classify(text)


@given(sms.commands("pin", "confirm"), sms.sentences())
@example(sms.Command("pin", "pin"), "карта")
def test_pin_and_confirm_never_run_among_other_words(parser: Parser, command: sms.Command, words: str) -> None:
    """A word before PIN or CONFIRM keeps it from running."""
    assume(any(character.isalnum() for character in words) and "с уважением" not in words and "--" not in words)
    for text in (f"{words} {command.text}", f"{words}\n{command.text}"):
        outcome = parser.classify(text)
        assert not isinstance(outcome, Understood) or outcome.command == "support"


@given(sms.codes(), st.sampled_from("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२³²¹⁴⁵₁₂①②⑴⒈𝟏𝟐߁"), st.integers(0, 5))
@example("482193", "٤", 0)
def test_other_digits_are_never_digits(parser: Parser, code: str, digit: str, place: int) -> None:
    """An Arabic-Indic, superscript, circled or mathematical digit makes neither a code nor an argument."""
    text = code[:place] + digit + code[place + 1 :]
    assert not isinstance(parser.classify(text), Understood | Suggest)
    assert brief(parser.classify(f"confirm {digit}")) == "ask confirm"
    assert brief(parser.classify(f"confirm{digit}")) == "ask confirm"


@pytest.mark.parametrize(
    "text",
    [
        *("A" * 65536, " " * 65536, "balance " * 8192, "\u200b" * 65536, "\ud800" * 65536, "\ufdfa" * 65536),
        *(
            "A" * LONGEST,
            "a " * (LONGEST // 2),
            ",f" * (LONGEST // 2),
            "\ufdfa" * LONGEST,
            "a" + "\u0301" * (LONGEST - 1),
        ),
        *(
            "1\u20e3" * (LONGEST // 2),
            "пин код " * 60,
            "-" * LONGEST,
            "--" + " --" * 160,
            "confirm1" * 62,
            "'" * LONGEST,
        ),
    ],
    ids=lambda text: " ".join(f"{ord(character):04X}" for character in text[:6]) + f" to {len(text)}",
)
def test_hostile_texts_cost_little(parser: Parser, text: str) -> None:
    """Time grows with the length at most: a text made to be slow takes less than 50 ms, most of it far less."""
    started = time.process_time()
    outcome = parser.classify(text)
    taken = time.process_time() - started
    assert taken < 0.05
    assert (len(text) <= LONGEST) or (isinstance(outcome, NotUnderstood) and outcome.reason == "too_long")
