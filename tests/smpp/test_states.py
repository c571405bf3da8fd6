"""Every PDU in every state: what the table says, and what a session really does."""

import pytest

from gateway.smpp.codec import encode
from gateway.smpp.constants import CommandId
from gateway.smpp.events import BindRequested, OperationReceived, PduRefused, ResponseReceived, SubmitReceived
from gateway.smpp.pdus import (
    PDU_OF,
    AlertNotification,
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    CancelSm,
    DataSm,
    DeliverSm,
    DestAddress,
    EnquireLink,
    Outbind,
    Pdu,
    QuerySm,
    ReplaceSm,
    SubmitMulti,
    SubmitSm,
    Unbind,
)
from gateway.smpp.session import NotBound
from gateway.smpp.states import FATES, MAY_REQUEST, MAY_SEND, SessionState
from tests.smpp.wire import GENERIC_NACK, RESP, Owner, Sent, deliver, only, raw, submit

STATES = {
    "open": SessionState.OPEN,
    "tx": SessionState.BOUND_TX,
    "rx": SessionState.BOUND_RX,
    "trx": SessionState.BOUND_TRX,
    "asked": SessionState.UNBINDING,
    "leaving": SessionState.UNBINDING,
    "closed": SessionState.CLOSED,
}

# SMPP 3.4 table 2-1 and SMPP 5.0 §2.4, written down a second time. "asked": the peer has sent an unbind that is held up
# by an unanswered submit; "leaving": we have. In a cell: event, a status in the response, nack for a generic_nack
# with ESME_RINVCMDID, ok for an answer without an event, "-" for nothing but a count, "*" for neither.
TABLE = """
                         open   tx     rx     trx    asked  leaving  closed
    BIND_TRANSMITTER     event  05     05     05     04     04       *
    BIND_RECEIVER        event  05     05     05     04     04       *
    BIND_TRANSCEIVER     event  05     05     05     04     04       *
    UNBIND               04     ok     ok     ok     04     04       *
    SUBMIT_SM            04     event  04     event  04     04       *
    SUBMIT_MULTI         04     event  04     event  04     04       *
    DATA_SM              04     event  04     event  04     04       *
    QUERY_SM             04     event  04     event  04     04       *
    CANCEL_SM            04     event  04     event  04     04       *
    REPLACE_SM           04     event  04     event  04     04       *
    ENQUIRE_LINK         ok     ok     ok     ok     ok     ok       *
    DELIVER_SM           nack   nack   nack   nack   nack   nack     *
    ALERT_NOTIFICATION   nack   nack   nack   nack   nack   nack     *
    OUTBIND              nack   nack   nack   nack   nack   nack     *
    GENERIC_NACK         -      -      -      -      -      -        *
    BIND_TRANSMITTER_RESP -     -      -      -      -      -        *
    BIND_RECEIVER_RESP   -      -      -      -      -      -        *
    BIND_TRANSCEIVER_RESP -     -      -      -      -      -        *
    UNBIND_RESP          -      -      -      -      -      -        *
    SUBMIT_SM_RESP       -      -      -      -      -      -        *
    SUBMIT_MULTI_RESP    -      -      -      -      -      -        *
    DELIVER_SM_RESP      -      -      -      -      -      -        *
    DATA_SM_RESP         -      -      -      -      -      -        *
    QUERY_SM_RESP        -      -      -      -      -      -        *
    CANCEL_SM_RESP       -      -      -      -      -      -        *
    REPLACE_SM_RESP      -      -      -      -      -      -        *
    ENQUIRE_LINK_RESP    -      -      -      -      -      -        *
"""

_HEAD, *_LINES = (line.split() for line in TABLE.strip().splitlines())
CELLS = [(CommandId[name], column, cell) for name, *cells in _LINES for column, cell in zip(_HEAD, cells, strict=True)]

NUMBER = 77

BODIES: dict[CommandId, Pdu] = {
    CommandId.BIND_TRANSMITTER: BindTransmitter(system_id="demo"),
    CommandId.BIND_RECEIVER: BindReceiver(system_id="demo"),
    CommandId.BIND_TRANSCEIVER: BindTransceiver(system_id="demo"),
    CommandId.SUBMIT_SM: SubmitSm(source_addr="1", destination_addr="2"),
    CommandId.SUBMIT_MULTI: SubmitMulti(source_addr="1", dest_addresses=(DestAddress(destination_addr="2"),)),
    CommandId.DATA_SM: DataSm(source_addr="1", destination_addr="2", tlvs=((0x0424, b"x"),)),
    CommandId.QUERY_SM: QuerySm(message_id="1"),
    CommandId.CANCEL_SM: CancelSm(message_id="1"),
    CommandId.REPLACE_SM: ReplaceSm(message_id="1"),
    CommandId.DELIVER_SM: deliver(),
}


def pdu(command_id: CommandId) -> bytes:
    """The simplest PDU of this kind."""
    found = BODIES.get(command_id) or PDU_OF[command_id]()
    found.sequence_number = NUMBER
    return encode(found)


def owner_in(column: str) -> Owner:
    owner = Owner()
    if column in ("tx", "rx", "trx"):
        owner.bound(STATES[column])
    elif column != "open":
        owner.bound()
        owner.feed(submit(5))
        if column == "asked":
            owner.feed(raw(CommandId.UNBIND, 6))
        elif column == "leaving":
            owner.session.unbind(owner.now)
        else:
            owner.session.close()
        owner.pump()
        owner.take()
        owner.events.clear()
    assert owner.session.state is STATES[column]
    return owner


@pytest.mark.parametrize(("command_id", "column", "cell"), CELLS, ids=lambda value: str(getattr(value, "name", value)))
def test_every_pdu_in_every_state(command_id: CommandId, column: str, cell: str) -> None:
    """A session does with each PDU in each state what the specifications' tables say."""
    owner = owner_in(column)
    events = owner.feed(pdu(command_id))
    sent = owner.take()
    strays = owner.session.stray_responses
    if cell == "event":
        submits = (CommandId.SUBMIT_SM, CommandId.SUBMIT_MULTI, CommandId.DATA_SM)
        kind = BindRequested if column == "open" else SubmitReceived if command_id in submits else OperationReceived
        assert [type(event) for event in events] == [kind]
        assert sent == []
    elif cell == "ok":
        assert not only(PduRefused, events)
        assert sent == [Sent(command_id | RESP, 0, NUMBER)]
    elif cell in ("-", "*"):
        assert events == []
        assert sent == []
        assert strays == (1 if cell == "-" else 0)
    else:
        answer = (GENERIC_NACK, 0x03) if cell == "nack" else (command_id | RESP, int(cell, 16))
        assert sent == [Sent(*answer, NUMBER)]
        (refused,) = only(PduRefused, events)
        assert (refused.command_id, refused.sequence_number, refused.status) == (command_id, NUMBER, answer[1])


def test_the_table_is_whole() -> None:
    """The table has a cell for every command of SMPP 3.4 in every state but CLOSED, where it has none."""
    for state in SessionState:
        assert set(FATES[state]) == (set() if state is SessionState.CLOSED else set(CommandId))
    assert {command_id for command_id, _, _ in CELLS} == set(CommandId)


@pytest.mark.parametrize("column", list(STATES))
@pytest.mark.parametrize("request_class", [DeliverSm, DataSm, EnquireLink, SubmitSm, Unbind, AlertNotification])
def test_what_we_may_request(column: str, request_class: type[Pdu]) -> None:
    """Deliveries go to receivers only, enquire_link to any binding, everything else nowhere."""
    allowed = {
        "rx": {DeliverSm, DataSm, EnquireLink},
        "trx": {DeliverSm, DataSm, EnquireLink},
        "tx": {EnquireLink},
    }.get(column, set())
    owner = owner_in(column)
    assert MAY_REQUEST[owner.session.state] == allowed
    if request_class in allowed:
        sequence_number = owner.session.request(request_class(), owner.now, "context")
        owner.pump()
        (sent,) = owner.take()
        assert (sent.command_id, sent.sequence_number) == (request_class.command_id, sequence_number)
        body = b"" if request_class is EnquireLink else b"\0"
        (event,) = owner.feed(raw(request_class.command_id | RESP, sequence_number, body))
        assert isinstance(event, ResponseReceived)
        assert event.context == "context"
    else:
        with pytest.raises(NotBound):
            owner.session.request(request_class(), owner.now)
        owner.pump()
        assert owner.take() == []
    assert (owner.session.room > 0) == (DeliverSm in allowed)


@pytest.mark.parametrize("column", list(STATES))
@pytest.mark.parametrize("pdu_class", [AlertNotification, Outbind, DeliverSm])
def test_what_we_may_send_without_an_answer(column: str, pdu_class: type[Pdu]) -> None:
    """An alert_notification goes to receivers, an outbind where nobody is bound yet, a request never."""
    allowed = {"rx": {AlertNotification}, "trx": {AlertNotification}, "open": {Outbind}}.get(column, set())
    owner = owner_in(column)
    assert MAY_SEND[owner.session.state] == allowed
    if pdu_class in allowed:
        owner.session.send(pdu_class())
        owner.pump()
        assert [sent.command_id for sent in owner.take()] == [pdu_class.command_id]
        assert owner.session.outstanding == 0
    else:
        with pytest.raises(NotBound):
            owner.session.send(pdu_class())
