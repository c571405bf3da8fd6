"""``sms-gateway hash-password``: a client's password as a settings file may keep it."""

from __future__ import annotations

import sys

import click

from gateway.clients.directory import hash_password as hashed
from gateway.commandline.faults import Unusable

_LONGEST = 8  # SMPP 3.4 §5.2.2


@click.command("hash-password")
def hash_password() -> None:
    """Print the scrypt hash of a password, for `password = "scrypt$..."` in [clients.ID].

    Asks for it twice and does not show it; from a pipe it takes one line.
    """
    if sys.stdin.isatty():
        password = click.prompt("Password of the client", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password.isascii() or not 1 <= len(password) <= _LONGEST or not password.isprintable():
        raise Unusable([f"SMPP has room for a password of 1 to {_LONGEST} ASCII characters"])
    click.echo(hashed(password))
