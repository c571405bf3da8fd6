"""Golden conversations: text files that say what a subscriber sends and what must come back.

The format, one thing a line::

    # The balance, in English            the first comment is the title, a later one is a note on what follows it
    79991110002 > BALANCE                the subscriber texts the short code
    79991110002 < Balance: 250.00 RUB    the reply to the subscriber, exactly
    @ data_coding 8, segments 3          goes before a line and tells how it travels

For a ``>`` line, ``data_coding`` is the coding to send it in (without it the cheapest that holds the text) and
``method`` how a long text is cut (``udh8``, ``udh16``, ``sar``, ``payload``); for a ``<`` line, ``data_coding`` is what
must come. ``segments`` is how many there must be, either way. In a text ``\\n`` is a line break and ``\\\\`` a
backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from typing import Literal, cast

import attrs

from gateway.sms.segments import Method

_LINE = re.compile(r"(?P<subscriber>[0-9]+) (?P<direction>[<>]) (?P<text>.+)")
_EXPECTATION = re.compile(r"(data_coding|segments) ([0-9]{1,3})|(method) (udh8|udh16|sar|payload)")
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)


class ConversationError(Exception):
    """The file is not of the format; the text lists every fault with its line."""


@attrs.frozen
class Turn:
    """One line: a text to the short code (``sent``), or the reply that must come. None = not told.

    ``note`` is what the comments above it say, if any, a line each.
    """

    line: int
    direction: Literal["sent", "expected"]
    subscriber: str
    text: str
    data_coding: int | None = None
    segments: int | None = None
    method: Method = "udh8"
    note: str = ""


@attrs.frozen
class Conversation:
    """A whole file. ``name`` is the file's, without its ending."""

    name: str
    title: str
    turns: tuple[Turn, ...]


def built_in() -> list[Conversation]:
    """The conversations of the default set-up, by name."""
    folder = resources.files("gateway.fixtures").joinpath("conversations")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".txt")), key=lambda entry: entry.name)
    return [read_conversation(entry.name.removesuffix(".txt"), entry.read_text("utf-8")) for entry in files]


def read_conversation(name: str, text: str) -> Conversation:
    """The conversation that ``text`` spells; raises ConversationError with all faults."""
    faults: list[str] = []
    turns = tuple(_turns(text, faults))
    if not turns and not faults:
        faults.append("nobody says anything")
    if faults:
        raise ConversationError("\n".join(f"{name}.txt: {fault}" for fault in faults))
    first, *others = turns
    # The comments above the first turn are the title and, perhaps, a note.
    title, _, note = first.note.partition("\n")
    return Conversation(name, title or name, (attrs.evolve(first, note=note), *others))


def _turns(text: str, faults: list[str]) -> Iterator[Turn]:
    how: dict[str, int | str] = {}
    notes: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            notes.append(line[1:].strip())
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("@ "):
            for expectation in line[2:].split(", "):
                found = _EXPECTATION.fullmatch(expectation)
                if found is None:
                    faults.append(f"line {number}: {expectation!r} says nothing about how a text travels")
                elif found[1]:
                    how[found[1]] = int(found[2])
                else:
                    how[found[3]] = found[4]
            continue
        parts = _LINE.fullmatch(line)
        if parts is None:
            faults.append(f"line {number}: expected NUMBER > TEXT or NUMBER < TEXT")
            continue
        yield Turn(
            line=number,
            direction="sent" if parts["direction"] == ">" else "expected",
            subscriber=parts["subscriber"],
            text=_ESCAPE.sub(lambda escape: "\n" if escape[1] == "n" else escape[1], parts["text"]),
            data_coding=cast("int | None", how.get("data_coding")),
            segments=cast("int | None", how.get("segments")),
            method=cast("Method", how.get("method", "udh8")),
            note="\n".join(notes),
        )
        how, notes = {}, []
