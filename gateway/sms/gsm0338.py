"""The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038 §6.2.1, §6.2.1.1), and its packing.

How this works. SMPP normally carries one septet per octet ("unpacked"): `encode` and `decode` speak that form.
`pack` and `unpack` turn it into the bit stream of the air interface and back, for peers that send that instead.

What a receiver has to make of odd input, and where that is written:

* escape + a code that the extension table lacks: the character of the main table (§6.2.1.1);
* escape + escape: one space, "until another extension table is defined" (§6.2.1.1, note 1);
* an escape with nothing after it: one space, as for whoever cannot make sense of an escape (§6.2.1, note 1);
* an octet above 0x7F is no septet (the text was probably Latin-1 or UTF-8): U+FFFD each, so that the fault shows.
"""

import codecs
import re
from typing import Final

ESCAPE: Final = 0x1B
CARRIAGE_RETURN: Final = 0x0D

# By code, 16 to a line. The place of the escape (0x1B) holds the escape itself; `decode` never lets it through.
MAIN_TABLE: Final = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
EXTENSION_TABLE: Final = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\",
    0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€",
}  # fmt: skip

_DECODING: Final = MAIN_TABLE + "\N{REPLACEMENT CHARACTER}" * 128
_AFTER_ESCAPE: Final = {MAIN_TABLE[code]: char for code, char in EXTENSION_TABLE.items()} | {"\x1b": " ", "": " "}
_ESCAPED: Final = re.compile("\x1b(.?)", re.DOTALL)

_ENCODING: Final[dict[int, bytes]] = {
    ord(char): bytes([code]) for code, char in enumerate(MAIN_TABLE) if code != ESCAPE
} | {ord(char): bytes([ESCAPE, code]) for code, char in EXTENSION_TABLE.items()}

# Most texts are ASCII without extension characters: one bytes.translate (0.2 µs) where a dictionary look-up per
# character costs 2 µs for 50 of them. 0xFF marks what this table cannot say.
_NOT_SIMPLE: Final = 0xFF
_ASCII: Final = bytes(_ENCODING[char][0] if len(_ENCODING.get(char, b"")) == 1 else _NOT_SIMPLE for char in range(256))
_FOREIGN: Final = re.compile("[^" + re.escape("".join(map(chr, _ENCODING))) + "]")


def encode(text: str) -> bytes:
    """`text` as septets, one per octet, an extension character being two.

    Raises:
        UnicodeEncodeError: a character is in neither table; `start` is its index.
    """
    if text.isascii():
        octets = text.encode("ascii").translate(_ASCII)
        if _NOT_SIMPLE not in octets:
            return octets
    foreign = _FOREIGN.search(text)
    if foreign is not None:
        raise UnicodeEncodeError("gsm0338", text, foreign.start(), foreign.end(), "not in the GSM 7-bit alphabet")
    return codecs.charmap_encode(text, "strict", _ENCODING)[0]


def encodable(text: str) -> bool:
    """Whether `encode` would take `text`."""
    if text.isascii() and _NOT_SIMPLE not in text.encode("ascii").translate(_ASCII):
        return True
    return _FOREIGN.search(text) is None


def decode(octets: bytes) -> str:
    """The text of septets, one per octet. Never raises; the module says what odd input becomes."""
    text = codecs.charmap_decode(octets, "strict", _DECODING)[0]
    if ESCAPE in octets:
        return _ESCAPED.sub(_resolve_escape, text)
    return text


def _resolve_escape(escaped: re.Match[str]) -> str:
    return _AFTER_ESCAPE.get(escaped[1], escaped[1])


def septets(text: str) -> int | None:
    """How many septets `text` takes; None when the alphabet cannot carry it."""
    return len(encode(text)) if encodable(text) else None


def pack(unpacked: bytes, fill_bits: int = 0) -> bytes:
    """Septets as the octets of a bit stream, lowest bits first (§6.1.2.1.1), after `fill_bits` zero bits.

    The fill bits (0..6) are what follows a user data header up to the next septet boundary (TS 23.040 §9.2.3.24).

    SMPP tells the number of octets, never that of septets, so that seven spare bits at the end would read as
    '@'. The rule made for USSD, which has the same trouble, is used (§6.1.2.3.1): seven spare bits hold a CR,
    and a text that ends with a CR just there gets a second one. `unpack` takes the first away again; the second
    stays in the text, as the clause says.

    Raises:
        ValueError: an octet is above 0x7F.
    """
    if not unpacked.isascii():
        raise ValueError("a septet has seven bits")
    used = (fill_bits + 7 * len(unpacked)) % 8
    if used == 1 or (used == 0 and unpacked.endswith(b"\r")):
        unpacked += b"\r"
    packed = bytearray()
    pending = 0
    bits = fill_bits
    for septet in unpacked:
        pending |= septet << bits
        bits += 7
        if bits >= 8:
            packed.append(pending & 0xFF)
            pending >>= 8
            bits -= 8
    if bits:
        packed.append(pending)
    return bytes(packed)


def unpack(packed: bytes, fill_bits: int = 0) -> bytes:
    """The septets, one per octet, of a bit stream that begins with `fill_bits` bits of no meaning. Never raises.

    A CR that ends on an octet boundary is padding and is dropped (§6.1.2.3.1). A sender that pads with zeros,
    as the air interface does where the number of septets is known, ends on '@' instead: that is kept, for it
    may be meant.
    """
    unpacked = bytearray()
    pending = 0
    bits = -fill_bits
    for octet in packed:
        # While bits is negative the lowest bits of the stream are fill and fall out on the right.
        pending |= octet << bits if bits >= 0 else octet >> -bits
        bits += 8
        while bits >= 7:
            unpacked.append(pending & 0x7F)
            pending >>= 7
            bits -= 7
    if bits == 0 and unpacked.endswith(b"\r"):
        unpacked.pop()
    return bytes(unpacked)
