"""Absolute and relative time strings of SMPP 3.4 §7.1.1, to and from microseconds UTC.

Absolute ``YYMMDDhhmmsstnnp``: local time, tenths of a second `t`, and its distance from UTC in quarters of an hour
`nn`, ahead (`+`) or behind (`-`). Relative ``YYMMDDhhmmss000R``: years to seconds from now.

Two digits of a year are read with the pivot of Appendix C: 38-99 are 1938-1999, 00-37 are 2000-2037. A time in the
past is a correct time here: who knows the time of day refuses it.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta

LENGTH = 16
"""Characters of a time that is given, without the NUL; one that is not given is empty."""

_PIVOT = 38
_QUARTER_HOUR = timedelta(minutes=15)
_MOST_QUARTER_HOURS = 48
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_END_OF_TIME = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_FORMAT = re.compile(r"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d)(\d\d)([-+R])", re.ASCII)


def parse_time(text: str, now: int) -> int | None:
    """Microseconds UTC of a schedule_delivery_time, validity_period or final_date; None for the empty text.

    `now` (microseconds UTC) is what a relative time counts from. Its years and months are those of the calendar (one
    month after 31 January is the last day of February); its `t` and `nn` are ignored as §7.1.1.2 says. No relative
    time is too large: what lies beyond the year 9999 is cut to its end, so ``999999999999000R`` means "as long as
    you can". Raises ValueError for anything that is no time.
    """
    if not text:
        return None
    match = _FORMAT.fullmatch(text)
    if match is None:
        raise ValueError("not of the form YYMMDDhhmmsstnn+, YYMMDDhhmmsstnn- or YYMMDDhhmmss000R")
    *digits, kind = match.groups()
    year, month, day, hour, minute, second, tenth, quarters = map(int, digits)
    if kind == "R":
        return _microseconds(
            _later(_EPOCH + timedelta(microseconds=now), year, month, timedelta(day, second, 0, 0, minute, hour))
        )
    if quarters > _MOST_QUARTER_HOURS:
        raise ValueError(f"{quarters} quarters of an hour from UTC, at most {_MOST_QUARTER_HOURS}")
    century = 1900 if year >= _PIVOT else 2000
    # datetime refuses month 13, 30 February, hour 24 and second 60 with a ValueError of its own.
    local = datetime(century + year, month, day, hour, minute, second, tenth * 100_000, tzinfo=UTC)
    ahead = quarters * _QUARTER_HOUR
    return _microseconds(local - ahead if kind == "+" else local + ahead)


def format_time(at: int) -> str:
    """The absolute time string of microseconds UTC, 16 characters with offset ``00+``; cut to tenths of a second.

    Years outside 1938-2037 cannot be told by two digits; they are written all the same.
    """
    moment = _EPOCH + timedelta(microseconds=at)
    return f"{moment:%y%m%d%H%M%S}{moment.microsecond // 100_000}00+"


def _later(start: datetime, years: int, months: int, rest: timedelta) -> datetime:
    months += start.month - 1
    year, month = start.year + years + months // 12, months % 12 + 1
    if year > _END_OF_TIME.year:
        return _END_OF_TIME
    moment = start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
    return moment + rest if rest <= _END_OF_TIME - moment else _END_OF_TIME


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
