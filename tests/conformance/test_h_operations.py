"""Section H: replace_if_present, submit_multi, query_sm, cancel_sm, replace_sm."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance import wire
from tests.conformance.raw import Client, configured
from tests.conformance.rows import row
from tests.conformance.wire import HANDSET, RESPONSE, SUBSCRIBER, Frame, Value, destination, tlv
from tests.doubles import Bench

SEQUENCE = 0x00000A11
LATER = "000001000000000R"
DAY = 86_400
ENROUTE, DELIVERED, EXPIRED, DELETED, UNDELIVERABLE = 1, 2, 3, 4, 5
TO_WALLET: dict[str, Value] = {"destination_addr": "7494", "schedule_delivery_time": LATER}
WALLET_CANCEL: dict[str, Value] = {"destination_addr": "7494"}


def scheduled(client: Client, text: bytes = b"BALANCE", **fields: Value) -> str:
    """A command that runs tomorrow."""
    return client.submit(2, short_message=text, **{**TO_WALLET, **fields})


def replies(client: Client) -> list[str]:
    """The first words of the replies after a day."""
    client.bench.advance(DAY + 1)
    return [message.text.split(":")[0] for message in client.deliveries()]


@row("H1")
def test_a_pending_message_is_replaced(bound: Client) -> None:
    """Its text, and there is still one message."""
    scheduled(bound, b"HELP")
    scheduled(bound, b"BALANCE", replace_if_present_flag=1)
    assert replies(bound) == ["Balance"]


@pytest.mark.parametrize(
    "other",
    [
        {"source_addr": "79991110002"},
        {"destination_addr": HANDSET},
        {"service_type": "CMT"},
        {"replace_if_present_flag": 0},
    ],
    ids=["source", "destination", "service_type", "flag"],
)
@row("H1")
def test_a_message_that_does_not_match_is_new(bound: Client, other: dict[str, Value]) -> None:
    """Source, destination and service_type must be equal, and the flag set."""
    first = scheduled(bound, b"HELP")
    second = scheduled(bound, b"BALANCE", **{"replace_if_present_flag": 1, **other})
    assert first != second
    assert (bound.state_of(first), bound.state_of(second, source_addr=other.get("source_addr", SUBSCRIBER))) == (
        ENROUTE,
        ENROUTE,
    )
    expected = ["Commands"] if "destination_addr" in other else ["Commands", "Balance"]
    assert sorted(replies(bound)) == sorted(expected)


@row("H1")
def test_nothing_to_replace(bound: Client) -> None:
    """The message is a new one: also when the equal one is already final, or of another client."""
    identifier = bound.submit(2, destination_addr="7494", short_message=b"HELP", replace_if_present_flag=1)
    assert len(bound.deliveries()) == 1
    again = bound.submit(3, destination_addr="7494", short_message=b"HELP", replace_if_present_flag=1)
    assert again != identifier
    assert len(bound.deliveries()) == 1


@row("H1")
def test_messages_of_other_clients_are_not_replaced(tmp_path: Path) -> None:
    """An account sees its own messages only."""
    toml = '[clients.demo]\npassword = "demo"\n[clients.other]\npassword = "other"\n'
    bench = configured(tmp_path, toml)
    client, other = Client(bench).bind(), Client(bench).bind(system_id="other", password="other")
    scheduled(client, b"HELP")
    scheduled(other, b"BALANCE", replace_if_present_flag=1)
    bench.advance(DAY + 1)
    assert len(client.deliveries()) == 1
    assert len(other.deliveries()) == 1


def multi(client: Client, *addresses: bytes, **fields: Value) -> tuple[str, list[tuple[int, int, str, int]]]:
    """A submit_multi that is accepted: its message_id and whom it failed for."""
    answer = client.ask(wire.to_many(list(addresses), SEQUENCE, **fields))
    assert answer.header == (wire.SUBMIT_MULTI | RESPONSE, 0, SEQUENCE)
    reader = wire.Reader(answer.body)
    identifier = reader.text()
    failed = [(reader.number(), reader.number(), reader.text(), reader.number(4)) for _ in range(reader.number())]
    assert reader.tlvs() == []
    return identifier, failed


@row("H2")
def test_all_destinations_are_accepted(bound: Client) -> None:
    """message_id, no_unsuccess 0, nothing else; each has its own receipt of that id."""
    numbers = [f"7999555000{n}" for n in range(5)]
    identifier, failed = multi(bound, *map(destination, numbers), registered_delivery=1)
    assert failed == []
    bound.bench.pass_time(1)
    receipts = bound.deliveries()
    assert sorted(str(receipt["source_addr"]) for receipt in receipts) == numbers
    assert {receipt.tlv(0x001E) for receipt in receipts} == {identifier.encode() + b"\0"}


@row("H2")
def test_commands_to_many(bound: Client) -> None:
    """The wallet may be one of them."""
    _, failed = multi(bound, destination("7494"), destination(HANDSET), short_message=b"BALANCE")
    assert failed == []
    (reply,) = bound.deliveries()
    assert reply.text.startswith("Balance:")


LIMITED = '[clients.demo]\npassword = "demo"\nallowed_destinations = ["7999*", "7494"]\n'


@row("H3")
def test_some_destinations_fail(tmp_path: Path) -> None:
    """Each failure with its address as it was and a code of 4 octets; the others are accepted."""
    client = Client(configured(tmp_path, LIMITED)).bind()
    identifier, failed = multi(
        client,
        destination(HANDSET),
        destination("33123", ton=3, npi=8),
        destination("79995550002"),
        destination("44123", ton=0, npi=0),
        registered_delivery=1,
    )
    assert [entry[:3] for entry in failed] == [(3, 8, "33123"), (0, 0, "44123")]
    assert all(0 < code < 0x400 for *_, code in failed)
    client.bench.pass_time(1)
    receipts = client.deliveries()
    assert sorted(str(receipt["source_addr"]) for receipt in receipts) == [HANDSET, "79995550002"]
    assert identifier


@row("H3")
def test_a_coding_that_one_destination_cannot_read(bound: Client) -> None:
    """A handset takes what the wallet refuses with 0x45."""
    _, failed = multi(bound, destination(HANDSET), destination("7494"), data_coding=5)
    assert failed == [(1, 1, "7494", 0x45)]


@row("H4")
def test_all_destinations_fail(tmp_path: Path) -> None:
    """0x45, header only."""
    client = Client(configured(tmp_path, LIMITED)).bind()
    octets = wire.to_many([destination("33123"), destination("44123")], SEQUENCE)
    client.check_refusal(octets, wire.SUBMIT_MULTI | RESPONSE, 0x45, sequence=SEQUENCE)


@row("H5")
def test_fewer_destinations_than_announced(bound: Client) -> None:
    """The text is not taken for addresses: 0x33, or 0x40 where the next octet is no dest_flag; nobody gets anything."""
    for count in (2, 4, 10, 254):
        octets = wire.to_many([destination(HANDSET)], SEQUENCE, number_of_dests=count, registered_delivery=1)
        bound.check_refusal(octets, wire.SUBMIT_MULTI | RESPONSE, 0x33, 0x40, sequence=SEQUENCE)
    bound.bench.pass_time(1)
    assert bound.deliveries() == []


@row("H5")
def test_more_destinations_than_announced(bound: Client) -> None:
    """The rest is no message: some error, and nobody gets anything."""
    addresses = [destination(HANDSET), destination("79995550002"), destination("79995550003")]
    for count in (1, 2):
        answer = bound.ask(wire.to_many(addresses, SEQUENCE, number_of_dests=count, registered_delivery=1))
        assert answer == Frame(wire.SUBMIT_MULTI | RESPONSE, answer.status, SEQUENCE, b"")
        assert answer.status != 0
        bound.check_usable()
    bound.bench.pass_time(1)
    assert bound.deliveries() == []


@row("H6")
def test_query(bound: Client) -> None:
    """message_id, final_date, message_state, error_code; no TLV."""
    identifier = scheduled(bound)
    answer = bound.ask(wire.query_sm(SEQUENCE, message_id=identifier))
    assert answer == Frame(0x80000003, 0, SEQUENCE, identifier.encode() + b"\0" + b"\0" + b"\x01\x00")
    replies(bound)
    answer = bound.ask(wire.query_sm(SEQUENCE, message_id=identifier))
    assert answer == Frame(0x80000003, 0, SEQUENCE, identifier.encode() + b"\x00260116090000000+\0" + b"\x02\x00")


@row("H6")
def test_query_of_a_message_to_a_handset(bound: Client) -> None:
    """Delivered at once; its id is found as often as it is asked for, also after days."""
    identifier = bound.submit(2)
    for _ in range(3):
        assert bound.state_of(identifier) == DELIVERED
        bound.bench.advance(DAY)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("query_sm", id="H7"),
        pytest.param("cancel_sm", id="H9"),
        pytest.param("replace_sm", id="H10"),
    ],
)
def test_unknown_and_foreign_ids_look_the_same(tmp_path: Path, name: str) -> None:
    """A message of another client, one with another source, and one that never was: 0x0C, header only."""
    toml = '[clients.demo]\npassword = "demo"\n[clients.other]\npassword = "other"\n'
    bench = configured(tmp_path, toml)
    client, other = Client(bench).bind(), Client(bench).bind(system_id="other", password="other")
    identifier = scheduled(client)
    command_id, build, _ = wire.REQUESTS[name]
    more = WALLET_CANCEL if name == "cancel_sm" else {}
    for asker, fields in (
        (client, {"message_id": "9999999999"}),
        (client, {"message_id": identifier + "0"}),
        (client, {"message_id": identifier, "source_addr": "79991110002"}),
        (client, {"message_id": identifier, "source_addr": ""}),
        (other, {"message_id": identifier}),
    ):
        asker.check_refusal(build(SEQUENCE, **fields, **more), command_id | RESPONSE, 0x0C, sequence=SEQUENCE)
    assert client.state_of(identifier) == ENROUTE
    assert replies(client) == ["Balance"]


@pytest.mark.parametrize("version", [0x33, 0x34])
@row("H8")
def test_states_of_a_3_4_client(tmp_path: Path, version: int) -> None:
    """Scheduled is ENROUTE to it, never 0; a final state stays."""
    toml = '[clients.demo]\npassword = "demo"\n[clients.far]\npassword = "far"\naddresses = ["7000*"]\n'
    client = Client(configured(tmp_path, toml)).bind(interface_version=version)
    waiting = scheduled(client)
    done = client.submit(3)
    over = client.submit(4, destination_addr="70001", validity_period="000000000001000R")
    gone = scheduled(client, destination_addr=HANDSET)
    assert client.ask(wire.cancel_sm(5, message_id=gone)).status == 0
    client.bench.advance(2)
    states = {waiting: ENROUTE, done: DELIVERED, over: EXPIRED, gone: DELETED}
    for _ in range(2):
        assert {identifier: client.state_of(identifier) for identifier in states} == states
        for identifier in (done, over, gone):
            assert client.ask(wire.cancel_sm(6, message_id=identifier)).status != 0
            assert client.ask(wire.replace_sm(7, message_id=identifier)).status != 0
        client.bench.advance(3600)


@row("H8")
def test_undeliverable(tmp_path: Path) -> None:
    """A message that its recipient refuses for good."""
    toml = '[clients.demo]\npassword = "demo"\n[clients.far]\npassword = "far"\naddresses = ["7000*"]\n'
    bench = configured(tmp_path, toml)
    client, far = Client(bench).bind(), Client(bench).bind(system_id="far", password="far")
    identifier = client.submit(2, destination_addr="70001")
    (message,) = far.deliveries(acknowledge=False)
    far.acknowledge(message, status=0x65)
    assert client.state_of(identifier) == UNDELIVERABLE


@row("H9")
def test_cancel_by_id(bound: Client) -> None:
    """Header only; the message is DELETED and does not run; again is too late."""
    identifier = scheduled(bound)
    cancel = wire.cancel_sm(SEQUENCE, message_id=identifier, **WALLET_CANCEL)
    assert bound.ask(cancel) == Frame(0x80000008, 0, SEQUENCE, b"")
    assert bound.state_of(identifier) == DELETED
    bound.check_refusal(cancel, 0x80000008, 0x11, sequence=SEQUENCE)
    assert replies(bound) == []


@row("H9")
def test_cancel_of_a_final_message(bound: Client) -> None:
    """0x11."""
    identifier = bound.submit(2)
    bound.check_refusal(wire.cancel_sm(SEQUENCE, message_id=identifier), 0x80000008, 0x11, sequence=SEQUENCE)
    assert bound.state_of(identifier) == DELIVERED


@row("H9")
def test_cancel_of_all(bound: Client) -> None:
    """Without an id: all that wait with this source and destination, whatever their service_type; no others."""
    doomed = [scheduled(bound), scheduled(bound, service_type="CMT")]
    spared = [scheduled(bound, source_addr="79991110002"), scheduled(bound, destination_addr=HANDSET)]
    assert bound.ask(wire.cancel_sm(SEQUENCE, message_id="", **WALLET_CANCEL)) == Frame(0x80000008, 0, SEQUENCE, b"")
    assert [bound.state_of(identifier) for identifier in doomed] == [DELETED] * 2
    assert bound.state_of(spared[0], source_addr="79991110002") == ENROUTE
    assert bound.state_of(spared[1]) == ENROUTE
    bound.check_refusal(wire.cancel_sm(SEQUENCE, message_id="", **WALLET_CANCEL), 0x80000008, 0x11, sequence=SEQUENCE)


@row("H9")
def test_cancel_of_all_of_a_service_type(bound: Client) -> None:
    """Where one is given, it must be equal."""
    plain, typed = scheduled(bound), scheduled(bound, service_type="CMT")
    bound.check_refusal(
        wire.cancel_sm(SEQUENCE, message_id="", service_type="CPT", **WALLET_CANCEL),
        0x80000008,
        0x11,
        sequence=SEQUENCE,
    )
    answer = bound.ask(wire.cancel_sm(SEQUENCE, message_id="", service_type="CMT", **WALLET_CANCEL))
    assert answer == Frame(0x80000008, 0, SEQUENCE, b"")
    assert (bound.state_of(plain), bound.state_of(typed)) == (ENROUTE, DELETED)


@pytest.mark.parametrize("addr", ["%", "*", "_______", "7999*", ".*", "7494%", "749"])
@row("H9")
def test_cancel_knows_no_wildcards(bound: Client, addr: str) -> None:
    """Addresses are compared, not matched."""
    identifier = scheduled(bound)
    for fields in ({"destination_addr": addr}, {"source_addr": addr, "destination_addr": "7494"}):
        answer = bound.ask(wire.cancel_sm(SEQUENCE, message_id="", **fields))
        assert answer.status in (0x11, 0x0A, 0x0B)
    assert bound.state_of(identifier) == ENROUTE


@row("H10")
def test_replace_of_the_text(bound: Client) -> None:
    """Header only; the same message, another text, at the same time."""
    identifier = scheduled(bound, b"HELP")
    answer = bound.ask(wire.replace_sm(SEQUENCE, message_id=identifier, short_message=b"BALANCE"))
    assert answer == Frame(0x80000007, 0, SEQUENCE, b"")
    assert bound.state_of(identifier) == ENROUTE
    assert replies(bound) == ["Balance"]
    assert bound.state_of(identifier) == DELIVERED


@row("H10")
def test_replace_of_the_schedule(bound: Client) -> None:
    """A NULL time keeps what was; another one counts."""
    identifier = scheduled(bound, b"HELP")
    octets = wire.replace_sm(
        SEQUENCE, message_id=identifier, schedule_delivery_time="000000000100000R", short_message=b"BALANCE"
    )
    assert bound.ask(octets).status == 0
    bound.bench.advance(61)
    (reply,) = bound.deliveries()
    assert reply.text.startswith("Balance:")
    assert replies(bound) == []


@row("H10")
def test_replace_of_the_validity(tmp_path: Path) -> None:
    """The message then expires at the new time."""
    toml = '[clients.demo]\npassword = "demo"\n[clients.far]\npassword = "far"\naddresses = ["7000*"]\n'
    client = Client(configured(tmp_path, toml)).bind()
    identifier = client.submit(2, destination_addr="70001", validity_period=LATER)
    octets = wire.replace_sm(SEQUENCE, message_id=identifier, validity_period="000000000100000R")
    assert client.ask(octets) == Frame(0x80000007, 0, SEQUENCE, b"")
    client.bench.advance(61)
    assert client.state_of(identifier) == EXPIRED


@pytest.mark.parametrize(("before", "after"), [(0, 1), (1, 0)])
@row("H10")
def test_replace_of_registered_delivery(bound: Client, before: int, after: int) -> None:
    """A receipt is sent if the replacement asks for it."""
    identifier = scheduled(bound, destination_addr=HANDSET, registered_delivery=before)
    octets = wire.replace_sm(SEQUENCE, message_id=identifier, registered_delivery=after)
    assert bound.ask(octets).status == 0
    bound.bench.advance(DAY + 1)
    assert len(bound.deliveries()) == after


@row("H10")
def test_replace_with_a_default_message(tmp_path: Path) -> None:
    """sm_default_msg_id instead of a text."""
    client = Client(configured(tmp_path, '[smpp.default_messages]\n3 = "BALANCE"\n')).bind()
    identifier = scheduled(client, b"HELP")
    octets = wire.replace_sm(SEQUENCE, message_id=identifier, sm_default_msg_id=3, short_message=b"")
    assert client.ask(octets).status == 0
    assert replies(client) == ["Balance"]


@row("H10")
def test_replace_of_what_is_final(bound: Client) -> None:
    """0x13, and no new message comes of it."""
    identifier = bound.submit(2, destination_addr="7494", short_message=b"BALANCE")
    assert len(bound.deliveries()) == 1
    octets = wire.replace_sm(SEQUENCE, message_id=identifier, short_message=b"HELP")
    bound.check_refusal(octets, 0x80000007, 0x13, sequence=SEQUENCE)
    assert replies(bound) == []


@row("H10")
def test_replace_with_bad_times(bound: Client) -> None:
    """A schedule or a validity that is none, or over, changes nothing."""
    identifier = scheduled(bound)
    for fields, status in (
        ({"schedule_delivery_time": "269915090000000+"}, 0x61),
        ({"validity_period": "250115090000000+"}, 0x62),
        ({"validity_period": "000000000100000R"}, 0x62),  # before the schedule
    ):
        octets = wire.replace_sm(SEQUENCE, message_id=identifier, short_message=b"HELP", **fields)
        bound.check_refusal(octets, 0x80000007, status, sequence=SEQUENCE)
    assert replies(bound) == ["Balance"]


@row("H10")
def test_replace_takes_no_payload(bench: Bench) -> None:
    """replace_sm of 3.4 has no TLVs: a message_payload is skipped, the text counts."""
    client = Client(bench).bind()
    identifier = scheduled(client)
    octets = wire.replace_sm(SEQUENCE, message_id=identifier, short_message=b"HELP", tail=tlv(0x0424, b"BALANCE"))
    assert client.ask(octets).status == 0
    assert replies(client) == ["Commands"]
