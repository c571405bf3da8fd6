"""The cleaning steps, each alone and together."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import example, given

from commands.parsing import normalise as steps
from commands.parsing.normalise import normalise
from gateway.testing import strategies as sms

EVERY_CHARACTER = [chr(point) for point in range(sys.maxunicode + 1)]


@given(sms.texts())
@example("L\u0301V")
@example("\u1100\u0301\u1161")
@example("1\u0301\u0302")
@example("e\u0301№１①")
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    """The normaliser is idempotent."""
    once = normalise(text)
    assert normalise(once) == once


def test_normalising_any_one_character_twice_changes_nothing_more() -> None:
    """The same for each character of Unicode that a step touches, alone and after a letter and a digit."""
    touched = [
        character
        for character in EVERY_CHARACTER
        if not unicodedata.is_normalized("NFKC", character)
        or unicodedata.category(character) in ("Mn", "Mc", "Me", "Cc", "Cf")
    ]
    assert len(touched) > 5000
    for character in touched:
        for text in (character, "a" + character, "1" + character):
            once = normalise(text)
            assert normalise(once) == once, ascii(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ufeffba\u200blan\u00adce\u202e", "balance"),
        ("ＢＡＬＡＮＣＥ", "BALANCE"),
        ("ﬁne", "fine"),
        ("a\u00a0b\u3000c\td", "a b c d"),
        ("№1", "№1"),
        ("№ 1", "1"),
        ("confirm ① ¹ ½ ١ １", "confirm ① ¹ ½ ١ 1"),
        ("1\ufe0f\u20e3 1\u0336 1\u0301\u0302", "1\u20e3 1\u20e3 1\u20e3"),
        ("бала\u0301нс", "баланс"),
        ("\u0301a1b\u0302", "a1b"),
        ("мои\u0306 ё Ё е\u0308", "мой е Е е"),
        ("pi\u0301n", "pín"),
        ("«баланс», 🙂 (pin)!", "баланс pin"),
        ("a_b-c", "a b c"),
        ("+1 -1 1+1 1-1", "+1 -1 1 1 1 1"),
        ("\ud800a\udfff", "a"),
        ("line\r\nbreak\u2028s", "line break s"),
    ],
)
def test_one_spelling_of_many(text: str, expected: str) -> None:
    """Examples of what each step does."""
    assert normalise(text) == expected


def test_a_text_said_to_be_clean_is_not_changed_by_any_step() -> None:
    """The short cut for plain texts covers only characters that every step leaves alone."""
    plain = [character for character in EVERY_CHARACTER if steps._ALREADY_CLEAN(character)]
    assert len(plain) > 150
    text = "".join(plain)
    for step in steps.CLEANING:
        assert step.apply(text) == text, step.name


def test_the_ranges_without_marks_have_no_mark() -> None:
    """The short cut past combining marks skips none."""
    assert not [c for c in EVERY_CHARACTER if steps._WITHOUT_MARKS(c) and unicodedata.category(c)[0] == "M"]


def test_the_invisible_characters_are_those_of_unicode() -> None:
    """Default_Ignorable_Code_Point of DerivedCoreProperties.txt, written down a second time from there."""
    listed = """
        00AD 034F 061C 115F..1160 17B4..17B5 180B..180D 180E 180F 200B..200F 202A..202E 2060..2064 2065 2066..206F 3164
        FE00..FE0F FEFF FFA0 FFF0..FFF8 1BCA0..1BCA3 1D173..1D17A E0000 E0001 E0002..E001F E0020..E007F E0080..E00FF
        E0100..E01EF E01F0..E0FFF
    """
    points = [[int(end, 16) for end in item.split("..")] for item in listed.split()]
    assert {chr(point) for ends in points for point in range(ends[0], ends[-1] + 1)} == steps.INVISIBLE


def test_format_characters_are_invisible() -> None:
    """Every bidi control, joiner and tag is dropped; visible characters are not."""
    formats = {character for character in EVERY_CHARACTER if unicodedata.category(character) == "Cf"}
    visible_formats = {c for c in formats if c not in steps.INVISIBLE}
    # the rest are signs that are drawn around or before digits, interlinear annotations and hieroglyph joiners
    assert all(
        unicodedata.name(c).startswith(("ARABIC", "SYRIAC", "KAITHI", "INTERLINEAR", "EGYPTIAN"))
        for c in visible_formats
    )
    assert not [c for c in steps.INVISIBLE if unicodedata.category(c) in ("Lu", "Ll", "Nd", "Zs", "Po")]


def test_only_plain_digits_are_digits_after_normalising() -> None:
    """Of all numerals of Unicode only the ten of ASCII and their full-width forms normalise to an ASCII digit."""
    numerals = [character for character in EVERY_CHARACTER if character.isnumeric()]
    plain = [c for c in numerals if normalise(c).isascii() and normalise(c)]
    assert "".join(plain) == "0123456789０１２３４５６７８９"
