"""The transaction that takes a message in: stored, acted on, answered, all or nothing.

How this works: :class:`Accept` is made by intake from a submit that passed every check; it holds values only and may
run again. What must happen after the commit (answer the submit, offer messages to delivery, plan time-driven steps)
comes back in :class:`Accepted`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import attrs

from gateway.clients.directory import Client
from gateway.messages.answering import Answering
from gateway.messages.message import SCHEDULED, Fate, Kind, Message, back_to_sender
from gateway.messages.reading import USER_DATA_HEADER, decoded, text_of
from gateway.messages.routing import Route, may_be_answered
from gateway.messages.settlement import Outgoing, Terms, owed_notification, owed_receipts, send, settle
from gateway.smpp.constants import MessageState
from gateway.smpp.statuses import CommandStatus
from gateway.sms import alphabets, reassembly
from gateway.sms.udh import Concatenation
from gateway.storage.base import Books, Keys, OutboxRow

JOINED: Final = frozenset({Fate.WALLET, Fate.HANDSET})
"""Where the parts of a text are joined; to clients and back on a loopback they travel as they are."""


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


@attrs.define(eq=False)
class Accepted:
    """What a committed acceptance leaves to do."""

    spelled_id: str = ""
    outgoing: list[Outgoing] = attrs.field(factory=list)
    waiting: list[Message] = attrs.field(factory=list)
    """Messages that are not final and need a step at their schedule or at the end of their validity."""
    open_set: tuple[reassembly.SetKey, int] | None = None
    """A set of parts that has just been opened, and when it expires."""
    replaced: Message | None = None
    status: int = 0
    """Not 0: the transaction is committed and the submit refused all the same (a part that spoils its set)."""


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


class Accept:
    """The work that takes one draft in."""

    __slots__ = ("draft", "house", "keys")

    def __init__(self, draft: Draft, house: House) -> None:
        self.draft = draft
        self.house = house
        self.keys = Keys((draft.source_addr.removeprefix("+"),) if draft.route.fate == Fate.WALLET else ())

    def __call__(self, books: Books) -> Accepted:
        """Raises Refused, or what the storage raises."""
        accepted = Accepted()
        draft = self.draft
        if draft.replace_if_present and self._replace(books, accepted):
            return accepted
        take_in(books, draft, self.house, accepted)
        return accepted

    def _replace(self, books: Books, accepted: Accepted) -> bool:
        """replace_if_present_flag: SMPP 3.4 §5.2.18; the newest pending message of equal addresses and service."""
        draft = self.draft
        for message in reversed(
            books.messages.pending(draft.client.system_id, draft.source_addr, draft.destination_addr)
        ):
            if message.service_type == draft.service_type and message.whole == message.id:
                changed = books.messages.change(
                    message.id,
                    data_coding=draft.data_coding,
                    user_data=draft.user_data,
                    esm_class=draft.esm_class,
                    protocol_id=draft.protocol_id,
                    priority_flag=draft.priority_flag,
                    registered_delivery=draft.registered_delivery,
                    expires_at=draft.expires_at,
                    scheduled_at=draft.scheduled_at,
                    tlvs=draft.tlvs,
                    accepted_at=draft.now,
                )
                accepted.spelled_id = message.spelled_id
                accepted.replaced = changed
                accepted.waiting.append(changed)
                return True
        return False


class AcceptSeveral:
    """The work that takes the good destinations of a submit_multi in, under one message_id."""

    __slots__ = ("drafts", "house", "keys")

    def __init__(self, drafts: list[Draft], house: House) -> None:
        self.drafts = drafts
        self.house = house
        self.keys = Keys()

    def __call__(self, books: Books) -> Accepted:
        accepted = Accepted()
        whole = 0
        for draft in self.drafts:
            message = take_in(books, draft, self.house, accepted, whole, accepted.spelled_id)
            whole = whole or message.id
        return accepted


def take_in(
    books: Books, draft: Draft, house: House, accepted: Accepted, whole: int = 0, spelled_id: str = ""
) -> Message:
    """Store the draft as a message and carry it as far as it goes at once."""
    message_id = books.messages.next_id()
    spelled_id = spelled_id or draft.spelling % message_id
    accepted.spelled_id = accepted.spelled_id or spelled_id
    fate = draft.route.fate
    joins = draft.concatenation is not None and fate in JOINED
    at_once = not joins and not draft.scheduled_at and fate != Fate.CLIENT
    message = Message(
        message_id,
        Kind.SUBMITTED,
        draft.client.system_id,
        draft.route.client,
        fate,
        spelled_id,
        whole or message_id,
        draft.source_addr_ton,
        draft.source_addr_npi,
        draft.source_addr,
        draft.dest_addr_ton,
        draft.dest_addr_npi,
        draft.destination_addr,
        draft.data_coding,
        draft.user_data,
        # What is delivered within its own transaction is born final: no index has to learn of it and forget it.
        MessageState.DELIVERED if at_once else (SCHEDULED if draft.scheduled_at else MessageState.ENROUTE),
        draft.now,
        draft.esm_class,
        draft.service_type,
        draft.protocol_id,
        draft.priority_flag,
        draft.registered_delivery,
        draft.expires_at,
        draft.scheduled_at,
        draft.now if at_once else 0,
        0,
        draft.tlvs,
    )
    if draft.registered_delivery:
        accepted.outgoing += owed_notification(books, message, draft.now, house.terms)
    if at_once:
        message.outcome = carry(books, message, house, accepted, draft.now)
        books.messages.add(message)
        accepted.outgoing += owed_receipts(books, message, draft.now, house.terms)
    elif joins:
        join(books, message, draft, house, accepted)
    else:
        books.messages.add(message)
        accepted.waiting.append(message)
        if not draft.scheduled_at:
            accepted.outgoing.append(enqueue(books, message))
    return message


def join(books: Books, message: Message, draft: Draft, house: House, accepted: Accepted) -> None:
    """Put a part to the others of its text; the last one carries the whole text to where it goes.

    Each part is a message of its own with the first one's id as ``whole``; all become final together.
    """
    concatenation = draft.concatenation
    assert concatenation is not None
    key = reassembly.SetKey(
        draft.client.system_id,
        message.source_addr,
        message.destination_addr,
        concatenation.reference,
        concatenation.total,
    )
    part = reassembly.Part(
        key,
        concatenation.number,
        draft.body,
        draft.data_coding,
        concatenation.method,
        message.id,
    )
    added = reassembly.add(
        books.parts.get(key),
        part,
        draft.now,
        caps=house.caps,
        open_sets=books.parts.open_sets(key.client, key.source),
    )
    outcome = added.outcome
    if outcome is reassembly.PartOutcome.FULL:
        raise Refused(CommandStatus.ESME_RMSGQFUL, "too many parts wait for others")
    if added.dropped:
        books.parts.remove(key)
        accepted.outgoing += fail_parts(books, added.dropped, MessageState.UNDELIVERABLE, draft.now, house.terms)
    if outcome is reassembly.PartOutcome.MISMATCH:
        accepted.status = CommandStatus.ESME_RINVMSGLEN
        return
    part_set = added.part_set
    message.whole = part_set.parts[0].message_id if part_set is not None else message.id
    books.messages.add(message)
    if part_set is None:
        accepted.outgoing += settle(books, message.id, MessageState.UNDELIVERABLE, draft.now, house.terms)
    elif added.joined is not None:
        books.parts.remove(key)
        first = books.messages.get(message.whole)
        assert first is not None  # unfinished messages are never let go
        alphabet = alphabets.alphabet_of(first.data_coding, alphabets.BY_NAME[draft.client.default_alphabet])
        text = None if alphabet is None else decoded(added.joined, alphabet.unpacked)
        outcome_name = carry(books, first, house, accepted, draft.now, text, joined=True)
        for sibling in books.messages.of_whole(message.whole):
            accepted.outgoing += settle(
                books, sibling.id, MessageState.DELIVERED, draft.now, house.terms, outcome=outcome_name
            )
    elif outcome is not reassembly.PartOutcome.DUPLICATE:
        books.parts.put(key, part_set)
        if len(part_set.parts) == 1:
            accepted.open_set = (key, part_set.first_at + house.terms.parts_wait)


def fail_parts(
    books: Books, parts: Iterable[reassembly.Part], state: MessageState, now: int, terms: Terms
) -> list[Outgoing]:
    """Bring the messages of a set that will never be whole to a final state; gives the receipts that are owed."""
    outgoing: list[Outgoing] = []
    for message in [sibling for part in parts for sibling in books.messages.of_whole(part.message_id)]:
        if not message.is_final:
            outgoing += settle(books, message.id, state, now, terms)
    return outgoing


def carry(
    books: Books,
    message: Message,
    house: House,
    accepted: Accepted,
    now: int,
    text: str | None = None,
    *,
    joined: bool = False,
) -> str:
    """The effect of a message that is delivered now: the wallet's answer, or the copy that a loopback sends back.

    ``text`` is that of a text ``joined`` from parts; else it is read from the message itself. A handset just has it.
    Gives the name of the outcome, empty when there is none.
    """
    if message.fate == Fate.WALLET:
        if may_be_answered(message.source_addr_ton, message.source_addr, message.esm_class, house.short_codes):
            alphabet = house.default_alphabet_of(message.client)
            if not joined:
                text = text_of(message, alphabet)
            answered = house.answering.answer(message, text, alphabet, now, books)
            if answered.reply is not None:
                accepted.outgoing.append(send(books, answered.reply))
            return answered.outcome
    elif message.fate == Fate.LOOPBACK:
        accepted.outgoing.append(send(books, loopback_of(message, books.messages.next_id(), now, house.terms)))
    return ""


def enqueue(books: Books, message: Message) -> Outgoing:
    """A place in the outbox for a message that is stored already and goes to a client itself."""
    row = OutboxRow(message.id)
    books.outbox.put(row)
    return Outgoing(message, row)


def loopback_of(message: Message, message_id: int, now: int, terms: Terms) -> Message:
    """The message that a loopback route sends back: swapped addresses, same coding, octets and header."""
    copy = back_to_sender(
        message,
        message_id,
        Kind.LOOPBACK,
        message.data_coding,
        message.user_data,
        now,
        now + terms.validity,
        esm_class=message.esm_class & USER_DATA_HEADER,
        tlvs=message.tlvs,
    )
    copy.protocol_id, copy.priority_flag = message.protocol_id, message.priority_flag
    return copy
