"""``/api/v1/capture.pcapng``: what went over the SMPP connections lately, for Wireshark."""

from __future__ import annotations

import attrs

from gateway.console.controls import Controls
from gateway.console.fields import Number, SystemId, given
from gateway.console.route import Octets
from gateway.network.capture import pcapng_of


@attrs.frozen(kw_only=True)
class Capture:
    """Of whom."""

    client: SystemId = given("of this client's connections only", default=SystemId(""))
    session: Number | None = given("of this connection only", default=None)


def get_capture(controls: Controls, asked: Capture) -> Octets:
    """What went over the wire, as far as it is remembered, as pcapng with made-up IP and TCP headers.

    Passwords, PINs and codes are masked in place, with lengths kept, unless the gateway reveals secrets.
    """
    emulator = controls.emulator
    connection = None
    if asked.session is not None:
        lines = [protocol for protocol in emulator.exchange.connections if protocol.number == asked.session]
        connection = lines[0].line.number if lines and lines[0].line is not None else -1
    recording = emulator.exchange.wire_log.recording(asked.client, connection)
    return Octets(
        pcapng_of(recording, emulator.masked),
        "application/x-pcapng",
        (("Content-Disposition", 'attachment; filename="sms-gateway.pcapng"'),),
    )
