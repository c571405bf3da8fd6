"""query_sm, cancel_sm and replace_sm: what a client may ask about and do to its own messages.

A message of another client, one with another source address and one that never was get the same answer, so that ids
cannot be probed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from gateway.clients.bindings import Binding
from gateway.clients.directory import Client
from gateway.messages.carrying import JOINED
from gateway.messages.delivery import Delivery
from gateway.messages.drafting import DefaultMessage, read_time
from gateway.messages.drafts import Refused
from gateway.messages.faulty_intake import FaultyIntake
from gateway.messages.intake import Follow
from gateway.messages.message import SCHEDULED, Fate, Message
from gateway.messages.message_ids import read_message_id
from gateway.messages.reading import USER_DATA_HEADER, may_hold_secret
from gateway.messages.settlement import Outgoing, Terms, settle
from gateway.smpp.constants import MessageState
from gateway.smpp.fields import format_time
from gateway.smpp.pdus import CancelSm, Pdu, QuerySm, ReplaceSm
from gateway.smpp.statuses import CommandStatus
from gateway.storage.base import NO_KEYS, Books, Keys, StorageError, StorageFull


class Operations:
    """Answers operations, each exactly once."""

    def __init__(
        self,
        *,
        faults: FaultyIntake,
        delivery: Delivery,
        follow: Follow,
        terms: Terms,
        now: Callable[[], int],
        default_messages: Mapping[int, DefaultMessage] | None = None,
        report: Callable[[str, BaseException], None],
    ) -> None:
        self._submit = faults.submit
        self._delivery = delivery
        self._follow = follow
        self._terms = terms
        self._now = now
        self._default_messages = dict(default_messages or {})
        self._report = report

    def operate(self, binding: Binding, request: Pdu) -> None:
        """Answer the request now or when the storage is done with it."""
        ticket = _Ticket(self, binding, request)
        if isinstance(request, QuerySm):
            wanted = read_message_id(request.message_id, binding.client, binding.interface_version)
            self._submit(binding.client, request, Query(binding.client, request, wanted), ticket.queried, ticket.failed)
        elif isinstance(request, CancelSm):
            wanted = (
                read_message_id(request.message_id, binding.client, binding.interface_version)
                if request.message_id
                else 0
            )
            work = Cancel(binding.client, request, wanted, self._now(), self._terms, self._delivery.is_in_flight)
            self._submit(binding.client, request, work, ticket.cancelled, ticket.failed)
        elif isinstance(request, ReplaceSm):
            try:
                change = self._replacement(binding, request)
            except Refused as refusal:
                binding.link.respond(request, refusal.command_status)
                return
            self._submit(binding.client, request, change, ticket.replaced, ticket.failed)

    def _replacement(self, binding: Binding, request: ReplaceSm) -> Replace:
        """The work of a replace_sm; raises Refused for fields that cannot be."""
        now = self._now()
        wanted = read_message_id(request.message_id, binding.client, binding.interface_version)
        fields: dict[str, object] = {"registered_delivery": request.registered_delivery, "accepted_at": now}
        if request.schedule_delivery_time:
            at = read_time(request.schedule_delivery_time, now, CommandStatus.ESME_RINVSCHED)
            if at < now:
                raise Refused(CommandStatus.ESME_RINVSCHED, "scheduled in the past")
            fields["scheduled_at"] = max(at, now)
        if request.validity_period:
            at = read_time(request.validity_period, now, CommandStatus.ESME_RINVEXPIRY)
            if at <= now:
                raise Refused(CommandStatus.ESME_RINVEXPIRY, "over before it begins")
            fields["expires_at"] = at
        # 3.4 gives replace_sm no TLVs (§4.10.1), so a message_payload is skipped like any unexpected one.
        fields["user_data"] = request.short_message
        if request.sm_default_msg_id:
            kept = self._default_messages.get(request.sm_default_msg_id)
            if kept is None:
                raise Refused(CommandStatus.ESME_RINVDFTMSGID, "no such default message")
            if not fields["user_data"]:
                fields["user_data"], fields["data_coding"] = kept.octets, kept.data_coding
        return Replace(binding.client, request, wanted, fields, self._terms, self._delivery.is_in_flight)

    def answer(self, binding: Binding, request: Pdu, status: int, **fields: object) -> None:
        binding.link.respond(request, status, **fields)

    def after_cancel(self, cancelled: tuple[list[int], list[Outgoing]], binding: Binding) -> None:
        ids, outgoing = cancelled
        for message_id in ids:
            self._delivery.withdraw(message_id)
        for receipt in outgoing:
            self._follow.offer(receipt, binding)

    def after_replace(self, message: Message) -> None:
        self._follow.replaced(message)
        self._follow.watch(message)

    def status_of(self, error: Exception) -> int:
        """The command_status of a transaction that was rolled back."""
        if isinstance(error, Refused):
            return error.command_status
        if isinstance(error, StorageFull):
            return CommandStatus.ESME_RMSGQFUL
        self._report("storage" if isinstance(error, StorageError) else "operation", error)
        return CommandStatus.ESME_RSYSERR


class _Ticket:
    """Whom to answer when the storage is done."""

    __slots__ = ("_binding", "_operations", "_request")

    def __init__(self, operations: Operations, binding: Binding, request: Pdu) -> None:
        self._operations = operations
        self._binding = binding
        self._request = request

    def queried(self, found: tuple[int, int, int]) -> None:
        state, final_at, error = found
        assert isinstance(self._request, QuerySm)
        self._operations.answer(
            self._binding,
            self._request,
            0,
            message_id=self._request.message_id,
            final_date=format_time(final_at) if final_at else "",
            # 3.4 has no SCHEDULED (5.0 §4.7.15): to its peers such a message is on its way.
            message_state=MessageState.ENROUTE if state == SCHEDULED else state,
            error_code=min(error, 0xFF),
        )

    def cancelled(self, cancelled: tuple[list[int], list[Outgoing]]) -> None:
        self._operations.answer(self._binding, self._request, 0)
        self._operations.after_cancel(cancelled, self._binding)

    def replaced(self, message: Message) -> None:
        self._operations.answer(self._binding, self._request, 0)
        self._operations.after_replace(message)

    def failed(self, error: Exception) -> None:
        self._operations.answer(self._binding, self._request, self._operations.status_of(error))


def own_message(books: Books, client: Client, message_id: int, spelled: str, source: str) -> Message:
    """The client's message of this id and source address; raises Refused(ESME_RINVMSGID) for every other."""
    message = books.messages.get(message_id) if message_id > 0 else None
    if (
        message is None
        or message.client != client.system_id
        or not _same_id(message.spelled_id, spelled)
        or message.source_addr != source
    ):
        raise Refused(CommandStatus.ESME_RINVMSGID, "no such message of this client and source")
    return message


def _same_id(own: str, asked: str) -> bool:
    # Clients that keep ids as numbers lose leading zeros and the case of hexadecimal digits.
    return own.lstrip("0").upper() == asked.lstrip("0").upper()


@attrs.define(eq=False)
class Query:
    """The work of a query_sm: state, time of the final state, error. Raises Refused."""

    client: Client
    request: QuerySm
    message_id: int
    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> tuple[int, int, int]:
        message = own_message(books, self.client, self.message_id, self.request.message_id, self.request.source_addr)
        return message.state, message.final_at, message.error


@attrs.define(eq=False)
class Cancel:
    """The work of a cancel_sm: ids that are deleted now, and the receipts owed. Raises Refused.

    Without a message_id it is for all pending messages of equal addresses, and of equal service_type if one is given
    (SMPP 3.4 §4.9). Cancelling a part of a text cancels its set.
    """

    client: Client
    request: CancelSm
    message_id: int
    now: int
    terms: Terms
    is_in_flight: Callable[[int], bool]
    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> tuple[list[int], list[Outgoing]]:
        cancelled: list[int] = []
        outgoing: list[Outgoing] = []
        for message in self._meant(books):
            if message.is_final or self.is_in_flight(message.id):
                continue
            outgoing += settle(books, message.id, MessageState.DELETED, self.now, self.terms)
            cancelled.append(message.id)
        if not cancelled:
            raise Refused(CommandStatus.ESME_RCANCELFAIL, "nothing is pending")
        return cancelled, outgoing

    def _meant(self, books: Books) -> list[Message]:
        request = self.request
        if not request.message_id:
            pending = books.messages.pending(self.client.system_id, request.source_addr, request.destination_addr)
            meant = [
                message
                for message in pending
                if not request.service_type or message.service_type == request.service_type
            ]
        else:
            meant = [own_message(books, self.client, self.message_id, request.message_id, request.source_addr)]
        whole: dict[int, Message] = {}
        for message in meant:
            for sibling in books.messages.of_whole(message.whole):
                whole[sibling.id] = sibling
        if any(message.state == MessageState.ENROUTE and message.fate in JOINED for message in whole.values()):
            # Only a part waits in this state for anything but a client, so an open set is looked for only then.
            for key, part_set in books.parts.rows():
                if any(part.message_id in whole for part in part_set.parts):
                    books.parts.remove(key)
        return list(whole.values())


@attrs.define(eq=False)
class Replace:
    """The work of a replace_sm: the message as it is now. Raises Refused; never makes a new one (SMPP 3.4 §4.10)."""

    client: Client
    request: ReplaceSm
    message_id: int
    fields: dict[str, object]
    terms: Terms
    is_in_flight: Callable[[int], bool]
    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> Message:
        message = own_message(books, self.client, self.message_id, self.request.message_id, self.request.source_addr)
        if message.is_final or self.is_in_flight(message.id) or message.whole != message.id:
            raise Refused(CommandStatus.ESME_RREPLACEFAIL, "not pending")
        if message.state != SCHEDULED and message.fate in JOINED and not message.scheduled_at:
            # A part that waits for the others: its text is no text of its own.
            raise Refused(CommandStatus.ESME_RREPLACEFAIL, "a part of a longer text")
        fields = dict(self.fields)
        if message.state != SCHEDULED:
            fields.pop("scheduled_at", None)
        scheduled_at = fields.get("scheduled_at", message.scheduled_at)
        expires_at = fields.get("expires_at")
        assert isinstance(scheduled_at, int)
        if expires_at is None and message.expires_at <= scheduled_at:
            fields["expires_at"] = scheduled_at + self.terms.validity
        elif isinstance(expires_at, int) and expires_at <= scheduled_at:
            raise Refused(CommandStatus.ESME_RINVEXPIRY, "over before it begins")
        fields["esm_class"] = message.esm_class & ~USER_DATA_HEADER
        if message.fate == Fate.WALLET and not message.sealed:
            octets, coding = fields["user_data"], fields.get("data_coding", message.data_coding)
            assert isinstance(octets, bytes)
            assert isinstance(coding, int)
            fields["sealed"] = may_hold_secret(octets, coding, 0, self.client.default_alphabet)
        return books.messages.change(message.id, **fields)
