"""How fast a client may submit: a token bucket on monotonic time."""

from __future__ import annotations


class TokenBucket:
    """``rate`` tokens a second, at most one second's worth saved up (and never less than one whole token).

    The bucket starts full, so that a burst of two passes under a limit of a hundred.
    """

    __slots__ = ("_at", "_capacity", "_rate", "_tokens")

    def __init__(self, rate: float, now: float) -> None:
        """``rate`` > 0; a client without a limit has no bucket at all."""
        if rate <= 0:
            raise ValueError("a bucket needs a rate above 0; no limit means no bucket")
        self._rate = rate
        self._capacity = max(rate, 1.0)
        self._tokens = self._capacity
        self._at = now

    def take(self, now: float, tokens: int = 1) -> bool:
        """Take ``tokens`` (a submit_multi takes one for each destination) or, when they are not there, none.

        A single request of more tokens than the bucket holds passes when it is full and leaves it in debt: refusing
        it would refuse it for ever.
        """
        self._tokens = self._saved(now)
        self._at = now
        if self._tokens < min(tokens, self._capacity):
            return False
        self._tokens -= tokens
        return True

    def has(self, now: float) -> bool:
        """Whether a token is there; takes none."""
        return self._saved(now) >= 1.0

    def is_full(self, now: float) -> bool:
        """Whether the bucket is as it was in the beginning, so that it may as well be forgotten."""
        return self._saved(now) >= self._capacity

    def _saved(self, now: float) -> float:
        return min(self._capacity, self._tokens + (now - self._at) * self._rate)
