"""What outlives the process, and what is refused before anything is touched."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from commands.wallet.accounts import Account
from gateway.messages.message import Fate, Message
from gateway.smpp.constants import MessageState
from gateway.storage.base import Storage, StorageFull, StorageUnusable
from gateway.storage.query import MessageQuery
from gateway.storage.sql import commits
from gateway.storage.sql.compiling import Query
from gateway.storage.sql.opening import open_storage
from gateway.storage.sql.sealing import Seal, Unopenable
from gateway.storage.sql.sqlite import SqliteDatabase
from gateway.storage.sql.tables import SCHEMA_VERSION
from tests.contracts.test_storage import Do, a_message, run
from tests.databases import open_postgresql, open_sqlite, text_of

Open = Callable[..., Storage]


@pytest.fixture(params=["sqlite", "postgresql"])
def open_again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same database each time it is called; the one before must be closed."""
    opened: list[Storage] = []

    def reopen(**options: Any) -> Storage:
        for storage in opened:
            storage.close()
        if request.param == "sqlite":
            opened.append(open_sqlite(tmp_path, **options).storage)
        else:
            opened.append(open_postgresql(request.getfixturevalue("database"), tmp_path, **options).storage)
        return opened[-1]

    yield reopen
    for storage in opened:
        storage.close()


def raw(path: Path, statement: str) -> list[tuple[Any, ...]]:
    """What another program sees in the file."""
    connection = sqlite3.connect(path)
    try:
        with connection:
            return connection.execute(statement).fetchall()
    finally:
        connection.close()


def test_ids_are_never_used_again(open_again: Open) -> None:
    """After a restart they go on above all that were given, also those that were rolled back."""
    first = run(open_again(), lambda books: [books.messages.next_id() for _ in range(2500)])
    assert first == list(range(1, 2501))
    assert run(open_again(), lambda books: books.messages.next_id()) > 2500
    assert run(open_again(), lambda books: [books.payments.next_number() for _ in range(3)]) == [1, 2, 3]
    assert run(open_again(), lambda books: books.payments.next_number()) == 4


def a_secret(message_id: int, text: bytes) -> Message:
    """A sealed message to a client."""
    return a_message(message_id, sealed=True, recipient="demo", fate=Fate.CLIENT, user_data=text)


def test_a_secret_is_sealed_until_its_message_is_final_and_then_gone(tmp_path: Path) -> None:
    """The file never holds the text of a sealed message, in no column; its recipient gets it also after a restart."""
    secret = b"New PIN: 4821."
    storage = open_sqlite(tmp_path).storage
    run(
        storage,
        lambda books: books.messages.add(a_secret(1, secret)),
    )
    run(storage, lambda books: books.messages.add(a_message(2, user_data=b"Balance: 1.00")))
    storage.close()
    assert secret not in (tmp_path / "gateway.db").read_bytes()
    assert b"Balance: 1.00" in (tmp_path / "gateway.db").read_bytes()
    assert raw(tmp_path / "gateway.db", "SELECT text, folded FROM messages WHERE id = 1") == [("", "")]

    storage = open_sqlite(tmp_path).storage
    message = run(storage, lambda books: books.messages.get(1))
    assert message is not None
    assert message.user_data == secret
    run(storage, lambda books: books.messages.change(1, state=MessageState.DELIVERED))
    assert raw(tmp_path / "gateway.db", "SELECT user_data FROM messages WHERE id = 1") == [(b"",)]
    storage.close()


def test_a_revealed_secret_stays(tmp_path: Path) -> None:
    """With `reveal` the text of a final message can still be read, by whoever has the pepper."""
    storage = open_sqlite(tmp_path, reveal=True).storage
    run(
        storage,
        lambda books: books.messages.add(a_secret(1, b"PIN 4821")),
    )
    run(storage, lambda books: books.messages.change(1, state=MessageState.DELIVERED))
    storage.close()
    assert b"PIN 4821" not in (tmp_path / "gateway.db").read_bytes()
    storage = open_sqlite(tmp_path, reveal=True).storage
    message = run(storage, lambda books: books.messages.get(1))
    storage.close()
    assert message is not None
    assert message.user_data == b"PIN 4821"


def test_a_seal_opens_nothing_of_another_pepper_or_message() -> None:
    """Octets that were moved or sealed elsewhere are refused, not garbled."""
    seal = Seal(b"one pepper")
    sealed = seal.close(b"4821", 7)
    assert seal.open(sealed, 7) == b"4821"
    assert seal.close(b"4821", 7) != sealed
    for other, message_id in ((Seal(b"another"), 7), (seal, 8)):
        with pytest.raises(Unopenable):
            other.open(sealed, message_id)


def test_search_folds_case_and_drops_what_no_eye_sees(open_again: Open) -> None:
    """Cyrillic in any case, controls as spaces, % and _ as themselves; newest first; by address; page by page."""
    texts = ("Баланс 100%", "БАЛАНС 1000", "a\0b\x1bc\ud800d", "a_b")
    storage = open_again(text_of=lambda message: texts[message.id - 1] if message.id <= 4 else None)
    for number in range(1, 6):
        added = a_message(number, source_addr=f"7999{number % 2}")
        run(storage, lambda books, added=added: books.messages.add(added))  # type: ignore[misc]  # bound at once

    def found(**wanted: Any) -> list[int]:
        results: list[list[int]] = []
        storage.read(
            lambda books: [m.id for m, _ in books.messages.search(MessageQuery(**wanted))], results.append, _raise
        )
        return results[0]

    assert found(text="баланс") == found(text="БАЛАНС") == [2, 1]
    assert found(text="100%") == [1]
    assert found(text="a_b") == [4]
    assert found(text="A B C D") == [3]
    assert found() == [5, 4, 3, 2, 1]
    assert found(limit=2, before=4) == [3, 2]
    assert found(address="79990") == [4, 2]


def test_the_pepper_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    """Beside the file, readable by nobody else; another one, or none, does not open the file."""
    opened = open_sqlite(tmp_path)
    opened.storage.close()
    pepper = tmp_path / "gateway.db.pepper"
    assert stat.S_IMODE(pepper.stat().st_mode) == 0o600
    again = open_sqlite(tmp_path)
    again.storage.close()
    assert again.pepper == opened.pepper == pepper.read_bytes().strip()
    kept = pepper.read_bytes()
    for wrong in (b"x" * 40, b"short", None):
        pepper.unlink()
        if wrong is not None:
            pepper.write_bytes(wrong)
        with pytest.raises(StorageUnusable, match="pepper"):
            open_sqlite(tmp_path)
        assert pepper.exists() is (wrong is not None), "no new pepper for an old file"
        pepper.write_bytes(kept)
    open_sqlite(tmp_path).storage.close()


def newer(path: Path) -> None:
    open_sqlite(path.parent).storage.close()
    raw(path, "UPDATE schema_version SET version = 99")


def foreign(path: Path) -> None:
    raw(path, "CREATE TABLE songs (name TEXT)")


def foreign_version(path: Path) -> None:
    raw(path, "CREATE TABLE schema_version (version TEXT)")


def no_database(path: Path) -> None:
    path.write_bytes(b"a letter to my mother" * 100)


def damaged(path: Path) -> None:
    storage = open_sqlite(path.parent).storage
    for number in range(1, 300):
        added = a_message(number, user_data=b"x" * 500)
        run(storage, lambda books, added=added: books.messages.add(added))  # type: ignore[misc]  # bound at once
    storage.close()
    octets = bytearray(path.read_bytes())
    octets[len(octets) // 2 : len(octets) // 2 + 6000] = b"\xff" * 6000
    path.write_bytes(octets)


def cut(path: Path) -> None:
    damaged(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def read_only(path: Path) -> None:
    open_sqlite(path.parent).storage.close()
    path.chmod(0o444)


def a_table_short(path: Path) -> None:
    open_sqlite(path.parent).storage.close()
    raw(path, "DROP TABLE outbox")


def a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (newer, "schema version 99"),
        (foreign, "another program.*songs"),
        (foreign_version, "another program"),
        (no_database, "not a database"),
        (damaged, "damaged|malformed"),
        (cut, "damaged|malformed|cannot be used"),
        (read_only, "read-only"),
        (a_table_short, "no table 'outbox'"),
        (a_folder, "cannot be used|unable to open"),
    ],
)
def test_e04_a_file_that_cannot_be_used_is_refused_and_left_alone(
    tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    """The text says what is wrong; not an octet of the file changes."""
    path = tmp_path / "gateway.db"
    spoil(path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    with pytest.raises(StorageUnusable, match=said):
        open_sqlite(tmp_path)
    after = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    assert {name: octets for name, octets in after.items() if not name.endswith((".lock", "-shm"))} == {
        name: octets for name, octets in before.items() if not name.endswith(".lock")
    }


def test_e04_a_server_with_another_schema_is_refused_and_left_alone(database: str, tmp_path: Path) -> None:
    """A newer version and tables of another program, on PostgreSQL."""
    import psycopg

    def execute(statement: Any) -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(statement)

    open_postgresql(database, tmp_path).storage.close()
    execute("UPDATE schema_version SET version = 99")
    try:
        with pytest.raises(StorageUnusable, match="schema version 99"):
            open_postgresql(database, tmp_path)
        execute("ALTER TABLE schema_version RENAME TO elsewhere")
        with pytest.raises(StorageUnusable, match=r"another program.*'accounts'"):
            open_postgresql(database, tmp_path)
        execute("ALTER TABLE elsewhere RENAME TO schema_version")
    finally:
        execute(f"UPDATE schema_version SET version = {SCHEMA_VERSION}")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://nobody:secret@127.0.0.1:1/none", "cannot be used"),
        ("postgresql://u@127.0.0.1/d", "pepper"),
        ("sqlite:////no/such/folder/x.db", "no folder"),
        ("mysql://u:secret@h/d", "no such storage"),
        ("nonsense", "no URL"),
    ],
)
def test_a_url_that_leads_nowhere_is_told_without_its_password(url: str, said: str, tmp_path: Path) -> None:
    """What is wrong, never the secret in it."""
    pepper = tmp_path / "pepper"
    pepper.write_text("x" * 40)
    with pytest.raises(StorageUnusable, match=said) as caught:
        open_storage(url, text_of=text_of, report=print, pepper_file=None if said == "pepper" else pepper)
    assert "secret" not in str(caught.value)


def test_a_second_process_is_refused_by_the_lock(tmp_path: Path) -> None:
    """It is told who holds the file; when the holder is gone, it gets in."""
    storage = open_sqlite(tmp_path).storage
    code = (
        "from pathlib import Path; from tests.databases import open_sqlite\n"
        f"open_sqlite(Path({str(tmp_path)!r})).storage.close()"
    )
    second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert f"is in use by another process ({os.getpid()})" in second.stderr
    storage.close()
    subprocess.run([sys.executable, "-c", code], check=True)


def test_e02_a_full_disk_refuses_new_work_and_recovers(tmp_path: Path) -> None:
    """0x14 is StorageFull's; nothing half is stored, old rows stay readable, and room makes it go on by itself."""
    storage = open_sqlite(tmp_path).storage
    run(storage, lambda books: books.accounts.put(Account("1")))
    (pages,) = raw(tmp_path / "gateway.db", "PRAGMA page_count")[0]
    writer = storage._commits._database._raw()  # type: ignore[attr-defined]  # a disk that is full, without one
    writer.execute(f"PRAGMA max_page_count = {pages}")

    def add(first: int) -> None:
        run(
            storage,
            lambda books: [books.messages.add(a_message(n, user_data=b"x" * 3000)) for n in range(first, first + 50)],
        )

    with pytest.raises(StorageFull):
        add(1)
    assert run(storage, lambda books: books.accounts.get("1")) == Account("1")
    assert run(storage, lambda books: books.messages.get(1)) is None
    writer.execute("PRAGMA max_page_count = 1000000")
    add(1)
    assert run(storage, lambda books: books.messages.get(50)) is not None
    storage.close()


def test_a_reader_cannot_write(open_again: Open) -> None:
    """Queries have a connection of their own that changes nothing."""
    storage = open_again()
    failures: list[Exception] = []

    def write(books: Any) -> None:
        books.messages.next_id()

    storage.read(write, _raise, failures.append)
    assert len(failures) == 1
    assert run(storage, lambda books: books.messages.next_id()) == 1


def test_a_copy_of_the_files_of_a_running_gateway_opens(tmp_path: Path) -> None:
    """What a kill leaves: everything that was told is there."""
    folder = tmp_path / "one"
    folder.mkdir()
    storage = open_sqlite(folder).storage
    told: list[int] = []
    for number in range(1, 40):
        added = a_message(number)
        storage.submit(Do(lambda books, added=added: books.messages.add(added) or added.id), told.append, _raise)  # type: ignore[misc]  # bound at once
    copy = tmp_path / "two"
    copy.mkdir()
    for name in ("gateway.db", "gateway.db-wal", "gateway.db.pepper"):
        shutil.copy(folder / name, copy)
    left = open_sqlite(copy).storage
    assert run(left, lambda books: [m.id for m in books.messages.unfinished()]) == told
    left.close()
    storage.close()


def _raise(error: Exception) -> None:
    raise error


def test_no_query_walks_through_all_messages(tmp_path: Path) -> None:
    """Every query of SQLite finds its rows by an index; a table grows for as long as a gateway is used."""
    database = SqliteDatabase(tmp_path / "gateway.db")
    open_sqlite(tmp_path).storage.close()
    connection = sqlite3.connect(tmp_path / "gateway.db")
    queries = {name: query for name, query in vars(database.statements).items() if isinstance(query, Query)}
    assert len(queries) > 20
    for name, query in queries.items():
        plan = connection.execute(f"EXPLAIN QUERY PLAN {query.text}", ["1"] * query.parameters).fetchall()
        for *_, step in plan:
            small = step.startswith(("SCAN outbox", "SCAN parts", "SCAN anon_1", "SCAN json_each"))
            assert small or not step.startswith("SCAN") or "USING INDEX" in step, (name, step)
    connection.close()
    database.close()


def test_a_bounded_history_keeps_the_newest(open_again: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """From time to time the oldest finished messages go; unfinished ones stay, and without a bound all do."""
    monkeypatch.setattr(commits, "TRIMMED_EVERY", 10)

    def fill(storage: Storage) -> list[int]:
        for _ in range(40):
            run(storage, lambda books: books.messages.add(a_message(books.messages.next_id(), state=2)))
        query = MessageQuery(limit=1_000)
        return [message.id for message, _ in run(storage, lambda books: books.messages.search(query))]

    storage = open_again(history=20)
    run(storage, lambda books: books.messages.add(a_message(books.messages.next_id())))
    kept = fill(storage)
    assert kept == [*range(41, kept[-2] - 1, -1), 1]
    assert 20 <= len(kept) - 1 <= 30
    assert len(fill(open_again())) == len(kept) + 40
