"""A client of the HTTP port without sockets: whole requests in, whole answers out, through the real channel."""

from __future__ import annotations

import http.client
import json
from io import BytesIO
from typing import Any

import attrs
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from tests.console import contract
from tests.doubles import Bench

HOST = "127.0.0.1:8025"


@attrs.frozen
class Answered:
    """One answer. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON values."""
        return json.loads(self.body)


class _Socket:
    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def makefile(self, *_: object, **__: object) -> BytesIO:
        return BytesIO(self._octets)


class Wire(StringTransport):
    """A transport that remembers whether it was aborted."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True
        self.loseConnection()


class Connection:
    """One connection to the HTTP port of a bench."""

    def __init__(self, bench: Bench, peer: str = "127.0.0.1") -> None:
        self.bench = bench
        site = [factory for _, factory, *_ in bench.reactor.tcpServers][-1]
        self.transport = Wire(peerAddress=IPv4Address("TCP", peer, 50_000))
        self.protocol: Any = site.buildProtocol(IPv4Address("TCP", peer, 50_000))
        self.protocol.makeConnection(self.transport)

    def send(self, octets: bytes) -> None:
        """Octets of a request."""
        self.protocol.dataReceived(octets)
        self.bench.settle()

    def received(self) -> bytes:
        """What has come back so far."""
        octets: bytes = self.transport.value()
        return octets

    def close(self) -> None:
        """The client goes away."""
        self.protocol.connectionLost(Failure(ConnectionDone()))

    def answer(self, method: str = "GET") -> Answered:
        """The one answer that has come; an AssertionError when it is not whole."""
        octets = self.received()
        assert octets, "no answer yet"
        response = http.client.HTTPResponse(_Socket(octets), method=method)  # type: ignore[arg-type]
        response.begin()
        body = response.read()
        return Answered(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


class Browser:
    """Asks the HTTP port of a bench. ``token`` goes along as a bearer; ``headers`` replace the usual ones."""

    def __init__(self, bench: Bench, *, token: str = "", peer: str = "127.0.0.1") -> None:
        self.bench = bench
        self.token = token
        self.peer = peer

    def begin(
        self, method: str, target: str, body: Any = None, headers: dict[str, str | None] | None = None
    ) -> Connection:
        """Send a request; its answer may come later."""
        connection = Connection(self.bench, self.peer)
        octets = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        usual: dict[str, str | None] = {"Host": HOST}
        if self.token:
            usual["Authorization"] = f"Bearer {self.token}"
        if octets:
            usual |= {"Content-Type": "application/json", "Content-Length": str(len(octets))}
        lines = [f"{method} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in (usual | (headers or {})).items() if value is not None]
        connection.send("\r\n".join((*lines, "", "")).encode() + octets)
        return connection

    def ask(self, method: str, target: str, body: Any = None, headers: dict[str, str | None] | None = None) -> Answered:
        """Send a request and give its answer, which is what the gateway's own document says of it."""
        answered = self.begin(method, target, body, headers).answer(method)
        contract.check(method, target, answered.status, answered.headers.get("content-type", ""), answered.body)
        return answered

    def get(self, target: str) -> Any:
        """The JSON of a GET that must succeed."""
        answered = self.ask("GET", target)
        assert answered.status == 200, answered.body
        return answered.json

    def post(self, target: str, body: Any = None, *, status: int = 200) -> Any:
        """The JSON of a POST that must succeed; None without content."""
        answered = self.ask("POST", target, body)
        assert answered.status == status, answered.body
        return answered.json if answered.body else None
