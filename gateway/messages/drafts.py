"""What goes into the transaction that takes a message in, and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from gateway.clients.directory import Client
from gateway.messages.answering import Answering
from gateway.messages.faulty_answers import Decision, FaultyAnswers
from gateway.messages.message import Message
from gateway.messages.receipt_rules import ReceiptRule
from gateway.messages.routing import Route
from gateway.messages.settlement import Outgoing, Terms
from gateway.sms import reassembly
from gateway.sms.udh import Concatenation


class Refused(Exception):
    """The transaction found a reason to refuse the submit; it is rolled back and answered with ``command_status``."""

    def __init__(self, command_status: int, reason: str) -> None:
        super().__init__(reason)
        self.command_status = command_status


@attrs.frozen
class House:
    """What every transaction shares: the rules of this gateway."""

    answering: Answering
    short_codes: frozenset[str]
    default_alphabet_of: Callable[[str], str]
    """From a client's system_id to the name of its default alphabet."""
    terms: Terms = attrs.field(factory=Terms)
    caps: reassembly.Caps = attrs.field(factory=reassembly.Caps)
    faults: FaultyAnswers | None = None
    is_in_flight: Callable[[int], bool] = lambda message_id: False
    """Whether a message may be with its recipient already, here or at another gateway: too late to replace it."""


@attrs.define(eq=False)
class Accepted:
    """What a committed acceptance leaves to do."""

    spelled_id: str = ""
    outgoing: list[Outgoing] = attrs.field(factory=list)
    early: Sequence[Outgoing] = ()
    """Receipts that overtake the response: they go out before it is written."""
    waiting: Sequence[Message] = ()
    """Messages that are not final and need a step at their schedule or at the end of their validity."""
    open_set: tuple[reassembly.SetKey, int] | None = None
    """A set of parts that has just been opened, and when it expires."""
    replaced: Message | None = None
    status: int = 0
    """Not 0: the transaction is committed and the submit refused all the same (a part that spoils its set)."""

    def wait_for(self, message: Message) -> None:
        """A message that is not final was stored."""
        self.waiting = (*self.waiting, message)

    def owe(self, receipts: list[Outgoing]) -> None:
        """Receipts or a notification that came of the transaction."""
        for receipt in receipts:
            if receipt.early:
                self.early = (*self.early, receipt)
            else:
                self.outgoing.append(receipt)


@attrs.define(eq=False)
class Draft:
    """One destination of a submit, checked and read; field names are the PDU's."""

    client: Client
    spelling: str
    """``%``-format of message ids for the binding that submitted."""
    route: Route
    now: int
    source_addr_ton: int
    source_addr_npi: int
    source_addr: str
    dest_addr_ton: int
    dest_addr_npi: int
    destination_addr: str
    data_coding: int
    user_data: bytes = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    """``user_data`` without its user data header."""
    esm_class: int = 0
    service_type: str = ""
    protocol_id: int = 0
    priority_flag: int = 0
    registered_delivery: int = 0
    expires_at: int = 0
    scheduled_at: int = 0
    tlvs: tuple[tuple[int, bytes], ...] = ()
    concatenation: Concatenation | None = None
    replace_if_present: bool = False
    receipt_rule: ReceiptRule | None = None
    """A rule for this message alone, over those of the settings."""
    decided: Decision | None = None
    """What a fault does to its answer, once that was decided: a transaction that runs again keeps to it."""
