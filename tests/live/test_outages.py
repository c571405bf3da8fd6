"""A database that is locked, full, restarted or unusable: sessions live, statuses are right, all goes on by itself."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.gateways import run
from tests.live.load import Client, Ledger, Place, exported, postgresql_place, server_or_skip, sqlite_place

pytestmark = pytest.mark.live

RMSGQFUL, RSYSERR = 0x14, 0x08
LINK_SECONDS = 0.25


def work_and_enquire(client: Client, seconds: float, rate: float) -> None:
    """Text for so long, asking for the link four times a second; every question is answered."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        client.enquire()
        client.work(0.25, rate=rate)
    client.work(5, until=lambda: client.unanswered_links == 0, rate=-1)
    assert client.unanswered_links == 0


def goes_on(client: Client, within: float) -> bool:
    """Whether submits are accepted again in time."""
    before = len(client.ledger.acknowledged)
    client.work(within, until=lambda: len(client.ledger.acknowledged) > before + 100, rate=500)
    return len(client.ledger.acknowledged) > before + 100


def nothing_is_lost(place: Place, ledger: Ledger) -> None:
    ids = {row["id"] for row in exported(place) if row["kind"] == "submitted"}
    assert set(ledger.acknowledged) - ids == set()


def test_e03_a_lock_of_ten_seconds_blocks_nobody_but_submits(tmp_path: Path) -> None:
    """Links are answered within 250 ms, submits wait and get 0x08, and it goes on when the lock is gone."""
    place, ledger = sqlite_place(tmp_path), Ledger()
    with place.gateway() as gateway:
        client = Client(gateway, ledger)
        assert goes_on(client, 10)
        other = sqlite3.connect(tmp_path / "crash.db", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        unlock = threading.Timer(10, lambda: other.execute("ROLLBACK"))
        unlock.start()
        work_and_enquire(client, 10, 50)
        unlock.join()
        assert set(ledger.refused) == {RSYSERR}
        assert ledger.slowest_link < LINK_SECONDS
        assert goes_on(client, 5)
        client.close()
        assert gateway.stop() == 0
    nothing_is_lost(place, ledger)


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own, where that is allowed."""
    disk = folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(disk)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"no disk of our own: {mounted.stderr.strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Take what room is left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    return ballast


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may mount a disk")
def test_e02_a_full_disk_answers_0x14_and_recovers_by_itself(tmp_path: Path) -> None:
    """No session ends, nothing acknowledged is lost, and room makes it go on."""
    with small_disk(tmp_path, 24) as disk:
        place, ledger = sqlite_place(disk), Ledger()
        with place.gateway() as gateway:
            client = Client(gateway, ledger)
            assert goes_on(client, 10)
            ballast = fill(disk)
            client.work(20, until=lambda: ledger.refused[RMSGQFUL] > 300, rate=1000)
            work_and_enquire(client, 1, 200)
            assert set(ledger.refused) == {RMSGQFUL}
            ballast.unlink()
            assert goes_on(client, 5)
            client.close()
            assert gateway.stop() == 0
        nothing_is_lost(place, ledger)


def test_a_server_that_is_restarted_under_load(tmp_path: Path) -> None:
    """While it is gone submits get 0x08 and links are answered; within five seconds of its return all goes on."""
    place, ledger = postgresql_place(tmp_path), Ledger()
    server = server_or_skip()
    with place.gateway() as gateway:
        client = Client(gateway, ledger)
        assert goes_on(client, 10)
        server.tell("stop")
        try:
            work_and_enquire(client, 3, 100)
        finally:
            server.tell("start")
        assert set(ledger.refused) == {RSYSERR}
        assert ledger.slowest_link < LINK_SECONDS
        assert goes_on(client, 5)
        wanted = set(ledger.acknowledged.values())
        client.work(20, until=lambda: wanted <= ledger.replies.keys(), rate=-1)
        assert wanted - ledger.replies.keys() == set()
        client.close()
        assert gateway.stop() == 0
    nothing_is_lost(place, ledger)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_bytes(b"no database" * 1000), "not a database"),
        (lambda path: (path.touch(), path.chmod(0o444)), "read-only"),
        (lambda path: sqlite3.connect(path).execute("CREATE TABLE songs (name TEXT)"), "another program"),
    ],
)
def test_e04_serve_does_not_start_on_what_it_cannot_use(tmp_path: Path, spoil: object, said: str) -> None:
    """Exit status 2, one line, no traceback."""
    assert callable(spoil)
    spoil(tmp_path / "gateway.db")
    status, _, error = run(
        ["serve", "--smpp-port", "0", "--http-port", "0", "--database", f"sqlite:///{tmp_path}/gateway.db"]
    )
    assert status == 2
    assert said in error
    assert len(error.splitlines()) == 1


def test_a_second_gateway_on_a_file_is_refused(tmp_path: Path) -> None:
    """And the first one goes on."""
    place, ledger = sqlite_place(tmp_path), Ledger()
    with place.gateway() as gateway:
        status, _, error = run(["serve", "--smpp-port", "0", "--http-port", "0", "--database", place.url])
        assert status == 2
        assert f"in use by another process ({gateway.process.pid})" in error
        client = Client(gateway, ledger)
        assert goes_on(client, 10)
        client.close()
