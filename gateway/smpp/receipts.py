"""The text of a delivery receipt, written and read (SMPP 3.4 Appendix B).

The format is "typical" and vendor specific, so what is written follows the table of Appendix B to the letter, and
reading is tolerant: order and case of the keys, seconds or a century in the dates, missing keys.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import attrs

from gateway.smpp.constants import MessageState

_STAT = {
    MessageState.DELIVERED: "DELIVRD",
    MessageState.EXPIRED: "EXPIRED",
    MessageState.DELETED: "DELETED",
    MessageState.UNDELIVERABLE: "UNDELIV",
    MessageState.ACCEPTED: "ACCEPTD",
    MessageState.UNKNOWN: "UNKNOWN",
    MessageState.REJECTED: "REJECTD",
    MessageState.ENROUTE: "ENROUTE",  # of an intermediate notification; Appendix B has final states only
}
_STATE = {stat: state for state, stat in _STAT.items()}

LONGEST_TEXT = 20
"""Characters of the original message that a receipt repeats."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEYS = re.compile(
    r"(?P<key>\bid|\bsub|\bdlvrd|\bsubmit[ _]date|\bdone[ _]date|\bstat|\berr|\btext):", re.ASCII | re.IGNORECASE
)
# By the number of digits: YYMMDDhhmm as the appendix has it, with seconds, with a century, with both. Twelve digits of
# 2013 and later are told apart by the month: YYYYMMDDhhmm has 13 or more where YYMMDDhhmmss has its month.
_DATE_FORMATS = {10: ("%y%m%d%H%M",), 12: ("%y%m%d%H%M%S", "%Y%m%d%H%M"), 14: ("%Y%m%d%H%M%S",)}


@attrs.frozen
class Receipt:
    """What a receipt tells of a message.

    `message_id` is spelled as in the submit_sm_resp. `submit_date` and `done_date` are microseconds UTC, written to
    the minute. `sub` and `dlvrd` count short messages (0-999). `err` is the network's own code, three characters.
    """

    message_id: str
    state: MessageState
    submit_date: int
    done_date: int
    sub: int = 1
    dlvrd: int = 0
    err: str = "000"
    text: str = attrs.field(default="", repr=False)


def format_receipt(receipt: Receipt, *, date_digits: int = 10, omit: Collection[str] = ()) -> str:
    """``id:… sub:001 dlvrd:001 submit date:YYMMDDhhmm done date:YYMMDDhhmm stat:DELIVRD err:000 text:…``.

    `text` is cut to 20 characters, and what is no printable character becomes a space, so the receipt is one line.
    With 12 `date_digits` the dates have seconds. `omit` names fields that are left out, with `_` in their names for
    the spaces; a receipt without its id or stat cannot be read by :func:`parse_receipt` any more.
    """
    text = "".join(character if character.isprintable() else " " for character in receipt.text[:LONGEST_TEXT])
    form = "%y%m%d%H%M" if date_digits == 10 else "%y%m%d%H%M%S"
    fields = (
        ("id", receipt.message_id),
        ("sub", f"{receipt.sub:03}"),
        ("dlvrd", f"{receipt.dlvrd:03}"),
        ("submit date", _format_date(receipt.submit_date, form)),
        ("done date", _format_date(receipt.done_date, form)),
        ("stat", _STAT[receipt.state]),
        ("err", receipt.err),
        ("text", text),
    )
    return " ".join(f"{name}:{value}" for name, value in fields if name.replace(" ", "_") not in omit)


def parse_receipt(text: str) -> Receipt:
    """The receipt in a short message. Raises ValueError for a text without an id and a known stat.

    Missing counts are 0, a missing err is "000", and a missing or unreadable date is 0 (1970). Everything behind
    ``text:`` is text, whatever it looks like; a key that is there twice counts the first time.
    """
    found: dict[str, str] = {}
    matches = list(_KEYS.finditer(text))
    for number, match in enumerate(matches):
        key = match["key"].lower().replace("_", " ")
        if key == "text":
            found.setdefault(key, text[match.end() :])
            break
        end = matches[number + 1].start() if number + 1 < len(matches) else len(text)
        found.setdefault(key, text[match.end() : end].strip())
    state = _STATE.get(found.get("stat", "").upper())
    if state is None or not found.get("id"):
        raise ValueError("no delivery receipt: it has no id or no known stat")
    return Receipt(
        message_id=found["id"],
        state=state,
        submit_date=_parse_date(found.get("submit date", "")),
        done_date=_parse_date(found.get("done date", "")),
        sub=_parse_count(found.get("sub", "")),
        dlvrd=_parse_count(found.get("dlvrd", "")),
        err=found.get("err") or "000",
        text=found.get("text", ""),
    )


def _format_date(at: int, form: str) -> str:
    return (_EPOCH + timedelta(microseconds=at)).strftime(form)


def _parse_date(digits: str) -> int:
    if digits.isascii() and digits.isdigit():
        for form in _DATE_FORMATS.get(len(digits), ()):
            with contextlib.suppress(ValueError):
                return (datetime.strptime(digits, form).replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
    return 0


def _parse_count(digits: str) -> int:
    return int(digits) if digits.isascii() and digits.isdigit() else 0
