"""Where a submitted message goes: by its destination address, and by who is bound to receive for that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

import attrs

from gateway.clients.directory import Client
from gateway.clients.patterns import AddressPattern
from gateway.messages.message import Fate

_KEPT = 50_000
"""Routes remembered; a bench that walks through a million numbers must not hold them all."""


@attrs.frozen
class Route:
    """What becomes of a message; ``client`` is the system_id that it is delivered to when ``fate`` is CLIENT."""

    fate: Fate
    client: str = ""


@attrs.frozen
class LoopbackRoute:
    """Messages to ``destination`` come back to their sender with swapped addresses."""

    destination: AddressPattern


_HANDSET = Route(Fate.HANDSET)


class Routing:
    """The table of routes, asked in this order: short codes, loopback routes, clients' own addresses, address_ranges of
    bound receivers, handsets."""

    def __init__(
        self,
        short_codes: Iterable[str],
        loopbacks: Iterable[LoopbackRoute] = (),
        clients: Iterable[Client] = (),
        *,
        loopback_all: bool = False,
        serving: Callable[[str], str] = lambda destination: "",
    ) -> None:
        """``loopback_all`` sends every message back, to short codes too: the gateway is then a plain echo. ``serving``
        names the client that is bound to receive for a number, empty when there is none."""
        self.short_codes = frozenset(short_codes)
        self._loopbacks = tuple(loopbacks)
        self._own = tuple((pattern, client.system_id) for client in clients for pattern in client.addresses)
        self._loopback_all = loopback_all
        self._serving = serving
        self._known: dict[str, Route] = {}

    def route(self, destination: str) -> Route:
        """The route of a destination address; a leading ``+`` does not count."""
        known = self._known.get(destination)
        if known is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            known = self._known[destination] = self._find(destination.removeprefix("+"))
        if known is _HANDSET:
            client = self._serving(destination.removeprefix("+"))
            if client:
                return Route(Fate.CLIENT, client)
        return known

    def _find(self, destination: str) -> Route:
        if self._loopback_all:
            return Route(Fate.LOOPBACK)
        if destination in self.short_codes:
            return Route(Fate.WALLET)
        if any(loopback.destination.matches(destination) for loopback in self._loopbacks):
            return Route(Fate.LOOPBACK)
        for pattern, system_id in self._own:
            if pattern.matches(destination):
                return Route(Fate.CLIENT, system_id)
        return _HANDSET


def subscriber_number(address: str) -> str:
    """The MSISDN of an address: its digits without the ``+``."""
    return address.removeprefix("+")


# The same subscribers text again and again.
@lru_cache(maxsize=8192)
def may_be_answered(ton: int, address: str, esm_class: int, short_codes: frozenset[str]) -> bool:
    """The loop guard: whether an automatic reply may go to this source.

    Not to nobody (an empty source), not to alphanumeric senders (TON 5, or letters), not to short codes (abbreviated
    numbers of TON 6, numbers of fewer than seven digits, our own), and not to receipts and acknowledgements
    (esm_class type bits, SMPP 3.4 §5.2.12): each of them may be a program that answers too.
    """
    number = address.removeprefix("+")
    return (
        len(number) >= _SHORTEST_SUBSCRIBER
        and number.isascii()
        and number.isdigit()
        and ton not in (5, 6)
        and not esm_class & 0x3C
        and number not in short_codes
    )


_SHORTEST_SUBSCRIBER = 7
"""ITU-T E.164 sets no minimum; no network has subscriber numbers of six digits with their country code."""
