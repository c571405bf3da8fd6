"""Rows H, the header: lengths that lie, commands that are none, noise."""

from __future__ import annotations

import random
import struct

import pytest

from tests.conformance import wire
from tests.conformance.raw import KINDS
from tests.conformance.wire import RESPONSE, Frame, tlv
from tests.hostile.conftest import Stage
from tests.hostile.rows import row
from tests.hostile.scene import (
    RINVCMDID,
    RINVCMDLEN,
    RINVOPTPARSTREAM,
    Scene,
    attack,
    bind,
    submit,
)

HUGE = {"16MiB": 1 << 24, "7FFFFFFF": 0x7FFFFFFF, "80000000": 0x80000000, "FFFFFFFF": 0xFFFFFFFF}
SHORT = [0, 1, 3, 4, 8, 15]
BIND_RESP = wire.BIND_TRANSCEIVER | RESPONSE


@pytest.mark.parametrize("size", [0, 1, 3, 4, 7, 8, 12, 15])
@row("H-01")
def test_less_than_a_header(unbound: Scene, size: int) -> None:
    """A piece of a header is waited for, in silence."""
    octets = bind()
    assert unbound.client.send(octets[:size]) == []
    assert not unbound.client.closed
    assert unbound.client.ask(octets[size:]).header == (BIND_RESP, 0, 1)


@pytest.mark.parametrize("state", [None, "BOUND_TRX"], ids=["open", "bound"])
@pytest.mark.parametrize("length", SHORT)
@row("H-02")
def test_lengths_below_a_header(stage: Stage, length: int, state: str | None) -> None:
    """The sequence_number is known when the whole header was there."""
    scene = stage(state=state)
    scene.check_nacked_and_closed(struct.pack(">IIII", length, wire.SUBMIT_SM, 0, 7) + attack(), 7)


@pytest.mark.parametrize("length", SHORT)
@row("H-02")
def test_lengths_below_a_header_alone(scene: Scene, length: int) -> None:
    """Four octets are enough to know; then the sequence_number is 0."""
    scene.check_nacked_and_closed(struct.pack(">I", length), 0)


@row("H-03")
def test_a_body_that_the_length_denies(scene: Scene) -> None:
    """command_length 16 ends the PDU: what follows is the next header, and if it is none, the end."""
    answers = scene.client.send(wire.pdu(wire.ENQUIRE_LINK, b"BALANCE " * 4 + b"PINPIN", 7, length=16))
    assert answers[0] == Frame(wire.ENQUIRE_LINK | RESPONSE, 0, 7, b"")
    assert answers[1].header[:2] == (wire.GENERIC_NACK, RINVCMDLEN)
    assert len(answers) == 2
    assert scene.client.closed


@row("H-03")
def test_a_submit_whose_length_denies_its_body(scene: Scene) -> None:
    """The text of a submit_sm with command_length 16 does not run, its header is refused."""
    entries = scene.ledger()
    answers = scene.client.send(attack()[:3] + b"\x10" + attack()[4:])
    assert answers[0] == Frame(wire.SUBMIT_SM | RESPONSE, RINVCMDLEN, 7, b"")
    assert scene.ledger() == entries


@row("H-03")
def test_a_body_that_is_the_next_pdu(scene: Scene) -> None:
    """What follows a PDU of 16 octets is read as the PDU that it is."""
    answers = scene.client.send(wire.pdu(wire.ENQUIRE_LINK, wire.enquire_link(8), 7, length=16))
    assert [frame.sequence for frame in answers] == [7, 8]
    scene.client.check_usable()


@pytest.mark.parametrize("state", [None, "BOUND_TRX"], ids=["open", "bound"])
@row("H-04")
def test_one_octet_too_many(stage: Stage, state: str | None) -> None:
    """An enquire_link with an octet behind it is refused, and the session is kept."""
    stage(state=state).check_refused(wire.enquire_link(7, tail=b"\0"), RINVOPTPARSTREAM)


@pytest.mark.parametrize("state", [None, "BOUND_TRX"], ids=["open", "bound"])
@pytest.mark.parametrize("length", HUGE.values(), ids=HUGE.keys())
@row("H-05")
def test_huge_lengths(stage: Stage, length: int, state: str | None) -> None:
    """Refused on the first four octets, without waiting for more."""
    stage(state=state).check_nacked_and_closed(struct.pack(">I", length), 0)


@row("H-06")
def test_one_octet_above_the_limit(scene: Scene) -> None:
    """128 KiB and one octet is too long, and the header says so before the body comes."""
    scene.check_nacked_and_closed(struct.pack(">IIII", 131_073, wire.SUBMIT_SM, 0, 7), 7)


@row("H-06")
def test_the_longest_pdu(scene: Scene) -> None:
    """128 KiB is not too long."""
    room = 131_072 - len(submit()) - 8
    octets = submit(tail=tlv(0x1400, bytes(65_535)) + tlv(0x1401, bytes(room - 65_535)))
    assert len(octets) == 131_072
    scene.check_runs(octets)


@pytest.mark.parametrize("seed", range(10))
@row("H-07")
def test_random_octets_before_a_bind(unbound: Scene, seed: int) -> None:
    """Noise is answered with generic_nack and the connection is closed."""
    noise = b"\xff" + random.Random(seed).randbytes(99)
    unbound.check_nacked_and_closed(noise, int.from_bytes(noise[12:16], "big"), RINVCMDLEN, RINVCMDID)


@pytest.mark.parametrize(
    "text", [b"hello world, is this thing on?\r\n", b"QUIT\r\n", b"\n\n\n\n", b"EHLO localhost\r\n"]
)
@row("H-07")
def test_text_before_a_bind(unbound: Scene, text: bytes) -> None:
    """So is text."""
    sequence = int.from_bytes(text[12:16], "big") if len(text) >= 16 else 0
    unbound.check_nacked_and_closed(text, sequence, RINVCMDLEN, RINVCMDID)


@pytest.mark.parametrize("length", [513, 5_000, 131_072])
@row("H-16")
def test_long_pdus_before_a_bind(unbound: Scene, length: int) -> None:
    """Before a bind 512 octets are the limit, whatever the PDU: known from its header."""
    unbound.check_nacked_and_closed(struct.pack(">IIII", length, wire.BIND_TRANSCEIVER, 0, 7), 7)


@row("H-16")
def test_512_octets_before_a_bind(unbound: Scene) -> None:
    """512 octets are within the limit."""
    octets = bind(7, tail=tlv(0x1400, bytes(512 - len(bind(7)) - 4)))
    assert len(octets) == 512
    assert unbound.client.ask(octets).header == (BIND_RESP, 0, 7)


@pytest.mark.parametrize("state", [None, *KINDS], ids=str)
@pytest.mark.parametrize(
    "build", [wire.outbind, wire.deliver_sm, wire.alert_notification], ids=["outbind", "deliver_sm", "alert"]
)
@row("H-21")
def test_what_only_an_smsc_says(stage: Stage, build: wire.Builder, state: str | None) -> None:
    """PDUs of the other direction get generic_nack in every state; nothing runs."""
    stage(state=state).check_refused(build(7), RINVCMDID, command_id=wire.GENERIC_NACK)


@pytest.mark.parametrize("state", [None, "BOUND_TRX"], ids=["open", "bound"])
@pytest.mark.parametrize("command_id", [0x0A, 0x0C, 0x16, 0x10200, 0x00000000, 0x7FFFFFFF, 0x104])
@row("H-22")
def test_reserved_commands(stage: Stage, command_id: int, state: str | None) -> None:
    """An unknown request gets generic_nack, and the session is kept."""
    stage(state=state).check_refused(wire.pdu(command_id, b"PIN", 7), RINVCMDID, command_id=wire.GENERIC_NACK)


@pytest.mark.parametrize("command_id", [0x80000102, 0x8000000A, 0x80010200, 0xFFFFFFFF])
@row("H-22")
def test_unknown_responses(scene: Scene, command_id: int) -> None:
    """An unknown response is ignored: a nack for a nack would never end."""
    assert scene.client.send(wire.pdu(command_id, b"PIN", 7)) == []
    scene.client.check_usable()
