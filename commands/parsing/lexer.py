"""A clean text taken apart: where its signature starts, and what its words are made of."""

import re

import attrs

from commands.parsing.lexicon import Word
from commands.parsing.results import MatchKind

# "-- " alone on the rest of its line (RFC 3676 §4.3), or between spaces
_DASHES = re.compile(r"(?<!\S)--(?!\S)").search

asks = re.compile("[?؟¿‽❓❔⁉]").search  # whether a text has a question mark


@attrs.define
class Unit:
    """A word of the text, or several that are one phrase, and how it was recognised. Not frozen: one is made for every
    word of every text, and filled in as its word is found.
    """

    start: int  # in the clean text
    end: int
    text: str  # as it stands there; for a phrase, its words with one space between
    word: Word | None = None  # None: not a listed word
    kind: MatchKind = MatchKind.EXACT
    folded: bool = False  # by look-alike letters
    layout: bool = False
    edited: bool = False


def cut_dashes(text: str) -> int:
    """Where a signature that begins with two dashes starts, or the length of the text."""
    if "--" in text:
        found = _DASHES(text)
        if found is not None:
            return found.start()
    return len(text)


def starts_line(text: str, place: int) -> bool:
    """Whether this place follows a line break, a mark or the start of the text, but for spaces between."""
    before = text[:place].rstrip(" \t")
    return not before or not before[-1].isalnum()
