"""Section I, rows I7 to I12: deliver_sm, data_sm, alert_notification, and what a response promises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conformance import wire
from tests.conformance.raw import Client, configured, message_id
from tests.conformance.receipts import FAR, far, read
from tests.conformance.rows import row
from tests.conformance.storages import HeldStorage
from tests.conformance.wire import DATA_SM, RESPONSE, SUBSCRIBER, Delivered, Frame, tlv
from tests.doubles import Bench, FailingStorage

SEQUENCE = 0x00001EAF
DAY = 86_400
RECEIPTED, STATE = 0x001E, 0x0427


@pytest.mark.parametrize("body", [b"", b"\0", b"17\0", b"x" * 64 + b"\0", b"x" * 70 + b"\0", b"\0" + tlv(0x1400, b"v")])
@row("I7")
def test_what_a_deliver_sm_resp_may_look_like(bound: Client, body: bytes) -> None:
    """NULL is the rule; no body at all is tolerated, a message_id too."""
    bound.submit(2, destination_addr="7494", short_message=b"HELP")
    (reply,) = bound.deliveries(acknowledge=False)
    assert bound.send(wire.pdu(wire.DELIVER_SM | RESPONSE, body, reply.frame.sequence)) == []
    bound.bench.advance(DAY)
    bound.bench.pass_time(5)
    assert bound.deliveries() == []
    bound.check_usable()


@pytest.mark.parametrize(("status", "again"), [(0x64, True), (0x65, False), (0x66, False)], ids=["64", "65", "66"])
@row("I8")
def test_how_a_client_refuses_a_message(bound: Client, status: int, again: bool) -> None:
    """0x64: later, the same octets but for the sequence_number. 0x65, 0x66: not this one again."""
    bound.submit(2, destination_addr="7494", short_message=b"HELP")
    (reply,) = bound.deliveries(acknowledge=False)
    assert bound.acknowledge(reply, status=status) == []
    bound.bench.advance(DAY)
    repeated = bound.deliveries()
    assert len(repeated) == again
    for message in repeated:
        assert message.frame.body == reply.frame.body
        assert message.frame.sequence != reply.frame.sequence
    bound.submit(3, destination_addr="7494", short_message=b"HELP")
    assert len(bound.deliveries()) == 1


@row("I8")
def test_temporary_refusals_come_to_an_end(tmp_path: Path) -> None:
    """After the configured number of attempts the message is undeliverable."""
    bench = configured(tmp_path, FAR + "[messages]\nattempts = 3\n")
    client, recipient = Client(bench).bind(), far(bench)
    client.submit(2, destination_addr="70001", registered_delivery=1)
    attempts = 0
    for _ in range(10):
        for message in recipient.deliveries(acknowledge=False):
            attempts += 1
            recipient.acknowledge(message, status=0x64)
        bench.advance(3600)
    assert attempts == 3
    (receipt,) = client.deliveries()
    assert read(receipt)["stat"] == "UNDELIV"


@row("I9")
def test_no_response_to_a_delivery(bound: Client) -> None:
    """After the response timer it counts as not received: it comes again, with a new number."""
    bound.submit(2, destination_addr="7494", short_message=b"HELP")
    (lost,) = bound.deliveries(acknowledge=False)
    again: list[Delivered] = []
    for n in range(9):
        bound.bench.pass_time(5)
        bound.check_usable()
        again += bound.deliveries()
        assert n > 4 or again == []
    bound.bench.advance(3600)
    again += bound.deliveries()
    assert [message.frame.body for message in again] == [lost.frame.body]
    assert again[0].frame.sequence != lost.frame.sequence


@row("I9")
def test_a_late_response_acknowledges_its_own_number_only(bound: Client) -> None:
    """It neither ends the second attempt nor the session."""
    bound.submit(2, destination_addr="7494", short_message=b"HELP")
    (lost,) = bound.deliveries(acknowledge=False)
    bound.acknowledge(lost, status=0x64)
    bound.bench.advance(DAY)
    (again,) = bound.deliveries(acknowledge=False)
    bound.acknowledge(lost)
    assert again.frame.sequence != lost.frame.sequence
    bound.check_usable()
    bound.acknowledge(again)
    bound.bench.advance(DAY)
    assert bound.deliveries() == []


@row("I10")
def test_data_sm_from_a_client(bound: Client) -> None:
    """Addresses of 64 characters, the text in message_payload; answered with an id like a submit_sm."""
    identifier = message_id(bound.ask(wire.data_sm(2, destination_addr="7494", payload=b"BALANCE")))
    (reply,) = bound.deliveries()
    assert reply.text.startswith("Balance:")
    assert bound.state_of(identifier) == 2
    long = bound.ask(
        wire.data_sm(3, source_addr="1" * 64, destination_addr="2" * 64, source_addr_ton=0, source_addr_npi=0)
    )
    assert long.header == (DATA_SM | RESPONSE, 0, 3)


@row("I10")
def test_transaction_mode(tmp_path: Path) -> None:
    """esm_class 10: the response tells the outcome. Delivered: ROK and no failure. Refused by its recipient: 0xFE, or
    the outcome in delivery_failure_reason."""
    bench = configured(tmp_path, FAR)
    client, recipient = Client(bench).bind(), far(bench)
    assert client.ask(wire.data_sm(2, esm_class=2)).header == (DATA_SM | RESPONSE, 0, 2)
    for status, delivered in ((0, True), (0x65, False)):
        answers = client.send(wire.data_sm(3, esm_class=2, destination_addr="70001"))
        assert answers == []
        recipient.acknowledge(*recipient.deliveries(acknowledge=False), status=status)
        (answer,) = client.frames()
        assert (answer.command_id, answer.sequence) == (DATA_SM | RESPONSE, 3)
        if delivered:
            assert message_id(answer)
        else:
            assert (answer.status, answer.body) == (0xFE, b"")
        client.check_usable()


@row("I10")
def test_transaction_mode_to_nobody(tmp_path: Path) -> None:
    """A recipient that cannot be reached is an outcome too: nothing is stored for later."""
    bench = configured(tmp_path, FAR)
    client = Client(bench).bind()
    assert client.ask(wire.data_sm(3, esm_class=2, destination_addr="70001")) == Frame(DATA_SM | RESPONSE, 0xFE, 3, b"")
    recipient = far(bench)
    bench.advance(60)
    assert recipient.deliveries() == []


DATA = '[clients.demo]\npassword = "demo"\ndeliver_with = "data_sm"\n'


@row("I10")
def test_data_sm_to_a_client(tmp_path: Path) -> None:
    """A client that asks for data_sm gets replies and receipts so, with the text in message_payload."""
    client = Client(configured(tmp_path, DATA)).bind()
    identifier = client.submit(2, destination_addr="7494", short_message=b"BALANCE", registered_delivery=1)
    client.bench.pass_time(1)
    reply, receipt = client.deliveries()
    assert (reply.frame.command_id, receipt.frame.command_id) == (DATA_SM, DATA_SM)
    assert reply.tlvs == [(wire.PAYLOAD, reply.octets)]
    assert reply.text.startswith("Balance:")
    assert reply["destination_addr"] == receipt["destination_addr"] == SUBSCRIBER
    assert receipt["esm_class"] == 0x04
    assert receipt.tlv(RECEIPTED) == identifier.encode() + b"\0"
    assert receipt.tlv(STATE) == b"\x02"
    client.bench.advance(DAY)
    assert client.deliveries() == []


@row("I11")
def test_alert_notification(bench: Bench) -> None:
    """To a receiving session of the client, with both addresses; it is not answered and holds up nothing."""
    transmitter, receiver = Client(bench).bind("BOUND_TX"), Client(bench).bind("BOUND_RX")
    address: Callable[[int, int, str], Any] = lambda ton, npi, addr: SimpleNamespace(ton=ton, npi=npi, addr=addr)  # noqa: E731
    assert bench.emulator.alert("demo", address(1, 1, SUBSCRIBER), address(3, 0, "7494"))
    bench.settle()
    assert transmitter.frames() == []
    (alert,) = receiver.frames()
    assert alert.header == (wire.ALERT_NOTIFICATION, 0, 1)
    assert alert.body == b"\1\1" + SUBSCRIBER.encode() + b"\0\3\x007494\0"
    bench.pass_time(20)
    receiver.check_usable()
    assert not bench.emulator.alert("nobody", address(1, 1, SUBSCRIBER), address(3, 0, "7494"))


@row("I11")
def test_a_pending_flag_is_alerted(tmp_path: Path) -> None:
    """A data_sm with set_dpf that failed, for a recipient that comes back: alert_notification to who asked for it."""
    bench = configured(tmp_path, FAR)
    client = Client(bench).bind()
    answer = client.ask(wire.data_sm(3, esm_class=2, destination_addr="70001", tail=tlv(0x0421, b"\1")))
    assert answer.status == 0xFE
    far(bench)
    bench.pass_time(1)
    (alert,) = client.frames()
    assert alert.command_id == wire.ALERT_NOTIFICATION
    reader = wire.Reader(alert.body)
    assert (reader.number(), reader.number(), reader.text()) == (1, 1, "70001")
    assert (reader.number(), reader.number(), reader.text()) == (1, 1, SUBSCRIBER)


@pytest.mark.parametrize("name", ["submit_sm", "submit_multi", "data_sm"])
@row("I12")
def test_the_message_is_stored_before_it_is_answered(name: str) -> None:
    """No response while the store has not said so, however long; then one."""
    storage = HeldStorage()
    client = Client(Bench(storage=storage)).bind()
    command_id, build, _ = wire.REQUESTS[name]
    storage.hold()
    assert client.send(build(SEQUENCE)) == []
    client.bench.pass_time(20)
    client.check_usable()
    storage.release()
    client.bench.settle()
    (answer,) = client.frames()
    assert answer.header == (command_id | RESPONSE, 0, SEQUENCE)


@row("I12")
def test_a_message_that_could_not_be_stored_is_refused() -> None:
    """0x08 or 0x14, and it leads to nothing."""
    storage = FailingStorage()
    client = Client(Bench(storage=storage)).bind()
    storage.errors = [RuntimeError("disk")]
    client.check_refusal(
        wire.submit_sm(SEQUENCE, destination_addr="7494", short_message=b"BALANCE", registered_delivery=1),
        wire.SUBMIT_SM | RESPONSE,
        0x08,
        0x14,
        sequence=SEQUENCE,
    )
    client.bench.pass_time(1)
    assert client.deliveries() == []
    client.submit(9)
