"""What every storage finds, counts, deletes and tells of, and how it forgets."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from commands.wallet.accounts import Account, Entry, Payment
from commands.wallet.money import Money
from gateway.messages.message import FINAL_STATES, SCHEDULED, Fate, Kind, Message
from gateway.smpp.constants import MessageState
from gateway.sms.reassembly import Part, PartSet, SetKey
from gateway.storage import query as queries
from gateway.storage.base import Books, OutboxRow, Storage
from gateway.storage.memory import MemoryStorage
from gateway.storage.memory import messages as memory_messages
from gateway.storage.memory import texts as memory_texts
from gateway.storage.query import MessageQuery
from gateway.storage.sql import messages as sql_messages
from gateway.storage.sql import searches
from gateway.storage.sql.storage import SqlStorage
from tests.contracts.test_storage import Do, a_message, boom, run
from tests.databases import text_of

# --- the same question of a storage and of a message ---

ADDRESSES = ("", "7494", "79991110001", "79991110002", "7999", "Bank", "bank", "B_nk", "7%", "*", "a\\", "é")
CLIENTS = ("", "demo", "Demo", "other")
TEXTS = (
    "",
    "balance",
    "BALANCE 100%",
    "Баланс",
    "БАЛАНС_1",
    "straße",
    "STRASSE",
    "a\0b\x1bc",
    "\ud800 x",
    "%",
    "_",
    "\\",
)
WORDS = ("", "balance", "pin")

message_fields = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(list(Kind)),
        "client": st.sampled_from(CLIENTS),
        "recipient": st.sampled_from(CLIENTS),
        "fate": st.sampled_from(list(Fate)),
        "source_addr": st.sampled_from(ADDRESSES),
        "destination_addr": st.sampled_from(ADDRESSES),
        "user_data": st.sampled_from(TEXTS).map(lambda text: text.encode("utf-8", "surrogatepass")),
        "state": st.sampled_from([SCHEDULED, MessageState.ENROUTE, *sorted(FINAL_STATES)]),
        "accepted_at": st.integers(1, 5),
        "sealed": st.sampled_from((False, False, False, True)),
        "command": st.sampled_from(WORDS),
        "match": st.sampled_from(("", "exact", "alias")),
        "outcome": st.sampled_from(WORDS),
    }
)

wanted_addresses = st.sampled_from(
    ("", *ADDRESSES, "7*", "7999*", "*", "B*", "b*", "_*", "%*", "7%*", "é*", "\0", "**", "x")
)
numbers = st.sampled_from((0, 0, 1, 2, 3, 4, 5, -1, 2**63 - 1, 2**70))
some_queries = st.builds(
    MessageQuery,
    client=st.sampled_from((*CLIENTS, "", "", "\ud800")),
    source=wanted_addresses,
    destination=wanted_addresses,
    address=wanted_addresses,
    text=st.sampled_from((*TEXTS, "", "ß", "SS", "100%", "a_", "B C", "\x1b", "\t")),
    states=st.frozensets(st.sampled_from([SCHEDULED, *MessageState, -1, 99, 2**40]), max_size=3),
    kinds=st.frozensets(st.sampled_from([*Kind, 77]), max_size=2),
    command=st.sampled_from((*WORDS, "")),
    outcome=st.sampled_from((*WORDS, "", "pin\0")),
    since=numbers,
    until=numbers,
    before=numbers,
    after=numbers,
    oldest_first=st.booleans(),
    limit=st.sampled_from((0, 1, 2, 50, 50, 2**70, -3)),
)
MOSTLY_OPEN = (MessageQuery(), MessageQuery(text="баланс"), MessageQuery(address="7999*"), MessageQuery(client="demo"))


_FEWER = max(10, settings().max_examples // 3)
"""Every example is four transactions, and databases wait for their disk."""


@settings(max_examples=_FEWER, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(message_fields, max_size=6), query=st.one_of(some_queries, st.sampled_from(MOSTLY_OPEN)))
@example(made=[{"user_data": "СТРОКА".encode()}], query=MessageQuery(text="строка"))
@example(made=[{"user_data": b"PIN 4821", "sealed": True}], query=MessageQuery(text="4821"))
@example(made=[{"source_addr": "bank"}, {"source_addr": "Bank"}], query=MessageQuery(source="b*"))
def test_a_search_finds_what_matches(storage: Storage, made: list[dict[str, Any]], query: MessageQuery) -> None:
    """A search, a count and a delete mean the same messages as `matches` does; a search gives texts for people."""
    run(storage, lambda books: books.clear({"messages"}))
    added = [a_message(number, **fields) for number, fields in enumerate(made, start=1)]
    run(storage, lambda books: [books.messages.add(message) for message in added])
    matching = [message for message in added if query.matches(message, text_of(message) or "")]
    expected = matching if query.oldest_first else matching[::-1]
    found, count = ask(storage, lambda books: (books.messages.search(query), books.messages.count(query)))
    assert [message.id for message, _ in found] == [message.id for message in expected[: max(query.limit, 0)]]
    assert count == len(matching)
    for message, text in found:
        assert text == ("" if message.sealed else queries.searchable(text_of(message) or "")[0])
        assert not any(ord(letter) < 32 for letter in text)
    finished = [message.id for message in matching if message.state in FINAL_STATES]
    assert run(storage, lambda books: books.messages.delete(query)) == len(finished)
    left = {message.id for message in added} - set(finished)
    assert {message.id for message, _ in ask(storage, lambda books: books.messages.search(MessageQuery()))} == left


def ask(storage: Storage, query: Any) -> Any:
    """What a reader is told."""
    results: list[Any] = []
    storage.read(query, results.append, _raise)
    return results[0]


def found(storage: Storage, **wanted: Any) -> list[int]:
    """The ids that a search finds."""
    return [m.id for m, _ in ask(storage, lambda books: books.messages.search(MessageQuery(**wanted)))]


def add(storage: Storage, *messages: Message) -> None:
    """Store these."""
    run(storage, lambda books: [books.messages.add(message) for message in messages])


def test_pages_follow_one_another_in_both_directions(storage: Storage) -> None:
    """The last id of a page is where the next one goes on; nothing comes twice or is left out."""
    add(storage, *(a_message(number) for number in range(1, 8)))
    assert found(storage, limit=3) == [7, 6, 5]
    assert found(storage, limit=3, before=5) == [4, 3, 2]
    assert found(storage, limit=3, before=2) == [1]
    assert found(storage, limit=3, oldest_first=True) == [1, 2, 3]
    assert found(storage, limit=3, oldest_first=True, after=3) == [4, 5, 6]
    assert found(storage, limit=3, oldest_first=True, after=6) == [7]


def test_a_search_sees_what_has_changed(storage: Storage) -> None:
    """Another text and another state, found at once; the old ones are not any more."""
    add(storage, a_message(1, user_data=b"old words"))
    assert found(storage, text="OLD") == [1]
    run(storage, lambda books: books.messages.change(1, user_data=b"new words", state=MessageState.DELIVERED))
    assert found(storage, text="old") == found(storage, states=frozenset({MessageState.ENROUTE})) == []
    assert found(storage, text="new", states=frozenset({MessageState.DELIVERED})) == [1]
    with pytest.raises(RuntimeError):
        run(storage, lambda books: (books.messages.add(a_message(2)), boom(books)))
    assert found(storage) == [1]


def test_counting_stops(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the number that says "many"."""
    for module in (memory_messages, searches):
        monkeypatch.setattr(module, "COUNTED", 3)
    add(storage, *(a_message(number) for number in range(1, 6)))
    assert ask(storage, lambda books: books.messages.count(MessageQuery())) == 3
    assert ask(storage, lambda books: books.messages.count(MessageQuery(before=3))) == 2


# --- secrets ---


def test_the_secret_of_a_handset_can_be_read_again(storage: Storage) -> None:
    """It is found by no text and shown in no list; whoever asks for the handset's own thread may read it, also when it
    is final. That of a client is wiped then."""
    inbox: dict[str, Any] = {"sealed": True, "fate": Fate.HANDSET, "state": MessageState.DELIVERED, "client": ""}
    sent: dict[str, Any] = {"sealed": True, "fate": Fate.WALLET, "client": ""}
    client: dict[str, Any] = {"sealed": True, "fate": Fate.CLIENT, "recipient": "demo", "client": ""}
    request: dict[str, Any] = {"sealed": True, "fate": Fate.WALLET, "client": "demo"}
    add(storage, *(a_message(n, user_data=b"PIN 4821", **f) for n, f in enumerate((inbox, sent, client, request), 1)))

    def revealed() -> dict[int, str]:
        rows = ask(
            storage,
            lambda books: [
                (m.id, text, books.messages.revealed(m)) for m, text in books.messages.search(MessageQuery())
            ],
        )
        assert {text for _, text, _ in rows} == {""}
        return {number: secret for number, _, secret in rows}

    assert revealed() == dict.fromkeys((4, 3, 2, 1), "PIN 4821")
    for number in (2, 3, 4):
        run(storage, lambda books, number=number: books.messages.change(number, state=MessageState.DELIVERED))  # type: ignore[misc]  # bound at once
    assert revealed() == {4: "", 3: "", 2: "PIN 4821", 1: "PIN 4821"}
    assert found(storage, text="4821") == found(storage, text="pin") == []


def test_wiping_is_undone_with_its_work(storage: Storage) -> None:
    """What a failed work made final is read by its recipient as before."""
    add(storage, a_message(1, sealed=True, fate=Fate.CLIENT, recipient="demo", user_data=b"4821"))
    with pytest.raises(RuntimeError):
        run(storage, lambda books: (books.messages.change(1, state=MessageState.DELIVERED), boom(books)))
    message = run(storage, lambda books: books.messages.get(1))
    assert message is not None
    assert (message.user_data, message.state) == (b"4821", MessageState.ENROUTE)


@pytest.mark.parametrize("seed", range(8))
def test_messages_are_found_in_their_order_however_they_came(storage: Storage, seed: int) -> None:
    """Ids need not come in order nor without gaps, works may fail, and questions are asked in between."""
    random = Random(seed)
    kept: set[int] = set()
    for _ in range(12):
        new = random.sample(sorted(set(range(1, 60)) - kept), random.randrange(1, 4))
        fails = random.random() < 0.3

        def action(books: Books, new: list[int] = new, fails: bool = fails) -> None:
            books.messages.delete(MessageQuery(before=new[0]))
            for number in new:
                books.messages.add(a_message(number, state=MessageState.DELIVERED))
            books.messages.delete(MessageQuery(before=new[0]))
            if fails:
                boom(books)

        if fails:
            with pytest.raises(RuntimeError):
                run(storage, action)
        else:
            run(storage, action)
            kept = {number for number in {*kept, *new} if number >= new[0]}
        if random.random() < 0.7:
            assert found(storage) == sorted(kept, reverse=True)
            assert found(storage, oldest_first=True) == sorted(kept)


# --- delete ---


def test_only_what_is_finished_is_deleted(storage: Storage) -> None:
    """Oldest first, so many at a time; what is on its way stays with its place in the outbox."""
    add(storage, *(a_message(n, state=MessageState.DELIVERED if n % 2 else MessageState.ENROUTE) for n in range(1, 8)))
    run(storage, lambda books: books.outbox.put(OutboxRow(2)))
    assert run(storage, lambda books: books.messages.delete(MessageQuery(before=6))) == 3
    assert found(storage) == [7, 6, 4, 2]
    assert run(storage, lambda books: [m.id for m in books.messages.unfinished()]) == [2, 4, 6]
    assert run(storage, lambda books: [row.message_id for row in books.outbox.rows()]) == [2]
    assert run(storage, lambda books: books.messages.get(1)) is None
    with pytest.raises(KeyError):
        run(storage, lambda books: books.messages.change(1, error=1))


def test_deleting_stops_and_goes_on(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A work never deletes more than it should take time for; to be called until it says 0."""
    for module in (memory_messages, sql_messages):
        monkeypatch.setattr(module, "DELETED_AT_ONCE", 2)
    add(storage, *(a_message(number, state=MessageState.DELIVERED) for number in range(1, 6)))

    def delete(books: Books) -> int:
        return books.messages.delete(MessageQuery(limit=1))

    assert [run(storage, delete) for _ in range(4)] == [2, 2, 1, 0]


def test_a_work_deletes_what_it_has_made_itself(storage: Storage) -> None:
    """What became final before in the same work is deleted too; parts are not found by their whole any more."""

    def action(books: Books) -> tuple[int, int, list[int], list[int]]:
        books.messages.add(a_message(3, whole=1, state=MessageState.DELIVERED))
        books.messages.add(a_message(4, whole=1))
        books.messages.change(1, state=MessageState.EXPIRED)
        first = books.messages.delete(MessageQuery(before=3))
        again = books.messages.delete(MessageQuery())
        left = [message.id for message in books.messages.of_whole(1)]
        return first, again, left, [message.id for message in books.messages.unfinished()]

    add(storage, a_message(1), a_message(2, state=MessageState.DELIVERED))
    with pytest.raises(RuntimeError):
        run(storage, lambda books: (action(books), boom(books)))
    assert found(storage) == [2, 1]
    assert run(storage, action) == (2, 1, [4], [4])
    assert found(storage) == [4]


# --- observing ---


def test_commits_are_told_before_their_works_are_done(storage: Storage) -> None:
    """What was added and what was changed, each once; nothing of a failed work, nothing that came and went, nothing
    of a work that changed no message, nothing any more after the end."""
    seen: list[Any] = []
    storage.observe(lambda messages: seen.append(sorted((m.id, m.state) for m in messages)))

    def both(books: Books) -> None:
        books.messages.add(a_message(2))
        books.messages.change(2, state=MessageState.DELIVERED)
        books.messages.change(1, state=MessageState.EXPIRED)

    def gone(books: Books) -> None:
        books.messages.add(a_message(3, state=MessageState.DELIVERED))
        books.messages.delete(MessageQuery())

    storage.submit(Do(lambda books: books.messages.add(a_message(1))), lambda _: seen.append("done"), _raise)
    run(storage, both)
    with pytest.raises(RuntimeError):
        run(storage, lambda books: (books.messages.add(a_message(9)), boom(books)))
    run(storage, gone)
    run(storage, lambda books: books.accounts.put(Account("1")))
    enroute, over = MessageState.ENROUTE, MessageState.EXPIRED
    assert seen == [[(1, enroute)], "done", [(1, over), (2, MessageState.DELIVERED)]]
    storage.observe(None)
    run(storage, lambda books: books.messages.add(a_message(4)))
    assert len(seen) == 3


def test_an_observer_may_begin_works(storage: Storage) -> None:
    """They run after that which it is told of, and it is told of them too."""
    seen: list[list[int]] = []

    def told(messages: list[Message]) -> None:
        seen.append([message.id for message in messages])
        if len(seen) < 3:
            follow = a_message(len(seen) + 1)
            storage.submit(Do(lambda books: books.messages.add(follow)), lambda _: None, _raise)

    storage.observe(told)
    add(storage, a_message(1))
    assert seen == [[1], [2], [3]]


# --- clear ---


def fill(books: Books, number: int) -> None:
    """Something in every book."""
    key = SetKey("demo", "1", "7494", number, 2)
    books.messages.add(a_message(number, state=MessageState.DELIVERED if number % 2 else MessageState.ENROUTE))
    books.outbox.put(OutboxRow(number))
    books.parts.put(key, PartSet(key, 1, (Part(key, 1, b"abc", 0, "udh8", number),)))
    books.accounts.put(Account(str(number)))
    books.entries.add(Entry(str(number), "created", f"c{number}", 1))
    books.payments.put(Payment(number, str(number), Money(1, "RUB"), "ACME", f"p{number}", 1))
    books.limits.put(str(number), "replies", (1,))
    books.meta.put("clock", "kept")


def left(books: Books, number: int) -> tuple[str, str]:
    """Which books know of this number: m(essages), o(utbox), p(arts); a(ccounts), e(ntries), p(ayments), l(imits)."""
    of_messages = {
        "m": books.messages.get(number) or number in [m.id for m in books.messages.unfinished()],
        "o": books.outbox.get(number) or number in [row.message_id for row in books.outbox.rows()],
        "p": books.parts.get(SetKey("demo", "1", "7494", number, 2))
        or number in [key.reference for key, _ in books.parts.rows()],
    }
    of_accounts = {
        "a": books.accounts.get(str(number)),
        "e": books.entries.find(f"c{number}", "created") or books.entries.of(str(number), 9),
        "p": books.payments.get(number) or books.payments.pending(str(number)) or books.payments.of(str(number), 9),
        "l": books.limits.get(str(number), "replies"),
    }
    names = ("".join(name for name, there in book.items() if there) for book in (of_messages, of_accounts))
    return next(names), next(names)


def all_left(storage: Storage) -> list[tuple[str, str]]:
    """The same of the first four numbers."""
    return run(storage, lambda books: [left(books, number) for number in (1, 2, 3, 4)])


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ({"messages"}, ("", "aepl")),
        ({"accounts"}, ("mop", "")),
        ({"messages", "accounts"}, ("", "")),
        (set(), ("mop", "aepl")),
    ],
)
def test_what_is_cleared_is_gone_and_numbers_go_on(storage: Storage, what: set[str], expected: tuple[str, str]) -> None:
    """Of the same work's own earlier changes as of those of others; the next one begins with empty books."""
    ids = run(storage, lambda books: [books.messages.next_id() for _ in range(3)])
    payments = run(storage, lambda books: [books.payments.next_number() for _ in range(3)])
    run(storage, lambda books: [fill(books, number) for number in (1, 2)])
    for _ in range(2):  # what is remembered between works is gone as well
        with pytest.raises(RuntimeError):
            run(storage, lambda books: (fill(books, 3), books.clear(what), fill(books, 4), boom(books)))
        assert all_left(storage) == [("mop", "aepl"), ("mop", "aepl"), ("", ""), ("", "")]
    run(storage, lambda books: (fill(books, 3), books.clear(what)))
    assert all_left(storage) == [expected, expected, expected, ("", "")]
    if what == {"messages", "accounts"}:
        run(storage, lambda books: (fill(books, 4), books.clear(what), fill(books, 4)))
        assert all_left(storage) == [("", ""), ("", ""), ("", ""), ("mop", "aepl")]
        assert run(storage, lambda books: books.parts.open_sets("demo", "1").sets) == 1
    assert run(storage, lambda books: books.meta.get("clock")) == "kept"
    assert run(storage, lambda books: books.messages.next_id()) > max(ids)
    assert run(storage, lambda books: books.payments.next_number()) > max(payments)


def test_nothing_else_can_be_cleared(storage: Storage) -> None:
    """A word that means nothing is a fault, and nothing is cleared."""
    run(storage, lambda books: fill(books, 1))
    with pytest.raises(ValueError, match="everything"):
        run(storage, lambda books: books.clear({"messages", "everything"}))
    assert run(storage, lambda books: left(books, 1)) == ("mop", "aepl")


def test_numbers_begin_anew_only_when_all_is_gone(storage: Storage) -> None:
    """Then the first message and the first payment are number 1 again, and the next one 2."""
    for _ in range(2):
        run(storage, lambda books: fill(books, books.messages.next_id()))
        run(storage, lambda books: books.payments.next_number())
        for what in ({"messages"}, {"accounts"}, set[str]()):
            with pytest.raises(ValueError, match="numbers"):
                run(storage, lambda books, what=what: (books.clear(what), books.restart_numbers()))  # type: ignore[misc]  # bound at once
        run(storage, lambda books: (books.clear({"messages", "accounts"}), books.restart_numbers()))
        assert run(storage, lambda books: [books.messages.next_id() for _ in range(2)]) == [1, 2]
        assert run(storage, lambda books: [books.payments.next_number() for _ in range(2)]) == [1, 2]
        run(storage, lambda books: fill(books, 1))
        assert run(storage, lambda books: left(books, 1)) == ("mop", "aepl")


def test_works_beside_a_clear_are_not_lost(storage: Storage) -> None:
    """Those that wait with it run before and after it, each in its place, and a failed clear takes nobody along."""
    if not isinstance(storage, SqlStorage):
        pytest.skip("works of a memory storage never wait")
    outcomes: list[object] = []

    def several(_: object) -> None:
        for action in (
            lambda books: fill(books, 1),
            lambda books: (books.clear({"messages", "accounts"}), fill(books, 2)),
            lambda books: fill(books, 3),
            lambda books: (books.clear({"messages", "accounts"}), boom(books)),
            lambda books: fill(books, 4),
        ):
            storage.submit(Do(action), lambda _: outcomes.append("done"), lambda error: outcomes.append(type(error)))

    storage.submit(Do(lambda books: None), several, _raise)
    assert outcomes == ["done", "done", "done", RuntimeError, "done"]
    assert all_left(storage) == [("", ""), *[("mop", "aepl")] * 3]
    assert found(storage) == [4, 3, 2]


# --- pages of the wallet ---


def test_accounts_and_payments_come_page_by_page(storage: Storage) -> None:
    """Accounts in the order of their numbers, payments in both directions; 0 is before the first and after the last."""

    def make(books: Books) -> None:
        for number in ("5", "1", "3", "2", "4"):
            books.accounts.put(Account(number))
            books.payments.put(Payment(int(number), number, Money(1, "RUB"), "ACME", f"p{number}", 1))

    run(storage, make)
    assert [a.number for a in ask(storage, lambda books: books.accounts.after("", 2))] == ["1", "2"]
    assert [a.number for a in ask(storage, lambda books: books.accounts.after("2", 9))] == ["3", "4", "5"]
    assert [p.number for p in ask(storage, lambda books: books.payments.after(0, 2))] == [1, 2]
    assert [p.number for p in ask(storage, lambda books: books.payments.after(2, 9))] == [3, 4, 5]
    assert [p.number for p in ask(storage, lambda books: books.payments.before(0, 2))] == [5, 4]
    assert [p.number for p in ask(storage, lambda books: books.payments.before(4, 9))] == [3, 2, 1]


# --- memory alone ---


def test_a_rollback_brings_back_what_had_to_go() -> None:
    """An entry or a finished message that made room for one of a failed work is there as before, in its place."""
    storage = MemoryStorage(finished_kept=3)
    add(storage, *(a_message(number, whole=1, state=MessageState.DELIVERED) for number in range(1, 5)))
    before = found(storage), run(storage, lambda books: [m.id for m in books.messages.of_whole(1)])
    with pytest.raises(RuntimeError):
        run(storage, lambda books: ([books.messages.add(a_message(n)) for n in (5, 6)], boom(books)))
    assert (found(storage), run(storage, lambda books: [m.id for m in books.messages.of_whole(1)])) == before
    add(storage, a_message(7))
    assert found(storage) == [7, 4, 3, 2], "the oldest one goes, as it would have"

    entries = [Entry("1", "created", f"c{number}", number) for number in range(1_000)]
    run(storage, lambda books: [books.entries.add(entry) for entry in entries])
    with pytest.raises(RuntimeError):
        run(storage, lambda books: ([books.entries.add(Entry("1", "x", f"d{n}", n)) for n in range(3)], boom(books)))
    assert run(storage, lambda books: books.entries.of("1", 2_000)) == entries[::-1]
    assert run(storage, lambda books: books.entries.add(entries[0])) is False, "its cause is known again"


def test_deleted_messages_leave_nothing_behind() -> None:
    """Not even their numbers: a bench that deletes after every test runs for days."""
    storage = MemoryStorage(finished_kept=3)
    for number in range(1, 50):
        add(storage, a_message(number, whole=1, state=MessageState.DELIVERED))
        assert run(storage, lambda books: books.messages.delete(MessageQuery())) == 1
    held = storage._books.messages
    assert (len(held._rows), len(held._finished), held._wholes) == (0, 0, {})


def test_remembered_texts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond that they are read again: found all the same; those of messages that are gone make room."""
    monkeypatch.setattr(memory_texts, "CHARACTERS_KEPT", 20)
    storage = MemoryStorage(finished_kept=8, text_of=text_of)
    texts = storage._books.messages._texts
    for number in range(1, 30):
        add(storage, a_message(number, state=MessageState.DELIVERED, user_data=b"Text%d" % number))
        assert found(storage, text=f"text{number}")[0] == number
        assert texts._characters == sum(len(kept[2]) for kept in texts._kept.values()) <= 20
    assert found(storage, text="TEXT") == list(range(29, 20, -1))


def _raise(error: Exception) -> None:
    raise error
