"""``sms-gateway demo``: whole conversations, over TCP, with a gateway of its own."""

from __future__ import annotations

import sys
from typing import Any

import attrs
import click

from gateway.commandline.conversations import Conversation, built_in
from gateway.commandline.faults import Failed
from gateway.commandline.playing import play
from gateway.commandline.smpp_client import ClientFault, SmsClient
from gateway.commandline.transcript import Transcript, transcript
from gateway.settings import Settings, load_settings

_TIMEOUT = 10.0
"""Seconds for each reply: a reply takes milliseconds, so this only bounds a demo that is broken."""


@attrs.define
class Score:
    """How it went: conversations played, turns played, and the first fault, as ``file:line: what``."""

    conversations: int = 0
    turns: int = 0
    differing: int = 0
    first_fault: str = ""


@click.command()
def demo() -> None:
    """Watch whole conversations with a gateway of its own.

    Starts a gateway on free ports for each conversation, binds as an SMPP client over TCP, texts what the built-in
    conversations say and compares every reply. Time stands at 2026-01-15 12:00 MSK and the seed is 1, so that
    every run is the same. Exits with status 0, or with 1 and the first reply that differs.
    """
    # Nothing of the user's own environment or files: the conversations hold for this set-up only.
    settings = load_settings(
        {
            "seed": "1",
            "clock_start": "2026-01-15T09:00:00Z",
            "clock_frozen": True,
            "smpp_port": "0",
            "http_port": "0",
            "log_level": "warn",
        },
        {},
    )
    shown = transcript()
    conversations = built_in()
    shown.say("Each conversation has a fresh gateway; its clock stands at 2026-01-15 12:00 MSK, its seed is 1.")
    score = Score()
    _run(settings, conversations, shown, score)
    if score.first_fault:
        raise Failed(f"{score.first_fault} ({score.differing} of {score.conversations} conversations differ)")
    if score.conversations < len(conversations):
        raise click.exceptions.Exit(130)
    shown.say(f"\n{score.conversations} conversations, {score.turns} messages: every one as it should be.")


def _run(settings: Settings, conversations: list[Conversation], shown: Transcript, score: Score) -> None:
    """Play them all on the reactor of this process; the client has a thread, as it would have a process of its own."""
    # Not at the top: to import a reactor installs it, and --help needs none.
    from twisted.internet import reactor as reactor_module
    from twisted.internet.defer import Deferred
    from twisted.internet.threads import deferToThread

    from gateway import logs
    from gateway.wiring import build_emulator

    reactor: Any = reactor_module
    failures: list[Any] = []

    async def play_all() -> None:
        for conversation in conversations:
            emulator = build_emulator(settings, reactor)
            emulator.start()
            try:
                host, _, port = emulator.smpp_address.rpartition(":")
                await deferToThread(_play_one, host, int(port), settings, conversation, shown, score)
            finally:
                await emulator.stop()

    def begin() -> None:
        playing = Deferred.fromCoroutine(play_all())
        playing.addErrback(failures.append)
        playing.addBoth(lambda _: reactor.stop() if reactor.running else None)

    logs.begin(sys.stderr, settings.log.format, settings.log.level)
    reactor.callWhenRunning(begin)
    reactor.run()
    if failures:
        failures[0].raiseException()


def _play_one(
    host: str, port: int, settings: Settings, conversation: Conversation, shown: Transcript, score: Score
) -> None:
    shown.begin(conversation)
    system_id, client_settings = next(iter(settings.clients.items()))
    fault = ""
    try:
        with SmsClient(host, port, system_id, client_settings.password, _TIMEOUT) as client:
            for played in play(conversation, client, settings.wallet.short_code):
                shown.turn(played)
                score.turns += 1
                if played.fault:
                    fault = f"{conversation.name}.txt:{played.turn.line}: {played.fault}"
    except ClientFault as error:
        fault = f"{conversation.name}.txt: {error}"
    score.conversations += 1
    if fault:
        score.differing += 1
        score.first_fault = score.first_fault or fault
