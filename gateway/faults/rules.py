"""A rule: at which point, on which happenings, how often, and with what effect. What is legal is the tables here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

import attrs

from gateway.faults.effects import (
    EFFECTS,
    LONGEST_SECONDS,
    Chunked,
    Delay,
    Disconnect,
    DisconnectAfter,
    DisconnectBefore,
    Down,
    Dropped,
    Duplicate,
    Effect,
    Full,
    Malformed,
    NoResponse,
    Receipt,
    SlowBytes,
    Stall,
    Status,
    WalletDown,
)
from gateway.faults.patterns import Pattern

MOST_RULES: Final = 1_000
"""Rules in force at a time: every happening at a point looks at each of the point's rules."""

LONGEST_NAME: Final = 100


class Point(StrEnum):
    """Where a fault may sit."""

    ACCEPT = "accept"
    """A connection comes in."""
    BIND = "bind"
    """A bind is to be judged."""
    SUBMIT = "submit"
    """A submit_sm, data_sm or submit_multi is to be taken in."""
    ANSWER = "answer"
    """A text to the wallet, whole and accepted, is to be answered."""
    DELIVER = "deliver"
    """A deliver_sm or data_sm of ours is to be sent; each segment is one."""
    RECEIPT = "receipt"
    """A submit that asks for a delivery receipt is taken in."""
    ENQUIRE_LINK = "enquire_link"
    """A client asks whether we are there."""
    STORAGE = "storage"
    """The transaction of a submit, query, cancel or replace is to be committed. The gateway's own are left alone."""
    WALLET = "wallet"
    """A command that needs the wallet is to be run."""
    TRANSPORT = "transport"
    """Octets are to be written to a connection; all that is written in one reactor turn is one happening."""


LEGAL: Final[Mapping[Point, Mapping[type[Effect], frozenset[str]]]] = {
    Point.ACCEPT: {Disconnect: frozenset({"seconds"}), Delay: frozenset({"seconds", "up_to"})},
    Point.BIND: {
        Status: frozenset({"command_status"}),
        NoResponse: frozenset(),
        Delay: frozenset({"seconds", "up_to"}),
        DisconnectBefore: frozenset(),
        DisconnectAfter: frozenset(),
        Malformed: frozenset({"form"}),
    },
    Point.SUBMIT: {
        Status: frozenset({"command_status"}),
        NoResponse: frozenset({"accepted"}),
        Delay: frozenset({"seconds", "up_to"}),
        DisconnectBefore: frozenset({"accepted"}),
        DisconnectAfter: frozenset(),
        Malformed: frozenset({"form"}),
    },
    Point.ANSWER: {
        Delay: frozenset({"seconds", "up_to"}),
        NoResponse: frozenset({"accepted"}),
        WalletDown: frozenset(),
    },
    Point.DELIVER: {
        Delay: frozenset({"seconds", "up_to"}),
        DisconnectBefore: frozenset(),
        DisconnectAfter: frozenset(),
        Malformed: frozenset({"form"}),
        Dropped: frozenset(),
        Duplicate: frozenset(),
    },
    Point.RECEIPT: {Receipt: frozenset({"fields"})},
    Point.ENQUIRE_LINK: {
        Status: frozenset({"command_status"}),
        NoResponse: frozenset(),
        Delay: frozenset({"seconds", "up_to"}),
        Disconnect: frozenset(),
    },
    Point.STORAGE: {Full: frozenset(), Down: frozenset(), Delay: frozenset({"seconds", "up_to"})},
    Point.WALLET: {WalletDown: frozenset()},
    Point.TRANSPORT: {
        SlowBytes: frozenset({"octets_per_second"}),
        Chunked: frozenset({"octets", "seconds"}),
        Stall: frozenset({"seconds"}),
        Disconnect: frozenset({"octets"}),
    },
}
"""At each point its effects, and which keys each of them has there. Everything else is refused."""

_LINK: Final = frozenset({"client", "source"})
_TEXT: Final = frozenset({"client", "source", "destination", "text", "command"})

MATCHABLE: Final[Mapping[Point, frozenset[str]]] = {
    Point.ACCEPT: frozenset({"source"}),
    Point.BIND: _LINK | {"command"},
    Point.SUBMIT: _TEXT,
    Point.ANSWER: _TEXT,
    Point.DELIVER: _TEXT,
    Point.RECEIPT: _TEXT,
    Point.ENQUIRE_LINK: _LINK,
    Point.STORAGE: _TEXT - {"text"},
    Point.WALLET: _TEXT,
    Point.TRANSPORT: _LINK,
}
"""What a rule may ask for at each point, besides ``nth``. Where there is no message ``source`` is the peer's IP
address; a connection that is not bound has the empty client."""

_SUBMITS: Final = frozenset({"submit_sm", "data_sm", "submit_multi"})

COMMANDS: Final[Mapping[Point, frozenset[str]]] = {
    Point.BIND: frozenset({"bind_transmitter", "bind_receiver", "bind_transceiver"}),
    Point.SUBMIT: _SUBMITS,
    Point.RECEIPT: _SUBMITS,
    Point.DELIVER: frozenset({"deliver_sm", "data_sm"}),
    Point.STORAGE: _SUBMITS | {"query_sm", "cancel_sm", "replace_sm"},
}
"""The names that ``command`` may have, where they are PDUs; at ``answer`` and ``wallet`` it is the wallet command's."""


@attrs.define
class Facts:
    """What is known of one happening. ``text`` and ``command`` may be functions, asked only when a rule wants them."""

    client: str = ""
    source: str = ""
    destination: str = ""
    command: str | Callable[[], str] = ""
    text: str | Callable[[], str] = ""

    def said(self) -> str:
        """The text, casefolded."""
        if not isinstance(self.text, str):
            self.text = self.text()
        return self.text.casefold()

    def commanded(self) -> str:
        """The command's name."""
        if not isinstance(self.command, str):
            self.command = self.command()
        return self.command


@attrs.frozen
class Match:
    """Which happenings a rule is about: all conditions that are given must hold.

    ``client``, ``source`` and ``destination`` are patterns (a leading ``+`` of a number does not count), ``text`` is
    a part of the text whatever its case, ``command`` the name of a PDU or wallet command, ``nth`` the how manieth of
    the happenings that fit (1 = the first; 0 = each).
    """

    client: str = ""
    source: str = ""
    destination: str = ""
    text: str = ""
    command: str = ""
    nth: int = 0
    _patterns: tuple[Pattern, Pattern, Pattern] = attrs.field(init=False, repr=False, eq=False)
    _folded: str = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        spelled = (self.client, self.source.removeprefix("+"), self.destination.removeprefix("+"))
        object.__setattr__(self, "_patterns", tuple(map(Pattern, spelled)))
        object.__setattr__(self, "_folded", self.text.casefold())

    def fits(self, facts: Facts) -> bool:
        """Whether the happening is one of those that this rule counts (``nth`` aside)."""
        client, source, destination = self._patterns
        return (
            client.matches(facts.client)
            and source.matches(facts.source.removeprefix("+"))
            and destination.matches(facts.destination.removeprefix("+"))
            and (not self.command or self.command == facts.commanded())
            and (not self._folded or self._folded in facts.said())
        )


@attrs.frozen(kw_only=True)
class Rule:
    """One fault on demand. Made by :func:`gateway.faults.forms.rule_from_object`, which checks it; a rule made by
    hand is checked by :func:`faults_of` when a plan takes it."""

    point: Point
    effect: Effect
    match: Match = attrs.field(factory=Match)
    id: str = ""
    """Given by the plan when it is empty."""
    name: str = ""
    scope: str = ""
    """Rules of one scope are taken away together."""
    probability: float = 1.0
    """Of each happening that the counts below leave."""
    times: int = 0
    """It fires at most so often; 0 = without end."""
    every: int = 1
    """Only each so manieth happening that fits."""
    after: int = 0
    """Not on the first so many."""
    expires: float = 0.0
    """Seconds of real time from when the plan took it, then it is gone; 0 = never."""
    enabled: bool = True


def faults_of(rule: Rule) -> list[str]:
    """Everything that is wrong with a rule, one line each; empty for a good one."""
    faults: list[str] = []
    legal = LEGAL[rule.point]
    keys = legal.get(type(rule.effect))
    if keys is None:
        kinds = ", ".join(sorted(effect.kind for effect in legal))
        faults.append(f"effect: {rule.effect.kind!r} is not possible at the point '{rule.point}'; possible: {kinds}")
    else:
        faults += _effect_faults(rule.point, rule.effect, keys)
    faults += _match_faults(rule.point, rule.match)
    for name in ("id", "name", "scope"):
        if len(getattr(rule, name)) > LONGEST_NAME:
            faults.append(f"{name}: longer than {LONGEST_NAME} characters")
    if not 0.0 <= rule.probability <= 1.0:
        faults.append("probability: expected a number from 0 to 1")
    if not 0.0 <= rule.expires <= LONGEST_SECONDS:
        faults.append(f"expires: expected seconds from 0 to {LONGEST_SECONDS:g}")
    faults += [
        f"{name}: expected {least} or more"
        for name, least in (("times", 0), ("every", 1), ("after", 0))
        if getattr(rule, name) < least
    ]
    return faults


def _effect_faults(point: Point, effect: Effect, keys: frozenset[str]) -> list[str]:
    faults: list[str] = []
    for field in attrs.fields(type(effect)):
        value = getattr(effect, field.name)
        if field.name not in keys:
            if value != field.default:
                faults.append(f"effect.{field.name}: has no meaning for {effect.kind!r} at the point '{point}'")
            continue
        least, most = field.metadata.get("least"), field.metadata.get("most")
        if least is not None and not least <= value <= most:
            faults.append(f"effect.{field.name}: expected a number from {least:g} to {most:g}")
    if isinstance(effect, Delay) and effect.up_to and effect.up_to < effect.seconds:
        faults.append("effect.up_to: less than effect.seconds")
    return faults


def _match_faults(point: Point, match: Match) -> list[str]:
    faults: list[str] = []
    possible = MATCHABLE[point]
    for name in ("client", "source", "destination", "text", "command"):
        value = getattr(match, name)
        if value and name not in possible:
            faults.append(f"match.{name}: nothing to match at the point '{point}'; possible: {_listed(possible)}, nth")
        elif len(value) > LONGEST_NAME:
            faults.append(f"match.{name}: longer than {LONGEST_NAME} characters")
    commands = COMMANDS.get(point)
    if match.command and commands is not None and match.command not in commands:
        faults.append(f"match.command: unknown at the point '{point}'; possible: {_listed(commands)}")
    if match.nth < 0:
        faults.append("match.nth: expected 0 or more")
    return faults


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


__all__ = ["COMMANDS", "EFFECTS", "LEGAL", "MATCHABLE", "MOST_RULES", "Facts", "Match", "Point", "Rule", "faults_of"]
