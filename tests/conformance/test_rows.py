"""Whether the walk is complete: each row of the matrix has tests, each test has a row."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

import tests.conformance
from tests.conformance.rows import ROWS

SECTIONS = [
    importlib.import_module(f"tests.conformance.{module.name}")
    for module in pkgutil.iter_modules(tests.conformance.__path__)
    if re.match(r"test_[a-j]_", module.name)
]


def functions(module: ModuleType) -> dict[str, Callable[..., None]]:
    return {name: value for name, value in vars(module).items() if name.startswith("test_")}


def rows_of(function: Callable[..., None]) -> Iterator[str]:
    """The rows at the head of a test's ids."""
    for mark in getattr(function, "pytestmark", []):
        if mark.name == "parametrize":
            names, values = mark.args
            ids = mark.kwargs.get("ids")
            found = (
                values if names == "row" else ids if isinstance(ids, list) else [getattr(v, "id", "") for v in values]
            )
            yield from (match[0] for name in found if (match := re.match(r"[A-J]\d+(?=-|$)", str(name))))


def test_every_row_has_a_test() -> None:
    """From A1 to J13."""
    assert len(ROWS) == 137
    walked = {row for module in SECTIONS for function in functions(module).values() for row in rows_of(function)}
    assert set(ROWS) - walked == set()


@pytest.mark.parametrize("module", SECTIONS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_test_has_a_row(module: ModuleType) -> None:
    """Its id begins with it."""
    for name, function in functions(module).items():
        assert set(rows_of(function)), name
        assert set(rows_of(function)) <= set(ROWS), name
