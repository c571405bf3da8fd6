"""A day of emulated time, in one advance."""

from __future__ import annotations

import re

from tests.esme import Esme, text_of
from tests.messages.conftest import BenchMaker

ENGLISH = "79991110002"
DAY = 24 * 3600


def test_a_lock_of_pin_restores_is_over_after_a_day(make_bench: BenchMaker) -> None:
    """Three restores lock for a day that passes at once; a second before its end it still holds."""
    bench = make_bench(clock_frozen=True)
    esme = Esme(bench)

    def restore() -> str:
        esme.submit("PIN", source=ENGLISH)
        return text_of(*esme.take())

    pins = []
    for _ in range(3):
        pins.append(restore())
        bench.advance(10 * 60)
    assert all(re.match(r"New PIN: \d{4}\.", text) for text in pins)
    assert len(set(pins)) == 3
    assert not restore().startswith("New PIN")
    bench.advance(DAY - 10 * 60 - 1)
    assert not restore().startswith("New PIN")
    bench.advance(1)
    assert restore().startswith("New PIN")
