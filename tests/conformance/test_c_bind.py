"""Section C: bind, interface versions, outbind."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.conformance import wire
from tests.conformance.raw import KINDS, Called, Client, configured, message_id
from tests.conformance.rows import row
from tests.conformance.wire import RESPONSE, Frame
from tests.doubles import Bench

SEQUENCE = 0x01020304
BINDS = {name: value[0] for name, value in wire.REQUESTS.items() if name.startswith("bind")}
VERSION_TLV = b"\x02\x10\x00\x01\x34"


def check_refused(client: Client, status: int, **fields: wire.Value) -> None:
    """Each kind of bind is refused with ``status`` in its own response, header only, and the session stays OPEN."""
    for command_id in BINDS.values():
        if client.closed:
            client = Client(client.bench)
        answer = client.ask(_bind(command_id, **fields))
        assert answer == Frame(command_id | RESPONSE, status, SEQUENCE, b"")
        if not client.closed:
            client.check_refusal(wire.submit_sm(2), wire.SUBMIT_SM | RESPONSE, 0x04, sequence=2)


def check_accepted(bench: Bench, **fields: wire.Value) -> None:
    for command_id in BINDS.values():
        client = Client(bench)
        answer = client.ask(_bind(command_id, **fields))
        assert answer.header == (command_id | RESPONSE, 0, SEQUENCE)
        client.send(wire.unbind(2))


def _bind(command_id: int, **fields: wire.Value) -> bytes:
    return {value[0]: value[1] for value in wire.REQUESTS.values()}[command_id](SEQUENCE, **fields)


@pytest.mark.parametrize("name", BINDS)
@row("C1")
def test_a_bind_is_answered_with_our_name_and_version(bench: Bench, name: str) -> None:
    """system_id and sc_interface_version 0x34, octet by octet."""
    octets = wire.REQUESTS[name][1](SEQUENCE)
    assert Client(bench).send(octets) == [Frame(BINDS[name] | RESPONSE, 0, SEQUENCE, b"GATEWAY\0" + VERSION_TLV)]


@row("C1")
def test_our_name_is_a_setting(tmp_path: Path) -> None:
    """At most 15 characters and a NUL."""
    bench = configured(tmp_path, '[smpp]\nsystem_id = "FIFTEEN-LETTERS"\n')
    answer = Client(bench).ask(wire.bind_transceiver(SEQUENCE))
    assert answer.body == b"FIFTEEN-LETTERS\0" + VERSION_TLV


@pytest.mark.parametrize("version", [0x00, 0x01, 0x22, 0x33], ids=hex)
@pytest.mark.parametrize("state", KINDS)
@row("C2")
def test_a_client_below_3_4_is_sent_no_tlv(bench: Bench, state: str, version: int) -> None:
    """The bind response ends with the system_id; ids fit 8 octets; receipts have no TLVs."""
    client = Client(bench)
    answer = client.ask(KINDS[state](SEQUENCE, interface_version=version))
    assert (answer.status, answer.body) == (0, b"GATEWAY\0")
    sender = client if state != "BOUND_RX" else Client(bench).bind(interface_version=version)
    identifier = sender.submit(registered_delivery=1, tail=wire.tlv(0x0204, b"\0\7"))
    assert len(identifier) <= 8
    assert len(sender.submit(source_addr="79991110002")) <= 8
    receiver = client if state != "BOUND_TX" else Client(bench).bind("BOUND_RX", interface_version=version)
    bench.pass_time(1)
    (receipt,) = [*receiver.deliveries(), *(sender.deliveries() if sender is not client else [])]
    assert receipt["esm_class"] == 0x04
    assert receipt.tlvs == []
    assert receipt.text.startswith(f"id:{identifier} ")


@pytest.mark.parametrize("version", [0x35, 0x50, 0x51, 0x7F, 0x80, 0xFF], ids=hex)
@row("C3")
def test_a_client_above_3_4_is_a_3_4_client(bench: Bench, version: int) -> None:
    """It is accepted and told that this is 3.4."""
    answer = Client(bench).ask(wire.bind_transceiver(SEQUENCE, interface_version=version))
    assert (answer.status, answer.body) == (0, b"GATEWAY\0" + VERSION_TLV)


ACCOUNTS = """
[clients.demo]
password = "demo"
[clients.limited]
password = "limited"
sessions = 1
[clients.elsewhere]
password = "secret"
allowed_ips = ["10.1.2.0/24"]
"""


@pytest.mark.parametrize(
    ("refusal", "unknown", "wrong", "other"),
    [("specific", 0x0F, 0x0E, 0x0D), ("uniform", 0x0D, 0x0D, 0x0D)],
    ids=["C4-specific", "C4-uniform"],
)
def test_what_a_bind_is_refused_with(tmp_path: Path, refusal: str, unknown: int, wrong: int, other: int) -> None:
    """Unknown, wrong, from a forbidden network, beyond the limit of sessions: by default the codes that 3.4 clients
    know, uniformly 0x0D when so configured."""
    bench = configured(tmp_path, f'[smpp]\nbind_refusal = "{refusal}"\n{ACCOUNTS}')
    check_refused(Client(bench), unknown, system_id="nobody", password="demo")
    check_refused(Client(bench), unknown, system_id="Demo", password="demo")
    check_refused(Client(bench), wrong, password="Demo")
    check_refused(Client(bench), wrong, password="demodemo")
    check_refused(Client(bench), other, system_id="elsewhere", password="secret")
    Client(bench, "10.1.2.77").bind(system_id="elsewhere", password="secret")
    held = Client(bench).bind(system_id="limited", password="limited")
    check_refused(Client(bench), other, system_id="limited", password="limited")
    held.send(wire.unbind(3))
    Client(bench).bind(system_id="limited", password="limited")


@pytest.mark.parametrize("system_id", ["", "S" * 16, "S" * 40, "S" * 300, "d\x01mo", "demo\n", b"d\xe9mo\0"])
@row("C5")
def test_a_malformed_system_id(bench: Bench, system_id: wire.Value) -> None:
    """Empty, over 15 characters, or no text."""
    check_refused(Client(bench), 0x0F, system_id=system_id)


@row("C5")
def test_a_system_id_of_15_characters(tmp_path: Path) -> None:
    """The longest legal one binds."""
    bench = configured(tmp_path, '[clients.FIFTEEN-LETTERS]\npassword = "8letters"\n')
    check_accepted(bench, system_id="FIFTEEN-LETTERS", password="8letters")


@pytest.mark.parametrize("password", ["nineteen!", "P" * 40, "P" * 300])
@row("C6")
def test_a_password_over_8_characters(bench: Bench, password: str) -> None:
    """Refused for its length, never cut: 0x0E."""
    check_refused(Client(bench), 0x0E, password=password)


@row("C6")
def test_a_long_password_is_not_cut_to_a_right_one(tmp_path: Path) -> None:
    """Nine characters that begin with the right eight."""
    bench = configured(tmp_path, '[clients.demo]\npassword = "8letters"\n')
    check_refused(Client(bench), 0x0E, password="8letters9")
    check_accepted(bench, password="8letters")


@pytest.mark.parametrize("system_type", ["T" * 13, "T" * 100, "a\x01b", "a\r\nb", b"t\xffpe\0"])
@row("C7")
def test_a_malformed_system_type(bench: Bench, system_type: wire.Value) -> None:
    """Over 12 characters, or no text: 0x53."""
    check_refused(Client(bench), 0x53, system_type=system_type)


@row("C7")
def test_system_types_of_an_account(tmp_path: Path, bench: Bench) -> None:
    """Any of up to 12 characters, unless the account lists its own."""
    check_accepted(bench, system_type="TWELVE-CHARS")
    limited = configured(tmp_path, '[clients.demo]\npassword = "demo"\nsystem_types = ["VMS", "OTA"]\n')
    check_accepted(limited, system_type="OTA")
    check_refused(Client(limited), 0x53, system_type="WWW")
    check_refused(Client(limited), 0x53, system_type="")


@pytest.mark.parametrize(
    "address_range",
    [
        "1" * 41,
        "^((1+)+)+$",
        "(1+)+(1+)+(1+)+(1+)+2",
        "(",
        "[",
        "[0-",
        "*",
        "1**",
        "a{1,999999999}",
        "7494\x01",
        b"\xff\0",
    ],
)
@row("C8")
def test_an_address_range_that_is_no_plain_pattern(bench: Bench, address_range: wire.Value) -> None:
    """Over 40 characters, nested or broken: 0x0D, at once."""
    started = time.perf_counter()
    check_refused(Client(bench), 0x0D, address_range=address_range)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "address_range",
    ["", "7494", "^7494", "7494$", "^7494$", "^7999", "[13579]$", "^7999[0-9]*$", "7999.*", "1" * 40],
)
@row("C8")
def test_an_address_range_as_in_appendix_a(bench: Bench, address_range: str) -> None:
    """The expressions of 3.4 Appendix A are accepted."""
    check_accepted(bench, address_range=address_range)


@row("C9")
def test_no_password(tmp_path: Path, bench: Bench) -> None:
    """Insecure access is for whoever configures it: `any_client` takes a NULL password, an account does not. (It is
    refused as any wrong password is, so 0x0E.)"""
    check_refused(Client(bench), 0x0E, password="")
    check_accepted(configured(tmp_path, "any_client = true\n"), system_id="whoever", password="")


@pytest.mark.parametrize("state", KINDS)
@row("C10")
def test_a_second_bind_changes_nothing(bench: Bench, state: str) -> None:
    """0x05 in the response of what was sent, also with other credentials; the session works on as it was."""
    client = Client(bench).bind(state)
    for name, command_id in BINDS.items():
        for credentials in ({}, {"system_id": "nobody"}, {"password": "wrong"}):
            octets = wire.REQUESTS[name][1](SEQUENCE, **credentials)
            client.check_refusal(octets, command_id | RESPONSE, 0x05, sequence=SEQUENCE)
    answer = client.ask(wire.submit_sm(2))
    assert answer.status == (0x04 if state == "BOUND_RX" else 0)


@pytest.mark.parametrize("allowed", ["transmitter", "receiver", "transceiver"])
@row("C11")
def test_a_bind_type_that_is_not_supported(tmp_path: Path, allowed: str) -> None:
    """0x03 in the response of that bind, and the supported one works."""
    bench = configured(tmp_path, f'[clients.demo]\npassword = "demo"\nbind_types = ["{allowed}"]\n')
    client = Client(bench)
    for name, command_id in BINDS.items():
        if name != f"bind_{allowed}":
            answer = client.ask(wire.REQUESTS[name][1](SEQUENCE))
            assert answer == Frame(command_id | RESPONSE, 0x03, SEQUENCE, b"")
    assert client.ask(wire.REQUESTS[f"bind_{allowed}"][1](SEQUENCE)).status == 0


@row("C12")
def test_a_failed_bind_may_be_tried_again(bench: Bench) -> None:
    """The session stays OPEN."""
    client = Client(bench)
    for _ in range(2):
        assert client.ask(wire.bind_transceiver(1, password="no")).status == 0x0E
        client.check_refusal(wire.submit_sm(2), wire.SUBMIT_SM | RESPONSE, 0x04, sequence=2)
    client.bind()
    client.submit()


@row("C12")
def test_failed_binds_do_not_postpone_the_end(bench: Bench) -> None:
    """session_init runs from the connection."""
    client = Client(bench)
    for _ in range(2):
        bench.pass_time(4)
        client.ask(wire.bind_transceiver(1, password="no"))
    assert not client.closed
    bench.pass_time(2.5)
    assert client.closed


@row("C12")
def test_the_third_failed_bind_closes(bench: Bench) -> None:
    """It is answered first."""
    client = Client(bench)
    for n in range(3):
        assert not client.closed
        assert client.ask(wire.bind_transceiver(n, system_id="nobody")).header == (0x80000009, 0x0F, n)
    assert client.closed


OUTBIND = """
[outbind.office]
host = "192.0.2.7"
port = 27750
system_id = "SMSC"
password = "pass"
[clients.demo]
password = "demo"
"""


@row("C13")
def test_outbind_connects_and_says_who_calls(tmp_path: Path) -> None:
    """One outbind, octet by octet; the ESME binds as a receiver and gets what waits for it."""
    bench = configured(tmp_path, OUTBIND)
    sender = Client(bench).bind("BOUND_TX")
    sender.submit(destination_addr="7494", short_message=b"HELP")
    bench.emulator.outbind("office")
    esme = Called(bench)
    assert esme.called == ("192.0.2.7", 27750)
    (outbind,) = esme.frames()
    assert outbind.header == (wire.OUTBIND, 0, 1)
    assert outbind.body == b"SMSC\0pass\0"
    esme.bind("BOUND_RX")
    bench.pass_time(1)
    assert len(esme.deliveries()) == 1
    esme.check_usable()


@pytest.mark.parametrize("state", ["BOUND_RX", "BOUND_TRX"])
@row("C13")
def test_outbind_accepts_receivers(tmp_path: Path, state: str) -> None:
    """bind_receiver, and bind_transceiver as 5.0 allows."""
    bench = configured(tmp_path, OUTBIND)
    bench.emulator.outbind("office")
    esme = Called(bench)
    esme.frames()
    esme.bind(state)
    esme.check_usable()


@row("C13")
def test_outbind_is_not_for_transmitters(tmp_path: Path) -> None:
    """A bind_transmitter in answer to an outbind does not make a session."""
    bench = configured(tmp_path, OUTBIND)
    bench.emulator.outbind("office")
    esme = Called(bench)
    esme.frames()
    answer = esme.ask(wire.bind_transmitter(1))
    assert answer.command_id == wire.BIND_TRANSMITTER | RESPONSE
    assert answer.status != 0
    assert answer.body == b""


@row("C13")
def test_outbind_waits_for_the_bind_no_longer_than_session_init(tmp_path: Path) -> None:
    """Ten seconds of silence end the call."""
    bench = configured(tmp_path, OUTBIND)
    bench.emulator.outbind("office")
    esme = Called(bench)
    assert len(esme.frames()) == 1
    bench.pass_time(9.5)
    assert not esme.closed
    bench.pass_time(1)
    assert esme.closed
    assert esme.frames() == []


@row("C14")
def test_a_client_may_bind_again_while_its_old_session_is_half_open(bench: Bench) -> None:
    """The new session works; the old one dies of its timers, and what it never acknowledged comes to the new one."""
    old = Client(bench).bind()
    old.submit(destination_addr="7494", short_message=b"HELP")
    (lost,) = old.deliveries(acknowledge=False)
    new = Client(bench).bind()
    again = []
    for _ in range(13):
        bench.pass_time(5)
        again += new.deliveries()
        new.check_usable()
    assert old.closed
    bench.advance(3600)
    bench.pass_time(1)
    again += new.deliveries()
    assert [message.octets for message in again] == [lost.octets]
    new.submit(5)


@row("C14")
def test_a_connection_that_is_lost_gives_its_messages_back(bench: Bench) -> None:
    """Without any timer."""
    old = Client(bench).bind()
    old.submit(destination_addr="7494", short_message=b"HELP")
    (lost,) = old.deliveries(acknowledge=False)
    old.peer.close()
    new = Client(bench).bind()
    bench.advance(3600)
    bench.pass_time(1)
    (again,) = new.deliveries()
    assert again.frame.body == lost.frame.body
    assert message_id(new.ask(wire.submit_sm(5)))
