"""Patterns, against regular expressions."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.faults.patterns import Pattern


def fits(pattern: str, text: str) -> bool:
    """The second implementation."""
    spelled = re.sub(r"\*+", "*", pattern or "*")
    wanted = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in spelled)
    return re.fullmatch(wanted, text, re.DOTALL) is not None


@given(st.text("ab*?", max_size=10), st.text("abc", max_size=12))
@example("", "")
@example("*", "")
@example("?", "")
@example("a*b?*", "aab")
@example("a?*", "a")
@example("**a**", "ba")
def test_a_pattern_fits_what_the_regular_expression_fits(pattern: str, text: str) -> None:
    """``*`` is any run of characters, ``?`` any one, and everything else is itself."""
    assert Pattern(pattern).matches(text) is fits(pattern, text)


@given(st.text(max_size=8).filter(lambda text: not set(text) & set("*?") and text))
@example("[0-9]")
@example("a.c")
def test_what_is_no_sign_is_itself(text: str) -> None:
    """A pattern without ``*`` and ``?`` fits exactly its own text: dots and brackets mean nothing."""
    assert Pattern(text).matches(text)
    assert not Pattern(text).matches(text + "x")
    assert Pattern(text + "*").matches(text + "x")


def test_a_pattern_that_would_make_others_backtrack_does_not() -> None:
    """Many stars cost one step for each character of the text, like any pattern."""
    assert not Pattern("*a" * 30 + "b").matches("a" * 20_000)
