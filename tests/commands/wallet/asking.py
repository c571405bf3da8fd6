"""How the tests of the wallet ask it: with draws that repeat, at noon, from one number."""

from commands.wallet.accounts import Payment
from commands.wallet.money import Money
from commands.wallet.payments import PaymentStarted
from commands.wallet.pins import PinRestored
from commands.wallet.rules import WalletRules
from commands.wallet.service import Wallet
from tests.commands.doubles import NOON, NUMBER, PEPPER, DictBooks, account, keyed_draw

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


def new_pin(books: DictBooks, now: int = NOON, cause: str = "message:1", own: Wallet | None = None) -> str:
    restored = (own or wallet()).restore_pin(books, NUMBER, now, cause)
    assert isinstance(restored, PinRestored)
    return restored.pin
