"""What README says of faults is what the tables say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.faults.effects import Form
from gateway.faults.forms import load_rules
from gateway.faults.rules import LEGAL, Point

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
SECTION = README.split("## Faults on demand\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("point", Point)
def test_each_point_stands_in_the_readme_with_its_effects(point: Point) -> None:
    """The row of a point names its effects, all of them and no others."""
    (row,) = re.findall(rf"^\| `{point}` \|.*\|(.*)\|$", SECTION, re.MULTILINE)
    without_keys = re.sub(r"\(.*?\)", "", row)
    assert set(re.findall("`([a-z_]+)`", without_keys)) == {effect.kind for effect in LEGAL[point]}


def test_the_example_is_good() -> None:
    """The rules that README shows can be used as they stand."""
    (example,) = re.findall(r"```toml\n(.*?)```", SECTION, re.DOTALL)
    assert [rule.point for rule in load_rules(example)] == [Point.SUBMIT, Point.ANSWER]


@pytest.mark.parametrize("form", Form)
def test_each_form_of_damage_is_explained(form: Form) -> None:
    """Nobody has to guess what is damaged."""
    assert f"`{form}`" in SECTION
