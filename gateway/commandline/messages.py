"""``sms-gateway messages``: the messages of a database. Secrets (PINs, codes) are never shown."""

from __future__ import annotations

import json
from typing import Any, Final

import click

from gateway.commandline.databases import books_to_read, database_option
from gateway.commandline.faults import Failed
from gateway.commandline.times import spelled_time
from gateway.messages.message import SCHEDULED, Fate, Kind, Message
from gateway.smpp.constants import MessageState
from gateway.storage.query import MessageQuery

_PAGE: Final = 1000


@click.group()
def messages() -> None:
    """Look at messages in a database, and export them. May be used while a gateway runs."""


@messages.command("list")
@database_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many.")
@click.option("--address", default="", metavar="NUMBER", help="Only those from or to this number.")
@click.option("--text", default="", help="Only those with this text in them, in any case.")
def list_(database: str, limit: int, address: str, text: str) -> None:
    """List the newest messages, newest first."""
    with books_to_read(database) as books:
        for message, shown in books.messages.search(MessageQuery(limit=limit, address=address, text=text)):
            click.echo(_line(message, shown))


@messages.command()
@database_option
@click.argument("message_id")
def show(database: str, message_id: str) -> None:
    """Show everything about one message, by its id as the client saw it."""
    with books_to_read(database) as books:
        for number in _numbers(message_id):
            for message, shown in books.messages.search(MessageQuery(after=number - 1, before=number + 1)):
                if spelled_id(message).lstrip("0").upper() == message_id.lstrip("0").upper():
                    click.echo(json.dumps(as_object(message, shown), ensure_ascii=False, indent=2))
                    return
        raise Failed(f"there is no message {message_id}")


@messages.command()
@database_option
@click.option("--format", "format_", type=click.Choice(["jsonl"]), default="jsonl", show_default=True)
def export(database: str, format_: str) -> None:
    """Write every message, oldest first, one JSON object a line."""
    with books_to_read(database) as books:
        after = 0
        while page := books.messages.search(MessageQuery(after=after, oldest_first=True, limit=_PAGE)):
            click.echo("\n".join(json.dumps(as_object(message, shown)) for message, shown in page))
            after = page[-1][0].id


def spelled_id(message: Message) -> str:
    """The id as the client saw it; the gateway's own messages were never told one, so it is their number."""
    return message.spelled_id or f"{message.id:010d}"


def as_object(message: Message, shown: str) -> dict[str, Any]:
    """A message as JSON has it. ``octets`` are hexadecimal, times ISO 8601 or null."""
    return {
        "id": spelled_id(message),
        "number": message.id,
        "whole": message.whole,
        "kind": Kind(message.kind).name.lower(),
        "fate": Fate(message.fate).name.lower(),
        "state": _state(message),
        "client": message.client or None,
        "recipient": message.recipient or None,
        "source_addr": message.source_addr,
        "destination_addr": message.destination_addr,
        "data_coding": message.data_coding,
        "esm_class": message.esm_class,
        "registered_delivery": message.registered_delivery,
        "octets": None if message.sealed else message.user_data.hex(),
        "text": None if message.sealed else shown,
        "command": message.command or None,
        "match": message.match or None,
        "outcome": message.outcome or None,
        "error": message.error,
        "accepted_at": spelled_time(message.accepted_at) or None,
        "scheduled_at": spelled_time(message.scheduled_at) or None,
        "expires_at": spelled_time(message.expires_at) or None,
        "final_at": spelled_time(message.final_at) or None,
    }


def _line(message: Message, shown: str) -> str:
    text = "(secret)" if message.sealed else shown
    state, when = _state(message), spelled_time(message.accepted_at)
    return f"{spelled_id(message)} {when} {message.source_addr} > {message.destination_addr} {state} {text}"


def _state(message: Message) -> str:
    return "scheduled" if message.state == SCHEDULED else MessageState(message.state).name.lower()


def _numbers(spelled: str) -> list[int]:
    """The numbers that an id may stand for: decimal, or hexadecimal as some clients see it."""
    numbers = []
    for base in (10, 16):
        try:
            numbers.append(int(spelled, base))
        except ValueError:
            continue
    return numbers
