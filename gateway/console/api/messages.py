"""``/api/v1/messages``: look at messages, wait for one, text as a handset, delete."""

from __future__ import annotations

from typing import Any, Literal

import attrs
from twisted.internet.defer import Deferred

from gateway.console.api.parsing import Parsed, explained
from gateway.console.controls import Controls, nobody_waits
from gateway.console.fields import (
    AddressPrefix,
    Cursor,
    Instant,
    Name,
    PageSize,
    Search,
    SystemId,
    Text,
    Time,
    Wait,
    given,
    spelled,
)
from gateway.console.pdus import MOST_PDUS, PduView
from gateway.console.pdus import view_of as pdu_view
from gateway.console.problems import Fault, Problem, not_found
from gateway.console.views import KINDS, STATES, KindName, MessageView, State, shown, state_name, view_of
from gateway.messages.message import SCHEDULED, Fate, Kind, Message
from gateway.messages.texting import TextInvalid
from gateway.network.message_pdus import pdus_of
from gateway.network.wire_log import Frame
from gateway.storage.base import NO_KEYS
from gateway.storage.query import DELETED_AT_ONCE, MessageQuery


@attrs.frozen(kw_only=True)
class Filters:
    """Which messages; all that is said must hold."""

    client: SystemId = given("the client that submitted it or that it is for", default=SystemId(""))
    source: AddressPrefix = given("from this number; 7999* for all that begin so", name="from", default="")
    destination: AddressPrefix = given("to this number, or one that begins so", name="to", default="")
    address: AddressPrefix = given("from or to this number, or one that begins so", default="")
    text: Search = given("with this in their text, in any case; a secret text is never found", default="")
    state: tuple[State, ...] = given("in this state; may be repeated", default=())
    kind: tuple[KindName, ...] = given("of this kind; may be repeated", default=())
    command: Name = given("understood as this command", default="")
    outcome: Name = given("with this reply of the wallet", default="")
    since: Instant = given("accepted then or later, emulated time", default=0)
    until: Instant = given("accepted before, emulated time", default=0)

    def query(self, **more: Any) -> MessageQuery:
        """The same as a storage is asked."""
        return MessageQuery(
            client=self.client,
            source=self.source,
            destination=self.destination,
            address=self.address,
            text=self.text,
            states=frozenset(STATES[name] for name in self.state),
            kinds=frozenset(KINDS[name] for name in self.kind),
            command=self.command,
            outcome=self.outcome,
            since=self.since,
            until=self.until,
            **more,
        )


@attrs.frozen(kw_only=True)
class ListMessages(Filters):
    """A page of them."""

    limit: PageSize = given("how many", default=50)
    cursor: Cursor = given("what the page before gave as next", default=0)
    order: Literal["newest", "oldest"] = given("newest or oldest first", default="newest")


@attrs.frozen
class Messages:
    """A page of messages."""

    items: tuple[MessageView, ...] = given("the messages")
    next: int | None = given("the cursor of the next page; null at the end")


def list_messages(controls: Controls, asked: ListMessages) -> Deferred[Messages]:
    """List messages, newest first. Secrets are masked."""
    oldest = asked.order == "oldest"
    where = {"after" if oldest else "before": asked.cursor}
    query = asked.query(limit=asked.limit + 1, oldest_first=oldest, **where)
    reveal = controls.facts.reveal_secrets

    def read(books: Any) -> Messages:
        found = [shown(books, message, text, reveal=reveal) for message, text in books.messages.search(query)]
        items = tuple(found[: asked.limit])
        return Messages(items=items, next=items[-1].number if len(found) > len(items) else None)

    return controls.read(read)


@attrs.frozen(kw_only=True)
class WaitForMessage(Filters):
    """For which, and how long."""

    after: Cursor = given("only numbers above this one: the number of the last message that you have seen", default=0)
    new: bool = given("only messages that come from now on", default=False)
    timeout: Wait = given("seconds of real time", default=10.0)


def wait_for_message(controls: Controls, asked: WaitForMessage) -> Deferred[MessageView]:
    """Wait for a message: the oldest that matches, at once when it is there already. 404 when none comes in time.

    To go from one to the next, give the `number` of the last one as `after`. A message that is there but does not match
    yet (another `state`) is answered with as soon as it does.
    """
    reveal = controls.facts.reveal_secrets

    def show(books: Any, message: Message) -> MessageView:
        return view_of(message, books.messages.revealed(message) if reveal or not message.sealed else None)

    if not asked.new:
        return controls.waiters.wait(asked.query(after=asked.after), asked.timeout, show)
    newest = controls.read(newest_number)
    return newest.addCallback(
        lambda number: controls.waiters.wait(asked.query(after=max(number, asked.after)), asked.timeout, show)
    )


def newest_number(books: Any) -> int:
    """The number of the newest message, 0 when there is none."""
    return max((message.id for message, _ in books.messages.search(MessageQuery(limit=1))), default=0)


@attrs.frozen(kw_only=True)
class SendText:
    """A text of a handset."""

    source: Name = given("the handset's number", name="from")
    destination: Name = given("the wallet's short code, a client's number, or another handset's", name="to")
    text: Text = given("what is texted; long texts are cut into segments", secret=True)
    data_coding: int | None = given("null takes the one with the fewest segments", default=None)
    registered_delivery: int = given("1 asks for a delivery receipt", default=0)


def send_text(controls: Controls, asked: SendText) -> Deferred[MessageView]:
    """Text as a handset. To the wallet: the answer is in the handset's inbox. To a client: it gets a deliver_sm."""
    done: Deferred[MessageView] = Deferred(nobody_waits)

    def told(message: Message) -> None:
        if not done.called:
            done.callback(view_of(message, controls.text_of(message)))

    def failed(error: Exception) -> None:
        if done.called:
            return
        if isinstance(error, TextInvalid):
            faults = tuple(_fault(line) for line in error.faults)
            done.errback(Problem(422, "The text cannot be sent.", faults=faults))
        else:
            done.errback(controls.problem_of(error))

    controls.texting.text(
        asked.source,
        asked.destination,
        asked.text,
        told=told,
        failed=failed,
        data_coding=asked.data_coding,
        registered_delivery=asked.registered_delivery,
    )
    return done


def _fault(line: str) -> Fault:
    name, colon, detail = line.partition(": ")
    return Fault(detail, pointer=f"#/{name}") if colon else Fault(line)


@attrs.frozen
class Deleted:
    """What a deletion did."""

    deleted: int = given("how many messages")


def delete_messages(controls: Controls, asked: Filters) -> Deferred[Deleted]:
    """Delete finished messages; those on their way stay (POST /api/v1/reset takes everything). Without filters: all."""
    query = asked.query()

    def delete(total: int) -> Deferred[Deleted]:
        one = controls.submit(lambda books: books.messages.delete(query), NO_KEYS)
        return one.addCallback(lambda count: go_on(total + count, count))

    def go_on(total: int, count: int) -> Any:
        # A batch at a time: others commit in between.
        return delete(total) if count >= DELETED_AT_ONCE else Deleted(deleted=total)

    return delete(0).addCallback(_told_deleted, controls)


def _told_deleted(deleted: Deleted, controls: Controls) -> Deleted:
    controls.events.publish("deleted", {"deleted": deleted.deleted})
    return deleted


@attrs.frozen(kw_only=True)
class OneMessage:
    """Which one."""

    id: Name = given("its id as its client saw it, or its number")


@attrs.frozen
class Transition:
    """A step of a message's life."""

    state: str = given("the state that it came to")
    at: Time = given("when, emulated time")


@attrs.frozen
class MessageDetail:
    """Everything about one message."""

    message: MessageView = given("the message")
    octets: str | None = given("its user data in hexadecimal; null when it is secret")
    esm_class: int = given("as on the wire")
    service_type: str = given("as on the wire")
    protocol_id: int = given("as on the wire")
    priority_flag: int = given("as on the wire")
    source_ton: int = given("type of number of the source address")
    source_npi: int = given("its numbering plan")
    destination_ton: int = given("type of number of the destination address")
    destination_npi: int = given("its numbering plan")
    parts: tuple[MessageView, ...] = given("all parts of the text, or all messages of the submit_multi; empty for one")
    transitions: tuple[Transition, ...] = given("its life")
    explanation: Parsed | None = given("how a text to the wallet was understood")
    pdus: tuple[PduView, ...] = given("what went over the wire for it, as far as it is still remembered")


def show_message(controls: Controls, asked: OneMessage) -> Deferred[MessageDetail]:
    """Show one message with its parts, its PDUs, its life, and how it was understood."""
    reveal = controls.facts.reveal_secrets

    def read(books: Any) -> tuple[Message, str, tuple[MessageView, ...]]:
        message = find(books, asked.id)

        def told(one: Message) -> str:
            return "" if one.sealed and not reveal else books.messages.revealed(one)

        whole = books.messages.of_whole(message.whole)
        parts = tuple(view_of(part, told(part)) for part in whole) if len(whole) > 1 else ()
        return message, told(message), parts

    def detail(found: tuple[Message, str, tuple[MessageView, ...]]) -> MessageDetail:
        message, text, parts = found
        is_hidden = message.sealed and not reveal
        is_request = message.fate == Fate.WALLET and message.kind == Kind.SUBMITTED and not is_hidden
        return MessageDetail(
            message=view_of(message, text),
            octets=None if is_hidden else message.user_data.hex(),
            esm_class=message.esm_class,
            service_type=message.service_type,
            protocol_id=message.protocol_id,
            priority_flag=message.priority_flag,
            source_ton=message.source_addr_ton,
            source_npi=message.source_addr_npi,
            destination_ton=message.dest_addr_ton,
            destination_npi=message.dest_addr_npi,
            parts=parts,
            transitions=tuple(_transitions(message)),
            explanation=explained(controls, text) if is_request and text else None,
            pdus=_pdus(controls, message),
        )

    return controls.read(read).addCallback(detail)


def _pdus(controls: Controls, message: Message) -> tuple[PduView, ...]:
    masked = controls.emulator.masked
    return tuple(pdu_view(frame, masked(frame)) for frame in frames_of(controls, message)[:MOST_PDUS])


def frames_of(controls: Controls, message: Message) -> list[Frame]:
    """The PDUs that carried a message, as far as they are remembered."""
    exchange = controls.emulator.exchange
    recipient = exchange.directory.find(message.recipient) if message.recipient else None
    if not message.client and recipient is None:
        return []
    return pdus_of(exchange.wire_log, message, recipient)


def find(books: Any, spelled: str) -> Message:
    """The message that an id may stand for: decimal or hexadecimal as clients see it; Problem 404 for none."""
    for base in (10, 16):
        try:
            number = int(spelled, base)
        except ValueError:
            continue
        if 0 < number < 2**63 and spelled.isascii() and spelled.isalnum():
            message: Message | None = books.messages.get(number)
            if message is not None and (base == 10 or message.spelled_id.upper() == spelled.upper()):
                return message
    raise not_found("message of this id")


def _transitions(message: Message) -> list[Transition]:
    # To a handset scheduled_at is when it comes to its end there.
    waited = bool(message.scheduled_at) and message.fate != Fate.HANDSET
    steps = [Transition(state="scheduled" if waited else "enroute", at=spelled(message.accepted_at))]
    if waited and message.state != SCHEDULED:
        steps.append(Transition(state="enroute", at=spelled(message.scheduled_at)))
    if message.is_final:
        steps.append(Transition(state=state_name(message.state), at=spelled(message.final_at or message.accepted_at)))
    return steps
