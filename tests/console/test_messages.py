"""Messages over the API: lists, pages, details, waits, texts of handsets, deletions."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from gateway.console import events as happenings
from gateway.console import waiting
from tests.console.browser import Browser, Connection
from tests.doubles import Bench, DeferredStorage
from tests.esme import HANDSET, SHORT_CODE, SUBSCRIBER, Esme, text_of

A, B = "79995550001", "79995550002"


def text(api: Browser, what: str, source: str = A, destination: str = B, **more: Any) -> Any:
    """Text as a handset."""
    return api.post("/api/v1/messages", {"from": source, "to": destination, "text": what, **more}, status=201)


def texts(page: Any) -> list[str]:
    return [item["text"] for item in page["items"]]


def test_a_text_to_the_wallet_is_answered_into_the_inbox(api: Browser) -> None:
    """What a handset texts to the short code is run, and the answer is in its thread."""
    sent = text(api, "BALANCE", SUBSCRIBER, SHORT_CODE)
    assert (sent["command"], sent["match"], sent["state"]) == ("balance", "exact", "delivered")
    thread = api.get(f"/api/v1/handsets/{SUBSCRIBER}/messages")["items"]
    assert [(item["direction"], item["message"]["kind"]) for item in thread] == [("in", "reply"), ("out", "submitted")]
    assert "1,234.50" in thread[0]["message"]["text"]


def test_a_text_to_a_client_is_delivered_to_it(tmp_path: Any) -> None:
    """A text to a number that is a client's is an MO for it: a deliver_sm, in segments when it is long."""
    config = tmp_path / "own.toml"
    config.write_text('[clients.demo]\npassword = "demo"\naddresses = ["7000*"]\n', "utf-8")
    bench = Bench(config=str(config))
    api, esme = Browser(bench), Esme(bench)
    sent = text(api, "Hello", A, "70001")
    (delivered,) = esme.take()
    assert (delivered.source_addr, delivered.destination_addr, text_of(delivered)) == (A, "70001", "Hello")
    detail = api.get(f"/api/v1/messages/{sent['number']}")
    assert [pdu["command"] for pdu in detail["pdus"]] == ["deliver_sm", "deliver_sm_resp"]
    assert detail["message"]["state"] == "delivered"
    text(api, "long " * 60, A, "70001")
    assert text_of(*esme.take()) == "long " * 60


def test_what_cannot_be_texted_is_told_whole(api: Browser) -> None:
    """Every fault of a text is told at once, each at its place, and nothing is stored."""
    answered = api.ask("POST", "/api/v1/messages", {"from": "abc", "to": "7+", "text": "", "registered_delivery": 9})
    assert answered.status == 422
    assert {error["pointer"] for error in answered.json["errors"]} == {
        "#/from",
        "#/to",
        "#/text",
        "#/registered_delivery",
    }
    assert api.get("/api/v1/messages")["items"] == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["four", "three", "Two", "one"]), ("order=oldest", ["one", "Two", "three", "four"]),
        (f"from={A}", ["three", "Two", "one"]), (f"to={A}", ["four"]), (f"address={B}", ["four", "Two", "one"]),
        ("from=79995*", ["four", "three", "Two", "one"]), ("text=TWO", ["Two"]),
        ("state=delivered", ["four", "three", "Two", "one"]),
        ("state=expired&state=enroute", []), ("kind=receipt", []), ("client=demo", []), ("command=balance", []),
        ("since=2026-01-15T09:00:02Z", ["four", "three"]), ("until=2026-01-15T09:00:02Z", ["Two", "one"]),
        (f"from={A}&text=o", ["Two", "one"]),
    ],
)  # fmt: skip
def test_filters_are_all_heeded(api: Browser, bench: Bench, query: str, expected: list[str]) -> None:
    """All that is said must hold of what is listed."""
    for number, (what, source, destination) in enumerate(
        [("one", A, B), ("Two", A, B), ("three", A, "79995550003"), ("four", B, A)]
    ):
        if number:
            bench.advance(1)
        text(api, what, source, destination)
    assert texts(api.get(f"/api/v1/messages?{query}")) == expected


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_hold_every_message_once(api: Browser, order: str) -> None:
    """Following next from page to page gives all, in order, whatever comes meanwhile at the new end."""
    for number in range(23):
        text(api, f"text {number}")
    found, cursor = [], ""
    while True:
        page = api.get(f"/api/v1/messages?limit=5&order={order}{cursor}")
        found += texts(page)
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
        if order == "newest":
            text(api, "later")
    expected = [f"text {number}" for number in range(23)]
    assert found == (expected if order == "oldest" else expected[::-1])


def test_a_message_is_found_by_each_of_its_names(api: Browser, bench: Bench) -> None:
    """By the id that its client was told and by its number; what is none is not found."""
    message_id = Esme(bench).submit("BALANCE")
    assert api.get(f"/api/v1/messages/{message_id}")["message"]["number"] == int(message_id)
    assert api.get(f"/api/v1/messages/{int(message_id)}")["message"]["id"] == message_id
    for nothing in ("0", "999", "-1", "x", "1e5", "٣", "9" * 50):
        assert api.ask("GET", f"/api/v1/messages/{quote(nothing)}").status == 404, nothing


def test_a_detail_tells_the_whole_life(api: Browser, bench: Bench) -> None:
    """PDUs with their responses, what each character was read as, and each state with its time."""
    esme = Esme(bench)
    message_id = esme.submit("BALANS")
    detail = api.get(f"/api/v1/messages/{message_id}")
    assert [pdu["command"] for pdu in detail["pdus"]] == ["submit_sm", "submit_sm_resp"]
    assert detail["pdus"][0]["fields"]["short_message"] == b"BALANS".hex()
    assert detail["explanation"]["words"][0]["meaning"] == "balance"
    assert [step["state"] for step in detail["transitions"]] == ["enroute", "delivered"]


def test_parts_are_shown_together(api: Browser, bench: Bench) -> None:
    """Each part of a joined text lists all of them."""
    esme = Esme(bench)
    ids = [
        esme.submit(b"\x05\x00\x03\x07\x02" + bytes([number]) + body, esm_class=0x40)
        for number, body in ((1, b"BALA"), (2, b"NCE"))
    ]
    detail = api.get(f"/api/v1/messages/{ids[1]}")
    assert [part["id"] for part in detail["parts"]] == ids
    assert detail["message"]["segments"] == 1


# --- waiting ---


def test_a_wait_finds_what_is_there(api: Browser) -> None:
    """A message that has come before the wait counts: a test need not be quick."""
    text(api, "first")
    text(api, "second")
    assert api.get("/api/v1/messages/wait?text=second")["text"] == "second"
    assert api.get("/api/v1/messages/wait")["text"] == "first"


def test_a_wait_ends_with_the_message(api: Browser, bench: Bench) -> None:
    """What comes later answers the wait, once it matches; what does not match leaves it waiting."""
    waits = api.begin("GET", "/api/v1/messages/wait?text=right&timeout=60")
    text(api, "wrong")
    assert waits.received() == b""
    text(api, "the RIGHT one")
    assert waits.answer().json["text"] == "the RIGHT one"
    assert bench.storage._observer is None, "nobody listens any more"  # type: ignore[attr-defined]


def test_a_wait_for_a_state_ends_with_the_change(api: Browser, bench: Bench) -> None:
    """A message that is there already answers the wait when it comes to the wanted state."""
    esme = Esme(bench)
    esme.answer = None
    esme.submit("BALANCE")
    waits = api.begin("GET", "/api/v1/messages/wait?kind=reply&state=delivered&timeout=60")
    assert waits.received() == b""
    esme.respond(esme.take()[0])
    assert waits.answer().json["state"] == "delivered"


def test_a_wait_comes_to_an_end(api: Browser, bench: Bench) -> None:
    """404 when nothing comes in time, and nobody listens any more."""
    waits = api.begin("GET", "/api/v1/messages/wait?timeout=5")
    bench.pass_time(4.5)
    assert waits.received() == b""
    bench.pass_time(1)
    assert waits.answer().status == 404
    assert waits.answer().json["waited"] == 5.0


def test_going_from_one_to_the_next(api: Browser) -> None:
    """after= the number of the last one seen gives the next, present or future; new=true only what comes."""
    first, second = text(api, "first"), text(api, "second")
    assert api.get(f"/api/v1/messages/wait?after={first['number']}")["number"] == second["number"]
    waits = api.begin("GET", f"/api/v1/messages/wait?after={second['number']}")
    fresh = api.begin("GET", "/api/v1/messages/wait?new=true")
    assert waits.received() == fresh.received() == b""
    text(api, "third")
    assert waits.answer().json["text"] == fresh.answer().json["text"] == "third"


def test_who_goes_away_does_not_wait(api: Browser, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed connection frees its place; one wait too many is told so."""
    monkeypatch.setattr(waiting, "MOST_WAITERS", 2)
    one, _ = (api.begin("GET", "/api/v1/messages/wait?timeout=60") for _ in range(2))
    assert api.ask("GET", "/api/v1/messages/wait").status == 503
    one.close()
    again = api.begin("GET", "/api/v1/messages/wait?timeout=60")
    assert again.received() == b""
    text(api, "for both")
    assert again.answer().json["text"] == "for both"


def test_waits_on_a_storage_that_answers_later() -> None:
    """The message may come between the search and its answer, and is not missed."""
    bench = Bench(storage=DeferredStorage())
    api = Browser(bench)
    waits = api.begin("GET", "/api/v1/messages/wait?text=x&timeout=60")
    sending = api.begin("POST", "/api/v1/messages", {"from": A, "to": B, "text": "x"})
    bench.settle()
    assert sending.answer("POST").status == 201
    assert waits.answer().json["text"] == "x"


@pytest.mark.parametrize("deferred", [False, True], ids=["direct", "deferred"])
def test_a_wait_outlives_a_reset(deferred: bool) -> None:
    """Numbers begin anew with a reset of all: who waited for what comes next still gets what comes next."""
    bench = Bench(storage=DeferredStorage() if deferred else None)
    api, esme = Browser(bench), Esme(bench)
    for _ in range(3):
        esme.submit("x", destination=HANDSET)
    waiting = [
        api.begin("GET", f"/api/v1/messages/wait?text=x&timeout=30&{which}") for which in ("new=true", "after=3")
    ]
    assert not waiting[0].received()
    api.begin("POST", "/api/v1/reset", {"what": ["all"]})
    assert esme.submit("x", destination=HANDSET) == "0000000001"
    assert [one.answer().json["number"] for one in waiting] == [1, 1]


def test_a_handset_waits_for_its_own_texts(api: Browser) -> None:
    """By itself it waits for what is sent to it; its secret is readable, and nobody else's is."""
    waits = api.begin("GET", f"/api/v1/handsets/{SUBSCRIBER}/messages/wait?timeout=60")
    masked = api.begin("GET", "/api/v1/messages/wait?kind=reply&timeout=60")
    text(api, "PIN", SUBSCRIBER, SHORT_CODE)
    assert waits.answer().json["direction"] == "in"
    assert waits.answer().json["message"]["text"] is not None
    assert (masked.answer().json["secret"], masked.answer().json["text"]) == (True, None)


# --- deleting ---


def test_deleting_takes_what_matches_and_is_finished(api: Browser, bench: Bench) -> None:
    """Filters say what goes; a message on its way stays, whatever they say."""
    esme = Esme(bench)
    esme.answer = None
    esme.submit("BALANCE")
    text(api, "one")
    text(api, "two", B, A)
    assert api.ask("DELETE", f"/api/v1/messages?from={A}").json == {"deleted": 1}
    assert "one" not in texts(api.get("/api/v1/messages"))
    assert api.ask("DELETE", "/api/v1/messages").json["deleted"] == 2
    (left,) = api.get("/api/v1/messages")["items"]
    assert left["kind"] == "reply"


# --- events ---


def events(stream: Connection) -> list[tuple[str, Any]]:
    """The events of a stream so far."""
    body = stream.received().partition(b"\r\n\r\n")[2]
    octets = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        octets, body = octets + body[: int(size, 16)], body[int(size, 16) + 2 :]
    told = []
    for block in octets.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "event" in fields:
            told.append((fields["event"], json.loads(fields["data"])))
    return told


def test_watchers_see_what_happens(api: Browser, bench: Bench) -> None:
    """Messages, sessions, faults, the clock and resets are told to everybody who watches, secrets masked."""
    streams = [api.begin("GET", "/api/v1/events") for _ in range(2)]
    Esme(bench)
    text(api, "PIN", SUBSCRIBER, SHORT_CODE)
    api.post("/api/v1/faults", {"point": "accept", "effect": {"kind": "disconnect"}}, status=201)
    api.post("/api/v1/clock/freeze")
    bench.pass_time(0.2)
    api.post("/api/v1/reset", {"what": ["messages"]})
    bench.pass_time(0.2)
    for stream in streams:
        names = [name for name, _ in events(stream)]
        assert names[0] == "hello"
        assert {"message", "sessions", "faults", "clock", "reset"} <= set(names)
        (pin,) = [told for name, told in events(stream) if name == "message" and told["kind"] == "reply"]
        assert (pin["secret"], pin["text"]) == (True, None)


def test_a_message_that_changes_is_told_as_it_is_in_the_end(api: Browser, bench: Bench) -> None:
    """Between two tellings the last state counts: a burst costs each watcher one event a message."""
    stream = api.begin("GET", "/api/v1/events")
    Esme(bench).submit("BALANCE")
    bench.pass_time(0.2)
    told = [one for name, one in events(stream) if name == "message"]
    assert sorted((one["kind"], one["state"]) for one in told) == [("reply", "delivered"), ("submitted", "delivered")]


def test_of_a_flood_only_the_newest_are_told(api: Browser, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is just no flood is told whole; of more only the newest, after a word on how much is left out."""
    monkeypatch.setattr(happenings, "MOST_AT_ONCE", 4)
    monkeypatch.setattr(happenings, "TOLD_OF_MORE", 2)
    stream = api.begin("GET", "/api/v1/events")
    for number in range(4):
        text(api, f"{number}")
    bench.pass_time(0.2)
    assert [told["text"] for name, told in events(stream) if name == "message"] == ["0", "1", "2", "3"]
    for number in range(4, 9):
        text(api, f"{number}")
    bench.pass_time(0.2)
    names = [name for name, _ in events(stream)][5:]
    assert names == ["skipped", "message", "message"]
    assert [told["text"] for name, told in events(stream) if name == "message"][4:] == ["7", "8"]
    assert dict(events(stream))["skipped"] == {"messages": 3}


def test_who_was_cut_off_goes_on(api: Browser, bench: Bench) -> None:
    """With Last-Event-ID a watcher gets what it missed; when that is gone it is told to look anew."""
    stream = api.begin("GET", "/api/v1/events")
    text(api, "one")
    bench.pass_time(0.2)
    stream.close()
    text(api, "two")
    bench.pass_time(0.2)
    again = api.begin("GET", "/api/v1/events", headers={"Last-Event-ID": "1"})
    assert [told["text"] for name, told in events(again) if name == "message"] == ["two"]
    again.close()
    bench.pass_time(60)
    late = api.begin("GET", "/api/v1/events", headers={"Last-Event-ID": "2"})
    assert [name for name, _ in events(late)] == ["missed"]


def test_who_does_not_keep_up_costs_nothing(api: Browser, bench: Bench) -> None:
    """Nothing is kept for a watcher that does not read; when it reads again it is told that it missed something."""
    stream = api.begin("GET", "/api/v1/events")
    before = len(stream.received())
    stream.transport.producer.pauseProducing()
    for number in range(50):
        text(api, f"text {number}")
        bench.pass_time(0.2)
    assert len(stream.received()) == before
    stream.transport.producer.resumeProducing()
    text(api, "last")
    bench.pass_time(0.2)
    assert [name for name, _ in events(stream)] == ["hello", "missed"]


def test_nobody_watches_nothing_is_collected(api: Browser, bench: Bench) -> None:
    """Half a minute after the last watcher has gone no timer runs and no storage tells."""
    stream = api.begin("GET", "/api/v1/events")
    stream.close()
    bench.pass_time(60)
    assert bench.storage._observer is None  # type: ignore[attr-defined]  # of the memory storage
