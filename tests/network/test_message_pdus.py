"""Which PDUs carried a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.messages.message import Kind, Message
from gateway.network.message_pdus import pdus_of
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


@pytest.fixture
def bench_of_two(tmp_path: Path) -> tuple[Bench, Client, Client]:
    """A gateway with two clients that are bound to it."""
    bench = configured(tmp_path, CLIENTS % ("udh8", "deliver_sm"))
    return bench, Client(bench).bind(), Client(bench).bind(system_id="other")
