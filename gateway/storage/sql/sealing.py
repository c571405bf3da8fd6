"""Sealing: texts that hold a PIN or a code are kept encrypted with a key that is not in the database.

AES-256-GCM; the key is made from the pepper, the id of the message is bound to its octets, so that a sealed text
cannot be moved to another row and read there.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_OCTETS: Final = 12
"""The nonce of NIST SP 800-38D §8.2; random, so good for 2^32 texts under one pepper."""


class Unopenable(Exception):
    """The octets were sealed with another pepper, or for another message."""


class Seal:
    """Closes and opens octets. ``reveal`` keeps what is sealed beyond the final state of its message."""

    def __init__(self, pepper: bytes, *, reveal: bool = False) -> None:
        self.reveal = reveal
        self._cipher = AESGCM(_derived(pepper, b"sealed texts"))
        self.fingerprint = _derived(pepper, b"fingerprint").hex()[:32]
        """Tells whether a database was written with this pepper, and nothing about it."""

    def close(self, octets: bytes, message_id: int) -> bytes:
        """Sealed octets; nothing stays nothing."""
        if not octets:
            return b""
        nonce = os.urandom(_NONCE_OCTETS)
        return nonce + self._cipher.encrypt(nonce, octets, str(message_id).encode())

    def open(self, sealed: bytes, message_id: int) -> bytes:
        """The octets again; raises Unopenable."""
        if not sealed:
            return b""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_OCTETS], sealed[_NONCE_OCTETS:], str(message_id).encode())
        except InvalidTag:
            raise Unopenable(f"message {message_id} was sealed with another pepper") from None


class Shut:
    """A seal without its pepper, for whoever reads and must not see secrets: what was sealed is nothing to it."""

    reveal = False

    def close(self, octets: bytes, message_id: int) -> bytes:
        raise Unopenable(f"message {message_id} cannot be sealed without the pepper")

    def open(self, sealed: bytes, message_id: int) -> bytes:
        return b""


def _derived(pepper: bytes, purpose: bytes) -> bytes:
    """A key of its own for each purpose (HKDF-Expand of RFC 5869 for one block)."""
    return hmac.digest(hashlib.sha256(pepper).digest(), b"sms-gateway " + purpose + b"\x01", "sha256")
