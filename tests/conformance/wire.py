"""SMPP 3.4 octets by hand: what a client may send, well-formed or not, and what it reads. Nothing of the gateway here.

How a field is spelled: an ``int`` is one octet, a ``str`` is a C-Octet String (its NUL is added), ``bytes`` are sent as
they are. So any field of any builder can be made wrong: ``submit_sm(source_addr=b"no NUL")``. Whatever follows the
mandatory fields (TLVs or rubbish) is ``tail``; ``length`` overrides command_length.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

RESPONSE = 0x80000000
GENERIC_NACK = 0x80000000
BIND_RECEIVER = 0x00000001
BIND_TRANSMITTER = 0x00000002
QUERY_SM = 0x00000003
SUBMIT_SM = 0x00000004
DELIVER_SM = 0x00000005
UNBIND = 0x00000006
REPLACE_SM = 0x00000007
CANCEL_SM = 0x00000008
BIND_TRANSCEIVER = 0x00000009
OUTBIND = 0x0000000B
ENQUIRE_LINK = 0x00000015
SUBMIT_MULTI = 0x00000021
ALERT_NOTIFICATION = 0x00000102
DATA_SM = 0x00000103

PAYLOAD = 0x0424
SUBSCRIBER = "79991110001"
HANDSET = "79995550001"
SHORT_CODE = "7494"

Value = int | str | bytes
Fields = Mapping[str, Value]


def octets(value: Value) -> bytes:
    """One field on the wire."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("latin-1") + b"\0"
    return bytes([value])


def pdu(command_id: int, body: bytes = b"", sequence: int = 1, *, status: int = 0, length: int | None = None) -> bytes:
    """A whole PDU; ``length`` lies about its size."""
    return struct.pack(">IIII", 16 + len(body) if length is None else length, command_id, status, sequence) + body


def tlv(tag: int, value: bytes = b"", length: int | None = None) -> bytes:
    """One optional parameter; ``length`` lies about its size."""
    return struct.pack(">HH", tag, len(value) if length is None else length) + value


def udh(*elements: tuple[int, bytes], length: int | None = None) -> bytes:
    """A user data header of 3GPP TS 23.040 §9.2.3.24; ``length`` lies about its size."""
    inside = b"".join(bytes([identifier, len(data)]) + data for identifier, data in elements)
    return bytes([len(inside) if length is None else length]) + inside


BIND: Fields = {
    "system_id": "demo",
    "password": "demo",
    "system_type": "",
    "interface_version": 0x34,
    "addr_ton": 0,
    "addr_npi": 0,
    "address_range": "",
}
SUBMIT: Fields = {
    "service_type": "",
    "source_addr_ton": 1,
    "source_addr_npi": 1,
    "source_addr": SUBSCRIBER,
    "dest_addr_ton": 1,
    "dest_addr_npi": 1,
    "destination_addr": HANDSET,
    "esm_class": 0,
    "protocol_id": 0,
    "priority_flag": 0,
    "schedule_delivery_time": "",
    "validity_period": "",
    "registered_delivery": 0,
    "replace_if_present_flag": 0,
    "data_coding": 0,
    "sm_default_msg_id": 0,
    "sm_length": b"",  # worked out from short_message unless given
    "short_message": b"hello",
}
MULTI: Fields = {
    **{name: SUBMIT[name] for name in ("service_type", "source_addr_ton", "source_addr_npi", "source_addr")},
    "number_of_dests": 1,
    "dest_addresses": b"\x01\x01\x01" + HANDSET.encode() + b"\0",
    **{name: SUBMIT[name] for name in list(SUBMIT)[7:]},
}
DATA: Fields = {
    **{name: SUBMIT[name] for name in list(SUBMIT)[:8]},
    "registered_delivery": 0,
    "data_coding": 0,
}
QUERY: Fields = {"message_id": "1", "source_addr_ton": 1, "source_addr_npi": 1, "source_addr": SUBSCRIBER}
CANCEL: Fields = {
    "service_type": "",
    "message_id": "1",
    "source_addr_ton": 1,
    "source_addr_npi": 1,
    "source_addr": SUBSCRIBER,
    "dest_addr_ton": 1,
    "dest_addr_npi": 1,
    "destination_addr": HANDSET,
}
REPLACE: Fields = {
    **QUERY,
    "schedule_delivery_time": "",
    "validity_period": "",
    "registered_delivery": 0,
    "sm_default_msg_id": 0,
    "sm_length": b"",
    "short_message": b"other",
}
ALERT: Fields = {
    "source_addr_ton": 1,
    "source_addr_npi": 1,
    "source_addr": SUBSCRIBER,
    "esme_addr_ton": 1,
    "esme_addr_npi": 1,
    "esme_addr": SHORT_CODE,
}
OUTBINDING: Fields = {"system_id": "demo", "password": "demo"}
ANSWER_WITH_ID: Fields = {"message_id": ""}
ANSWER_TO_BIND: Fields = {"system_id": "demo"}
ANSWER_TO_QUERY: Fields = {"message_id": "1", "final_date": "", "message_state": 2, "error_code": 0}
ANSWER_TO_MULTI: Fields = {"message_id": "1", "no_unsuccess": 0}
EMPTY: Fields = {}

Builder = Callable[..., bytes]


def pieces(layout: Fields, changes: Fields) -> list[tuple[str, bytes]]:
    """The mandatory fields with their octets, in wire order."""
    unknown = changes.keys() - layout.keys()
    assert not unknown, f"no such fields: {unknown}"
    values = {**layout, **changes}
    if values.get("sm_length") == b"":
        values["sm_length"] = len(octets(values["short_message"]))
    return [(name, octets(value)) for name, value in values.items()]


def _builder(command_id: int, layout: Fields) -> Builder:
    def build(
        sequence: int = 1, *, status: int = 0, length: int | None = None, tail: bytes = b"", **changes: Value
    ) -> bytes:
        body = b"".join(part for _, part in pieces(layout, changes)) + tail
        return pdu(command_id, body, sequence, status=status, length=length)

    return build


bind_receiver = _builder(BIND_RECEIVER, BIND)
bind_transmitter = _builder(BIND_TRANSMITTER, BIND)
bind_transceiver = _builder(BIND_TRANSCEIVER, BIND)
unbind = _builder(UNBIND, EMPTY)
enquire_link = _builder(ENQUIRE_LINK, EMPTY)
generic_nack = _builder(GENERIC_NACK, EMPTY)
submit_sm = _builder(SUBMIT_SM, SUBMIT)
submit_multi = _builder(SUBMIT_MULTI, MULTI)
deliver_sm = _builder(DELIVER_SM, SUBMIT)
bare_data_sm = _builder(DATA_SM, DATA)
query_sm = _builder(QUERY_SM, QUERY)
cancel_sm = _builder(CANCEL_SM, CANCEL)
replace_sm = _builder(REPLACE_SM, REPLACE)
alert_notification = _builder(ALERT_NOTIFICATION, ALERT)
outbind = _builder(OUTBIND, OUTBINDING)
deliver_sm_resp = _builder(DELIVER_SM | RESPONSE, ANSWER_WITH_ID)
data_sm_resp = _builder(DATA_SM | RESPONSE, ANSWER_WITH_ID)
enquire_link_resp = _builder(ENQUIRE_LINK | RESPONSE, EMPTY)
unbind_resp = _builder(UNBIND | RESPONSE, EMPTY)


def data_sm(sequence: int = 1, *, payload: bytes = b"hello", tail: bytes = b"", **changes: Value) -> bytes:
    """A data_sm with its text in message_payload; ``bare_data_sm`` has none."""
    return bare_data_sm(sequence, tail=tlv(PAYLOAD, payload) + tail, **changes)


def destination(addr: Value, ton: int = 1, npi: int = 1, flag: int = 1) -> bytes:
    """One SME address of a submit_multi."""
    return bytes([flag, ton, npi]) + octets(addr)


def distribution_list(name: Value) -> bytes:
    """One distribution list of a submit_multi."""
    return b"\x02" + octets(name)


def to_many(addresses: Sequence[bytes], sequence: int = 1, **changes: Value) -> bytes:
    """A submit_multi to these ``destination(…)`` and ``distribution_list(…)`` structures."""
    changes.setdefault("number_of_dests", len(addresses))
    return submit_multi(sequence, dest_addresses=b"".join(addresses), **changes)


REQUESTS: Mapping[str, tuple[int, Builder, Fields]] = {
    "bind_receiver": (BIND_RECEIVER, bind_receiver, BIND),
    "bind_transmitter": (BIND_TRANSMITTER, bind_transmitter, BIND),
    "bind_transceiver": (BIND_TRANSCEIVER, bind_transceiver, BIND),
    "unbind": (UNBIND, unbind, EMPTY),
    "enquire_link": (ENQUIRE_LINK, enquire_link, EMPTY),
    "submit_sm": (SUBMIT_SM, submit_sm, SUBMIT),
    "submit_multi": (SUBMIT_MULTI, submit_multi, MULTI),
    "data_sm": (DATA_SM, data_sm, DATA),
    "query_sm": (QUERY_SM, query_sm, QUERY),
    "cancel_sm": (CANCEL_SM, cancel_sm, CANCEL),
    "replace_sm": (REPLACE_SM, replace_sm, REPLACE),
}
"""All requests that an ESME may issue: command_id, builder, mandatory fields."""

RESPONSES: Mapping[str, Builder] = {
    f"{name}_resp": _builder(command_id | RESPONSE, layout)
    for name, command_id, layout in (
        ("bind_receiver", BIND_RECEIVER, ANSWER_TO_BIND),
        ("bind_transmitter", BIND_TRANSMITTER, ANSWER_TO_BIND),
        ("bind_transceiver", BIND_TRANSCEIVER, ANSWER_TO_BIND),
        ("unbind", UNBIND, EMPTY),
        ("enquire_link", ENQUIRE_LINK, EMPTY),
        ("submit_sm", SUBMIT_SM, ANSWER_WITH_ID),
        ("submit_multi", SUBMIT_MULTI, ANSWER_TO_MULTI),
        ("deliver_sm", DELIVER_SM, ANSWER_WITH_ID),
        ("data_sm", DATA_SM, ANSWER_WITH_ID),
        ("query_sm", QUERY_SM, ANSWER_TO_QUERY),
        ("cancel_sm", CANCEL_SM, EMPTY),
        ("replace_sm", REPLACE_SM, EMPTY),
    )
}
"""All responses of SMPP 3.4."""


@attrs.frozen
class Frame:
    """One PDU as it stood on the wire."""

    command_id: int
    status: int
    sequence: int
    body: bytes

    @property
    def header(self) -> tuple[int, int, int]:
        """command_id, command_status, sequence_number."""
        return self.command_id, self.status, self.sequence


def frames(stream: bytes) -> list[Frame]:
    """All PDUs of ``stream``, which must end with a whole one."""
    found = []
    while stream:
        assert len(stream) >= 16, f"{len(stream)} octets are no header: {stream!r}"
        length, command_id, status, sequence = struct.unpack_from(">IIII", stream)
        assert 16 <= length <= len(stream), f"command_length {length} of {len(stream)} octets"
        found.append(Frame(command_id, status, sequence, stream[16:length]))
        stream = stream[length:]
    return found


class Reader:
    """Takes a body apart, field by field."""

    def __init__(self, body: bytes) -> None:
        self._rest = body

    def take(self, size: int) -> bytes:
        """The next octets."""
        assert len(self._rest) >= size, f"{size} octets wanted, {len(self._rest)} there"
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def number(self, size: int = 1) -> int:
        """The next integer."""
        return int.from_bytes(self.take(size), "big")

    def text(self) -> str:
        """The next C-Octet String, ASCII as SMPP 3.4 §3.1 has it."""
        assert b"\0" in self._rest, f"no NUL in {self._rest!r}"
        return self.take(self._rest.index(b"\0") + 1)[:-1].decode("ascii")

    def tlvs(self) -> list[tuple[int, bytes]]:
        """Everything that is left, as optional parameters."""
        return list(self._tlvs())

    def _tlvs(self) -> Iterator[tuple[int, bytes]]:
        while self._rest:
            tag = self.number(2)
            yield tag, self.take(self.number(2))


@attrs.frozen
class Delivered:
    """A deliver_sm or data_sm from the gateway, taken apart."""

    frame: Frame
    fields: Mapping[str, int | str | bytes]
    tlvs: Sequence[tuple[int, bytes]]

    def __getitem__(self, name: str) -> int | str | bytes:
        return self.fields[name]

    def tlv(self, tag: int) -> bytes | None:
        """The one parameter with ``tag``."""
        values = [value for found, value in self.tlvs if found == tag]
        assert len(values) < 2, f"tag {tag:#06x} twice"
        return values[0] if values else None

    @property
    def octets(self) -> bytes:
        """The user data, wherever it stands."""
        short = self.fields.get("short_message", b"")
        assert isinstance(short, bytes)
        return short or self.tlv(PAYLOAD) or b""

    @property
    def text(self) -> str:
        """The user data as text: UCS-2 by data_coding 8, else read as ASCII (replacing what is not)."""
        return self.octets.decode("utf-16-be" if self["data_coding"] == 8 else "ascii", "replace")


def delivered(frame: Frame) -> Delivered:
    """Take a deliver_sm or data_sm apart; every octet must belong to something."""
    assert frame.command_id in (DELIVER_SM, DATA_SM), f"{frame.command_id:#010x} delivers nothing"
    reader = Reader(frame.body)
    fields: dict[str, int | str | bytes] = {}
    for name, kind in (SUBMIT if frame.command_id == DELIVER_SM else DATA).items():
        if name == "short_message":
            length = fields["sm_length"]
            assert isinstance(length, int)
            fields[name] = reader.take(length)
        else:
            fields[name] = reader.text() if isinstance(kind, str) else reader.number()
    return Delivered(frame, fields, reader.tlvs())
