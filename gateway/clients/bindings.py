"""Who is bound, and whose turn it is to receive."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Protocol

import attrs

from gateway.clients.directory import Client
from gateway.clients.throttle import TokenBucket
from gateway.smpp.fields import address_pattern
from gateway.smpp.pdus import Pdu


class Link(Protocol):
    """What a binding needs of the connection below it; the network layer provides it.

    ``respond`` answers a request that came in, ``accept`` a submit with its message_id; ``request`` sends one of
    ours and returns its sequence number; ``room`` is how many more may be sent now; ``flush`` hands everything
    written so far to the transport.
    """

    @property
    def room(self) -> int: ...
    def respond(self, request: Pdu, status: int = 0, **fields: object) -> None: ...
    def accept(self, request: Pdu, message_id: str) -> None: ...
    def abandon(self, request: Pdu) -> None: ...
    def request(self, pdu: Pdu, context: object) -> int: ...
    def send(self, pdu: Pdu) -> None: ...
    def flush(self) -> None: ...
    def unbind(self) -> None: ...
    def drop(self) -> None: ...


@attrs.define(eq=False)
class Binding:
    """One bound SMPP session of a client. Compared by identity: two bindings of a client are two bindings."""

    number: int
    client: Client
    bind_type: str
    interface_version: int
    peer: str
    """``host:port`` of the other side."""
    link: Link = attrs.field(repr=False)
    bucket: TokenBucket | None = attrs.field(default=None, repr=False)
    """The client's bucket, shared by its bindings; None = unlimited."""
    serves: re.Pattern[str] | None = attrs.field(default=None, repr=False)
    """The addresses of its address_range (SMPP 3.4 §5.2.7), to be used with ``search``; None: it named none."""
    can_receive: bool = attrs.field(init=False)
    bound: bool = True

    def __attrs_post_init__(self) -> None:
        self.can_receive = self.bind_type != "transmitter"


class Bindings:
    """All bindings of this gateway, by client, with a round-robin turn among those that can receive."""

    def __init__(self) -> None:
        self._of: dict[str, list[Binding]] = {}
        self._turn: dict[str, int] = {}
        self._buckets: dict[str, TokenBucket] = {}
        self._ranged: dict[Binding, None] = {}
        self._next_number = 1
        self.on_change: Callable[[], None] = _nobody
        """Called when a client has bound, or a binding has ended."""

    def bind(
        self,
        client: Client,
        bind_type: str,
        interface_version: int,
        peer: str,
        link: Link,
        now: float,
        address_range: str = "",
    ) -> Binding:
        """A new binding of the client; ``now`` is monotonic seconds (for its throttle). ``address_range`` is one that
        :func:`gateway.smpp.fields.address_pattern` takes."""
        bucket = None
        if client.rate > 0:
            bucket = self._buckets.get(client.system_id)
            if bucket is None:
                bucket = self._buckets[client.system_id] = TokenBucket(client.rate, now)
        serves = address_pattern(address_range)
        binding = Binding(self._next_number, client, bind_type, interface_version, peer, link, bucket, serves)
        if serves is not None and binding.can_receive:
            self._ranged[binding] = None
        self._next_number += 1
        self._of.setdefault(client.system_id, []).append(binding)
        self.on_change()
        return binding

    def unbind(self, binding: Binding) -> None:
        """Forget the binding; it frees its place at once. Doing it twice is no fault."""
        binding.bound = False
        self._ranged.pop(binding, None)
        own = self._of.get(binding.client.system_id)
        if own and binding in own:
            own.remove(binding)
            self.on_change()
            if not own:
                # The bucket stays while somebody is bound: reconnecting must not refill it… but a client that is
                # gone has no memory to hold.
                del self._of[binding.client.system_id]

    def count(self, system_id: str) -> int:
        """How many bindings this client holds."""
        return len(self._of.get(system_id, ()))

    def __iter__(self) -> Iterator[Binding]:
        for own in list(self._of.values()):
            yield from list(own)

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def can_receive(self, system_id: str) -> bool:
        """Whether the client has a receiving binding now."""
        return any(binding.can_receive for binding in self._of.get(system_id, ()))

    def next_receiving(self, system_id: str, destination: str = "") -> Binding | None:
        """The receiving binding of this client whose turn it is (round robin), or None when there is none.

        Those whose address_range has the ``destination`` come first, then those without one: a message is never
        kept from a client because none of its ranges fits.
        """
        own = [binding for binding in self._of.get(system_id, ()) if binding.can_receive]
        if not own:
            return None
        if self._ranged and destination:
            number = destination.removeprefix("+")
            serving = [binding for binding in own if binding.serves is not None and binding.serves.search(number)]
            own = serving or [binding for binding in own if binding.serves is None] or own
        turn = self._turn.get(system_id, 0) % len(own)
        self._turn[system_id] = turn + 1
        return own[turn]

    def serving(self, destination: str) -> str:
        """The client that says with the address_range of a bound receiver that this number is its own; empty when
        there is none.

        Clients whose ``addresses`` are configured have said it there, and a range that every number fits says nothing.
        """
        for binding in self._ranged:
            serves = binding.serves
            if (
                serves is not None
                and not binding.client.addresses
                and serves.search(destination)
                and not _fits_all(serves)
            ):
                return binding.client.system_id
        return ""


@lru_cache(maxsize=1024)
def _fits_all(serves: re.Pattern[str]) -> bool:
    """Whether numbers that have no digit in common fit, such as ``.*`` and ``[0-9]``."""
    return all(serves.search(digit * 15) for digit in "0123456789")


def _nobody() -> None:
    """Nobody wants to know."""
