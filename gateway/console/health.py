"""The HTTP port's answers for machines: /livez, /readyz, /metrics."""

from __future__ import annotations

from collections.abc import Callable

from twisted.web.resource import NoResource, Resource
from twisted.web.server import Request, Site

from gateway.metrics import Metrics


class _Text(Resource):
    """A resource that answers GET and HEAD with a text of this moment."""

    isLeaf = True

    def __init__(
        self, render: Callable[[], tuple[int, bytes]], content_type: str = "text/plain; charset=utf-8"
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's has no types
        self._render = render
        self._content_type = content_type

    def render_GET(self, request: Request) -> bytes:
        if request.postpath:
            return bytes(NoResource().render(request))
        status, body = self._render()
        request.setResponseCode(status)
        request.setHeader("content-type", self._content_type)
        request.setHeader("cache-control", "no-store")
        request.setHeader("x-content-type-options", "nosniff")
        return body


class QuietSite(Site):
    """A site without an access log: a probe each second is no news. Twisted would also take the log's time of day
    from the reactor, whose seconds are monotonic here."""

    noisy = False

    def log(self, request: object) -> None:
        """Say nothing."""


def health_resource(is_ready: Callable[[], bool], metrics: Metrics) -> Resource:
    """The root of the HTTP port. /livez: the process answers; /readyz: everything listens and the set-up is loaded
    (503 before and while it stops); /metrics: Prometheus' text format."""
    root = Resource()
    root.putChild(b"livez", _Text(lambda: (200, b"ok\n")))
    root.putChild(b"readyz", _Text(lambda: (200, b"ok\n") if is_ready() else (503, b"not ready\n")))
    root.putChild(b"metrics", _Text(lambda: (200, metrics.exposition()), "text/plain; version=0.0.4; charset=utf-8"))
    return root
