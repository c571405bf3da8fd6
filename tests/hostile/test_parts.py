"""Rows X, concatenation: parts that are missing, doubled, contradictory, too many or somebody else's."""

from __future__ import annotations

import time

import pytest

from gateway.storage.base import Books
from tests.conformance import wire
from tests.conformance.raw import Client, message_id
from tests.conformance.wire import PAYLOAD, tlv
from tests.hostile.conftest import Stage
from tests.hostile.rows import row
from tests.hostile.scene import RINVMSGLEN, RMSGQFUL, Scene, submit
from tests.hostile.test_tlvs import sar

NEW_PIN, BALANCE = "Новый ПИН", "Balance:"


def part(
    text: bytes,
    number: int,
    total: int = 2,
    reference: int = 9,
    sequence: int = 7,
    wide: bool = False,
    **fields: wire.Value,
) -> bytes:
    """One part of a text to the wallet, with a header of 8- or 16-bit reference."""
    if wide:
        header = wire.udh((0x08, reference.to_bytes(2, "big") + bytes([total, number])))
    else:
        header = wire.udh((0x00, bytes([reference, total, number])))
    return submit(sequence, header + text, esm_class=0x40, **fields)


def accepted(client: Client, octets: bytes) -> str:
    """Send a part that is accepted and answered by nothing else; its message_id."""
    answer = client.ask(octets)
    assert answer.header == (wire.SUBMIT_SM | wire.RESPONSE, 0, 7)
    return message_id(answer)


def open_sets(scene: Scene) -> int:
    def read(books: Books) -> int:
        return len(books.parts.rows())

    return scene.bench.read(read)


def check_refused(scene: Scene, octets: bytes) -> None:
    """The part is refused, its set is gone with it, and nothing ran."""
    entries = scene.ledger()[2]  # type: ignore[index]  # a tuple, see there
    assert scene.client.ask(octets) == wire.Frame(wire.SUBMIT_SM | wire.RESPONSE, RINVMSGLEN, 7, b"")
    assert open_sets(scene) == 0
    assert scene.ledger()[2] == entries  # type: ignore[index]
    scene.client.check_usable()


@row("X-11")
def test_a_part_that_never_comes(scene: Scene) -> None:
    """Parts are acknowledged one by one; after five minutes the set is forgotten, and a late part starts another."""
    entries = scene.ledger()[2]  # type: ignore[index]  # a tuple, see there
    first = accepted(scene.client, part(b"PI", 1))
    assert open_sets(scene) == 1
    scene.bench.advance(299)
    assert open_sets(scene) == 1
    scene.bench.advance(2)
    assert open_sets(scene) == 0
    assert scene.client.state_of(first) == 3  # EXPIRED
    accepted(scene.client, part(b"N", 2))
    assert open_sets(scene) == 1
    assert scene.ledger()[2] == entries  # type: ignore[index]


@pytest.mark.parametrize("order", [(3, 2, 1), (2, 3, 1), (3, 1, 2), (1, 3, 2)])
@row("X-12")
def test_out_of_order(scene: Scene, order: tuple[int, ...]) -> None:
    """Parts in any order are joined in the order of their numbers, and run once."""
    pieces = {1: b"BAL", 2: b"AN", 3: b"CE"}
    for number in order[:-1]:
        accepted(scene.client, part(pieces[number], number, 3))
    scene.check_runs(part(pieces[order[-1]], order[-1], 3), BALANCE)
    assert open_sets(scene) == 0


@row("X-13")
def test_the_same_part_twice(scene: Scene) -> None:
    """A part that comes again is acknowledged and changes nothing: the text runs once."""
    accepted(scene.client, part(b"PI", 1))
    accepted(scene.client, part(b"PI", 1))
    scene.check_runs(part(b"N", 2), NEW_PIN)
    (answer, *more) = scene.client.send(part(b"N", 2))
    assert answer.header == (wire.SUBMIT_SM | wire.RESPONSE, 0, 7)
    assert more == []


@row("X-13")
def test_another_part_of_the_same_number(scene: Scene) -> None:
    """Two texts for one number: the set is dropped, and neither mixture runs."""
    entries = scene.ledger()[2]  # type: ignore[index]
    accepted(scene.client, part(b"IN", 2, 3))
    (answer,) = scene.client.send(part(b"AY", 2, 3))
    assert answer.header[0::2] == (wire.SUBMIT_SM | wire.RESPONSE, 7)
    accepted(scene.client, part(b"P", 1, 3))
    assert scene.client.send(part(b"", 3, 3)) != []
    assert scene.client.deliveries() == []
    assert scene.ledger()[2] == entries  # type: ignore[index]


@row("X-14")
def test_the_same_reference_with_another_total(scene: Scene) -> None:
    """The total is part of the key: parts of two and of three are two texts."""
    accepted(scene.client, part(b"PI", 1, 2))
    accepted(scene.client, part(b"N", 2, 3))
    assert open_sets(scene) == 2
    scene.check_runs(part(b"N", 2, 2), NEW_PIN)
    assert open_sets(scene) == 1


@row("X-15")
def test_the_same_reference_of_another_sender(scene: Scene) -> None:
    """Parts of two subscribers never meet."""
    accepted(scene.client, part(b"PI", 1))
    accepted(scene.client, part(b"N", 2, source_addr="79991110004"))
    assert open_sets(scene) == 2
    assert scene.client.deliveries() == []


@row("X-15")
def test_the_same_reference_to_another_destination(scene: Scene) -> None:
    """Parts to two destinations never meet."""
    accepted(scene.client, part(b"PI", 1))
    accepted(scene.client, part(b"N", 2, destination_addr=wire.HANDSET))
    assert scene.client.deliveries() == []


@row("X-15")
def test_the_same_reference_of_another_client(scene: Scene) -> None:
    """Parts of two clients never meet, though the subscriber and the short code are the same."""
    accepted(scene.client, part(b"PI", 1))
    accepted(scene.witness, part(b"N", 2))
    assert open_sets(scene) == 2
    assert scene.client.deliveries() == []
    assert scene.witness.deliveries() == []


@row("X-16")
def test_a_reference_used_again(scene: Scene) -> None:
    """A first part with another text starts a new set: the old one's parts are gone."""
    accepted(scene.client, part(b"P", 1, 3))
    accepted(scene.client, part(b"IN", 2, 3))
    accepted(scene.client, part(b"BAL", 1, 3))
    accepted(scene.client, part(b"AN", 2, 3))
    scene.check_runs(part(b"CE", 3, 3), BALANCE)


@row("X-17")
def test_255_parts(scene: Scene) -> None:
    """The longest text that can be: joined, too long for a command, answered once."""
    for number in range(1, 255):
        accepted(scene.client, part(b"A" * 134, number, 255))
    answers = scene.client.send(part(b"A" * 134, 255, 255))
    assert answers[0].header == (wire.SUBMIT_SM | wire.RESPONSE, 0, 7)
    assert len(answers) == 2
    assert open_sets(scene) == 0
    scene.client.acknowledge(wire.delivered(answers[1]))


@row("X-17")
def test_open_sets_of_one_sender(scene: Scene) -> None:
    """One sender cannot open sets without end: ESME_RMSGQFUL, and others still may."""
    refused = None
    for start in range(0, 65_536, 1_024):
        references = range(start, start + 1_024)
        frames = scene.client.send(*(part(b"P", 1, 3, number, wide=True) for number in references))
        bad = {frame.status for frame in frames} - {0}
        if bad:
            assert bad == {RMSGQFUL}
            refused = start
            break
    assert refused is not None, "65,536 sets of one sender"
    held = open_sets(scene)
    scene.client.send(*(part(b"P", 1, 3, number, wide=True) for number in range(2_000)))
    assert open_sets(scene) <= held + 1
    accepted(scene.client, part(b"PI", 1, source_addr="79991110004"))
    scene.check_runs(submit(7), BALANCE)


@row("X-17")
def test_open_sets_of_all_senders(scene: Scene) -> None:
    """A hundred thousand senders with an open set each: at some number it is enough; no part costs more."""
    statuses: set[int] = set()
    for start in range(0, 100_000, 500):
        sources = (f"7{number:010}" for number in range(start, start + 500))
        began = time.process_time()
        frames = scene.client.send(*(part(b"P", 1, 3, source_addr=source) for source in sources))
        assert time.process_time() - began < 1, f"2 ms and more for a part, with {start} sets open"
        statuses |= {frame.status for frame in frames}
        if statuses != {0}:
            break
    assert statuses == {0, RMSGQFUL}
    assert open_sets(scene) < 100_000
    scene.check_runs(submit(7), BALANCE)


@row("X-17")
def test_the_octets_of_open_sets(scene: Scene) -> None:
    """Open sets are bounded in octets too: parts of 60,000 octets are refused long before there are a thousand."""
    statuses: set[int] = set()
    for number in range(1_000):
        header = wire.udh((0x08, number.to_bytes(2, "big") + b"\x02\x01"))
        octets = submit(7, b"", tlv(PAYLOAD, header + b"x" * 60_000), esm_class=0x40, source_addr=f"79{number:09}")
        (answer,) = scene.client.send(octets)
        statuses.add(answer.status)
        if answer.status:
            break
    assert statuses <= {0, RMSGQFUL, RINVMSGLEN}
    assert len(statuses) == 2


IMPOSSIBLE = {"total-0": (0, 1), "number-0": (2, 0), "beyond": (2, 3), "zeros": (0, 0), "one-of-one": (1, 1)}


@pytest.mark.parametrize("wide", [False, True], ids=["8-bit", "16-bit"])
@pytest.mark.parametrize(("total", "number"), IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
@row("X-18")
def test_numbers_that_cannot_be(scene: Scene, total: int, number: int, wide: bool) -> None:
    """Such an element is ignored (3GPP TS 23.040 §9.2.3.24.1): the text is a whole one and runs at once."""
    scene.check_runs(part(b"BALANCE", number, total, wide=wide), BALANCE)
    assert open_sets(scene) == 0


@row("X-19")
def test_parts_in_two_codings(scene: Scene) -> None:
    """A set whose parts differ in data_coding is refused: the mixture does not run."""
    accepted(scene.client, part(b"PI", 1))
    check_refused(scene, part("N".encode("utf-16-be"), 2, data_coding=8))


@row("X-19")
def test_a_header_in_one_and_parameters_in_the_other(scene: Scene) -> None:
    """A set whose parts are told in two ways is refused: the mixture does not run."""
    accepted(scene.client, part(b"PI", 1, wide=True))
    check_refused(scene, submit(7, b"N", sar(9, 2, 2)))


@row("X-20")
def test_a_cut_inside_an_escape_pair(scene: Scene) -> None:
    """Parts are joined before they are read: PIN€ is PIN and a mark, not PIN and the letter e."""
    accepted(scene.client, part(b"PIN\x1b", 1))
    scene.check_runs(part(b"e", 2), NEW_PIN)


@row("X-20")
def test_a_cut_inside_a_surrogate_pair(scene: Scene) -> None:
    """Parts are joined before they are read: half a character at the end of each is one."""
    accepted(scene.client, part("PIN".encode("utf-16-be") + b"\xd8\x3d", 1, data_coding=8))
    scene.check_runs(part(b"\xde\x00", 2, data_coding=8), NEW_PIN)


@row("X-20")
def test_a_cut_inside_a_character(scene: Scene) -> None:
    """Even an odd cut of UCS-2 is joined before it is read."""
    octets = "БАЛАНС".encode("utf-16-be")
    answers = scene.client.send(part(octets[:5], 1, data_coding=8))
    assert [frame.header[0::2] for frame in answers] == [(wire.SUBMIT_SM | wire.RESPONSE, 7)]
    if answers[0].status == 0:
        scene.check_runs(part(octets[5:], 2, data_coding=8), "Баланс:")
    else:
        assert answers[0].status == RINVMSGLEN


@row("X-21")
def test_a_megabyte_after_joining(scene: Scene) -> None:
    """Parts that make a megabyte are refused on the way, or joined, cut off and answered once."""
    statuses = []
    for number in range(1, 41):
        header = wire.udh((0x08, b"\0\1\x28" + bytes([number])))
        frames = scene.client.send(submit(7, b"", tlv(PAYLOAD, header + b"PIN " * 6_500), esm_class=0x40))
        statuses.append(frames[0].status)
        assert len(frames) == 1 or number == 40
        scene.client.acknowledge(*map(wire.delivered, frames[1:]))
    assert set(statuses) <= {0, RMSGQFUL, RINVMSGLEN}
    scene.check_runs(submit(7), BALANCE)


@row("X-17")
def test_a_set_over_two_bindings_and_a_loss(stage: Stage) -> None:
    """A set outlives the connection that began it: the rest may come over another one, and the reply goes there."""
    scene = stage()
    accepted(scene.client, part(b"PI", 1))
    scene.client.peer.close()
    scene.rebind()
    scene.client.frames()
    scene.check_runs(part(b"N", 2), NEW_PIN)
