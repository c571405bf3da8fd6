"""The part of the composition root that puts the console together: not imported before somebody connects to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from commands.parsing import Parser
from commands.wallet.service import Wallet
from gateway.clock import SECOND
from gateway.console import documentation, openapi
from gateway.console.application import Application
from gateway.console.controls import Controls, Facts
from gateway.console.guard import Guard
from gateway.console.routes import ROUTES
from gateway.console.site import ConsoleSite
from gateway.emulator import Emulator
from gateway.metrics import Metrics
from gateway.settings import Settings


def console_site(
    emulator: Emulator,
    settings: Settings,
    *,
    reactor: Any,
    wallet: Wallet,
    parser: Parser,
    metrics: Metrics,
    run_key: bytes,
    started_at: float,
    alphabet_of: Callable[[str], str],
) -> ConsoleSite:
    """The console and the API of this emulator. ``run_key`` is secret and of this run alone; ``started_at`` is in
    seconds of the reactor."""
    guard = Guard(
        token=settings.http.token,
        host=settings.http.host,
        names=settings.http.names,
        monotonic=reactor.seconds,
        run_key=run_key,
    )
    controls = Controls(
        emulator=emulator,
        wallet=wallet,
        parser=parser,
        metrics=metrics,
        facts=_facts(settings, started_at),
        guard=guard,
        monotonic=reactor.seconds,
        wall=_wall,
        call_later=reactor.callLater,
        alphabet_of=alphabet_of,
        document=openapi.document(ROUTES),
        docs=documentation.page(ROUTES),
    )
    return ConsoleSite(Application(ROUTES, guard, controls), reactor)


def _facts(settings: Settings, started_at: float) -> Facts:
    return Facts(
        seed=settings.seed,
        storage=settings.storage.database.partition(":")[0],
        short_code=str(settings.wallet.short_code),
        system_id=settings.smpp.system_id,
        reveal_secrets=settings.http.reveal_secrets,
        allow_reset=settings.storage.allow_reset,
        any_client=settings.any_client,
        loopback=settings.loopback,
        started_at=started_at,
    )


def _wall() -> int:
    """The time of day, µs UTC."""
    return int(time.time() * SECOND)
