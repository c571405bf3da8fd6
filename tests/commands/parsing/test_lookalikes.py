"""Look-alike letters, with the Unicode confusables as the oracle."""

from __future__ import annotations

import pytest
from confusable_homoglyphs import confusables

from commands.parsing import lookalikes
from commands.parsing.lookalikes import skeleton
from gateway.testing import strategies as sms

PAIRS = [
    *zip(lookalikes.CYRILLIC, lookalikes.LATIN, strict=True),
    *zip(*lookalikes.GREEK_AS_LATIN, strict=True),
    *zip(*lookalikes.GREEK_AS_CYRILLIC, strict=True),
]


@pytest.mark.parametrize(("letter", "like"), PAIRS)
def test_unicode_confuses_each_pair_too(letter: str, like: str) -> None:
    """Each pair of the table is in Unicode's list of confusables, in which a capital I stands for its class as l."""
    found = confusables.is_confusable(letter, greedy=True)
    shapes = {item["c"] for entry in found for item in entry["homoglyphs"]}
    assert like in shapes or (like == "I" and "l" in shapes)


@pytest.mark.parametrize("group", sms.SAME_SHAPE)
def test_letters_of_one_shape_have_one_skeleton(group: str) -> None:
    """The strategies' own table of shapes agrees."""
    assert len({skeleton(letter) for letter in group}) == 1


def test_no_two_letters_of_one_script_have_one_skeleton() -> None:
    """Folding never makes one word of two words of one script."""
    for alphabet in ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"):
        assert len(set(skeleton(alphabet))) == len(alphabet)


def test_a_skeleton_is_its_own_skeleton() -> None:
    """No chains in the table."""
    for group in sms.SAME_SHAPE:
        assert skeleton(skeleton(group)) == skeleton(group)


@pytest.mark.parametrize("letter", ["İ", "Й", "Ї", "Á", "Ё", "Ð", "Λ"])
def test_letters_with_marks_and_of_other_shapes_stay(letter: str) -> None:
    """What only resembles a letter is another letter."""
    assert skeleton(letter) == letter
