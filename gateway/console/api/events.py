"""``/api/v1/events``: what happens, as server-sent events.

The events and their data: ``hello`` {} (the stream begins), ``message`` (a MessageView: it was added or changed; keep
the newest of each ``number``), ``skipped`` {"messages": n} (too many at once: so many changes are not told), ``missed``
{} (you did not keep up or were away too long: fetch your lists anew), ``sessions`` {} and ``faults`` {} (fetch them),
``clock`` (a Clock), ``deleted`` {"deleted": n}, ``reset`` {"what": […]}. Secrets are masked.
"""

from __future__ import annotations

import attrs

from gateway.console.controls import Controls
from gateway.console.fields import Name, given
from gateway.console.problems import Problem
from gateway.console.route import Stream


@attrs.frozen(kw_only=True)
class Watch:
    """From where on."""

    last_seen: Name | None = given("the id of the last event that was seen", header="Last-Event-ID", default=None)


def watch_events(controls: Controls, asked: Watch) -> Stream:
    """Watch what happens, as server-sent events: message, sessions, faults, clock, reset, deleted, missed.

    `message` carries a message that was added or changed, its secrets masked; `missed` says that the reader did not
    keep up and should fetch its lists anew. A comment comes each 15 s.
    """
    if controls.events.is_full:
        raise Problem(503, "Too many watch already.", headers=(("Retry-After", "5"),))
    seen = asked.last_seen
    last_seen = int(seen) if seen is not None and seen.isascii() and seen.isdigit() and len(seen) < 19 else None
    return Stream("text/event-stream", lambda sink: controls.events.watch(sink, last_seen))
