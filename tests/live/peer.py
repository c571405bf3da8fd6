"""A well-behaved client as a process: binds, prints every text that it gets, answers everything, binds again.

``python -m tests.live.peer HOST PORT SYSTEM_ID PASSWORD``. Ends by itself after two minutes.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import time

from tests.conformance import wire

_LIFE = 120.0


def main(host: str, port: str, system_id: str, password: str) -> None:
    """Bind again whenever the connection is lost."""
    until = time.monotonic() + _LIFE
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=_LIFE) as connection:
            connection.sendall(wire.bind_transceiver(1, system_id=system_id, password=password))
            serve(connection)
        time.sleep(0.05)


def serve(connection: socket.socket) -> None:
    """Until the gateway closes."""
    stream = b""
    while more := connection.recv(65_536):
        stream += more
        while len(stream) >= 4 and len(stream) >= (size := int.from_bytes(stream[:4], "big")):
            (frame,) = wire.frames(stream[:size])
            stream = stream[size:]
            if frame.command_id == wire.BIND_TRANSCEIVER | wire.RESPONSE:
                print("bound", flush=True)  # noqa: T201 - this is what it is for
            elif frame.command_id == wire.DELIVER_SM:
                print(wire.delivered(frame).text, flush=True)  # noqa: T201
                connection.sendall(wire.deliver_sm_resp(frame.sequence))
            elif frame.command_id == wire.ENQUIRE_LINK:
                connection.sendall(wire.enquire_link_resp(frame.sequence))
            elif frame.command_id == wire.UNBIND:
                connection.sendall(wire.unbind_resp(frame.sequence))


if __name__ == "__main__":
    main(*sys.argv[1:])
