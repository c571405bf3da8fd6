"""``sms-gateway version``."""

from __future__ import annotations

import platform
from importlib import metadata

import click

from gateway import __version__


@click.command()
def version() -> None:
    """Print the version, and those of what a fault report should name."""
    beside = ", ".join(f"{name} {metadata.version(name)}" for name in ("Twisted", "smpplib"))
    click.echo(f"sms-gateway {__version__} (Python {platform.python_version()}, {beside})")
