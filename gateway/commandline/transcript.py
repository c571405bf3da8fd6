"""How the demo looks: coloured on a terminal, plain lines anywhere else and under NO_COLOR."""

from __future__ import annotations

import os
import sys
from typing import Protocol

import click
from rich.console import Console
from rich.text import Text

from gateway.commandline.conversations import Conversation
from gateway.commandline.playing import Played

_CODINGS = {0: "GSM", 8: "UCS-2"}


class Transcript(Protocol):
    """Shows a demo while it runs."""

    def say(self, text: str) -> None:
        """A line about the whole."""

    def begin(self, conversation: Conversation) -> None:
        """A conversation starts."""

    def turn(self, played: Played) -> None:
        """A turn was played."""


def transcript() -> Transcript:
    """The right one for standard output."""
    return Coloured(Console(highlight=False)) if sys.stdout.isatty() and "NO_COLOR" not in os.environ else Plain()


class Plain:
    """One line a turn, without escape sequences."""

    def say(self, text: str) -> None:
        click.echo(text)

    def begin(self, conversation: Conversation) -> None:
        click.echo(f"\n{conversation.title}")

    def turn(self, played: Played) -> None:
        for note in played.turn.note.splitlines():
            click.echo(f"  # {note}")
        click.echo(f"  {played.turn.subscriber} {_arrow(played)} {_one_line(played.text)}  ({travel(played)})")
        for line in faults_of(played):
            click.echo(f"    {line}")


class Coloured:
    """The same lines, made for eyes: who speaks, what was said, and in grey how it travelled."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, text: str) -> None:
        self._console.print(Text(text))

    def begin(self, conversation: Conversation) -> None:
        self._console.print(Text(f"\n{conversation.title}", style="bold"))

    def turn(self, played: Played) -> None:
        sent = played.turn.direction == "sent"
        for note in played.turn.note.splitlines():
            self._console.print(Text(f"  # {note}", style="italic dim"))
        line = Text.assemble(
            (f"  {played.turn.subscriber} ", "dim"),
            (f"{_arrow(played)} {_one_line(played.text)}", "cyan" if sent else "red" if played.fault else "green"),
            (f"  {travel(played)}", "dim"),
        )
        self._console.print(line, soft_wrap=True)
        for fault in faults_of(played):
            self._console.print(Text(f"    {fault}", style="red"), soft_wrap=True)


def travel(played: Played) -> str:
    """How a text travelled: coding, segments, and for a reply the time it took."""
    parts = []
    if played.data_coding is not None:
        parts.append(_CODINGS.get(played.data_coding, f"data_coding {played.data_coding}"))
    parts.append(f"{played.segments} segment{'s' if played.segments != 1 else ''}")
    if played.turn.direction == "expected":
        parts.append(f"{played.milliseconds:.1f} ms")
    return ", ".join(parts)


def faults_of(played: Played) -> list[str]:
    """What is wrong with this turn, with what was expected where that helps; empty when all is well."""
    if not played.fault:
        return []
    expected = [f"expected: {_one_line(played.turn.text)}"] if played.text != played.turn.text else []
    return [f"line {played.turn.line}: {played.fault}", *expected]


def _arrow(played: Played) -> str:
    return ">" if played.turn.direction == "sent" else "<"


def _one_line(text: str) -> str:
    return text.replace("\n", "\\n")
