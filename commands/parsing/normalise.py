"""The steps that make one spelling of the many spellings of a text. Each is a pure function from text to text.

How this works: ``CLEANING`` lists the steps in their order. A text of printable ASCII and Russian letters is already
clean, which one regular expression tells. Letter case and look-alike letters are not touched here: they concern words,
and are folded when a word is compared (:mod:`commands.parsing.lookalikes`).

Unicode sources: UAX #15 (normalization forms), UAX #44 (Default_Ignorable_Code_Point).
"""

import re
import unicodedata
from collections.abc import Callable

import attrs

# Default_Ignorable_Code_Point (DerivedCoreProperties.txt): zero-width, soft hyphen, bidi controls, variation selectors
_INVISIBLE_RANGES = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
INVISIBLE = frozenset(chr(point) for first, last in _INVISIBLE_RANGES for point in range(first, last + 1))
_DROP_INVISIBLE = dict.fromkeys(map(ord, INVISIBLE))

# Stands after a digit that a combining mark was put on (a keycap 1, a struck out 1): such a digit is not plain.
MARKED_DIGIT = "\u20e3"  # COMBINING ENCLOSING KEYCAP

# What a minus or a plus may look like; NUMERO SIGN counts as one because "№1" is a rank, not an answer.
SIGNS = "+-±−№‐‑‒–—―"

_ALREADY_CLEAN = re.compile(r"[\n\x20-\x7eА-Яа-я«»“”„’–—]*").fullmatch

# Latin, Greek and Cyrillic letters, punctuation, symbols, half- and full-width forms, emoji: no combining mark in them
_WITHOUT_MARKS = re.compile(
    "[\0-\u02ff\u0370-\u0482\u048a-\u0590\u2000-\u20cf\u2100-\u2cee\uff00-\uffef\U0001f000-\U0001faff]*"
).fullmatch

# A word: letters, digits and other numerals, with a sign if it is that of a number. A hyphen between digits is no sign.
_WORD = re.compile(rf"(?:(?<!\d)[{re.escape(SIGNS)}](?=\d))?[\w{MARKED_DIGIT}]+")

_YO = str.maketrans("ёЁ", "еЕ")


def drop_invisible(text: str) -> str:
    """Without characters that no subscriber can see."""
    return text.translate(_DROP_INVISIBLE)


def compatible(text: str) -> str:
    """In NFKC, but for ``№`` (NFKC makes it the word "No") and for numerals that are not plain digits (NFKC makes ① and
    ¹ a 1). Full-width digits do become ASCII digits.
    """
    if unicodedata.is_normalized("NFKC", text):
        return text
    parts: list[str] = []
    start = 0
    for index, character in enumerate(text):
        if character == "№" or (character.isnumeric() and not "０" <= character <= "９" and not character.isascii()):
            parts += (unicodedata.normalize("NFKC", text[start:index]), character)
            start = index + 1
    parts.append(unicodedata.normalize("NFKC", text[start:]))
    return "".join(parts)


def strip_marks(text: str) -> str:
    """Without combining marks that did not compose with their letter, such as a stress on a Russian vowel. A mark on a
    numeral stays, as ``MARKED_DIGIT``. Call it on composed text: decomposed, й would lose its breve and become и.
    """
    if _WITHOUT_MARKS(text):
        return text
    kept: list[str] = []
    after_numeral = False
    for character in text:
        if unicodedata.category(character)[0] != "M":
            kept.append(character)
            after_numeral = character.isnumeric()
        elif after_numeral:
            kept.append(MARKED_DIGIT)
            after_numeral = False
    return unicodedata.normalize("NFC", "".join(kept))  # letters that a dropped mark stood between may compose now


def plain_yo(text: str) -> str:
    """With е for ё, as most people write."""
    return text.translate(_YO)


@attrs.frozen
class CleaningStep:
    """One step: its name in explanations, and what it does."""

    name: str
    apply: Callable[[str], str]


CLEANING = (
    CleaningStep("invisible", drop_invisible),
    CleaningStep("compatibility", compatible),
    CleaningStep("marks", strip_marks),
    CleaningStep("yo", plain_yo),
)


def clean(text: str) -> list[tuple[str, str]]:
    """The steps that changed the text, in order, each with the text after it. Empty when nothing had to change."""
    changed: list[tuple[str, str]] = []
    if _ALREADY_CLEAN(text):
        return changed
    for step in CLEANING:
        after = step.apply(text)
        if after != text:
            changed.append((step.name, after))
            text = after
    return changed


def words(text: str) -> list[tuple[int, int]]:
    """Where the words of a clean text stand, as [start, end) pairs: every mark, symbol, control and space is a gap."""
    return [match.span() for match in _WORD.finditer(text.replace("_", " "))]


def normalise(text: str) -> str:
    """The words of a text, one space between them, in their own letter case. Idempotent."""
    changed = clean(text)
    if changed:
        text = changed[-1][1]
    return " ".join([text[start:end] for start, end in words(text)])
