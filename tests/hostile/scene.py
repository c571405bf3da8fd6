"""A gateway, a hostile client, and a witness: a second client that must never notice.

Octets are built and read by ``tests.conformance.wire``, which shares nothing with the gateway's codec.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import attrs

from gateway.storage.base import Books, Work
from gateway.storage.memory import MemoryStorage
from tests.conformance import wire
from tests.conformance.raw import KINDS, Client
from tests.conformance.wire import RESPONSE, Delivered, Frame
from tests.doubles import Bench

T = TypeVar("T")

PASSWORD = "hunter22"
"""Of the hostile client; nothing may ever log it."""

SETTINGS = """
seed = 1
{top}
[clients.demo]
password = "hunter22"
{demo}
[clients.other]
password = "other"
[clients.witness]
password = "witness"
{tables}
"""

VICTIM = wire.SUBSCRIBER
WITNESS = "79991110002"
ACCOUNTS = ("79991110001", "79991110002", "79991110003", "79991110004")

RINVMSGLEN, RINVCMDLEN, RINVCMDID, RINVBNDSTS, RALYBND, RINVPRTFLG, RINVREGDLVFLG = range(0x01, 0x08)
RSYSERR, RINVSRCADR, RINVDSTADR, RINVMSGID, RBINDFAIL, RINVPASWD, RINVSYSID = 0x08, *range(0x0A, 0x10)
RCANCELFAIL, RREPLACEFAIL, RMSGQFUL, RINVNUMDESTS, RINVDESTFLAG = 0x11, 0x13, 0x14, 0x33, 0x40
RINVESMCLASS, RSUBMITFAIL, RTHROTTLED, RINVSCHED, RINVEXPIRY, RINVDFTMSGID = 0x43, 0x45, 0x58, 0x61, 0x62, 0x63
RINVSRCTON, RINVSRCNPI, RINVDSTTON, RINVDSTNPI, RINVREPFLAG = 0x48, 0x49, 0x50, 0x51, 0x54
RQUERYFAIL, RX_T_APPN, RX_P_APPN, RINVDCS = 0x67, 0x64, 0x65, 0x104
RINVOPTPARSTREAM, ROPTPARNOTALLWD, RINVPARLEN, RMISSINGOPTPARAM, RINVOPTPARAMVAL = 0xC0, 0xC1, 0xC2, 0xC3, 0xC4

ENROUTE, DELIVERED, DELETED, UNDELIVERABLE = 1, 2, 4, 5


class HeldStorage(MemoryStorage):
    """A memory storage that, while ``held``, does nothing until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.held = False
        self.waiting: list[Callable[[], None]] = []

    def submit(self, work: Work[T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        submit = super().submit
        if self.held:
            self.waiting.append(lambda: submit(work, done, failed))
        else:
            submit(work, done, failed)

    def release(self) -> None:
        """Do all that waits, in order, and hold no more."""
        self.held = False
        while self.waiting:
            self.waiting.pop(0)()


@attrs.define
class Scene:
    """One bench with a witness already bound. ``client`` is the hostile one: a transceiver, unless asked not to."""

    bench: Bench
    witness: Client
    client: Client

    @classmethod
    def open(
        cls,
        path: Any,
        *,
        state: str | None = "BOUND_TRX",
        version: int = 0x34,
        demo: str = "",
        top: str = "",
        tables: str = "",
        storage: MemoryStorage | None = None,
    ) -> Scene:
        """``demo`` adds keys to the hostile client, ``top`` and ``tables`` to the settings; state None: not bound."""
        path.write_text(SETTINGS.format(demo=demo, top=top, tables=tables), "utf-8")
        bench = Bench(config=str(path), storage=storage)
        witness = Client(bench, "127.0.0.2").bind(system_id="witness", password="witness")
        scene = cls(bench, witness, Client(bench, "127.0.0.9"))
        if state is not None:
            scene.bind(state, interface_version=version)
        return scene

    def connect(self, host: str = "127.0.0.9") -> Client:
        """Another connection of the hostile host, not bound; it becomes ``client``."""
        self.client = Client(self.bench, host)
        return self.client

    def bind(self, state: str = "BOUND_TRX", **fields: wire.Value) -> Client:
        """Bind ``client``, successfully."""
        return self.client.bind(state, **credentials(**fields))

    def rebind(self, state: str = "BOUND_TRX", **fields: wire.Value) -> Client:
        """A new connection of the hostile client, bound. What is delivered to it at once is still to be read."""
        client = self.connect()
        client.peer.send(KINDS[state](1, **credentials(**fields)))
        return client

    def wait(self, seconds: float) -> None:
        """Let real time pass; the witness is a good client and answers every enquire_link, ``client`` answers none."""
        while seconds > 0:
            self.bench.pass_time(min(seconds, 5.0))
            seconds -= 5.0
            self.check_witness_is_left_alone()

    # --- what must hold ---

    def check_witness_is_left_alone(self) -> None:
        """Nothing but enquire_links was sent to the witness, which answers them."""
        for frame in self.witness.frames():
            assert frame.header[:2] == (wire.ENQUIRE_LINK, 0)
            assert self.witness.send(wire.enquire_link_resp(frame.sequence)) == []

    def ledger(self) -> object:
        """Everything that an executed message would have changed."""

        def read(books: Books) -> object:
            messages = [found for number in range(1, 600) if (found := books.messages.get(number)) is not None]
            return (
                [(message.id, message.state, message.user_data) for message in messages],
                [books.accounts.get(number) for number in ACCOUNTS],
                [books.entries.of(number, 100) for number in ACCOUNTS],
                books.outbox.rows(),
                books.parts.rows(),
            )

        return self.bench.read(read)

    def check_refused(self, octets: bytes, *statuses: int, command_id: int | None = None, sequence: int = 0) -> int:
        """The answer is a header alone with one of the statuses; nothing was executed; the session lives on."""
        header = wire.frames(wire.pdu(*_header(octets)))[0]
        before = self.ledger()
        answers = self.client.send(octets)
        status = answers[0].status if answers else 0
        expected = Frame(
            (header.command_id | RESPONSE) if command_id is None else command_id,
            status,
            sequence or header.sequence,
            b"",
        )
        assert answers == [expected]
        assert status in statuses, f"{status:#x} is none of {[hex(wanted) for wanted in statuses]}"
        assert self.ledger() == before, "something was executed"
        self.client.check_usable()
        return status

    def check_nacked_and_closed(self, octets: bytes, sequence: int, *statuses: int) -> None:
        """generic_nack, header alone, then the end of the connection; nothing was executed."""
        before = self.ledger()
        answers = self.client.send(octets)
        assert answers == [Frame(wire.GENERIC_NACK, answers[0].status if answers else 0, sequence, b"")]
        assert answers[0].status in (statuses or (RINVCMDLEN,))
        assert self.client.closed
        assert self.ledger() == before, "something was executed"

    def check_runs(self, octets: bytes, text: str = "Balance:") -> Delivered:
        """The request is accepted, and its one reply contains ``text``."""
        return self.check_replied(self.client.send(octets), _header(octets)[0], _header(octets)[2], text)

    def check_replied(self, frames: list[Frame], command_id: int, sequence: int, text: str) -> Delivered:
        """These frames are one response with ESME_ROK and one delivery that contains ``text``."""
        assert [frame.command_id for frame in frames] == [command_id | RESPONSE, wire.DELIVER_SM]
        assert frames[0].header == (command_id | RESPONSE, 0, sequence)
        reply = wire.delivered(frames[1])
        assert text in reply.text
        assert self.client.acknowledge(reply) == []
        return reply

    def check_served(self) -> None:
        """The witness gets its balance, and nothing else was sent to it."""
        witness = self.witness
        self.check_witness_is_left_alone()
        assert not witness.closed
        answers = witness.send(submit(0x77, source_addr=WITNESS))
        assert [frame.header[:2] for frame in answers] == [(wire.SUBMIT_SM | RESPONSE, 0), (wire.DELIVER_SM, 0)]
        assert answers[0].sequence == 0x77
        reply = wire.delivered(answers[1])
        assert "Balance: 250.00 RUB" in reply.text
        assert reply["destination_addr"] == WITNESS
        assert witness.acknowledge(reply) == []


def credentials(**fields: wire.Value) -> dict[str, wire.Value]:
    """Fields of a bind of the hostile client."""
    return {"system_id": "demo", "password": PASSWORD, **fields}


def bind(sequence: int = 1, state: str = "BOUND_TRX", **fields: wire.Value) -> bytes:
    """A bind of the hostile client."""
    return KINDS[state](sequence, **credentials(**fields))


def submit(sequence: int = 7, text: bytes = b"BALANCE", tail: bytes = b"", **fields: wire.Value) -> bytes:
    """A text to the wallet."""
    fields.setdefault("destination_addr", wire.SHORT_CODE)
    return wire.submit_sm(sequence, tail=tail, short_message=text, **fields)


def attack(tail: bytes = b"", sequence: int = 7, **fields: wire.Value) -> bytes:
    """A submit_sm that makes a new PIN for the victim if it is executed, whatever else is wrong with it."""
    fields.setdefault("short_message", b"PIN")
    fields.setdefault("destination_addr", wire.SHORT_CODE)
    return wire.submit_sm(sequence, tail=tail, **fields)


def _header(octets: bytes) -> tuple[int, bytes, int]:
    """command_id and sequence_number of the first PDU, as arguments of ``wire.pdu``."""
    return int.from_bytes(octets[4:8], "big"), b"", int.from_bytes(octets[12:16], "big")
