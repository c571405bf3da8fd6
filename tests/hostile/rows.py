"""The rows of the catalogue of bad inputs, and how a test says which one it tries."""

from __future__ import annotations

import pytest

LAST = {"T": 21, "H": 22, "S": 14, "B": 23, "V": 15, "X": 23, "W": 10, "E": 4, "L": 12, "A": 8}
"""Sections and the number of their last row; of E, faults of the environment, those of the storage."""

ROWS = tuple(f"{section}-{number:02}" for section, last in LAST.items() for number in range(1, last + 1))


def row(*rows: str) -> pytest.MarkDecorator:
    """Put it next to the function, below any other parametrization: ids then begin with the row."""
    assert set(rows) <= set(ROWS)
    return pytest.mark.parametrize("row", rows, indirect=True)
