"""``/api/v1/traffic``: how busy the gateway is now, for charts."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import attrs
from twisted.internet.defer import Deferred

from gateway.console.controls import Controls
from gateway.console.fields import given
from gateway.console.traffic import response_times, traffic_of
from gateway.messages.message import Fate, Kind
from gateway.storage.query import MessageQuery

_REQUESTS: Final = 300
"""The newest texts to the wallet that commands and matches are counted of."""


@attrs.frozen
class Share:
    """How many of a kind."""

    name: str = given("of what")
    count: int = given("how many")


@attrs.frozen
class TrafficNow:
    """How busy the gateway is."""

    messages_per_second: float = given("messages that go over SMPP either way, of the last two seconds")
    responses: int = given("submits of the last ten seconds that were answered, as far as remembered")
    response_p50: float | None = given("half of them were answered within this, ms")
    response_p95: float | None = given("nearly all were answered within this, ms")
    commands: tuple[Share, ...] = given("what the newest texts to the wallet were understood as; none: nothing")
    matches: tuple[Share, ...] = given("how near they were")


def show_traffic(controls: Controls, _: None) -> Deferred[TrafficNow]:
    """Show how busy the gateway is now: messages a second, response times, the mix of commands and matches."""
    wire_log, now = controls.emulator.exchange.wire_log, controls.wall()
    rate = sum(one.per_second for one in traffic_of(wire_log, now).values())
    times = response_times(wire_log, now)

    def read(books: Any) -> TrafficNow:
        query = MessageQuery(kinds=frozenset({int(Kind.SUBMITTED)}), limit=_REQUESTS)
        requests = [message for message, _ in books.messages.search(query) if message.fate == Fate.WALLET]
        return TrafficNow(
            messages_per_second=round(rate, 1),
            responses=len(times),
            response_p50=_percentile(times, 50),
            response_p95=_percentile(times, 95),
            commands=_shares(message.command for message in requests),
            matches=_shares(message.match for message in requests),
        )

    return controls.read(read)


def _percentile(times: list[int], percent: int) -> float | None:
    """Of sorted times in µs, in ms: the nearest rank."""
    return round(times[-(-len(times) * percent // 100) - 1] / 1000, 3) if times else None


def _shares(names: Any) -> tuple[Share, ...]:
    return tuple(Share(name=name or "none", count=count) for name, count in Counter(names).most_common(12))
