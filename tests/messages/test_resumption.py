"""A gateway that stops or is killed, and the next one on the same database."""

from __future__ import annotations

from collections.abc import Callable

from commands.wallet.accounts import Payment
from commands.wallet.money import Money
from gateway.smpp.constants import MessageState, Tag
from gateway.smpp.pdus import BindTransceiver, QuerySm, QuerySmResp
from gateway.smpp.statuses import CommandStatus
from gateway.storage.base import Books
from tests.contracts.test_storage import run
from tests.doubles import Bench
from tests.esme import HANDSET, RECEIVER, SUBSCRIBER, TRANSMITTER, Esme, submit_sm, text_of
from tests.messages.benches import Benches

Restart = Callable[..., Bench]


def state_of(esme: Esme, message_id: str, source: str = SUBSCRIBER) -> int:
    response = esme.ask(QuerySm(message_id, 1, 1, source))
    assert isinstance(response, QuerySmResp)
    assert response.command_status == 0
    return response.message_state


def test_replies_that_waited_are_delivered_in_order_with_their_ids(benches: Benches) -> None:
    """What was accepted before is answered after; new requests come behind on their lane."""
    bench = benches.start()
    transmitter = Esme(bench, bind=TRANSMITTER)
    ids = [transmitter.submit("BALANCE"), transmitter.submit("HELP")]
    bench = benches.start()
    transmitter = Esme(bench, bind=TRANSMITTER)
    assert [state_of(transmitter, message_id) for message_id in ids] == [MessageState.DELIVERED] * 2
    transmitter.submit("qwerty")
    texts = [text_of(pdu)[:8] for pdu in Esme(bench, bind=RECEIVER).take()]
    assert texts == ["Balance:", "Commands", "Not reco"]
    assert len(benches.start().emulator.delivery) == 0


def test_a_reply_that_was_not_acknowledged_comes_again(benches: Benches) -> None:
    """At least once: sent and not answered is not delivered. The PIN is the same, and runs once."""
    esme = Esme(benches.start())
    esme.answer = None
    esme.submit("PIN")
    (first,) = esme.take()
    bench = benches.start()
    esme = Esme(bench)
    (again,) = esme.take()
    assert text_of(again) == text_of(first)
    assert "ПИН" in text_of(again)
    assert len(bench.read(lambda books: books.entries.of(SUBSCRIBER, 10))) == 1
    assert Esme(benches.start()).take() == []


def test_only_the_segments_that_are_missing_come_again(benches: Benches) -> None:
    """A long reply of which the client has acknowledged the first segment, and refused the second for now."""
    config = benches.folder.parent / "own.toml"
    config.write_text(
        '[accounts.79991110001]\nbalances = { RUB = "1234567.89", USD = "1234567.89", EUR = "1234567.89",'
        ' GBP = "1234567.89", CNY = "1234567.89" }\n',
    )
    esme = Esme(benches.start(config=str(config)))
    esme.answer = None
    esme.submit("баланс")
    first, second, *others = esme.take()
    for pdu in (first, *others):
        esme.respond(pdu)
    esme.respond(second, CommandStatus.ESME_RX_T_APPN)
    esme = Esme(benches.start(config=str(config)))
    again = esme.take()
    assert [pdu.short_message for pdu in again] == [second.short_message]
    assert Esme(benches.start(config=str(config))).take() == []


def test_attempts_go_on_where_they_were(benches: Benches) -> None:
    """A reply that is refused again and again is tried eight times in all, however many gateways do it."""
    tried = 0
    for _ in range(4):
        bench = benches.start()
        esme = Esme(bench, bind=None)
        esme.answer = CommandStatus.ESME_RX_T_APPN  # also to what comes with the answer to the bind
        esme.ask(BindTransceiver("demo", "demo", interface_version=0x34))
        if not tried:
            esme.submit("BALANCE")
        for _ in range(3):
            tried += len(esme.take())
            bench.advance(61)
    tried += len(esme.take())
    assert tried == 8
    assert list(bench.read(lambda books: books.messages.unfinished())) == []


def test_a_schedule_is_kept(benches: Benches) -> None:
    """The message goes when its time has come, with its id and its receipt."""
    esme = Esme(benches.start())
    message_id = esme.submit("later", HANDSET, schedule_delivery_time="000000010000000R", registered_delivery=1)
    bench = benches.start()
    esme = Esme(bench)
    assert state_of(esme, message_id) == MessageState.ENROUTE
    bench.advance(3599)
    assert state_of(esme, message_id) == MessageState.ENROUTE
    bench.advance(2)
    assert state_of(esme, message_id) == MessageState.DELIVERED
    (receipt,) = esme.take()
    assert receipt.tlv(Tag.RECEIPTED_MESSAGE_ID) == message_id.encode() + b"\0"


def test_a_validity_ends_on_time(benches: Benches) -> None:
    """A scheduled message whose validity is over expires; one that was due while nobody ran does so at once."""
    esme = Esme(benches.start())
    message_id = esme.submit(
        "never", HANDSET, schedule_delivery_time="000000020000000R", validity_period="000000030000000R"
    )
    bench = benches.start()
    bench.advance(3 * 3600 + 1)
    assert state_of(Esme(bench), message_id) in (MessageState.DELIVERED, MessageState.EXPIRED)


def test_receipts_that_were_not_due_come_when_they_are(benches: Benches) -> None:
    """The delay of a receipt goes on after the restart."""
    esme = Esme(benches.start())
    message_id = esme.submit("hello", HANDSET, registered_delivery=1)
    assert esme.take() == []
    bench = benches.start()
    esme = Esme(bench)
    assert esme.take() == []
    bench.advance(0.2)
    (receipt,) = esme.take()
    assert receipt.tlv(Tag.RECEIPTED_MESSAGE_ID) == message_id.encode() + b"\0"


def part(number: int, text: str) -> bytes:
    return bytes((5, 0, 3, 77, 2, number)) + text.encode()


def test_a_text_is_joined_over_a_restart(benches: Benches) -> None:
    """One part before, one after: the whole is answered, and both parts are delivered."""
    esme = Esme(benches.start())
    first = esme.submit(part(1, "BAL"), esm_class=0x40)
    bench = benches.start()
    esme = Esme(bench)
    second = esme.submit(part(2, "ANCE"), esm_class=0x40)
    assert [text_of(pdu)[:8] for pdu in esme.take()] == ["Balance:"]
    assert [state_of(esme, first), state_of(esme, second)] == [MessageState.DELIVERED] * 2


def test_a_text_whose_parts_never_come_expires_after_a_restart(benches: Benches) -> None:
    """Five minutes from the first part, whoever ran when it came."""
    esme = Esme(benches.start())
    first = esme.submit(part(1, "BAL"), esm_class=0x40)
    bench = benches.start()
    esme = Esme(bench)
    bench.advance(299)
    assert state_of(esme, first) == MessageState.ENROUTE
    bench.advance(2)
    assert state_of(esme, first) == MessageState.EXPIRED
    assert bench.read(lambda books: books.parts.rows()) == []


def test_limits_and_payments_are_kept(benches: Benches) -> None:
    """A second PIN is refused as it would have been; a held payment still waits; a changed flag stays."""
    bench = benches.start()
    esme = Esme(bench)
    esme.submit("PIN")
    esme.submit("CONFIRM 1")
    assert len(esme.take()) == 2
    held = Payment(1, SUBSCRIBER, Money(350, "RUB"), "ACME", "api:1", 1, expires_at=2**60)
    run(bench.storage, lambda books: books.payments.put(held))
    bench = benches.start()
    esme = Esme(bench)
    esme.submit("PIN")
    (reply,) = esme.take()
    assert text_of(reply).startswith("ПИН уже меняли")

    def kept(books: Books) -> tuple[list[Payment], bool]:
        account = books.accounts.get(SUBSCRIBER)
        assert account is not None
        return books.payments.pending(SUBSCRIBER), account.confirmation

    assert bench.read(kept) == ([held], True)


def test_emulated_time_goes_on(benches: Benches) -> None:
    """Frozen, it stands where it stood; running, it has passed like the time of day and kept its distance from it."""
    bench = benches.start()
    bench.advance(3600)
    stood = bench.emulator.clock.now()
    assert benches.start().emulator.clock.now() == stood
    bench = benches.start(clock_frozen=False)
    assert stood <= bench.emulator.clock.now() < stood + 120_000_000
    bench.advance(1000)
    assert benches.start(clock_frozen=False).emulator.clock.now() >= stood + 1_000_000_000


def test_nothing_happens_twice_when_a_gateway_is_started_again_and_again(benches: Benches) -> None:
    """A start picks up what waits and changes nothing of it."""
    esme = Esme(benches.start(), bind=TRANSMITTER)
    for text in ("BALANCE", "PIN", "CONFIRM 1"):
        esme.submit(text)
    esme.send(submit_sm("later", HANDSET, schedule_delivery_time="000000010000000R"))

    def everything(books: Books) -> object:
        unfinished = [(m.id, m.state, m.user_data) for m in books.messages.unfinished()]
        return unfinished, books.outbox.rows(), books.entries.of(SUBSCRIBER, 100), books.accounts.get(SUBSCRIBER)

    assert benches.bench is not None
    before = benches.bench.read(everything)
    for _ in range(3):
        assert benches.start().read(everything) == before
