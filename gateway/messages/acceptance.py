"""The transaction that takes a message in: stored, acted on, answered, all or nothing.

How this works: :class:`Accept` is made by intake from a submit that passed every check; it holds values only and may
run again. What must happen after the commit (answer the submit, offer messages to delivery, plan time-driven steps)
comes back in :class:`Accepted`.
"""

from __future__ import annotations

from typing import Final

from gateway.messages.carrying import JOINED, carry, decide, enqueue
from gateway.messages.dialects import rule_tlv
from gateway.messages.drafts import Accepted, Draft, House
from gateway.messages.joining import join
from gateway.messages.message import SCHEDULED, Fate, Kind, Message
from gateway.messages.reading import may_hold_secret
from gateway.messages.settlement import Terms, end_at_handset, owed_notification, owed_receipts
from gateway.smpp.constants import MessageState
from gateway.storage.base import Books, Keys

# Names of their own: see message.py.
_CLIENT: Final = Fate.CLIENT
_HANDSET: Final = Fate.HANDSET
_WALLET: Final = Fate.WALLET
_SUBMITTED: Final = Kind.SUBMITTED
_DELIVERED: Final = MessageState.DELIVERED


class Accept:
    """The work that takes one draft in."""

    __slots__ = ("draft", "house")

    def __init__(self, draft: Draft, house: House) -> None:
        self.draft = draft
        self.house = house

    @property
    def keys(self) -> Keys:
        draft = self.draft
        return Keys((draft.source_addr.removeprefix("+"),) if draft.route.fate == Fate.WALLET else ())

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
            if message.service_type != draft.service_type or message.whole != message.id:
                continue
            if not self.house.is_in_flight(message.id):
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
                    sealed=message.sealed or _seals(draft),
                )
                accepted.spelled_id = message.spelled_id
                accepted.replaced = changed
                accepted.wait_for(changed)
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
    at_once = not joins and not draft.scheduled_at and fate != _CLIENT
    message = Message(
        message_id,
        _SUBMITTED,
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
        _DELIVERED if at_once else (SCHEDULED if draft.scheduled_at else MessageState.ENROUTE),
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
        draft.tlvs if draft.receipt_rule is None else (*draft.tlvs, rule_tlv(draft.receipt_rule)),
    )
    if fate == _WALLET:
        message.sealed = _seals(draft)
    if at_once and fate == _HANDSET:
        at_once = _ends_at_once(message, house.terms)
    if at_once and house.faults is not None and house.faults.plan.answering:
        draft.decided = draft.decided or decide(message, house)
        at_once = not _is_put_off(message, draft)
    if at_once:
        alphabet = draft.client.default_alphabet
        answered = carry(books, message, house, accepted, draft.now, alphabet=alphabet, decided=draft.decided)
        if answered is not None:
            message.outcome, message.sealed = answered.outcome, message.sealed or answered.sealed
            message.command, message.match = answered.command, answered.match
    if draft.registered_delivery:
        accepted.owe(owed_notification(books, message, draft.now, house.terms))
    if at_once:
        books.messages.add(message)
        if draft.registered_delivery:
            accepted.owe(owed_receipts(books, message, draft.now, house.terms))
    elif joins:
        join(books, message, draft, house, accepted)
    else:
        books.messages.add(message)
        accepted.wait_for(message)
        if fate == Fate.CLIENT and not draft.scheduled_at:
            accepted.outgoing.append(enqueue(books, message))
    return message


def _seals(draft: Draft) -> bool:
    """Before it is known what the digits of a text are: its answer may come later, or never."""
    return draft.route.fate == _WALLET and may_hold_secret(
        draft.user_data, draft.data_coding, draft.esm_class, draft.client.default_alphabet
    )


def _is_put_off(message: Message, draft: Draft) -> bool:
    """Let a message that is not stored yet wait for its answer, if a fault delays that."""
    if draft.decided is None or not draft.decided.delay:
        return False
    message.state, message.final_at = MessageState.ENROUTE, 0
    message.scheduled_at = draft.now + draft.decided.delay
    return True


def _ends_at_once(message: Message, terms: Terms) -> bool:
    """Give a message to a handset, not stored yet, the end that its rule has for it; False: it is on its way still."""
    end = end_at_handset(message, terms)
    if end.state == MessageState.ENROUTE or end.transit:
        if end.state != MessageState.ENROUTE:
            message.scheduled_at = message.accepted_at + end.transit
        message.state, message.final_at = MessageState.ENROUTE, 0
        return False
    message.state, message.error = end.state, end.error
    return True
