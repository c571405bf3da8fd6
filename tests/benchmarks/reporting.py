"""`python -m tests.benchmarks.reporting`: what was measured as a page with a picture, `speed.md` and `speed.svg`.

Reads the files that `make bench` writes: results of loads and of growth (several files are put together), and the
costs of the pure rooms as pytest-benchmark tells them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import cattrs
import click

from tests.benchmarks.cases import CASES, Figures
from tests.benchmarks.drawing import picture
from tests.benchmarks.goals import GOALS, Results, spread
from tests.benchmarks.growth import Finding

BUILT = Path(".benchmarks")

SERVERS = {
    "gateway": "**this gateway**: parses, asks the account, renders, stores, tracks",
    "null": "a C program that looks at nothing",
    "naive": "Twisted and smpplib, an echo",
    "node": "npm `smpp` 0.5.1, an echo",
}

HEAD = """\
# Speed

How `make bench` found it on {at} ({machine}, Python {python}, load generator and server on two cores of one small
virtual machine). One exchange is submit_sm, submit_sm_resp, deliver_sm and deliver_sm_resp; BALANCE and БАЛАНС in turn
from 1,000 subscribers. Medians of up to {rounds} runs with the smallest and largest; all servers of a case ran in turn,
and what compares two was compared in each of those rounds. Such machines are noisy: half as fast a minute later.

![Replies per second and latencies](speed.svg)
"""


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--costs", type=click.Path(path_type=Path), default=BUILT / "costs.json", show_default=True)
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), default=BUILT, show_default=True)
def main(files: tuple[Path, ...], costs: Path, folder: Path) -> None:
    """Write the page of FILES (results.json) to a folder."""
    told = [json.loads(file.read_text()) for file in files or (BUILT / "results.json",)]
    results: dict[tuple[str, str], list[Figures]] = {}
    for run in (run for one in told for run in one["runs"]):
        case, server = run.pop("case"), run.pop("server")
        results.setdefault((case, server), []).append(cattrs.structure(run, Figures))
    found = [cattrs.structure(finding, Finding) for one in told for finding in one["growth"]]
    findings = list({(one.name, one.goal): one for one in found}.values())  # of what was measured again the last
    measured = json.loads(costs.read_text())["benchmarks"] if costs.exists() else []
    folder.mkdir(exist_ok=True)
    (folder / "speed.md").write_text(page(told[0], results, findings, measured))
    (folder / "speed.svg").write_text(picture(results))
    click.echo(f"{folder / 'speed.md'} {folder / 'speed.svg'}")


def page(
    head: Mapping[str, str], results: Results, findings: Sequence[Finding], costs: Sequence[Mapping[str, Any]]
) -> str:
    """The page as Markdown; ``costs`` are pytest-benchmark's."""
    rounds = max(map(len, results.values()), default=0)
    parts = [HEAD.format(at=head["at"][:10], machine=head["machine"], python=head["python"], rounds=rounds)]
    goals = [[goal.text, *_judged(goal.judge(results))] for goal in GOALS if goal.judge(results) is not None]
    goals += [[f"{one.name}: {one.goal}", one.measured, _verdict(one.holds)] for one in findings]
    if goals:
        parts += ["## Goals\n", _table(["goal", "measured", ""], goals)]
    if results:
        headings = ["case", "server", "replies/s", "CPU µs an exchange", "reply p50 / p99, ms", "MB"]
        parts += ["## Loads\n", _table(headings, [_row(results, *key) for key in results])]
        parts.append("".join(f"- `{name}`: {text}\n" for name, text in SERVERS.items()))
    if costs:
        parts += ["## What the rooms cost\n", _costs(costs)]
    return "\n".join(parts)


def _judged(judged: tuple[str, bool] | None) -> tuple[str, str]:
    return ("", "") if judged is None else (judged[0], _verdict(judged[1]))


def _verdict(reached: bool) -> str:
    return "reached" if reached else "**missed**"


def _row(results: Results, case: str, server: str) -> list[str]:
    runs = results[case, server]
    return [
        f"{case}: {CASES[case].about}" if server == "gateway" else "",
        f"`{server}`",
        spread([one.replies_per_second for one in runs], "{:,.0f}"),
        spread([one.cpu_per_exchange for one in runs], "{:.1f}"),
        " / ".join(f"{median(one.reply[share] for one in runs) / 1000:.2f}" for share in ("p50", "p99")),
        f"{median(one.resident_mb for one in runs):.0f}",
    ]


def _costs(costs: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for cost in sorted(costs, key=lambda cost: str(cost["fullname"])):
        name = re.sub(r"\[.*", "", str(cost["name"])).removeprefix("test_").replace("_", " ")
        of = ", ".join(_spelled(value) for value in (cost["params"] or {}).values())
        stats = cost["stats"]
        rows.append([f"{name}: {of}" if of else name, f"{stats['min'] * 1e6:.2f}", f"{stats['median'] * 1e6:.2f}"])
    return _table(["what", "best, µs", "median, µs"], rows)


def _spelled(value: Any) -> str:
    text = re.sub(r"\(.*", "", str(value), flags=re.DOTALL).removeprefix("UNSERIALIZABLE[")
    return f"`{text}`" if len(text) <= 30 else f"`{text[:27]}…`"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned in the source too: it is read as it is as often as rendered."""
    widths = [max(len(row[at]) for row in (headings, *rows)) for at in range(len(headings))]
    lines = [headings, ["-" * width for width in widths], *rows]
    return "".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |\n"
        for line in lines
    )


if __name__ == "__main__":
    main()
