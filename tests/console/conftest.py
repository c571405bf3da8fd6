"""A gateway on a bench and somebody who asks its HTTP port."""

from __future__ import annotations

import pytest

from tests.console.browser import Browser
from tests.doubles import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def api(bench: Bench) -> Browser:
    return Browser(bench)
