"""``sms-gateway parse``: what the parser makes of a text."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from gateway.commandline.faults import Unusable


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each text.")
@click.option(
    "--commands",
    type=click.Path(path_type=Path),
    metavar="FILE",
    envvar="SMS_GATEWAY_COMMANDS",
    help="A TOML file with words of your own, as for serve.",
)
@click.argument("text", nargs=-1, required=True)
def parse(text: tuple[str, ...], as_json: bool, commands: Path | None) -> None:
    """Show how TEXT is understood, and by which steps.

    Uses no network. With TEXT - the texts are read from standard input, one a line; with --json each line is a JSON
    string, so that a text can hold any character. Put -- before a text that begins with a dash.
    """
    from commands.parsing import Parser
    from commands.parsing.lexicon import LexiconError

    try:
        parser = Parser.load(commands)
    except LexiconError as error:
        raise Unusable([f"--commands: {fault}" for fault in error.faults]) from None
    if text != ("-",):
        _show(parser, " ".join(text), as_json)
        return
    for number, line in enumerate(sys.stdin.buffer, start=1):
        try:
            one = _json_text(line) if as_json else line.decode("utf-8").rstrip("\r\n")
        except ValueError as error:
            raise Unusable([f"standard input, line {number}: {error}"]) from None
        _show(parser, one, as_json)


def _json_text(line: bytes) -> str:
    try:
        text = json.loads(line)
    except ValueError:
        raise ValueError("not JSON") from None
    if not isinstance(text, str):
        raise ValueError("expected a JSON string")
    return text


def _show(parser: Any, text: str, as_json: bool) -> None:
    explained = parser.explain(text).to_json()
    if as_json:
        # ASCII: every character, a lone surrogate too, survives any terminal and any pipe.
        click.echo(json.dumps(explained))
        return
    click.echo(f"{_visible(text)}\n  {_verdict(explained)}")
    for step in explained["steps"]:
        click.echo(f"  {step['step']:<12} {_visible(step['before'])} -> {_visible(step['after'])}")


def _verdict(explained: dict[str, Any]) -> str:
    """What would happen when the text arrives, in one line."""
    outcome = explained["outcome"].replace("_", " ")
    named = " ".join(filter(None, (explained["command"] or " or ".join(explained["commands"]), explained["argument"])))
    because = explained["reason"] or f"match: {explained['match']}"
    return f"{outcome}{': ' if named else ''}{named} ({because})"


def _visible(text: str) -> str:
    """The text with what cannot be seen escaped."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
