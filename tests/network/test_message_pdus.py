"""Which PDUs carried a message."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from gateway.clients.directory import Client as Known
from gateway.messages.message import Kind, Message
from gateway.messages.segmenting import pdus_for
from gateway.network.message_pdus import pdus_of
from gateway.network.wire_log import Frame, WireLog
from gateway.smpp.codec import encode
from tests.conformance import wire
from tests.conformance.raw import Client, configured
from tests.doubles import Bench

CLIENTS = """
[clients.demo]
password = "demo"
[clients.other]
password = "demo"
addresses = ["7000*"]
segmentation = "%s"
deliver_with = "%s"
"""
LONG = b"a long text " * 20


def messages(bench: Bench) -> list[Message]:
    """All of them, by id."""
    found = bench.read(lambda books: [books.messages.get(number) for number in range(1, 100)])
    return [message for message in found if message is not None]


def commands(bench: Bench, message: Message) -> list[tuple[str, bool, int, int]]:
    """Of each PDU whose it was, whether it came in, its command and its number."""
    found = []
    recipient = bench.emulator.exchange.directory.find(message.recipient) if message.recipient else None
    for frame in pdus_of(bench.emulator.exchange.wire_log, message, recipient):
        (pdu,) = wire.frames(frame.octets)
        found.append((frame.client, frame.inbound, pdu.command_id, pdu.sequence))
    return found


@pytest.mark.parametrize("method", ["udh8", "udh16", "sar", "payload"])
@pytest.mark.parametrize("deliver_with", ["deliver_sm", "data_sm"])
def test_from_one_client_to_another(tmp_path: Path, method: str, deliver_with: str) -> None:
    """The submit_sm and its response, every segment on the other side and its response, nothing of others."""
    bench = configured(tmp_path, CLIENTS % (method, deliver_with))
    one, other = Client(bench).bind(), Client(bench).bind(system_id="other")
    one.submit(5, destination_addr="70001", short_message=b"before")
    one.submit(6, destination_addr="70001", short_message=b"", tail=wire.tlv(wire.PAYLOAD, LONG))
    one.submit(7, destination_addr="70001", short_message=b"behind")
    delivered = other.deliveries()
    carriers = [message.frame for message in delivered[1:-1]]
    (message,) = [message for message in messages(bench) if message.user_data == LONG]
    found = commands(bench, message)
    assert found[:2] == [("demo", True, 4, 6), ("demo", False, 0x80000004, 6)]
    command = carriers[0].command_id
    assert len(carriers) == (1 if method == "payload" else 2)
    assert sorted(found[2:]) == sorted(
        ("other", answer, command | (wire.RESPONSE if answer else 0), frame.sequence)
        for frame in carriers
        for answer in (False, True)
    )


def test_every_attempt(bench_of_two: tuple[Bench, Client, Client]) -> None:
    """A delivery that is refused comes again, with another sequence_number: both are there."""
    bench, one, other = bench_of_two
    one.submit(5, destination_addr="70001")
    (first,) = other.deliveries(acknowledge=False)
    other.acknowledge(first, status=0x58)
    bench.pass_time(10)
    (second,) = other.deliveries()
    (message,) = messages(bench)
    assert [row[1:] for row in commands(bench, message)[2:]] == [
        (False, 5, first.frame.sequence),
        (True, 0x80000005, first.frame.sequence),
        (False, 5, second.frame.sequence),
        (True, 0x80000005, second.frame.sequence),
    ]


def test_request_reply_and_receipt(bench_of_two: tuple[Bench, Client, Client]) -> None:
    """Each has its own PDUs: the request came in, the others went out. Ids of others' messages do not count."""
    bench, one, other = bench_of_two
    other.submit(9)
    one.submit(5, destination_addr="7494", short_message=b"BALANCE", registered_delivery=1)
    bench.pass_time(1)
    delivered = {bool(message["esm_class"]): message.frame.sequence for message in one.deliveries()}
    _, *mine = messages(bench)
    found = {message.kind: [row[1:] for row in commands(bench, message)] for message in mine}
    assert found == {
        Kind.SUBMITTED: [(True, 4, 5), (False, 0x80000004, 5)],
        Kind.REPLY: [(False, 5, delivered[False]), (True, 0x80000005, delivered[False])],
        Kind.RECEIPT: [(False, 5, delivered[True]), (True, 0x80000005, delivered[True])],
    }


def test_what_has_left_the_ring(bench_of_two: tuple[Bench, Client, Client]) -> None:
    """There is nothing of it then, and only the rest of what has left in part."""
    bench, one, _ = bench_of_two
    one.submit(5, destination_addr="70001")
    bench.emulator.exchange.wire_log.clear()
    (message,) = messages(bench)
    assert commands(bench, message) == []


def plainly(log: WireLog, message: Message, recipient: Known) -> list[Frame]:
    """The same, from every PDU of the ring, one after the other."""
    carriers = {encode(pdu)[:12] + encode(pdu)[16:] for pdu in pdus_for(message, recipient)}
    told = message.spelled_id.encode() + b"\0"
    asked: dict[tuple[int, int, int], tuple[int, Frame]] = {}
    awaited: set[tuple[int, int, int]] = set()
    found: list[tuple[int, Frame]] = []
    for place, frame in enumerate(log.frames()):
        if not frame.whole:
            continue
        command_id, status, sequence = (int.from_bytes(frame.octets[at : at + 4], "big") for at in (4, 8, 12))
        key = frame.connection, command_id & ~wire.RESPONSE, sequence
        if frame.inbound and command_id in (wire.SUBMIT_SM, wire.DATA_SM):
            asked[key] = place, frame
        elif frame.inbound and command_id & wire.RESPONSE and key in awaited:
            awaited.discard(key)
            found.append((place, frame))
        elif frame.inbound:
            continue
        elif command_id & wire.RESPONSE:
            if not status and frame.client == message.client and frame.octets.startswith(told, 16) and key in asked:
                found += (asked[key], (place, frame))
        elif frame.client == recipient.system_id and frame.octets[:12] + frame.octets[16:] in carriers:
            awaited.add(key)
            found.append((place, frame))
    return [frame for _, frame in sorted(found, key=lambda placed: placed[0])]


@pytest.mark.parametrize("seed", range(60))
def test_as_if_every_pdu_were_looked_at(bench_of_two: tuple[Bench, Client, Client], seed: int) -> None:
    """Whatever is in the ring, in whatever pieces it was read and written, and whatever has left it."""
    bench, one, _ = bench_of_two
    one.submit(5, destination_addr="70001")
    (message,) = messages(bench)
    recipient = bench.emulator.exchange.directory.find("other")
    assert recipient is not None
    (carrier,) = (encode(pdu) for pdu in pdus_for(message, recipient))
    dice = random.Random(seed)
    told, other = (spelled.encode() + b"\0" for spelled in (message.spelled_id, "0000000077"))
    log = WireLog(dice.choice([4_000, 20_000, 30_000, 100_000]), lambda: dice.randrange(10**15))
    lines = [log.opened(("127.0.0.1", port), ("127.0.0.1", 2775)) for port in range(4)]
    for line, name in zip(lines, ("demo", "demo", "other", ""), strict=True):
        line.client = name
    waiting = {(line.number, side): b"" for line in lines for side in (True, False)}
    for _ in range(400):
        line = dice.choice(lines)
        sequence = dice.randrange(1, 4)
        inbound, octets = dice.choice(
            [
                (True, wire.pdu(dice.choice([wire.SUBMIT_SM, wire.DATA_SM, wire.QUERY_SM]), told, sequence)),
                (False, wire.pdu(wire.SUBMIT_SM | wire.RESPONSE, dice.choice([told, other, b""]), sequence)),
                (False, wire.pdu(wire.QUERY_SM | wire.RESPONSE, told, sequence)),
                (False, wire.pdu(wire.SUBMIT_SM | wire.RESPONSE, told, sequence, status=0x58)),
                (False, carrier[:12] + sequence.to_bytes(4, "big") + carrier[16:]),
                (False, wire.pdu(wire.DELIVER_SM, other + told, sequence)),
                (True, wire.pdu(wire.DELIVER_SM | wire.RESPONSE, b"\0", sequence)),
                (True, b"\0\0\0" if dice.random() < 0.01 else b""),
            ]
        )
        stream = line.incoming if inbound else line.outgoing
        waiting[line.number, inbound] += octets
        while waiting[line.number, inbound] and dice.random() < 0.8:
            size = dice.choice([1, 2, 3, 5, 1000])
            log.record(stream, waiting[line.number, inbound][:size])
            waiting[line.number, inbound] = waiting[line.number, inbound][size:]
    expected = plainly(log, message, recipient)
    assert pdus_of(log, message, recipient) == expected
    assert expected or log.limit < 100_000


@pytest.fixture
def bench_of_two(tmp_path: Path) -> tuple[Bench, Client, Client]:
    """A gateway with two clients that are bound to it."""
    bench = configured(tmp_path, CLIENTS % ("udh8", "deliver_sm"))
    return bench, Client(bench).bind(), Client(bench).bind(system_id="other")
