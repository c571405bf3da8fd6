"""The table of routes: every path of the HTTP port, and nothing that is not here."""

from __future__ import annotations

from typing import Final

from gateway.console import pages
from gateway.console.api import (
    accounts,
    capture,
    clock,
    connecting,
    events,
    faults,
    handsets,
    messages,
    parsing,
    payments,
    port,
    ready_made,
    reset,
    sessions,
    status,
    traffic,
)
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
    Route("GET", "/api/v1/traffic", traffic.show_traffic, problems=(503,)),
    Route("GET", "/api/v1/clock", clock.get_clock),
    Route("POST", "/api/v1/clock/advance", clock.advance_clock),
    Route("POST", "/api/v1/clock/set", clock.set_clock, problems=(409,)),
    Route("POST", "/api/v1/clock/freeze", clock.freeze_clock),
    Route("POST", "/api/v1/clock/thaw", clock.thaw_clock),
    Route("POST", "/api/v1/reset", reset.reset, problems=(409, 503)),
    Route("GET", "/api/v1/events", events.watch_events, content_type="text/event-stream", problems=(503,)),
    Route(
        "GET", "/api/v1/capture.pcapng", capture.get_capture, content_type="application/x-pcapng", problems=(404, 503)
    ),
    Route("GET", "/api/v1/parse", parsing.parse_text),
    # --- messages ---
    Route("GET", "/api/v1/messages", messages.list_messages, problems=(503,)),
    Route("POST", "/api/v1/messages", messages.send_text, status=201, problems=(503,)),
    Route("DELETE", "/api/v1/messages", messages.delete_messages, problems=(503,)),
    Route("GET", "/api/v1/messages/wait", messages.wait_for_message, problems=(404, 503)),
    Route("GET", "/api/v1/messages/{id}", messages.show_message, problems=(404, 503)),
    Route("GET", "/api/v1/handsets", handsets.list_handsets, problems=(503,)),
    Route("GET", "/api/v1/handsets/{msisdn}/messages", handsets.read_handset, problems=(503,)),
    Route("GET", "/api/v1/handsets/{msisdn}/messages/wait", handsets.wait_for_handset, problems=(404, 503)),
    # --- SMPP ---
    Route("GET", "/api/v1/sessions", sessions.list_sessions),
    Route("POST", "/api/v1/sessions/outbind", sessions.outbind, status=202, problems=(404,)),
    Route("GET", "/api/v1/sessions/{id}", sessions.show_session, problems=(404,)),
    Route("POST", "/api/v1/sessions/{id}/unbind", sessions.unbind_session, problems=(404,)),
    Route("POST", "/api/v1/sessions/{id}/drop", sessions.drop_session, problems=(404,)),
    # --- the wallet ---
    Route("GET", "/api/v1/accounts", accounts.list_accounts, problems=(503,)),
    Route("POST", "/api/v1/accounts", accounts.open_account, status=201, problems=(409, 503)),
    Route("GET", "/api/v1/accounts/{number}", accounts.show_account, problems=(404, 503)),
    Route("PUT", "/api/v1/accounts/{number}", accounts.put_account, also=(201,), problems=(503,)),
    Route("PATCH", "/api/v1/accounts/{number}", accounts.change_account, problems=(404, 503)),
    Route("GET", "/api/v1/accounts/{number}/entries", accounts.list_entries, problems=(404, 503)),
    Route("POST", "/api/v1/accounts/{number}/pin-check", accounts.check_pin, problems=(503,)),
    Route("GET", "/api/v1/wallet", ready_made.show_wallet),
    Route("GET", "/api/v1/payments", payments.list_payments, problems=(503,)),
    Route("POST", "/api/v1/payments", payments.start_payment, status=201, problems=(409, 503)),
    Route("GET", "/api/v1/payments/{number}", payments.show_payment, problems=(404, 503)),
    # --- faults ---
    Route("GET", "/api/v1/faults", faults.list_faults),
    Route("POST", "/api/v1/faults", faults.add_fault, status=201),
    Route("PUT", "/api/v1/faults", faults.replace_faults),
    Route("DELETE", "/api/v1/faults", faults.remove_faults),
    Route("GET", "/api/v1/fault-sets", ready_made.list_fault_sets),
    Route("GET", "/api/v1/faults/{id}", faults.show_fault, problems=(404,)),
    Route("PUT", "/api/v1/faults/{id}", faults.change_fault, problems=(404,)),
    Route("DELETE", "/api/v1/faults/{id}", faults.remove_fault, problems=(404,)),
)
