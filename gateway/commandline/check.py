"""``sms-gateway check``: settings, without starting anything."""

from __future__ import annotations

from typing import Any

import click

from gateway.commandline.options import settings_options, settings_or_exit
from gateway.settings.table import example_file, markdown_table


@click.command()
@settings_options
@click.option("--keys", is_flag=True, help="List every key with its default, variable, option and meaning.")
@click.option("--example", is_flag=True, help="Print a complete settings file with the defaults, to start from.")
def check(keys: bool, example: bool, **options: Any) -> None:
    """Check the settings that `serve` would run with, without starting anything.

    Takes the options of `serve` and reads the same environment. Lists every fault and exits with status 2, or says
    that all is well.
    """
    if keys:
        click.echo(markdown_table())
    elif example:
        click.echo(example_file(), nl=False)
    else:
        settings = settings_or_exit(options)
        clients, accounts = ", ".join(settings.clients) or "nobody", len(settings.accounts)
        click.echo(
            f"The settings are fine: {clients} may bind, {accounts} accounts, short code {settings.wallet.short_code}."
        )
