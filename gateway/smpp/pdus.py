"""One class per PDU of SMPP 3.4, with SMPP's own field names in wire order.

C-Octet Strings are `str` without the NUL, `short_message` is `bytes`. Lengths and counts of the wire (sm_length,
number_of_dests, no_unsuccess) are no fields: they are the lengths of what they count. Optional parameters are
`(tag, octets)` pairs in the order of the wire; `tlvs` knows what they mean.

Classes hold values and check nothing: `codec` is where octets and fields are judged. They are slotted but not frozen,
because a frozen class costs twice as much to make and decoding is the hot path. `repr` shows no password and no text
of a message.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from gateway.smpp.constants import RESPONSE, VERSION_3_4, CommandId


def _size(octets: bytes) -> str:
    """Texts of messages may carry a PIN, so a repr shows only how long they are."""
    return f"<{len(octets)} octets>"


def _tags_and_sizes(tlvs: tuple[tuple[int, bytes], ...]) -> str:
    return "(" + ", ".join(f"0x{tag:04X}: {_size(octets)}" for tag, octets in tlvs) + ")"


@attrs.define
class Pdu:
    """What every PDU has. `command_status` has a meaning in responses only."""

    command_id: ClassVar[CommandId]

    sequence_number: int = attrs.field(default=0, kw_only=True)
    command_status: int = attrs.field(default=0, kw_only=True)
    tlvs: tuple[tuple[int, bytes], ...] = attrs.field(default=(), kw_only=True, repr=_tags_and_sizes)

    def tlv(self, tag: int) -> bytes | None:
        """The octets of the first optional parameter with this tag, or None."""
        for found, octets in self.tlvs:
            if found == tag:
                return octets
        return None


# --- session operations (§4.1-§4.3, §4.11) ---


@attrs.define
class Bind(Pdu):
    """The fields that the three binds share (§4.1.1, §4.1.3, §4.1.5)."""

    system_id: str = ""
    password: str = attrs.field(default="", repr=False)
    system_type: str = ""
    interface_version: int = VERSION_3_4
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""


@attrs.define
class BindResp(Pdu):
    """The fields that the three bind responses share (§4.1.2, §4.1.4, §4.1.6)."""

    system_id: str = ""


@attrs.define
class BindReceiver(Bind):
    command_id = CommandId.BIND_RECEIVER


@attrs.define
class BindReceiverResp(BindResp):
    command_id = CommandId.BIND_RECEIVER_RESP


@attrs.define
class BindTransmitter(Bind):
    command_id = CommandId.BIND_TRANSMITTER


@attrs.define
class BindTransmitterResp(BindResp):
    command_id = CommandId.BIND_TRANSMITTER_RESP


@attrs.define
class BindTransceiver(Bind):
    command_id = CommandId.BIND_TRANSCEIVER


@attrs.define
class BindTransceiverResp(BindResp):
    command_id = CommandId.BIND_TRANSCEIVER_RESP


@attrs.define
class Outbind(Pdu):
    """The SMSC asks an ESME to bind (§4.1.7); it has no response."""

    command_id = CommandId.OUTBIND

    system_id: str = ""
    password: str = attrs.field(default="", repr=False)


@attrs.define
class Unbind(Pdu):
    command_id = CommandId.UNBIND


@attrs.define
class UnbindResp(Pdu):
    command_id = CommandId.UNBIND_RESP


@attrs.define
class GenericNack(Pdu):
    command_id = CommandId.GENERIC_NACK


@attrs.define
class EnquireLink(Pdu):
    command_id = CommandId.ENQUIRE_LINK


@attrs.define
class EnquireLinkResp(Pdu):
    command_id = CommandId.ENQUIRE_LINK_RESP


# --- messages (§4.4-§4.7) ---


@attrs.define
class ShortMessage(Pdu):
    """The fields that submit_sm and deliver_sm share (§4.4.1, §4.6.1)."""

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = attrs.field(default=b"", repr=_size)


@attrs.define
class SubmitSm(ShortMessage):
    command_id = CommandId.SUBMIT_SM


@attrs.define
class SubmitSmResp(Pdu):
    command_id = CommandId.SUBMIT_SM_RESP

    message_id: str = ""


@attrs.define
class DeliverSm(ShortMessage):
    command_id = CommandId.DELIVER_SM


@attrs.define
class DeliverSmResp(Pdu):
    """`message_id` is unused by the specification: empty (§4.6.2)."""

    command_id = CommandId.DELIVER_SM_RESP

    message_id: str = ""


@attrs.define
class DataSm(Pdu):
    """Text travels in the TLV message_payload only (§4.7.1)."""

    command_id = CommandId.DATA_SM

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0


@attrs.define
class DataSmResp(Pdu):
    command_id = CommandId.DATA_SM_RESP

    message_id: str = ""


@attrs.frozen
class DestAddress:
    """One SME address of a submit_multi (§4.5.1.1, dest_flag 1)."""

    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""


@attrs.frozen
class DistributionList:
    """One distribution list of a submit_multi (§4.5.1.2, dest_flag 2)."""

    dl_name: str = ""


@attrs.frozen
class UnsuccessSme:
    """One destination that a submit_multi failed for, and its command_status (§4.5.2.1)."""

    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    error_status_code: int = 0


@attrs.define
class SubmitMulti(Pdu):
    command_id = CommandId.SUBMIT_MULTI

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addresses: tuple[DestAddress | DistributionList, ...] = ()
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = attrs.field(default=b"", repr=_size)


@attrs.define
class SubmitMultiResp(Pdu):
    command_id = CommandId.SUBMIT_MULTI_RESP

    message_id: str = ""
    unsuccess: tuple[UnsuccessSme, ...] = ()


# --- operations on messages (§4.8-§4.10) and alert_notification (§4.12) ---


@attrs.define
class QuerySm(Pdu):
    command_id = CommandId.QUERY_SM

    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""


@attrs.define
class QuerySmResp(Pdu):
    command_id = CommandId.QUERY_SM_RESP

    message_id: str = ""
    final_date: str = ""
    message_state: int = 0
    error_code: int = 0


@attrs.define
class CancelSm(Pdu):
    command_id = CommandId.CANCEL_SM

    service_type: str = ""
    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""


@attrs.define
class CancelSmResp(Pdu):
    command_id = CommandId.CANCEL_SM_RESP


@attrs.define
class ReplaceSm(Pdu):
    command_id = CommandId.REPLACE_SM

    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = attrs.field(default=b"", repr=_size)


@attrs.define
class ReplaceSmResp(Pdu):
    command_id = CommandId.REPLACE_SM_RESP


@attrs.define
class AlertNotification(Pdu):
    """A subscriber is reachable again; it has no response (§4.12)."""

    command_id = CommandId.ALERT_NOTIFICATION

    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    esme_addr_ton: int = 0
    esme_addr_npi: int = 0
    esme_addr: str = ""


RESPONSE_OF: dict[type[Pdu], type[Pdu]] = {
    BindReceiver: BindReceiverResp,
    BindTransmitter: BindTransmitterResp,
    BindTransceiver: BindTransceiverResp,
    Unbind: UnbindResp,
    EnquireLink: EnquireLinkResp,
    SubmitSm: SubmitSmResp,
    SubmitMulti: SubmitMultiResp,
    DeliverSm: DeliverSmResp,
    DataSm: DataSmResp,
    QuerySm: QuerySmResp,
    CancelSm: CancelSmResp,
    ReplaceSm: ReplaceSmResp,
}
"""The response class of each request that has one; alert_notification and outbind have none."""

_WITHOUT_REQUEST_OR_RESPONSE: tuple[type[Pdu], ...] = (GenericNack, Outbind, AlertNotification)

PDU_OF: dict[int, type[Pdu]] = {
    int(pdu.command_id): pdu for pdu in (*RESPONSE_OF, *RESPONSE_OF.values(), *_WITHOUT_REQUEST_OR_RESPONSE)
}
"""The class of each command_id."""


def is_response(pdu: Pdu) -> bool:
    """Whether the PDU answers another one; generic_nack does."""
    return bool(pdu.command_id & RESPONSE)
