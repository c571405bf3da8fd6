"""What the gateway sends, as a capture that other people's dissectors read.

When the environment variable ``SMPP_PCAP`` names a folder, each test process writes one file there: classic pcap
(draft-ietf-opsawg-pcap), Ethernet, IPv4, TCP from port 2775, one client port per connection; only the gateway's
direction. Beside it ``….tests`` says which test each client port belongs to.
"""

from __future__ import annotations

import itertools
import os
import struct
from pathlib import Path

import attrs

VARIABLE = "SMPP_PCAP"
SMPP_PORT = 2775
_FIRST_PORT = 10_000
_PORTS = 50_000
_SEGMENT = 32_768
"""Octets in one TCP segment at most: an IPv4 packet has room for 65,495."""
_GATEWAY = bytes([127, 0, 0, 1])
_CLIENT = bytes([127, 0, 0, 2])
_connections = itertools.count()
_packets = itertools.count()
_recorded: set[bytes] = set()

repeats = True
"""Whether a PDU that differs from an earlier one by its sequence_number alone is recorded, too."""


@attrs.define
class Connection:
    """One direction of one TCP connection."""

    port: int
    path: Path | None
    _sent: int = 1

    def record(self, pdus: bytes) -> None:
        """The gateway wrote these (whole) PDUs; each begins a TCP segment of its own."""
        if self.path is None or not pdus:
            return
        with self.path.open("ab") as file:
            while pdus:
                size = int.from_bytes(pdus[:4], "big")
                pdu, pdus = pdus[:size], pdus[size:]
                if not repeats and _is_known(pdu):
                    continue
                for start in range(0, size, _SEGMENT):
                    segment = pdu[start : start + _SEGMENT]
                    file.write(_record(_packet(self.port, self._sent, segment)))
                    self._sent = (self._sent + len(segment)) & 0xFFFFFFFF


def _is_known(pdu: bytes) -> bool:
    anonymous = pdu[:12] + pdu[16:]
    known = anonymous in _recorded
    _recorded.add(anonymous)
    return known


def file_name() -> str:
    """The capture of this process."""
    return f"gateway-{os.getpid()}.pcap"


def connection() -> Connection:
    """A connection that records into the folder of the environment variable, or nowhere."""
    number = next(_connections)
    folder = os.environ.get(VARIABLE)
    if not folder:
        return Connection(0, None)
    assert number < _PORTS, "more connections than ports"
    path = Path(folder) / file_name()
    if not path.exists():
        path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))
    port = _FIRST_PORT + number
    with path.with_suffix(".tests").open("a") as file:
        file.write(f"{port} {os.environ.get('PYTEST_CURRENT_TEST', '')}\n")
    return Connection(port, path)


def _record(packet: bytes) -> bytes:
    """Packets are a millisecond apart."""
    seconds, milliseconds = divmod(next(_packets), 1000)
    return struct.pack("<IIII", 1_000_000_000 + seconds, milliseconds * 1000, len(packet), len(packet)) + packet


def _packet(port: int, sent: int, segment: bytes) -> bytes:
    tcp = struct.pack(">HHIIBBHHH", SMPP_PORT, port, sent, 1, 5 << 4, 0x18, 0xFFFF, 0, 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(segment), 0, 0x4000, 64, 6, 0, _GATEWAY, _CLIENT)
    checksum: int = sum(struct.unpack(">10H", ip))
    checksum = ~((checksum & 0xFFFF) + (checksum >> 16)) & 0xFFFF
    ip = ip[:10] + checksum.to_bytes(2, "big") + ip[12:]
    ethernet = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0"
    return ethernet + ip + tcp + segment
