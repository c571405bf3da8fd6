"""Requests that schemathesis makes up from the OpenAPI document, sent to a running gateway: bounded, and repeatable."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.console import openapi
from gateway.console.routes import ROUTES
from tests.live.gateways import Gateway, running_gateway

pytestmark = pytest.mark.live

# A stream has no end, and a wait lasts: both have tests of their own.
TRIED = tuple(
    route
    for route in ROUTES
    if route.is_documented and not route.path.endswith(("/events", "/wait")) and not route.is_probe
)
SCHEMA = schemathesis.openapi.from_dict(openapi.document(TRIED))
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running_gateway(tmp_path_factory.mktemp("api"), "--seed", "1", "--clock-start", "2026-01-15T09:00:00Z") as one:
        yield one


@SCHEMA.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_documented(case: schemathesis.Case, gateway: Gateway) -> None:
    """Whatever is sent, right or wrong: no failure of the gateway, and an answer that the document tells of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        response = case.call(base_url=f"http://{gateway.http}", timeout=20)
        case.validate_response(response, checks=CHECKS)


def test_the_gateway_is_as_well_as_before(gateway: Gateway, tmp_path: Path) -> None:
    """After all of them it is ready, and its log tells of no failure."""
    import urllib.request

    with urllib.request.urlopen(f"http://{gateway.http}/readyz") as response:
        assert response.read() == b"ok\n"
    assert "Traceback" not in gateway.log()
    assert "could not be answered" not in gateway.log()
