"""Options that several subcommands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import attrs
import click

from gateway.commandline.faults import Unusable
from gateway.settings import Settings, SettingsError, load_settings
from gateway.settings.keys import CLIENT_VARIABLE, CONFIG_VARIABLE, Key, plain_type, setting_keys

Command = TypeVar("Command", bound=Callable[..., Any])


def settings_options(command: Command) -> Command:
    """Every setting that has an option, and ``--config`` and ``--client``.

    Values stay text: click would stop at the first bad one, and the settings list them all.
    """
    options: list[Callable[[Command], Command]] = [
        click.option("--config", metavar="FILE", help=f"A TOML file with settings.  [env: {CONFIG_VARIABLE}]"),
        click.option(
            "--client",
            metavar="ID:PASSWORD",
            multiple=True,
            help=f"Who may bind; may be repeated. The built-in client demo goes.  [env: {CLIENT_VARIABLE}]",
        ),
        *(_option(key) for key in setting_keys() if key.option is not None),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def settings_or_exit(options: dict[str, object]) -> Settings:
    """The settings of these options and the environment; exits with status 2 and every fault."""
    try:
        return load_settings(options, os.environ)
    except SettingsError as error:
        raise Unusable(error.faults) from None


def _option(key: Key) -> Callable[[Command], Command]:
    assert key.option is not None
    default = f" Default: {key.default.strip(chr(34))}." if key.default not in ("", "false") else ""
    meaning = key.meaning.replace("`", "")
    described = f"{meaning[0].upper()}{meaning[1:]}.{default}  [env: {key.variable}]"
    if plain_type(key.type) is bool:
        return click.option(f"{key.option}/--no-{key.option.lstrip('-')}", default=None, help=described)
    return click.option(key.option, metavar=_METAVARS.get(key.option, "TEXT"), help=described)


_METAVARS = {
    "--smpp-host": "HOST",
    "--smpp-port": "PORT",
    "--http-host": "HOST",
    "--http-port": "PORT",
    "--smpp-tls-port": "PORT",
    "--database": "URL",
    "--pepper-file": "PATH",
    "--http-token": "TOKEN",
    "--seed": "N",
    "--clock-start": "ISO",
    "--commands": "FILE",
    "--faults": "NAME|FILE,…",
    "--replies": "FILE",
    "--ready-file": "PATH",
    "--capture": "FILE",
    "--log-format": "text|json",
    "--log-level": "LEVEL",
}


@attrs.frozen
class Peer:
    """The running gateway that ``send`` and ``chat`` text, and who they are to it."""

    host: str
    port: int
    system_id: str
    password: str = attrs.field(repr=False)
    source: str
    destination: str
    timeout: float


def peer_options(command: Command) -> Command:
    """The options that say which gateway, as which client, from which number; collected by :func:`peer`."""
    options = [
        click.option("--from", "source", metavar="NUMBER", required=True, help="The subscriber who texts."),
        click.option(
            "--to",
            "destination",
            default="7494",
            show_default=True,
            envvar="SMS_GATEWAY_WALLET_SHORT_CODE",
            help="The short code.",
        ),
        click.option(
            "--smpp-host",
            "--host",
            "host",
            metavar="HOST",
            default="127.0.0.1",
            show_default=True,
            envvar="SMS_GATEWAY_SMPP_HOST",
            help="Where the gateway is.",
        ),
        click.option(
            "--smpp-port",
            "--port",
            "port",
            metavar="PORT",
            type=click.IntRange(1, 65535),
            default=2775,
            show_default=True,
            envvar="SMS_GATEWAY_SMPP_PORT",
            help="Its SMPP port.",
        ),
        click.option(
            "--client",
            metavar="ID:PASSWORD",
            default="demo:demo",
            show_default=True,
            envvar=CLIENT_VARIABLE,
            help="Who binds.",
        ),
        click.option(
            "--timeout",
            metavar="SECONDS",
            type=click.FloatRange(0.1, 3600),
            default=10.0,
            show_default=True,
            help="How long to wait for each answer.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def peer(options: dict[str, Any]) -> Peer:
    """The peer that :func:`peer_options` collected; exits with status 2 when it cannot be."""
    faults = []
    # The environment may name several clients for `serve`; the first one texts.
    system_id, colon, password = (options["client"].split() or [""])[0].partition(":")
    if not colon or not system_id or not (system_id + password).isascii():
        faults.append("--client: expected ID:PASSWORD (the value is not shown)")
    elif len(system_id) > 15 or len(password) > 8:
        # smpplib would cut them without a word.
        faults.append("--client: SMPP has room for an ID of 15 characters and a password of 8")
    faults += [
        f"{option}: an SMPP address has 1 to 20 ASCII characters"
        for option, name in (("--from", "source"), ("--to", "destination"))
        if not 1 <= len(options[name]) <= 20 or not options[name].isascii()
    ]
    if faults:
        raise Unusable(faults)
    named = {name: options[name] for name in ("host", "port", "source", "destination", "timeout")}
    return Peer(system_id=system_id, password=password, **named)
