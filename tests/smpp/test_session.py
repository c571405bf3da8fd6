"""What a session makes of PDUs: framing, binds, refusals, and the answers of both sides."""

import struct
from math import inf

import pytest

from gateway.smpp.codec import decode, encode
from gateway.smpp.constants import MAX_SEQUENCE_NUMBER, CommandId, Tag
from gateway.smpp.events import (
    BindRequested,
    CloseReason,
    EnquireLinkReceived,
    OperationReceived,
    PduRefused,
    RequestLost,
    ResponseReceived,
    SessionClosed,
    SubmitReceived,
)
from gateway.smpp.pdus import (
    AlertNotification,
    BindTransceiverResp,
    DataSm,
    DataSmResp,
    DeliverSm,
    DestAddress,
    GenericNack,
    QuerySm,
    QuerySmResp,
    ReplaceSm,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    UnsuccessSme,
)
from gateway.smpp.session import ProtocolMisuse, SessionLimits, WindowFull
from gateway.smpp.states import SessionState
from tests.smpp.wire import (
    BIND_TRANSCEIVER,
    DELIVER_SM,
    ENQUIRE_LINK,
    GENERIC_NACK,
    RALYBND,
    RBINDFAIL,
    RESP,
    RINVBNDSTS,
    RINVCMDID,
    RINVCMDLEN,
    RINVOPTPARSTREAM,
    SUBMIT_SM,
    UNBIND,
    Owner,
    Sent,
    bind,
    deliver,
    only,
    raw,
    submit,
)

SC_INTERFACE_VERSION = struct.pack(">HHB", Tag.SC_INTERFACE_VERSION, 1, 0x34)


def closed_by(owner: Owner) -> str:
    """The reason of the last event, which must be the only SessionClosed."""
    (last,) = only(SessionClosed, owner.events)
    assert owner.events[-1] is last
    assert owner.session.closed
    assert owner.session.state is SessionState.CLOSED
    return last.reason


# --- frames


@pytest.mark.parametrize("length", [0, 1, 3, 4, 8, 15, 513, 0x01000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_a_bad_command_length_loses_the_stream(length: int) -> None:
    """A command_length below 16 or above the limit is nacked with ESME_RINVCMDLEN, and nothing is read after it."""
    owner = Owner()
    events = owner.feed(struct.pack(">LLLL", length, SUBMIT_SM, 0, 9), bind())
    assert owner.take() == [Sent(GENERIC_NACK, RINVCMDLEN, 9)]
    assert [type(event) for event in events] == [PduRefused, SessionClosed]
    assert closed_by(owner) == CloseReason.FRAME_LOST


@pytest.mark.parametrize(
    "octets",
    [b"GET / HTTP/1.1\r\n\r\n", bytes.fromhex("16030102000100"), b"\xff" * 40, b"hello"],
    ids=["http", "tls", "ff", "text"],
)
def test_another_protocol_on_the_port(octets: bytes) -> None:
    """What is no SMPP is refused by its first four octets, without waiting for more."""
    owner = Owner()
    owner.feed(octets[:4])
    (nack,) = owner.take()
    assert (nack.command_id, nack.status, nack.sequence_number) == (GENERIC_NACK, RINVCMDLEN, 0)
    assert closed_by(owner) == CloseReason.FRAME_LOST
    assert owner.feed(octets[4:]) == []


def test_the_limit_is_small_before_the_bind_and_large_after() -> None:
    """Before a bind 512 octets are enough; the bind brings the limit of a binding."""
    limits = SessionLimits(frame_before_bind=512, frame=2000)
    owner = Owner(limits)
    owner.feed(raw(0x0A, 1, bytes(496)))
    assert owner.take() == [Sent(GENERIC_NACK, RINVCMDID, 1)]
    owner.bound()
    owner.feed(raw(0x0A, 2, bytes(1984)))
    assert owner.take() == [Sent(GENERIC_NACK, RINVCMDID, 2)]
    owner.feed(raw(0x0A, 3, bytes(1985)))
    assert owner.take() == [Sent(GENERIC_NACK, RINVCMDLEN, 3)]
    assert closed_by(owner) == CloseReason.FRAME_LOST


def test_octets_after_a_short_command_length_are_the_next_pdu() -> None:
    """command_length alone says where a PDU ends."""
    owner = Owner().bound()
    owner.feed(raw(ENQUIRE_LINK, 1), raw(ENQUIRE_LINK, 2))
    assert owner.take() == [Sent(ENQUIRE_LINK | RESP, 0, 1), Sent(ENQUIRE_LINK | RESP, 0, 2)]


@pytest.mark.parametrize("body", [b"\0", b"\0\0", b"\0\0\0", b"\0\1\0\5ab"])
@pytest.mark.parametrize("command_id", [ENQUIRE_LINK, UNBIND])
def test_a_body_that_is_no_tlv_stream(command_id: int, body: bytes) -> None:
    """A header-only PDU with stray octets is refused with ESME_RINVOPTPARSTREAM, and the session goes on."""
    owner = Owner().bound()
    owner.feed(raw(command_id, 4, body), raw(ENQUIRE_LINK, 5))
    assert owner.take() == [Sent(command_id | RESP, RINVOPTPARSTREAM, 4), Sent(ENQUIRE_LINK | RESP, 0, 5)]
    assert owner.session.state is SessionState.BOUND_TRX


def test_a_body_that_is_a_tlv_stream() -> None:
    """TLVs that nobody knows are legal everywhere (SMPP 3.4 §3.3)."""
    owner = Owner().bound()
    owner.feed(raw(ENQUIRE_LINK, 4, struct.pack(">HHB", 0x1400, 1, 7)))
    assert owner.take() == [Sent(ENQUIRE_LINK | RESP, 0, 4)]


def test_one_octet_at_a_time() -> None:
    """A PDU that comes octet by octet is the same PDU."""
    owner = Owner().bound()
    frame = submit(3)
    assert [owner.feed(frame[index : index + 1]) for index in range(len(frame) - 1)] == [[]] * (len(frame) - 1)
    (event,) = owner.feed(frame[-1:])
    assert event == SubmitReceived(decode(frame))  # type: ignore[arg-type]  # it is a submit_sm


def test_a_thousand_in_one_write() -> None:
    """All PDUs of one segment are answered, in order."""
    owner = Owner().bound()
    owner.feed(*(raw(ENQUIRE_LINK, number) for number in range(1, 1001)))
    assert [sent.sequence_number for sent in owner.take()] == list(range(1, 1001))


def test_a_partial_pdu_dies_with_the_connection() -> None:
    """When the peer closes within a PDU nothing of it is executed."""
    owner = Owner().bound()
    owner.feed(submit(1)[:-1])
    owner.session.end_of_input()
    assert owner.pump() == [SessionClosed(CloseReason.PEER_CLOSED)]
    assert owner.take() == []


# --- commands


@pytest.mark.parametrize("state", [SessionState.OPEN, SessionState.BOUND_TX, SessionState.BOUND_TRX])
@pytest.mark.parametrize("command_id", [0x0A, 0x0C, 0x16, 0x10200, 0x7FFFFFFF, 0])
def test_unknown_commands(command_id: int, state: SessionState) -> None:
    """An unknown command is nacked with its sequence_number, and the session stays usable (SMPP 3.4 §3.3, §4.3)."""
    owner = Owner() if state is SessionState.OPEN else Owner().bound(state)
    (event,) = owner.feed(raw(command_id, 42, b"whatever"))
    assert isinstance(event, PduRefused)
    assert (event.command_id, event.sequence_number, event.status) == (command_id, 42, RINVCMDID)
    assert event.octets == raw(command_id, 42, b"whatever")
    owner.feed(raw(ENQUIRE_LINK, 43))
    assert owner.take() == [Sent(GENERIC_NACK, RINVCMDID, 42), Sent(ENQUIRE_LINK | RESP, 0, 43)]


@pytest.mark.parametrize("command_id", [0x80000102, 0x8000000B, 0x80010200, 0xFFFFFFFF])
def test_unknown_responses(command_id: int) -> None:
    """A response of unknown type is counted and never answered, so that two sides cannot nack each other for ever."""
    owner = Owner().bound()
    assert owner.feed(raw(command_id, 1)) == []
    assert owner.take() == []
    assert owner.session.stray_responses == 1


@pytest.mark.parametrize("cut_at", range(1, len(submit(1)) - 16))
def test_a_truncated_submit_is_refused_and_nothing_else(cut_at: int) -> None:
    """A submit_sm whose body ends early executes nothing, is answered by its header alone, and harms no other PDU."""
    owner = Owner().bound()
    body = submit(1)[16:-cut_at]
    events = owner.feed(raw(SUBMIT_SM, 8, body), submit(9))
    assert [type(event) for event in events] == [PduRefused, SubmitReceived]
    (sent,) = owner.take()
    assert (sent.command_id, sent.sequence_number, sent.body) == (SUBMIT_SM | RESP, 8, b"")
    assert sent.status in (0x01, RINVCMDLEN, 0xC0)


def test_a_state_is_judged_before_a_body() -> None:
    """What the state forbids is refused for that, however damaged it is; it is not even decoded."""
    owner = Owner()
    owner.feed(raw(SUBMIT_SM, 8, b"\xff"))
    assert owner.take() == [Sent(SUBMIT_SM | RESP, RINVBNDSTS, 8)]


@pytest.mark.parametrize("sequence_number", [0, 0x80000000, 0xFFFFFFFF])
def test_odd_sequence_numbers_are_echoed(sequence_number: int) -> None:
    """A request numbered outside of 1..0x7FFFFFFF is answered under its number, and counted."""
    owner = Owner().bound()
    (event,) = owner.feed(submit(1)[:12] + struct.pack(">L", sequence_number) + submit(1)[16:])
    assert isinstance(event, SubmitReceived)
    owner.respond(event.request, message_id="7")
    owner.feed(raw(ENQUIRE_LINK, sequence_number))
    assert owner.take() == [
        Sent(SUBMIT_SM | RESP, 0, sequence_number, b"7\0"),
        Sent(ENQUIRE_LINK | RESP, 0, sequence_number),
    ]
    assert owner.session.odd_sequence_numbers == 2


def test_a_status_in_a_request_is_ignored() -> None:
    """command_status means nothing in a request."""
    owner = Owner().bound()
    (event,) = owner.feed(raw(SUBMIT_SM, 1, submit(1)[16:], status=5))
    assert isinstance(event, SubmitReceived)
    owner.feed(raw(ENQUIRE_LINK, 2, status=5))
    assert owner.take() == [Sent(ENQUIRE_LINK | RESP, 0, 2)]


# --- bind


@pytest.mark.parametrize("state", [SessionState.BOUND_TX, SessionState.BOUND_RX, SessionState.BOUND_TRX])
def test_a_bind_moves_the_state_when_it_is_answered(state: SessionState) -> None:
    """A bind changes nothing before the verdict; accepted, it makes the binding that was asked for."""
    owner = Owner()
    (event,) = owner.feed(bind(state, 11))
    assert isinstance(event, BindRequested)
    assert owner.session.state is SessionState.OPEN
    owner.respond(event.request, system_id="gateway")
    assert owner.session.state is state
    (sent,) = owner.take()
    assert sent == (event.request.command_id | RESP, 0, 11, b"gateway\0" + SC_INTERFACE_VERSION)


@pytest.mark.parametrize(
    ("version", "kept", "announced"),
    [
        (0x00, 0x00, False),
        (0x33, 0x33, False),
        (0x34, 0x34, True),
        (0x35, 0x34, True),
        (0x50, 0x50, True),
        (0xFF, 0x34, True),
    ],
)
def test_interface_versions(version: int, kept: int, announced: bool) -> None:
    """Older peers get no TLV; every newer version is accepted, and ours is 0x34 to all of them (SMPP 3.4 §3.4)."""
    owner = Owner()
    (event,) = owner.feed(bind(version=version))
    assert isinstance(event, BindRequested)
    owner.respond(event.request, system_id="gateway")
    (sent,) = owner.take()
    assert sent.body == b"gateway\0" + (SC_INTERFACE_VERSION if announced else b"")
    assert owner.session.interface_version == kept


def test_what_follows_a_bind_waits_for_the_verdict() -> None:
    """A submit in the same segment as its bind is neither refused nor handed out before the bind is answered."""
    owner = Owner()
    (event,) = owner.feed(bind(), submit(2), raw(ENQUIRE_LINK, 3))
    assert isinstance(event, BindRequested)
    assert owner.session.reading_paused
    assert owner.take() == []
    (submitted,) = owner.respond(event.request, system_id="gateway")
    assert isinstance(submitted, SubmitReceived)
    assert not owner.session.reading_paused
    assert [sent.command_id for sent in owner.take()] == [BIND_TRANSCEIVER | RESP, ENQUIRE_LINK | RESP]


def test_what_follows_a_refused_bind_is_refused() -> None:
    """After the verdict against a bind, what came with it meets an open session."""
    owner = Owner()
    (event,) = owner.feed(bind(), submit(2))
    assert isinstance(event, BindRequested)
    (refused,) = owner.respond(event.request, RBINDFAIL)
    assert isinstance(refused, PduRefused)
    assert owner.take() == [Sent(BIND_TRANSCEIVER | RESP, RBINDFAIL, 1), Sent(SUBMIT_SM | RESP, RINVBNDSTS, 2)]
    assert owner.session.state is SessionState.OPEN


def test_binds_may_fail_three_times() -> None:
    """The session is closed with the answer to the third failed bind, malformed ones included."""
    owner = Owner(SessionLimits(bind_failures=3))
    (first,) = only(BindRequested, owner.feed(bind(sequence_number=1)))
    owner.respond(first.request, RBINDFAIL)
    (refused,) = owner.feed(raw(BIND_TRANSCEIVER, 2, b"demo"))
    assert isinstance(refused, PduRefused)
    assert not owner.session.closed
    (third,) = only(BindRequested, owner.feed(bind(sequence_number=3), bind(sequence_number=4)))
    owner.respond(third.request, RBINDFAIL)
    assert owner.take() == [
        Sent(BIND_TRANSCEIVER | RESP, RBINDFAIL, 1),
        Sent(BIND_TRANSCEIVER | RESP, RINVCMDLEN, 2),
        Sent(BIND_TRANSCEIVER | RESP, RBINDFAIL, 3),
    ]
    assert closed_by(owner) == CloseReason.BIND_FAILURES


def test_malformed_binds_fail_too() -> None:
    """Binds that cannot be read close the session after as many, with the refusal told before the end."""
    owner = Owner(SessionLimits(bind_failures=2))
    events = owner.feed(raw(BIND_TRANSCEIVER, 1), raw(BIND_TRANSCEIVER, 2), raw(BIND_TRANSCEIVER, 3))
    assert [type(event) for event in events] == [PduRefused, PduRefused, SessionClosed]
    assert [sent.sequence_number for sent in owner.take()] == [1, 2]
    assert closed_by(owner) == CloseReason.BIND_FAILURES


def test_a_second_bind_changes_nothing() -> None:
    """A bind on a binding is refused as its own kind, and the binding stays what it was."""
    owner = Owner().bound(SessionState.BOUND_TX)
    owner.feed(bind(SessionState.BOUND_RX, 5))
    assert owner.take() == [Sent(CommandId.BIND_RECEIVER_RESP, RALYBND, 5)]
    assert owner.session.state is SessionState.BOUND_TX
    assert owner.session.bind_failures == 0


def test_an_abandoned_bind_leaves_the_session_open() -> None:
    """A bind that is never answered holds nothing up."""
    owner = Owner()
    (event,) = only(BindRequested, owner.feed(bind()))
    owner.session.abandon(event.request)
    owner.feed(raw(ENQUIRE_LINK, 2))
    assert owner.take() == [Sent(ENQUIRE_LINK | RESP, 0, 2)]
    assert owner.session.state is SessionState.OPEN
    assert not owner.session.reading_paused


# --- our answers


def test_a_submit_is_answered_with_its_message_id() -> None:
    """submit_sm_resp is header and message_id, exactly as the codec writes it."""
    owner = Owner().bound()
    (request,) = owner.holding(9)
    owner.respond(request, message_id="0000000123")
    assert owner.take() == [Sent(SUBMIT_SM | RESP, 0, 9, b"0000000123\0")]


@pytest.mark.parametrize("fields", [{}, {"message_id": "5"}])
def test_an_error_is_a_header_alone(fields: dict[str, str]) -> None:
    """An error response has no body, whatever fields it was given (SMPP 3.4 §4.4.2)."""
    owner = Owner().bound()
    (request,) = owner.holding(9)
    owner.respond(request, 0x14, **fields)
    assert owner.take() == [Sent(SUBMIT_SM | RESP, 0x14, 9)]


def test_every_kind_of_request_gets_its_kind_of_response() -> None:
    """Responses carry the fields of their own PDU."""
    owner = Owner().bound()
    requests = [
        DataSm(source_addr="1", destination_addr="2", tlvs=((Tag.MESSAGE_PAYLOAD, b"x"),), sequence_number=21),
        SubmitMulti(source_addr="1", dest_addresses=(DestAddress(destination_addr="2"),), sequence_number=22),
        QuerySm(message_id="7", sequence_number=23),
        ReplaceSm(message_id="7", sequence_number=24),
    ]
    events = owner.feed(*map(encode, requests))
    assert [type(event) for event in events] == [SubmitReceived] * 2 + [OperationReceived] * 2
    data, multi, query, replace = (event.request for event in events)  # type: ignore[union-attr]  # just asserted
    unsuccess = (UnsuccessSme(1, 1, "2", 0x0B),)
    owner.respond(data, message_id="a", tlvs=((Tag.DPF_RESULT, b"\1"),))
    owner.respond(multi, message_id="b", unsuccess=unsuccess)
    owner.respond(query, message_id="7", message_state=2)
    owner.respond(replace)
    owner.pump()
    assert owner.octets == b"".join(
        [
            encode(DataSmResp("a", tlvs=((Tag.DPF_RESULT, b"\1"),), sequence_number=21)),
            encode(SubmitMultiResp("b", unsuccess, sequence_number=22)),
            encode(QuerySmResp("7", message_state=2, sequence_number=23)),
            raw(CommandId.REPLACE_SM_RESP, 24),
        ]
    )


def test_two_requests_with_one_number_get_two_answers() -> None:
    """Requests are told apart by the object, so that a number used twice is answered twice."""
    owner = Owner().bound()
    first, second = owner.holding(5, 5)
    owner.respond(second, message_id="2")
    owner.respond(first, message_id="1")
    assert owner.take() == [Sent(SUBMIT_SM | RESP, 0, 5, b"2\0"), Sent(SUBMIT_SM | RESP, 0, 5, b"1\0")]


def test_answering_twice_is_misuse() -> None:
    """A request is answered once; answering it again, or something else, is the owner's bug and sends nothing."""
    owner = Owner().bound()
    (request,) = owner.holding(5)
    owner.respond(request, message_id="1")
    owner.take()
    for other in (request, SubmitSm(), deliver()):
        with pytest.raises(ProtocolMisuse):
            owner.session.respond(other, message_id="1")
        with pytest.raises(ProtocolMisuse):
            owner.session.abandon(other)
    owner.pump()
    assert owner.take() == []


@pytest.mark.parametrize(
    "fields", [{"message_id": "Баланс"}, {"no_such_field": "1"}, {"message_id": "1", "tlvs": ((0x1400, 7),)}]
)
def test_a_response_that_cannot_be_written_is_still_owed(fields: dict[str, object]) -> None:
    """When the fields make no response nothing is sent, and the request waits for a better one."""
    owner = Owner().bound()
    (request,) = owner.holding(5)
    with pytest.raises((TypeError, ValueError)):
        owner.session.respond(request, **fields)
    owner.respond(request, 8)
    assert owner.take() == [Sent(SUBMIT_SM | RESP, 8, 5)]


def test_after_the_end_answers_are_dropped() -> None:
    """A request may be answered after its session has ended; nothing comes of it."""
    owner = Owner().bound()
    (request,) = owner.holding(5)
    owner.session.end_of_input()
    owner.session.respond(request, message_id="1")
    owner.session.abandon(request)
    owner.session.respond(request, message_id="1")
    assert owner.pump() == [SessionClosed(CloseReason.PEER_CLOSED)]
    assert owner.take() == []


def test_old_peers_get_no_tlvs() -> None:
    """Below 3.4 no PDU carries a TLV, neither a response nor a request, and the owner's PDU is left as it was."""
    owner = Owner().bound(version=0x33)
    (event,) = owner.feed(
        encode(DataSm(source_addr="1", destination_addr="2", tlvs=((Tag.MESSAGE_PAYLOAD, b"x"),), sequence_number=3))
    )
    assert isinstance(event, SubmitReceived)
    owner.respond(event.request, message_id="1", tlvs=((Tag.DPF_RESULT, b"\1"),))
    receipt = deliver()
    receipt.tlvs = ((Tag.RECEIPTED_MESSAGE_ID, b"1\0"),)
    owner.session.request(receipt, owner.now)
    alert = AlertNotification(source_addr="1", esme_addr="2", tlvs=((Tag.MS_AVAILABILITY_STATUS, b"\0"),))
    owner.session.send(alert)
    owner.pump()
    response, request, sent_alert = owner.take()
    assert response.body == b"1\0"
    assert request.body.endswith(b"Your balance")
    assert sent_alert.body == b"\0\0001\0\0\0002\0"
    assert receipt.tlvs == ((Tag.RECEIPTED_MESSAGE_ID, b"1\0"),)
    (answer,) = owner.feed(raw(DELIVER_SM | RESP, request.sequence_number, b"\0"))
    assert isinstance(answer, ResponseReceived)
    assert answer.request is receipt


def test_new_peers_get_tlvs() -> None:
    """From 3.4 on TLVs travel."""
    owner = Owner().bound()
    receipt = deliver()
    receipt.tlvs = ((Tag.RECEIPTED_MESSAGE_ID, b"1\0"),)
    owner.session.request(receipt, owner.now)
    owner.pump()
    (sent,) = owner.take()
    assert sent.body.endswith(b"\x00\x1e\x00\x021\0")


# --- enquire_link


def test_enquire_link_for_the_owner() -> None:
    """With ``auto_enquire_link`` off the owner answers, late or never, also while the session is open."""
    owner = Owner(auto_enquire_link=False)
    first, second = only(EnquireLinkReceived, owner.feed(raw(ENQUIRE_LINK, 1), raw(ENQUIRE_LINK, 2)))
    assert owner.take() == []
    owner.session.abandon(first.request)
    owner.respond(second.request)
    assert owner.take() == [Sent(ENQUIRE_LINK | RESP, 0, 2)]
    owner.session.auto_enquire_link = True
    assert owner.feed(raw(ENQUIRE_LINK, 3)) == []
    assert owner.take() == [Sent(ENQUIRE_LINK | RESP, 0, 3)]


def test_enquire_links_for_the_owner_are_bounded() -> None:
    """As many as the window has places wait for the owner; what exceeds them is answered at once."""
    owner = Owner(SessionLimits(window_in=2), auto_enquire_link=False).bound()
    events = owner.feed(*(raw(ENQUIRE_LINK, number) for number in range(1, 6)))
    assert len(only(EnquireLinkReceived, events)) == 2
    assert [sent.sequence_number for sent in owner.take()] == [3, 4, 5]


# --- answers to us


def asked(owner: Owner, count: int = 1) -> list[tuple[DeliverSm, int]]:
    sent = []
    for number in range(count):
        request = deliver(b"%d" % number)
        sent.append((request, owner.session.request(request, owner.now, number)))
    owner.pump()
    owner.take()
    return sent


def test_answers_may_come_in_any_order() -> None:
    """Each answer meets its request and its context, whatever the order (SMPP 3.4 §2.6.2)."""
    owner = Owner().bound()
    sent = asked(owner, 3)
    assert [number for _, number in sent] == [1, 2, 3]
    for index in (2, 0, 1):
        request, number = sent[index]
        (event,) = owner.feed(raw(DELIVER_SM | RESP, number, b"\0", status=0))
        assert isinstance(event, ResponseReceived)
        assert event.request is request
        assert event.context == index
        assert event.response.command_status == 0
    assert owner.session.outstanding == 0


@pytest.mark.parametrize("body", [b"", b"\0", b"abc\0", b"x" * 70 + b"\0"])
@pytest.mark.parametrize("status", [0, 0x64, 0x14, 0xFFFFFFFF])
def test_the_status_of_an_answer_is_kept(status: int, body: bytes) -> None:
    """A deliver_sm_resp counts with any status, without a body and with more body than it should have."""
    owner = Owner().bound()
    ((request, number),) = asked(owner)
    (event,) = owner.feed(raw(DELIVER_SM | RESP, number, body, status=status))
    assert isinstance(event, ResponseReceived)
    assert event.request is request
    assert event.response.command_status == status


def test_an_answer_with_a_damaged_body_counts() -> None:
    """The header of an answer is what matters: a damaged body is told, the request is answered all the same."""
    owner = Owner().bound()
    ((request, number),) = asked(owner)
    refused, answered = owner.feed(raw(DELIVER_SM | RESP, number, b"no end"))
    assert isinstance(refused, PduRefused)
    assert isinstance(answered, ResponseReceived)
    assert answered.request is request
    assert owner.take() == []


def test_a_generic_nack_is_the_failure_of_its_request() -> None:
    """A generic_nack with the number of a request answers it, body or not; another is counted."""
    owner = Owner().bound()
    (first, number), (second, _) = asked(owner, 2)
    (event,) = owner.feed(raw(GENERIC_NACK, number, b"junk", status=RINVCMDID))
    assert event == ResponseReceived(first, GenericNack(sequence_number=number, command_status=RINVCMDID), 0)
    assert owner.feed(raw(GENERIC_NACK, number), raw(GENERIC_NACK, 0), raw(GENERIC_NACK, 99, b"junk")) == []
    assert owner.take() == []
    assert owner.session.stray_responses == 3
    assert owner.session.outstanding == 1
    assert second.sequence_number == 2


@pytest.mark.parametrize(
    ("command_id", "number"),
    [
        pytest.param(DELIVER_SM | RESP, 99, id="unknown number"),
        pytest.param(SUBMIT_SM | RESP, 1, id="another type"),
        pytest.param(CommandId.DATA_SM_RESP, 1, id="another type that may match"),
        pytest.param(ENQUIRE_LINK | RESP, 1, id="enquire_link_resp"),
        pytest.param(UNBIND | RESP, 1, id="unbind_resp"),
    ],
)
def test_a_response_that_answers_nothing(command_id: int, number: int) -> None:
    """It is counted; the request whose number it abuses keeps waiting, and runs into its own timer."""
    owner = Owner().bound()
    asked(owner)
    assert owner.feed(raw(command_id, number, b"\0")) == []
    assert owner.take() == []
    assert owner.session.stray_responses == 1
    assert owner.session.outstanding == 1


def test_an_answer_counts_once() -> None:
    """The second answer to a request is a stray one."""
    owner = Owner().bound()
    ((_, number),) = asked(owner)
    answer = raw(DELIVER_SM | RESP, number, b"\0")
    events = owner.feed(answer, answer)
    assert [type(event) for event in events] == [ResponseReceived]
    assert owner.session.stray_responses == 1


@pytest.mark.parametrize("command_id", [GENERIC_NACK, DELIVER_SM | RESP, SUBMIT_SM | RESP, 0x80000102])
def test_a_storm_of_stray_responses_closes(command_id: int) -> None:
    """At the configured number of stray responses the session is closed, and unanswered requests are told first."""
    owner = Owner(SessionLimits(stray_responses=5)).bound()
    ((request, _),) = asked(owner)
    assert owner.feed(*[raw(command_id, 1000)] * 4) == []
    assert not owner.session.closed
    assert owner.feed(raw(command_id, 1000)) == [
        RequestLost(request, 0),
        SessionClosed(CloseReason.STRAY_RESPONSES),
    ]
    assert owner.take() == []


def test_the_window_of_our_requests() -> None:
    """No more requests are sent than the window holds; an answer makes room again."""
    owner = Owner(SessionLimits(window_out=2)).bound()
    assert owner.session.room == 2
    (_, number), _ = asked(owner, 2)
    assert owner.session.room == 0
    assert owner.session.outstanding == 2
    with pytest.raises(WindowFull):
        owner.session.request(deliver(), owner.now)
    assert owner.session.data_to_send() == b""
    owner.feed(raw(DELIVER_SM | RESP, number, b"\0"))
    assert owner.session.room == 1


def test_a_request_that_cannot_be_written_is_not_outstanding() -> None:
    """When a PDU cannot be encoded, nothing was sent and nothing is waited for."""
    owner = Owner().bound()
    with pytest.raises(ValueError, match=r"(?i)ascii"):
        owner.session.request(DeliverSm(source_addr="Баланс"), owner.now)
    assert owner.session.outstanding == 0
    assert owner.session.data_to_send() == b""


def test_our_numbers_are_our_own() -> None:
    """The peer's numbers and ours do not touch: both sides may use 1 at the same time."""
    owner = Owner().bound()
    (request,) = owner.holding(1)
    ((_, number),) = asked(owner)
    assert number == 1
    owner.respond(request, message_id="9")
    (event,) = owner.feed(raw(DELIVER_SM | RESP, 1, b"\0"))
    assert isinstance(event, ResponseReceived)
    assert owner.take() == [Sent(SUBMIT_SM | RESP, 0, 1, b"9\0")]
    assert 1 <= number <= MAX_SEQUENCE_NUMBER


def test_lost_requests_are_told_in_sending_order() -> None:
    """When a session ends, each unanswered request is told once, oldest first, and the end comes last."""
    owner = Owner().bound()
    sent = asked(owner, 3)
    owner.feed(raw(DELIVER_SM | RESP, 2, b"\0"))
    owner.session.close()
    assert owner.pump() == [
        RequestLost(sent[0][0], 0),
        RequestLost(sent[2][0], 2),
        SessionClosed(CloseReason.OWNER_CLOSED),
    ]
    owner.session.close()
    owner.session.end_of_input()
    assert owner.feed(raw(DELIVER_SM | RESP, 1, b"\0")) == []


def test_nothing_is_kept_after_the_end() -> None:
    """What comes after the end is not even stored, and the owner may read it off the transport."""
    owner = Owner(SessionLimits(window_in=1)).bound()
    owner.holding(*range(1, 6))
    assert owner.session.reading_paused
    owner.session.close()
    owner.pump()
    owner.feed(submit(7) * 100)
    assert owner.session._frames.pending == 0
    assert not owner.session.reading_paused
    assert owner.session.deadline == inf


def test_a_bind_response_carries_the_owners_tlvs_too() -> None:
    """TLVs that the owner adds to a bind response stand before ours."""
    owner = Owner()
    (event,) = only(BindRequested, owner.feed(bind()))
    owner.respond(event.request, system_id="g", tlvs=((0x1400, b"x"),))
    response = decode(owner.octets)
    assert isinstance(response, BindTransceiverResp)
    assert response.tlvs == ((0x1400, b"x"), (Tag.SC_INTERFACE_VERSION, b"\x34"))
