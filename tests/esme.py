"""A client for tests above the protocol: PDUs of our own codec over a peer of the bench."""

from __future__ import annotations

from typing import TypeVar

from gateway.smpp.codec import decode, encode
from gateway.smpp.framing import FrameBuffer
from gateway.smpp.pdus import (
    RESPONSE_OF,
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    DataSm,
    DeliverSm,
    Pdu,
    SubmitSm,
    SubmitSmResp,
)
from tests.doubles import Bench, Peer

P = TypeVar("P", bound=Pdu)

SUBSCRIBER = "79991110001"
SHORT_CODE = "7494"
HANDSET = "79995550001"


class Esme:
    """One connection of one client. ``answer`` is the status given to each deliver_sm; None answers none."""

    def __init__(
        self,
        bench: Bench,
        *,
        bind: type[Pdu] | None = BindTransceiver,
        system_id: str = "demo",
        password: str = "demo",
        interface_version: int = 0x34,
        host: str = "127.0.0.1",
    ) -> None:
        self.bench = bench
        self.peer: Peer = bench.connect(host)
        self.answer: int | None = 0
        self.deliveries: list[DeliverSm | DataSm] = []
        self._frames = FrameBuffer(131_072)
        self._sequence = 0
        self._inbox: list[Pdu] = []
        if bind is not None:
            request = bind(system_id=system_id, password=password, interface_version=interface_version)  # type: ignore[call-arg]
            self.bind_response = self.ask(request)

    def send(self, *pdus: Pdu) -> list[int]:
        """Send requests in one piece; gives their sequence numbers."""
        numbers = []
        for pdu in pdus:
            self._sequence += 1
            pdu.sequence_number = self._sequence
            numbers.append(self._sequence)
        self.peer.send(b"".join(map(encode, pdus)))
        self.read()
        return numbers

    def ask(self, request: Pdu) -> Pdu:
        """Send one request and give its response."""
        (number,) = self.send(request)
        return self.response(number)

    def response(self, number: int) -> Pdu:
        """Take the response to the request with this sequence number; an AssertionError when there is none."""
        for pdu in self._inbox:
            if pdu.sequence_number == number and pdu.command_id & 0x80000000:
                self._inbox.remove(pdu)
                return pdu
        raise AssertionError(f"no response to {number} in {self._inbox}")

    def responses(self, kind: type[P]) -> list[P]:
        """Take all responses of one kind that have come, in order."""
        self.read()
        found = [pdu for pdu in self._inbox if isinstance(pdu, kind)]
        self._inbox = [pdu for pdu in self._inbox if not isinstance(pdu, kind)]
        return found

    def read(self) -> None:
        """Take in what has come, answering deliveries, until nothing more comes."""
        while octets := self.peer.received():
            self._frames.feed(octets)
            answers = []
            while (frame := self._frames.next_frame()) is not None:
                pdu = decode(frame, from_smsc=True)
                if isinstance(pdu, (DeliverSm, DataSm)):
                    self.deliveries.append(pdu)
                    if self.answer is not None:
                        answers.append(self.answered(pdu, self.answer))
                else:
                    self._inbox.append(pdu)
            if answers:
                self.peer.send(b"".join(answers))

    def answered(self, delivery: Pdu, status: int) -> bytes:
        """The octets of a response to one of ours."""
        return encode(RESPONSE_OF[type(delivery)](sequence_number=delivery.sequence_number, command_status=status))

    def respond(self, delivery: Pdu, status: int = 0) -> None:
        """Answer one delivery by hand."""
        self.peer.send(self.answered(delivery, status))
        self.read()

    def take(self) -> list[DeliverSm | DataSm]:
        """All deliveries since the last call."""
        self.read()
        taken, self.deliveries = self.deliveries, []
        return taken

    def submit(
        self, text: str | bytes, destination: str = SHORT_CODE, source: str = SUBSCRIBER, **fields: object
    ) -> str:
        """Submit a text and give its message_id; an AssertionError when it is refused."""
        response = self.ask(submit_sm(text, destination, source, **fields))
        assert isinstance(response, SubmitSmResp)
        assert response.command_status == 0
        return response.message_id

    def submit_status(
        self, text: str | bytes, destination: str = SHORT_CODE, source: str = SUBSCRIBER, **fields: object
    ) -> int:
        """Submit a text and give its command_status."""
        return self.ask(submit_sm(text, destination, source, **fields)).command_status


def submit_sm(text: str | bytes, destination: str = SHORT_CODE, source: str = SUBSCRIBER, **fields: object) -> SubmitSm:
    """A submit_sm of a text in ASCII or, where it needs it, UCS-2; octets as they are."""
    if isinstance(text, str):
        if text.isascii():
            text = text.encode("ascii")
        else:
            text = text.encode("utf-16-be")
            fields.setdefault("data_coding", 8)
    values: dict[str, object] = {
        "source_addr_ton": 1,
        "source_addr_npi": 1,
        "source_addr": source,
        "dest_addr_ton": 0,
        "dest_addr_npi": 1,
        "destination_addr": destination,
        "short_message": text,
    }
    return SubmitSm(**(values | fields))  # type: ignore[arg-type]


def text_of(*deliveries: DeliverSm | DataSm) -> str:
    """The text of one reply, its segments joined in the order of arrival."""
    octets = b""
    for pdu in deliveries:
        body = pdu.short_message if isinstance(pdu, DeliverSm) else b""
        body = pdu.tlv(0x0424) or body
        octets += body[body[0] + 1 :] if pdu.esm_class & 0x40 else body
    return octets.decode("utf-16-be" if deliveries[0].data_coding == 8 else "ascii")


TRANSMITTER, RECEIVER, TRANSCEIVER = BindTransmitter, BindReceiver, BindTransceiver
