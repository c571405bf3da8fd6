"""The rules of a PIN, as functions from one PinState to the next: restoring it, and counting wrong checks."""

import itertools
from collections.abc import Callable
from enum import StrEnum
from typing import Final

import attrs

from commands.wallet import digits
from commands.wallet.accounts import CheckLock, PinState
from commands.wallet.rules import MICROSECONDS, Draw, WalletRules

ALL_SOURCES: Final = "*"
# Wrong checks are remembered of so many sources; the lock that counts all of them has no such limit.
_SOURCES_KEPT: Final = 8
_SOURCE_LENGTH: Final = 32


@attrs.frozen
class PinRestored:
    """A new PIN is in force and the old one is dead."""

    pin: str = attrs.field(repr=False)


@attrs.frozen
class PinLimited:
    """The last restore was too recent: the next is possible from `until` on."""

    until: int


@attrs.frozen
class PinLocked:
    """There were too many restores: the next is possible from `until` on."""

    until: int


class PinCheck(StrEnum):
    """What a terminal learns. REFUSED stands alike for a wrong PIN, none, an old one, a lock, a blocked
    account and a number without an account: which of them it was is seen in the account, not by who
    guesses."""

    RIGHT = "right"
    REFUSED = "refused"


def pin_digest(pepper: bytes, number: str, nonce: int, pin: str) -> bytes:
    """What is kept of the `nonce`-th PIN of an account: equal PINs have different digests."""
    return digits.digest(pepper, "pin", number, nonce, pin)


def is_weak(pin: str) -> bool:
    """Whether people try it first: at most two different digits (0000, 1212, 1122), or a run up or down in
    which 0 follows 9 (1234, 7890, 4321).
    """
    steps = {(ord(after) - ord(before)) % 10 for before, after in itertools.pairwise(pin)}
    return len(set(pin)) < 3 or steps == {1} or steps == {9}


def draw_pin(draw: Draw, number: str, nth: int, length: int, is_old: Callable[[str], bool]) -> str:
    """The PIN of the `nth` restore of an account: neither weak nor the old one."""
    return digits.draw_digits(draw, "pin", (number, nth), length, lambda pin: is_weak(pin) or is_old(pin))


def restore_refusal(state: PinState, now: int, rules: WalletRules) -> PinLimited | PinLocked | None:
    """Why the PIN cannot be restored now, if it cannot."""
    if now < state.locked_until:
        return PinLocked(state.locked_until)
    if state.resets and now < (until := state.resets[-1] + rules.pin_reset_gap * MICROSECONDS):
        return PinLimited(until)
    return None


def restored(state: PinState, digest: bytes, now: int, cause: str, rules: WalletRules) -> PinState:
    """The state after a restore: the lock begins with the last restore that the rules allow, and wrong
    checks of the old PIN are forgotten. `digest` is made with nonce `state.nonce + 1`.
    """
    opened = now - rules.pin_resets_window * MICROSECONDS
    resets = (*(at for at in state.resets if at > opened), now)
    is_last = len(resets) >= rules.pin_resets
    return PinState(
        digest=digest,
        nonce=state.nonce + 1,
        set_at=now,
        temporary_until=now + rules.pin_temporary * MICROSECONDS,
        resets=resets,
        reset_count=state.reset_count + 1,
        reset_cause=cause,
        locked_until=now + rules.pin_reset_lock * MICROSECONDS if is_last else state.locked_until,
    )


def changed(state: PinState, digest: bytes, now: int) -> PinState:
    """The state after the subscriber chose a PIN: it is not temporary. `digest` is made with `state.nonce +
    1`.
    """
    return attrs.evolve(state, digest=digest, nonce=state.nonce + 1, set_at=now, temporary_until=0)


def source_name(source: str) -> str:
    """The name under which wrong checks from `source` are counted."""
    return "" if source == ALL_SOURCES else source[:_SOURCE_LENGTH]


def is_check_locked(state: PinState, source: str, now: int) -> bool:
    """Whether checks from `source` are refused now, right or wrong."""
    return any(now < lock.locked_until for lock in state.checks if lock.source in (source, ALL_SOURCES))


def check_failed(state: PinState, source: str, now: int, rules: WalletRules) -> PinState:
    """The state after one more wrong check. The sources that failed longest ago are forgotten first."""
    locks = {lock.source: lock for lock in state.checks}
    of_all = locks.pop(ALL_SOURCES, CheckLock(ALL_SOURCES))
    of_one = locks.pop(source, CheckLock(source))
    kept = list(locks.values())[-(_SOURCES_KEPT - 1) :]
    of_all = _one_more(of_all, rules.pin_wrong_checks_of_all, now, rules)
    of_one = _one_more(of_one, rules.pin_wrong_checks, now, rules)
    return attrs.evolve(state, checks=(of_all, *kept, of_one))


def check_passed(state: PinState, source: str) -> PinState:
    """The state after a right check: the wrong ones of this source, and the count of all, start again."""
    checks = tuple(lock for lock in state.checks if lock.source not in (source, ALL_SOURCES))
    return attrs.evolve(state, checks=checks)


def _one_more(lock: CheckLock, allowed: int, now: int, rules: WalletRules) -> CheckLock:
    failed = lock.failed + 1
    if failed < allowed:
        return attrs.evolve(lock, failed=failed)
    # 2**locks grows without end, the longest lock does not.
    seconds = min(rules.pin_check_lock * 2 ** min(lock.locks, 32), rules.pin_check_lock_longest)
    return CheckLock(lock.source, 0, lock.locks + 1, now + seconds * MICROSECONDS)
