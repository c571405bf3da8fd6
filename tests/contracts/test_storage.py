"""What every storage keeps: all of a work or nothing of it, and books that answer as their contract says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from commands.wallet.accounts import Account, Entry, Payment, PaymentState
from commands.wallet.money import Money
from gateway.messages.message import SCHEDULED, Fate, IllegalTransition, Kind, Message
from gateway.smpp.constants import MessageState
from gateway.sms.reassembly import Part, PartSet, SetKey
from gateway.storage.base import NO_KEYS, Books, Keys, OutboxRow, Storage, StorageFull
from gateway.storage.memory import MemoryStorage

T = TypeVar("T")


@attrs.define
class Do:
    """A work made of a function."""

    action: Callable[[Books], Any]
    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> Any:
        return self.action(books)


def run(storage: Storage, action: Callable[[Books], T]) -> T:
    """Run a work and give its result; raises what it failed with."""
    results: list[T] = []
    failures: list[Exception] = []
    storage.submit(Do(action), results.append, failures.append)
    if failures:
        raise failures[0]
    return results[0]


def a_message(
    message_id: int, *, state: int = MessageState.ENROUTE, client: str = "demo", whole: int = 0, **fields: Any
) -> Message:
    """A submitted message with defaults."""
    return Message(
        **{
            "id": message_id,
            "kind": Kind.SUBMITTED,
            "client": client,
            "recipient": "",
            "fate": Fate.HANDSET,
            "spelled_id": str(message_id),
            "whole": whole or message_id,
            "source_addr_ton": 1,
            "source_addr_npi": 1,
            "source_addr": "79991110001",
            "dest_addr_ton": 1,
            "dest_addr_npi": 1,
            "destination_addr": "79995550001",
            "data_coding": 0,
            "user_data": b"text",
            "state": state,
            "accepted_at": 1,
        }
        | fields
    )


def boom(_: Books) -> None:
    raise RuntimeError("boom")


def test_the_result_of_a_work_comes_back(storage: Storage) -> None:
    """`done` gets what the work returned."""
    assert run(storage, lambda books: books.messages.next_id()) == 1


def test_what_a_work_raises_comes_back_and_nothing_is_kept(storage: Storage) -> None:
    """`failed` gets the error; every book is as it was."""

    def spoil(books: Books) -> None:
        books.messages.add(a_message(books.messages.next_id()))
        books.accounts.put(Account("1"))
        books.entries.add(Entry("1", "created", "c", 1))
        books.outbox.put(OutboxRow(1))
        books.limits.put("1", "replies", (1,))
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        run(storage, spoil)
    assert run(
        storage,
        lambda books: (
            list(books.messages.unfinished()),
            books.accounts.get("1"),
            books.entries.of("1", 10),
            books.entries.find("c", "created"),
            books.outbox.rows(),
            books.limits.get("1", "replies"),
        ),
    ) == ([], None, [], None, [], ())


def test_ids_grow_even_over_a_rollback(storage: Storage) -> None:
    """A number that was given is never given again."""
    first = run(storage, lambda books: books.messages.next_id())
    with pytest.raises(RuntimeError):
        run(storage, lambda books: (books.messages.next_id(), boom(books)))
    assert run(storage, lambda books: books.messages.next_id()) > first


STATES = (SCHEDULED, *(state for state in MessageState if state not in (MessageState.ACCEPTED, MessageState.UNKNOWN)))
LEGAL = {
    (SCHEDULED, MessageState.ENROUTE),
    *(
        (start, end)
        for start in (SCHEDULED, MessageState.ENROUTE)
        for end in STATES
        if end not in (SCHEDULED, MessageState.ENROUTE)
    ),
}


@pytest.mark.parametrize("start", STATES)
@pytest.mark.parametrize("end", STATES)
def test_states_change_only_as_the_life_of_a_message_says(storage: Storage, start: int, end: int) -> None:
    """Every pair of states: the legal ones change, a final state never does."""
    run(storage, lambda books: books.messages.add(a_message(1, state=start)))
    if (start, end) in LEGAL:
        assert run(storage, lambda books: books.messages.change(1, state=end)).state == end
    else:
        with pytest.raises(IllegalTransition):
            run(storage, lambda books: books.messages.change(1, state=end))
        message = run(storage, lambda books: books.messages.get(1))
        assert message is not None
        assert message.state == start


def test_changing_what_is_not_there_is_a_key_error(storage: Storage) -> None:
    """So that a bug does not pass for a no-op."""
    with pytest.raises(KeyError):
        run(storage, lambda books: books.messages.change(99, error=1))


def test_pending_is_by_client_and_addresses_oldest_first(storage: Storage) -> None:
    """Final messages, other clients' and other addresses' are not in it."""

    def fill(books: Books) -> None:
        books.messages.add(a_message(1))
        books.messages.add(a_message(2, state=MessageState.DELIVERED))
        books.messages.add(a_message(3, client="other"))
        books.messages.add(a_message(4, destination_addr="79995550002"))
        books.messages.add(a_message(5))
        books.messages.add(a_message(6))
        books.messages.change(6, state=MessageState.DELETED)

    run(storage, fill)
    pending = run(storage, lambda books: books.messages.pending("demo", "79991110001", "79995550001"))
    assert [message.id for message in pending] == [1, 5]


def test_messages_of_one_whole_are_found_by_its_first_id(storage: Storage) -> None:
    """The first one itself included."""
    run(storage, lambda books: [books.messages.add(a_message(n, whole=1)) for n in (1, 2, 3)])
    assert [m.id for m in run(storage, lambda books: books.messages.of_whole(1))] == [1, 2, 3]
    assert run(storage, lambda books: books.messages.of_whole(9)) == []


def test_an_entry_is_kept_once_for_a_cause_and_kind(storage: Storage) -> None:
    """The second one writes nothing and says so."""
    entry = Entry("1", "pin_restored", "message:1", 5)
    assert run(storage, lambda books: books.entries.add(entry)) is True
    assert run(storage, lambda books: books.entries.add(attrs.evolve(entry, detail="again"))) is False
    assert run(storage, lambda books: books.entries.add(attrs.evolve(entry, kind="other"))) is True
    assert [e.kind for e in run(storage, lambda books: books.entries.of("1", 10))] == ["other", "pin_restored"]
    assert run(storage, lambda books: books.entries.of("1", 1))[0].kind == "other"


def test_payments_are_found_by_number_account_and_time(storage: Storage) -> None:
    """Held ones are pending, oldest first, and due when their time is over; finished ones are neither."""

    def fill(books: Books) -> None:
        for number, expires_at in ((books.payments.next_number(), 30), (books.payments.next_number(), 20)):
            books.payments.put(Payment(number, "1", Money(100, "RUB"), "ACME", f"c{number}", 1, expires_at=expires_at))

    run(storage, fill)
    assert [p.number for p in run(storage, lambda books: books.payments.pending("1"))] == [1, 2]
    assert [p.number for p in run(storage, lambda books: books.payments.due(25, 10))] == [2]
    first = run(storage, lambda books: books.payments.get(1))
    assert first is not None
    run(storage, lambda books: books.payments.put(attrs.evolve(first, state=PaymentState.COMPLETED)))
    assert [p.number for p in run(storage, lambda books: books.payments.pending("1"))] == [2]
    assert [p.number for p in run(storage, lambda books: books.payments.of("1", 10))] == [2, 1]
    assert run(storage, lambda books: books.payments.next_number()) == 3


def test_open_sets_are_counted_for_the_caps(storage: Storage) -> None:
    """Of the sender, of all, and in octets."""

    def put(books: Books, client: str, reference: int, octets: bytes) -> None:
        key = SetKey(client, "79991110001", "7494", reference, 2)
        books.parts.put(key, PartSet(key, 1, (Part(key, 1, octets, 0, "udh8", 1),)))

    run(
        storage,
        lambda books: [put(books, "demo", 1, b"abc"), put(books, "demo", 2, b"de"), put(books, "other", 1, b"f")],
    )
    opened = run(storage, lambda books: books.parts.open_sets("demo", "79991110001"))
    assert (opened.of_sender, opened.sets, opened.octets) == (2, 3, 6)


def test_finished_messages_go_oldest_first_when_the_memory_is_full() -> None:
    """The history is bounded; what is unfinished is never let go, and when nothing can be, the work fails."""
    storage = MemoryStorage(finished_kept=3)
    for number in range(1, 6):
        run(storage, lambda books, number=number: books.messages.add(a_message(number, state=MessageState.DELIVERED)))  # type: ignore[misc]
    kept = run(storage, lambda books: [n for n in range(1, 6) if books.messages.get(n)])
    assert kept[-1] == 5
    assert 1 not in kept
    full = MemoryStorage(finished_kept=3)

    def fill() -> None:
        for number in range(1, 10):
            run(full, lambda books, number=number: books.messages.add(a_message(number)))  # type: ignore[misc]

    with pytest.raises(StorageFull):
        fill()
    assert run(full, lambda books: books.messages.get(1)) is not None


class Transactions(RuleBasedStateMachine):
    """Works of random steps, some of which fail in the end: the books always equal a plain model of what succeeded."""

    def __init__(self) -> None:
        super().__init__()
        self.storage = MemoryStorage(finished_kept=10_000)
        self.states: dict[int, int] = {}
        self.balances: dict[str, int] = {}
        self.causes: set[tuple[str, str]] = set()
        self.outbox: set[int] = set()

    @rule(
        steps=st.lists(
            st.tuples(st.sampled_from(["add", "finish", "account", "entry", "put", "remove"]), st.integers(1, 8)),
            max_size=8,
        ),
        fails=st.booleans(),
    )
    def work(self, steps: list[tuple[str, int]], fails: bool) -> None:
        model = (dict(self.states), dict(self.balances), set(self.causes), set(self.outbox))

        def action(books: Books) -> None:
            states, balances, causes, outbox = model
            for step, n in steps:
                if step == "add":
                    number = books.messages.next_id()
                    state = MessageState.DELIVERED if n % 2 else MessageState.ENROUTE
                    books.messages.add(a_message(number, state=state, whole=max(1, number - n)))
                    states[number] = state
                elif step == "finish":
                    unfinished = [m.id for m in books.messages.unfinished()]
                    if unfinished:
                        books.messages.change(unfinished[n % len(unfinished)], state=MessageState.EXPIRED)
                        states[unfinished[n % len(unfinished)]] = MessageState.EXPIRED
                elif step == "account":
                    balances[str(n)] = balances.get(str(n), 0) + n
                    books.accounts.put(Account(str(n), balances=(Money(balances[str(n)], "RUB"),)))
                elif step == "entry":
                    assert books.entries.add(Entry("1", "created", f"c{n}", 1)) is ((f"c{n}", "created") not in causes)
                    causes.add((f"c{n}", "created"))
                elif step == "put":
                    books.outbox.put(OutboxRow(n))
                    outbox.add(n)
                else:
                    books.outbox.remove(n)
                    outbox.discard(n)
            if fails:
                raise RuntimeError("in the end")

        try:
            run(self.storage, action)
        except RuntimeError:
            assert fails
        else:
            self.states, self.balances, self.causes, self.outbox = model

    @invariant()
    def books_equal_the_model(self) -> None:
        def look(books: Books) -> None:
            assert {n: m.state for n in range(1, 300) if (m := books.messages.get(n))} == self.states
            unfinished = {n for n, state in self.states.items() if state == MessageState.ENROUTE}
            assert {m.id for m in books.messages.unfinished()} == unfinished
            assert {m.id for m in books.messages.pending("demo", "79991110001", "79995550001")} == unfinished
            for number, balance in self.balances.items():
                account = books.accounts.get(number)
                assert account is not None
                assert account.balance_in("RUB").amount == balance
            assert {(e.cause, e.kind) for e in books.entries.of("1", 100)} == self.causes
            assert {row.message_id for row in books.outbox.rows()} == self.outbox

        self.storage.read(look, lambda _: None, _raise)


def _raise(error: Exception) -> None:
    raise error


TestTransactions = Transactions.TestCase
TestTransactions.settings = settings(stateful_step_count=15)
