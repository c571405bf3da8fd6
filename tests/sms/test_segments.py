import itertools
import unicodedata
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.sms import gsm0338, segments
from gateway.sms.alphabets import Alphabet, UndecodableText, cheapest, decode, encode
from gateway.sms.reassembly import Part, PartOutcome, PartSet, SetKey, add, concatenation_of
from gateway.sms.segments import Method, Segment, TooLong, split

from .texts import in_an_alphabet, long_texts, padded_alike

METHODS: list[Method] = ["udh8", "udh16", "sar", "payload"]
PARTED: list[Method] = ["udh8", "udh16", "sar"]


def _reassembled(parts: list[Segment], alphabet: Alphabet) -> bytes:
    """What a receiver joins from segments in the order in which they come."""
    part_set: PartSet | None = None
    for message_id, segment in enumerate(parts):
        data = concatenation_of(
            segment.udhi, segment.user_data, segment.sar, packed=alphabet is Alphabet.GSM0338_PACKED
        )
        assert data.error is None
        if data.concatenation is None:
            assert len(parts) == 1
            return data.body
        told = data.concatenation
        key = SetKey("demo", "79001234567", "7494", told.reference, told.total)
        added = add(part_set, Part(key, told.number, data.body, 0, told.method, message_id), 0)
        part_set = added.part_set
    assert added.outcome is PartOutcome.COMPLETE
    assert added.joined is not None
    return added.joined


@given(in_an_alphabet(long_texts), st.sampled_from(METHODS), st.integers(0, 0x1FFFF), st.randoms(use_true_random=False))
@example((Alphabet.GSM0338, "€" * 81), "udh8", 7, None)
@example((Alphabet.UCS2, "😀" * 36), "udh16", 0x1234, None)
@example((Alphabet.GSM0338_PACKED, "A" * 152 + "\r" + "B" * 152 + "\r"), "udh8", 1, None)
@example((Alphabet.GSM0338_PACKED, "A" * 152 + "\f" * 77), "udh16", 1, None)
@example((Alphabet.ISO8859_5, "Баланс" * 30), "sar", 1, None)
def test_parts_join_to_the_text(
    case: tuple[Alphabet, str], method: Method, reference: int, random: Random | None
) -> None:
    """Any text, in any alphabet, by any method, in any order of arrival, is the same text when joined."""
    alphabet, text = case
    parts = split(encode(text, alphabet), alphabet, method, reference)
    if random is None:
        parts.reverse()
    else:
        random.shuffle(parts)
    joined = decode(_reassembled(parts, alphabet), alphabet.unpacked)
    if alphabet is Alphabet.UCS2:
        text = text.removeprefix("\ufeff")
    assert joined in padded_alike(text, alphabet)


@given(in_an_alphabet(long_texts), st.sampled_from(PARTED))
@example((Alphabet.GSM0338, "€" * 81), "udh8")
@example((Alphabet.GSM0338, "a" * 152 + "€" * 10), "udh8")
@example((Alphabet.UCS2, "a" * 66 + "😀" * 10), "udh8")
@example((Alphabet.UCS2, "\U0001e000" * 100), "udh8")  # a combining letter of two units: nowhere is a good place
@example((Alphabet.GSM0338_PACKED, "a" * 151 + "€" * 10), "udh16")
def test_every_part_is_a_text_of_its_own(case: tuple[Alphabet, str], method: Method) -> None:
    """No part ends inside an escape or surrogate pair: parts decoded one by one and then joined are the text."""
    alphabet, text = case
    bodies = []
    for segment in split(encode(text, alphabet), alphabet, method, 1):
        data = concatenation_of(
            segment.udhi, segment.user_data, segment.sar, packed=alphabet is Alphabet.GSM0338_PACKED
        )
        bodies.append(data.body)
        if alphabet.unpacked is Alphabet.GSM0338:
            assert not data.body.endswith(b"\x1b")
        if alphabet is Alphabet.UCS2:
            data.body.decode("utf-16-be")
    if alphabet is not Alphabet.UCS2 or "\ufeff" not in text:  # each part would drop one
        shown = "".join(decode(body, alphabet.unpacked) for body in bodies)
        assert shown in padded_alike(text, alphabet)


@given(in_an_alphabet(long_texts), st.sampled_from(PARTED))
@example((Alphabet.GSM0338_PACKED, "\r" * 500), "udh8")
@example((Alphabet.UCS2, "\u0301" * 500), "udh16")
@example((Alphabet.UCS2, "a" * 20 + "\u0301" * 200), "udh8")
def test_every_part_fits(case: tuple[Alphabet, str], method: Method) -> None:
    """A part with its header takes no more than the air interface has, and all but the last are nearly full."""
    alphabet, text = case
    parts = split(encode(text, alphabet), alphabet, method, 1)
    septets_in_octets = alphabet in (Alphabet.GSM0338, Alphabet.ASCII)
    header = {"udh8": 6, "udh16": 7, "sar": 0}[method] if len(parts) > 1 else 0
    room = 140 if len(parts) == 1 else 134 - (method == "udh16")
    limit = room * 8 // 7 if septets_in_octets else room
    sizes = [len(part.user_data) - header for part in parts]
    assert max(sizes) <= limit
    slack = {Alphabet.UCS2: 34, Alphabet.GSM0338_PACKED: 2}.get(alphabet, 1)
    assert all(size >= limit - slack for size in sizes[:-1])
    assert all(part.udhi is (header > 0) for part in parts)
    assert sizes == [0] or min(sizes) > 0


@given(st.binary(max_size=3000), st.sampled_from(Alphabet), st.sampled_from(METHODS))
@example(b"\x1b" * 1000, Alphabet.GSM0338, "udh8")
@example(b"a" * 200 + b"\x1b", Alphabet.GSM0338, "udh8")
@example(b"\xd8" * 1001, Alphabet.UCS2, "udh8")
@example(b"\xff" * 1001, Alphabet.OCTETS, "sar")
def test_any_octets_can_be_split(octets: bytes, alphabet: Alphabet, method: Method) -> None:
    """Octets that are no text in that alphabet (another client's, passed on) are split and joined as well."""
    parts = split(octets, alphabet, method, 1)
    if alphabet is not Alphabet.GSM0338_PACKED:
        assert _reassembled(parts, alphabet) == octets
    else:
        septets = gsm0338.unpack(octets)
        joined = _reassembled(parts, alphabet)
        assert joined == septets or (septets.endswith(b"\r") and joined == septets + b"\r")


# characters, alphabet, method -> user data octets of each segment
EDGES = [
    ("a", 160, Alphabet.GSM0338, "udh8", [160]),
    ("a", 161, Alphabet.GSM0338, "udh8", [6 + 153, 6 + 8]),
    ("a", 306, Alphabet.GSM0338, "udh8", [159, 159]),
    ("a", 307, Alphabet.GSM0338, "udh8", [159, 159, 7]),
    ("a", 161, Alphabet.GSM0338, "udh16", [7 + 152, 7 + 9]),
    ("a", 304, Alphabet.GSM0338, "udh16", [159, 159]),
    ("a", 305, Alphabet.GSM0338, "udh16", [159, 159, 8]),
    ("a", 161, Alphabet.GSM0338, "sar", [153, 8]),
    ("a", 161, Alphabet.GSM0338, "payload", [161]),
    ("€", 80, Alphabet.GSM0338, "udh8", [160]),
    ("€", 81, Alphabet.GSM0338, "udh8", [6 + 152, 6 + 10]),
    ("€", 81, Alphabet.GSM0338, "udh16", [7 + 152, 7 + 10]),
    ("a", 160, Alphabet.ASCII, "udh8", [160]),
    ("a", 161, Alphabet.ASCII, "udh8", [159, 14]),
    ("a", 160, Alphabet.GSM0338_PACKED, "udh8", [140]),
    ("a", 161, Alphabet.GSM0338_PACKED, "udh8", [140, 6 + 8]),
    ("a", 306, Alphabet.GSM0338_PACKED, "udh8", [140, 140]),
    ("a", 161, Alphabet.GSM0338_PACKED, "udh16", [140, 7 + 8]),
    ("a", 161, Alphabet.GSM0338_PACKED, "sar", [134, 7]),
    ("я", 70, Alphabet.UCS2, "udh8", [140]),
    ("я", 71, Alphabet.UCS2, "udh8", [6 + 134, 6 + 8]),
    ("я", 134, Alphabet.UCS2, "udh8", [140, 140]),
    ("я", 135, Alphabet.UCS2, "udh8", [140, 140, 8]),
    ("я", 71, Alphabet.UCS2, "udh16", [7 + 132, 7 + 10]),
    ("я", 132, Alphabet.UCS2, "udh16", [139, 139]),
    ("😀", 35, Alphabet.UCS2, "udh8", [140]),
    ("😀", 36, Alphabet.UCS2, "udh8", [6 + 132, 6 + 12]),
    ("я", 140, Alphabet.ISO8859_5, "udh8", [140]),
    ("я", 141, Alphabet.ISO8859_5, "udh8", [6 + 134, 6 + 7]),
    ("é", 141, Alphabet.LATIN1, "udh16", [7 + 133, 7 + 8]),
    ("é", 141, Alphabet.LATIN1, "sar", [134, 7]),
    ("", 1, Alphabet.UCS2, "udh8", [0]),
]


@pytest.mark.parametrize(
    ("char", "times", "alphabet", "method", "sizes"),
    EDGES,
    ids=[f"{times}x{char}-{alphabet}-{method}" for char, times, alphabet, method, _ in EDGES],
)
def test_sizes_at_the_edges(char: str, times: int, alphabet: Alphabet, method: Method, sizes: list[int]) -> None:
    """One more character than fits starts the next segment, of the size that the air interface leaves."""
    assert [len(part.user_data) for part in split(encode(char * times, alphabet), alphabet, method, 1)] == sizes


def test_what_a_part_says() -> None:
    """Each method tells reference, total and number in its own place, the reference cut to its width."""
    octets = b"a" * 161
    assert split(octets, Alphabet.GSM0338, "udh8", 0x1234) == [
        Segment(b"\x05\x00\x03\x34\x02\x01" + b"a" * 153, udhi=True),
        Segment(b"\x05\x00\x03\x34\x02\x02" + b"a" * 8, udhi=True),
    ]
    assert split(octets, Alphabet.GSM0338, "udh16", 0x1234) == [
        Segment(b"\x06\x08\x04\x12\x34\x02\x01" + b"a" * 152, udhi=True),
        Segment(b"\x06\x08\x04\x12\x34\x02\x02" + b"a" * 9, udhi=True),
    ]
    assert split(octets, Alphabet.GSM0338, "sar", 0x11234) == [
        Segment(b"a" * 153, sar=(0x1234, 2, 1)),
        Segment(b"a" * 8, sar=(0x1234, 2, 2)),
    ]
    assert split(octets, Alphabet.GSM0338, "payload", 1) == [Segment(octets, payload=True)]
    assert split(b"a", Alphabet.GSM0338, "payload", 1) == [Segment(b"a")]


@pytest.mark.parametrize("method", PARTED)
@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"a" * 133 + b"\x1b\x65" * 20, id="escape pairs"),
        pytest.param(b"\x1b" * 400, id="nothing but escapes"),
        pytest.param(b"\x1b" * 151 + b"\x65" * 20, id="an odd run of escapes at the cut"),
    ],
)
def test_a_run_of_escapes_is_cut_between_pairs(octets: bytes, method: Method) -> None:
    """In a run of escapes each second one belongs to the one before: parts shown alone are the whole as shown."""
    parts = split(octets, Alphabet.GSM0338, method, 1)
    bodies = [concatenation_of(part.udhi, part.user_data, part.sar).body for part in parts]
    assert "".join(gsm0338.decode(body) for body in bodies) == gsm0338.decode(octets)


@pytest.mark.parametrize("method", PARTED)
def test_a_packed_part_never_ends_with_an_escape(method: Method) -> None:
    """Where a full packed part would end with CR, that CR takes its escape along to the next part."""
    for before in range(145, 155):
        septets = b"a" * before + b"\x1b\r" + b"b" * 20
        parts = split(gsm0338.pack(septets), Alphabet.GSM0338_PACKED, method, 1)
        bodies = [concatenation_of(part.udhi, part.user_data, part.sar, packed=True).body for part in parts]
        assert b"".join(bodies) == septets
        assert not any(body.endswith(b"\x1b") for body in bodies)


FAMILY = "👨\u200d👩\u200d👧\u200d👦"


@pytest.mark.parametrize(
    "cluster",
    ["й", "и\u0306", "e\u0301\u0323", "❤\ufe0f", "👍🏽", FAMILY, "a\u20dd"],
    ids=["precomposed", "breve", "two marks", "variation", "skin tone", "family", "enclosing"],
)
@pytest.mark.parametrize("before", range(50, 68))
def test_a_character_stays_with_its_marks(cluster: str, before: int) -> None:
    """What is shown as one character is not divided between parts when a place to cut is near."""
    cluster = cluster if cluster != "й" else unicodedata.normalize("NFD", "й")
    text = "я" * before + cluster + "я" * 30
    parts = [
        decode(concatenation_of(True, part.user_data).body, Alphabet.UCS2)
        for part in split(encode(text, Alphabet.UCS2), Alphabet.UCS2, "udh8", 1)
    ]
    assert "".join(parts) == text
    assert any(cluster in part for part in parts)


def test_too_long() -> None:
    """The 256th segment and the 65,536th octet of a payload are refused, the ones before are not."""
    assert len(split(b"a" * 255 * 153, Alphabet.GSM0338, "udh8", 1)) == 255
    for octets, method in itertools.product([b"a" * (255 * 153 + 1), b"a" * 10**6], PARTED):
        with pytest.raises(TooLong):
            split(octets, Alphabet.GSM0338, method, 1)
    with pytest.raises(TooLong):
        split(b"\x1b\x65" * 19_400, Alphabet.GSM0338, "udh8", 1)  # 38,800 < 255 * 153, but pairs leave gaps
    assert len(split(b"a" * 65_535, Alphabet.GSM0338, "payload", 1)) == 1
    with pytest.raises(TooLong):
        split(b"a" * 65_536, Alphabet.GSM0338, "payload", 1)


@given(st.one_of(long_texts(Alphabet.GSM0338), long_texts(Alphabet.UCS2)))
@example("a" * 160)
@example("a" * 161)
@example("я" * 70)
@example("я" * 71)
@example("")
def test_count_is_what_split_makes(text: str) -> None:
    """The count promised is the number of segments made."""
    _, alphabet = cheapest(text, Alphabet.GSM0338)
    assert segments.count(text) == len(split(encode(text, alphabet), alphabet, "udh8", 1))


def test_count_has_no_upper_end() -> None:
    """A text that cannot be sent is counted all the same."""
    assert segments.count("a" * 153 * 300) == 300


def test_odd_ucs2_keeps_its_last_octet() -> None:
    """UCS-2 of odd length is split with nothing lost; that it is no text is for the reader to say."""
    octets = encode("я" * 100, Alphabet.UCS2) + b"\x04"
    parts = split(octets, Alphabet.UCS2, "udh8", 1)
    with pytest.raises(UndecodableText):
        decode(_reassembled(parts, Alphabet.UCS2), Alphabet.UCS2)
