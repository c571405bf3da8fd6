"""One contract, run on every storage."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from gateway.storage.base import Storage
from gateway.storage.memory import MemoryStorage
from tests.databases import NoServer, PostgresqlServer, open_postgresql, open_sqlite, postgresql_server, text_of

KINDS = ("memory", "sqlite", "postgresql")


@pytest.fixture(scope="session")
def server() -> PostgresqlServer:
    """A PostgreSQL server; a test that needs one is skipped where none can be had."""
    try:
        return postgresql_server()
    except NoServer as reason:
        pytest.skip(f"no PostgreSQL: {reason}")


@cache
def the_database(server: PostgresqlServer) -> str:
    """A database that tests use one after the other."""
    return server.new_database()


@pytest.fixture
def database(server: PostgresqlServer) -> Iterator[str]:
    """The URL of a PostgreSQL database with nothing in it."""
    url = the_database(server)
    yield url
    server.empty(url)


@pytest.fixture(params=KINDS)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    """A fresh storage of each kind, without threads."""
    if request.param == "memory":
        yield MemoryStorage(text_of=text_of)
        return
    if request.param == "sqlite":
        storage = open_sqlite(tmp_path).storage
    else:
        storage = open_postgresql(request.getfixturevalue("database"), tmp_path).storage
    yield storage
    storage.close()
