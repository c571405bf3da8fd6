"""Which alphabet a data_coding names, and text to octets and back in each (SMPP 3.4 §5.2.19, 3GPP TS 23.038 §4).

========== ================================================================================================
data_coding alphabet
========== ================================================================================================
0          the client's own default alphabet
1          ASCII (IA5)
2, 4       octets
3          Latin-1
6          ISO-8859-5
8          UCS-2, big-endian; surrogate pairs are understood, as every handset does
0x10-0x1F  general data coding group with a message class (0x10 = flash): bits 3-2 are 00 GSM, 01 octets, 10 UCS-2;
           11 is reserved and, as §4 wants of reserved codings, the GSM alphabet
0xF0-0xFF  data coding / message class group: bit 2 is 0 GSM, 1 octets; the reserved bit 3 is ignored
others     not supported: None
========== ================================================================================================

The two groups name the GSM alphabet itself, so that a client whose default is Latin-1 still gets GSM there; but
a client that packs its septets packs them there too.
"""

import codecs
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from gateway.sms import gsm0338


class Alphabet(StrEnum):
    """How text becomes octets. The values are the names used in settings."""

    GSM0338 = "gsm0338"  # one septet per octet
    GSM0338_PACKED = "gsm0338-packed"  # eight septets in seven octets
    LATIN1 = "latin1"
    ASCII = "ascii"
    UCS2 = "ucs2"
    ISO8859_5 = "iso8859-5"
    OCTETS = "octets"  # not text

    @property
    def unpacked(self) -> "Alphabet":
        """The alphabet of the same septets once they are unpacked; every other alphabet is its own."""
        return Alphabet.GSM0338 if self is Alphabet.GSM0338_PACKED else self


BY_NAME: Final = {alphabet.value: alphabet for alphabet in Alphabet}
"""The alphabet of a settings name. A dictionary, because a call of the enum costs a microsecond of the hot path."""


class UndecodableText(ValueError):
    """The octets are no text of that alphabet: UCS-2 of odd length, or octets that were never text."""


DEFAULT_ALPHABET: Final = 0  # data_coding
UCS2: Final = 8  # data_coding


def _by_data_coding(default: Alphabet) -> tuple[Alphabet | None, ...]:
    gsm = default if default is Alphabet.GSM0338_PACKED else Alphabet.GSM0338
    table: list[Alphabet | None] = [None] * 256
    table[0x00] = default
    table[0x01] = Alphabet.ASCII
    table[0x02] = table[0x04] = Alphabet.OCTETS
    table[0x03] = Alphabet.LATIN1
    table[0x06] = Alphabet.ISO8859_5
    table[0x08] = Alphabet.UCS2
    for data_coding in range(0x10, 0x20):
        table[data_coding] = (gsm, Alphabet.OCTETS, Alphabet.UCS2, gsm)[data_coding >> 2 & 3]
    for data_coding in range(0xF0, 0x100):
        table[data_coding] = Alphabet.OCTETS if data_coding & 4 else gsm
    return tuple(table)


_ALPHABETS: Final = {default: _by_data_coding(default) for default in Alphabet}


def alphabet_of(data_coding: int, default: Alphabet) -> Alphabet | None:
    """The alphabet that `data_coding` (0..255) names for a client with that default; None when not supported."""
    return _ALPHABETS[default][data_coding]


def decode(octets: bytes, alphabet: Alphabet) -> str:
    """The text of `octets`, for any octets.

    ASCII above 0x7F becomes U+FFFD; so does GSM (see `gsm0338`). In UCS-2 a lone surrogate becomes a space, one
    byte order mark at the start is dropped, and the order is always big-endian: text that begins with U+FFFE
    was sent in the wrong order and is shown as a handset would show it. The result never holds a surrogate.

    Raises:
        UndecodableText: UCS-2 of odd length; or the alphabet is OCTETS.
    """
    return _DECODERS[alphabet](octets)


def encode(text: str, alphabet: Alphabet) -> bytes:
    """`text` in `alphabet`. UCS-2 takes every text: a lone surrogate becomes a space there.

    Raises:
        UnicodeEncodeError: the alphabet has no such character; OCTETS takes no text but "".
    """
    return _ENCODERS[alphabet](text)


def cheapest(text: str, default: Alphabet = Alphabet.GSM0338) -> tuple[int, Alphabet]:
    """The data_coding and alphabet that carry `text` whole in the fewest segments to a client with that default.

    That is the default alphabet where it can, else UCS-2: no other coding is safe with every client, and no
    text takes more segments in the default alphabet than in UCS-2.
    """
    carries, in_default = _CHOICES[default]
    return in_default if carries(text) else _IN_UCS2


_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_BYTE_ORDER_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"


def _decode_ucs2(octets: bytes) -> str:
    try:
        text = codecs.utf_16_be_decode(octets, "strict", True)[0]
    except UnicodeDecodeError:
        if len(octets) % 2:
            raise UndecodableText(f"{len(octets)} octets are no UCS-2: odd") from None
        # "surrogatepass" joins the pairs, so that what is left is alone.
        text = _SURROGATE.sub(" ", octets.decode("utf-16-be", "surrogatepass"))
    return text[1:] if text.startswith(_BYTE_ORDER_MARK) else text


def _encode_ucs2(text: str) -> bytes:
    try:
        return codecs.utf_16_be_encode(text, "strict")[0]
    except UnicodeEncodeError:
        # Two halves that stand side by side in `text` are a character after all.
        joined = text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")
        return _SURROGATE.sub(" ", joined).encode("utf-16-be")


def _decode_packed(octets: bytes) -> str:
    return gsm0338.decode(gsm0338.unpack(octets))


def _encode_packed(text: str) -> bytes:
    return gsm0338.pack(gsm0338.encode(text))


def _decode_octets(octets: bytes) -> str:
    raise UndecodableText("octets are not text")


def _encode_octets(text: str) -> bytes:
    if text:
        raise UnicodeEncodeError("octets", text, 0, len(text), "octets are not text")
    return b""


def _decode_ascii(octets: bytes) -> str:
    return octets.decode("ascii", "replace")


def _encode_ascii(text: str) -> bytes:
    return text.encode("ascii")


def _decode_latin1(octets: bytes) -> str:
    return octets.decode("latin-1")


def _encode_latin1(text: str) -> bytes:
    return text.encode("latin-1")


def _decode_iso8859_5(octets: bytes) -> str:
    return octets.decode("iso8859-5")


def _encode_iso8859_5(text: str) -> bytes:
    return text.encode("iso8859-5")


# What `decode` and `encode` look up instead of comparing one by one: a StrEnum hashes as fast as a str.
_DECODERS: Final[dict[Alphabet, Callable[[bytes], str]]] = {
    Alphabet.GSM0338: gsm0338.decode,
    Alphabet.GSM0338_PACKED: _decode_packed,
    Alphabet.LATIN1: _decode_latin1,
    Alphabet.ASCII: _decode_ascii,
    Alphabet.UCS2: _decode_ucs2,
    Alphabet.ISO8859_5: _decode_iso8859_5,
    Alphabet.OCTETS: _decode_octets,
}
_ENCODERS: Final[dict[Alphabet, Callable[[str], bytes]]] = {
    Alphabet.GSM0338: gsm0338.encode,
    Alphabet.GSM0338_PACKED: _encode_packed,
    Alphabet.LATIN1: _encode_latin1,
    Alphabet.ASCII: _encode_ascii,
    Alphabet.UCS2: _encode_ucs2,
    Alphabet.ISO8859_5: _encode_iso8859_5,
    Alphabet.OCTETS: _encode_octets,
}


def _encodable(encoder: Callable[[str], bytes]) -> Callable[[str], bool]:
    def carries(text: str) -> bool:
        try:
            encoder(text)
        except UnicodeEncodeError:
            return False
        return True

    return carries


_CARRIES: Final[dict[Alphabet, Callable[[str], bool]]] = {
    alphabet: _encodable(encoder) for alphabet, encoder in _ENCODERS.items()
} | {
    Alphabet.GSM0338: gsm0338.encodable,
    Alphabet.GSM0338_PACKED: gsm0338.encodable,
    Alphabet.ASCII: str.isascii,
}
_CHOICES: Final = {default: (carries, (DEFAULT_ALPHABET, default)) for default, carries in _CARRIES.items()}
_IN_UCS2: Final = (UCS2, Alphabet.UCS2)
