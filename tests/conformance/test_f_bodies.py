"""Section F: message bodies, encodings, user data headers."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.conformance import wire
from tests.conformance.raw import Client, configured
from tests.conformance.rows import row
from tests.conformance.wire import PAYLOAD, RESPONSE, Delivered, Frame, Value, tlv, udh
from tests.doubles import Bench

SEQUENCE = 0x0000F00D
BALANCE_EN, BALANCE_RU = "Balance: 1,234.50 RUB", "Баланс: 1 234,50 руб."


def command(client: Client, text: bytes, **fields: Value) -> Delivered:
    """The one reply to a text that was sent to the wallet."""
    client.submit(SEQUENCE, destination_addr="7494", short_message=text, **fields)
    (reply,) = client.deliveries()
    return reply


def refused(client: Client, *statuses: int, **fields: Value) -> None:
    octets = wire.submit_sm(SEQUENCE, destination_addr="7494", **fields)
    client.check_refusal(octets, wire.SUBMIT_SM | RESPONSE, *statuses, sequence=SEQUENCE)
    assert client.deliveries() == []


@pytest.mark.parametrize("text", [b"B", b"HELP"])
@row("F1")
def test_text_in_both_places_from_a_3_4_client(bound: Client, text: bytes) -> None:
    """Refused with 0xC1; an empty payload is a payload too."""
    refused(bound, 0xC1, short_message=text, tail=tlv(PAYLOAD, b"BALANCE"))
    refused(bound, 0xC1, short_message=text, tail=tlv(PAYLOAD))


@row("F1")
def test_text_in_both_places_from_a_5_0_client(bench: Bench) -> None:
    """The payload wins."""
    client = Client(bench).bind(interface_version=0x50)
    assert command(client, b"HELP", tail=tlv(PAYLOAD, b"BALANCE")).text.startswith(BALANCE_EN)


@row("F2")
def test_sm_length_beyond_the_pdu(bound: Client) -> None:
    """Refused with 0x01, nothing runs."""
    for length in (8, 9, 200, 254):
        refused(bound, 0x01, sm_length=length, short_message=b"BALANCE")


@row("F3")
def test_sm_length_below_the_text(bound: Client) -> None:
    """What is left is no TLV stream: 0xC0; the session survives, the head of the text does not run."""
    for length in (0, 1, 3, 4, 6):
        refused(bound, 0xC0, sm_length=length, short_message=b"BALANCE")
    refused(bound, 0xC0, sm_length=7, short_message=b"BALANCE CONFIRM 1")


@row("F3")
def test_what_follows_sm_length_is_parameters(bound: Client) -> None:
    """Octets that happen to be a TLV are one."""
    reply = command(bound, tlv(PAYLOAD, b"BALANCE"), sm_length=0)
    assert reply.text.startswith(BALANCE_EN)


@pytest.mark.parametrize("size", [255, 1_000, 30_000, 65_535])
@row("F4")
def test_a_long_payload_is_taken_whole(tmp_path: Path, size: int) -> None:
    """64 KiB in message_payload come out as they went in."""
    bench = configured(tmp_path, 'loopback = true\n[clients.demo]\npassword = "demo"\nsegmentation = "payload"\n')
    client = Client(bench).bind()
    text = (b"0123456789" * 6_554)[:size]
    client.submit(SEQUENCE, short_message=b"", tail=tlv(PAYLOAD, text))
    bench.pass_time(1)
    assert b"".join(message.octets for message in client.deliveries()) == text


@row("F4")
def test_a_long_command_is_read_in_no_time(bound: Client) -> None:
    """It is not a command, and says so."""
    started = time.perf_counter()
    for text in (b"A" * 65_535, b" " * 65_535, b"BALANCE " * 8_000):
        bound.submit(SEQUENCE, destination_addr="7494", short_message=b"", tail=tlv(PAYLOAD, text))
        (reply,) = bound.deliveries()
        assert not reply.text.startswith(BALANCE_EN)
    assert time.perf_counter() - started < 2


@row("F5")
def test_no_text_at_all(bound: Client) -> None:
    """Legal: an empty command, which is answered as one that nobody understands."""
    reply = command(bound, b"")
    assert reply.text
    assert not reply.text.startswith(BALANCE_EN)
    assert command(bound, b"", tail=tlv(PAYLOAD)).octets == reply.octets
    assert bound.ask(wire.submit_sm(5, short_message=b"")).header == (wire.SUBMIT_SM | RESPONSE, 0, 5)


GSM_CODINGS = (0x00, 0x10, 0x11, 0x12, 0x13, 0xF0, 0xF1, 0xF2, 0xF3)
UCS2_CODINGS = (0x08, 0x18, 0x19, 0x1A, 0x1B)


@pytest.mark.parametrize(
    ("coding", "text", "reply"),
    [
        *((coding, b"BALANCE", BALANCE_EN) for coding in (*GSM_CODINGS, 1, 3, 6)),
        *((coding, "баланс".encode("utf-16-be"), BALANCE_RU) for coding in UCS2_CODINGS),
        *((coding, "BALANCE".encode("utf-16-be"), BALANCE_EN) for coding in UCS2_CODINGS),
        (6, "БАЛАНС".encode("iso8859-5"), BALANCE_RU),
        (0, b"\0BALANCE\0", BALANCE_EN),  # GSM 03.38: 0x00 is @, no end of anything
        (8, "\ufeffбаланс".encode("utf-16-be"), BALANCE_RU),
        (3, b"\xabBALANCE\xbb", BALANCE_EN),
    ],
    ids=lambda value: hex(value) if isinstance(value, int) else ascii(value)[:12],
)
@row("F6")
def test_codings_that_are_read(bound: Client, coding: int, text: bytes, reply: str) -> None:
    """0, 1, 3, 6, 8 and the groups with a message class; the reply comes in the cheapest coding that fits."""
    answer = command(bound, text, data_coding=coding)
    assert answer.text.startswith(reply)
    assert answer["data_coding"] == (8 if reply == BALANCE_RU else 0)


@pytest.mark.parametrize("coding", [2, 4])
@row("F6")
def test_octets_are_kept_and_not_read(bound: Client, coding: int) -> None:
    """They are answered, but not as the command that they spell."""
    answer = command(bound, b"BALANCE", data_coding=coding)
    assert answer.octets
    assert not answer.text.startswith(("Balance", "Not rec"))


@pytest.mark.parametrize("coding", [5, 7, 9, 10, 11, 12, 13, 14, 15, 0x20, 0x80, 0xC0, 0xC8, 0xD0, 0xE0, 0xEF], ids=hex)
@row("F6")
def test_codings_that_nobody_reads(bench: Bench, coding: int) -> None:
    """Refused to the wallet, taken to a handset, by the versions of the client."""
    for version, status in ((0x34, 0x45), (0x50, 0x104)):
        client = Client(bench).bind(interface_version=version)
        refused(client, status, data_coding=coding, short_message=b"BALANCE")
        assert client.submit(4, data_coding=coding)
        client.send(wire.unbind(9))


def packed(text: bytes) -> bytes:
    """Seven-bit packing of 3GPP TS 23.038 §6.1.2.1."""
    bits = sum(septet << (7 * n) for n, septet in enumerate(text))
    return bits.to_bytes((7 * len(text) + 7) // 8, "little")


@pytest.mark.parametrize(
    ("alphabet", "text"),
    [("gsm0338", b"BALANCE"), ("gsm0338-packed", packed(b"BALANCE")), ("latin1", b"BALANCE"), ("ascii", b"BALANCE")],
    ids=["gsm0338", "packed", "latin1", "ascii"],
)
@row("F6")
def test_what_coding_0_means_is_the_clients_choice(tmp_path: Path, alphabet: str, text: bytes) -> None:
    """Read and written in the same alphabet."""
    bench = configured(tmp_path, f'[clients.demo]\npassword = "demo"\ndefault_alphabet = "{alphabet}"\n')
    reply = command(Client(bench).bind(), text)
    assert reply["data_coding"] == 0
    expected = BALANCE_EN.encode()
    assert reply.octets.startswith(packed(expected)[:-1] if "packed" in alphabet else expected)


BAD_HEADERS = [
    pytest.param(b"", id="none"),
    pytest.param(b"\xff\0\3\1\2", id="255-of-5"),
    pytest.param(b"\7BALANC", id="one-beyond"),
    pytest.param(b"\5\0\3\1\2\1"[:5], id="cut"),
    pytest.param(b"\5\0\4\1\2\1BALANCE", id="element-beyond"),
    pytest.param(b"\1\0BALANCE", id="half-an-element"),
    pytest.param(b"\6\0\3\1\2\1\0BALANCE", id="half-a-second"),
]


@pytest.mark.parametrize("text", BAD_HEADERS)
@row("F7")
def test_a_header_that_does_not_fit(bound: Client, text: bytes) -> None:
    """UDHL and its elements stay inside: else refused, as an esm_class or as a message that lies."""
    refused(bound, 0x01, 0x43, esm_class=0x40, short_message=text)
    if text:
        refused(bound, 0x01, 0x43, esm_class=0x40, short_message=b"", tail=tlv(PAYLOAD, text))
    octets = wire.data_sm(SEQUENCE, esm_class=0x40, payload=text)
    bound.check_refusal(octets, wire.DATA_SM | RESPONSE, 0x01, 0x43, sequence=SEQUENCE)


@pytest.mark.parametrize(
    "header", [udh(), udh((0x70, b"")), udh((0x05, b"\x0b\x84\0\0")), udh((0x24, b"\1"), (0x25, b"\1"))]
)
@row("F7")
def test_a_header_that_fits(bound: Client, header: bytes) -> None:
    """Unknown elements are skipped, the text behind them runs."""
    assert command(bound, header + b"BALANCE", esm_class=0x40).text.startswith(BALANCE_EN)
    cyrillic = header + "баланс".encode("utf-16-be")
    assert command(bound, cyrillic, esm_class=0x40, data_coding=8).text.startswith(BALANCE_RU)
    reply = command(bound, b"", esm_class=0x40, tail=tlv(PAYLOAD, header + b"BALANCE"))
    assert reply.text.startswith(BALANCE_EN)


@pytest.mark.parametrize(("total", "number"), [(0, 0), (0, 1), (2, 0), (2, 3), (1, 2), (254, 255)])
@row("F8")
def test_a_concatenation_out_of_range_is_ignored(bound: Client, total: int, number: int) -> None:
    """The whole element, of either width: the message stands for itself."""
    for element in ((0x00, bytes([7, total, number])), (0x08, bytes([1, 7, total, number]))):
        assert command(bound, udh(element) + b"BALANCE", esm_class=0x40).text.startswith(BALANCE_EN)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        pytest.param(b"B\x1bALANCE", "Balance", id="undefined"),
        pytest.param(b"\x1bBAL\x1bANC\x1bE", "Balance", id="three-undefined"),
        pytest.param(b"CONFIRM\x1b\x1b1", "SMS confirmation is ON", id="double-is-a-space"),
        pytest.param(b"BALANCE\x1b", "Balance", id="at-the-end"),
        pytest.param(b"\x1b\x14\x1b\x28BALANCE\x1b\x29", "Balance", id="defined"),
    ],
)
@row("F10")
def test_escapes(bound: Client, text: bytes, reply: str) -> None:
    """An escape before what the extension table has not shows the main table's character; two are a space."""
    assert command(bound, text, source_addr="79991110002" if b"CONF" not in text else "79991110004").text.startswith(
        reply
    )


@row("F10")
def test_octets_above_7f_in_the_default_alphabet(bound: Client) -> None:
    """They are no characters; nothing breaks."""
    reply = command(bound, bytes(range(0x80, 0x100)))
    assert reply.text
    assert bound.ask(wire.enquire_link(9)) == Frame(wire.ENQUIRE_LINK | RESPONSE, 0, 9, b"")
