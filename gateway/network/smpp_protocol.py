"""One SMPP connection: a transport on one side, a sans-IO session on the other.

How this works. Octets that arrive go to the session, whose events are pulled and acted on; at the end of that turn
everything there is to say is written at once and the acknowledgements are committed together. Work that is done
later (a database's answer, a retry) says what it has to say and calls :meth:`SmppProtocol.soon`, which flushes once
per reactor turn.

A client that sends much is read in portions, so that others are served in between; a client that does not read fills
its transport's buffer, which pauses this connection both ways until it drains, and closes it when it never does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from gateway.clients.bindings import Binding
from gateway.network.direct_writing import writer_of
from gateway.network.wire_log import End, Line
from gateway.smpp.events import (
    BindRequested,
    CloseReason,
    EnquireLinkReceived,
    Event,
    OperationReceived,
    PduRefused,
    RequestLost,
    RequestTimedOut,
    ResponseReceived,
    SessionClosed,
    SubmitReceived,
    Unbound,
)
from gateway.smpp.pdus import Bind, Pdu
from gateway.smpp.session import Session

if TYPE_CHECKING:
    from gateway.faults.effects import Effect
    from gateway.network.faulty_link import FaultyLink
    from gateway.network.smpp_listener import Exchange

LINGER_SECONDS: Final = 5.0
"""A closed connection that its peer neither reads nor closes is aborted after this."""

RESUMED_GRACE_SECONDS: Final = 1.0
"""After we read again, what waited in the socket comes in before the session's timers look."""

EVENTS_PER_TURN: Final = 256
"""Events of one connection before others get their turn: about 5 ms of work."""


@implementer(IPushProducer)
class SmppProtocol(Protocol):
    """The link of a binding (:class:`gateway.clients.bindings.Link`) and the producer of its transport."""

    transport: Any
    """A TCP or TLS transport: ITCPTransport and IConsumer."""

    asked_to_receive = False
    """Whether this connection is ours and began with an outbind: its answer is a bind that can receive."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.session: Session
        self._write: Callable[[bytes], None]
        self.binding: Binding | None = None
        self.peer = ""
        self.number = 0
        """Of the connections of this gateway, 1 and up; set when it is opened."""
        self.opened_at = 0.0
        """Monotonic seconds."""
        self.line: Line | None = None
        """Where what is read and written is recorded, if it is."""
        self.plan = exchange.plan
        self.accepted_with: Effect | None = None
        """What a fault has in store for this connection from its beginning."""
        self._faulty: FaultyLink | None = None
        self._held = False
        self._congested_since: float | None = None
        self._closing_since: float | None = None
        self._resumed_at = float("-inf")
        self._pulling = False
        self._pulled_at = 0.0
        self._flush_due = False
        self._more_due = False
        self._gone = False
        self._reading = True
        self.refusal_told_at = float("-inf")
        self.refusals_untold = 0
        """When the last refused PDU of this connection got its line in the log, and how many got none since."""

    # --- the transport speaks ---

    def makeConnection(self, transport: Any) -> None:
        address: IAddress = transport.getPeer()
        self.peer = f"{getattr(address, 'host', 'unknown')}:{getattr(address, 'port', 0)}"
        super().makeConnection(transport)  # type: ignore[no-untyped-call]  # Twisted's has no types

    def connectionMade(self) -> None:
        exchange = self._exchange
        self.session = exchange.new_session()
        transport = self.transport
        self._write = writer_of(transport)
        if hasattr(transport, "setTcpNoDelay"):
            # A response of 33 octets must not wait for the next one (Nagle); we write once per turn anyway.
            transport.setTcpNoDelay(True)
        if exchange.wire_log.is_on:
            peer, local = _host_and_port(transport.getPeer()), _host_and_port(transport.getHost())
            self.line = exchange.wire_log.opened(peer, local, called=self.asked_to_receive)
            self.line.outgoing.whole = True  # until a fault damages or delays what is written
        transport.registerProducer(self, True)
        exchange.opened(self)
        if self.accepted_with is not None:
            self.faults().accepted(self.accepted_with)

    def dataReceived(self, data: bytes) -> None:
        if self.line is not None:
            self._exchange.wire_log.record(self.line.incoming, data)
        self.session.receive_data(data, self._exchange.monotonic())
        self.pull()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._gone = True
        if self.line is not None:
            end: End = "peer" if self._closing_since is None else "gateway"
            self._exchange.wire_log.closed(self.line, end if reason.check(ConnectionDone) else "reset")
        self.session.end_of_input()
        self.pull()
        self._exchange.closed(self)
        if self._faulty is not None:
            self._faulty.ended()

    # --- the producer of the transport: backpressure ---

    def pauseProducing(self) -> None:
        """The peer does not read: stop reading from it and sending to it."""
        if self._congested_since is None:
            self._congested_since = self._exchange.monotonic()
        self._settle_reading()

    def resumeProducing(self) -> None:
        """The peer reads again."""
        if self._held:
            return
        self._congested_since = None
        self._resumed_at = self._exchange.monotonic()
        self._settle_reading()
        self.pull()
        if self.binding is not None:
            self._exchange.delivery.pump(self.binding)
            self.soon()

    def hold(self, held: bool) -> None:
        """For a fault: as if the peer did not read, or had begun to read again. The connection lives on."""
        if held is not self._held:
            self._held = held
            (self.pauseProducing if held else self.resumeProducing)()

    def stopProducing(self) -> None:
        """The transport is finished; connectionLost follows."""

    def _settle_reading(self) -> None:
        if self._gone or self._closing_since is not None:
            return
        reading = self._congested_since is None and not self.session.reading_paused and not self._more_due
        if reading is not self._reading:
            self._reading = reading
            if reading:
                self.transport.resumeProducing()
            else:
                self.transport.pauseProducing()

    # --- the link of the binding ---

    @property
    def room(self) -> int:
        return self.session.room if self._congested_since is None else 0

    def respond(self, request: Pdu, status: int = 0, **fields: object) -> None:
        if self._faulty is None or not self._faulty.responds(request, status, fields):
            self.session.respond(request, status, **fields)
        if not self._pulling:
            self.soon()

    def accept(self, request: Pdu, message_id: str) -> None:
        if self._faulty is None:
            self.session.accept(request, message_id)
            if not self._pulling:
                self.soon()
        else:
            self.respond(request, 0, message_id=message_id)

    def abandon(self, request: Pdu) -> None:
        self.session.abandon(request)
        self.soon()

    def request(self, pdu: Pdu, context: object) -> int:
        if self.plan.deliver:
            sequence_number = self.faults().delivers(pdu, context)
        else:
            now = self._pulled_at if self._pulling else self._exchange.monotonic()
            sequence_number = self.session.request(pdu, now, context)
        if not self._pulling:
            self.soon()
        return sequence_number

    def send(self, pdu: Pdu) -> None:
        self.session.send(pdu)
        self.soon()

    def unbind(self) -> None:
        self.session.unbind(self._exchange.monotonic())
        self.soon()

    def drop(self) -> None:
        self.session.close(CloseReason.OWNER_CLOSED)
        self.soon()

    def flush(self) -> None:
        """Hand all octets to the transport, and close it when the session is over."""
        octets = self.session.data_to_send()
        if octets and not self._gone:
            if self.plan.transport or self._faulty is not None:
                self.faults().write(octets)
            else:
                if self.line is not None:
                    self._exchange.wire_log.record(self.line.outgoing, octets)
                self._write(octets)
        if self.session.closed and not self._gone and self._closing_since is None:
            self._closing_since = self._exchange.monotonic()
            (self.transport.loseConnection if self._faulty is None else self._faulty.lose_connection)()

    def soon(self) -> None:
        """Pull and flush in the next reactor turn, once however often it is asked for."""
        if not self._flush_due:
            self._flush_due = True
            self._exchange.in_next_turn(self._turn)

    def _turn(self) -> None:
        self._flush_due = False
        self.pull()

    # --- time ---

    def needs_tick(self, now: float) -> bool:
        """Whether :meth:`tick` has something to look at."""
        return now >= self.session.deadline or self._congested_since is not None or self._closing_since is not None

    def tick(self, now: float) -> None:
        """The sweep: timers of the session, and a peer that has not read for too long."""
        since = self._congested_since
        if self._closing_since is not None:
            if now - self._closing_since >= LINGER_SECONDS:
                self.transport.abortConnection()
        elif since is not None:
            # While we do not read, no timer of the session judges what the peer may well have sent.
            if now - since >= self._exchange.write_timeout and not self._held:
                self.session.close("write_timeout")
                self.transport.abortConnection()
                self.pull()
        elif now >= max(self.session.deadline, self._resumed_at + RESUMED_GRACE_SECONDS):
            self.session.tick(now)
            self.pull()

    # --- events ---

    def pull(self) -> None:
        """Act on what has happened, then say what there is to say."""
        if self._pulling:
            return
        self._pulling = True
        try:
            self._more_due = False
            session, exchange = self.session, self._exchange
            responded = exchange.delivery.responded
            self._pulled_at = now = exchange.monotonic()
            for _ in range(EVENTS_PER_TURN):
                event = session.next_event(now)
                if event is None:
                    break
                if type(event) is ResponseReceived:  # half of all that happens
                    responded(event.context, event.response.command_status)
                else:
                    self._act(event)
                if self._congested_since is not None and not self._gone:
                    break
            else:
                self._more_due = True
                self.soon()
            if self.binding is not None:
                exchange.delivery.pump(self.binding)
        finally:
            self._pulling = False
        self.flush()
        exchange.delivery.commit()  # the peer reads what it was sent meanwhile
        self._settle_reading()

    def _act(self, event: Event) -> None:
        """Act on anything but a ResponseReceived, which :meth:`pull` hands on itself."""
        exchange = self._exchange
        binding = self.binding
        if isinstance(event, SubmitReceived):
            assert binding is not None
            if not self.plan.submit or not self.faults().submits(event.request):
                exchange.intake.submit(binding, event.request)
        elif isinstance(event, OperationReceived):
            assert binding is not None
            exchange.operations.operate(binding, event.request)
        elif isinstance(event, BindRequested):
            assert isinstance(event.request, Bind)
            if not self.plan.bind or not self.faults().binds(event.request):
                exchange.bind(self, event.request)
        elif isinstance(event, RequestTimedOut):
            exchange.delivery.timed_out(event.context)
        elif isinstance(event, RequestLost):
            self._leave()
            exchange.delivery.lost(event.context)
        elif isinstance(event, PduRefused):
            exchange.refused(self, event)
        elif isinstance(event, Unbound):
            exchange.unbound(self, event)
            self._leave()
        elif isinstance(event, SessionClosed):
            self._leave()
            if binding is not None:
                exchange.delivery.unbound(binding)
            exchange.log_closed(self, event.reason)
        else:
            assert isinstance(event, EnquireLinkReceived)
            self.faults().enquires(event.request)

    def faults(self) -> FaultyLink:
        """What faults do to this connection; made when it is first asked for."""
        if self._faulty is None:
            # Imported here: most connections never meet a fault.
            from gateway.network.faulty_link import FaultyLink

            self._faulty = FaultyLink(self, self._exchange)
        return self._faulty

    def _leave(self) -> None:
        """The binding's place is free from now on; nothing new is delivered to it."""
        if self.binding is not None and self.binding.bound:
            self._exchange.bindings.unbind(self.binding)


def _host_and_port(address: Any) -> tuple[str, int]:
    return getattr(address, "host", ""), getattr(address, "port", 0)
