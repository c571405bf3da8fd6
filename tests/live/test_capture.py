"""``serve --capture`` as a user has it: a real client, Ctrl-C, Wireshark."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.conformance import dissection
from tests.live.gateways import run, running_gateway

pytestmark = pytest.mark.live


@pytest.mark.skipif(not dissection.available(), reason=dissection.MISSING)
def test_ctrl_c_leaves_a_capture_that_wireshark_reads(tmp_path: Path) -> None:
    """All of a conversation is there, also what went over the wire last; the password and the PIN are not."""
    capture = tmp_path / "all.pcapng"
    with running_gateway(
        tmp_path, "--capture", str(capture), "--client", "demo:cAn4ry!!", "--seed", "1", "--log-level", "debug"
    ) as gateway:
        arguments = ("send", "--smpp-port", str(gateway.port), "--client", "demo:cAn4ry!!", "--from", "79991110002")
        status, reply, _ = run([*arguments, "PIN"])
        assert status == 0
        assert gateway.stop(signal.SIGINT) == 0
        log = gateway.log()
    (pin,) = {word for word in reply.replace(".", " ").split() if word.isdigit() and len(word) == 4}
    octets = capture.read_bytes()
    for secret in (b"cAn4ry!!", pin.encode(), pin.encode("utf-16-be")):
        assert secret not in octets
    assert b"****" in octets
    assert "cAn4ry" not in log
    fields = ("-T", "fields", "-e", "smpp.command_id", "-e", "tcp.flags.fin", "-e", "_ws.malformed")
    found = subprocess.run(
        ("tshark", "-n", "-r", str(capture), *fields), capture_output=True, encoding="utf-8", check=True
    ).stdout.splitlines()
    commands = [int(line.split("\t")[0], 16) for line in found if line.split("\t")[0]]
    assert commands[:2] == [9, 0x80000009]
    assert {4, 0x80000004, 5, 0x80000005, 6, 0x80000006} <= set(commands)
    assert [line.split("\t")[1] for line in found].count("1") == 2
    assert not any(line.split("\t")[2] for line in found)


def test_a_capture_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    """With the option's name and the reason, and nothing listens."""
    path = tmp_path / "nowhere" / "all.pcapng"
    status, _, error = run(["serve", "--smpp-port", "0", "--http-port", "0", "--capture", str(path)])
    assert status == 2
    assert f"--capture: {path} cannot be written: No such file or directory" in error
