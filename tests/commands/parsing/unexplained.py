"""What mutation testing found that no test noticed, and that ``survivors.txt`` does not explain.

``python -m tests.commands.parsing.unexplained`` reads the results that ``mutmut run`` left in ``mutants/``. It exits
with 1 and lists each survivor that is not explained, or if there are no results or not of all mutants.

A line of ``survivors.txt`` is ``FUNCTION: OLD => NEW  # why no test can notice``. It explains each survivor of that
function in which the changed lines are the same but for one NEW in the place of one OLD; the numbers that mutmut gives
its mutants do not matter. Lines that explain nothing any more are told, too.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

EXPLANATIONS = Path(__file__).with_name("survivors.txt")
RESULTS = Path("mutants", "commands", "parsing")
NOTICED = {1, 3, -24, 24, 36, 152, 255}  # mutmut's codes: a test failed, pytest broke, or the time was up
_LINE = re.compile(r"(?P<function>[\w.]+): (?P<old>.+?) => (?P<new>.+?)  # (?P<why>\S.*)").fullmatch


class Explanation(NamedTuple):
    function: str  # "module.function" or "module.Class.method"
    old: str
    new: str
    why: str

    def explains(self, function: str, removed: str, added: str) -> bool:
        """Whether this is the whole of the change."""
        if function != self.function:
            return False
        places = (found.start() for found in re.finditer(re.escape(self.old), removed))
        return added in {removed[:at] + self.new + removed[at + len(self.old) :] for at in places}


def explanations(text: str) -> list[Explanation]:
    """Those of ``survivors.txt``. Raises ValueError for a line that is none."""
    read = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            found = _LINE(line)
            if found is None:
                raise ValueError(f"line {number} is not FUNCTION: OLD => NEW  # why: {line}")
            read.append(Explanation(**found.groupdict()))
    return read


def results(folder: Path) -> dict[str, int | None]:
    """mutmut's code for each mutant, None for one that was not tried."""
    found: dict[str, int | None] = {}
    for path in sorted(folder.glob("*.meta")):
        found |= json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def function_of(mutant: str) -> str:
    """``entries.Listed.read_extra`` for ``commands.parsing.entries.xǁListedǁread_extra__mutmut_3``."""
    name = mutant.removeprefix("commands.parsing.").rpartition("__mutmut_")[0]
    module, _, function = name.partition(".x")
    return f"{module}.{function.removeprefix('_') if function.startswith('_') else function[1:].replace('ǁ', '.')}"


def changed(diff: str, sign: str) -> str:
    """The lines of one side of a diff, without their indents."""
    lines = [line for line in diff.splitlines() if line.startswith(sign) and not line.startswith(sign * 3 + " ")]
    return "\n".join(line[1:].strip() for line in lines)


def survivors(found: dict[str, int | None], diff_of: Callable[[str], str]) -> Iterator[tuple[str, str, str, str]]:
    """(mutant, function, changed lines before, changed lines after)"""
    for mutant, code in found.items():
        if code not in NOTICED:
            diff = diff_of(mutant)
            yield mutant, function_of(mutant), changed(diff, "-"), changed(diff, "+")


def report(
    found: dict[str, int | None], explained: Iterable[Explanation], diff_of: Callable[[str], str]
) -> tuple[list[str], bool]:
    """Lines for people, and whether every survivor is explained."""
    if not found:
        return ["no results: run mutmut first"], False
    untried = sum(code is None for code in found.values())
    if untried:
        return [f"{untried} of {len(found)} mutants were not tried"], False
    lines: list[str] = []
    explained = list(explained)
    used: set[Explanation] = set()
    survived = unexplained = 0
    for mutant, function, removed, added in survivors(found, diff_of):
        survived += 1
        why = [explanation for explanation in explained if explanation.explains(function, removed, added)]
        used.update(why)
        if not why:
            unexplained += 1
            lines += [f"{mutant} survived: {function}", f"- {removed}", f"+ {added}"]
    lines += [f"explains nothing: {item.function}: {item.old} => {item.new}" for item in explained if item not in used]
    noticed = len(found) - survived
    lines.append(
        f"{len(found)} mutants: {noticed} noticed, {survived - unexplained} explained, {unexplained} unexplained"
    )
    return lines, not unexplained


def main() -> int:
    from mutmut.mutation.diff_apply import get_diff_for_mutant  # only `make mutants` installs it

    lines, complete = report(
        results(RESULTS), explanations(EXPLANATIONS.read_text(encoding="utf-8")), get_diff_for_mutant
    )
    print("\n".join(lines))  # noqa: T201
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
