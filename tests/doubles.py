"""A whole gateway without sockets, threads or time: what tests of the rooms above the protocol are driven through.

``Bench`` builds the emulator that ``serve`` would build, on a reactor whose time stands still until a test moves it.
Octets go in and out through :class:`Peer`, which knows nothing of SMPP; tests bring their own octets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure

from gateway.faults.effects import Malformed
from gateway.settings import Settings, load_settings
from gateway.storage.base import Books, Claims, Storage, Work
from gateway.storage.memory import MemoryStorage
from gateway.wiring import build_emulator
from tests.conformance import pcap

T = TypeVar("T")

START = "2026-01-15T09:00:00Z"
"""Where emulated time starts on a bench: 12:00 in Moscow."""


class DeferredStorage(MemoryStorage):
    """A memory storage that does its work later, as a database would: when :meth:`run` is called, all at once."""

    def __init__(self) -> None:
        super().__init__()
        self._due: list[Callable[[], None]] = []

    def submit(self, work: Work[T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        submit = super().submit
        self._due.append(lambda: submit(work, done, failed))

    def run(self) -> bool:
        """Do all that is due now; False when nothing was."""
        due, self._due = self._due, []
        for action in due:
            action()
        return bool(due)


class FailingStorage(MemoryStorage):
    """A memory storage that fails the next works with the errors it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[Exception] = []

    def submit(self, work: Work[T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        if self.errors:
            failed(self.errors.pop(0))
        else:
            super().submit(work, done, failed)


class _RecordedTransport(StringTransport):
    """What the gateway writes is dissected when all tests are over (:mod:`tests.conformance.pcap`)."""

    def __init__(self, bench: Bench, peer: IPv4Address) -> None:
        super().__init__(peerAddress=peer)
        self._bench = bench
        self._capture = pcap.Connection()

    def write(self, data: bytes) -> None:
        super().write(data)
        if self._bench.undissected:
            self._capture.undissected = True
        self._capture.record(data)


class Peer:
    """The other end of one connection."""

    def __init__(self, bench: Bench, number: int, host: str = "127.0.0.1") -> None:
        self._bench = bench
        self.transport = _RecordedTransport(bench, IPv4Address("TCP", host, 40_000 + number))
        self.protocol: Any = bench.emulator.exchange.buildProtocol(IPv4Address("TCP", host, 40_000 + number))
        self.closed = self.protocol is None
        """Whether the gateway has closed the connection (or never took it)."""
        self.aborted = False
        if self.protocol is not None:
            self.transport.abortConnection = self._abort  # type: ignore[method-assign]
            self.protocol.makeConnection(self.transport)
            bench.settle()

    def send(self, octets: bytes) -> None:
        """Octets from the peer, in one piece."""
        if not self.closed:
            self.protocol.dataReceived(octets)
            self._bench.settle()

    def received(self) -> bytes:
        """All octets from the gateway since the last call."""
        octets: bytes = self.transport.value()
        self.transport.clear()
        return octets

    def close(self) -> None:
        """The peer closes the connection."""
        if not self.closed:
            self.closed = True
            self.protocol.connectionLost(Failure(ConnectionDone()))
            self._bench.settle()

    @property
    def is_read(self) -> bool:
        """Whether the gateway reads from this peer."""
        return self.transport.producerState == "producing"  # type: ignore[comparison-overlap]

    def _abort(self) -> None:
        self.aborted = True
        self.transport.loseConnection()

    def _settle(self) -> bool:
        if self.transport.disconnecting and not self.closed:
            self.closed = True
            self.protocol.connectionLost(Failure(ConnectionDone()))
            return True
        return False


class Bench:
    """A gateway on emulated time and a clock that only moves when told to.

    ``options`` are the command line's (``client=["a:b"]``, ``config="FILE"``, …); ``settings`` replaces them whole.
    ``storage`` may be a double of this module (``claims``: one that several gateways share); without one it is what the
    settings name, used without threads.
    ``undissected``: see there.
    """

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        storage: Storage | None = None,
        claims: Claims | None = None,
        undissected: bool = False,
        **options: object,
    ) -> None:
        self.undissected = undissected
        """Whether what the gateway sends is not shown to a dissector, because a fault damages it."""
        options.setdefault("seed", "1")
        options.setdefault("clock_start", START)
        self.reactor = MemoryReactorClock()
        self.settings = settings or load_settings(options, {})
        self.emulator = build_emulator(self.settings, self.reactor, storage=storage, claims=claims)
        self.emulator.exchange.plan.on_change.append(self._faults_changed)
        self.storage: Storage = self.emulator.storage
        self._peers: list[Peer] = []
        self.settle()
        self.emulator.start()

    def connect(self, host: str = "127.0.0.1") -> Peer:
        """A new connection to the SMPP port."""
        peer = Peer(self, len(self._peers), host)
        self._peers.append(peer)
        return peer

    def _faults_changed(self) -> None:
        rules = [state.rule for state in self.emulator.exchange.plan.rules()]
        self.undissected = self.undissected or any(isinstance(rule.effect, Malformed) for rule in rules)

    def settle(self) -> None:
        """Let everything happen that needs no time to pass."""
        busy = True
        while busy:
            busy = isinstance(self.storage, DeferredStorage) and self.storage.run()
            due = [call for call in self.reactor.getDelayedCalls() if call.getTime() <= self.reactor.seconds()]
            if due:
                self.reactor.advance(0)
                busy = True
            for peer in self._peers:
                # Every peer gets its turn, so no `any` over a generator.
                busy = peer._settle() or busy

    def pass_time(self, seconds: float, step: float = 0.25) -> None:
        """Let real (monotonic) time pass; emulated time goes with it unless it is frozen."""
        until = self.reactor.seconds() + seconds
        while self.reactor.seconds() < until - 1e-9:
            self.reactor.advance(min(step, until - self.reactor.seconds()))
            self.settle()

    def advance(self, seconds: float) -> None:
        """Let emulated time jump: link-level timers do not notice."""
        self.emulator.advance(int(seconds * 1_000_000))
        self.settle()

    def read(self, query: Callable[[Books], T]) -> T:
        """What the books say now."""
        found: list[T] = []
        self.storage.read(query, found.append, _raise)
        return found[0]


def _raise(error: Exception) -> None:
    raise error
