"""The running program as one object: it listens, lets time pass, and stops in good order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs
from twisted.internet.defer import Deferred, DeferredList, DeferredLock, inlineCallbacks, maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.logger import Logger

from gateway.clock import EmulatorClock
from gateway.faults.plan import Plan
from gateway.faults.rules import Rule
from gateway.messages.agenda import Agenda
from gateway.messages.availability import alert_notification
from gateway.messages.delivery import Delivery
from gateway.messages.paying import Paying
from gateway.messages.texting import Texting
from gateway.network.capture import CaptureFile, Masked, revealed
from gateway.network.outbind import OutbindTarget, outbind
from gateway.network.smpp_listener import Exchange
from gateway.smpp.fields import Address
from gateway.storage.base import NO_KEYS, Books, Keys, Storage, Work

if TYPE_CHECKING:
    # Wake-ups need psycopg, which only those have who share a PostgreSQL.
    from gateway.messages.sharing import Sharing
    from gateway.network.wakeups import Wakeups

DRAIN_SECONDS: Final = 10.0
"""How long a stop waits for clients to answer what is in flight and the unbind."""

BACKLOG: Final = 4096
"""Connections that wait to be taken. With Twisted's 50 a burst of connects overflows the queue, and each client that
is dropped there waits a second before it tries again; the kernel cuts this to its own limit (somaxconn)."""

_DRAIN_LOOK: Final = 0.05
_SAME_TIME: Final = 500_000
"""µs that the emulated times of gateways may differ; clocks of machines do, and nobody sees it."""

_DEEPEST: Final = 3
"""Transactions that may follow one another from one step: its own, what delivery concludes, what that is told of."""

_LONGEST_TIMER: Final = 3600.0
"""Emulated steps far away are looked at again after an hour: a reactor's timers are no calendar."""


class ListenError(Exception):
    """Something that the gateway needs to start cannot be had; ``faults`` has one line for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@attrs.frozen
class Endpoint:
    """An address to listen on, and the option that moves it."""

    name: str
    option: str
    host: str
    port: int


@attrs.define(eq=False)
class _Nothing:
    """The work after which all that was submitted before it is over."""

    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> None:
        """Changes nothing."""


class Emulator:
    """One gateway. Made by :func:`gateway.wiring.build_emulator`; started and stopped once."""

    log = Logger(namespace="emulator")

    def __init__(
        self,
        *,
        texting: Texting,
        paying: Paying,
        reactor: Any,
        clock: EmulatorClock,
        agenda: Agenda,
        storage: Storage,
        plan: Plan,
        configured_faults: Sequence[Rule] = (),
        exchange: Exchange,
        delivery: Delivery,
        site: Callable[[Emulator], Any],
        smpp: Endpoint,
        http: Endpoint,
        smpp_tls: tuple[Endpoint, Any] | None = None,
        outbind_targets: Mapping[str, OutbindTarget] | None = None,
        resume: Callable[[], None] = lambda: None,
        keep_clock: Callable[[], None] = lambda: None,
        start_anew: Callable[[frozenset[str]], Work[None]],
        first_time: Callable[[], int],
        starts_frozen: bool = False,
        sharing: Sharing | None = None,
        wakeups: Wakeups | None = None,
        masked: Masked = revealed,
        capture: CaptureFile | None = None,
    ) -> None:
        """``site`` makes the factory of the HTTP port's connections, which act on this emulator; ``smpp_tls`` is the
        endpoint and the factory of SMPP over TLS; ``resume`` picks up what an earlier run has left, ``keep_clock``
        stores where emulated time stands. ``start_anew`` makes the work that empties the books that it names,
        ``first_time`` says where the clock of a fresh start stands. ``sharing`` and ``wakeups`` are for a storage that
        several gateways share.
        """
        self.texting = texting
        self.paying = paying
        self.reactor = reactor
        self.clock = clock
        self.agenda = agenda
        self.storage = storage
        self.plan = plan
        self.configured_faults = tuple(configured_faults)
        """The rules that the settings put into force: what a reset of the faults goes back to."""
        self.exchange = exchange
        self.delivery = delivery
        self._site = site
        self._smpp = smpp
        self._http = http
        self._smpp_tls = smpp_tls
        self.outbind_targets = dict(outbind_targets or {})
        self._resume = resume
        self.keep_clock = keep_clock
        self._start_anew = start_anew
        self._first_time = first_time
        self._starts_frozen = starts_frozen
        self.on_clock: Callable[[], None] = lambda: None
        """Called when emulated time was moved, stopped or let go on."""
        self.at_end: Callable[[], None] = lambda: None
        """Called when the gateway has stopped, before its storage is closed."""
        self.sharing = sharing
        self.wakeups = wakeups
        self.masked = masked
        """What may be shown of a frame of ``exchange.wire_log``."""
        self.capture = capture
        self._ports: list[Any] = []
        self._step_due: Any = None
        self._advancing = DeferredLock()
        self._restarts = 0
        """How often the clock was turned back: what was on its way to a later time stays there."""
        self._stopping: Deferred[None] | None = None
        self.ready = False
        self.smpp_address = ""
        self.http_address = ""
        self.smpp_tls_address: str | None = None
        """``host:port`` each, known once the emulator has started."""
        agenda.on_earlier = self._rearm

    # --- start and stop ---

    def start(self) -> None:
        """Listen. Raises ListenError naming everything that is taken; nothing listens then."""
        faults: list[str] = []
        ports: list[Any] = []
        wanted: list[tuple[Endpoint, Any]] = [(self._smpp, self.exchange)]
        if self._smpp_tls is not None:
            wanted.append(self._smpp_tls)
        wanted.append((self._http, self._site(self)))
        for endpoint, factory in wanted:
            try:
                ports.append(self.reactor.listenTCP(endpoint.port, factory, backlog=BACKLOG, interface=endpoint.host))
            except CannotListenError as error:
                faults.append(
                    f"{endpoint.name} cannot listen on {endpoint.host}:{endpoint.port}: {_reason(error)}"
                    f" (another port: {endpoint.option} PORT, 0 takes a free one)"
                )
        if faults:
            for port in ports:
                port.stopListening()
            if self.capture is not None:
                self.capture.close()
            raise ListenError(faults)
        if self.capture is not None:
            try:
                self.capture.begin()
            except OSError as error:
                for port in ports:
                    port.stopListening()
                raise ListenError([f"--capture: {self.capture.path} cannot be written: {error.strerror}"]) from None
        self._ports = ports
        self.smpp_address, self.http_address = _spelled(ports[0]), _spelled(ports[-1])
        self.smpp_tls_address = None if self._smpp_tls is None else _spelled(ports[1])
        # Nobody can have connected yet: what waited longer comes before whatever comes now.
        self._resume()
        if self.sharing is not None:
            self.sharing.start()
        if self.wakeups is not None:
            self.wakeups.start()
        self.keep_clock()
        self.ready = True
        self._rearm()

    def stop(self) -> Deferred[None]:
        """Take nothing new, unbind every binding, wait up to ten seconds for what is in flight, then close.

        The Deferred fires when nothing listens and nobody is connected; a second call gives the same end.
        """
        if self._stopping is None:
            self._stopping = Deferred()
            self.ready = False
            self.exchange.accepting = False
            for listening in self._ports[:-1]:
                maybeDeferred(listening.stopListening)
            for protocol in list(self.exchange.connections):
                protocol.unbind()
            self._drain(self.reactor.seconds() + DRAIN_SECONDS)
        waiter: Deferred[None] = Deferred()
        self._stopping.chainDeferred(waiter)
        # chainDeferred passes the result on and leaves None: the next caller gets the same.
        return waiter

    def _drain(self, until: float) -> None:
        connections = self.exchange.connections
        if connections and self.reactor.seconds() < until:
            self.reactor.callLater(_DRAIN_LOOK, self._drain, until)
            return
        for protocol in list(connections):
            protocol.drop()
            protocol.transport.abortConnection()
        if self._step_due is not None:
            self._step_due.cancel()
            self._step_due = None
        self.delivery.commit()
        self.keep_clock()
        if self.wakeups is not None:
            self.wakeups.stop()
        if self.sharing is not None:
            self.sharing.stop()
        closing = DeferredList([maybeDeferred(port.stopListening) for port in self._ports[-1:]])
        closing.addCallback(self._close)

    def _close(self, _: object) -> None:
        self.at_end()
        if self.capture is not None:
            self.capture.close()
        self.storage.close()
        assert self._stopping is not None
        self._stopping.callback(None)

    # --- what the gateway does of its own accord ---

    def outbind(self, name: str) -> None:
        """Ask a configured ESME to bind (SMPP 3.4 §2.2.1); raises KeyError for a name that is not configured."""
        outbind(self.reactor, self.exchange, self.outbind_targets[name])

    def alert(self, system_id: str, source: Address, esme: Address) -> bool:
        """Tell a client that the subscriber ``source`` is reachable again (SMPP 3.4 §4.12); False when it has no
        receiving binding. There is no answer to it."""
        binding = self.exchange.bindings.next_receiving(system_id)
        if binding is None:
            return False
        binding.link.send(alert_notification(source, esme))
        return True

    def reset(self, what: frozenset[str], done: Callable[[], None], failed: Callable[[Exception], None]) -> None:
        """Go back to the configured start with ``what`` of messages, accounts, faults and clock. Bindings stay; what
        they answer of the time before is ignored. With all four on a storage of one gateway, numbers begin anew."""
        books = what & {"messages", "accounts"}
        if books:
            self.storage.submit(self._start_anew(what), lambda _: self._begin_anew(what, done), failed)
        else:
            self._begin_anew(what, done)

    def _begin_anew(self, what: frozenset[str], done: Callable[[], None]) -> None:
        """The books are as wanted: everything of before has been told, and what follows is about what is new."""
        if "messages" in what:
            self.delivery.forget()
            self.agenda.clear()
            self.exchange.flags.clear()
            # Numbers may begin anew: no PDU of before may be taken for one of a new message.
            self.exchange.wire_log.clear()
        if "faults" in what:
            self.plan.clear()
            self.plan.add_all(self.configured_faults)
        if "clock" in what:
            self._restarts += 1
            self.clock.restart(self._first_time(), frozen=self._starts_frozen)
        if "messages" in what:
            # Held payments have their steps on the agenda, too.
            self._resume()
        self.keep_clock()
        self._rearm()
        done()

    # --- emulated time ---

    def advance(self, microseconds: int) -> Deferred[None]:
        """Let emulated time pass at once: every step that becomes due runs in the order of time, at its own time, and
        so does what follows from it. Fires when all of it is stored; while the storage fails, time passes without.
        """
        if microseconds < 0:
            raise ValueError("time does not go back")
        return self._pass(lambda: self.clock.now() + microseconds)

    def advance_to(self, at: int) -> Deferred[None]:
        """The same until it is ``at`` (µs UTC); when that has passed, nothing happens."""
        return self._pass(lambda: at)

    def _pass(self, until: Callable[[], int]) -> Deferred[None]:
        # Who asked may go away: time goes on.
        over: Deferred[None] = Deferred(lambda _: None)
        self._advancing.run(self._pass_until, until).addCallback(lambda _: None if over.called else over.callback(None))
        return over

    @inlineCallbacks
    def _pass_until(self, asked: Callable[[], int]) -> Generator[Deferred[None], None, None]:
        until, restarts = asked(), self._restarts
        while restarts == self._restarts and (step_at := self.agenda.next_at()) is not None and step_at <= until:
            self.clock.advance_to(step_at)
            self._run_due()
            # A step may plan others that are due before the next one that is known now.
            yield self._stored()
        if restarts == self._restarts:
            self.clock.advance_to(until)
        self._clock_moved()
        yield self._stored()

    @inlineCallbacks
    def _stored(self) -> Generator[Deferred[None], None, None]:
        """Fires when what was submitted is over, and what was submitted upon that."""
        for _ in range(_DEEPEST):
            over: Deferred[None] = Deferred()
            self.storage.submit(_Nothing(), over.callback, lambda _, over=over: over.callback(None))  # type: ignore[misc]
            yield over

    def freeze(self) -> None:
        """Let emulated time stand still; link-level timers go on."""
        self.clock.freeze()
        self._clock_moved()

    def thaw(self) -> None:
        """Let emulated time go on from where it stands."""
        self.clock.thaw()
        self._clock_moved()

    def _clock_moved(self) -> None:
        self.keep_clock()
        self._rearm()
        self.on_clock()

    def catch_up(self, at: int) -> None:
        """Another gateway is ahead: let time pass until then, unless it is only about as late there."""
        if at - self.clock.now() > _SAME_TIME and not self._advancing.locked:
            self.advance_to(at)

    def _run_due(self) -> None:
        while (step := self.agenda.take_due(self.clock.now())) is not None:
            step.action()
        self.delivery.commit()

    def _tick(self) -> None:
        self._step_due = None
        self._run_due()
        self._rearm()

    def _rearm(self) -> None:
        """One timer for the earliest step; none while the clock is frozen or nothing is planned."""
        if self._step_due is not None:
            self._step_due.cancel()
            self._step_due = None
        at = self.agenda.next_at()
        if at is None or not self.ready:
            return
        seconds = self.clock.seconds_until(at)
        if seconds is not None:
            self._step_due = self.reactor.callLater(min(seconds, _LONGEST_TIMER), self._tick)


def _reason(error: CannotListenError) -> str:
    reason = getattr(error.socketError, "strerror", None) or str(error.socketError)
    return str(reason)


def _spelled(port: Any) -> str:
    address = port.getHost()
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"
