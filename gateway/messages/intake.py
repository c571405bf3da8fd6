"""From a submit to a transaction: the checks that need no stored data, then :class:`Accept`, then the answer.

How this works: :meth:`Intake.submit` judges the request by its client's limits, its addresses, times and text, in the
order in which an SMSC would refuse. What passes becomes a :class:`Draft`; the storage runs it; the outcome comes back
and is answered. Whatever happens, each request is answered exactly once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

import attrs

from gateway.clients.bindings import Binding
from gateway.clients.directory import Client
from gateway.messages.acceptance import USER_DATA_HEADER, Accept, Accepted, AcceptSeveral, Draft, House, Refused
from gateway.messages.availability import PendingFlag, PendingFlags
from gateway.messages.message import Fate, Message
from gateway.messages.routing import Route, Routing
from gateway.messages.settlement import Outgoing
from gateway.smpp.constants import Tag
from gateway.smpp.fields import TRANSACTION, Address, message_mode, parse_time
from gateway.smpp.pdus import DataSm, DestAddress, Pdu, SubmitMulti, SubmitSm, UnsuccessSme
from gateway.smpp.statuses import CommandStatus
from gateway.sms import alphabets, reassembly
from gateway.storage.base import Storage, StorageError, StorageFull

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


class Follow(Protocol):
    """What is done with a committed transaction; delivery and the time-driven steps provide it."""

    def offer(self, outgoing: Outgoing, origin: Binding | None) -> None: ...
    def watch(self, message: Message) -> None: ...
    def watch_set(self, key: reassembly.SetKey, expires_at: int) -> None: ...
    def replaced(self, message: Message) -> None: ...
    def await_outcome(self, message_id: int, told: Callable[[bool], None]) -> None: ...


@attrs.define
class Counters:
    """Plain integers on the hot path; metrics read them when they are asked for."""

    accepted: int = 0
    refused: dict[int, int] = attrs.field(factory=dict)

    def refuse(self, status: int) -> None:
        self.refused[status] = self.refused.get(status, 0) + 1


@attrs.frozen
class DefaultMessage:
    """A text kept at the gateway, named by sm_default_msg_id (SMPP 3.4 §5.2.20)."""

    data_coding: int
    octets: bytes


class Intake:
    """Takes submit_sm, data_sm and submit_multi in."""

    def __init__(
        self,
        *,
        storage: Storage,
        routing: Routing,
        house: House,
        follow: Follow,
        now: Callable[[], int],
        monotonic: Callable[[], float],
        can_receive: Callable[[str], bool],
        flags: PendingFlags,
        default_messages: Mapping[int, DefaultMessage] | None = None,
        report: Callable[[str, BaseException], None],
    ) -> None:
        """``now``: emulated µs; ``monotonic``: seconds, for throttles; ``can_receive``: whether a client has a
        receiving binding; ``report`` tells of a bug or a lost storage."""
        self._storage = storage
        self._routing = routing
        self._house = house
        self._follow = follow
        self._now = now
        self._monotonic = monotonic
        self._can_receive = can_receive
        self._flags = flags
        self._default_messages = dict(default_messages or {})
        self._report = report
        self.counters = Counters()

    def submit(self, binding: Binding, request: Pdu) -> None:
        """Answer the request now or when the storage is done with it."""
        if binding.bucket is not None:
            tokens = len(request.dest_addresses) if isinstance(request, SubmitMulti) else 1
            if not binding.bucket.take(self._monotonic(), tokens):
                self._refuse(binding, request, CommandStatus.ESME_RTHROTTLED)
                return
        try:
            if isinstance(request, SubmitMulti):
                self._submit_several(binding, request)
                return
            assert isinstance(request, (SubmitSm, DataSm))
            draft = self._draft(binding, request)
        except Refused as refusal:
            self._refuse(binding, request, refusal.command_status)
            return
        ticket = _Ticket(self, binding, request)
        self._storage.submit(Accept(draft, self._house), ticket.accepted, ticket.failed)

    def _submit_several(self, binding: Binding, request: SubmitMulti) -> None:
        drafts: list[Draft] = []
        unsuccess: list[UnsuccessSme] = []
        for destination in request.dest_addresses:
            if not isinstance(destination, DestAddress):
                # No distribution lists are kept here, so every name is an unknown one.
                raise Refused(CommandStatus.ESME_RINVDLNAME, "unknown distribution list")
            try:
                drafts.append(self._draft(binding, request, destination))
            except Refused as refusal:
                unsuccess.append(
                    UnsuccessSme(
                        destination.dest_addr_ton,
                        destination.dest_addr_npi,
                        destination.destination_addr,
                        refusal.command_status,
                    )
                )
        if not drafts:
            raise Refused(
                unsuccess[0].error_status_code if len(unsuccess) == 1 else CommandStatus.ESME_RSUBMITFAIL,
                "every destination was refused",
            )
        ticket = _Ticket(self, binding, request, tuple(unsuccess))
        self._storage.submit(AcceptSeveral(drafts, self._house), ticket.accepted, ticket.failed)

    def _draft(
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
        data_coding = request.data_coding
        tlvs = request.tlvs
        payload = request.tlv(Tag.MESSAGE_PAYLOAD) if tlvs else None
        user_data = payload if payload is not None else getattr(request, "short_message", b"")
        esm_class = request.esm_class
        if isinstance(request, (SubmitSm, SubmitMulti)) and request.sm_default_msg_id:
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
            getattr(request, "protocol_id", 0),
            getattr(request, "priority_flag", 0),
            request.registered_delivery,
        )
        if esm_class & USER_DATA_HEADER or tlvs:
            self._read_header(draft, request)
        if route.fate == Fate.WALLET:
            self._check_command(draft, binding.interface_version)
        self._read_times(draft, request)
        if is_transaction(request) and route.fate == Fate.CLIENT and not self._can_receive(route.client):
            self._set_flag(draft, request)
            raise Refused(CommandStatus.ESME_RDELIVERYFAILURE, "the recipient is not there")
        if isinstance(request, SubmitSm) and request.replace_if_present_flag:
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
        if alphabet is alphabets.Alphabet.UCS2 and len(draft.body) % 2 and draft.concatenation is None:
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
            draft.expires_at = (draft.scheduled_at or now) + self._house.terms.validity

    def _refuse(self, binding: Binding, request: Pdu, status: int) -> None:
        self.counters.refuse(status)
        binding.link.respond(request, status)

    def finish(self, binding: Binding, request: Pdu, accepted: Accepted, unsuccess: tuple[UnsuccessSme, ...]) -> None:
        """Answer a committed submit, then let delivery have what came of it: never the other way round."""
        if accepted.status:
            self._refuse(binding, request, accepted.status)
        elif isinstance(request, SubmitMulti):
            self.counters.accepted += 1
            binding.link.respond(request, 0, message_id=accepted.spelled_id, unsuccess=unsuccess)
        else:
            self.counters.accepted += 1
            if accepted.waiting and is_transaction(request):
                spelled_id = accepted.spelled_id
                self._follow.await_outcome(
                    accepted.waiting[0].id,
                    lambda is_delivered: _tell_outcome(binding, request, spelled_id, is_delivered),
                )
            else:
                binding.link.respond(request, 0, message_id=accepted.spelled_id)
        follow = self._follow
        if accepted.replaced is not None:
            follow.replaced(accepted.replaced)
        for message in accepted.waiting:
            follow.watch(message)
        if accepted.open_set is not None:
            follow.watch_set(*accepted.open_set)
        for outgoing in accepted.outgoing:
            follow.offer(outgoing, binding)

    def fail(self, binding: Binding, request: Pdu, error: Exception) -> None:
        """Answer a submit whose transaction was rolled back."""
        if isinstance(error, Refused):
            status = error.command_status
        elif isinstance(error, StorageFull):
            status = CommandStatus.ESME_RMSGQFUL
        else:
            status = CommandStatus.ESME_RSYSERR
            self._report("storage" if isinstance(error, StorageError) else "acceptance", error)
        self._refuse(binding, request, status)


class _Ticket:
    """Whom to answer when the storage is done: made for each submit instead of a pair of closures."""

    __slots__ = ("_binding", "_intake", "_request", "_unsuccess")

    def __init__(
        self, intake: Intake, binding: Binding, request: Pdu, unsuccess: tuple[UnsuccessSme, ...] = ()
    ) -> None:
        self._intake = intake
        self._binding = binding
        self._request = request
        self._unsuccess = unsuccess

    def accepted(self, accepted: Accepted) -> None:
        self._intake.finish(self._binding, self._request, accepted, self._unsuccess)

    def failed(self, error: Exception) -> None:
        self._intake.fail(self._binding, self._request, error)


def is_transaction(request: Pdu) -> bool:
    """Whether a data_sm wants to know in its response whether the message arrived (SMPP 3.4 §2.10.3)."""
    return isinstance(request, DataSm) and message_mode(request.esm_class) == TRANSACTION


def _tell_outcome(binding: Binding, request: Pdu, spelled_id: str, is_delivered: bool) -> None:
    if is_delivered:
        binding.link.respond(request, 0, message_id=spelled_id)
    else:
        binding.link.respond(request, CommandStatus.ESME_RDELIVERYFAILURE)


def message_id_spelling(client: Client, interface_version: int) -> str:
    """The ``%``-format of message ids: at most eight characters below version 3.4 (SMPP 3.4 §3.4), so hexadecimal."""
    if interface_version < 0x34 or client.message_id_format == "hex":
        return "%08X"
    return "%010d"


def read_message_id(spelled: str, client: Client, interface_version: int) -> int:
    """The number that a client's message_id stands for, -1 when it can be none of ours."""
    hexadecimal = message_id_spelling(client, interface_version) == "%08X"
    digits = "0123456789ABCDEFabcdef" if hexadecimal else "0123456789"
    if not spelled or len(spelled) > 20 or any(character not in digits for character in spelled):
        return -1
    return int(spelled, 16 if hexadecimal else 10)


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


__all__ = ["Counters", "DefaultMessage", "Follow", "Intake", "Route", "message_id_spelling", "read_message_id"]
