from collections.abc import Sequence

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.sms.reassembly import (
    Added,
    Caps,
    OpenSets,
    Part,
    PartOutcome,
    PartSet,
    SetKey,
    add,
    concatenation_of,
)
from gateway.sms.udh import Concatenation, InformationElement

KEY = SetKey("demo", "79001234567", "7494", 9, 3)


def part(number: int, octets: bytes = b"", *, message_id: int = 0, data_coding: int = 0, method: str = "udh8") -> Part:
    """Part `number` of three, with a text that tells its number."""
    assert method in ("udh8", "udh16", "sar")
    return Part(KEY, number, octets or b"part%d." % number, data_coding, method, message_id or number)


def fold(parts: Sequence[Part], part_set: PartSet | None = None) -> Added:
    """What the last part did, each having come a microsecond after the one before."""
    added = Added(part_set, PartOutcome.WAITING)
    for now, one in enumerate(parts, start=1000):
        added = add(added.part_set, one, now)
    return added


PARTS = st.lists(
    st.builds(
        lambda number, octets, data_coding, method: part(number, octets, data_coding=data_coding, method=method),
        st.integers(1, 3),
        st.sampled_from([b"one", b"two"]),
        st.sampled_from([0, 0, 0, 8]),
        st.sampled_from(["udh8", "udh8", "udh8", "udh16", "sar"]),
    ),
    max_size=12,
).map(lambda parts: [attrs.evolve(one, message_id=message_id) for message_id, one in enumerate(parts, start=1)])


@given(PARTS)
@example([])
@example([part(1), part(2), part(1, b"new", message_id=3), part(2, b"new", message_id=4), part(3, message_id=5)])
def test_no_part_is_lost_or_counted_twice(parts: list[Part]) -> None:
    """Whatever comes, each part is kept, joined, dropped or turned away, exactly once, and every set is of one kind."""
    part_set: PartSet | None = None
    accounted: list[int] = []
    for now, one in enumerate(parts):
        added = add(part_set, one, now)
        accounted += [gone.message_id for gone in added.dropped]
        if added.outcome in (PartOutcome.DUPLICATE, PartOutcome.CONFLICT, PartOutcome.MISMATCH):
            accounted.append(one.message_id)
        assert (added.joined is not None) == (added.outcome is PartOutcome.COMPLETE)
        assert added.outcome is not PartOutcome.FULL
        part_set = added.part_set
        if part_set is None:
            assert added.outcome in (PartOutcome.CONFLICT, PartOutcome.MISMATCH)
            continue
        assert len({(known.data_coding, known.method) for known in part_set.parts}) == 1
        numbers = [known.number for known in part_set.parts]
        assert sorted(numbers + list(part_set.missing)) == [1, 2, 3]
        assert (part_set.missing == ()) == (added.outcome is PartOutcome.COMPLETE)
        if added.joined is not None:
            assert added.joined == b"".join(
                known.octets for known in sorted(part_set.parts, key=lambda known: known.number)
            )
            accounted += part_set.message_ids
            part_set = None
    if part_set is not None:
        accounted += part_set.message_ids
    assert sorted(accounted) == [one.message_id for one in parts]


@given(st.permutations([1, 2, 3]), st.lists(st.integers(0, 2), max_size=4))
@example([3, 2, 1], [0])
def test_order_and_repeats_do_not_matter(order: list[int], repeats: list[int]) -> None:
    """The parts of a message join in any order, whichever of those that have come are sent again in between."""
    part_set: PartSet | None = None
    for place, number in enumerate(order):
        added = add(part_set, part(number), 0)
        for again in repeats:
            if again <= place < 2:
                repeated = add(added.part_set, part(order[again], message_id=99), 0)
                assert repeated == Added(added.part_set, PartOutcome.DUPLICATE)
        part_set = added.part_set
    assert added.outcome is PartOutcome.COMPLETE
    assert added.joined == b"part1.part2.part3."


def test_a_set_tells_its_parts_in_order_of_arrival() -> None:
    """The first part that came gives the whole its id and its age; the missing ones are known by number."""
    waiting = fold([part(3, message_id=7), part(1, message_id=8)]).part_set
    assert waiting is not None
    assert waiting.message_ids == (7, 8)
    assert waiting.first_at == 1000
    assert waiting.missing == (2,)
    assert waiting.octets == 12


def test_a_set_lives_in_rows() -> None:
    """A set made again from its values, as from the rows of a table, goes on where it was."""
    waiting = fold([part(2), part(1)]).part_set
    assert waiting is not None
    restored = PartSet(
        SetKey(**attrs.asdict(waiting.key)),
        waiting.first_at,
        tuple(Part(KEY, *attrs.astuple(known, recurse=False)[1:]) for known in waiting.parts),
    )
    assert restored == waiting
    assert add(restored, part(3), 5).joined == b"part1.part2.part3."


def test_a_restart_counts_from_its_own_first_part() -> None:
    """When a reference is used anew the new set has the new time and only the new part."""
    added = fold([part(1), part(2), part(1, b"new", message_id=50)])
    assert added.outcome is PartOutcome.RESTARTED
    assert added.part_set == PartSet(KEY, 1002, (part(1, b"new", message_id=50),))
    assert added.dropped == (part(1), part(2))


@pytest.mark.parametrize(
    ("caps", "open_sets", "outcome"),
    [
        pytest.param(Caps(), OpenSets(), PartOutcome.WAITING, id="room"),
        pytest.param(Caps(parts=3), OpenSets(), PartOutcome.WAITING, id="as many parts as allowed"),
        pytest.param(Caps(parts=2), OpenSets(), PartOutcome.FULL, id="too many parts"),
        pytest.param(Caps(octets_of_set=6), OpenSets(), PartOutcome.WAITING, id="as many octets as allowed"),
        pytest.param(Caps(octets_of_set=5), OpenSets(), PartOutcome.FULL, id="too many octets in the set"),
        pytest.param(Caps(octets=10), OpenSets(octets=4), PartOutcome.WAITING, id="as many octets in all as allowed"),
        pytest.param(Caps(octets=10), OpenSets(octets=5), PartOutcome.FULL, id="too many octets in all"),
        pytest.param(Caps(sets_of_sender=2), OpenSets(of_sender=1), PartOutcome.WAITING, id="last set of the sender"),
        pytest.param(Caps(sets_of_sender=2), OpenSets(of_sender=2), PartOutcome.FULL, id="too many of the sender"),
        pytest.param(Caps(sets=2), OpenSets(sets=1), PartOutcome.WAITING, id="last set"),
        pytest.param(Caps(sets=2), OpenSets(sets=2), PartOutcome.FULL, id="too many sets"),
    ],
)
def test_caps_on_a_new_set(caps: Caps, open_sets: OpenSets, outcome: PartOutcome) -> None:
    """A first part is taken up to each cap and refused beyond it, and a refusal keeps nothing."""
    added = add(None, part(1), 0, caps=caps, open_sets=open_sets)
    assert added.outcome is outcome
    assert (added.part_set is None) == (outcome is PartOutcome.FULL)


def test_caps_on_an_open_set() -> None:
    """A set that may not grow keeps what it has; the number of sets does not matter to one that is open."""
    waiting = fold([part(1)]).part_set
    assert waiting is not None
    full = add(waiting, part(2), 0, caps=Caps(octets_of_set=11))
    assert full == Added(waiting, PartOutcome.FULL)
    assert add(waiting, part(1, b"a" * 12), 0, caps=Caps(octets_of_set=11)) == Added(waiting, PartOutcome.FULL)
    grown = add(waiting, part(2), 0, caps=Caps(sets=1, sets_of_sender=1), open_sets=OpenSets(1, 1, 6))
    assert grown.outcome is PartOutcome.WAITING


@pytest.mark.parametrize("number", [0, 4])
def test_a_number_out_of_range_is_a_mistake_of_the_caller(number: int) -> None:
    """A part that no reader of headers would let through is not silently kept."""
    with pytest.raises(ValueError, match="of 3"):
        add(None, part(number, b"x"), 0)


def test_a_part_of_another_key_is_a_mistake_of_the_caller() -> None:
    """Messages are never mixed, not even by a wrong look-up."""
    waiting = fold([part(1)]).part_set
    for change in ({"client": "x"}, {"source": "x"}, {"destination": "x"}, {"reference": 8}, {"total": 4}):
        with pytest.raises(ValueError, match="another key"):
            add(waiting, attrs.evolve(part(2), key=attrs.evolve(KEY, **change)), 0)


@given(st.booleans(), st.binary(), st.none() | st.tuples(*[st.none() | st.integers(-1, 70_000)] * 3), st.booleans())
@example(True, b"", None, False)
@example(True, b"\xff", (1, 2, 1), True)
@example(False, b"", (1, 2, 1), False)
def test_concatenation_of_takes_anything(
    udhi: bool, octets: bytes, sar: tuple[int | None, int | None, int | None] | None, packed: bool
) -> None:
    """Any octets and any TLV values are a message of its own, a part that makes sense, or an error to refuse with."""
    data = concatenation_of(udhi, octets, sar, packed=packed)
    assert data.had_udh is udhi
    assert len(data.body) <= len(octets) * 8 // 7
    if data.error is not None:
        assert udhi
        assert data.body == octets
        assert data.concatenation is None
    if data.concatenation is not None:
        assert data.concatenation.sar is not udhi
        assert 1 <= data.concatenation.number <= data.concatenation.total <= 255
        assert data.concatenation.total > 1


def test_the_header_is_not_text() -> None:
    """The body has no header, and the elements that are not understood are handed on."""
    data = concatenation_of(True, b"\x0b\x05\x04\x0b\x84\x23\xf0\x00\x03\x2a\x02\x01BAL")
    assert data.body == b"BAL"
    assert data.concatenation == Concatenation(0x2A, 2, 1)
    assert data.elements == (
        InformationElement(5, b"\x0b\x84\x23\xf0"),
        InformationElement(0, b"\x2a\x02\x01"),
    )


def test_packed_bodies_come_unpacked() -> None:
    """Packed septets begin at the first septet boundary after the header, and can be joined once unpacked."""
    known = bytes.fromhex("0500032a0201" + "84e1")  # one fill bit, then "Ba"
    assert concatenation_of(True, known, packed=True).body == b"Ba"
    assert concatenation_of(False, bytes.fromhex("c230"), packed=True).body == b"Ba"
