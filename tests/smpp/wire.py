"""What the session tests speak with: raw PDUs, and an owner that pumps a session.

Headers are packed and unpacked here with ``struct``, so that no test trusts the codec for what it asserts.
"""

import struct
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from gateway.smpp.codec import encode
from gateway.smpp.events import BindRequested, Event, SubmitReceived
from gateway.smpp.pdus import Bind, BindReceiver, BindTransceiver, BindTransmitter, DeliverSm, Pdu, SubmitSm
from gateway.smpp.session import Session, SessionLimits
from gateway.smpp.states import SessionState

RESP = 0x80000000
GENERIC_NACK = 0x80000000
BIND_TRANSCEIVER, UNBIND, ENQUIRE_LINK, SUBMIT_SM, DELIVER_SM = 0x09, 0x06, 0x15, 0x04, 0x05

RINVCMDLEN, RINVCMDID, RINVBNDSTS, RALYBND, RTHROTTLED = 0x02, 0x03, 0x04, 0x05, 0x58
RBINDFAIL, RINVOPTPARSTREAM = 0x0D, 0xC0

BIND_OF: dict[SessionState, type[Bind]] = {
    SessionState.BOUND_TX: BindTransmitter,
    SessionState.BOUND_RX: BindReceiver,
    SessionState.BOUND_TRX: BindTransceiver,
}


class Sent(NamedTuple):
    """One PDU that the session wrote."""

    command_id: int
    status: int
    sequence_number: int
    body: bytes = b""


def raw(command_id: int, sequence_number: int = 1, body: bytes = b"", status: int = 0) -> bytes:
    """A PDU of these very values."""
    return struct.pack(">LLLL", 16 + len(body), command_id, status, sequence_number) + body


def cut(octets: bytes) -> list[Sent]:
    """The PDUs in what a session wrote; fails when it is not a whole number of them."""
    found = []
    while octets:
        length, command_id, status, sequence_number = struct.unpack_from(">LLLL", octets)
        assert 16 <= length <= len(octets)
        found.append(Sent(command_id, status, sequence_number, octets[16:length]))
        octets = octets[length:]
    return found


def bind(state: SessionState = SessionState.BOUND_TRX, sequence_number: int = 1, version: int = 0x34) -> bytes:
    kind = BIND_OF[state]
    return encode(kind(system_id="demo", password="secret", interface_version=version, sequence_number=sequence_number))


def submit(sequence_number: int, text: bytes = b"BALANCE") -> bytes:
    return encode(
        SubmitSm(
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr="447700900123",
            destination_addr="7494",
            short_message=text,
            sequence_number=sequence_number,
        )
    )


def deliver(text: bytes = b"Your balance") -> DeliverSm:
    return DeliverSm(source_addr="7494", destination_addr="447700900123", short_message=text)


class Owner:
    """Pumps a session as the network does: keeps every event and every written PDU, and the time in ``now``.

    ``act`` is called with each event before the next one is pulled.
    """

    def __init__(self, limits: SessionLimits | None = None, **options: Any) -> None:
        self.now = 0.0
        self.session = Session(limits or SessionLimits(), self.now, **options)
        self.events: list[Event] = []
        self.octets = b""
        self.act: Callable[[Event], None] = lambda event: None

    def pump(self) -> list[Event]:
        """Pull until there is nothing; returns what is new."""
        fresh = []
        while (event := self.session.next_event(self.now)) is not None:
            fresh.append(event)
            self.act(event)
        self.events += fresh
        self.octets += self.session.data_to_send()
        return fresh

    def feed(self, *octets: bytes) -> list[Event]:
        self.session.receive_data(b"".join(octets), self.now)
        return self.pump()

    def respond(self, request: Pdu, status: int = 0, **fields: Any) -> list[Event]:
        self.session.respond(request, status, **fields)
        return self.pump()

    def bound(self, state: SessionState = SessionState.BOUND_TRX, version: int = 0x34) -> "Owner":
        """Bind, and forget what that wrote."""
        (event,) = self.feed(bind(state, version=version))
        assert isinstance(event, BindRequested)
        self.respond(event.request, system_id="gateway")
        self.take()
        self.events.clear()
        return self

    def holding(self, *sequence_numbers: int) -> list[Pdu]:
        """Feed submits and do not answer them."""
        return [event.request for event in only(SubmitReceived, self.feed(*map(submit, sequence_numbers)))]

    def advance(self, seconds: float) -> list[Event]:
        """Let time pass as a reactor does: a tick at every deadline that lies in it, none elsewhere."""
        end = self.now + seconds
        fresh = []
        while (deadline := self.session.deadline) <= end:
            self.now = max(self.now, deadline)
            self.session.tick(self.now)
            fresh += self.pump()
            assert self.session.deadline > self.now, "a tick must not ask for itself at once"
        self.now = end
        return fresh

    def take(self) -> list[Sent]:
        """What was written since the last call."""
        octets, self.octets = self.octets, b""
        return cut(octets)


Kind = TypeVar("Kind")


def only(kind: type[Kind], events: Iterable[Event]) -> list[Kind]:
    return [event for event in events if isinstance(event, kind)]
