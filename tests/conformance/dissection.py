"""What Wireshark thinks of a capture: nobody here wrote its dissector."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import attrs

MISSING = "tshark is not installed (Debian and Ubuntu: apt install tshark)"
_COMMON = ("-n", "-d", "tcp.port==2775,smpp")
_COMPLAINTS = (
    "_ws.malformed || _ws.expert.severity >= 0x600000 || (smpp.command_status > 0 && smpp.command_length > 16)"
)
"""Malformed; warnings and errors (chats and notes are below); error responses that have a body."""


def available() -> bool:
    """Whether there is a tshark to ask."""
    return shutil.which("tshark") is not None


@attrs.frozen
class Dissection:
    """All PDUs of a capture."""

    commands: Counter[tuple[int, bool]]
    """How often each command_id came, with a command_status of 0 (True) and with another."""
    tags: Counter[int]
    """How often each optional parameter came."""
    octets: int
    """What the dissector took for SMPP, in all."""
    faults: list[str]
    """A line for everything that is wrong."""


def dissect(capture: Path) -> Dissection:
    """Complaints of tshark, and every octet of a PDU that belongs to no field of its dissector."""
    complaints = _tshark(
        *("-r", str(capture), "-Y", _COMPLAINTS, "-T", "fields"),
        *("-e", "tcp.dstport", "-e", "frame.number", "-e", "_ws.expert.message", "-e", "smpp.command_id"),
    ).splitlines()
    whose = _tests(capture)
    faults = [f"tshark complains: {line} ({whose.get(line.split()[0], '')})" for line in complaints]
    commands: Counter[tuple[int, bool]] = Counter()
    tags: Counter[int] = Counter()
    octets = 0
    for packet, pdu in _pdus(_tshark("-r", str(capture), "-T", "pdml", "-J", "smpp")):
        octets += int(pdu.get("size", "0"))
        values = {field.get("name"): field.get("show", "") for field in pdu.iter("field")}
        command_id = int(values["smpp.command_id"], 16)
        commands[command_id, int(values.get("smpp.command_status", "0"), 16) == 0] += 1
        tags.update(int(field.get("show", ""), 16) for field in pdu.iter("field") if _is_tag(field))
        missed = _undissected(pdu)
        if missed and missed != _not_shown(command_id, int(pdu.get("size", "0"))):
            port = packet.rpartition("Dst Port: ")[2].split(",")[0]
            faults.append(f"undissected octets {missed}: {pdu.get('showname')} ({whose.get(port, '')})")
    return Dissection(commands, tags, octets, faults)


def _tshark(*arguments: str) -> str:
    run = subprocess.run(
        ("tshark", *_COMMON, *arguments), capture_output=True, encoding="utf-8", errors="replace", check=True
    )
    return run.stdout


def _tests(capture: Path) -> dict[str, str]:
    lines = capture.with_suffix(".tests").read_text().splitlines()
    return dict(line.split(" ", 1) for line in lines)


def _pdus(pdml: str) -> Iterator[tuple[str, ElementTree.Element]]:
    """Each PDU with the description of the TCP segment that completes it."""
    packet = ""
    for _, element in ElementTree.iterparse(io.StringIO(pdml), ("end",)):
        if element.tag == "proto" and element.get("name") == "tcp":
            packet = element.get("showname", "")
        elif element.tag == "proto" and element.get("name") == "smpp":
            yield packet, element
        elif element.tag == "packet":
            element.clear()


def _is_tag(field: ElementTree.Element) -> bool:
    return field.get("name") == "smpp.opt_param_tag"


def _not_shown(command_id: int, size: int) -> list[int]:
    """What the dissector reads and keeps to itself: command_status of a request, a no_unsuccess of 0, which ends its
    PDU, and an empty final_date, which has two octets behind it."""
    if command_id & 0x80000000 == 0:
        return [8, 9, 10, 11]
    return {0x80000021: [size - 1], 0x80000003: [size - 3]}.get(command_id, [])


def _undissected(pdu: ElementTree.Element) -> list[int]:
    """Offsets within the PDU that no leaf of the dissector's tree covers (a count with its list below is one too)."""
    start = int(pdu.get("pos", "0"))
    missed = set(range(int(pdu.get("size", "0"))))
    for field in pdu.iter("field"):
        position, size = int(field.get("pos", "0")), int(field.get("size", "0"))
        inner = field.find("field")
        if inner is None or int(inner.get("pos", "0")) >= position + size:
            missed.difference_update(range(position - start, position - start + size))
    return sorted(missed)
