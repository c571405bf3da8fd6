"""Section F, row F9: messages in parts, in both directions."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from tests.conformance import wire
from tests.conformance.raw import Client, configured
from tests.conformance.rows import row
from tests.conformance.wire import PAYLOAD, Delivered, Value, tlv, udh
from tests.doubles import Bench

BALANCE_EN, BALANCE_RU = "Balance: 1,234.50 RUB", "Баланс: 1 234,50 руб."


def parts(texts: Sequence[bytes], reference: int = 77, *, wide: bool = False) -> list[dict[str, Value]]:
    """The fields of submits that belong together."""
    found: list[dict[str, Value]] = []
    for number, text in enumerate(texts, 1):
        size = 2 if wide else 1
        element = (8 if wide else 0, reference.to_bytes(size, "big") + bytes([len(texts), number]))
        found.append({"esm_class": 0x40, "destination_addr": "7494", "short_message": udh(element) + text})
    return found


def submit_all(client: Client, submits: Iterable[dict[str, Value]], **fields: Value) -> None:
    for n, submit in enumerate(submits):
        client.submit(100 + n, **{**submit, **fields})


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
@pytest.mark.parametrize("wide", [False, True], ids=["8", "16"])
@row("F9")
def test_parts_are_joined(bound: Client, wide: bool, order: tuple[int, ...]) -> None:
    """In any order, with references of 8 and of 16 bits; the whole runs once, when its last part is there."""
    submits = parts([b"BAL", b"AN", b"CE"], wide=wide)
    submit_all(bound, [submits[n] for n in order[:2]])
    assert bound.deliveries() == []
    submit_all(bound, [submits[order[2]]])
    (reply,) = bound.deliveries()
    assert reply.text.startswith(BALANCE_EN)


@row("F9")
def test_parts_are_joined_before_they_are_read(bound: Client) -> None:
    """A cut inside a character, of UCS-2 or of an escape, does no harm."""
    text = "баланс".encode("utf-16-be")
    submit_all(bound, parts([text[:5], text[5:]]), data_coding=8)
    (reply,) = bound.deliveries()
    assert reply.text.startswith(BALANCE_RU)
    submit_all(bound, parts([b"BALANCE\x1b", b"\x65"], 78))
    (reply,) = bound.deliveries()
    assert reply.text.startswith(BALANCE_EN)


@row("F9")
def test_parts_in_the_payload_are_joined(bound: Client) -> None:
    """The header may stand in message_payload."""
    submits = parts([b"BAL", b"ANCE"])
    for n, submit in enumerate(submits):
        bound.submit(n, **{**submit, "short_message": b"", "tail": tlv(PAYLOAD, wire.octets(submit["short_message"]))})
    (reply,) = bound.deliveries()
    assert reply.text.startswith(BALANCE_EN)


TWO_CLIENTS = '[clients.demo]\npassword = "demo"\n[clients.other]\npassword = "other"\n'


@row("F9")
def test_parts_of_others_are_others(tmp_path: Path) -> None:
    """Account, source, destination, reference and total belong to the key."""
    bench = configured(tmp_path, TWO_CLIENTS)
    client, other = Client(bench).bind(), Client(bench).bind(system_id="other", password="other")
    first, second = parts([b"BAL", b"ANCE"])
    submit_all(client, [first])
    submit_all(other, [second])
    submit_all(client, [second], source_addr="79991110002")
    submit_all(client, [second], destination_addr="79995550001")
    submit_all(client, [parts([b"BAL", b"ANCE"], 78)[1]])
    submit_all(client, [parts([b"BAL", b"ANCE", b"!"])[1]])
    bench.pass_time(1)
    assert client.deliveries() == []
    assert other.deliveries() == []
    submit_all(client, [second])
    (reply,) = client.deliveries()
    assert reply.text.startswith(BALANCE_EN)


@row("F9")
def test_parts_over_two_sessions_of_one_client(bench: Bench) -> None:
    """The session does not belong to the key."""
    one, two = Client(bench).bind(), Client(bench).bind("BOUND_TX")
    first, second = parts([b"BAL", b"ANCE"])
    submit_all(one, [first])
    submit_all(two, [second])
    bench.pass_time(1)
    (reply,) = one.deliveries()
    assert reply.text.startswith(BALANCE_EN)


METHODS = ("udh8", "udh16", "sar", "payload")
TO_OTHERS = """
[clients.demo]
password = "demo"
[clients.far]
password = "far"
addresses = ["7000*"]
segmentation = "{}"
"""


def joined(segments: Sequence[Delivered], method: str) -> bytes:
    """The text of the segments of one message, each of which is checked."""
    texts, references = [], set()
    for number, segment in enumerate(segments, 1):
        octets = segment.octets
        if method == "payload":
            assert len(segments) == 1
            assert segment["sm_length"] == 0
            assert segment.tlv(PAYLOAD) == octets
        elif method == "sar":
            assert (segment.tlv(0x020E), segment.tlv(0x020F)) == (bytes([len(segments)]), bytes([number]))
            references.add(segment.tlv(0x020C))
            assert len(segment.tlv(0x020C) or b"") == 2
            assert segment["esm_class"] == 0
        else:
            head = {"udh8": b"\5\0\3", "udh16": b"\6\x08\4"}[method]
            assert octets.startswith(head)
            reference, octets = octets[3 : head[0] - 1], octets[head[0] - 1 :]
            references.add(reference)
            assert octets[:2] == bytes([len(segments), number])
            octets = octets[2:]
            assert segment["esm_class"] == 0x40
        texts.append(octets)
    assert len(references) == (0 if method == "payload" else 1)
    return b"".join(texts)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("coding", "text", "sizes"),
    [
        pytest.param(0, b"a" * 160, None, id="160"),
        pytest.param(0, b"a" * 161, [153, 8], id="161"),
        pytest.param(0, b"a" * 306, [153, 153], id="306"),
        pytest.param(0, b"a" * 307, [153, 153, 1], id="307"),
        pytest.param(0, b"a" * 152 + b"\x1b\x65" + b"a" * 20, [152, 22], id="escape"),
        pytest.param(0, b"\x1b\x65" * 90, [152, 28], id="escapes"),
        pytest.param(4, b"a" * 140, None, id="140-octets"),
        pytest.param(4, b"a" * 141, [134, 7], id="141-octets"),
        pytest.param(8, ("ж" * 70).encode("utf-16-be"), None, id="70"),
        pytest.param(8, ("ж" * 71).encode("utf-16-be"), [134, 8], id="71"),
        pytest.param(8, ("ж" * 66 + "😀" + "ж" * 9).encode("utf-16-be"), [132, 22], id="surrogates"),
        pytest.param(8, ("😀" * 36).encode("utf-16-be"), [132, 12], id="pairs"),
    ],
)
@row("F9")
def test_long_messages_are_cut(tmp_path: Path, coding: int, text: bytes, sizes: list[int] | None, method: str) -> None:
    """Into 153 septets, 134 octets or 67 characters, never inside an escape or a surrogate pair, by the method that
    the receiving client has chosen."""
    bench = configured(tmp_path, TO_OTHERS.format(method))
    sender, receiver = Client(bench).bind(), Client(bench).bind(system_id="far", password="far")
    for _ in range(2):
        sender.submit(2, destination_addr="70001", data_coding=coding, short_message=b"", tail=tlv(PAYLOAD, text))
        bench.pass_time(1)
        segments = receiver.deliveries()
        assert {segment["data_coding"] for segment in segments} == {coding}
        if sizes is None:
            (whole,) = segments
            assert (whole.octets, whole["esm_class"]) == (text, 0)
            continue
        assert joined(segments, method) == text
        if method != "payload":
            head = {"udh8": 6, "udh16": 7, "sar": 0}[method]
            allowed = [size + head for size in sizes]
            found = [len(segment.octets) for segment in segments]
            # One octet more of header leaves 152 septets, 133 octets or 66 characters.
            assert found == allowed or (method == "udh16" and max(found) <= 159)


RICH = """
[clients.demo]
password = "demo"
segmentation = "{}"
[accounts.79991110001]
balances = {{ RUB = "1234567.00", USD = "15.30", EUR = "9999999.00", GBP = "1.00", KZT = "1.00", CHF = "1.00",
 CNY = "1.00", SEK = "12344444.00", NOK = "1111111.00", DKK = "111111.00", UAH = "2.00", AED = "1.00", TRY = "1.00" }}
"""


@pytest.mark.parametrize("method", METHODS)
@row("F9")
def test_long_replies_are_cut(tmp_path: Path, method: str) -> None:
    """A balance in many currencies, in both languages."""
    toml = RICH.format(method).replace(",\n", ",")
    client = Client(configured(tmp_path, toml)).bind()
    for text, coding, most in ((b"BALANCE", 0, 153), ("баланс".encode("utf-16-be"), 8, 134)):
        client.submit(2, destination_addr="7494", data_coding=coding, short_message=text)
        segments = client.deliveries()
        whole = joined(segments, method)
        assert whole.endswith("МСК 15.01".encode("utf-16-be") if coding else b"MSK 15.01")
        assert {segment["data_coding"] for segment in segments} == {coding}
        if method != "payload":
            assert len(segments) == -(-len(whole) // most) > 1
            assert {len(segment.octets) for segment in segments[:-1]} == {
                most + {"udh8": 6, "udh16": 7, "sar": 0}[method] - (method == "udh16") * (2 if coding else 1)
            }


@row("F9")
def test_each_long_message_has_a_reference_of_its_own(tmp_path: Path) -> None:
    """Two messages to one number are never mixed up."""
    bench = configured(tmp_path, TO_OTHERS.format("udh8"))
    sender, receiver = Client(bench).bind(), Client(bench).bind(system_id="far", password="far")
    references = []
    for n in range(10):
        sender.submit(n, destination_addr="70001", short_message=b"", tail=tlv(PAYLOAD, b"a" * 200))
        bench.pass_time(1)
        first, second = receiver.deliveries()
        assert first.octets[3] == second.octets[3]
        references.append(first.octets[3])
    assert len(set(references)) == 10
