"""``sms-gateway readyz``: whether a gateway may be used, for scripts and containers."""

from __future__ import annotations

import time
from typing import Final

import click

from gateway.commandline.faults import Failed
from gateway.commandline.gateways import Gateway

_LOOK_AGAIN: Final = 0.1


@click.command()
@click.option("--wait", is_flag=True, help="Wait until it is.")
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(0, 3600),
    default=30.0,
    show_default=True,
    help="How long to wait.",
)
@click.option(
    "--http-host",
    metavar="HOST",
    default="127.0.0.1",
    show_default=True,
    envvar="SMS_GATEWAY_HTTP_HOST",
    help="Where the gateway is.",
)
@click.option(
    "--http-port",
    metavar="PORT",
    type=click.IntRange(1, 65535),
    default=8025,
    show_default=True,
    envvar="SMS_GATEWAY_HTTP_PORT",
    help="Its HTTP port.",
)
def readyz(wait: bool, timeout: float, http_host: str, http_port: int) -> None:
    """Ask whether a gateway is ready: everything listens and its set-up is loaded.

    Exit status 0: it is. 1: it is not, or was not in time.
    """
    # What listens everywhere is asked here.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(http_host, http_host)
    gateway = Gateway(f"http://[{host}]:{http_port}" if ":" in host else f"http://{host}:{http_port}")
    until = time.monotonic() + (timeout if wait else 0)
    while True:
        try:
            gateway.ask("GET", "/readyz")
        except Failed:
            if time.monotonic() >= until:
                raise
            time.sleep(_LOOK_AGAIN)
        else:
            click.echo("ready")
            return
