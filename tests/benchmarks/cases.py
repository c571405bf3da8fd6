"""What is measured: the load of each case, and one run of it against a server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import attrs

from tests.benchmarks.servers import CannotRun, Server

GSM, UCS2 = 0, 8

TWO_TEXTS = ((GSM, b"BALANCE"), (UCS2, "БАЛАНС".encode("utf-16-be")))


@attrs.frozen
class Case:
    """A load; ``messages`` is how many the gateway gets in one run, other servers more or fewer as they are quick."""

    name: str
    about: str
    binds: int
    window: int
    messages: int
    database: str = "memory:"
    distinct_texts: int = 0
    """How many texts go round before one is sent again; 0: BALANCE and БАЛАНС in turn."""
    peers: tuple[str, ...] = ()


CASES = {
    case.name: case
    for case in (
        Case("a", "1 binding, window 1", 1, 1, 20_000, peers=("null", "naive", "node")),
        Case("b", "1 binding, window 100", 1, 100, 100_000, peers=("null", "naive", "node")),
        Case("c", "10 bindings, window 50", 10, 50, 100_000, peers=("null", "naive", "node")),
        Case("texts", "b, no text twice in 20,000", 1, 100, 100_000, distinct_texts=20_000),
        Case("sqlite", "c on SQLite, synchronous=FULL", 10, 50, 30_000, database="sqlite"),
        Case("postgresql", "c on PostgreSQL, fsync on", 10, 50, 15_000, database="postgresql"),
    )
}

TIMES_THE_MESSAGES = {"gateway": 1.0, "naive": 0.5, "node": 1.0, "null": 5.0}


@attrs.frozen
class Figures:
    """One run. Times in µs."""

    replies_per_second: float
    cpu_per_exchange: float
    resident_mb: float
    own_cpu_share: float
    """CPU of the load generator for each CPU second of the server: it must not be the one that is slow."""
    reply: dict[str, float]
    response: dict[str, float]


def run(load: Path, server: Server, case: Case, folder: Path, *, share: float = 1.0) -> Figures:
    """Put the load of a case on a server, after a tenth of it to warm up; raises CannotRun when replies are missing."""
    messages = max(int(case.messages * share * TIMES_THE_MESSAGES[server.name]), 100)
    options = [f"binds={case.binds}", f"window={case.window}", f"texts={_texts(case, folder)}"]
    put_load(load, server, *options, f"messages={max(messages // 10, 100)}")
    before = server.cpu_seconds()
    told = put_load(load, server, *options, f"messages={messages}")
    spent = server.cpu_seconds() - before
    return Figures(
        told["replies_per_second"],
        spent / messages * 1e6,
        server.resident_mb(),
        told["own_cpu_seconds"] / max(spent, 1e-9),
        told["reply_us"],
        told["response_us"],
    )


def put_load(load: Path, server: Server, *options: str) -> dict[str, Any]:
    """Run the load generator; raises CannotRun when it was not answered in full."""
    done = subprocess.run(
        [str(load), str(server.port), "seconds=120", *options], capture_output=True, text=True, timeout=150, check=False
    )
    if done.returncode:
        raise CannotRun(f"the load generator gave up: {done.stderr.strip() or done.stdout.strip()}")
    told: dict[str, Any] = json.loads(done.stdout)
    if told["refused"] or told["unexpected"]:
        raise CannotRun(f"{told['refused']} submits refused, {told['unexpected']} replies to nobody")
    return told


def _texts(case: Case, folder: Path) -> Path:
    path = folder / f"{case.name}.texts"
    if not path.exists():
        texts = TWO_TEXTS if not case.distinct_texts else list(_spellings(case.distinct_texts))
        path.write_text("".join(f"{data_coding} {octets.hex()}\n" for data_coding, octets in texts))
    return path


def _spellings(count: int) -> Iterator[tuple[int, bytes]]:
    """Ways to write BALANCE and БАЛАНС in turn that a person might: any case, spaces before it, marks behind it."""
    marks = ["".join(run) for run in product(" .!", repeat=4)]
    spaces = ["", " ", "  "]
    english = _cases("balance", marks, spaces)
    russian = _cases("баланс", marks, spaces)
    for _ in range(count // 2):
        yield GSM, next(english).encode("ascii")
        yield UCS2, next(russian).encode("utf-16-be")


def _cases(word: str, marks: list[str], spaces: list[str]) -> Iterator[str]:
    for mark, space in product(marks, spaces):
        for letters in product(*zip(word.lower(), word.upper(), strict=True)):
            yield f"{space}{''.join(letters)}{mark}"
