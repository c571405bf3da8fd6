"""The command line: ``sms-gateway`` and ``python -m gateway``. Each subcommand is a module of ``gateway.commandline``.

Exit status: 0 all is well; 1 the exchange failed (no gateway, refused, no reply, a reply that differs); 2 wrong usage
or settings, or a port that is taken; 130 interrupted.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

from gateway import __version__

COMMANDS: Mapping[str, str] = {
    "serve": "Run the gateway.",
    "demo": "Watch whole conversations with a gateway of its own.",
    "send": "Text a running gateway and print the reply.",
    "chat": "Text a running gateway, line by line.",
    "parse": "Show how a text is understood.",
    "accounts": "Look at wallet accounts of a gateway or a database, and change them.",
    "messages": "Look at messages of a gateway or a database, and export them.",
    "readyz": "Ask whether a gateway is ready, and wait for it.",
    "check": "Check settings without starting anything.",
    "hash-password": "Make a client's password into a hash for a settings file.",
    "version": "Print the version.",
}
"""The subcommands, in the order of the help; each is ``gateway.commandline.<name>.<name>``, with ``_`` for ``-``."""


class LazyGroup(click.Group):
    """Imports a subcommand when it is asked for: ``parse`` must not pay for Twisted, nor ``--help`` for anything."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command = getattr(importlib.import_module(f"gateway.commandline.{name}"), name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            # Click says "Aborted!" and 1, which is an exchange that failed. What shells expect is 128 + SIGINT.
            raise click.exceptions.Exit(130) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sms-gateway")
def main() -> None:
    """An SMSC emulator that answers SMS wallet commands.

    Start it with `sms-gateway serve`, then text it from another terminal:

    \b
        sms-gateway send --from 79991110001 BALANCE
    """
