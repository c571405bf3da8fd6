"""One parser for all tests of this folder: loading the words takes longer than most tests."""

from __future__ import annotations

import pytest

from commands.parsing import Parser


@pytest.fixture(scope="session")
def parser() -> Parser:
    return Parser.load()


@pytest.fixture(autouse=True)
def nothing_is_remembered(parser: Parser) -> None:
    """Each test has its texts read anew, not what another test made of them."""
    parser._seen.clear()
