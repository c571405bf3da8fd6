"""The npm package ``smpp``, driven by a program of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.gateways import Gateway, running_gateway
from tests.live.program import Program
from tests.live.talks import ENGLISH, FROZEN, TALK

pytestmark = [pytest.mark.live, pytest.mark.slow]

PACKAGE = "smpp@0.5.1"
PROGRAM = Path(__file__).parent / "programs" / "talk.js"
_INSTALL_SECONDS = 120


@pytest.fixture(scope="session")
def node_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with the package: of NODE_PATH when it is there, else installed for this run."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None:
        pytest.skip("no node")
    given = os.environ.get("NODE_PATH", "")
    if (Path(given) / "smpp").is_dir():
        return given
    if npm is None:
        pytest.skip("no npm, and NODE_PATH has no smpp")
    folder = tmp_path_factory.mktemp("node")
    command = [npm, "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(folder), PACKAGE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not install {PACKAGE} in {_INSTALL_SECONDS} s")
    if done.returncode:
        pytest.skip(f"npm did not install {PACKAGE}: {done.stderr.strip()[-200:]}")
    return str(folder / "node_modules")


class Talker(Program):
    """The program, connected. The package's own names for requests and fields."""

    def __init__(self, gateway: Gateway, node_path: str) -> None:
        super().__init__(["node", str(PROGRAM), gateway.host, str(gateway.port)], NODE_PATH=node_path)

    def ask(self, op: str, **fields: object) -> dict[str, Any]:
        """One request of the package and its response."""
        response = self.request(op=op, **fields)
        assert response["command"] == f"{op}_resp"
        return response

    def bind(self, kind: str = "bind_transceiver", **fields: object) -> dict[str, Any]:
        return self.ask(kind, **{"system_id": "demo", "password": "demo", **fields})


@pytest.fixture
def talker(tmp_path: Path, node_path: str) -> Iterator[Talker]:
    with running_gateway(tmp_path, *FROZEN) as gateway, Talker(gateway, node_path) as connected:
        yield connected


def test_every_command_is_answered_on_the_same_binding(talker: Talker) -> None:
    """The package chooses the coding of the text by itself, and decodes the reply: language, coding, one segment."""
    bound = talker.bind()
    assert (bound["command_status"], bound["system_id"]) == (0, "GATEWAY")
    assert bound["sc_interface_version"] == 0x34
    for turn in TALK:
        response = talker.ask("submit_sm", source_addr=turn.source, destination_addr="7494", short_message=turn.text)
        assert response["command_status"] == 0
        assert response["message_id"]
        delivery = talker.delivery()
        assert delivery == delivery | {
            "source_addr": "7494",
            "destination_addr": turn.source,
            "message": turn.reply,
            "data_coding": turn.data_coding,
            "esm_class": 0,
            "udh": [],
        }
    assert talker.deliveries.empty()
    assert talker.ask("enquire_link")["command_status"] == 0
    assert talker.ask("unbind")["command_status"] == 0
    assert talker.process.wait(10) == 0
    assert not any("error" in other for other in talker.others)


def test_receipts_and_queries(tmp_path: Path, node_path: str) -> None:
    """A receipt has the id that the submit was told, in text and parameter; query_sm says the same."""
    with running_gateway(tmp_path, "--seed", "1") as gateway, Talker(gateway, node_path) as talker:
        talker.bind()
        message_id = talker.ask(
            "submit_sm",
            source_addr=ENGLISH,
            destination_addr="79995550001",
            short_message="hi",
            registered_delivery=1,
        )["message_id"]
        receipt = talker.delivery()
        assert receipt["esm_class"] == 4
        assert receipt["message"].startswith(f"id:{message_id} sub:001 dlvrd:001 submit date:")
        assert " stat:DELIVRD err:000 text:hi" in receipt["message"]
        assert (receipt["receipted_message_id"], receipt["message_state"]) == (message_id, 2)
        queried = talker.ask("query_sm", message_id=message_id, source_addr=ENGLISH)
        assert (queried["command_status"], queried["message_state"]) == (0, 2)


def test_a_long_text_in_a_payload(talker: Talker) -> None:
    """message_payload of the package, with a long text, is one message and gets one reply."""
    talker.bind()
    response = talker.ask(
        "submit_sm", source_addr=ENGLISH, destination_addr="7494", message_payload="HELP " + "please " * 30
    )
    assert response["command_status"] == 0
    assert talker.delivery()["message"]
    assert talker.deliveries.empty()


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"password": "wrong"}, 0x0E), ({"system_id": "nobody"}, 0x0F), ({"address_range": "("}, 0x0D)],
)
def test_refused_binds(talker: Talker, fields: dict[str, object], status: int) -> None:
    """The package reads the refusal, and may try again on the same connection."""
    assert talker.bind(**fields)["command_status"] == status
    assert talker.bind()["command_status"] == 0


def test_submit_multi(talker: Talker) -> None:
    """submit_multi as the package writes it: one id, nobody failed."""
    talker.bind()
    response = talker.ask(
        "submit_multi",
        source_addr=ENGLISH,
        dest_address=[{"destination_addr": f"7999555000{n}", "dest_addr_ton": 1, "dest_addr_npi": 1} for n in range(3)],
        short_message="hi",
    )
    assert response["command_status"] == 0
    assert response["message_id"]
    assert not response["unsuccess_sme"]


def test_the_gateway_stops(tmp_path: Path, node_path: str) -> None:
    """The package answers the unbind of a gateway that is told to end."""
    with running_gateway(tmp_path) as gateway, Talker(gateway, node_path) as talker:
        talker.bind()
        assert gateway.stop() == 0
        assert talker.process.wait(10) == 0
        assert {"closed": True} in talker.others
