"""L. What is logged and stored, who somebody is, and what can be done to others."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import pytest
from twisted.logger import LogEvent

from gateway.logs import LineObserver
from gateway.smpp.pdus import CancelSm, CancelSmResp, QuerySm, ReplaceSm
from gateway.smpp.statuses import CommandStatus
from tests.console.browser import Browser
from tests.doubles import Bench
from tests.esme import SHORT_CODE, SUBSCRIBER, Esme, text_of
from tests.hostile.rows import row

CONFIRMING = "79991110002"
"""A configured account whose payments need a code."""


def lines(events: Iterable[LogEvent], form: str = "text") -> list[str]:
    """The log as it would be written."""
    written = []
    for event in events:
        stream = io.StringIO()
        LineObserver(stream, form)(event)  # type: ignore[arg-type]
        written.append(stream.getvalue())
    return written


def two_clients(tmp_path: Path, more: str = "") -> Bench:
    """A gateway for the clients demo and other, both with password demo."""
    config = tmp_path / "two.toml"
    clients = "".join(f'[clients.{name}]\npassword = "demo"\n{more}' for name in ("demo", "other"))
    config.write_text(clients, "utf-8")
    return Bench(config=str(config))


@pytest.mark.parametrize("nasty", ["a\r\nb: forged", "a\x1b[31mred", "a\nERROR all is lost", "a\tb"])
@row("L-01")
def test_control_characters_make_no_line_of_their_own(row: str, nasty: str, log: list[LogEvent]) -> None:
    """A name or a text with line breaks is one record, its controls escaped."""
    bench = Bench()
    Esme(bench, system_id=nasty[:15], password="x")
    esme = Esme(bench)
    esme.submit(nasty)
    esme.submit_status("x", source=nasty[:20])
    for form in ("text", "json"):
        for line in lines(log, form):
            assert line.count("\n") == 1
            assert not re.search("[\x00-\x09\x0b-\x1f]", line)
    assert any("refused" in line for line in lines(log))


@row("L-02")
def test_secrets_are_nowhere_but_where_they_belong(row: str, log: list[LogEvent]) -> None:
    """A PIN, a code and a password are on the wire and in the handset's thread: not in the log at any level, not in the
    API's lists, details, events, history, captures or metrics."""
    bench = Bench(client=["demo:canary-p"])
    api = Browser(bench)
    stream = api.begin("GET", "/api/v1/events")
    Esme(bench, password="canary-x")
    esme = Esme(bench, password="canary-p")
    esme.submit("PIN")
    pin = re.search(r"\d{4}", text_of(*esme.take()))
    assert pin is not None
    api.post("/api/v1/messages", {"from": CONFIRMING, "to": SHORT_CODE, "text": "PIN"}, status=201)
    api.post("/api/v1/payments", {"account": CONFIRMING, "amount": "10.00"}, status=201)
    thread = api.get(f"/api/v1/handsets/{CONFIRMING}/messages?box=in")["items"]
    own = [re.search(r"\d{4,6}", item["message"]["text"]) for item in thread]
    assert len(own) == 2
    assert all(own)
    code = own[0]
    assert code is not None
    api.post("/api/v1/messages", {"from": CONFIRMING, "to": SHORT_CODE, "text": code[0]}, status=201)
    assert api.get("/api/v1/payments/1")["state"] == "completed"
    bench.pass_time(1)
    secrets = ["canary", pin[0], *(found[0] for found in own if found)]
    seen = [stream.received()]
    paths = [f"/api/v1/messages/{number}" for number in range(1, 8)] + ["/metrics"]
    paths += [
        f"/api/v1/{path}"
        for path in (
            "messages", f"accounts/{SUBSCRIBER}/entries", f"accounts/{CONFIRMING}/entries", "accounts", "payments",
            "sessions", "status", "faults", "handsets", "capture.pcapng",
        )
    ]  # fmt: skip
    seen += [api.ask("GET", path).body for path in paths]
    for octets in seen:
        text = re.sub(rb'"(hex|octets|short_message)":"[0-9a-f]*"|[0-9]{10,}|T[0-9:.]+Z', b"", octets)
        spelled = re.findall(rb'"(?:hex|octets|short_message)":"([0-9a-f]*)"', octets)
        for secret in secrets:
            assert not re.search(rb"(?<![0-9])" + secret.encode() + rb"(?![0-9])", text), (secret, octets[:3000])
            assert not any(secret.encode().hex().encode() in one for one in spelled)
            assert not any(secret.encode("utf-16-be").hex().encode() in one for one in spelled)
    for line in (*lines(log), *lines(log, "json")):
        for secret in secrets:
            assert not re.search(rf"(?<![0-9.]){secret}(?![0-9])", line), line


@row("L-02")
def test_secrets_are_shown_when_that_is_asked_for(row: str) -> None:
    """With reveal_secrets lists show them too, and the banner says so."""
    bench = Bench(reveal_secrets=True)
    api = Browser(bench)
    api.post("/api/v1/messages", {"from": SUBSCRIBER, "to": SHORT_CODE, "text": "PIN"}, status=201)
    (reply,) = api.get("/api/v1/messages?kind=reply")["items"]
    assert reply["secret"]
    assert re.search(r"\d{4}", reply["text"])
    assert api.get("/api/v1/status")["banner"]["reveal_secrets"] is True
    assert Browser(Bench()).get("/api/v1/status")["banner"]["reveal_secrets"] is False


@row("L-03")
def test_a_number_is_not_in_the_log(row: str, log: list[LogEvent]) -> None:
    """Whatever happens to a subscriber's text, its number is in no line, nor in a metric."""
    bench = Bench()
    esme = Esme(bench)
    esme.submit("BALANCE")
    esme.submit_status("x", destination="")
    api = Browser(bench)
    api.post("/api/v1/messages", {"from": SUBSCRIBER, "to": SHORT_CODE, "text": "BALANCE"}, status=201)
    metrics = api.ask("GET", "/metrics").body.decode()
    for line in (*lines(log), *lines(log, "json"), metrics):
        assert SUBSCRIBER not in line


@pytest.mark.parametrize("storage", ["memory", "sqlite"])
@row("L-04")
def test_texts_are_data(row: str, storage: str, tmp_path: Path) -> None:
    """SQL in a text, an address or a search is text: wildcards find themselves only, and nothing is lost."""
    url = "memory:" if storage == "memory" else f"sqlite:///{tmp_path / 'sms.db'}"
    bench = Bench(database=url)
    api = Browser(bench)
    texts = ["' OR 1=1--", '"; DROP TABLE messages;--', "50%", "a_b", "axb", "back\\slash", "plain"]
    for text in texts:
        api.post("/api/v1/messages", {"from": "79995550001", "to": "79995550002", "text": text}, status=201)
    for wanted, expected in (
        ("' OR 1=1", 1), ("DROP TABLE", 1), ("%", 1), ("_", 1), ("a_b", 1), ("\\", 1), ("'", 1), ("", len(texts)),
    ):  # fmt: skip
        assert len(api.get(f"/api/v1/messages?text={quote(wanted)}")["items"]) == expected, wanted
    for nasty in ("' OR 1=1--", "%", "_", "7999%"):
        assert api.get(f"/api/v1/messages?from={quote(nasty)}")["items"] == []
    assert len(api.get("/api/v1/messages?from=79995*")["items"]) == len(texts)


@row("L-05")
def test_a_client_speaks_for_its_own_numbers_only(row: str, tmp_path: Path) -> None:
    """A source that is not in allowed_sources is refused, and nothing happens to the account of that number."""
    bench = two_clients(tmp_path, 'allowed_sources = ["79992*"]\n')
    esme = Esme(bench, system_id="other")
    assert esme.submit_status("PIN", source=SUBSCRIBER) == CommandStatus.ESME_RINVSRCADR
    assert Browser(bench).get(f"/api/v1/accounts/{SUBSCRIBER}/entries")["items"] == []


@row("L-06")
def test_nobody_has_no_wallet(row: str) -> None:
    """A command without a source is refused, or answered to nobody; no account is made or changed."""
    bench = Bench(unknown_subscribers="create")
    api = Browser(bench)
    before = api.get("/api/v1/accounts")
    esme = Esme(bench)
    esme.submit_status("PIN", source="")
    assert api.get("/api/v1/accounts") == before
    assert esme.take() == []


@pytest.mark.parametrize(
    ("source", "esm_class"),
    [(SHORT_CODE, 0), (SUBSCRIBER, 0x04), (SUBSCRIBER, 0x20), ("WALLET", 0)],
    ids=["own-number", "receipt", "notification", "alphanumeric"],
)
@row("L-07")
def test_a_loop_ends_where_it_begins(row: str, source: str, esm_class: int) -> None:
    """Our own number, a receipt and an alphanumeric sender get no reply, so that nothing goes round."""
    bench = Bench()
    esme = Esme(bench)
    fields = {"esm_class": esm_class} if esm_class else {}
    if source == "WALLET":
        fields |= {"source_addr_ton": 5, "source_addr_npi": 0}
    esme.submit_status("BALANCE", source=source, **fields)
    bench.advance(10)
    assert esme.take() == []


@row("L-08")
def test_a_victim_gets_so_many_replies_and_no_more(row: str, tmp_path: Path) -> None:
    """With a limit, texts with a forged source bring so many replies to it within the window, whoever sends them."""
    config = tmp_path / "limits.toml"
    config.write_text("[reply_limits]\nreplies = 3\nreplies_window = 60\n", "utf-8")
    bench = Bench(config=str(config))
    esme = Esme(bench)
    for _ in range(20):
        esme.submit("BALANCE")
    assert len(esme.take()) == 3
    bench.advance(61)
    esme.submit("BALANCE")
    assert len(esme.take()) == 1


@row("L-09")
def test_an_id_of_another_client_is_no_id(row: str, tmp_path: Path) -> None:
    """Who guesses the ids of others learns nothing: query_sm finds no more than for an id that never was."""
    bench = two_clients(tmp_path)
    message_id = Esme(bench).submit("x", destination="79995550009")
    other = Esme(bench, system_id="other")
    told = [other.ask(QuerySm(one, 1, 1, SUBSCRIBER)).command_status for one in (message_id, "0000099999")]
    assert told == [CommandStatus.ESME_RINVMSGID] * 2


@row("L-10")
def test_a_message_of_another_client_stays(row: str, tmp_path: Path) -> None:
    """replace_sm and cancel_sm of another's message find nothing, and change nothing."""
    bench = two_clients(tmp_path, 'addresses = ["7000*"]\n')
    mine, other = Esme(bench), Esme(bench, system_id="other")
    message_id = mine.submit("x", destination="70001", schedule_delivery_time="000001000000000R")
    replaced = other.ask(ReplaceSm(message_id, 1, 1, SUBSCRIBER, short_message=b"y"))
    cancelled = other.ask(CancelSm("", message_id, 1, 1, SUBSCRIBER, 0, 1, "70001"))
    assert isinstance(cancelled, CancelSmResp)
    assert {replaced.command_status, cancelled.command_status} == {CommandStatus.ESME_RINVMSGID}
    shown = Browser(bench).get(f"/api/v1/messages/{message_id}")["message"]
    assert (shown["state"], shown["text"]) == ("scheduled", "x")


@row("L-11")
def test_one_code_pays_once(row: str) -> None:
    """The same code on two sessions in one moment is one payment."""
    bench = Bench()
    api = Browser(bench)
    one, two = Esme(bench), Esme(bench)
    one.submit("HELP", source=CONFIRMING)
    api.post("/api/v1/payments", {"account": CONFIRMING, "amount": "100.00"}, status=201)
    found = [re.search(r"\b\d{6}\b", text_of(delivery)) for delivery in (*one.take(), *two.take())]
    (code,) = {match[0] for match in found if match}
    one.submit(code, source=CONFIRMING)
    two.submit(code, source=CONFIRMING)
    entries = api.get(f"/api/v1/accounts/{CONFIRMING}/entries")["items"]
    assert [entry["kind"] for entry in entries].count("payment_completed") == 1
    assert api.get(f"/api/v1/accounts/{CONFIRMING}")["balances"]["RUB"] == "150.00"


@row("L-12")
def test_what_is_sent_again_is_another_message(row: str) -> None:
    """SMPP knows no repetition: the same submit twice has two ids and two replies (5.0 §2.6.3)."""
    bench = Bench()
    esme = Esme(bench)
    assert esme.submit("BALANCE") != esme.submit("BALANCE")
    assert len(esme.take()) == 2
