"""Payments: held for a code or completed at once, refused, expired; and codes that work once."""

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.wallet.accounts import Account, EntryKind, Payment, PaymentState, RefusalReason
from commands.wallet.errors import AmountInvalid, MerchantInvalid, NoAccount
from commands.wallet.money import Money
from commands.wallet.payments import (
    CodeExpired,
    CodeWrong,
    NothingPending,
    PaymentConfirmed,
    PaymentRefused,
    PaymentStarted,
    parse_merchant,
)
from commands.wallet.rules import WalletRules
from commands.wallet.service import Wallet
from tests.commands.doubles import MINUTE, NOON, NUMBER, PEPPER, DictBooks, account, keyed_draw

OTHER = "79167654321"
PRICE = Money(35_000, "RUB")


def wallet(**rules: object) -> Wallet:
    return Wallet(WalletRules(**rules), keyed_draw, PEPPER)  # type: ignore[arg-type]  # any rule


def start(
    books: DictBooks, cause: str = "api:1", amount: Money = PRICE, now: int = NOON, **rules: object
) -> PaymentStarted:
    return wallet(**rules).start_payment(books, NUMBER, amount, "ACME", now, cause)


def hold(books: DictBooks, cause: str = "api:1", amount: Money = PRICE, now: int = NOON) -> tuple[Payment, str]:
    started = start(books, cause, amount, now)
    assert started.code is not None
    return started.payment, started.code


def with_confirmation(amount: int = 100_000) -> DictBooks:
    return DictBooks(account(amount, confirmation=True))


def wrong(*codes: str) -> str:
    return next(code for code in ("000001", "000002", "000003", "000004") if code not in codes)


def kinds(books: DictBooks) -> list[str]:
    return [entry.kind for entry in reversed(books.entries.of(NUMBER, 100))]


def test_without_confirmation_a_payment_completes_at_once() -> None:
    """The money is gone, no code is drawn, and the history says both that it started and that it completed."""
    books = DictBooks(account(100_000))
    started = start(books)
    assert (started.payment.state, started.code) == (PaymentState.COMPLETED, None)
    assert books.accounts[NUMBER].balances == (Money(65_000, "RUB"),)
    assert books.payments[1] == started.payment
    assert kinds(books) == [EntryKind.PAYMENT_STARTED, EntryKind.PAYMENT_COMPLETED]


def test_with_confirmation_a_payment_is_held() -> None:
    """Nothing is taken; a code of six digits that is valid for five minutes waits to be sent."""
    books = with_confirmation()
    payment, code = hold(books)
    assert (payment.state, payment.expires_at) == (PaymentState.HELD, NOON + 5 * MINUTE)
    assert (len(code), code.isdigit()) == (6, True)
    assert books.accounts[NUMBER].balances == (Money(100_000, "RUB"),)
    assert code not in repr(books.state())
    assert code not in repr(PaymentStarted(payment, code))


def test_the_right_code_completes_it() -> None:
    """The money is taken then, once."""
    books = with_confirmation()
    payment, code = hold(books)
    answer = wallet().confirm_payment(books, NUMBER, code, NOON + MINUTE, "message:1")
    assert answer == PaymentConfirmed(attrs.evolve(payment, state=PaymentState.COMPLETED))
    assert books.accounts[NUMBER].balances == (Money(65_000, "RUB"),)
    assert kinds(books) == [EntryKind.PAYMENT_STARTED, EntryKind.CODE_TRIED, EntryKind.PAYMENT_COMPLETED]


@pytest.mark.parametrize("confirmation", [True, False])
@pytest.mark.parametrize(
    ("amount", "fields", "rules", "reason"),
    [
        (Money(100_001, "RUB"), {}, {}, RefusalReason.FUNDS),
        (Money(1, "USD"), {}, {}, RefusalReason.FUNDS),
        (PRICE, {"blocked": True}, {}, RefusalReason.BLOCKED),
        (PRICE, {}, {"payment_limit": 34_999}, RefusalReason.LIMIT),
    ],
)
def test_refusals(
    amount: Money, fields: dict[str, object], rules: dict[str, object], reason: RefusalReason, confirmation: bool
) -> None:
    """What cannot be paid is kept as refused with the reason; nothing is taken and no code is sent."""
    books = DictBooks(account(100_000, confirmation=confirmation, **fields))
    started = start(books, amount=amount, **rules)
    assert (started.payment.state, started.payment.reason, started.code) == (PaymentState.REFUSED, reason, None)
    assert books.accounts[NUMBER].balances == (Money(100_000, "RUB"),)
    assert kinds(books) == [EntryKind.PAYMENT_STARTED, EntryKind.PAYMENT_REFUSED]


def test_the_whole_balance_can_be_paid() -> None:
    """A payment of exactly the balance, at exactly the limit, leaves zero."""
    books = DictBooks(account(100_000))
    started = start(books, amount=Money(100_000, "RUB"), payment_limit=100_000)
    assert started.payment.state == PaymentState.COMPLETED
    assert books.accounts[NUMBER].balances == (Money(0, "RUB"),)


def test_held_payments_are_bounded() -> None:
    """Five may wait for a code, the sixth is refused; when one is over there is room again."""
    books = with_confirmation()
    for nth in range(5):
        hold(books, f"api:{nth}", Money(100, "RUB"), NOON + nth)
    assert start(books, "api:6", Money(100, "RUB"), NOON + 5).payment.reason == RefusalReason.LIMIT
    hold(books, "api:7", Money(100, "RUB"), NOON + 5 * MINUTE)


def test_currencies_are_separate() -> None:
    """A payment takes from its own currency only."""
    books = DictBooks(Account(NUMBER, balances=(Money(100, "USD"), Money(50_000, "RUB"), Money(7, "EUR"))))
    start(books)
    assert books.accounts[NUMBER].balances == (Money(100, "USD"), Money(15_000, "RUB"), Money(7, "EUR"))


def test_an_unknown_number_cannot_pay() -> None:
    """It is NoAccount and no payment is kept, unless the rules make accounts."""
    books = DictBooks()
    with pytest.raises(NoAccount):
        start(books)
    assert books.state() == DictBooks().state()
    assert start(books, unknown_subscribers="create").payment.account == NUMBER


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_and_less_cannot_be_paid(amount: int) -> None:
    """An amount that is not above zero is AmountInvalid and writes nothing."""
    books = DictBooks(account())
    before = books.state()
    with pytest.raises(AmountInvalid):
        start(books, amount=Money(amount, "RUB"))
    assert books.state() == before


@pytest.mark.parametrize("name", ["A", "ACME", "H&M", "7-Eleven", "O'Neill Ltd.", "W" * 20, "A.B"])
def test_merchants(name: str) -> None:
    """Ordinary names are kept as they are."""
    assert parse_merchant(name) == name


OTHER_NAMES = [
    "",
    " ",
    " ACME",
    "ACME ",
    "W" * 21,
    "Ромашка",
    "A\nB",
    "{code}",
    "%s",
    "A\x00",
    "caf\u00e9",
    "A\n",
    "`A`",
    "A[]",
]


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_other_merchants_are_refused(name: str) -> None:
    """A name that would change the alphabet, the length or the look of a reply is MerchantInvalid."""
    with pytest.raises(MerchantInvalid):
        wallet().start_payment(DictBooks(account()), NUMBER, PRICE, name, NOON, "api:1")


# Codes


def test_w04_without_a_payment_a_code_is_nothing() -> None:
    """No payment, no account, or a payment that is over: nothing is pending, and nothing is written."""
    books = DictBooks(account())
    before = books.state()
    assert wallet().confirm_payment(books, NUMBER, "482193", NOON, "message:1") == NothingPending()
    assert wallet().confirm_payment(books, OTHER, "482193", NOON, "message:1") == NothingPending()
    assert books.state() == before


def test_w04_a_code_works_once() -> None:
    """The second text with a used code does nothing, not even while another payment waits."""
    books = with_confirmation()
    _, code = hold(books)
    wallet().confirm_payment(books, NUMBER, code, NOON, "message:1")
    assert wallet().confirm_payment(books, NUMBER, code, NOON, "message:2") == NothingPending()
    hold(books, "api:2")
    assert wallet().confirm_payment(books, NUMBER, code, NOON, "message:3") == CodeWrong(2)
    assert books.accounts[NUMBER].balances == (Money(65_000, "RUB"),)


def test_w04_a_code_is_over_after_five_minutes() -> None:
    """One moment before it works; at the fifth minute it is told as expired, swept or not, and nothing is taken."""
    for is_swept in (False, True):
        books = with_confirmation()
        payment, code = hold(books)
        if is_swept:
            assert wallet().expire_payments(books, NOON + 5 * MINUTE) == [books.payments[1]]
        answer = wallet().confirm_payment(books, NUMBER, code, NOON + 5 * MINUTE, "message:1")
        assert answer == CodeExpired(attrs.evolve(payment, state=PaymentState.EXPIRED))
        assert wallet().confirm_payment(books, NUMBER, wrong(code), NOON + 5 * MINUTE, "message:2") == NothingPending()
        assert books.accounts[NUMBER].balances == (Money(100_000, "RUB"),)
        assert kinds(books) == [EntryKind.PAYMENT_STARTED, EntryKind.PAYMENT_EXPIRED]
    books = with_confirmation()
    _, code = hold(books)
    answer = wallet().confirm_payment(books, NUMBER, code, NOON + 5 * MINUTE - 1, "message:1")
    assert isinstance(answer, PaymentConfirmed)


def test_w04_a_code_of_somebody_else_is_wrong() -> None:
    """A code belongs to the number that it was sent to."""
    books = with_confirmation()
    books.accounts.put(account(100_000, number=OTHER, confirmation=True))
    _, code = hold(books)
    assert wallet().confirm_payment(books, OTHER, code, NOON, "message:1") == NothingPending()
    wallet().start_payment(books, OTHER, PRICE, "ACME", NOON, "api:2")
    assert wallet().confirm_payment(books, OTHER, code, NOON, "message:2") == CodeWrong(2)
    assert books.payments[1].state == PaymentState.HELD


def test_three_wrong_codes_end_a_payment() -> None:
    """The third wrong code refuses it; then the right one is nothing."""
    books = with_confirmation()
    _, code = hold(books)
    answers = [wallet().confirm_payment(books, NUMBER, wrong(code), NOON, f"message:{nth}") for nth in range(3)]
    assert answers == [CodeWrong(2), CodeWrong(1), CodeWrong(0)]
    assert (books.payments[1].state, books.payments[1].reason) == (PaymentState.REFUSED, RefusalReason.CODE)
    assert wallet().confirm_payment(books, NUMBER, code, NOON, "message:4") == NothingPending()
    assert books.accounts[NUMBER].balances == (Money(100_000, "RUB"),)


def test_w05_of_two_payments_a_code_names_its_own() -> None:
    """With two waiting, the code of the second completes the second."""
    books = with_confirmation()
    (_, first), (_, second) = hold(books), hold(books, "api:2", Money(1, "RUB"))
    assert first != second
    answer = wallet().confirm_payment(books, NUMBER, second, NOON, "message:1")
    assert isinstance(answer, PaymentConfirmed)
    assert answer.payment.number == 2
    assert books.payments[1].state == PaymentState.HELD


def test_w05_a_wrong_code_counts_at_each() -> None:
    """Two waiting payments do not double the guesses: three wrong codes end them both."""
    books = with_confirmation()
    (_, first), (_, second) = hold(books), hold(books, "api:2")
    guess = wrong(first, second)
    answers = [wallet().confirm_payment(books, NUMBER, guess, NOON, f"message:{nth}") for nth in range(3)]
    assert answers == [CodeWrong(2), CodeWrong(1), CodeWrong(0)]
    assert [payment.state for payment in books.payments.values()] == [PaymentState.REFUSED] * 2
    assert kinds(books).count(EntryKind.PAYMENT_REFUSED) == 2


def test_w05_the_youngest_payment_has_its_own_tries() -> None:
    """A payment that started after two wrong codes survives the third one, and the reply counts its tries."""
    books = with_confirmation()
    _, first = hold(books)
    for nth in range(2):
        wallet().confirm_payment(books, NUMBER, wrong(first), NOON, f"message:{nth}")
    _, second = hold(books, "api:2")
    assert wallet().confirm_payment(books, NUMBER, wrong(first, second), NOON, "message:3") == CodeWrong(2)
    assert [payment.state for payment in books.payments.values()] == [PaymentState.REFUSED, PaymentState.HELD]


def test_codes_of_waiting_payments_differ() -> None:
    """Also when the draws repeat, a right code names one payment."""
    books = with_confirmation()
    own = Wallet(WalletRules(), lambda purpose, key, below: below - 1, PEPPER)
    codes = [own.start_payment(books, NUMBER, PRICE, "ACME", NOON, f"api:{nth}").code for nth in range(5)]
    assert codes == ["999999", "000000", "000001", "000002", "000003"]


def test_codes_are_keyed_by_the_payment() -> None:
    """The first draw of a code is keyed by the number of its payment alone."""
    _, code = hold(with_confirmation())
    assert code == f"{keyed_draw('code', (1,), 10**6):06d}"


@pytest.mark.parametrize("fields", [{"balances": (Money(34_999, "RUB"),)}, {"blocked": True}])
def test_a_held_payment_reserves_nothing(fields: dict[str, object]) -> None:
    """What happened since is looked at when the code comes: a right code for too little money is refused for good."""
    books = with_confirmation()
    payment, code = hold(books)
    books.accounts.put(attrs.evolve(books.accounts[NUMBER], **fields))
    before = books.accounts[NUMBER]
    reason = RefusalReason.BLOCKED if "blocked" in fields else RefusalReason.FUNDS
    answer = wallet().confirm_payment(books, NUMBER, code, NOON, "message:1")
    assert answer == PaymentRefused(attrs.evolve(payment, state=PaymentState.REFUSED, reason=reason))
    assert books.accounts[NUMBER] == before
    assert wallet().confirm_payment(books, NUMBER, code, NOON, "message:2") == NothingPending()


def test_w07_payments_together_never_overdraw() -> None:
    """Of fifty payments of a tenth of the balance ten complete, and zero is left."""
    books = DictBooks(account(100_000))
    states = [start(books, f"api:{nth}", Money(10_000, "RUB")).payment.state for nth in range(50)]
    assert states == [PaymentState.COMPLETED] * 10 + [PaymentState.REFUSED] * 40
    assert books.accounts[NUMBER].balances == (Money(0, "RUB"),)


# Once


@pytest.mark.parametrize("confirmation", [True, False])
def test_the_same_cause_starts_one_payment(confirmation: bool) -> None:
    """The request again is given the payment as it is, without a second code and without a second effect."""
    books = DictBooks(account(100_000, confirmation=confirmation))
    first = start(books)
    before = books.state()
    assert start(books, now=NOON + MINUTE) == PaymentStarted(first.payment)
    assert books.state() == before


def test_w10_a_code_that_comes_again_is_answered_again() -> None:
    """The same text delivered twice: the right code is told as right twice, a wrong one counts once."""
    books = with_confirmation()
    _, code = hold(books)
    for _ in range(2):
        assert wallet().confirm_payment(books, NUMBER, wrong(code), NOON, "message:1") == CodeWrong(2)
    for _ in range(2):
        answer = wallet().confirm_payment(books, NUMBER, code, NOON, "message:2")
        assert isinstance(answer, PaymentConfirmed)
    assert books.accounts[NUMBER].balances == (Money(65_000, "RUB"),)


def test_w10_a_refused_code_that_comes_again_is_refused_again() -> None:
    """Money that arrives in between does not make an old text pay."""
    books = with_confirmation()
    _, code = hold(books)
    full = books.accounts[NUMBER]
    books.accounts.put(attrs.evolve(full, balances=(Money(0, "RUB"),)))
    first = wallet().confirm_payment(books, NUMBER, code, NOON, "message:1")
    books.accounts.put(full)
    assert wallet().confirm_payment(books, NUMBER, code, NOON, "message:1") == first
    assert isinstance(first, PaymentRefused)
    assert books.accounts[NUMBER] == full


def test_the_last_wrong_code_that_comes_again_is_the_last_again() -> None:
    """After the third wrong code its repetition says again that nothing waits."""
    books = with_confirmation()
    _, code = hold(books)
    for nth in range(3):
        wallet().confirm_payment(books, NUMBER, wrong(code), NOON, f"message:{nth}")
    assert wallet().confirm_payment(books, NUMBER, wrong(code), NOON, "message:2") == CodeWrong(0)


def test_payments_expire_in_order_and_in_portions() -> None:
    """Only what is due expires, the earliest first, and no more than asked for; each has an entry."""
    books = with_confirmation()
    for nth in range(3):
        hold(books, f"api:{nth}", now=NOON + nth)
    due = NOON + 5 * MINUTE
    assert wallet().expire_payments(books, due - 1) == []
    assert [payment.number for payment in wallet().expire_payments(books, due + 2, limit=2)] == [1, 2]
    assert [payment.number for payment in wallet().expire_payments(books, due + 2, limit=2)] == [3]
    assert wallet().expire_payments(books, due + 2) == []
    assert kinds(books).count(EntryKind.PAYMENT_EXPIRED) == 3


def test_has_pending() -> None:
    """A payment is pending until its time is over, and only for its own subscriber."""
    books = with_confirmation()
    hold(books)
    assert wallet().has_pending(books, NUMBER, NOON + 5 * MINUTE - 1)
    assert not wallet().has_pending(books, NUMBER, NOON + 5 * MINUTE)
    assert not wallet().has_pending(books, OTHER, NOON)


@given(st.text("0123456789", min_size=6, max_size=6), st.integers(1, 10**6))
@example("000000", 1)
def test_a_guess_is_wrong_but_for_the_code(guess: str, number: int) -> None:
    """Whatever six digits are sent, they complete the payment exactly when they are its code."""
    books = with_confirmation()
    books.payments.numbers = number
    _, code = hold(books)
    answer = wallet().confirm_payment(books, NUMBER, guess, NOON, "message:1")
    assert isinstance(answer, PaymentConfirmed) == (guess == code)
