"""The one bridge from messages to commands: a text in octets becomes a request, the reply becomes octets."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import attrs

from commands.dispatcher import Dispatcher
from commands.request import Request
from commands.wallet.accounts import Payment
from gateway.messages.message import Fate, Kind, Message, back_to_sender
from gateway.messages.routing import subscriber_number
from gateway.smpp.constants import MessageState, Npi, Ton
from gateway.sms import alphabets
from gateway.storage.base import Books

_REPLY: Final = Kind.REPLY  # its own name: see message.py


@attrs.define(eq=False)
class Answered:
    """What became of a command: the reply to send (None: silence), and for lists the name of the outcome, the command
    that was understood and how. Not frozen: one is made for every request."""

    reply: Message | None
    outcome: str
    command: str = ""
    match: str = ""
    sealed: bool = False
    """The request holds a secret itself: the code of a payment."""


class Answering:
    """Runs the commands of one gateway."""

    def __init__(self, dispatcher: Dispatcher, validity: int) -> None:
        """``validity``: how long a reply waits for its recipient, µs."""
        self._dispatcher = dispatcher
        self._validity = validity

    def payment_code(
        self,
        payment: Payment,
        code: str,
        language: str,
        message_id: int,
        short_code: str,
        recipient: str,
        default_alphabet: str,
        now: int,
    ) -> Message:
        """The message that takes the code of a held payment to its subscriber: through the client ``recipient``, or
        into the handset's inbox when that is empty. It is sealed."""
        reply = self._dispatcher.payment_code(payment, code, language)
        data_coding, octets = _encoded(reply.text, default_alphabet)
        return Message(
            message_id,
            Kind.REPLY,
            "",
            recipient,
            Fate.CLIENT if recipient else Fate.HANDSET,
            "",
            message_id,
            Ton.UNKNOWN,
            Npi.ISDN,
            short_code,
            Ton.INTERNATIONAL,
            Npi.ISDN,
            payment.account,
            data_coding,
            octets,
            MessageState.ENROUTE if recipient else MessageState.DELIVERED,
            now,
            expires_at=now + self._validity,
            final_at=0 if recipient else now,
            outcome=reply.outcome,
            sealed=True,
        )

    def answer(self, message: Message, text: str | None, default_alphabet: str, now: int, books: Books) -> Answered:
        """Answer the message that asks ``text`` (None: it could not be decoded) inside the transaction of ``books``.

        The reply goes back from the number that was asked, in the cheapest data coding that carries it under the
        client's default alphabet, as one message of any length: delivery cuts it.
        """
        reply = self._dispatcher.answer(
            Request(subscriber_number(message.source_addr), text or "", now, f"message:{message.id}", text is None),
            books,
        )
        if reply is None:
            return Answered(None, "silent")
        data_coding, octets = _encoded(reply.text, default_alphabet)
        message_id = books.messages.next_id()
        answer = back_to_sender(message, message_id, _REPLY, data_coding, octets, now, now + self._validity)
        answer.outcome = reply.outcome
        answer.sealed = bool(reply.secrets)
        command = reply.command
        return Answered(answer, reply.outcome, command or "", reply.match or "", command == "code")


@lru_cache(maxsize=4096)
def _encoded(text: str, default_alphabet: str) -> tuple[int, bytes]:
    data_coding, alphabet = alphabets.cheapest(text, alphabets.BY_NAME[default_alphabet])
    return data_coding, alphabets.encode(text, alphabet)
