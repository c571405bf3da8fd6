"""What every storage keeps: all of a work or nothing of it, and books that answer as their contract says."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, TypeVar

import attrs
import pytest

from commands.wallet.accounts import Account, CheckLock, Entry, Payment, PaymentState, PinState
from commands.wallet.money import Money
from gateway.messages.message import SCHEDULED, Fate, IllegalTransition, Kind, Message
from gateway.smpp.constants import MessageState
from gateway.sms.reassembly import Part, PartSet, SetKey
from gateway.storage.base import NO_KEYS, Books, Keys, OutboxRow, Storage, StorageDown, StorageFull
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


STATES = (SCHEDULED, *MessageState)
LEGAL = {
    (SCHEDULED, MessageState.ENROUTE),
    *(
        (start, end)
        for start in (SCHEDULED, MessageState.ENROUTE)
        for end in STATES
        if end not in (SCHEDULED, MessageState.ENROUTE)
    ),
}


def test_states_change_only_as_the_life_of_a_message_says(storage: Storage) -> None:
    """Every pair of states: the legal ones change, a final state never does."""
    for number, (start, end) in enumerate(itertools.product(STATES, STATES), start=1):
        a_start = a_message(number, state=start)
        run(storage, lambda books, added=a_start: books.messages.add(added))  # type: ignore[misc]  # bound at once

        def change(books: Books, number: int = number, end: int = end) -> Message:
            return books.messages.change(number, state=end)

        if (start, end) in LEGAL:
            assert run(storage, change).state == end
        else:
            with pytest.raises(IllegalTransition):
                run(storage, change)
        message = run(storage, lambda books, number=number: books.messages.get(number))  # type: ignore[misc]  # as above
        assert message is not None
        assert message.state == (end if (start, end) in LEGAL else start)


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
        books.parts.put(key, PartSet(key, 1, (Part(key, 1, octets, 0, "udh8", books.messages.next_id()),)))

    def opened(books: Books) -> tuple[int, int, int]:
        found = books.parts.open_sets("demo", "79991110001")
        return found.of_sender, found.sets, found.octets

    def fill(books: Books) -> tuple[int, int, int]:
        put(books, "demo", 1, b"abc")
        put(books, "demo", 2, b"de")
        put(books, "other", 1, b"f")
        return opened(books)

    assert run(storage, fill) == (2, 3, 6)
    assert run(storage, opened) == (2, 3, 6)
    run(storage, lambda books: books.parts.remove(SetKey("demo", "79991110001", "7494", 1, 2)))
    assert run(storage, opened) == (1, 2, 3)


def test_a_set_of_parts_is_kept_in_the_order_of_arrival(storage: Storage) -> None:
    """It grows part by part, is begun anew, and is found by its key and among all."""
    key = SetKey("demo", "79991110001", "7494", 300, 3)

    def part(number: int, message_id: int, octets: bytes = b"x") -> Part:
        return Part(key, number, octets, 8, "sar", message_id)

    def put(part_set: PartSet) -> PartSet | None:
        run(storage, lambda books: books.parts.put(key, part_set))
        (row,) = run(storage, lambda books: books.parts.rows())
        assert row[0] == key
        assert row[1] == run(storage, lambda books: books.parts.get(key))
        return row[1]

    for part_set in (
        PartSet(key, 5, (part(3, 11),)),
        PartSet(key, 5, (part(3, 11), part(1, 12, b"\0\xff"))),
        PartSet(key, 9, (part(1, 13),)),
    ):
        assert put(part_set) == part_set


def test_every_field_of_a_message_comes_back(storage: Storage) -> None:
    """Octets, TLVs, numbers of every size: what was added is what is got, and so is what was changed."""
    message = a_message(
        2**40, client="c" * 15, whole=7, user_data=bytes(range(256)), data_coding=255, esm_class=0xC3,
        service_type="WAP", protocol_id=255, priority_flag=3, registered_delivery=0x1F, expires_at=2**60,
        scheduled_at=1, final_at=3, error=0xFFFFFFFF, tlvs=((0x1400, b""), (0x0204, b"\0\1"), (0x3FFF, b"\xff" * 300)),
        outcome="balance", sealed=True, recipient="r", state=SCHEDULED,
    )  # fmt: skip
    run(storage, lambda books: books.messages.add(message))
    kept = run(storage, lambda books: books.messages.get(2**40))
    assert kept is not None
    assert attrs.asdict(kept) == attrs.asdict(message)
    changes: dict[str, Any] = {"user_data": b"\xff\0", "tlvs": ((1, b"2"),), "expires_at": 9, "data_coding": 8}
    run(storage, lambda books: books.messages.change(2**40, **changes))
    kept = run(storage, lambda books: books.messages.get(2**40))
    assert kept is not None
    assert attrs.asdict(kept) == attrs.asdict(attrs.evolve(message, **changes))


def test_every_field_of_an_account_and_a_payment_comes_back(storage: Storage) -> None:
    """Money of 63 bits, digests, locks and times."""
    pin = PinState(b"\0\xff" * 16, 3, 4, 5, (6, 7), 8, "message:9", 10, (CheckLock("*", 1, 2, 3), CheckLock("", 4)))
    account = Account("79991110001", "en", (Money(2**63 - 1, "RUB"), Money(0, "JPY")), True, True, pin)
    payment = Payment(
        5, "79991110001", Money(2**63 - 1, "RUB"), "ACME & Co", "api:1", 6, "refused", "limit", b"\0d", 2, 7
    )
    run(storage, lambda books: (books.accounts.put(account), books.payments.put(payment)))
    assert run(storage, lambda books: (books.accounts.get("79991110001"), books.payments.get(5))) == (account, payment)


def test_a_place_in_the_outbox_keeps_attempts_and_segments(storage: Storage) -> None:
    """Also more segments than an integer has bits, and only the last put counts."""
    row = OutboxRow(1, not_before=2**60, attempts=3, acknowledged=1 << 254 | 1)
    run(storage, lambda books: (books.messages.add(a_message(1)), books.outbox.put(OutboxRow(1))))
    run(storage, lambda books: books.outbox.put(row))
    assert run(storage, lambda books: (books.outbox.get(1), books.outbox.rows())) == (row, [row])
    run(storage, lambda books: books.outbox.remove(1))
    assert run(storage, lambda books: (books.outbox.get(1), books.outbox.rows())) == (None, [])


def test_limits_and_facts_are_kept_by_name(storage: Storage) -> None:
    """The last value counts; () forgets a limit; what was never kept is empty."""
    run(storage, lambda books: (books.limits.put("1", "replies", (1, 2**60)), books.meta.put("clock", "é")))
    assert run(storage, lambda books: (books.limits.get("1", "replies"), books.meta.get("clock"))) == ((1, 2**60), "é")
    run(storage, lambda books: (books.limits.put("1", "replies", ()), books.meta.put("clock", "2")))
    assert run(storage, lambda books: (books.limits.get("1", "replies"), books.meta.get("clock"))) == ((), "2")
    assert run(storage, lambda books: books.meta.get("other")) == ""
    run(storage, lambda books: (books.meta.change("clock", "{} and 3".format), books.meta.change("new", "{}1".format)))
    assert run(storage, lambda books: (books.meta.get("clock"), books.meta.get("new"))) == ("2 and 3", "1")


def test_a_work_may_submit_another_from_its_callback(storage: Storage) -> None:
    """The second one runs after the first and sees what it stored."""
    seen: list[object] = []

    def again(_: object) -> None:
        storage.submit(Do(lambda books: books.accounts.get("1")), seen.append, seen.append)

    storage.submit(Do(lambda books: books.accounts.put(Account("1"))), again, seen.append)
    assert seen == [Account("1")]


def test_nothing_is_taken_after_the_close(storage: Storage) -> None:
    """A database says so; to close twice is no fault."""
    storage.close()
    storage.close()
    if not isinstance(storage, MemoryStorage):
        with pytest.raises(StorageDown):
            run(storage, lambda books: books.messages.next_id())


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
