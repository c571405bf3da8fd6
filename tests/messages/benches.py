"""One gateway after the other on one database: what tests of restarts are driven through."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.databases import crashed_copy
from tests.doubles import Bench


class Benches:
    """One gateway after the other on one SQLite file, each ended in good order or killed."""

    def __init__(self, folder: Path, *, killed: bool) -> None:
        self.folder = folder
        self._killed = killed
        self._number = 0
        self.bench: Bench | None = None

    def start(self, **options: object) -> Bench:
        """End the gateway that runs, if one does, and start the next."""
        if self.bench is not None:
            self.end()
        self._number += 1
        options.setdefault("clock_frozen", True)
        self.bench = Bench(database=f"sqlite:///{self.folder / 'gateway.db'}", **options)
        return self.bench

    def end(self) -> None:
        assert self.bench is not None
        if not self._killed:
            self.bench.emulator.stop()
            self.bench.pass_time(11)
        else:
            left = crashed_copy(self.folder)
            self.bench.storage.close()
            shutil.rmtree(self.folder)
            left.rename(self.folder)
        self.bench = None
