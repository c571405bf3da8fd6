"""Delivery: lanes, turns, windows, retries, lost bindings."""

import pytest

from gateway.smpp.codec import encode
from gateway.smpp.constants import MessageState
from gateway.smpp.pdus import Unbind
from gateway.smpp.statuses import CommandStatus
from tests.doubles import Bench
from tests.esme import HANDSET, RECEIVER, SUBSCRIBER, TRANSMITTER, Esme, submit_sm, text_of
from tests.messages.conftest import BenchMaker


def outcomes(bench: Bench) -> list[int]:
    """The states of all replies, by id."""
    return bench.read(
        lambda books: [
            message.state for number in range(1, 200) if (message := books.messages.get(number)) and message.kind == 1
        ]
    )


def test_a_reply_comes_back_on_the_binding_that_asked(bench: Bench) -> None:
    """With several receiving bindings of a client, the one that submitted gets the answer."""
    other, asking = Esme(bench), Esme(bench)
    asking.submit("BALANCE")
    assert [text_of(pdu) for pdu in asking.take()] == ["Balance: 1,234.50 RUB at 12:00 MSK 15.01"]
    assert other.take() == []


def test_the_response_comes_before_the_reply(bench: Bench) -> None:
    """submit_sm_resp is on the wire before the deliver_sm that answers it."""
    esme = Esme(bench)
    request = submit_sm("BALANCE")
    request.sequence_number = 7
    esme.peer.send(encode(request))
    octets = esme.peer.received()
    assert octets[4:8] == b"\x80\x00\x00\x04"
    assert octets.find(b"\x00\x00\x00\x05", 16) > 0


def test_a_transmitter_gets_its_replies_on_a_receiver_of_the_same_client(bench: Bench) -> None:
    """A binding that cannot receive is never delivered to; a receiver of its client is."""
    transmitter, receiver = Esme(bench, bind=TRANSMITTER), Esme(bench, bind=RECEIVER)
    transmitter.submit("BALANCE")
    assert len(receiver.take()) == 1
    assert transmitter.take() == []


def test_replies_wait_for_a_receiving_binding_and_keep_their_order(bench: Bench) -> None:
    """What cannot be delivered now is delivered when a receiver binds, oldest first."""
    transmitter = Esme(bench, bind=TRANSMITTER)
    transmitter.submit("BALANCE")
    transmitter.submit("HELP")
    transmitter.submit("qwerty")
    texts = [text_of(pdu)[:8] for pdu in Esme(bench, bind=RECEIVER).take()]
    assert texts == ["Balance:", "Commands", "Not reco"]


def test_turns_go_round_among_receivers(bench: Bench) -> None:
    """Replies to a transmitter's requests are spread over the client's receivers."""
    transmitter = Esme(bench, bind=TRANSMITTER)
    receivers = [Esme(bench, bind=RECEIVER) for _ in range(3)]
    for number in range(6):
        transmitter.submit("HELP", source=f"7999111000{number}")
    assert [len(receiver.take()) for receiver in receivers] == [2, 2, 2]


def test_the_window_is_never_exceeded_and_nothing_is_lost(make_bench: BenchMaker, tmp_path: object) -> None:
    """With a window of 2, at most two deliver_sm are unanswered; every reply arrives in the end."""
    config = tmp_path / "two.toml"  # type: ignore[operator]
    config.write_text('[clients.demo]\npassword = "demo"\nwindow_out = 2\n')
    bench = make_bench(config=str(config))
    esme = Esme(bench)
    esme.answer = None
    for number in range(5):
        esme.send(submit_sm("HELP", source=f"7999111000{number}"))
    seen = 0
    while taken := esme.take():
        assert len(taken) <= 2
        seen += len(taken)
        for pdu in taken:
            esme.respond(pdu)
    assert seen == 5


def test_one_lane_delivers_one_message_at_a_time(bench: Bench) -> None:
    """A second reply to one subscriber waits for the acknowledgement of the first; other subscribers do not."""
    esme = Esme(bench)
    esme.answer = None
    esme.send(submit_sm("BALANCE"))
    esme.send(submit_sm("HELP"))
    esme.send(submit_sm("HELP", source="79991110002"))
    first, other = esme.take()
    assert text_of(first).startswith("Balance")
    assert other.destination_addr == "79991110002"
    esme.respond(first)
    assert [text_of(pdu)[:8] for pdu in esme.take()] == ["Commands"]


@pytest.mark.parametrize(
    "status", [CommandStatus.ESME_RMSGQFUL, CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RX_T_APPN]
)
def test_a_refusal_for_now_is_tried_again_with_the_same_octets(bench: Bench, status: int) -> None:
    """After back-off the message comes again, equal but for its sequence number, and holds up its own lane only."""
    esme = Esme(bench)
    esme.answer = None
    esme.send(submit_sm("BALANCE"))
    (first,) = esme.take()
    esme.respond(first, status)
    esme.send(submit_sm("HELP"))
    esme.send(submit_sm("HELP", source="79991110002"))
    assert [pdu.destination_addr for pdu in esme.take()] == ["79991110002"]
    bench.advance(0.9)
    assert esme.take() == []
    bench.advance(0.2)
    (again,) = esme.take()
    assert again.sequence_number != first.sequence_number
    again.sequence_number = first.sequence_number
    assert again == first


@pytest.mark.parametrize(
    "status", [CommandStatus.ESME_RX_P_APPN, CommandStatus.ESME_RX_R_APPN, CommandStatus.ESME_RINVDSTADR]
)
def test_a_refusal_for_good_drops_the_message_and_frees_the_lane(bench: Bench, status: int) -> None:
    """The refused message is undeliverable; the next of its lane follows at once."""
    esme = Esme(bench)
    esme.answer = None
    esme.send(submit_sm("BALANCE"))
    esme.send(submit_sm("HELP"))
    (first,) = esme.take()
    esme.respond(first, status)
    (second,) = esme.take()
    assert text_of(second).startswith("Commands")
    assert outcomes(bench) == [MessageState.UNDELIVERABLE, MessageState.ENROUTE]


def test_attempts_come_to_an_end(bench: Bench) -> None:
    """A message that is refused for ever becomes undeliverable after the last attempt."""
    esme = Esme(bench)
    esme.answer = CommandStatus.ESME_RX_T_APPN
    esme.send(submit_sm("BALANCE"))
    bench.advance(3600)
    for _ in range(20):
        esme.read()
        bench.advance(120)
    assert len(esme.take()) == 8
    assert outcomes(bench) == [MessageState.UNDELIVERABLE]
    assert len(bench.emulator.delivery) == 0


def test_silence_is_a_retry_after_the_response_timer(bench: Bench) -> None:
    """A deliver_sm without an answer is sent again after the response timer and the first wait."""
    esme = Esme(bench)
    esme.answer = None
    esme.send(submit_sm("BALANCE"))
    (first,) = esme.take()
    bench.pass_time(29)
    assert esme.take() == []
    bench.pass_time(3)
    (again,) = esme.take()
    assert text_of(again) == text_of(first)


def test_a_lost_binding_gives_its_messages_to_another(bench: Bench) -> None:
    """What a dead connection did not acknowledge is delivered on another binding at once, same octets."""
    first, second = Esme(bench), Esme(bench)
    first.answer = None
    first.send(submit_sm("BALANCE"))
    (lost,) = first.take()
    first.peer.close()
    (again,) = second.take()
    again.sequence_number = lost.sequence_number
    assert again == lost


def test_a_lost_binding_without_another_keeps_its_messages(bench: Bench) -> None:
    """They wait, and go out when the client binds again; what was acknowledged does not come twice."""
    esme = Esme(bench)
    esme.answer = None
    for number in range(3):
        esme.send(submit_sm("HELP", source=f"7999111000{number}"))
    taken = esme.take()
    esme.respond(taken[0])
    esme.peer.close()
    again = Esme(bench).take()
    assert [pdu.destination_addr for pdu in again] == [pdu.destination_addr for pdu in taken[1:]]


def test_an_unbound_client_is_not_delivered_to(bench: Bench) -> None:
    """After an unbind nothing more is sent; unacknowledged deliveries return to the queue."""
    esme = Esme(bench)
    esme.answer = None
    esme.send(submit_sm("BALANCE"))
    esme.send(Unbind())
    assert esme.peer.closed
    assert len(Esme(bench).take()) == 1


def test_a_reply_expires_when_nobody_binds(bench: Bench) -> None:
    """A waiting reply is gone when its validity ends."""
    transmitter = Esme(bench, bind=TRANSMITTER)
    transmitter.submit("BALANCE")
    bench.advance(3 * 24 * 3600 + 1)
    assert Esme(bench, bind=RECEIVER).take() == []
    assert outcomes(bench) == [MessageState.EXPIRED]


def test_a_long_reply_is_acknowledged_segment_by_segment(make_bench: BenchMaker, tmp_path: object) -> None:
    """Only the segments that were not acknowledged come again."""
    config = tmp_path / "rich.toml"  # type: ignore[operator]
    money = ", ".join(f'{currency} = "9999999.99"' for currency in ("RUB", "USD", "EUR", "CNY", "KZT"))
    config.write_text(f'[accounts.{SUBSCRIBER}]\nlanguage = "ru"\nbalances = {{ {money} }}\n')
    bench = make_bench(config=str(config))
    esme = Esme(bench)
    esme.answer = None
    esme.send(submit_sm("БАЛАНС"))
    segments = esme.take()
    assert len(segments) > 1
    assert all(segment.esm_class & 0x40 for segment in segments)
    esme.respond(segments[0])
    for segment in segments[1:]:
        esme.respond(segment, CommandStatus.ESME_RMSGQFUL)
    bench.advance(2)
    again = esme.take()
    assert [pdu.short_message for pdu in again] == [pdu.short_message for pdu in segments[1:]]  # type: ignore[union-attr]


def test_a_message_to_a_handset_is_delivered_at_once_and_told_after_the_delay(bench: Bench) -> None:
    """The receipt follows the response after 100 ms of emulated time."""
    esme = Esme(bench)
    message_id = esme.submit("hello", HANDSET, registered_delivery=1)
    assert esme.take() == []
    bench.advance(0.05)
    assert esme.take() == []
    bench.advance(0.05)
    (receipt,) = esme.take()
    assert receipt.esm_class == 0x04
    assert text_of(receipt).startswith(f"id:{message_id} sub:001 dlvrd:001 ")
    assert (receipt.source_addr, receipt.destination_addr) == (HANDSET, SUBSCRIBER)
