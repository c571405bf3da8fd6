"""Each effect at each point where it is legal, through a whole gateway: what the clients see of it."""

from __future__ import annotations

from collections.abc import Callable
from struct import unpack_from
from typing import Any

import pytest

from gateway.faults.effects import Effect
from gateway.faults.forms import rule_from_object
from gateway.faults.rules import LEGAL, Point
from gateway.smpp.codec import decode, encode
from gateway.smpp.constants import MessageState
from gateway.smpp.errors import SmppError
from gateway.smpp.framing import FrameBuffer
from gateway.smpp.pdus import (
    BindTransceiver,
    CancelSm,
    DeliverSm,
    EnquireLink,
    EnquireLinkResp,
    QuerySm,
    QuerySmResp,
    SubmitSmResp,
)
from gateway.smpp.receipts import parse_receipt
from gateway.smpp.statuses import CommandStatus
from gateway.storage.base import Storage
from gateway.storage.memory import MemoryStorage
from tests.doubles import Bench, DeferredStorage
from tests.esme import HANDSET, SUBSCRIBER, Esme, submit_sm, text_of

Case = Callable[[Bench], None]
CASES: dict[tuple[str, str], Case] = {}


def of(point: str, kind: str) -> Callable[[Case], Case]:
    def keep(case: Case) -> Case:
        CASES[point, kind] = case
        return case

    return keep


def plan(bench: Bench, point: str, kind: str, **parts: Any) -> None:
    """Put a rule into force; what is no key of a rule is a key of its effect."""
    own = {"match", "times", "probability", "name", "scope"}
    effect = {"kind": kind} | {key: value for key, value in parts.items() if key not in own}
    row = {"point": point, "effect": effect} | {key: value for key, value in parts.items() if key in own}
    bench.emulator.plan.add(rule_from_object(row))


def bench_of(storage: Storage | None = None, **options: object) -> Bench:
    return Bench(client=["demo:demo", "other:other"], storage=storage, **options)


def other_client(bench: Bench) -> Esme:
    return Esme(bench, system_id="other", password="other")


def frames(octets: bytes) -> list[bytes]:
    buffer = FrameBuffer(131_072)
    buffer.feed(octets)
    found = []
    while (frame := buffer.next_frame()) is not None:
        found.append(frame)
    return found


def header(frame: bytes) -> tuple[int, int, int, int]:
    """command_length, command_id, command_status, sequence_number."""
    length, command_id, status, number = unpack_from(">LLLL", frame)
    return length, command_id, status, number


LEGAL_PAIRS = [(point, effect) for point, effects in LEGAL.items() for effect in effects]


@pytest.mark.parametrize("storage", [MemoryStorage, DeferredStorage], ids=["at-once", "later"])
@pytest.mark.parametrize(("point", "effect"), LEGAL_PAIRS, ids=lambda value: str(getattr(value, "kind", value)))
def test_what_an_effect_does_at_its_point(
    point: Point, effect: type[Effect], storage: Callable[[], MemoryStorage]
) -> None:
    """Every pair of the table has a case here, and does what it says."""
    CASES[str(point), effect.kind](bench_of(storage=storage()))


def test_there_is_no_case_for_what_is_not_legal() -> None:
    """The cases are those of the table."""
    assert set(CASES) == {(str(point), effect.kind) for point, effect in LEGAL_PAIRS}


# --- accept ---


@of("accept", "disconnect")
def _(bench: Bench) -> None:
    plan(bench, "accept", "disconnect", times=1)
    plan(bench, "accept", "disconnect", seconds=2, times=1)
    assert bench.connect().closed
    late = Esme(bench)
    bench.pass_time(1.9)
    assert not late.peer.closed
    assert late.submit("BALANCE")
    bench.pass_time(0.2)
    assert late.peer.closed
    bench.pass_time(30)
    assert not Esme(bench).peer.closed


@of("accept", "delay")
def _(bench: Bench) -> None:
    plan(bench, "accept", "delay", seconds=20, times=1)
    peer = bench.connect()
    assert not peer.is_read
    bench.pass_time(19)
    assert not peer.is_read
    assert not peer.closed, "no timer runs out while we do not read"
    bench.pass_time(1.1)
    assert peer.is_read
    peer.send(encode(BindTransceiver(system_id="demo", password="demo", sequence_number=1)))
    assert header(peer.received())[2] == 0


# --- bind ---


@of("bind", "status")
def _(bench: Bench) -> None:
    plan(bench, "bind", "status", command_status="ESME_RALYBND", times=1)
    esme = Esme(bench)
    assert esme.bind_response.command_status == CommandStatus.ESME_RALYBND
    assert esme.ask(BindTransceiver(system_id="demo", password="demo")).command_status == 0
    assert esme.submit("BALANCE")


@of("bind", "no_response")
def _(bench: Bench) -> None:
    plan(bench, "bind", "no_response", times=1)
    esme = Esme(bench, bind=None)
    esme.send(BindTransceiver(system_id="demo", password="demo"))
    bench.pass_time(5)
    assert esme.peer.received() == b""
    assert not esme.peer.closed
    assert esme.ask(BindTransceiver(system_id="demo", password="demo")).command_status == 0


@of("bind", "delay")
def _(bench: Bench) -> None:
    plan(bench, "bind", "delay", seconds=4, times=1)
    esme = Esme(bench, bind=None)
    esme.send(BindTransceiver(system_id="demo", password="demo"), submit_sm("BALANCE"))
    bench.pass_time(3.9)
    assert esme.peer.received() == b""
    bench.pass_time(0.2)
    esme.read()
    assert [esme.response(1).command_status, esme.response(2).command_status] == [0, 0]


@of("bind", "disconnect_before")
def _(bench: Bench) -> None:
    plan(bench, "bind", "disconnect_before")
    esme = Esme(bench, bind=None)
    esme.send(BindTransceiver(system_id="demo", password="demo"))
    assert esme.peer.received() == b""
    assert esme.peer.closed
    assert len(bench.emulator.exchange.bindings) == 0


@of("bind", "disconnect_after")
def _(bench: Bench) -> None:
    plan(bench, "bind", "disconnect_after")
    esme = Esme(bench)
    assert esme.bind_response.command_status == 0
    assert esme.peer.closed
    assert len(bench.emulator.exchange.bindings) == 0


@of("bind", "malformed")
def _(bench: Bench) -> None:
    bench.undissected = True
    plan(bench, "bind", "malformed", form="truncated")
    esme = Esme(bench, bind=None)
    esme.peer.send(encode(BindTransceiver(system_id="demo", password="demo", sequence_number=1)))
    (frame,) = frames(esme.peer.received())
    with pytest.raises(SmppError):
        decode(frame)
    assert len(bench.emulator.exchange.bindings) == 1, "we think that it is bound"


# --- submit ---


@of("submit", "status")
def _(bench: Bench) -> None:
    plan(bench, "submit", "status", command_status=0x0401, match={"client": "demo", "nth": 2})
    esme, other = Esme(bench), other_client(bench)
    assert [esme.submit_status("BALANCE") for _ in range(3)] == [0, 0x0401, 0]
    assert [other.submit_status("BALANCE") for _ in range(3)] == [0, 0, 0]
    assert len(esme.take()) == 2, "what is refused is not stored and not answered"
    assert len(other.take()) == 3


@of("submit", "no_response")
def _(bench: Bench) -> None:
    plan(bench, "submit", "no_response", match={"text": "balance"}, times=1)
    plan(bench, "submit", "no_response", match={"text": "help"}, accepted=True)
    esme = Esme(bench)
    esme.send(submit_sm("BALANCE"))
    assert esme.responses(SubmitSmResp) == []
    assert esme.take() == []
    esme.send(submit_sm("HELP"))
    assert esme.responses(SubmitSmResp) == []
    assert len(esme.take()) > 0, "accepted: the answer comes all the same"
    # Neither takes a place in the window for good.
    assert all(esme.submit_status("BALANCE") == 0 for _ in range(20))


@of("submit", "delay")
def _(bench: Bench) -> None:
    plan(bench, "submit", "delay", seconds=3, times=1)
    esme = Esme(bench)
    first, second = esme.send(submit_sm("BALANCE"), submit_sm("HELP"))
    assert esme.response(second).command_status == 0
    esme.take()
    bench.pass_time(2.9)
    esme.read()
    assert esme.take() == []
    bench.pass_time(0.2)
    esme.read()
    assert esme.response(first).command_status == 0
    assert len(esme.take()) == 1


@of("submit", "disconnect_before")
def _(bench: Bench) -> None:
    plan(bench, "submit", "disconnect_before", times=1)
    plan(bench, "submit", "disconnect_before", accepted=True, times=1)
    esme = Esme(bench)
    esme.send(submit_sm("BALANCE"))
    assert esme.peer.closed
    assert esme.responses(SubmitSmResp) == []
    esme = Esme(bench)
    assert esme.take() == [], "it was not accepted"
    esme.send(submit_sm("BALANCE"))
    assert esme.peer.closed
    assert esme.responses(SubmitSmResp) == []
    esme = Esme(bench)
    assert len(esme.take()) == 1, "it was accepted: the next binding gets the answer"


@of("submit", "disconnect_after")
def _(bench: Bench) -> None:
    plan(bench, "submit", "disconnect_after", times=1)
    esme = Esme(bench)
    (number,) = esme.send(submit_sm("BALANCE"))
    assert esme.response(number).command_status == 0
    assert esme.peer.closed
    assert esme.take() == []
    assert len(Esme(bench).take()) == 1


@of("submit", "malformed")
def _(bench: Bench) -> None:
    bench.undissected = True
    for form in ("wrong_length", "truncated", "unknown_command_id", "wrong_sequence_number"):
        plan(bench, "submit", "malformed", form=form, times=1)
    esme = Esme(bench)
    request = submit_sm("BALANCE", sequence_number=77)
    seen = []
    for _ in range(5):
        esme.peer.send(encode(request))
        octets = esme.peer.received()
        seen.append(header(octets))
        # A submit_sm_resp has 27 octets here.
        for frame in frames(octets[26 if len(seen) == 2 else 27 :]):
            esme.respond(decode(frame))
    wrong_length, truncated, unknown, other, good = seen
    assert wrong_length == (good[0] - 1, good[1], 0, 77)
    assert truncated == (good[0] - 1, good[1], 0, 77)
    assert unknown[1] == 0x8000FFFF
    assert other[:3] == good[:3]
    assert other[3] != 77
    assert good == (good[0], 0x80000004, 0, 77), "the session has not noticed"


# --- answer ---


@of("answer", "delay")
def _(bench: Bench) -> None:
    plan(bench, "answer", "delay", seconds=600, match={"client": "demo", "command": "balance"}, times=1)
    esme, other = Esme(bench), other_client(bench)
    message_id = esme.submit("BALANCE", registered_delivery=1)
    other.submit("BALANCE")
    assert len(other.take()) == 1
    assert esme.take() == []
    assert state_of(esme, message_id) == MessageState.ENROUTE
    bench.advance(599)
    assert esme.take() == []
    bench.advance(1)
    answer, receipt = esme.take()[0], None
    assert answer.destination_addr == SUBSCRIBER
    assert answer.esm_class & 0x3C == 0
    assert state_of(esme, message_id) == MessageState.DELIVERED
    bench.advance(1)
    (receipt,) = esme.take()
    assert receipt.esm_class & 0x3C == 0x04


@of("answer", "no_response")
def _(bench: Bench) -> None:
    plan(bench, "answer", "no_response", times=1)
    plan(bench, "answer", "no_response", accepted=True, times=1)
    esme = Esme(bench)
    message_id = esme.submit("PIN")
    assert esme.take() == []
    assert state_of(esme, message_id) == MessageState.DELIVERED
    assert pins(bench) == 0
    esme.submit("PIN")
    assert esme.take() == []
    assert pins(bench) == 1, "done, and not told"


@of("answer", "wallet_down")
def _(bench: Bench) -> None:
    plan(bench, "answer", "wallet_down", match={"source": "7999111*1", "destination": "749?"}, times=2)
    esme = Esme(bench)
    esme.submit("PIN")
    down = text_of(*esme.take())
    esme.submit("HELP")
    assert text_of(*esme.take()) != down, "help needs no wallet"
    assert pins(bench) == 0
    esme.submit("PIN")
    assert text_of(*esme.take()) != down
    assert pins(bench) == 1


# --- deliver ---


@of("deliver", "delay")
def _(bench: Bench) -> None:
    plan(bench, "deliver", "delay", seconds=5, times=1)
    esme = Esme(bench)
    esme.submit("BALANCE")
    bench.pass_time(4.9)
    assert esme.take() == []
    bench.pass_time(0.2)
    assert len(esme.take()) == 1
    bench.pass_time(120)
    assert esme.take() == [], "answered: nothing is repeated"


@of("deliver", "disconnect_before")
def _(bench: Bench) -> None:
    plan(bench, "deliver", "disconnect_before", times=1)
    esme = Esme(bench)
    esme.submit("BALANCE")
    assert esme.take() == []
    assert esme.peer.closed
    assert len(Esme(bench).take()) == 1


@of("deliver", "disconnect_after")
def _(bench: Bench) -> None:
    plan(bench, "deliver", "disconnect_after", times=1)
    esme = Esme(bench)
    esme.answer = None
    esme.submit("BALANCE")
    (first,) = esme.take()
    assert esme.peer.closed
    (again,) = Esme(bench).take()
    assert text_of(first) == text_of(again), "nobody has acknowledged it"


@of("deliver", "malformed")
def _(bench: Bench) -> None:
    bench.undissected = True
    forms = ("wrong_length", "truncated", "unknown_command_id", "wrong_sequence_number")
    for form in forms:
        plan(bench, "deliver", "malformed", form=form, times=1)
    esme = Esme(bench)
    esme.peer.send(encode(submit_sm("BALANCE", sequence_number=5)))
    octets = esme.peer.received()[27:]
    assert header(octets)[:2] == (len(octets) - 1, 5)
    seen = []
    for _ in range(4):
        bench.pass_time(31)
        octets = b""
        for _ in range(400):
            octets += bench_octets(esme)
            if octets:
                break
            bench.advance(1)
        seen.append(octets)
    truncated, unknown, other, good = seen
    with pytest.raises(SmppError):
        decode(truncated)
    assert header(truncated)[0] == len(truncated)
    assert header(unknown)[1] == 0x0000FFFF
    assert isinstance(decode(other), DeliverSm)
    assert header(other)[3] & 0x40000000
    esme.peer.send(esme.answered(decode(good), 0))
    assert not esme.peer.closed
    assert esme.submit("HELP")


@of("deliver", "dropped")
def _(bench: Bench) -> None:
    plan(bench, "deliver", "dropped", times=1)
    esme = Esme(bench)
    esme.submit("BALANCE")
    assert esme.take() == []
    bench.pass_time(29)
    assert bench.emulator.delivery.counters.retried == 0
    bench.pass_time(2)
    assert bench.emulator.delivery.counters.retried == 1, "an attempt without an answer"
    bench.advance(60)
    assert len(esme.take()) == 1


@of("deliver", "duplicate")
def _(bench: Bench) -> None:
    plan(bench, "deliver", "duplicate", times=2)
    esme = Esme(bench)
    esme.submit("BALANCE")
    first, second = esme.take()
    assert text_of(first) == text_of(second)
    assert first.sequence_number != second.sequence_number
    # The second copy may be refused, or never answered: the message has arrived.
    esme.answer = None
    esme.submit("BALANCE")
    first, second = esme.take()
    esme.respond(first)
    esme.respond(second, CommandStatus.ESME_RX_P_APPN)
    bench.pass_time(120)
    assert esme.take() == []
    assert bench.emulator.delivery.counters.failed == 0


# --- receipt ---


@of("receipt", "receipt")
def _(bench: Bench) -> None:
    plan(bench, "receipt", "receipt", states="REJECTED", error=11, copies=2, match={"client": "demo"})
    esme, other = Esme(bench), other_client(bench)
    for client in (esme, other):
        client.submit("hi", HANDSET, registered_delivery=1)
    bench.advance(60)
    told = [parse_receipt(text_of(receipt)).state for receipt in esme.take()]
    assert told == [MessageState.REJECTED, MessageState.REJECTED]
    assert [parse_receipt(text_of(receipt)).state for receipt in other.take()] == [MessageState.DELIVERED]


# --- enquire_link ---


def enquire(esme: Esme) -> list[EnquireLinkResp]:
    esme.send(EnquireLink())
    return esme.responses(EnquireLinkResp)


@of("enquire_link", "status")
def _(bench: Bench) -> None:
    esme = Esme(bench)
    plan(bench, "enquire_link", "status", command_status="ESME_RSYSERR", times=1)
    assert [enquire(esme)[0].command_status, enquire(esme)[0].command_status] == [8, 0]


@of("enquire_link", "no_response")
def _(bench: Bench) -> None:
    esme, other = Esme(bench), other_client(bench)
    plan(bench, "enquire_link", "no_response", match={"client": "demo"})
    assert enquire(esme) == []
    assert len(enquire(other)) == 1
    assert not esme.peer.protocol.session.auto_enquire_link
    bench.emulator.plan.clear()
    assert len(enquire(esme)) == 1
    assert esme.peer.protocol.session.auto_enquire_link, "the session answers by itself again"


@of("enquire_link", "delay")
def _(bench: Bench) -> None:
    plan(bench, "enquire_link", "delay", seconds=2, times=1)
    esme = Esme(bench)
    assert enquire(esme) == []
    bench.pass_time(2.1)
    assert len(esme.responses(EnquireLinkResp)) == 1


@of("enquire_link", "disconnect")
def _(bench: Bench) -> None:
    plan(bench, "enquire_link", "disconnect", times=1)
    esme = Esme(bench)
    assert enquire(esme) == []
    assert esme.peer.closed


# --- storage and wallet ---


@of("storage", "full")
def _(bench: Bench) -> None:
    plan(bench, "storage", "full", match={"client": "demo", "command": "submit_sm"}, times=1)
    esme, other = Esme(bench), other_client(bench)
    assert other.submit_status("BALANCE") == 0
    assert esme.submit_status("BALANCE") == CommandStatus.ESME_RMSGQFUL
    assert esme.submit_status("BALANCE") == 0
    plan(bench, "storage", "full", match={"command": "cancel_sm"})
    assert esme.ask(CancelSm(message_id=esme.submit("hi", HANDSET))).command_status == CommandStatus.ESME_RMSGQFUL


@of("storage", "down")
def _(bench: Bench) -> None:
    plan(bench, "storage", "down", times=1)
    esme = Esme(bench)
    assert esme.submit_status("BALANCE") == CommandStatus.ESME_RSYSERR
    message_id = esme.submit("hi", HANDSET)
    plan(bench, "storage", "down", match={"command": "query_sm"}, times=1)
    query = QuerySm(message_id=message_id, source_addr_ton=1, source_addr_npi=1, source_addr=SUBSCRIBER)
    assert esme.ask(query).command_status == CommandStatus.ESME_RSYSERR
    assert esme.ask(query).command_status == 0


@of("storage", "delay")
def _(bench: Bench) -> None:
    plan(bench, "storage", "delay", seconds=2, times=1)
    esme = Esme(bench)
    (number,) = esme.send(submit_sm("BALANCE"))
    bench.pass_time(1.9)
    esme.read()
    assert esme.responses(SubmitSmResp) == []
    bench.pass_time(0.2)
    esme.read()
    assert esme.response(number).command_status == 0
    assert len(esme.take()) == 1


@of("wallet", "wallet_down")
def _(bench: Bench) -> None:
    plan(bench, "wallet", "wallet_down", match={"client": "demo"}, times=1)
    esme, other = Esme(bench), other_client(bench)
    esme.submit("HELP")
    esme.take()
    other.submit("PIN")
    assert pins(bench) == 1
    esme.submit("PIN", source="79991110002")
    down = text_of(*esme.take())
    esme.submit("PIN", source="79991110002")
    assert text_of(*esme.take()) != down, "only commands that need the wallet are counted"


# --- transport ---


@of("transport", "slow_bytes")
def _(bench: Bench) -> None:
    esme = Esme(bench)
    plan(bench, "transport", "slow_bytes", octets_per_second=10, match={"client": "demo"}, times=1)
    esme.send(EnquireLink())
    bench.pass_time(1.05, step=0.1)
    assert 9 <= len(esme.peer.transport.value()) <= 11
    bench.pass_time(1, step=0.1)
    assert len(esme.responses(EnquireLinkResp)) == 1
    assert len(enquire(esme)) == 1, "and then as fast as ever"


@of("transport", "chunked")
def _(bench: Bench) -> None:
    esme = Esme(bench)
    plan(bench, "transport", "chunked", octets=5, seconds=0.5, times=1)
    plan(bench, "transport", "chunked", octets=1, times=1)
    esme.send(EnquireLink())
    assert len(esme.peer.transport.value()) <= 5
    bench.pass_time(2, step=0.5)
    assert len(esme.responses(EnquireLinkResp)) == 1
    assert len(enquire(esme)) == 1


@of("transport", "stall")
def _(bench: Bench) -> None:
    esme, other = Esme(bench), other_client(bench)
    plan(bench, "transport", "stall", seconds=3, match={"client": "demo"}, times=1)
    plan(bench, "transport", "stall", match={"client": "demo"}, times=1)
    assert enquire(esme) == []
    assert enquire(esme) == []
    assert len(enquire(other)) == 1
    bench.pass_time(3.1)
    assert len(esme.responses(EnquireLinkResp)) == 1, "the second stall has no end"
    bench.pass_time(20)
    assert enquire(esme) == []
    esme.peer.close()


@of("transport", "disconnect")
def _(bench: Bench) -> None:
    esme = Esme(bench)
    plan(bench, "transport", "disconnect", octets=20, match={"client": "demo"}, times=1)
    assert len(enquire(esme)) == 1
    esme.peer.send(encode(EnquireLink(sequence_number=9)))
    assert len(esme.peer.received()) == 4
    assert esme.peer.closed
    assert len(bench.emulator.exchange.bindings) == 0


# --- what the cases share ---


def state_of(esme: Esme, message_id: str) -> int:
    query = QuerySm(message_id=message_id, source_addr_ton=1, source_addr_npi=1, source_addr=SUBSCRIBER)
    response = esme.ask(query)
    assert isinstance(response, QuerySmResp)
    return response.message_state


def pins(bench: Bench) -> int:
    """How many new PINs were made."""
    numbers = (SUBSCRIBER, "79991110002")
    accounts = [bench.read(lambda books, number=number: books.accounts.get(number)) for number in numbers]
    return sum(account.pin.nonce for account in accounts if account is not None)


def bench_octets(esme: Esme) -> bytes:
    """What came besides enquire_link."""
    octets = b""
    for frame in frames(esme.peer.received()):
        if header(frame)[1] == 0x15:
            esme.peer.send(encode(EnquireLinkResp(sequence_number=header(frame)[3])))
        else:
            octets += frame
    return octets
