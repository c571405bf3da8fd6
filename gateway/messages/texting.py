"""Texts from handsets: what a subscriber types, to the wallet, to a client's number, to another handset.

A handset has no binding: what comes back to it (replies, receipts, what a loopback returns) is in its inbox as soon as
it is made, see :func:`gateway.messages.message.back_to_sender`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gateway.clients.directory import Client
from gateway.messages.acceptance import take_in
from gateway.messages.drafts import Accepted, Draft, House
from gateway.messages.intake import Follow
from gateway.messages.message import Fate, Message
from gateway.messages.routing import Routing, subscriber_number
from gateway.smpp.constants import Npi, Ton
from gateway.sms import alphabets, segments
from gateway.storage.base import Books, Keys, Storage

HANDSETS: Final = Client("", "")
"""Whoever texts without being a client: the settings know no client without a name."""

MESSAGE_ID_SPELLING: Final = "%010d"
_LONGEST_NUMBER: Final = 20
"""SMPP 3.4 §5.2.8: an address has at most 20 characters."""

_SHORTEST_INTERNATIONAL: Final = 7
_REGISTERED_DELIVERY: Final = frozenset({0, 1, 2, 0x10, 0x11, 0x12})


class TextInvalid(ValueError):
    """The text cannot be sent; ``faults`` has one sentence for each thing that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class Texting:
    """Texts as a handset."""

    def __init__(
        self,
        *,
        storage: Storage,
        routing: Routing,
        house: House,
        follow: Follow,
        client_of: Callable[[str], Client | None],
        now: Callable[[], int],
        validity: int,
    ) -> None:
        """``validity``: µs that a message waits for the client that it is for."""
        self._storage = storage
        self._routing = routing
        self._house = house
        self._follow = follow
        self._client_of = client_of
        self._now = now
        self._validity = validity

    def text(
        self,
        source: str,
        destination: str,
        text: str,
        *,
        told: Callable[[Message], None],
        failed: Callable[[Exception], None],
        data_coding: int | None = None,
        registered_delivery: int = 0,
    ) -> None:
        """Send ``text`` from one number to another; a ``+`` in front of a number does not count.

        Without ``data_coding`` it travels in the one that takes the fewest segments. ``told`` gets the message once it
        is stored, with its canonical id as ``spelled_id``; ``failed`` gets TextInvalid with all that is wrong with
        what was given, or what the storage raised. Exactly one of them is called.
        """
        try:
            draft = self._draft(source, destination, text, data_coding, registered_delivery)
        except TextInvalid as error:
            failed(error)
            return
        self._storage.submit(TakeIn(draft, self._house), _Ticket(self._follow, told).taken_in, failed)

    def _draft(
        self, source: str, destination: str, text: str, data_coding: int | None, registered_delivery: int
    ) -> Draft:
        faults = [fault for fault in (_fault_of("from", source), _fault_of("to", destination)) if fault]
        source, destination = source.removeprefix("+"), destination.removeprefix("+")
        if source in self._house.short_codes:
            faults.append(f"from: {source} is the wallet's own number, not a handset's")
        route = self._routing.route(destination)
        client = self._client_of(route.client) if route.fate == Fate.CLIENT else None
        octets, data_coding, wrong = _encoded(text, data_coding, client or HANDSETS)
        faults += wrong
        if registered_delivery not in _REGISTERED_DELIVERY:
            faults.append(
                "registered_delivery: expected 0 (no receipt), 1 (always) or 2 (of failures), or with 16 more"
            )
        if faults:
            raise TextInvalid(faults)
        now = self._now()
        return Draft(
            HANDSETS,
            MESSAGE_ID_SPELLING,
            route,
            now,
            *_address(source),
            *_address(destination),
            data_coding,
            octets,
            octets,
            registered_delivery=registered_delivery,
            expires_at=now + self._validity,
        )


class TakeIn:
    """The work that takes a handset's text in; gives what it leaves to do, and the message."""

    __slots__ = ("_draft", "_house", "keys")

    def __init__(self, draft: Draft, house: House) -> None:
        self._draft = draft
        self._house = house
        is_command = draft.route.fate == Fate.WALLET
        self.keys = Keys((subscriber_number(draft.source_addr),) if is_command else ())

    def __call__(self, books: Books) -> tuple[Accepted, Message]:
        accepted = Accepted()
        return accepted, take_in(books, self._draft, self._house, accepted)


class _Ticket:
    """Whom to tell when the storage is done."""

    __slots__ = ("_follow", "_told")

    def __init__(self, follow: Follow, told: Callable[[Message], None]) -> None:
        self._follow = follow
        self._told = told

    def taken_in(self, taken: tuple[Accepted, Message]) -> None:
        accepted, message = taken
        self._told(message)
        for waiting in accepted.waiting:
            self._follow.watch(waiting)
        for outgoing in (*accepted.early, *accepted.outgoing):
            self._follow.offer(outgoing, None)


def _fault_of(name: str, number: str) -> str:
    digits = number.removeprefix("+")
    if digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_NUMBER:
        return ""
    return f"{name}: expected a number of 1 to {_LONGEST_NUMBER} digits, got {number[:40]!r}"


def _address(number: str) -> tuple[int, int, str]:
    """TON, NPI and digits: a number as long as a subscriber's is international, a shorter one nobody knows."""
    ton = Ton.INTERNATIONAL if len(number) >= _SHORTEST_INTERNATIONAL else Ton.UNKNOWN
    return ton, Npi.ISDN, number


def _encoded(text: str, data_coding: int | None, client: Client) -> tuple[bytes, int, list[str]]:
    """The octets of a text for this client and their data_coding, and what is wrong with them."""
    if not text:
        return b"", 0, ["text: it is empty"]
    default = alphabets.BY_NAME[client.default_alphabet]
    if data_coding is None:
        data_coding, alphabet = alphabets.cheapest(text, default)
    else:
        found = alphabets.alphabet_of(data_coding, default) if 0 <= data_coding <= 0xFF else None
        if found is None or found is alphabets.Alphabet.OCTETS:
            return b"", 0, [f"data_coding: {data_coding} is no coding of text that can be sent"]
        alphabet = found
    try:
        octets = alphabets.encode(text, alphabet)
        segments.split(octets, alphabet, client.segmentation, 0)  # type: ignore[arg-type]  # settings allow only the four methods
    except UnicodeEncodeError as error:
        character = text[error.start : error.end]
        return b"", 0, [f"text: {character!r} cannot be written in data_coding {data_coding}"]
    except segments.TooLong as error:
        return b"", 0, [f"text: {error}"]
    return octets, data_coding, []
