"""The token bucket: never more than its rate, never less than it promises."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.clients.throttle import TokenBucket


def test_a_burst_of_two_passes_under_a_limit_of_a_hundred() -> None:
    """Messages that come together are no excess while the second's allowance lasts."""
    bucket = TokenBucket(100, now=0.0)
    assert [bucket.take(0.0), bucket.take(0.0)] == [True, True]


@pytest.mark.parametrize("rate", [0, -1])
def test_no_limit_is_no_bucket(rate: float) -> None:
    """A rate of 0 means unlimited, and that is said by having no bucket."""
    with pytest.raises(ValueError, match="rate above 0"):
        TokenBucket(rate, 0.0)


@given(st.floats(0.5, 500), st.lists(st.floats(0, 0.5), max_size=200))
@example(1.0, [0.0] * 10)
def test_it_never_lets_more_through_than_rate_and_one_second(rate: float, gaps: list[float]) -> None:
    """Over any time, at most one second's saving plus rate times the time passes."""
    bucket = TokenBucket(rate, 0.0)
    now, passed = 0.0, 0
    for gap in gaps:
        now += gap
        passed += bucket.take(now)
    assert passed <= max(rate, 1.0) + rate * now + 1e-6


def test_a_request_larger_than_the_bucket_passes_when_it_is_full_and_is_paid_off() -> None:
    """A submit_multi of ten under a rate of five passes once and then leaves a debt of a second."""
    bucket = TokenBucket(5, 0.0)
    assert bucket.take(0.0, 10)
    assert not bucket.take(0.9)
    assert not bucket.take(1.1)
    assert bucket.take(1.3)


def test_looking_takes_nothing() -> None:
    """`has` and `is_full` change nothing."""
    bucket = TokenBucket(1, 0.0)
    assert bucket.has(0.0)
    assert bucket.is_full(0.0)
    assert bucket.take(0.0)
    assert not bucket.has(0.5)
    assert not bucket.is_full(0.5)
    assert bucket.is_full(1.0)
