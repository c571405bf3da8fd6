"""What the gateway sends, as a capture that other people's dissectors read.

When the environment variable ``SMPP_PCAP`` names a folder, each test process writes one file there: classic pcap
(draft-ietf-opsawg-pcap), Ethernet, IPv4, TCP from port 2775, one client port per connection; only the gateway's
direction. Beside it ``….tests`` says which test each client port belongs to.
"""

from __future__ import annotations

import itertools
import os
import struct
from collections import Counter
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
_MOST = 40
"""PDUs of one kind (command_id, command_status) that one test may add when repeats do not count: a property test sends
the like of them by the thousand."""
_connections = itertools.count()
_packets = itertools.count()
_recorded: set[bytes] = set()
_kinds: Counter[tuple[str, bytes]] = Counter()

repeats = True
"""Whether everything is recorded; else not what differs from an earlier PDU by its sequence_number alone, nor what one
test sends too much of."""


@attrs.define
class Connection:
    """One direction of one TCP connection. It has a port of its own from its first recorded PDU on."""

    undissected: bool = False
    """Set it where a fault damages what the gateway sends: nothing more is recorded."""
    port: int = 0
    _path: Path | None = None
    _sent: int = 1
    _pending: bytes = b""

    def record(self, octets: bytes) -> None:
        """The gateway wrote this; each PDU begins a TCP segment of its own."""
        folder = os.environ.get(VARIABLE)
        if not folder or self.undissected:
            return
        pending = self._pending + octets
        while len(pending) >= 16:
            size = int.from_bytes(pending[:4], "big")
            if len(pending) < size:
                break
            # No length of a PDU: let the dissector see the rest as it is.
            size = size if size >= 16 else len(pending)
            pdu, pending = pending[:size], pending[size:]
            if repeats or _is_new(pdu):
                self._write(pdu, Path(folder))
        self._pending = pending

    def _write(self, pdu: bytes, folder: Path) -> None:
        if self._path is None:
            self._open(folder)
        assert self._path is not None
        with self._path.open("ab") as file:
            for start in range(0, len(pdu), _SEGMENT):
                segment = pdu[start : start + _SEGMENT]
                file.write(_record(_packet(self.port, self._sent, segment)))
                self._sent = (self._sent + len(segment)) & 0xFFFFFFFF

    def _open(self, folder: Path) -> None:
        number = next(_connections)
        assert number < _PORTS, "more connections than ports"
        self._path = path = folder / file_name()
        if not path.exists():
            path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))
        self.port = _FIRST_PORT + number
        with path.with_suffix(".tests").open("a") as file:
            file.write(f"{self.port} {os.environ.get('PYTEST_CURRENT_TEST', '')}\n")


def _is_new(pdu: bytes) -> bool:
    anonymous = pdu[:12] + pdu[16:]
    if anonymous in _recorded:
        return False
    kind = os.environ.get("PYTEST_CURRENT_TEST", ""), pdu[4:12]
    if _kinds[kind] >= _MOST:
        return False
    _kinds[kind] += 1
    _recorded.add(anonymous)
    return True


def file_name() -> str:
    """The capture of this process."""
    return f"gateway-{os.getpid()}.pcap"


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
