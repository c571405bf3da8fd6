"""Answers of the wallet that a fault delays: put off when the text is accepted, given when they are due."""

from __future__ import annotations

import attrs

from gateway.messages.carrying import carry, finish
from gateway.messages.drafts import Accepted, House
from gateway.messages.faulty_answers import Decision
from gateway.messages.message import Message
from gateway.messages.reading import USER_DATA_HEADER, decoded, text_of
from gateway.smpp.constants import MessageState, Tag
from gateway.sms import alphabets, reassembly
from gateway.storage.base import Books, Keys, Patient


@attrs.define(eq=False)
class AnswerLate(Patient):
    """The work that answers a text whose answer was delayed: effect, reply and final state in one transaction."""

    message_id: int
    due_at: int
    now: int
    house: House
    keys: Keys = attrs.field(init=False)
    decided: Decision | None = None

    def __attrs_post_init__(self) -> None:
        self.keys = Keys(messages=(self.message_id,))

    def __call__(self, books: Books) -> Accepted:
        accepted = Accepted()
        message = books.messages.get(self.message_id)
        if message is None or message.scheduled_at != self.due_at:
            return accepted
        siblings = [one for one in books.messages.of_whole(message.whole) if not one.is_final]
        if message.state != MessageState.ENROUTE:
            # Its validity has ended meanwhile: its parts end as it did.
            if message.is_final:
                for sibling in siblings:
                    books.messages.change(sibling.id, state=message.state, final_at=self.now)
            return accepted
        is_joined = len(siblings) > 1 or siblings[0].id != message.id
        alphabet = self.house.default_alphabet_of(message.client)
        text = joined_text(siblings, alphabet) if is_joined else text_of(message, alphabet)
        faults = self.house.faults
        if self.decided is None and faults is not None:
            # Once, however often the transaction runs.
            self.decided = faults.decide(message, text, is_late=True)
        answered = carry(books, message, self.house, accepted, self.now, text, joined=True, decided=self.decided)
        for one in siblings:
            finish(books, one, self.house, accepted, self.now, answered)
        return accepted


def joined_text(parts: list[Message], default_alphabet: str) -> str | None:
    """The text of all parts of one text, each of which says where it belongs; None when it cannot be read."""
    alphabet = alphabets.alphabet_of(parts[0].data_coding, alphabets.BY_NAME[default_alphabet])
    if alphabet is None:
        return None
    packed = alphabet is alphabets.Alphabet.GSM0338_PACKED
    bodies: dict[int, bytes] = {}
    for part in parts:
        values = dict(part.tlvs)
        reference, total, number = (
            int.from_bytes(values[tag], "big") if tag in values else None
            for tag in (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)
        )
        read = reassembly.concatenation_of(
            bool(part.esm_class & USER_DATA_HEADER), part.user_data, (reference, total, number), packed=packed
        )
        if read.concatenation is not None:
            # A part that came twice is the first one.
            bodies.setdefault(read.concatenation.number, read.body)
    return decoded(b"".join(bodies[number] for number in sorted(bodies)), alphabet.unpacked)
