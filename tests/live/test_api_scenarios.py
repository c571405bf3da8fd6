"""A scenario for each kind of control: a real SMPP client and the API together, against one running gateway."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.commandline.faults import Failed
from gateway.commandline.gateways import Gateway as Api
from gateway.commandline.gateways import Refused
from gateway.commandline.smpp_client import ClientFault, SmsClient
from tests.databases import PEPPER, NoServer, postgresql_server
from tests.live import gateways
from tests.live.gateways import running_gateway

pytestmark = pytest.mark.live

SUBSCRIBER, CONFIRMING, HANDSET = "79991110001", "79991110002", "79995550001"
CANARY = "canary1"

SETTINGS = f"""
[clients.demo]
password = "{CANARY}"
addresses = ["7000*"]
"""

Running = tuple[Api, gateways.Gateway]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("scenarios")
    (folder / "own.toml").write_text(SETTINGS, "utf-8")
    arguments = ("--config", "own.toml", "--seed", "7", "--clock-start", "2026-01-15T09:00:00Z", "--clock-frozen")
    with running_gateway(folder, *arguments) as gateway:
        yield Api(f"http://{gateway.http}"), gateway


@pytest.fixture(autouse=True)
def fresh(running: Running) -> Iterator[None]:
    """Each scenario starts as the gateway did."""
    running[0].ask("POST", "/api/v1/reset", {"what": ["all"]})
    yield
    assert "Traceback" not in running[1].log()


def client(gateway: gateways.Gateway) -> SmsClient:
    return SmsClient(gateway.host, gateway.port, "demo", CANARY, 10)


def test_1_routing_and_handsets(running: Running) -> None:
    """A text goes to the wallet, to a client, or to a handset, from a handset or from a client."""
    api, gateway = running
    with client(gateway) as esme:
        api.ask("POST", "/api/v1/messages", {"from": HANDSET, "to": "70001", "text": "to the client " * 20})
        got = esme.receive()
        assert (got.source, got.text) == (HANDSET, "to the client " * 20)
        assert got.segments > 1
        esme.submit("70001", HANDSET, "to the handset")
        found = api.ask("GET", f"/api/v1/handsets/{HANDSET}/messages/wait", text="to the handset", timeout=10)
        assert found["message"]["from"] == "70001"
        api.ask("POST", "/api/v1/messages", {"from": SUBSCRIBER, "to": "7494", "text": "BALANCE"})
        reply = api.ask("GET", f"/api/v1/handsets/{SUBSCRIBER}/messages/wait", timeout=10)["message"]
        assert "1,234.50" in reply["text"]
        esme.submit(SUBSCRIBER, "7494", "BALANCE")
        assert "1,234.50" in esme.receive().text


def test_2_receipts_on_demand(running: Running) -> None:
    """A rule says what receipt a message gets and when; the frozen clock holds it until time is let pass."""
    api, gateway = running
    rule = {"point": "receipt", "effect": {"kind": "receipt", "states": {"expired": 1}, "transit": 3600}}
    api.ask("POST", "/api/v1/faults", rule)
    with client(gateway) as esme:
        sending = esme._send(
            "submit_sm", source_addr="70001", destination_addr=HANDSET, short_message=b"x", registered_delivery=1
        )
        message_id = esme._response(sending, 10).message_id.decode()
        assert api.ask("GET", f"/api/v1/messages/{message_id}")["message"]["state"] == "enroute"
        api.ask("POST", "/api/v1/clock/advance", {"seconds": 3601})
        # Whoever is asked to wait is told as soon as the client has answered.
        esme.received()
        receipt = api.ask("GET", "/api/v1/messages/wait", kind="receipt", timeout=10)
        assert f"id:{message_id}" in receipt["text"]
        assert "stat:EXPIRED" in receipt["text"]
        assert api.ask("GET", f"/api/v1/messages/{message_id}")["message"]["state"] == "expired"


def test_3_faults(running: Running) -> None:
    """The third submit fails and no other; a scope is taken away alone."""
    api, gateway = running
    body = {"point": "submit", "match": {"nth": 3}, "effect": {"kind": "status", "command_status": "ESME_RTHROTTLED"}}
    api.ask("POST", "/api/v1/faults", {**body, "scope": "this test"})
    with client(gateway) as esme:
        statuses = []
        for _ in range(4):
            try:
                esme.submit(SUBSCRIBER, "7494", "HELP")
                statuses.append("ok")
            except ClientFault as fault:
                statuses.append("throttled" if "ESME_RTHROTTLED" in str(fault) else str(fault))
        assert statuses == ["ok", "ok", "throttled", "ok"]
    assert api.ask("GET", "/api/v1/faults")["items"][0]["fired"] == 1
    assert api.ask("DELETE", "/api/v1/faults", scope="this test") == {"removed": 1}


def talk(api: Api, gateway: gateways.Gateway) -> list[Any]:
    """A conversation with ids, a PIN and a code in it."""
    told: list[Any] = []
    with client(gateway) as esme:
        for text in ("BALANCE", "PIN", "CONFIRM 1"):
            esme.submit(CONFIRMING, "7494", text)
            told.append(esme.receive().text)
        api.ask("POST", "/api/v1/payments", {"account": CONFIRMING, "amount": "10.00"})
        told.append(esme.receive().text)
    shown = api.ask("GET", "/api/v1/messages")["items"]
    return told + [(one["id"], one["text"], one["state"], one["accepted_at"]) for one in shown]


def test_4_clock_seed_and_reset(running: Running) -> None:
    """A day passes in milliseconds, a PIN ends with it; after a reset the same traffic gives the same transcript."""
    api, gateway = running
    first = talk(api, gateway)
    assert re.search(r"\d{4}", first[1]) is not None
    began = time.monotonic()
    api.ask("POST", "/api/v1/clock/advance", {"seconds": 86_400})
    assert time.monotonic() - began < 2
    assert api.ask("GET", "/api/v1/payments/1")["state"] == "expired"
    api.ask("POST", "/api/v1/reset", {"what": ["all"]})
    assert talk(api, gateway) == first


def test_5_reading_and_waiting(running: Running) -> None:
    """A wait that began before the text ends with it; sessions, parse, probes and the document answer."""
    api, gateway = running
    found: list[Any] = []
    waiting = threading.Thread(
        target=lambda: found.append(api.ask("GET", "/api/v1/messages/wait", text="needle", timeout=20))
    )
    waiting.start()
    with client(gateway) as esme:
        esme.submit("70001", HANDSET, "hay")
        esme.submit("70001", HANDSET, "the needle")
        waiting.join(10)
        assert found[0]["text"] == "the needle"
        detail = api.ask("GET", f"/api/v1/messages/{found[0]['id']}")
        assert [pdu["command"] for pdu in detail["pdus"]] == ["submit_sm", "submit_sm_resp"]
        (session,) = api.ask("GET", "/api/v1/sessions")["items"]
        assert session["client"] == "demo"
        assert api.ask("GET", "/api/v1/parse", text="БАЛАНС")["command"] == "balance"
        api.ask("POST", f"/api/v1/sessions/{session['id']}/drop")
        with pytest.raises(ClientFault):
            esme.submit("70001", HANDSET, "gone")
    with closing(urllib.request.urlopen(f"{api.url}/api/v1/events", timeout=10)) as stream:
        assert b"retry" in stream.readline()
    code, out, _ = gateways.run(["readyz", "--wait", "--http-port", gateway.http.rpartition(":")[2]])
    assert (code, out) == (0, "ready\n")
    code, out, _ = gateways.run(["messages", "list", "--gateway", api.url, "--text", "needle"])
    assert (code, out.count("\n"), "the needle" in out) == (0, 1, True)
    code, out, _ = gateways.run(["accounts", "set", "--gateway", api.url, SUBSCRIBER, "--balance", "RUB=5.00"])
    assert (code, "5.00 RUB" in out) == (0, True)
    code, out, _ = gateways.run(["accounts", "show", "--gateway", api.url, SUBSCRIBER])
    assert (code, "edited balances" in out) == (0, True)


def test_6_capture(running: Running, tmp_path: Path) -> None:
    """Wireshark reads the capture, nothing is malformed, and no password, PIN or code is in it."""
    api, gateway = running
    told = talk(api, gateway)
    with urllib.request.urlopen(f"{api.url}/api/v1/capture.pcapng?client=demo") as response:
        octets = response.read()
    secrets = [CANARY, *re.findall(r"\b\d{4}\b|\b\d{6}\b", " ".join(told[1:4]))]
    assert len(secrets) >= 2
    for secret in secrets:
        assert secret.encode() not in octets
        assert secret.encode("utf-16-be") not in octets
        assert secret.encode("utf-16-be") not in octets
        assert secret not in gateway.log()
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.skip("no tshark")
    path = tmp_path / "capture.pcapng"
    path.write_bytes(octets)
    shown = subprocess.run(
        [tshark, "-r", str(path), "-Y", "_ws.malformed || smpp.command_id == 4"], capture_output=True, check=True
    ).stdout.decode()
    assert "Malformed" not in shown
    assert shown.count("Submit_sm") >= 3


def test_7_safety(tmp_path: Path) -> None:
    """A gateway that others can reach wants its token, says so to whoever has none, and does not start without."""
    code, _, said = gateways.run(["serve", "--http-host", "0.0.0.0", "--smpp-port", "0", "--http-port", "0"])
    assert (code, "--http-token" in said) == (2, True)
    token = "a-token-of-this-test"
    environment = {"SMS_GATEWAY_HTTP_TOKEN": token}
    with running_gateway(tmp_path, "--http-host", "0.0.0.0", environment=environment) as gateway:
        url = f"http://127.0.0.1:{gateway.http.rpartition(':')[2]}"
        with pytest.raises(Refused) as refused:
            Api(url).ask("GET", "/api/v1/status")
        assert refused.value.status == 401
        assert Api(url, token).ask("GET", "/api/v1/status")["ready"] is True
        assert token not in gateway.log()
    with pytest.raises(Failed):
        Api(url, token).ask("GET", "/api/v1/status")


@pytest.mark.parametrize("allowed", [True, False])
def test_a_shared_database_is_reset_with_leave(tmp_path: Path, allowed: bool) -> None:
    """With --allow-reset a PostgreSQL is emptied while a client is bound, and the gateway goes on; not without."""
    try:
        url = postgresql_server().new_database()
    except NoServer as reason:
        pytest.skip(f"no PostgreSQL: {reason}")
    (tmp_path / "pepper").write_text(PEPPER)
    (tmp_path / "own.toml").write_text(SETTINGS, "utf-8")
    arguments = ["--config", "own.toml", "--database", url, "--pepper-file", "pepper", "--seed", "7"]
    with running_gateway(tmp_path, *arguments, *(["--allow-reset"] if allowed else [])) as gateway:
        api = Api(f"http://{gateway.http}")
        with client(gateway) as esme:
            esme.submit(CONFIRMING, "7494", "PIN")
            esme.receive()
            if not allowed:
                with pytest.raises(Refused, match="--allow-reset"):
                    api.ask("POST", "/api/v1/reset", {"what": ["all"]})
                return
            api.ask("POST", "/api/v1/reset", {"what": ["all"]})
            assert api.ask("GET", "/api/v1/messages")["items"] == []
            assert api.ask("GET", f"/api/v1/accounts/{CONFIRMING}")["has_pin"] is False
            esme.submit(SUBSCRIBER, "7494", "BALANCE")
            assert "1,234.50" in esme.receive().text
        assert "Traceback" not in gateway.log()
