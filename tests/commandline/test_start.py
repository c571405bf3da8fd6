"""What a start pays for."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("late", ["gateway.console.routes", "cattrs.preconf", "jinja2", "sqlalchemy", "rich"])
def test_a_start_does_not_import_what_it_may_not_need(late: str) -> None:
    """The console comes with its first visitor, the database with its URL."""
    code = f"import sys, gateway.commandline.serve, gateway.wiring; sys.exit({late!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
