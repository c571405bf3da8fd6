"""Writing badly on purpose: slowly, in pieces, late, or not to the end.

How this works: what is to be written badly becomes a load in a queue in front of the real transport, and whatever is
written later waits behind it. The queue hands pieces on by a timer of real time. It is bounded: above a limit its
owner is told to stop, as a transport tells its producer.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import attrs

from gateway.faults.effects import Chunked, Disconnect, Effect, SlowBytes, Stall

FULL_OCTETS: Final = 64 * 1024
"""Queued octets above which the owner is told to stop: as much as Twisted's own transports buffer."""

_PIECES_PER_SECOND: Final = 10
"""Slow bytes go out in pieces so often, unless the pace is slower than an octet each time."""


@attrs.define(eq=False)
class _Load:
    octets: bytes = attrs.field(repr=False)
    size: int
    """Octets in each piece."""
    first: float
    """Seconds before the first piece; inf = never."""
    wait: float
    """Seconds before each other piece."""
    last: bool
    """The connection ends after it."""
    written: int = 0


class FaultyTransport:
    """The queue of one connection. ``write`` and ``close`` are those of the real transport; ``crowded`` is told True
    when the queue is full and False when there is room again; ``cut`` is called when the connection is to end."""

    def __init__(
        self,
        write: Callable[[bytes], None],
        close: Callable[[], None],
        call_later: Callable[..., Any],
        crowded: Callable[[bool], None],
        cut: Callable[[], None],
    ) -> None:
        self._write = write
        self._close = close
        self._call_later = call_later
        self._crowded = crowded
        self._cut = cut
        self._loads: deque[_Load] = deque()
        self._queued = 0
        self._left: int | None = None
        self._timer: Any = None
        self._is_crowded = False
        self._is_cut = False
        self._closing = False

    @property
    def is_idle(self) -> bool:
        """Whether what is written now may go straight to the real transport."""
        return not self._loads and self._left is None and not self._is_cut

    def write(self, octets: bytes, effect: Effect | None) -> None:
        """Write, with this effect (of the point ``transport``) or behind what an earlier one has queued."""
        if self._is_cut:
            return
        if isinstance(effect, Disconnect) and self._left is None:
            self._left = effect.octets
        last = False
        if self._left is not None:
            last = len(octets) >= self._left
            octets = octets[: self._left]
            self._left -= len(octets)
            self._is_cut = last
        size, first, wait = max(1, len(octets)), 0.0, 0.0
        if isinstance(effect, SlowBytes):
            size = max(1, int(effect.octets_per_second / _PIECES_PER_SECOND))
            first = wait = size / effect.octets_per_second
        elif isinstance(effect, Chunked):
            size, wait = effect.octets, effect.seconds
        elif isinstance(effect, Stall):
            first = effect.seconds or math.inf
        self._loads.append(_Load(octets, size, first, wait, last))
        self._queued += len(octets)
        if len(self._loads) == 1:
            self._next(first)
        if self._queued > FULL_OCTETS and not self._is_crowded:
            self._is_crowded = True
            self._crowded(True)

    def lose_connection(self) -> None:
        """Close the real transport when everything queued has been written."""
        self._closing = True
        if not self._loads:
            self._close()

    def stop(self) -> None:
        """The connection is over: nothing more is written."""
        self._is_cut = True
        self._loads.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _next(self, wait: float) -> None:
        """Write the next piece after so many seconds; what need not wait is written now."""
        if wait == math.inf:
            return
        if wait <= 0 and self._loads[0].written == 0:
            self._write_piece()
        else:
            self._timer = self._call_later(wait, self._due)

    def _due(self) -> None:
        self._timer = None
        self._write_piece()

    def _write_piece(self) -> None:
        load = self._loads[0]
        piece = load.octets[load.written : load.written + load.size]
        if piece:
            self._write(piece)
        load.written += len(piece)
        self._queued -= len(piece)
        if self._is_crowded and self._queued <= FULL_OCTETS // 2:
            self._is_crowded = False
            self._crowded(False)
        if load.written < len(load.octets):
            self._next(load.wait)
            return
        self._loads.popleft()
        if load.last:
            self._cut()
        elif self._loads:
            self._next(self._loads[0].first)
        if self._closing and not self._loads:
            self._close()
