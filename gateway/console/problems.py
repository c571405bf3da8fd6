"""What is answered when a request cannot be: RFC 9457 problem details."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import attrs

CONTENT_TYPE: Final = "application/problem+json"

MOST_FAULTS: Final = 100
"""So many faults are listed; who made more of them learns enough from these."""


@attrs.frozen
class Fault:
    """One thing that is wrong with a request: in its body a JSON pointer (RFC 6901), else the parameter's name."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None

    def to_json(self) -> dict[str, str]:
        """Without what does not apply."""
        where = {"pointer": self.pointer, "parameter": self.parameter}
        return {name: value for name, value in where.items() if value is not None} | {"detail": self.detail}


class Problem(Exception):
    """Raised by whoever finds that a request cannot be answered as asked; becomes the answer."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        faults: tuple[Fault, ...] = (),
        headers: tuple[tuple[str, str], ...] = (),
        **members: Any,
    ) -> None:
        """``headers`` are sent with it; ``members`` are extension members of the JSON object."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = faults
        self.headers = headers
        self.members = members

    def to_json(self) -> dict[str, Any]:
        """The problem details object."""
        told: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.faults:
            told["errors"] = [fault.to_json() for fault in self.faults[:MOST_FAULTS]]
        return told | self.members


def not_found(what: str) -> Problem:
    """404 for something that is not there."""
    return Problem(404, f"There is no {what}.")
