"""Who may bind: the configured clients, their credentials and what each is allowed.

Unknown clients and wrong passwords cost the same work, so that timing tells nothing (SMPP 5.0 §4.7.6 asks for one
answer; ``bind_refusal = "specific"`` gives 3.4 clients the codes that they expect, after the same work).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Iterable, Iterator
from typing import Literal

import attrs

from gateway.clients.patterns import AddressPattern
from gateway.messages.receipt_rules import ReceiptRule
from gateway.smpp.statuses import CommandStatus

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
BindType = Literal["transmitter", "receiver", "transceiver"]
BIND_TYPES: tuple[BindType, ...] = ("transmitter", "receiver", "transceiver")

_ANY_CLIENT_LIMIT = 10_000
"""Clients that ``any_client`` makes up are remembered so that their messages can find them again; this many."""


@attrs.frozen
class Client:
    """An ESME account. Limits of 0 mean "none" where the name says so; patterns left empty allow everything."""

    system_id: str
    password: str = attrs.field(repr=False)
    """In clear, or ``scrypt$N$r$p$salt$hash`` with base64 salt and hash."""
    bind_types: frozenset[str] = frozenset(BIND_TYPES)
    sessions: int = 0
    """How many bindings at a time, 0 = as many as the gateway takes."""
    window_in: int = 10
    window_out: int = 10
    refuse_beyond_window: bool = False
    rate: float = 0.0
    """Messages a second, 0 = unlimited."""
    allowed_sources: tuple[AddressPattern, ...] = ()
    allowed_destinations: tuple[AddressPattern, ...] = ()
    allowed_ips: tuple[IpNetwork, ...] = ()
    addresses: tuple[AddressPattern, ...] = ()
    """Numbers that are this client's own: a message to one is delivered to it."""
    system_types: frozenset[str] = frozenset()
    default_alphabet: str = "gsm0338"
    segmentation: str = "udh8"
    deliver_with: str = "deliver_sm"
    message_id_format: str = "decimal"
    receipts: ReceiptRule | None = None
    """What its receipts look like, and what becomes of its messages to handsets."""

    def may_send_from(self, source: str) -> bool:
        """Whether ``allowed_sources`` lets this source address pass."""
        return not self.allowed_sources or any(p.matches(source) for p in self.allowed_sources)

    def may_send_to(self, destination: str) -> bool:
        """Whether ``allowed_destinations`` lets this destination address pass."""
        return not self.allowed_destinations or any(p.matches(destination) for p in self.allowed_destinations)

    def may_come_from(self, ip: str) -> bool:
        """Whether ``allowed_ips`` lets this IP address bind."""
        if not self.allowed_ips:
            return True
        address = ipaddress.ip_address(ip)
        return any(address in network for network in self.allowed_ips)


@attrs.frozen
class Verdict:
    """What a bind request gets: the client when ``status`` is ESME_ROK, else the status and, for the log, why."""

    status: int
    client: Client | None = None
    reason: str = ""
    remedy: str = ""
    """The option or key that would let this bind in."""


class Directory:
    """The configured clients by system_id; with ``any_client`` every well-formed bind is somebody."""

    def __init__(
        self,
        clients: Iterable[Client],
        *,
        any_client: Client | None = None,
        bind_refusal: Literal["specific", "uniform"] = "specific",
    ) -> None:
        """``any_client`` is the pattern for clients that are not configured; None refuses them."""
        self._clients = {client.system_id: client for client in clients}
        self._any_client = any_client
        self._made_up: dict[str, Client] = {}
        self._uniform = bind_refusal == "uniform"
        hashed = [client.password for client in self._clients.values() if client.password.startswith("scrypt$")]
        self.slow = bool(hashed)
        """Whether a password check takes milliseconds (scrypt) and belongs in a thread."""
        # A decoy of the same cost as the first real hash: who is not there must not answer faster.
        self._decoy = hashed[0] if hashed else "x" * 8

    def find(self, system_id: str) -> Client | None:
        """The client of this name, or None."""
        return self._clients.get(system_id) or self._made_up.get(system_id)

    def __iter__(self) -> Iterator[Client]:
        return iter((*self._clients.values(), *self._made_up.values()))

    def password_matches(self, system_id: str, password: str) -> bool:
        """Compare in constant time; the same work whether the client exists or not. Thread-safe."""
        client = self._clients.get(system_id)
        kept = client.password if client else self._decoy
        if self.slow and not kept.startswith("scrypt$"):
            _matches(self._decoy, password)
        return _matches(kept, password) and client is not None

    def judge(
        self,
        system_id: str,
        bind_type: str,
        system_type: str,
        ip: str,
        *,
        matched: bool,
        bound: int,
        interface_version: int = 0x34,
    ) -> Verdict:
        """The answer to a well-formed bind, ``matched`` being what :meth:`password_matches` said.

        ``bound`` is how many bindings the client holds already.
        """
        client = self._clients.get(system_id)
        if client is None:
            if self._any_client is not None:
                return Verdict(CommandStatus.ESME_ROK, self._make_up(system_id))
            return self._refuse(
                CommandStatus.ESME_RINVSYSID, "unknown system_id", f"--client {system_id}:PASSWORD or --any-client"
            )
        if not matched and self._any_client is None:
            return self._refuse(CommandStatus.ESME_RINVPASWD, "wrong password", f"[clients.{system_id}] password")
        if not client.may_come_from(ip):
            return self._refuse(
                CommandStatus.ESME_RBINDFAIL, "IP address not allowed", f"[clients.{system_id}] allowed_ips"
            )
        if bind_type not in client.bind_types:
            # What an ESME looks for before it falls back from a transceiver to a pair (SMPP 3.4 §4.1, 5.0 §4.7.6).
            prohibited = interface_version >= 0x50
            return self._refuse(
                CommandStatus.ESME_RPROHIBITED if prohibited else CommandStatus.ESME_RINVCMDID,
                f"bind type {bind_type} not allowed",
                f"[clients.{system_id}] bind_types",
            )
        if client.system_types and system_type not in client.system_types:
            return self._refuse(
                CommandStatus.ESME_RINVSYSTYP, "system_type not allowed", f"[clients.{system_id}] system_types"
            )
        if client.sessions and bound >= client.sessions:
            return self._refuse(
                CommandStatus.ESME_RBINDFAIL,
                f"session limit of {client.sessions} reached",
                f"[clients.{system_id}] sessions",
            )
        return Verdict(CommandStatus.ESME_ROK, client)

    def _refuse(self, status: int, reason: str, remedy: str) -> Verdict:
        return Verdict(CommandStatus.ESME_RBINDFAIL if self._uniform else status, None, reason, remedy)

    def _make_up(self, system_id: str) -> Client:
        client = self._made_up.get(system_id)
        if client is None:
            assert self._any_client is not None
            client = attrs.evolve(self._any_client, system_id=system_id)
            if len(self._made_up) >= _ANY_CLIENT_LIMIT:
                self._made_up.pop(next(iter(self._made_up)))
            self._made_up[system_id] = client
        return client


def hash_password(password: str, *, n: int = 16384, r: int = 8, p: int = 1) -> str:
    """``scrypt$N$r$p$salt$hash`` for a client's ``password`` key, with a fresh random salt."""
    salt = secrets.token_bytes(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, dklen=32)
    return f"scrypt${n}${r}${p}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def check_hash(spelled: str) -> str | None:
    """What is wrong with a ``scrypt$…`` password, or None: settings call it so that a bad hash is a fault at start."""
    try:
        _, n, r, p, salt, digest = spelled.split("$")
        base64.b64decode(salt, validate=True)
        if len(base64.b64decode(digest, validate=True)) < 16:
            return "the hash is shorter than 16 octets"
        cost = int(n)
        if cost < 2 or cost & (cost - 1) or int(r) < 1 or int(p) < 1 or 128 * cost * int(r) > 64 * 1024 * 1024:
            return "N must be a power of 2, r and p at least 1, and 128*N*r at most 64 MiB"
    except (ValueError, binascii.Error):
        return "not of the form scrypt$N$r$p$salt$hash with base64 salt and hash"
    return None


def _matches(kept: str, password: str) -> bool:
    if not kept.startswith("scrypt$"):
        return hmac.compare_digest(kept.encode(), password.encode())
    _, n, r, p, salt, digest = kept.split("$")
    expected = base64.b64decode(digest)
    actual = hashlib.scrypt(
        password.encode(),
        salt=base64.b64decode(salt),
        n=int(n),
        r=int(r),
        p=int(p),
        dklen=len(expected),
        maxmem=128 * 1024 * 1024,
    )
    return hmac.compare_digest(expected, actual)
