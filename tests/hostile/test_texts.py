"""Rows X, the text itself: octets that are no text, characters that lie, texts that want to be code."""

from __future__ import annotations

import time
from operator import attrgetter

import attrs
import pytest
from twisted.logger import LogEvent

from gateway.sms import gsm0338
from gateway.sms.alphabets import Alphabet, cheapest
from tests.conformance import wire
from tests.conformance.wire import HANDSET, PAYLOAD, tlv
from tests.hostile.conftest import Stage
from tests.hostile.rows import row
from tests.hostile.scene import RINVDCS, RINVESMCLASS, RINVMSGLEN, RSUBMITFAIL, Scene, attack, submit

BALANCE, NEW_PIN = "Balance:", "Новый ПИН"
NOT_UNDERSTOOD = ("Not recognised", "Команда не распознана")


@attrs.frozen
class Text:
    """What is sent, and what its one reply begins with."""

    id: str
    octets: bytes
    data_coding: int
    replies: tuple[str, ...]
    esm_class: int = 0


def ucs2(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def reads(id: str, text: str, *replies: str) -> Text:
    return Text(id, ucs2(text), 8, replies or (BALANCE, "Баланс:"))


def gsm(id: str, octets: bytes, *replies: str, data_coding: int = 0, esm_class: int = 0) -> Text:
    return Text(id, octets, data_coding, replies or NOT_UNDERSTOOD, esm_class)


ASKS = (*NOT_UNDERSTOOD, "Ничего не изменено", "Nothing was changed")
"""Replies that run nothing."""

TEXTS = [
    reads("X-02-high-surrogate", "\ud83d BALANCE"),
    reads("X-02-low-surrogate", "BALANCE\ude00"),
    reads("X-02-wrong-way-round", "BALANCE\ude00\ud83d"),
    Text("X-03-little-endian", "BALANCE".encode("utf-16-le"), 8, NOT_UNDERSTOOD),
    Text("X-03-little-endian-PIN", "PIN".encode("utf-16-le"), 8, NOT_UNDERSTOOD),
    Text("X-03-little-endian-mark", b"\xff\xfe" + "PIN".encode("utf-16-le"), 8, NOT_UNDERSTOOD),
    reads("X-04-BOM", "\ufeffBALANCE"),
    reads("X-04-zero-width", "BAL\u200bANCE"),
    reads("X-04-no-break", "\u00a0BALANCE\u00a0"),
    reads("X-04-line-separator", "BALANCE\u2028"),
    reads("X-04-full-width", "ＢＡＬＡＮＣＥ"),
    reads("X-04-combining", "B\u0332ALANCE"),
    reads("X-04-Cyrillic-letter", "ВАLANCE"),
    reads("X-04-NUL-before", "\0BALANCE"),
    reads("X-05-Arabic-digit", "CONFIRM \u0661", *ASKS),
    reads("X-05-superscript", "CONFIRM \u00b9", *ASKS),
    reads("X-05-circled", "CONFIRM \u2460", *ASKS),
    reads("X-05-Cyrillic-O", "CONFIRM О", *ASKS),
    reads("X-05-Arabic-code", "\u0661\u0662\u0663\u0664\u0665\u0666", *ASKS),
    reads("X-06-override", "BAL\u202eANCE"),
    reads("X-06-isolates", "\u2066BALANCE\u2069"),
    gsm("X-07-trailing-escape", b"BALANCE\x1b", BALANCE),
    gsm("X-07-undefined-escape", b"\x1bBALANCE", BALANCE),
    gsm("X-07-double-escape", b"BALANCE\x1b\x1b", BALANCE),
    gsm("X-07-only-escapes", b"\x1b" * 254),
    gsm("X-07-high-octets", bytes(range(0x80, 0x100))),
    gsm("X-07-all-octets", bytes(range(254))),
    gsm("X-09-packed", bytes.fromhex("50a713"), data_coding=0),
    gsm("X-09-Latin-as-UCS-2", b"BALANCE!", data_coding=8),
    gsm("X-09-class-0", b"BALANCE", BALANCE, data_coding=0xF0),
    gsm("X-09-class-0-8-bit", b"BALANCE", "Не удалось прочитать SMS", data_coding=0xF4),
    gsm("X-09-flash", b"BALANCE", BALANCE, data_coding=0x10),
    gsm("X-09-ASCII", b"BALANCE", BALANCE, data_coding=1),
    gsm("X-09-Latin-1", b"BALANCE\xff", BALANCE, *NOT_UNDERSTOOD, data_coding=3),
    gsm("X-10-empty-header", b"\0BALANCE", BALANCE, esm_class=0x40),
    gsm("X-10-unknown-element", wire.udh((0x7F, b"abc")) + b"BALANCE", BALANCE, esm_class=0x40),
    gsm("X-22-empty", b""),
    gsm("X-22-spaces", b" " * 200),
    reads("X-22-NULs", "\0" * 100, *NOT_UNDERSTOOD),
    reads("X-22-emoji", "😀" * 30, *NOT_UNDERSTOOD),
]


@pytest.mark.parametrize("text", TEXTS, ids=attrgetter("id"))
def test_texts(scene: Scene, text: Text) -> None:
    """An odd text is accepted and gets exactly one reply; what does not read as a command runs nothing."""
    entries = scene.ledger()[1:3]  # type: ignore[index]  # a tuple, see there
    answers = scene.client.send(submit(7, text.octets, data_coding=text.data_coding, esm_class=text.esm_class))
    assert [frame.command_id for frame in answers] == [wire.SUBMIT_SM | wire.RESPONSE, wire.DELIVER_SM]
    assert answers[0].header == (wire.SUBMIT_SM | wire.RESPONSE, 0, 7)
    reply = wire.delivered(answers[1])
    assert reply.text.startswith(text.replies)
    scene.client.acknowledge(reply)
    assert scene.ledger()[1:3] == entries  # type: ignore[index]


REFUSED = [
    ("X-10-length-255", b"\xff\0\3\1\2", (RINVMSGLEN, RINVESMCLASS)),
    ("X-10-element-too-long", b"\4\0\xffPIN", (RINVMSGLEN, RINVESMCLASS)),
    ("X-10-element-cut", b"\1\0PIN", (RINVMSGLEN, RINVESMCLASS)),
    ("X-10-no-header-at-all", b"", (RINVMSGLEN, RINVESMCLASS)),
]


@pytest.mark.parametrize(("octets", "statuses"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_headers_that_are_none(scene: Scene, octets: bytes, statuses: tuple[int, ...]) -> None:
    """A user data header that does not fit is refused; the octets behind it do not run as a text."""
    scene.check_refused(attack(short_message=octets, esm_class=0x40), *statuses)


@row("X-10")
def test_two_concatenation_elements(scene: Scene) -> None:
    """Two elements that contradict each other: refused, or the last counts; never an error, never a run of a part."""
    header = wire.udh((0x00, b"\1\2\1"), (0x00, b"\1\3\2"))
    (answer,) = scene.client.send(attack(short_message=header + b"PIN", esm_class=0x40))
    assert answer.header[0::2] == (wire.SUBMIT_SM | wire.RESPONSE, 7)
    assert answer.status in (0, RINVMSGLEN, RINVESMCLASS)


@pytest.mark.parametrize("octets", [b"\x04", ucs2("БАЛАНС")[:-1], ucs2("PIN") + b"\0"], ids=["1", "11", "7"])
@row("X-01")
def test_half_a_character(scene: Scene, octets: bytes) -> None:
    """UCS-2 of an odd length is refused, or answered as not understood; it runs nothing."""
    entries = scene.ledger()[1:3]  # type: ignore[index]
    answers = scene.client.send(submit(7, octets, data_coding=8))
    assert answers[0].header in (
        (wire.SUBMIT_SM | wire.RESPONSE, RINVMSGLEN, 7),
        (wire.SUBMIT_SM | wire.RESPONSE, 0, 7),
    )
    replies = [wire.delivered(frame) for frame in answers[1:]]
    scene.client.acknowledge(*replies)
    assert len(replies) == (answers[0].status == 0)
    assert scene.ledger()[1:3] == entries  # type: ignore[index]


@row("X-02")
def test_a_reply_to_half_a_surrogate_pair(scene: Scene) -> None:
    """Lone surrogates alone are a text of spaces: one reply."""
    scene.check_runs(submit(7, ucs2("\ud83d\ud83d\ude00\ude00"[1:3] * 10), data_coding=8), "Команда не распознана")


@row("X-06")
def test_bidirectional_controls_come_back_nowhere(scene: Scene, log: list[LogEvent]) -> None:
    """Controls that turn text around are in no reply (and in no line of the log: see the fixture)."""
    text = "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)])) + "SUPPORT"
    reply = scene.check_runs(submit(7, ucs2(text), data_coding=8), "Support:")
    assert reply.text.isascii()


@row("X-08")
def test_characters_that_gsm_libraries_confuse() -> None:
    """'`' is not in GSM 03.38 and goes as UCS-2; '§' is 0x5F; form feed is in the extension table."""
    assert cheapest("`", Alphabet.GSM0338)[1] is Alphabet.UCS2
    assert gsm0338.encode("§") == b"\x5f"
    assert gsm0338.encode("\f") == b"\x1b\x0a"


@pytest.mark.parametrize("data_coding", [0x0B, 0xE5, 0xC8, 0x05, 0x0A, 0x20, 0x80])
@pytest.mark.parametrize(("version", "status"), [(0x34, RSUBMITFAIL), (0x50, RINVDCS)], ids=["3.4", "5.0"])
@row("X-09")
def test_codings_that_nobody_reads(stage: Stage, version: int, status: int, data_coding: int) -> None:
    """A coding that the wallet cannot read is refused; to a handset it goes through."""
    scene = stage(version=version)
    scene.check_refused(attack(data_coding=data_coding), status)
    scene.client.submit(8, data_coding=data_coding, destination_addr=HANDSET)


@pytest.mark.parametrize("data_coding", [2, 4])
@row("X-09")
def test_octets_are_kept_and_answered(scene: Scene, data_coding: int) -> None:
    """Codings of plain octets are accepted and answered as unsupported: nothing runs."""
    entries = scene.ledger()[1:3]  # type: ignore[index]
    answers = scene.client.send(attack(data_coding=data_coding))
    assert answers[0].header == (wire.SUBMIT_SM | wire.RESPONSE, 0, 7)
    scene.client.acknowledge(*map(wire.delivered, answers[1:]))
    assert len(answers) == 2
    assert scene.ledger()[1:3] == entries  # type: ignore[index]


LONG = {
    "64K-of-A": b"A" * 65_535,
    "64K-of-spaces": b" " * 65_535,
    "10000-words": b"BAL " * 10_000,
    "64K-spaces-between": b"PIN" + b" " * 65_000 + b"PIN",
    "64K-of-quotes": b'"' * 65_535,
    "64K-of-escapes": b"\x1b" * 65_535,
    "digits": b"1" * 65_535,
    "nearly": b"BALANC" * 10_000,
    "confirm": b"CONFIRM" * 9_000,
    "pin-then-all": b"PIN" + b"!" * 65_000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
@row("X-21")
def test_very_long_texts(scene: Scene, text: bytes) -> None:
    """A long text is cut off before it is parsed: one reply, nothing runs, in less than 50 ms."""
    entries = scene.ledger()[1:3]  # type: ignore[index]
    began = time.process_time()
    answers = scene.client.send(submit(7, b"", tlv(PAYLOAD, text)))
    took = time.process_time() - began
    assert answers[0].header == (wire.SUBMIT_SM | wire.RESPONSE, 0, 7)
    replies = [wire.delivered(frame) for frame in answers[1:]]
    assert [reply.text.startswith(NOT_UNDERSTOOD) for reply in replies] == [True]
    scene.client.acknowledge(*replies)
    assert scene.ledger()[1:3] == entries  # type: ignore[index]
    assert took < 0.05


@pytest.mark.parametrize("unit", ["\u0301", "\u200b", "É\u0301", "ﷺ", "⒈", "а́", "😀", "\ud83d"])
@row("X-21")
def test_very_long_texts_in_ucs2(scene: Scene, unit: str) -> None:
    """Characters that grow or reorder when they are normalised cost no more."""
    octets = ucs2(unit * (32_000 // len(unit)))
    began = time.process_time()
    answers = scene.client.send(submit(7, b"", tlv(PAYLOAD, octets[:65_534]), data_coding=8))
    took = time.process_time() - began
    assert answers[0].header == (wire.SUBMIT_SM | wire.RESPONSE, 0, 7)
    replies = [wire.delivered(frame) for frame in answers[1:]]
    assert [reply.text.startswith(NOT_UNDERSTOOD) for reply in replies] == [True]
    scene.client.acknowledge(*replies)
    assert took < 0.05


CODE = [
    "$(id)",
    "`id`",
    "{0}",
    "{balance}",
    "{hotline}",
    "%n%s%s%s",
    "%(pin)s",
    "{{7*7}}",
    "${jndi:ldap://x/a}",
    "<script>alert(1)</script>",
    "' OR 1=1--",
    "../../etc/passwd",
    "\\x00",
    "{0.__class__.__mro__}",
]


@pytest.mark.parametrize("code", CODE)
@row("X-23")
def test_texts_that_want_to_be_code(scene: Scene, code: str) -> None:
    """Nothing of a text is formatted, evaluated or echoed, wherever it stands."""
    for prefix in ("", "SUPPORT ", "HELP ", "BALANCE ", "CONFIRM ", "PIN "):
        answers = scene.client.send(submit(7, (prefix + code).encode("ascii"), data_coding=1))
        assert answers[0].header == (wire.SUBMIT_SM | wire.RESPONSE, 0, 7)
        (reply,) = map(wire.delivered, answers[1:])
        assert code not in reply.text
        assert not {"{", "}", "<", "%", "49", "uid=0"} & {*reply.text, *reply.text.split()}
        scene.client.acknowledge(reply)
