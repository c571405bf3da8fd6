"""The check of what mutation testing found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.parsing.unexplained import EXPLANATIONS, explanations, function_of, report, results

MUTANT = "commands.parsing.layout.x__part__mutmut_7"
DIFF = """--- commands/parsing/layout.py
+++ commands/parsing/layout.py
@@ -1,4 +1,4 @@
 def _part(text: str, place: int) -> str:
-    return text[place:0] if place > 0 else ""
+    return text[place:1] if place > 0 else ""
"""
EXPLAINED = "layout._part: [place:0] => [place:1]  # nobody looks"


def told(line: str, code: int | None = 0, diff: str = DIFF) -> tuple[list[str], bool]:
    return report({MUTANT: code, "commands.parsing.layout.x_a__mutmut_1": 1}, explanations(line), lambda _: diff)


@pytest.mark.parametrize("code", [0, 5, 33, 34, 35, -11])
def test_a_survivor_must_be_explained(code: int) -> None:
    """One that survived, was not tested or was lost: with its change, whatever its number."""
    assert told(EXPLAINED, code) == (["2 mutants: 1 noticed, 1 explained, 0 unexplained"], True)
    lines, complete = told("", code)
    assert not complete
    assert '+ return text[place:1] if place > 0 else ""' in lines
    assert lines[-1] == "2 mutants: 1 noticed, 0 explained, 1 unexplained"


@pytest.mark.parametrize(
    "line",
    [
        "layout.part: [place:0] => [place:1]  # another function",
        "lexer._part: [place:0] => [place:1]  # another module",
        "layout._part: [place:0] => [place:2]  # another change",
        "layout._part: [place:1] => [place:0]  # the other way",
        "layout._part: text[place:0] => [place:1]  # not the same without it",
        "layout._part: > 0 => > 1  # another place",
        "layout._part: 0 => 1  # the right place is one of two",
    ],
)
def test_an_explanation_is_of_one_change_in_one_function(line: str) -> None:
    """The rest of the line must stay as it was."""
    _, complete = told(line)
    assert complete is line.endswith("one of two")


@pytest.mark.parametrize("code", [1, 3, 24])
def test_an_explanation_of_nothing_is_told(code: int) -> None:
    """When its mutant is noticed, its line can go; that is no failure."""
    lines, complete = told(EXPLAINED, code)
    assert complete
    assert lines[0] == "explains nothing: layout._part: [place:0] => [place:1]"


def test_a_run_that_did_not_end_is_no_success() -> None:
    """Neither is one that did not begin."""
    assert told(EXPLAINED, None) == (["1 of 2 mutants were not tried"], False)
    assert report({}, [], lambda _: DIFF) == (["no results: run mutmut first"], False)


def test_whole_lines_may_be_gone() -> None:
    """The change is then told without their indents."""
    lines, _ = told(
        "", diff="--- a\n+++ b\n@@ -1,3 +1,1 @@\n match a:\n-    case 1:\n-        return 2\n     case 3:\n"
    )
    assert "- case 1:\nreturn 2" in lines


@pytest.mark.parametrize(
    ("mutant", "function"),
    [
        ("commands.parsing.layout.x_split_run__mutmut_10", "layout.split_run"),
        ("commands.parsing.layout.x__part__mutmut_1", "layout._part"),
        ("commands.parsing.entries.xǁListedǁ_table__mutmut_2", "entries.Listed._table"),
        ("commands.parsing.parser.xǁParserǁ__init____mutmut_2", "parser.Parser.__init__"),
    ],
)
def test_mutants_are_named_after_functions(mutant: str, function: str) -> None:
    """Module, class and function as in the source."""
    assert function_of(mutant) == function


def test_results_are_read_from_all_modules(tmp_path: Path) -> None:
    """As mutmut writes them."""
    for module, code in (("a", 1), ("b", None)):
        (tmp_path / f"{module}.py.meta").write_text(json.dumps({"exit_code_by_key": {f"x_{module}": code}}))
    assert results(tmp_path) == {"x_a": 1, "x_b": None}


@pytest.mark.parametrize("line", ["layout._part", "layout._part: a => b", "layout._part: a  # b", "a: b => c  # "])
def test_a_line_that_is_no_explanation_is_refused(line: str) -> None:
    """With its number."""
    with pytest.raises(ValueError, match="line 2"):
        explanations(f"# a remark\n{line}\n")


def test_the_explanations_can_be_read() -> None:
    """Each line of the file, and none twice."""
    read = explanations(EXPLANATIONS.read_text(encoding="utf-8"))
    assert len({item[:3] for item in read}) == len(read)
