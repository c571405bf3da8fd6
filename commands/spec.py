"""What a command is: a name, what it does when it runs, and what it says when it was only nearly
recognised.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from commands.request import Request
from commands.support.desk import SupportDesk
from commands.wallet.books import CommandBooks
from commands.wallet.service import Wallet

_NO_VALUES: Final[Mapping[str, Any]] = {}


# Not frozen: one is made for every request, and freezing would double what that costs.
@attrs.define
class Answer:
    """What to say, in no language yet: the code of a reply text and the values of its placeholders.

    `outcome` is what Reply.outcome will be, the code itself if empty. `secrets` are the values that only the
    recipient may see.
    """

    code: str
    values: Mapping[str, Any] = attrs.field(default=_NO_VALUES, repr=False)
    outcome: str = ""
    secrets: tuple[str, ...] = attrs.field(default=(), repr=False)


NOT_UNDERSTOOD: Final = Answer("not_understood")


def suggestion(code: str) -> Answer:
    """An answer that says what to send instead."""
    return Answer(code, outcome="suggest")


@attrs.frozen
class Services:
    """What actions may ask."""

    wallet: Wallet
    desk: SupportDesk


# Both are given the argument that the parser found. They may raise WalletError and WalletUnavailable, and whatever the
# books raise.
Run = Callable[[Services, CommandBooks, Request, str | None], Answer]


@attrs.frozen
class CommandSpec:
    """A command under the name that the parser gives it. `run` does it; `suggest` changes nothing and
    says how to ask for it. `uses_wallet` says that it cannot be run while the wallet is down.
    """

    name: str
    run: Run
    suggest: Run
    uses_wallet: bool = True
