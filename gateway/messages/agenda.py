"""What is due when, on emulated time: expiries, schedules, delayed receipts, retries.

The agenda holds no clock and no timer: its owner asks for the next time, arms one timer for it and runs what is due.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

import attrs


@attrs.define(order=True)
class Step:
    """One thing to do at an emulated time (µs UTC). Steps of the same time run in the order they were planned."""

    at: int
    number: int
    action: Callable[[], None] = attrs.field(eq=False, repr=False)
    cancelled: bool = attrs.field(default=False, eq=False)


class Agenda:
    """A heap of steps. ``on_earlier`` is called when a new step is due before all others (to rearm the timer)."""

    def __init__(self, on_earlier: Callable[[], None] = lambda: None) -> None:
        self._steps: list[Step] = []
        self._numbers = itertools.count()
        self._live = 0
        self.on_earlier = on_earlier

    def __len__(self) -> int:
        return self._live

    def plan(self, at: int, action: Callable[[], None]) -> Step:
        """Run ``action()`` when the emulated time is ``at``; keep the step to cancel it."""
        step = Step(at, next(self._numbers), action)
        heapq.heappush(self._steps, step)
        self._live += 1
        if self._steps[0] is step:
            self.on_earlier()
        return step

    def cancel(self, step: Step) -> None:
        """Make the step never run; cancelling one that ran or was cancelled is no fault."""
        if not step.cancelled:
            step.cancelled = True
            self._live -= 1
            # Cancelled steps are dropped when they surface; when most of the heap is dead it is built anew, so that
            # many long plans cancelled early do not hold memory.
            if len(self._steps) > 1000 and self._live < len(self._steps) // 2:
                self._steps = [live for live in self._steps if not live.cancelled]
                heapq.heapify(self._steps)

    def next_at(self) -> int | None:
        """When the next step is due, or None when there is nothing to do."""
        while self._steps and self._steps[0].cancelled:
            heapq.heappop(self._steps)
        return self._steps[0].at if self._steps else None

    def take_due(self, now: int) -> Step | None:
        """The earliest step that is due at ``now``, taken off the agenda; None when nothing is due."""
        at = self.next_at()
        if at is None or at > now:
            return None
        step = heapq.heappop(self._steps)
        step.cancelled = True
        self._live -= 1
        return step

    def clear(self) -> None:
        """Forget every step."""
        for step in self._steps:
            step.cancelled = True
        self._steps.clear()
        self._live = 0
