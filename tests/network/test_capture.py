"""Captures as other people read them: tshark with no option of ours."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from gateway.emulator import ListenError
from gateway.network.capture import WRITE_SECONDS, CaptureFile, pcapng_of, revealed
from gateway.network.masking import Masking
from gateway.network.wire_log import WireLog
from gateway.wiring import CannotBuild
from tests.conformance import dissection, wire
from tests.conformance.raw import Client
from tests.doubles import Bench

needs_tshark = pytest.mark.skipif(not dissection.available(), reason=dissection.MISSING)

CANARY = "cAn4ry!!"
PEER = ("192.0.2.1", 40_001)


def tshark(path: Path, *arguments: str) -> str:
    """What tshark says of a file; checksums are checked."""
    checked = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
    run = subprocess.run(
        ("tshark", "-n", *checked, "-r", str(path), *arguments), capture_output=True, encoding="utf-8", check=True
    )
    return run.stdout


def complaints(path: Path) -> str:
    """Malformed PDUs, warnings and errors."""
    return tshark(path, "-Y", "_ws.malformed || _ws.expert.severity >= 0x600000", "-T", "fields", "-e", "_ws.expert")


def commands(path: Path) -> list[int]:
    """The command_id of every PDU that tshark found."""
    found = tshark(path, "-T", "fields", "-e", "smpp.command_id", "-Y", "smpp")
    return [int(command, 16) for line in found.split() for command in line.split(",")]


def streams(path: Path) -> list[tuple[str, list[bytes]]]:
    """Of each connection the flags of its packets without data, and what each side has said in all."""
    names = ("tcp.stream", "tcp.flags.str", "ip.src", "ipv6.src", "tcp.srcport", "tcp.payload")
    rows = tshark(path, "-T", "fields", *(f"-e{name}" for name in names))
    flags: dict[str, list[str]] = {}
    said: dict[tuple[str, str], bytes] = {}
    for row in rows.splitlines():
        number, flag, *source, payload = row.split("\t")
        side = number, "".join(source)
        said[side] = said.get(side, b"") + bytes.fromhex(payload)
        flags.setdefault(number, [])
        if not payload:
            flags[number].append(flag.strip("·").replace("·", ""))
    return [
        (" ".join(found), [octets for (at, _), octets in said.items() if at == number])
        for number, found in flags.items()
    ]


def captured(bench: Bench, path: Path, client: str = "") -> Path:
    """The ring of a bench as a file."""
    emulator = bench.emulator
    path.write_bytes(b"".join(pcapng_of(emulator.exchange.wire_log.recording(client), emulator.masked)))
    return path


def everything(bench: Bench) -> tuple[bytes, bytes]:
    """A run with all that an ESME says and most of what the gateway answers; the PIN and the code that were in it."""
    client = Client(bench).bind(password=CANARY)
    for build in (wire.bind_transmitter, wire.bind_receiver):
        other = Client(bench)
        other.send(build(1, password=CANARY))
        other.send(wire.unbind(2))
    Client(bench).send(wire.bind_transceiver(1, password="wr0ng!"))
    client.submit(2, destination_addr="7494", short_message=b"PIN", registered_delivery=1)
    bench.pass_time(1)
    found = [message for message in client.deliveries() if not message["esm_class"]]
    (pin,) = {word for word in found[0].text.replace(".", " ").split() if word.isdigit() and len(word) == 4}
    client.submit(3, destination_addr="7494", short_message=b"482 915")
    held = client.submit(4, schedule_delivery_time="000001000000000R")
    client.send(
        wire.data_sm(5),
        wire.to_many([wire.destination(wire.HANDSET)], 6),
        wire.to_many([wire.destination(wire.HANDSET), wire.destination("7494")], 7, short_message=b"482915"),
        wire.enquire_link(8),
        wire.query_sm(9, message_id=held),
        wire.replace_sm(10, message_id=held, short_message=b"482915"),
        wire.cancel_sm(11, message_id=held),
        wire.pdu(0x0A, b"", 12),
        wire.submit_sm(13, short_message=b"", tail=wire.tlv(0x0424, b"long" * 15_000)),
    )
    client.deliveries()
    bench.pass_time(31)
    client.send(wire.enquire_link_resp(1))
    client.send(wire.unbind(14))
    client.peer.close()
    return pin.encode(), b"482915"


def bench_with_canary(**options: Any) -> Bench:
    return Bench(client=[f"demo:{CANARY}"], **options)


@needs_tshark
def test_wireshark_reads_the_ring(tmp_path: Path) -> None:
    """Every PDU of both directions is found, none is malformed, nothing is worth a warning."""
    bench = bench_with_canary()
    everything(bench)
    path = captured(bench, tmp_path / "ring.pcapng")
    assert complaints(path) == ""
    frames = list(bench.emulator.exchange.wire_log.frames())
    # Of a command_id that it does not know tshark makes nothing unless it is told that this is SMPP.
    expected = [int.from_bytes(frame.octets[4:8], "big") for frame in frames]
    assert commands(path) == [command for command in expected if command != 0x0A]
    requests = {command for command, *_ in wire.REQUESTS.values()}
    assert requests | {command | wire.RESPONSE for command in requests} <= set(commands(path))
    assert {wire.DELIVER_SM, wire.DELIVER_SM | wire.RESPONSE, wire.GENERIC_NACK} <= set(commands(path))


@needs_tshark
def test_no_secret_is_in_the_ring_of_captures(tmp_path: Path) -> None:
    """The password, the PIN and the code went over the wire, and are nowhere in the capture; with everything revealed
    they are."""
    bench = bench_with_canary()
    pin, code = everything(bench)
    octets = captured(bench, tmp_path / "ring.pcapng").read_bytes()
    wide = [secret.decode().encode("utf-16-be") for secret in (pin, code)]
    for secret in (CANARY.encode(), b"wr0ng!", code, *wide):
        assert secret not in octets
    log = bench.emulator.exchange.wire_log
    shown = b"".join(pcapng_of(log.recording(), revealed))
    assert len(shown) < len(octets)  # it says that nothing is masked by not saying that something is
    for secret in (CANARY.encode(), b"wr0ng!", code, wide[0]):
        assert secret in shown


@needs_tshark
def test_ports_addresses_and_ends(tmp_path: Path) -> None:
    """Of one client alone, on any port, over IPv6 as well; a beginning and an end where there were any."""
    log = WireLog(1 << 20)
    bind, answer = wire.bind_transceiver(1), wire.RESPONSES["bind_transceiver_resp"](1)
    for peer, local, end in (
        (("192.0.2.1", 40_001), ("192.0.2.2", 2775), "peer"),
        (("2001:db8::1", 40_002), ("2001:db8::2%eth0", 17_000), "gateway"),
        (("::ffff:192.0.2.1", 40_003), ("192.0.2.2", 8775), "reset"),
        (("unknown", 0), ("", 0), ""),
    ):
        line = log.opened(peer, local, called=end == "gateway")
        line.client = "demo"
        log.record(line.incoming, bind[:7])
        log.record(line.incoming, bind[7:])
        log.record(line.outgoing, answer)
        if end:
            log.closed(line, end)  # type: ignore[arg-type]  # one of the four
    other = log.opened(("192.0.2.9", 1), ("192.0.2.2", 2775))
    log.record(other.incoming, bind)
    path = tmp_path / "some.pcapng"
    path.write_bytes(b"".join(pcapng_of(log.recording("demo"), revealed)))
    assert set(complaints(path).splitlines()) == {"Expert Info (Warning/Sequence): Connection reset (RST)"}
    assert commands(path) == [9, 0x80000009] * 4
    assert streams(path) == [
        ("S AS A AF AF A", [bind, answer]),
        ("S AS A AF AF A", [answer, bind]),  # the gateway has called, and closed
        ("S AS A AR", [bind, answer]),
        ("S AS A", [bind, answer]),
    ]


@needs_tshark
def test_octets_without_boundaries(tmp_path: Path) -> None:
    """A stream that has lost its PDUs, one whose beginning has left the ring, one that ends within a PDU: nothing
    that is whole is lost, and the sequence numbers fit."""
    log = WireLog(20_000)
    mad, late = log.opened(PEER, ("192.0.2.2", 2775)), log.opened(PEER, ("192.0.2.2", 2776))
    bind = wire.bind_transceiver(1)
    for number in range(300):
        log.record(late.incoming, wire.submit_sm(number)[:33])
        log.record(late.incoming, wire.submit_sm(number)[33:])
    log.record(mad.incoming, bind + bytes(20))
    log.record(mad.incoming, b"\xff" * 40)
    log.record(mad.outgoing, wire.pdu(wire.GENERIC_NACK, status=2))
    log.record(late.incoming, bind[:30])
    log.closed(late, "peer")
    path = tmp_path / "mad.pcapng"
    path.write_bytes(b"".join(pcapng_of(log.recording(), Masking(frozenset(), lambda _: "gsm0338").masked)))
    assert complaints(path) == ""
    found = commands(path)
    assert found[-2:] == [9, wire.GENERIC_NACK]
    assert 30 < len(found) < 300
    assert set(found[:-2]) == {4}


def test_a_file_is_written_all_along(tmp_path: Path) -> None:
    """It is a fifth of a second late at most, whole at any time, and ends with the gateway."""
    clock, log = Clock(), WireLog(0)
    path = tmp_path / "all.pcapng"
    file = CaptureFile(path, revealed, 0, clock.callLater)
    file.begin()
    log.tell(file.add)
    line = log.opened(PEER, ("192.0.2.2", 2775))
    begun = path.read_bytes()
    bind = wire.bind_transceiver(1)
    log.record(line.incoming, bind[:9])
    clock.advance(WRITE_SECONDS)
    assert bind not in path.read_bytes()
    log.record(line.incoming, bind[9:])
    clock.advance(WRITE_SECONDS)
    assert path.read_bytes().startswith(begun)
    assert bind in path.read_bytes()
    log.record(line.outgoing, wire.unbind(5))
    file.close()
    octets = path.read_bytes()
    assert wire.unbind(5) in octets
    log.record(line.outgoing, wire.unbind(6))
    file.close()
    clock.advance(1)
    assert path.read_bytes() == octets
    assert clock.getDelayedCalls() == []


def test_an_earlier_file_stays_until_the_gateway_listens(tmp_path: Path) -> None:
    """Two gateways with one set of options: the second finds its port taken and leaves the file of the first alone."""
    path = tmp_path / "all.pcapng"
    path.write_bytes(b"earlier")
    file = CaptureFile(path, revealed, 0, Clock().callLater)
    assert path.read_bytes() == b"earlier"
    file.begin()
    assert path.read_bytes().startswith(b"\x0a\x0d\x0d\x0a")
    assert b"earlier" not in path.read_bytes()
    file.close()


def test_a_file_has_a_limit(tmp_path: Path) -> None:
    """It ends with a whole packet before its limit, and the gateway goes on."""
    clock, log = Clock(), WireLog(0)
    path = tmp_path / "short.pcapng"
    file = CaptureFile(path, revealed, 2_000, clock.callLater)
    file.begin()
    log.tell(file.add)
    line = log.opened(PEER, ("192.0.2.2", 2775))
    for number in range(1, 50):
        log.record(line.incoming, wire.enquire_link(number))
        clock.advance(WRITE_SECONDS)
    assert 1_800 < path.stat().st_size <= 2_000
    file.close()


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """At the start it is a fault of the settings; a full disk ends the capture and not the gateway."""
    with pytest.raises(CannotBuild, match=r"--capture: .*/nowhere/all\.pcapng cannot be written: No such file"):
        Bench(capture=str(tmp_path / "nowhere" / "all.pcapng"))
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    with pytest.raises(ListenError, match="--capture: /dev/full cannot be written: No space left"):
        Bench(capture="/dev/full")
    path = tmp_path / "all.pcapng"
    bench = Bench(capture=str(path))
    capture = bench.emulator.capture
    assert capture is not None
    assert capture._file is not None
    with Path("/dev/full").open("wb", buffering=0) as full:
        os.dup2(full.fileno(), capture._file.fileno())
    client = Client(bench).bind()
    bench.pass_time(1)
    client.check_usable()
    assert capture._file is None


@needs_tshark
def test_wireshark_reads_the_file_of_a_whole_run(tmp_path: Path) -> None:
    """What ``--capture`` writes is what the ring would tell, and has no secret either."""
    path = tmp_path / "all.pcapng"
    bench = bench_with_canary(capture=str(path))
    pin, code = everything(bench)
    at_the_end = b"".join(pcapng_of(bench.emulator.exchange.wire_log.recording(), bench.emulator.masked))
    bench.emulator.stop()
    bench.settle()
    assert path.read_bytes() == at_the_end
    for secret in (CANARY.encode(), b"wr0ng!", code, pin.decode().encode("utf-16-be")):
        assert secret not in path.read_bytes()
    assert complaints(path) == ""
