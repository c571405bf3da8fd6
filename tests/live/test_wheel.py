"""The wheel, built and installed as a stranger would: outside of the checkout, with nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.test_packaging import ROOT, data_files

pytestmark = [pytest.mark.slow, pytest.mark.live]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources without what was made from them, so that building leaves nothing in the checkout."""
    copy = tmp_path_factory.mktemp("sources") / "checkout"
    made = (".git", ".venv", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis", "node")
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*made))
    return copy


@pytest.fixture(scope="module")
def wheel(sources: Path) -> Path:
    """The wheel that pip builds of the sources."""
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", "dist", "."],
        cwd=sources,
        check=True,
    )
    (built,) = (sources / "dist").glob("*.whl")
    return built


def test_the_wheel_holds_the_program_and_nothing_else(wheel: Path) -> None:
    """Every module and every data file is in the wheel; tests are not."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry_points = archive.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
        metadata = archive.read(next(name for name in names if name.endswith(".dist-info/METADATA"))).decode()
    modules = {str(path.relative_to(ROOT)) for top in ("gateway", "commands") for path in (ROOT / top).rglob("*.py")}
    expected = {
        name.replace("fixtures/", "gateway/fixtures/", 1) if name.startswith("fixtures/") else name
        for name in modules | {name for name in data_files() if not name.endswith(".tsv")} | {"fixtures/__init__.py"}
    }
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert "sms-gateway = gateway.cli:main" in entry_points
    assert "License-Expression: MIT" in metadata


def test_the_installed_wheel_works_outside_of_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """A fresh environment with nothing but the wheel runs the demo and parses."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    binaries = tmp_path / "venv" / "bin"
    constraints = ROOT / "constraints.txt"
    subprocess.run([binaries / "pip", "install", "--quiet", "--constraint", constraints, wheel], check=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SMS_GATEWAY"))}

    def run(*arguments: str) -> str:
        return subprocess.run(
            [binaries / "sms-gateway", *arguments],
            cwd=elsewhere, env=environment, check=True, capture_output=True, text=True, timeout=120,
        ).stdout  # fmt: skip

    assert run("demo").splitlines()[-1].endswith("every one as it should be.")
    assert json.loads(run("parse", "--json", "баланс"))["command"] == "balance"
    assert run("check").startswith("The settings are fine")
