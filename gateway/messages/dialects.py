"""Which receipt rule is for a message, and what it decides for it.

How this works: rules lie over one another, the uppermost that says something counting field by field: the rule that a
fault put on the message, a magic destination, the first ``[[receipts]]`` that fits, the client's own. Chance is keyed
by the message, so that a transaction that runs again, or a gateway started anew, decides the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

import attrs

from gateway.clients.patterns import AddressPattern
from gateway.messages import magic
from gateway.messages.message import Fate, Message
from gateway.messages.receipt_rules import ReceiptRule, within
from gateway.smpp.constants import MessageState

RULE_TLV: Final = 0xFFFF
"""A rule of its own that a message keeps, as JSON; like DELIVER_TLV it is stored among the TLVs and never sent: no
client can submit one, for only some TLVs travel."""

DELIVER_TLV: Final = 0xFFFE
"""The PDU that a receipt travels in, when that is not its client's usual one."""

Draw = Callable[[str, tuple[object, ...], int], int]
"""``draw(purpose, key, below)`` gives an integer from 0 on, the same whenever it is asked for the same."""


@attrs.frozen
class MatchedRule:
    """A rule for the messages of some clients, sources and destinations; None or empty fits all."""

    rule: ReceiptRule
    client: str = ""
    source: AddressPattern | None = None
    destination: AddressPattern | None = None

    def fits(self, message: Message) -> bool:
        return (
            (not self.client or self.client == message.client)
            and (self.source is None or self.source.matches(message.source_addr))
            and (self.destination is None or self.destination.matches(message.destination_addr))
        )


@attrs.frozen
class End:
    """What a message to a handset comes to, and how many µs of emulated time it takes."""

    state: MessageState
    error: int
    transit: int


DELIVERED_NOW: Final = End(MessageState.DELIVERED, 0, 0)


class Dialects:
    """The receipt rules of one gateway."""

    def __init__(
        self,
        draw: Draw,
        *,
        of_client: Callable[[str], ReceiptRule | None] = lambda system_id: None,
        matched: Sequence[MatchedRule] = (),
        magic_numbers: bool = True,
    ) -> None:
        self._draw = draw
        self._of_client = of_client
        self._matched = tuple(matched)
        self._magic_numbers = magic_numbers

    def rule_of(self, message: Message) -> ReceiptRule | None:
        """The rule for the receipts of a submitted message, and for its end at a handset; None: nothing is ruled."""
        rule = self._of_client(message.client)
        for matched in self._matched:
            if matched.fits(message):
                rule = matched.rule.over(rule)
                break
        if self._magic_numbers and message.fate == Fate.HANDSET:
            fixed = magic.rule_of(message.destination_addr)
            if fixed is not None:
                rule = fixed.over(rule)
        for tag, value in message.tlvs:
            if tag == RULE_TLV:
                rule = kept_rule(value).over(rule)
        return rule

    def end_of(self, message: Message) -> End:
        """How a message to a handset ends. The parts of a text end alike, the destinations of a submit_multi do not."""
        rule = self.rule_of(message)
        if rule is None:
            return DELIVERED_NOW
        key = (message.whole, message.destination_addr)
        state = MessageState(rule.end(lambda below: self._draw("receipt state", key, below)))
        transit = 0
        if rule.transit is not None:
            transit = within(rule.transit, lambda below: self._draw("receipt transit", key, below))
        return End(state, 0 if state == MessageState.DELIVERED else rule.error, transit)

    def delay_of(self, message: Message, rule: ReceiptRule, usual: int) -> int:
        """µs from the final state to the receipt."""
        if rule.delay is None:
            return usual
        return within(rule.delay, lambda below: self._draw("receipt delay", (message.id,), below))

    def refusal_of(self, destination: str) -> int:
        """The command_status that a submit to a handset's number is refused with; 0: it is not."""
        return magic.refusal_of(destination) if self._magic_numbers else 0


def rule_tlv(rule: ReceiptRule) -> tuple[int, bytes]:
    """What a message keeps of a rule of its own."""
    return RULE_TLV, json.dumps(rule.spelled()).encode()


@lru_cache(maxsize=256)
def kept_rule(octets: bytes) -> ReceiptRule:
    """The rule that a message has kept."""
    return ReceiptRule.of(json.loads(octets))


def travelling(tlvs: tuple[tuple[int, bytes], ...]) -> tuple[tuple[int, bytes], ...]:
    """The TLVs that a message may show to others."""
    return tuple(tlv for tlv in tlvs if tlv[0] < DELIVER_TLV)
