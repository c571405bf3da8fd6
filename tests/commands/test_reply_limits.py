"""Reply limits: silence for those who had enough, and only when it is asked for."""

import attrs
from hypothesis import example, given
from hypothesis import strategies as st

from commands.dispatcher import ReplyLimits
from commands.request import Request
from tests.commands.bench import Bench
from tests.commands.doubles import (
    HOUR,
    MINUTE,
    NOON,
    NUMBER,
)


def test_without_limits_nobody_falls_silent() -> None:
    """By default every text is answered and nothing is counted."""
    bench = Bench()
    assert all(bench.send("nonsense") for _ in range(100))
    assert bench.books.limits.times == {}


def test_l08_replies_are_limited() -> None:
    """Beyond five in ten minutes nothing is answered and nothing runs; a moment after ten minutes one is again."""
    bench = Bench(limits=ReplyLimits(replies=5))
    for nth in range(5):
        assert bench.send("BALANCE", NOON + nth * MINUTE)
    before = bench.books.state()
    assert bench.send("PIN", NOON + 10 * MINUTE - 1) is None
    assert bench.books.state() == before
    assert bench.send("PIN", NOON + 10 * MINUTE)
    assert bench.send("PIN", NOON + 10 * MINUTE) is None


def test_x22_texts_that_are_no_command_are_limited() -> None:
    """The fourth within an hour gets no answer, whether unknown or undecodable; commands still do."""
    bench = Bench(limits=ReplyLimits(not_understood=3))
    for nth in range(2):
        assert bench.send("nonsense", NOON + nth * MINUTE)
    undecodable = Request(NUMBER, "", NOON + 2 * MINUTE, "message:a", unsupported=True)
    assert bench.dispatcher.answer(undecodable, bench.books)
    assert bench.send("nonsense", NOON + 3 * MINUTE) is None
    assert bench.dispatcher.answer(attrs.evolve(undecodable, cause="message:b"), bench.books) is None
    assert bench.send("BALANCE", NOON + 3 * MINUTE)
    assert bench.send("nonsense", NOON + HOUR - 1) is None
    assert bench.send("nonsense", NOON + HOUR)


def test_silence_is_of_one_subscriber() -> None:
    """One who has had enough does not silence another."""
    bench = Bench(limits=ReplyLimits(replies=1))
    assert bench.send("HELP")
    assert bench.send("HELP") is None
    assert bench.dispatcher.answer(Request("79167654321", "HELP", NOON, "message:a"), bench.books)


def test_silence_does_not_use_up_the_other_limit() -> None:
    """A text that got no answer is not counted as a reply."""
    bench = Bench(limits=ReplyLimits(replies=3, not_understood=1))
    assert bench.send("nonsense")
    assert bench.send("nonsense") is None
    assert bench.send("nonsense") is None
    assert bench.send("HELP")
    assert bench.send("HELP")
    assert bench.send("HELP") is None


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60), st.integers(1, 5), st.integers(1, 20))
@example([0] * 10, 5, 10)
def test_no_window_has_more_replies_than_the_limit(gaps: list[int], allowed: int, minutes: int) -> None:
    """At whatever times texts come, no window of the set length contains more replies than allowed."""
    bench = Bench(limits=ReplyLimits(replies=allowed, replies_window=minutes * 60))
    now, answered = NOON, []
    for gap in gaps:
        now += gap * MINUTE
        if bench.send("HELP", now):
            answered.append(now)
    for first in answered:
        assert sum(first <= at < first + minutes * MINUTE for at in answered) <= allowed
    assert len(bench.books.limits.get(NUMBER, "replies")) <= allowed
