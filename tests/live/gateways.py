"""A real ``sms-gateway serve`` as a process of its own, on free ports, for tests that bring real clients."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs

COMMAND = (sys.executable, "-m", "gateway")
_START_SECONDS = 30.0
_STOP_SECONDS = 20.0


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without any setting of ours, and with ``more``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SMS_GATEWAY_")}
    return kept | {"PYTHONIOENCODING": "utf-8"} | more


@attrs.frozen
class Gateway:
    """A gateway that is ready. Addresses are of the ready file; ``log`` is its standard error so far."""

    process: subprocess.Popen[bytes]
    ready_file: Path
    log_file: Path
    host: str
    port: int
    http: str

    def log(self) -> str:
        return self.log_file.read_text("utf-8")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal, wait, and give the exit status."""
        self.process.send_signal(number)
        return self.process.wait(_STOP_SECONDS)


@contextlib.contextmanager
def running_gateway(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Gateway]:
    """A gateway on free ports with these arguments, started in ``folder``; ended, however the test ends."""
    ready_file, log_file = folder / "ready.json", folder / "gateway.log"
    command = [*COMMAND, "serve", "--smpp-port", "0", "--http-port", "0", "--ready-file", str(ready_file), *arguments]
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=log, cwd=folder, env=clean_environment(**(environment or {}))
        )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not ready_file.exists():
            assert process.poll() is None, log_file.read_text("utf-8")
            assert time.monotonic() < deadline, log_file.read_text("utf-8")
            time.sleep(0.02)
        ready = json.loads(ready_file.read_text("utf-8"))
        assert ready["pid"] == process.pid
        host, _, port = ready["smpp"].rpartition(":")
        yield Gateway(process, ready_file, log_file, host, int(port), ready["http"])
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def run(
    arguments: Sequence[str], *, stdin: str = "", timeout: float = 60.0, **environment: str
) -> tuple[int, str, str]:
    """``sms-gateway`` with these arguments: exit status, standard output, standard error."""
    finished = subprocess.run(
        [*COMMAND, *arguments],
        input=stdin.encode(),
        capture_output=True,
        timeout=timeout,
        check=False,
        env=clean_environment(**environment),
    )
    return finished.returncode, finished.stdout.decode(), finished.stderr.decode()
