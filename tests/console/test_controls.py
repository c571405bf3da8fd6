"""The emulator's controls over the API: clock, reset, seed, sessions, the wallet, faults, capture."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import attrs
import pytest

from gateway.smpp.pdus import DeliverSmResp, Unbind, UnbindResp
from gateway.smpp.statuses import CommandStatus
from tests.console.browser import Browser
from tests.doubles import START, Bench, DeferredStorage
from tests.esme import SHORT_CODE, SUBSCRIBER, Esme, text_of

CONFIRMING = "79991110002"
DAY = 86_400


# --- clock ---


def test_a_day_passes_at_once(api: Browser, bench: Bench) -> None:
    """Advancing runs all that becomes due: a message expires, a payment ends, a PIN opens nothing any more."""
    esme = Esme(bench)
    esme.answer = None
    esme.submit("PIN", source=CONFIRMING)
    api.post("/api/v1/payments", {"account": CONFIRMING, "amount": "1.00"}, status=201)
    assert api.get("/api/v1/payments/1")["state"] == "held"
    before = api.get("/api/v1/clock")
    assert before["waiting"] > 0
    after = api.post("/api/v1/clock/advance", {"seconds": 4 * DAY})
    assert after["now"] == "2026-01-19T09:00:00.000000Z"
    assert api.get("/api/v1/payments/1")["state"] == "expired"
    states = {item["kind"]: item["state"] for item in api.get("/api/v1/messages")["items"]}
    assert states["reply"] in ("expired", "enroute")


@pytest.mark.parametrize("deferred", [False, True], ids=["direct", "deferred"])
def test_what_follows_from_a_step_comes_in_its_time(deferred: bool) -> None:
    """A scheduled message begins, is on its way for its time and arrives, before its validity ends; the answer comes
    when all is stored, however late the storage tells."""
    bench = Bench(storage=DeferredStorage() if deferred else None, clock_frozen=True)
    api, esme = Browser(bench), Esme(bench)
    esme.submit(
        "x", "99900001600", schedule_delivery_time="000000010000000R", validity_period="000001000000000R",
        registered_delivery=1,
    )  # fmt: skip
    advancing = api.begin("POST", "/api/v1/clock/advance", {"seconds": 4 * DAY})
    assert advancing.answer("POST").json == {
        "now": "2026-01-19T09:00:00.000000Z", "frozen": True, "next": None, "waiting": 0
    }  # fmt: skip
    (receipt,) = esme.take()
    assert b"stat:DELIVRD" in receipt.short_message
    assert b"done date:2601151010" in receipt.short_message
    again = [api.begin("POST", "/api/v1/clock/advance", {"seconds": 1}) for _ in range(2)]
    assert again[1].answer("POST").json["now"] == "2026-01-19T09:00:02.000000Z"


def test_a_reset_ends_an_advance() -> None:
    """Time that is let pass while the clock is turned back stays where the clock was turned to."""
    storage = DeferredStorage()
    bench = Bench(storage=storage, clock_frozen=True)
    api, esme = Browser(bench), Esme(bench)
    esme.submit("x", "99900001600", registered_delivery=1)
    over: list[None] = []
    bench.emulator.advance(DAY * 1_000_000).addCallback(over.append)
    assert not over, "the step is not stored yet"
    bench.emulator.reset(frozenset({"messages", "clock"}), lambda: None, lambda error: None)
    bench.settle()
    assert over
    assert api.get("/api/v1/clock")["now"] == START.replace("Z", ".000000Z")


def test_the_clock_stands_and_goes_on(api: Browser, bench: Bench) -> None:
    """Frozen it stands still while real time passes; thawed it goes on from there."""
    assert api.post("/api/v1/clock/freeze")["frozen"] is True
    bench.pass_time(60)
    assert api.get("/api/v1/clock")["now"] == START.replace("Z", ".000000Z")
    assert api.get("/api/v1/status")["banner"]["clock_frozen"] is True
    api.post("/api/v1/clock/thaw")
    bench.pass_time(60)
    assert api.get("/api/v1/clock")["now"] == "2026-01-15T09:01:00.000000Z"


def test_time_does_not_go_back(api: Browser) -> None:
    """set leads forward only, and never to where SMPP has no years; a reset goes back."""
    assert api.post("/api/v1/clock/set", {"now": "2026-02-01T03:00:00+03:00"})["now"] == "2026-02-01T00:00:00.000000Z"
    assert api.ask("POST", "/api/v1/clock/set", {"now": START}).status == 409
    assert api.ask("POST", "/api/v1/clock/set", {"now": "2026-02-02T00:00:00"}).status == 422
    statuses = [api.ask("POST", "/api/v1/clock/advance", {"seconds": 300_000_000}).status for _ in range(2)]
    assert statuses == [200, 422]
    assert api.post("/api/v1/reset", {"what": ["clock"]})["now"] == START.replace("Z", ".000000Z")


# --- reset and seed ---


def transcript(bench: Bench) -> list[Any]:
    """A conversation over SMPP and the API together: replies, ids, PINs, codes, faults, as everybody sees them."""
    api, esme = Browser(bench), Esme(bench)
    told: list[Any] = []
    rule = {
        "point": "submit",
        "match": {"destination": "79995550009"},
        "effect": {"kind": "status", "command_status": 88},
        "probability": 0.5,
    }
    told.append(api.post("/api/v1/faults", rule, status=201)["rule"]["id"])
    told += [esme.submit_status("x", destination="79995550009") for _ in range(20)]
    for text in ("BALANCE", "PIN", "CONFIRM 1", "nonsense"):
        told.append(esme.submit(text))
        told += [text_of(delivery) for delivery in esme.take() if delivery.data_coding != 8]
    api.post("/api/v1/messages", {"from": CONFIRMING, "to": SHORT_CODE, "text": "PIN"}, status=201)
    told.append(api.post("/api/v1/payments", {"account": CONFIRMING, "amount": "10.00"}, status=201))
    told.append(api.get(f"/api/v1/handsets/{CONFIRMING}/messages"))
    told.append(api.get("/api/v1/messages?limit=500"))
    told.append(api.get(f"/api/v1/accounts/{CONFIRMING}/entries"))
    esme.send(Unbind())
    esme.peer.close()
    return told


def test_one_seed_is_one_transcript() -> None:
    """Two runs with one seed, a fresh store and a frozen start are the same to the letter; another seed is not."""
    runs = [transcript(Bench(seed=seed, clock_frozen=True)) for seed in ("7", "7", "8")]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
    assert re.search(r"\d{6}", str(runs[0])) is not None


def test_a_reset_of_all_repeats_the_seed() -> None:
    """After a reset the same traffic gives the same transcript as after a start."""
    bench = Bench(seed="7", clock_frozen=True)
    first = transcript(bench)
    Browser(bench).post("/api/v1/reset", {"what": ["all"]})
    assert transcript(bench) == first


@pytest.mark.parametrize("deferred", [False, True], ids=["direct", "deferred"])
def test_a_reset_leaves_sessions_and_forgets_what_is_on_its_way(deferred: bool) -> None:
    """A binding stays; its late answers to what was forgotten do nothing, whatever they say; it goes on as if new."""
    bench = Bench(storage=DeferredStorage() if deferred else None)
    api, esme = Browser(bench), Esme(bench)
    esme.answer = None
    for _ in range(5):
        esme.submit("BALANCE")
    esme.submit("HELP", source="79991110004")
    late = esme.take()
    assert late
    resetting = api.begin("POST", "/api/v1/reset", {"what": ["messages"]})
    bench.settle()
    assert resetting.answer("POST").status == 200
    assert api.begin("GET", "/api/v1/messages").answer().json["items"] == []
    esme.answer = 0
    esme.submit("BALANCE")
    (fresh,) = esme.take()
    assert "1,234.50" in text_of(fresh)
    statuses = (CommandStatus.ESME_ROK, CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RINVDSTADR)
    for delivery, status in zip(late, statuses * 9, strict=False):
        esme.respond(delivery, status)
    esme.submit("BALANCE")
    assert len(esme.take()) == 1
    bench.advance(4 * DAY)
    assert esme.take() == []
    assert {item["state"] for item in api.begin("GET", "/api/v1/messages").answer().json["items"]} == {"delivered"}
    (session,) = api.get("/api/v1/sessions")["items"]
    assert (session["client"], session["waiting"]) == ("demo", 0)


def test_each_part_is_reset_alone(api: Browser, bench: Bench) -> None:
    """messages, accounts, faults, clock: what is not named stays."""
    esme = Esme(bench)
    esme.submit("PIN")
    api.ask("PATCH", f"/api/v1/accounts/{SUBSCRIBER}", {"balances": {"RUB": "1.00"}})
    api.post("/api/v1/accounts", {"number": "79991119999"}, status=201)
    api.post("/api/v1/faults", {"point": "accept", "effect": {"kind": "disconnect"}}, status=201)
    api.post("/api/v1/clock/advance", {"seconds": 60})

    def state() -> tuple[int, int, int, str]:
        return (
            len(api.get("/api/v1/messages")["items"]),
            len(api.get("/api/v1/accounts")["items"]),
            len(api.get("/api/v1/faults")["items"]),
            api.get("/api/v1/clock")["now"],
        )

    later = "2026-01-15T09:01:00.000000Z"
    assert state() == (2, 5, 1, later)
    api.post("/api/v1/reset", {"what": ["faults"]})
    assert state() == (2, 5, 0, later)
    api.post("/api/v1/reset", {"what": ["accounts"]})
    assert state() == (2, 4, 0, later)
    account = api.get(f"/api/v1/accounts/{SUBSCRIBER}")
    assert (account["balances"]["RUB"], account["has_pin"]) == ("1234.50", False)
    api.post("/api/v1/reset", {"what": ["messages"]})
    assert state() == (0, 4, 0, later)
    assert int(esme.submit("BALANCE")) > 2, "numbers go on, unless all is reset"
    api.post("/api/v1/reset", {"what": ["clock"]})
    assert api.get("/api/v1/clock")["now"] == START.replace("Z", ".000000Z")
    assert api.ask("POST", "/api/v1/reset", {"what": []}).status == 422
    assert api.ask("POST", "/api/v1/reset", {}).status == 422


def test_a_shared_database_is_emptied_only_with_leave(bench: Bench, api: Browser) -> None:
    """On PostgreSQL a reset needs allow_reset, and never turns the clock back; faults are the gateway's own."""
    late = [factory for _, factory, *_ in bench.reactor.tcpServers][-1]
    controls = late.site().application.controls
    api.post("/api/v1/clock/advance", {"seconds": 60})
    controls.facts = attrs.evolve(controls.facts, storage="postgresql")
    for what in ("all", "messages", "accounts"):
        assert api.ask("POST", "/api/v1/reset", {"what": [what]}).status == 403
    assert api.post("/api/v1/reset", {"what": ["faults"]})["what"] == ["faults"]
    controls.facts = attrs.evolve(controls.facts, allow_reset=True)
    assert api.ask("POST", "/api/v1/reset", {"what": ["clock"]}).status == 409
    told = api.post("/api/v1/reset", {"what": ["all"]})
    assert (told["what"], told["now"]) == (["accounts", "faults", "messages"], "2026-01-15T09:01:00.000000Z")


def test_a_reset_of_a_file_lasts(tmp_path: Path) -> None:
    """What was reset in a SQLite file is gone for the next start, too."""
    url = f"sqlite:///{tmp_path / 'sms.db'}"
    bench = Bench(database=url)
    Esme(bench).submit("PIN")
    Browser(bench).post("/api/v1/reset", {"what": ["all"]})
    bench.emulator.storage.close()
    again = Browser(Bench(database=url))
    assert again.get("/api/v1/messages")["items"] == []
    assert again.get(f"/api/v1/accounts/{SUBSCRIBER}")["has_pin"] is False


# --- sessions ---


def test_sessions_are_listed_unbound_and_dropped(api: Browser, bench: Bench) -> None:
    """Who is bound and how; an unbind goes in good order, a drop at once."""
    one, two = Esme(bench), Esme(bench)
    bench.connect()
    listed = api.get("/api/v1/sessions")
    assert [item["state"] for item in listed["items"]] == ["bound_trx", "bound_trx", "open"]
    assert listed["gateway"]
    first, second, _ = (item["id"] for item in listed["items"])
    assert api.get(f"/api/v1/sessions/{first}")["client"] == "demo"
    assert api.post(f"/api/v1/sessions/{first}/unbind")["state"] == "unbinding"
    bench.settle()
    (unbind,) = one.responses(Unbind)
    one.peer.send(one.answered(unbind, 0))
    api.post(f"/api/v1/sessions/{second}/drop")
    bench.settle()
    two.read()
    assert one.peer.closed
    assert two.peer.closed
    assert len(api.get("/api/v1/sessions")["items"]) == 1
    for path in ("unbind", "drop"):
        assert api.ask("POST", f"/api/v1/sessions/{first}/{path}").status == 404
    assert api.ask("GET", "/api/v1/sessions/x").status == 400
    assert DeliverSmResp is not UnbindResp


def test_a_configured_esme_is_called(tmp_path: Path) -> None:
    """An outbind goes to what the settings name, and to nobody else."""
    config = tmp_path / "own.toml"
    config.write_text('[outbind.crm]\nhost = "127.0.0.1"\nport = 4775\n', "utf-8")
    bench = Bench(config=str(config))
    api = Browser(bench)
    assert api.get("/api/v1/sessions")["outbinds"] == [{"name": "crm", "host": "127.0.0.1", "port": 4775}]
    assert api.ask("POST", "/api/v1/sessions/outbind", {"name": "crm"}).status == 202
    assert [(host, port) for host, port, *_ in bench.reactor.tcpClients] == [("127.0.0.1", 4775)]


# --- the wallet ---


def test_accounts_are_opened_changed_and_replaced(api: Browser) -> None:
    """POST opens, PATCH changes what is named, PUT replaces all but the PIN; what cannot be is told."""
    number = "79991119999"
    opened = api.post("/api/v1/accounts", {"number": number, "balances": {"RUB": "5", "USD": "1.25"}}, status=201)
    assert opened["balances"] == {"RUB": "5.00", "USD": "1.25"}
    assert api.ask("POST", "/api/v1/accounts", {"number": number}).status == 409
    changed = api.ask("PATCH", f"/api/v1/accounts/{number}", {"balances": {"RUB": "0"}, "blocked": True})
    assert changed.json["balances"] == {"USD": "1.25", "RUB": "0.00"}
    assert changed.json["blocked"] is True
    assert api.ask("PUT", f"/api/v1/accounts/{number}", {"language": "en"}).json["balances"] == {}
    assert api.ask("PUT", "/api/v1/accounts/79991119998", {}).status == 201
    assert api.ask("PATCH", "/api/v1/accounts/79991119997", {}).status == 404
    assert api.ask("PUT", f"/api/v1/accounts/{SHORT_CODE}", {}).status == 422
    assert api.ask("PATCH", f"/api/v1/accounts/{number}", {"balances": {"RUB": "-1"}}).status == 422
    assert [entry["kind"] for entry in api.get(f"/api/v1/accounts/{number}/entries")["items"]] == ["edited"] * 3
    pages = [api.get("/api/v1/accounts?limit=4")]
    pages.append(api.get(f"/api/v1/accounts?limit=4&cursor={pages[0]['next']}"))
    numbers = [item["number"] for page in pages for item in page["items"]]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 6


def test_a_terminal_checks_a_pin(api: Browser) -> None:
    """The PIN that was texted opens the account; wrong ones are refused as everything else is, and lock."""
    api.post("/api/v1/messages", {"from": SUBSCRIBER, "to": SHORT_CODE, "text": "PIN"}, status=201)
    told = api.get(f"/api/v1/handsets/{SUBSCRIBER}/messages?box=in")["items"][0]["message"]["text"]
    found = re.search(r"\b\d{4}\b", told)
    assert found is not None
    path = f"/api/v1/accounts/{SUBSCRIBER}/pin-check"
    assert api.post(path, {"pin": found[0]}) == {"result": "right"}
    wrong = "0000" if found[0] != "0000" else "1111"
    assert [api.post(path, {"pin": wrong})["result"] for _ in range(6)] == ["refused"] * 6
    assert api.post(path, {"pin": found[0]}) == {"result": "refused"}, "the terminal is locked out"
    assert api.post(path, {"pin": found[0], "terminal": "another"}) == {"result": "right"}
    assert api.post("/api/v1/accounts/79990000000/pin-check", {"pin": "1234"}) == {"result": "refused"}


def test_a_payment_is_started_once_for_each_key(api: Browser) -> None:
    """The same Idempotency-Key gives the same payment and sends no other code; for another payment it is refused."""
    body = {"account": CONFIRMING, "amount": "10.00", "merchant": "Cafe"}
    key: dict[str, str | None] = {"Idempotency-Key": "order-1"}
    first, again = (api.ask("POST", "/api/v1/payments", body, key) for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert api.ask("POST", "/api/v1/payments", {**body, "amount": "11.00"}, key).status == 409
    inbox = api.get(f"/api/v1/handsets/{CONFIRMING}/messages?box=in")["items"]
    assert len(inbox) == 1
    other = api.post("/api/v1/payments", body, status=201)
    assert other["number"] != first.json["number"]
    listed = api.get(f"/api/v1/payments?account={CONFIRMING}&limit=1")
    assert listed["items"] == [other]
    assert api.get(f"/api/v1/payments?account={CONFIRMING}&cursor={listed['next']}")["items"] == [first.json]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [({"amount": "-1"}, "#/amount"), ({"amount": "1e3"}, "#/amount"), ({"amount": "0"}, "#/amount"),
     ({"currency": "rub"}, "#/currency"), ({"merchant": "<b>"}, "#/merchant"),
     ({"account": "79990000000"}, "#/account"),
     ({"amount": 10}, "#/amount")],
)  # fmt: skip
def test_what_is_no_payment_is_refused(api: Browser, wrong: dict[str, Any], pointer: str) -> None:
    """Each fault of a payment is told at its place."""
    answered = api.ask("POST", "/api/v1/payments", {"account": SUBSCRIBER, "amount": "1.00", **wrong})
    assert answered.status == 422
    assert [error["pointer"] for error in answered.json["errors"]] == [pointer]


# --- faults ---

THROTTLED = {"point": "submit", "effect": {"kind": "status", "command_status": "ESME_RTHROTTLED"}}


def test_faults_come_and_go(api: Browser, bench: Bench) -> None:
    """A rule is in force at once, counts, can be replaced, and its scope is taken away with one request."""
    esme = Esme(bench)
    added = api.post("/api/v1/faults", {**THROTTLED, "times": 1, "scope": "one"}, status=201)
    assert [esme.submit_status("BALANCE") for _ in range(2)] == [CommandStatus.ESME_RTHROTTLED, 0]
    path = f"/api/v1/faults/{added['rule']['id']}"
    assert api.get(path)["fired"] == 1
    assert api.get("/api/v1/status")["banner"]["faults"] == 1
    changed = api.ask("PUT", path, {"rule": {**added["rule"], "enabled": False}})
    assert (changed.status, changed.json["rule"]["enabled"], changed.json["fired"]) == (200, False, 0)
    api.post("/api/v1/faults", {**THROTTLED, "scope": "two"}, status=201)
    assert api.ask("DELETE", "/api/v1/faults?scope=one").json == {"removed": 1}
    assert [item["rule"]["scope"] for item in api.get("/api/v1/faults")["items"]] == ["two"]
    assert len(api.ask("PUT", "/api/v1/faults", {"rules": [THROTTLED] * 3}).json["items"]) == 3
    assert api.ask("DELETE", "/api/v1/faults").json == {"removed": 3}
    assert api.ask("DELETE", path).status == 404
    assert api.ask("GET", path).status == 404


def test_faulty_rules_are_refused_whole(api: Browser) -> None:
    """All that is wrong with all rules is told at its place, and none is taken."""
    rules = [{**THROTTLED, "times": "x"}, {"point": "nowhere", "effect": {"kind": "status"}}]
    answered = api.ask("PUT", "/api/v1/faults", {"rules": rules})
    assert answered.status == 422
    pointers = {error["pointer"] for error in answered.json["errors"]}
    assert {"#/rules/0/times", "#/rules/1/point", "#/rules/1/effect/command_status"} <= pointers
    assert api.get("/api/v1/faults")["items"] == []


# --- capture, handsets, status ---


def test_a_capture_is_of_whom_it_is_asked(api: Browser, bench: Bench) -> None:
    """All, or one client's, or one session's: pcapng each, without a password."""
    Esme(bench)
    Esme(bench, system_id="stranger", password="hunter2")
    whole, own, none = (
        api.ask("GET", f"/api/v1/capture.pcapng{query}") for query in ("", "?client=demo", "?client=nobody")
    )
    assert whole.headers["content-disposition"].endswith('filename="sms-gateway.pcapng"')
    for answered in (whole, own, none):
        assert answered.body.startswith(b"\x0a\x0d\x0d\x0a")
    assert len(whole.body) > len(own.body) > len(none.body)
    assert b"hunter2" not in whole.body
    assert api.ask("GET", "/api/v1/capture.pcapng?session=1").body[:4] == whole.body[:4]


def test_a_capture_of_one_message_has_its_pdus_only(api: Browser, bench: Bench) -> None:
    """The submit_sm and its response, with the text; not what went before and after. Nothing for a handset's own."""
    esme = Esme(bench)
    for text in (b"HELP", b"BALANCE", b"SUPPORT"):
        esme.submit(len(text), short_message=text)
    (wanted,) = api.get("/api/v1/messages?text=BALANCE&kind=submitted")["items"]
    answered = api.ask("GET", f"/api/v1/capture.pcapng?message={wanted['id']}")
    assert answered.status == 200
    frames = [pdu["hex"] for pdu in api.get(f"/api/v1/messages/{wanted['id']}")["pdus"]]
    assert len(frames) == 2
    assert all(bytes.fromhex(octets) in answered.body for octets in frames)
    assert b"BALANCE" in answered.body
    assert b"HELP" not in answered.body
    assert b"SUPPORT" not in answered.body
    api.post("/api/v1/messages", {"from": "79995550001", "to": "79995550002", "text": "of nobody"}, status=201)
    (other,) = api.get("/api/v1/messages?text=of+nobody")["items"]
    assert len(api.ask("GET", f"/api/v1/capture.pcapng?message={other['id']}").body) < len(answered.body)
    assert api.ask("GET", "/api/v1/capture.pcapng?message=987654").status == 404


def test_handsets_are_those_that_text_or_have_an_account(api: Browser) -> None:
    """Neither the short code nor a client's number is a handset."""
    api.post("/api/v1/messages", {"from": "79995550001", "to": SHORT_CODE, "text": "x"}, status=201)
    listed = api.get("/api/v1/handsets")["items"]
    assert listed[0]["msisdn"] == "79995550001"
    assert {item["msisdn"] for item in listed[1:]} == {f"7999111000{number}" for number in range(1, 5)}


def test_status_tells_what_to_know(api: Browser, bench: Bench) -> None:
    """Version, seed, storage, counts: what a banner and a person need."""
    Esme(bench).submit("BALANCE")
    told = api.get("/api/v1/status")
    assert (told["seed"], told["storage"], told["submitted"], told["bindings"]) == (1, "memory", 1, 1)
    assert told["banner"]["clock_shifted"] != 0
