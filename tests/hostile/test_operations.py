"""Rows B-20 to B-23: query, cancel and replace with ids and addresses that are none or foreign; odd responses."""

from __future__ import annotations

from operator import attrgetter

import pytest

from tests.conformance import wire
from tests.conformance.wire import HANDSET
from tests.hostile.conftest import Stage
from tests.hostile.rows import row
from tests.hostile.scene import (
    RCANCELFAIL,
    RINVDSTADR,
    RINVMSGID,
    RINVSRCADR,
    RQUERYFAIL,
    RREPLACEFAIL,
    RX_P_APPN,
    Scene,
    submit,
)
from tests.hostile.scene import RINVCMDLEN as CUT
from tests.hostile.test_bodies import Case, refused

ANY_ID_REFUSAL = (RINVMSGID, RQUERYFAIL, RCANCELFAIL, RREPLACEFAIL)

REFUSED = [
    refused("B-20-query-empty", wire.query_sm(7, message_id=""), *ANY_ID_REFUSAL),
    refused("B-20-query-70", wire.query_sm(7, message_id="1" * 70), *ANY_ID_REFUSAL),
    refused("B-20-query-SQL", wire.query_sm(7, message_id="' OR 1=1--"), *ANY_ID_REFUSAL),
    refused("B-20-query-no-NUL", wire.pdu(wire.QUERY_SM, b"1111", 7), CUT, RINVMSGID),
    refused("B-20-cancel-70", wire.cancel_sm(7, message_id="1" * 70), *ANY_ID_REFUSAL),
    refused("B-20-cancel-SQL", wire.cancel_sm(7, message_id='"; DROP TABLE x'), *ANY_ID_REFUSAL),
    refused("B-20-cancel-no-NUL", wire.pdu(wire.CANCEL_SM, b"\x001111", 7), CUT, RINVMSGID),
    refused("B-20-replace-empty", wire.replace_sm(7, message_id=""), *ANY_ID_REFUSAL),
    refused("B-20-replace-70", wire.replace_sm(7, message_id="1" * 70), *ANY_ID_REFUSAL),
    refused("B-20-replace-SQL", wire.replace_sm(7, message_id="1 OR 1=1"), *ANY_ID_REFUSAL),
    refused("B-20-replace-no-NUL", wire.pdu(wire.REPLACE_SM, b"1111", 7), CUT, RINVMSGID),
]


@pytest.mark.parametrize("case", REFUSED, ids=attrgetter("id"))
def test_refused(scene: Scene, case: Case) -> None:
    """Whatever the id is, the operation is refused in its own response and changes nothing."""
    scene.check_refused(case.octets, *case.statuses)


@pytest.mark.parametrize("name", ["query_sm", "cancel_sm", "replace_sm"])
@row("B-20")
def test_the_message_of_another_client(stage: Stage, name: str) -> None:
    """A message of another client answers as one that never was, and stays as it is."""
    scene = stage()
    later = scene.witness.submit(5, schedule_delivery_time="260116120000000+", destination_addr=HANDSET)
    _, build, _ = wire.REQUESTS[name]
    foreign = scene.check_refused(build(7, message_id=later), *ANY_ID_REFUSAL)
    missing = scene.check_refused(build(8, message_id="4294967000"), *ANY_ID_REFUSAL)
    assert foreign == missing
    assert scene.witness.state_of(later) == 1


@pytest.mark.parametrize("wildcard", ["%", "*", "7999%", "7999*", "_", "", "?"])
@pytest.mark.parametrize("field", ["source_addr", "destination_addr"])
@row("B-21")
def test_cancelling_by_wildcard(scene: Scene, field: str, wildcard: str) -> None:
    """Addresses of a cancel_sm are compared, never matched: the waiting message stays."""
    waiting = scene.client.submit(5, schedule_delivery_time="260116120000000+", destination_addr=HANDSET)
    scene.check_refused(
        wire.cancel_sm(7, message_id="", **{field: wildcard}), RCANCELFAIL, RINVSRCADR, RINVDSTADR, RINVMSGID
    )
    assert scene.client.state_of(waiting) == 1


def delivery_for(scene: Scene) -> wire.Delivered:
    """A reply that waits for its deliver_sm_resp."""
    answers = scene.client.send(submit(7))
    return wire.delivered(answers[1])


@pytest.mark.parametrize("body", [b"", b"\0", b"1" * 70 + b"\0", b"1" * 70], ids=["empty", "NUL", "70", "70-no-NUL"])
@row("B-22")
def test_odd_bodies_of_a_response(scene: Scene, body: bytes) -> None:
    """A deliver_sm_resp with no body or a long message_id is an acknowledgement all the same."""
    reply = delivery_for(scene)
    assert scene.client.send(wire.pdu(wire.DELIVER_SM | wire.RESPONSE, body, reply.frame.sequence)) == []
    scene.client.check_usable()
    scene.wait(31)
    scene.bench.advance(3600)
    assert scene.client.deliveries() == []


@pytest.mark.parametrize("body", [b"\0", b"text\0", b"\xff" * 9], ids=["NUL", "text", "rubbish"])
@row("B-23")
def test_an_error_response_with_a_body(scene: Scene, body: bytes) -> None:
    """The body of an error response is ignored: the delivery has failed for good and is not repeated."""
    reply = delivery_for(scene)
    octets = wire.pdu(wire.DELIVER_SM | wire.RESPONSE, body, reply.frame.sequence, status=RX_P_APPN)
    assert scene.client.send(octets) == []
    scene.client.check_usable()
    scene.wait(31)
    scene.bench.advance(3600)
    assert scene.client.deliveries() == []


@row("B-20")
def test_an_empty_id_is_no_wildcard_for_query(scene: Scene) -> None:
    """query_sm needs an id: with none it finds nothing, though there are messages."""
    scene.client.submit(5, destination_addr=HANDSET)
    scene.check_refused(wire.query_sm(7, message_id=""), *ANY_ID_REFUSAL)
