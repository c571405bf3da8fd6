"""The command line as a user has it: processes, signals, real ports, smpplib over TCP."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.gateways import COMMAND, Gateway, clean_environment, run, running_gateway

pytestmark = pytest.mark.live

FROZEN = ("--seed", "1", "--clock-start", "2026-01-15T09:00:00Z", "--clock-frozen")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One gateway for the tests that leave nothing behind; its time stands at 12:00 MSK."""
    with running_gateway(tmp_path_factory.mktemp("gateway"), *FROZEN) as ready:
        yield ready


def send(gateway: Gateway, *arguments: str) -> tuple[int, str, str]:
    return run(["send", "--smpp-port", str(gateway.port), "--from", "79991110002", *arguments])


def get(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.status, response.read().decode()


def test_send_prints_the_reply_and_nothing_else(gateway: Gateway) -> None:
    """Standard output is the reply, so that a script can compare it."""
    assert send(gateway, "BALANCE") == (0, "Balance: 250.00 RUB, 15.30 USD at 12:00 MSK 15.01\n", "")
    assert send(gateway, "ПОМОЩЬ") == (0, "БАЛАНС, PIN (новый), CONFIRM 1 (коды), ПОДДЕРЖКА. Тел. 88007077759\n", "")


def test_send_takes_the_gateway_from_the_environment_too(gateway: Gateway) -> None:
    """One set of variables serves `serve` and `send`."""
    status, out, _ = run(["send", "--from", "79991110002", "BALANCE"], SMS_GATEWAY_SMPP_PORT=str(gateway.port))
    assert (status, out) == (0, "Balance: 250.00 RUB, 15.30 USD at 12:00 MSK 15.01\n")


@pytest.mark.parametrize(
    ("client", "status_name"), [("nobody:demo", "ESME_RINVSYSID"), ("demo:wrong", "ESME_RINVPASWD")]
)
def test_send_names_the_status_of_a_refused_bind(gateway: Gateway, client: str, status_name: str) -> None:
    """A refusal is exit status 1 and its SMPP name; the gateway's log names the option that would let the client in."""
    status, out, error = send(gateway, "--client", client, "BALANCE")
    assert (status, out) == (1, "")
    assert status_name in error
    assert "Traceback" not in error
    assert status_name in gateway.log()
    assert "--client" in gateway.log()
    assert client not in gateway.log(), "no password in the log"


def test_send_says_when_no_reply_came(gateway: Gateway) -> None:
    """A number that does not answer is a timeout, told as such."""
    status, out, error = send(gateway, "--to", "79160000000", "--timeout", "0.3", "hello")
    assert (status, out) == (1, "")
    assert error == "Error: 79160000000 took the text and did not reply to 79991110002 within 0.3 s\n"


def test_send_asks_whether_a_gateway_runs_at_all() -> None:
    """Nobody listening is the first mistake of a new user, so the message says what to start."""
    with socket.socket() as reserved:
        # Bound and not listening: nobody else can take the port meanwhile.
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        status, _, error = run(["send", "--smpp-port", str(port), "--from", "79991110002", "BALANCE"])
    assert status == 1
    assert error == f"Error: cannot connect to 127.0.0.1:{port}: is `sms-gateway serve` running there?\n"


def test_chat_reads_a_pipe(gateway: Gateway) -> None:
    """Each line is a text, each reply a line; the last line needs no line break."""
    status, out, _ = run(
        ["chat", "--smpp-port", str(gateway.port), "--from", "79991110004"], stdin="BALANCE\n\nHELP\nбаланс"
    )
    assert status == 0
    assert [line[:10] for line in out.splitlines()] == ["< Balance:", "< Commands", "< Баланс: "]


def test_chat_at_a_terminal_stays_alive_and_ends_with_ctrl_d(gateway: Gateway) -> None:
    """A person types, reads the reply, and leaves with Ctrl-D; the gateway sees an unbind."""
    terminal, inner = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "chat", "--smpp-port", str(gateway.port), "--from", "79991110002"],
        stdin=inner, stdout=inner, stderr=inner, env=clean_environment(),
    )  # fmt: skip
    os.close(inner)
    seen = b""

    def until(expected: bytes) -> None:
        nonlocal seen
        deadline = time.monotonic() + 20
        while expected not in seen:
            readable, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
            assert readable, seen
            seen += os.read(terminal, 4096)

    try:
        until(b"> ")
        os.write(terminal, b"BALANCE\n")
        until(b"< Balance: 250.00 RUB")
        os.write(terminal, b"\x04")
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    assert "demo" in gateway.log()


def test_the_http_port_tells_life_readiness_and_metrics(gateway: Gateway) -> None:
    """What an orchestrator asks is answered on the port of the ready file."""
    assert get(f"http://{gateway.http}/livez")[0] == 200
    assert get(f"http://{gateway.http}/readyz")[0] == 200
    status, metrics = get(f"http://{gateway.http}/metrics")
    assert status == 200
    assert "# TYPE " in metrics


def test_a_taken_port_is_told_with_its_option_and_both_at_once(gateway: Gateway) -> None:
    """Exit status 2 and one line for each port that is taken."""
    http_port = gateway.http.rpartition(":")[2]
    status, _, error = run(["serve", "--smpp-port", str(gateway.port), "--http-port", http_port])
    assert status == 2
    smpp_line, http_line = (line for line in error.splitlines() if "cannot listen" in line)
    assert f"127.0.0.1:{gateway.port}" in smpp_line
    assert "--smpp-port" in smpp_line
    assert f"127.0.0.1:{http_port}" in http_line
    assert "--http-port" in http_line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_unbinds_everybody_and_ends_with_status_0(tmp_path: Path, number: signal.Signals) -> None:
    """The bound client gets an unbind, the ready file goes, nothing is said on the way out but the log."""
    with running_gateway(tmp_path) as own:
        chat = subprocess.Popen(
            [*COMMAND, "chat", "--smpp-port", str(own.port), "--from", "79991110002"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(),
        )  # fmt: skip
        assert chat.stdin is not None
        assert chat.stdout is not None
        chat.stdin.write(b"HELP\n")
        chat.stdin.flush()
        assert chat.stdout.readline().startswith(b"< Commands")
        began = time.monotonic()
        assert own.stop(number) == 0
        assert time.monotonic() - began < 10
        _, error = chat.communicate(timeout=20)
        assert chat.returncode == 1
        assert b"ended the session (unbind)" in error
        assert not own.ready_file.exists()
        assert "Traceback" not in own.log()


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    """A client that ignores the unbind cannot hold somebody who presses Ctrl-C twice."""
    with running_gateway(tmp_path) as own, socket.create_connection((own.host, own.port)) as silent:
        # A bind_transceiver of demo/demo by hand, from a client that will answer nothing.
        body = b"demo\0demo\0\0\x34\0\0\0"
        silent.sendall((16 + len(body)).to_bytes(4, "big") + b"\0\0\0\x09" + bytes(4) + b"\0\0\0\1" + body)
        assert silent.recv(4096)[4:12] == b"\x80\0\0\x09" + bytes(4)
        own.process.send_signal(signal.SIGINT)
        assert silent.recv(4096)[4:8] == b"\0\0\0\6", "an unbind, so the first signal was seen"
        assert own.stop(signal.SIGINT) == 130
        assert not own.ready_file.exists()


def test_any_client_lets_everybody_in_and_the_log_says_so(tmp_path: Path) -> None:
    """--any-client needs no credentials of anybody, and is not silent about it."""
    with running_gateway(tmp_path, *FROZEN, "--any-client") as own:
        assert send(own, "--client", "whoever:x", "BALANCE")[0] == 0
        assert "--any-client" in own.log()


def test_settings_come_from_a_file(tmp_path: Path) -> None:
    """Clients, accounts and the short code of a file are those that count."""
    config = tmp_path / "own.toml"
    config.write_text(
        '[wallet]\nshort_code = "900"\n[clients.shop]\npassword = { env = "SHOP" }\n'
        '[accounts.79001234567]\nlanguage = "en"\nbalances = { EUR = "7.00" }\n',
        "utf-8",
    )
    with running_gateway(tmp_path, *FROZEN, "--config", str(config), environment={"SHOP": "s3cret"}) as own:
        shop = ["send", "--smpp-port", str(own.port), "--client", "shop:s3cret", "--to", "900"]
        status, out, _ = run([*shop, "--from", "79001234567", "BALANCE"])
        assert (status, out) == (0, "Balance: 7.00 EUR at 12:00 MSK 15.01\n")
        assert "No wallet" in run([*shop, "--from", "79991110001", "BALANCE"])[1]
        assert send(own, "BALANCE")[0] == 1, "demo is gone"


def test_the_log_can_be_read_by_a_program(tmp_path: Path) -> None:
    """With --log-format json every line is an object with time, level and message."""
    with running_gateway(tmp_path, "--log-format", "json") as own:
        send(own, "BALANCE")
        assert own.stop() == 0
        lines = [json.loads(line) for line in own.log().splitlines()]
    assert lines
    assert all({"time", "level", "message"} <= set(line) for line in lines)
    assert not any("79991110002" in line for line in own.log().splitlines()), "numbers are masked"


def test_the_demo_plays_every_conversation() -> None:
    """The main job of the manual: every reply as written, exit status 0, no escape sequences in a pipe."""
    status, out, error = run(["demo"], timeout=120, SMS_GATEWAY_SMPP_PORT="nonsense", SMS_GATEWAY_CLIENT="x:y")
    assert (status, error) == (0, "")
    assert out.splitlines()[-1].endswith("every one as it should be.")
    assert "79991110001 < Баланс: 1 234,50 руб. на 12:00 МСК 15.01" in out
    assert "\x1b" not in out


def test_a_demo_with_a_reply_that_differs_fails_and_names_it(tmp_path: Path) -> None:
    """A transcript that does not hold is exit status 1 with file and line."""
    code = (
        "from gateway.commandline import demo\n"
        "from gateway.commandline.conversations import read_conversation\n"
        "good = read_conversation('good', '79991110002 > HELP\\n@ segments 1\\n79991110002 < ' + {help!r})\n"
        "bad = read_conversation('bad', '# One\\n79991110002 > HELP\\n79991110002 < no help')\n"
        "worse = read_conversation('worse', '79991110002 > HELP\\n@ segments 2\\n79991110002 < ' + {help!r})\n"
        "demo.built_in = lambda: [good, bad, worse]\n"
        "demo.demo()\n"
    ).format(help="Commands: BALANCE, PIN (new PIN), CONFIRM 1 (SMS codes on), SUPPORT. Hotline 8 800 707-77-59, "
             "free in Russia.")  # fmt: skip
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, env=clean_environment()
    )
    assert finished.returncode == 1
    assert finished.stderr == "Error: bad.txt:3: the reply differs (2 of 3 conversations differ)\n"
    assert "line 3: segments: 1 instead of 2" in finished.stdout


def test_python_m_gateway_is_the_same_program() -> None:
    """The module can be run where the script is not on the PATH."""
    status, out, _ = run(["version"])
    assert (status, out[:12]) == (0, "sms-gateway ")
