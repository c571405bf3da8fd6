"""The texts of messages as searches see them: read when somebody searches, and remembered for the next time."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from gateway.messages.message import Message
from gateway.storage.base import TextOf
from gateway.storage.query import searchable

CHARACTERS_KEPT: Final = 16_000_000
"""Of remembered texts: 100,000 messages of one segment each, in about 30 MB. What is beyond is read again each time."""


class Texts:
    """Reading costs a microsecond or three a message: too much for all of them in every search, nothing for the new
    ones. Nobody pays for it who adds or changes a message: a text belongs to the octets it was read from."""

    def __init__(self, text_of: TextOf) -> None:
        self._text_of = text_of
        self._kept: dict[int, tuple[bytes, int, str]] = {}
        self._characters = 0

    def of(self, message: Message) -> str:
        """The text, or nothing."""
        return self._text_of(message) or ""

    def folded(self, message: Message) -> str:
        """The text for searches."""
        kept = self._kept.get(message.id)
        if kept is not None and kept[0] is message.user_data and kept[1] == message.data_coding:
            return kept[2]
        text = searchable.__wrapped__(self.of(message))[1]  # not those that nobody asks for twice in its small cache
        if self._characters + len(text) <= CHARACTERS_KEPT:
            self._characters += len(text) - (len(kept[2]) if kept else 0)
            self._kept[message.id] = (message.user_data, message.data_coding, text)
        return text

    def make_room(self, there: Container[int]) -> None:
        """Forget texts of messages that are not there any more, once it is worth it."""
        if self._characters > CHARACTERS_KEPT // 2:
            self._kept = {message_id: kept for message_id, kept in self._kept.items() if message_id in there}
            self._characters = sum(len(text) for _, _, text in self._kept.values())

    def clear(self) -> None:
        """Forget all of them."""
        self._kept = {}
        self._characters = 0
