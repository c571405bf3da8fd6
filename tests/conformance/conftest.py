"""Row ids, benches, and the dissection of everything that the gateway sent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance import dissection, pcap
from tests.conformance.raw import Client
from tests.doubles import Bench


@pytest.fixture(autouse=True)
def row(request: pytest.FixtureRequest) -> str:
    """The row of the conformance matrix that a test walks; ``@row("A1")`` makes it the head of the test's id."""
    return str(getattr(request, "param", ""))


@pytest.fixture
def bench() -> Bench:
    """A gateway with its default set-up."""
    return Bench()


@pytest.fixture
def bound(bench: Bench) -> Client:
    """A transceiver of the default client."""
    return Client(bench).bind()


@pytest.fixture(autouse=True, scope="session")
def dissected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """All that the gateway sent to these tests' clients is dissected when the last of them is over.

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
