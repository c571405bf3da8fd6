"""``/api/v1/capture.pcapng``: what went over the SMPP connections lately, for Wireshark."""

from __future__ import annotations

import attrs
from twisted.internet.defer import Deferred

from gateway.console.api.messages import find, frames_of
from gateway.console.controls import Controls
from gateway.console.fields import Name, Number, SystemId, given
from gateway.console.route import Octets
from gateway.messages.message import Message
from gateway.network.capture import pcapng_of
from gateway.network.wire_log import Recording


@attrs.frozen(kw_only=True)
class Capture:
    """Of whom."""

    client: SystemId = given("of this client's connections only", default=SystemId(""))
    session: Number | None = given("of this connection only", default=None)
    message: Name = given("the PDUs of this message only: its id as its client saw it, or its number", default=Name(""))


def get_capture(controls: Controls, asked: Capture) -> Octets | Deferred[Octets]:
    """What went over the wire, as far as it is remembered, as pcapng with made-up IP and TCP headers.

    Passwords, PINs and codes are masked in place, with lengths kept, unless the gateway reveals secrets.
    """
    if asked.message:
        found = controls.read(lambda books: find(books, asked.message))
        return found.addCallback(lambda message: _of_message(controls, message))
    emulator = controls.emulator
    connection = None
    if asked.session is not None:
        lines = [protocol for protocol in emulator.exchange.connections if protocol.number == asked.session]
        connection = lines[0].line.number if lines and lines[0].line is not None else -1
    recording = emulator.exchange.wire_log.recording(asked.client, connection)
    return _file(controls, recording)


def _of_message(controls: Controls, message: Message) -> Octets:
    lines = controls.emulator.exchange.wire_log.lines
    chunks = []
    for frame in frames_of(controls, message):
        line = lines[frame.connection]
        chunks.append((frame.at * 1000, line.incoming if frame.inbound else line.outgoing, frame.octets))
    return _file(controls, Recording(chunks, {}))


def _file(controls: Controls, recording: Recording) -> Octets:
    return Octets(
        pcapng_of(recording, controls.emulator.masked),
        "application/x-pcapng",
        (("Content-Disposition", 'attachment; filename="sms-gateway.pcapng"'),),
    )
