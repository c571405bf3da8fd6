"""Rows V: optional parameters that are unknown, out of place, cut, too long or too many."""

from __future__ import annotations

import time
from operator import attrgetter

import attrs
import pytest

from tests.conformance import wire
from tests.conformance.wire import HANDSET, PAYLOAD, SHORT_CODE, tlv
from tests.hostile.conftest import Stage
from tests.hostile.rows import row
from tests.hostile.scene import (
    RINVMSGLEN,
    RINVOPTPARSTREAM,
    RINVPARLEN,
    ROPTPARNOTALLWD,
    Scene,
    attack,
    submit,
)

(
    DEST_BEARER_TYPE,
    SOURCE_ADDR_SUBUNIT,
    SOURCE_NETWORK_TYPE,
    RECEIPTED_MESSAGE_ID,
    ADDITIONAL_STATUS_INFO_TEXT,
    SOURCE_SUBADDRESS,
    DEST_SUBADDRESS,
    USER_MESSAGE_REFERENCE,
    SAR_MSG_REF_NUM,
    SAR_TOTAL_SEGMENTS,
    SAR_SEGMENT_SEQNUM,
    SC_INTERFACE_VERSION,
    CALLBACK_NUM_ATAG,
    CALLBACK_NUM,
    SET_DPF,
    NETWORK_ERROR_CODE,
    DELIVERY_FAILURE_REASON,
    MESSAGE_STATE,
    ALERT_ON_MESSAGE_DELIVERY,
) = (
    *(0x0007, 0x000D, 0x000E, 0x001E, 0x001D, 0x0202, 0x0203, 0x0204, 0x020C, 0x020E, 0x020F, 0x0210),
    *(0x0303, 0x0381, 0x0421, 0x0423, 0x0425, 0x0427, 0x130C),
)


@attrs.frozen
class Case:
    """What follows the mandatory fields of a submit_sm, and the statuses for it; none: it runs."""

    id: str
    tail: bytes
    statuses: tuple[int, ...]


def refused(id: str, tail: bytes, *statuses: int) -> Case:
    return Case(id, tail, statuses)


REFUSED = [
    *(refused(f"V-04-{size}-octets", b"\x04\x24\x00"[:size], RINVOPTPARSTREAM) for size in (1, 2, 3)),
    refused("V-04-after-a-good-one", tlv(USER_MESSAGE_REFERENCE, b"\0\1") + b"\0", RINVOPTPARSTREAM),
    refused("V-05-unknown", tlv(0x1400, b"abc", length=4), RINVOPTPARSTREAM),
    refused("V-05-string", tlv(CALLBACK_NUM, b"\1\1\x01123", length=400), RINVOPTPARSTREAM),
    refused("V-05-payload", tlv(PAYLOAD, b"PIN", length=65_535), RINVOPTPARSTREAM),
    refused("V-06-integer", tlv(USER_MESSAGE_REFERENCE, b"\0", length=2), RINVOPTPARSTREAM),
    refused("V-06-no-value", tlv(USER_MESSAGE_REFERENCE, b"", length=2), RINVOPTPARSTREAM),
    refused("V-07-one-octet", tlv(USER_MESSAGE_REFERENCE, b"\1"), RINVPARLEN),
    refused("V-07-four-octets", tlv(USER_MESSAGE_REFERENCE, b"\0\0\0\1"), RINVPARLEN),
    refused("V-07-none", tlv(USER_MESSAGE_REFERENCE), RINVPARLEN),
    refused("V-07-sar", tlv(SAR_MSG_REF_NUM, b"\1"), RINVPARLEN),
    refused("V-08-two-octets", tlv(SOURCE_ADDR_SUBUNIT, b"\0\1"), RINVPARLEN),
    refused("V-09-two-octets", tlv(ALERT_ON_MESSAGE_DELIVERY, b"\0\1"), RINVPARLEN),
    refused("V-11-other-twice", tlv(USER_MESSAGE_REFERENCE, b"\0\1") * 2, ROPTPARNOTALLWD),
    refused("V-11-beside-a-text", tlv(PAYLOAD, b"BALANCE"), ROPTPARNOTALLWD),
    refused("V-13-16000-unknown", tlv(0x1400) * 16_000, RINVOPTPARSTREAM),
    refused("V-13-30000-unknown", tlv(0x3FFF) * 30_000, RINVOPTPARSTREAM),
    refused("V-13-16000-of-all-tags", b"".join(tlv(tag) for tag in range(0x2000, 0x2000 + 16_000)), RINVOPTPARSTREAM),
    refused("V-13-65", tlv(0x1400) * 65, RINVOPTPARSTREAM),
]

IGNORED = [
    refused("V-01-vendor", tlv(0x1400, b"PIN")),
    refused("V-01-reserved", tlv(0x4000, b"PIN")),
    refused("V-01-highest", tlv(0xFFFF, b"")),
    refused("V-01-zero", tlv(0x0000, b"\0")),
    refused("V-02-receipted_message_id", tlv(RECEIPTED_MESSAGE_ID, b"1\0")),
    refused("V-02-sc_interface_version", tlv(SC_INTERFACE_VERSION, b"\x34")),
    refused("V-02-source_network_type", tlv(SOURCE_NETWORK_TYPE, b"\1")),
    refused("V-03-callback_num_atag", tlv(CALLBACK_NUM, b"\1\1\x01123") + tlv(CALLBACK_NUM_ATAG, b"\0home")),
    refused("V-08-one-octet", tlv(SOURCE_ADDR_SUBUNIT, b"\1")),
    refused("V-09-empty", tlv(ALERT_ON_MESSAGE_DELIVERY)),
    refused("V-09-one-octet", tlv(ALERT_ON_MESSAGE_DELIVERY, b"\0")),
    refused("V-10-subaddresses", tlv(SOURCE_SUBADDRESS, b"\x80123") + tlv(DEST_SUBADDRESS, b"\xa0" + b"9" * 22)),
    refused("V-13-64", tlv(0x1400) * 64),
    refused("V-14-reference-alone", tlv(SAR_MSG_REF_NUM, b"\0\1")),
    refused("V-14-no-total", tlv(SAR_MSG_REF_NUM, b"\0\1") + tlv(SAR_SEGMENT_SEQNUM, b"\1")),
    refused("V-14-no-number", tlv(SAR_MSG_REF_NUM, b"\0\1") + tlv(SAR_TOTAL_SEGMENTS, b"\2")),
    refused("V-15-no-NUL", tlv(RECEIPTED_MESSAGE_ID, b"0000000001")),
]


def sar(reference: int, total: int, number: int) -> bytes:
    return (
        tlv(SAR_MSG_REF_NUM, reference.to_bytes(2, "big"))
        + tlv(SAR_TOTAL_SEGMENTS, bytes([total]))
        + tlv(SAR_SEGMENT_SEQNUM, bytes([number]))
    )


@pytest.mark.parametrize("case", REFUSED, ids=attrgetter("id"))
def test_refused(scene: Scene, case: Case) -> None:
    """Bad parameters refuse the whole PDU: nothing runs, and the session lives on."""
    scene.check_refused(attack(case.tail), *case.statuses)


@pytest.mark.parametrize("case", IGNORED, ids=attrgetter("id"))
def test_ignored(scene: Scene, case: Case) -> None:
    """Parameters that are unknown, not for this PDU or of no use here do not keep a text from running."""
    scene.check_runs(submit(7, tail=case.tail))


@pytest.mark.parametrize(
    ("build", "tail"),
    [
        (wire.enquire_link, tlv(MESSAGE_STATE, b"\2")),
        (wire.enquire_link, tlv(PAYLOAD, b"PIN")),
        (wire.unbind, tlv(PAYLOAD, b"PIN")),
    ],
    ids=["message_state", "payload", "unbind"],
)
@row("V-02")
def test_a_parameter_in_a_request_without_a_body(scene: Scene, build: wire.Builder, tail: bytes) -> None:
    """enquire_link and unbind are answered as ever."""
    octets = build(7, tail=tail)
    command_id = int.from_bytes(octets[4:8], "big")
    assert scene.client.send(octets) == [wire.Frame(command_id | wire.RESPONSE, 0, 7, b"")]


@row("V-03")
def test_set_dpf_in_data_sm(scene: Scene) -> None:
    """data_sm takes set_dpf."""
    answer = scene.client.ask(wire.data_sm(7, tail=tlv(SET_DPF, b"\1")))
    assert answer.header == (wire.DATA_SM | wire.RESPONSE, 0, 7)


@pytest.mark.parametrize(
    "tail",
    [
        tlv(ADDITIONAL_STATUS_INFO_TEXT, b"fine\0"),
        tlv(DELIVERY_FAILURE_REASON, b"\0"),
        tlv(NETWORK_ERROR_CODE, b"\3\0\1"),
        tlv(0x1400, b"?"),
        tlv(RECEIPTED_MESSAGE_ID, b"no NUL"),
        tlv(NETWORK_ERROR_CODE, b"\3"),
        tlv(0x1400, b"?", length=999),
        b"\xff",
    ],
    ids=["info", "reason", "network", "unknown", "receipted", "short", "beyond", "trailing"],
)
@pytest.mark.parametrize("status", [0, 0x65])
@row("V-03", "V-10")
def test_parameters_of_a_response(scene: Scene, status: int, tail: bytes) -> None:
    """Whatever a deliver_sm_resp carries behind its message_id, it closes the matter and nothing is sent for it."""
    answers = scene.client.send(submit(7))
    reply = wire.delivered(answers[1])
    assert scene.client.send(wire.deliver_sm_resp(reply.frame.sequence, status=status, tail=tail)) == []
    scene.client.check_usable()
    if tail[2:4] == b"\x03\xe7" or len(tail) == 1:
        return  # a response that cannot be read may count as none: then the delivery is repeated
    scene.wait(31)
    scene.bench.advance(3600)
    assert scene.client.deliveries() == []


@row("V-11")
def test_payload_twice(scene: Scene) -> None:
    """Two texts are no text: neither the first nor the last runs."""
    octets = attack(tlv(PAYLOAD, b"PIN") + tlv(PAYLOAD, b"BALANCE"), short_message=b"")
    scene.check_refused(octets, ROPTPARNOTALLWD)


@row("V-11")
def test_payload_wins_for_a_client_of_5_0(stage: Stage) -> None:
    """SMPP 5.0 §4.2.1.1: message_payload supersedes short_message."""
    stage(version=0x50).check_runs(submit(7, b"PIN", tlv(PAYLOAD, b"BALANCE")))


@pytest.mark.parametrize("size", [0, 65_535])
@row("V-12")
def test_payload_of_extreme_size(scene: Scene, size: int) -> None:
    """The smallest and the largest payload are accepted or refused whole, and answered once."""
    text = tlv(PAYLOAD, b"x" * size)
    answer = scene.client.ask(wire.submit_sm(7, short_message=b"", tail=text, destination_addr=HANDSET))
    assert answer.header in ((wire.SUBMIT_SM | wire.RESPONSE, 0, 7), (wire.SUBMIT_SM | wire.RESPONSE, RINVMSGLEN, 7))
    if answer.status == 0 and size:
        messages = scene.bench.read(lambda books: [books.messages.get(number) for number in range(1, 9)])
        assert [len(message.user_data) for message in messages if message] == [size]
    scene.client.check_usable()


@row("V-13")
def test_very_many_parameters_cost_little(scene: Scene) -> None:
    """Thirty thousand parameters are counted out in less than 50 ms."""
    octets = attack(tlv(0x1400) * 30_000)
    took = []
    for _ in range(3):
        began = time.process_time()
        (answer,) = scene.client.send(octets)
        took.append(time.process_time() - began)
        assert answer == wire.Frame(wire.SUBMIT_SM | wire.RESPONSE, RINVOPTPARSTREAM, 7, b"")
    assert min(took) < 0.05


@pytest.mark.parametrize(
    ("total", "number"),
    [(0, 1), (2, 0), (2, 3), (0, 0), (255, 0)],
    ids=["total-0", "number-0", "beyond", "zeros", "255"],
)
@row("V-14")
def test_segments_that_cannot_be(scene: Scene, total: int, number: int) -> None:
    """sar_* values that make no sense are ignored, all three: the text is a whole one."""
    scene.check_runs(submit(7, tail=sar(1, total, number)))


@row("V-14")
def test_segments_beside_a_header(scene: Scene) -> None:
    """sar_* and a user data header must not be combined (SMPP 3.4 §5.2.12): the header decides."""
    header = wire.udh((0x05, b"\0\0\0\0"))
    scene.check_runs(submit(7, header + b"BALANCE", sar(1, 2, 1), esm_class=0x40))


@row("V-15")
def test_receipted_message_id_without_NUL_in_data_sm(scene: Scene) -> None:
    """The id is taken as it is, or ignored; the message is accepted."""
    answer = scene.client.ask(wire.data_sm(7, tail=tlv(RECEIPTED_MESSAGE_ID, b"0000000001")))
    assert answer.header == (wire.DATA_SM | wire.RESPONSE, 0, 7)


@row("V-05")
def test_a_length_that_eats_the_next_parameter(scene: Scene) -> None:
    """A parameter that claims the next one's octets keeps them from running."""
    tail = tlv(0x1400, b"", length=7) + tlv(PAYLOAD, b"PIN")
    answers = scene.client.send(submit(7, b"", tail, destination_addr=SHORT_CODE))
    assert answers[0].header == (wire.SUBMIT_SM | wire.RESPONSE, 0, 7)
    assert "ПИН:" not in "".join(reply.text for reply in map(wire.delivered, answers[1:]))
    scene.client.acknowledge(*map(wire.delivered, answers[1:]))
