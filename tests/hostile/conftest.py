"""Scenes, row ids, and what must hold after every single test here."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from twisted.logger import LogEvent, LogLevel, globalLogPublisher

from gateway.logs import LineObserver
from tests.conformance import wire
from tests.hostile.scene import PASSWORD, Scene

CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
SECRETS = (PASSWORD, wire.SUBSCRIBER, wire.HANDSET)

Stage = Callable[..., Scene]


@pytest.fixture(autouse=True)
def row(request: pytest.FixtureRequest) -> str:
    """The row of the catalogue that a test tries; ``@row("T-01")`` makes it the head of the test's id."""
    return str(getattr(request, "param", ""))


@pytest.fixture(autouse=True)
def log() -> Iterator[list[LogEvent]]:
    """All events at every level: no failure, no secret, no control character, one line for each."""
    events: list[LogEvent] = []
    globalLogPublisher.addObserver(events.append)
    yield events
    globalLogPublisher.removeObserver(events.append)
    for event in events:
        stream = io.StringIO()
        LineObserver(stream, "text")(event)
        line = stream.getvalue()
        assert event["log_level"] < LogLevel.error, line
        assert event.get("log_failure") is None, line
        assert line.count("\n") == 1, line
        assert not CONTROLS.search(line), repr(line)
        for secret in SECRETS:
            assert secret not in line


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Makes scenes (``Scene.open``); at the end the witness of each is still served."""
    scenes: list[Scene] = []

    def make(**options: object) -> Scene:
        scenes.append(Scene.open(tmp_path / f"gateway-{len(scenes)}.toml", **options))
        return scenes[-1]

    yield make
    for scene in scenes:
        scene.check_served()


@pytest.fixture
def scene(stage: Stage) -> Scene:
    """A hostile client bound as a transceiver, with the settings as they come."""
    return stage()


@pytest.fixture
def unbound(stage: Stage) -> Scene:
    """A hostile client that is only connected."""
    return stage(state=None)
