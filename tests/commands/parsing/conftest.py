"""One parser for all tests of this folder: loading the words takes longer than most tests."""

from __future__ import annotations

import pytest

from commands.parsing import Parser


@pytest.fixture(scope="session")
def parser() -> Parser:
    return Parser.load()
