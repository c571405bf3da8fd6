"""Outbind: the gateway connects to an ESME and asks it to bind as a receiver (SMPP 3.4 §2.2.1, §4.1.7).

From the outbind on, the connection is like any other: the ESME sends its bind, and the session_init timer closes the
connection when it does not.
"""

from __future__ import annotations

from typing import Any, Final

import attrs
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ClientFactory
from twisted.logger import Logger
from twisted.python.failure import Failure

from gateway.network.smpp_listener import Exchange
from gateway.network.smpp_protocol import SmppProtocol
from gateway.smpp.pdus import Outbind

CONNECT_SECONDS: Final = 10.0


@attrs.frozen
class OutbindTarget:
    """An ESME that can be asked to bind: where it listens, and what the gateway tells it of itself."""

    name: str
    host: str
    port: int
    system_id: str
    password: str = attrs.field(default="", repr=False)


class _OutbindProtocol(SmppProtocol):
    asked_to_receive = True

    def __init__(self, exchange: Exchange, target: OutbindTarget) -> None:
        super().__init__(exchange)
        self._target = target

    def connectionMade(self) -> None:
        super().connectionMade()
        self.session.send(Outbind(self._target.system_id, self._target.password))
        self.flush()


class OutbindFactory(ClientFactory):
    """One connection to one target."""

    noisy = False
    log = Logger(namespace="smpp")

    def __init__(self, exchange: Exchange, target: OutbindTarget) -> None:
        self._exchange = exchange
        self._target = target

    def buildProtocol(self, addr: IAddress | None) -> SmppProtocol:
        return _OutbindProtocol(self._exchange, self._target)

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        self.log.warn(
            "outbind to {target} at {host}:{port} failed: {reason}",
            target=self._target.name,
            host=self._target.host,
            port=self._target.port,
            reason=reason.getErrorMessage(),
        )


def outbind(reactor: Any, exchange: Exchange, target: OutbindTarget) -> None:
    """Connect to the target and ask it to bind; what comes of it is in the log and in the bindings."""
    reactor.connectTCP(target.host, target.port, OutbindFactory(exchange, target), timeout=CONNECT_SECONDS)
