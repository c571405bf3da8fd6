"""``/api/v1/connect``: how an SMPP client gets in, for whoever is here for the first time."""

from __future__ import annotations

from typing import Final

import attrs

from gateway.console.controls import Controls
from gateway.console.fields import given
from gateway.console.pages import rendered

DEMO: Final = "demo"
"""system_id and password of the built-in client: published, so that they may be shown."""

_EVERYWHERE: Final = frozenset({"0.0.0.0", "[::]", "::"})

_SNIPPETS: Final = (
    ("smpplib", "Python", "smpplib.txt"),
    ("node-smpp", "JavaScript", "node-smpp.txt"),
    ("Kannel", "kannel.conf", "kannel.txt"),
)


@attrs.frozen(kw_only=True)
class HowToConnect:
    """Nothing but who asks."""

    host: str = given("the name by which the gateway is called", header="Host", default="127.0.0.1")


@attrs.frozen
class Snippet:
    """A client that says BALANCE, to be copied."""

    name: str = given("the client's name")
    language: str = given("what it is written in")
    code: str = given("the whole of it")


@attrs.frozen
class Connecting:
    """Where and as whom to bind."""

    host: str = given("where SMPP clients connect")
    port: int = given("the port there")
    tls: str | None = given("host:port for SMPP over TLS")
    system_id: str = given("who to bind as")
    password: str | None = given("the password, only if it is the built-in client's; the others' are not told")
    clients: tuple[str, ...] = given("the system_ids that may bind")
    any_client: bool = given("every other client may bind too, with any password")
    short_code: str = given("the number that subscribers text")
    subscriber: str = given("a subscriber for a first text")
    snippets: tuple[Snippet, ...] = given("clients to be copied")


def how_to_connect(controls: Controls, asked: HowToConnect) -> Connecting:
    """Tell host, port and credentials, and a short program for each of the well-known clients."""
    emulator, facts = controls.emulator, controls.facts
    host, _, port = emulator.smpp_address.rpartition(":")
    if host in _EVERYWHERE:
        # It listens on all addresses: the one that brought the browser here leads to SMPP too.
        host = asked.host.rpartition(":")[0] or asked.host
    clients = tuple(controls.emulator.exchange.directory)
    first = clients[0] if clients else None
    system_id = first.system_id if first else DEMO
    is_published = first is None or (first.system_id == DEMO and first.password == DEMO)
    password = DEMO if is_published and (clients or facts.any_client) else None
    values = {
        "host": host.strip("[]"),
        "port": port,
        "system_id": system_id,
        "password": password or "PASSWORD",
        "short_code": facts.short_code,
        "subscriber": _SUBSCRIBER,
    }
    return Connecting(
        host=host,
        port=int(port),
        tls=emulator.smpp_tls_address,
        system_id=system_id,
        password=password,
        clients=tuple(client.system_id for client in clients),
        any_client=facts.any_client,
        short_code=facts.short_code,
        subscriber=_SUBSCRIBER,
        snippets=tuple(
            Snippet(name=name, language=language, code=rendered(f"snippets/{file}", **values))
            for name, language, file in _SNIPPETS
        ),
    )


_SUBSCRIBER: Final = "79991110002"
"""A subscriber of the built-in accounts, who is answered in English."""
