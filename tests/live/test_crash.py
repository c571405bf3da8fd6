"""Kills under load: nothing that was acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import random
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.load import PLACES, Client, Ledger, Place, exported

pytestmark = pytest.mark.live


@pytest.fixture(params=list(PLACES))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return PLACES[request.param](tmp_path)


def kill_often(place: Place, kills: int, seconds: float) -> str:
    """Kill the gateway under load so often, then check that nothing acknowledged was lost or happened twice."""
    ledger, chance = Ledger(), random.Random(kills)
    for _ in range(kills):
        with place.gateway() as gateway:
            client = Client(gateway, ledger)
            at = chance.uniform(0.5, 1.0) * seconds
            threading.Timer(at, gateway.process.kill).start()
            with pytest.raises(OSError):  # noqa: PT011 - reset, closed, broken pipe: the process is gone
                client.work(at + 20)
            client.close()
            assert gateway.process.wait(20) == -signal.SIGKILL
    with place.gateway() as gateway:
        client = Client(gateway, ledger)
        wanted = set(ledger.acknowledged.values())
        client.work(60, until=lambda: wanted <= ledger.replies.keys(), rate=-1)
        client.close()
        assert gateway.stop() == 0
        assert "Traceback" not in gateway.log()

    rows = exported(place)
    ids = Counter(row["id"] for row in rows if row["kind"] == "submitted")
    lost = [message_id for message_id in ledger.acknowledged if ids[message_id] != 1]
    entries = place.query("SELECT account, kind, count(*) FROM entries GROUP BY account, kind")
    repeated = [entry for entry in entries if entry[2] != 1]
    created = {account for account, kind, _ in entries if kind == "created"}
    without_effect = set(ledger.acknowledged.values()) - created
    unanswered = set(ledger.acknowledged.values()) - ledger.replies.keys()
    again = sum(count - 1 for count in ledger.replies.values())
    assert place.query("SELECT count(*) FROM accounts WHERE confirmation AND pin <> ''") == [(0,)]
    figures = (
        f"{place.url.split(':')[0]}: {kills} kills, {len(ledger.acknowledged)} acknowledged of {ledger.submitted},"
        f" {len(lost)} lost, {len(ledger.doubled)} ids doubled, {len(repeated)} effects repeated,"
        f" {len(without_effect)} without effect, {len(unanswered)} unanswered, {again} replies delivered again"
    )
    faults = [*lost, *ledger.doubled, *repeated, *without_effect, *unanswered, *ledger.refused]
    assert faults == [], figures
    assert len(ledger.acknowledged) > 100 * kills
    return figures


def test_e01_nothing_acknowledged_is_lost_when_the_gateway_is_killed(
    place: Place, record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Three times SIGKILL under load: every message once, every effect once, every reply at least once."""
    figures = kill_often(place, 3, 0.8)
    record_property("figures", figures)
    with capsys.disabled():
        sys.stdout.write(f"\n{figures}\n")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_e01_nothing_is_lost_in_twenty_kills(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """The same twenty times."""
    figures = kill_often(place, 20, 2.0)
    with capsys.disabled():
        sys.stdout.write(f"\n{figures}\n")


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_e01_nothing_is_lost_in_two_hundred_kills(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """The same two hundred times."""
    figures = kill_often(place, 200, 3.0)
    with capsys.disabled():
        sys.stdout.write(f"\n{figures}\n")
