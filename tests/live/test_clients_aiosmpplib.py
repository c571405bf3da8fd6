"""PyPI aiosmpplib: an asyncio client that correlates receipts and joins segments by itself."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.gateways import Gateway, running_gateway
from tests.live.program import Program
from tests.live.talks import ENGLISH, FROZEN, RUSSIAN, TALK, UCS2

pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("aiosmpplib") is None, reason="no aiosmpplib"),
]

PROGRAM = Path(__file__).parent / "programs" / "talk_aiosmpplib.py"
LONG_BALANCE = """
[clients.demo]
password = "demo"
segmentation = "{segmentation}"
[accounts.79991110001]
balances = {{ RUB = "9999999.99", USD = "9999999.99", EUR = "9999999.99", KZT = "9999999.99", CNY = "9999999.99" }}
"""


def talking(gateway: Gateway, password: str = "demo") -> Program:
    return Program([sys.executable, "-W", "ignore", str(PROGRAM), gateway.host, str(gateway.port), password])


@pytest.fixture
def talker(tmp_path: Path) -> Iterator[Program]:
    with running_gateway(tmp_path, *FROZEN) as gateway, talking(gateway) as program:
        yield program


def test_every_command_is_answered_on_the_same_binding(talker: Program) -> None:
    """Language, coding and text of each reply, as the library reads them."""
    for turn in TALK:
        response = talker.request(source=turn.source, text=turn.text)
        assert response["status"] == 0
        assert response["message_id"]
        reply = talker.delivery()
        assert (reply["source"], reply["destination"], reply["esm_class"]) == ("7494", turn.source, 0)
        assert (reply["text"], reply["encoding"] == "ucs2") == (turn.reply, turn.data_coding == UCS2)
    assert talker.end() == 0
    assert talker.deliveries.empty()
    assert talker.others == [{"ended": {}}]


def test_receipts(tmp_path: Path) -> None:
    """The library finds the text again that a receipt is of, and reads every field of it."""
    with running_gateway(tmp_path, "--seed", "1") as gateway, talking(gateway) as talker:
        response = talker.request(source=ENGLISH, text="hi there", destination="79995550001", registered_delivery=1)
        receipt = talker.delivery()
        assert receipt["log_id"] == "hi there"
        fields = receipt["receipt"]
        assert fields["done date"] >= fields["submit date"]
        assert fields == fields | {
            "id": response["message_id"],
            "sub": 1,
            "dlvrd": 1,
            "stat": "DELIVRD",
            "err": 0,
            "text": "hi there",
        }


def test_a_long_text_in_segments(talker: Program) -> None:
    """The library cuts a long text, and tells so in a header and in sar_* parameters both; it is answered once.

    Its way without a header does not work in 0.7.4: UnboundLocalError.
    """
    text = "баланс\n-- \n" + "С уважением, Иван Иванович. " * 10
    response = talker.request(source=RUSSIAN, text=text, auto_message_payload=False, esm_class=0x40)
    assert response["status"] == 0
    assert talker.delivery()["text"] == "Баланс: 1 234,50 руб. на 12:00 МСК 15.01"
    assert talker.end() == 0
    assert talker.deliveries.empty()


@pytest.mark.parametrize("segmentation", ["udh8", "sar", "payload"])
def test_a_long_reply(tmp_path: Path, segmentation: str) -> None:
    """A reply of several segments is one text again. Without udh16: 0.7.4 reads four octets of a reference of two."""
    (tmp_path / "long.toml").write_text(LONG_BALANCE.format(segmentation=segmentation), "utf-8")
    with (
        running_gateway(tmp_path, *FROZEN, "--config", str(tmp_path / "long.toml")) as gateway,
        talking(gateway) as talker,
    ):
        assert talker.request(source=RUSSIAN, text="баланс")["status"] == 0
        text = talker.delivery()["text"]
        assert text.startswith("Баланс: 9 999 999,99 руб., 9 999 999,99 ")
        assert text.endswith(" на 12:00 МСК 15.01")
        assert len(text) > 70
