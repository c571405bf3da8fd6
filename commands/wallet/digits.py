"""Secret digits: drawing them, and keeping them as keyed digests.

A PIN has ten thousand values, so no cost factor makes a stolen digest slow to search; a key (the pepper)
that is not stored beside the digests does.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from commands.wallet.rules import Draw

# Each further attempt is needed only when the one before drew an unwanted value: a rare thing, unless the
# drawing is not random at all.
_ATTEMPTS: Final = 20


def digest(pepper: bytes, purpose: str, *parts: object) -> bytes:
    """32 octets, HMAC-SHA256 (RFC 2104) of the purpose and the parts under the pepper."""
    spelled = "\x1f".join((purpose, *map(str, parts)))
    return hmac.digest(pepper, spelled.encode("utf-8", "surrogatepass"), hashlib.sha256)


def same(left: bytes, right: bytes) -> bool:
    """Whether two digests are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(left, right)


def draw_digits(
    draw: Draw, purpose: str, key: tuple[object, ...], digits: int, is_unwanted: Callable[[str], bool]
) -> str:
    """A string of `digits` digits that is wanted. The first attempt is drawn with `key`, each further one
    with (*key, attempt); in the end the next wanted value above the last attempt is taken."""
    below = 10**digits
    value = draw(purpose, key, below)
    for attempt in range(1, _ATTEMPTS):
        spelled = f"{value:0{digits}d}"
        if not is_unwanted(spelled):
            return spelled
        value = draw(purpose, (*key, attempt), below)
    while is_unwanted(spelled := f"{value:0{digits}d}"):
        value = (value + 1) % below
    return spelled
