"""Two gateways on one PostgreSQL: whichever holds a receiving binding delivers, and goes on when the other dies."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conformance import wire
from tests.databases import PEPPER, NoServer, postgresql_server
from tests.live.gateways import Gateway, running_gateway
from tests.live.sockets import Connection, figures

pytestmark = pytest.mark.live

CONFIG = """
[clients.demo]
password = "demo"
window_in = 100
window_out = 10
[wallet]
unknown_subscribers = "create"
"""
FIRST_SUBSCRIBER = 79_200_000_000
WINDOW = 100


class Two:
    """Two gateways on a database of their own."""

    def __init__(self, folder: Path) -> None:
        try:
            self.url = postgresql_server().new_database()
        except NoServer as reason:
            pytest.skip(f"no PostgreSQL: {reason}")
        self._folder = folder
        (folder / "own.toml").write_text(CONFIG)
        (folder / "pepper").write_text(PEPPER)

    @contextlib.contextmanager
    def gateways(self) -> Iterator[list[Gateway]]:
        """Both, started at the same time; the first to come makes the schema."""
        with contextlib.ExitStack() as stack, ThreadPoolExecutor(2) as pool:
            yield list(pool.map(lambda name: stack.enter_context(self._gateway(name)), ("a", "b")))

    def _gateway(self, name: str) -> contextlib.AbstractContextManager[Gateway]:
        place = self._folder / name
        place.mkdir()
        return running_gateway(
            place, "--config", str(self._folder / "own.toml"), "--database", self.url,
            "--pepper-file", str(self._folder / "pepper"), "--seed", "1",
        )  # fmt: skip


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(tmp_path)


class Receiver:
    """A receiver of ``demo`` that reads in a thread; answers deliveries until it is told to be silent."""

    def __init__(self, gateway: Gateway, *, silent_after: int | None = None) -> None:
        self._connection = Connection(gateway, timeout=60).bind("BOUND_RX")
        self._silent_after = silent_after
        self.got: Counter[str] = Counter()
        """Deliveries by subscriber and kind (``reply``, ``receipt``)."""
        self.order: list[str] = []
        """Texts in the order of their arrival."""
        self.silent: set[str] = set()
        """What was not answered."""
        self._unanswered: list[int] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                frame = self._connection.read()
                if frame.command_id == wire.DELIVER_SM:
                    delivered = wire.delivered(frame)
                    is_receipt = bool(int(delivered["esm_class"]) & 0x04)
                    kind, about = ("receipt", "source_addr") if is_receipt else ("reply", "destination_addr")
                    key = f"{kind} {delivered[about]}"
                    self.order.append(delivered.text)
                    if self._silent_after is None or sum(self.got.values()) < self._silent_after:
                        self._connection.send(wire.deliver_sm_resp(frame.sequence))
                    else:
                        self.silent.add(key)
                        self._unanswered.append(frame.sequence)
                    self.got[key] += 1
                elif frame.command_id == wire.ENQUIRE_LINK:
                    self._connection.send(wire.enquire_link_resp(frame.sequence))

    def answer(self) -> None:
        """Answer what was not answered, and whatever comes from now on."""
        self._silent_after = None
        self._connection.send(b"".join(map(wire.deliver_sm_resp, self._unanswered)))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.socket.shutdown(socket.SHUT_RDWR)
        self._connection.socket.close()
        self._thread.join(10)


def submit(connection: Connection, count: int, first: int = FIRST_SUBSCRIBER, **fields: wire.Value) -> list[str]:
    """Text the wallet from so many subscribers, each text accepted; gives the subscribers."""
    subscribers = [str(first + number) for number in range(count)]
    waiting = 0
    for subscriber in [*subscribers, *[""] * WINDOW]:
        if subscriber:
            connection.submit(source_addr=subscriber, **fields)
            waiting += 1
        while waiting and (waiting >= WINDOW or not subscriber):
            frame = connection.read()
            if frame.command_id == wire.ENQUIRE_LINK:
                connection.send(wire.enquire_link_resp(frame.sequence))
                continue
            assert (frame.command_id, frame.status) == (wire.SUBMIT_SM | wire.RESPONSE, 0)
            waiting -= 1
    return subscribers


def until(condition: Callable[[], bool], seconds: float, state: Callable[[], object] = str) -> float:
    """Wait for the condition; the seconds that it took. ``state`` says how far it is when they are over."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, state()
        time.sleep(0.02)
    return time.monotonic() - began


def test_replies_and_receipts_arrive_at_the_other_gateway(two: Two) -> None:
    """A transmitter of one gateway, a receiver of the other: each text is answered there, once and in order."""
    with two.gateways() as (one, other):
        receiver = Receiver(other)
        with Connection(one).bind("BOUND_TX") as transmitter:
            asked = submit(transmitter, 20)
            took = until(lambda: len(receiver.got) >= 20, 20, lambda: receiver.got)
            for text in (b"BALANCE", b"HELP", b"qwerty"):
                transmitter.submit(text, source_addr="79991110004")
                assert transmitter.read().status == 0
            until(lambda: receiver.got["reply 79991110004"] == 3, 20, lambda: receiver.got)
            assert [text[:7] for text in receiver.order[-3:]] == ["Balance", "Command", "Not rec"]
            handsets = [f"7999555{number:04}" for number in range(20)]
            for handset in handsets:
                transmitter.submit(b"hello", destination_addr=handset, registered_delivery=1)
                assert transmitter.read().status == 0
            until(lambda: sum(receiver.got[f"receipt {handset}"] for handset in handsets) >= 20, 20)
        receiver.close()
        figures(f"20 replies over the other gateway within {took:.2f} s")
        wanted = {f"reply {number}": 1 for number in asked} | {f"receipt {handset}": 1 for handset in handsets}
        assert receiver.got == Counter(wanted | {"reply 79991110004": 3})
        for gateway in (one, other):
            assert gateway.stop() == 0
            assert "Traceback" not in gateway.log(), gateway.log()


def kill_one(two: Two, count: int, silent_after: int, seconds: float) -> None:
    """Kill the gateway that delivers while some deliveries are not acknowledged; the other one delivers the rest."""
    with two.gateways() as (doomed, heir):
        first = Receiver(doomed, silent_after=silent_after)
        with Connection(doomed, timeout=60).bind("BOUND_TX") as transmitter:
            asked = submit(transmitter, count)
        until(lambda: len(first.silent) >= 10, seconds, lambda: first.got)
        time.sleep(0.5)  # what was acknowledged is committed by then
        second = Receiver(heir)
        doomed.process.kill()
        assert doomed.process.wait(20) == -signal.SIGKILL
        wanted = {f"reply {number}" for number in asked}
        took = until(lambda: wanted <= first.got.keys() | second.got.keys(), seconds, lambda: len(second.got))
        until(lambda: first.silent <= second.got.keys(), seconds, lambda: first.silent - second.got.keys())
        time.sleep(0.5)  # for what would come twice
        first.close()
        second.close()
        doubled = {key for key, number in (first.got + second.got).items() if number > 1}
        figures(
            f"{count} messages: {sum(first.got.values())} sent by the killed gateway, {len(first.silent)} of them not"
            f" acknowledged; {sum(second.got.values())} by the other, all within {took:.1f} s of the kill;"
            f" {len(doubled)} delivered by both"
        )
        assert doubled <= first.silent
        assert max((first.got + second.got).values()) <= 2
        assert wanted == first.got.keys() | second.got.keys()
        assert heir.stop() == 0
        assert "Traceback" not in heir.log(), heir.log()


def test_a_gateway_that_slept_through_its_lease_sends_nothing_of_it(two: Two) -> None:
    """Stopped and continued after another one has taken over: it drops its claims, and is of use again after that."""
    with two.gateways() as (sleeper, other):
        first = Receiver(sleeper, silent_after=0)
        with Connection(sleeper).bind("BOUND_TX") as transmitter:
            asked = submit(transmitter, 50)
            until(lambda: len(first.silent) == 10, 20, lambda: first.got)
            sleeper.process.send_signal(signal.SIGSTOP)
            try:
                second = Receiver(other)
                until(lambda: len(second.got) == 50, 20, lambda: len(second.got))
                # Room in the window, the moment it wakes up: nothing of what waits there may be sent.
                first.answer()
            finally:
                sleeper.process.send_signal(signal.SIGCONT)
            # What is asked now is answered: through which of the two is the same to the client.
            transmitter.submit(source_addr="79991110004")
            assert transmitter.read().status == 0
            until(lambda: first.got["reply 79991110004"] + second.got["reply 79991110004"] == 1, 20)
            time.sleep(1.5)
        first.close()
        second.close()
        assert sum(first.got.values()) <= 11
        assert {key for key in second.got if key.endswith(tuple(asked))} == {f"reply {number}" for number in asked}
        assert max(second.got.values()) == 1
        assert sleeper.stop() == 0
        assert "Traceback" not in sleeper.log(), sleeper.log()


def test_the_other_gateway_delivers_what_a_killed_one_has_left(two: Two) -> None:
    """300 messages: none lost, none twice but those in flight at the kill."""
    kill_one(two, 300, 100, 30)


@pytest.mark.slow
def test_the_other_gateway_delivers_ten_thousand(two: Two) -> None:
    """10,000 messages: none lost, none twice but those in flight at the kill."""
    kill_one(two, 10_000, 4_000, 300)
