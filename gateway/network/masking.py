"""PDUs without the secrets in them, octet for octet as long: for captures and for whoever looks at a message's PDUs.

What is masked, with ``*``:

* the password of a bind and of an outbind;
* in a text to the wallet's short code every digit, when it has four or more of them, or is a part of a longer text (a
  one-time code may be spread over two parts);
* in a text from the short code every run of four or more digits, and in a part of a longer text a run that touches
  its edge, too: PINs and one-time codes have four digits at least;
* what a delivery receipt from the short code repeats of a text: its digits.

Digits are those of every script, in every alphabet that texts are read in, behind a user data header as well. Of a
replace_sm the alphabet is unknown, and of a PDU that the codec refuses the fields: all that could be a digit is masked
there. What is no PDU at all, or has octets where none belong, keeps its zeros and its header.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from struct import Struct
from typing import Any, Final

import attrs

from gateway.network.wire_log import LONGEST_FRAME, Frame
from gateway.smpp import codec
from gateway.smpp.constants import HEADER_LENGTH, VERSION_5_0, CommandId, Tag
from gateway.smpp.errors import SmppError
from gateway.smpp.pdus import PDU_OF, Bind, DataSm, DeliverSm, Outbind, ReplaceSm, SubmitMulti, SubmitSm
from gateway.sms import udh
from gateway.sms.alphabets import BY_NAME, Alphabet, alphabet_of

FEWEST_DIGITS: Final = 4
"""A PIN has four digits, a one-time code six."""

_MASK: Final = ord("*")  # the same octet in every alphabet but UCS-2, where a zero stands before it
_UDHI: Final = 0x40
_RECEIPT: Final = 0x24
"""esm_class: a delivery receipt or an intermediate notification (SMPP 3.4 §5.2.12)."""
_HEAD: Final = Struct(">LL")
_TLV_HEAD: Final = 4
_BLANK: Final = bytes(_MASK if octet else 0 for octet in range(256))

Digit = tuple[int, int]
"""Where a digit lies in some octets: its first octet, and the one after its last. In septets: their numbers."""


@attrs.frozen
class Masking:
    """``short_codes`` are the wallet's; ``default_alphabet_of`` gives what data_coding 0 means to a system_id."""

    short_codes: frozenset[str]
    default_alphabet_of: Callable[[str], str]

    def masked(self, frame: Frame) -> bytes:
        """Its octets, or as many others."""
        octets = frame.octets
        if not frame.whole:
            return _blank(octets)
        if len(octets) == HEADER_LENGTH:
            return octets
        command_id = _HEAD.unpack_from(octets)[1]
        kind = PDU_OF.get(command_id)
        packed = self.default_alphabet_of(frame.client) == Alphabet.GSM0338_PACKED
        try:
            if kind is None:
                return _blank(octets)
            if issubclass(kind, Bind | Outbind):
                return _without_password(octets)
            if issubclass(kind, SubmitSm | SubmitMulti | DeliverSm | DataSm | ReplaceSm):
                return self._without_codes(frame, packed=packed)
            pdu = codec.decode(octets, VERSION_5_0, from_smsc=not frame.inbound)
            return octets if codec.encode(pdu) == octets else _blank(octets)
        except (SmppError, ValueError):
            if command_id in _WITH_TEXT and not packed:
                return octets[:HEADER_LENGTH] + _without_any_digit(octets[HEADER_LENGTH:])
            return _blank(octets)

    def _without_codes(self, frame: Frame, *, packed: bool) -> bytes:
        """Of a PDU with a text. Raises SmppError for one that the codec refuses."""
        octets = frame.octets
        pdu: Any = codec.decode(octets, VERSION_5_0, from_smsc=not frame.inbound)
        to = self._goes_to_a_short_code(pdu)
        has_coding = not isinstance(pdu, ReplaceSm)
        if has_coding and not to and pdu.source_addr.removeprefix("+") not in self.short_codes:
            return octets
        # Read from the end: what the codec takes for good is fields, text and parameters without a gap.
        end = len(octets)
        texts = []
        for tag, value in reversed(pdu.tlvs):
            if tag == Tag.MESSAGE_PAYLOAD:
                texts.append((end - len(value), end))
            end -= _TLV_HEAD + len(value)
        if not isinstance(pdu, DataSm):
            texts.append((end - len(pdu.short_message), end))
        is_part = any(tag == Tag.SAR_MSG_REF_NUM for tag, _ in pdu.tlvs)
        found = bytearray(octets)
        for start, after in texts:
            text = octets[start:after]
            if not has_coding:
                found[start:after] = b"*" * len(text) if packed else _without_any_digit(text)
            elif not frame.inbound and pdu.esm_class & _RECEIPT:
                found[start:after] = _receipt(text, packed=packed)
            else:
                alphabet = alphabet_of(pdu.data_coding, BY_NAME[self.default_alphabet_of(frame.client)])
                udhi = bool(pdu.esm_class & _UDHI)
                found[start:after] = _text(text, alphabet, udhi=udhi, all_of_them=to, is_part=is_part)
        return bytes(found)

    def _goes_to_a_short_code(self, pdu: Any) -> bool:
        if isinstance(pdu, SubmitMulti):
            addresses = [getattr(destination, "destination_addr", "") for destination in pdu.dest_addresses]
            return any(address.removeprefix("+") in self.short_codes for address in addresses)
        return not isinstance(pdu, ReplaceSm) and pdu.destination_addr.removeprefix("+") in self.short_codes


_WITH_TEXT: Final = frozenset(
    {CommandId.SUBMIT_SM, CommandId.SUBMIT_MULTI, CommandId.DELIVER_SM, CommandId.DATA_SM, CommandId.REPLACE_SM}
)


def _blank(octets: bytes) -> bytes:
    """All but the header and zeros, when it begins with a header."""
    kept = 0
    if len(octets) >= HEADER_LENGTH:
        length, command_id = _HEAD.unpack_from(octets)
        if HEADER_LENGTH <= length <= LONGEST_FRAME and (length == len(octets) or command_id in PDU_OF):
            kept = HEADER_LENGTH
    return octets[:kept] + octets[kept:].translate(_BLANK)


def _without_password(octets: bytes) -> bytes:
    """Of a bind or an outbind. Raises SmppError or ValueError for one that is not what it should be."""
    if codec.encode(codec.decode(octets, VERSION_5_0)) != octets:
        raise ValueError("not all of it is fields")
    start = octets.index(0, HEADER_LENGTH) + 1
    end = octets.index(0, start)
    return octets[:start] + b"*" * (end - start) + octets[end:]


# --- texts ---


def _text(octets: bytes, alphabet: Alphabet | None, *, udhi: bool, all_of_them: bool, is_part: bool) -> bytes:
    """A short_message or message_payload; ``all_of_them``: it goes to a short code."""
    body = 0
    if udhi:
        try:
            elements, rest = udh.parse(octets)
        except udh.UdhError:
            return b"*" * len(octets) if alphabet is Alphabet.GSM0338_PACKED else _without_any_digit(octets)
        body = len(octets) - len(rest)
        # Not only what we take for a part: others may join what we do not.
        is_part = is_part or bool(elements)
    if alphabet is Alphabet.GSM0338_PACKED:
        return octets[:body] + _packed(octets[body:], udh.fill_bits(body) if udhi else 0, all_of_them, is_part)
    text = octets[body:]
    if alphabet is None or alphabet is Alphabet.OCTETS or (alphabet is Alphabet.UCS2 and len(text) % 2):
        return octets[:body] + _without_any_digit(text)
    digits = _ucs2_digits(text) if alphabet is Alphabet.UCS2 else _octet_digits(text, alphabet)
    found = bytearray(octets)
    for start, end in _secret(digits, len(text), all_of_them, is_part):
        found[body + start : body + end] = (
            b"\0*" * ((end - start) // 2) if alphabet is Alphabet.UCS2 else b"*" * (end - start)
        )
    return bytes(found)


def _secret(digits: list[Digit], size: int, all_of_them: bool, is_part: bool) -> Iterator[Digit]:
    """Those digits that may be of a secret."""
    if all_of_them and (is_part or len(digits) >= FEWEST_DIGITS):
        yield from digits
        return
    runs: list[list[Digit]] = []
    for digit in digits:
        if runs and runs[-1][-1][1] == digit[0]:
            runs[-1].append(digit)
        else:
            runs.append([digit])
    for run in runs:
        touches = is_part and (run[0][0] == 0 or run[-1][1] == size)
        if len(run) >= FEWEST_DIGITS or touches:
            yield from run


def _octet_digits(text: bytes, alphabet: Alphabet) -> list[Digit]:
    return [found.span() for found in _digits_of(alphabet).finditer(text)]


@lru_cache
def _digits_of(alphabet: Alphabet) -> re.Pattern[bytes]:
    """The octets that are digits in an alphabet of single octets."""
    codepage = {Alphabet.LATIN1: "latin-1", Alphabet.ISO8859_5: "iso8859-5"}.get(alphabet, "ascii")
    digits = [octet for octet in range(256) if _is_digit(bytes([octet]).decode(codepage, "replace"))]
    return re.compile(b"[" + bytes(digits) + b"]")


def _ucs2_digits(octets: bytes) -> list[Digit]:
    text = octets.decode("utf-16-be", "surrogatepass")
    found = []
    longer = 0
    for candidate in _MAYBE_DIGIT.finditer(text):
        character = candidate[0]
        # Characters of four octets are candidates all.
        at = 2 * (candidate.start() + longer)
        longer += character > "\uffff"
        if _is_digit(character):
            found.append((at, at + (4 if character > "\uffff" else 2)))
    return found


_MAYBE_DIGIT: Final = re.compile("[0-9]|[^\0-\xb1\u0400-\u052f]")
"""All but most of Latin and Cyrillic."""


@lru_cache(maxsize=4096)
def _is_digit(character: str) -> bool:
    """A digit of any script or style, also one that was sent in the wrong order of octets."""
    if unicodedata.digit(character, None) is not None:
        return True
    swapped = ord(character)
    return swapped & 0xFF == 0 and 0x30 <= swapped >> 8 <= 0x39


def _packed(octets: bytes, fill_bits: int, all_of_them: bool, is_part: bool) -> bytes:
    """Septets in a stream of bits, the lowest first. What is behind the last whole septet stays."""
    bits = int.from_bytes(octets, "little")
    count = (8 * len(octets) - fill_bits) // 7
    septets = [bits >> fill_bits + 7 * number & 0x7F for number in range(count)]
    digits = [(number, number + 1) for number, septet in enumerate(septets) if 0x30 <= septet <= 0x39]
    # Seven spare bits at the end read as a septet of their own: a run that ends before it ends with the text.
    sizes = {count, count - 1} if septets and septets[-1] in (0, 0x0D) else {count}
    secret = {digit for size in sizes for digit in _secret(digits, size, all_of_them, is_part)}
    for number, _ in secret:
        place = fill_bits + 7 * number
        bits = bits & ~(0x7F << place) | _MASK << place
    return bits.to_bytes(len(octets), "little")


def _receipt(text: bytes, *, packed: bool) -> bytes:
    """Appendix B repeats the beginning of the text in clear."""
    start = text.find(b"text:")
    if start < 0:
        return text
    repeated = text[start + 5 :]
    return text[: start + 5] + (b"*" * len(repeated) if packed else _without_any_digit(repeated))


def _without_any_digit(octets: bytes) -> bytes:
    """All that is a digit in any of the alphabets, at any place."""
    return _any_digit().sub(lambda found: b"*" * len(found[0]), octets)


@lru_cache
def _any_digit() -> re.Pattern[bytes]:
    """ASCII digits, which stand in every alphabet but the packed one, and all others in UCS-2."""
    others = [chr(code) for code in range(0x80, 0x10000) if chr(code).isdecimal()]
    spelled = [re.escape(character.encode("utf-16-be")) for character in others]
    # The mathematical digits, U+1D7CE to U+1D7FF.
    return re.compile(b"[0-9]|" + b"|".join(spelled) + b"|\xd8\x35\xdf[\xce-\xff]", re.DOTALL)
