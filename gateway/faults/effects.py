"""What a rule can make happen. One class for each kind; ``kind`` is its name in TOML and JSON, fields are its keys.

Seconds are real time, except at the points ``answer`` and ``receipt``, which run on emulated time.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

import attrs

from gateway.faults.command_statuses import read_status

LONGEST_SECONDS: Final = 86_400.0 * 30
"""A month: longer than any test and than any validity."""


class Form(StrEnum):
    """How a frame is damaged."""

    WRONG_LENGTH = "wrong_length"
    """command_length is one too small: the last field runs over the end, and the reader has lost the boundary."""
    TRUNCATED = "truncated"
    """The last octet of the body is missing and command_length says so: the last field runs over the end."""
    UNKNOWN_COMMAND_ID = "unknown_command_id"
    """command_id is one that SMPP does not have; the response bit stays."""
    WRONG_SEQUENCE_NUMBER = "wrong_sequence_number"
    """sequence_number is another one: a response that answers nothing, a request that is answered in vain."""


def _means(meaning: str, least: float | None = None, most: float | None = None) -> dict[str, object]:
    return {"meaning": meaning, "least": least, "most": most}


def _seconds(meaning: str) -> dict[str, object]:
    return _means(meaning, 0, LONGEST_SECONDS)


@attrs.frozen
class Effect:
    """What happens instead of, or besides, what would have happened."""

    kind: ClassVar[str] = ""


@attrs.frozen
class Status(Effect):
    """Answered with this command_status, and nothing else is done."""

    kind: ClassVar[str] = "status"
    command_status: int = attrs.field(
        metadata=_means("a number from 1 to 0xFFFFFFFF, or a name as `ESME_RTHROTTLED`", 1, 0xFFFFFFFF)
        | {"read": read_status}
    )


@attrs.frozen
class NoResponse(Effect):
    """Never answered."""

    kind: ClassVar[str] = "no_response"
    accepted: bool = attrs.field(default=False, metadata=_means("whether what was asked is done all the same"))


@attrs.frozen
class Delay(Effect):
    """Done later."""

    kind: ClassVar[str] = "delay"
    seconds: float = attrs.field(metadata=_seconds("how long, or the least of a range"))
    up_to: float = attrs.field(default=0.0, metadata=_seconds("the most of the range, drawn evenly; 0 = no range"))


@attrs.frozen
class Disconnect(Effect):
    """The connection is closed."""

    kind: ClassVar[str] = "disconnect"
    seconds: float = attrs.field(default=0.0, metadata=_seconds("how long after the connect"))
    octets: int = attrs.field(default=0, metadata=_means("how many octets are written before", 0, 1 << 30))


@attrs.frozen
class DisconnectBefore(Effect):
    """The connection is closed before the response (before the request, of our own requests)."""

    kind: ClassVar[str] = "disconnect_before"
    accepted: bool = attrs.field(default=False, metadata=_means("whether what was asked is done all the same"))


@attrs.frozen
class DisconnectAfter(Effect):
    """The connection is closed right after the response (after the request, of our own requests) was written."""

    kind: ClassVar[str] = "disconnect_after"


@attrs.frozen
class Malformed(Effect):
    """The frame is sent damaged."""

    kind: ClassVar[str] = "malformed"
    form: Form = attrs.field(metadata=_means("how: " + ", ".join(f"`{form}`" for form in Form)))


@attrs.frozen
class Dropped(Effect):
    """Never sent, and waited for as if it had been: an attempt without an answer."""

    kind: ClassVar[str] = "dropped"


@attrs.frozen
class Duplicate(Effect):
    """Sent twice, under two sequence numbers; the answer to the second changes nothing."""

    kind: ClassVar[str] = "duplicate"


@attrs.frozen
class WalletDown(Effect):
    """The wallet cannot be reached: commands that need it are answered "service down" and change nothing."""

    kind: ClassVar[str] = "wallet_down"


def _kept(fields: Mapping[str, object]) -> Mapping[str, object]:
    return MappingProxyType(dict(fields))


@attrs.frozen
class Receipt(Effect):
    """The delivery receipt goes by these fields, as in ``[[receipts]]``."""

    kind: ClassVar[str] = "receipt"
    fields: Mapping[str, object] = attrs.field(
        factory=dict,
        converter=_kept,
        metadata=_means("the fields of a receipt rule"),
    )


@attrs.frozen
class Full(Effect):
    """The storage has no room: ESME_RMSGQFUL."""

    kind: ClassVar[str] = "full"


@attrs.frozen
class Down(Effect):
    """The storage cannot be reached: ESME_RSYSERR."""

    kind: ClassVar[str] = "down"


@attrs.frozen
class SlowBytes(Effect):
    """What is written goes out at this pace; what is written later waits behind it."""

    kind: ClassVar[str] = "slow_bytes"
    octets_per_second: float = attrs.field(metadata=_means("the pace", 0.1, 1e9))


@attrs.frozen
class Chunked(Effect):
    """What is written goes out in pieces, each a write of its own."""

    kind: ClassVar[str] = "chunked"
    octets: int = attrs.field(metadata=_means("octets in each piece", 1, 1 << 20))
    seconds: float = attrs.field(default=0.0, metadata=_seconds("between two pieces; 0 = one a reactor turn"))


@attrs.frozen
class Stall(Effect):
    """Neither this nor anything later is written for some time."""

    kind: ClassVar[str] = "stall"
    seconds: float = attrs.field(default=0.0, metadata=_seconds("how long; 0 = until the connection ends"))


EFFECTS: Final[Mapping[str, type[Effect]]] = {
    effect.kind: effect
    for effect in (
        Status,
        NoResponse,
        Delay,
        Disconnect,
        DisconnectBefore,
        DisconnectAfter,
        Malformed,
        Dropped,
        Duplicate,
        WalletDown,
        Receipt,
        Full,
        Down,
        SlowBytes,
        Chunked,
        Stall,
    )
}
"""Every kind of effect by its name."""
