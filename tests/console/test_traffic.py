"""What goes over each connection now, read off the ring of octets."""

from __future__ import annotations

import pytest

from gateway.console import traffic
from gateway.console.traffic import response_times, traffic_of
from gateway.network.wire_log import WireLog
from tests.conformance import wire
from tests.console.browser import Browser
from tests.doubles import Bench
from tests.esme import Esme

SECOND = 1_000_000


class Wall:
    """Nanoseconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1_000_000_000_000_000_000

    def __call__(self) -> int:
        return self.now

    @property
    def microseconds(self) -> int:
        return self.now // 1000


def log_of_two() -> tuple[Wall, WireLog]:
    """A busy connection and a silent one."""
    wall = Wall()
    log = WireLog(1 << 20, wall)
    busy, silent = (log.opened(("127.0.0.1", port), ("127.0.0.1", 2775)) for port in (1, 2))
    log.record(silent.incoming, wire.enquire_link(7))
    wall.now += 10 * SECOND * 1000
    for number in range(4):
        log.record(busy.incoming, wire.submit_sm(2 * number) + wire.submit_sm(2 * number + 1))
        log.record(busy.outgoing, wire.pdu(wire.SUBMIT_SM | wire.RESPONSE, b"1\0", 2 * number))
    return wall, log


def test_the_last_pdu_of_each_connection_is_told() -> None:
    """Whichever way it went, and however long it is ago."""
    wall, log = log_of_two()
    found = traffic_of(log, wall.microseconds)
    assert (found[1].last_pdu, found[1].last_inbound, found[1].last_at) == ("submit_sm_resp", False, wall.microseconds)
    assert (found[2].last_pdu, found[2].last_inbound) == ("enquire_link", True)
    assert wall.microseconds - found[2].last_at == 10 * SECOND


def test_messages_a_second_are_those_of_the_last_two() -> None:
    """Eight submits within two seconds are four a second; responses and old ones do not count."""
    wall, log = log_of_two()
    assert {number: one.per_second for number, one in traffic_of(log, wall.microseconds).items()} == {1: 4.0, 2: 0.0}
    wall.now += 3 * SECOND * 1000
    assert traffic_of(log, wall.microseconds)[1].per_second == 0.0


def test_no_more_is_looked_at_than_takes_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read of a busy connection holds a hundred PDUs: these count. The rate is that of what was seen."""
    monkeypatch.setattr(traffic, "_LOOKED_AT", 100)
    wall = Wall()
    log = WireLog(1 << 20, wall)
    line = log.opened(("127.0.0.1", 1), ("127.0.0.1", 2775))
    for number in range(10):
        wall.now += 10_000_000
        log.record(line.incoming, b"".join(wire.submit_sm(50 * number + n) for n in range(50)))
        responses = (wire.pdu(wire.SUBMIT_SM | wire.RESPONSE, b"1\0", 50 * number + n) for n in range(50))
        log.record(line.outgoing, b"".join(responses))
    seen = traffic_of(log, wall.microseconds + 10_000)[line.number]
    assert (seen.messages, seen.last_pdu) == (50, "submit_sm_resp")
    assert seen.per_second == pytest.approx(5_000)
    assert len(response_times(log, wall.microseconds)) == 50


def test_a_read_that_begins_within_a_pdu_is_passed_over() -> None:
    """Where no PDU can be seen to begin nothing is made up."""
    wall = Wall()
    log = WireLog(1 << 20, wall)
    line = log.opened(("127.0.0.1", 1), ("127.0.0.1", 2775))
    log.record(line.incoming, b"rest of a text that is long enough")
    assert traffic_of(log, wall.microseconds)[1].last_pdu == ""


def test_response_times_are_those_of_submits() -> None:
    """From the submit to its response, whatever comes in between; what is not answered does not count."""
    wall = Wall()
    log = WireLog(1 << 20, wall)
    line = log.opened(("127.0.0.1", 1), ("127.0.0.1", 2775))
    log.record(line.incoming, wire.submit_sm(1) + wire.submit_sm(2) + wire.enquire_link(3))
    for sequence, milliseconds in ((2, 5), (1, 15)):
        wall.now += milliseconds * 1_000_000
        log.record(line.outgoing, wire.pdu(wire.SUBMIT_SM | wire.RESPONSE, b"1\0", sequence))
    log.record(line.incoming, wire.submit_sm(4))
    assert response_times(log, wall.microseconds) == [5_000, 20_000]
    assert response_times(log, wall.microseconds + 60 * SECOND) == []


def test_the_mix_of_commands_is_told(api: Browser, bench: Bench) -> None:
    """Of the newest texts to the wallet: what they were understood as, and how near they were."""
    esme = Esme(bench)
    for text in ("BALANCE", "balnce", "PIN", "what is this"):
        esme.submit(text)
    told = api.get("/api/v1/traffic")
    assert {one["name"]: one["count"] for one in told["commands"]} == {"balance": 2, "pin": 1, "none": 1}
    assert {one["name"] for one in told["matches"]} == {"exact", "one_edit", "none"}
    assert told["responses"] == 4
    assert told["response_p50"] <= told["response_p95"]
