"""The parser as a whole: what it remembers."""

from __future__ import annotations

import pytest

from commands.parsing import Parser
from commands.parsing import parser as module


def test_a_repeated_text_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outcome is remembered."""
    parser = Parser.load()
    first = parser.classify("balance")
    monkeypatch.setattr(module, "read", None)
    assert parser.classify("balance") is first


def test_long_texts_are_not_remembered() -> None:
    """Memory is bounded in characters."""
    parser = Parser.load()
    parser.classify("a" * 160)
    parser.classify("a" * 161)
    assert list(parser._seen) == ["a" * 160]


def test_no_more_than_some_thousand_texts_are_remembered() -> None:
    """Memory is bounded in texts, and what is forgotten is read again alike."""
    parser = Parser.load()
    before = parser.classify("482193 1")
    for number in range(5000):
        parser.classify(f"482193 {number}")
        assert len(parser._seen) <= module._REMEMBERED
    assert parser.classify("482193 1") == before


def test_parsers_do_not_share_what_they_remember() -> None:
    """Two parsers may know different words."""
    one, two = Parser.load(), Parser.load()
    one.classify("pin")
    assert not two._seen
