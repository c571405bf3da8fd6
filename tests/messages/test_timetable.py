"""Time-driven steps and operations on pending messages, on emulated time."""

from __future__ import annotations

import pytest

from gateway.smpp.constants import MessageState
from gateway.smpp.pdus import CancelSm, QuerySm, QuerySmResp, ReplaceSm
from gateway.smpp.statuses import CommandStatus
from tests.doubles import Bench
from tests.esme import HANDSET, SHORT_CODE, SUBSCRIBER, Esme, text_of

IN_AN_HOUR = "000000010000000R"
IN_TWO_HOURS = "000000020000000R"


def query(esme: Esme, message_id: str, source: str = SUBSCRIBER) -> QuerySmResp:
    response = esme.ask(QuerySm(message_id=message_id, source_addr_ton=1, source_addr_npi=1, source_addr=source))
    assert isinstance(response, QuerySmResp)
    return response


def test_a_scheduled_command_runs_at_its_time(bench: Bench) -> None:
    """Nothing happens before; then the answer comes, with the time of that moment."""
    esme = Esme(bench)
    message_id = esme.submit("BALANCE", schedule_delivery_time=IN_AN_HOUR, registered_delivery=1)
    assert query(esme, message_id).message_state == MessageState.ENROUTE
    bench.advance(3599)
    assert esme.take() == []
    bench.advance(1)
    assert [text_of(pdu) for pdu in esme.take()] == ["Balance: 1,234.50 RUB at 13:00 MSK 15.01"]
    bench.advance(1)
    (receipt,) = esme.take()
    assert "stat:DELIVRD" in text_of(receipt)
    found = query(esme, message_id)
    assert (found.message_state, found.final_date) == (MessageState.DELIVERED, "260115100000000+")


def test_a_cancelled_message_never_happens(bench: Bench) -> None:
    """DELETED, with a receipt; cancelling it again fails."""
    esme = Esme(bench)
    message_id = esme.submit("BALANCE", schedule_delivery_time=IN_AN_HOUR, registered_delivery=1)
    cancel = CancelSm(message_id=message_id, source_addr=SUBSCRIBER, destination_addr=SHORT_CODE)
    assert esme.ask(cancel).command_status == 0
    bench.advance(7200)
    assert ["stat:DELETED" in text_of(pdu) for pdu in esme.take()] == [True]
    assert query(esme, message_id).message_state == MessageState.DELETED
    again = CancelSm(message_id=message_id, source_addr=SUBSCRIBER, destination_addr=SHORT_CODE)
    assert esme.ask(again).command_status == CommandStatus.ESME_RCANCELFAIL


def test_cancel_without_an_id_is_for_equal_addresses_and_service(bench: Bench) -> None:
    """Exactly the pending ones with these addresses, and this service_type when one is given."""
    esme = Esme(bench)
    kept = esme.submit("a", HANDSET, schedule_delivery_time=IN_AN_HOUR, service_type="VMN")
    gone = [esme.submit("b", HANDSET, schedule_delivery_time=IN_AN_HOUR, service_type="CMT") for _ in range(2)]
    other = esme.submit("c", "79995550002", schedule_delivery_time=IN_AN_HOUR, service_type="CMT")
    cancel = CancelSm(service_type="CMT", source_addr=SUBSCRIBER, destination_addr=HANDSET)
    assert esme.ask(cancel).command_status == 0
    assert [query(esme, i).message_state for i in (kept, *gone, other)] == [1, 4, 4, 1]


def test_a_replaced_message_says_the_new_text_at_the_new_time(bench: Bench) -> None:
    """Text and schedule are replaced; the old time passes without effect."""
    esme = Esme(bench)
    message_id = esme.submit("HELP", schedule_delivery_time=IN_AN_HOUR)
    replace = ReplaceSm(
        message_id=message_id,
        source_addr=SUBSCRIBER,
        schedule_delivery_time=IN_TWO_HOURS,
        short_message=b"BALANCE",
    )
    assert esme.ask(replace).command_status == 0
    bench.advance(3700)
    assert esme.take() == []
    bench.advance(3600)
    assert [text_of(pdu)[:7] for pdu in esme.take()] == ["Balance"]


def test_replace_if_present_keeps_the_id(bench: Bench) -> None:
    """The pending message of equal addresses and service takes the new text; without one it is a new message."""
    esme = Esme(bench)
    first = esme.submit("HELP", schedule_delivery_time=IN_AN_HOUR)
    second = esme.submit("BALANCE", schedule_delivery_time=IN_AN_HOUR, replace_if_present_flag=1)
    assert second == first
    bench.advance(3600)
    assert [text_of(pdu)[:7] for pdu in esme.take()] == ["Balance"]
    assert esme.submit("BALANCE", replace_if_present_flag=1) != first


@pytest.mark.parametrize("operation", [QuerySm, CancelSm, ReplaceSm])
def test_messages_of_others_are_not_there(bench: Bench, operation: type) -> None:
    """Another source, another id and an id that is none get one answer."""
    esme = Esme(bench)
    message_id = esme.submit("HELP", schedule_delivery_time=IN_AN_HOUR)
    statuses = {
        esme.ask(operation(message_id=asked, source_addr=source)).command_status
        for asked, source in ((message_id, "79991110002"), ("0000009999", SUBSCRIBER), ("' OR 1=1--", SUBSCRIBER))
    }
    assert statuses == {CommandStatus.ESME_RINVMSGID}
    assert query(esme, message_id).message_state == MessageState.ENROUTE


def test_validity_ends_what_still_waits(bench: Bench, tmp_path: object) -> None:
    """A message for a client that is not there expires, with a receipt, at the end of its validity_period."""
    config = tmp_path / "two.toml"  # type: ignore[operator]
    config.write_text('[clients.demo]\npassword = "demo"\n[clients.far]\npassword = "far"\naddresses = ["555"]\n')
    bench = type(bench)(storage=type(bench.storage)(), config=str(config))
    esme = Esme(bench)
    message_id = esme.submit("hi", "555", validity_period=IN_AN_HOUR, registered_delivery=2)
    assert query(esme, message_id).message_state == MessageState.ENROUTE
    bench.advance(3601)
    assert ["stat:EXPIRED" in text_of(pdu) for pdu in esme.take()] == [True]
    assert Esme(bench, system_id="far", password="far").take() == []
    assert query(esme, message_id).message_state == MessageState.EXPIRED


def test_a_message_for_a_client_waits_for_it_and_is_told_when_it_came(bench: Bench, tmp_path: object) -> None:
    """ENROUTE until the recipient binds and acknowledges; then DELIVERED, and the sender's receipt follows."""
    config = tmp_path / "two.toml"  # type: ignore[operator]
    config.write_text('[clients.demo]\npassword = "demo"\n[clients.far]\npassword = "far"\naddresses = ["555"]\n')
    bench = type(bench)(storage=type(bench.storage)(), config=str(config))
    esme = Esme(bench)
    message_id = esme.submit("hi there", "555", registered_delivery=1)
    bench.advance(10)
    assert esme.take() == []
    far = Esme(bench, system_id="far", password="far")
    (delivery,) = far.take()
    assert (text_of(delivery), delivery.source_addr, delivery.destination_addr) == ("hi there", SUBSCRIBER, "555")
    bench.advance(1)
    assert ["stat:DELIVRD" in text_of(pdu) for pdu in esme.take()] == [True]
    assert query(esme, message_id).message_state == MessageState.DELIVERED


def test_an_advance_runs_steps_in_the_order_of_time(bench: Bench) -> None:
    """Jumping a day runs what was due at noon before what was due at one, each at its own time."""
    esme = Esme(bench)
    esme.submit("BALANCE", schedule_delivery_time=IN_TWO_HOURS)
    esme.submit("BALANCE", schedule_delivery_time=IN_AN_HOUR)
    bench.advance(24 * 3600)
    assert [text_of(pdu)[-15:] for pdu in esme.take()] == ["13:00 MSK 15.01", "14:00 MSK 15.01"]
