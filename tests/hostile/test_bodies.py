"""Rows B: mandatory fields that are missing, cut, too long or wrong, around a PIN reset that must not run."""

from __future__ import annotations

from operator import attrgetter

import attrs
import pytest

from tests.conformance import wire
from tests.conformance.wire import HANDSET, SHORT_CODE
from tests.hostile.conftest import Stage
from tests.hostile.rows import row
from tests.hostile.scene import RINVCMDLEN as CUT
from tests.hostile.scene import (
    RINVDESTFLAG,
    RINVDFTMSGID,
    RINVDSTADR,
    RINVDSTNPI,
    RINVDSTTON,
    RINVESMCLASS,
    RINVEXPIRY,
    RINVMSGLEN,
    RINVNUMDESTS,
    RINVOPTPARSTREAM,
    RINVPARLEN,
    RINVPRTFLG,
    RINVREGDLVFLG,
    RINVREPFLAG,
    RINVSCHED,
    RINVSRCADR,
    RINVSRCNPI,
    RINVSRCTON,
    RMISSINGOPTPARAM,
    RTHROTTLED,
    Scene,
    attack,
    submit,
)


@attrs.frozen
class Case:
    """Octets that are answered with one of the statuses."""

    id: str
    octets: bytes
    statuses: tuple[int, ...]


def refused(id: str, octets: bytes, *statuses: int) -> Case:
    return Case(id, octets, statuses)


def cut_at(size: int) -> bytes:
    """A submit_sm whose body of 38 octets ends after ``size``; its destination is at 17..20."""
    whole = attack(destination_addr="100", short_message=b"BALANCE")
    assert len(whole) == 16 + 38
    return wire.pdu(wire.SUBMIT_SM, whole[16 : 16 + size], 7)


def multi(**fields: wire.Value) -> bytes:
    """A submit_multi of the PIN reset."""
    fields.setdefault("dest_addresses", wire.destination(SHORT_CODE))
    fields.setdefault("short_message", b"PIN")
    return wire.submit_multi(7, **fields)


THREE = wire.destination(SHORT_CODE) * 3
RIGHT_TO_LEFT = "7494\u202e".encode() + b"\0"

REFUSED = [
    refused("B-01-empty", wire.pdu(wire.SUBMIT_SM, b"", 7), CUT),
    *(refused(f"B-02-cut-at-{size}", cut_at(size), CUT) for size in (1, 5, 20, 25, 30)),
    # The text is cut and sm_length tells: that is the matrix's F2.
    refused("B-02-cut-at-33", cut_at(33), CUT, RINVMSGLEN),
    refused("B-03-no-NUL", wire.pdu(wire.SUBMIT_SM, b"\0\1\00179991110001\0\1\0017494", 7), CUT, RINVDSTADR),
    refused("B-03-no-NUL-long", attack(destination_addr=b"7" * 300), CUT, RINVDSTADR),
    refused("B-04-21", attack(source_addr="7" * 21), RINVSRCADR),
    refused("B-04-60", attack(source_addr="7" * 60), RINVSRCADR),
    refused("B-05-empty", attack(destination_addr=""), RINVDSTADR),
    refused("B-06-source-CR-LF", attack(source_addr="7999\r\n0001"), RINVSRCADR),
    refused("B-06-source-bidi", attack(source_addr=RIGHT_TO_LEFT), RINVSRCADR),
    refused("B-06-source-script", attack(source_addr="<script>", source_addr_ton=5), RINVSRCADR),
    refused("B-06-source-drop", attack(source_addr=";DROP TABLE"), RINVSRCADR),
    refused("B-06-source-letters", attack(source_addr="ABCDEF"), RINVSRCADR),
    refused("B-06-source-escape", attack(source_addr="\x1b[2J", source_addr_ton=5), RINVSRCADR),
    refused("B-06-dest-CR-LF", attack(destination_addr="7494\r\n"), RINVDSTADR),
    refused("B-06-dest-bidi", attack(destination_addr=RIGHT_TO_LEFT), RINVDSTADR),
    refused("B-06-dest-script", attack(destination_addr="<script>"), RINVDSTADR),
    refused("B-06-dest-drop", attack(destination_addr="7494;DROP"), RINVDSTADR),
    refused("B-07-12-characters", attack(source_addr="TWELVE CHARS", source_addr_ton=5), RINVSRCADR),
    refused("B-08-source-ton-7", attack(source_addr_ton=7), RINVSRCTON),
    refused("B-08-source-ton-255", attack(source_addr_ton=255), RINVSRCTON),
    refused("B-08-source-npi-5", attack(source_addr_npi=5), RINVSRCNPI),
    refused("B-08-source-npi-255", attack(source_addr_npi=255), RINVSRCNPI),
    refused("B-08-dest-ton-7", attack(dest_addr_ton=7), RINVDSTTON),
    refused("B-08-dest-npi-5", attack(dest_addr_npi=5), RINVDSTNPI),
    refused("B-08-dest-npi-255", attack(dest_addr_npi=255), RINVDSTNPI),
    refused("B-09-transaction", attack(esm_class=0x02), RINVESMCLASS),
    refused("B-09-receipt", attack(esm_class=0x04), RINVESMCLASS),
    refused("B-09-all-types", attack(esm_class=0x3C), RINVESMCLASS),
    refused("B-09-multi", multi(esm_class=0x02), RINVESMCLASS),
    refused("B-10-priority-4", attack(priority_flag=4), RINVPRTFLG),
    refused("B-10-priority-255", attack(priority_flag=255), RINVPRTFLG),
    refused("B-10-replace-2", attack(replace_if_present_flag=2), RINVREPFLAG),
    refused("B-10-registered-3", attack(registered_delivery=0x03), RINVREGDLVFLG),
    refused("B-10-registered-E0", attack(registered_delivery=0xE0), RINVREGDLVFLG),
    refused("B-10-default-id-255", attack(sm_default_msg_id=255), RINVDFTMSGID),
    refused("B-11-schedule-20", attack(schedule_delivery_time="26011612000000000000"), RINVSCHED),
    refused("B-11-validity-5", attack(validity_period="26011"), RINVEXPIRY),
    refused("B-13-200-of-7", attack(sm_length=200, short_message=b"PIN    "), RINVMSGLEN),
    refused("B-14-3-of-10", attack(sm_length=3, short_message=b"PINATA LOL"), RINVOPTPARSTREAM),
    refused("B-16-255", attack(sm_length=255, short_message=b"PIN" + b" " * 252), RINVMSGLEN),
    refused("B-17-no-payload", wire.bare_data_sm(7, destination_addr=SHORT_CODE), RMISSINGOPTPARAM),
    refused("B-18-65", wire.data_sm(7, source_addr="7" * 65, destination_addr=SHORT_CODE, payload=b"PIN"), RINVSRCADR),
    refused("B-19-0", multi(number_of_dests=0, dest_addresses=b""), RINVNUMDESTS),
    refused("B-19-255", multi(number_of_dests=255, dest_addresses=wire.destination(SHORT_CODE) * 255), RINVNUMDESTS),
    refused("B-19-10-of-3", multi(number_of_dests=10, dest_addresses=THREE), RINVNUMDESTS, RINVDESTFLAG),
    refused("B-19-flag-0", multi(dest_addresses=wire.destination(SHORT_CODE, flag=0)), RINVDESTFLAG),
    refused("B-19-flag-3", multi(dest_addresses=wire.destination(SHORT_CODE, flag=3)), RINVDESTFLAG),
]


@pytest.mark.parametrize("case", REFUSED, ids=attrgetter("id"))
def test_refused(scene: Scene, case: Case) -> None:
    """A request with a bad body gets its own response with the row's status, runs nothing, and the session lives on."""
    scene.check_refused(case.octets, *case.statuses)


@row("B-01")
def test_the_attack_works_when_nothing_is_wrong_with_it(scene: Scene) -> None:
    """What all these cases spoil would change the books: so that it did not run means something."""
    before = scene.ledger()
    scene.check_runs(attack(), "ПИН")
    assert scene.ledger() != before


@pytest.mark.parametrize("name", [name for name in wire.REQUESTS if name not in ("unbind", "enquire_link")])
@row("B-01")
def test_every_request_cut_anywhere(scene: Scene, name: str) -> None:
    """However a body ends inside its mandatory fields, the request is refused and nothing runs."""
    command_id, build, _ = wire.REQUESTS[name]
    body = build(7)[16:]
    before = scene.ledger()
    for size in range(len(body)):
        (answer,) = scene.client.send(wire.pdu(command_id, body[:size], 7))
        assert answer == wire.Frame(command_id | wire.RESPONSE, answer.status, 7, b"")
        assert answer.status != 0, f"cut at {size}"
    assert scene.ledger() == before
    scene.client.check_usable()


@row("B-02")
def test_no_cut_of_a_text_runs(scene: Scene) -> None:
    """A submit_sm cut at any of its octets runs nothing: not a shorter text, not with a shorter address."""
    body = attack()[16:]
    before = scene.ledger()
    for size in range(len(body)):
        (answer,) = scene.client.send(wire.pdu(wire.SUBMIT_SM, body[:size], 7))
        assert answer.status in (CUT, RINVMSGLEN, RINVSRCADR, RINVDSTADR, RINVSCHED, RINVEXPIRY)
    assert scene.ledger() == before
    scene.check_runs(attack(), "ПИН")


@row("B-06")
def test_a_NUL_inside_an_address(scene: Scene) -> None:
    """A NUL ends an address; what follows is taken for other fields, which fit no more: nothing runs."""
    before = scene.ledger()
    (answer,) = scene.client.send(attack(source_addr=b"7999\x001110001\0"))
    assert answer.header[0] == wire.SUBMIT_SM | wire.RESPONSE
    assert answer.status != 0
    assert answer.body == b""
    assert scene.ledger() == before


@row("B-07")
def test_digits_as_an_alphanumeric_sender(scene: Scene) -> None:
    """Digits with TON 5 are no subscriber: whether refused or stored, they get no PIN and no reply."""
    entries = scene.ledger()[2]  # type: ignore[index]  # a tuple, see there
    (answer,) = scene.client.send(attack(source_addr_ton=5))
    assert answer.status in (0, RINVSRCADR)
    assert scene.ledger()[2] == entries  # type: ignore[index]


WRONG_TIMES = {
    "month-13": "261315120000000+",
    "30-Feb": "260230120000000+",
    "hour-24": "260116240000000+",
    "minute-60": "260116126000000+",
    "nn-49": "260116120000049+",
    "sign": "260116120000000*",
    "letters": "26AB16120000000+",
    "full-width": "２６".encode()[:2].decode("latin-1") + "0116120000000+",
    "spaces": "                ",
    "minus-first": "-60116120000000+",
    "1938": "380116120000000+",
    "1999": "991231235959900+",
    "past": "250116120000000+",
    "relative-letters": "0000000000AA000R",
}
"""Bench time is 2026-01-15 09:00 UTC. Two-digit years from 38 are in the last century (SMPP 3.4 Appendix C)."""


@pytest.mark.parametrize("time", WRONG_TIMES.values(), ids=WRONG_TIMES.keys())
@pytest.mark.parametrize("field", ["schedule_delivery_time", "validity_period"])
@row("B-12")
def test_times_that_are_none(scene: Scene, field: str, time: str) -> None:
    """A time that is none, or that has been, is refused with the field's own status."""
    status = RINVSCHED if field == "schedule_delivery_time" else RINVEXPIRY
    scene.check_refused(attack(**{field: time}), status)


@pytest.mark.parametrize("time", ["999999999999000R", "000000000000000R"])
@pytest.mark.parametrize("field", ["schedule_delivery_time", "validity_period"])
@row("B-12")
def test_times_too_far_or_too_near(scene: Scene, field: str, time: str) -> None:
    """Refused or clamped, but answered, once."""
    answers = scene.client.send(submit(7, **{field: time}))
    assert answers[0].header[0::2] == (wire.SUBMIT_SM | wire.RESPONSE, 7)
    assert answers[0].status in (0, RINVSCHED, RINVEXPIRY)
    scene.client.deliveries()
    scene.client.check_usable()


@row("B-15")
def test_no_text_but_a_payload(scene: Scene) -> None:
    """With sm_length 0, what follows is a parameter: message_payload is the text."""
    scene.check_runs(submit(7, b"", wire.tlv(wire.PAYLOAD, b"BALANCE")))


@row("B-18")
def test_the_longest_address_of_data_sm(scene: Scene) -> None:
    """data_sm has addresses of 64 characters: accepted, and not cut."""
    answer = scene.client.ask(wire.data_sm(7, destination_addr="7" * 64))
    assert answer.header == (wire.DATA_SM | wire.RESPONSE, 0, 7)


@row("B-19")
def test_the_same_destination_many_times(scene: Scene) -> None:
    """Duplicate destinations are one response, and at most one PIN reset: the second is told to wait."""
    answers = scene.client.send(multi(number_of_dests=3, dest_addresses=THREE))
    assert answers[0].header == (wire.SUBMIT_MULTI | wire.RESPONSE, 0, 7)
    replies = [wire.delivered(frame) for frame in answers[1:]]
    assert sum("Новый ПИН" in reply.text for reply in replies) <= 1
    scene.client.acknowledge(*replies)
    scene.client.check_usable()


@row("B-19")
def test_a_payload_for_very_many(scene: Scene) -> None:
    """254 destinations of 64 KiB each: accepted for all or refused, answered once, and the gateway lives."""
    tail = wire.tlv(wire.PAYLOAD, b"x" * 65_535)
    many = wire.destination(HANDSET) * 254
    answers = scene.client.send(multi(number_of_dests=254, dest_addresses=many, short_message=b"", tail=tail))
    assert [frame.header[0::2] for frame in answers] == [(wire.SUBMIT_MULTI | wire.RESPONSE, 7)]
    scene.client.check_usable()


@row("B-19")
def test_fan_out_counts_against_the_rate(stage: Stage) -> None:
    """Fifty destinations at five a second leave no room for another text at that moment."""
    scene = stage(demo="rate = 5")
    scene.client.send(multi(number_of_dests=50, dest_addresses=wire.destination(HANDSET) * 50))
    scene.check_refused(attack(), RTHROTTLED)


@pytest.mark.parametrize("size", [2, 15, 17, 200])
@row("B-11")
def test_times_of_every_wrong_length(scene: Scene, size: int) -> None:
    """A time has 16 characters or none (SMPP 3.4 §7.1.1)."""
    scene.check_refused(attack(schedule_delivery_time="2" * size), RINVSCHED)
    scene.check_refused(attack(validity_period="2" * size), RINVEXPIRY)


@row("B-10")
def test_all_wrong_at_once(scene: Scene) -> None:
    """Whatever is looked at first, one wrong field is enough and one answer is given."""
    (answer,) = scene.client.send(
        attack(wire.tlv(0x0204, b"1"), priority_flag=9, esm_class=0x3C, validity_period="x", sm_default_msg_id=255)
    )
    assert answer.header[0::2] == (wire.SUBMIT_SM | wire.RESPONSE, 7)
    assert answer.status in (RINVPRTFLG, RINVESMCLASS, RINVEXPIRY, RINVDFTMSGID, RINVPARLEN)
