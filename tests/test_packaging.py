"""What is installed: every module, every data file, and a program that works outside of the checkout."""

from __future__ import annotations

import configparser
import importlib.resources
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SDIST_ONLY = {"fixtures/frames.toml"}
"""Data for tests: in the repository and the source distribution, not in the wheel."""


def setup_cfg() -> configparser.ConfigParser:
    parsed = configparser.ConfigParser()
    parsed.read(ROOT / "setup.cfg", "utf-8")
    return parsed


def package_folders() -> dict[str, Path]:
    """Every package of the sources by its import name."""
    found = {
        ".".join(path.parent.relative_to(ROOT).parts): path.parent
        for top in ("gateway", "commands")
        for path in (ROOT / top).rglob("__init__.py")
    }
    return found | {"gateway.fixtures": ROOT / "fixtures"}


def data_files() -> set[str]:
    """Every file of a package that is no Python source, by its place in the repository."""
    tops = (ROOT / "gateway", ROOT / "commands", ROOT / "fixtures")
    return {
        str(path.relative_to(ROOT))
        for top in tops
        for path in top.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    } - SDIST_ONLY


def test_every_package_is_listed() -> None:
    """A new package that nobody lists would be missing from the wheel and from nowhere else."""
    listed = setup_cfg()["options"]["packages"].split()
    assert sorted(listed) == sorted(package_folders())


def test_every_data_file_is_taken_along() -> None:
    """Words, replies, accounts, conversations: what is not Python is listed too."""
    folders = package_folders()
    taken = {
        str(path.relative_to(ROOT))
        for package, patterns in setup_cfg()["options.package_data"].items()
        for pattern in patterns.replace(",", " ").split()
        for path in folders[package].glob(pattern)
    }
    assert data_files() - taken == {name for name in data_files() if name.endswith(".tsv")}


def test_fixtures_are_found_where_the_program_looks() -> None:
    """This installation, editable or not, has the default set-up as a package."""
    folder = importlib.resources.files("gateway.fixtures")
    for name in ("gateway.toml", "clients.toml", "accounts.toml", "conversations/balance_en.txt"):
        assert folder.joinpath(name).is_file(), name


def test_exact_versions_name_no_place() -> None:
    """Constraints hold on every machine: names and versions only, and every requirement is among them."""
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert all(line.count("==") == 1 and "/" not in line and "@" not in line for line in lines)
    pinned = {line.split("==")[0] for line in lines}
    parsed = setup_cfg()
    wanted = parsed["options"]["install_requires"] + "\n".join(parsed["options.extras_require"].values())
    names = {line.split()[0].split("[")[0].replace("_", "-") for line in wanted.splitlines() if line.strip()}
    assert names - pinned == set()


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


@pytest.mark.slow
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


@pytest.mark.slow
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
