"""Whether what is there is ours, of this version, and whole; and making it when there is nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, Inspector, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from gateway.storage.base import StorageUnusable
from gateway.storage.sql import tables

_CHECKED_WHOLE: Final = 256 << 20
"""Files up to this size are read whole at the start, which takes about a second."""


def check(engine: Engine, what: str) -> bool:
    """Look without touching: True when the schema is ours and of this version, False when nothing is there yet.

    Raises StorageUnusable for everything else. ``what`` names the storage in its text, without a password.
    """
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql" and _scalar(connection, "SHOW transaction_read_only") == "on":
                raise StorageUnusable(f"{what} is read-only")
            inspector: Inspector = inspect(connection)
            there = set(inspector.get_table_names())
            ours = set(tables.metadata.tables)
            foreign = there - ours if engine.dialect.name == "sqlite" else set()
            if tables.schema_version.name not in there:
                mixed = sorted(foreign | (there & ours))
                if mixed:
                    raise StorageUnusable(f"{what} belongs to another program: it has a table {mixed[0]!r}")
                return False
            version = _version(connection, what)
            if version != tables.SCHEMA_VERSION:
                raise StorageUnusable(
                    f"{what} has schema version {version}, and this gateway knows version {tables.SCHEMA_VERSION}"
                )
            missing = sorted(ours - there)
            if missing:
                raise StorageUnusable(f"{what} is damaged: it has no table {missing[0]!r}")
            return True
    except DBAPIError as error:
        raise StorageUnusable(f"{what} cannot be used: {str(error.orig).strip()}") from None


def check_whole(engine: Engine, path: Path) -> None:
    """Raises StorageUnusable for a SQLite file with damaged pages; large files are not read for it."""
    if path.stat().st_size > _CHECKED_WHOLE:
        return
    try:
        with engine.connect() as connection:
            found = _scalar(connection, "PRAGMA quick_check(1)")
    except DBAPIError as error:
        raise StorageUnusable(f"{path} is damaged: {str(error.orig).strip()}") from None
    if found != "ok":
        raise StorageUnusable(f"{path} is damaged: {found}")


def create(engine: Engine, fingerprint: str, what: str) -> None:
    """Make the schema, all of it or nothing; another gateway may be doing the same."""
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(749400)"))
                if tables.schema_version.name in inspect(connection).get_table_names():
                    return
            else:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            tables.metadata.create_all(connection)
            version = {"application": tables.APPLICATION, "version": tables.SCHEMA_VERSION}
            connection.execute(insert(tables.schema_version).values(version))
            connection.execute(insert(tables.meta).values({"name": "pepper", "value": fingerprint}))
    except DBAPIError as error:
        raise StorageUnusable(f"{what} cannot be made: {str(error.orig).strip()}") from None


def meta_rows(engine: Engine, what: str) -> dict[str, str]:
    """All small facts of the storage."""
    try:
        with engine.connect() as connection:
            rows = connection.execute(select(tables.meta.c.name, tables.meta.c.value))
            return {row.name: row.value for row in rows}
    except OperationalError as error:
        raise StorageUnusable(f"{what} cannot be read: {str(error.orig).strip()}") from None


def _version(connection: Connection, what: str) -> int:
    own = tables.schema_version.c
    try:
        found = connection.execute(select(own.version).where(own.application == tables.APPLICATION)).scalar()
    except SQLAlchemyError:
        found = None
    if found is None:
        raise StorageUnusable(f"{what} belongs to another program: its schema_version is not ours")
    return int(found)


def _scalar(connection: Connection, statement: str) -> object:
    return connection.exec_driver_sql(statement).scalar()
