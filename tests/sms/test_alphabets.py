import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.sms import gsm0338, segments
from gateway.sms.alphabets import Alphabet, UndecodableText, alphabet_of, cheapest, decode, encode

from .texts import TEXT_ALPHABETS, in_an_alphabet, long_texts, padded_alike

DEFAULTS = [Alphabet.GSM0338, Alphabet.GSM0338_PACKED, Alphabet.LATIN1, Alphabet.ASCII]

GSM, OCTETS, UCS2 = Alphabet.GSM0338, Alphabet.OCTETS, Alphabet.UCS2


@given(in_an_alphabet())
@example((Alphabet.UCS2, "Баланс 😀"))
@example((Alphabet.UCS2, "a\ufeff"))
@example((Alphabet.GSM0338_PACKED, "BALANCE"))
@example((Alphabet.GSM0338_PACKED, "1234567\r"))
@example((Alphabet.ISO8859_5, "Баланс№§\x80"))
@example((Alphabet.LATIN1, "\x00\x80\xff"))
def test_round_trip(case: tuple[Alphabet, str]) -> None:
    """What an alphabet can carry comes back as it was; only one byte order mark at the start is dropped."""
    alphabet, text = case
    sent = encode(text, alphabet)
    if alphabet is Alphabet.UCS2:
        text = text.removeprefix("\ufeff")
    assert decode(sent, alphabet) in padded_alike(text, alphabet)


@given(st.binary(), st.sampled_from(Alphabet))
@example(b"\xd8", Alphabet.UCS2)
@example(b"\xd8\x00", Alphabet.UCS2)
@example(b"\xff\xfe\xdc\x00\xd8\x00", Alphabet.UCS2)
@example(bytes(range(256)), Alphabet.ISO8859_5)
def test_decode_takes_anything(octets: bytes, alphabet: Alphabet) -> None:
    """Any octets give a text that can be stored and sent on, or UndecodableText where the contract says so."""
    try:
        text = decode(octets, alphabet)
    except UndecodableText:
        assert alphabet is Alphabet.OCTETS or (alphabet is Alphabet.UCS2 and len(octets) % 2 == 1)
    else:
        assert alphabet is not Alphabet.OCTETS
        assert text.encode("utf-8").decode("utf-8") == text


@given(st.binary().filter(lambda octets: len(octets) % 2 == 0))
@example(b"\xd8\x00\x00A")
@example(b"\xdc\x00\xd8\x00\xdc\x00")
@example(b"\xd8\x00\xd8\x00")
def test_ucs2_agrees_with_a_decoder_that_replaces(octets: bytes) -> None:
    """UCS-2 is read as UTF-16BE with exactly the lone surrogates as spaces, one for each."""
    units = [octets[place : place + 2] for place in range(0, len(octets), 2)]
    expected = ""
    while units:
        unit = units.pop(0)
        if 0xD8 <= unit[0] <= 0xDB and units and 0xDC <= units[0][0] <= 0xDF:
            expected += (unit + units.pop(0)).decode("utf-16-be")
        elif 0xD8 <= unit[0] <= 0xDF:
            expected += " "
        else:
            expected += unit.decode("utf-16-be")
    assert decode(octets, UCS2) == expected.removeprefix("\ufeff")


@given(st.text(st.characters()), st.sampled_from(DEFAULTS))
@example("\ud83d\ude00", GSM)
@example("a\ud800", GSM)
def test_every_text_can_be_sent(text: str, default: Alphabet) -> None:
    """Whatever the text, the cheapest coding carries it: as it is, but for lone surrogates, which become spaces."""
    data_coding, alphabet = cheapest(text, default)
    assert alphabet_of(data_coding, default) is alphabet
    sent = decode(encode(text, alphabet), alphabet)
    clean = "".join(" " if "\ud800" <= char <= "\udfff" else char for char in _joined_pairs(text))
    assert sent in padded_alike(clean.removeprefix("\ufeff"), alphabet)


def _joined_pairs(text: str) -> str:
    return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


@given(st.sampled_from(DEFAULTS).flatmap(lambda default: st.tuples(st.just(default), long_texts(default))))
@example((GSM, "€" * 153))
@example((Alphabet.LATIN1, "é" * 141))
@example((Alphabet.GSM0338_PACKED, "A" * 159 + "\r"))
def test_the_default_alphabet_never_takes_more_segments(case: tuple[Alphabet, str]) -> None:
    """A text that the client's default alphabet can carry goes in it, in no more segments than UCS-2 would take."""
    default, text = case
    assert cheapest(text, default) == (0, default)
    assert _segments(text, default) <= _segments(text, UCS2)


def _segments(text: str, alphabet: Alphabet) -> int:
    return len(segments.split(encode(text, alphabet), alphabet, "udh8", 1))


@pytest.mark.parametrize(
    ("text", "default", "expected"),
    [
        ("Balance: 1.00 RUB", GSM, (0, GSM)),
        ("Balance [€]", GSM, (0, GSM)),
        ("Баланс", GSM, (8, UCS2)),
        ("`", GSM, (8, UCS2)),
        ("§", GSM, (0, GSM)),
        ("", GSM, (0, GSM)),
        ("Ω", Alphabet.GSM0338_PACKED, (0, Alphabet.GSM0338_PACKED)),
        ("Ω", Alphabet.LATIN1, (8, UCS2)),
        ("ç`", Alphabet.LATIN1, (0, Alphabet.LATIN1)),
        ("€", Alphabet.LATIN1, (8, UCS2)),
        ("`", Alphabet.ASCII, (0, Alphabet.ASCII)),
        ("é", Alphabet.ASCII, (8, UCS2)),
    ],
)
def test_cheapest(text: str, default: Alphabet, expected: tuple[int, Alphabet]) -> None:
    """data_coding 0 where the default alphabet has every character, else 8."""
    assert cheapest(text, default) == expected


DATA_CODINGS: dict[int, Alphabet] = (
    {0x00: GSM, 0x01: Alphabet.ASCII, 0x02: OCTETS, 0x03: Alphabet.LATIN1, 0x04: OCTETS}
    | {0x06: Alphabet.ISO8859_5, 0x08: UCS2}
    | dict.fromkeys((0x10, 0x11, 0x12, 0x13), GSM)
    | dict.fromkeys((0x14, 0x15, 0x16, 0x17), OCTETS)
    | dict.fromkeys((0x18, 0x19, 0x1A, 0x1B), UCS2)
    | dict.fromkeys((0x1C, 0x1D, 0x1E, 0x1F), GSM)
    | dict.fromkeys((0xF0, 0xF1, 0xF2, 0xF3, 0xF8, 0xF9, 0xFA, 0xFB), GSM)
    | dict.fromkeys((0xF4, 0xF5, 0xF6, 0xF7, 0xFC, 0xFD, 0xFE, 0xFF), OCTETS)
)


@pytest.mark.parametrize("data_coding", range(256), ids=hex)
def test_every_data_coding(data_coding: int) -> None:
    """Each of the 256 codings names the alphabet of the table, or none."""
    assert alphabet_of(data_coding, GSM) is DATA_CODINGS.get(data_coding)


@pytest.mark.parametrize("default", Alphabet)
def test_the_default_alphabet_is_what_0_names(default: Alphabet) -> None:
    """The client's default governs data_coding 0; the GSM groups follow it only in whether septets are packed."""
    assert alphabet_of(0, default) is default
    gsm = default if default is Alphabet.GSM0338_PACKED else GSM
    assert {alphabet_of(0x10, default), alphabet_of(0xF1, default)} == {gsm}
    assert alphabet_of(8, default) is UCS2
    assert alphabet_of(3, default) is Alphabet.LATIN1


def test_octets_take_no_text() -> None:
    """Nothing can be written as octets by mistake."""
    with pytest.raises(UnicodeEncodeError):
        encode("a", OCTETS)
    assert encode("", OCTETS) == b""


@pytest.mark.parametrize("alphabet", TEXT_ALPHABETS)
def test_unpacked(alphabet: Alphabet) -> None:
    """Unpacked septets are read as GSM; no other alphabet has a second form."""
    octets = encode("Hello", alphabet)
    unpacked = gsm0338.unpack(octets) if alphabet is Alphabet.GSM0338_PACKED else octets
    assert decode(unpacked, alphabet.unpacked) == "Hello"
