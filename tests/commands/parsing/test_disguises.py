"""Ways to write a command that must not matter."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.parsing import Parser, Understood
from gateway.testing import strategies as sms
from tests.commands.parsing.brief import intent

VARIANTS = {
    "letter cases": sms.letter_cases,
    "look-alikes": sms.look_alikes,
    "widths": sms.widths,
    "invisible characters": sms.invisibles,
    "spaces": sms.spacings,
    "trailing marks": sms.trailing_marks,
}


def disguised(kind: str, text: str) -> st.SearchStrategy[str]:
    """Variants of the text; look-alike letters only in its first word, because arguments are not folded."""
    if kind != "look-alikes":
        return VARIANTS[kind](text)
    word, _, rest = text.partition(" ")
    return sms.look_alikes(word).map(lambda variant: f"{variant} {rest}".strip())


def in_every_way(command: sms.Command) -> st.SearchStrategy[tuple[sms.Command, str]]:
    text = disguised("look-alikes", command.text)
    for kind in ("letter cases", "widths", "invisible characters", "trailing marks"):
        text = text.flatmap(VARIANTS[kind])
    return st.tuples(st.just(command), text)


@pytest.mark.parametrize("kind", VARIANTS)
@given(data=st.data(), command=sms.commands())
@example(data=None, command=sms.Command("confirm 1", "confirm", "on"))
def test_how_an_exact_command_is_written_does_not_matter(
    parser: Parser, kind: str, data: st.DataObject | None, command: sms.Command
) -> None:
    """Case, width, spaces, look-alike letters, invisible characters and marks after it never change a command."""
    text = data.draw(disguised(kind, command.text)) if data else command.text
    outcome = parser.classify(text)
    assert isinstance(outcome, Understood), ascii(text)
    assert (outcome.command, outcome.argument) == (command.command, command.argument)


@given(sms.commands().flatmap(in_every_way))
@example((sms.Command("balance", "balance"), "\u200bВＡLАNСE!"))
def test_all_of_these_at_once_do_not_matter_either(parser: Parser, drawn: tuple[sms.Command, str]) -> None:
    """A command may be disguised in every way together."""
    command, text = drawn
    assert intent(parser.classify(text)) == (command.command,), ascii(text)
