"""The HTTP port on Twisted: bounds on what a request may be, before anything of it is kept.

How this works: a channel reads a request within a deadline for the whole of it, with a bounded head and a bounded body
(a body that is announced too large is refused before an octet of it is kept), hands it to the application and writes
the answer. Whoever is refused half-way is answered and not read any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web import http
from zope.interface import implementer

from gateway.console.application import Application, Incoming, Outgoing, problem_outgoing
from gateway.console.problems import Problem

MOST_BODY: Final = 1024 * 1024
"""Octets of a body, on every route."""

MOST_HEADERS: Final = 100

IDLE_SECONDS: Final = 75
"""A connection on which nothing is asked is closed after this."""

REQUEST_SECONDS: Final = 10.0
"""From the first octet of a request to its last: not for each read, which a slow sender could stretch for ever."""

LINGER_SECONDS: Final = 2.0
"""How long what a refused sender goes on sending is thrown away, so that it can read why."""


class ConsoleRequest(http.Request):
    """One request; :class:`ConsoleChannel` calls these as it reads."""

    channel: Any
    content: Any
    # The connection may go before the request is whole.
    _answer: Deferred[Outgoing] | None = None
    _gone: Callable[[], None] | None = None
    """Told once that nobody reads the stream any more."""
    _finished = False

    def gotLength(self, length: int | None) -> None:
        """The head is there. Twisted would keep a large body in a file; ours is bounded."""
        self.content = BytesIO()
        if length is not None and length > MOST_BODY:
            self.channel.refuse(_too_large())

    def handleContentChunk(self, data: bytes) -> None:
        if self.channel.refused:
            return
        if self.content.tell() + len(data) > MOST_BODY:
            self.channel.refuse(_too_large())
        else:
            self.content.write(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """The whole request is there. Twisted would parse forms here, of any number of fields; we take none."""
        if self.channel.refused:
            return
        self.method, self.uri, self.clientproto = command, path, version
        headers = {
            name.decode("latin-1").lower(): ",".join(value.decode("utf-8", "replace") for value in values)
            for name, values in self.requestHeaders.getAllRawHeaders()
        }
        incoming = Incoming(
            command.decode("latin-1"),
            path.decode("latin-1"),
            headers,
            self.content.getvalue(),
            getattr(self.channel.getPeer(), "host", ""),
        )
        self._answer = self.channel.site.application.answer(incoming)
        self._answer.addCallback(self._reply)

    def connectionLost(self, reason: Any) -> None:
        self._finished = True
        self._leave()
        if self._answer is not None:
            self._answer.cancel()
        super().connectionLost(reason)  # type: ignore[no-untyped-call]  # Twisted's has no types

    def _reply(self, outgoing: Outgoing) -> None:
        if self._finished:
            return
        self.setResponseCode(outgoing.status)
        self.responseHeaders.setRawHeaders(b"date", [http.datetimeToString()])
        for name, value in outgoing.headers:
            self.responseHeaders.addRawHeader(name.encode("latin-1"), value.encode("latin-1", "replace"))
        body = outgoing.body
        if outgoing.stream is not None:
            self._open(outgoing)
        elif isinstance(body, bytes):
            if outgoing.status != 204:
                self.responseHeaders.setRawHeaders(b"content-length", [b"%d" % len(body)])
            self.write(body)  # type: ignore[no-untyped-call]
            self._end()
        elif self.method == b"HEAD":
            self.write(b"")  # type: ignore[no-untyped-call]
            self._end()
        else:
            _Chunks(self, iter(body))

    def _open(self, outgoing: Outgoing) -> None:
        """A stream: it ends when its reader goes, or when its source closes it."""
        assert outgoing.stream is not None
        self.write(b"")  # type: ignore[no-untyped-call]
        if self.method == b"HEAD":
            self._end()
            return
        sink = _StreamSink(self)
        self.registerProducer(sink, True)  # type: ignore[no-untyped-call]
        self._gone = outgoing.stream.attach(sink)

    def _leave(self) -> None:
        gone, self._gone = self._gone, None
        if gone is not None:
            gone()

    def _end(self) -> None:
        if not self._finished:
            self._finished = True
            self.finish()  # type: ignore[no-untyped-call]


@implementer(IPushProducer)
class _StreamSink:
    """The open response of a stream."""

    def __init__(self, request: ConsoleRequest) -> None:
        self._request = request
        self.congested = False

    def write(self, octets: bytes) -> None:
        if not self._request._finished:
            self._request.write(octets)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        request = self._request
        if not request._finished:
            request._leave()
            request.unregisterProducer()  # type: ignore[no-untyped-call]
            request._end()

    def pauseProducing(self) -> None:
        self.congested = True

    def resumeProducing(self) -> None:
        self.congested = False

    def stopProducing(self) -> None:
        """The connection is finished; connectionLost follows."""


@implementer(IPushProducer)
class _Chunks:
    """A body that is made while it is read: as much at a time as the transport takes."""

    def __init__(self, request: ConsoleRequest, chunks: Iterator[bytes]) -> None:
        self._request = request
        self._chunks = chunks
        self._paused = False
        request.registerProducer(self, True)  # type: ignore[no-untyped-call]
        self._go_on()

    def _go_on(self) -> None:
        request = self._request
        while not self._paused and not request._finished:
            chunk = next(self._chunks, None)
            if chunk is None:
                request.unregisterProducer()  # type: ignore[no-untyped-call]
                request._end()
            else:
                request.write(chunk)  # type: ignore[no-untyped-call]

    def pauseProducing(self) -> None:
        self._paused = True

    def resumeProducing(self) -> None:
        if self._paused:
            self._paused = False
            self._go_on()

    def stopProducing(self) -> None:
        self._chunks = iter(())


class ConsoleChannel(http.HTTPChannel):
    """One connection to the HTTP port."""

    maxHeaders = MOST_HEADERS
    requestFactory = ConsoleRequest
    refused = False
    """Whether this connection was answered half-way through a request and is not read any more."""

    transport: Any
    site: ConsoleSite
    _networkProducer: Any
    _lingering: Any = None

    def resetTimeout(self) -> None:
        """Octets that trickle in buy nobody time: the deadline runs from the request's first octet."""

    def lineReceived(self, line: bytes) -> None:
        if self.refused:
            return
        before = len(self.requests)
        super().lineReceived(line)  # type: ignore[no-untyped-call]  # Twisted's has no types
        if len(self.requests) > before and not self._handlingRequest:
            self.setTimeout(REQUEST_SECONDS)  # type: ignore[no-untyped-call]

    def rawDataReceived(self, data: bytes) -> None:
        if not self.refused:
            super().rawDataReceived(data)

    def allContentReceived(self) -> None:
        if not self.refused:
            super().allContentReceived()  # type: ignore[no-untyped-call]

    def _send100Continue(self) -> None:
        if not self.refused:
            super()._send100Continue()  # type: ignore[no-untyped-call]

    def timeoutConnection(self) -> None:
        if self.refused or self._handlingRequest:
            return
        if self.requests:
            self.refuse(Problem(408, f"The request was not whole after {REQUEST_SECONDS:g} seconds."))
        else:
            self.loseConnection()  # type: ignore[no-untyped-call]

    def _respondToBadRequestAndDisconnect(self) -> None:
        """What Twisted calls for a head that is malformed or too large."""
        status, detail = 400, "The request is no HTTP/1.1 that can be understood."
        if self._receivedHeaderCount > self.maxHeaders or self._receivedHeaderSize > self.totalHeadersSize:
            status, detail = 431, f"A request has at most {self.maxHeaders} headers and {self.totalHeadersSize} octets."
        self.refuse(Problem(status, detail))

    def lineLengthExceeded(self, line: bytes) -> None:
        """What Twisted calls for a line that is longer than the whole head may be."""
        self.refuse(Problem(431, f"A request's head has at most {self.totalHeadersSize} octets."))

    def refuse(self, problem: Problem) -> None:
        """Answer now, whatever else would come, and throw that away for a moment before closing: a connection that is
        closed while octets are unread is reset, and the answer would be lost with it."""
        if self.refused:
            return
        self.refused = True
        self.setTimeout(None)  # type: ignore[no-untyped-call]
        outgoing = problem_outgoing(problem)
        body = outgoing.body
        assert isinstance(body, bytes)
        head = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}"]
        head += [f"{name}: {value}" for name, value in outgoing.headers]
        head += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
        self.transport.write("\r\n".join(head).encode("latin-1") + body)
        self._networkProducer.unregisterProducer()
        self._lingering = self.callLater(LINGER_SECONDS, self._abort)  # type: ignore[no-untyped-call]
        if hasattr(self.transport, "loseWriteConnection"):
            self.transport.loseWriteConnection()
        else:
            self.transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        if not self.refused:
            super().dataReceived(data)  # type: ignore[no-untyped-call]

    def _abort(self) -> None:
        self._lingering = None
        self.transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        super().connectionLost(reason)  # type: ignore[no-untyped-call]


class ConsoleSite(http.HTTPFactory):
    """The factory of the HTTP port's connections. No access log: a probe each second is no news."""

    noisy = False

    def __init__(self, application: Application, reactor: Any) -> None:
        super().__init__(timeout=IDLE_SECONDS, reactor=reactor)
        self.application = application

    def buildProtocol(self, addr: Any) -> Any:
        channel: Any = ConsoleChannel()  # type: ignore[no-untyped-call]
        channel.factory = self
        channel.site = self
        channel.callLater = self.reactor.callLater
        channel.timeOut = self.timeOut
        return channel

    def startFactory(self) -> None:
        """Twisted would open a log, and take its time of day from the reactor, whose seconds are monotonic here."""

    def stopFactory(self) -> None:
        """Nothing was opened."""

    def log(self, request: object) -> None:
        """Say nothing."""


def _too_large() -> Problem:
    return Problem(413, f"A body has at most {MOST_BODY} octets.")
