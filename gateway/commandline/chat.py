"""``sms-gateway chat``: a subscriber at the keyboard."""

from __future__ import annotations

import os
import select
import sys
from typing import Any

import click

from gateway.commandline.faults import Failed
from gateway.commandline.options import Peer, peer, peer_options
from gateway.commandline.send import wait_for_reply
from gateway.commandline.smpp_client import ClientFault, NoAnswer, SmsClient

_CHUNK = 65536


@click.command()
@peer_options
def chat(**options: Any) -> None:
    """Text a running gateway, line by line.

    Every line is a text from the number --from; replies are printed as they come, also those that come unasked. Ends
    with Ctrl-D. Reads a pipe too: one reply is awaited for each line.
    """
    to = peer(options)
    try:
        with SmsClient(to.host, to.port, to.system_id, to.password, to.timeout) as client:
            if sys.stdin.isatty():
                click.echo(
                    f"{to.source} texts {to.destination}. Send HELP for the commands, Ctrl-D to leave.", err=True
                )
            _talk(client, to)
    except ClientFault as fault:
        raise Failed(str(fault)) from None
    except KeyboardInterrupt:
        click.echo(err=True)
        raise click.exceptions.Exit(130) from None


def _talk(client: SmsClient, to: Peer) -> None:
    """Until the input ends. The connection is watched while nobody types: it must be answered to stay alive."""
    keyboard = sys.stdin.fileno()
    typed = b""
    _prompt()
    while True:
        # Not sys.stdin.readline(): it reads ahead, and select would not see the lines that it holds.
        ready, _, _ = select.select([keyboard, client], [], [])
        if client in ready:
            for sms in client.received():
                click.echo(f"< {sms.text}")
                _prompt()
        if keyboard not in ready:
            continue
        chunk = os.read(keyboard, _CHUNK)
        typed += chunk
        *lines, typed = typed.split(b"\n")
        if not chunk:
            lines, typed = [typed], b""
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip("\r")
            if not text.strip():
                continue
            client.submit(to.source, to.destination, text)
            try:
                click.echo(f"< {wait_for_reply(client, to)}")
            except NoAnswer as silence:
                if not sys.stdin.isatty():
                    raise
                click.echo(f"({silence})", err=True)
        if not chunk:
            return
        _prompt()


def _prompt() -> None:
    if sys.stdin.isatty() and sys.stdout.isatty():
        click.echo("> ", nl=False)
