"""The plain way to write an SMPP echo in Python: Twisted for the socket, smpplib for every PDU, a write for each.

    python twisted_smpplib.py PORT        (0: any; the port is printed)

Does nothing else: no checks, no windows, no storage. Loopback only.
"""

from __future__ import annotations

import sys
from typing import Any, cast

from smpplib import smpp
from twisted.internet import reactor
from twisted.internet.protocol import Factory, Protocol

TEXT = b"Balance: 1,234.50 RUB at 12:00 MSK"


class Echo(Protocol):
    """One session. smpplib takes it for the client whose sequence numbers it wants."""

    def connectionMade(self) -> None:
        self.received = b""
        self.sequence = 0
        self.accepted = 0
        cast("Any", self.transport).setTcpNoDelay(True)

    def next_sequence(self) -> int:
        self.sequence += 1
        return self.sequence

    def dataReceived(self, data: bytes) -> None:
        self.received += data
        while len(self.received) >= 4:
            length = int.from_bytes(self.received[:4], "big")
            if len(self.received) < length:
                return
            frame, self.received = self.received[:length], self.received[length:]
            self.answer(smpp.parse_pdu(frame, client=self))

    def answer(self, pdu: Any) -> None:
        """Respond to a request; a submit_sm gets a deliver_sm too."""
        if pdu.command.endswith("_resp"):
            return
        fields = {}
        if pdu.command == "submit_sm":
            self.accepted += 1
            fields = {"message_id": f"{self.accepted:010}"}
        elif pdu.command.startswith("bind"):
            fields = {"system_id": "echo"}
        response = smpp.make_pdu(f"{pdu.command}_resp", client=self, **fields)
        response.sequence = pdu.sequence
        self.write(response)
        if pdu.command == "submit_sm":
            self.write(
                smpp.make_pdu(
                    "deliver_sm",
                    client=self,
                    source_addr_ton=pdu.dest_addr_ton,
                    source_addr_npi=pdu.dest_addr_npi,
                    source_addr=pdu.destination_addr.decode(),
                    dest_addr_ton=pdu.source_addr_ton,
                    dest_addr_npi=pdu.source_addr_npi,
                    destination_addr=pdu.source_addr.decode(),
                    short_message=TEXT,
                )
            )

    def write(self, pdu: Any) -> None:
        cast("Any", self.transport).write(pdu.generate())


def main() -> None:
    factory = Factory.forProtocol(Echo)
    factory.noisy = False
    port = cast("Any", reactor).listenTCP(int(sys.argv[1]), factory, interface="127.0.0.1")
    sys.stdout.write(f"{port.getHost().port}\n")
    sys.stdout.flush()
    cast("Any", reactor).run()


if __name__ == "__main__":
    main()
