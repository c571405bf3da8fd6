"""Delivery-pending flags: who asked to be told when a recipient can be reached again (SMPP 3.4 §4.12, §5.3.2.29)."""

from __future__ import annotations

from typing import Final

import attrs

from gateway.clients.bindings import Bindings
from gateway.smpp.fields import Address
from gateway.smpp.pdus import AlertNotification

_MOST: Final = 10_000
"""Flags kept in all; the oldest go first."""


@attrs.frozen
class PendingFlag:
    """``esme`` of the client ``system_id`` could not reach ``subscriber`` and set the flag."""

    system_id: str
    esme: Address
    subscriber: Address


class PendingFlags:
    """The flags by the client that could not be reached; each is answered by one alert_notification and is gone."""

    def __init__(self, bindings: Bindings) -> None:
        self._bindings = bindings
        self._flags: dict[tuple[str, PendingFlag], None] = {}

    def __len__(self) -> int:
        return len(self._flags)

    def set(self, unreachable: str, flag: PendingFlag) -> None:
        """Remember the flag; setting it twice is setting it once."""
        if len(self._flags) >= _MOST:
            del self._flags[next(iter(self._flags))]
        self._flags[unreachable, flag] = None

    def clear(self) -> None:
        """Forget who asked."""
        self._flags.clear()

    def available(self, system_id: str) -> None:
        """The client can be reached: tell all who asked, on a receiving binding of theirs; without one they miss it,
        for an alert is never stored."""
        for key in [key for key in self._flags if key[0] == system_id]:
            del self._flags[key]
            flag = key[1]
            binding = self._bindings.next_receiving(flag.system_id)
            if binding is not None:
                binding.link.send(alert_notification(flag.subscriber, flag.esme))


def alert_notification(subscriber: Address, esme: Address) -> AlertNotification:
    """The PDU that tells ``esme`` that ``subscriber`` is there."""
    return AlertNotification(subscriber.ton, subscriber.npi, subscriber.addr, esme.ton, esme.npi, esme.addr)
