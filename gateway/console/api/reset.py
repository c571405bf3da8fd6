"""``/api/v1/reset``: back to the configured start, or a part of it. Sessions stay bound."""

from __future__ import annotations

from typing import Literal

import attrs
from twisted.internet.defer import Deferred

from gateway.console.controls import Controls, nobody_waits
from gateway.console.fields import Time, given, spelled
from gateway.console.problems import Problem


@attrs.frozen(kw_only=True)
class Reset:
    """What is reset."""

    what: tuple[Literal["messages", "accounts", "faults", "clock", "all"], ...] = given(
        "messages: all are forgotten, those on their way too; accounts: those of the settings, with their payments and "
        "history; faults: those of the settings; clock: the configured start, else the time of day; all: everything, "
        "and numbers begin anew, so that a seed repeats"
    )


@attrs.frozen
class ResetDone:
    """What was reset."""

    what: tuple[str, ...] = given("all that was")
    now: Time = given("emulated time")


def reset(controls: Controls, asked: Reset) -> Deferred[ResetDone]:
    """Go back to the configured start. Sessions stay bound; what they answer of the time before is ignored.

    A PostgreSQL database may be others' too: it is emptied only with --allow-reset, its numbers go on, and so does its
    clock, which no gateway of several can turn back.
    """
    facts = controls.facts
    what = frozenset({"messages", "accounts", "faults", "clock"} if "all" in asked.what else asked.what)
    if not what:
        raise Problem(422, "There is nothing to be reset.")
    if facts.storage == "postgresql":
        if not facts.allow_reset and what & {"messages", "accounts"}:
            raise Problem(403, "A PostgreSQL database may be others' too: --allow-reset lets the API empty it.")
        if "clock" in asked.what:
            raise Problem(409, "Gateways that share a database share its clock, which does not go back.")
        what -= {"clock"}
    done: Deferred[ResetDone] = Deferred(nobody_waits)

    def over() -> None:
        if "messages" in what:
            controls.waiters.begin_anew()
        controls.events.publish("reset", {"what": sorted(what)})
        if not done.called:
            done.callback(ResetDone(what=tuple(sorted(what)), now=spelled(controls.emulator.clock.now())))

    def failed(error: Exception) -> None:
        if not done.called:
            done.errback(controls.problem_of(error))

    controls.emulator.reset(what, over, failed)
    return done
