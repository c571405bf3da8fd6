"""How many wrong PINs are looked at in a while, whatever accounts they are for: one PIN that is tried at
thousands of accounts locks none of them, but it spends this.

How this works: a count is kept of each terminal and one of all, as (when it began, how many) among the
limits. It begins anew with the first wrong PIN after its time is over. Terminals share a fixed number of
counts, so that made-up names do not fill the books.
"""

import zlib
from typing import Final

from commands.wallet.books import Limits
from commands.wallet.rules import MICROSECONDS, WalletRules

_NOBODY: Final = ""
_OF_ALL: Final = "wrong PINs"
_COUNTS: Final = 256


def is_spent(limits: Limits, source: str, now: int, rules: WalletRules) -> bool:
    """Whether no PIN is looked at now, right or wrong."""
    return any(0 < allowed <= _count(limits, name, now, rules) for name, allowed in _counted(source, rules))


def spend(limits: Limits, source: str, now: int, rules: WalletRules) -> tuple[str, ...]:
    """Count a wrong PIN; the names of the counts that are spent by this one."""
    spent = []
    for name, allowed in _counted(source, rules):
        count = _count(limits, name, now, rules)
        began = limits.get(_NOBODY, name)[0] if count else now
        limits.put(_NOBODY, name, (began, count + 1))
        if count + 1 == allowed:
            spent.append(name)
    return tuple(spent)


def _counted(source: str, rules: WalletRules) -> tuple[tuple[str, int], ...]:
    own = f"{_OF_ALL} {zlib.crc32(source.encode('utf-8', 'replace')) % _COUNTS}"
    return (own, rules.pin_budget_of_terminal), (_OF_ALL, rules.pin_budget)


def _count(limits: Limits, name: str, now: int, rules: WalletRules) -> int:
    kept = limits.get(_NOBODY, name)
    if not kept or now >= kept[0] + rules.pin_budget_window * MICROSECONDS:
        return 0
    return kept[1]
