"""What peers get wrong, in rows: text that is no text, headers that are no headers, parts that fit no set."""

import attrs
import pytest

from gateway.sms import segments
from gateway.sms.alphabets import Alphabet, UndecodableText, alphabet_of, cheapest, decode, encode
from gateway.sms.reassembly import Caps, OpenSets, Part, PartOutcome, PartSet, Sar, SetKey, add, concatenation_of
from gateway.sms.udh import Concatenation

GSM, PACKED, UCS2 = Alphabet.GSM0338, Alphabet.GSM0338_PACKED, Alphabet.UCS2

TEXTS = [
    ("X-01 one octet of UCS-2", 8, b"\x04", None),
    ("X-01 odd UCS-2", 8, "Баланс".encode("utf-16-be")[:-1], None),
    ("X-02 lone high surrogate", 8, b"\x00a\xd8\x3d\x00b", "a b"),
    ("X-02 lone low surrogate", 8, b"\xde\x00\x00b", " b"),
    ("X-02 high surrogate at the end", 8, b"\x00a\xd8\x3d", "a "),
    ("X-02 halves the wrong way round", 8, b"\xde\x00\xd8\x3d", "  "),
    ("X-02 a pair is a character", 8, b"\xd8\x3d\xde\x00", "😀"),
    ("X-03 little-endian is not guessed", 8, "ба".encode("utf-16-le"), "\u3104\u3004"),
    ("X-03 a swapped mark is not obeyed", 8, b"\xff\xfe\x31\x04", "\ufffe\u3104"),
    ("X-04 byte order mark", 8, b"\xfe\xff\x00B\x00A\x00L", "BAL"),
    ("X-04 only the first mark is one", 8, b"\xfe\xff\xfe\xff\x00B", "\ufeffB"),
    (
        "X-04 the rest is the parser's",
        8,
        "\0\u200b\xa0\u2028Ｂe\u0301".encode("utf-16-be"),
        "\0\u200b\xa0\u2028Ｂe\u0301",
    ),
    ("X-07 trailing escape", 0, b"BAL\x1b", "BAL "),
    ("X-07 escape and undefined", 0, b"\x1bB", "B"),
    ("X-07 double escape", 0, b"B\x1b\x1bL", "B L"),
    ("X-07 above 0x7F", 0, b"\xfcBAL", "\ufffdBAL"),
    ("X-07 UTF-8 sent as data_coding 0", 0, "Ба".encode(), "\ufffd" * 4),
    ("X-08 the section sign", 0, b"\x5f", "§"),
    ("X-09 packed by mistake", 0, bytes.fromhex("e8329bfd06"), "\ufffd2\ufffd\ufffdù"),
    ("X-09 Latin text as UCS-2", 8, b"BALANCE!", "\u4241\u4c41\u4e43\u4521"),
    ("X-09 ASCII", 1, b"BAL\x80\xff", "BAL\ufffd\ufffd"),
    ("X-09 ASCII has no @ at 0", 1, b"\x00@$", "\x00@$"),
    ("X-09 binary", 4, b"BALANCE", None),
    ("X-09 binary in the flash group", 0x14, b"BALANCE", None),
    ("X-09 flash", 0x10, b"\x00BAL", "@BAL"),
    ("X-09 class 1", 0xF1, b"\x00BAL", "@BAL"),
    ("X-22 nothing", 0, b"", ""),
    ("X-22 nothing in UCS-2", 8, b"", ""),
    ("X-22 only a mark", 8, b"\xfe\xff", ""),
]


@pytest.mark.parametrize(("data_coding", "octets", "text"), [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS])
def test_texts(data_coding: int, octets: bytes, text: str | None) -> None:
    """Octets that a careless peer sends are read as documented, or refused as no text."""
    alphabet = alphabet_of(data_coding, GSM)
    assert alphabet is not None
    if text is None:
        with pytest.raises(UndecodableText):
            decode(octets, alphabet)
    else:
        assert decode(octets, alphabet) == text


@pytest.mark.parametrize("data_coding", [0x05, 0x07, 0x09, 0x0A, 0x0B, 0x0D, 0x0E, 0x20, 0x80, 0xC0, 0xC8, 0xD0, 0xE5])
def test_x09_reserved_and_foreign_codings(data_coding: int) -> None:
    """X-09: what is not supported is None, for the caller to refuse or to keep as octets."""
    assert alphabet_of(data_coding, GSM) is None


def test_x08_backquote_goes_as_ucs2() -> None:
    """X-08: '`' is not GSM and takes UCS-2 with it; '§' is GSM."""
    assert cheapest("`", GSM) == (8, UCS2)
    assert cheapest("§\f", GSM) == (0, GSM)


def test_x09_a_client_that_packs() -> None:
    """X-09: for a client set up so, data_coding 0 and flash are packed septets."""
    packed = bytes.fromhex("e8329bfd4697d9ec37")
    for data_coding in (0x00, 0x10, 0xF1):
        alphabet = alphabet_of(data_coding, PACKED)
        assert alphabet is PACKED
        assert decode(packed, alphabet) == "hellohello"


NO_SET = (None, None)
HEADERS: list[tuple[str, bool, bytes, Sar | None, tuple[Concatenation | None, str | None]]] = [
    ("X-10 UDHL 255 with 5 octets", True, b"\xff\x00\x03\x01\x02", None, (None, "256 octets in 5 octets")),
    ("X-10 no octets", True, b"", None, (None, "there are no octets")),
    ("X-10 UDHL 0", True, b"\x00BAL", None, NO_SET),
    ("X-10 element beyond UDHL", True, b"\x05\x00\x09\x01\x02\x01BAL", None, (None, "over the end of the header")),
    ("X-10 element beyond UDHL, into the text", True, b"\x05\x00\x05\x01\x02\x01BAL", None,
     (None, "over the end of the header")),
    ("X-10 element cut at its length", True, b"\x01\x00BAL", None, (None, "without a length")),
    ("X-10 unknown element", True, b"\x04\x70\x02ab", None, NO_SET),
    ("X-10 two: the last wins", True, b"\x0a\x00\x03\x07\x03\x01\x00\x03\x08\x02\x02BAL", None,
     (Concatenation(8, 2, 2), None)),
    ("X-10 8 and 16 bit: the last wins", True, b"\x0b\x08\x04\x01\x02\x03\x01\x00\x03\x08\x02\x02", None,
     (Concatenation(8, 2, 2), None)),
    ("X-10 two, the last makes no sense", True, b"\x0a\x00\x03\x07\x03\x01\x00\x03\x08\x00\x02", None,
     (Concatenation(7, 3, 1), None)),
    ("X-10 two, the last wide one makes no sense", True, b"\x0b\x00\x03\x07\x03\x01\x08\x04\x00\x08\x00\x02", None,
     (Concatenation(7, 3, 1), None)),
    ("X-18 total 0", True, b"\x05\x00\x03\x07\x00\x01BAL", None, NO_SET),
    ("X-18 number 0", True, b"\x05\x00\x03\x07\x02\x00BAL", None, NO_SET),
    ("X-18 number > total", True, b"\x05\x00\x03\x07\x02\x03BAL", None, NO_SET),
    ("X-18 total 1", True, b"\x05\x00\x03\x07\x01\x01BAL", None, NO_SET),
    ("X-18 wide, number > total", True, b"\x06\x08\x04\x07\x07\x02\x03BAL", None, NO_SET),
    ("X-18 too short", True, b"\x04\x00\x02\x07\x02BAL", None, NO_SET),
    ("X-18 too long", True, b"\x06\x00\x04\x07\x02\x01\x00BAL", None, NO_SET),
    ("X-18 wide, too short", True, b"\x05\x08\x03\x07\x02\x01BAL", None, NO_SET),
    ("X-18 wide, too long", True, b"\x07\x08\x05\x00\x07\x02\x01\x00BAL", None, NO_SET),
    ("F8 8 bit", True, b"\x05\x00\x03\x07\x02\x01BAL", None, (Concatenation(7, 2, 1), None)),
    ("F8 16 bit", True, b"\x06\x08\x04\x07\x08\x02\x01BAL", None, (Concatenation(0x0708, 2, 1, wide=True), None)),
    ("E11 all three", False, b"BAL", (300, 2, 1), (Concatenation(300, 2, 1, wide=True, sar=True), None)),
    ("E11 255 parts", False, b"BAL", (0, 255, 255), (Concatenation(0, 255, 255, wide=True, sar=True), None)),
    ("V-14 no reference", False, b"BAL", (None, 2, 1), NO_SET),
    ("V-14 no total", False, b"BAL", (7, None, 1), NO_SET),
    ("V-14 no number", False, b"BAL", (7, 2, None), NO_SET),
    ("V-14 total 0", False, b"BAL", (7, 0, 1), NO_SET),
    ("V-14 number 0", False, b"BAL", (7, 2, 0), NO_SET),
    ("V-14 number > total", False, b"BAL", (7, 2, 3), NO_SET),
    ("V-14 total 256", False, b"BAL", (7, 256, 1), NO_SET),
    ("V-14 beside a header without concatenation", True, b"\x04\x70\x02abBAL", (7, 2, 1), NO_SET),
    ("V-14 beside a header with one", True, b"\x05\x00\x03\x08\x03\x02BAL", (7, 2, 1), (Concatenation(8, 3, 2), None)),
    ("V-14 beside a broken header", True, b"\x09BAL", (7, 2, 1), (None, "10 octets in 4 octets")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("udhi", "octets", "sar", "expected"), [row[1:] for row in HEADERS], ids=[row[0] for row in HEADERS]
)
def test_headers(udhi: bool, octets: bytes, sar: Sar | None, expected: tuple[Concatenation | None, str | None]) -> None:
    """What a message says of itself is a concatenation, nothing (a message of its own), or broken and refused."""
    data = concatenation_of(udhi, octets, sar)
    concatenation, error = expected
    assert data.concatenation == concatenation
    if error is None:
        assert data.error is None
        assert data.body == (b"BAL" if octets.endswith(b"BAL") else b"")
    else:
        assert error in (data.error or "")
        assert data.body == octets


def _key(total: int = 3, **changes: str) -> SetKey:
    return attrs.evolve(SetKey("demo", "79001234567", "7494", 9, total), **changes)


def _part(number: int, octets: bytes, **changes: object) -> Part:
    return attrs.evolve(Part(_key(), number, octets, 0, "udh8", number), **changes)


ONE, TWO, THREE = _part(1, b"BAL"), _part(2, b"AN"), _part(3, b"CE")
AGAIN = {"message_id": 9}
WAITING, COMPLETE, DUPLICATE = PartOutcome.WAITING, PartOutcome.COMPLETE, PartOutcome.DUPLICATE
RESTARTED, CONFLICT, MISMATCH = PartOutcome.RESTARTED, PartOutcome.CONFLICT, PartOutcome.MISMATCH

# parts as they come, what each does, what is joined in the end
SETS: list[tuple[str, list[Part], list[PartOutcome], bytes | None]] = [
    ("X-11 a part never comes", [ONE, THREE], [WAITING, WAITING], None),
    ("X-12 in order", [ONE, TWO, THREE], [WAITING, WAITING, COMPLETE], b"BALANCE"),
    ("X-12 last first", [THREE, TWO, ONE], [WAITING, WAITING, COMPLETE], b"BALANCE"),
    ("X-12 last, first, middle", [THREE, ONE, TWO], [WAITING, WAITING, COMPLETE], b"BALANCE"),
    ("X-13 same text", [ONE, _part(1, b"BAL", **AGAIN), TWO, THREE],
     [WAITING, DUPLICATE, WAITING, COMPLETE], b"BALANCE"),
    ("X-13 same text twice", [TWO, _part(2, b"AN", **AGAIN), _part(2, b"AN", **AGAIN)],
     [WAITING, DUPLICATE, DUPLICATE], None),
    ("X-13 different text", [ONE, TWO, _part(2, b"XX", **AGAIN)], [WAITING, WAITING, CONFLICT], None),
    ("X-13 different text, last", [THREE, _part(3, b"XX", **AGAIN)], [WAITING, CONFLICT], None),
    ("X-13 after the set was dropped", [ONE, TWO, _part(2, b"XX"), ONE, TWO, THREE],
     [WAITING, WAITING, CONFLICT, WAITING, WAITING, COMPLETE], b"BALANCE"),
    ("X-16 reference used again", [ONE, TWO, _part(1, b"PIN"), TWO, THREE],
     [WAITING, WAITING, RESTARTED, WAITING, COMPLETE], b"PINANCE"),
    ("X-16 used again in another coding", [ONE, _part(1, b"BAL", data_coding=8)], [WAITING, RESTARTED], None),
    ("X-16 used again by sar", [ONE, TWO, _part(1, b"PIN", method="sar")], [WAITING, WAITING, RESTARTED], None),
    ("X-16 twice", [ONE, _part(1, b"PIN"), _part(1, b"BAL")], [WAITING, RESTARTED, RESTARTED], None),
    ("X-16 not known from part 2", [TWO, _part(2, b"XX")], [WAITING, CONFLICT], None),
    ("X-19 mixed data_coding", [ONE, _part(2, b"AN", data_coding=8)], [WAITING, MISMATCH], None),
    ("X-19 header here, sar there", [ONE, _part(2, b"AN", method="sar")], [WAITING, MISMATCH], None),
    ("X-19 sar here, header there", [_part(1, b"BAL", method="sar"), TWO], [WAITING, MISMATCH], None),
    ("X-19 8 bits here, 16 there", [ONE, _part(2, b"AN", method="udh16")], [WAITING, MISMATCH], None),
    ("X-19 same number, other coding", [ONE, TWO, _part(2, b"AN", data_coding=8)], [WAITING, WAITING, MISMATCH], None),
]  # fmt: skip


@pytest.mark.parametrize(("parts", "outcomes", "joined"), [row[1:] for row in SETS], ids=[row[0] for row in SETS])
def test_sets(parts: list[Part], outcomes: list[PartOutcome], joined: bytes | None) -> None:
    """What each part of a message does, in turn, and what comes out whole."""
    part_set: PartSet | None = None
    happened = []
    for one in parts:
        added = add(part_set, one, 0)
        part_set = added.part_set
        happened.append(added.outcome)
        if added.outcome in (CONFLICT, MISMATCH):
            assert part_set is None
            assert added.dropped
    assert happened == outcomes
    assert added.joined == joined


def test_x11_parts_that_never_come_are_known() -> None:
    """X-11: an old set tells since when it waits and for what."""
    waiting = add(add(None, ONE, 1_000_000).part_set, THREE, 9_000_000).part_set
    assert waiting is not None
    assert (waiting.first_at, waiting.missing) == (1_000_000, (2,))


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(_key(4), id="X-14 total"),
        pytest.param(_key(source="79007654321"), id="X-15 source"),
        pytest.param(_key(destination="7495"), id="X-15 destination"),
        pytest.param(_key(client="other"), id="X-15 client"),
    ],
)
def test_x14_x15_separate_sets(key: SetKey) -> None:
    """X-14, X-15: parts that differ in total, sender, client or destination have different keys and never meet."""
    assert key != _key()
    assert hash(key) != hash(_key())
    waiting = add(None, ONE, 0).part_set
    with pytest.raises(ValueError, match="another key"):
        add(waiting, attrs.evolve(TWO, key=key), 0)


def test_x17_the_longest_message() -> None:
    """X-17: 255 parts of 153 octets join under the default caps."""
    key = _key(255)
    part_set: PartSet | None = None
    for number in range(255, 0, -1):
        added = add(part_set, Part(key, number, bytes([number % 128]) * 153, 0, "udh8", number), 0)
        part_set = added.part_set
    assert added.outcome is COMPLETE
    assert added.joined == b"".join(bytes([number % 128]) * 153 for number in range(1, 256))


def test_x17_the_newcomer_is_refused() -> None:
    """X-17: with every place taken a new set is refused for now, and an open one still gets its parts."""
    full = OpenSets(of_sender=1, sets=100_000, octets=0)
    assert add(None, ONE, 0, caps=Caps(sets=100_000), open_sets=full).outcome is PartOutcome.FULL
    waiting = add(None, ONE, 0).part_set
    assert add(waiting, TWO, 0, caps=Caps(sets=100_000), open_sets=full).outcome is WAITING


@pytest.mark.parametrize(
    ("alphabet", "first", "second", "text"),
    [
        pytest.param(UCS2, b"\x00a\xd8\x3d", b"\xde\x00\x00b", "a😀b", id="X-20 surrogate pair"),
        pytest.param(UCS2, b"\x00a\xd8", b"\x3d\xde\x00\x00b", "a😀b", id="X-20 inside a unit"),
        pytest.param(GSM, b"a\x1b", b"\x65b", "a€b", id="X-20 escape pair"),
    ],
)
def test_x20_joined_before_decoding(alphabet: Alphabet, first: bytes, second: bytes, text: str) -> None:
    """X-20: parts that a peer cut inside a character are that character when joined."""
    key = _key(2)
    waiting = add(None, Part(key, 2, second, 0, "udh8", 2), 0).part_set
    joined = add(waiting, Part(key, 1, first, 0, "udh8", 1), 0).joined
    assert joined is not None
    assert decode(joined, alphabet) == text


@pytest.mark.parametrize(
    ("text", "alphabet"), [("€" * 81, GSM), ("😀" * 36, UCS2)], ids=["X-20 our escapes", "X-20 our surrogates"]
)
def test_x20_we_never_cut_there(text: str, alphabet: Alphabet) -> None:
    """X-20: our own parts never end with an escape or a high surrogate."""
    for part in segments.split(encode(text, alphabet), alphabet, "udh8", 1):
        assert part.user_data[-1] != 0x1B
        assert alphabet is not UCS2 or part.user_data[-2] & 0xFC != 0xD8


def test_x21_a_megabyte_is_linear() -> None:
    """X-21: a megabyte of the worst octets is read without trouble."""
    assert decode(b"\x1b" * 1_000_001, GSM) == " " * 500_001
    assert decode(b"\xd8\x00" * 500_000, UCS2) == " " * 500_000
