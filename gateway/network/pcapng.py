"""Packets that nobody sent, around octets that somebody did: pcapng with IP and TCP headers made up.

How this works. SMPP is read from a byte stream, so there are no packets to capture, and a dissector wants some. Each
connection is a :class:`Conversation` that knows the two sequence numbers; what it says is raw IP (LINKTYPE_RAW, no
Ethernet), in segments that IP can carry, with good checksums. The file is that of draft-ietf-opsawg-pcapng: a section
header, one interface with microseconds, enhanced packets.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import Final, Literal

import attrs

LARGEST_SEGMENT: Final = 32_768
"""Octets of TCP in one packet; IPv4 has room for 65,495, and readers of captures for 262,144."""

_RAW_IP: Final = 101
_SNAPSHOT: Final = 262_144
_FIN, _SYN, _RST, _PSH, _ACK = 0x01, 0x02, 0x04, 0x08, 0x10
_TCP: Final = 6
_HOPS: Final = 64

Address = tuple[str, int]


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def _block(kind: int, body: bytes) -> bytes:
    size = 12 + len(body)
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def head(application: str, comment: str = "") -> bytes:
    """The blocks that a file begins with."""
    options = (_option(1, comment.encode()) if comment else b"") + _option(4, application.encode()) + _option(0, b"")
    section = _block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options)
    microseconds = _option(9, b"\x06")
    interface = _option(2, b"smpp") + microseconds + _option(0, b"")
    return section + _block(1, struct.pack("<HHI", _RAW_IP, 0, _SNAPSHOT) + interface)


def packet(at: int, octets: bytes, *, inbound: bool, comment: str = "") -> bytes:
    """One packet; ``at`` is µs since the epoch."""
    options = (_option(1, comment.encode()) if comment else b"") + _option(2, struct.pack("<I", 1 if inbound else 2))
    fields = struct.pack("<IIIII", 0, at >> 32, at & 0xFFFFFFFF, len(octets), len(octets))
    return _block(6, fields + octets + bytes(-len(octets) % 4) + options + _option(0, b""))


def _packed(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        # Without the zone of a link-local address: it has no place in a header.
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ipaddress.IPv4Address(0)


@attrs.define
class _End:
    address: bytes
    port: int
    sent: int = 1
    """The sequence number of the next octet."""


class Conversation:
    """One TCP connection as packets. ``peer`` is the other side; "inbound" is from there."""

    def __init__(self, peer: Address, local: Address) -> None:
        hosts = [_packed(peer[0]), _packed(local[0])]
        if len({host.version for host in hosts}) > 1:
            hosts = [
                ipaddress.IPv6Address(f"::ffff:{host}") if isinstance(host, ipaddress.IPv4Address) else host
                for host in hosts
            ]
        self._peer = _End(hosts[0].packed, peer[1])
        self._local = _End(hosts[1].packed, local[1])
        if self._peer == self._local:
            # Two that nothing is known of are still two.
            self._peer.port ^= 1

    def opened(self, at: int, *, by_peer: bool = True) -> bytes:
        """The handshake."""
        caller, called = (self._peer, self._local) if by_peer else (self._local, self._peer)
        caller.sent = called.sent = 0
        syn = self._send(at, _SYN, inbound=by_peer)
        caller.sent = 1
        syn_ack = self._send(at, _SYN | _ACK, inbound=not by_peer)
        called.sent = 1
        return syn + syn_ack + self._send(at, _ACK, inbound=by_peer)

    def data(self, at: int, octets: bytes, *, inbound: bool, comment: str = "") -> bytes:
        """These octets, in as many packets as they need."""
        found = []
        end = self._peer if inbound else self._local
        for start in range(0, len(octets), LARGEST_SEGMENT):
            segment = octets[start : start + LARGEST_SEGMENT]
            found.append(self._send(at, _PSH | _ACK, segment, inbound=inbound, comment=comment))
            end.sent = (end.sent + len(segment)) & 0xFFFFFFFF
        return b"".join(found)

    def closed(self, at: int, end: Literal["", "peer", "gateway", "reset"]) -> bytes:
        """The farewell: both sides' FIN, or one RST."""
        if end == "reset":
            return self._send(at, _RST | _ACK, inbound=True)
        by_peer = end == "peer"
        first, second = (self._peer, self._local) if by_peer else (self._local, self._peer)
        found = self._send(at, _FIN | _ACK, inbound=by_peer)
        first.sent = (first.sent + 1) & 0xFFFFFFFF
        found += self._send(at, _FIN | _ACK, inbound=not by_peer)
        second.sent = (second.sent + 1) & 0xFFFFFFFF
        return found + self._send(at, _ACK, inbound=by_peer)

    def _send(self, at: int, flags: int, segment: bytes = b"", *, inbound: bool, comment: str = "") -> bytes:
        source, target = (self._peer, self._local) if inbound else (self._local, self._peer)
        acknowledged = target.sent if flags & _ACK else 0
        tcp = struct.pack(
            ">HHIIBBHHH", source.port, target.port, source.sent, acknowledged, 5 << 4, flags, 0xFFFF, 0, 0
        )
        size = len(tcp) + len(segment)
        pseudo = source.address + target.address + struct.pack(">IHH", size, 0, _TCP)
        tcp = tcp[:16] + _checksum(pseudo + tcp + segment) + tcp[18:]
        if len(source.address) == 4:
            ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + size, 0, 0x4000, _HOPS, _TCP, 0)
            ip += source.address + target.address
            ip = ip[:10] + _checksum(ip) + ip[12:]
        else:
            ip = struct.pack(">IHBB", 6 << 28, size, _TCP, _HOPS) + source.address + target.address
        return packet(at, ip + tcp + segment, inbound=inbound, comment=comment)


def _checksum(octets: bytes) -> bytes:
    """RFC 1071. A number of 16-bit digits leaves the same remainder as their sum."""
    if len(octets) % 2:
        octets += b"\0"
    return ((0xFFFF - int.from_bytes(octets, "big") % 0xFFFF) % 0xFFFF).to_bytes(2, "big")
