"""Receipts as a client reads them, and a recipient that may refuse a message."""

from __future__ import annotations

import re

from tests.conformance.raw import Client
from tests.conformance.wire import Delivered
from tests.doubles import Bench

TEXT = re.compile(
    r"id:(?P<id>\S{8,64}) sub:(?P<sub>\d{3}) dlvrd:(?P<dlvrd>\d{3}) submit date:(?P<submitted>\d{10})"
    r" done date:(?P<done>\d{10}) stat:(?P<stat>[A-Z]{7}) err:(?P<err>\w{3}) [Tt]ext:(?P<text>.{0,20})",
    re.DOTALL,
)
FAR = """
[clients.demo]
password = "demo"
[clients.far]
password = "far"
addresses = ["7000*"]
"""
"""Messages to 7000… wait until `far` binds, and may be refused by it."""


def read(receipt: Delivered) -> dict[str, str]:
    """The fields of a receipt's text."""
    match = TEXT.fullmatch(receipt.text)
    assert match, receipt.text
    return match.groupdict()


def far(bench: Bench) -> Client:
    return Client(bench).bind(system_id="far", password="far")


def only(client: Client, seconds: float = 1) -> Delivered:
    """The one message that comes within this time."""
    client.bench.pass_time(seconds)
    (message,) = client.deliveries()
    return message
