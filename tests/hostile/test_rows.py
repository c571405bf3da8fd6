"""That no row was forgotten."""

from __future__ import annotations

import re
from pathlib import Path

from tests.hostile.rows import ROWS

_TESTS = Path(__file__).parents[1]


def test_every_row_is_tried() -> None:
    """Each row of the catalogue heads the id of a test here or of a live one, or the name of a test elsewhere: the
    wallet's are tested where its rules are, the storage's where a database is."""
    sources = [*_TESTS.glob("hostile/test_*.py"), *_TESTS.glob("live/test_hostile*.py")]
    tried = {found for path in sources for found in re.findall(r'"([THSBVXWLA]-\d\d)', path.read_text("utf-8"))}
    for folder in ("commands/wallet", "contracts", "live"):
        for path in _TESTS.glob(f"{folder}/test_*.py"):
            named = re.findall(r"^def test_([we])(\d\d)_", path.read_text("utf-8"), re.MULTILINE)
            tried.update(f"{section.upper()}-{number}" for section, number in named)
    assert sorted(set(ROWS) - tried) == []
