"""Intake: who may send what, joined texts, storages that fail, loop guard."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.smpp.constants import MessageState, Tag
from gateway.smpp.pdus import DestAddress, SubmitMulti, SubmitMultiResp, SubmitSmResp
from gateway.smpp.statuses import CommandStatus
from gateway.sms.udh import Concatenation, element_of, encode
from gateway.storage.base import StorageDown, StorageFull
from tests.doubles import Bench, FailingStorage
from tests.esme import HANDSET, SHORT_CODE, SUBSCRIBER, Esme, submit_sm, text_of
from tests.messages.conftest import BenchMaker

TEXT = "ПОДДЕРЖКА, деньги на счет до сих пор так и не пришли, что мне теперь делать и куда звонить?"


def configured(make_bench: BenchMaker, tmp_path: Path, client: str) -> Bench:
    """A bench whose client demo has these keys."""
    config = tmp_path / "client.toml"
    config.write_text(f'[clients.demo]\npassword = "demo"\n{client}\n')
    return make_bench(config=str(config))


def parts(text: str, reference: int = 7, size: int = 66, **fields: object) -> list[dict[str, object]]:
    """The parts of a UCS-2 text as fields of submit_sm, with 8-bit references."""
    octets = text.encode("utf-16-be")
    pieces = [octets[start : start + size] for start in range(0, len(octets), size)]
    headers = [
        encode([element_of(Concatenation(reference, len(pieces), number))]) for number in range(1, len(pieces) + 1)
    ]
    return [
        {"text": header + piece, "data_coding": 8, "esm_class": 0x40} | fields
        for header, piece in zip(headers, pieces, strict=True)
    ]


def states(bench: Bench, *ids: str) -> list[int]:
    """The states of messages by the ids that the client was told."""
    return bench.read(lambda books: [m.state for i in ids if (m := books.messages.get(int(i)))])


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StorageFull("full"), CommandStatus.ESME_RMSGQFUL),
        (StorageDown("gone"), CommandStatus.ESME_RSYSERR),
        (RuntimeError("a bug"), CommandStatus.ESME_RSYSERR),
    ],
)
def test_a_storage_that_fails_refuses_the_submit_and_recovers(error: Exception, status: int) -> None:
    """The submit gets the status, no reply is sent, and the next one is served."""
    storage = FailingStorage()
    bench = Bench(storage=storage)
    esme = Esme(bench)
    storage.errors.append(error)
    assert esme.submit_status("BALANCE") == status
    assert esme.take() == []
    esme.submit("BALANCE")
    assert len(esme.take()) == 1


def test_the_rate_is_kept_and_a_burst_passes(make_bench: BenchMaker, tmp_path: Path) -> None:
    """Beyond the rate 0x58; nothing of it is stored; a second later it goes on."""
    bench = configured(make_bench, tmp_path, "rate = 2")
    esme = Esme(bench)
    assert [esme.submit_status("HELP") for _ in range(3)] == [0, 0, CommandStatus.ESME_RTHROTTLED]
    assert len(esme.take()) == 2
    bench.pass_time(0.5)
    assert esme.submit_status("HELP") == 0


def test_a_submit_multi_takes_one_token_for_each_destination(make_bench: BenchMaker, tmp_path: Path) -> None:
    """Fan-out counts against the rate."""
    bench = configured(make_bench, tmp_path, "rate = 3")
    esme = Esme(bench)
    multi = SubmitMulti(
        source_addr=SUBSCRIBER,
        dest_addresses=tuple(DestAddress(1, 1, f"7999555000{n}") for n in range(3)),
        short_message=b"hi",
    )
    assert esme.ask(multi).command_status == 0
    assert esme.submit_status("hi", HANDSET) == CommandStatus.ESME_RTHROTTLED


def test_sources_and_destinations_are_guarded(make_bench: BenchMaker, tmp_path: Path) -> None:
    """What a client may not use is refused with the address's own status."""
    bench = configured(make_bench, tmp_path, 'allowed_sources = ["7999*"]\nallowed_destinations = ["7494"]')
    esme = Esme(bench)
    assert esme.submit_status("HELP", source="78881110001") == CommandStatus.ESME_RINVSRCADR
    assert esme.submit_status("HELP", HANDSET) == CommandStatus.ESME_RINVDSTADR
    assert esme.submit_status("HELP") == 0


@pytest.mark.parametrize(
    ("source", "fields"),
    [
        ("ACME", {"source_addr_ton": 5}),
        ("900", {}),
        (SHORT_CODE, {}),
        ("123456", {"source_addr_ton": 6}),
        (SUBSCRIBER, {"esm_class": 0x08}),
    ],
    ids=["alphanumeric", "short-code", "our-own", "abbreviated", "acknowledgement"],
)
def test_no_automatic_reply_where_a_program_may_answer_back(
    bench: Bench, source: str, fields: dict[str, object]
) -> None:
    """The submit is accepted and stored as delivered, and nothing is answered."""
    esme = Esme(bench)
    message_id = esme.submit("BALANCE", source=source, **fields)
    assert esme.take() == []
    assert states(bench, message_id) == [MessageState.DELIVERED]


def test_parts_are_joined_in_any_order_and_answered_once(bench: Bench) -> None:
    """Each part has an id of its own; the whole is answered when the last one came; all become delivered."""
    esme = Esme(bench)
    pieces = parts(TEXT)
    ids = [esme.submit(**piece) for piece in reversed(pieces[1:])]  # type: ignore[arg-type]
    assert esme.take() == []
    assert states(bench, *ids) == [MessageState.ENROUTE] * len(ids)
    ids.append(esme.submit(**pieces[0]))  # type: ignore[arg-type]
    (reply,) = esme.take()
    assert "88007077759" in text_of(reply)
    assert len(set(ids)) == len(pieces)
    assert states(bench, *ids) == [MessageState.DELIVERED] * len(ids)


def test_parts_come_over_any_binding_of_their_client_and_only_of_it(bench: Bench) -> None:
    """Two bindings of one client share a set; another source does not."""
    one, other = Esme(bench), Esme(bench)
    first, second = parts("БАЛАНС", size=6)[:2], None
    assert second is None
    one.submit(**first[0])  # type: ignore[arg-type]
    other.submit(**(first[1] | {"source": "79991110002"}))  # type: ignore[arg-type]
    assert one.take() == other.take() == []
    other.submit(**first[1])  # type: ignore[arg-type]
    assert [text_of(pdu)[:6] for pdu in one.take() + other.take()] == ["Баланс"]


def test_a_set_that_is_never_whole_expires(bench: Bench) -> None:
    """After five minutes its parts are EXPIRED, with receipts, and a late part opens a new set."""
    esme = Esme(bench)
    pieces = parts(TEXT, registered_delivery=1)
    ids = [esme.submit(**piece) for piece in pieces[:-1]]  # type: ignore[arg-type]
    bench.advance(299)
    assert states(bench, *ids) == [MessageState.ENROUTE] * len(ids)
    bench.advance(2)
    assert states(bench, *ids) == [MessageState.EXPIRED] * len(ids)
    receipts = [text_of(pdu) for pdu in esme.take()]
    assert len(receipts) == len(ids)
    assert all("stat:EXPIRED" in receipt for receipt in receipts)
    late = esme.submit(**pieces[-1])  # type: ignore[arg-type]
    assert states(bench, late) == [MessageState.ENROUTE]


def test_the_same_part_again_changes_nothing(bench: Bench) -> None:
    """It is acknowledged, and shares the fate of the whole."""
    esme = Esme(bench)
    pieces = parts("БАЛАНС", size=6)
    ids = [esme.submit(**piece) for piece in (pieces[0], pieces[0], pieces[1])]  # type: ignore[arg-type]
    assert [text_of(pdu)[:6] for pdu in esme.take()] == ["Баланс"]
    assert states(bench, *ids) == [MessageState.DELIVERED] * 3


def test_another_text_under_the_same_number_drops_the_set(bench: Bench) -> None:
    """Nobody knows which is right: all of them are undeliverable and nothing is answered."""
    esme = Esme(bench)
    pieces = parts("БАЛАНС БАЛАНС", size=10)
    other = pieces[1] | {"text": pieces[1]["text"][:-2] + b"\x04\x11"}  # type: ignore[index]
    ids = [esme.submit(**piece) for piece in (pieces[1], other)]  # type: ignore[arg-type]
    assert states(bench, *ids) == [MessageState.UNDELIVERABLE] * 2
    esme.submit(**pieces[0])  # type: ignore[arg-type]
    assert esme.take() == []


def test_a_part_of_another_coding_is_refused_and_drops_the_set(bench: Bench) -> None:
    """0x01 for the part that does not fit; the others are undeliverable."""
    esme = Esme(bench)
    pieces = parts("БАЛАНС БАЛАНС", size=10)
    first = esme.submit(**pieces[0])  # type: ignore[arg-type]
    assert esme.submit_status(**(pieces[1] | {"data_coding": 0})) == CommandStatus.ESME_RINVMSGLEN  # type: ignore[arg-type]
    assert states(bench, first) == [MessageState.UNDELIVERABLE]


def test_sar_parts_are_joined(bench: Bench) -> None:
    """sar_* TLVs do what a user data header does."""
    esme = Esme(bench)
    for number, piece in enumerate((b"BAL", b"ANCE"), start=1):
        esme.submit(
            piece,
            tlvs=(
                (Tag.SAR_MSG_REF_NUM, b"\0\1"),
                (Tag.SAR_TOTAL_SEGMENTS, b"\2"),
                (Tag.SAR_SEGMENT_SEQNUM, bytes((number,))),
            ),
        )
    assert [text_of(pdu)[:8] for pdu in esme.take()] == ["Balance:"]


def test_a_packed_client_is_understood_with_and_without_a_header(make_bench: BenchMaker, tmp_path: Path) -> None:
    """Septets in octets: alone, in parts, and the reply comes packed too."""
    from gateway.sms import gsm0338

    bench = configured(make_bench, tmp_path, 'default_alphabet = "gsm0338-packed"')
    esme = Esme(bench)
    esme.submit(gsm0338.pack(gsm0338.encode("HELP")))
    (reply,) = esme.take()
    assert gsm0338.decode(gsm0338.unpack(reply.short_message)).startswith("Commands")  # type: ignore[union-attr]


@given(st.permutations(range(4)), st.integers(0, 255))
@example([3, 2, 1, 0], 0)
def test_any_order_of_parts_gives_one_reply(order: list[int], reference: int) -> None:
    """Whatever order the parts come in, the reply is that of the whole text, once."""
    bench = Bench()
    esme = Esme(bench)
    pieces = parts("БАЛАНС!?", reference, size=4)
    for index in order:
        esme.submit(**pieces[index])  # type: ignore[arg-type]
    assert [text_of(pdu)[:7] for pdu in esme.take()] == ["Баланс:"]


def test_submit_multi_names_what_failed(bench: Bench) -> None:
    """Good destinations are accepted under one id, bad ones come back with their codes."""
    esme = Esme(bench)
    response = esme.ask(
        SubmitMulti(
            source_addr=SUBSCRIBER,
            dest_addresses=(DestAddress(1, 1, HANDSET), DestAddress(0, 1, SHORT_CODE)),
            data_coding=0x0B,
            short_message=b"hi",
        )
    )
    assert isinstance(response, SubmitMultiResp)
    assert response.command_status == 0
    assert [(u.destination_addr, u.error_status_code) for u in response.unsuccess] == [
        (SHORT_CODE, CommandStatus.ESME_RSUBMITFAIL)
    ]
    assert states(bench, response.message_id) == [MessageState.DELIVERED]


def test_every_submit_of_a_burst_is_answered_once_and_in_order(bench: Bench) -> None:
    """A pipelined burst gets as many responses, with its own sequence numbers, in the order of the requests."""
    esme = Esme(bench)
    numbers = esme.send(*(submit_sm("HELP", source=f"7999111{n:04}") for n in range(150)))
    assert [response.sequence_number for response in esme.responses(SubmitSmResp)] == numbers
    assert len(esme.take()) == 150
