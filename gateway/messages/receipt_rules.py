"""What becomes of messages to handsets and how it is told: one rule, as people write it and as values.

SMPP 3.4 calls its receipt format "typical" (Appendix B), so every message centre has a dialect: ids in hexadecimal,
dates with seconds, no TLVs, two receipts or none. A :class:`ReceiptRule` is one such dialect together with the fate of
messages that no client takes. Rules lie over one another: what one does not say, the one below it does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import attrs

from gateway.smpp.constants import MessageState

SECOND: Final = 1_000_000
LONGEST_WAIT: Final = 30 * 24 * 3600
"""Seconds: no message lives longer by the settings' defaults, and a slip of the keyboard should be told."""

FORMS: Final = ("both", "text", "tlv")
ID_FORMATS: Final = ("told", "hex", "decimal", "padded")
INTERMEDIATE: Final = ("asked", "always", "never")
TEXT_FIELDS: Final = ("id", "sub", "dlvrd", "submit_date", "done_date", "stat", "err", "text")
TLV_FIELDS: Final = ("receipted_message_id", "message_state", "network_error_code", "user_message_reference")

_STATES: Final = {state.name: int(state) for state in MessageState}
_NAMES: Final = {number: name for name, number in _STATES.items()}
_HEAVIEST: Final = 1_000_000

Span = tuple[int, int]
"""The least and the greatest of a duration, µs of emulated time, both possible."""


class ReceiptRuleInvalid(ValueError):
    """The rule cannot be used; ``faults`` has one line for each thing that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@attrs.frozen
class ReceiptRule:
    """One rule. ``states``, ``error`` and ``transit`` are about messages to handsets: what goes to a client ends as
    the client answers it. All else is about the receipts of every message."""

    states: tuple[tuple[int, int], ...] = ((int(MessageState.DELIVERED), 1),)
    """Final states (SMPP 3.4 §5.2.28) with their weights. ENROUTE: none until the validity ends, then EXPIRED."""
    error: int = 0
    """The network's code of every end but DELIVERED: ``err`` and network_error_code."""
    transit: Span | None = None
    """How long a message is ENROUTE before it comes to its end; None: it comes to it when it is accepted."""
    delay: Span | None = None
    """From the final state to the receipt; None: as long as the gateway's settings say."""
    intermediate: str = "asked"
    """Whether acceptance is notified of (esm_class 0x20): when ``asked``, ``always`` when a receipt is wanted, or
    ``never``."""
    form: str = "both"
    """What tells the state: the ``text``, the ``tlv``s, or both."""
    id_format: str = "told"
    """The id as the response ``told`` it, or in plain ``hex`` or ``decimal`` digits, or ``padded`` to 10 digits."""
    date_digits: int = 10
    """10: YYMMDDhhmm (Appendix B); 12: with seconds."""
    omit: frozenset[str] = frozenset()
    """Fields that are left out: TEXT_FIELDS of the text, TLV_FIELDS of the TLVs."""
    copies: int = 1
    """0: no receipt comes, though one was asked for."""
    before_response: bool = False
    """The receipt overtakes the response to the submit, if the message is final by then."""
    deliver_with: str = ""
    """``deliver_sm`` or ``data_sm``; empty: as its client's other messages."""
    given: frozenset[str] = attrs.field(default=frozenset(), eq=False, repr=False)
    """Names of fields that somebody wrote down, even with their defaults: they count over a rule below."""

    @classmethod
    def of(cls, spelled: Mapping[str, Any]) -> ReceiptRule:
        """A rule as people write it: durations in seconds, ``[least, most]`` for a range; ``states`` as one name or
        weights by name, ``{ DELIVERED = 9, UNDELIVERABLE = 1 }``. Raises ReceiptRuleInvalid with every fault."""
        faults: list[str] = []
        values: dict[str, Any] = {}
        for name, value in spelled.items():
            read = _READERS.get(name)
            if read is None:
                faults.append(f"{name}: no such key; there is {', '.join(_READERS)}")
                continue
            try:
                values[name] = read(value)
            except ValueError as error:
                faults.append(f"{name}: {error}")
        if faults:
            raise ReceiptRuleInvalid(faults)
        return cls(**values, given=frozenset(values))

    def spelled(self) -> dict[str, Any]:
        """The rule as :meth:`of` reads it, JSON's types only: what it says, and nothing of what it leaves to others."""
        said = {name: getattr(self, name) for name in sorted(self.says())}
        return {name: _SPELLERS.get(name, _as_it_is)(value) for name, value in said.items() if value not in (None, "")}

    def says(self) -> frozenset[str]:
        """The names of fields that it decides: those given, and those that are not as they are by default."""
        return self.given | {name for name, default in _DEFAULTS.items() if getattr(self, name) != default}

    def over(self, below: ReceiptRule | None) -> ReceiptRule:
        """This rule where it says something, ``below`` where it does not."""
        return self if below is None else _laid_over(self, self.says(), below)

    def end(self, draw: Callable[[int], int]) -> int:
        """One of the states by their weights; ``draw(below)`` gives a number from 0 on."""
        if len(self.states) == 1:
            return self.states[0][0]
        number = draw(sum(weight for _, weight in self.states))
        for state, weight in self.states:
            number -= weight
            if number < 0:
                return state
        raise AssertionError("drawn beyond the sum of all weights")


def within(span: Span, draw: Callable[[int], int]) -> int:
    """A duration of the span, all equally likely."""
    low, high = span
    return low if low == high else low + draw(high - low + 1)


@lru_cache(maxsize=1024)
def _laid_over(rule: ReceiptRule, says: frozenset[str], below: ReceiptRule) -> ReceiptRule:
    said = {name: getattr(rule, name) for name in says}
    return attrs.evolve(below, **said, given=below.given | says)


# --- what people write ---


def _states(value: Any) -> tuple[tuple[int, int], ...]:
    if isinstance(value, str):
        value = {value: 1}
    if not isinstance(value, Mapping) or not value:
        raise ValueError(f"expected the name of a state or weights by name, got {value!r}")
    states: dict[int, int] = {}
    for name, weight in value.items():
        state = _STATES.get(str(name).upper())
        if state is None:
            raise ValueError(f"no state {name!r}; there is {', '.join(_STATES)}")
        if isinstance(weight, bool) or not isinstance(weight, int) or not 0 <= weight <= _HEAVIEST:
            raise ValueError(f"{name}: a weight is a whole number from 0 to {_HEAVIEST}, got {weight!r}")
        if weight:
            states[state] = states.get(state, 0) + weight
    if not states:
        raise ValueError("all weights are 0")
    return tuple(sorted(states.items()))


def _span(value: Any) -> Span:
    ends = value if isinstance(value, (list, tuple)) else [value, value]
    if len(ends) != 2:
        raise ValueError(f"expected seconds, or [least, most], got {value!r}")
    for end in ends:
        if isinstance(end, bool) or not isinstance(end, (int, float)) or not 0 <= end <= LONGEST_WAIT:
            raise ValueError(f"expected seconds from 0 to {LONGEST_WAIT}, got {end!r}")
    low, high = (round(end * SECOND) for end in ends)
    if low > high:
        raise ValueError(f"{ends[0]} is more than {ends[1]}")
    return low, high


def _error(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 0xFFFF:
        raise ValueError(f"expected a code from 0 to 65535, got {value!r}")
    return value


def _one_of(*allowed: object) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        # In a list 1 is True: a flag is no number here.
        if not any(value == one and type(value) is type(one) for one in allowed):
            raise ValueError(f"expected one of {', '.join(map(str, allowed))}; got {value!r}")
        return value

    return read


def _omit(value: Any) -> frozenset[str]:
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise ValueError(f"expected a list of fields, got {value!r}")
    unknown = [str(name) for name in value if name not in TEXT_FIELDS and name not in TLV_FIELDS]
    if unknown:
        raise ValueError(f"no field {', '.join(unknown)}; there is {', '.join((*TEXT_FIELDS, *TLV_FIELDS))}")
    return frozenset(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, got {value!r}")
    return value


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "states": _states,
    "error": _error,
    "transit": _span,
    "delay": _span,
    "intermediate": _one_of(*INTERMEDIATE),
    "form": _one_of(*FORMS),
    "id_format": _one_of(*ID_FORMATS),
    "date_digits": _one_of(10, 12),
    "omit": _omit,
    "copies": _one_of(0, 1, 2),
    "before_response": _flag,
    "deliver_with": _one_of("deliver_sm", "data_sm"),
}

_DEFAULTS: Final = {name: getattr(ReceiptRule(), name) for name in _READERS}


def _as_it_is(value: Any) -> Any:
    return value


def _spelled_span(span: Span) -> list[float]:
    return [end / SECOND for end in span]


_SPELLERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "states": lambda states: {_NAMES[state]: weight for state, weight in states},
    "transit": _spelled_span,
    "delay": _spelled_span,
    "omit": sorted,
}
