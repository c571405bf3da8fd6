"""A text's octets cut into the segments that short messages can hold.

How long one may be is what 140 octets of the air interface allow (3GPP TS 23.040 §9.2.3.16, §9.2.3.24.1),
whatever SMPP could carry: 160 septets, 140 octets or 70 UCS-2 units alone; less by the header in each part of a
longer message.

A cut never falls inside an escape pair or a surrogate pair: receivers show each part as it comes. Where that is
possible within the last 16 units, it does not part a base character from its combining marks or an emoji from
its joiner either.
"""

import unicodedata
from collections.abc import Iterator
from typing import Final, Literal

import attrs

from gateway.sms import gsm0338, udh
from gateway.sms.alphabets import Alphabet, cheapest, encode

Method = Literal["udh8", "udh16", "sar", "payload"]

MAX_SEGMENTS: Final = 255
MAX_PAYLOAD: Final = 0xFFFF  # octets of a TLV, SMPP 3.4 §3.2.4.1


class TooLong(ValueError):
    """The text does not fit: more than 255 segments, or more than 65,535 octets of message_payload."""


@attrs.define
class Segment:
    """One short message, ready for the wire. Not frozen: one is made for every message sent, in a third of the time."""

    user_data: bytes  # short_message, or message_payload when `payload`; begins with the header when `udhi`
    udhi: bool = False  # esm_class needs the UDHI bit
    sar: tuple[int, int, int] | None = None  # sar_msg_ref_num, sar_total_segments, sar_segment_seqnum
    payload: bool = False


# alone, behind a header of 6 octets, behind one of 7. In units of one octet; of one septet when packed.
_SEPTETS: Final = (160, 153, 152)
_OCTETS: Final = (140, 134, 133)
_CAPACITIES: Final = {
    Alphabet.GSM0338: _SEPTETS,
    Alphabet.GSM0338_PACKED: _SEPTETS,
    Alphabet.ASCII: _SEPTETS,  # 7 bits as well
    Alphabet.LATIN1: _OCTETS,
    Alphabet.ISO8859_5: _OCTETS,
    Alphabet.OCTETS: _OCTETS,
    Alphabet.UCS2: (140, 134, 132),
}
_LONGEST_ALONE: Final = {alphabet: capacities[0] for alphabet, capacities in _CAPACITIES.items()} | {
    Alphabet.GSM0338_PACKED: 140
}


def split(octets: bytes, alphabet: Alphabet, method: Method, reference: int) -> list[Segment]:
    """`octets` (as `alphabets.encode` makes them) as one segment when they fit, else as parts in order.

    Args:
        octets: the whole text, without a header.
        alphabet: the alphabet of `octets`; decides where a cut may fall and how many units fit.
        method: how the parts of a longer text are told: a header with an 8-bit or 16-bit reference, the sar_*
            TLVs (parts as long as with an 8-bit header, which is what an SMSC must make of them), or
            message_payload, which needs no parts.
        reference: the number that the parts share; its low 8 or 16 bits are used.

    Raises:
        TooLong: see there.
    """
    if len(octets) <= _LONGEST_ALONE[alphabet]:
        return [Segment(octets)]
    if method == "payload":
        if len(octets) > MAX_PAYLOAD:
            raise TooLong(f"{len(octets)} octets: message_payload holds {MAX_PAYLOAD}")
        return [Segment(octets, payload=True)]

    packed = alphabet is Alphabet.GSM0338_PACKED
    units = gsm0338.unpack(octets) if packed else octets
    capacity = _CAPACITIES[alphabet][2 if method == "udh16" else 1]
    # A part has at least half its capacity, so that this bounds the work as well.
    if len(units) > MAX_SEGMENTS * capacity:
        raise TooLong(f"{len(units)} units: {MAX_SEGMENTS} segments hold {MAX_SEGMENTS * capacity}")
    ends = list(_cuts(units, alphabet, capacity))
    total = len(ends)
    if total > MAX_SEGMENTS:
        raise TooLong(f"{total} segments: {MAX_SEGMENTS} is the most")

    segments = []
    start = 0
    for number, end in enumerate(ends, start=1):
        piece = units[start:end]
        start = end
        if method == "sar":
            sar = (reference & 0xFFFF, total, number)
            segments.append(Segment(gsm0338.pack(piece) if packed else piece, sar=sar))
            continue
        header = _header(method, reference, total, number)
        if packed:
            piece = gsm0338.pack(piece, udh.fill_bits(len(header)))
        segments.append(Segment(header + piece, udhi=True))
    return segments


def count(text: str) -> int:
    """The segments `text` takes in its cheapest coding for a GSM client, with 8-bit references. May be above 255."""
    _, alphabet = cheapest(text, Alphabet.GSM0338)
    octets = encode(text, alphabet)
    alone, in_parts, _ = _CAPACITIES[alphabet]
    return 1 if len(octets) <= alone else sum(1 for _ in _cuts(octets, alphabet, in_parts))


def _header(method: Literal["udh8", "udh16"], reference: int, total: int, number: int) -> bytes:
    wide = method == "udh16"
    concatenation = udh.Concatenation(reference & (0xFFFF if wide else 0xFF), total, number, wide)
    return udh.encode([udh.element_of(concatenation)])


def _cuts(units: bytes, alphabet: Alphabet, capacity: int) -> Iterator[int]:
    """Where each part ends."""
    start = 0
    while start < len(units):
        end = min(start + capacity, len(units))
        if alphabet is Alphabet.GSM0338:
            end = _end_in_gsm(units, start, end)
        elif alphabet is Alphabet.GSM0338_PACKED:
            end = _end_in_packed(units, start, end, capacity)
        elif alphabet is Alphabet.UCS2:
            end = _end_in_ucs2(units, start, end)
        yield end
        start = end


def _end_in_gsm(units: bytes, start: int, end: int) -> int:
    """`end`, or one less when that would part an escape from its character."""
    if end == len(units):
        return end
    run = end
    while run > start and units[run - 1] == gsm0338.ESCAPE:
        run -= 1
    # In a run of escapes every second one is the character of the one before.
    return end - (end - run) % 2


def _end_in_packed(units: bytes, start: int, end: int, capacity: int) -> int:
    """The same, and never a full part that ends with CR: that needs room for a second one (`gsm0338.pack`)."""
    safe = _end_in_gsm(units, start, end)
    if safe - start == capacity and units[safe - 1] == gsm0338.CARRIAGE_RETURN:
        safe -= 1
        return _end_in_gsm(units, start, safe)
    return safe


_FURTHEST_BACK: Final = 32  # octets: a family of four with its joiners is 22
_JOINER: Final = "\N{ZERO WIDTH JOINER}"
_SKIN_TONES: Final = "\N{EMOJI MODIFIER FITZPATRICK TYPE-1-2}", "\N{EMOJI MODIFIER FITZPATRICK TYPE-6}"


def _end_in_ucs2(units: bytes, start: int, end: int) -> int:
    if end == len(units):
        return end
    surrogate_safe = end - 2 if _parts_a_pair(units, end) else end
    for cut in range(surrogate_safe, max(start, end - _FURTHEST_BACK), -2):
        if not _parts_a_pair(units, cut) and not _parts_a_cluster(units, cut):
            return cut
    return surrogate_safe


def _parts_a_pair(units: bytes, cut: int) -> bool:
    return units[cut - 2] & 0xFC == 0xD8 and units[cut] & 0xFC == 0xDC


def _parts_a_cluster(units: bytes, cut: int) -> bool:
    before = units[cut - 2 : cut].decode("utf-16-be", "ignore")
    after = units[cut : cut + 4].decode("utf-16-be", "ignore")[:1]
    return (
        before == _JOINER
        or after == _JOINER
        or _SKIN_TONES[0] <= after <= _SKIN_TONES[1]
        or (after != "" and unicodedata.category(after).startswith("M"))
    )
