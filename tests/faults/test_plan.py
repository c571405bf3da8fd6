"""The plan: which rule fires on which happening, against a model that counts by hand."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.draws import Draws
from gateway.faults.effects import Delay, Dropped, NoResponse, Status, WalletDown
from gateway.faults.plan import FaultsInvalid, Plan, UnknownRule
from gateway.faults.rules import MOST_RULES, Facts, Match, Point, Rule

A_SUBMIT = Facts("demo", "79991110001", "7494", "submit_sm", "Balance")


def plan_of(*rules: Rule, seed: int = 1) -> Plan:
    plan = Plan(Draws(seed).draw, lambda: 0.0)
    for one in rules:
        plan.add(one)
    return plan


def submit(**values: object) -> Rule:
    values.setdefault("effect", NoResponse())
    return Rule(point=Point.SUBMIT, **values)  # type: ignore[arg-type]


def firings(plan: Plan, happenings: int, facts: Facts = A_SUBMIT) -> list[int]:
    """The numbers, from 1, of the happenings on which a rule fired."""
    return [number for number in range(1, happenings + 1) if plan.fire(Point.SUBMIT, facts) is not None]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ({"times": 3}, [1, 2, 3]),
        ({"every": 4}, [4, 8]),
        ({"after": 7}, [8, 9, 10]),
        ({"after": 2, "every": 3, "times": 2}, [5, 8]),
        ({"match": Match(nth=3)}, [3]),
        ({"match": Match(nth=11)}, []),
        ({"probability": 0.0}, []),
        ({"enabled": False}, []),
        ({"match": Match(client="other")}, []),
    ],
    ids=str,
)
def test_how_often_a_rule_fires(values: dict[str, object], expected: list[int]) -> None:
    """nth, after, every and times count happenings that fit, from 1."""
    assert firings(plan_of(submit(**values)), 10) == expected


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        (Match(client="de*", source="+7999*", destination="74?4", text="ALAN", command="submit_sm"), True),
        (Match(source="7999111000?"), True),
        (Match(text="валанс"), False),
        (Match(command="data_sm"), False),
        (Match(destination="749"), False),
        (Match(client="Demo"), False),
    ],
)
def test_what_a_rule_is_about(match: Match, fits: bool) -> None:
    """All conditions must hold; a plus sign does not count, nor does the case of a text."""
    plan = plan_of(submit(match=match))
    facts = Facts("demo", "+79991110001", "7494", lambda: "submit_sm", lambda: "Balance")
    assert (plan.fire(Point.SUBMIT, facts) is not None) is fits
    assert plan.rules()[0].matched == fits


def test_a_text_is_read_only_when_a_rule_asks() -> None:
    """Decoding costs more than everything else that a rule looks at."""

    def read() -> str:
        raise AssertionError("read for nothing")

    facts = Facts("demo", command=read, text=read)
    plan = plan_of(submit(), submit(match=Match(client="other", text="x")))
    assert plan.fire(Point.SUBMIT, facts) is not None


def test_the_first_rule_that_fires_wins_and_all_count() -> None:
    """Rules that come later see each happening as well, so that their numbers do not depend on others."""
    plan = plan_of(submit(times=1), submit(match=Match(nth=2), effect=Status(8)))
    assert [plan.fire(Point.SUBMIT, A_SUBMIT) for _ in range(3)] == [NoResponse(), Status(8), None]
    assert [(state.matched, state.fired) for state in plan.rules()] == [(3, 1), (3, 1)]


@given(st.integers(0, 2**32), st.floats(0.05, 0.95))
@example(1, 0.5)
def test_a_seed_repeats(seed: int, probability: float) -> None:
    """The same seed and rules fire on the same happenings, whatever other rules do in between."""
    alone = plan_of(submit(name="a", probability=probability), seed=seed)
    crowded = plan_of(
        Rule(point=Point.WALLET, effect=WalletDown(), name="b", probability=0.5),
        submit(name="a", probability=probability),
        seed=seed,
    )
    seen = []
    for number in range(1, 41):
        crowded.fire(Point.WALLET, A_SUBMIT)
        if crowded.fire(Point.SUBMIT, A_SUBMIT) is not None:
            seen.append(number)
    assert seen == firings(alone, 40)


def test_a_probability_is_about_that_often() -> None:
    """One in four of 4,000, within five standard deviations."""
    assert abs(len(firings(plan_of(submit(probability=0.25)), 4000)) - 1000) < 140


def test_another_seed_fires_otherwise() -> None:
    """The dice depend on the seed."""
    assert firings(plan_of(submit(probability=0.5), seed=1), 64) != firings(
        plan_of(submit(probability=0.5), seed=2), 64
    )


@given(st.floats(0, 100), st.floats(0, 100))
@example(0.0, 0.0)
def test_a_range_of_seconds_comes_back_as_one_delay(low: float, span: float) -> None:
    """The delay that was drawn lies in the range, and needs no more drawing."""
    plan = plan_of(submit(effect=Delay(low, low + span)))
    effects = [plan.fire(Point.SUBMIT, A_SUBMIT) for _ in range(5)]
    for effect in effects:
        assert isinstance(effect, Delay)
        assert low <= effect.seconds <= low + span + 1e-6
    if span > 1:
        assert len(set(effects)) > 1


def test_a_plan_is_bounded() -> None:
    """One rule more than the bound is refused, and so are two rules with one id; nothing has changed then."""
    plan = plan_of()
    plan.replace([submit()] * MOST_RULES)
    with pytest.raises(FaultsInvalid, match="no more than"):
        plan.add(submit())
    with pytest.raises(FaultsInvalid, match="no more than"):
        plan.replace([submit()] * (MOST_RULES + 1))
    assert len(plan.rules()) == MOST_RULES
    plan.clear()
    with pytest.raises(FaultsInvalid, match="already"):
        plan.replace([submit(id="a"), submit(id="a")])
    plan.add(submit(id="2"))
    plan.add(submit())
    assert [plan.add(submit()).id for _ in range(2)] == ["3", "4"]
    with pytest.raises(FaultsInvalid, match="already"):
        plan.add(submit(id="2"))


def test_a_rule_that_is_none_is_refused_by_the_plan_too() -> None:
    """Rules made by hand are checked like others, with what only the owner of the plan knows."""
    plan = Plan(Draws(1).draw, lambda: 0.0, lambda rule: ["no"] if rule.name == "bad" else [])
    with pytest.raises(FaultsInvalid, match="effect: 'dropped' is not possible"):
        plan.add(submit(effect=Dropped()))
    with pytest.raises(FaultsInvalid, match="no"):
        plan.add(submit(name="bad"))
    assert plan.rules() == []
    assert not plan.submit


def test_a_changed_rule_counts_anew() -> None:
    """Its place and id stay."""
    plan = plan_of(submit(times=1), submit(effect=Status(8)))
    firings(plan, 2)
    changed = plan.change("1", submit(times=1, effect=Status(1)))
    assert changed.id == "1"
    assert plan.fire(Point.SUBMIT, A_SUBMIT) == Status(1)
    with pytest.raises(UnknownRule):
        plan.change("9", submit())
    with pytest.raises(UnknownRule):
        plan.remove("9")


def test_what_others_have_kept_is_adopted() -> None:
    """Counters of rules that did not change stay, and so do rules of one's own file."""
    plan = plan_of(submit(effect=Status(8), times=1))
    kept = plan.add(submit(id="kept"), persistent=True)
    gone = plan.add(submit(id="gone"), persistent=True)
    assert firings(plan, 2) == [1, 2]
    plan.adopt([(kept, None), (submit(id="new"), 5.0)])
    assert [(state.rule.id, state.matched) for state in plan.rules()] == [("1", 2), ("kept", 2), ("new", 0)]
    assert gone not in [state.rule for state in plan.kept()]
    assert [state.expires_in for state in plan.kept()] == [None, 5.0]


@attrs.define
class Model:
    """What a rule should do, counted by hand."""

    rule: Rule
    until: float
    matched: int = 0
    fired: int = 0


class PlanMachine(RuleBasedStateMachine):
    """Rules come, go and expire while things happen; the plan agrees with a list that is searched by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.plan = Plan(Draws(1).draw, lambda: self.now)
        self.changes = 0
        self.plan.on_change.append(self.changed)
        self.models: list[Model] = []

    def changed(self) -> None:
        self.changes += 1

    @rule(
        point=st.sampled_from([Point.SUBMIT, Point.BIND]),
        client=st.sampled_from(["", "demo", "o*"]),
        nth=st.integers(0, 3),
        times=st.integers(0, 2),
        every=st.integers(1, 3),
        after=st.integers(0, 2),
        expires=st.sampled_from([0.0, 10.0]),
        scope=st.sampled_from(["", "a"]),
        enabled=st.booleans(),
    )
    def add(
        self, point: Point, client: str, nth: int, times: int, every: int, after: int, expires: float, scope: str,
        enabled: bool,
    ) -> None:  # fmt: skip
        added = self.plan.add(
            Rule(
                point=point,
                effect=NoResponse(),
                match=Match(client=client, nth=nth),
                times=times,
                every=every,
                after=after,
                expires=expires,
                scope=scope,
                enabled=enabled,
            )
        )
        self.models.append(Model(added, self.now + expires if expires else float("inf")))

    @rule(point=st.sampled_from([Point.SUBMIT, Point.BIND]), client=st.sampled_from(["demo", "other"]))
    def happen(self, point: Point, client: str) -> None:
        expected = None
        for model in self.models:
            one = model.rule
            prefix = one.match.client.rstrip("*")
            if (
                not one.enabled
                or one.point is not point
                or self.now >= model.until
                or not (client.startswith(prefix) if "*" in one.match.client else client == (prefix or client))
            ):
                continue
            model.matched += 1
            if one.match.nth:
                due = model.matched == one.match.nth
            else:
                beyond = model.matched - one.after
                due = beyond > 0 and beyond % one.every == 0
            if expected is None and due and (not one.times or model.fired < one.times):
                model.fired += 1
                expected = one.effect
        assert self.plan.fire(point, Facts(client)) == expected

    @precondition(lambda self: self.models)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        model = data.draw(st.sampled_from(self.models))
        self.plan.remove(model.rule.id)
        self.models.remove(model)

    @rule()
    def remove_scope(self) -> None:
        self.plan.remove_scope("a")
        self.models = [model for model in self.models if model.rule.scope != "a"]

    @rule(seconds=st.sampled_from([1.0, 9.0, 10.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def drop_expired(self) -> None:
        before = self.changes
        gone = self.plan.drop_expired()
        over = [model for model in self.models if self.now >= model.until]
        assert gone == len(over)
        assert (self.changes > before) is bool(gone)
        self.models = [model for model in self.models if model not in over]
        assert self.plan.submit is any(model.rule.point is Point.SUBMIT and model.rule.enabled for model in self.models)
        assert self.plan.expiring is any(model.rule.expires for model in self.models)

    @invariant()
    def counters_agree(self) -> None:
        alive = [model for model in self.models if self.now < model.until]
        assert [(state.rule, state.matched, state.fired) for state in self.plan.rules()] == [
            (model.rule, model.matched, model.fired) for model in alive
        ]
        for point in (Point.SUBMIT, Point.BIND):
            if any(model.rule.point is point and model.rule.enabled for model in alive):
                assert getattr(self.plan, point), "a rule that is in force is asked for"


TestPlanMachine = PlanMachine.TestCase
