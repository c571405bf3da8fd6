"""What the command line says when it is to ask a running gateway."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from gateway.cli import main


@pytest.mark.parametrize(
    "command", [["accounts", "list"], ["accounts", "show", "1"], ["messages", "list"], ["messages", "export"]]
)
def test_it_must_be_said_whom_to_ask(command: list[str]) -> None:
    """Neither a gateway nor a database: exit status 2, and both options are named."""
    result = CliRunner().invoke(main, command, env={"SMS_GATEWAY_DATABASE": ""})
    assert result.exit_code == 2
    assert "--gateway URL" in result.output
    assert "--database URL" in result.output


@pytest.mark.parametrize("url", ["ftp://localhost", "localhost:8025", "http://", "file:///etc/passwd"])
def test_what_is_no_url_of_a_gateway_is_refused(url: str) -> None:
    """Only HTTP is spoken, and nothing else is opened."""
    result = CliRunner().invoke(main, ["messages", "list", "--gateway", url])
    assert result.exit_code == 2
    assert "http://127.0.0.1:8025" in result.output
