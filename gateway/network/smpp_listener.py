"""What all SMPP connections of a gateway share: the rooms behind them, the verdict on binds, the sweep of timers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final, Literal

import attrs
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure

from gateway.clients.bindings import Bindings
from gateway.clients.directory import Client, Directory, Verdict
from gateway.clients.failed_binds import FailedBinds
from gateway.faults.effects import Disconnect
from gateway.faults.plan import Plan
from gateway.faults.rules import Facts, Point
from gateway.messages.availability import PendingFlags
from gateway.messages.delivery import Delivery
from gateway.messages.intake import Intake
from gateway.messages.operations import Operations
from gateway.network.smpp_protocol import SmppProtocol
from gateway.network.wire_log import WireLog
from gateway.smpp.constants import CommandId
from gateway.smpp.events import PduRefused, Unbound
from gateway.smpp.pdus import Bind
from gateway.smpp.session import Session, SessionLimits
from gateway.smpp.statuses import CommandStatus, describe

SWEEP_SECONDS: Final = 0.25
"""How often deadlines are looked at: no timer of SMPP needs to be sharper, and no connection needs one of its own."""

LATE_SECONDS: Final = 2.0
"""A sweep that comes so late was held up by more than work."""

REFUSAL_LINE_SECONDS: Final = 1.0
"""A client that floods us with bad PDUs must not flood the log: seven thousand lines a second were seen."""

BINDS_PER_TURN: Final = 100
"""Binds answered before others get their turn: about 10 ms of work. When a server comes back, all its clients bind at
once."""

_BIND_NAMES: Final[dict[int, Literal["transmitter", "receiver", "transceiver"]]] = {
    CommandId.BIND_TRANSMITTER: "transmitter",
    CommandId.BIND_RECEIVER: "receiver",
    CommandId.BIND_TRANSCEIVER: "transceiver",
}


@attrs.frozen
class ListenerLimits:
    """Bounds on connections. Seconds are monotonic."""

    connections: int = 20_000
    connections_per_ip: int = 0
    """0 = as many as ``connections``: on a laptop everybody comes from 127.0.0.1."""
    failed_binds_per_second: float = 20.0
    """Per IP address; beyond it a bind is refused without looking at its password."""
    write_timeout: float = 30.0
    """A peer that has read nothing for so long is dropped."""


@attrs.define
class LinkCounters:
    """Plain integers; metrics read them when they are asked for."""

    connections: int = 0
    binds: int = 0
    binds_refused: int = 0
    pdus_refused: int = 0


class Exchange(ServerFactory):
    """The factory of :class:`SmppProtocol`, and what its connections share."""

    noisy = False
    log = Logger(namespace="smpp")

    def __init__(
        self,
        *,
        system_id: str,
        session_limits: SessionLimits,
        limits: ListenerLimits,
        directory: Directory,
        bindings: Bindings,
        intake: Intake,
        operations: Operations,
        delivery: Delivery,
        flags: PendingFlags,
        reactor: Any,
        monotonic: Callable[[], float],
        wire_log: WireLog | None = None,
        plan: Plan,
    ) -> None:
        self.plan = plan
        plan.on_change.append(self._faults_changed)
        self.wire_log = wire_log or WireLog(0)
        self.system_id = system_id
        self.session_limits = session_limits
        self.limits = limits
        self.write_timeout = limits.write_timeout
        self.directory = directory
        self.bindings = bindings
        self.intake = intake
        self.operations = operations
        self.delivery = delivery
        self.flags = flags
        self.reactor = reactor
        self.monotonic = monotonic
        self.connections: dict[SmppProtocol, None] = {}
        self.counters = LinkCounters()
        self.accepting = True
        self._phase = 0.0
        self._per_ip: dict[str, int] = {}
        self._failures = FailedBinds(limits.failed_binds_per_second)
        self._next_turn: list[Callable[[], None]] = []
        self._binds_left = BINDS_PER_TURN
        self._binds_waiting: deque[tuple[SmppProtocol, Bind]] = deque()
        self._sweep_due: Any = None
        self._swept_at = 0.0

    # --- connections ---

    def buildProtocol(self, addr: IAddress | None) -> SmppProtocol | None:
        """None (the connection is closed at once) when there are too many, or the gateway is stopping."""
        host = getattr(addr, "host", "")
        per_ip = self.limits.connections_per_ip
        if (
            not self.accepting
            or len(self.connections) >= self.limits.connections
            or (per_ip and self._per_ip.get(host, 0) >= per_ip)
        ):
            return None
        effect = self.plan.fire(Point.ACCEPT, Facts(source=host)) if self.plan.accept else None
        if isinstance(effect, Disconnect) and not effect.seconds:
            return None
        protocol = SmppProtocol(self)
        protocol.accepted_with = effect
        protocol.factory = self
        return protocol

    def new_session(self) -> Session:
        # The golden ratio spreads the phases of any number of sessions evenly.
        self._phase = (self._phase + 0.6180339887498949) % 1.0
        return Session(
            self.session_limits, self.monotonic(), auto_enquire_link=not self.plan.enquire_link, phase=self._phase
        )

    def _faults_changed(self) -> None:
        for protocol in self.connections:
            protocol.session.auto_enquire_link = not self.plan.enquire_link

    def opened(self, protocol: SmppProtocol) -> None:
        self.counters.connections += 1
        protocol.number = self.counters.connections
        protocol.opened_at = self.monotonic()
        self.connections[protocol] = None
        host = protocol.peer.rpartition(":")[0]
        self._per_ip[host] = self._per_ip.get(host, 0) + 1
        if self._sweep_due is None:
            self._swept_at = self.monotonic()
            self._sweep_due = self.reactor.callLater(SWEEP_SECONDS, self._sweep)

    def closed(self, protocol: SmppProtocol) -> None:
        self.connections.pop(protocol, None)
        host = protocol.peer.rpartition(":")[0]
        left = self._per_ip.get(host, 1) - 1
        if left:
            self._per_ip[host] = left
        else:
            self._per_ip.pop(host, None)

    def _sweep(self) -> None:
        self._sweep_due = None
        now = self.monotonic()
        late = now - self._swept_at > LATE_SECONDS
        self._swept_at = now
        if late and self.connections:
            # The process stood still (SIGSTOP, a laptop's lid): what the peers sent meanwhile is read first, so that
            # nobody is timed out whose answer is waiting in the socket.
            self._sweep_due = self.reactor.callLater(SWEEP_SECONDS, self._sweep)
            return
        for protocol in list(self.connections):
            if protocol.needs_tick(now):
                protocol.tick(now)
        self._failures.forget(now)
        if self.plan.expiring:
            self.plan.drop_expired()
        if self.connections:
            self._sweep_due = self.reactor.callLater(SWEEP_SECONDS, self._sweep)

    def in_next_turn(self, action: Callable[[], None]) -> None:
        """Run ``action`` in the next reactor turn, with all others of this turn behind one timer."""
        if not self._next_turn:
            self.reactor.callLater(0, self._run_turn)
        self._next_turn.append(action)

    def _run_turn(self) -> None:
        actions, self._next_turn = self._next_turn, []
        for action in actions:
            action()

    # --- binds ---

    def bind(self, protocol: SmppProtocol, request: Bind) -> None:
        """Answer a bind in this turn of the reactor or, behind many others, in one of the next."""
        if self._binds_left == BINDS_PER_TURN:
            self.in_next_turn(self._bind_more)
        if self._binds_left and not self._binds_waiting:
            self._binds_left -= 1
            self._judge(protocol, request)
        else:
            self._binds_waiting.append((protocol, request))

    def _bind_more(self) -> None:
        self._binds_left = BINDS_PER_TURN
        waiting = self._binds_waiting
        if waiting:
            self.in_next_turn(self._bind_more)
        while waiting and self._binds_left:
            self._binds_left -= 1
            self._judge(*waiting.popleft())

    def _judge(self, protocol: SmppProtocol, request: Bind) -> None:
        """Answer a bind now, or when a thread has computed its password's hash."""
        host = protocol.peer.rpartition(":")[0]
        now = self.monotonic()
        if self._failures.are_too_many(host, now):
            self._decline(protocol, request, Verdict(CommandStatus.ESME_RBINDFAIL, None, "too many failed binds"))
            return
        if not self.directory.slow:
            matched = self.directory.password_matches(request.system_id, request.password)
            self._decide(protocol, request, matched)
            return
        checked = deferToThreadPool(
            self.reactor,
            self.reactor.getThreadPool(),
            self.directory.password_matches,
            request.system_id,
            request.password,
        )
        checked.addCallback(lambda matched: self._decide(protocol, request, matched))
        checked.addErrback(self._undecided, protocol, request)

    def _decide(self, protocol: SmppProtocol, request: Bind, matched: bool) -> None:
        bind_type = _BIND_NAMES[request.command_id]
        verdict = self.directory.judge(
            request.system_id,
            bind_type,
            request.system_type,
            protocol.peer.rpartition(":")[0],
            matched=matched,
            bound=self.bindings.count(request.system_id),
            interface_version=request.interface_version,
        )
        client = verdict.client
        if protocol.asked_to_receive and bind_type == "transmitter":
            verdict = Verdict(CommandStatus.ESME_RBINDFAIL, None, "a transmitter in answer to our outbind")
        if not self.accepting:
            verdict = Verdict(CommandStatus.ESME_RBINDFAIL, None, "the gateway is stopping")
        if client is None or verdict.status:
            self._decline(protocol, request, verdict)
            return
        session = protocol.session
        if session.closed:
            return
        session.limits = self._limits_of(client)
        protocol.respond(request, CommandStatus.ESME_ROK, system_id=self.system_id)
        protocol.binding = binding = self.bindings.bind(
            client,
            bind_type,
            session.interface_version,
            protocol.peer,
            protocol,
            self.monotonic(),
            request.address_range,
        )
        self._failures.passed(protocol.peer.rpartition(":")[0], client.system_id)
        self.counters.binds += 1
        if protocol.line is not None:
            protocol.line.client = client.system_id
        self.log.info(
            "{client} bound as {bind_type} from {peer}, interface_version 0x{version:02x}",
            client=client.system_id,
            bind_type=bind_type,
            peer=protocol.peer,
            version=request.interface_version,
        )
        # The response first, then what has waited for this client.
        protocol.flush()
        self.delivery.bound(binding)
        if binding.can_receive:
            self.flags.available(client.system_id)
        protocol.soon()

    def _decline(self, protocol: SmppProtocol, request: Bind, verdict: Verdict) -> None:
        host = protocol.peer.rpartition(":")[0]
        is_known = self.directory.find(request.system_id) is not None
        delay = self._failures.failed(host, request.system_id if is_known else None, self.monotonic())
        self.counters.binds_refused += 1
        self.log.warn(
            "bind of {client!r} from {peer} refused with {status}: {reason}{remedy}",
            client=request.system_id,
            peer=protocol.peer,
            status=describe(verdict.status),
            reason=verdict.reason,
            remedy=f" (to let it in: {verdict.remedy})" if verdict.remedy else "",
        )
        if delay:
            # A session has one bind to be answered at a time, so there are no more timers than connections.
            self.reactor.callLater(delay, protocol.respond, request, verdict.status)
        else:
            protocol.respond(request, verdict.status)

    def refuse_bind(self, protocol: SmppProtocol, request: Bind, status: int) -> None:
        """Refuse a bind that nobody has judged, because a fault says so. It is no attempt to guess a password."""
        self.counters.binds_refused += 1
        self.log.warn(
            "bind of {client!r} from {peer} refused with {status}: a fault",
            client=request.system_id,
            peer=protocol.peer,
            status=describe(status),
        )
        protocol.respond(request, status)

    def _undecided(self, failure: Failure, protocol: SmppProtocol, request: Bind) -> None:
        self.log.failure("a password could not be checked", failure)
        protocol.respond(request, CommandStatus.ESME_RSYSERR)

    def _limits_of(self, client: Client) -> SessionLimits:
        return attrs.evolve(
            self.session_limits,
            window_in=client.window_in,
            window_out=client.window_out,
            refuse_beyond_window=client.refuse_beyond_window,
        )

    # --- what is worth a line ---

    def refused(self, protocol: SmppProtocol, event: PduRefused) -> None:
        """A line for a PDU that was turned away, at most one a second and connection; its octets may hold a secret
        and are not shown."""
        self.counters.pdus_refused += 1
        now = self.monotonic()
        if now - protocol.refusal_told_at < REFUSAL_LINE_SECONDS:
            protocol.refusals_untold += 1
            return
        untold, protocol.refusals_untold = protocol.refusals_untold, 0
        protocol.refusal_told_at = now
        self.log.warn(
            "PDU 0x{command_id:08x} of {size} octets from {who} refused with {status}: {reason}{more}",
            more=f" (and {untold} more since the last line)" if untold else "",
            command_id=event.command_id,
            size=len(event.octets),
            who=self._who(protocol),
            status=describe(event.status),
            reason=event.reason,
        )

    def unbound(self, protocol: SmppProtocol, event: Unbound) -> None:
        self.log.info("{who} unbound{by}", who=self._who(protocol), by="" if event.by_peer else " at our request")

    def log_closed(self, protocol: SmppProtocol, reason: str) -> None:
        """Bindings and refusals are news; an empty connection (a health probe) is not."""
        if protocol.binding is not None:
            self.log.info("session of {who} closed: {reason}", who=self._who(protocol), reason=reason)
        else:
            self.log.debug("connection from {who} closed: {reason}", who=self._who(protocol), reason=reason)

    def _who(self, protocol: SmppProtocol) -> str:
        return f"{protocol.binding.client.system_id} ({protocol.peer})" if protocol.binding else protocol.peer
