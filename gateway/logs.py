"""One line for each event worth one, as text or JSON, to standard error.

Built on twisted.logger. What is logged names clients and peers; subscriber numbers are masked by :func:`mask`, texts
and credentials are never given to the log at all. Control characters of a peer never reach the terminal raw.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Literal, TextIO

from twisted.logger import (
    FilteringLogObserver,
    ILogObserver,
    LogEvent,
    LogLevel,
    LogLevelFilterPredicate,
    formatEvent,
    globalLogBeginner,
)
from zope.interface import implementer

LEVELS: Final = ("debug", "info", "warn", "error", "critical")

_CONTROLS: Final = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | {
    code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029)
}
_OWN_FIELDS: Final = frozenset({"log_format", "log_flattened", "format", "message", "isError", "time", "log_source"})


def mask(number: str) -> str:
    """A subscriber number as a log may show it: the first four characters and the last two."""
    if len(number) <= 6:
        return number
    return f"{number[:4]}{'*' * (len(number) - 6)}{number[-2:]}"


def printable(text: str) -> str:
    """The text with control characters and bidirectional controls escaped, so that one event stays one line."""
    return text.translate(_CONTROLS)


@implementer(ILogObserver)
class LineObserver:
    """Writes events as lines: ``format`` "text" for people, "json" for machines (one object a line)."""

    def __init__(self, stream: TextIO, log_format: Literal["text", "json"]) -> None:
        self._stream = stream
        self._line: Callable[[LogEvent], str] = _json_line if log_format == "json" else _text_line

    def __call__(self, event: LogEvent) -> None:
        self._stream.write(self._line(event) + "\n")
        self._stream.flush()


def begin(stream: TextIO, log_format: Literal["text", "json"], level: str) -> None:
    """Send everything of ``level`` and above to the stream, from now on and for the whole process."""
    predicate = LogLevelFilterPredicate(defaultLogLevel=LogLevel.levelWithName(level))
    if level == "info":
        # Twisted's own news ("Exchange starting on 2775", "Main loop terminated.") repeats ours in its own words.
        predicate.setLogLevelForNamespace("log_legacy", LogLevel.warn)
        predicate.setLogLevelForNamespace("twisted", LogLevel.warn)
    observer = FilteringLogObserver(LineObserver(stream, log_format), [predicate])
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False, discardBuffer=True)


def _time(event: LogEvent) -> str:
    return datetime.fromtimestamp(event["log_time"], UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _traceback(event: LogEvent) -> str | None:
    failure = event.get("log_failure")
    return None if failure is None else failure.getTraceback()


def _text_line(event: LogEvent) -> str:
    line = f"{_time(event)} {event['log_level'].name:<5} {printable(formatEvent(event))}"
    traceback = _traceback(event)
    return line if traceback is None else f"{line}\n{traceback.rstrip()}"


def _json_line(event: LogEvent) -> str:
    record: dict[str, object] = {
        "time": _time(event),
        "level": event["log_level"].name,
        "namespace": event.get("log_namespace", ""),
        "message": printable(formatEvent(event)),
    }
    record.update(
        (name, value)
        for name, value in event.items()
        if not name.startswith("log_") and name not in _OWN_FIELDS and isinstance(value, (str, int, float, bool))
    )
    traceback = _traceback(event)
    if traceback is not None:
        record["traceback"] = traceback
    return json.dumps(record, ensure_ascii=False)
