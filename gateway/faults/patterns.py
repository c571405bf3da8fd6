"""Patterns with ``*`` (any run of characters, also none) and ``?`` (any one character), matched in linear time.

How this works: the set of places that the text may have reached in the pattern is one integer, bit n for "n tokens
are matched". Each character of the text moves all bits at once (the Shift-And algorithm of Baeza-Yates and Gonnet),
so that no pattern makes matching slower than another.
"""

from __future__ import annotations

from typing import Final

import attrs

LONGEST: Final = 64
"""Characters of a pattern: the longest SMPP address has 20 and a host name in a test bench is not longer."""


@attrs.frozen
class Pattern:
    """One pattern; ``text`` is its spelling. Empty text fits everything, like a lone ``*``."""

    text: str = ""
    _any: int = attrs.field(init=False, repr=False, eq=False)
    _masks: dict[str, int] = attrs.field(init=False, repr=False, eq=False)
    _loops: int = attrs.field(init=False, repr=False, eq=False)
    _end: int = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        anything, loops, place = 0, 0, 0
        masks: dict[str, int] = {}
        for character in self.text or "*":
            bit = 1 << place
            if character == "*":
                loops |= bit
                continue
            if character == "?":
                anything |= bit
            else:
                masks[character] = masks.get(character, 0) | bit
            place += 1
        for name, value in (("_any", anything), ("_masks", masks), ("_loops", loops), ("_end", 1 << place)):
            object.__setattr__(self, name, value)

    def matches(self, text: str) -> bool:
        """Whether the whole text fits."""
        reached = 1
        for character in text:
            fitting = self._masks.get(character, 0) | self._any
            reached = ((reached & fitting) << 1) | (reached & self._loops)
            if not reached:
                return False
        return bool(reached & self._end)
