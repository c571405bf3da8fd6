"""The table of hand-written frames, and short ways to say what a test of the codec needs."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gateway.smpp import pdus
from gateway.smpp.codec import decode, encode
from gateway.smpp.errors import PduError
from gateway.smpp.pdus import DataSm, Pdu, SubmitSm
from gateway.smpp.statuses import CommandStatus
from tests.strategies import with_length

# Not through importlib.resources: this table comes with the sources only, it is not installed.
_TABLE = Path(__file__).parents[2] / "fixtures" / "frames.toml"


class Frame(NamedTuple):
    name: str
    octets: bytes
    pdu: Pdu
    version: int
    from_smsc: bool


def _values(fields: dict[str, Any]) -> dict[str, Any]:
    values = dict(fields)
    if "short_message" in values:
        values["short_message"] = bytes.fromhex(values["short_message"])
    if "dest_addresses" in values:
        values["dest_addresses"] = tuple(
            pdus.DistributionList(**one) if "dl_name" in one else pdus.DestAddress(**one)
            for one in values["dest_addresses"]
        )
    if "unsuccess" in values:
        values["unsuccess"] = tuple(pdus.UnsuccessSme(**one) for one in values["unsuccess"])
    return values


def _frame(entry: dict[str, Any]) -> Frame:
    pdu_class = getattr(pdus, entry["pdu"])
    tlvs = tuple((tag, bytes.fromhex(octets)) for tag, octets in entry.get("tlvs", []))
    return Frame(
        entry["name"],
        bytes.fromhex("".join(entry["hex"])),
        pdu_class(**_values(entry["fields"]), tlvs=tlvs),
        entry.get("version", 0x34),
        entry.get("from_smsc", False),
    )


FRAMES = [_frame(entry) for entry in tomllib.loads(_TABLE.read_text())["frame"]]


def submit(**fields: Any) -> SubmitSm:
    """A submit_sm that is right but for `fields`."""
    values: dict[str, Any] = {
        "source_addr_ton": 1,
        "source_addr_npi": 1,
        "source_addr": "79001234567",
        "destination_addr": "7494",
        "short_message": b"BALANCE",
        "sequence_number": 7,
    }
    return SubmitSm(**{**values, **fields})


def data(**fields: Any) -> DataSm:
    """A data_sm that is right but for `fields`."""
    values: dict[str, Any] = {"destination_addr": "7494", "tlvs": ((0x0424, b"BALANCE"),), "sequence_number": 7}
    return DataSm(**{**values, **fields})


def refusal(frame: bytes | Pdu, version: int = 0x34) -> CommandStatus:
    """The status that a bad PDU is answered with. It must name the PDU that it refuses."""
    octets = frame if isinstance(frame, bytes) else encode(frame)
    with pytest.raises(PduError) as caught:
        decode(octets, version)
    assert caught.value.command_id == int.from_bytes(octets[4:8])
    assert caught.value.sequence_number == int.from_bytes(octets[12:16])
    return CommandStatus(caught.value.command_status)


def cut(frame: bytes, body_octets: int) -> bytes:
    """The frame with only so many octets of its body, in a header that agrees."""
    return with_length(frame[: 16 + body_octets])


def raw(command_id: int, body: bytes, status: int = 0, sequence_number: int = 7) -> bytes:
    """A frame of any command and body."""
    header = b"".join(number.to_bytes(4) for number in (16 + len(body), command_id, status, sequence_number))
    return header + body
