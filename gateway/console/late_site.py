"""The HTTP port before anybody has asked something there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.protocol import ServerFactory


class LateSite(ServerFactory):
    """Makes the console at the first connection: it takes a quarter of what a start takes, and a gateway in a test run
    is often stopped before anybody looks."""

    noisy = False

    def __init__(self, make: Callable[[], Any]) -> None:
        """``make`` gives the factory that takes the connections; it is called once, or never."""
        self._make = make
        self._site: Any = None

    def site(self) -> Any:
        """The factory of the console's connections, made now if it was not."""
        if self._site is None:
            self._site = self._make()
        return self._site

    def buildProtocol(self, addr: Any) -> Any:
        return self.site().buildProtocol(addr)
