"""Six digits: the code of a payment, when there is one."""

import attrs
import pytest

from commands.request import Reply
from commands.wallet.accounts import PaymentState
from commands.wallet.money import Money
from tests.commands.bench import Bench, texts
from tests.commands.doubles import (
    MINUTE,
    NOON,
    NUMBER,
    DictBooks,
    account,
)


def test_codes() -> None:
    """Wrong, right, and used: the last is no command any more."""
    bench = Bench(books=DictBooks(account(confirmation=True)))
    code = bench.code()
    wrong = bench.reply(bench.wrong_code())
    assert (wrong.outcome, wrong.text) == ("code_wrong", texts("code_wrong", tries=2)["ru"])
    done = bench.reply(code)
    expected = texts("payment_done", amount=Money(35_000, "RUB"), merchant="ACME")["ru"]
    assert (done.outcome, done.command, done.text) == ("payment_done", "code", expected)
    used = bench.reply(code)
    assert (used.outcome, used.command, used.match) == ("not_understood", None, None)
    assert used.text == texts("not_understood")["ru"]


def test_too_many_wrong_codes() -> None:
    """The third says that the payment is cancelled."""
    bench = Bench(books=DictBooks(account(confirmation=True)))
    bench.code()
    outcomes = [bench.reply(bench.wrong_code()).outcome for _ in range(4)]
    assert outcomes == ["code_wrong", "code_wrong", "code_exhausted", "not_understood"]


def test_an_expired_code() -> None:
    """It says so, and which payment was not made."""
    bench = Bench(books=DictBooks(account(confirmation=True)))
    code = bench.code()
    reply = bench.reply(code, NOON + 5 * MINUTE)
    expected = texts("code_expired", amount=Money(35_000, "RUB"), merchant="ACME")["ru"]
    assert (reply.outcome, reply.text) == ("code_expired", expected)


@pytest.mark.parametrize(
    ("fields", "outcome"), [({"balances": (Money(1, "RUB"),)}, "payment_refused"), ({"blocked": True}, "blocked")]
)
def test_a_right_code_that_cannot_pay(fields: dict[str, object], outcome: str) -> None:
    """Too little money and a blocked account are told; the payment is over."""
    bench = Bench(books=DictBooks(account(confirmation=True)))
    code = bench.code()
    bench.books.accounts.put(attrs.evolve(bench.books.accounts[NUMBER], **fields))
    assert bench.reply(code).outcome == outcome
    assert bench.books.payments[1].state == PaymentState.REFUSED


@pytest.mark.parametrize("books", [DictBooks(account()), DictBooks()], ids=["nothing pending", "no account"])
def test_a_code_without_a_payment_is_not_understood(books: DictBooks) -> None:
    """Six digits mean nothing while nothing waits for them, with an account or without."""
    bench = Bench(books=books)
    assert bench.reply(bench.wrong_code()).outcome == "not_understood"


def test_the_text_with_a_code() -> None:
    """It names amount, merchant, code and minutes in the account's language, and the code is its secret."""
    bench = Bench(books=DictBooks(account(confirmation=True)))
    code = bench.code()
    for language in ("en", "ru"):
        reply = bench.dispatcher.payment_code(bench.books.payments[1], code, language)
        expected = texts("payment_code", amount=Money(35_000, "RUB"), merchant="ACME", code=code, minutes=5)
        assert reply == Reply(expected[language], language, "payment_code", secrets=(code,))
        assert code not in repr(reply)
