"""Messages as the API shows them. A secret is left out, unless it is shown to whom it was sent or all are revealed."""

from __future__ import annotations

from typing import Any, Final, Literal

import attrs

from gateway.console.fields import Time, given, spelled, spelled_or_none
from gateway.messages.message import SCHEDULED, Fate, Kind, Message
from gateway.smpp.constants import MessageState
from gateway.sms import segments
from gateway.storage.query import searchable

State = Literal[
    "scheduled", "enroute", "delivered", "expired", "deleted", "undeliverable", "accepted", "unknown", "rejected"
]
STATES: Final[dict[str, int]] = {"scheduled": SCHEDULED} | {state.name.lower(): int(state) for state in MessageState}
_STATE_NAMES: Final = {number: name for name, number in STATES.items()}

KindName = Literal["submitted", "reply", "receipt", "loopback"]
KINDS: Final[dict[str, int]] = {kind.name.lower(): int(kind) for kind in Kind}


@attrs.frozen
class MessageView:
    """One message. Texts of several parts come in as a message for each part."""

    id: str = given("as its client was told it")
    number: int = given("the gateway's own, growing: a cursor")
    whole: int = given("number of the first part of the text that this is a part of; its own else")
    kind: str = given("submitted, reply (of the wallet), receipt or loopback")
    fate: str = given("wallet, handset, client or loopback: where it goes")
    state: str = given("scheduled, enroute, delivered, expired, deleted, undeliverable, accepted, unknown or rejected")
    client: str | None = given("the client that submitted it; null: a handset, or the gateway itself")
    recipient: str | None = given("the client that it is delivered to; null: the wallet, or a handset")
    source: str = given("the number that it is from", name="from")
    destination: str = given("the number that it is to", name="to")
    text: str | None = given("null when it is secret, wiped, or no text")
    secret: bool = given("it holds a PIN or a code, which only its recipient sees")
    segments: int = given("how many short messages its text takes")
    command: str | None = given("what a text to the wallet was understood as")
    match: str | None = given("how near it was: exact, case, width, look_alike, alias, layout, one_edit, extra_words")
    outcome: str | None = given("which reply the wallet gave")
    error: int = given("network error code of a failed delivery")
    data_coding: int = given("as on the wire")
    registered_delivery: int = given("as on the wire")
    accepted_at: Time = given("emulated time, as all")
    scheduled_at: Time | None = given("when it begins")
    expires_at: Time | None = given("when it is given up")
    final_at: Time | None = given("when it came to its end")


def spelled_id(message: Message) -> str:
    """The id as the client saw it; the gateway's own messages were never told one, so it is their number."""
    return message.spelled_id or f"{message.id:010d}"


def state_name(state: int) -> str:
    """The state as the API spells it."""
    return _STATE_NAMES[state]


def view_of(message: Message, text: str | None) -> MessageView:
    """What is shown of a message. ``text`` None or empty: there is none to be shown."""
    # The header of a part says that it is one; else what the gateway sends is cut when it is sent.
    is_part = bool(message.esm_class & 0x40)
    return MessageView(
        id=spelled_id(message),
        number=message.id,
        whole=message.whole,
        kind=Kind(message.kind).name.lower(),
        fate=Fate(message.fate).name.lower(),
        state=state_name(message.state),
        client=message.client or None,
        recipient=message.recipient or None,
        source=message.source_addr,
        destination=message.destination_addr,
        text=text or (None if message.sealed or message.user_data else ""),
        secret=message.sealed,
        segments=1 if is_part or not text else segments.count(text),
        command=message.command or None,
        match=message.match or None,
        outcome=message.outcome or None,
        error=message.error,
        data_coding=message.data_coding,
        registered_delivery=message.registered_delivery,
        accepted_at=spelled(message.accepted_at),
        scheduled_at=spelled_or_none(message.scheduled_at),
        expires_at=spelled_or_none(message.expires_at),
        final_at=spelled_or_none(message.final_at),
    )


def searchable_text(text: str | None) -> str:
    """A text as a search gives it: without controls, empty for none."""
    return searchable(text)[0] if text else ""


def shown(books: Any, message: Message, text: str, *, reveal: bool) -> MessageView:
    """A message from a search, its secret too when ``reveal``."""
    return view_of(message, books.messages.revealed(message) if reveal and message.sealed else text)
