"""Whole results: each field of the value for each way to come to one."""

from __future__ import annotations

import pytest

from commands.parsing import Ambiguous, MatchKind, NotUnderstood, Parser, Suggest, Understood
from tests.commands.parsing.brief import brief

# text | what is done | match kind, or the reason why nothing is done | language | steps
VALUES = """
Help?                | run help              | case              | en | words case
?                    | run help              | alias             |    | words
? ?                  | run help              | alias             |    | words
?{zwsp}?             | run help              | alias             |    | invisible words
{zwsp} !             | nothing               | empty             |    | invisible words
!{nl}-- {nl}Иван     | nothing               | empty             | ru | signature words
-- {nl}Ivan          | nothing               | empty             | en | signature
482{zwsp}193         | run code 482193       | exact             |    | invisible
Hi 482193            | suggest code 482193   | extra_words       |    | case fillers
482{zwsp} 193        | suggest code 482193   | extra_words       |    | invisible
Support              | run support           | case              | en | case
support Card         | run support card      | exact             | en | case
Оператор: Card       | run support card      | alias             | ru | words case
gjllth;rf card       | run support card      | layout            | ru | layout case
Support support      | run support           | extra_words       | en | case
Hi support           | run support           | extra_words       | en | case fillers
Support support card | run support card      | extra_words       | en | case
support 482193       | ask support code      | several_commands  | en | case
support Пин          | ask support pin       | several_commands  | ru | case
Support gby          | ask support pin       | several_commands  | ru | layout case
Pin Balance          | ask pin balance       | several_commands  | en | case
пин Balance          | ask pin balance       | several_commands  | ru | case
balance gby          | ask balance pin       | several_commands  | ru | layout case
confirm PIN          | ask confirm pin       | several_commands  |    | case
Не пин               | ask pin               | negation          | ru | case
not Balance          | ask balance           | negation          | en | case
не Confirm           | ask confirm           | negation          |    | case
Подтвердить 1 нет    | ask confirm           | negation          | ru | case
confirm 1 Off        | ask confirm           | several_arguments |    | case
Подтвердить 1 0      | ask confirm           | several_arguments | ru | case
confirm Ok           | ask confirm           | argument          |    | case
Подтвердить l        | ask confirm           | argument          | ru | case
Confirm 1            | run confirm on        | case              |    | case
Подтвердить          | run confirm status    | alias             | ru | case
confrim              | suggest confirm status| one_edit          |    | case one_edit
Confirm 1?           | suggest confirm on    | case              |    | words case
Please confirm 1     | suggest confirm on    | extra_words       |    | case fillers
Подтвердить сейчас   | suggest confirm status| extra_words       | ru | case
Balnce               | run balance           | one_edit          | en | case one_edit
balance Now          | run balance           | extra_words       | en | case
Tell Balance         | suggest balance       | extra_words       | en | case
pin?                 | suggest pin           | exact             |    | words case
Мой пин              | suggest pin           | extra_words       | ru | case fillers
Привет               | nothing               | greeting          | ru | case
Hello                | nothing               | greeting          | en | case
спам Pizza           | nothing               | unknown           | ru | case
Spam                 | nothing               | unknown           | en | case
12{zwsp} 34          | nothing               | unknown           |    | invisible
"""


def rows() -> list[list[str]]:
    lines = [line.format(zwsp="\u200b", nl="\n").split("|") for line in VALUES.strip().split("\n")]
    return [[text.rstrip(" "), *(cell.strip() for cell in cells)] for text, *cells in lines]


@pytest.mark.parametrize(("text", "done", "why", "language", "steps"), rows())
def test_every_field_of_a_value(parser: Parser, text: str, done: str, why: str, language: str, steps: str) -> None:
    """What is done, how it was recognised or why nothing is done, in which language, after which steps."""
    outcome = parser.classify(text)
    assert brief(outcome) == done
    if isinstance(outcome, Understood | Suggest):
        assert outcome.match is MatchKind(why)
    else:
        assert outcome.reason == why
    assert outcome.language == (language or None)
    assert outcome.steps == tuple(steps.split())


def test_texts_that_are_too_long_tell_the_steps_that_made_them_so(parser: Parser) -> None:
    """Raw or clean; the language is that of the beginning."""
    assert parser.classify("\u200bбаланс" * 100) == NotUnderstood("ru", "too_long", ())
    assert parser.classify("\u200b" + "\ufdfa" * 60) == NotUnderstood(None, "too_long", ("invisible", "compatibility"))
    assert parser.classify("a" * 500 + "ж") == NotUnderstood("en", "too_long", ())
    assert parser.classify("a" * 499 + "жж") == NotUnderstood("ru", "too_long", ())


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ("482193", "argument='******'"),
        ("card 1", "argument='card 1'"),
        ("on", "argument='on'"),
        (None, "argument=None"),
    ],
)
@pytest.mark.parametrize("kind", [Understood, Suggest])
def test_a_repr_hides_codes_alone(kind: type[Understood | Suggest], argument: str | None, shown: str) -> None:
    """A log shows any argument but digits."""
    assert shown in repr(kind("code", argument, MatchKind.EXACT, None))


def test_what_was_recognised_is_in_the_order_of_the_text_each_once(parser: Parser) -> None:
    """A command that is named again is not told again."""
    asked = parser.classify("pin balance pin help balance")
    assert isinstance(asked, Ambiguous)
    assert asked.commands == ("pin", "balance", "help")
