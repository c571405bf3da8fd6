"""The HTTP port before anybody has asked something there."""

from __future__ import annotations

from typing import Any

from twisted.internet.protocol import ServerFactory
from twisted.logger import LogEvent, globalLogPublisher

from gateway.console.late_site import LateSite


def test_the_console_is_made_once_for_the_first_connection() -> None:
    """Not at the start, and not again for the second."""
    made: list[ServerFactory] = []

    class Site(ServerFactory):
        def buildProtocol(self, addr: Any) -> Any:
            return None

    def make() -> ServerFactory:
        made.append(Site())
        return made[-1]

    site = LateSite(make)
    assert made == []
    site.buildProtocol(None)
    site.buildProtocol(None)
    assert len(made) == 1
    assert site.site() is made[0]


def test_starting_and_stopping_to_listen_is_no_news() -> None:
    """One line says that the gateway is ready; the factories of its ports say nothing."""
    events: list[LogEvent] = []
    globalLogPublisher.addObserver(events.append)
    try:
        site = LateSite(ServerFactory)
        site.doStart()
        site.doStop()
    finally:
        globalLogPublisher.removeObserver(events.append)
    assert events == []
