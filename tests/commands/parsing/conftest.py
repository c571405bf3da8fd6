"""One parser for all tests of this folder: loading the words takes longer than most tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.parsing import Parser

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """pytest does not find a test by a name with two backslashes. mutmut runs tests by name, and takes the error that
    this gives for a test that failed: it would count every change of a function that such a test runs as noticed.
    """
    unfindable = [item.nodeid for item in items if HERE in item.path.parents and r"\\" in item.nodeid]
    if unfindable:
        raise pytest.UsageError(f"give these tests ids without backslashes: {unfindable}")


@pytest.fixture(scope="session")
def parser() -> Parser:
    return Parser.load()


@pytest.fixture(autouse=True)
def nothing_is_remembered(parser: Parser) -> None:
    """Each test has its texts read anew, not what another test made of them."""
    parser._seen.clear()
