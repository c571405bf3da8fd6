"""Texts that come in parts: each part waits for the others, the last one carries the whole."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.messages.carrying import carry, decide, finish
from gateway.messages.drafts import Accepted, Draft, House, Refused
from gateway.messages.message import Message
from gateway.messages.reading import decoded
from gateway.messages.settlement import Outgoing, Terms, settle
from gateway.smpp.constants import MessageState
from gateway.smpp.statuses import CommandStatus
from gateway.sms import alphabets, reassembly
from gateway.storage.base import Books


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
        decided = draft.decided = draft.decided or decide(first, house, text, joined=True)
        if decided is not None and decided.delay:
            first = books.messages.change(first.id, scheduled_at=draft.now + decided.delay)
            accepted.wait_for(first)
            return
        answered = carry(books, first, house, accepted, draft.now, text, joined=True, decided=decided)
        for sibling in books.messages.of_whole(message.whole):
            finish(books, sibling, house, accepted, draft.now, answered)
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
