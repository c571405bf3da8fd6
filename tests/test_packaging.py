"""What is installed: every module, every data file, and a program that works outside of the checkout."""

from __future__ import annotations

import configparser
import importlib.resources
from pathlib import Path

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
