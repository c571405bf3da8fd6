"""`python -m tests.benchmarks`: the gateway and the servers that are installed, in turn, measured from outside.

All servers of a case are run one after the other, and that three times, so that whatever else this machine does
meets each of them. Everything listens on 127.0.0.1; what is started here is stopped here, by its process id.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import attrs
import click
from rich.console import Console
from rich.table import Table

from tests.benchmarks import servers
from tests.benchmarks.cases import CASES, Case, Figures, run
from tests.benchmarks.drawing import picture
from tests.benchmarks.goals import GOALS, spread
from tests.benchmarks.growth import GROWTH, Finding
from tests.benchmarks.servers import CannotRun, Server

BUILT = servers.REPOSITORY / ".benchmarks"
console = Console(width=None if sys.stdout.isatty() else 150)


@click.command()
@click.argument("names", nargs=-1, type=click.Choice([*CASES, *GROWTH]))
@click.option("--rounds", default=3, show_default=True, help="How often everything is run.")
@click.option("--quick", is_flag=True, help="A twentieth of the load: tries the machinery, not the gateway.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), default=BUILT / "results.json", show_default=True)
@click.option("--plot", "plot_file", type=click.Path(path_type=Path), default=BUILT / "results.svg", show_default=True)
def main(names: tuple[str, ...], rounds: int, quick: bool, json_file: Path, plot_file: Path) -> None:
    """Measure the cases NAMES; without any, all loads and all of growth."""
    names = names or (*CASES, *GROWTH)
    share = 0.05 if quick else 1.0
    BUILT.mkdir(exist_ok=True)
    try:
        load, null = servers.build(BUILT)
    except CannotRun as error:
        console.print(f"Nothing can be measured: {error}")
        return
    results: dict[tuple[str, str], list[Figures]] = {}
    missing: dict[tuple[str, str], str] = {}
    with tempfile.TemporaryDirectory(prefix="sms-gateway-bench-") as name:
        folder = Path(name)
        for number in range(rounds):
            for case in [CASES[name] for name in names if name in CASES]:
                for server in ("gateway", *case.peers):
                    console.print(f"round {number + 1}: {case.name} {server}", style="dim")
                    try:
                        with _started(server, case, null, folder) as running:
                            figures = run(load, running, case, folder, share=share)
                    except CannotRun as error:
                        missing[case.name, server] = str(error)
                    else:
                        results.setdefault((case.name, server), []).append(figures)
        findings = [finding for name in names if name in GROWTH for finding in GROWTH[name](load, folder, share)]
    _show(results, missing, findings)
    json_file.write_text(json.dumps(_told(results, findings), indent=1) + "\n")
    if results:
        plot_file.write_text(picture(results))
    console.print(f"{json_file} {plot_file if results else ''}", style="dim")


@contextmanager
def _started(name: str, case: Case, null: Path, folder: Path) -> Iterator[Server]:
    if name == "null":
        with servers.null(null) as server:
            yield server
    elif name == "naive":
        with servers.naive() as server:
            yield server
    elif name == "node":
        with servers.node() as server:
            yield server
    elif case.database == "postgresql":
        pepper = folder / "pepper"
        pepper.write_text("a pepper for benchmarks, long enough\n")
        with (
            servers.postgresql() as url,
            servers.gateway(folder, "--database", url, "--pepper-file", str(pepper)) as server,
        ):
            yield server
    elif case.database == "sqlite":
        with (
            tempfile.TemporaryDirectory(dir=folder) as inner,
            servers.gateway(folder, "--database", f"sqlite:///{inner}/gateway.db") as server,
        ):
            yield server
    else:
        with servers.gateway(folder) as server:
            yield server


def _show(
    results: dict[tuple[str, str], list[Figures]], missing: dict[tuple[str, str], str], findings: list[Finding]
) -> None:
    table = Table(title="Medians (smallest - largest)", title_justify="left")
    for heading in ("case", "server", "replies/s", "gateway is", "CPU µs/exchange", "reply p50 / p99 ms", "RSS MB"):
        table.add_column(heading, justify="left" if heading in ("case", "server") else "right")
    for (case, server), runs in results.items():
        own = results.get((case, "gateway"))
        rate = median(one.replies_per_second for one in runs)
        table.add_row(
            f"{case}: {CASES[case].about}" if server == "gateway" else "",
            server,
            spread([one.replies_per_second for one in runs], "{:,.0f}"),
            f"{median(one.replies_per_second for one in own) / rate:.2f} x" if own and server != "gateway" else "",
            spread([one.cpu_per_exchange for one in runs], "{:.1f}"),
            f"{median(one.reply['p50'] for one in runs) / 1000:.2f} / "
            f"{median(one.reply['p99'] for one in runs) / 1000:.2f}",
            f"{median(one.resident_mb for one in runs):.0f}",
        )
    if results:
        console.print(table)
    for (case, server), reason in missing.items():
        console.print(f"{case} {server}: not run: {reason}")
    goals = Table(title="Goals", title_justify="left")
    for heading in ("goal", "measured", ""):
        goals.add_column(heading)
    for goal in GOALS:
        judged = goal.judge(results)
        if judged is not None:
            goals.add_row(goal.text, judged[0], _verdict(judged[1]))
    for finding in findings:
        goals.add_row(f"{finding.name}: {finding.goal}", finding.measured, _verdict(finding.holds))
    console.print(goals)


def _verdict(reached: bool) -> str:
    return "[green]reached[/]" if reached else "[red]missed[/]"


def _told(results: dict[tuple[str, str], list[Figures]], findings: list[Finding]) -> dict[str, object]:
    goals = [(goal.text, goal.judge(results)) for goal in GOALS]
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "runs": [
            {"case": case, "server": server, **attrs.asdict(one)}
            for (case, server), runs in results.items()
            for one in runs
        ],
        "goals": [
            {"goal": text, "measured": judged[0], "reached": judged[1]} for text, judged in goals if judged is not None
        ],
        "growth": [attrs.asdict(finding) for finding in findings],
    }


if __name__ == "__main__":
    main()
