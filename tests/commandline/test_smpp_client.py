"""The smpplib client behind ``send``, ``chat`` and ``demo``, against octets written by hand over a socket pair."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import attrs
import pytest
from smpplib import consts

from gateway.commandline.smpp_client import ClientFault, NoAnswer, Sms, SmsClient, Submitted

SUBMIT_SM, SUBMIT_SM_RESP, DELIVER_SM, DELIVER_SM_RESP = 0x4, 0x80000004, 0x5, 0x80000005
ENQUIRE_LINK, ENQUIRE_LINK_RESP, UNBIND, UNBIND_RESP = 0x15, 0x80000015, 0x6, 0x80000006
BIND_TRANSCEIVER_RESP = 0x80000009


def pdu(command_id: int, sequence: int, body: bytes = b"", status: int = 0) -> bytes:
    return struct.pack(">LLLL", 16 + len(body), command_id, status, sequence) + body


def deliver(sequence: int, octets: bytes, *, data_coding: int = 0, esm_class: int = 0, tlvs: bytes = b"") -> bytes:
    body = b"\0\0\1" + b"7494\0" + b"\1\1" + b"79991110001\0"
    body += bytes((esm_class, 0, 0)) + b"\0\0" + bytes((0, 0, data_coding, 0, len(octets))) + octets + tlvs
    return pdu(DELIVER_SM, sequence, body)


@attrs.frozen
class Link:
    """A bound client and the gateway's end of its connection."""

    client: SmsClient
    gateway: socket.socket

    def sent(self) -> list[tuple[int, int, int, bytes]]:
        """The PDUs that the client has sent: command_id, status, sequence, body."""
        self.gateway.setblocking(False)
        octets = b""
        try:
            while chunk := self.gateway.recv(65536):
                octets += chunk
        except BlockingIOError:
            pass
        found = []
        while octets:
            length, command_id, status, sequence = struct.unpack(">LLLL", octets[:16])
            found.append((command_id, status, sequence, octets[16:length]))
            octets = octets[length:]
        return found


@pytest.fixture
def link() -> Iterator[Link]:
    client = SmsClient("127.0.0.1", 2775, "demo", "demo", timeout=0.2)
    own, gateway = socket.socketpair()
    own.settimeout(0.2)
    client._client._socket = own
    client._client.state = consts.SMPP_CLIENT_STATE_BOUND_TRX
    yield Link(client, gateway)
    own.close()
    gateway.close()
    client._client._socket = None


def test_a_reply_is_decoded_and_acknowledged(link: Link) -> None:
    """A deliver_sm gives its text, and gets its response."""
    link.gateway.sendall(deliver(7, "Баланс".encode("utf-16-be"), data_coding=8))
    assert link.client.receive() == Sms("7494", "79991110001", "Баланс", 8, 1)
    assert link.sent() == [(DELIVER_SM_RESP, 0, 7, b"\0")]


def test_parts_are_joined_in_any_order_before_they_are_decoded(link: Link) -> None:
    """A text in parts comes once, whole, even when a part ends inside of an escape pair."""
    link.gateway.sendall(deliver(8, b"\x05\x00\x03\x09\x02\x02" + b"e!", esm_class=0x40))
    link.gateway.sendall(deliver(7, b"\x05\x00\x03\x09\x02\x01" + b"5 \x1b", esm_class=0x40))
    assert link.client.receive() == Sms("7494", "79991110001", "5 €!", 0, 2)
    assert [sequence for _, _, sequence, _ in link.sent()] == [8, 7]


def test_parts_told_by_tlvs_and_a_message_payload_are_understood(link: Link) -> None:
    """sar_* TLVs and message_payload carry long texts as headers do."""
    for number in (1, 2):
        tlvs = struct.pack(">HHHHHBHHB", 0x20C, 2, 700, 0x20E, 1, 2, 0x20F, 1, number)
        link.gateway.sendall(deliver(number, b"part%d" % number, tlvs=tlvs))
    assert link.client.receive().text == "part1part2"
    link.gateway.sendall(deliver(3, b"", tlvs=struct.pack(">HH", 0x424, 4) + b"long"))
    assert link.client.receive().text == "long"


def test_a_receipt_is_no_message(link: Link) -> None:
    """A delivery receipt is acknowledged and not shown as a text."""
    link.gateway.sendall(deliver(5, b"id:1 stat:DELIVRD", esm_class=0x04) + deliver(6, b"text"))
    assert link.client.receive().text == "text"
    assert [sequence for _, _, sequence, _ in link.sent()] == [5, 6]


def test_enquire_link_is_answered_while_waiting(link: Link) -> None:
    """A client that waits for a reply keeps its session alive."""
    link.gateway.sendall(pdu(ENQUIRE_LINK, 9) + deliver(1, b"text"))
    link.client.receive()
    assert link.sent()[0] == (ENQUIRE_LINK_RESP, 0, 9, b"")


def test_a_text_is_submitted_in_segments_and_all_must_be_accepted(link: Link) -> None:
    """Each segment has its header and bits; a refusal of any is told with the name of its status."""
    link.gateway.sendall(pdu(SUBMIT_SM_RESP, 2, b"1\0") + pdu(SUBMIT_SM_RESP, 3, b"2\0"))
    assert link.client.submit("79991110001", "7494", "ы" * 71) == Submitted(8, 2)
    sent = link.sent()
    assert [command_id for command_id, *_ in sent] == [SUBMIT_SM, SUBMIT_SM]
    assert all(b"79991110001\0" in body and b"7494\0\x40" in body for *_, body in sent)
    link.gateway.sendall(pdu(SUBMIT_SM_RESP, 4, status=0x58))
    with pytest.raises(ClientFault, match="ESME_RTHROTTLED"):
        link.client.submit("79991110001", "7494", "x")


@pytest.mark.parametrize(
    ("method", "mark"), [("udh16", b"\x06\x08\x04"), ("sar", struct.pack(">HH", 0x20C, 2)), ("payload", b"\x04\x24")]
)
def test_every_way_of_cutting_a_text_can_be_asked_for(link: Link, method: str, mark: bytes) -> None:
    """16-bit references, sar_* TLVs and message_payload go out as such."""
    link.gateway.sendall(pdu(SUBMIT_SM_RESP, 2) + pdu(SUBMIT_SM_RESP, 3))
    link.client.submit("79991110001", "7494", "x" * 161, method=method)  # type: ignore[arg-type]  # a parameter
    assert all(mark in body for *_, body in link.sent())


def test_a_coding_that_cannot_spell_the_text_is_told(link: Link) -> None:
    """A forced coding is taken at its word, and a character that it lacks is named."""
    with pytest.raises(ClientFault, match="data_coding 0 cannot spell 'ы'"):
        link.client.submit("79991110001", "7494", "xы", data_coding=0)
    link.gateway.sendall(pdu(SUBMIT_SM_RESP, 2))
    link.client.submit("79991110001", "7494", "é", data_coding=3)
    assert link.sent()[0][3].endswith(b"\x03\x00\x01\xe9")


def test_silence_is_told_as_silence(link: Link) -> None:
    """Nothing in time is NoAnswer, for a reply and for a response."""
    with pytest.raises(NoAnswer):
        link.client.receive()
    with pytest.raises(NoAnswer):
        link.client.submit("79991110001", "7494", "x")


def test_octets_that_come_slowly_are_not_lost(link: Link) -> None:
    """A wait that ends before a PDU begins loses nothing of the PDU that comes next."""
    with pytest.raises(NoAnswer):
        link.client.receive(0.01)
    link.gateway.sendall(deliver(1, b"text"))
    assert link.client.receive().text == "text"


def test_a_pdu_that_breaks_off_is_a_fault(link: Link) -> None:
    """Half a PDU ends the exchange: what follows could not be read."""
    link.gateway.sendall(deliver(1, b"text")[:20])
    with pytest.raises(ClientFault, match="broke off"):
        link.client.receive()


@pytest.mark.parametrize(
    "octets",
    [pdu(0x0A, 1), deliver(1, b"x", tlvs=b"\x04"), deliver(1, b"x", tlvs=struct.pack(">HHB", 0x210, 1, 0x34))],
    ids=["unknown command", "broken TLV", "unexpected TLV"],
)
def test_what_is_no_smpp_is_a_fault_and_no_traceback(link: Link, octets: bytes) -> None:
    """Whatever smpplib raises for what it cannot read ends as one sentence."""
    link.gateway.sendall(octets)
    link.gateway.shutdown(socket.SHUT_WR)
    with pytest.raises(ClientFault):
        link.client.receive()


def test_a_gateway_that_hangs_up_or_unbinds_is_told(link: Link) -> None:
    """The end of the session is a fault with its reason, and the unbind is answered first."""
    link.gateway.sendall(pdu(UNBIND, 4))
    with pytest.raises(ClientFault, match="unbind"):
        link.client.receive()
    assert link.sent() == [(UNBIND_RESP, 0, 4, b"")]


def test_closing_unbinds_and_does_not_wait_for_ever(link: Link) -> None:
    """Whoever leaves says so; an answered goodbye ends at once, a second one does nothing."""
    link.gateway.sendall(deliver(1, b"late") + pdu(UNBIND_RESP, 2))
    link.client.close()
    link.client.close()
    assert [command_id for command_id, *_ in link.sent()] == [UNBIND, DELIVER_SM_RESP]


def test_what_has_come_already_is_taken_without_waiting(link: Link) -> None:
    """Earlier messages are told apart from the reply to come."""
    link.gateway.sendall(deliver(1, b"one") + deliver(2, b"two"))
    assert [sms.text for sms in link.client.received()] == ["one", "two"]
    assert link.client.received() == []
