"""The life of a whole gateway on a database: whatever clients, time, merchants and kills do in whatever order, nothing
acknowledged is lost, no effect happens twice, and every reply arrives."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from commands.wallet.accounts import EntryKind, PaymentState
from commands.wallet.money import Money
from commands.wallet.payments import PaymentStarted
from commands.wallet.rules import WalletRules
from commands.wallet.service import Wallet
from gateway.messages.message import Kind, Message
from gateway.smpp.constants import MessageState
from gateway.smpp.pdus import BindTransceiver
from gateway.smpp.statuses import CommandStatus
from gateway.storage.base import Books
from gateway.storage.query import MessageQuery
from tests.contracts.test_storage import run
from tests.databases import crashed_copy
from tests.doubles import Bench
from tests.esme import SHORT_CODE, Esme, text_of

SUBSCRIBERS = ("79991110001", "79991110002")
OPENED_WITH = {"79991110001": 123450, "79991110002": 25000}
TEXTS = ("BALANCE", "PIN", "CONFIRM 1", "баланс", "qwerty", "HELP")
NUMBERS = ("79995550001", "99900000005", "99900001030", "99900002060", "99900003000", "99900003001")
"""A handset like any other, and such as fail, take their time, and are told late, never and twice."""

EVERYTHING = MessageQuery(oldest_first=True, limit=10_000)
MEMORY_DISK = "/dev/shm" if Path("/dev/shm").is_dir() else None


class Lives(RuleBasedStateMachine):
    """One client, two subscribers, one file, many gateways one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="lives-", dir=MEMORY_DISK)) / "storage"
        self.folder.mkdir()
        self.accepted: list[str] = []
        self.to_handsets = 0
        self.from_handsets = 0
        self.merchants = 0
        self.codes: dict[int, str] = {}
        self.delivered: set[bytes] = set()
        self.esme: Esme | None = None
        self.answer: int | None = 0

    @initialize()
    def start(self) -> None:
        self.bench = Bench(database=f"sqlite:///{self.folder / 'gateway.db'}", clock_frozen=True)
        self.wallet = Wallet(WalletRules(), lambda purpose, key, below: (key[0] * 123_457) % below, b"seed 1")

    # --- what happens ---

    @rule(answer=st.sampled_from([0, None, CommandStatus.ESME_RX_T_APPN]))
    def bind(self, answer: int | None) -> None:
        """A client comes that acknowledges, keeps silent, or refuses for now; the one before goes without a word."""
        if self.esme is not None:
            self.take()
            self.esme.peer.close()
        self.answer = answer
        self.esme = Esme(self.bench, bind=None)
        self.esme.answer = answer
        self.esme.ask(BindTransceiver("demo", "demo", interface_version=0x34))
        self.take()

    @precondition(lambda self: self.esme is not None)
    @rule(text=st.sampled_from(TEXTS), subscriber=st.sampled_from(SUBSCRIBERS), receipt=st.booleans())
    def submit(self, text: str, subscriber: str, receipt: bool) -> None:
        assert self.esme is not None
        message_id = self.esme.submit(text, source=subscriber, registered_delivery=int(receipt))
        assert message_id not in self.accepted
        self.accepted.append(message_id)
        self.take()

    @precondition(lambda self: self.esme is not None)
    @rule(number=st.sampled_from(NUMBERS))
    def submit_to_handset(self, number: str) -> None:
        assert self.esme is not None
        self.accepted.append(self.esme.submit("hello", number, source=SUBSCRIBERS[0], registered_delivery=1))
        self.to_handsets += 1
        self.take()

    @rule(text=st.sampled_from(TEXTS), subscriber=st.sampled_from(SUBSCRIBERS))
    def text(self, text: str, subscriber: str) -> None:
        """A handset texts the wallet, whoever is bound."""
        told: list[object] = []
        self.bench.emulator.texting.text(subscriber, SHORT_CODE, text, told=told.append, failed=told.append)
        assert isinstance(told[0], Message)
        self.from_handsets += 1

    @rule(subscriber=st.sampled_from(SUBSCRIBERS), amount=st.integers(1, 20_000), again=st.booleans())
    def pay(self, subscriber: str, amount: int, again: bool) -> None:
        """A merchant asks, perhaps twice with the same request."""
        self.merchants += 1
        cause, now = f"api:{self.merchants}", self.bench.emulator.clock.now()

        def start(books: Books) -> PaymentStarted:
            return self.wallet.start_payment(books, subscriber, Money(amount, "RUB"), "ACME", now, cause)

        started = run(self.bench.storage, start)
        if started.code is not None:
            self.codes[started.payment.number] = started.code
        if again:
            assert run(self.bench.storage, start).payment.number == started.payment.number

    @precondition(lambda self: self.esme is not None and self.codes)
    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        """A subscriber texts a code: the right one of some payment, perhaps used already, perhaps of somebody else."""
        code = data.draw(st.sampled_from(sorted(self.codes.values())))
        self.submit(code, data.draw(st.sampled_from(SUBSCRIBERS)), False)

    @rule(seconds=st.sampled_from([1, 30, 301, 3600]))
    def advance(self, seconds: int) -> None:
        self.bench.advance(seconds)
        self.take()

    @rule(killed=st.booleans())
    def restart(self, killed: bool) -> None:
        """The gateway is stopped or killed, and another one is started on what it left."""
        if killed:
            left = crashed_copy(self.folder)
            self.bench.storage.close()
            shutil.rmtree(self.folder)
            left.rename(self.folder)
        else:
            self.bench.emulator.stop()
            self.bench.pass_time(11)
        self.esme = None
        self.start()

    # --- what must be so ---

    @invariant()
    def everything_accepted_is_there_once(self) -> None:
        if not hasattr(self, "bench"):
            return
        kept = self.bench.read(lambda books: [m.spelled_id for m, _ in books.messages.search(EVERYTHING) if m.client])
        assert kept == self.accepted

    @invariant()
    def money_is_neither_made_nor_lost(self) -> None:
        if not hasattr(self, "bench"):
            return

        def sums(books: Books) -> dict[str, int]:
            found = {}
            for number in SUBSCRIBERS:
                account = books.accounts.get(number)
                assert account is not None
                balance = account.balance_in("RUB").amount
                assert balance >= 0
                paid = [p for p in books.payments.of(number, 10_000) if p.state == PaymentState.COMPLETED]
                noted = [e for e in books.entries.of(number, 10_000) if e.kind == EntryKind.PAYMENT_COMPLETED]
                assert sorted(e.payment or 0 for e in noted) == sorted(p.number for p in paid)
                found[number] = balance + sum(p.amount.amount for p in paid)
            return found

        assert self.bench.read(sums) == OPENED_WITH

    def teardown(self) -> None:
        """In the end a client that acknowledges everything gets all that is owed; nothing waits any more."""
        if hasattr(self, "bench"):
            self.bind(0)
            for _ in range(3):
                self.bench.advance(120)
                self.take()
            kept: list[Any] = self.bench.read(lambda books: books.messages.search(EVERYTHING))
            left = [m.id for m, _ in kept if not m.is_final]
            replies = [m for m, _ in kept if m.kind == Kind.REPLY]
            tried_too_often = [m for m in replies if m.state == MessageState.UNDELIVERABLE]
            self.bench.storage.close()
            shutil.rmtree(self.folder.parent)
            assert left == []
            assert len(replies) == len(self.accepted) - self.to_handsets + self.from_handsets
            assert {m.id for m in replies if m.state != MessageState.DELIVERED} == {m.id for m in tried_too_often}

    def take(self) -> None:
        assert self.esme is not None or self.bench is not None
        if self.esme is not None:
            for pdu in self.esme.take():
                assert text_of(pdu)


TestLives = Lives.TestCase
# A few long lives: each restart opens the file anew, and each rule is a transaction or several.
TestLives.settings = settings(stateful_step_count=20, max_examples=max(8, settings().max_examples // 25))
