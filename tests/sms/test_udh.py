import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.sms import udh
from gateway.sms.udh import Concatenation, InformationElement

ELEMENTS = st.lists(st.builds(InformationElement, st.integers(0, 255), st.binary(max_size=20)), max_size=8)
CONCATENATIONS = st.builds(
    lambda wide, reference, total, number: Concatenation(
        reference if wide else reference & 0xFF, total, 1 + number % total, wide
    ),
    st.booleans(),
    st.integers(0, 0xFFFF),
    st.integers(2, 255),
    st.integers(0, 254),
)


@given(ELEMENTS, st.binary())
@example([], b"")
@example([InformationElement(0, b"")], b"\x00")
def test_parse_undoes_encode(elements: list[InformationElement], text: bytes) -> None:
    """A written header is read back element by element, and what follows it is left alone."""
    assert udh.parse(udh.encode(elements) + text) == (elements, text)


@given(st.binary())
@example(b"")
@example(b"\x00")
@example(b"\x01\x00")
@example(b"\x02\x00\x01")
@example(b"\x02\x05")
@example(b"\x03\x05\x01")
@example(b"\x03\x05\x02abc")
@example(b"\xff\x00\x03\x01\x02")
def test_any_octets_parse_or_raise_udh_error(octets: bytes) -> None:
    """Random octets hold a header, every octet of which is accounted for, or raise UdhError and nothing else."""
    try:
        elements, rest = udh.parse(octets)
    except udh.UdhError:
        return
    udh.concatenation(elements)
    assert udh.encode(elements) + rest == octets


@given(CONCATENATIONS, ELEMENTS)
@example(Concatenation(0xFFFF, 255, 255, wide=True), [])
def test_concatenation_is_read_as_written(concatenation: Concatenation, others: list[InformationElement]) -> None:
    """A concatenation element written last is what a reader finds, whatever stands before it."""
    elements, _ = udh.parse(udh.encode([*others, udh.element_of(concatenation)]))
    assert udh.concatenation(elements) == concatenation


def test_encode_refuses_what_has_no_room() -> None:
    """A header of more than 255 octets cannot be written."""
    with pytest.raises(udh.UdhError):
        udh.encode([InformationElement(1, bytes(256))])
    with pytest.raises(udh.UdhError):
        udh.encode([InformationElement(1, bytes(126))] * 2)
    assert len(udh.encode([InformationElement(1, bytes(253))])) == 256


@pytest.mark.parametrize(("header", "bits"), [(1, 6), (6, 1), (7, 0), (8, 6), (14, 0), (12, 2)])
def test_fill_bits(header: int, bits: int) -> None:
    """After a header the text begins at the next multiple of seven bits."""
    assert udh.fill_bits(header) == bits
    assert (8 * header + bits) % 7 == 0


@pytest.mark.parametrize(
    ("concatenation", "method"),
    [
        (Concatenation(1, 2, 1), "udh8"),
        (Concatenation(1, 2, 1, wide=True), "udh16"),
        (Concatenation(1, 2, 1, wide=True, sar=True), "sar"),
    ],
)
def test_method(concatenation: Concatenation, method: str) -> None:
    """A concatenation knows how it was told."""
    assert concatenation.method == method
