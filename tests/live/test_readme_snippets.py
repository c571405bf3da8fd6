"""The clients of the README, run as they stand there against a running gateway."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.gateways import Gateway, clean_environment, running_gateway

pytestmark = pytest.mark.live

README = (Path(__file__).parent.parent.parent / "README.md").read_text("utf-8")
REPLY = "Balance: 250.00 RUB, 15.30 USD at 12:00 MSK 15.01"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    with running_gateway(folder, "--clock-start", "2026-01-15T09:00:00Z", "--clock-frozen") as ready:
        yield ready


def snippet(language: str, gateway: Gateway) -> str:
    """The one code block of this language, with the port of the gateway in it."""
    (code,) = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert "2775" in code
    return str(code).replace("2775", str(gateway.port))


def first_line(command: list[str], folder: Path) -> str:
    """What the program prints first; these clients listen for ever."""
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=clean_environment(PYTHONUNBUFFERED="1"),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        return process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.timeout(60)
def test_the_python_client_prints_the_balance(gateway: Gateway, tmp_path: Path) -> None:
    """Copied from the README, smpplib gets the reply."""
    assert first_line([sys.executable, "-c", snippet("python", gateway)], tmp_path) == REPLY


@pytest.mark.timeout(60)
@pytest.mark.slow
def test_the_node_client_prints_the_balance(gateway: Gateway, tmp_path: Path) -> None:
    """Copied from the README, npm's smpp gets the reply."""
    node = shutil.which("node")
    if node is None or subprocess.run([node, "-e", "require('smpp')"], capture_output=True, check=False).returncode:
        pytest.skip("node with npm's smpp is not installed here; NODE_PATH says where it is")
    assert first_line([node, "-e", snippet("js", gateway)], tmp_path) == REPLY
