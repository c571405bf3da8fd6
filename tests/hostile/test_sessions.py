"""Rows S: sequence numbers, responses that fit nothing, and requests in states that do not take them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from gateway.storage.base import Books
from tests.conformance import wire
from tests.conformance.raw import message_id
from tests.conformance.wire import RESPONSE, Delivered, Frame, tlv
from tests.hostile.conftest import Stage
from tests.hostile.rows import row
from tests.hostile.scene import (
    RINVBNDSTS,
    RX_T_APPN,
    UNDELIVERABLE,
    HeldStorage,
    Scene,
    attack,
    submit,
)

SUBMIT_RESP = wire.SUBMIT_SM | RESPONSE
REPLY = 2
"""The first message is the command, the second is the reply to it."""


def reply_to(scene: Scene, octets: bytes | None = None) -> Delivered:
    """A reply that waits for its deliver_sm_resp."""
    (_, delivery) = scene.client.send(octets or submit(7))
    return wire.delivered(delivery)


def waiting(scene: Scene) -> list[int]:
    """Messages that wait for an acknowledgement."""

    def read(books: Books) -> list[int]:
        return [found.message_id for found in books.outbox.rows()]

    return scene.bench.read(read)


def state_of_reply(scene: Scene) -> int:
    def read(books: Books) -> int:
        message = books.messages.get(REPLY)
        assert message is not None
        return message.state

    return scene.bench.read(read)


def only_deliveries(frames: list[Frame]) -> list[Delivered]:
    return [wire.delivered(frame) for frame in frames if frame.command_id == wire.DELIVER_SM]


@pytest.mark.parametrize("sequence", [0, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFF])
@row("S-01")
def test_sequence_numbers_out_of_range(scene: Scene, sequence: int) -> None:
    """They are echoed as they came, and the request is done."""
    scene.check_runs(submit(sequence))
    assert scene.client.ask(wire.enquire_link(sequence)).header == (wire.ENQUIRE_LINK | RESPONSE, 0, sequence)


@row("S-02")
def test_one_sequence_number_twice(stage: Stage) -> None:
    """Two requests with one number are two requests: two responses, two messages."""
    storage = HeldStorage()
    scene = stage(storage=storage)
    storage.held = True
    assert scene.client.send(submit(7, destination_addr=wire.HANDSET), submit(7, destination_addr=wire.HANDSET)) == []
    storage.release()
    scene.bench.settle()
    answers = scene.client.frames()
    assert [frame.header for frame in answers] == [(SUBMIT_RESP, 0, 7)] * 2
    assert len({message_id(answer) for answer in answers}) == 2


@row("S-03")
def test_responses_to_nothing(scene: Scene) -> None:
    """Responses with numbers that were never used are ignored; what is outstanding stays so."""
    reply = reply_to(scene)
    strays = [wire.deliver_sm_resp(number) for number in (0, reply.frame.sequence + 1, 999, 0xFFFFFFFF)]
    assert scene.client.send(*strays) == []
    assert waiting(scene) == [REPLY]
    assert scene.client.acknowledge(reply) == []
    assert waiting(scene) == []


@row("S-04")
def test_a_response_twice(scene: Scene) -> None:
    """The second is ignored: acknowledged once, and nothing else with it."""
    reply = reply_to(scene)
    assert scene.client.acknowledge(reply, reply) == []
    assert waiting(scene) == []
    assert scene.client.acknowledge(reply, status=0x08) == []
    scene.client.check_usable()
    assert state_of_reply(scene) == 2  # DELIVERED


@pytest.mark.parametrize(
    "name", ["submit_sm_resp", "data_sm_resp", "enquire_link_resp", "unbind_resp", "query_sm_resp"]
)
@row("S-05")
def test_a_response_of_another_kind(scene: Scene, name: str) -> None:
    """It does not fit: the delivery still waits, and is repeated when its time is up, with the same octets."""
    reply = reply_to(scene)
    assert scene.client.send(wire.RESPONSES[name](reply.frame.sequence)) == []
    assert waiting(scene) == [REPLY]
    assert not scene.client.closed
    again: list[Delivered] = []
    for _ in range(60):
        scene.wait(1)
        scene.bench.advance(10)
        frames = scene.client.frames()
        again += only_deliveries(frames)
        scene.client.send(
            *(wire.enquire_link_resp(frame.sequence) for frame in frames if frame.command_id == wire.ENQUIRE_LINK)
        )
        if again:
            break
    assert [repeated.frame.body for repeated in again] == [reply.frame.body]
    assert again[0].frame.sequence != reply.frame.sequence
    scene.client.acknowledge(*again)
    assert waiting(scene) == []


@row("S-06")
def test_a_late_response(scene: Scene) -> None:
    """A response that comes after the delivery was repeated says nothing of the repetition."""
    first = reply_to(scene)
    again: list[Delivered] = []
    while not again:
        scene.wait(1)
        scene.bench.advance(10)
        frames = scene.client.frames()
        again += only_deliveries(frames)
        scene.client.send(
            *(wire.enquire_link_resp(frame.sequence) for frame in frames if frame.command_id == wire.ENQUIRE_LINK)
        )
        assert not scene.client.closed
    assert scene.client.acknowledge(first) == []
    assert scene.client.acknowledge(*again) == []
    assert waiting(scene) == []
    scene.bench.advance(3_600)
    assert scene.client.frames() == []


@row("S-07")
def test_try_later_forever(scene: Scene) -> None:
    """A client that always answers "try later" is tried less and less often, and then given up."""
    pending = [reply_to(scene)]
    at, times = 0, [0]
    while waiting(scene):
        for reply in pending:
            scene.client.acknowledge(reply, status=RX_T_APPN)
        pending = []
        step = max(1, (at - times[-1]) // 20)
        scene.bench.advance(step)
        at += step
        pending = only_deliveries(scene.client.frames())
        if pending:
            times.append(at)
            assert len(times) < 100
        assert at < 10 * 86_400
    assert state_of_reply(scene) == UNDELIVERABLE
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) > 1
    assert gaps[-1] > gaps[0]
    assert all(later >= 0.8 * earlier for earlier, later in pairwise(gaps)), gaps


@pytest.mark.parametrize("body", [b"", b"\0\0\0\5why"], ids=["header", "body"])
@row("S-08")
def test_a_storm_of_generic_nacks(scene: Scene, body: bytes) -> None:
    """Nacks are never answered; a thousand are borne, then the session is closed."""
    nacks = [wire.pdu(wire.GENERIC_NACK, body, number, status=3) for number in range(900, 1_900)]
    assert scene.client.send(*nacks[:900]) == []
    scene.client.check_usable()
    assert scene.client.send(*nacks) == []
    assert scene.client.closed


@row("S-09")
def test_unbind_behind_ten_submits(stage: Stage) -> None:
    """What came before the unbind is answered before it is; then the connection ends."""
    storage = HeldStorage()
    scene = stage(storage=storage)
    storage.held = True
    requests = [submit(number, destination_addr=wire.HANDSET) for number in range(10, 20)]
    assert scene.client.send(*requests, wire.unbind(20)) == []
    storage.release()
    scene.bench.settle()
    answers = scene.client.frames()
    assert [frame.header for frame in answers[:10]] == [(SUBMIT_RESP, 0, number) for number in range(10, 20)]
    assert answers[10:] == [Frame(wire.UNBIND | RESPONSE, 0, 20, b"")]
    assert scene.client.closed


@row("S-10")
def test_a_submit_behind_an_unbind(scene: Scene) -> None:
    """It is refused or ignored, and does not run."""
    before = scene.ledger()
    answers = scene.client.send(wire.unbind(7), attack(sequence=8))
    answers.remove(Frame(wire.UNBIND | RESPONSE, 0, 7, b""))
    assert answers in ([], [Frame(SUBMIT_RESP, RINVBNDSTS, 8, b"")])
    assert scene.ledger() == before
    assert scene.client.closed


@row("S-11")
def test_unbind_before_a_bind(unbound: Scene) -> None:
    """There is nothing to unbind."""
    unbound.check_refused(wire.unbind(7), RINVBNDSTS)


@row("S-11")
def test_unbind_twice(scene: Scene) -> None:
    """The second is refused or comes too late to be read."""
    answers = scene.client.send(wire.unbind(7), wire.unbind(8))
    answers.remove(Frame(wire.UNBIND | RESPONSE, 0, 7, b""))
    assert answers in ([], [Frame(wire.UNBIND | RESPONSE, RINVBNDSTS, 8, b"")])
    assert scene.client.closed


@row("S-12")
def test_enquire_link_instead_of_a_bind(unbound: Scene) -> None:
    """Each is answered, and none of them buys time: after ten seconds without a bind it is over."""
    for number in range(1, 10):
        unbound.client.check_usable()
        assert unbound.client.ask(wire.enquire_link(number)).header == (wire.ENQUIRE_LINK | RESPONSE, 0, number)
        unbound.wait(1)
    unbound.wait(1.5)
    assert unbound.client.closed


@row("S-13")
def test_a_request_with_a_status(scene: Scene) -> None:
    """command_status of a request means nothing."""
    scene.check_runs(wire.submit_sm(7, status=5, destination_addr=wire.SHORT_CODE, short_message=b"BALANCE"))


@pytest.mark.parametrize("name", ["submit_sm", "submit_multi", "data_sm", "query_sm", "cancel_sm", "replace_sm"])
@row("S-14")
def test_requests_of_a_receiver(stage: Stage, name: str) -> None:
    """A receiver may only receive."""
    scene = stage(state="BOUND_RX")
    octets = attack() if name == "submit_sm" else wire.REQUESTS[name][1](7)
    scene.check_refused(octets, RINVBNDSTS)


@row("S-14")
def test_a_transmitter_receives_nothing(stage: Stage) -> None:
    """The reply to a transmitter waits until the client binds to receive."""
    scene = stage(state="BOUND_TX")
    assert scene.client.ask(submit(7)).header == (SUBMIT_RESP, 0, 7)
    scene.wait(5)
    assert scene.client.frames() == []
    scene.rebind("BOUND_RX")
    frames = scene.client.frames()
    assert [frame.command_id for frame in frames] == [wire.BIND_RECEIVER | RESPONSE, wire.DELIVER_SM]
    reply = wire.delivered(frames[1])
    assert "Balance:" in reply.text
    assert scene.client.acknowledge(reply) == []


@row("S-08")
def test_a_nack_for_a_delivery(scene: Scene) -> None:
    """A nack with the number of a delivery is its failure, not the end of the session."""
    reply = reply_to(scene)
    octets = wire.pdu(wire.GENERIC_NACK, tlv(0x001D, b"no\0"), reply.frame.sequence, status=3)
    assert scene.client.send(octets) == []
    scene.client.check_usable()
