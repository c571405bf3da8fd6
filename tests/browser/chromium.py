"""A headless Chromium, and what a person does with the console in it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

T = TypeVar("T")

ROOT = Path(__file__).parent.parent.parent
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--hide-scrollbars", "--force-device-scale-factor=1", "--lang=en-GB",
)  # fmt: skip
WIDE, NARROW = (1280, 800), (360, 740)
_PATIENCE = 10.0

_SHOWN = """
return [...document.querySelectorAll(arguments[0])]
    .filter((one) => one.checkVisibility({visibilityProperty: true}))
    .filter((one) => (one.innerText ?? '').replaceAll('\\u00a0', ' ').includes(arguments[1]))
"""


def programs() -> tuple[str, str] | None:
    """Chromium and its driver, where both are installed."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


@contextlib.contextmanager
def running_browser(profile: Path, downloads: Path) -> Iterator[Chrome]:
    """A browser with a profile of its own, closed in the end."""
    found = programs()
    assert found is not None
    browser, driver = found
    options = ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    running = Chrome(options=options, service=Service(driver))
    try:
        yield running
    finally:
        running.quit()


_PASTE = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))"


class Console:
    """The console of one gateway in a browser."""

    def __init__(self, driver: Chrome, address: str) -> None:
        self.driver = driver
        self.origin = f"http://{address}"

    # --- where ---

    def open(self, view: str = "", *, size: tuple[int, int] = WIDE, theme: str = "", language: str = "en") -> None:
        """Load the page anew, in a window of this size; its language is the browser's when none is named."""
        self.resize(size)
        self.prefer(theme or "light")
        self.driver.get("about:blank")
        address = f"{self.origin}/{f'?lang={language}' if language else ''}"
        self.driver.get(f"{address}#{view}" if view else address)
        self.one("#live.on")

    def resize(self, size: tuple[int, int]) -> None:
        """Another window."""
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def prefer(self, scheme: str) -> None:
        """What the system says of colours."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def go(self, view: str) -> None:
        """Press the link of a view."""
        self.press(f'.rail a[href="#{view}"]')

    # --- what is there ---

    def all(self, selector: str, holding: str = "") -> list[WebElement]:
        """What is shown and has this in its text."""
        found: list[WebElement] = self.run(_SHOWN, selector, holding)
        return found

    def one(self, selector: str, holding: str = "") -> WebElement:
        """The first of them; waits for it."""
        return self.until(lambda: self.all(selector, holding), f"{selector} with {holding!r}")[0]

    def text(self, selector: str) -> str:
        """The text of an element, as it is shown."""
        return str(self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector))

    def reads(self, selector: str, wanted: str) -> None:
        """Wait until an element's text holds this."""
        self.until(lambda: wanted in self.text(selector), f"{wanted!r} in {selector}", lambda: self.text(selector))

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def until(self, held: Callable[[], T], what: str, told: Callable[[], object] = lambda: "") -> T:
        """Wait for something that is going to be so."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            with contextlib.suppress(StaleElementReferenceException):
                if value := held():
                    return value
            assert time.monotonic() < deadline, f"never: {what}; but {told()}\n{self.log()}"
            time.sleep(0.03)

    def log(self) -> list[str]:
        """What the browser complained about since it was asked last. That the API said no is no complaint: the page
        says it to whoever asked."""
        messages = [entry["message"] for entry in self.driver.get_log("browser")]
        return [message for message in messages if "responded with a status of 4" not in message]

    # --- what a person does ---

    def press(self, selector: str, holding: str = "") -> None:
        """Click on what is shown."""

        def click() -> bool:
            self.one(selector, holding).click()
            return True

        self.until(click, f"a click on {selector} with {holding!r}")

    def type(self, selector: str, text: str) -> None:
        """Replace what a field holds; characters that no keyboard has are pasted."""

        def typed() -> bool:
            field = self.one(selector)
            field.clear()
            if re.fullmatch(r"[\x20-\x7eА-яЁё]*", text):
                field.send_keys(text)
            else:
                self.run(_PASTE, field, text)
            return True

        self.until(typed, f"{text!r} typed into {selector}")

    def key(self, keys: str) -> None:
        """Press a key wherever the focus is."""
        self.driver.switch_to.active_element.send_keys(keys)

    def say_yes(self) -> None:
        """Confirm what the page asks."""
        self.press("#confirm-yes")

    def enter(self) -> None:
        self.key(Keys.ENTER)

    # --- pictures ---

    def picture(self, name: str) -> None:
        """A screenshot for the documentation, when somebody wants one: DOCS_PICTURES names the folder."""
        folder = os.environ.get("DOCS_PICTURES")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.driver.save_screenshot(str(Path(folder) / f"{name}.png"))
