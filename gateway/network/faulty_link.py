"""The faults of one connection: what the plan says at the points that lie on the wire.

How this works. The protocol asks here only when a rule names the point. A fault never reaches into the session: it
answers late, lets a request be abandoned, closes, or writes other octets than the session has made. What is to happen
to a response is noted when its request comes (``_owed``) and done when the rooms above answer it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gateway.faults.effects import (
    Delay,
    Disconnect,
    DisconnectAfter,
    DisconnectBefore,
    Dropped,
    Duplicate,
    Effect,
    Form,
    Malformed,
    NoResponse,
    Status,
)
from gateway.faults.plan import Plan
from gateway.faults.rules import Facts, Point
from gateway.messages.fault_facts import COMMAND_NAMES, facts_of_delivery, facts_of_submit
from gateway.network.damage import damaged
from gateway.network.faulty_transport import FaultyTransport
from gateway.smpp.pdus import Bind, Pdu

if TYPE_CHECKING:
    from gateway.network.smpp_listener import Exchange
    from gateway.network.smpp_protocol import SmppProtocol


class FaultyLink:
    """Made for a connection when the first rule may concern it."""

    def __init__(self, protocol: SmppProtocol, exchange: Exchange) -> None:
        self._protocol = protocol
        self._exchange = exchange
        self._plan: Plan = exchange.plan
        self._owed: dict[int, tuple[Pdu, Effect]] = {}
        self._timers: set[Any] = set()
        self._holds: set[str] = set()
        self._transport: FaultyTransport | None = None

    # --- accept ---

    def accepted(self, effect: Effect) -> None:
        """The connection is there; ``effect`` was decided when it came in."""
        if isinstance(effect, Disconnect):
            self._later(effect.seconds, self._protocol.drop)
        elif isinstance(effect, Delay):
            self._hold("accept", True)
            self._later(effect.seconds, lambda: self._hold("accept", False))

    # --- bind, submit, enquire_link: requests of the peer ---

    def binds(self, request: Bind) -> bool:
        """Whether a fault has taken the bind over; else it is judged as usual."""
        facts = Facts(request.system_id, self._host, command=COMMAND_NAMES[type(request)])
        effect = self._plan.fire(Point.BIND, facts)
        if isinstance(effect, Status):
            self._exchange.refuse_bind(self._protocol, request, effect.command_status)
        elif isinstance(effect, Delay):
            self._later(effect.seconds, lambda: self._exchange.bind(self._protocol, request))
        else:
            return self._take_over(request, effect)
        return True

    def submits(self, request: Pdu) -> bool:
        """Whether a fault has taken the submit over; else it is taken in as usual."""
        binding = self._protocol.binding
        assert binding is not None
        effect = self._plan.fire(Point.SUBMIT, facts_of_submit(binding.client, request))
        if isinstance(effect, Status):
            self._exchange.intake.refuse(binding, request, effect.command_status)
        elif isinstance(effect, Delay):
            self._later(effect.seconds, lambda: self._exchange.intake.submit(binding, request))
        else:
            return self._take_over(request, effect)
        return True

    def enquires(self, request: Pdu) -> None:
        """Answer an enquire_link, or not."""
        protocol = self._protocol
        effect = self._plan.fire(Point.ENQUIRE_LINK, Facts(self._client, self._host, command="enquire_link"))
        if isinstance(effect, Delay):
            self._later(effect.seconds, lambda: protocol.respond(request))
        elif isinstance(effect, Disconnect):
            protocol.drop()
        elif isinstance(effect, NoResponse):
            protocol.abandon(request)
        else:
            protocol.respond(request, effect.command_status if isinstance(effect, Status) else 0)

    def _take_over(self, request: Pdu, effect: Effect | None) -> bool:
        """Effects on a response: now, when the request goes no further, else when it is answered."""
        if isinstance(effect, (NoResponse, DisconnectBefore)) and not effect.accepted:
            if isinstance(effect, NoResponse):
                self._protocol.abandon(request)
            else:
                self._protocol.drop()
            return True
        if effect is not None:
            self._owed[id(request)] = request, effect
        return False

    def responds(self, request: Pdu, status: int, fields: dict[str, object]) -> bool:
        """Whether a fault has taken the response over; else it is sent as usual."""
        owed = self._owed.pop(id(request), None)
        if owed is None:
            return False
        effect, protocol = owed[1], self._protocol
        if isinstance(effect, Malformed):
            self._write_damaged(lambda: protocol.session.respond(request, status, **fields), effect.form)
        elif isinstance(effect, DisconnectAfter):
            protocol.session.respond(request, status, **fields)
            protocol.drop()
        else:
            protocol.session.abandon(request)
            if isinstance(effect, DisconnectBefore):
                protocol.drop()
        return True

    # --- deliver: requests of ours ---

    def delivers(self, pdu: Pdu, context: object) -> int:
        """Send a deliver_sm or data_sm, or seem to; gives its sequence number. Its place in the window is taken and
        its response timer runs from now on, whatever happens to it."""
        protocol, session = self._protocol, self._protocol.session
        binding = protocol.binding
        assert binding is not None
        now = self._exchange.monotonic()
        effect = self._plan.fire(Point.DELIVER, facts_of_delivery(binding.client, pdu))
        if effect is None:
            return session.request(pdu, now, context)
        protocol.flush()
        number = session.request(pdu, now, context)
        if isinstance(effect, Duplicate):
            if session.room > 0:
                session.request(copy.copy(pdu), now, None)
            return number
        if isinstance(effect, DisconnectAfter):
            protocol.flush()
            protocol.drop()
            return number
        octets = session.data_to_send()
        if isinstance(effect, Malformed):
            self.write(damaged(octets, effect.form))
        elif isinstance(effect, Delay):
            self._later(effect.seconds, lambda: self.write(octets))
        elif isinstance(effect, DisconnectBefore):
            protocol.drop()
        else:
            assert isinstance(effect, Dropped)
        return number

    # --- transport ---

    def write(self, octets: bytes) -> None:
        """Hand octets to the transport as the rules at ``transport`` say."""
        effect = None
        if self._plan.transport:
            effect = self._plan.fire(Point.TRANSPORT, Facts(self._client, self._host))
        queue = self._transport
        if effect is None and (queue is None or queue.is_idle):
            self._emit(octets)
            return
        if queue is None:
            queue = self._transport = FaultyTransport(
                self._emit,
                lambda: self._protocol.transport.loseConnection(),
                self._exchange.reactor.callLater,
                lambda crowded: self._hold("transport", crowded),
                self._protocol.drop,
            )
        queue.write(octets, effect)

    def lose_connection(self) -> None:
        """Close the transport when everything has been written."""
        if self._transport is not None:
            self._transport.lose_connection()
        else:
            self._protocol.transport.loseConnection()

    def ended(self) -> None:
        """The connection is lost: nothing that was to happen later does."""
        timers, self._timers = self._timers, set()
        for timer in timers:
            timer.cancel()
        self._owed.clear()
        if self._transport is not None:
            self._transport.stop()

    # --- what these share ---

    @property
    def _client(self) -> str:
        binding = self._protocol.binding
        return binding.client.system_id if binding is not None else ""

    @property
    def _host(self) -> str:
        return self._protocol.peer.rpartition(":")[0]

    def _emit(self, octets: bytes) -> None:
        """What really leaves is what a capture shows."""
        protocol = self._protocol
        if protocol.line is not None:
            protocol.line.outgoing.whole = False
            self._exchange.wire_log.record(protocol.line.outgoing, octets)
        protocol.transport.write(octets)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do it after some real time, unless the session is over by then."""

        def due() -> None:
            self._timers.discard(timer)
            if not self._protocol.session.closed:
                action()
                self._protocol.soon()

        timer = self._exchange.reactor.callLater(seconds, due)
        self._timers.add(timer)

    def _hold(self, why: str, held: bool) -> None:
        """Neither read nor send while there is a reason not to."""
        if held:
            self._holds.add(why)
        else:
            self._holds.discard(why)
        self._protocol.hold(bool(self._holds))

    def _write_damaged(self, say: Callable[[], None], form: Form) -> None:
        """Write what ``say`` makes the session say, damaged; what it had to say before goes first."""
        self._protocol.flush()
        say()
        if octets := self._protocol.session.data_to_send():
            self.write(damaged(octets, form))
