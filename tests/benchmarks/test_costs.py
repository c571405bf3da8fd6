"""What the pure rooms cost, in microseconds of one core; run by hand with `make bench`.

Each case is a benchmark, not a test: nothing fails here.
"""

from __future__ import annotations

import itertools

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from commands.dispatcher import Dispatcher
from commands.parsing import Parser
from commands.replies.catalogue import Catalogue
from commands.request import Request
from commands.support.desk import SupportDesk
from commands.wallet.accounts import Account
from commands.wallet.money import Money
from commands.wallet.rules import WalletRules
from commands.wallet.service import Wallet
from gateway.draws import Draws
from gateway.smpp.codec import decode, encode
from gateway.smpp.pdus import BindTransceiver, DeliverSm, DeliverSmResp, SubmitSm, SubmitSmResp
from gateway.sms import alphabets, segments
from gateway.storage.base import NO_KEYS, Books
from gateway.storage.memory import MemoryStorage
from tests.doubles import Bench

pytestmark = pytest.mark.bench

SUBMIT = SubmitSm("", 1, 1, "79991110001", 0, 1, "7494", short_message=b"BALANCE", sequence_number=7)
DELIVER = DeliverSm("", 0, 1, "7494", 1, 1, "79991110001", short_message=b"Balance: 1,234.50 RUB", sequence_number=9)


def parse_unseen(benchmark: BenchmarkFixture, text: str) -> None:
    """Read a text as if for the first time: what the parser remembers of it is forgotten before each round."""
    parser = Parser.load()
    benchmark.pedantic(parser.classify, args=(text,), setup=parser._seen.clear, rounds=5000)


@pytest.mark.parametrize("text", ["BALANCE", "баланс", "confirm 1", "PIN", "ПОМОЩЬ", "ВАLАNСЕ", ",fkfyc", "balanse"])
def test_parsing_a_new_command(benchmark: BenchmarkFixture, text: str) -> None:
    """Goal: under 15 µs."""
    parse_unseen(benchmark, text)


@pytest.mark.parametrize(
    "text",
    [
        "Dear customer, your parcel will be delivered tomorrow between nine and noon, please stay at home and keep "
        "your phone at hand, our courier will call you now. Bye",
        "Уважаемый абонент, ваша посылка будет доставлена завтра с девяти до двенадцати, пожалуйста, будьте дома и "
        "держите телефон под рукой, курьер вам позвонит сам. До",
    ],
    ids=["en", "ru"],
)
def test_parsing_a_long_text_that_is_no_command(benchmark: BenchmarkFixture, text: str) -> None:
    """160 characters; goal: under 150 µs."""
    assert len(text) == 160
    parse_unseen(benchmark, text)


def test_parsing_a_repeated_text(benchmark: BenchmarkFixture) -> None:
    """Goal: under 1 µs."""
    parser = Parser.load()
    benchmark(parser.classify, "БАЛАНС")


@pytest.mark.parametrize(
    "pdu",
    [SUBMIT, SubmitSmResp("0000000001", sequence_number=7), DELIVER, DeliverSmResp(sequence_number=9)],
    ids=lambda pdu: type(pdu).__name__,
)
@pytest.mark.parametrize("way", ["encode", "decode"])
def test_codec(benchmark: BenchmarkFixture, pdu: SubmitSm, way: str) -> None:
    """One PDU each way."""
    if way == "encode":
        benchmark(encode, pdu)
    else:
        benchmark(decode, encode(pdu))


def test_choosing_an_alphabet_and_encoding(benchmark: BenchmarkFixture) -> None:
    """A Russian balance reply into UCS-2."""
    text = "Баланс: 1 234,50 руб. на 12:00 МСК 15.01"
    benchmark(lambda: alphabets.encode(text, alphabets.cheapest(text)[1]))


def test_cutting_a_long_text(benchmark: BenchmarkFixture) -> None:
    """Four UCS-2 segments."""
    octets = ("слово " * 40).encode("utf-16-be")
    benchmark(segments.split, octets, alphabets.Alphabet.UCS2, "udh8", 7)


def a_dispatcher() -> Dispatcher:
    """The commands as a gateway has them."""
    return Dispatcher(
        Parser.load(),
        Catalogue.load(segments.count),
        Wallet(WalletRules(), Draws(1).draw, b"pepper"),
        SupportDesk.load(),
    )


class _Answer:
    """The work that asks for a balance."""

    keys = NO_KEYS

    def __init__(self, dispatcher: Dispatcher, request: Request) -> None:
        self.dispatcher = dispatcher
        self.request = request

    def __call__(self, books: Books) -> object:
        return self.dispatcher.answer(self.request, books)


@pytest.mark.parametrize("text", ["BALANCE", "баланс"])
def test_answering_in_a_transaction_of_the_memory(benchmark: BenchmarkFixture, text: str) -> None:
    """Parse (seen), account, reply, in one work of the memory storage."""
    dispatcher = a_dispatcher()
    storage = MemoryStorage()

    class Open:
        keys = NO_KEYS

        def __call__(self, books: Books) -> None:
            books.accounts.put(Account("79991110001", balances=(Money(123450, "RUB"),)))

    storage.submit(Open(), _ignore, _raise)
    work = _Answer(dispatcher, Request("79991110001", text, 1_768_467_600_000_000, "message:1"))
    benchmark(storage.submit, work, _ignore, _raise)


def test_dispatching(benchmark: BenchmarkFixture) -> None:
    """A request to a reply, on books that are there already: what the commands themselves cost."""
    storage = MemoryStorage()
    dispatcher = a_dispatcher()
    books: list[Books] = []
    storage.read(books.append, _ignore, _raise)
    books[0].accounts.put(Account("79991110001", balances=(Money(123450, "RUB"),)))
    benchmark(dispatcher.answer, Request("79991110001", "BALANCE", 1_768_467_600_000_000, "message:1"), books[0])


@pytest.mark.parametrize("window", [1, 100])
def test_exchanges_in_one_turn(benchmark: BenchmarkFixture, window: int) -> None:
    """submit_sm, submit_sm_resp, deliver_sm, deliver_sm_resp through a whole gateway without its sockets: ``window``
    of them in a round."""
    bench = Bench(client=["demo:demo"])
    peer = bench.connect()
    peer.send(encode(BindTransceiver("demo", "demo", sequence_number=1)))
    submits = encode(SUBMIT) * window
    numbers = itertools.count(1)

    def answers() -> tuple[tuple[list[bytes]], dict[str, object]]:
        """As many at a time as the gateway's window lets out."""
        made = [encode(DeliverSmResp(sequence_number=next(numbers))) for _ in range(window)]
        return ([b"".join(made[begin : begin + 10]) for begin in range(0, window, 10)],), {}

    def exchange(answered: list[bytes]) -> None:
        for octets in (submits, *answered):
            peer.protocol.dataReceived(octets)
            bench.reactor.advance(0)
        peer.transport.clear()

    benchmark.pedantic(exchange, setup=answers, rounds=5_000 // window)
    assert len(bench.emulator.exchange.delivery) == 0


def _ignore(_: object) -> None:
    """Done."""


def _raise(error: Exception) -> None:
    raise error
