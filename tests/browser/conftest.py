"""One browser for all of these tests, one gateway for a module's; both are real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.browser.chromium import Console, programs, running_browser
from tests.browser.esme import Esme, bound
from tests.live.gateways import Gateway, running_gateway

STARTED = ("--seed", "7", "--clock-start", "2026-01-15T09:00:00Z")
"""Arguments of a gateway whose answers do not depend on the day."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of these bring a browser and a gateway."""
    here = Path(__file__).parent
    marks = [pytest.mark.slow, pytest.mark.live, pytest.mark.timeout(120)]
    if programs() is None:
        marks.append(pytest.mark.skip("no chromium with chromedriver is installed (Debian: chromium-driver)"))
    for item in items:
        if here in item.path.parents:
            for mark in marks:
                item.add_marker(mark)


# Not of the session: what ends a browser waits, which may happen within these tests alone.
@pytest.fixture(scope="package")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    folder = tmp_path_factory.mktemp("browser")
    with running_browser(folder / "profile", folder / "downloads") as running:
        yield running


@pytest.fixture(scope="package")
def downloads(driver: Chrome) -> Path:
    """Where the browser keeps what it is given."""
    return Path(driver.capabilities["chrome"]["userDataDir"]).parent / "downloads"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running_gateway(tmp_path_factory.mktemp("gateway"), *STARTED) as ready:
        yield ready


@pytest.fixture
def console(driver: Chrome, gateway: Gateway) -> Iterator[Console]:
    """The console of the module's gateway. Whatever the browser complains about fails the test."""
    console = Console(driver, gateway.http)
    console.log()
    yield console
    complaints = console.log()
    driver.get("about:blank")
    console.log()
    assert complaints == []


@pytest.fixture
def esme(gateway: Gateway) -> Iterator[Esme]:
    """A bound client."""
    with bound(gateway) as client:
        yield client
