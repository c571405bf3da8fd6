"""Net::SMPP of Debian's libnet-smpp-perl, driven by a program of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.gateways import Gateway, clean_environment, running_gateway
from tests.live.talks import ENGLISH, FROZEN, TALK, decoded

pytestmark = [pytest.mark.live, pytest.mark.slow]

PROGRAM = Path(__file__).parent / "programs" / "talk.pl"


@pytest.fixture(scope="session", autouse=True)
def net_smpp() -> None:
    """Skips, with the reason, where the package is missing."""
    if shutil.which("perl") is None:
        pytest.skip("no perl")
    if subprocess.run(["perl", "-MNet::SMPP", "-e1"], capture_output=True, check=False).returncode:
        pytest.skip("no Net::SMPP (Debian: libnet-smpp-perl)")


class Talker:
    """The program, bound. Perl's library reads only when it is asked to, so each command has one line in answer."""

    def __init__(self, gateway: Gateway, kind: str = "transceiver", password: str = "demo") -> None:
        self.process = subprocess.Popen(
            ["perl", str(PROGRAM), gateway.host, str(gateway.port), kind, "demo", password],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment(),
            text=True,
        )

    def __enter__(self) -> Talker:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def read(self) -> list[str]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            assert self.process.stderr is not None
            raise EOFError(self.process.stderr.read())
        return line.rstrip("\n").split("\t")

    def ask(self, *fields: object) -> list[str]:
        assert self.process.stdin is not None
        self.process.stdin.write("\t".join(map(str, fields)) + "\n")
        self.process.stdin.flush()
        return self.read()


@pytest.fixture
def talker(tmp_path: Path) -> Iterator[Talker]:
    with running_gateway(tmp_path, *FROZEN) as gateway, Talker(gateway) as connected:
        assert connected.read() == ["bind_resp", "0", "GATEWAY"]
        yield connected


def test_every_command_is_answered_on_the_same_binding(talker: Talker) -> None:
    """Texts as Perl programmers pack them; the reply in language, coding and one segment."""
    for turn in TALK:
        data_coding, octets = turn.sent_as
        command, status, message_id = talker.ask("submit_sm", turn.source, "7494", data_coding, octets.hex())
        assert (command, status) == ("submit_sm_resp", "0")
        assert message_id
        command, source, destination, coding, esm_class, text = talker.ask("receive")
        assert (command, source, destination, esm_class) == ("deliver_sm", "7494", turn.source, "0")
        assert (int(coding), decoded(int(coding), bytes.fromhex(text))) == (turn.data_coding, turn.reply)
    assert talker.ask("enquire_link") == ["enquire_link_resp", "0"]
    assert talker.ask("unbind") == ["unbind_resp", "0"]


def test_receipts_and_queries(tmp_path: Path) -> None:
    """A receipt names the id of the submit; query_sm knows it."""
    with running_gateway(tmp_path, "--seed", "1") as gateway, Talker(gateway) as talker:
        talker.read()
        _, status, message_id = talker.ask("submit_sm", ENGLISH, "79995550001", 0, b"hi".hex(), 1)
        assert status == "0"
        _, source, destination, _, esm_class, text = talker.ask("receive")
        assert (source, destination, esm_class) == ("79995550001", ENGLISH, "4")
        assert bytes.fromhex(text).startswith(f"id:{message_id} sub:001 dlvrd:001 submit date:".encode())
        assert talker.ask("query_sm", message_id, ENGLISH) == ["query_sm_resp", "0", "2"]
        assert talker.ask("query_sm", "999", ENGLISH)[1] != "0"


def test_a_reply_to_a_transmitter_waits_for_a_receiver(tmp_path: Path) -> None:
    """Two connections of the library, one for each direction."""
    with (
        running_gateway(tmp_path, *FROZEN) as gateway,
        Talker(gateway, "transmitter") as transmitter,
        Talker(gateway, "receiver") as receiver,
    ):
        assert transmitter.read()[:2] == receiver.read()[:2] == ["bind_resp", "0"]
        assert transmitter.ask("submit_sm", ENGLISH, "7494", 0, b"BALANCE".hex())[1] == "0"
        text = receiver.ask("receive")[5]
        assert bytes.fromhex(text) == b"Balance: 0.00 RUB at 12:00 MSK 15.01"


def test_a_wrong_password(tmp_path: Path) -> None:
    """The library reads the refusal."""
    with running_gateway(tmp_path) as gateway, Talker(gateway, password="wrong") as talker:
        assert talker.read()[:2] == ["bind_resp", str(0x0E)]
