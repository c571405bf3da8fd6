"""PyPI smpplib beyond the commands: its own parts, segments of ours, receipts, queries, refusals."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from smpplib import consts, gsm
from smpplib.client import Client
from smpplib.exceptions import PDUError

from tests.live.gateways import Gateway, running_gateway
from tests.live.talks import ENGLISH, FROZEN, RUSSIAN, TALK, decoded

pytestmark = pytest.mark.live

LONG_BALANCE = """
[clients.demo]
password = "demo"
segmentation = "{segmentation}"
[accounts.79991110001]
balances = {{ RUB = "9999999.99", USD = "9999999.99", EUR = "9999999.99", KZT = "9999999.99", CNY = "9999999.99" }}
"""


@pytest.fixture(autouse=True)
def no_deprecations() -> Iterator[None]:
    """smpplib warns of its own parameters."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


class Esme:
    """smpplib as its manual uses it, one binding."""

    def __init__(self, gateway: Gateway, kind: str = "transceiver", strict: bool = True) -> None:
        self.client: Any = Client(gateway.host, gateway.port, timeout=10, allow_unknown_opt_params=not strict)
        self.received: list[Any] = []
        self.responses: list[Any] = []
        self.client.set_message_received_handler(lambda pdu: self.received.append(pdu))
        self.client.set_message_sent_handler(lambda pdu: self.responses.append(pdu))
        self.client.connect()
        self.kind = kind

    def __enter__(self) -> Esme:
        getattr(self.client, f"bind_{self.kind}")(system_id="demo", password="demo")
        return self

    def __exit__(self, *_: object) -> None:
        if self.client.state != consts.SMPP_CLIENT_STATE_CLOSED:
            self.client.unbind()
            self.client.disconnect()

    def submit(self, source: str, destination: str, octets: bytes, data_coding: int, **fields: Any) -> None:
        self.client.send_message(
            source_addr_ton=consts.SMPP_TON_INTL,
            source_addr_npi=consts.SMPP_NPI_ISDN,
            source_addr=source,
            dest_addr_ton=consts.SMPP_TON_UNK,
            dest_addr_npi=consts.SMPP_NPI_ISDN,
            destination_addr=destination,
            short_message=octets,
            data_coding=data_coding,
            **fields,
        )

    def read(self, responses: int = 0, deliveries: int = 0) -> None:
        """Read until so many have come."""
        while len(self.responses) < responses or len(self.received) < deliveries:
            self.client.read_once(auto_send_enquire_link=False)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running_gateway(tmp_path, *FROZEN) as ready:
        yield ready


def test_one_conversation_on_one_binding(gateway: Gateway) -> None:
    """All commands one after the other: each gets one reply in one segment, and nothing else is ever sent."""
    with Esme(gateway) as esme:
        for number, turn in enumerate(TALK, 1):
            data_coding, octets = turn.sent_as
            esme.submit(turn.source, "7494", octets, data_coding)
            esme.read(number, number)
            pdu = esme.received[-1]
            assert (pdu.source_addr, pdu.destination_addr, pdu.esm_class) == (b"7494", turn.source.encode(), 0)
            assert (pdu.data_coding, decoded(pdu.data_coding, pdu.short_message)) == (turn.data_coding, turn.reply)
        assert [pdu.status for pdu in esme.responses] == [0] * len(TALK)
        assert len({pdu.message_id for pdu in esme.responses}) == len(TALK)
        assert len(esme.received) == len(TALK)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "баланс\n-- \n" + "С уважением, Иван Иванович Иванов. " * 8,
        "баланс" + " " * 57 + "😀" * 80,
        "BALANCE" + " " * 145 + "€" * 81,
    ],
    ids=["signature", "cut-in-surrogates", "cut-in-escapes"],
)
def test_its_own_parts(gateway: Gateway, text: str) -> None:
    """smpplib cuts inside surrogate and escape pairs: what it cut is joined first and read then, and runs once."""
    parts, data_coding, message_type = gsm.make_parts(text)
    assert len(parts) > 1
    with Esme(gateway) as esme:
        for part in reversed(parts):
            esme.submit(RUSSIAN, "7494", part, data_coding, esm_class=message_type)
        esme.read(len(parts), 1)
        reply = esme.received[0]
        assert decoded(reply.data_coding, reply.short_message).startswith(("Баланс: 1 234,50", "Balance: 1,234.50"))
        assert len(esme.received) == 1


@pytest.mark.slow
@pytest.mark.parametrize("segmentation", ["udh8", "udh16", "sar", "payload"])
def test_our_segments(tmp_path: Path, segmentation: str) -> None:
    """A long reply arrives in as many segments as it must, whole, in the way that this client is configured for."""
    path = tmp_path / "long.toml"
    path.write_text(LONG_BALANCE.format(segmentation=segmentation), "utf-8")
    with running_gateway(tmp_path, *FROZEN, "--config", str(path)) as gateway, Esme(gateway) as esme:
        esme.submit(RUSSIAN, "7494", "баланс".encode("utf-16-be"), 8)
        esme.read(1, 1 if segmentation == "payload" else 2)
        texts = {}
        for pdu in esme.received:
            octets = pdu.short_message
            if segmentation == "payload":
                octets, number = pdu.message_payload, 1
                assert pdu.sm_length == 0
            elif segmentation == "sar":
                number = pdu.sar_segment_seqnum
                assert pdu.sar_total_segments == len(esme.received)
            else:
                assert pdu.esm_class == consts.SMPP_GSMFEAT_UDHI
                header, octets = octets[: octets[0] + 1], octets[octets[0] + 1 :]
                assert header[1] == {"udh8": 0, "udh16": 8}[segmentation]
                assert header[-2] == len(esme.received)
                number = header[-1]
            assert pdu.data_coding == 8
            texts[number] = octets
        text = b"".join(octets for _, octets in sorted(texts.items())).decode("utf-16-be")
        assert text.startswith("Баланс: 9 999 999,99 руб., 9 999 999,99 ")
        assert text.endswith(" на 12:00 МСК 15.01")
        limit = 67 if len(esme.received) > 1 else len(text)
        assert len(esme.received) == -(-len(text) // limit)


@pytest.mark.slow
def test_receipts_and_queries(tmp_path: Path) -> None:
    """A receipt names the submit in text and parameters; query_sm says the same. smpplib in its strict mode."""
    with running_gateway(tmp_path, "--seed", "1") as gateway, Esme(gateway) as esme:
        esme.submit(ENGLISH, "79995550001", "привет".encode("utf-16-be"), 8, registered_delivery=1)
        esme.read(1, 1)
        message_id = esme.responses[0].message_id
        receipt = esme.received[0]
        assert receipt.esm_class == 0x04
        assert receipt.data_coding == 0
        assert receipt.short_message.startswith(b"id:" + message_id + b" sub:001 dlvrd:001 submit date:")
        assert b" stat:DELIVRD err:000 " in receipt.short_message
        assert receipt.receipted_message_id == message_id
        assert receipt.message_state == 2
        esme.client.query_message(
            message_id=message_id.decode(), source_addr_ton=1, source_addr_npi=1, source_addr=ENGLISH
        )
        answer = esme.client.read_pdu()
        assert (answer.command, answer.status, answer.message_id) == ("query_sm_resp", 0, message_id)


@pytest.mark.slow
@pytest.mark.parametrize(("system_id", "password", "status"), [("demo", "wrong", 0x0E), ("nobody", "demo", 0x0F)])
def test_refused_binds(gateway: Gateway, system_id: str, password: str, status: int) -> None:
    """smpplib raises what it was answered."""
    esme = Esme(gateway)
    with pytest.raises(PDUError) as raised:
        esme.client.bind_transceiver(system_id=system_id, password=password)
    assert raised.value.args[1] == status
    esme.client.disconnect()
