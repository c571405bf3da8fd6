"""``sms-gateway serve``: run the gateway until it is told to stop."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

import click
from twisted.internet.interfaces import IReactorCore, IReactorFromThreads

from gateway.commandline.faults import Unusable
from gateway.commandline.options import settings_options, settings_or_exit
from gateway.settings import Settings

_M_MMAP_THRESHOLD: Final = -3
"""glibc's malloc.h."""


@click.command()
@click.option(
    "--outbind",
    metavar="NAME",
    multiple=True,
    help="Ask the ESME of [outbind.NAME] to bind, once everything listens; may be repeated.",
)
@settings_options
def serve(outbind: tuple[str, ...], **options: Any) -> None:
    """Run the gateway.

    Needs no configuration: SMPP on 127.0.0.1:2775, HTTP on 127.0.0.1:8025, client demo with password demo. A value is
    taken from its option, else from the environment, else from the --config file, else it is the default.
    """
    settings = settings_or_exit(options)
    unknown = [f"--outbind {name}: there is no [outbind.{name}]" for name in outbind if name not in settings.outbind]
    if unknown:
        raise Unusable(unknown)
    # Nothing of what is made from here on is garbage: the collector would walk it again and again for nothing.
    gc.disable()
    # Not at the top: to import a reactor installs it, and --help needs none.
    from twisted.internet import reactor
    from twisted.logger import Logger

    from gateway import logs
    from gateway.emulator import ListenError
    from gateway.wiring import CannotBuild, build_emulator

    logs.begin(sys.stderr, settings.log.format, settings.log.level)
    log = Logger(namespace="gateway.serve")
    ready = ReadyFile(settings.ready_file)
    ready.discard_dead()
    try:
        emulator = build_emulator(settings, reactor)
        emulator.start()
    except ListenError as error:
        raise Unusable(error.faults) from None
    except CannotBuild as error:
        raise Unusable(error.faults) from None

    core: IReactorCore = reactor
    core.addSystemEventTrigger("before", "shutdown", emulator.stop)
    if settings.any_client:
        log.warn("Every client may bind with any password (--any-client)")
    log.info("Ready: SMPP on {smpp}, HTTP on {http}", smpp=emulator.smpp_address, http=emulator.http_address)
    for name in outbind:
        emulator.outbind(name)
    # What stands now stands until the end: the collector need not walk it again, and what comes and goes with each
    # message is freed without it. A full collection of 140,000 objects stops everybody for a quarter of a second.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()
    return_large_blocks()
    if sys.stdout.isatty():
        click.echo(welcome(settings, emulator.smpp_address, emulator.http_address))
    stop_on_signals(reactor, ready)
    try:
        ready.write(emulator.smpp_address, emulator.http_address, emulator.smpp_tls_address)
        core.run(installSignalHandlers=False)  # type: ignore[call-arg]  # IReactorCore does not tell of it
    except OSError as error:
        raise Unusable([f"--ready-file: {error.filename} cannot be written: {error.strerror}"]) from None
    finally:
        ready.remove()


def return_large_blocks() -> None:
    """Have memory above a mebibyte go back to the system whenever it is freed.

    A dictionary of a hundred thousand messages that come and go is built anew every few minutes of load, ten megabytes
    each time. glibc takes the first from the system alone, then learns to keep such blocks, and what lies between them
    stays for good: twenty megabytes more than are in use. Other C libraries have no such knob, and nothing happens.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # no C library by that way, or one without mallopt
        return
    mallopt(_M_MMAP_THRESHOLD, 1 << 20)


class ReadyFile:
    """Tells whoever started the gateway that it may be used: there is no moment at which the file is half written."""

    def __init__(self, path: Path | None) -> None:
        """None writes nothing."""
        self._path = path
        self._written = False

    def write(self, smpp: str, http: str, smpp_tls: str | None) -> None:
        """Write the addresses, ``host:port`` each, and this process's id."""
        if self._path is None:
            return
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        told = {"smpp": smpp, "http": http, "pid": os.getpid()}
        if smpp_tls is not None:
            told["smpp_tls"] = smpp_tls
        beside.write_text(json.dumps(told) + "\n", "utf-8")
        beside.replace(self._path)
        self._written = True

    def discard_dead(self) -> None:
        """Take away the file of a gateway that was killed: whoever waits for it must not find it now."""
        if self._path is None:
            return
        try:
            pid = int(json.loads(self._path.read_text("utf-8"))["pid"])
            # In a container every gateway may have the same id as the last one.
            if pid != os.getpid():
                os.kill(pid, 0)
                return
        except ProcessLookupError:
            pass
        except (OSError, ValueError, KeyError, TypeError):
            return  # there is none, or it is no file of ours, or it belongs to a gateway of somebody else
        self._path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Take it away again; another gateway's file is left alone only when this one never wrote."""
        if self._path is not None and self._written:
            self._path.unlink(missing_ok=True)


def stop_on_signals(reactor: Any, ready: ReadyFile) -> None:
    """SIGTERM and SIGINT unbind every binding and end the reactor; a second one ends the process at once."""
    from_thread: IReactorFromThreads = reactor
    asked = False

    def on_signal(number: int, _: object) -> None:
        nonlocal asked
        if asked:
            ready.remove()
            # Not sys.exit: the reactor would catch it. 128 + the signal is what shells expect.
            os._exit(128 + number)
        asked = True
        if sys.stdout.isatty():
            click.echo("\nStopping: unbinding every client. Ctrl-C again quits at once.")
        from_thread.callFromThread(reactor.stop)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)


def welcome(settings: Settings, smpp: str, http: str) -> str:
    """What a person at a terminal needs next: where it listens, who may bind, what to try."""
    first = next(iter(settings.clients), None)
    # The one password that may be shown is the one that is printed in the manual.
    known = first == "demo" and settings.clients[first].password == "demo"
    who = f"system_id {first}" + (", password demo" if known else "") if first else "--any-client"
    host, _, port = smpp.rpartition(":")
    there = "" if (host, port) == ("127.0.0.1", "2775") else f" --smpp-host {host} --smpp-port {port}"
    there += "" if known or not first else f" --client {first}:PASSWORD"
    subscriber = next(iter(settings.accounts), "79991110001")
    return "\n".join(
        (
            "",
            f"  SMPP  {smpp}   bind with {who}",
            f"  HTTP  http://{http}/   the console; the API is at /api/docs",
            "",
            "  Text it from another terminal:",
            f"    sms-gateway send{there} --from {subscriber} BALANCE",
            "",
            "  Ctrl-C stops it.",
            "",
        )
    )
