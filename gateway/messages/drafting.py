"""From a submit to a draft: every check that needs no stored data, in the order in which an SMSC would refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from gateway.clients.bindings import Binding
from gateway.messages.availability import PendingFlag, PendingFlags
from gateway.messages.drafts import Draft, Refused
from gateway.messages.message import Fate
from gateway.messages.message_ids import message_id_spelling
from gateway.messages.reading import USER_DATA_HEADER
from gateway.messages.routing import Routing
from gateway.smpp.constants import Tag
from gateway.smpp.fields import TRANSACTION, Address, message_mode, parse_time
from gateway.smpp.pdus import DataSm, DestAddress, Pdu, SubmitMulti, SubmitSm
from gateway.smpp.statuses import CommandStatus
from gateway.sms import alphabets, reassembly

_TRAVELLING: Final = frozenset(
    {
        Tag.USER_MESSAGE_REFERENCE,
        Tag.SAR_MSG_REF_NUM,
        Tag.SAR_TOTAL_SEGMENTS,
        Tag.SAR_SEGMENT_SEQNUM,
        Tag.SOURCE_PORT,
        Tag.DESTINATION_PORT,
        Tag.LANGUAGE_INDICATOR,
        Tag.PAYLOAD_TYPE,
        Tag.PRIVACY_INDICATOR,
        Tag.CALLBACK_NUM,
        Tag.SOURCE_SUBADDRESS,
        Tag.DEST_SUBADDRESS,
        Tag.USER_RESPONSE_CODE,
    }
)
"""TLVs that deliver_sm knows too (SMPP 3.4 §4.6.1): they go with a message that is passed on as it is."""

_SECOND: Final = 1_000_000
_WALLET: Final = Fate.WALLET  # names of their own: see message.py
_HANDSET: Final = Fate.HANDSET
_CLIENT: Final = Fate.CLIENT
_UCS2: Final = alphabets.Alphabet.UCS2


@attrs.frozen
class DefaultMessage:
    """A text kept at the gateway, named by sm_default_msg_id (SMPP 3.4 §5.2.20)."""

    data_coding: int
    octets: bytes


class Drafting:
    """Judges submits by their client's limits, their addresses, times and text."""

    def __init__(
        self,
        *,
        routing: Routing,
        validity: int,
        now: Callable[[], int],
        can_receive: Callable[[str], bool],
        flags: PendingFlags,
        default_messages: Mapping[int, DefaultMessage] | None = None,
        refusal_of: Callable[[str], int] = lambda destination: 0,
    ) -> None:
        """``validity``: µs that a message waits when it does not say how long; ``can_receive``: whether a client has a
        receiving binding; ``refusal_of``: the command_status that a handset's number is refused with, 0 for none."""
        self._routing = routing
        self._validity = validity
        self._now = now
        self._can_receive = can_receive
        self._flags = flags
        self._default_messages = dict(default_messages or {})
        self._refusal_of = refusal_of

    def draft(
        self, binding: Binding, request: SubmitSm | DataSm | SubmitMulti, destination: DestAddress | None = None
    ) -> Draft:
        """The request as a draft for one destination; raises Refused."""
        client = binding.client
        if destination is None:
            assert not isinstance(request, SubmitMulti)
            ton, npi, address = request.dest_addr_ton, request.dest_addr_npi, request.destination_addr
        else:
            ton, npi, address = destination.dest_addr_ton, destination.dest_addr_npi, destination.destination_addr
        if client.allowed_sources and not client.may_send_from(request.source_addr):
            raise Refused(CommandStatus.ESME_RINVSRCADR, "source not allowed")
        if client.allowed_destinations and not client.may_send_to(address):
            raise Refused(CommandStatus.ESME_RINVDSTADR, "destination not allowed")
        route = self._routing.route(address)
        if route.fate == _HANDSET and (status := self._refusal_of(address)):
            raise Refused(status, "this number refuses everything")
        data_coding = request.data_coding
        tlvs = request.tlvs
        esm_class = request.esm_class
        protocol_id = priority_flag = 0
        user_data = b""
        if not isinstance(request, DataSm):
            protocol_id, priority_flag, user_data = request.protocol_id, request.priority_flag, request.short_message
        if tlvs and (payload := request.tlv(Tag.MESSAGE_PAYLOAD)) is not None:
            user_data = payload
        if not isinstance(request, DataSm) and request.sm_default_msg_id:
            kept = self._default_messages.get(request.sm_default_msg_id)
            if kept is None:
                raise Refused(CommandStatus.ESME_RINVDFTMSGID, "no such default message")
            if not user_data:
                data_coding, user_data, esm_class = kept.data_coding, kept.octets, esm_class & ~USER_DATA_HEADER
        draft = Draft(
            client,
            message_id_spelling(client, binding.interface_version),
            route,
            self._now(),
            request.source_addr_ton,
            request.source_addr_npi,
            request.source_addr,
            ton,
            npi,
            address,
            data_coding,
            user_data,
            user_data,
            esm_class,
            request.service_type,
            protocol_id,
            priority_flag,
            request.registered_delivery,
        )
        if esm_class & USER_DATA_HEADER or tlvs:
            self._read_header(draft, request)
        if route.fate == _WALLET:
            self._check_command(draft, binding.interface_version)
        if type(request) is SubmitSm and not (tlvs or request.schedule_delivery_time or request.validity_period):
            draft.expires_at = draft.now + self._validity
        else:
            self._read_times(draft, request)
        if route.fate == _CLIENT and is_transaction(request) and not self._can_receive(route.client):
            self._set_flag(draft, request)
            raise Refused(CommandStatus.ESME_RDELIVERYFAILURE, "the recipient is not there")
        if type(request) is SubmitSm and request.replace_if_present_flag:
            draft.replace_if_present = True
        return draft

    def _set_flag(self, draft: Draft, request: Pdu) -> None:
        if request.tlv(Tag.SET_DPF) == b"\x01":
            flag = PendingFlag(
                draft.client.system_id,
                Address(draft.source_addr_ton, draft.source_addr_npi, draft.source_addr),
                Address(draft.dest_addr_ton, draft.dest_addr_npi, draft.destination_addr),
            )
            self._flags.set(draft.route.client, flag)

    def _read_header(self, draft: Draft, request: Pdu) -> None:
        """Concatenation by UDH or sar_*, and the TLVs that travel with the message."""
        alphabet = alphabets.alphabet_of(draft.data_coding, alphabets.BY_NAME[draft.client.default_alphabet])
        read = reassembly.concatenation_of(
            bool(draft.esm_class & USER_DATA_HEADER),
            draft.user_data,
            _sar(request) if request.tlvs else None,
            packed=alphabet is alphabets.Alphabet.GSM0338_PACKED,
        )
        if read.error:
            raise Refused(CommandStatus.ESME_RINVMSGLEN, read.error)
        draft.body = read.body
        draft.concatenation = read.concatenation
        if request.tlvs:
            draft.tlvs = tuple(tlv for tlv in request.tlvs if tlv[0] in _TRAVELLING)

    def _check_command(self, draft: Draft, interface_version: int) -> None:
        """What only a text to a short code must be: from somebody, and in a coding that can be a text."""
        if not draft.source_addr:
            raise Refused(CommandStatus.ESME_RINVSRCADR, "a command needs a source address")
        alphabet = alphabets.alphabet_of(draft.data_coding, alphabets.BY_NAME[draft.client.default_alphabet])
        if alphabet is None:
            unsupported = CommandStatus.ESME_RINVDCS if interface_version >= 0x50 else CommandStatus.ESME_RSUBMITFAIL
            raise Refused(unsupported, "unsupported data_coding")
        if alphabet is _UCS2 and len(draft.body) % 2 and draft.concatenation is None:
            raise Refused(CommandStatus.ESME_RINVMSGLEN, "UCS-2 of odd length")

    def _read_times(self, draft: Draft, request: SubmitSm | DataSm | SubmitMulti) -> None:
        """schedule_delivery_time, validity_period and qos_time_to_live; raises Refused for times that cannot be."""
        now = draft.now
        if isinstance(request, (SubmitSm, SubmitMulti)):
            if request.schedule_delivery_time:
                at = read_time(request.schedule_delivery_time, now, CommandStatus.ESME_RINVSCHED)
                if at < now:
                    raise Refused(CommandStatus.ESME_RINVSCHED, "scheduled in the past")
                draft.scheduled_at = at if at > now else 0
            if request.validity_period:
                draft.expires_at = read_time(request.validity_period, now, CommandStatus.ESME_RINVEXPIRY)
        if request.tlvs:
            seconds = request.tlv(Tag.QOS_TIME_TO_LIVE)
            if seconds is not None:
                draft.expires_at = now + int.from_bytes(seconds, "big") * _SECOND
        if draft.expires_at:
            if draft.expires_at <= max(now, draft.scheduled_at):
                raise Refused(CommandStatus.ESME_RINVEXPIRY, "over before it begins")
        else:
            draft.expires_at = (draft.scheduled_at or now) + self._validity


def is_transaction(request: Pdu) -> bool:
    """Whether a data_sm wants to know in its response whether the message arrived (SMPP 3.4 §2.10.3)."""
    return isinstance(request, DataSm) and message_mode(request.esm_class) == TRANSACTION


def read_time(text: str, now: int, status: CommandStatus) -> int:
    """An SMPP time (3.4 §7.1.1) in µs UTC; raises Refused with the field's status."""
    try:
        at = parse_time(text, now)
    except ValueError as error:
        raise Refused(status, str(error)) from None
    return now if at is None else at


def _sar(request: Pdu) -> reassembly.Sar:
    return (
        _integer(request.tlv(Tag.SAR_MSG_REF_NUM)),
        _integer(request.tlv(Tag.SAR_TOTAL_SEGMENTS)),
        _integer(request.tlv(Tag.SAR_SEGMENT_SEQNUM)),
    )


def _integer(octets: bytes | None) -> int | None:
    return None if octets is None else int.from_bytes(octets, "big")
