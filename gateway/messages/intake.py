"""From a submit to a transaction: the checks that need no stored data, then :class:`Accept`, then the answer.

How this works: what passes the checks of :mod:`gateway.messages.drafting` becomes a draft; the storage runs it; the
outcome comes back and is answered. Whatever happens, each request is answered exactly once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import attrs

from gateway.clients.bindings import Binding
from gateway.messages.acceptance import Accept, AcceptSeveral
from gateway.messages.drafting import Drafting, is_transaction
from gateway.messages.drafts import Accepted, Draft, House, Refused
from gateway.messages.faulty_intake import FaultyIntake
from gateway.messages.message import Message
from gateway.messages.settlement import Outgoing
from gateway.smpp.pdus import DataSm, DestAddress, Pdu, SubmitMulti, SubmitSm, UnsuccessSme
from gateway.smpp.statuses import CommandStatus
from gateway.sms import reassembly
from gateway.storage.base import Storage, StorageError, StorageFull


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


class Intake:
    """Takes submit_sm, data_sm and submit_multi in."""

    def __init__(
        self,
        *,
        storage: Storage,
        drafting: Drafting,
        house: House,
        follow: Follow,
        monotonic: Callable[[], float],
        report: Callable[[str, BaseException], None],
        faults: FaultyIntake,
    ) -> None:
        """``monotonic``: seconds, for throttles; ``report`` tells of a bug or a lost storage."""
        self._storage = storage
        self._drafting = drafting
        self._house = house
        self._follow = follow
        self._monotonic = monotonic
        self._report = report
        self._faults = faults
        self._plan = faults.plan
        self.counters = Counters()

    def submit(self, binding: Binding, request: Pdu) -> None:
        """Answer the request now or when the storage is done with it."""
        if binding.bucket is not None:
            tokens = len(request.dest_addresses) if isinstance(request, SubmitMulti) else 1
            if not binding.bucket.take(self._monotonic(), tokens):
                self.refuse(binding, request, CommandStatus.ESME_RTHROTTLED)
                return
        try:
            if type(request) is not SubmitSm:
                if isinstance(request, SubmitMulti):
                    self._submit_several(binding, request)
                    return
                assert isinstance(request, DataSm)
            draft = self._drafting.draft(binding, request)
        except Refused as refusal:
            self.refuse(binding, request, refusal.command_status)
            return
        if self._plan.receipt:
            self._faults.rule_receipt(draft, request)
        work = _Single(draft, self._house, self, binding, request)
        if self._plan.storage:
            self._faults.submit(binding.client, request, work, work.accepted, work.failed)
        else:
            self._storage.submit(work, work.accepted, work.failed)

    def _submit_several(self, binding: Binding, request: SubmitMulti) -> None:
        drafts: list[Draft] = []
        unsuccess: list[UnsuccessSme] = []
        for destination in request.dest_addresses:
            if not isinstance(destination, DestAddress):
                # No distribution lists are kept here, so every name is an unknown one.
                raise Refused(CommandStatus.ESME_RINVDLNAME, "unknown distribution list")
            try:
                drafts.append(self._drafting.draft(binding, request, destination))
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
        if self._plan.receipt:
            for draft in drafts:
                self._faults.rule_receipt(draft, request)
        told = tuple(unsuccess)
        self._faults.submit(
            binding.client,
            request,
            AcceptSeveral(drafts, self._house),
            lambda accepted: self.finish(binding, request, accepted, told),
            lambda error: self.fail(binding, request, error),
        )

    def refuse(self, binding: Binding, request: Pdu, status: int) -> None:
        """Answer a submit with an error, and count it."""
        self.counters.refuse(status)
        binding.link.respond(request, status)

    def finish(self, binding: Binding, request: Pdu, accepted: Accepted, unsuccess: tuple[UnsuccessSme, ...]) -> None:
        """Answer a committed submit, then let delivery have what came of it; only receipts that a rule sends too early
        go the other way round."""
        for receipt in accepted.early:
            self._follow.offer(receipt, binding)
        if accepted.status:
            self.refuse(binding, request, accepted.status)
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
                binding.link.accept(request, accepted.spelled_id)
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
        self.refuse(binding, request, status)


class _Single(Accept):
    """The work of nearly every submit, and whom to answer when the storage is done with it: one object instead of a
    work and a pair of closures."""

    __slots__ = ("_binding", "_intake", "_request")

    def __init__(self, draft: Draft, house: House, intake: Intake, binding: Binding, request: Pdu) -> None:
        self.draft = draft
        self.house = house
        self._intake = intake
        self._binding = binding
        self._request = request

    def accepted(self, accepted: Accepted) -> None:
        self._intake.finish(self._binding, self._request, accepted, ())

    def failed(self, error: Exception) -> None:
        self._intake.fail(self._binding, self._request, error)


def _tell_outcome(binding: Binding, request: Pdu, spelled_id: str, is_delivered: bool) -> None:
    if is_delivered:
        binding.link.respond(request, 0, message_id=spelled_id)
    else:
        binding.link.respond(request, CommandStatus.ESME_RDELIVERYFAILURE)
