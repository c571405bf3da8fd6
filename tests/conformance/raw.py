"""A client that speaks octets: drives one connection of a bench and reads what comes back, PDU by PDU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.conformance import wire
from tests.conformance.wire import Delivered, Frame
from tests.doubles import Bench, Peer

KINDS = {
    "BOUND_TX": wire.bind_transmitter,
    "BOUND_RX": wire.bind_receiver,
    "BOUND_TRX": wire.bind_transceiver,
}
PROBE = 0x00ABCDEF
"""The sequence_number of the enquire_link that asks whether a session still lives."""


class Client:
    """One connection. Sequence numbers are the test's business."""

    def __init__(self, bench: Bench, host: str = "127.0.0.1") -> None:
        self.bench = bench
        self.peer = self._connect(host)
        self._unread: list[Frame] = []

    def _connect(self, host: str) -> Peer:
        return self.bench.connect(host)

    @property
    def closed(self) -> bool:
        """Whether the gateway has closed the connection."""
        return self.peer.closed

    def send(self, *octets: bytes) -> list[Frame]:
        """Send in one segment; whatever came back since the last look."""
        self.peer.send(b"".join(octets))
        return self.frames()

    def frames(self) -> list[Frame]:
        """The PDUs that came since the last look."""
        stream = self.peer.received()
        found, self._unread = self._unread + wire.frames(stream), []
        return found

    def ask(self, octets: bytes) -> Frame:
        """Send one request; its one answer. What the gateway asks in the meantime stays unread."""
        found = self.send(octets)
        answers = [frame for frame in found if frame.command_id & wire.RESPONSE]
        self._unread = [frame for frame in found if not frame.command_id & wire.RESPONSE]
        assert len(answers) == 1, answers
        return answers[0]

    def bind(self, state: str = "BOUND_TRX", **fields: wire.Value) -> Client:
        """Bind, successfully."""
        answer = self.ask(KINDS[state](1, **fields))
        assert answer.status == 0, answer
        return self

    def submit(self, sequence: int = 2, **fields: Any) -> str:
        """A submit_sm that is accepted; its message_id."""
        answer = self.ask(wire.submit_sm(sequence, **fields))
        assert answer.header == (wire.SUBMIT_SM | wire.RESPONSE, 0, sequence)
        return message_id(answer)

    def deliveries(self, *, acknowledge: bool = True) -> list[Delivered]:
        """The messages that were delivered since the last look, acknowledged until no more come."""
        found: list[Delivered] = []
        waiting = self.frames()
        while waiting:
            fresh = [wire.delivered(frame) for frame in waiting if frame.command_id in (wire.DELIVER_SM, wire.DATA_SM)]
            found += fresh
            if not acknowledge:
                break
            waiting = self.acknowledge(*fresh) if fresh else []
        return found

    def acknowledge(self, *messages: Delivered, status: int = 0) -> list[Frame]:
        """Answer deliveries; whatever comes then."""
        builders = {wire.DELIVER_SM: wire.deliver_sm_resp, wire.DATA_SM: wire.data_sm_resp}
        return self.send(
            *(builders[message.frame.command_id](message.frame.sequence, status=status) for message in messages)
        )

    def state_of(self, identifier: str, **fields: wire.Value) -> int:
        """message_state by query_sm."""
        answer = self.ask(wire.query_sm(0x51, message_id=identifier, **fields))
        assert answer.header == (wire.QUERY_SM | wire.RESPONSE, 0, 0x51)
        reader = wire.Reader(answer.body)
        assert reader.text() == identifier
        reader.text()
        return reader.number()

    def check_usable(self) -> None:
        """The session lives: it answers an enquire_link."""
        assert not self.closed
        assert self.ask(wire.enquire_link(PROBE)) == Frame(wire.ENQUIRE_LINK | wire.RESPONSE, 0, PROBE, b"")

    def check_refusal(self, octets: bytes, command_id: int, *statuses: int, sequence: int) -> int:
        """Send it: the one answer is ``command_id``, one of ``statuses``, header only, and the session lives on."""
        answer = self.ask(octets)
        assert answer == Frame(command_id, answer.status, sequence, b"")
        assert answer.status in statuses, f"{answer.status:#x} is none of {[hex(status) for status in statuses]}"
        self.check_usable()
        return answer.status


class Called(Client):
    """The ESME that the gateway has called last, on a connection of the gateway's making."""

    called: tuple[str, int]

    def _connect(self, host: str) -> Peer:
        del host
        factory: Any
        to, port, factory, *_ = self.bench.reactor.tcpClients[-1]
        self.called = (to, port)
        # The bench's own peers come in; this one answers. Everything else about a peer is the same.
        exchange, self.bench.emulator.exchange = self.bench.emulator.exchange, factory
        try:
            return self.bench.connect(to)
        finally:
            self.bench.emulator.exchange = exchange


def message_id(answer: Frame) -> str:
    """The message_id of a submit_sm_resp or data_sm_resp that has nothing else (SMPP 3.4 §4.4.2, §5.2.23)."""
    reader = wire.Reader(answer.body)
    identifier = reader.text()
    assert 1 <= len(identifier) <= 64
    return identifier


def configured(tmp_path: Path, toml: str, **options: Any) -> Bench:
    """A bench with settings of its own."""
    path = tmp_path / "gateway.toml"
    path.write_text(toml)
    return Bench(config=str(path), **options)
