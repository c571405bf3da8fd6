"""Section A: framing, header, generic_nack, sequence numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance import wire
from tests.conformance.raw import Client, configured, message_id
from tests.conformance.rows import row
from tests.conformance.wire import GENERIC_NACK, RESPONSE, Frame
from tests.doubles import Bench

SEQUENCE = 0x11223344
ONE_AT_A_TIME = '[clients.demo]\npassword = "demo"\nwindow_out = 1\n'


def nack(status: int, sequence: int = SEQUENCE) -> Frame:
    return Frame(GENERIC_NACK, status, sequence, b"")


@pytest.mark.parametrize("state", ["OPEN", "BOUND_TX", "BOUND_RX", "BOUND_TRX"])
@pytest.mark.parametrize("length", range(16))
@row("A1")
def test_command_length_below_a_header_is_nacked_and_closes(bench: Bench, length: int, state: str) -> None:
    """A PDU that is shorter than its own header loses the boundary: nack with its sequence_number, then close."""
    client = Client(bench) if state == "OPEN" else Client(bench).bind(state)
    assert client.send(wire.pdu(wire.ENQUIRE_LINK, sequence=SEQUENCE, length=length)) == [nack(0x02)]
    assert client.closed


@pytest.mark.parametrize("length", [0, 4, 8, 15])
@row("A1")
def test_short_length_alone_is_nacked_with_sequence_0(bound: Client, length: int) -> None:
    """Where the header cannot be read whole, the nack says sequence 0 and does not wait for the rest."""
    assert bound.send(length.to_bytes(4, "big")) == [nack(0x02, 0)]
    assert bound.closed


@pytest.mark.parametrize("length", [131_073, 0x00FFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x47455420, 0x16030102])
@row("A2")
def test_command_length_beyond_the_maximum_is_nacked_before_its_body(bound: Client, length: int) -> None:
    """A PDU beyond 128 KiB is refused by its header alone."""
    assert bound.send(wire.pdu(wire.SUBMIT_SM, sequence=SEQUENCE, length=length)) == [nack(0x02)]
    assert bound.closed


@pytest.mark.parametrize("length", [131_073, 0x80000000])
@row("A2")
def test_a_long_length_alone_is_nacked_with_sequence_0(bound: Client, length: int) -> None:
    """Four octets are enough to refuse."""
    assert bound.send(length.to_bytes(4, "big")) == [nack(0x02, 0)]
    assert bound.closed


@row("A2")
def test_the_largest_pdu_is_accepted(bound: Client) -> None:
    """128 KiB exactly are processed."""
    room = 131_072 - len(wire.submit_sm())
    octets = wire.submit_sm(2, tail=wire.tlv(0x1400, bytes(65_535)) + wire.tlv(0x1401, bytes(room - 65_535 - 8)))
    assert len(octets) == 131_072
    assert bound.ask(octets).header == (wire.SUBMIT_SM | RESPONSE, 0, 2)
    bound.check_usable()


UNKNOWN = [
    *(0x00000000, 0x0000000A, 0x0000000C, 0x00000014, 0x00000016, 0x00000020, 0x00000022, 0x00000100, 0x00000101),
    *(0x00000104, 0x000001FF, 0x00010000, 0x00010200, 0x000102FF, 0x00010300, 0x7FFFFFFF),
]


@pytest.mark.parametrize("command_id", UNKNOWN, ids="{:#010x}".format)
@row("A3")
def test_an_unknown_command_is_nacked_and_the_session_goes_on(bound: Client, command_id: int) -> None:
    """Unknown, reserved and vendor ids: generic_nack 0x03 with the original sequence_number."""
    for body in (b"", b"\0", bytes(range(200))):
        assert bound.ask(wire.pdu(command_id, body, SEQUENCE)) == nack(0x03)
        bound.check_usable()


@pytest.mark.parametrize(
    "command_id", [0x111, 0x112, 0x113], ids=["broadcast_sm", "query_broadcast", "cancel_broadcast"]
)
@row("A4")
def test_a_command_of_5_0_is_nacked(bound: Client, command_id: int) -> None:
    """SMPP 5.0's own commands are not known to a 3.4 session."""
    assert bound.ask(wire.pdu(command_id, bytes(30), SEQUENCE)) == nack(0x03)
    bound.check_usable()


@pytest.mark.parametrize(("version", "status"), [(0x34, 0x03), (0x50, 0x101)], ids=["3.4", "5.0"])
@row("A4")
def test_a_bind_type_that_is_switched_off(tmp_path: Path, version: int, status: int) -> None:
    """A known command that this client may not use: RINVCMDID, and RPROHIBITED to a 5.0 client."""
    bench = configured(tmp_path, '[clients.demo]\npassword = "demo"\nbind_types = ["receiver"]\n')
    answer = Client(bench).ask(wire.bind_transmitter(SEQUENCE, interface_version=version))
    assert answer == Frame(wire.BIND_TRANSMITTER | RESPONSE, status, SEQUENCE, b"")


@pytest.mark.parametrize("sequence", [0, 1, 77, 0xFFFFFFFF])
@pytest.mark.parametrize("status", [0, 0x03, 0xFF])
@row("A5")
def test_a_generic_nack_to_nothing_is_never_answered(bound: Client, status: int, sequence: int) -> None:
    """A nack is itself a response."""
    assert bound.send(wire.generic_nack(sequence, status=status)) == []
    assert bound.send(wire.generic_nack(sequence, status=status, tail=b"body")) == []
    bound.check_usable()


@row("A5")
def test_a_generic_nack_fails_the_request_that_it_names(tmp_path: Path) -> None:
    """A nack with the sequence_number of our deliver_sm ends it: the place in the window is free again."""
    client = Client(configured(tmp_path, ONE_AT_A_TIME)).bind()
    for sequence in (2, 3):
        client.submit(sequence, destination_addr="7494", short_message=b"HELP")
    (first,) = client.deliveries(acknowledge=False)
    answers = client.send(wire.generic_nack(first.frame.sequence, status=0x03))
    client.bench.advance(3600)
    later = [frame for frame in answers + client.frames() if frame.command_id == wire.DELIVER_SM]
    assert len(later) >= 1
    assert later[0].sequence != first.frame.sequence
    client.check_usable()


@pytest.mark.parametrize(
    "command_id", [0x8000000A, 0x80000016, 0x80000102, 0x80000111, 0x80010200, 0xFFFFFFFF], ids="{:#010x}".format
)
@row("A6")
def test_an_unknown_response_is_ignored(bound: Client, command_id: int) -> None:
    """An unknown id with bit 31 set is counted, not nacked."""
    assert bound.send(wire.pdu(command_id, b"", 1), wire.pdu(command_id, b"body", 2)) == []
    bound.check_usable()


@pytest.mark.parametrize("status", [0, 0x08])
@pytest.mark.parametrize("name", wire.RESPONSES)
@row("A7")
def test_a_response_to_nothing_is_ignored(bound: Client, name: str, status: int) -> None:
    """A known response that nothing waits for changes nothing, once or ten times."""
    assert bound.send(*[wire.RESPONSES[name](sequence, status=status) for sequence in range(10)]) == []
    bound.check_usable()


@row("A7")
def test_a_second_response_is_ignored(bound: Client) -> None:
    """The second deliver_sm_resp for one deliver_sm does nothing, whatever it says."""
    bound.submit(destination_addr="7494", short_message=b"HELP")
    (reply,) = bound.deliveries(acknowledge=False)
    assert bound.acknowledge(reply) == []
    assert bound.acknowledge(reply, status=0x64) == []
    bound.bench.advance(3600)
    bound.bench.pass_time(5)
    assert bound.deliveries() == []
    bound.check_usable()


@pytest.mark.parametrize("name", sorted(wire.RESPONSES.keys() - {"deliver_sm_resp"}))
@row("A8")
def test_a_response_of_another_type_does_not_answer(tmp_path: Path, name: str) -> None:
    """Only deliver_sm_resp answers deliver_sm: with a window of one the next delivery still waits."""
    client = Client(configured(tmp_path, ONE_AT_A_TIME)).bind()
    for sequence in (2, 3):
        client.submit(sequence, destination_addr="7494", short_message=b"HELP")
    (first,) = client.deliveries(acknowledge=False)
    assert client.send(wire.RESPONSES[name](first.frame.sequence)) == []
    client.bench.pass_time(20)
    assert client.frames() == []
    second = client.acknowledge(first)
    assert [wire.delivered(frame).octets for frame in second] == [first.octets]
    client.check_usable()


@pytest.mark.parametrize("status", [0x01, 0x05, 0xFFFFFFFF])
@pytest.mark.parametrize("name", ["submit_sm", "submit_multi", "data_sm", "enquire_link"])
@row("A9")
def test_command_status_of_a_request_is_ignored(bound: Client, name: str, status: int) -> None:
    """A request with a command_status is processed as if it had none."""
    command_id, build, _ = wire.REQUESTS[name]
    assert bound.ask(build(SEQUENCE, status=status)).header == (command_id | RESPONSE, 0, SEQUENCE)


@row("A9")
def test_command_status_of_a_bind_and_an_unbind_is_ignored(bench: Bench) -> None:
    """The session opens and closes all the same."""
    client = Client(bench)
    assert client.ask(wire.bind_transceiver(1, status=9)).header == (wire.BIND_TRANSCEIVER | RESPONSE, 0, 1)
    assert client.ask(wire.unbind(2, status=9)) == Frame(wire.UNBIND | RESPONSE, 0, 2, b"")


@pytest.mark.parametrize("sequence", [0, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFF], ids=hex)
@pytest.mark.parametrize("name", ["submit_sm", "submit_multi", "data_sm", "enquire_link", "query_sm", "unbind"])
@row("A10")
def test_any_sequence_number_is_echoed(bound: Client, name: str, sequence: int) -> None:
    """A sequence_number out of the allowed range comes back as it was."""
    command_id, build, _ = wire.REQUESTS[name]
    answer = bound.ask(build(sequence))
    assert (answer.command_id, answer.sequence) == (command_id | RESPONSE, sequence)
    assert (answer.status == 0) == (name != "query_sm")


@pytest.mark.parametrize("sequence", [0, 0x80000000, 0xFFFFFFFF], ids=hex)
@row("A10")
def test_any_sequence_number_of_a_bind_is_echoed(bench: Bench, sequence: int) -> None:
    """A bind too."""
    answer = Client(bench).ask(wire.bind_receiver(sequence))
    assert answer.header == (wire.BIND_RECEIVER | RESPONSE, 0, sequence)


@row("A11")
def test_every_request_has_exactly_one_response(bound: Client) -> None:
    """All requests of an ESME in one segment: as many answers, each with its own id and sequence_number."""
    sent = [(command_id, build(100 + n)) for n, (command_id, build, _) in enumerate(wire.REQUESTS.values())]
    sent.append(sent.pop(3))  # unbind last
    answers = bound.send(*(octets for _, octets in sent))
    expected = [(command_id | RESPONSE, int.from_bytes(octets[12:16], "big")) for command_id, octets in sent]
    assert sorted((answer.command_id, answer.sequence) for answer in answers) == sorted(expected)


@row("A11")
def test_what_has_no_response_gets_none(bound: Client) -> None:
    """Neither a generic_nack nor an alert_notification has a response of its own type."""
    answers = bound.send(wire.generic_nack(5), wire.alert_notification(6), wire.outbind(7))
    assert answers == [nack(0x03, 6), nack(0x03, 7)]


@row("A12")
def test_pipelined_requests_are_answered_in_order(bound: Client) -> None:
    """Fifty submits in one segment: fifty answers in their order."""
    answers = bound.send(*(wire.submit_sm(sequence) for sequence in range(10, 60)))
    assert [answer.header for answer in answers] == [(wire.SUBMIT_SM | RESPONSE, 0, n) for n in range(10, 60)]


@row("A12")
def test_responses_out_of_order_are_matched(bound: Client) -> None:
    """deliver_sm_resp in reverse order acknowledge all: nothing is delivered again."""
    for n in range(1, 6):
        bound.submit(n, source_addr=f"7999111000{n}", destination_addr="7494", short_message=b"HELP")
    replies = bound.deliveries(acknowledge=False)
    assert len(replies) == 5
    assert bound.acknowledge(*reversed(replies)) == []
    bound.bench.advance(3600)
    bound.bench.pass_time(20)
    assert bound.frames() == []
    bound.check_usable()


@row("A13")
def test_two_requests_with_one_sequence_number_are_both_answered(bound: Client) -> None:
    """They are two messages with ids of their own."""
    answers = bound.send(wire.submit_sm(7), wire.submit_sm(7), wire.enquire_link(7))
    assert [answer.header for answer in answers] == [
        (wire.SUBMIT_SM | RESPONSE, 0, 7),
        (wire.SUBMIT_SM | RESPONSE, 0, 7),
        (wire.ENQUIRE_LINK | RESPONSE, 0, 7),
    ]
    assert message_id(answers[0]) != message_id(answers[1])


@row("A14")
def test_our_sequence_numbers_are_our_own(bench: Bench) -> None:
    """1, 2, 3, … in each session, whatever the client counts (the wrap is out of reach from outside)."""
    for start in (1, 5000, 0x7FFFFFF0):
        client = Client(bench).bind()
        replies = []
        for n in range(4):
            client.submit(start + n, destination_addr="7494", short_message=b"HELP")
            replies += client.deliveries()
        assert [reply.frame.sequence for reply in replies] == [1, 2, 3, 4]
        assert client.ask(wire.unbind(9)).status == 0


@row("A14")
def test_all_our_requests_share_one_counter(bound: Client) -> None:
    """An enquire_link takes its number between two deliveries."""
    bound.submit(destination_addr="7494", short_message=b"HELP")
    assert [reply.frame.sequence for reply in bound.deliveries()] == [1]
    bound.bench.pass_time(31)
    assert bound.frames() == [Frame(wire.ENQUIRE_LINK, 0, 2, b"")]
    bound.send(wire.enquire_link_resp(2))
    bound.submit(destination_addr="7494", short_message=b"HELP")
    assert [reply.frame.sequence for reply in bound.deliveries()] == [3]


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (wire.bind_transceiver(SEQUENCE), 0x05),
        (wire.submit_sm(SEQUENCE, priority_flag=4), 0x06),
        (wire.to_many([], SEQUENCE), 0x33),
        (wire.bare_data_sm(SEQUENCE), 0xC3),
        (wire.query_sm(SEQUENCE, message_id="nowhere"), 0x0C),
        (wire.cancel_sm(SEQUENCE, message_id="nowhere"), 0x0C),
        (wire.replace_sm(SEQUENCE, message_id="nowhere"), 0x0C),
        (wire.enquire_link(SEQUENCE, tail=b"\0"), 0xC0),
        (wire.unbind(SEQUENCE, tail=b"\0"), 0xC0),
    ],
    ids=["bind", "submit_sm", "submit_multi", "data_sm", "query_sm", "cancel_sm", "replace_sm", "enquire", "unbind"],
)
@row("A15")
def test_an_error_response_is_a_header(bound: Client, octets: bytes, status: int) -> None:
    """command_length 16 in the response of every request."""
    command_id = int.from_bytes(octets[4:8], "big")
    bound.check_refusal(octets, command_id | RESPONSE, status, sequence=SEQUENCE)


@pytest.mark.parametrize("body", [b"", b"\0", b"x\0", b"no NUL", b"\0\0\x1e\0\x01a", bytes(70)])
@pytest.mark.parametrize("status", [0x14, 0x64, 0x65, 0x66], ids=hex)
@row("A15")
def test_an_error_response_with_a_body_is_read(bound: Client, status: int, body: bytes) -> None:
    """An error from the client counts, whatever stands behind its header."""
    bound.submit(destination_addr="7494", short_message=b"HELP")
    (reply,) = bound.deliveries(acknowledge=False)
    assert bound.send(wire.pdu(wire.DELIVER_SM | RESPONSE, body, reply.frame.sequence, status=status)) == []
    bound.check_usable()
    bound.bench.advance(3600)
    assert bool(bound.deliveries()) == (status in (0x14, 0x64))


STREAM = b"".join(
    [
        wire.bind_transceiver(1),
        wire.enquire_link(2),
        wire.submit_sm(3),
        wire.pdu(0x0A, b"junk", 4),
        wire.submit_sm(5, source_addr="9" * 30),
        wire.data_sm(6),
        wire.to_many([wire.destination(wire.HANDSET)] * 3, 7),
        wire.generic_nack(8),
        wire.query_sm(9),
        wire.unbind(10),
    ]
)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 15, 16, 17, 31, 64, 100, 1000])
@row("A16")
def test_the_cut_into_segments_does_not_matter(size: int) -> None:
    """The same octets in pieces of any size get the same answers."""
    whole = Client(Bench()).send(STREAM)
    assert [frame.status for frame in whole] == [0, 0, 0, 0x03, 0x0A, 0, 0, 0, 0]
    client = Client(Bench())
    pieces = [client.send(STREAM[start : start + size]) for start in range(0, len(STREAM), size)]
    assert [frame for piece in pieces for frame in piece] == whole


@row("A16")
def test_half_a_pdu_waits_for_its_other_half(bound: Client) -> None:
    """Nothing is answered before the last octet, however long within the deadline."""
    octets = wire.submit_sm(9)
    assert bound.send(octets[:-1]) == []
    bound.bench.pass_time(9)
    assert bound.send(octets[-1:] + wire.enquire_link(10)[:3])[0].header == (wire.SUBMIT_SM | RESPONSE, 0, 9)
    assert bound.send(wire.enquire_link(10)[3:]) == [Frame(wire.ENQUIRE_LINK | RESPONSE, 0, 10, b"")]


@pytest.mark.parametrize("tail", [b"\0", b"\0\0", b"\0\0\0", b"\x04\x24\0\x05abc", b"garbage"], ids=repr)
@pytest.mark.parametrize("name", ["enquire_link", "unbind"])
@row("A17")
def test_a_body_after_a_header_only_pdu_is_refused(bound: Client, name: str, tail: bytes) -> None:
    """Octets that are no TLV stream: 0xC0 (5.0 §4.7.6 gives it for optional parts; 0x02 would be about the length)."""
    command_id, build, _ = wire.REQUESTS[name]
    bound.check_refusal(build(SEQUENCE, tail=tail), command_id | RESPONSE, 0xC0, sequence=SEQUENCE)


@pytest.mark.parametrize("tail", [wire.tlv(0x1400), wire.tlv(0x0204, b"\0\1") + wire.tlv(0x3FFF, b"vendor")])
@row("A17")
def test_tlvs_after_a_header_only_pdu_are_ignored(bound: Client, tail: bytes) -> None:
    """Whatever follows is optional parameters, and those do not harm."""
    assert bound.ask(wire.enquire_link(SEQUENCE, tail=tail)).header == (wire.ENQUIRE_LINK | RESPONSE, 0, SEQUENCE)
    assert bound.ask(wire.unbind(SEQUENCE, tail=tail)).header == (wire.UNBIND | RESPONSE, 0, SEQUENCE)


FIELD_CODES = {
    "system_id": 0x0F,
    "password": 0x0E,
    "system_type": 0x53,
    "address_range": 0x0D,
    "service_type": 0x15,
    "source_addr": 0x0A,
    "destination_addr": 0x0B,
    "schedule_delivery_time": 0x61,
    "validity_period": 0x62,
    "message_id": 0x0C,
    "short_message": 0x01,
    "number_of_dests": 0x33,
    "dest_addresses": 0x33,
}


@pytest.mark.parametrize("name", [name for name, (_, _, layout) in wire.REQUESTS.items() if layout])
@row("A18")
def test_a_pdu_cut_anywhere_is_refused(name: str) -> None:
    """Every prefix of every body: its own response, header only, 0x02 or the code of the field that was cut."""
    command_id, _, layout = wire.REQUESTS[name]
    changes: dict[str, wire.Value] = {"schedule_delivery_time": "260116000000000+"}
    changes = {field: value for field, value in changes.items() if field in layout}
    bench = Bench()
    client = Client(bench) if name.startswith("bind") else Client(bench).bind()
    fields = wire.pieces(layout, changes)
    end = 0
    for field, part in fields:
        start, end = end, end + len(part)
        allowed = {0x02, FIELD_CODES.get(field, 0x02)}
        body = b"".join(piece for _, piece in fields)
        for cut in range(start, end):
            if client.closed:  # too many refused binds
                client = Client(bench)
            answer = client.ask(wire.pdu(command_id, body[:cut], SEQUENCE))
            assert answer == Frame(command_id | RESPONSE, answer.status, SEQUENCE, b""), (field, cut)
            assert answer.status in allowed, (field, cut, hex(answer.status))
    if not client.closed:
        client.check_usable()
    bench.advance(5 * 86_400)
    assert client.deliveries() == []


@row("A18")
def test_a_truncated_command_is_not_executed(bound: Client) -> None:
    """Nothing happens to a message whose last octet is missing; a bind without a NUL does not bind."""
    octets = wire.submit_sm(3, destination_addr="7494", short_message=b"BALANCE")
    short = (len(octets) - 1).to_bytes(4, "big") + octets[4:-1]
    assert bound.ask(short).status != 0
    assert bound.deliveries() == []
    client = Client(bound.bench)
    body = b"demo\0demo\0\0\x34\0\0no NUL at the end"
    answer = client.ask(wire.pdu(wire.BIND_TRANSCEIVER, body, 1))
    assert answer.header in {(wire.BIND_TRANSCEIVER | RESPONSE, status, 1) for status in (0x02, 0x0D)}
    client.check_refusal(wire.submit_sm(2), wire.SUBMIT_SM | RESPONSE, 0x04, sequence=2)
