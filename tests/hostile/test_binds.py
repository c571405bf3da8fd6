"""Rows H, the bind: cut, too long, hostile, too many, or at the wrong moment."""

from __future__ import annotations

import time
from operator import attrgetter
from pathlib import Path

import attrs
import pytest
from twisted.logger import LogEvent

from tests.conformance import wire
from tests.conformance.raw import KINDS, Client
from tests.conformance.wire import RESPONSE, Frame, tlv
from tests.hostile.conftest import Stage
from tests.hostile.rows import row
from tests.hostile.scene import (
    PASSWORD,
    RALYBND,
    RBINDFAIL,
    RINVBNDSTS,
    RINVCMDLEN,
    RINVPASWD,
    RINVSYSID,
    Scene,
    bind,
    submit,
)

BIND_RESP = wire.BIND_TRANSCEIVER | RESPONSE


@attrs.frozen
class Case:
    """A bind that is refused with one of the statuses."""

    id: str
    octets: bytes
    statuses: tuple[int, ...]


def refused(id: str, octets: bytes, *statuses: int) -> Case:
    return Case(id, octets, statuses)


def cut(size: int, state: str = "BOUND_TRX") -> bytes:
    """A bind whose body has only so many octets."""
    whole = bind(7, state)
    return wire.pdu(int.from_bytes(whole[4:8], "big"), whole[16 : 16 + size], 7)


AFTER_PASSWORD = len(b"demo\0" + PASSWORD.encode() + b"\0")

REFUSED = [
    *(refused(f"H-09-{state}", cut(0, state), RINVCMDLEN) for state in KINDS),
    refused("H-10-after-password", cut(AFTER_PASSWORD), RINVCMDLEN),
    refused("H-10-after-system_type", cut(AFTER_PASSWORD + 1), RINVCMDLEN),
    refused("H-10-before-address_range", cut(AFTER_PASSWORD + 4), RINVCMDLEN),
    refused("H-11-system_id-alone", wire.pdu(wire.BIND_TRANSCEIVER, b"demo", 7), RINVCMDLEN),
    refused("H-11-system_id", bind(7, system_id=b"demo"), RINVCMDLEN, RINVSYSID),
    refused("H-11-last", bind(7, address_range=b"7494"), RINVCMDLEN),
    refused("H-11-nowhere", wire.pdu(wire.BIND_TRANSCEIVER, b"A" * 200, 7), RINVCMDLEN, RINVSYSID),
    refused("H-12-nested", bind(7, address_range="^((1+)+)+$"), RBINDFAIL),
    refused("H-12-repeated", bind(7, address_range="(1+)+(1+)+(1+)+(1+)+2"), RBINDFAIL),
    refused("H-12-counted", bind(7, address_range="1{1,99999}{1,99999}"), RBINDFAIL),
    refused("H-12-unfinished", bind(7, address_range="["), RBINDFAIL),
    refused("H-12-alternation", bind(7, address_range="(1|11)*$"), RBINDFAIL),
    refused("H-12-look-ahead", bind(7, address_range="(?=1)*"), RBINDFAIL),
    refused("H-13-16", bind(7, system_id="d" * 16), RINVSYSID),
    refused("H-13-400", bind(7, system_id="d" * 400), RINVSYSID),
    refused("H-14-9", bind(7, password="hunter222"), RINVPASWD),
    refused("H-14-40", bind(7, password="p" * 40), RINVPASWD),
    refused("H-15-not-ASCII", bind(7, system_id="дем".encode() + b"\0"), RINVSYSID, RBINDFAIL),
    refused("H-15-Latin-1", bind(7, system_id="d\xe9mo"), RINVSYSID, RBINDFAIL),
    refused("H-15-CR-LF", bind(7, system_id="demo\r\nroot"), RINVSYSID, RBINDFAIL),
    refused("H-15-escape", bind(7, system_id="\x1b[2J\x1b]0;x\7"), RINVSYSID, RBINDFAIL),
    refused("H-15-NUL-split", bind(7, system_id=b"de\0mo\0", password=b""), RINVSYSID, RBINDFAIL),
    refused("H-15-SQL", bind(7, system_id="' OR 1=1--"), RINVSYSID, RBINDFAIL),
    refused("H-15-path", bind(7, system_id="../../x"), RINVSYSID, RBINDFAIL),
    refused("H-15-format", bind(7, system_id="%s%n"), RINVSYSID, RBINDFAIL),
    refused("H-15-braces", bind(7, system_id="{client}{0}"), RINVSYSID, RBINDFAIL),
    refused("H-15-bidi", bind(7, system_id="\u202eomed".encode() + b"\0"), RINVSYSID, RBINDFAIL),
]


@pytest.mark.parametrize("case", REFUSED, ids=attrgetter("id"))
def test_refused(unbound: Scene, case: Case, log: list[LogEvent]) -> None:
    """A bad bind gets the response of its own kind, a header alone; the connection may still bind properly."""
    began = time.process_time()
    unbound.check_refused(case.octets, *case.statuses)
    assert time.process_time() - began < 0.05
    unbound.bind()
    assert sum("refused" in str(event.get("log_format")) for event in log) == 1, "logged once"


@pytest.mark.parametrize("name", [name for name in wire.REQUESTS if not name.startswith(("bind", "enquire"))])
@row("H-08")
def test_requests_before_a_bind(unbound: Scene, name: str) -> None:
    """Everything but a bind (and enquire_link) is refused in its own response; nothing runs."""
    _, build, layout = wire.REQUESTS[name]
    fields = {"destination_addr": wire.SHORT_CODE} if name == "submit_sm" else {}
    assert layout is not None
    unbound.check_refused(build(7, **fields), RINVBNDSTS)
    unbound.bind()


@row("H-12")
def test_a_hostile_pattern_costs_nothing(unbound: Scene) -> None:
    """No pattern is tried on anything that takes time: refused, or accepted and matched in no time."""
    for pattern in (
        "^((1+)+)+$",
        "(1+)+(1+)+(1+)+(1+)+2",
        ".*.*.*.*.*.*.*.*.*.*.*2",
        "1*1*1*1*1*1*1*1*1*1*2",
        "[1-9]*" * 6,
    ):
        client = unbound.connect()
        began = time.process_time()
        (answer,) = client.send(bind(7, address_range=pattern))
        assert answer.header in ((BIND_RESP, RBINDFAIL, 7), (BIND_RESP, 0, 7))
        if not answer.status:
            client.send(wire.submit_sm(8, destination_addr="1" * 20))
        assert time.process_time() - began < 0.05


@row("H-13")
def test_a_system_id_of_5000_characters(unbound: Scene) -> None:
    """No bind is that long: refused by its command_length alone (H-16)."""
    unbound.check_nacked_and_closed(bind(7, system_id="d" * 5_000), 7)


@pytest.mark.parametrize(
    ("version", "parameters"),
    [(0x00, b""), (0x33, b"")] + [(version, tlv(0x0210, b"\x34")) for version in (0x34, 0x50, 0xFF)],
)
@row("H-17")
def test_versions(unbound: Scene, version: int, parameters: bytes) -> None:
    """Every version may bind; those below 3.4 are told nothing that they do not know."""
    answer = unbound.client.ask(bind(7, interface_version=version))
    assert answer == Frame(BIND_RESP, 0, 7, b"GATEWAY\0" + parameters)
    unbound.check_runs(submit(8))


@row("H-18")
def test_a_replayed_bind(scene: Scene) -> None:
    """The same octets on another connection bind too, and the live session stays."""
    live = scene.client
    assert scene.connect().ask(bind()).header == (BIND_RESP, 0, 1)
    live.check_usable()
    scene.client.check_usable()


@row("H-18", "T-21")
def test_a_replayed_bind_beyond_the_limit(stage: Stage) -> None:
    """With a limit of one session the second is refused, and the live one stays."""
    scene = stage(demo="sessions = 1")
    live = scene.client
    scene.connect("127.0.0.8")
    scene.check_refused(bind(), RBINDFAIL)
    scene.client = live
    scene.check_runs(submit(8))


@pytest.mark.parametrize("state", KINDS)
@pytest.mark.parametrize(("system_id", "password"), [("demo", PASSWORD), ("other", "other"), ("nobody", "x")])
@row("H-19")
def test_a_second_bind(scene: Scene, system_id: str, password: str, state: str) -> None:
    """A bound session cannot bind again, as nobody; it stays who it is and what it can."""
    scene.check_refused(bind(7, state, system_id=system_id, password=password), RALYBND)
    scene.check_runs(submit(8))


@row("H-20")
def test_three_wrong_passwords(unbound: Scene) -> None:
    """The third wrong password is answered, and the connection closed."""
    unbound.check_refused(bind(7, password="wrong1"), RINVPASWD)
    unbound.check_refused(bind(8, password="wrong2"), RINVPASWD)
    assert unbound.client.ask(bind(9, password="wrong3")) == Frame(BIND_RESP, RINVPASWD, 9, b"")
    assert unbound.client.closed


@row("H-20", "T-14")
def test_a_thousand_wrong_passwords(scene: Scene) -> None:
    """Guessing at full speed is slowed down: beyond a number of failures an address is refused unheard."""
    guessers = []
    for number in range(500):
        guesser = Client(scene.bench, "127.0.0.66")
        guesser.peer.send(bind(1, password=f"w{number}") + bind(2, system_id=f"nobody{number}"))
        guessers.append(guesser)
    at_once = [frame for guesser in guessers for frame in guesser.frames()]
    assert len(at_once) < 50
    right = Client(scene.bench, "127.0.0.66")
    right.peer.send(bind())
    scene.wait(1)
    assert [frame.header for frame in right.frames()] == [(BIND_RESP, RBINDFAIL, 1)]
    statuses = [frame.status for frame in at_once] + [
        frame.status for guesser in guessers for frame in guesser.frames()
    ]
    assert len(statuses) == 1_000
    assert set(statuses) == {RINVPASWD, RINVSYSID, RBINDFAIL}
    assert statuses.count(RBINDFAIL) > 900
    assert Client(scene.bench, "127.0.0.67").ask(bind()).header == (BIND_RESP, 0, 1)
    scene.check_runs(submit(8))
    scene.wait(10)
    assert Client(scene.bench, "127.0.0.66").ask(bind()).header == (BIND_RESP, 0, 1)


@pytest.mark.parametrize("system_id", ["demo", "nobody"])
@row("H-20")
def test_a_uniform_refusal(stage: Stage, system_id: str) -> None:
    """With bind_refusal = "uniform", who is not there and who has another password look the same."""
    scene = stage(state=None, tables='[smpp]\nbind_refusal = "uniform"')
    scene.check_refused(bind(7, system_id=system_id, password="wrong"), RBINDFAIL)


@row("H-15")
def test_the_log_of_hostile_names(unbound: Scene, log: list[LogEvent], tmp_path: Path) -> None:
    """A name that wants to be a line of the log, a colour or a format stays inside of its line (see the fixture)."""
    for number, name in enumerate(["a\nERROR b", "\x1b[31mred", "{peer}", "%(x)s", "\x7f\x80\x9b1m", "a\u2028b"]):
        client = Client(unbound.bench, f"127.0.1.{number}")
        (answer,) = client.send(bind(1, system_id=name.encode("utf-8") + b"\0"))
        assert answer.header in ((BIND_RESP, RINVSYSID, 1), (BIND_RESP, RBINDFAIL, 1))
    assert not list(tmp_path.glob("*.log"))
    assert len(log) >= 6
