"""Faults among other things that happen: long texts, restarts, several gateways, seeds, many connections."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from twisted.logger import LogEvent, globalLogPublisher

from gateway.draws import Draws
from gateway.faults.forms import rule_from_object, rule_to_object
from gateway.faults.plan import FaultsInvalid, Plan
from gateway.faults.rules import LEGAL, Point, Rule
from gateway.messages.kept_faults import FAULTS, KeptFaults
from gateway.settings import SettingsError
from gateway.smpp.codec import encode
from gateway.smpp.constants import MessageState, Tag
from gateway.smpp.pdus import (
    CancelSm,
    DestAddress,
    EnquireLink,
    EnquireLinkResp,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
)
from gateway.storage.memory import MemoryStorage
from gateway.storage.query import MessageQuery
from tests.doubles import Bench, DeferredStorage
from tests.esme import HANDSET, SHORT_CODE, SUBSCRIBER, Esme, submit_sm, text_of
from tests.faults.test_points import LEGAL_PAIRS, bench_of, enquire, other_client, pins, plan, state_of
from tests.sharing import Double, beat


def row(point: str, kind: str, **parts: Any) -> dict[str, Any]:
    own = {key: parts.pop(key) for key in ("match", "expires", "probability", "name", "scope") if key in parts}
    return {"point": point, "effect": {"kind": kind, **parts}, **own}


# --- late answers ---


def two_parts(text: str, method: str) -> list[SubmitSm]:
    halves = (text[:4], text[4:])
    if method == "udh":
        return [
            submit_sm(bytes([5, 0, 3, 7, 2, number]) + half.encode(), esm_class=0x40)
            for number, half in enumerate(halves, 1)
        ]
    return [
        submit_sm(
            half,
            tlvs=(
                (int(Tag.SAR_MSG_REF_NUM), b"\0\7"),
                (int(Tag.SAR_TOTAL_SEGMENTS), b"\2"),
                (int(Tag.SAR_SEGMENT_SEQNUM), bytes([number])),
            ),
        )
        for number, half in enumerate(halves, 1)
    ]


@pytest.mark.parametrize("storage", [None, DeferredStorage], ids=["at-once", "later"])
@pytest.mark.parametrize("method", ["udh", "sar"])
@pytest.mark.parametrize("order", [1, -1])
def test_a_text_of_several_parts_is_answered_late_as_a_whole(
    method: str, order: int, storage: Callable[[], Any] | None
) -> None:
    """All parts stay ENROUTE until the answer is due, then they are DELIVERED, and the answer is to the whole text."""
    bench = bench_of(storage=storage() if storage else None)
    plan(bench, "answer", "delay", seconds=60, match={"text": "balance", "command": "balance"})
    esme = Esme(bench)
    ids = [esme.ask(part).message_id for part in two_parts("BALANCE", method)[::order]]  # type: ignore[attr-defined]
    bench.advance(59)
    assert esme.take() == []
    assert [state_of(esme, message_id) for message_id in ids] == [MessageState.ENROUTE] * 2
    bench.advance(1)
    assert "Balance" in text_of(*esme.take())
    assert [state_of(esme, message_id) for message_id in ids] == [MessageState.DELIVERED] * 2
    bench.advance(4 * 24 * 3600)
    assert esme.take() == []


def test_a_late_answer_may_be_cancelled() -> None:
    """Until it is due the text is pending: cancel_sm ends it, and nothing is done."""
    bench = bench_of()
    plan(bench, "answer", "delay", seconds=60)
    esme = Esme(bench)
    message_id = esme.submit("PIN")
    cancel = CancelSm(message_id=message_id, source_addr_ton=1, source_addr_npi=1, source_addr=SUBSCRIBER,
                      dest_addr_npi=1, destination_addr=SHORT_CODE)  # fmt: skip
    assert esme.ask(cancel).command_status == 0
    bench.advance(120)
    assert esme.take() == []
    assert pins(bench) == 0


@pytest.mark.parametrize("parts", [1, 2])
def test_validity_may_end_before_a_late_answer(parts: int) -> None:
    """Then the text is EXPIRED, whole, and never answered."""
    bench = bench_of()
    plan(bench, "answer", "delay", seconds=600)
    esme = Esme(bench)
    texts = [submit_sm("BALANCE")] if parts == 1 else two_parts("BALANCE", "udh")
    ids = []
    for part in texts:
        part.validity_period = "000000000100000R"  # a minute
        ids.append(esme.ask(part).message_id)  # type: ignore[attr-defined]
    bench.advance(1200)
    assert esme.take() == []
    assert {state_of(esme, message_id) for message_id in ids} == {MessageState.EXPIRED}


def test_a_scheduled_text_may_be_answered_late_too() -> None:
    """The delay begins when the text would have been answered."""
    bench = bench_of()
    plan(bench, "answer", "delay", seconds=60)
    esme = Esme(bench)
    esme.submit("BALANCE", schedule_delivery_time="000000000100000R")
    bench.advance(119)
    assert esme.take() == []
    bench.advance(1)
    assert len(esme.take()) == 1


def test_a_late_answer_outlives_a_stop(tmp_path: Path) -> None:
    """What was accepted is answered after a restart, when it is due, once."""
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    bench = bench_of(database=url, clock_frozen=True)
    plan(bench, "answer", "delay", seconds=60)
    Esme(bench).submit("PIN")
    stop(bench)
    bench = bench_of(database=url, clock_frozen=True)
    esme = Esme(bench)
    bench.advance(59)
    assert esme.take() == []
    bench.advance(1)
    assert len(esme.take()) == 1
    assert pins(bench) == 1
    stop(bench)


def test_a_wallet_that_is_down_when_a_late_answer_is_due() -> None:
    """The point `wallet` is asked when the command is run, not when it was accepted."""
    bench = bench_of()
    plan(bench, "answer", "delay", seconds=60)
    esme = Esme(bench)
    esme.submit("PIN")
    plan(bench, "wallet", "wallet_down")
    bench.advance(60)
    assert len(esme.take()) == 1
    assert pins(bench) == 0


class _Rerunning(MemoryStorage):
    """Every transaction loses against another one at first, and is run again."""

    def submit(self, work: Any, done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        def lost(books: Any) -> None:
            work(books)
            raise RuntimeError("lost")

        lost.keys = work.keys  # type: ignore[attr-defined]  # a work is a callable with keys
        super().submit(lost, _n, _n)  # type: ignore[arg-type]  # as above
        super().submit(work, done, failed)


@pytest.mark.parametrize("late", [False, True])
def test_a_rule_counts_once_however_often_a_transaction_runs(late: bool) -> None:
    """The first PIN is refused and the second is not."""
    bench = bench_of(storage=_Rerunning())
    if late:
        plan(bench, "answer", "delay", seconds=60)
    plan(bench, "wallet", "wallet_down", match={"nth": 2})
    esme = Esme(bench)
    for source in ("79991110001", "79991110002"):
        esme.submit("PIN", source=source)
        bench.advance(60)
    assert bench.emulator.plan.rules()[-1].matched == 2
    assert pins(bench) == 1


def test_each_destination_of_a_submit_multi_is_asked_for() -> None:
    """`submit` sees one happening, `answer` and `receipt` one for each destination."""
    bench = bench_of()
    plan(bench, "submit", "no_response", match={"command": "submit_multi", "nth": 2})
    plan(bench, "answer", "no_response", match={"nth": 2})
    plan(bench, "receipt", "receipt", copies=0, match={"destination": HANDSET})
    esme = Esme(bench)

    def several() -> SubmitMulti:
        return SubmitMulti(
            source_addr_ton=1, source_addr_npi=1, source_addr=SUBSCRIBER, registered_delivery=1, short_message=b"HELP",
            dest_addresses=(DestAddress(0, 1, SHORT_CODE), DestAddress(1, 1, HANDSET)),
        )  # fmt: skip

    assert esme.ask(several()).command_status == 0
    bench.advance(10)
    _help_text, receipt = esme.take()
    assert receipt.source_addr == SHORT_CODE
    esme.send(several())
    assert esme.responses(SubmitMultiResp) == []
    assert esme.ask(several()).command_status == 0
    bench.advance(10)
    assert [delivery.esm_class & 0x3C for delivery in esme.take()] == [4], "the second answer is silence"


# --- the link ---


def test_nothing_is_made_while_nothing_is_planned() -> None:
    """A gateway without rules pays one attribute at each point, and a connection has no faults of its own."""
    bench = bench_of()
    esme = Esme(bench)
    assert not any(getattr(bench.emulator.plan, point.value) for point in Point)
    esme.submit("BALANCE")
    assert len(enquire(esme)) == 1
    assert esme.peer.protocol._faulty is None
    plan(bench, "submit", "no_response", match={"client": "other"})
    esme.submit("BALANCE")
    bench.emulator.plan.clear()
    assert not any(getattr(bench.emulator.plan, point.value) for point in Point)
    assert esme.submit("BALANCE")


def test_requests_behind_one_that_closes_the_connection_are_not_taken() -> None:
    """What stands in the same segment behind it is lost with the connection, and the rest of the gateway goes on."""
    bench = bench_of()
    plan(bench, "submit", "disconnect_after", match={"client": "demo"}, name="x")
    esme, other = Esme(bench), other_client(bench)
    first, second = esme.send(submit_sm("BALANCE"), submit_sm("PIN"))
    assert esme.response(first).command_status == 0
    with pytest.raises(AssertionError):
        esme.response(second)
    assert other.submit("BALANCE")
    assert pins(bench) == 0


def test_a_slow_connection_holds_a_bounded_amount() -> None:
    """A client that is written to slowly is not read while much waits for it, and is not dropped for that."""
    bench = bench_of()
    esme = Esme(bench)
    plan(bench, "transport", "stall", seconds=100, match={"client": "demo"}, times=1)
    request = encode(EnquireLink(sequence_number=1))
    sent = 0
    while esme.peer.is_read and sent < 100_000:
        esme.peer.send(request * 100)
        sent += 100
    assert 64 * 1024 <= sent * 16 <= 80 * 1024
    other = other_client(bench)
    assert other.submit("BALANCE")
    bench.pass_time(99)
    assert not esme.peer.closed
    assert esme.peer.received() == b""
    bench.pass_time(2)
    assert esme.peer.is_read
    assert len(esme.responses(EnquireLinkResp)) == sent


def test_what_was_to_happen_later_ends_with_the_connection() -> None:
    """No timer outlives its connection, and no reference to it."""
    bench = bench_of()
    before = len(bench.reactor.getDelayedCalls())
    plan(bench, "accept", "delay", seconds=500, times=1)
    plan(bench, "submit", "delay", seconds=500, times=1)
    bench.connect().close()
    esme, other = Esme(bench), other_client(bench)
    plan(bench, "transport", "stall", seconds=500, match={"client": "other"}, times=1)
    esme.send(submit_sm("BALANCE"))
    other.send(EnquireLink())
    esme.peer.close()
    other.peer.close()
    bench.pass_time(1)
    assert len(bench.reactor.getDelayedCalls()) <= before
    bench.pass_time(600)
    assert bench.read(lambda books: list(books.messages.unfinished())) == []


def test_octets_that_are_to_be_the_last_are() -> None:
    """`disconnect` counts octets over several writes."""
    bench = bench_of()
    esme = Esme(bench)
    plan(bench, "transport", "disconnect", octets=40, match={"client": "demo"})
    assert len(enquire(esme)) == 1
    assert len(enquire(esme)) == 1
    esme.peer.send(encode(EnquireLink(sequence_number=9)))
    assert esme.peer.received() == encode(EnquireLinkResp(sequence_number=9))[:8]
    assert esme.peer.closed


def test_a_rule_ends_by_itself() -> None:
    """`expires` is real time: an advance of the emulated clock does not end it, thirty seconds do."""
    bench = bench_of()
    esme = Esme(bench)
    bench.emulator.plan.add(rule_from_object(row("enquire_link", "no_response", expires=5)))
    bench.advance(60)
    assert enquire(esme) == []
    bench.pass_time(5.3)
    assert not bench.emulator.plan.enquire_link
    assert esme.peer.protocol.session.auto_enquire_link
    assert len(enquire(esme)) == 1


def test_a_stop_goes_on_through_faults() -> None:
    """A gateway that was told to be slow and silent still ends in good order."""
    bench = bench_of()
    esme = Esme(bench)
    plan(bench, "transport", "stall")
    plan(bench, "deliver", "delay", seconds=500)
    esme.send(submit_sm("BALANCE"))
    ended: list[object] = []
    bench.emulator.stop().addCallback(ended.append)
    bench.pass_time(20)
    assert ended == [None]
    assert esme.peer.closed


# --- scopes, seeds, sets ---


def test_two_scopes_of_two_tests() -> None:
    """Each test works with its own client and takes only its own rules away."""
    bench = bench_of()
    for client in ("demo", "other"):
        plan(bench, "submit", "status", command_status=8, match={"client": client}, scope=client)
    esme, other = Esme(bench), other_client(bench)
    assert [esme.submit_status("BALANCE"), other.submit_status("BALANCE")] == [8, 8]
    assert bench.emulator.plan.remove_scope("demo") == 1
    assert [esme.submit_status("BALANCE"), other.submit_status("BALANCE")] == [0, 8]


def transcript(seed: str) -> list[object]:
    bench = bench_of(faults="congested,receipts-late", seed=seed, clock_frozen=True)
    esme = Esme(bench)
    seen: list[object] = []
    for _ in range(40):
        numbers = esme.send(submit_sm("BALANCE", registered_delivery=1))
        bench.pass_time(4)
        esme.read()
        seen.append(esme.response(numbers[0]).command_status)
        seen += [(delivery.short_message, delivery.esm_class) for delivery in esme.take()]
        bench.advance(30)
        seen += [(delivery.short_message, delivery.esm_class) for delivery in esme.take()]
    return seen


def test_a_seed_repeats_what_goes_wrong() -> None:
    """The same traffic under the same seed meets the same faults, another seed others."""
    first = transcript("1")
    assert first == transcript("1")
    assert first != transcript("2")
    assert {0x58, 0} <= {seen for seen in first if isinstance(seen, int)}


@pytest.fixture
def events() -> Iterator[list[LogEvent]]:
    seen: list[LogEvent] = []
    globalLogPublisher.addObserver(seen.append)
    yield seen
    globalLogPublisher.removeObserver(seen.append)


def test_sets_are_in_force_from_the_start(events: list[LogEvent]) -> None:
    """`--faults maintenance`: nobody binds, one line tells it, and a reset knows what to go back to."""
    bench = bench_of(faults="maintenance")
    assert Esme(bench).bind_response.command_status == 8
    lines = [event["log_format"].format(**event) for event in events if "fault rules" in event.get("log_format", "")]
    assert lines == ["3 fault rules are in force, from maintenance"]
    assert [state.rule.name for state in bench.emulator.plan.rules()] == [
        rule.name for rule in bench.emulator.configured_faults
    ]


def test_a_storage_that_is_down_does_not_flood_the_log(events: list[LogEvent]) -> None:
    """However many ask for it: one line a second, which says how many there were, and no traceback."""
    bench = bench_of()
    plan(bench, "storage", "down")
    esme = Esme(bench)
    for _ in range(50):
        assert esme.submit_status("BALANCE") == 8
    bench.pass_time(1)
    assert esme.submit_status("BALANCE") == 8
    lines = [event for event in events if "failed" in event.get("log_format", "")]
    assert [event["log_format"].format(**event) for event in lines] == [
        "storage failed: down, says a fault",
        "storage failed: down, says a fault (and 49 times before)",
    ]
    assert not any("log_failure" in event for event in lines)


def test_sets_that_cannot_be_used_are_told_by_the_settings(tmp_path: Path) -> None:
    """All faults of all files at once, before anything starts."""
    broken = tmp_path / "own.toml"
    broken.write_text(
        '[[rules]]\npoint = "receipt"\neffect = { kind = "receipt", copies = 9, stat = "X" }\n'
        '[[rules]]\npoint = "wallet"\neffect = { kind = "full" }\n'
    )
    with pytest.raises(SettingsError) as invalid:
        bench_of(faults=f"{broken},congestion")
    told = "\n".join(invalid.value.faults)
    for part in ("--faults", "effect.copies", "effect.stat", "'full' is not possible", "congestion: cannot be read"):
        assert part in told


def test_receipt_fields_are_checked_by_the_plan() -> None:
    """A rule that would fail when it fires is not taken."""
    bench = bench_of()
    with pytest.raises(FaultsInvalid, match=r"effect\.copies"):
        bench.emulator.plan.add(rule_from_object(row("receipt", "receipt", copies=9)))


# --- rules that are kept ---


def stop(bench: Bench) -> None:
    bench.emulator.stop()
    bench.pass_time(11)


def test_added_rules_outlive_a_stop_and_those_of_a_file_come_from_the_file(tmp_path: Path) -> None:
    """What was added at run time is there again with its id; what a file says is what the file says now."""
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    bench = bench_of(database=url, faults="maintenance")
    add = bench.emulator.plan.add
    kept = add(rule_from_object(row("submit", "status", command_status=8)), persistent=True)
    add(rule_from_object(row("submit", "no_response", name="short", expires=5000)), persistent=True)
    add(rule_from_object(row("submit", "no_response", name="mine")))
    removed = add(rule_from_object(row("deliver", "dropped")), persistent=True)
    bench.emulator.plan.remove(removed.id)
    stop(bench)
    bench = bench_of(database=url, faults="congested")
    rules = bench.emulator.plan.rules()
    assert rules[0].rule == kept
    assert [state.rule.name.split(":")[0] for state in rules] == ["", "short"] + ["congested"] * 4
    assert rules[1].expires_in is not None
    assert 4900 < rules[1].expires_in < 5000
    bench.emulator.plan.clear()
    assert json.loads(bench.read(lambda books: books.meta.get(FAULTS))) == {}
    stop(bench)


def test_what_is_kept_and_cannot_be_read_is_told_and_left_out(events: list[LogEvent], tmp_path: Path) -> None:
    """Rules that another version has kept do not stop this one."""
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    bench = bench_of(database=url)
    good = bench.emulator.plan.add(rule_from_object(row("submit", "no_response")), persistent=True)
    other = {"rule": rule_to_object(good) | {"point": "elsewhere"}, "until": None}
    receipt = {"rule": row("receipt", "receipt", copies=7), "until": None}
    spelled = {"1": {"rule": rule_to_object(good), "until": None}, "x2": other, "x3": receipt}
    bench.storage.submit(_Put(json.dumps(spelled)), _n, _n)
    stop(bench)
    bench = bench_of(database=url)
    assert [state.rule for state in bench.emulator.plan.rules()] == [good]
    bench.emulator.plan.add(rule_from_object(row("deliver", "dropped")), persistent=True)
    assert len(json.loads(bench.read(lambda books: books.meta.get(FAULTS)))) == 4, "they stay for that version"
    assert sum("kept fault rule" in str(event.get("where")) for event in events) == 2
    stop(bench)


class _Put:
    def __init__(self, text: str) -> None:
        from gateway.storage.base import NO_KEYS

        self.text, self.keys = text, NO_KEYS

    def __call__(self, books: Any) -> None:
        books.meta.put(FAULTS, self.text)


def _n(_: object) -> None:
    """Nobody waits for it."""


def test_gateways_on_one_storage_share_added_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule added on one is in force on the other within a beat; both may add at once; each keeps its own file's."""
    place = Double(monkeypatch)
    one, other = place.bench(faults="maintenance"), place.bench()
    beat(one, other)
    first = one.emulator.plan.add(rule_from_object(row("submit", "status", command_status=8)), persistent=True)
    second = other.emulator.plan.add(rule_from_object(row("enquire_link", "no_response")), persistent=True)
    assert first.id != second.id
    beat(one, other)
    beat(one, other)
    assert {state.rule.id for state in other.emulator.plan.rules()} == {first.id, second.id}
    assert len(one.emulator.plan.rules()) == 3 + 2
    esme = Esme(other)
    assert esme.submit_status("BALANCE") == 8
    assert not esme.peer.protocol.session.auto_enquire_link
    other.emulator.plan.remove(first.id)
    beat(one, other)
    beat(one, other)
    assert {state.rule.id for state in one.emulator.plan.kept()} == {second.id}
    assert esme.submit("BALANCE")


def test_what_was_read_before_a_change_does_not_take_it_back() -> None:
    """A beat that was on its way while rules were changed brings back none of those that were there before."""
    storage = DeferredStorage()
    planned = Plan(Draws(1).draw, lambda: 0.0)
    kept = KeptFaults(planned, storage, lambda: 0.0, lambda where, error: None)

    def read() -> str:
        found: list[str] = []
        storage.read(lambda books: books.meta.get(FAULTS), found.append, _n)
        return found[0]

    planned.add(rule_from_object(row("accept", "disconnect", name="old")), persistent=True)
    storage.run()
    before = read()
    kept.told(before)
    planned.clear()
    planned.add(rule_from_object(row("submit", "no_response", name="new")), persistent=True)
    kept.told(before)
    assert [state.rule.name for state in planned.rules()] == ["new"]
    storage.run()
    kept.told(read())
    assert [state.rule.name for state in planned.rules()] == ["new"]
    assert planned.submit
    assert not planned.accept


# --- anything at all ---


def any_rules() -> st.SearchStrategy[list[Rule]]:
    needed: dict[str, dict[str, Any]] = {
        "status": {"command_status": 8},
        "delay": {"seconds": 3, "up_to": 40},
        "slow_bytes": {"octets_per_second": 50},
        "chunked": {"octets": 5, "seconds": 0.5},
        "stall": {"seconds": 4},
        "receipt": {"copies": 2, "before_response": True, "states": "EXPIRED"},
    }
    spelled: list[dict[str, Any]] = []
    for point, effect in LEGAL_PAIRS:
        if effect.kind == "malformed":
            spelled += (row(point, effect.kind, form=form) for form in ("wrong_length", "unknown_command_id"))
        else:
            spelled.append(row(point, effect.kind, **needed.get(effect.kind, {})))
        if "accepted" in LEGAL[point][effect]:
            spelled.append(row(point, effect.kind, accepted=True))
    for one in spelled:
        one["match"] = {} if one["point"] == "accept" else {"client": "demo"}
        one["probability"] = 0.5
    return st.lists(st.sampled_from(spelled), max_size=6).map(lambda rows: [rule_from_object(one) for one in rows])


@settings(max_examples=50, phases=[Phase.explicit, Phase.reuse, Phase.generate])  # a whole gateway each
@given(any_rules(), st.integers(0, 1000), st.lists(st.sampled_from(["BALANCE", "PIN", "HELP", "wait"]), max_size=12))
@example([rule_from_object(row("deliver", "disconnect_after", match={"client": "demo"}))], 1, ["BALANCE"] * 3)
@example(
    [rule_from_object(row("submit", "malformed", form="wrong_length", match={"client": "demo"}))],
    1,
    ["BALANCE", "wait", "PIN"],
)
def test_whatever_goes_wrong_for_one_client_goes_right_for_the_other(
    rules: list[Rule], seed: int, script: list[str]
) -> None:
    """No rules of one client make anything fail inside, nor touch the other client; when they are gone all is well."""
    bench = Bench(client=["demo:demo", "other:other"], seed=str(seed), undissected=True)
    failures: list[LogEvent] = []

    def watch(event: LogEvent) -> None:
        if event.get("log_failure") is not None and "says a fault" not in str(event["log_failure"]):
            failures.append(event)

    globalLogPublisher.addObserver(watch)
    try:
        other = other_client(bench)
        bench.emulator.plan.add_all(rules)
        peers: list[Any] = []
        for number, said in enumerate(script, 1):
            if not peers or peers[-1].closed:
                peers.append(bench.connect())
                peers[-1].send(encode(_bind()))
            if said == "wait":
                bench.pass_time(20)
                assert len(enquire(other)) == 1
            else:
                peers[-1].send(encode(submit_sm(said, registered_delivery=1, sequence_number=number + 1)))
                assert other.submit_status(said, source="79991110009") == 0
                assert len(other.take()) >= 1
        for peer in peers:
            peer.close()
        bench.emulator.plan.clear()
        for seconds in (60, 3600, 4 * 24 * 3600):
            esme = Esme(bench)
            bench.advance(seconds)
            esme.take()
            esme.peer.close()
        left = [
            message
            for message in bench.read(lambda books: list(books.messages.unfinished()))
            if message.client == "demo" or message.recipient == "demo"
        ]
        assert left == []
        esme = Esme(bench)
        assert esme.submit("BALANCE")
        assert "Balance" in text_of(*esme.take())
    finally:
        globalLogPublisher.removeObserver(watch)
    assert failures == []


def _bind() -> Any:
    from gateway.smpp.pdus import BindTransceiver

    return BindTransceiver(system_id="demo", password="demo", interface_version=0x34, sequence_number=1)


def test_a_handset_meets_the_faults_of_answers_too(tmp_path: Path) -> None:
    """A text from a handset has no client; its answer is late like any other, also over a restart."""
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    bench = bench_of(database=url, clock_frozen=True)
    plan(bench, "answer", "delay", seconds=60, match={"source": HANDSET})
    told: list[Any] = []
    bench.emulator.texting.text(HANDSET, SHORT_CODE, "HELP", told=told.append, failed=told.append)
    bench.settle()
    assert told[0].state == MessageState.ENROUTE
    stop(bench)
    bench = bench_of(database=url, clock_frozen=True)

    def inbox() -> list[Any]:
        return bench.read(lambda books: [m for m, _ in books.messages.search(MessageQuery(destination=HANDSET))])

    bench.advance(59)
    assert inbox() == []
    bench.advance(1)
    assert [message.outcome for message in inbox()] == ["help"]
    stop(bench)
