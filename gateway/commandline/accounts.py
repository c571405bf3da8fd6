"""``sms-gateway accounts``: the wallet accounts of a gateway or a database."""

from __future__ import annotations

import json
import secrets
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import attrs
import click
from cattrs.errors import ClassValidationError

from commands.wallet.accounts import Account, Entry, EntryKind
from gateway.commandline.databases import books_to_read, change, database_option, keys_of, pepper_option
from gateway.commandline.faults import Failed, Unusable
from gateway.commandline.gateways import Gateway, Refused, running_gateway_options
from gateway.commandline.times import spelled_time
from gateway.settings import structure
from gateway.storage.base import Books, Keys

_PAGE: Final = 500
_HISTORY: Final = 20


@click.group()
def accounts() -> None:
    """Look at wallet accounts of a running gateway (--gateway) or in a database (--database), and change them.

    On a database `list` and `show` may be used while a gateway runs; `set` and `import` need a SQLite file for
    themselves, and on PostgreSQL wait for their turn like a gateway.
    """


@accounts.command("list")
@running_gateway_options
@database_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(gateway: str | None, token: str | None, database: str | None, as_json: bool) -> None:
    """List every account."""
    if gateway:
        for row in Gateway(gateway, token).pages("/api/v1/accounts"):
            click.echo(json.dumps(row) if as_json else _line_of(row))
        return
    with books_to_read(database) as books:
        for account in _all(books):
            click.echo(json.dumps(_object(account)) if as_json else _line(account))


@accounts.command()
@running_gateway_options
@database_option
@click.argument("number")
def show(gateway: str | None, token: str | None, database: str | None, number: str) -> None:
    """Show one account with what happened to it last, newest first."""
    if gateway:
        _show_of(Gateway(gateway, token), number)
        return
    with books_to_read(database) as books:
        account = books.accounts.get(number)
        if account is None:
            raise Failed(f"there is no account {number}")
        click.echo(_line(account))
        for payment in books.payments.of(number, _HISTORY):
            reason = f" ({payment.reason})" if payment.reason else ""
            click.echo(f"  payment {payment.number}: {payment.amount} to {payment.merchant}, {payment.state}{reason}")
        for entry in books.entries.of(number, _HISTORY):
            click.echo(f"  {spelled_time(entry.at)} {entry.kind} {entry.detail} [{entry.cause}]".replace("  [", " ["))


@accounts.command("set")
@running_gateway_options
@database_option
@pepper_option
@click.argument("number")
@click.option("--language", type=click.Choice(["en", "ru"]), help="Language of replies to PIN and CONFIRM.")
@click.option("--balance", "balances", metavar="RUB=12.50", multiple=True, help="May be repeated; others stay.")
@click.option("--confirmation/--no-confirmation", default=None, help="Whether payments need an SMS code.")
@click.option("--blocked/--no-blocked", default=None, help="Whether the wallet is blocked.")
def set_(
    gateway: str | None,
    token: str | None,
    database: str | None,
    pepper_file: Path | None,
    number: str,
    balances: tuple[str, ...],
    **fields: Any,
) -> None:
    """Change an account, or open it."""
    row: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
    if balances:
        row["balances"] = dict(pair.partition("=")[::2] for pair in balances)
    if gateway:
        click.echo(_line_of(_set_of(Gateway(gateway, token), number, row)))
        return
    (account,) = _accounts({number: row}, "accounts set")
    work = Edit([account], [frozenset(row)])
    change(database, pepper_file, work)
    with books_to_read(database) as books:
        click.echo(_line(books.accounts.get(number)))


@accounts.command("import")
@database_option
@pepper_option
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_(database: str | None, pepper_file: Path | None, file: Path) -> None:
    """Open or change the accounts of a TOML file, all or none.

    The file has a table for each number, or an [accounts] table of them, as in the settings. PINs stay as they are.
    """
    try:
        rows = tomllib.loads(file.read_text("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Unusable([f"{file}: {error}"]) from None
    rows = rows.get("accounts", rows)
    read = _accounts(rows, str(file))
    change(database, pepper_file, Edit(read, [frozenset(rows[account.number]) for account in read]))
    click.echo(f"{len(read)} accounts")


@attrs.define(eq=False)
class Edit:
    """The work that changes these fields of these accounts, and notes that somebody did."""

    accounts: list[Account]
    fields: list[frozenset[str]]
    cause: str = attrs.field(factory=lambda: f"cli:{secrets.token_hex(8)}")
    at: int = attrs.field(factory=lambda: time.time_ns() // 1000)
    keys: Keys = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.keys = keys_of(tuple(account.number for account in self.accounts))

    def __call__(self, books: Books) -> None:
        for wanted, fields in zip(self.accounts, self.fields, strict=True):
            old = books.accounts.get(wanted.number) or Account(wanted.number)
            values: dict[str, Any] = {name: getattr(wanted, name) for name in fields}
            if "balances" in values:
                named = {money.currency for money in wanted.balances}
                kept = tuple(money for money in old.balances if money.currency not in named)
                values["balances"] = (*kept, *wanted.balances)
            account = attrs.evolve(old, **values)
            faults = account.faults()
            if faults:
                raise ValueError(f"{wanted.number}: {'; '.join(faults)}")
            detail = ", ".join(sorted(fields)) or "opened"
            books.entries.add(
                Entry(account.number, EntryKind.EDITED, f"{self.cause}/{account.number}", self.at, detail)
            )
            books.accounts.put(account)


def _accounts(rows: dict[str, Any], where: str) -> list[Account]:
    """Accounts as the settings read them; exits with status 2 and every fault."""
    try:
        return list(structure.build({"accounts": rows}).opening_accounts())
    except ClassValidationError as error:
        faults = [f"{where}: {'.'.join(path[1:])}: {message}" for path, message in structure.faults_of(error)]
        raise Unusable(faults) from None


def _all(books: Any) -> Iterator[Account]:
    number = ""
    while page := books.accounts.after(number, _PAGE):
        yield from page
        number = page[-1].number


def _line(account: Account) -> str:
    marks = [name for name in ("confirmation", "blocked") if getattr(account, name)]
    marks += ["pin"] if account.pin.digest else []
    money = ", ".join(map(str, account.balances)) or "nothing"
    return " ".join((account.number, account.language, money, *marks))


def _set_of(gateway: Gateway, number: str, row: dict[str, Any]) -> dict[str, Any]:
    """Change or open an account of a running gateway."""
    try:
        changed = gateway.ask("PATCH", f"/api/v1/accounts/{quote(number, safe='')}", row)
    except Refused as refused:
        if refused.status != 404:
            raise
        changed = gateway.ask("POST", "/api/v1/accounts", {"number": number, **row})
    assert isinstance(changed, dict)
    return changed


def _show_of(gateway: Gateway, number: str) -> None:
    account = gateway.ask("GET", f"/api/v1/accounts/{quote(number, safe='')}")
    click.echo(_line_of(account))
    for payment in gateway.ask("GET", "/api/v1/payments", account=account["number"], limit=_HISTORY)["items"]:
        reason = f" ({payment['reason']})" if payment["reason"] else ""
        money = f"{payment['amount']} {payment['currency']}"
        click.echo(f"  payment {payment['number']}: {money} to {payment['merchant']}, {payment['state']}{reason}")
    for entry in gateway.ask("GET", f"/api/v1/accounts/{account['number']}/entries", limit=_HISTORY)["items"]:
        click.echo(f"  {entry['at'][:23]}Z {entry['kind']} {entry['detail']}".rstrip())


def _line_of(row: dict[str, Any]) -> str:
    """The same line of an account as the API shows it."""
    marks = [name for name in ("confirmation", "blocked") if row[name]]
    marks += ["pin"] if row["has_pin"] else []
    money = ", ".join(f"{amount} {currency}" for currency, amount in row["balances"].items()) or "nothing"
    return " ".join((row["number"], row["language"], money, *marks))


def _object(account: Account) -> dict[str, object]:
    return {
        "number": account.number,
        "language": account.language,
        "balances": {money.currency: money.amount for money in account.balances},
        "confirmation": account.confirmation,
        "blocked": account.blocked,
        "has_pin": bool(account.pin.digest),
    }
