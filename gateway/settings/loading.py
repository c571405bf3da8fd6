"""load_settings: gather, structure, and the rules that hold between keys."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping

from cattrs.errors import ClassValidationError

from gateway.faults.plan import FaultsInvalid
from gateway.faults.sets import load_sets
from gateway.messages.receipt_rules import ReceiptRule
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
    faults = gathered.faults
    faults += _structural(gathered)
    settings = structure.build(gathered.values)
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


def _structural(gathered: Gathered) -> list[str]:
    """What is wrong with single values; they are left out, so that the rules between keys can look at all the rest."""
    faults: list[str] = []
    while True:
        try:
            structure.build(gathered.values)
        except ClassValidationError as error:
            found = list(structure.faults_of(error))
            # The first turn sees every value; later ones only see what leaving out has left behind.
            faults = faults or [f"{gathered.origin(path)}: {message}" for path, message in found]
            _leave_out(gathered, [path for path, _ in found])
        else:
            return faults


def _leave_out(gathered: Gathered, paths: list[keys.Path]) -> None:
    """Drop what stands at these paths: at least one value, so that leaving out comes to an end."""
    dropped: list[keys.Path] = []
    for path in paths:
        if any(path[: len(gone)] == gone for gone in dropped):
            continue
        # What is missing cannot be left out; the row that misses it can.
        while not _is_there(gathered.values, path):
            path = path[:-1]
        gathered.forget(path)
        dropped.append(path)


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
    if http.token is None and not is_loopback(http.host):
        yield (
            ("http", "token"),
            f"whoever reaches {http.host} could do anything: set a token (--http-token), or listen on 127.0.0.1",
        )
    storage = settings.storage
    if storage.database.startswith("postgresql:") and storage.pepper_file is None:
        yield (
            ("storage", "pepper_file"),
            "PostgreSQL needs a pepper file (--pepper-file PATH): a secret, the same for all gateways",
        )
    if settings.ready_file is not None and not settings.ready_file.absolute().parent.is_dir():
        yield ("ready_file",), f"there is no folder {settings.ready_file.absolute().parent}"
    try:
        load_sets(settings.faults, receipt_rule=ReceiptRule.of)
    except FaultsInvalid as invalid:
        for fault in invalid.faults:
            yield ("faults",), fault
    for fault in settings.wallet.faults():
        yield ("wallet", fault.split()[0]), fault
    if any(number == settings.wallet.short_code for number in map(str, settings.accounts)):
        yield ("wallet", "short_code"), f"{settings.wallet.short_code} is an account's number too"
