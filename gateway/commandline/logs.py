"""Where twisted.logger's events go: standard error, as text for people or as JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from twisted.logger import (
    FileLogObserver,
    FilteringLogObserver,
    ILogFilterPredicate,
    LogLevel,
    LogLevelFilterPredicate,
    formatEvent,
    globalLogBeginner,
    textFileLogObserver,
)

from gateway.settings import LogSettings


def begin_logging(settings: LogSettings) -> None:
    """Send events of this level and above to standard error, from now on and once for the process."""
    observer = textFileLogObserver(sys.stderr) if settings.format == "text" else FileLogObserver(sys.stderr, json_line)
    level = LogLevelFilterPredicate(defaultLogLevel=LogLevel.levelWithName(settings.level))
    predicates: list[ILogFilterPredicate] = [level]
    # Not the standard streams: what the program prints on purpose is not a log.
    globalLogBeginner.beginLoggingTo([FilteringLogObserver(observer, predicates)], redirectStandardIO=False)


def json_line(event: Mapping[str, Any]) -> str:
    """One event as one line: time, level, namespace, message, the event's own plain fields, and a traceback if any."""
    line: dict[str, object] = {
        "time": datetime.fromtimestamp(event["log_time"], UTC).isoformat(timespec="milliseconds"),
        "level": event["log_level"].name,
        "namespace": event["log_namespace"],
        "message": formatEvent(dict(event)),
    }
    for name, value in event.items():
        if not name.startswith("log_") and isinstance(value, (str, int, float, bool, type(None))):
            line.setdefault(name, value)
    if event.get("log_failure") is not None:
        line["traceback"] = event["log_failure"].getTraceback()
    return json.dumps(line) + "\n"
