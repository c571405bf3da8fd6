"""Two gateways on one storage: who delivers what, and what happens when one of them dies or sleeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.wallet.money import Money
from gateway.messages.attempts import KeepRow
from gateway.smpp.codec import encode
from gateway.smpp.constants import MessageState
from gateway.smpp.pdus import CancelSm, QuerySm, QuerySmResp
from gateway.smpp.statuses import CommandStatus
from gateway.storage.base import OutboxRow
from tests.contracts.conftest import database, server
from tests.doubles import Bench
from tests.esme import HANDSET, RECEIVER, SUBSCRIBER, TRANSMITTER, Esme, submit_sm
from tests.sharing import Double, Place, Real, beat, later, texts

__all__ = ["database", "server"]


@pytest.fixture(params=["double", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    if request.param == "double":
        return Double(monkeypatch)
    return Real(request.getfixturevalue("database"), tmp_path, monkeypatch)


@pytest.fixture
def pair(place: Place) -> tuple[Bench, Bench]:
    """Two gateways that have seen each other: the first learns of the second with its second beat."""
    one, other = place.bench(), place.bench()
    beat(one, other)
    return one, other


def test_a_reply_goes_where_the_client_receives(pair: tuple[Bench, Bench]) -> None:
    """A transmitter of one gateway and a receiver of the other: the answer comes after 100 ms, once."""
    one, other = pair
    receiver = Esme(other, bind=RECEIVER)
    Esme(one, bind=TRANSMITTER).submit("BALANCE")
    beat(one, other)
    assert texts(receiver) == []
    later(one, other)
    assert texts(receiver) == ["Balance"]
    later(one, other, seconds=3)
    assert texts(receiver) == []


def test_without_a_word_the_next_beat_finds_it(pair: tuple[Bench, Bench]) -> None:
    """A lost notification costs a second, not the message."""
    one, other = pair
    receiver = Esme(other, bind=RECEIVER)
    Esme(one, bind=TRANSMITTER).submit("BALANCE")
    later(one, other, seconds=1.5)
    assert texts(receiver) == ["Balance"]


def test_a_receipt_goes_where_the_client_receives(pair: tuple[Bench, Bench]) -> None:
    """Receipts are messages like any other."""
    one, other = pair
    receiver = Esme(other, bind=RECEIVER)
    Esme(one, bind=TRANSMITTER).submit("hello", HANDSET, registered_delivery=1)
    later(one, other, seconds=1.5)
    assert [text[:3] for text in texts(receiver)] == ["id:"]


def test_the_own_binding_is_served_at_once(pair: tuple[Bench, Bench]) -> None:
    """A gateway that receives for a client answers it without a beat, though another one does too."""
    one, other = pair
    receiver, asking = Esme(other, bind=RECEIVER), Esme(one)
    asking.submit("BALANCE")
    assert texts(asking) == ["Balance"]
    assert texts(receiver) == []


def test_a_lane_is_one_gateways(pair: tuple[Bench, Bench]) -> None:
    """What follows on a lane that another gateway is delivering goes there, in order, though the client receives here
    as well; other subscribers are served here."""
    one, other = pair
    receiver = Esme(other, bind=RECEIVER)
    receiver.answer = None
    Esme(one, bind=TRANSMITTER).submit("BALANCE")
    later(one, other, seconds=1.5)
    (first,) = receiver.take()
    asking = Esme(one)
    asking.submit("HELP")
    asking.submit("BALANCE", source="79991110004")
    later(one, other, seconds=1.5)
    assert texts(asking) == ["Balance"]
    assert receiver.take() == []
    receiver.answer = 0
    receiver.respond(first)
    later(one, other, seconds=1.5)
    assert (texts(asking), texts(receiver)) in (([], ["Command"]), (["Command"], []))


def test_what_waits_comes_in_order_wherever_the_client_binds(pair: tuple[Bench, Bench]) -> None:
    """Nobody receives: the replies wait for the first gateway that does, oldest first."""
    one, other = pair
    transmitter = Esme(one, bind=TRANSMITTER)
    for text in ("BALANCE", "HELP", "qwerty"):
        transmitter.submit(text)
    later(one, other, seconds=1)
    receiver = Esme(other, bind=RECEIVER)
    later(one, other, seconds=1.5)
    assert texts(receiver) == ["Balance", "Command", "Not rec"]


def test_what_is_asked_while_a_receiver_binds_keeps_its_place(place: Place) -> None:
    """A request in the same transaction as the beat that begins to receive: what follows it comes after it."""
    bench = place.bench()
    transmitter = Esme(bench, bind=TRANSMITTER)
    receivers: list[Esme] = []

    def at_once(_: None) -> None:
        receivers.append(Esme(bench, bind=RECEIVER))
        request = submit_sm("BALANCE")
        request.sequence_number = 100
        transmitter.peer.send(encode(request))

    bench.storage.submit(KeepRow(OutboxRow(0)), at_once, pytest.fail)
    transmitter.submit("HELP")
    later(bench, seconds=1.5)
    assert texts(receivers[0]) == ["Balance", "Command"]


def test_what_a_client_leaves_behind_follows_it(pair: tuple[Bench, Bench]) -> None:
    """Sent and not answered when the binding ends: given back, and delivered by the gateway where the client is."""
    one, other = pair
    asking = Esme(one)
    asking.answer = None
    asking.submit("BALANCE")
    receiver = Esme(other, bind=RECEIVER)
    asking.peer.close()
    later(one, other, seconds=1.5)
    assert texts(receiver) == ["Balance"]


def test_a_dead_gateways_messages_are_delivered_by_another(place: Place) -> None:
    """Claimed, sent, not acknowledged, and its gateway is gone: not before the lease has lapsed, then once."""
    one, other = place.bench(), place.bench()
    beat(one, other)
    asking = Esme(one)
    asking.answer = None
    asking.submit("BALANCE")
    receiver = Esme(other, bind=RECEIVER)
    later(other, seconds=2)
    assert texts(receiver) == []
    place.lapse()
    later(other, seconds=2.5)
    assert texts(receiver) == ["Balance"]


def test_a_sleeper_sends_nothing_that_may_be_anothers(place: Place) -> None:
    """A lease that has lapsed unnoticed: what was queued is not sent, and answers to what was sent still count."""
    one, other = place.bench(), place.bench()
    beat(one, other)
    asking = Esme(one)
    asking.answer = None
    asking.submit("BALANCE")
    (sent,) = asking.take()
    asking.submit("HELP")
    place.lapse()
    asking.respond(sent)
    assert asking.take() == []
    receiver = Esme(other, bind=RECEIVER)
    later(other, seconds=1.5)
    assert texts(receiver) == ["Command"]
    beat(one)
    later(one, other, seconds=2)
    assert asking.take() == []
    asking.answer = 0
    asking.submit("qwerty")
    later(one, other, seconds=1.5)
    assert texts(asking) + texts(receiver) == ["Not rec"]


def test_an_answer_counts_though_the_lease_is_lost(place: Place) -> None:
    """Sent under a lease that has lapsed since, and acknowledged: it has arrived, so nobody delivers it after that."""
    one, other = place.bench(), place.bench()
    beat(one, other)
    asking = Esme(one)
    asking.answer = None
    asking.submit("BALANCE")
    (sent,) = asking.take()
    place.lapse()
    beat(other, one)
    asking.respond(sent)
    asking.peer.close()
    receiver = Esme(other, bind=RECEIVER)
    later(one, other, seconds=2)
    assert texts(receiver) == []


def test_nothing_is_claimed_under_a_lease_that_has_lapsed(place: Place) -> None:
    """Accepted by a gateway that does not know yet that it was taken for dead, and then is: others deliver it."""
    one, other = place.bench(), place.bench()
    beat(one, other)
    asking = Esme(one)
    place.lapse()
    beat(other)
    asking.submit("BALANCE")
    assert asking.take() == []
    receiver = Esme(other, bind=RECEIVER)
    later(other, seconds=1.5)
    assert texts(receiver) == ["Balance"]


def test_a_lease_that_nobody_has_missed_goes_on(place: Place) -> None:
    """While the gateway does not know whether its lease holds it sends nothing; when nobody has taken over, it goes on
    where it was and sends nothing twice."""
    one = place.bench()
    asking = Esme(one)
    asking.answer = None
    asking.submit("BALANCE")
    beat(one)
    later(one)
    (sent,) = asking.take()
    asking.submit("HELP")
    place.lapse()
    asking.respond(sent)
    assert asking.take() == []
    beat(one)
    assert texts(asking) == ["Command"]


def test_a_gateway_that_stops_gives_everything_back(pair: tuple[Bench, Bench]) -> None:
    """No lease has to lapse for what a stopped gateway had claimed."""
    one, other = pair
    asking = Esme(one)
    asking.answer = None
    asking.submit("BALANCE")
    one.emulator.stop()
    one.pass_time(11)
    receiver = Esme(other, bind=RECEIVER)
    later(other)
    assert texts(receiver) == ["Balance"]


def test_the_schedule_of_a_dead_gateway_is_kept(place: Place) -> None:
    """A message scheduled for later, accepted by a gateway that is gone by then, is carried once by another."""
    one, other = place.bench(), place.bench()
    beat(one, other)
    transmitter = Esme(one, bind=TRANSMITTER)
    transmitter.submit("BALANCE", schedule_delivery_time="000000000010000R")
    receiver = Esme(other, bind=RECEIVER)
    place.lapse()
    later(other, seconds=9)
    assert texts(receiver) == []
    later(other, seconds=10)
    assert texts(receiver) == ["Balance"]
    later(one, other, seconds=20)
    assert texts(receiver) == []


def test_what_a_dead_gateway_had_on_its_way_arrives(place: Place) -> None:
    """A message that is ENROUTE to a handset comes to its end through another gateway, and its receipt is sent once."""
    one, other = place.bench(), place.bench()
    beat(one, other)
    Esme(one, bind=TRANSMITTER).submit("hello", "99900001010", registered_delivery=1)
    receiver = Esme(other, bind=RECEIVER)
    place.lapse()
    later(other, seconds=9)
    assert texts(receiver) == []
    later(other, seconds=12)
    assert [text[:3] for text in texts(receiver)] == ["id:"]
    later(one, other, seconds=20)
    assert texts(receiver) == []


def test_the_held_payment_of_a_dead_gateway_expires(place: Place) -> None:
    """Another gateway ends it when its time is over."""
    one, other = place.bench(), place.bench()
    beat(one, other)
    told: list[object] = []
    one.emulator.paying.start("79991110002", Money(100, "RUB"), "Books", "order:1", told.append, told.append)
    assert other.read(lambda books: [books.payments.get(1).state]) == ["held"]  # type: ignore[union-attr]
    place.lapse()
    other.advance(301)
    later(other, seconds=12)
    assert other.read(lambda books: [books.payments.get(1).state]) == ["expired"]  # type: ignore[union-attr]


def test_the_validity_of_a_dead_gateways_message_ends(place: Place) -> None:
    """A reply that nobody came for expires, though the gateway that made it is gone."""
    one, other = place.bench(), place.bench()
    beat(one, other)
    Esme(one, bind=TRANSMITTER).submit("BALANCE")
    place.lapse()
    beat(other)
    other.advance(4 * 24 * 3600)
    later(other, seconds=12)
    assert other.read(lambda books: [message.id for message in books.messages.unfinished()]) == []


def test_what_another_gateway_delivers_cannot_be_cancelled_or_replaced(place: Place, tmp_path: Path) -> None:
    """It may be with its recipient already; what nobody has claimed can be, from any gateway."""
    config = tmp_path / "far.toml"
    config.write_text('[clients.demo]\npassword = "demo"\n[clients.far]\npassword = "far"\naddresses = ["555"]\n')
    one, other = place.bench(config=str(config)), place.bench(config=str(config))
    beat(one, other)
    demo, there = Esme(one, bind=TRANSMITTER), Esme(other, bind=TRANSMITTER)
    free = demo.submit("hello", "555")
    assert there.submit("hello again", "555", replace_if_present_flag=1) == free
    cancel = CancelSm(message_id=free, source_addr_ton=1, source_addr_npi=1, source_addr=SUBSCRIBER)
    assert there.ask(cancel).command_status == CommandStatus.ESME_ROK
    query = QuerySm(free, 1, 1, SUBSCRIBER)
    response = demo.ask(query)
    assert isinstance(response, QuerySmResp)
    assert response.message_state == MessageState.DELETED
    far = Esme(other, bind=RECEIVER, system_id="far", password="far")
    far.answer = None
    claimed = demo.submit("hello", "555")
    later(one, other, seconds=1.5)
    assert len(far.take()) == 1
    cancel = CancelSm(message_id=claimed, source_addr_ton=1, source_addr_npi=1, source_addr=SUBSCRIBER)
    assert demo.ask(cancel).command_status == CommandStatus.ESME_RCANCELFAIL
    assert demo.submit("bye", "555", replace_if_present_flag=1) != claimed, "it would say the old text"


def test_gateways_agree_on_the_time(pair: tuple[Bench, Bench]) -> None:
    """An hour that one gateway lets pass has passed for the other within a beat; nobody goes back."""
    one, other = pair
    one.advance(3600)
    later(other, seconds=1.5)
    assert abs(other.emulator.clock.now() - one.emulator.clock.now()) < 3_000_000
    beat(one, other)
    assert other.emulator.clock.now() >= one.emulator.clock.now()
