"""Parts of long messages, joined again: what one part does to the set that it belongs to. Values in, values out.

How this works. `concatenation_of` reads what a message says of itself. The caller finds the open set with the
same `SetKey` (or None), asks `add` what becomes of it, stores that, and answers the part. Parts are kept as
octets and joined before anything is decoded: peers cut in the middle of escape and surrogate pairs. When a set
is too old (`PartSet.first_at`), the caller drops it.

What is not said here is not refused: parts come in any order, over any binding of the client.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import attrs

from gateway.sms import gsm0338, udh
from gateway.sms.udh import Concatenation, ConcatenationMethod, InformationElement

Sar = tuple[int | None, int | None, int | None]  # sar_msg_ref_num, sar_total_segments, sar_segment_seqnum


@attrs.define
class UserData:
    """What one short message carries. Not frozen: it is made for every message that comes in."""

    concatenation: Concatenation | None  # None: a message of its own
    body: bytes  # without the header; septets one per octet, whatever the wire had
    had_udh: bool = False
    error: str | None = None  # the header is broken: refuse the message; `body` is then all the octets
    elements: tuple[InformationElement, ...] = ()  # of the header, the concatenation included


def concatenation_of(udhi: bool, user_data: bytes, sar: Sar | None = None, *, packed: bool = False) -> UserData:
    """What a short_message or message_payload says of itself, header and sar_* TLVs together. Never raises.

    The TLVs count only when all three are there and make sense (SMPP 3.4 §5.3.2.22-24), and never beside a
    header (§5.2.12): with `udhi` the message is a part only if its header says so.

    Args:
        udhi: the UDHI bit of esm_class.
        user_data: the octets, header included.
        sar: the values of the three TLVs, each None when absent; None when all are.
        packed: the body is packed septets. It comes back unpacked, so that parts can be joined: read it with
            `Alphabet.unpacked`.
    """
    if udhi:
        try:
            elements, body = udh.parse(user_data)
        except udh.UdhError as error:
            return UserData(None, user_data, True, str(error))
        if packed:
            body = gsm0338.unpack(body, udh.fill_bits(len(user_data) - len(body)))
        return UserData(udh.concatenation(elements), body, True, None, tuple(elements))
    body = gsm0338.unpack(user_data) if packed else user_data
    if sar is None:
        return UserData(None, body)
    reference, total, number = sar
    if reference is None or total is None or number is None:
        return UserData(None, body)
    return UserData(udh.concatenation_or_none(reference, total, number, wide=True, sar=True), body)


@attrs.frozen
class SetKey:
    """Parts that agree in all of this are one message (TS 23.040 §9.2.3.24.1).

    The total is in it, so that a reference used again for a message of another length never meets the old parts.
    """

    client: str
    source: str
    destination: str
    reference: int
    total: int


@attrs.frozen
class Part:
    """One accepted part. `message_id` is the caller's; `octets` have no header and are unpacked."""

    key: SetKey
    number: int  # 1..key.total
    octets: bytes
    data_coding: int
    method: ConcatenationMethod
    message_id: int


@attrs.frozen
class PartSet:
    """The parts of one message that have come, in order of arrival. One row of a table per part holds all of it."""

    key: SetKey
    first_at: int  # µs UTC of the first part
    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        return self.key.total

    @property
    def octets(self) -> int:
        return sum(len(part.octets) for part in self.parts)

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbers that have not come."""
        present = {part.number for part in self.parts}
        return tuple(number for number in range(1, self.total + 1) if number not in present)

    @property
    def message_ids(self) -> tuple[int, ...]:
        """In order of arrival: the first is the id of the whole."""
        return tuple(part.message_id for part in self.parts)


class PartOutcome(StrEnum):
    """What a part did. The first five are acknowledged to its sender, the last two are refused."""

    WAITING = "waiting"  # parts are missing
    COMPLETE = "complete"  # `joined` is the whole; the set is over
    DUPLICATE = "duplicate"  # the same part again: nothing changes
    RESTARTED = "restarted"  # part 1 again with another text: the reference is used anew, `dropped` stays incomplete
    CONFLICT = "conflict"  # another part again with another text: which is right? `dropped` is the whole set
    MISMATCH = "mismatch"  # another data_coding or method than the set's; `dropped` is the whole set
    FULL = "full"  # no room for now: nothing changes


@attrs.frozen
class Added:
    """What became of a set. `part_set` is what to keep from now on: the finished set if COMPLETE, None if dropped."""

    part_set: PartSet | None
    outcome: PartOutcome
    joined: bytes | None = None
    dropped: tuple[Part, ...] = ()


@attrs.frozen
class Caps:
    """What open sets may take.

    A part beyond is refused and no open set is given up for it: its parts have been acknowledged one by one, whereas
    the sender of the new part still has it and can try again.
    """

    parts: int = 255  # in one message
    octets_of_set: int = 65_535  # as much as message_payload could carry in one piece
    sets_of_sender: int = 256  # as many as there are 8-bit references
    sets: int = 20_000
    octets: int = 32 * 1024 * 1024


@attrs.frozen
class OpenSets:
    """How much is open now, as the caller counts it, this set included."""

    of_sender: int = 0
    sets: int = 0
    octets: int = 0


_DEFAULT_CAPS: Final = Caps()
_NONE_OPEN: Final = OpenSets()


def add(
    part_set: PartSet | None,
    part: Part,
    now: int,
    *,
    caps: Caps = _DEFAULT_CAPS,
    open_sets: OpenSets = _NONE_OPEN,
) -> Added:
    """What becomes of `part_set` (None: no part of this message has come) when `part` comes at `now` (µs UTC).

    Raises:
        ValueError: a mistake of the caller: `part_set` has another key, or the number is not within 1..total.
    """
    if part_set is not None and part_set.key != part.key:
        raise ValueError("the set has another key")
    if not 1 <= part.number <= part.key.total:
        raise ValueError(f"part {part.number} of {part.key.total}")

    if part_set is None:
        if open_sets.of_sender >= caps.sets_of_sender or open_sets.sets >= caps.sets:
            return Added(None, PartOutcome.FULL)
        return _accept(PartSet(part.key, now, ()), part, caps, open_sets, before=None)

    first = part_set.parts[0]
    alike = (part.data_coding, part.method) == (first.data_coding, first.method)
    same_number = next((known for known in part_set.parts if known.number == part.number), None)
    if same_number is not None:
        if alike and same_number.octets == part.octets:
            return Added(part_set, PartOutcome.DUPLICATE)
        if part.number == 1:
            return _restart(part_set, part, now, caps, open_sets)
    if not alike:
        return Added(None, PartOutcome.MISMATCH, dropped=part_set.parts)
    if same_number is not None:
        return Added(None, PartOutcome.CONFLICT, dropped=part_set.parts)
    return _accept(part_set, part, caps, open_sets, before=part_set)


def _accept(part_set: PartSet, part: Part, caps: Caps, open_sets: OpenSets, *, before: PartSet | None) -> Added:
    if (
        part_set.total > caps.parts
        or part_set.octets + len(part.octets) > caps.octets_of_set
        or open_sets.octets + len(part.octets) > caps.octets
    ):
        return Added(before, PartOutcome.FULL)
    grown = attrs.evolve(part_set, parts=(*part_set.parts, part))
    if len(grown.parts) == grown.total:
        return Added(grown, PartOutcome.COMPLETE, joined=_joined(grown.parts))
    return Added(grown, PartOutcome.WAITING)


def _restart(part_set: PartSet, part: Part, now: int, caps: Caps, open_sets: OpenSets) -> Added:
    added = _accept(PartSet(part.key, now, ()), part, caps, open_sets, before=part_set)
    if added.outcome is PartOutcome.FULL:
        return added
    return Added(added.part_set, PartOutcome.RESTARTED, dropped=part_set.parts)


def _joined(parts: Iterable[Part]) -> bytes:
    return b"".join(part.octets for part in sorted(parts, key=lambda part: part.number))
