"""What of a PDU may be shown: never a password, a PIN or a code; always as many octets, and a PDU."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gateway.network.masking import Masking
from gateway.network.wire_log import Frame
from gateway.smpp import codec
from gateway.sms import gsm0338, reassembly, segments
from gateway.sms.alphabets import Alphabet, decode, encode
from tests.conformance import wire
from tests.conformance.wire import SHORT_CODE, SUBSCRIBER, tlv

PACKING = "packing"
MASKING = Masking(frozenset({SHORT_CODE}), lambda system_id: "gsm0338-packed" if system_id == PACKING else "gsm0338")

# What each alphabet is called on the wire: by whom, and with which data_coding.
CODINGS = {
    Alphabet.GSM0338: ("", 0),
    Alphabet.GSM0338_PACKED: (PACKING, 0),
    Alphabet.ASCII: ("", 1),
    Alphabet.LATIN1: ("", 3),
    Alphabet.ISO8859_5: ("", 6),
    Alphabet.UCS2: ("", 8),
}
METHODS = ("udh8", "udh16", "sar", "payload")
DIGITS = {"ascii": "0123456789", "arabic": "٠١٢٣٤٥٦٧٨٩", "wide": "０１２３４５６７８９", "bold": "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"}


def masked(octets: bytes, *, inbound: bool = True, client: str = "", whole: bool = True) -> bytes:
    found = MASKING.masked(Frame(0, 1, client, inbound, octets, whole))
    assert len(found) == len(octets)
    return found


def parts(text: str, alphabet: Alphabet, method: str, reference: int) -> list[tuple[dict[str, Any], bytes]]:
    """What of a PDU carries each part of the text: fields, and the octets behind them."""
    found = []
    for segment in segments.split(encode(text, alphabet), alphabet, method, reference):  # type: ignore[arg-type]  # one of the four
        fields: dict[str, Any] = {"esm_class": 0x40 if segment.udhi else 0, "data_coding": CODINGS[alphabet][1]}
        tail = b""
        if segment.payload:
            fields["short_message"] = b""
            tail = tlv(0x0424, segment.user_data)
        else:
            fields["short_message"] = segment.user_data
        if segment.sar is not None:
            number, total, at = segment.sar
            tail += tlv(0x020C, number.to_bytes(2, "big")) + tlv(0x020E, bytes([total])) + tlv(0x020F, bytes([at]))
        found.append((fields, tail))
    return found


def text_in(frame: bytes, alphabet: Alphabet, *, from_smsc: bool) -> str:
    """What a reader of a PDU reads."""
    pdu: Any = codec.decode(frame, from_smsc=from_smsc)
    octets = getattr(pdu, "short_message", b"") or pdu.tlv(0x0424) or b""
    packed = alphabet is Alphabet.GSM0338_PACKED
    body = reassembly.concatenation_of(bool(pdu.esm_class & 0x40), octets, packed=packed).body
    return decode(body, alphabet.unpacked)


def as_digits(text: str) -> str:
    """The digits of a text and nothing else, as ASCII."""
    return "".join(str(int(character)) for character in text if character.isdecimal())


texts = st.text(st.sampled_from("Your code is: ABC xyz,.-\n"), max_size=200)


@given(
    before=texts,
    after=texts,
    secret=st.text("0123456789", min_size=4, max_size=8),
    alphabet=st.sampled_from(list(CODINGS)),
    method=st.sampled_from(METHODS),
    request=st.booleans(),
    data_sm=st.booleans(),
    script=st.sampled_from(list(DIGITS)),
    reference=st.integers(0, 0xFFFF),
)
@example("a" * 150, "b" * 90, "123456", Alphabet.GSM0338, "udh8", False, False, "ascii", 1)
@example("a" * 150, "b" * 90, "123456", Alphabet.GSM0338_PACKED, "udh8", False, True, "ascii", 1)
@example("", "", "12345678", Alphabet.GSM0338_PACKED, "udh8", True, False, "ascii", 1)
@example("a" * 65, "b" * 90, "123456", Alphabet.UCS2, "sar", True, False, "bold", 1)
def test_a_secret_is_nowhere(
    before: str,
    after: str,
    secret: str,
    alphabet: Alphabet,
    method: str,
    request: bool,
    data_sm: bool,
    script: str,
    reference: int,
) -> None:
    """Whatever the alphabet, however it is cut, in whichever PDU: no digit of a secret is left, the rest is."""
    script = script if alphabet is Alphabet.UCS2 else "ascii"
    text = before + "".join(DIGITS[script][int(digit)] for digit in secret) + after
    client = CODINGS[alphabet][0]
    ends = {"source_addr": SUBSCRIBER, "destination_addr": SHORT_CODE}
    if not request:
        ends = {"source_addr": SHORT_CODE, "destination_addr": SUBSCRIBER}
    shown = ""
    for fields, tail in parts(text, alphabet, method, reference):
        if data_sm:
            octets = fields.pop("short_message") or tail[4:]
            frame = wire.data_sm(1, **ends, **fields, payload=octets, tail=b"" if tail[:2] == b"\4\x24" else tail)
        else:
            build = wire.submit_sm if request else wire.deliver_sm
            frame = build(1, **ends, **fields, tail=tail)
        found = masked(frame, inbound=request, client=client)
        assert found[:16] == frame[:16]
        shown += text_in(found, alphabet, from_smsc=not request)
    assert as_digits(shown) == ""
    assert shown.replace("*", "") == before + after


def test_what_is_no_secret_stays() -> None:
    """Texts between others, short numbers, times, addresses, receipts but for the text that they repeat."""
    for frame in (
        wire.submit_sm(1, short_message=b"call 123456"),
        wire.submit_sm(1, destination_addr=SHORT_CODE, short_message=b"CONFIRM 1"),
        wire.submit_sm(1, destination_addr=SHORT_CODE, short_message=b"PIN 123"),
        wire.query_sm(1, message_id="1234567890"),
        wire.cancel_sm(1, message_id="1234567890"),
        wire.RESPONSES["submit_sm_resp"](1, message_id="1234567890"),
        wire.enquire_link(1),
        wire.unbind(77),
    ):
        assert masked(frame) == frame
    balance = wire.deliver_sm(1, source_addr=SHORT_CODE, short_message=b"Balance: 250.00 RUB, 9:15")
    assert masked(balance, inbound=False) == balance
    text = b"id:0000000001 sub:001 dlvrd:001 submit date:2601150900 done date:2601150900 stat:DELIVRD err:000 text:"
    receipt = wire.deliver_sm(1, source_addr=SHORT_CODE, esm_class=4, short_message=text + b"12 34 56")
    hidden = wire.deliver_sm(1, source_addr=SHORT_CODE, esm_class=4, short_message=text + b"** ** **")
    assert masked(receipt, inbound=False) == hidden


def test_codes_are_found_however_they_are_spelled() -> None:
    """With spaces, to one of several destinations, to a number with a plus sign, behind any header."""
    for frame in (
        wire.submit_sm(1, destination_addr=SHORT_CODE, short_message=b"12 34-56"),
        wire.submit_sm(1, destination_addr="+" + SHORT_CODE, short_message=b"123456"),
        wire.to_many([wire.destination("70001"), wire.destination(SHORT_CODE)], 1, short_message=b"123456"),
        wire.replace_sm(1, message_id="9", source_addr=SUBSCRIBER, short_message=b"123456"),
        wire.submit_sm(
            1, destination_addr=SHORT_CODE, esm_class=0x40, short_message=wire.udh((0x24, b"\1")) + b"123456"
        ),
        wire.submit_sm(1, destination_addr=SHORT_CODE, esm_class=0x40, short_message=b"\xff123456"),
        wire.submit_sm(1, destination_addr=SHORT_CODE, data_coding=4, short_message=b"123456"),
        wire.submit_sm(1, destination_addr=SHORT_CODE, data_coding=5, short_message=b"123456"),
        wire.submit_sm(1, destination_addr=SHORT_CODE, data_coding=8, short_message=b"123456!"),
        wire.submit_sm(1, destination_addr=SHORT_CODE, data_coding=8, short_message="1234".encode("utf-16-le")),
        wire.submit_sm(1, destination_addr=SHORT_CODE, data_coding=8, short_message="①②③④".encode("utf-16-be")),
        wire.replace_sm(1, source_addr=SUBSCRIBER, message_id="9", short_message="٠١٢٣".encode("utf-16-be")),
    ):
        found = masked(frame)
        assert found != frame
        assert re.search(rb"[0-9]", found[-7:]) is None, found
        for spelled in ("①", "٠", "٣"):
            assert spelled.encode("utf-16-be") not in found
        codec.decode(found)


@pytest.mark.parametrize("build", [wire.bind_receiver, wire.bind_transmitter, wire.bind_transceiver])
def test_passwords(build: wire.Builder) -> None:
    """Of a good bind only the password goes; of a bad one, all that could be one."""
    good = build(1, system_id="canary", password="s3cret!!", address_range="7999")
    assert masked(good) == good.replace(b"s3cret!!", b"********")
    assert masked(wire.outbind(1, password="s3cret!!"), inbound=False).endswith(b"demo\0********\0")
    for bad in (
        build(1, password="s3cret!!longer"),
        build(1, password=b"s3cret!!"),
        build(1, system_id=b"", password="s3cret!!"),
        build(1, password="s3cret!!", tail=b"\1"),
        wire.enquire_link(1, tail=b"s3cret!!"),
        wire.pdu(0x0A, b"demo\0s3cret!!\0"),
        wire.pdu(0x80000004, b"s3cret!!\0", status=8),
    ):
        found = masked(bad)
        assert b"s3c" not in found
        assert b"!!" not in found
        assert found[:16] == bad[:16]


def test_a_pdu_that_is_refused_has_no_digits_left() -> None:
    """Its fields are where they are not looked for, so all digits go, and in packed text everything."""
    broken = wire.submit_sm(1, destination_addr=SHORT_CODE, short_message=b"code 123456", tail=b"\0")
    found = masked(broken)
    assert not any(chr(octet).isdigit() for octet in found[16:])
    assert b"code" in found
    packed = gsm0338.pack(b"123456")
    broken = wire.submit_sm(1, destination_addr=SHORT_CODE, short_message=packed, tail=b"\0")
    assert packed[:2] not in masked(broken, client=PACKING)
    found = masked(
        wire.submit_sm(1, destination_addr=SHORT_CODE, esm_class=0x40, short_message=b"\xff" + packed), client=PACKING
    )
    assert packed[:2] not in found


def test_what_is_no_pdu_is_blank() -> None:
    """Zeros and stars, and the header when it has one."""
    bind = wire.bind_transceiver(1, password="s3cret!!")
    assert set(masked(bind[20:], whole=False)) == {0, ord("*")}
    assert set(masked(bind[:30], whole=False)[16:]) <= {0, ord("*")}
    assert masked(bind[:30], whole=False)[:16] == bind[:16]


@given(octets=st.binary(max_size=120), seed=st.integers(0, 1 << 32), inbound=st.booleans(), whole=st.booleans())
@example(b"", 0, True, False)
def test_nothing_breaks_it(octets: bytes, seed: int, inbound: bool, whole: bool) -> None:
    """Any frame, and any damaged one, has as many octets afterwards and the same header."""
    dice = random.Random(seed)
    command_id = dice.choice([*(command for command, *_ in wire.REQUESTS.values()), 5, 0x0B, 0x102, 0x80000004, 99])
    frame = wire.pdu(command_id, octets)
    assert masked(frame, inbound=inbound, whole=whole)[:16] == frame[:16]
    _, build, _ = dice.choice(list(wire.REQUESTS.values()))
    damaged = bytearray(build(1, tail=octets[:9]))
    assume(len(damaged) > 16)
    for _ in range(dice.randrange(4)):
        damaged[dice.randrange(16, len(damaged))] = dice.randrange(256)
    masked(bytes(damaged), inbound=inbound, whole=whole)
