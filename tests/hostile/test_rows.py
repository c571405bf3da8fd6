"""That no row was forgotten."""

from __future__ import annotations

import re
from pathlib import Path

from tests.hostile.rows import ROWS

_TESTS = Path(__file__).parents[1]


def test_every_row_is_tried() -> None:
    """Each row of the catalogue heads the id of a test here or of a live one."""
    sources = [*_TESTS.glob("hostile/test_*.py"), *_TESTS.glob("live/test_hostile*.py")]
    tried = {found for path in sources for found in re.findall(r'"([THSBVX]-\d\d)', path.read_text("utf-8"))}
    assert sorted(set(ROWS) - tried) == []
