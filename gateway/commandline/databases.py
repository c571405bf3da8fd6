"""What the subcommands that work on a database share: which one it is, and how it is opened."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from gateway.commandline.faults import Failed, Unusable
from gateway.messages.message import Message
from gateway.messages.reading import text_of
from gateway.storage.base import Keys, StorageUnusable, Work

Command = TypeVar("Command", bound=Callable[..., Any])
T = TypeVar("T")

database_option = click.option(
    "--database",
    metavar="URL",
    envvar="SMS_GATEWAY_DATABASE",
    show_envvar=True,
    help="sqlite:///FILE or postgresql://USER@HOST/NAME.",
)

pepper_option = click.option(
    "--pepper-file",
    metavar="PATH",
    type=click.Path(path_type=Path),
    envvar="SMS_GATEWAY_PEPPER_FILE",
    show_envvar=True,
    help="The gateways' pepper file; needed for PostgreSQL.",
)


@contextmanager
def books_to_read(url: str | None) -> Iterator[Any]:
    """The books of a database that a gateway may be using; exits with status 2 when they cannot be read."""
    url = _given(url)
    # Imported here, as everywhere: SQLAlchemy is for those who use it.
    from gateway.storage.sql.opening import reading

    try:
        with reading(url) as books:
            yield books
    except StorageUnusable as error:
        raise Unusable([str(error)]) from None


def change(url: str | None, pepper_file: Path | None, work: Work[T]) -> T:
    """Run one work on a database that must be there; exits with status 2, or with 1 when the work fails."""
    url = _given(url)
    from gateway.storage.sql.opening import open_storage

    try:
        opened = open_storage(url, text_of=_text, pepper_file=pepper_file, report=_report, must_exist=True)
    except StorageUnusable as error:
        raise Unusable([str(error)]) from None
    results: list[T] = []
    failures: list[Exception] = []
    try:
        opened.storage.submit(work, results.append, failures.append)
    finally:
        opened.storage.close()
    if failures:
        raise Failed(str(failures[0]))
    return results[0]


def _given(url: str | None) -> str:
    if not url:
        raise Unusable(["which? --gateway URL names a running gateway, --database URL a database"])
    return url


def keys_of(numbers: tuple[str, ...]) -> Keys:
    """The keys of a work on these accounts."""
    return Keys(accounts=numbers)


def _text(message: Message) -> str | None:
    return text_of(message, "gsm0338")


def _report(where: str, error: BaseException) -> None:
    sys.stderr.write(f"{where}: {error}\n")
