"""The user data header in front of a short message, and what it says of concatenation (3GPP TS 23.040 §9.2.3.24).

The header is one octet of length (UDHL), then information elements: identifier, length, data. Only the two
concatenation elements are understood here; the others are handed on as they are. In particular the national
language shift tables (0x24, 0x25) are not applied: the text is then read with the default alphabet, as a
handset without those tables reads it.
"""

from collections.abc import Iterable
from typing import Final, Literal

import attrs

CONCATENATION_8_BIT: Final = 0x00
CONCATENATION_16_BIT: Final = 0x08

ConcatenationMethod = Literal["udh8", "udh16", "sar"]


class UdhError(ValueError):
    """The octets do not hold the header that they announce."""


@attrs.frozen
class InformationElement:
    identifier: int
    data: bytes


@attrs.frozen
class Concatenation:
    """This is part `number` (1..total) of `total` (2..255) parts that share `reference`."""

    reference: int
    total: int
    number: int
    wide: bool = False  # a reference of 16 bits
    sar: bool = False  # told by the sar_* TLVs (SMPP 3.4 §5.3.2.22-24) and not by a header

    @property
    def method(self) -> ConcatenationMethod:
        if self.sar:
            return "sar"
        return "udh16" if self.wide else "udh8"


def parse(octets: bytes) -> tuple[list[InformationElement], bytes]:
    """The information elements at the start of `octets`, and what follows the header.

    Raises:
        UdhError: there is no UDHL, the header is longer than `octets`, or an element reaches over the header's end.
    """
    if not octets:
        raise UdhError("no user data header: there are no octets")
    end = 1 + octets[0]
    if end > len(octets):
        raise UdhError(f"user data header of {end} octets in {len(octets)} octets")
    elements = []
    position = 1
    while position < end:
        if position + 2 > end:
            raise UdhError("information element without a length")
        identifier, length = octets[position], octets[position + 1]
        position += 2
        if position + length > end:
            raise UdhError(f"information element 0x{identifier:02X} reaches over the end of the header")
        elements.append(InformationElement(identifier, octets[position : position + length]))
        position += length
    return elements, octets[end:]


def concatenation(elements: Iterable[InformationElement]) -> Concatenation | None:
    """What the elements say of concatenation; None when this is a message of its own.

    An element with total 0, number 0 or number > total is to be ignored as a whole (§9.2.3.24.1); so is one of
    the wrong length, and total 1 says nothing. Of those that are left the last one counts, as for every element
    that must not occur twice (§9.2.3.24).
    """
    found = None
    for element in elements:
        data = element.data
        if element.identifier == CONCATENATION_8_BIT and len(data) == 3:
            found = concatenation_or_none(data[0], data[1], data[2]) or found
        elif element.identifier == CONCATENATION_16_BIT and len(data) == 4:
            found = concatenation_or_none(data[0] << 8 | data[1], data[2], data[3], wide=True) or found
    return found


def concatenation_or_none(
    reference: int, total: int, number: int, *, wide: bool = False, sar: bool = False
) -> Concatenation | None:
    """The concatenation when its numbers make sense, else None."""
    if 2 <= total <= 255 and 1 <= number <= total:
        return Concatenation(reference, total, number, wide, sar)
    return None


def element_of(concatenation: Concatenation) -> InformationElement:
    """The information element that says this."""
    if concatenation.wide:
        return InformationElement(
            CONCATENATION_16_BIT,
            concatenation.reference.to_bytes(2, "big") + bytes((concatenation.total, concatenation.number)),
        )
    return InformationElement(
        CONCATENATION_8_BIT, bytes((concatenation.reference, concatenation.total, concatenation.number))
    )


def encode(elements: Iterable[InformationElement]) -> bytes:
    """The header with these elements, UDHL first.

    Raises:
        UdhError: more than 255 octets, in one element or together.
    """
    body = bytearray()
    for element in elements:
        if len(element.data) > 255:
            raise UdhError("an information element holds at most 255 octets")
        body += bytes((element.identifier, len(element.data)))
        body += element.data
    if len(body) > 255:
        raise UdhError("a user data header holds at most 255 octets of elements")
    return bytes((len(body), *body))


def fill_bits(header_octets: int) -> int:
    """The bits between a header of so many octets (UDHL included) and the next septet boundary (§9.2.3.24)."""
    return -8 * header_octets % 7
