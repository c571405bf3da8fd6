"""How the gateway bears growth: many accounts and messages, many idle sessions, its start, and days of traffic."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from statistics import median

import attrs

from tests.benchmarks.cases import CASES, put_load, run
from tests.benchmarks.servers import gateway, viewers

_BATCH = 50_000
VIEWERS = 10


@attrs.frozen
class Finding:
    """One thing that was measured, its goal in words, and whether it holds."""

    name: str
    measured: str
    goal: str
    holds: bool


def start(load: Path, folder: Path, share: float) -> list[Finding]:
    """From the start of `serve` to ready: the quickest of five."""
    took = []
    for _ in range(5):
        with gateway(folder) as server:
            took.append(server.started_in)
    return [Finding("start", f"{min(took):.2f} s", "serve is ready in less than 1 s", min(took) < 1)]


def idle(load: Path, folder: Path, share: float) -> list[Finding]:
    """Ten thousand bindings that do nothing: memory, and how quickly an enquire_link is answered among them."""
    sessions = int(10_000 * share)
    with gateway(folder) as server:
        empty = server.resident_mb()
        told = put_load(load, server, f"binds={sessions}", f"idle={max(sessions, 2_000)}")
        held = server.resident_mb()
    p99 = told["response_us"]["p99"] / 1000
    return [
        Finding("idle sessions", f"{sessions} hold {held:.0f} MB ({empty:.0f} MB without)", "<= 300 MB", held <= 300),
        Finding("idle sessions", f"enquire_link p99 {p99:.2f} ms", "<= 100 ms", p99 <= 100),
    ]


def million(load: Path, folder: Path, share: float) -> list[Finding]:
    """What an exchange costs with a million accounts and a million messages in SQLite, beside an empty file."""
    case = attrs.evolve(CASES["sqlite"], messages=int(10_000 * min(1.0, share * 4)))
    rows = int(1_000_000 * share)
    empty, full = folder / "empty.db", folder / "full.db"
    _open(load, folder, full)
    fill(full, rows)
    costs: dict[Path, list[float]] = {empty: [], full: []}
    for _ in range(3):
        for path in (empty, full):
            with gateway(folder, "--database", f"sqlite:///{path}") as server:
                costs[path].append(run(load, server, case, folder).cpu_per_exchange)
    ratio = median(costs[full]) / median(costs[empty])
    measured = f"{median(costs[full]):.0f} µs with {rows:,} of each, {median(costs[empty]):.0f} µs empty: {ratio:.2f} x"
    return [Finding("a million", measured, "<= 1.3 x", ratio <= 1.3)]


def console(load: Path, folder: Path, share: float) -> list[Finding]:
    """What ten open consoles cost: CPU for an exchange with and without them, in turn."""
    case = CASES["b"]
    alone, watched = [], []
    with gateway(folder) as server:
        for _ in range(5):
            alone.append(run(load, server, case, folder, share=share).cpu_per_exchange)
            with viewers(server.http_port, VIEWERS):
                watched.append(run(load, server, case, folder, share=share).cpu_per_exchange)
    more = (median(watched) / median(alone) - 1) * 100
    measured = f"{median(watched):.1f} µs with {VIEWERS} of them, {median(alone):.1f} µs without: {more:+.0f} %"
    return [Finding("open consoles", measured, "< 10 %", more < 10)]


def soak(load: Path, folder: Path, share: float) -> list[Finding]:
    """Memory over five million exchanges, from when the bounded history is full."""
    exchanges = int(5_000_000 * share)
    with gateway(folder) as server:
        put_load(load, server, "window=100", "messages=110000")
        sizes = [server.resident_mb()]
        for _ in range(10):
            put_load(load, server, "window=100", f"messages={exchanges // 10}")
            sizes.append(server.resident_mb())
    grown = (max(sizes) - min(sizes)) / sizes[0] * 100
    measured = f"{min(sizes):.0f} to {max(sizes):.0f} MB over {exchanges:,} exchanges"
    return [Finding("flat memory", measured, "within 5 %", grown <= 5)]


GROWTH: dict[str, Callable[[Path, Path, float], list[Finding]]] = {
    "start": start,
    "idle": idle,
    "console": console,
    "million": million,
    "soak": soak,
}
"""By name; each is given the load generator, a folder of its own, and its share of the full size."""


def _open(load: Path, folder: Path, database: Path) -> None:
    """A file with the schema and a few rows of everything, made by the gateway itself."""
    with gateway(folder, "--database", f"sqlite:///{database}") as server:
        put_load(load, server, "messages=1000", "window=50")


def fill(database: Path, rows: int) -> None:
    """Copy a message and an account of a stopped gateway ``rows`` times: finished messages of other subscribers."""
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        first = connection.execute("SELECT max(next) FROM counters WHERE name LIKE 'message%'").fetchone()[0]
        for table, key in (("messages", "id"), ("accounts", "number")):
            names = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
            taken = ", ".join(
                {
                    "id": "? + n",
                    "whole": "? + n",
                    "number": "CAST(78000000000 + ? + n AS TEXT)",
                    "source_addr": "CAST(78000000000 + n AS TEXT)",
                }.get(name, f'"{name}"')
                for name in names
            )
            pattern = f"(SELECT * FROM {table} ORDER BY {key} LIMIT 1)"
            count = taken.count("?")
            for begin in range(0, rows, _BATCH):
                connection.execute(
                    "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
                    f"INSERT INTO {table} SELECT {taken} FROM numbers, {pattern}",
                    (min(_BATCH, rows - begin) - 1, *[first + begin] * count),
                )
        connection.execute("UPDATE counters SET next = next + ? WHERE name LIKE 'message%'", (rows,))
    connection.close()
