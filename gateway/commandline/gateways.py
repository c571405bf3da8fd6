"""What the subcommands that ask a running gateway share: where it is, and how it is asked over its API."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

import attrs
import click

from gateway.commandline.faults import Failed, Unusable

Command = TypeVar("Command", bound=Callable[..., Any])

_TIMEOUT: Final = 30.0
_PAGE: Final = 500

gateway_option = click.option(
    "--gateway", metavar="URL", help="A running gateway instead of a database, such as http://127.0.0.1:8025."
)

token_option = click.option(
    "--token",
    metavar="TOKEN",
    envvar="SMS_GATEWAY_HTTP_TOKEN",
    show_envvar=True,
    help="The token of the gateway, if it has one.",
)


def running_gateway_options(command: Command) -> Command:
    """``--gateway`` and ``--token``."""
    return gateway_option(token_option(command))


class Refused(Failed):
    """The gateway has answered, and not as wished; ``status`` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@attrs.frozen
class Gateway:
    """A running gateway."""

    url: str
    token: str | None = attrs.field(default=None, repr=False)

    def ask(self, method: str, path: str, body: object = None, **parameters: object) -> Any:
        """The JSON that it answers with. Raises Refused, and Failed when nobody answers."""
        named = {name: value for name, value in parameters.items() if value not in ("", None)}
        query = f"?{urllib.parse.urlencode(named)}" if named else ""
        request = urllib.request.Request(f"{self._base()}{path}{query}", method=method)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        octets = None
        if body is not None:
            octets = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        # Straight to it: a proxy of the environment is for the world, not for a test bench.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, octets, timeout=_TIMEOUT) as response:
                answered = response.read()
        except urllib.error.HTTPError as error:
            raise Refused(error.code, _told(error)) from None
        except (urllib.error.URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            raise Failed(f"{self.url} does not answer: {getattr(reason, 'strerror', None) or reason}") from None
        return json.loads(answered) if answered.startswith((b"{", b"[")) else None

    def pages(self, path: str, **parameters: object) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        cursor: object = None
        while True:
            page = self.ask("GET", path, limit=_PAGE, cursor=cursor, **parameters)
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def _base(self) -> str:
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Unusable([f"--gateway: expected a URL such as http://127.0.0.1:8025, got {self.url!r}"])
        return self.url.rstrip("/")


def _told(error: urllib.error.HTTPError) -> str:
    """What the problem details say, a line for each fault."""
    try:
        problem = json.loads(error.read())
        lines = [str(problem["detail"])]
        for fault in problem.get("errors", ()):
            where = fault.get("pointer") or fault.get("parameter") or ""
            lines.append(f"  {where.removeprefix('#/')}: {fault['detail']}" if where else f"  {fault['detail']}")
    except (ValueError, KeyError, TypeError):
        return f"HTTP {error.code}"
    return "\n".join(lines)
