"""Section G: absolute and relative times. Emulated time starts at 2026-01-15 09:00:00 UTC."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance import wire
from tests.conformance.raw import Client, configured
from tests.conformance.rows import row
from tests.conformance.wire import RESPONSE, tlv
from tests.doubles import Bench

SEQUENCE = 0x0000600D
HOUR = 3600
DAY = 24 * HOUR
ENROUTE, DELIVERED, EXPIRED = 1, 2, 3
TIMED = ("submit_sm", "submit_multi")

FAR = '[clients.demo]\npassword = "demo"\n[clients.far]\npassword = "far"\naddresses = ["7000*"]\n'
"""Messages to 7000… wait until `far` binds."""


def refused(client: Client, name: str, status: int, **fields: wire.Value) -> None:
    command_id, build, _ = wire.REQUESTS[name]
    client.check_refusal(build(SEQUENCE, **fields), command_id | RESPONSE, status, sequence=SEQUENCE)


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        pytest.param("260115100000000+", HOUR, id="G1-260115100000000+"),
        pytest.param("260115100000900+", HOUR + 0.9, id="G1-260115100000900+"),
        pytest.param("260115110000004+", HOUR, id="G1-260115110000004+"),  # 11:00 where it is an hour later than UTC
        pytest.param("260115080000008-", HOUR, id="G1-260115080000008-"),  # 08:00 where it is two hours earlier
        pytest.param("260115213000048+", HOUR // 2, id="G1-260115213000048+"),
        pytest.param("260115001500036-", HOUR // 4, id="G1-260115001500036-"),
        pytest.param("260115090001000-", 1, id="G1-260115090001000-"),
        pytest.param("260116090000000+", DAY, id="G1-260116090000000+"),
        pytest.param("280229000000000+", 774 * DAY + 15 * HOUR, id="G1-280229000000000+"),
        pytest.param("000000010000000R", HOUR, id="G2-000000010000000R"),
        pytest.param("000000010000999R", HOUR, id="G2-000000010000999R"),
        pytest.param("000001000000048R", DAY, id="G2-000001000000048R"),
        pytest.param("000000000001000R", 1, id="G2-000000000001000R"),
        pytest.param("000000000130000R", 90, id="G2-000000000130000R"),
        pytest.param("000100000000000R", 31 * DAY, id="G2-000100000000000R"),
        pytest.param("010000000000000R", 365 * DAY, id="G2-010000000000000R"),
        pytest.param(
            "020610233429000R", 2 * 365 * DAY + 192 * DAY + 23 * HOUR + 34 * 60 + 29, id="G2-020610233429000R"
        ),
    ],
)
def test_a_message_waits_for_its_schedule(bound: Client, text: str, delay: float) -> None:
    """Absolute with tenths and a quarter-hour zone, or relative in calendar years, months, days and times: ENROUTE
    until then, executed at that instant."""
    identifier = bound.submit(destination_addr="7494", short_message=b"BALANCE", schedule_delivery_time=text)
    bound.bench.advance(delay - 0.5)
    assert bound.deliveries() == []
    assert bound.state_of(identifier) == ENROUTE
    bound.bench.advance(0.6)
    (reply,) = bound.deliveries()
    assert reply.text.startswith("Balance:")
    assert bound.state_of(identifier) == DELIVERED


BROKEN = [
    "261315100000000+",  # month 13
    "260015100000000+",  # month 0
    "260100100000000+",  # day 0
    "260230100000000+",  # 30 February
    "270229100000000+",  # 29 February of no leap year
    "260432100000000+",
    "260115240000000+",  # hour 24
    "260115106000000+",  # minute 60
    "260115100060000+",  # second 60
    "260115100000049+",  # 49 quarters
    "260115100000099-",
    "260115100000000*",
    "260115100000000 ",
    "260115100000000r",
    "2601151000000000",
    "26O115100000000+",
    "26-115100000000+",
    " 60115100000000+",
    "2601151000000x0+",
    "abcdefghijklmnop",
    "................",
    "+++++++++++++++R",
    "0000000100000x0R",
]


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize(("field", "status"), [("schedule_delivery_time", 0x61), ("validity_period", 0x62)])
@row("G1")
def test_times_that_are_none(bound: Client, field: str, status: int, name: str) -> None:
    """Dates and times that do not exist, zones beyond twelve hours, signs and letters: the field's code."""
    for text in BROKEN:
        refused(bound, name, status, **{field: text})
    bound.bench.advance(2 * DAY)
    assert bound.deliveries() == []


@pytest.mark.parametrize("text", [b"260115100000\xb2\xb00+", b"\xd9\xa2\xd9\xa601151000000+", b"26011510000000\xff+"])
@row("G1")
def test_times_are_ascii(bound: Client, text: bytes) -> None:
    """What some languages take for a digit is none."""
    assert len(text) == 16
    refused(bound, "submit_sm", 0x61, schedule_delivery_time=text + b"\0")
    refused(bound, "submit_sm", 0x62, validity_period=text + b"\0")


@row("G2")
def test_relative_times_beyond_all_bounds(bound: Client) -> None:
    """Refused or clamped: an answer either way, and a session that lives."""
    for text in ("991231235959000R", "999999999999000R", "990000000000000R", "009900000000000R", "000000999999999R"):
        for field, status in (("schedule_delivery_time", 0x61), ("validity_period", 0x62)):
            answer = bound.ask(wire.submit_sm(SEQUENCE, **{field: text}))
            assert answer.command_id == wire.SUBMIT_SM | RESPONSE
            assert answer.status in (0, status)
            bound.check_usable()


@row("G2")
def test_relative_time_0(bound: Client) -> None:
    """Now: as a schedule it is immediate; as a validity it is refused or over at once."""
    bound.submit(destination_addr="7494", short_message=b"BALANCE", schedule_delivery_time="0" * 15 + "R")
    bound.bench.advance(0.1)
    assert len(bound.deliveries()) == 1
    assert bound.ask(wire.submit_sm(SEQUENCE, validity_period="0" * 15 + "R")).status in (0, 0x62)


@row("G2")
def test_relative_validity(tmp_path: Path) -> None:
    """A message that cannot be delivered expires at that second."""
    client = Client(configured(tmp_path, FAR)).bind()
    identifier = client.submit(destination_addr="70001", validity_period="000000001000000R")
    client.bench.advance(599)
    assert client.state_of(identifier) == ENROUTE
    client.bench.advance(2)
    assert client.state_of(identifier) == EXPIRED


@row("G3")
def test_the_pivot_of_years(bound: Client) -> None:
    """00 to 37 are 20xx, 38 to 99 are 19xx."""
    for year in (26, 27, 30, 36, 37):
        assert bound.submit(3, validity_period=f"{year}1231235959000+")
        assert bound.submit(3, schedule_delivery_time=f"{year}1231235959000+")
    for year in (0, 10, 25, 38, 39, 70, 99):
        refused(bound, "submit_sm", 0x62, validity_period=f"{year:02}1231235959000+")


@row("G4")
def test_the_time_that_a_query_reports(bound: Client) -> None:
    """16 characters and a NUL, absolute, of the instant at which the state became final."""
    identifier = bound.submit(2, destination_addr="7494", short_message=b"BALANCE",
                              schedule_delivery_time="260115101112000+")  # fmt: skip
    bound.bench.advance(2 * HOUR)
    bound.deliveries()
    answer = bound.ask(wire.query_sm(SEQUENCE, message_id=identifier))
    assert answer.body == identifier.encode() + b"\x00260115101112000+\0" + b"\x02\x00"


@row("G5")
def test_no_times(bound: Client, tmp_path: Path) -> None:
    """No schedule: immediate. No validity: the default of three days. No final date: not final yet."""
    bound.submit(2, destination_addr="7494", short_message=b"BALANCE")
    assert len(bound.deliveries()) == 1
    client = Client(configured(tmp_path, FAR)).bind()
    identifier = client.submit(destination_addr="70001")
    answer = client.ask(wire.query_sm(SEQUENCE, message_id=identifier))
    assert answer.body == identifier.encode() + b"\0" + b"\0" + b"\x01\x00"
    client.bench.advance(3 * DAY - 60)
    assert client.state_of(identifier) == ENROUTE
    client.bench.advance(120)
    assert client.state_of(identifier) == EXPIRED


@pytest.mark.parametrize("name", TIMED)
@row("G6")
def test_a_validity_that_is_over(bound: Client, name: str) -> None:
    """Before now, or before the schedule: 0x62."""
    for text in ("260115085959000+", "250115090000000+", "260115095959004+", "000101000000000+"):
        refused(bound, name, 0x62, validity_period=text)
    for schedule, validity in (
        ("260115110000000+", "260115100000000+"),
        ("260116090000000+", "000000010000000R"),
        ("000001000000000R", "000000235959000R"),
        ("000001000000000R", "260116085959000+"),
    ):
        refused(bound, name, 0x62, schedule_delivery_time=schedule, validity_period=validity)
    _, build, _ = wire.REQUESTS[name]
    fields = {"schedule_delivery_time": "000001000000000R", "validity_period": "000001000001000R"}
    assert bound.ask(build(SEQUENCE, **fields)).status == 0


@row("G7")
def test_deliveries_have_no_times(tmp_path: Path) -> None:
    """Replies, receipts and relayed messages: no schedule, validity, replace flag or default message, whatever the
    submit had."""
    bench = configured(tmp_path, FAR + '[smpp.default_messages]\n7 = "BALANCE"\n')
    client, far = Client(bench).bind(), Client(bench).bind(system_id="far", password="far")
    fields: dict[str, wire.Value] = {
        "validity_period": "260120000000000+",
        "registered_delivery": 1,
        "replace_if_present_flag": 1,
    }
    client.submit(2, destination_addr="7494", short_message=b"", sm_default_msg_id=7, **fields)
    client.submit(3, destination_addr="70001", schedule_delivery_time="000000000010000R", **fields)
    bench.pass_time(1)
    bench.advance(60)
    messages = [*client.deliveries(), *far.deliveries()]
    bench.advance(60)
    messages += client.deliveries()
    assert len(messages) == 4
    for message in messages:
        assert message["schedule_delivery_time"] == message["validity_period"] == ""
        assert message["replace_if_present_flag"] == message["sm_default_msg_id"] == 0


TTL = 0x0017


@pytest.mark.parametrize(("name", "version"), [("data_sm", 0x34), ("data_sm", 0x50), ("submit_sm", 0x50)])
@row("G8")
def test_qos_time_to_live(tmp_path: Path, name: str, version: int) -> None:
    """Seconds; it goes before validity_period (a parameter of data_sm in 3.4, of submit_sm too in 5.0)."""
    client = Client(configured(tmp_path, FAR)).bind(interface_version=version)
    _, build, _ = wire.REQUESTS[name]
    more = {"validity_period": "000001000000000R"} if name == "submit_sm" else {}
    answer = client.ask(build(SEQUENCE, destination_addr="70001", tail=tlv(TTL, b"\0\0\0\x3c"), **more))
    identifier = wire.Reader(answer.body).text()
    client.bench.advance(59)
    assert client.state_of(identifier) == ENROUTE
    client.bench.advance(2)
    assert client.state_of(identifier) == EXPIRED


@row("G8")
def test_qos_time_to_live_may_lengthen(tmp_path: Path) -> None:
    """It replaces a shorter validity_period as well as a longer one."""
    client = Client(configured(tmp_path, FAR)).bind(interface_version=0x50)
    identifier = client.submit(
        destination_addr="70001", validity_period="000000000100000R", tail=tlv(TTL, b"\0\0\x0e\x10")
    )
    client.bench.advance(120)
    assert client.state_of(identifier) == ENROUTE
    client.bench.advance(HOUR)
    assert client.state_of(identifier) == EXPIRED


@row("G2")
def test_relative_times_count_from_emulated_now(bench: Bench) -> None:
    """Not from the start of the gateway."""
    bench.advance(5 * DAY)
    client = Client(bench).bind()
    client.submit(destination_addr="7494", short_message=b"BALANCE", schedule_delivery_time="000000010000000R")
    bench.advance(HOUR - 1)
    assert client.deliveries() == []
    bench.advance(2)
    assert len(client.deliveries()) == 1
