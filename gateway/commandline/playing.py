"""Plays one conversation over a real connection and says what came of each turn. Knows nothing of terminals."""

from __future__ import annotations

import time
from collections.abc import Iterator

import attrs

from gateway.commandline.conversations import Conversation, Turn
from gateway.commandline.smpp_client import ClientFault, NoAnswer, Sms, SmsClient, Submitted


@attrs.frozen
class Played:
    """What came of one turn. ``fault`` is empty when all is as it should be.

    ``milliseconds`` is from the submission to the whole reply, 0 for a text that was sent; ``segments`` and
    ``data_coding`` are how the text really travelled.
    """

    turn: Turn
    text: str
    segments: int
    data_coding: int | None
    milliseconds: float = 0.0
    fault: str = ""


def play(conversation: Conversation, client: SmsClient, short_code: str) -> Iterator[Played]:
    """Each turn as it was played, in order; ends after the first that has a fault."""
    submitted_at = time.monotonic()
    for turn in conversation.turns:
        if turn.direction == "sent":
            submitted_at = time.monotonic()
            played = _sent(turn, client, short_code)
        else:
            played = _expected(turn, client, short_code, submitted_at)
        yield played
        if played.fault:
            return


def _sent(turn: Turn, client: SmsClient, short_code: str) -> Played:
    try:
        submitted = client.submit(
            turn.subscriber, short_code, turn.text, data_coding=turn.data_coding, method=turn.method
        )
    except ClientFault as error:
        return Played(turn, turn.text, 0, turn.data_coding, fault=str(error))
    fault = _difference_of_travel(turn, submitted)
    return Played(turn, turn.text, submitted.segments, submitted.data_coding, fault=fault)


def _expected(turn: Turn, client: SmsClient, short_code: str, submitted_at: float) -> Played:
    try:
        sms = client.receive()
    except NoAnswer:
        return Played(turn, "(nothing)", 0, None, fault="no reply came")
    except ClientFault as error:
        return Played(turn, "(nothing)", 0, None, fault=str(error))
    milliseconds = (time.monotonic() - submitted_at) * 1000
    return Played(turn, sms.text, sms.segments, sms.data_coding, milliseconds, _difference(turn, sms, short_code))


def _difference(turn: Turn, sms: Sms, short_code: str) -> str:
    if (sms.source, sms.destination) != (short_code, turn.subscriber):
        return f"it went from {sms.source} to {sms.destination}"
    if sms.text != turn.text:
        return "the reply differs"
    return _difference_of_travel(turn, sms)


def _difference_of_travel(turn: Turn, travelled: Sms | Submitted) -> str:
    if turn.data_coding is not None and travelled.data_coding != turn.data_coding:
        return f"data_coding: {travelled.data_coding} instead of {turn.data_coding}"
    if turn.segments is not None and travelled.segments != turn.segments:
        return f"segments: {travelled.segments} instead of {turn.segments}"
    return ""
