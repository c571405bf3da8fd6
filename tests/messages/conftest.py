"""Every test of this folder runs on a storage that answers at once and on one that answers later."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.storage.memory import MemoryStorage
from tests.doubles import Bench, DeferredStorage
from tests.messages.benches import Benches

BenchMaker = Callable[..., Bench]


@pytest.fixture(params=["direct", "deferred"])
def make_bench(request: pytest.FixtureRequest) -> BenchMaker:
    """Makes benches on the storage double of this run."""

    def make(**options: object) -> Bench:
        storage = MemoryStorage() if request.param == "direct" else DeferredStorage()
        return Bench(storage=storage, **options)

    return make


@pytest.fixture
def bench(make_bench: BenchMaker) -> Bench:
    """A bench with the default set-up."""
    return make_bench()


@pytest.fixture(params=[False, True], ids=["stopped", "killed"])
def benches(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Benches]:
    """Gateways on one SQLite file, one after the other."""
    folder = tmp_path / "storage"
    folder.mkdir()
    benches = Benches(folder, killed=request.param)
    yield benches
    if benches.bench is not None:
        benches.end()
