"""One contract, run on every storage."""

from collections.abc import Callable

import pytest

from gateway.storage.base import Storage
from gateway.storage.memory import MemoryStorage

StorageMaker = Callable[[], Storage]


@pytest.fixture(params=[MemoryStorage], ids=["memory"])
def storage(request: pytest.FixtureRequest) -> Storage:
    """A fresh storage of each kind."""
    return request.param()  # type: ignore[no-any-return]
