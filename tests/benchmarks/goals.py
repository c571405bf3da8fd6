"""The goals, each with the figures that it goes by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median

import attrs

from tests.benchmarks.cases import Figures

Results = Mapping[tuple[str, str], list[Figures]]
"""(case, server) -> its runs."""

Measure = Callable[[Results], float]


@attrs.frozen
class Goal:
    """``measured`` is to be at most, or at least, ``bound``."""

    text: str
    measured: Measure
    bound: float
    at_most: bool
    form: str = "{:.2f}"

    def judge(self, results: Results) -> tuple[str, bool] | None:
        """What was measured in words, and whether that is enough; None when a case that it needs was not run."""
        try:
            value = self.measured(results)
        except KeyError:
            return None
        return self.form.format(value), value <= self.bound if self.at_most else value >= self.bound


def rate(case: str, server: str = "gateway") -> Measure:
    return lambda results: median(run.replies_per_second for run in results[case, server])


def cpu(case: str, server: str = "gateway") -> Measure:
    return lambda results: median(run.cpu_per_exchange for run in results[case, server])


def reply(case: str, share: str) -> Measure:
    """ms."""
    return lambda results: median(run.reply[share] for run in results[case, "gateway"]) / 1000


def response(case: str, share: str) -> Measure:
    """ms."""
    return lambda results: median(run.response[share] for run in results[case, "gateway"]) / 1000


def ratio(one: Measure, other: Measure) -> Measure:
    return lambda results: one(results) / other(results)


GOALS = (
    Goal("b: CPU per exchange <= 29 µs (an echo in Go)", cpu("b"), 29, True, "{:.1f} µs"),
    Goal("b: CPU per exchange <= 14 µs (an echo on netty; stretch)", cpu("b"), 14, True, "{:.1f} µs"),
    Goal("b: replies/s >= 1.5 x npm smpp", ratio(rate("b"), rate("b", "node")), 1.5, False),
    Goal("b: replies/s >= 3.5 x Twisted + smpplib", ratio(rate("b"), rate("b", "naive")), 3.5, False),
    Goal("c: replies/s >= 2 x npm smpp", ratio(rate("c"), rate("c", "node")), 2, False),
    Goal("c: p99 submit -> reply <= 60 ms", reply("c", "p99"), 60, True, "{:.1f} ms"),
    Goal("a: replies/s >= 0.5 x the null server", ratio(rate("a"), rate("a", "null")), 0.5, False),
    Goal("a: p99 submit -> reply <= 0.5 ms", reply("a", "p99"), 0.5, True, "{:.2f} ms"),
    Goal("c on SQLite: replies/s >= 0.4 x memory", ratio(rate("sqlite"), rate("c")), 0.4, False),
    Goal("c on SQLite: p99 submit -> response <= 100 ms", response("sqlite", "p99"), 100, True, "{:.1f} ms"),
    Goal("c on PostgreSQL: replies/s >= 0.2 x memory", ratio(rate("postgresql"), rate("c")), 0.2, False),
    Goal("new texts: CPU per exchange <= 1.6 x two texts", ratio(cpu("texts"), cpu("b")), 1.6, True),
)
