"""A client that binds twice, once to send and once to receive, as many do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from smpplib.client import Client

from tests.live.gateways import running_gateway

pytestmark = pytest.mark.live


@pytest.mark.parametrize("first", ["transmitter", "receiver"])
def test_a_reply_to_a_transmitter_goes_to_the_receiver(tmp_path: Path, first: str) -> None:
    """What the transmitter asked is answered to the client's receiver and never to itself, whichever binds first."""
    with running_gateway(tmp_path) as gateway:
        clients: dict[str, Any] = {
            name: Client(gateway.host, gateway.port, timeout=10, allow_unknown_opt_params=True)
            for name in ("transmitter", "receiver")
        }
        received: list[Any] = []
        clients["receiver"].set_message_received_handler(lambda pdu: received.append(pdu))
        clients["transmitter"].set_message_sent_handler(lambda pdu: None)

        def bind(name: str) -> None:
            clients[name].connect()
            getattr(clients[name], f"bind_{name}")(system_id="demo", password="demo")

        if first == "receiver":
            bind("receiver")
        bind("transmitter")
        clients["transmitter"].send_message(source_addr="79991110004", destination_addr="7494", short_message=b"HELP")
        clients["transmitter"].read_once()
        if first == "transmitter":
            bind("receiver")
        clients["receiver"].read_once(auto_send_enquire_link=False)
        assert received[0].short_message.startswith(b"Commands: ")
        clients["transmitter"]._socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            clients["transmitter"].read_pdu()
        for client in clients.values():
            client.unbind()
            client.disconnect()
