"""Message ids: an integer within, the spelling of its dialect to each client."""

from __future__ import annotations

from gateway.clients.directory import Client


def message_id_spelling(client: Client, interface_version: int) -> str:
    """The ``%``-format of message ids: at most eight characters below version 3.4 (SMPP 3.4 §3.4), so hexadecimal."""
    if interface_version < 0x34 or client.message_id_format == "hex":
        return "%08X"
    return "%010d"


def read_message_id(spelled: str, client: Client, interface_version: int) -> int:
    """The number that a client's message_id stands for, -1 when it can be none of ours."""
    hexadecimal = message_id_spelling(client, interface_version) == "%08X"
    digits = "0123456789ABCDEFabcdef" if hexadecimal else "0123456789"
    if not spelled or len(spelled) > 20 or any(character not in digits for character in spelled):
        return -1
    return int(spelled, 16 if hexadecimal else 10)
