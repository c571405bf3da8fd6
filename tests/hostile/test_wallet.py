"""Rows W: codes that are not due, payments that race, subscribers that may not, a wallet that is down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import attrs
import pytest

from commands.wallet.accounts import Payment, PaymentState
from commands.wallet.money import Money
from commands.wallet.payments import PaymentStarted
from commands.wallet.rules import WalletRules
from commands.wallet.service import Wallet
from gateway.draws import Draws
from gateway.faults.forms import rule_from_object
from gateway.storage.base import NO_KEYS, Books, Keys
from tests.conformance import wire
from tests.hostile.conftest import Stage
from tests.hostile.rows import row
from tests.hostile.scene import VICTIM, WITNESS, Scene, submit

T = TypeVar("T")

OTHER = "79991110004"
BLOCKED, UNKNOWN = "79991110003", "79990000000"
BLOCKED_SAYS = ("Wallet is blocked", "Кошелек заблокирован")
UNKNOWN_SAYS = ("No wallet found", "Кошелек на этот номер не найден")


@attrs.define
class Do:
    """A work made of a function."""

    action: Callable[[Books], Any]
    keys: Keys = NO_KEYS

    def __call__(self, books: Books) -> Any:
        return self.action(books)


def merchant() -> Wallet:
    """The wallet of the scene, as a merchant reaches it: the seed is the scene's."""
    return Wallet(WalletRules(), Draws(1).draw, b"seed 1")


def change(scene: Scene, action: Callable[[Books], T]) -> T:
    """Run it on the scene's storage."""
    results: list[T] = []
    scene.bench.storage.submit(Do(action), results.append, _raise)
    scene.bench.settle()
    return results[0]


def pay(scene: Scene, cause: str, amount: int, number: str = WITNESS) -> PaymentStarted:
    """A merchant's payment; the witness has 250.00 and confirmation on."""
    now = scene.bench.emulator.clock.now()
    return change(
        scene, lambda books: merchant().start_payment(books, number, Money(amount, "RUB"), "ACME", now, cause)
    )


def says(scene: Scene, text: str, number: str = WITNESS) -> str:
    """The one reply to a text."""
    answers = scene.client.send(submit(7, text.encode(), source_addr=number))
    return scene.check_replied(answers, wire.SUBMIT_SM, 7, "").text


def money(scene: Scene, number: str = WITNESS) -> int:
    account = scene.bench.read(lambda books: books.accounts.get(number))
    assert account is not None
    return account.balance_in("RUB").amount


def payments(scene: Scene, number: str = WITNESS) -> list[Payment]:
    return scene.bench.read(lambda books: books.payments.of(number, 10))


def refund(scene: Scene, amount: int) -> None:
    """Give the witness back what it paid: at the end of a scene it looks at its balance."""

    def action(books: Books) -> None:
        account = books.accounts.get(WITNESS)
        assert account is not None
        books.accounts.put(attrs.evolve(account, balances=(Money(amount, "RUB"), *account.balances[1:])))

    change(scene, action)


@row("W-04")
def test_a_code_without_a_payment(scene: Scene) -> None:
    """Six digits that nobody waits for are no command, and CONFIRM is about the policy, never about a payment."""
    before = money(scene)
    assert "ayment" not in says(scene, "123456")
    says(scene, "CONFIRM")
    says(scene, "CONFIRM 1")
    assert (money(scene), payments(scene)) == (before, [])


@pytest.mark.parametrize("case", ["expired", "used", "foreign"])
@row("W-04")
def test_a_code_that_is_not_due(scene: Scene, case: str) -> None:
    """A code that is too old, was used or is somebody else's pays nothing."""
    started = pay(scene, "api:1", 10_000)
    assert started.code is not None
    if case == "expired":
        scene.bench.advance(301)
        says(scene, started.code)
    elif case == "used":
        says(scene, started.code)
        assert money(scene) == 15_000
        says(scene, started.code)
    else:
        change(
            scene,
            lambda books: books.accounts.put(attrs.evolve(_account(books, OTHER), balances=(Money(99_999, "RUB"),))),
        )
        says(scene, started.code, OTHER)
        assert money(scene, OTHER) == 99_999
    assert money(scene) == (15_000 if case == "used" else 25_000)
    refund(scene, 25_000)


@row("W-05")
def test_of_two_payments_a_code_names_its_own(scene: Scene) -> None:
    """CONFIRM touches neither; each code completes the payment that it was made for."""
    first, second = pay(scene, "api:1", 1_000), pay(scene, "api:2", 2_000)
    says(scene, "CONFIRM")
    assert {payment.state for payment in payments(scene)} == {PaymentState.HELD}
    assert first.code and second.code and first.code != second.code  # noqa: PT018 - both are there and differ
    says(scene, second.code)
    assert {payment.number: payment.state for payment in payments(scene)} == {
        first.payment.number: PaymentState.HELD,
        second.payment.number: PaymentState.COMPLETED,
    }
    assert money(scene) == 23_000
    refund(scene, 25_000)


@row("W-07")
def test_two_payments_that_cannot_both_be_paid(scene: Scene) -> None:
    """Both are held, for nothing is reserved; the second code finds too little money, and the balance stays."""
    codes = [pay(scene, f"api:{number}", 20_000).code for number in (1, 2)]
    for code in codes:
        assert code is not None
        says(scene, code)
    assert money(scene) == 5_000
    assert sorted(payment.state for payment in payments(scene)) == [PaymentState.COMPLETED, PaymentState.REFUSED]
    refund(scene, 25_000)


@pytest.mark.parametrize("text", ["BALANCE", "PIN", "CONFIRM 1"])
@pytest.mark.parametrize("number", [BLOCKED, UNKNOWN], ids=["blocked", "unknown"])
@row("W-08")
def test_a_subscriber_that_may_not(scene: Scene, number: str, text: str) -> None:
    """The reply names no amount and is the same for each command; no account is made and none changes."""
    accounts = scene.bench.read(lambda books: [books.accounts.get(n) for n in (VICTIM, WITNESS, BLOCKED, UNKNOWN)])
    reply = says(scene, text, number)
    assert reply.startswith(BLOCKED_SAYS if number == BLOCKED else UNKNOWN_SAYS)
    assert "RUB" not in reply
    assert scene.bench.read(lambda books: books.entries.of(number, 10)) == []
    assert accounts == scene.bench.read(
        lambda books: [books.accounts.get(n) for n in (VICTIM, WITNESS, BLOCKED, UNKNOWN)]
    )


@row("W-09")
def test_a_wallet_that_is_down(scene: Scene) -> None:
    """The text is accepted and answered "later"; nothing was done, and the next one is served."""
    rule = {"point": "wallet", "effect": {"kind": "wallet_down"}, "match": {"client": "demo"}}
    scene.bench.emulator.plan.add(rule_from_object(rule))
    before = scene.bench.read(lambda books: books.accounts.get(VICTIM))
    down = [says(scene, "PIN", VICTIM) for _ in range(2)]
    assert down[0] == down[1]
    assert not any(letter.isdigit() for letter in down[0][:20])
    assert scene.bench.read(lambda books: (books.accounts.get(VICTIM), books.entries.of(VICTIM, 9))) == (before, [])
    scene.bench.emulator.plan.clear()
    assert says(scene, "PIN", VICTIM) != down[0]
    assert len(scene.bench.read(lambda books: books.entries.of(VICTIM, 9))) == 1


@row("W-10")
def test_a_reply_that_was_lost(stage: Stage) -> None:
    """The connection ends between the effect and the reply: it comes on the next binding, and there is one effect."""
    scene = stage()
    scene.client.peer.send(submit(7, b"PIN", source_addr=VICTIM))
    scene.client.peer.close()
    entries = scene.bench.read(lambda books: books.entries.of(VICTIM, 9))
    assert len(entries) == 1
    scene.rebind()
    (reply,) = scene.client.deliveries()
    assert reply["destination_addr"] == VICTIM
    assert scene.client.acknowledge(reply) == []
    assert scene.bench.read(lambda books: books.entries.of(VICTIM, 9)) == entries
    scene.bench.advance(3600)
    assert scene.client.deliveries() == []


def _account(books: Books, number: str) -> Any:
    account = books.accounts.get(number)
    assert account is not None
    return account


def _raise(error: Exception) -> None:
    raise error
