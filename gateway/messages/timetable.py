"""Time-driven steps of messages: schedules, ends of validity, texts whose parts never came.

How this works: after a commit that leaves a message pending, :meth:`Timetable.watch` plans its steps. A step carries
the time that it was planned for; when the message was replaced meanwhile, its times differ and the step does nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from gateway.clients.bindings import Binding
from gateway.messages.agenda import Agenda
from gateway.messages.carrying import carry, decide, enqueue, finish
from gateway.messages.delivery import Delivery
from gateway.messages.drafts import Accepted, House
from gateway.messages.faulty_answers import Decision
from gateway.messages.joining import fail_parts
from gateway.messages.late_answers import AnswerLate
from gateway.messages.message import SCHEDULED, Fate, Message
from gateway.messages.settlement import Outgoing, end_at_handset, settle
from gateway.smpp.constants import MessageState
from gateway.sms.reassembly import SetKey
from gateway.storage.base import NO_KEYS, Books, Keys, Patient, Storage


class Timetable:
    """What follows a commit: deliveries now, steps later. It is the :class:`gateway.messages.intake.Follow`."""

    def __init__(
        self,
        *,
        storage: Storage,
        agenda: Agenda,
        delivery: Delivery,
        house: House,
        now: Callable[[], int],
        report: Callable[[str, BaseException], None],
    ) -> None:
        self._storage = storage
        self._agenda = agenda
        self._delivery = delivery
        self._house = house
        self._now = now
        self._report = report
        self.offer: Callable[[Outgoing, Binding | None], None] = delivery.offer

    def replaced(self, message: Message) -> None:
        """See :meth:`Delivery.replaced`."""
        self._delivery.replaced(message)

    def await_outcome(self, message_id: int, told: Callable[[bool], None]) -> None:
        """See :meth:`Delivery.await_outcome`."""
        self._delivery.await_outcome(message_id, told)

    def watch(self, message: Message) -> None:
        """Plan the steps of a message that is not final."""
        message_id, scheduled_at, expires_at = message.id, message.scheduled_at, message.expires_at
        if message.state == SCHEDULED:
            self._agenda.plan(
                scheduled_at,
                lambda: self._storage.submit(
                    Start(message_id, scheduled_at, self._now(), self._house), self._begun, self._failed
                ),
            )
        elif scheduled_at and message.fate == Fate.WALLET:
            self._agenda.plan(
                scheduled_at,
                lambda: self._storage.submit(
                    AnswerLate(message_id, scheduled_at, self._now(), self._house), self._begun, self._failed
                ),
            )
        elif scheduled_at and message.fate == Fate.HANDSET:
            self._agenda.plan(
                scheduled_at,
                lambda: self._storage.submit(
                    Arrive(message_id, scheduled_at, self._now(), self._house), self._started, self._failed
                ),
            )
        if expires_at:
            self._agenda.plan(
                expires_at,
                lambda: self._storage.submit(
                    Expire(message_id, expires_at, self._now(), self._house), self._ended, self._failed
                ),
            )

    def watch_set(self, key: SetKey, expires_at: int) -> None:
        """Plan the end of a set of parts."""
        self._agenda.plan(
            expires_at,
            lambda: self._storage.submit(
                ExpireSet(key, expires_at, self._now(), self._house), self._started, self._failed
            ),
        )

    def _begun(self, accepted: Accepted) -> None:
        self._started([*accepted.early, *accepted.outgoing])
        for message in accepted.waiting:
            self.watch(message)

    def _started(self, outgoing: list[Outgoing]) -> None:
        for one in outgoing:
            self._delivery.offer(one, None)

    def _ended(self, ended: tuple[int, list[Outgoing]]) -> None:
        message_id, outgoing = ended
        if message_id:
            self._delivery.withdraw(message_id)
        self._started(outgoing)

    def _failed(self, error: Exception) -> None:
        self._report("time-driven step", error)


@attrs.define(eq=False)
class Start(Patient):
    """The work that begins a scheduled message: it is carried as it would have been when it was submitted."""

    message_id: int
    scheduled_at: int
    now: int
    house: House
    keys: Keys = attrs.field(init=False)
    decided: Decision | None = None

    def __attrs_post_init__(self) -> None:
        self.keys = Keys(messages=(self.message_id,))

    def __call__(self, books: Books) -> Accepted:
        accepted = Accepted()
        message = books.messages.get(self.message_id)
        if message is None or message.state != SCHEDULED or message.scheduled_at != self.scheduled_at:
            return accepted
        if message.fate == Fate.CLIENT:
            accepted.outgoing.append(enqueue(books, books.messages.change(message.id, state=MessageState.ENROUTE)))
            return accepted
        decided = self.decided = self.decided or decide(message, self.house)
        if decided is not None and decided.delay:
            put_off = self.now + decided.delay
            changed = books.messages.change(message.id, state=MessageState.ENROUTE, scheduled_at=put_off)
            accepted.wait_for(changed)
            return accepted
        answered = carry(books, message, self.house, accepted, self.now, decided=decided)
        finish(books, message, self.house, accepted, self.now, answered)
        return accepted


@attrs.define(eq=False)
class Arrive(Patient):
    """The work that brings a message to the end that its handset's rule has for it; gives the receipts owed."""

    message_id: int
    arrives_at: int
    now: int
    house: House
    keys: Keys = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.keys = Keys(messages=(self.message_id,))

    def __call__(self, books: Books) -> list[Outgoing]:
        message = books.messages.get(self.message_id)
        if message is None or message.state != MessageState.ENROUTE or message.scheduled_at != self.arrives_at:
            return []
        terms = self.house.terms
        end = end_at_handset(message, terms)
        # The rules of a new start may say that it never gets there: its validity ends it.
        if end.state == MessageState.ENROUTE:
            return []
        return settle(books, message.id, end.state, self.now, terms, error=end.error)


@attrs.define(eq=False)
class Expire(Patient):
    """The work that ends a message whose validity is over; gives its id (0: it goes on) and the receipt owed."""

    message_id: int
    expires_at: int
    now: int
    house: House
    keys: Keys = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.keys = Keys(messages=(self.message_id,))

    def __call__(self, books: Books) -> tuple[int, list[Outgoing]]:
        message = books.messages.get(self.message_id)
        if message is None or message.is_final:
            return self.message_id, []  # another gateway may have ended it
        if message.expires_at != self.expires_at:
            return 0, []
        return message.id, settle(books, message.id, MessageState.EXPIRED, self.now, self.house.terms)


@attrs.define(eq=False)
class ExpireSet(Patient):
    """The work that ends a set of parts of which some never came."""

    key: SetKey
    expires_at: int
    now: int
    house: House
    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> list[Outgoing]:
        part_set = books.parts.get(self.key)
        if part_set is None or part_set.first_at + self.house.terms.parts_wait != self.expires_at:
            return []
        books.parts.remove(self.key)
        return fail_parts(books, part_set.parts, MessageState.EXPIRED, self.now, self.house.terms)
