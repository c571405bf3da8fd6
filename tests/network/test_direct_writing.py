"""What a socket takes at once is written at once; the rest goes the transport's own way, in order."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.main import CONNECTION_LOST
from twisted.internet.tcp import Connection
from twisted.internet.testing import StringTransport

from gateway.network.direct_writing import writer_of


class Socketless(Connection):
    """A TCP connection whose socket takes ``takes`` octets of whatever it is given, or fails."""

    def __init__(self, takes: Any) -> None:
        self.takes = takes
        self.connected = True
        self.disconnecting = False
        self.dataBuffer = b""
        self._tempDataBuffer: list[bytes] = []
        self.sent: list[bytes] = []
        self.kept: list[bytes] = []

    def writeSomeData(self, data: bytes) -> Any:
        if isinstance(self.takes, int):
            self.sent.append(data[: self.takes])
            return min(self.takes, len(data))
        return self.takes

    def write(self, data: bytes) -> None:
        self.kept.append(data)


@pytest.mark.parametrize(
    ("takes", "sent", "kept"),
    [
        (100, [b"octets"], []),
        (6, [b"octets"], []),
        (2, [b"oc"], [b"tets"]),
        (0, [b""], [b"octets"]),
        (CONNECTION_LOST, [], [b"octets"]),
    ],
)
def test_what_the_socket_does_not_take_is_kept(takes: Any, sent: list[bytes], kept: list[bytes]) -> None:
    """Every octet is written once: by us or, when the socket is full or gone, by the transport."""
    connection = Socketless(takes)

    writer_of(connection)(b"octets")

    assert (connection.sent, connection.kept) == (sent, kept)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("dataBuffer", b"x"), ("_tempDataBuffer", [b"x"]), ("connected", False), ("disconnecting", True)],
)
def test_nothing_overtakes_what_waits(attribute: str, value: Any) -> None:
    """While the transport has something to write itself, or is closing, all goes to it."""
    connection = Socketless(100)
    setattr(connection, attribute, value)

    writer_of(connection)(b"octets")

    assert (connection.sent, connection.kept) == ([], [b"octets"])


def test_other_transports_write_themselves() -> None:
    """What wraps a connection (TLS), or is none, is not gone round."""
    transport = StringTransport()

    assert writer_of(transport) == transport.write
