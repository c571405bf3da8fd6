"""`python -m tests.benchmarks.viewers PORT COUNT`: as many consoles as that, with the list of messages in view.

Each does over HTTP what the page does while more is going on than anybody reads: it reads the events, and asks for the
list once a second, for the status every three seconds and for the charts every two (console.js, messages.js,
charts.js). Says
``watching`` once all of them read events; ends when its standard input is closed, and at once with status 1 when one
of them is refused or cut off.
"""

from __future__ import annotations

import os
import sys
import threading
from http.client import HTTPConnection

LIST_SECONDS, STATUS_SECONDS, CHARTS_SECONDS = 1.0, 3.0, 2.0
TICK = 0.5


class RefusedError(Exception):
    """The gateway did not serve a viewer."""


def give_up(failed: threading.ExceptHookArgs) -> None:
    """One viewer less would be cheaper to serve: then there are none."""
    sys.stderr.write(f"a viewer has given up: {failed.exc_value}\n")
    os._exit(1)


def watch(port: int, ready: threading.Barrier) -> None:
    """Read the events for ever."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/api/v1/events", headers={"Accept": "text/event-stream"})
    response = connection.getresponse()
    if response.status != 200:
        raise RefusedError(f"/api/v1/events: {response.status}")
    ready.wait()
    while response.read1(65536):
        pass
    raise RefusedError("/api/v1/events has ended")


def ask(port: int, over: threading.Event, phase: float) -> None:
    """Ask as the page does, beginning ``phase`` of a tick late: ten consoles were not opened at once."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    ticks = 0
    over.wait(TICK * phase)
    while not over.wait(TICK):
        ticks += 1
        for path, seconds in (
            ("/api/v1/messages?limit=50", LIST_SECONDS),
            ("/api/v1/status", STATUS_SECONDS),
            ("/api/v1/traffic", CHARTS_SECONDS),
        ):
            if ticks % round(seconds / TICK) == 0:
                connection.request("GET", path)
                response = connection.getresponse()
                response.read()
                if response.status != 200:
                    raise RefusedError(f"{path}: {response.status}")


def main(port: int, count: int) -> None:
    threading.excepthook = give_up
    ready, over = threading.Barrier(count + 1), threading.Event()
    for number in range(count):
        threading.Thread(target=watch, args=(port, ready), daemon=True).start()
        threading.Thread(target=ask, args=(port, over, number / count), daemon=True).start()
    ready.wait(30)
    sys.stdout.write("watching\n")
    sys.stdout.flush()
    sys.stdin.read()
    over.set()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
