"""The states of a session, and what each of them permits.

Both directions are tables. ``FATES`` says what becomes of each PDU that an ESME can send (SMPP 3.4 table 2-1,
SMPP 5.0 §2.4); a command_id that is not in it is unknown. ``MAY_REQUEST`` and ``MAY_SEND`` say what we
may send to the ESME. Where the two specifications disagree:

* data_sm in BOUND_RX: 3.4 permits it, 5.0 does not. Refused, and likewise never sent to a BOUND_TX peer.
* replace_sm in BOUND_TRX: missing from the table of 3.4, which calls a transceiver's set complete. Accepted.
* enquire_link in OPEN: 5.0 permits it. Answered, without postponing the session_init timer.
* Neither has a state between sending an unbind and its answer. Here that is UNBINDING: responses to what is
  still unanswered are matched as before, because ignoring them would only make us send it twice; an
  unbind that crosses ours is a second one and refused like any request after the first.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from gateway.smpp.constants import CommandId
from gateway.smpp.pdus import (
    AlertNotification,
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    DataSm,
    DeliverSm,
    EnquireLink,
    Outbind,
    Pdu,
)


class SessionState(Enum):
    """SMPP 3.4 §2.2. CLOSED is also the state after the unbind_resp: nothing is read any more."""

    OPEN = "open"
    BOUND_TX = "bound_tx"
    BOUND_RX = "bound_rx"
    BOUND_TRX = "bound_trx"
    UNBINDING = "unbinding"
    CLOSED = "closed"


class Fate(Enum):
    """What becomes of a PDU from the ESME."""

    BIND = "ask the owner and wait for the verdict"
    TAKE = "hand to the owner when it has a place in the window"
    LINK = "answer at once"
    UNBIND = "answer after everything before it"
    MATCH = "give to the request that it answers"
    NACK = "give to the request that it refuses, whatever that was"
    IGNORE = "count as a stray response"
    WRONG_STATE = "refuse: ESME_RINVBNDSTS"
    ALREADY_BOUND = "refuse: ESME_RALYBND"
    WRONG_WAY = "refuse with a generic_nack: only an SMSC sends this"


BIND_STATE: Final[Mapping[type[Pdu], SessionState]] = MappingProxyType(
    {
        BindTransmitter: SessionState.BOUND_TX,
        BindReceiver: SessionState.BOUND_RX,
        BindTransceiver: SessionState.BOUND_TRX,
    }
)
"""What an accepted bind makes of the session."""

_BIND, _TAKE, _LINK, _UNBIND = Fate.BIND, Fate.TAKE, Fate.LINK, Fate.UNBIND
_MATCH, _NACK, _IGNORE, _WRONG_WAY = Fate.MATCH, Fate.NACK, Fate.IGNORE, Fate.WRONG_WAY
_STATE, _BOUND = Fate.WRONG_STATE, Fate.ALREADY_BOUND

_COLUMNS: Final = (
    SessionState.OPEN,
    SessionState.BOUND_TX,
    SessionState.BOUND_RX,
    SessionState.BOUND_TRX,
    SessionState.UNBINDING,
)

# fmt: off
_ROWS: Final[tuple[tuple[CommandId, tuple[Fate, Fate, Fate, Fate, Fate]], ...]] = (
    #                                    OPEN        BOUND_TX    BOUND_RX    BOUND_TRX   UNBINDING
    (CommandId.BIND_TRANSMITTER,        (_BIND,      _BOUND,     _BOUND,     _BOUND,     _STATE)),
    (CommandId.BIND_RECEIVER,           (_BIND,      _BOUND,     _BOUND,     _BOUND,     _STATE)),
    (CommandId.BIND_TRANSCEIVER,        (_BIND,      _BOUND,     _BOUND,     _BOUND,     _STATE)),
    (CommandId.UNBIND,                  (_STATE,     _UNBIND,    _UNBIND,    _UNBIND,    _STATE)),
    (CommandId.SUBMIT_SM,               (_STATE,     _TAKE,      _STATE,     _TAKE,      _STATE)),
    (CommandId.SUBMIT_MULTI,            (_STATE,     _TAKE,      _STATE,     _TAKE,      _STATE)),
    (CommandId.DATA_SM,                 (_STATE,     _TAKE,      _STATE,     _TAKE,      _STATE)),
    (CommandId.QUERY_SM,                (_STATE,     _TAKE,      _STATE,     _TAKE,      _STATE)),
    (CommandId.CANCEL_SM,               (_STATE,     _TAKE,      _STATE,     _TAKE,      _STATE)),
    (CommandId.REPLACE_SM,              (_STATE,     _TAKE,      _STATE,     _TAKE,      _STATE)),
    (CommandId.ENQUIRE_LINK,            (_LINK,      _LINK,      _LINK,      _LINK,      _LINK)),
    (CommandId.DELIVER_SM_RESP,         (_IGNORE,    _IGNORE,    _MATCH,     _MATCH,     _MATCH)),
    (CommandId.DATA_SM_RESP,            (_IGNORE,    _MATCH,     _MATCH,     _MATCH,     _MATCH)),
    (CommandId.ENQUIRE_LINK_RESP,       (_MATCH,     _MATCH,     _MATCH,     _MATCH,     _MATCH)),
    (CommandId.UNBIND_RESP,             (_MATCH,     _MATCH,     _MATCH,     _MATCH,     _MATCH)),
    (CommandId.GENERIC_NACK,            (_NACK,      _NACK,      _NACK,      _NACK,      _NACK)),
    (CommandId.DELIVER_SM,              (_WRONG_WAY, _WRONG_WAY, _WRONG_WAY, _WRONG_WAY, _WRONG_WAY)),
    (CommandId.ALERT_NOTIFICATION,      (_WRONG_WAY, _WRONG_WAY, _WRONG_WAY, _WRONG_WAY, _WRONG_WAY)),
    (CommandId.OUTBIND,                 (_WRONG_WAY, _WRONG_WAY, _WRONG_WAY, _WRONG_WAY, _WRONG_WAY)),
    # Answers to what an SMSC never asks.
    (CommandId.BIND_TRANSMITTER_RESP,   (_IGNORE,    _IGNORE,    _IGNORE,    _IGNORE,    _IGNORE)),
    (CommandId.BIND_RECEIVER_RESP,      (_IGNORE,    _IGNORE,    _IGNORE,    _IGNORE,    _IGNORE)),
    (CommandId.BIND_TRANSCEIVER_RESP,   (_IGNORE,    _IGNORE,    _IGNORE,    _IGNORE,    _IGNORE)),
    (CommandId.SUBMIT_SM_RESP,          (_IGNORE,    _IGNORE,    _IGNORE,    _IGNORE,    _IGNORE)),
    (CommandId.SUBMIT_MULTI_RESP,       (_IGNORE,    _IGNORE,    _IGNORE,    _IGNORE,    _IGNORE)),
    (CommandId.QUERY_SM_RESP,           (_IGNORE,    _IGNORE,    _IGNORE,    _IGNORE,    _IGNORE)),
    (CommandId.CANCEL_SM_RESP,          (_IGNORE,    _IGNORE,    _IGNORE,    _IGNORE,    _IGNORE)),
    (CommandId.REPLACE_SM_RESP,         (_IGNORE,    _IGNORE,    _IGNORE,    _IGNORE,    _IGNORE)),
)
# fmt: on

FATES: Final[Mapping[SessionState, Mapping[int, Fate]]] = MappingProxyType(
    {
        **{
            state: MappingProxyType({int(command_id): fates[column] for command_id, fates in _ROWS})
            for column, state in enumerate(_COLUMNS)
        },
        SessionState.CLOSED: MappingProxyType({}),
    }
)

_NOTHING: Final[frozenset[type[Pdu]]] = frozenset()
_DELIVERIES: Final[frozenset[type[Pdu]]] = frozenset({DeliverSm, DataSm, EnquireLink})

MAY_REQUEST: Final[Mapping[SessionState, frozenset[type[Pdu]]]] = MappingProxyType(
    {
        SessionState.OPEN: _NOTHING,
        SessionState.BOUND_TX: frozenset({EnquireLink}),
        SessionState.BOUND_RX: _DELIVERIES,
        SessionState.BOUND_TRX: _DELIVERIES,
        SessionState.UNBINDING: _NOTHING,
        SessionState.CLOSED: _NOTHING,
    }
)
"""Requests that we may send and that the peer answers."""

MAY_SEND: Final[Mapping[SessionState, frozenset[type[Pdu]]]] = MappingProxyType(
    {
        SessionState.OPEN: frozenset({Outbind}),
        SessionState.BOUND_TX: _NOTHING,
        SessionState.BOUND_RX: frozenset({AlertNotification}),
        SessionState.BOUND_TRX: frozenset({AlertNotification}),
        SessionState.UNBINDING: _NOTHING,
        SessionState.CLOSED: _NOTHING,
    }
)
"""What we may send that has no response. An outbind is for connections that we opened (SMPP 3.4 §2.2.1)."""
