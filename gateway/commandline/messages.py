"""``sms-gateway messages``: the messages of a gateway or a database. Secrets (PINs, codes) are never shown."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any, Final
from urllib.parse import quote

import click

from gateway.commandline.databases import books_to_read, database_option
from gateway.commandline.faults import Failed
from gateway.commandline.gateways import Gateway, running_gateway_options
from gateway.commandline.times import spelled_time
from gateway.messages.message import SCHEDULED, Fate, Kind, Message
from gateway.smpp.constants import MessageState
from gateway.storage.query import MessageQuery

_PAGE: Final = 1000


@click.group()
def messages() -> None:
    """Look at messages of a running gateway (--gateway) or in a database (--database), and export them."""


@messages.command("list")
@running_gateway_options
@database_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many.")
@click.option("--address", default="", metavar="NUMBER", help="Only those from or to this number.")
@click.option("--text", default="", help="Only those with this text in them, in any case.")
def list_(gateway: str | None, token: str | None, database: str | None, limit: int, address: str, text: str) -> None:
    """List the newest messages, newest first."""
    if gateway:
        found = Gateway(gateway, token).pages("/api/v1/messages", address=address, text=text)
        for message in islice(found, limit):
            click.echo(_line_of(message))
        return
    with books_to_read(database) as books:
        for message, shown in books.messages.search(MessageQuery(limit=limit, address=address, text=text)):
            click.echo(_line(message, shown))


@messages.command()
@running_gateway_options
@database_option
@click.argument("message_id")
def show(gateway: str | None, token: str | None, database: str | None, message_id: str) -> None:
    """Show everything about one message, by its id as the client saw it."""
    if gateway:
        shown = Gateway(gateway, token).ask("GET", f"/api/v1/messages/{quote(message_id, safe='')}")
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    with books_to_read(database) as books:
        for number in _numbers(message_id):
            for message, shown in books.messages.search(MessageQuery(after=number - 1, before=number + 1)):
                if spelled_id(message).lstrip("0").upper() == message_id.lstrip("0").upper():
                    click.echo(json.dumps(as_object(message, shown), ensure_ascii=False, indent=2))
                    return
        raise Failed(f"there is no message {message_id}")


@messages.command()
@running_gateway_options
@database_option
@click.option("--format", "format_", type=click.Choice(["jsonl"]), default="jsonl", show_default=True)
def export(gateway: str | None, token: str | None, database: str | None, format_: str) -> None:
    """Write every message, oldest first, one JSON object a line: of a gateway as its API shows it."""
    if gateway:
        for message in Gateway(gateway, token).pages("/api/v1/messages", order="oldest"):
            click.echo(json.dumps(message))
        return
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


def _line_of(message: dict[str, Any]) -> str:
    """The same line of a message as the API shows it."""
    text = "(secret)" if message["secret"] and message["text"] is None else message["text"] or ""
    when = f"{message['accepted_at'][:23]}Z"
    return f"{message['id']} {when} {message['from']} > {message['to']} {message['state']} {text}"


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
