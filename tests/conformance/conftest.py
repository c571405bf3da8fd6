"""Row ids and benches."""

from __future__ import annotations

import pytest

from tests.conformance.raw import Client
from tests.doubles import Bench


@pytest.fixture(autouse=True)
def row(request: pytest.FixtureRequest) -> str:
    """The row of the conformance matrix that a test walks; ``@row("A1")`` makes it the head of the test's id."""
    return str(getattr(request, "param", ""))


@pytest.fixture
def bench() -> Bench:
    """A gateway with its default set-up."""
    return Bench()


@pytest.fixture
def bound(bench: Bench) -> Client:
    """A transceiver of the default client."""
    return Client(bench).bind()
