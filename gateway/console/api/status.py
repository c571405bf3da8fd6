"""``/api/v1/status``: what kind of gateway this is, and what a banner should warn of."""

from __future__ import annotations

import attrs

from gateway import __version__
from gateway.console.controls import Controls
from gateway.console.fields import Time, given, spelled


@attrs.frozen
class Banner:
    """What whoever looks should know before believing what is seen."""

    faults: int = given("fault rules that are on")
    clock_frozen: bool = given("emulated time stands still")
    clock_shifted: float = given("seconds that emulated time is ahead of the time of day (negative: behind)")
    reveal_secrets: bool = given("secrets are shown everywhere")
    any_client: bool = given("every client may bind with any password")
    loopback: bool = given("every message goes back to its sender")


@attrs.frozen
class Status:
    """The gateway as a whole."""

    version: str = given("of the program")
    gateway: str = given("the SMPP address, which names this gateway among several")
    ready: bool = given("everything listens")
    smpp: str = given("where SMPP clients bind")
    smpp_tls: str | None = given("where they bind over TLS")
    http: str = given("this port")
    system_id: str = given("what the gateway calls itself in bind responses")
    short_code: str = given("the number that subscribers text")
    storage: str = given("memory, sqlite or postgresql")
    seed: int | None = given("null: PINs and codes are random")
    uptime: float = given("seconds since the start")
    now: Time = given("emulated time")
    connections: int = given("SMPP connections")
    bindings: int = given("bound sessions")
    submitted: int = given("messages accepted since the start")
    refused: int = given("messages refused since the start")
    delivered: int = given("messages that clients acknowledged since the start")
    waiting: int = given("messages on their way to clients")
    banner: Banner = given("what to know before believing what is seen")


def get_status(controls: Controls, _: None) -> Status:
    """How the gateway is set up and how it fares."""
    emulator, facts = controls.emulator, controls.facts
    exchange = emulator.exchange
    intake = exchange.intake.counters
    now = emulator.clock.now()
    return Status(
        version=__version__,
        gateway=emulator.smpp_address,
        ready=emulator.ready,
        smpp=emulator.smpp_address,
        smpp_tls=emulator.smpp_tls_address,
        http=emulator.http_address,
        system_id=facts.system_id,
        short_code=facts.short_code,
        storage=facts.storage,
        seed=facts.seed,
        uptime=round(controls.monotonic() - facts.started_at, 3),
        now=spelled(now),
        connections=len(exchange.connections),
        bindings=len(exchange.bindings),
        submitted=intake.accepted,
        refused=sum(intake.refused.values()),
        delivered=emulator.delivery.counters.delivered,
        waiting=len(emulator.delivery),
        banner=Banner(
            faults=sum(1 for state in controls.plan.rules() if state.rule.enabled),
            clock_frozen=emulator.clock.frozen,
            clock_shifted=round((now - controls.wall()) / 1_000_000, 1),
            reveal_secrets=facts.reveal_secrets,
            any_client=facts.any_client,
            loopback=facts.loopback,
        ),
    )
