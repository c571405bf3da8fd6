"""The one bridge from messages to commands: a text in octets becomes a request, the reply becomes octets."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import attrs

from commands.dispatcher import Dispatcher
from commands.request import Request
from gateway.messages.message import Kind, Message, back_to_sender
from gateway.messages.routing import subscriber_number
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
