"""What the README says is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest

from gateway.cli import COMMANDS, main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def table_rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its two first rows."""
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def templates(language: str) -> list[re.Pattern[str]]:
    """Every reply of a language as a pattern: a placeholder fits any text."""
    catalogue = tomllib.loads((ROOT / "commands" / "replies" / f"{language}.toml").read_text("utf-8"))
    constants = catalogue["constants"]
    patterns = []
    for reply in catalogue["replies"].values():
        parts = re.split(r"\{(\w+)\}", reply["text"])
        spelled = [
            re.escape(part) if at % 2 == 0 else re.escape(constants[part]) if part in constants else ".+"
            for at, part in enumerate(parts)
        ]
        patterns.append(re.compile("".join(spelled)))
    return patterns


@pytest.mark.parametrize(("column", "language"), [(2, "en"), (3, "ru")])
def test_the_replies_of_the_readme_are_those_of_the_catalogue(column: int, language: str) -> None:
    """No reply is shown that the gateway does not give."""
    rows = table_rows("Commands")
    assert len(rows) == 8
    patterns = templates(language)
    for row in rows:
        reply = row[column].strip("`")
        assert any(pattern.fullmatch(reply) for pattern in patterns), reply


def test_every_command_stands_in_the_readme() -> None:
    """The command line's table has each command, and nothing else."""
    named = [re.match(r"`sms-gateway ([a-z-]+)", row[0]) for row in table_rows("Command line")]
    assert {found[1] for found in named if found} == {*COMMANDS}


def test_every_option_of_the_readme_exists() -> None:
    """What the README tells to type can be typed."""
    context = click.Context(main)
    known = {"--help", "--version"}
    for name in COMMANDS:
        command = main.get_command(context, name)  # type: ignore[attr-defined]  # the decorator hides the group
        for one in (command, *getattr(command, "commands", {}).values()):
            for parameter in one.params:
                known.update(parameter.opts, parameter.secondary_opts)
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", README)) - known == set()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(((?!http)[^)]+)\)", README))))
def test_every_link_of_the_readme_leads_somewhere(path: str) -> None:
    """A link within the repository has its file or folder."""
    assert (ROOT / path).exists()
