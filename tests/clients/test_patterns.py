"""Address patterns: what they mean, what is refused, and that matching takes linear time."""

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.clients.patterns import AddressPattern, PatternError


@pytest.mark.parametrize(
    ("pattern", "address", "matches"),
    [
        ("7999*", "79991110001", True),
        ("7999*", "+79991110001", True),
        ("7999*", "7999", True),
        ("7999*", "799", False),
        ("*", "", True),
        ("79[0-5]???????", "79312345678", False),
        ("79[0-5]????????", "79312345678", True),
        ("79[0-5]????????", "79612345678", False),
        ("79[135]*", "7930", True),
        ("79[135]*", "7920", False),
        ("ACME", "ACME", True),
        ("ACME", "ACMEX", False),
    ],
)
def test_meaning(pattern: str, address: str, matches: bool) -> None:
    """Prefix, digit sets, any one character, plain addresses; a plus sign does not count."""
    assert AddressPattern.parse(pattern).matches(address) is matches


@pytest.mark.parametrize("pattern", ["", "7*9", "79[", "79[a-z]*", "79[5-0]", "79[]", "^((1+)+)+$", "a|c", "7[0-]"])
def test_refused(pattern: str) -> None:
    """What is no prefix or digit glob is refused with a word on why."""
    with pytest.raises(PatternError):
        AddressPattern.parse(pattern)


_PARTS = st.one_of(
    st.sampled_from("0123456789"),
    st.just("?"),
    st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda pair: f"[{min(pair)}-{max(pair)}]"),
)


@given(st.lists(_PARTS, min_size=1, max_size=12), st.booleans(), st.text("0123456789", max_size=14))
@example(["7", "?"], True, "79")
def test_it_agrees_with_a_regular_expression(parts: list[str], open_ended: bool, address: str) -> None:
    """On patterns that a regular expression can say too, both agree."""
    pattern = AddressPattern.parse("".join(parts) + ("*" if open_ended else ""))
    oracle = re.compile("".join(parts).replace("?", ".") + (".*" if open_ended else ""))
    assert pattern.matches(address) is (oracle.fullmatch(address) is not None)


def test_matching_is_linear() -> None:
    """A long address against a long pattern costs microseconds, whatever they hold."""
    pattern = AddressPattern.parse("1" * 40 + "*")
    began = time.perf_counter()
    pattern.matches("1" * 100_000)
    assert time.perf_counter() - began < 0.05
