"""What a message does when it gets where it goes: the wallet answers, a loopback copies, a handset has it."""

from __future__ import annotations

from typing import Any, Final

from gateway.messages.answering import Answered
from gateway.messages.dialects import travelling
from gateway.messages.drafts import Accepted, House
from gateway.messages.faulty_answers import Decision
from gateway.messages.message import Fate, Kind, Message, back_to_sender
from gateway.messages.reading import USER_DATA_HEADER, text_of
from gateway.messages.routing import may_be_answered
from gateway.messages.settlement import Outgoing, Terms, end_at_handset, send, settle
from gateway.smpp.constants import MessageState
from gateway.storage.base import Books, OutboxRow

_WALLET: Final = Fate.WALLET  # its own name: see message.py

JOINED: Final = frozenset({Fate.WALLET, Fate.HANDSET})
"""Where the parts of a text are joined; to clients and back on a loopback they travel as they are."""


def carry(
    books: Books,
    message: Message,
    house: House,
    accepted: Accepted,
    now: int,
    text: str | None = None,
    *,
    joined: bool = False,
    alphabet: str = "",
    decided: Decision | None = None,
) -> Answered | None:
    """The effect of a message that is delivered now: the wallet's answer, or the copy that a loopback sends back.

    ``text`` is that of a text ``joined`` from parts; else it is read from the message itself. A handset just has it.
    ``alphabet``: the default one of the message's client, if that is known. ``decided``: what a fault does to the
    answer. Gives what the wallet understood, None when it was not asked.
    """
    if message.fate == _WALLET:
        if may_be_answered(message.source_addr_ton, message.source_addr, message.esm_class, house.short_codes):
            alphabet = alphabet or house.default_alphabet_of(message.client)
            if not joined:
                text = text_of(message, alphabet)
            if decided is None or house.faults is None:
                answered = house.answering.answer(message, text, alphabet, now, books)
            else:
                answered = house.faults.answer(house.answering, decided, message, text, alphabet, now, books)
            if answered.reply is not None:
                send(books, answered.reply, accepted.outgoing)
            return answered
    elif message.fate == Fate.LOOPBACK:
        send(books, loopback_of(message, books.messages.next_id(), now, house.terms), accepted.outgoing)
    return None


def decide(message: Message, house: House, text: str | None = None, *, joined: bool = False) -> Decision | None:
    """What a fault does to the answer of a text that is whole now; None while no rule is about answers. To be asked
    once for each text, whatever its transaction."""
    faults = house.faults
    if (
        faults is None
        or not faults.plan.answering
        or message.fate != Fate.WALLET
        or not may_be_answered(message.source_addr_ton, message.source_addr, message.esm_class, house.short_codes)
    ):
        return None
    return faults.decide(message, text if joined else text_of(message, house.default_alphabet_of(message.client)))


def finish(
    books: Books, message: Message, house: House, accepted: Accepted, now: int, answered: Answered | None = None
) -> None:
    """Bring a stored message that was carried to its end: now, or when a handset's rule says so."""
    terms = house.terms
    if message.fate != Fate.HANDSET:
        accepted.owe(settle(books, message.id, MessageState.DELIVERED, now, terms, **_learned(message, answered)))
        return
    end = end_at_handset(message, terms)
    if end.state == MessageState.ENROUTE or end.transit:
        arrives_at = now + end.transit if end.state != MessageState.ENROUTE else 0
        on_its_way = {} if message.state == MessageState.ENROUTE else {"state": MessageState.ENROUTE}
        accepted.wait_for(books.messages.change(message.id, scheduled_at=arrives_at, **on_its_way))
        return
    accepted.owe(settle(books, message.id, end.state, now, terms, error=end.error))


def _learned(message: Message, answered: Answered | None) -> dict[str, Any]:
    if answered is None:
        return {}
    learned: dict[str, Any] = {"outcome": answered.outcome, "command": answered.command, "match": answered.match}
    if answered.sealed:
        # The octets again: what was stored in clear is to be sealed too.
        learned |= {"sealed": True, "user_data": message.user_data}
    return learned


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
        tlvs=travelling(message.tlvs) if message.tlvs else (),
    )
    copy.protocol_id, copy.priority_flag = message.protocol_id, message.priority_flag
    return copy
