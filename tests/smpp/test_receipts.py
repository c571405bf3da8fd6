"""Delivery receipts: the text of Appendix B, and the texts that other message centres send."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.smpp.constants import MessageState
from gateway.smpp.receipts import Receipt, format_receipt, parse_receipt
from tests.strategies import DIGITS

# 15 January 2026, 09:00 and 09:01 UTC.
SUBMITTED = 1_768_467_600_000_000
DONE = SUBMITTED + 60_000_000
RECEIPT = Receipt("0000000041", MessageState.DELIVERED, SUBMITTED, DONE, sub=1, dlvrd=1, text="BALANCE")
TEXT = "id:0000000041 sub:001 dlvrd:001 submit date:2601150900 done date:2601150901 stat:DELIVRD err:000 text:BALANCE"


def test_text_of_appendix_b() -> None:
    """I2: id, three digits of sub and dlvrd, dates to the minute, seven letters of stat, three of err, the text."""
    assert format_receipt(RECEIPT) == TEXT


@pytest.mark.parametrize(
    ("state", "stat"),
    [
        (MessageState.DELIVERED, "DELIVRD"),
        (MessageState.EXPIRED, "EXPIRED"),
        (MessageState.DELETED, "DELETED"),
        (MessageState.UNDELIVERABLE, "UNDELIV"),
        (MessageState.ACCEPTED, "ACCEPTD"),
        (MessageState.UNKNOWN, "UNKNOWN"),
        (MessageState.REJECTED, "REJECTD"),
        (MessageState.ENROUTE, "ENROUTE"),
    ],
)
def test_stat_of_every_state(state: MessageState, stat: str) -> None:
    """I3: Table B-2, and the state that an intermediate notification tells of."""
    text = format_receipt(attrs.evolve(RECEIPT, state=state))

    assert f" stat:{stat} " in text
    assert parse_receipt(text).state is state


def test_text_is_cut_and_stays_on_its_line() -> None:
    """I2: twenty characters of the message at most, none of them a control character."""
    text = format_receipt(attrs.evolve(RECEIPT, text="БАЛАНС\r\n\x1b" + "x" * 30))

    assert text.endswith(" text:БАЛАНС   xxxxxxxxxxx")


def test_repr_hides_the_text() -> None:
    """The text of a message may be a PIN: it is in no repr."""
    assert "BALANCE" not in repr(RECEIPT)


receipts = st.builds(
    Receipt,
    message_id=st.text(DIGITS + "abcdef-", min_size=1, max_size=64),
    state=st.sampled_from(MessageState),
    submit_date=st.integers(0, 1_800_000_000 // 60).map(lambda minute: minute * 60_000_000),
    done_date=st.integers(0, 1_800_000_000 // 60).map(lambda minute: minute * 60_000_000),
    sub=st.integers(0, 999),
    dlvrd=st.integers(0, 999),
    err=st.text(DIGITS, min_size=3, max_size=3),
    text=st.text("BALANCE 1:стоп", max_size=20),
)


@given(receipts)
@example(RECEIPT)
@example(attrs.evolve(RECEIPT, text="stat:UNDELIV err:999"))
@example(attrs.evolve(RECEIPT, text=" id:2 text:"))
def test_what_is_written_is_read_back(receipt: Receipt) -> None:
    """parse ∘ format is the identity on receipts of whole minutes, whatever their text imitates."""
    assert parse_receipt(format_receipt(receipt)) == receipt


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TEXT.replace("text:", "Text:"), RECEIPT),
        (TEXT.replace("2601150900", "260115090000").replace("2601150901", "260115090100"), RECEIPT),
        (TEXT.replace("2601150900", "202601150900").replace("2601150901", "202601150901"), RECEIPT),
        (TEXT.replace("2601150900", "20260115090000").replace("2601150901", "20260115090100"), RECEIPT),
        (TEXT.replace(" date", "_date"), RECEIPT),
        (TEXT.replace("stat:DELIVRD", "STAT:delivrd"), RECEIPT),
        (TEXT.replace("id:", "id: ").replace("err:", "err: "), RECEIPT),
        ("stat:DELIVRD id:41", Receipt("41", MessageState.DELIVERED, 0, 0, sub=0)),
        ("id:41 stat:UNDELIV err:E12", Receipt("41", MessageState.UNDELIVERABLE, 0, 0, sub=0, err="E12")),
        ("id:41 stat:EXPIRED done date:26011509", Receipt("41", MessageState.EXPIRED, 0, 0, sub=0)),
        ("id:41 stat:EXPIRED done date:9999999999", Receipt("41", MessageState.EXPIRED, 0, 0, sub=0)),
        ("id:41 sub:all stat:EXPIRED stat:DELIVRD", Receipt("41", MessageState.EXPIRED, 0, 0, sub=0)),
        ("id:a-b sub:1 dlvrd:0 stat:REJECTD text:", Receipt("a-b", MessageState.REJECTED, 0, 0, sub=1)),
    ],
)
def test_receipts_of_other_message_centres(text: str, expected: Receipt) -> None:
    """Dates with seconds or a century, another case, missing and repeated keys are read."""
    assert parse_receipt(text) == expected


@pytest.mark.parametrize(
    "text", ["", "BALANCE", "id:41", "stat:DELIVRD", "id: stat:DELIVRD", "id:41 stat:LOST", "text:"]
)
def test_what_is_no_receipt(text: str) -> None:
    """A text without an id and a known stat is a ValueError."""
    with pytest.raises(ValueError, match="no delivery receipt"):
        parse_receipt(text)


@given(st.text(max_size=80) | st.lists(st.sampled_from(TEXT.split(" ")), max_size=12).map(" ".join))
@example("id:1 stat:DELIVRD submit date:²²²²²²²²²²")
@example("id:1 stat:DELIVRD submit date:26 1150 900")
def test_any_text_is_a_receipt_or_a_value_error(text: str) -> None:
    """No other error comes out of a text."""
    try:
        receipt = parse_receipt(text)
    except ValueError:
        return
    assert receipt.message_id
