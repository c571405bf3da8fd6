"""What lies beside a SQLite file: the lock that keeps a second process out, and the pepper."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path
from typing import Final

from gateway.storage.base import StorageUnusable

PEPPER_OCTETS: Final = 32
_SHORTEST_PEPPER: Final = 16


class FileLock:
    """Held by the one process that may write. It is a file of its own: to close any descriptor of the database
    itself would drop SQLite's own locks on it (sqlite.org/howtocorrupt.html §2.2)."""

    def __init__(self, path: Path) -> None:
        """Raises StorageUnusable when another process holds it."""
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StorageUnusable(f"{path} cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(self._descriptor)
            raise StorageUnusable(
                f"{path.with_suffix('')} is in use by another process ({holder}); a SQLite file serves one gateway,"
                " several share a PostgreSQL"
            ) from None
        os.truncate(self._descriptor, 0)
        os.pwrite(self._descriptor, b"%d\n" % os.getpid(), 0)

    def release(self) -> None:
        """Let others in. The file stays: to take it away would race with whoever is opening it."""
        os.close(self._descriptor)


def read_pepper(path: Path) -> bytes:
    """The key in a file; raises StorageUnusable."""
    try:
        pepper = path.read_bytes().strip()
    except OSError as error:
        raise StorageUnusable(f"pepper file {path} cannot be read: {error.strerror}") from None
    if len(pepper) < _SHORTEST_PEPPER:
        raise StorageUnusable(f"pepper file {path}: {len(pepper)} octets are too few to be a secret")
    return pepper


def new_pepper(path: Path) -> bytes:
    """Draw a key and keep it in a file that only its owner may read; raises StorageUnusable."""
    pepper = secrets.token_hex(PEPPER_OCTETS).encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pepper + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageUnusable(f"pepper file {path} cannot be written: {error.strerror}") from None
    return pepper
