"""From a URL to a storage that may be used, or to a StorageUnusable that says why not; nothing is touched then."""

from __future__ import annotations

import importlib.util
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gateway.storage.base import StorageUnusable, TextOf
from gateway.storage.sql import schema
from gateway.storage.sql.books import SqlBooks
from gateway.storage.sql.commits import MOST_WAITING
from gateway.storage.sql.database import Database
from gateway.storage.sql.files import FileLock, new_pepper, read_pepper
from gateway.storage.sql.rows import MessageRows
from gateway.storage.sql.sealing import Seal, Shut
from gateway.storage.sql.sqlite import SqliteDatabase, sqlite_engine
from gateway.storage.sql.storage import CallInReactor, SqlStorage

if TYPE_CHECKING:
    from gateway.storage.sql.claims import SqlClaims

_OLDEST_SQLITE: Final = (3, 33, 0)  # UPDATE FROM


@attrs.frozen
class Opened:
    """A storage and what was read at its opening."""

    storage: SqlStorage
    pepper: bytes = attrs.field(repr=False)
    meta: dict[str, str]
    claims: SqlClaims | None = None
    """For a gateway that may share the storage with others."""
    listen: Callable[[], Any] | None = None
    """Makes a psycopg connection that hears of free messages; blocks, and raises psycopg.Error."""


def open_storage(
    url: str,
    *,
    text_of: TextOf,
    pepper_file: Path | None = None,
    call_in_reactor: CallInReactor | None = None,
    report: Callable[[str, BaseException], None],
    reveal: bool = False,
    most_waiting: int = MOST_WAITING,
    must_exist: bool = False,
    lease_clock: Callable[[], float] | None = None,
    history: int = 0,
) -> Opened:
    """Open ``sqlite:///file`` or ``postgresql://…``, making what is not there yet.

    ``call_in_reactor`` None: without threads. ``must_exist``: an empty database is a fault. ``lease_clock``: for a
    gateway, the seconds that its leases are measured by; a storage that cannot be shared needs none. ``history``:
    about how many finished messages are kept; 0: all. Raises StorageUnusable.
    """
    place = _place(url)
    pepper_path = pepper_file or place.pepper_file
    if pepper_path is None:
        raise StorageUnusable(f"{place.what} needs a pepper file: --pepper-file PATH, the same for all its gateways")
    lock = None if place.path is None else _lock(place.path, must_exist=must_exist)
    try:
        is_there = _checked(place)
        if must_exist and not is_there:
            raise StorageUnusable(f"{place.what} is empty: no gateway has used it yet")
        # A pepper is drawn for a new file only: an old one without its pepper has texts that nobody could open.
        is_drawn = not is_there and pepper_file is None and not pepper_path.exists()
        pepper = new_pepper(pepper_path) if is_drawn else read_pepper(pepper_path)
        seal = Seal(pepper, reveal=reveal)
        if not is_there:
            with place.engine(read_only=False) as engine:
                schema.create(engine, seal.fingerprint, place.what)
        with place.engine(read_only=True) as engine:
            meta = schema.meta_rows(engine, place.what)
        if meta.get("pepper") != seal.fingerprint:
            raise StorageUnusable(f"{place.what} was written with another pepper than that of {pepper_path}")
        writer = place.database(read_only=False)
        claims = None if lease_clock is None else place.claims(writer, lease_clock)
        storage = SqlStorage(
            writer,
            place.database(read_only=True),
            MessageRows(seal, text_of),
            call_in_reactor=call_in_reactor,
            report=report,
            reveal=reveal,
            most_waiting=most_waiting,
            on_close=lambda: None if lock is None else lock.release(),
            claims=claims,
            history=history,
        )
    except StorageUnusable:
        if lock is not None:
            lock.release()
        raise
    return Opened(storage, pepper, meta, claims, place.listen if claims is not None else None)


@contextmanager
def reading(url: str) -> Iterator[SqlBooks]:
    """The books of a storage that a gateway may be using: to look at, without secrets. Raises StorageUnusable."""
    place = _place(url)
    if place.path is not None and not place.path.exists():
        raise StorageUnusable(f"there is no file {place.path}")
    if not _checked(place, whole=False):
        raise StorageUnusable(f"{place.what} is empty: no gateway has used it yet")
    database = place.database(read_only=True)
    try:
        database.begin()
        yield SqlBooks(database, MessageRows(Shut(), lambda _: None))
    finally:
        database.rollback()
        database.close()


@attrs.frozen
class _Place:
    """Where a storage is; ``path`` and ``pepper_file`` for SQLite only."""

    url: str = attrs.field(repr=False)
    what: str
    path: Path | None = None

    @property
    def pepper_file(self) -> Path | None:
        return None if self.path is None else self.path.with_name(f"{self.path.name}.pepper")

    @contextmanager
    def engine(self, *, read_only: bool) -> Iterator[Engine]:
        if self.path is not None:
            wal = self.path.with_name(f"{self.path.name}-wal")
            is_still = read_only and not (wal.exists() and wal.stat().st_size)
            engine = sqlite_engine(self.path, read_only=read_only, immutable=is_still)
        else:
            from gateway.storage.sql.postgresql import postgresql_engine

            # Whether the server is read-only is looked at: a session that asks for it itself would not know.
            engine = postgresql_engine(self.url, read_only=False)
        try:
            yield engine
        finally:
            engine.dispose()

    def database(self, *, read_only: bool) -> Database:
        if self.path is not None:
            return SqliteDatabase(self.path, read_only=read_only)
        from gateway.storage.sql.postgresql import PostgresqlDatabase

        return PostgresqlDatabase(self.url, read_only=read_only)

    def claims(self, writer: Database, clock: Callable[[], float]) -> SqlClaims | None:
        """The claims of a gateway on this storage; None where only one gateway can be."""
        if self.path is not None:
            return None
        from gateway.storage.sql.claims import SqlClaims
        from gateway.storage.sql.postgresql import PostgresqlDatabase

        assert isinstance(writer, PostgresqlDatabase)
        return SqlClaims(writer, clock)

    def listen(self) -> Any:
        from gateway.storage.sql.claims import CHANNEL
        from gateway.storage.sql.postgresql import listening_connection

        return listening_connection(self.url, CHANNEL)


def _place(url: str) -> _Place:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StorageUnusable("the database is no URL such as sqlite:///file or postgresql://user@host/name") from None
    if parsed.drivername == "sqlite" and parsed.database and parsed.database != ":memory:":
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            raise StorageUnusable(f"SQLite {sqlite3.sqlite_version} is too old: 3.33 is needed")
        path = Path(parsed.database).absolute()
        return _Place(url, str(path), path)
    if parsed.drivername == "postgresql":
        if importlib.util.find_spec("psycopg") is None:
            raise StorageUnusable("postgresql:// needs psycopg: pip install 'sms-command-gateway[postgres]'")
        return _Place(url, parsed.render_as_string(hide_password=True))
    raise StorageUnusable("no such storage; there is sqlite:///file and postgresql://user@host/name")


def _lock(path: Path, *, must_exist: bool) -> FileLock:
    if not path.parent.is_dir():
        raise StorageUnusable(f"there is no folder {path.parent}")
    if path.exists():
        # root may write anything; a file that is marked read-only is meant to stay as it is all the same.
        if not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK):
            raise StorageUnusable(f"{path} is read-only")
    elif must_exist:
        raise StorageUnusable(f"there is no file {path}")
    return FileLock(path.with_name(f"{path.name}.lock"))


def _checked(place: _Place, *, whole: bool = True) -> bool:
    """Whether a usable schema is there; raises StorageUnusable for one that is not."""
    path = place.path
    if path is not None and (not path.exists() or path.stat().st_size == 0):
        return False
    with place.engine(read_only=True) as engine:
        is_there = schema.check(engine, place.what)
        if is_there and whole and path is not None:
            schema.check_whole(engine, path)
        return is_there
