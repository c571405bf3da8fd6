"""Numbers with a fixed outcome, as payment and telephone sandboxes have them: they work without any configuration.

They begin with 9990000: country code 999 is assigned to nobody (ITU-T E.164), so no subscriber has such a number. Four
digits follow; what is not in the table below is a handset like any other.

======  ================================================================================================
digits  a message to 9990000 and these digits
======  ================================================================================================
000S    ends in state S at once: 2 DELIVERED, 3 EXPIRED, 4 DELETED, 5 UNDELIVERABLE, 6 ACCEPTED,
        7 UNKNOWN, 8 REJECTED; 1 stays ENROUTE until its validity ends, then EXPIRED
1SSS    is ENROUTE for SSS seconds (001 to 999), then DELIVERED
2SSS    is DELIVERED at once, and its receipt follows SSS seconds later
3000    is DELIVERED, and no receipt comes
3001    is DELIVERED, and the receipt comes twice
3002    is DELIVERED, and the receipt overtakes the submit_sm_resp
3003    is DELIVERED, and an intermediate notification comes before the receipt
4NNN    is refused with command_status NNN, three decimal digits: 088 ESME_RTHROTTLED, 020 ESME_RMSGQFUL,
        011 ESME_RINVDSTADR, 008 ESME_RSYSERR, 069 ESME_RSUBMITFAIL, and all others that there are
======  ================================================================================================
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from gateway.messages.receipt_rules import SECOND, ReceiptRule
from gateway.smpp.constants import MessageState
from gateway.smpp.statuses import CommandStatus

PREFIX: Final = "9990000"
_DIGITS: Final = 4

UNDELIVERED_ERROR: Final = 1
"""``err`` of the magic ends that are no delivery: 1 is "unknown subscriber" (3GPP TS 29.002 §17.6.6)."""

_SPECIAL: Final = {
    0: ReceiptRule(copies=0),
    1: ReceiptRule(copies=2),
    2: ReceiptRule(before_response=True),
    3: ReceiptRule(intermediate="always"),
}
_DELIVERED: Final = ((int(MessageState.DELIVERED), 1),)


_BEGINNINGS: Final = (PREFIX, f"+{PREFIX}")


def _code_of(destination: str) -> tuple[int, int] | None:
    """The kind and the number of a magic destination, None for every other."""
    if not destination.startswith(_BEGINNINGS):
        return None
    digits = destination.removeprefix("+").removeprefix(PREFIX)
    if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    return int(digits[0]), int(digits[1:])


def refusal_of(destination: str) -> int:
    """The command_status that a submit to this destination is refused with, 0 for none."""
    code = _code_of(destination)
    if code is None or code[0] != 4 or not code[1] or code[1] not in _STATUSES:
        return 0
    return code[1]


_STATUSES: Final = frozenset(int(status) for status in CommandStatus)


def rule_of(destination: str) -> ReceiptRule | None:
    """What becomes of a message to this destination, None when it is no magic one."""
    return _rule_of(destination) if destination.startswith(_BEGINNINGS) else None


@lru_cache(maxsize=4096)
def _rule_of(destination: str) -> ReceiptRule | None:
    code = _code_of(destination)
    if code is None:
        return None
    kind, number = code
    # A magic number decides the whole outcome: nothing of it is left to a rule below, which only has the dialect.
    given = frozenset({"states", "error", "transit", "delay", "copies", "before_response"})
    if kind == 0 and 1 <= number <= MessageState.REJECTED:
        error = 0 if number in (MessageState.ENROUTE, MessageState.DELIVERED, MessageState.ACCEPTED) else 1
        return ReceiptRule(states=((number, 1),), error=error * UNDELIVERED_ERROR, given=given)
    if kind == 1 and number:
        return ReceiptRule(states=_DELIVERED, transit=(number * SECOND, number * SECOND), given=given)
    if kind == 2:
        return ReceiptRule(states=_DELIVERED, delay=(number * SECOND, number * SECOND), given=given)
    if kind == 3 and number in _SPECIAL:
        special = _SPECIAL[number]
        return ReceiptRule(
            copies=special.copies,
            before_response=special.before_response,
            intermediate=special.intermediate,
            given=given | special.says(),
        )
    return None
