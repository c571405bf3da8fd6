"""Payments as merchants start them: the code of a held one goes to its subscriber by SMS, and its time ends.

How this works: the subscriber is reached through the client that owns the number, else through the one from which the
short code was last texted, else the code is in the handset's inbox. Whatever the payment and its code change is one
transaction. A held payment has a step on the agenda; a start plans the steps of all that an earlier run has left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

from commands.wallet.accounts import Payment, PaymentState
from commands.wallet.money import Money
from commands.wallet.service import Wallet
from gateway.clients.directory import Client
from gateway.messages.agenda import Agenda
from gateway.messages.drafts import House
from gateway.messages.intake import Follow
from gateway.messages.message import Fate, Kind
from gateway.messages.routing import Routing, subscriber_number
from gateway.messages.settlement import Outgoing, send
from gateway.storage.base import NO_KEYS, Books, Keys, Patient, Storage
from gateway.storage.query import MessageQuery

_ALL_TIME: Final = 2**62
_PICKED_UP: Final = 100_000
"""Held payments that a start plans the end of; those of the newest are still ended when their code comes late."""


class Paying:
    """Starts payments and ends those whose time is over."""

    def __init__(
        self,
        *,
        storage: Storage,
        wallet: Wallet,
        house: House,
        routing: Routing,
        follow: Follow,
        agenda: Agenda,
        client_of: Callable[[str], Client | None],
        short_code: str,
        now: Callable[[], int],
        report: Callable[[str, BaseException], None],
    ) -> None:
        self._storage = storage
        self._wallet = wallet
        self._house = house
        self._routing = routing
        self._follow = follow
        self._agenda = agenda
        self._client_of = client_of
        self._short_code = short_code
        self._now = now
        self._report = report

    def start(
        self,
        account: str,
        amount: Money,
        merchant: str,
        cause: str,
        told: Callable[[Payment], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Start a payment from the wallet account of this number, once for each ``cause``: the same cause again gives
        the same payment, as it is by then, and sends no other code.

        ``told`` gets the payment: held, completed or refused. ``failed`` gets the wallet's NoAccount, AmountInvalid or
        MerchantInvalid, or what the storage raised.
        """
        number = subscriber_number(account)
        route = self._routing.route(number)

        def begin(recipient: str) -> None:
            work = StartPayment(
                number, amount, merchant, cause, recipient, self._short_code, self._now(), self._wallet, self._house
            )
            self._storage.submit(work, lambda started: self._started(started, told), failed)

        if route.fate == Fate.CLIENT:
            begin(route.client)
        else:
            self._storage.read(
                lambda books: last_client(books, number, self._short_code),
                lambda client: begin(client if self._client_of(client) else ""),
                failed,
            )

    def resume(self) -> None:
        """Plan the ends of the payments that an earlier run has left held."""
        self._storage.submit(PickUpHeld(), self._picked_up, self._failed)

    def sweep(self, until: int) -> None:
        """End the payments whose time was over by ``until``: the gateway that should have is gone."""
        self._storage.submit(PickUpHeld(until), self._picked_up, self._failed)

    def _started(self, started: tuple[Payment, list[Outgoing]], told: Callable[[Payment], None]) -> None:
        payment, outgoing = started
        told(payment)
        for one in outgoing:
            self._follow.offer(one, None)
        self._picked_up([payment])

    def _picked_up(self, payments: list[Payment]) -> None:
        for payment in payments:
            if payment.state == PaymentState.HELD:
                self._watch(payment)

    def _watch(self, payment: Payment) -> None:
        number, account = payment.number, payment.account
        self._agenda.plan(
            payment.expires_at,
            lambda: self._storage.submit(
                ExpirePayment(number, account, self._now(), self._wallet), _nothing, self._failed
            ),
        )

    def _failed(self, error: Exception) -> None:
        self._report("payments", error)


def last_client(books: Books, number: str, short_code: str) -> str:
    """The client from which this number last texted the short code; empty when it was a handset, or nobody has."""
    newest = [
        message
        for source in (number, f"+{number}")
        for message, _ in books.messages.search(
            MessageQuery(source=source, destination=short_code, kinds=frozenset({int(Kind.SUBMITTED)}), limit=1)
        )
    ]
    return max(newest, key=lambda message: message.id).client if newest else ""


@attrs.define(eq=False)
class StartPayment:
    """The work that starts a payment and sends the code of a held one. Raises what the wallet raises."""

    account: str
    amount: Money
    merchant: str
    cause: str
    recipient: str
    """system_id of the client that reaches the subscriber, empty for the handset's own inbox."""
    short_code: str
    now: int
    wallet: Wallet
    house: House
    keys: Keys = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.keys = Keys(accounts=(self.account,))

    def __call__(self, books: Books) -> tuple[Payment, list[Outgoing]]:
        started = self.wallet.start_payment(books, self.account, self.amount, self.merchant, self.now, self.cause)
        outgoing: list[Outgoing] = []
        if started.code is not None:
            account = books.accounts.get(self.account)
            assert account is not None  # a payment of it has just been held
            message = self.house.answering.payment_code(
                started.payment,
                started.code,
                account.language,
                books.messages.next_id(),
                self.short_code,
                self.recipient,
                self.house.default_alphabet_of(self.recipient),
                self.now,
            )
            send(books, message, outgoing)
        return started.payment, outgoing


@attrs.define(eq=False)
class ExpirePayment(Patient):
    """The work that ends a payment that is still held when its time is over."""

    number: int
    account: str
    now: int
    wallet: Wallet
    keys: Keys = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        # Who confirms it locks the account too: one of both comes first.
        self.keys = Keys(accounts=(self.account,))

    def __call__(self, books: Books) -> None:
        self.wallet.expire_payment(books, self.number, self.now)


@attrs.define(eq=False)
class PickUpHeld(Patient):
    """The work that finds the payments that are held, and whose time is over by then."""

    until: int = _ALL_TIME
    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> list[Payment]:
        return books.payments.due(self.until, _PICKED_UP)


def _nothing(_: None) -> None:
    """Nobody waits for the end of a payment."""
