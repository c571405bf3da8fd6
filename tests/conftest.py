"""How the whole suite runs: Hypothesis profiles, the rule that only live tests listen or sleep, and the dissection of
everything that the gateway sent."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.conformance import dissection, pcap

# No deadline: two cores are shared by many, and a property that is too slow shows in --durations. Under CI (.ci/run
# sets it) the same examples are drawn each time: a change is not refused for what a new draw finds in a room that it
# did not touch. By hand each run draws anew.
_COMMON: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow],
    "print_blob": True,
    "derandomize": "CI" in os.environ,
}
settings.register_profile("default", max_examples=200, **_COMMON)
settings.register_profile("slow", max_examples=20_000, **_COMMON)
# For mutation testing: the suite runs once for each mutant, and the same each time.
settings.register_profile("mutants", **{**_COMMON, "max_examples": 25, "derandomize": True})
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

_PROPERTIES_OF = ("tests/commands/parsing/", "tests/commands/replies/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Under the slow profile the parser's and the replies' properties are slow tests."""
    if settings.get_current_profile_name() == "slow":
        for item in items:
            if item.nodeid.startswith(_PROPERTIES_OF) and getattr(
                getattr(item, "obj", None), "is_hypothesis_test", False
            ):
                item.add_marker(pytest.mark.slow)


_MAY_LISTEN_AND_SLEEP = ("tests/live/", "tests/browser/", "tests/benchmarks/")


def _refuse(what: str) -> None:
    running = os.environ.get("PYTEST_CURRENT_TEST", "")
    if running and not running.startswith(_MAY_LISTEN_AND_SLEEP):
        raise AssertionError(f"{running} {what}: only live tests may")


@pytest.fixture(autouse=True, scope="session")
def no_listening_no_sleeping() -> Iterator[None]:
    """A test outside of tests/live that listens or sleeps fails."""
    patch = pytest.MonkeyPatch()
    listen, sleep = socket.socket.listen, time.sleep

    def guarded_listen(self: socket.socket, *backlog: int) -> None:
        _refuse("listens")
        listen(self, *backlog)

    def guarded_sleep(seconds: float) -> None:
        _refuse("sleeps")
        sleep(seconds)

    patch.setattr(socket.socket, "listen", guarded_listen)
    patch.setattr(time, "sleep", guarded_sleep)
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def dissected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """All that the gateway sent to the peers of :mod:`tests.doubles` is dissected when the last of them is over.

    The capture stays in the folder that the environment variable SMPP_PCAP names, if it does. Without tshark nothing
    is dissected (tests/conformance/test_tshark.py says so).
    """
    with pytest.MonkeyPatch.context() as patch:
        if dissection.available() and not os.environ.get(pcap.VARIABLE):
            patch.setenv(pcap.VARIABLE, str(tmp_path_factory.mktemp("pcap")))
            patch.setattr(pcap, "repeats", False)
        folder = os.environ.get(pcap.VARIABLE)
        yield
        capture = Path(folder or ".") / pcap.file_name()
        if folder and dissection.available() and capture.exists():
            faults = dissection.dissect(capture).faults
            assert not faults, "\n".join(faults)
