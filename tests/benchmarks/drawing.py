"""Results as an SVG picture: on the left what each server does in a second, on the right how long the gateway takes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from statistics import median

import attrs

from tests.benchmarks.cases import CASES
from tests.benchmarks.goals import Results

COLUMN, ROW, LABEL = 470, 20, 130
BAR = COLUMN - LABEL - 100
COLOURS = {"gateway": "#0b7285", "naive": "#868e96", "node": "#b07d12", "null": "#ced4da"}
NAMES = {"gateway": "this gateway", "naive": "Twisted + smpplib", "node": "npm smpp", "null": "null server"}
SHARES = {"p50": "p50", "p90": "p90", "p99": "p99", "p999": "p99.9"}


@attrs.frozen
class Bar:
    """One bar with its words; ``value`` is in the unit of its chart."""

    label: str
    value: float
    words: str
    colour: str = COLOURS["gateway"]


@attrs.frozen
class Chart:
    """Bars over one another, the longest as wide as there is room."""

    title: str
    bars: Sequence[Bar]

    @property
    def height(self) -> int:
        return ROW * (len(self.bars) + 2)


def picture(results: Results) -> str:
    """The whole SVG: a row of two charts for each case with other servers, and one for all cases without."""
    cases = list(dict.fromkeys(case for case, server in results if server == "gateway"))
    compared = [case for case in cases if CASES[case].peers]
    rows = [
        (
            Chart(f"{case}: {CASES[case].about}: replies a second", _rates(results, case)),
            Chart("submit to reply, ms", _latencies(results, case)),
        )
        for case in compared
    ]
    alone = [case for case in cases if case not in compared]
    if alone:
        rows.append(
            (
                Chart("this gateway, other loads: replies a second", [_rate(results, case) for case in alone]),
                Chart("submit to reply, p99, ms", [_latency(results, case, "p99", case) for case in alone]),
            )
        )
    parts: list[str] = []
    top = 10
    for left, right in rows:
        parts += (_drawn(left, 10, top), _drawn(right, COLUMN + 10, top))
        top += max(left.height, right.height)
    width = 2 * COLUMN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" width="{width}" height="{top}" '
        'font-family="sans-serif" font-size="13" role="img">\n'
        f"<title>Replies a second and latencies</title>\n"
        f'<rect width="{width}" height="{top}" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _rates(results: Results, case: str) -> list[Bar]:
    """The null server is left out but for case a: it would dwarf all others."""
    servers = [server for one, server in results if one == case and (server != "null" or case == "a")]
    return [attrs.evolve(_rate(results, case, server), label=NAMES[server]) for server in servers]


def _rate(results: Results, case: str, server: str = "gateway") -> Bar:
    value = median(run.replies_per_second for run in results[case, server])
    return Bar(case, value, f"{value:,.0f}", COLOURS[server])


def _latencies(results: Results, case: str) -> list[Bar]:
    return [_latency(results, case, share, label) for share, label in SHARES.items()]


def _latency(results: Results, case: str, share: str, label: str) -> Bar:
    value = median(run.reply[share] for run in results[case, "gateway"]) / 1000
    return Bar(label, value, f"{value:.2f}")


def _drawn(chart: Chart, left: int, top: int) -> str:
    longest = max(bar.value for bar in chart.bars) or 1.0
    lines = [f'<text x="{left}" y="{top + 14}" font-weight="bold">{escape(chart.title)}</text>']
    begin = left + LABEL
    for number, bar in enumerate(chart.bars, start=1):
        y = top + ROW * number
        width = max(bar.value / longest * BAR, 1)
        lines.append(f'<text x="{begin - 10}" y="{y + 14}" text-anchor="end">{escape(bar.label)}</text>')
        lines.append(
            f'<rect x="{begin}" y="{y + 3}" width="{width:.0f}" height="{ROW - 6}" fill="{bar.colour}">'
            f"<title>{escape(bar.label)}: {escape(bar.words)}</title></rect>"
        )
        lines.append(f'<text x="{begin + width + 8:.0f}" y="{y + 14}">{escape(bar.words)}</text>')
    return "\n".join(lines)
