"""Texts from handsets: to the wallet, to clients, to one another; and what comes back into their inboxes."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.messages.message import Fate, Kind, Message
from gateway.messages.texting import TextInvalid
from gateway.smpp.constants import MessageState, Tag
from gateway.smpp.pdus import DeliverSm
from gateway.smpp.receipts import parse_receipt
from gateway.sms import gsm0338
from gateway.storage.base import StorageDown
from gateway.storage.query import MessageQuery
from tests.doubles import Bench, FailingStorage
from tests.esme import HANDSET, RECEIVER, SHORT_CODE, SUBSCRIBER, TRANSMITTER, Esme, text_of
from tests.messages.benches import Benches
from tests.messages.conftest import BenchMaker

NUMBER = "70001"
FAR = '[clients.far]\npassword = "far"\naddresses = ["70001"]\n'


def configured(make_bench: BenchMaker, tmp_path: Path, config: str) -> Bench:
    file = tmp_path / "texting.toml"
    file.write_text(config)
    return make_bench(config=str(file))


def text(bench: Bench, destination: str, words: str, source: str = SUBSCRIBER, **options: int) -> Message:
    """Text as a handset; an error is raised."""
    told: list[Message] = []
    failed: list[Exception] = []
    bench.emulator.texting.text(source, destination, words, told=told.append, failed=failed.append, **options)  # type: ignore[arg-type]
    bench.settle()
    assert len(told) + len(failed) == 1
    if failed:
        raise failed[0]
    return told[0]


def inbox(bench: Bench, number: str = SUBSCRIBER) -> list[Message]:
    """What has come to this handset, oldest first."""
    query = MessageQuery(destination=number, oldest_first=True)
    return [message for message, _ in bench.read(lambda books: books.messages.search(query)) if not message.recipient]


def words_of(message: Message) -> str:
    octets = message.user_data
    return octets.decode("utf-16-be") if message.data_coding == 8 else gsm0338.decode(octets)


# --- to the wallet ---


def test_the_wallet_answers_into_the_inbox(bench: Bench) -> None:
    """As it would answer through a client; nobody needs to be bound, and nobody is told."""
    esme = Esme(bench)
    asked = text(bench, SHORT_CODE, "BALANCE")
    assert (asked.kind, asked.client, asked.fate, asked.state) == (
        Kind.SUBMITTED, "", Fate.WALLET, MessageState.DELIVERED,
    )  # fmt: skip
    assert (asked.spelled_id, asked.command, asked.outcome) == (f"{asked.id:010}", "balance", "balance")
    (reply,) = inbox(bench)
    assert words_of(reply) == "Balance: 1,234.50 RUB at 12:00 MSK 15.01"
    assert (reply.kind, reply.recipient, reply.fate, reply.state, reply.source_addr) == (
        Kind.REPLY, "", Fate.HANDSET, MessageState.DELIVERED, SHORT_CODE,
    )  # fmt: skip
    assert reply.final_at == reply.accepted_at
    assert bench.read(lambda books: books.outbox.rows()) == []  # type: ignore[comparison-overlap]
    assert len(bench.emulator.delivery) == 0
    bench.advance(10 * 86_400)
    assert esme.take() == []
    assert inbox(bench)[0].state == MessageState.DELIVERED


def test_russian_and_long_texts(bench: Bench) -> None:
    """In UCS-2 where they need it; a long one is one message and gets one answer."""
    asked = text(bench, SHORT_CODE, "поддержка, " + "деньги так и не пришли на счет, " * 10)
    assert asked.data_coding == 8
    (reply,) = inbox(bench)
    assert "88007077759" in words_of(reply)


def test_a_new_pin_stays_readable_and_sealed(bench: Bench) -> None:
    """Its handset may look at it again: the message is sealed and keeps its octets."""
    text(bench, SHORT_CODE, "PIN")
    (reply,) = inbox(bench)
    assert reply.sealed
    assert "ПИН: " in words_of(reply)


def test_a_receipt_for_a_handset(bench: Bench) -> None:
    """When it asks for one: in its inbox at once, about the id that it was told."""
    asked = text(bench, HANDSET, "hello", registered_delivery=1)
    (receipt,) = inbox(bench)
    assert (receipt.kind, receipt.source_addr, receipt.state) == (Kind.RECEIPT, HANDSET, MessageState.DELIVERED)
    assert parse_receipt(words_of(receipt)).message_id == asked.spelled_id
    assert [words_of(message) for message in inbox(bench, HANDSET)] == ["hello"]


def test_magic_numbers_are_for_handsets_too(bench: Bench) -> None:
    """On its way, then there, and told."""
    text(bench, "99900001030", "hello", registered_delivery=1)
    assert inbox(bench) == []
    bench.advance(31)
    assert [parse_receipt(words_of(message)).state.name for message in inbox(bench)] == ["DELIVERED"]


def test_a_loopback_comes_back(make_bench: BenchMaker, tmp_path: Path) -> None:
    """Into the inbox, with swapped addresses."""
    bench = configured(make_bench, tmp_path, '[[routes]]\ndestination = "7000*"\naction = "loopback"\n')
    text(bench, "70001", "hello")
    (back,) = inbox(bench)
    assert (back.kind, back.source_addr, words_of(back)) == (Kind.LOOPBACK, "70001", "hello")


# --- to clients ---


def test_a_text_to_a_client_is_delivered_to_it(make_bench: BenchMaker, tmp_path: Path) -> None:
    """The MO: deliver_sm with the handset as source; acknowledged, it is delivered, and the handset is told."""
    bench = configured(make_bench, tmp_path, FAR)
    far = Esme(bench, system_id="far", password="far")
    asked = text(bench, f"+{NUMBER}", "hello", registered_delivery=1)
    (pdu,) = far.take()
    assert isinstance(pdu, DeliverSm)
    assert (pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr) == (1, 1, SUBSCRIBER)
    assert (pdu.destination_addr, text_of(pdu), pdu.esm_class, pdu.data_coding) == (NUMBER, "hello", 0, 0)
    bench.settle()
    stored = bench.read(lambda books: books.messages.get(asked.id))
    assert stored is not None
    assert (stored.state, stored.recipient) == (MessageState.DELIVERED, "far")
    assert [parse_receipt(words_of(message)).state.name for message in inbox(bench)] == ["DELIVERED"]


@pytest.mark.parametrize("method", ["udh8", "udh16", "sar", "payload"])
def test_a_long_text_is_cut_as_the_client_wants_it(make_bench: BenchMaker, tmp_path: Path, method: str) -> None:
    """By its segmentation, and whole again when it is put together."""
    bench = configured(make_bench, tmp_path, f'{FAR}segmentation = "{method}"\n')
    far = Esme(bench, system_id="far", password="far")
    words = "деньги до сих пор так и не пришли " * 8
    text(bench, NUMBER, words)
    pdus = far.take()
    assert text_of(*pdus) == words
    assert all(pdu.data_coding == 8 for pdu in pdus)
    if method == "payload":
        assert pdus[0].tlv(Tag.MESSAGE_PAYLOAD) is not None
    else:
        assert len(pdus) > 3
        assert all(bool(pdu.esm_class & 0x40) == (method != "sar") for pdu in pdus)


def test_a_client_that_is_not_there_gets_it_when_it_binds(make_bench: BenchMaker, tmp_path: Path) -> None:
    """Until the validity ends; then it expires and the handset is told."""
    bench = configured(make_bench, tmp_path, FAR)
    text(bench, NUMBER, "first")
    far = Esme(bench, system_id="far", password="far")
    assert [text_of(pdu) for pdu in far.take()] == ["first"]
    far.peer.close()
    asked = text(bench, NUMBER, "second", registered_delivery=1)
    bench.advance(3 * 86_400 + 1)
    stored = bench.read(lambda books: books.messages.get(asked.id))
    assert stored is not None
    assert stored.state == MessageState.EXPIRED
    assert [parse_receipt(words_of(message)).state.name for message in inbox(bench)] == ["EXPIRED"]
    assert Esme(bench, system_id="far", password="far").take() == []


def test_a_client_has_its_own_alphabet(make_bench: BenchMaker, tmp_path: Path) -> None:
    """data_coding 0 is written as this client reads it."""
    bench = configured(make_bench, tmp_path, f'{FAR}default_alphabet = "latin1"\n')
    far = Esme(bench, system_id="far", password="far")
    text(bench, NUMBER, "ça va")
    (pdu,) = far.take()
    assert (pdu.data_coding, pdu.short_message) == (0, "ça va".encode("latin-1"))  # type: ignore[union-attr]


@pytest.mark.parametrize("data_coding", [0, 1, 3, 8])
def test_a_coding_may_be_chosen(make_bench: BenchMaker, tmp_path: Path, data_coding: int) -> None:
    """And is told to the client."""
    bench = configured(make_bench, tmp_path, FAR)
    far = Esme(bench, system_id="far", password="far")
    text(bench, NUMBER, "hello", data_coding=data_coding)
    (pdu,) = far.take()
    assert pdu.data_coding == data_coding
    assert text_of(pdu) == "hello"


def test_clients_still_text_one_another(make_bench: BenchMaker, tmp_path: Path) -> None:
    """With receipts."""
    bench = configured(make_bench, tmp_path, f'{FAR}[clients.demo]\npassword = "demo"\n')
    esme, far = Esme(bench), Esme(bench, system_id="far", password="far")
    esme.submit("hello", NUMBER, registered_delivery=1)
    assert [text_of(pdu) for pdu in far.take()] == ["hello"]
    bench.advance(1)
    assert ["stat:DELIVRD" in text_of(pdu) for pdu in esme.take()] == [True]


# --- what cannot be sent ---


@pytest.mark.parametrize(
    ("source", "destination", "words", "options", "faults"),
    [
        ("", SHORT_CODE, "hello", {}, ["from:"]),
        (SUBSCRIBER, "", "hello", {}, ["to:"]),
        ("+", "+", "", {}, ["from:", "to:", "text: it is empty"]),
        ("Shop", SHORT_CODE, "hello", {}, ["from:"]),
        (SUBSCRIBER, "1" * 21, "hello", {}, ["to:"]),
        ("٧٩٩٩", SHORT_CODE, "hello", {}, ["from:"]),
        (SHORT_CODE, SUBSCRIBER, "hello", {}, ["from: 7494 is the wallet's own number"]),
        (SUBSCRIBER, HANDSET, "x" * (153 * 255 + 1), {}, ["text:"]),
        (SUBSCRIBER, HANDSET, "я" * (67 * 255 + 1), {}, ["text:"]),
        (SUBSCRIBER, HANDSET, "привет", {"data_coding": 0}, ["text: 'п' cannot be written"]),
        (SUBSCRIBER, HANDSET, "hello", {"data_coding": 4}, ["data_coding: 4"]),
        (SUBSCRIBER, HANDSET, "hello", {"data_coding": 256}, ["data_coding: 256"]),
        (SUBSCRIBER, HANDSET, "hello", {"data_coding": -1}, ["data_coding: -1"]),
        (SUBSCRIBER, HANDSET, "hello", {"registered_delivery": 3}, ["registered_delivery:"]),
        ("x", "y", "", {"registered_delivery": 99}, ["from:", "to:", "text:", "registered_delivery:"]),
    ],
)
def test_every_fault_of_a_text_is_told(
    source: str, destination: str, words: str, options: dict[str, int], faults: list[str]
) -> None:
    """All at once, and nothing is stored."""
    bench = Bench()
    with pytest.raises(TextInvalid) as caught:
        text(bench, destination, words, source, **options)
    told = caught.value.faults
    assert len(told) == len(faults)
    assert all(one.startswith(fault) for one, fault in zip(told, faults, strict=True))
    assert bench.read(lambda books: books.messages.get(1)) is None


_BENCH = Bench()
"""Examples share it: a text changes nothing for the next one."""


@given(st.text(max_size=400), st.text(max_size=22), st.sampled_from([None, 0, 1, 3, 8]))
@example("\ud800", HANDSET, None)
@example("\0", SHORT_CODE, 0)
def test_any_text_is_taken_or_refused(words: str, destination: str, data_coding: int | None) -> None:
    """Nothing else happens, whatever is texted."""
    bench = _BENCH
    options = {} if data_coding is None else {"data_coding": data_coding}
    with contextlib.suppress(TextInvalid):
        assert text(bench, destination, words, **options).is_final


def test_a_storage_that_is_down_is_told() -> None:
    """The error comes to who asked."""
    storage = FailingStorage()
    bench = Bench(storage=storage)
    storage.errors.append(StorageDown("gone"))
    with pytest.raises(StorageDown):
        text(bench, SHORT_CODE, "BALANCE")
    assert text(bench, SHORT_CODE, "BALANCE").outcome == "balance"


# --- over a restart ---


def test_a_text_waits_for_its_client_over_a_restart(benches: Benches, tmp_path: Path) -> None:
    """It is delivered by the next gateway, or expires there; the inbox is as it was."""
    config = tmp_path / "far.toml"
    config.write_text(FAR)
    bench = benches.start(config=str(config))
    text(bench, SHORT_CODE, "PIN")
    text(bench, NUMBER, "first")
    second = text(bench, NUMBER, "second", source="79991110002", registered_delivery=1)
    before = [words_of(message) for message in inbox(bench)]
    bench = benches.start(config=str(config))
    assert [words_of(message) for message in inbox(bench)] == before
    far = Esme(bench, bind=None)
    far.answer = None
    far.ask(RECEIVER(system_id="far", password="far", interface_version=0x34))
    deliveries = far.take()
    assert [text_of(pdu) for pdu in deliveries] == ["first", "second"]
    far.respond(deliveries[0])
    far.peer.close()
    bench.advance(3 * 86_400 + 1)
    stored = bench.read(lambda books: books.messages.get(second.id))
    assert stored is not None
    assert stored.state == MessageState.EXPIRED
    assert len(inbox(bench, "79991110002")) == 1


# --- address_range ---


def bound(bench: Bench, address_range: str, bind: type = RECEIVER, system_id: str = "demo") -> Esme:
    """A binding with this range."""
    esme = Esme(bench, bind=None)
    esme.bind_response = esme.ask(
        bind(system_id=system_id, password=system_id, address_range=address_range, interface_version=0x34)
    )
    assert esme.bind_response.command_status == 0
    return esme


def test_an_address_range_brings_its_numbers_to_the_client(bench: Bench) -> None:
    """While a receiver is bound with it; before and after they are handsets. The short code stays the wallet's."""
    assert text(bench, "70001", "a").fate == Fate.HANDSET
    esme = bound(bench, "^7[0-4]")
    assert text(bench, "70001", "b").recipient == "demo"
    assert text(bench, "75001", "c").fate == Fate.HANDSET
    assert text(bench, SHORT_CODE, "BALANCE").fate == Fate.WALLET
    assert [text_of(pdu) for pdu in esme.take()] == ["b"]
    esme.peer.close()
    assert text(bench, "70001", "d").fate == Fate.HANDSET


@pytest.mark.parametrize("address_range", ["", "^", ".*", "^.*$", "[0-9]", "[0-9]*$", "..."])
def test_a_range_that_says_nothing_brings_nothing(bench: Bench, address_range: str) -> None:
    """A client that takes everything has not said which numbers are its own."""
    bound(bench, address_range)
    assert text(bench, "70001", "hello").fate == Fate.HANDSET


def test_a_transmitter_serves_nobody(bench: Bench) -> None:
    """It cannot receive."""
    bound(bench, "^7", TRANSMITTER)
    assert text(bench, "70001", "hello").fate == Fate.HANDSET


def test_configured_addresses_are_all_that_a_client_has(make_bench: BenchMaker, tmp_path: Path) -> None:
    """Its address_range adds none, and another client's takes none away."""
    bench = configured(make_bench, tmp_path, f'{FAR}[clients.demo]\npassword = "demo"\n')
    far = bound(bench, "^7", system_id="far")
    assert text(bench, "70002", "hello").fate == Fate.HANDSET
    bound(bench, "^70001$")
    assert text(bench, NUMBER, "hello").recipient == "far"
    assert len(far.take()) == 1


def test_receivers_get_what_their_ranges_have(make_bench: BenchMaker, tmp_path: Path) -> None:
    """Where none fits: one without a range, else any; nothing is kept from the client."""
    bench = configured(make_bench, tmp_path, '[clients.demo]\npassword = "demo"\naddresses = ["7*"]\n')
    first, second = bound(bench, "^70001$"), bound(bench, "2$")
    for _ in range(3):
        text(bench, "70001", "one")
        text(bench, "70002", "two")
    assert [text_of(pdu) for pdu in first.take()] == ["one"] * 3
    assert [text_of(pdu) for pdu in second.take()] == ["two"] * 3
    text(bench, "70009", "any")
    assert len(first.take() + second.take()) == 1
    third = bound(bench, "")
    text(bench, "70009", "rest")
    text(bench, "70001", "one")
    assert [text_of(pdu) for pdu in third.take()] == ["rest"]
    assert [text_of(pdu) for pdu in first.take()] == ["one"]
