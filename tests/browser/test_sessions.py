"""Sessions: who is bound, how busy, and what can be done about it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Console
from tests.browser.conftest import STARTED
from tests.browser.esme import Esme, bound
from tests.conformance import wire
from tests.live.gateways import Gateway, running_gateway


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """An ESME that waits to be called."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, listener: socket.socket) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    settings = folder / "gateway.toml"
    port = listener.getsockname()[1]
    settings.write_text(
        f'[clients.demo]\npassword = "demo"\nwindow_out = 4\n[outbind.shop]\nhost = "127.0.0.1"\nport = {port}\n',
        "utf-8",
    )
    with running_gateway(folder, "--config", str(settings), *STARTED) as ready:
        yield ready


def test_who_is_bound_is_seen(console: Console, gateway: Gateway) -> None:
    """From when it binds to when it goes, without a reload."""
    console.open("sessions")
    console.reads("#sessions-empty", "Nobody is bound")
    with bound(gateway) as esme:
        card = console.one(".session", "demo")
        assert all(word in card.text for word in ("transceiver", "127.0.0.1:", "3.4", "0 of 4"))
        esme.submit("BALANCE")
        console.reads(".session", "deliver_sm")
    console.reads("#sessions-empty", "Nobody is bound")


def test_what_is_unanswered_fills_the_window(console: Console, esme: Esme) -> None:
    """A client that answers nothing has its window full, and what waits is told."""
    console.open("sessions")
    esme.answering.clear()
    for number in range(6):
        esme.submit("BALANCE", source_addr=f"7999333000{number}")
    console.reads(".session", "4 of 4")
    console.reads(".session", "6 messages")
    esme.answering.set()
    console.reads(".session", "0 of 4")


def test_the_last_minutes_are_drawn(console: Console, esme: Esme) -> None:
    """Rate and response time as lines, commands and matches as bars; said in words too."""
    console.open("sessions")
    for text in ("BALANCE", "balnce", "HELP", "what is this"):
        esme.submit(text)
    console.until(lambda: "p95" in console.text("#chart-response") and "ms" in console.text("#chart-response"), "times")
    console.reads("#chart-commands", "balance")
    console.reads("#chart-matches", "one edit")
    drawn = "return document.querySelector('#chart-rate path')?.getAttribute('d') ?? ''"
    console.until(lambda: "L" in console.run(drawn), "a line")
    assert "now" in console.one("#chart-response svg").get_attribute("aria-label")


def test_a_client_is_asked_to_unbind(console: Console, esme: Esme) -> None:
    """In good order: it answers, and its connection ends."""
    console.open("sessions")
    console.press(".session button", "Unbind")
    console.reads("#sessions-empty", "Nobody is bound")
    esme.wait(lambda: not esme.is_alive)


def test_a_connection_is_dropped_when_one_is_sure(console: Console, esme: Esme) -> None:
    """Asked back first; then without a word."""
    console.open("sessions")
    console.press(".session button", "Drop")
    console.press("#confirm button", "Cancel")
    assert esme.is_alive
    console.press(".session button", "Drop")
    console.say_yes()
    esme.wait(lambda: not esme.is_alive)
    console.reads("#sessions-empty", "Nobody is bound")


def test_an_esme_is_called(console: Console, listener: socket.socket) -> None:
    """Outbind: the gateway calls, says who it is, and the ESME binds on that connection."""
    came: list[bytes] = []

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            came.append(connection.recv(1 << 16))
            connection.sendall(wire.bind_transceiver(1, system_id="demo", password="demo"))
            while connection.recv(1 << 16):
                pass

    threading.Thread(target=answer, daemon=True).start()
    console.open("sessions")
    console.press("#outbind button", "shop")
    console.one(".session", "demo")
    (frame,) = wire.frames(came[0])
    assert frame.command_id == wire.OUTBIND
    console.press(".session button", "Drop")
    console.say_yes()
    console.reads("#sessions-empty", "Nobody is bound")


def test_nothing_is_configured_to_be_called(console: Console, tmp_path: Path) -> None:
    """Then the page says how that is done."""
    with running_gateway(tmp_path, *STARTED) as plain:
        other = Console(console.driver, plain.http)
        other.open("sessions")
        other.reads("#outbind", "No target is configured")
        console.driver.get("about:blank")
