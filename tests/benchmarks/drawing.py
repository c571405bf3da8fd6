"""Results as an SVG picture: throughput of each server in each case, and the gateway's latencies."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from statistics import median

import attrs

from tests.benchmarks.goals import Results

WIDTH, ROW, LEFT = 760, 20, 190
BAR = WIDTH - LEFT - 150
COLOURS = {"gateway": "#0b7285", "naive": "#868e96", "node": "#b07d12", "null": "#ced4da"}
SHARES = ("p50", "p90", "p99", "p999")


@attrs.frozen
class Bar:
    """One bar with its words; ``value`` is in the unit of its chart."""

    label: str
    value: float
    words: str
    colour: str


def picture(results: Results) -> str:
    """The whole SVG. The null server is left out of the bars but for case a: it would dwarf all others."""
    charts = [(f"Replies per second, case {case}", _rates(results, case)) for case in _cases(results)]
    charts += [
        (f"Gateway, case {case}: submit to reply, ms", _latencies(results, case))
        for case in _cases(results)
        if (case, "gateway") in results
    ]
    parts: list[str] = []
    top = 10
    for title, bars in charts:
        if bars:
            parts.append(_chart(title, bars, top))
            top += ROW * (len(bars) + 2)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}" '
        'font-family="sans-serif" font-size="13">\n'
        f'<rect width="{WIDTH}" height="{top}" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _cases(results: Results) -> list[str]:
    return list(dict.fromkeys(case for case, _ in results))


def _rates(results: Results, case: str) -> list[Bar]:
    bars = []
    for (one, server), runs in results.items():
        if one == case and (server != "null" or case == "a"):
            value = median(run.replies_per_second for run in runs)
            bars.append(Bar(server, value, f"{value:,.0f}", COLOURS[server]))
    return bars


def _latencies(results: Results, case: str) -> list[Bar]:
    runs = results[case, "gateway"]
    bars = []
    for share in SHARES:
        value = median(run.reply[share] for run in runs) / 1000
        bars.append(Bar(share.replace("p999", "p99.9"), value, f"{value:.2f}", COLOURS["gateway"]))
    return bars


def _chart(title: str, bars: Sequence[Bar], top: int) -> str:
    longest = max(bar.value for bar in bars) or 1.0
    lines = [f'<text x="10" y="{top + 14}" font-weight="bold">{escape(title)}</text>']
    for number, bar in enumerate(bars, start=1):
        y = top + ROW * number
        width = max(bar.value / longest * BAR, 1)
        lines.append(f'<text x="{LEFT - 10}" y="{y + 14}" text-anchor="end">{escape(bar.label)}</text>')
        lines.append(
            f'<rect x="{LEFT}" y="{y + 3}" width="{width:.0f}" height="{ROW - 6}" fill="{bar.colour}">'
            f"<title>{escape(bar.label)}: {escape(bar.words)}</title></rect>"
        )
        lines.append(f'<text x="{LEFT + width + 8:.0f}" y="{y + 14}">{escape(bar.words)}</text>')
    return "\n".join(lines)
