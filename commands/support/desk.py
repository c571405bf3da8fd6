"""The support desk: which department a topic belongs to, and whether now is a good time to call."""

import tomllib
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final

import attrs

# Moscow has kept UTC+3 without summer time since 26 October 2014 (Federal Law 248-FZ).
_MOSCOW: Final = 3 * 3_600_000_000
_MINUTE: Final = 60_000_000
_DAY: Final = 24 * 60
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# 1 January 1970 was a Thursday.
_FIRST_DAY: Final = 3


class Wait(StrEnum):
    """How long one waits on the line."""

    QUIET = "quiet"
    USUAL = "usual"
    BUSY = "busy"


@attrs.frozen
class Hours:
    """Minutes of the day from `start` to before `end`, on `days` (0 is Monday)."""

    days: frozenset[int]
    start: int
    end: int

    def hold(self, day: int, minute: int) -> bool:
        """Whether this minute of this day is among them."""
        return day in self.days and self.start <= minute < self.end


@attrs.frozen
class Department:
    """Who handles what, as the desk says it."""

    id: str
    handles: tuple[str, ...]
    excluded: tuple[str, ...]


@attrs.frozen
class TopicRule:
    """A topic with a word of each group belongs to `leads_to`.

    A group is its whole words, padded with a space on both sides, and the beginnings of words, padded on
    the left.
    """

    leads_to: str
    groups: tuple[tuple[str, ...], ...]

    def holds(self, padded: str) -> bool:
        """`padded` is the topic in lower case between two spaces."""
        return all(any(word in padded for word in group) for group in self.groups)


@attrs.frozen
class SupportDesk:
    """What is known of the desk. Made by `load`."""

    hotline: str
    departments: tuple[Department, ...]
    missing_money_order: tuple[str, ...]
    cannot_help_if: str
    complaint_needs: tuple[str, ...]
    busy: tuple[Hours, ...]
    quiet: tuple[Hours, ...]
    topics: tuple[TopicRule, ...]

    @classmethod
    def load(cls) -> "SupportDesk":
        """Read the data file that ships with this package."""
        data = tomllib.loads(files("commands.support").joinpath("desk.toml").read_text("utf-8"))
        times = data["best_time"]
        return cls(
            hotline=data["hotline"]["number"],
            departments=tuple(
                Department(row["id"], tuple(row["handles"]), tuple(row["not"])) for row in data["departments"]
            ),
            missing_money_order=tuple(data["missing_money_order"]),
            cannot_help_if=data["support_cannot_help_if"],
            complaint_needs=tuple(data["complaint_needs"]),
            busy=(_hours(times["longest_wait"]), _hours({"days": [times["busiest_day"]]})),
            quiet=(*map(_hours, times["shortest_wait"]), _hours({"days": [times["quietest_day"]]})),
            topics=tuple(
                TopicRule(row["leads_to"], tuple(tuple(map(_padded, group)) for group in row["groups"]))
                for row in data["topics"]
            ),
        )

    def route(self, topic: str) -> str | None:
        """Whom a topic (lower case, words separated by one space) belongs to: the id of a department,
        "missing_money" for one after the other, "complaint", or None when no rule holds.
        """
        padded = f" {topic} "
        for rule in self.topics:
            if rule.holds(padded):
                return rule.leads_to
        return None

    def wait(self, at: int) -> Wait:
        """How long the wait is at a time, microseconds UTC since the epoch."""
        days, minute = divmod((at + _MOSCOW) // _MINUTE, _DAY)
        day = (days + _FIRST_DAY) % 7
        if any(hours.hold(day, minute) for hours in self.busy):
            return Wait.BUSY
        if any(hours.hold(day, minute) for hours in self.quiet):
            return Wait.QUIET
        return Wait.USUAL


def _hours(row: dict[str, Any]) -> Hours:
    return Hours(
        frozenset(_DAYS.index(day) for day in row["days"]),
        _minute(row.get("after", "00:00")),
        _minute(row.get("before", "24:00")),
    )


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _padded(word: str) -> str:
    return f" {word[:-1]}" if word.endswith("*") else f" {word} "
