"""Emulated times as the command line prints them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def spelled_time(at: int) -> str:
    """ISO 8601 to the millisecond, in UTC; empty for 0, which is no time."""
    if not at:
        return ""
    return (_EPOCH + timedelta(microseconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
