"""The rows of the conformance matrix, and how a test says which one it walks."""

from __future__ import annotations

import pytest

LAST = {"A": 18, "B": 13, "C": 14, "D": 25, "E": 14, "F": 10, "G": 8, "H": 10, "I": 12, "J": 13}
"""Sections and the number of their last row."""

ROWS = tuple(f"{section}{number}" for section, last in LAST.items() for number in range(1, last + 1))


def row(*rows: str) -> pytest.MarkDecorator:
    """Put it next to the function, below any other parametrization: ids then begin with the row."""
    assert set(rows) <= set(ROWS)
    return pytest.mark.parametrize("row", rows, indirect=True)
