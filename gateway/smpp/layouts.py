"""The body of every PDU as a table of its fields in wire order (SMPP 3.4 §4), for reading and for writing."""

from __future__ import annotations

from gateway.smpp import checks, pdus
from gateway.smpp.field_types import (
    DESTINATION,
    AddressFields,
    Destinations,
    Field,
    MessageText,
    Octet,
    ResponseText,
    Text,
    Unsuccessful,
)
from gateway.smpp.fields import address_pattern, parse_time
from gateway.smpp.statuses import CommandStatus

Layout = tuple[Field, ...]


def _time(name: str, status: CommandStatus) -> Text:
    def judge(text: str) -> None:
        parse_time(text, 0)  # what "now" is does not matter for the form

    return Text(name, 17, status, judge=judge)


def _source(size: int) -> AddressFields:
    return AddressFields(
        "source_addr_ton",
        "source_addr_npi",
        "source_addr",
        size,
        checks.SOURCE_TON,
        checks.SOURCE_NPI,
        CommandStatus.ESME_RINVSRCADR,
    )


def _dest(prefix: str, addr: str, size: int, *, may_be_empty: bool = False) -> AddressFields:
    return AddressFields(
        f"{prefix}_ton",
        f"{prefix}_npi",
        addr,
        size,
        checks.DEST_TON,
        checks.DEST_NPI,
        CommandStatus.ESME_RINVDSTADR,
        may_be_empty,
    )


_SYSTEM_ID = Text("system_id", 16, CommandStatus.ESME_RINVSYSID, may_be_empty=False)
_PASSWORD = Text("password", 9, CommandStatus.ESME_RINVPASWD)
_SERVICE_TYPE = Text("service_type", 6, CommandStatus.ESME_RINVSERTYP)
_SOURCE = _source(21)
_LONG_SOURCE = _source(65)
_SCHEDULE = _time("schedule_delivery_time", CommandStatus.ESME_RINVSCHED)
_VALIDITY = _time("validity_period", CommandStatus.ESME_RINVEXPIRY)
_REGISTERED_DELIVERY = Octet("registered_delivery", checks.REGISTERED_DELIVERY)
_DEFAULT_MESSAGE = Octet("sm_default_msg_id", checks.DEFAULT_MESSAGE)
_MESSAGE_ID = Text("message_id", 65, CommandStatus.ESME_RINVMSGID, may_be_empty=False)

_BIND: Layout = (
    _SYSTEM_ID,
    _PASSWORD,
    Text("system_type", 13, CommandStatus.ESME_RINVSYSTYP),
    Octet("interface_version"),
    Octet("addr_ton", checks.BIND_TON),
    Octet("addr_npi", checks.BIND_NPI),
    Text("address_range", 41, CommandStatus.ESME_RBINDFAIL, judge=address_pattern),
)
_BIND_RESP: Layout = (ResponseText("system_id"),)
_MESSAGE_ID_RESP: Layout = (ResponseText("message_id"),)
_HEADER_ONLY: Layout = ()


def _submission(esm_class: checks.Refusals, replace_if_present: checks.Refusals) -> Layout:
    return (
        Octet("esm_class", esm_class),
        Octet("protocol_id"),
        Octet("priority_flag", checks.PRIORITY_FLAG),
        _SCHEDULE,
        _VALIDITY,
        _REGISTERED_DELIVERY,
        Octet("replace_if_present_flag", replace_if_present),
        Octet("data_coding"),
        _DEFAULT_MESSAGE,
        MessageText(),
    )


_AFTER_DESTINATIONS = _submission(checks.SUBMIT_ESM_CLASS, checks.REPLACE_IN_MULTI)


def _data_sm(esm_class: checks.Refusals) -> Layout:
    return (
        _SERVICE_TYPE,
        _LONG_SOURCE,
        _dest("dest_addr", "destination_addr", 65),
        Octet("esm_class", esm_class),
        _REGISTERED_DELIVERY,
        Octet("data_coding"),
    )


LAYOUTS: dict[type[pdus.Pdu], Layout] = {
    pdus.BindReceiver: _BIND,
    pdus.BindReceiverResp: _BIND_RESP,
    pdus.BindTransmitter: _BIND,
    pdus.BindTransmitterResp: _BIND_RESP,
    pdus.BindTransceiver: _BIND,
    pdus.BindTransceiverResp: _BIND_RESP,
    pdus.Outbind: (_SYSTEM_ID, _PASSWORD),
    pdus.Unbind: _HEADER_ONLY,
    pdus.UnbindResp: _HEADER_ONLY,
    pdus.GenericNack: _HEADER_ONLY,
    pdus.EnquireLink: _HEADER_ONLY,
    pdus.EnquireLinkResp: _HEADER_ONLY,
    pdus.SubmitSm: (
        _SERVICE_TYPE,
        _SOURCE,
        DESTINATION,
        *_submission(checks.SUBMIT_ESM_CLASS, checks.REPLACE_IF_PRESENT),
    ),
    pdus.SubmitSmResp: _MESSAGE_ID_RESP,
    pdus.SubmitMulti: (_SERVICE_TYPE, _SOURCE, Destinations(_AFTER_DESTINATIONS), *_AFTER_DESTINATIONS),
    pdus.SubmitMultiResp: (ResponseText("message_id"), Unsuccessful()),
    pdus.DeliverSm: (
        _SERVICE_TYPE,
        _SOURCE,
        DESTINATION,
        Octet("esm_class", checks.DELIVER_ESM_CLASS),
        Octet("protocol_id"),
        Octet("priority_flag", checks.PRIORITY_FLAG),
        Text("schedule_delivery_time", 1, CommandStatus.ESME_RINVSCHED),
        Text("validity_period", 1, CommandStatus.ESME_RINVEXPIRY),
        _REGISTERED_DELIVERY,
        Octet("replace_if_present_flag", checks.NO_REPLACE),
        Octet("data_coding"),
        Octet("sm_default_msg_id", checks.NO_DEFAULT_MESSAGE),
        MessageText(),
    ),
    pdus.DeliverSmResp: _MESSAGE_ID_RESP,
    pdus.DataSm: _data_sm(checks.DATA_ESM_CLASS),
    pdus.DataSmResp: _MESSAGE_ID_RESP,
    pdus.QuerySm: (_MESSAGE_ID, _SOURCE),
    pdus.QuerySmResp: (
        ResponseText("message_id"),
        ResponseText("final_date"),
        Octet("message_state"),
        Octet("error_code"),
    ),
    pdus.CancelSm: (
        _SERVICE_TYPE,
        Text("message_id", 65, CommandStatus.ESME_RINVMSGID),
        _SOURCE,
        _dest("dest_addr", "destination_addr", 21, may_be_empty=True),
    ),
    pdus.CancelSmResp: _HEADER_ONLY,
    pdus.ReplaceSm: (
        _MESSAGE_ID,
        _SOURCE,
        _SCHEDULE,
        _VALIDITY,
        _REGISTERED_DELIVERY,
        _DEFAULT_MESSAGE,
        MessageText(),
    ),
    pdus.ReplaceSmResp: _HEADER_ONLY,
    pdus.AlertNotification: (_LONG_SOURCE, _dest("esme_addr", "esme_addr", 65)),
}
"""Every PDU; data_sm as an ESME sends it."""

DATA_SM_FROM_SMSC = _data_sm(checks.DELIVER_DATA_ESM_CLASS)
"""data_sm as the SMSC sends it: its esm_class has the message types of deliver_sm (§5.2.12)."""
