"""Who guesses passwords: failed binds are counted by IP address and by system_id, and answered later and later.

Times are monotonic seconds. A person who mistypes and a test that tries a few wrong passwords notice nothing. Who
guesses from one address is not heard any more after some twenty failures a second, and who guesses from many waits for
each answer. The client whose password is guessed at may always bind from an address that does not guess.
"""

from __future__ import annotations

from typing import Final

import attrs

from gateway.clients.throttle import TokenBucket

FREE_FAILURES: Final = 20
"""So many in a row are answered at once: those of a test suite, not those of a guesser."""

FIRST_DELAY: Final = 0.02
LONGEST_DELAY: Final = 0.25
"""Longer would hold connections for the guesser's sake, and lets a test of wrong passwords wait."""

MOST_KNOWN: Final = 50_000
"""Addresses and clients remembered; the oldest are forgotten first."""


@attrs.define(eq=False)
class _Record:
    bucket: TokenBucket
    in_a_row: int = 0


class FailedBinds:
    """Counts failures of each IP address, and of each system_id that exists: made-up names cost no memory."""

    def __init__(self, rate: float) -> None:
        """``rate``: failures of one address a second, beyond which no password of it is looked at."""
        self._rate = rate
        self._records: dict[tuple[str, str], _Record] = {}

    def __len__(self) -> int:
        return len(self._records)

    def are_too_many(self, ip: str, now: float) -> bool:
        """Whether a bind is refused without looking at its password."""
        record = self._records.get(("ip", ip))
        return record is not None and not record.bucket.has(now)

    def failed(self, ip: str, system_id: str | None, now: float) -> float:
        """Count a refused bind; gives the seconds to wait with the answer.

        ``system_id`` is None when there is no such client.
        """
        keys = [("ip", ip)] if system_id is None else [("ip", ip), ("system_id", system_id)]
        in_a_row = 0
        for key in keys:
            record = self._records.get(key)
            if record is None:
                if len(self._records) >= MOST_KNOWN:
                    del self._records[next(iter(self._records))]
                record = self._records[key] = _Record(TokenBucket(self._rate, now))
            record.bucket.take(now)
            record.in_a_row += 1
            in_a_row = max(in_a_row, record.in_a_row)
        if in_a_row <= FREE_FAILURES:
            return 0.0
        return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(in_a_row - FREE_FAILURES - 1, 10))

    def passed(self, ip: str, system_id: str) -> None:
        """An accepted bind: the next failure is a first one again."""
        for key in (("ip", ip), ("system_id", system_id)):
            record = self._records.get(key)
            if record is not None:
                record.in_a_row = 0

    def forget(self, now: float) -> None:
        """Let go of those that have not failed for a while."""
        for key in [key for key, record in self._records.items() if record.bucket.is_full(now)]:
            del self._records[key]
