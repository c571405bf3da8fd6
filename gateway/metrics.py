"""What the gateway counts, in the form that Prometheus reads.

The rooms count in plain integers of their own (an increment costs 30 ns, a prometheus-client counter 400); this
module reads them when it is asked. Labels are bounded: never a subscriber, never a client that was made up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import attrs
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


@attrs.frozen
class Reading:
    """One figure: a counter only grows, a gauge goes up and down. ``values`` is keyed by the value of ``label``."""

    name: str
    help: str
    kind: str
    read: Callable[[], float | Mapping[str, float]]
    label: str = ""


class _Readings(Collector):
    def __init__(self, readings: Iterable[Reading]) -> None:
        self._readings = tuple(readings)

    def collect(self) -> Iterable[Metric]:
        for reading in self._readings:
            labels = [reading.label] if reading.label else []
            family: Metric
            if reading.kind == "counter":
                family = CounterMetricFamily(reading.name, reading.help, labels=labels)
            else:
                family = GaugeMetricFamily(reading.name, reading.help, labels=labels)
            value = reading.read()
            if isinstance(value, Mapping):
                for label, number in sorted(value.items()):
                    family.add_metric([label], number)
            else:
                family.add_metric([], value)
            yield family


class Metrics:
    """The registry of one emulator; several in one process do not meet."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Readings(readings))

    def exposition(self) -> bytes:
        """The text exposition format, version 0.0.4."""
        return generate_latest(self._registry)
