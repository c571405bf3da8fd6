"""Keyed randomness: the same seed, purpose and key give the same number, whatever was drawn before.

Draws are keyed and not streamed, so that the PIN of one subscriber does not depend on how the traffic of others was
interleaved with it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets


class Draws:
    """``draw(purpose, key, below)`` gives an integer in ``range(below)``.

    With a seed it is a function of (seed, purpose, key); without one (None) it comes from :mod:`secrets`.
    """

    __slots__ = ("_key",)

    def __init__(self, seed: int | None) -> None:
        self._key = None if seed is None else str(seed).encode()

    def draw(self, purpose: str, key: tuple[object, ...], below: int) -> int:
        """An integer ``0 <= n < below`` for this purpose and key; raises ValueError when ``below`` < 1."""
        if below < 1:
            raise ValueError(f"nothing to draw below {below}")
        if self._key is None:
            return secrets.randbelow(below)
        spelled = "\x1f".join([purpose, *map(str, key)]).encode()
        # 256 bits over a range of some millions: the bias of the remainder is below 2**-200.
        return int.from_bytes(hmac.digest(self._key, spelled, hashlib.sha256), "big") % below
