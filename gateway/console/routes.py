"""The table of routes: every path of the HTTP port, and nothing that is not here."""

from __future__ import annotations

from typing import Final

from gateway.console import pages
from gateway.console.api import clock, connecting, parsing, port, status
from gateway.console.documentation import STYLE_PATH
from gateway.console.route import Route

_TEXT = "text/plain; charset=utf-8"
_HTML = "text/html; charset=utf-8"

ROUTES: Final[tuple[Route, ...]] = (
    # --- for machines that watch the gateway ---
    Route("GET", "/livez", port.livez, content_type=_TEXT, is_probe=True),
    Route("GET", "/readyz", port.readyz, content_type=_TEXT, problems=(503,), is_probe=True),
    Route("GET", "/metrics", port.metrics, content_type="text/plain", is_probe=True),
    # --- the console ---
    Route("GET", "/", pages.index, content_type=_HTML, is_open=True, is_page=True, is_documented=False),
    Route("GET", "/static/{name}", pages.static_file, problems=(404,), is_open=True, is_documented=False),
    # --- documents ---
    Route("GET", "/api/openapi.json", port.openapi_document, is_open=True),
    Route("GET", "/api/docs", port.api_docs, content_type=_HTML, is_open=True, is_page=True),
    Route("GET", STYLE_PATH, port.api_docs_style, is_open=True, is_documented=False),
    Route("POST", "/api/v1/login", port.log_in, problems=(401, 429), is_open=True),
    Route("POST", "/api/v1/logout", port.log_out, is_open=True),
    # --- the gateway as a whole ---
    Route("GET", "/api/v1/status", status.get_status),
    Route("GET", "/api/v1/connect", connecting.how_to_connect),
    Route("GET", "/api/v1/clock", clock.get_clock),
    Route("POST", "/api/v1/clock/advance", clock.advance_clock),
    Route("POST", "/api/v1/clock/set", clock.set_clock, problems=(409,)),
    Route("POST", "/api/v1/clock/freeze", clock.freeze_clock),
    Route("POST", "/api/v1/clock/thaw", clock.thaw_clock),
    Route("GET", "/api/v1/parse", parsing.parse_text),
)
