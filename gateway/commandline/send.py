"""``sms-gateway send``: one text, one reply."""

from __future__ import annotations

import time
from typing import Any

import click

from gateway.commandline.faults import Failed
from gateway.commandline.options import Peer, peer, peer_options
from gateway.commandline.smpp_client import ClientFault, NoAnswer, SmsClient


@click.command()
@peer_options
@click.argument("text", nargs=-1, required=True)
def send(text: tuple[str, ...], **options: Any) -> None:
    """Text a running gateway and print the reply.

    Binds as an SMPP client, submits TEXT from the number --from, and prints the reply as the subscriber would read it:
    joined and decoded. Fails (exit status 1) when the gateway is not there, refuses, or does not reply in time.
    """
    to = peer(options)
    try:
        with SmsClient(to.host, to.port, to.system_id, to.password, to.timeout) as client:
            for earlier in client.received():
                click.echo(f"(an earlier message to {earlier.destination}: {earlier.text})", err=True)
            client.submit(to.source, to.destination, " ".join(text))
            click.echo(wait_for_reply(client, to))
    except ClientFault as fault:
        raise Failed(str(fault)) from None


def wait_for_reply(client: SmsClient, to: Peer) -> str:
    """The next text to ``to.source``; what comes for others meanwhile is told on standard error."""
    deadline = time.monotonic() + to.timeout
    while True:
        try:
            sms = client.receive(max(0.0, deadline - time.monotonic()))
        except NoAnswer:
            raise NoAnswer(
                f"{to.destination} took the text and did not reply to {to.source} within {to.timeout:g} s"
            ) from None
        if sms.destination == to.source:
            return sms.text
        click.echo(f"(a message to {sms.destination}: {sms.text})", err=True)
