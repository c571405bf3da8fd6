"""Failed binds: who guesses waits longer and longer, then is not heard."""

from __future__ import annotations

from gateway.clients.failed_binds import FREE_FAILURES, LONGEST_DELAY, MOST_KNOWN, FailedBinds

HERE, THERE = "10.0.0.1", "10.0.0.2"


def test_the_first_failures_are_answered_at_once_and_then_later_and_later() -> None:
    """Delays never shrink within a row of failures, and end at the longest."""
    failed = FailedBinds(1_000)
    delays = [failed.failed(HERE, "demo", 0.0) for _ in range(60)]
    assert delays[:FREE_FAILURES] == [0.0] * FREE_FAILURES
    assert delays == sorted(delays)
    assert delays[FREE_FAILURES] > 0
    assert delays[-1] == LONGEST_DELAY


def test_an_accepted_bind_ends_the_row() -> None:
    """After a success the next failure is a first one."""
    failed = FailedBinds(1_000)
    for _ in range(FREE_FAILURES + 5):
        failed.failed(HERE, "demo", 0.0)
    failed.passed(HERE, "demo")
    assert failed.failed(HERE, "demo", 0.0) == 0.0


def test_an_address_that_fails_too_fast_is_not_heard_for_a_while() -> None:
    """Beyond the rate an address is refused unheard; others are heard, and so is it when a second has passed."""
    failed = FailedBinds(20)
    for _ in range(20):
        assert not failed.are_too_many(HERE, 0.0)
        failed.failed(HERE, "demo", 0.0)
    assert failed.are_too_many(HERE, 0.0)
    assert not failed.are_too_many(THERE, 0.0)
    assert not failed.are_too_many(HERE, 1.0)


def test_a_client_that_is_guessed_at_from_many_addresses_answers_late_and_stays_open() -> None:
    """Each guess from a fresh address counts against the client, and locks nobody out."""
    failed = FailedBinds(20)
    delays = [failed.failed(f"10.0.{n // 250}.{n % 250}", "demo", 0.0) for n in range(500)]
    assert delays[-1] == LONGEST_DELAY
    assert not failed.are_too_many(THERE, 0.0)
    assert failed.failed(THERE, "other", 0.0) == 0.0


def test_memory_is_bounded_and_given_back() -> None:
    """Names that do not exist are not remembered, addresses only so many, and each only until it has been quiet."""
    failed = FailedBinds(20)
    for number in range(MOST_KNOWN + 100):
        failed.failed(str(number), None, 0.0)
    assert len(failed) == MOST_KNOWN
    failed.forget(10.0)
    assert len(failed) == 0
