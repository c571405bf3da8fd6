"""A program that is a client: JSON requests into it, JSON events out of it, one a line."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Sequence
from typing import Any, Self

from tests.live.gateways import clean_environment

_SECONDS = 15.0


class Program:
    """Its events ``{"response": {…}}`` and ``{"delivery": {…}}`` wait in queues, all others in ``others``."""

    def __init__(self, command: Sequence[str], **environment: str) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=clean_environment(**environment),
            text=True,
            encoding="utf-8",
        )
        self.responses: queue.Queue[dict[str, Any]] = queue.Queue()
        self.deliveries: queue.Queue[dict[str, Any]] = queue.Queue()
        self.others: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(5)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = json.loads(line)
            if "response" in event:
                self.responses.put(event["response"])
            elif "delivery" in event:
                self.deliveries.put(event["delivery"])
            else:
                self.others.append(event)

    def request(self, **fields: object) -> dict[str, Any]:
        """One request, and the response to it."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(fields) + "\n")
        self.process.stdin.flush()
        return self.response()

    def response(self) -> dict[str, Any]:
        return self.responses.get(timeout=_SECONDS)

    def delivery(self) -> dict[str, Any]:
        return self.deliveries.get(timeout=_SECONDS)

    def end(self) -> int:
        """Close its input: its exit status."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(_SECONDS)
