import gsm0338 as oracle
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gateway.sms import gsm0338
from gateway.sms.alphabets import Alphabet

from .texts import GSM_EXTENSION, GSM_MAIN, texts

GSM_TEXTS = texts(Alphabet.GSM0338, None)
SEPTETS = st.binary().map(lambda octets: bytes(octet & 0x7F for octet in octets))
FILL_BITS = st.integers(0, 6)


@given(GSM_TEXTS)
@example(GSM_MAIN + GSM_EXTENSION)
@example("")
def test_encode_agrees_with_the_oracle(text: str) -> None:
    """Every text of the two tables has the octets that an independent codec gives it."""
    assert gsm0338.encode(text) == oracle.Codec().encode(text)[0]


@given(GSM_TEXTS)
@example(GSM_MAIN + GSM_EXTENSION)
def test_decode_agrees_with_the_oracle(text: str) -> None:
    """An independent encoder's octets are read as the text that it was given."""
    assert gsm0338.decode(oracle.Codec().encode(text)[0]) == text


@given(st.text(st.one_of(st.characters(), st.sampled_from(GSM_MAIN), st.sampled_from("€`\x1bс"))))
@example("§`")
@example("€" * 81)
@example("Балан\ud800с")
@example("a\x1b")
def test_septets_and_encodable_and_encode_agree(text: str) -> None:
    """The three ways to ask whether a text is GSM never differ, and an error tells the first character that is not."""
    foreign = [place for place, char in enumerate(text) if char not in GSM_MAIN + GSM_EXTENSION]
    if foreign:
        assert not gsm0338.encodable(text)
        assert gsm0338.septets(text) is None
        with pytest.raises(UnicodeEncodeError) as caught:
            gsm0338.encode(text)
        assert caught.value.start == foreign[0]
    else:
        assert gsm0338.encodable(text)
        assert gsm0338.septets(text) == len(gsm0338.encode(text))


@given(st.binary())
@example(bytes(range(256)))
@example(b"\x1b" * 9)
def test_decode_takes_anything(octets: bytes) -> None:
    """Any octets at all give a text without an escape in it, and never more characters than octets."""
    text = gsm0338.decode(octets)
    assert "\x1b" not in text
    assert len(text) <= len(octets)


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        pytest.param(b"", "", id="nothing"),
        pytest.param(b"\x00", "@", id="zero is @"),
        pytest.param(b"\x5f\x40", "§¡", id="section sign, inverted exclamation mark"),
        pytest.param(b"\x1b\x0a", "\f", id="form feed"),
        pytest.param(b"\x1b\x65", "€", id="extension"),
        pytest.param(b"\x1bA", "A", id="not in the extension: main table"),
        pytest.param(b"\x1b\x0d", "\r", id="not in the extension: CR"),
        pytest.param(b"\x1b\x1b", " ", id="double escape"),
        pytest.param(b"\x1b\x1b\x65", " e", id="double escape leaves the next alone"),
        pytest.param(b"\x1b\x1b\x1b\x65", " €", id="double escape, then an extension"),
        pytest.param(b"A\x1b", "A ", id="trailing escape"),
        pytest.param(b"\x1b\x1b\x1b", "  ", id="three escapes"),
        pytest.param(b"\x80\xff", "\ufffd\ufffd", id="above 0x7F"),
        pytest.param(b"\x1b\xe5", "\ufffd", id="escape and above 0x7F"),
    ],
)
def test_decode_of_odd_input(octets: bytes, text: str) -> None:
    """Escapes and octets that mean nothing become what TS 23.038 §6.2.1 and §6.2.1.1 say."""
    assert text == gsm0338.decode(octets)


@pytest.mark.parametrize("char", ["`", "\x1b", "\x00", "\t", "б", "ç", "\xa0", "😀", "\ud800", "\uffff"])
def test_what_is_not_gsm(char: str) -> None:
    """A character of neither table is refused, with its place."""
    with pytest.raises(UnicodeEncodeError) as caught:
        gsm0338.encode("ab€" + char + "c")
    assert caught.value.start == 3


def _pack_by_bits(septets: bytes, fill_bits: int) -> bytes:
    """The same as a string of bits, first bit first: each septet and each octet begins with its lowest bit."""
    bits = "0" * fill_bits + "".join(f"{septet:07b}"[::-1] for septet in septets)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[place : place + 8][::-1], 2) for place in range(0, len(bits), 8))


@given(SEPTETS, FILL_BITS)
@example(b"BALANCE", 0)
@example(b"1234567\r", 0)
@example(b"", 1)
def test_pack_agrees_with_strings_of_bits(septets: bytes, fill_bits: int) -> None:
    """Packing is the plain bit stream, with a CR where zeros would read as '@' and where a last CR would be lost."""
    used = (fill_bits + 7 * len(septets)) % 8
    padding = b"\r" if used == 1 or (used == 0 and septets.endswith(b"\r")) else b""
    assert gsm0338.pack(septets, fill_bits) == _pack_by_bits(septets + padding, fill_bits)


@given(SEPTETS, FILL_BITS)
@example(b"BALANCE", 0)
@example(b"1234567@", 0)
@example(b"\x00" * 8, 0)
@example(b"A" * 153, 1)
def test_unpack_undoes_pack(septets: bytes, fill_bits: int) -> None:
    """Packed septets come back as they were, '@' at the end and 8n-1 septets included."""
    assume(not septets.endswith(b"\r"))
    assert gsm0338.unpack(gsm0338.pack(septets, fill_bits), fill_bits) == septets


@given(SEPTETS, FILL_BITS)
@example(b"1234567", 0)
@example(b"123456", 0)
def test_a_last_cr_is_kept_or_doubled(septets: bytes, fill_bits: int) -> None:
    """A CR that ends a text is never lost in packing; at worst it comes twice."""
    septets += b"\r"
    unpacked = gsm0338.unpack(gsm0338.pack(septets, fill_bits), fill_bits)
    assert unpacked in (septets, septets + b"\r")


@given(st.binary(), FILL_BITS)
@example(b"", 6)
@example(b"\xff", 6)
def test_unpack_takes_anything(octets: bytes, fill_bits: int) -> None:
    """Any octets unpack to septets, as many as fit or one less."""
    septets = gsm0338.unpack(octets, fill_bits)
    assert septets.isascii()
    assert max(0, 8 * len(octets) - fill_bits) // 7 - len(septets) in (0, 1)


def test_known_packings() -> None:
    """Packings known from elsewhere: the usual example, and one that ends in seven spare bits."""
    assert gsm0338.pack(b"hellohello").hex() == "e8329bfd4697d9ec37"
    assert gsm0338.pack(b"1234567").hex() == "31d98c56b3dd1a"
    assert gsm0338.unpack(bytes.fromhex("31d98c56b3dd00")) == b"1234567\x00"


def test_pack_refuses_octets() -> None:
    """Something that is no septet is a mistake of the caller and is not packed as something else."""
    with pytest.raises(ValueError, match="seven bits"):
        gsm0338.pack(b"\x80")
