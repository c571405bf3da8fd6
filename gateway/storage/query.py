"""Which messages somebody wants to see: one question, asked of a storage or of a single message.

How this works: every storage answers a :class:`MessageQuery` in its own way, and :meth:`MessageQuery.matches` says of
one message what they say of all; so a search and a wait for what a search would find never disagree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import attrs

from gateway.messages.message import Message

COUNTED: Final = 10_000
"""Where counting stops: who reads a number beyond wants to know that it is large."""

DELETED_AT_ONCE: Final = 10_000
"""Messages deleted in one work: a transaction of some 100 ms, which everybody else waits for."""

_NOT_FOR_SEARCH: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

Condition = Callable[[Message], bool]


@attrs.frozen(cache_hash=True)
class MessageQuery:
    """All that is said must hold; what is left at its default says nothing."""

    client: str = ""
    """system_id: the client that submitted the message, or that it is delivered to."""
    source: str = ""
    """source_addr; as the next two it is the whole address, or how it begins when it ends with ``*``."""
    destination: str = ""
    """destination_addr."""
    address: str = ""
    """Either of both."""
    text: str = ""
    """Part of the text, in any case. A sealed text is never found."""
    states: frozenset[int] = frozenset()
    """:class:`gateway.smpp.constants.MessageState` or SCHEDULED."""
    kinds: frozenset[int] = frozenset()
    """:class:`gateway.messages.message.Kind`."""
    command: str = ""
    outcome: str = ""
    since: int = 0
    """Accepted then or later, µs UTC."""
    until: int = 0
    """Accepted before, µs UTC."""
    before: int = 0
    """Ids below this one."""
    after: int = 0
    """Ids above this one."""
    oldest_first: bool = False
    limit: int = 50
    """How many messages a search gives; counting, deleting and :meth:`matches` know nothing of it."""

    def matches(self, message: Message, text: str) -> bool:
        """Whether a search could find this message, whose text is ``text`` (``""`` when it has none)."""
        if not all(condition(message) for condition in conditions(self)):
            return False
        return not self.text or (not message.sealed and folded(self) in searchable(text)[1])


@lru_cache(maxsize=256)
def conditions(query: MessageQuery) -> tuple[Condition, ...]:
    """What a query says, but for the text: only the conditions that it has, the cheap ones first."""
    found: list[Condition] = []
    if query.before:
        found.append(lambda message: message.id < query.before)
    if query.after:
        found.append(lambda message: message.id > query.after)
    if query.states:
        found.append(lambda message: message.state in query.states)
    if query.kinds:
        found.append(lambda message: message.kind in query.kinds)
    if query.client:
        found.append(lambda message: query.client in (message.client, message.recipient))
    if query.source:
        of_source = _address(query.source)
        found.append(lambda message: of_source(message.source_addr))
    if query.destination:
        of_destination = _address(query.destination)
        found.append(lambda message: of_destination(message.destination_addr))
    if query.address:
        of_either = _address(query.address)
        found.append(lambda message: of_either(message.source_addr) or of_either(message.destination_addr))
    if query.command:
        found.append(lambda message: message.command == query.command)
    if query.outcome:
        found.append(lambda message: message.outcome == query.outcome)
    if query.since:
        found.append(lambda message: message.accepted_at >= query.since)
    if query.until:
        found.append(lambda message: message.accepted_at < query.until)
    return tuple(found)


def _address(wanted: str) -> Callable[[str], bool]:
    if wanted.endswith("*"):
        beginning = wanted[:-1]
        return lambda address: address.startswith(beginning)
    return lambda address: address == wanted


def folded(query: MessageQuery) -> str:
    """The wanted text as it stands in what :func:`searchable` makes of a message's."""
    return searchable(query.text)[1]


@lru_cache(maxsize=4096)
def searchable(text: str) -> tuple[str, str]:
    """The text for people and the one for searches: controls and lone surrogates are spaces, case is folded here
    because SQLite folds ASCII only."""
    # What is printable has none of these, and it is cheap to see.
    clean = text if text.isprintable() else _NOT_FOR_SEARCH.sub(" ", text)
    return clean, clean.casefold()
