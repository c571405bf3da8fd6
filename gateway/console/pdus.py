"""PDUs as the API shows them, secrets masked."""

from __future__ import annotations

from typing import Any, Final

import attrs

from gateway.console.fields import Json, Time, given, spelled
from gateway.network.wire_log import Frame
from gateway.smpp import codec
from gateway.smpp.constants import VERSION_5_0, CommandId
from gateway.smpp.errors import SmppError
from gateway.smpp.statuses import describe

MOST_PDUS: Final = 520
"""A text of 255 segments, each with its response."""

_NAMES: Final = {int(command): command.name.lower() for command in CommandId}


@attrs.frozen
class PduView:
    """One PDU."""

    at: Time = given("time of day")
    connection: int = given("number of the connection")
    client: str = given("who is bound there")
    inbound: bool = given("whether the client sent it")
    command: str = given("its name")
    command_status: str = given("its status in words; empty for 0")
    sequence_number: int = given("what pairs a response with its request")
    hex: str = given("its octets, secrets masked with 2a")
    fields: Json = given("its fields by SMPP's names, octets in hexadecimal; null when it cannot be read")


def view_of(frame: Frame, octets: bytes) -> PduView:
    """A frame whose secrets are masked in ``octets``."""
    command_id, status, sequence_number = (int.from_bytes(octets[at : at + 4], "big") for at in (4, 8, 12))
    return PduView(
        at=spelled(frame.at),
        connection=frame.connection,
        client=frame.client,
        inbound=frame.inbound,
        command=_NAMES.get(command_id) or f"0x{command_id:08x}",
        command_status=describe(status) if status else "",
        sequence_number=sequence_number,
        hex=octets.hex(),
        fields=Json(_fields(octets, inbound=frame.inbound)),
    )


def _fields(octets: bytes, *, inbound: bool) -> dict[str, Any] | None:
    try:
        pdu = codec.decode(octets, VERSION_5_0, from_smsc=not inbound)
    except SmppError:
        return None
    return {
        field.name: _value(getattr(pdu, field.name))
        for field in attrs.fields(type(pdu))
        if field.name not in ("sequence_number", "command_status")
    }


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    if attrs.has(type(value)):
        return {field.name: _value(getattr(value, field.name)) for field in attrs.fields(type(value))}
    return value
