"""load_settings: gather, structure, and the rules that hold between keys."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping

from cattrs.errors import ClassValidationError

from gateway.settings import keys, structure
from gateway.settings.model import Settings
from gateway.settings.sources import Gathered, gather


class SettingsError(Exception):
    """The settings cannot be used. ``faults`` has one line for each thing that is wrong, with where it came from."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def load_settings(options: Mapping[str, object], environ: Mapping[str, str]) -> Settings:
    """Settings from options, environment, file and defaults, the first that says something winning key by key.

    ``options`` is by parameter name (``smpp_port``, ``client``, ``config``), as text or as a flag's bool; None means
    that it was not given. Raises SettingsError with all faults of all sources.
    """
    gathered = gather(options, environ)
    faults = list(gathered.faults)
    seen: set[keys.Path] = set()
    while True:
        try:
            settings = structure.build(gathered.values, environ)
            break
        except ClassValidationError as error:
            # What is wrong is told and then left out, so that the rules between keys can look at all the rest.
            for path, message in structure.faults_of(error):
                faults.append(f"{gathered.origin(path)}: {message}")
                _leave_out(gathered, path, seen)
    faults += (f"{gathered.origin(path)}: {message}" for path, message in _between_keys(settings))
    if faults:
        raise SettingsError(faults)
    return settings


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _leave_out(gathered: Gathered, path: keys.Path, seen: set[keys.Path]) -> None:
    # A key that is missing cannot be left out: its row can. Each turn drops something, so the turns come to an end.
    while path in seen or not _is_there(gathered.values, path):
        path = path[:-1]
    seen.add(path)
    gathered.forget(path)


def _is_there(values: object, path: keys.Path) -> bool:
    for name in path:
        if not isinstance(values, dict) or name not in values:
            return False
        values = values[name]
    return True


def _between_keys(settings: Settings) -> Iterator[tuple[keys.Path, str]]:
    if settings.any_client and not is_loopback(settings.smpp.host):
        yield (
            ("any_client",),
            f"accepts anybody, so it is for a loopback smpp.host such as 127.0.0.1 and not for {settings.smpp.host}",
        )
    smpp, http = settings.smpp, settings.http
    if smpp.port and smpp.port == http.port and smpp.host == http.host:
        yield ("http", "port"), f"{http.port} is the SMPP port too"
    if settings.ready_file is not None and not settings.ready_file.absolute().parent.is_dir():
        yield ("ready_file",), f"there is no folder {settings.ready_file.absolute().parent}"
    if settings.wallet.short_code in settings.accounts:
        yield ("wallet", "short_code"), f"{settings.wallet.short_code} is an account's number too"
