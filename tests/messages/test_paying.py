"""Payments from the merchant's side: codes by SMS, their end in time, requests with codes kept sealed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from commands.wallet.accounts import Payment, PaymentState
from commands.wallet.errors import AmountInvalid, MerchantInvalid, NoAccount
from commands.wallet.money import Money
from gateway.faults.forms import rule_from_object
from gateway.messages.message import Fate, Kind, Message
from gateway.smpp.pdus import ReplaceSm
from gateway.sms import gsm0338
from gateway.sms.udh import Concatenation, element_of, encode
from gateway.storage.base import StorageDown
from gateway.storage.query import MessageQuery
from tests.doubles import Bench, FailingStorage
from tests.esme import SHORT_CODE, Esme, text_of
from tests.messages.benches import Benches
from tests.messages.conftest import BenchMaker
from tests.messages.test_texting import inbox, text, words_of

BUYER = "79991110002"
PLAIN = "79991110005"
ACCOUNTS = f"""
[accounts.{BUYER}]
language = "en"
balances = {{ RUB = "100.00" }}
confirmation = true
[accounts.{PLAIN}]
language = "en"
balances = {{ RUB = "100.00" }}
"""
CLIENTS = '[clients.demo]\npassword = "demo"\n[clients.far]\npassword = "far"\n'


def configured(make_bench: BenchMaker, tmp_path: Path, config: str = CLIENTS) -> Bench:
    file = tmp_path / "paying.toml"
    file.write_text(config + ACCOUNTS)
    return make_bench(config=str(file))


def pay(
    bench: Bench, amount: int = 1000, account: str = BUYER, cause: str = "order:1", merchant: str = "Books"
) -> Payment:
    """Start a payment as a merchant; an error is raised."""
    told: list[Payment] = []
    failed: list[Exception] = []
    bench.emulator.paying.start(account, Money(amount, "RUB"), merchant, cause, told.append, failed.append)
    bench.settle()
    assert len(told) + len(failed) == 1
    if failed:
        raise failed[0]
    return told[0]


def code_in(words: str) -> str:
    """The six digits of a text."""
    return next(
        word.strip(".,:") for word in words.split() if word.strip(".,:").isdigit() and len(word.strip(".,:")) == 6
    )


def payment(bench: Bench, number: int = 1) -> Payment:
    found = bench.read(lambda books: books.payments.get(number))
    assert found is not None
    return found


def test_a_code_goes_into_the_inbox_and_confirms(make_bench: BenchMaker, tmp_path: Path) -> None:
    """Of a subscriber that no client reaches; what is texted back completes the payment, once."""
    bench = configured(make_bench, tmp_path)
    held = pay(bench, account=f"+{BUYER}")
    assert (held.state, held.account) == (PaymentState.HELD, BUYER)
    (message,) = inbox(bench, BUYER)
    assert (message.sealed, message.outcome, message.source_addr, message.fate) == (
        True, "payment_code", SHORT_CODE, Fate.HANDSET,
    )  # fmt: skip
    code = code_in(words_of(message))
    asked = text(bench, SHORT_CODE, code, source=BUYER)
    assert (asked.sealed, asked.command, asked.outcome) == (True, "code", "payment_done")
    assert payment(bench).state == PaymentState.COMPLETED
    account = bench.read(lambda books: books.accounts.get(BUYER))
    assert account is not None
    assert account.balances == (Money(9000, "RUB"),)
    bench.advance(3600)
    assert payment(bench).state == PaymentState.COMPLETED


def test_a_code_goes_to_the_client_of_the_last_command(make_bench: BenchMaker, tmp_path: Path) -> None:
    """Through whichever the subscriber last texted the short code, a handset included; sealed while it waits."""
    bench = configured(make_bench, tmp_path)
    demo, far = Esme(bench), Esme(bench, system_id="far", password="far")
    far.submit("BALANCE", source=BUYER)
    demo.submit("BALANCE", source=f"+{BUYER}")
    demo.take(), far.take()
    pay(bench, cause="order:1")
    (pdu,) = demo.take()
    assert far.take() == []
    assert (pdu.source_addr, pdu.destination_addr, pdu.dest_addr_ton, pdu.dest_addr_npi) == (SHORT_CODE, BUYER, 1, 1)
    assert pay(bench, cause="order:1").number == 1
    assert demo.take() == []
    far.submit("HELP", source=BUYER)
    far.take()
    pay(bench, cause="order:2")
    assert len(far.take()) == 1
    text(bench, SHORT_CODE, "HELP", source=BUYER)
    pay(bench, cause="order:3")
    assert demo.take() == far.take() == []
    assert inbox(bench, BUYER)[-1].outcome == "payment_code"
    demo.submit(code_in(text_of(pdu)), source=BUYER)
    assert payment(bench).state == PaymentState.COMPLETED


def test_a_client_that_owns_the_number_gets_the_code(make_bench: BenchMaker, tmp_path: Path) -> None:
    """Whoever else has texted for it."""
    clients = f'[clients.demo]\npassword = "demo"\n[clients.far]\npassword = "far"\naddresses = ["{BUYER}"]\n'
    bench = configured(make_bench, tmp_path, clients)
    demo, far = Esme(bench), Esme(bench, system_id="far", password="far")
    demo.submit("BALANCE", source=BUYER)
    demo.take()
    far.take()
    pay(bench)
    assert demo.take() == []
    assert len(far.take()) == 1


def test_a_payment_that_needs_no_code(make_bench: BenchMaker, tmp_path: Path) -> None:
    """Is completed or refused at once; nothing is sent and nothing is planned."""
    bench = configured(make_bench, tmp_path)
    steps = len(bench.emulator.agenda)
    assert pay(bench, account=PLAIN).state == PaymentState.COMPLETED
    assert pay(bench, amount=9001, account=PLAIN, cause="order:2").state == PaymentState.REFUSED
    assert inbox(bench, PLAIN) == []
    assert len(bench.emulator.agenda) == steps


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"account": "79990000000"}, NoAccount),
        ({"amount": 0}, AmountInvalid),
        ({"merchant": "Книги"}, MerchantInvalid),
    ],
)
def test_what_cannot_be_paid_is_told(
    make_bench: BenchMaker, tmp_path: Path, changes: dict[str, object], error: type[Exception]
) -> None:
    """As the wallet's own errors; nothing is kept."""
    bench = configured(make_bench, tmp_path)
    with pytest.raises(error):
        pay(bench, **changes)  # type: ignore[arg-type]
    assert bench.read(lambda books: books.payments.get(1)) is None


def test_a_storage_that_is_down_is_told() -> None:
    """The error comes to the merchant, who may ask again with the same cause."""
    storage = FailingStorage()
    bench = Bench(storage=storage)
    storage.errors.append(StorageDown("gone"))
    with pytest.raises(StorageDown):
        pay(bench, account="79991110001")
    assert pay(bench, account="79991110001").state in set(PaymentState)


def test_a_code_expires_in_no_time(make_bench: BenchMaker, tmp_path: Path) -> None:
    """Five minutes pass in milliseconds: the payment is expired without anybody asking, and the code says so."""
    bench = configured(make_bench, tmp_path)
    pay(bench)
    code = code_in(words_of(inbox(bench, BUYER)[0]))
    bench.advance(299.9)
    assert payment(bench).state == PaymentState.HELD
    bench.advance(0.2)
    assert payment(bench).state == PaymentState.EXPIRED
    asked = text(bench, SHORT_CODE, code, source=BUYER)
    assert (asked.outcome, asked.sealed) == ("code_expired", True)


@pytest.mark.parametrize(
    ("words", "sealed"),
    [
        ("123456", True), ("my pin 4821!", True), ("1 2 3 4", True), ("\u0661\u0662\u0663\u0664", True),
        ("confirm 1", False), ("123", False), ("баланс", False),
    ],
)  # fmt: skip
def test_a_text_with_as_many_digits_as_a_secret_has_is_sealed(
    words: str, sealed: bool, make_bench: BenchMaker, tmp_path: Path
) -> None:
    """Whether a payment waits or not: it may be a code that was used up, mistyped, or meant for another number."""
    bench = configured(make_bench, tmp_path)
    assert text(bench, SHORT_CODE, words, source=BUYER).sealed is sealed
    assert not text(bench, "79995550001", words, source=BUYER).sealed, "to a handset it is any text"
    pay(bench)
    assert text(bench, SHORT_CODE, words, source=BUYER).sealed is sealed


@pytest.mark.parametrize("way", ["scheduled", "replaced", "late", "silent", "octets"])
def test_a_code_is_sealed_before_it_is_understood(way: str, tmp_path: Path) -> None:
    """A code whose time has not come, or to which nothing is ever said, is in no file in clear; in time it counts."""
    file = tmp_path / "paying.toml"
    file.write_text(CLIENTS + ACCOUNTS)
    bench = Bench(config=str(file), database=f"sqlite:///{tmp_path / 'sms.db'}")
    esme = Esme(bench)
    esme.submit("BALANCE", source=BUYER)
    esme.take()
    pay(bench)
    code = code_in(text_of(*esme.take()))
    effects = {"late": {"kind": "delay", "seconds": 60}, "silent": {"kind": "no_response"}}
    if way in effects:
        bench.emulator.plan.add(rule_from_object({"point": "answer", "effect": effects[way]}))
    fields: dict[str, object] = {"octets": {"data_coding": 4}}.get(way, {})
    if way in ("scheduled", "replaced"):
        fields = {"schedule_delivery_time": "000000000100000R"}
    message_id = esme.submit("soon" if way == "replaced" else code, source=BUYER, **fields)
    if way == "replaced":
        replace = ReplaceSm(message_id, 1, 1, BUYER, short_message=code.encode())
        assert esme.ask(replace).command_status == 0
    message = bench.read(lambda books: books.messages.get(int(message_id)))
    assert message is not None
    assert message.sealed
    for kept in tmp_path.glob("sms.db*"):
        assert code.encode() not in kept.read_bytes()
    bench.advance(61)
    done = way in ("scheduled", "replaced", "late")
    assert payment(bench).state == (PaymentState.COMPLETED if done else PaymentState.HELD)
    bench.storage.close()


def test_a_receipt_does_not_repeat_a_code(make_bench: BenchMaker, tmp_path: Path) -> None:
    """Neither the receipt nor the notification of a text with one."""
    bench = configured(make_bench, tmp_path)
    esme = Esme(bench)
    esme.submit("BALANCE", source=BUYER)
    esme.take()
    pay(bench)
    code = code_in(text_of(*esme.take()))
    esme.submit(code, source=BUYER, registered_delivery=0x11)
    bench.advance(1)
    texts = [text_of(pdu) for pdu in esme.take()]
    assert len(texts) == 3
    assert not any(code in words for words in texts)


def test_a_code_in_parts_is_sealed_when_it_is_whole(make_bench: BenchMaker, tmp_path: Path) -> None:
    """All its parts are."""
    bench = configured(make_bench, tmp_path)
    esme = Esme(bench)
    esme.submit("BALANCE", source=BUYER)
    esme.take()
    pay(bench)
    code = code_in(text_of(*esme.take()))
    ids = [
        int(esme.submit(
            encode([element_of(Concatenation(1, 2, number))]) + half.encode(), source=BUYER, esm_class=0x40
        ))
        for number, half in ((1, code[:3]), (2, code[3:]))
    ]  # fmt: skip
    assert payment(bench).state == PaymentState.COMPLETED
    parts = bench.read(lambda books: [books.messages.get(one) for one in ids])
    assert [(part.sealed, part.command) for part in parts if part] == [(True, "code")] * 2


# --- on a file, over a restart ---


def test_held_payments_expire_after_a_restart(benches: Benches, tmp_path: Path) -> None:
    """At their time, those whose time came in between included; what was confirmed stays so."""
    config = tmp_path / "paying.toml"
    config.write_text(CLIENTS + ACCOUNTS)
    bench = benches.start(config=str(config))
    pay(bench)
    bench.advance(100)
    pay(bench, cause="order:2")
    done = code_in(words_of(inbox(bench, BUYER)[-1]))
    bench.advance(100)
    pay(bench, cause="order:3")
    assert text(bench, SHORT_CODE, done, source=BUYER).outcome == "payment_done"
    bench = benches.start(config=str(config))
    assert [payment(bench, number).state for number in (1, 2, 3)] == ["held", "completed", "held"]
    bench.advance(101)
    assert [payment(bench, number).state for number in (1, 2, 3)] == ["expired", "completed", "held"]
    bench = benches.start(config=str(config))
    bench.advance(200)
    assert [payment(bench, number).state for number in (1, 2, 3)] == ["expired", "completed", "expired"]


def test_codes_are_nowhere_in_the_file(benches: Benches, tmp_path: Path) -> None:
    """Neither on their way to the subscriber nor on the way back, whole or in parts of two messages."""
    config = tmp_path / "paying.toml"
    config.write_text(CLIENTS + ACCOUNTS)
    bench = benches.start(config=str(config))
    esme = Esme(bench)
    esme.submit("BALANCE", source=BUYER)
    esme.take()
    pay(bench)
    (sent,) = [text_of(pdu) for pdu in esme.take()]
    code = code_in(sent)
    pay(bench, cause="order:2")
    second = code_in(text_of(*esme.take()))
    esme.submit(code, source=BUYER, registered_delivery=0x11)
    text(bench, SHORT_CODE, f"code {second}", source=BUYER)
    bench.advance(1)
    folder = benches.folder
    benches.end()
    for file in folder.iterdir():
        octets = file.read_bytes()
        for secret in (code, second):
            assert secret.encode() not in octets, file.name
            assert secret.encode("utf-16-be") not in octets, file.name
            assert gsm0338.pack(secret.encode()) not in octets, file.name
    database = sqlite3.connect(folder / "gateway.db")
    assert database.execute("SELECT count(*) FROM messages WHERE sealed").fetchone() == (4,)
    database.close()


def test_the_client_of_the_last_command_is_known_after_a_restart(benches: Benches, tmp_path: Path) -> None:
    """It is in the history."""
    config = tmp_path / "paying.toml"
    config.write_text(CLIENTS + ACCOUNTS)
    bench = benches.start(config=str(config))
    Esme(bench, system_id="far", password="far").submit("HELP", source=BUYER)
    bench = benches.start(config=str(config))
    far = Esme(bench, system_id="far", password="far")
    far.take()
    pay(bench)
    assert len(far.take()) == 1
    query = MessageQuery(destination=BUYER, limit=1)
    ((message, shown),) = bench.read(lambda books: books.messages.search(query))
    assert isinstance(message, Message)
    assert (message.kind, message.recipient, shown) == (Kind.REPLY, "far", "")
