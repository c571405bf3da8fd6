"""The goals, each with the figures that it goes by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median

import attrs

from tests.benchmarks.cases import Figures

Results = Mapping[tuple[str, str], list[Figures]]
"""(case, server) -> its runs, one in each round."""

Round = Mapping[tuple[str, str], Figures]
"""(case, server) -> its run."""

Measure = Callable[[Round], float]


@attrs.frozen
class Goal:
    """``measured`` is to be at most, or at least, ``bound``, in the median of all rounds.

    A goal that compares two servers does so round by round: they ran one after the other then, and a machine that does
    other things in the next minute does them to both.
    """

    text: str
    measured: Measure
    bound: float
    at_most: bool
    form: str = "{:.2f}"

    def judge(self, results: Results) -> tuple[str, bool] | None:
        """What was measured in words, and whether that is enough; None when a case that it needs was not run."""
        values = []
        for one in rounds_of(results):
            try:
                values.append(self.measured(one))
            except KeyError:
                continue
        if not values:
            return None
        value = median(values)
        return spread(values, self.form), value <= self.bound if self.at_most else value >= self.bound


def spread(values: Sequence[float], form: str) -> str:
    """The median in words, with the smallest and the largest if there are several."""
    middle = form.format(median(values))
    return f"{middle} ({form.format(min(values))} - {form.format(max(values))})" if len(values) > 1 else middle


def rounds_of(results: Results) -> list[Round]:
    """The runs as they were made; a run that failed leaves its server with fewer."""
    most = max(map(len, results.values()), default=0)
    return [{key: runs[number] for key, runs in results.items() if number < len(runs)} for number in range(most)]


def rate(case: str, server: str = "gateway") -> Measure:
    return lambda one: one[case, server].replies_per_second


def cpu(case: str, server: str = "gateway") -> Measure:
    return lambda one: one[case, server].cpu_per_exchange


def reply(case: str, share: str) -> Measure:
    """ms."""
    return lambda one: one[case, "gateway"].reply[share] / 1000


def response(case: str, share: str) -> Measure:
    """ms."""
    return lambda one: one[case, "gateway"].response[share] / 1000


def ratio(one: Measure, other: Measure) -> Measure:
    return lambda measured: one(measured) / other(measured)


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
