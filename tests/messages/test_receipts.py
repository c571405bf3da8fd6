"""What becomes of messages to handsets, and how clients are told: on emulated time, over SMPP, over restarts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.messages.drafting import Drafting
from gateway.messages.drafts import Draft
from gateway.messages.receipt_rules import ReceiptRule
from gateway.smpp.constants import MessageState, Tag
from gateway.smpp.pdus import (
    CancelSm,
    DataSm,
    DeliverSm,
    DestAddress,
    QuerySm,
    QuerySmResp,
    ReplaceSm,
    SubmitMulti,
    SubmitMultiResp,
)
from gateway.smpp.receipts import parse_receipt
from gateway.smpp.statuses import CommandStatus
from gateway.sms.udh import Concatenation, element_of, encode
from tests.doubles import Bench
from tests.esme import HANDSET, SUBSCRIBER, Esme, submit_sm, text_of
from tests.messages.benches import Benches
from tests.messages.conftest import BenchMaker

DAY = 86_400.0


def configured(make_bench: BenchMaker, tmp_path: Path, rules: str, client: str = "") -> Bench:
    """A bench with these rows, and with these keys of its client demo."""
    config = tmp_path / "receipts.toml"
    config.write_text(f'[clients.demo]\npassword = "demo"\n{client}\n{rules}\n')
    return make_bench(config=str(config))


def state_of(esme: Esme, message_id: str, source: str = SUBSCRIBER) -> int:
    """What query_sm says."""
    response = esme.ask(QuerySm(message_id=message_id, source_addr_ton=1, source_addr_npi=1, source_addr=source))
    assert isinstance(response, QuerySmResp)
    return response.message_state


def stats(esme: Esme) -> list[str]:
    """The stats of all receipts and notifications since the last call."""
    return [parse_receipt(text_of(pdu)).state.name for pdu in esme.take()]


# --- magic numbers ---


@pytest.mark.parametrize("state", [state for state in MessageState if state != MessageState.ENROUTE])
def test_a_magic_number_ends_in_its_state(bench: Bench, state: MessageState) -> None:
    """query_sm and receipt tell it, and it is final: nothing cancels it, no validity ends it."""
    esme = Esme(bench)
    message_id = esme.submit("hello", f"9990000000{state}", registered_delivery=1)
    assert state_of(esme, message_id) == state
    bench.advance(1)
    (receipt,) = esme.take()
    assert parse_receipt(text_of(receipt)).state == state
    assert receipt.tlv(Tag.MESSAGE_STATE) == bytes((state,))
    is_well = state in (MessageState.DELIVERED, MessageState.ACCEPTED)
    assert receipt.tlv(Tag.NETWORK_ERROR_CODE) == (None if is_well else b"\3\0\1")
    cancel = CancelSm(message_id=message_id, source_addr=SUBSCRIBER)
    assert esme.ask(cancel).command_status == CommandStatus.ESME_RCANCELFAIL
    bench.advance(4 * DAY)
    assert state_of(esme, message_id) == state
    assert esme.take() == []


def test_a_magic_number_that_never_answers_expires(bench: Bench) -> None:
    """ENROUTE until the end of the validity, a day in no time; then EXPIRED."""
    esme = Esme(bench)
    message_id = esme.submit("hello", "99900000001", registered_delivery=1, validity_period="000001000000000R")
    bench.advance(DAY - 1)
    assert state_of(esme, message_id) == MessageState.ENROUTE
    assert esme.take() == []
    bench.advance(2)
    assert state_of(esme, message_id) == MessageState.EXPIRED
    assert stats(esme) == ["EXPIRED"]


def test_a_magic_number_on_its_way(bench: Bench) -> None:
    """ENROUTE for as long as its digits say, then DELIVERED and told."""
    esme = Esme(bench)
    message_id = esme.submit("hello", "99900001090", registered_delivery=1)
    bench.advance(89.9)
    assert state_of(esme, message_id) == MessageState.ENROUTE
    assert esme.take() == []
    bench.advance(0.15)
    assert state_of(esme, message_id) == MessageState.DELIVERED
    assert esme.take() == []
    bench.advance(0.1)
    (receipt,) = [parse_receipt(text_of(pdu)) for pdu in esme.take()]
    assert receipt.done_date - receipt.submit_date == 60_000_000  # 90 s, told to the minute


def test_what_is_on_its_way_can_be_cancelled_and_replaced(bench: Bench) -> None:
    """Until it is there: afterwards neither."""
    esme = Esme(bench)
    first = esme.submit("hello", "99900001090", registered_delivery=1)
    second = esme.submit("hello", "99900001091", registered_delivery=1)
    assert esme.ask(CancelSm(message_id=first, source_addr=SUBSCRIBER)).command_status == 0
    replace = ReplaceSm(message_id=second, source_addr=SUBSCRIBER, registered_delivery=1, short_message=b"other")
    assert esme.ask(replace).command_status == 0
    bench.advance(100)
    told = [parse_receipt(text_of(pdu)) for pdu in esme.take()]
    assert [(receipt.message_id, receipt.state.name, receipt.text) for receipt in told] == [
        (first, "DELETED", "hello"), (second, "DELIVERED", "other"),
    ]  # fmt: skip


def test_a_validity_that_ends_first_wins(bench: Bench) -> None:
    """A message that is on its way for longer than it lives expires."""
    esme = Esme(bench)
    message_id = esme.submit("hello", "99900001900", registered_delivery=1, validity_period="000000000100000R")
    bench.advance(61)
    assert state_of(esme, message_id) == MessageState.EXPIRED
    bench.advance(1000)
    assert stats(esme) == ["EXPIRED"]


def test_magic_receipts(bench: Bench) -> None:
    """Late, never, twice, and with a notification before."""
    esme = Esme(bench)
    esme.submit("late", "99900002060", registered_delivery=1)
    esme.submit("never", "99900003000", registered_delivery=1)
    esme.submit("twice", "99900003001", registered_delivery=1)
    esme.submit("told", "99900003003", registered_delivery=1)
    bench.advance(1)
    told = [(pdu.source_addr, pdu.esm_class) for pdu in esme.take()]
    assert sorted(told) == [
        ("99900003001", 4), ("99900003001", 4), ("99900003003", 4), ("99900003003", 0x20),
    ]  # fmt: skip
    assert told.index(("99900003003", 0x20)) < told.index(("99900003003", 4))
    bench.advance(58.9)
    assert esme.take() == []
    bench.advance(0.2)
    assert [pdu.source_addr for pdu in esme.take()] == ["99900002060"]
    bench.advance(DAY)
    assert esme.take() == []


def test_a_receipt_before_the_response(bench: Bench) -> None:
    """deliver_sm is on the wire before the submit_sm_resp."""
    from gateway.smpp.codec import encode as octets_of

    esme = Esme(bench)
    request = submit_sm("hello", "99900003002", registered_delivery=1)
    request.sequence_number = 7
    esme.peer.send(octets_of(request))
    octets = esme.peer.received()
    assert octets[4:8] == b"\0\0\0\5"
    assert b"\x80\0\0\4\0\0\0\0\0\0\0\7" in octets


@pytest.mark.parametrize("status", [8, 11, 20, 69, 88])
def test_a_magic_number_refuses(bench: Bench, status: int) -> None:
    """With the status that its digits say, in a submit_multi too; nothing is stored."""
    esme = Esme(bench)
    destination = f"99900004{status:03}"
    assert esme.submit_status("hello", destination) == status
    response = esme.ask(
        SubmitMulti(
            source_addr=SUBSCRIBER,
            dest_addresses=(DestAddress(1, 1, HANDSET), DestAddress(1, 1, destination)),
            short_message=b"hi",
        )
    )
    assert isinstance(response, SubmitMultiResp)
    assert [(one.destination_addr, one.error_status_code) for one in response.unsuccess] == [(destination, status)]
    assert bench.read(lambda books: books.messages.get(2)) is None


def test_magic_numbers_can_be_turned_off(make_bench: BenchMaker, tmp_path: Path) -> None:
    """Then they are handsets like any other."""
    bench = configured(make_bench, tmp_path, "[messages]\nmagic_numbers = false")
    esme = Esme(bench)
    assert esme.submit_status("hello", "99900004088") == 0
    assert state_of(esme, esme.submit("hello", "99900000005")) == MessageState.DELIVERED


def test_the_destinations_of_a_submit_multi_end_each_in_its_own_way(bench: Bench) -> None:
    """One id, three ends."""
    esme = Esme(bench)
    numbers = ("99900000005", "99900000002", "99900001030")
    response = esme.ask(
        SubmitMulti(
            source_addr=SUBSCRIBER,
            dest_addresses=tuple(DestAddress(1, 1, number) for number in numbers),
            registered_delivery=1,
            short_message=b"hi",
        )
    )
    assert isinstance(response, SubmitMultiResp)
    bench.advance(31)
    told = [(pdu.source_addr, parse_receipt(text_of(pdu))) for pdu in esme.take()]
    assert {number: receipt.state.name for number, receipt in told} == {
        "99900000005": "UNDELIVERABLE", "99900000002": "DELIVERED", "99900001030": "DELIVERED",
    }  # fmt: skip
    assert {receipt.message_id for _, receipt in told} == {response.message_id}


def test_the_parts_of_a_text_end_together(bench: Bench) -> None:
    """On their way from when they are whole; no part waits for others any more then."""
    esme = Esme(bench)
    pieces = [
        {"text": encode([element_of(Concatenation(7, 2, number))]) + b"half", "esm_class": 0x40} for number in (1, 2)
    ]
    first = esme.submit(destination="99900001600", registered_delivery=1, **pieces[0])  # type: ignore[arg-type]
    bench.advance(100)
    second = esme.submit(destination="99900001600", registered_delivery=1, **pieces[1])  # type: ignore[arg-type]
    bench.advance(599)
    assert [state_of(esme, one) for one in (first, second)] == [MessageState.ENROUTE] * 2
    bench.advance(2)
    assert [state_of(esme, one) for one in (first, second)] == [MessageState.DELIVERED] * 2
    assert stats(esme) == ["DELIVERED"] * 2


def test_a_scheduled_message_is_on_its_way_when_it_begins(bench: Bench) -> None:
    """Its transit counts from then."""
    esme = Esme(bench)
    message_id = esme.submit("hello", "99900001600", registered_delivery=1, schedule_delivery_time="000000010000000R")
    bench.advance(3600 + 599)
    assert state_of(esme, message_id) == MessageState.ENROUTE
    bench.advance(2)
    assert stats(esme) == ["DELIVERED"]


# --- rules of the settings ---


def test_a_client_has_its_dialect_and_others_do_not(make_bench: BenchMaker, tmp_path: Path) -> None:
    """For receipts of every kind of message: here to a handset and to the wallet."""
    rules = '[clients.other]\npassword = "other"'
    client = 'receipts = { id_format = "hex", form = "text", date_digits = 12, omit = ["sub"] }'
    bench = configured(make_bench, tmp_path, rules, client)
    esme, other = Esme(bench), Esme(bench, system_id="other", password="other")
    for number, destination in ((1, HANDSET), (3, "7494")):
        assert int(esme.submit("HELP", destination, registered_delivery=1)) == number
        bench.advance(1)
        receipt = esme.take()[-1]
        assert text_of(receipt).startswith(f"id:{number:X} dlvrd:001 submit date:2601150900")
        assert receipt.tlvs == ()
    message_id = other.submit("hello", HANDSET, registered_delivery=1)
    bench.advance(1)
    assert text_of(*other.take()).startswith(f"id:{message_id} sub:001 ")


def test_rows_fit_by_client_source_and_destination(make_bench: BenchMaker, tmp_path: Path) -> None:
    """The first that fits counts; where none does, nothing is ruled."""
    rules = """
[[receipts]]
client = "nobody"
states = "REJECTED"
[[receipts]]
destination = "79995550002"
states = "EXPIRED"
error = 77
[[receipts]]
source = "79991110009"
states = "UNKNOWN"
"""
    bench = configured(make_bench, tmp_path, rules)
    esme = Esme(bench)
    esme.submit("a", HANDSET, registered_delivery=1)
    esme.submit("b", "79995550002", registered_delivery=1)
    esme.submit("c", HANDSET, source="79991110009", registered_delivery=1)
    esme.submit("d", "79995550002", source="79991110009", registered_delivery=2)
    bench.advance(1)
    told = [parse_receipt(text_of(pdu)) for pdu in esme.take()]
    assert [(receipt.text, receipt.state.name, receipt.err) for receipt in told] == [
        ("a", "DELIVERED", "000"), ("b", "EXPIRED", "077"), ("c", "UNKNOWN", "000"), ("d", "EXPIRED", "077"),
    ]  # fmt: skip


def test_failures_only(make_bench: BenchMaker, tmp_path: Path) -> None:
    """registered_delivery 2 hears of every end but DELIVERED, as SMPP 3.4 §5.2.17 has it."""
    bench = configured(make_bench, tmp_path, "")
    esme = Esme(bench)
    for state in range(2, 9):
        esme.submit("hello", f"9990000000{state}", registered_delivery=2)
    bench.advance(1)
    assert stats(esme) == ["EXPIRED", "DELETED", "UNDELIVERABLE", "ACCEPTED", "UNKNOWN", "REJECTED"]


def test_receipts_in_data_sm(make_bench: BenchMaker, tmp_path: Path) -> None:
    """The receipts alone; replies come as ever."""
    bench = configured(make_bench, tmp_path, "", 'receipts = { deliver_with = "data_sm" }')
    esme = Esme(bench)
    esme.submit("HELP", registered_delivery=1)
    bench.advance(1)
    reply, receipt = esme.take()
    assert isinstance(reply, DeliverSm)
    assert isinstance(receipt, DataSm)
    assert receipt.esm_class == 0x04
    assert "stat:DELIVRD" in text_of(receipt)
    assert {tag for tag, _ in receipt.tlvs} == {0x1E, 0x424, 0x427}


def test_a_delay_between_bounds(make_bench: BenchMaker, tmp_path: Path) -> None:
    """Every receipt within them, not all at once, and the same in every run of a seed."""

    def arrivals() -> list[tuple[int, str]]:
        bench = configured(make_bench, tmp_path, "[[receipts]]\ndelay = [10, 40]")
        esme = Esme(bench)
        for _ in range(20):
            esme.submit("hello", HANDSET, registered_delivery=1)
        seen = []
        for second in range(60):
            seen += [(second, parse_receipt(text_of(pdu)).message_id) for pdu in esme.take()]
            bench.advance(1)
        return seen

    first = arrivals()
    assert len(first) == 20
    assert {10 <= second <= 41 for second, _ in first} == {True}
    assert len({second for second, _ in first}) > 5
    assert arrivals() == first


def test_intermediate_notifications(make_bench: BenchMaker, tmp_path: Path) -> None:
    """Never, even when asked; always, but only to who wants receipts."""
    bench = configured(make_bench, tmp_path, '[[receipts]]\ndestination = "79995550002"\nintermediate = "never"\n'
                                             '[[receipts]]\nintermediate = "always"\ndelay = 0')  # fmt: skip
    esme = Esme(bench)
    esme.submit("a", "79995550002", registered_delivery=0x11)
    bench.advance(1)
    assert stats(esme) == ["DELIVERED"]
    esme.submit("b", HANDSET, registered_delivery=1)
    esme.submit("c", HANDSET, registered_delivery=0)
    bench.advance(1)
    assert stats(esme) == ["ENROUTE", "DELIVERED"]


def test_what_a_client_takes_ends_as_it_answers(make_bench: BenchMaker, tmp_path: Path) -> None:
    """The states of a rule are for handsets; its dialect is for all."""
    rules = '[clients.far]\npassword = "far"\naddresses = ["70001"]\n[[receipts]]\nstates = "REJECTED"\nform = "text"'
    bench = configured(make_bench, tmp_path, rules)
    esme, far = Esme(bench), Esme(bench, system_id="far", password="far")
    esme.submit("hello", "70001", registered_delivery=1)
    assert len(far.take()) == 1
    bench.advance(1)
    (receipt,) = esme.take()
    assert "stat:DELIVRD" in text_of(receipt)
    assert receipt.tlvs == ()


# --- over a restart ---


def test_what_is_on_its_way_arrives_after_a_restart(benches: Benches) -> None:
    """At the same time as without one, with its receipt; so do late receipts and second ones."""
    bench = benches.start()
    esme = Esme(bench)
    on_its_way = esme.submit("hello", "99900001600", registered_delivery=1)
    late = esme.submit("hello", "99900002700", registered_delivery=1)
    never = esme.submit("hello", "99900000001", registered_delivery=1)
    twice = esme.submit("hello", "99900003001", registered_delivery=1)
    bench = benches.start()
    esme = Esme(bench)
    bench.advance(599.9)
    assert [parse_receipt(text_of(pdu)).message_id for pdu in esme.take()] == [twice, twice]
    assert state_of(esme, on_its_way) == MessageState.ENROUTE
    bench.advance(0.3)
    assert [parse_receipt(text_of(pdu)).message_id for pdu in esme.take()] == [on_its_way]
    bench.advance(101)
    assert [parse_receipt(text_of(pdu)).message_id for pdu in esme.take()] == [late]
    bench = benches.start()
    esme = Esme(bench)
    bench.advance(3 * DAY)
    told = [parse_receipt(text_of(pdu)) for pdu in esme.take()]
    assert [(receipt.message_id, receipt.state.name) for receipt in told] == [(never, "EXPIRED")]


# --- a rule of a message's own ---

OWN = ReceiptRule.of({"states": "REJECTED", "transit": 600, "form": "text", "error": 99, "deliver_with": "data_sm"})


@pytest.fixture
def own_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every draft has a rule of its own, as a fault would give it."""
    draft_of = Drafting.draft

    def draft(drafting: Drafting, *arguments: Any) -> Draft:
        draft = draft_of(drafting, *arguments)
        draft.receipt_rule = OWN
        return draft

    monkeypatch.setattr(Drafting, "draft", draft)


@pytest.mark.usefixtures("own_rule")
def test_a_message_keeps_a_rule_of_its_own_over_a_restart(benches: Benches, monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts over a magic number; nobody has to remember it but the message."""
    bench = benches.start()
    Esme(bench).submit("hello", "99900000002", registered_delivery=1)
    monkeypatch.undo()
    bench = benches.start()
    esme = Esme(bench)
    bench.advance(599)
    assert esme.take() == []
    bench.advance(2)
    (receipt,) = esme.take()
    assert isinstance(receipt, DataSm)
    assert "stat:REJECTD err:099" in text_of(receipt)
    assert {tag for tag, _ in receipt.tlvs} == {Tag.MESSAGE_PAYLOAD}


@pytest.mark.usefixtures("own_rule")
@pytest.mark.parametrize("segmentation", ["udh8", "sar", "payload"])
@pytest.mark.parametrize("words", ["hello", "hello " * 50])
def test_a_rule_of_its_own_is_seen_by_nobody(
    make_bench: BenchMaker, tmp_path: Path, words: str, segmentation: str
) -> None:
    """Neither by the client that gets the message nor in what a loopback sends back; the TLVs that travel do."""
    rules = (
        f'[clients.far]\npassword = "far"\naddresses = ["70001"]\nsegmentation = "{segmentation}"\n'
        '[[routes]]\ndestination = "70002"\naction = "loopback"'
    )
    bench = configured(make_bench, tmp_path, rules)
    esme, far = Esme(bench), Esme(bench, system_id="far", password="far")
    reference = (int(Tag.USER_MESSAGE_REFERENCE), b"\0\7")
    for destination in ("70001", "70002"):
        payload = (int(Tag.MESSAGE_PAYLOAD), words.encode())
        esme.submit(b"", destination, registered_delivery=1, tlvs=(reference, payload))
    seen = far.take()
    bench.advance(1)
    seen += esme.take()
    receipts = [pdu for pdu in seen if pdu.esm_class & 0x04]
    assert len(receipts) == 2
    assert all("stat:DELIVRD" in text_of(receipt) for receipt in receipts)
    assert all(reference in pdu.tlvs for pdu in seen)
    known = {int(tag) for tag in Tag}
    assert {tag for pdu in seen for tag, _ in pdu.tlvs} <= known
