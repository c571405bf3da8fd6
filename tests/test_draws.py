"""Keyed randomness."""

from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.draws import Draws


@given(st.integers(), st.integers(1, 10**9))
@example(1, 1)
def test_same_seed_purpose_and_key_draw_the_same_in_range(seed: int, below: int) -> None:
    """Whatever else was drawn in between."""
    one, other = Draws(seed), Draws(seed)
    other.draw("noise", (1, 2), 10)
    drawn = one.draw("pin", ("7999", 1), below)
    assert drawn == other.draw("pin", ("7999", 1), below)
    assert 0 <= drawn < below


def test_purpose_key_and_seed_all_count() -> None:
    """Changing any one of them changes what is drawn."""
    draws = {
        Draws(seed).draw(purpose, key, 10**12)
        for seed in (1, 2)
        for purpose in ("pin", "code")
        for key in (("a", 1), ("a", 2), ("a1",), ("b", 1))
    }
    assert len(draws) == 16


def test_draws_are_even() -> None:
    """Ten thousand draws below ten are spread over all ten."""
    counts = Counter(Draws(7).draw("spread", (number,), 10) for number in range(10_000))
    assert all(850 < counts[value] < 1150 for value in range(10))


def test_without_a_seed_draws_differ() -> None:
    """No seed means no repetition."""
    assert len({Draws(None).draw("pin", (1,), 2**64) for _ in range(10)}) == 10


def test_nothing_can_be_drawn_below_one() -> None:
    """An empty range is a mistake of the caller."""
    with pytest.raises(ValueError, match="nothing to draw"):
        Draws(1).draw("pin", (), 0)
