"""What a start pays for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gateway.commandline.serve import return_large_blocks


@pytest.mark.parametrize("late", ["gateway.console.routes", "cattrs.preconf", "jinja2", "sqlalchemy", "rich"])
def test_a_start_does_not_import_what_it_may_not_need(late: str) -> None:
    """The console comes with its first visitor, the database with its URL."""
    code = f"import sys, gateway.commandline.serve, gateway.wiring; sys.exit({late!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_large_blocks_stay_large_where_there_is_no_such_knob(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another C library, or none: a gateway starts all the same."""

    def missing(name: None) -> object:
        raise OSError

    return_large_blocks()
    for library in (missing, lambda name: object()):
        monkeypatch.setattr("ctypes.CDLL", library)
        return_large_blocks()
