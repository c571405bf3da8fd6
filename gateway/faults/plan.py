"""The rules in force, their counters, and the question that every point asks: does a fault happen here?

How this works. A point first reads the plan's attribute of its own name (``plan.submit``), which is False while no
rule names it: that is all that a gateway without faults pays. Else it calls :meth:`Plan.fire`. Every rule that fits
counts the happening; the first one, in the order in which they were added, whose counts and dice say so, fires.

Dice are keyed by the rule's name (its id when it has none) and the number of the match, so that a seed repeats.
``fire`` may be called from any thread; everything else belongs to the reactor's.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Container, Iterable
from typing import Final

import attrs

from gateway.faults.effects import Delay, Effect
from gateway.faults.rules import MOST_RULES, Facts, Point, Rule, faults_of

_MILLION: Final = 1_000_000


class FaultsInvalid(ValueError):
    """Rules that cannot be; ``faults`` has one line for everything that is wrong."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(self.faults))


class UnknownRule(KeyError):
    """The plan has no rule of this id."""


@attrs.frozen
class RuleState:
    """A rule and what became of it."""

    rule: Rule
    matched: int
    """Happenings that fitted."""
    fired: int
    expires_in: float | None
    """Seconds of real time that are left, None when it does not expire."""


@attrs.define(eq=False)
class _Planned:
    rule: Rule
    until: float
    """Monotonic seconds; 0 = never ends."""
    persistent: bool
    matched: int = 0
    fired: int = 0


class Plan:
    """The faults of one gateway. ``draw`` is :meth:`gateway.draws.Draws.draw`, ``monotonic`` gives seconds."""

    __slots__ = (
        "_check_more",
        "_draw",
        "_lock",
        "_monotonic",
        "_next_id",
        "_of",
        "_planned",
        "accept",
        "answer",
        "answering",
        "bind",
        "deliver",
        "enquire_link",
        "expiring",
        "on_change",
        "prefix",
        "receipt",
        "storage",
        "submit",
        "transport",
        "wallet",
    )

    accept: bool
    bind: bool
    submit: bool
    answer: bool
    deliver: bool
    receipt: bool
    enquire_link: bool
    storage: bool
    wallet: bool
    transport: bool
    """Whether a rule names the point."""

    def __init__(
        self,
        draw: Callable[[str, tuple[object, ...], int], int],
        monotonic: Callable[[], float],
        check: Callable[[Rule], list[str]] = lambda rule: [],
        prefix: str = "",
    ) -> None:
        """``check`` knows what else is wrong with a rule, besides what :func:`faults_of` does; ``prefix`` keeps the ids
        that this plan gives apart from those that others give, where plans share their rules."""
        self.prefix = prefix
        self._draw = draw
        self._check_more = check
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._planned: dict[str, _Planned] = {}
        self._of: dict[Point, list[_Planned]] = {}
        self._next_id = 1
        self.answering = False
        """Whether a rule names ``answer`` or ``wallet``."""
        self.expiring = False
        """Whether some rule ends by itself: then :meth:`drop_expired` is worth a call now and then."""
        self.on_change: list[Callable[[], None]] = []
        """Called after every change of the rules, not of their counters."""
        self._settle(tell=False)

    # --- the rules ---

    def add(self, rule: Rule, *, persistent: bool = False) -> Rule:
        """Take a rule into force, last of all, and give it back with its id. ``persistent`` ones are kept where the
        storage keeps rules. Raises FaultsInvalid."""
        return self.add_all([rule], persistent=persistent)[0]

    def add_all(self, rules: Iterable[Rule], *, persistent: bool = False) -> list[Rule]:
        """Take several rules into force, all or none. Raises FaultsInvalid."""
        new = list(rules)
        self._check(new, room=MOST_RULES - len(self._planned))
        self._check_ids(new, self._planned)
        return self._add(new, persistent)

    def replace(self, rules: Iterable[Rule], *, persistent: bool = False) -> list[Rule]:
        """Have these rules and no others; all or nothing. Raises FaultsInvalid."""
        new = list(rules)
        self._check(new, room=MOST_RULES)
        self._check_ids(new, ())
        with self._lock:
            self._planned = {}
        return self._add(new, persistent)

    def change(self, rule_id: str, rule: Rule) -> Rule:
        """Put another rule in the place of one, with fresh counters. Raises UnknownRule, FaultsInvalid."""
        old = self._planned.get(rule_id)
        if old is None:
            raise UnknownRule(rule_id)
        changed = attrs.evolve(rule, id=rule_id)
        self._check([changed], room=1)
        with self._lock:
            self._planned[rule_id] = self._new(changed, old.persistent)
        self._settle()
        return changed

    def remove(self, rule_id: str) -> None:
        """Take one rule out of force. Raises UnknownRule."""
        with self._lock:
            if self._planned.pop(rule_id, None) is None:
                raise UnknownRule(rule_id)
        self._settle()

    def remove_scope(self, scope: str) -> int:
        """Take all rules of a scope out of force; gives how many there were."""
        return self._keep_only(lambda planned: planned.rule.scope != scope)

    def clear(self) -> int:
        """Take all rules out of force; gives how many there were. Ids start over, so that a seed repeats."""
        self._next_id = 1
        return self._keep_only(lambda planned: False)

    def drop_expired(self) -> int:
        """Take the rules out whose time is over; gives how many there were."""
        now = self._monotonic()
        return self._keep_only(lambda planned: not planned.until or now < planned.until)

    def rules(self) -> list[RuleState]:
        """The rules in force, in their order."""
        now = self._monotonic()
        with self._lock:
            return [
                RuleState(planned.rule, planned.matched, planned.fired, planned.until - now if planned.until else None)
                for planned in self._planned.values()
                if not planned.until or now < planned.until
            ]

    def kept(self) -> list[RuleState]:
        """The persistent rules in force."""
        return [state for state in self.rules() if self._planned[state.rule.id].persistent]

    def adopt(self, rules: Iterable[tuple[Rule, float | None]]) -> None:
        """Have these as the persistent rules, each with the seconds it has left: rules that are in force already and
        did not change keep their counters. What is not persistent stays."""
        wanted = {rule.id: (rule, left) for rule, left in rules}
        now = self._monotonic()
        with self._lock:
            own = {
                rule_id: planned
                for rule_id, planned in self._planned.items()
                if not planned.persistent and rule_id not in wanted
            }
            for rule_id, (rule, left) in list(wanted.items())[: MOST_RULES - len(own)]:
                planned = self._planned.get(rule_id)
                if planned is None or not planned.persistent or planned.rule != rule:
                    planned = _Planned(rule, 0.0 if left is None else now + left, True)
                own[rule_id] = planned
            self._planned = own
        self._settle()

    # --- what points ask ---

    def fire(self, point: Point, facts: Facts) -> Effect | None:
        """The effect of the first rule that fires on this happening, None when nothing is to go wrong.

        A range of seconds comes back as the one delay that was drawn from it.
        """
        with self._lock:
            return self._fire(point, facts)

    def _fire(self, point: Point, facts: Facts) -> Effect | None:
        now: float | None = None
        chosen: Effect | None = None
        for planned in self._of.get(point, ()):
            rule = planned.rule
            if planned.until:
                now = self._monotonic() if now is None else now
                if now >= planned.until:
                    continue
            if not rule.match.fits(facts):
                continue
            planned.matched += 1
            if chosen is None and self._is_due(planned):
                planned.fired += 1
                chosen = self._drawn(planned)
        return chosen

    def _is_due(self, planned: _Planned) -> bool:
        rule, number = planned.rule, planned.matched
        if rule.times and planned.fired >= rule.times:
            return False
        if rule.match.nth:
            if number != rule.match.nth:
                return False
        elif number <= rule.after or (number - rule.after) % rule.every:
            return False
        if rule.probability >= 1.0:
            return True
        return self._draw("fault", (rule.name or rule.id, number), _MILLION) < rule.probability * _MILLION

    def _drawn(self, planned: _Planned) -> Effect:
        effect = planned.rule.effect
        if not isinstance(effect, Delay) or effect.up_to <= effect.seconds:
            return effect
        span = int((effect.up_to - effect.seconds) * _MILLION)
        key = (planned.rule.name or planned.rule.id, planned.matched)
        return Delay(effect.seconds + self._draw("fault delay", key, span + 1) / _MILLION)

    # --- what these share ---

    def _check(self, rules: list[Rule], room: int) -> None:
        faults: list[str] = []
        if len(rules) > room:
            faults.append(f"no more than {MOST_RULES} rules can be in force")
        for number, rule in enumerate(rules, 1):
            where = f"rule {number}{f' ({rule.name})' if rule.name else ''}: " if len(rules) > 1 else ""
            faults += (f"{where}{fault}" for fault in faults_of(rule) or self._check_more(rule))
        if faults:
            raise FaultsInvalid(faults)

    @staticmethod
    def _check_ids(rules: list[Rule], taken: Container[str]) -> None:
        faults: list[str] = []
        seen: set[str] = set()
        for rule in rules:
            if rule.id and (rule.id in seen or rule.id in taken):
                faults.append(f"id: there is a rule {rule.id!r} already")
            seen.add(rule.id)
        if faults:
            raise FaultsInvalid(faults)

    def _new(self, rule: Rule, persistent: bool) -> _Planned:
        return _Planned(rule, self._monotonic() + rule.expires if rule.expires else 0.0, persistent)

    def _add(self, rules: list[Rule], persistent: bool) -> list[Rule]:
        taken = {rule.id for rule in rules}
        added = []
        with self._lock:
            for rule in rules:
                if not rule.id:
                    rule = attrs.evolve(rule, id=self._free_id(taken))
                self._planned[rule.id] = self._new(rule, persistent)
                added.append(rule)
        self._settle()
        return added

    def _free_id(self, taken: set[str]) -> str:
        while True:
            rule_id = f"{self.prefix}{self._next_id}"
            self._next_id += 1
            if rule_id not in self._planned and rule_id not in taken:
                return rule_id

    def _keep_only(self, wanted: Callable[[_Planned], bool]) -> int:
        with self._lock:
            kept = {rule_id: planned for rule_id, planned in self._planned.items() if wanted(planned)}
            gone = len(self._planned) - len(kept)
            self._planned = kept
        if gone:
            self._settle()
        return gone

    def _settle(self, *, tell: bool = True) -> None:
        planned_now = list(self._planned.values())
        of: dict[Point, list[_Planned]] = {
            point: list(planned)
            for point, planned in itertools.groupby(
                sorted(
                    (planned for planned in planned_now if planned.rule.enabled),
                    key=lambda planned: planned.rule.point,
                ),
                key=lambda planned: planned.rule.point,
            )
        }
        with self._lock:
            self._of = of
        for point in Point:
            setattr(self, point.value, point in of)
        self.answering = self.answer or self.wallet
        self.expiring = any(planned.until for planned in planned_now)
        if tell:
            for told in self.on_change:
                told()
