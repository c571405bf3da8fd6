"""Writing at once what a socket takes at once.

How this works: a Twisted transport keeps what it is given and writes it in the reactor's next turn, for which it has
the socket watched and then not watched any more. Nearly always the socket has room: then one system call in this turn
does what four and a turn of the reactor do, and the peer has its answer that much earlier. What the socket does not
take goes the transport's own way, with its buffer and its producer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.tcp import Connection


def writer_of(transport: Any) -> Callable[[bytes], None]:
    """What to call instead of ``transport.write``; that itself for anything but plain TCP (TLS, tests)."""
    if not isinstance(transport, Connection):
        write: Callable[[bytes], None] = transport.write
        return write
    connection: Any = transport

    def write_at_once(octets: bytes) -> None:
        if (
            not connection.dataBuffer
            and not connection._tempDataBuffer
            and connection.connected
            and not connection.disconnecting
        ):
            written = connection.writeSomeData(octets)
            if written == len(octets):
                return
            if isinstance(written, int) and written > 0:
                octets = octets[written:]
            # Else nothing, or an exception that says that the connection is gone: `write` finds that out again.
        connection.write(octets)

    return write_at_once
