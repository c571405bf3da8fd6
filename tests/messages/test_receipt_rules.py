"""Receipt rules: as people write them, over one another, and the receipts that they make."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.draws import Draws
from gateway.messages import magic
from gateway.messages.dialects import DELIVER_TLV, Dialects, MatchedRule, kept_rule, rule_tlv
from gateway.messages.message import Fate, Kind, Message
from gateway.messages.receipt_rules import (
    FORMS,
    ID_FORMATS,
    INTERMEDIATE,
    TEXT_FIELDS,
    TLV_FIELDS,
    ReceiptRule,
    ReceiptRuleInvalid,
)
from gateway.messages.receipting import receipt_for
from gateway.smpp.constants import MessageState, Tag
from gateway.smpp.receipts import parse_receipt
from gateway.smpp.statuses import CommandStatus

NOW = 1_768_467_600_000_000  # 2026-01-15T09:00:00Z
MINUTE = 60_000_000

spans = st.integers(0, 3600) | st.tuples(st.integers(0, 100), st.integers(100, 3600)).map(list)
weights = st.dictionaries(st.sampled_from([state.name for state in MessageState]), st.integers(1, 100), min_size=1)
spelled_rules = st.fixed_dictionaries(
    {},
    optional={
        "states": st.sampled_from([state.name for state in MessageState]) | weights,
        "error": st.integers(0, 0xFFFF),
        "transit": spans,
        "delay": spans,
        "intermediate": st.sampled_from(INTERMEDIATE),
        "form": st.sampled_from(FORMS),
        "id_format": st.sampled_from(ID_FORMATS),
        "date_digits": st.sampled_from([10, 12]),
        "omit": st.lists(st.sampled_from((*TEXT_FIELDS, *TLV_FIELDS)), unique=True),
        "copies": st.sampled_from([0, 1, 2]),
        "before_response": st.booleans(),
        "deliver_with": st.sampled_from(["deliver_sm", "data_sm"]),
    },
)
texts = st.text(st.characters(codec="latin-1"), max_size=40)


def message(text: str = "hello", number: int = 0xABCDE, **fields: Any) -> Message:
    """A message of a client to a handset, as it is stored."""
    values: dict[str, Any] = {"spelled_id": f"{number:010}", "state": MessageState.DELIVERED, "whole": number}
    values |= {"registered_delivery": 1, "destination_addr": "79995550001"} | fields
    made = Message(
        id=number, kind=Kind.SUBMITTED, client="demo", recipient="", fate=Fate.HANDSET,
        spelled_id=values.pop("spelled_id"), whole=values.pop("whole"), source_addr_ton=1, source_addr_npi=1,
        source_addr="79991110001", dest_addr_ton=1, dest_addr_npi=1, destination_addr=values.pop("destination_addr"),
        data_coding=3, user_data=text.encode("latin-1"), state=values.pop("state"), accepted_at=NOW,
    )  # fmt: skip
    for name, value in values.items():
        setattr(made, name, value)
    return made


# --- as people write them ---


@given(spelled_rules)
@example({"states": {"DELIVERED": 9, "UNDELIVERABLE": 1}, "delay": [1, 2]})
def test_what_a_rule_spells_is_read_as_the_same_rule(spelled: dict[str, Any]) -> None:
    """Through JSON too, which is how a message keeps one."""
    rule = ReceiptRule.of(spelled)
    again = ReceiptRule.of(json.loads(json.dumps(rule.spelled())))
    assert (again, again.says()) == (rule, rule.says())
    assert kept_rule(rule_tlv(rule)[1]) == rule


@pytest.mark.parametrize(
    ("spelled", "faults"),
    [
        ({"colour": "red"}, ["colour: no such key"]),
        ({"states": "LOST"}, ["states: no state 'LOST'"]),
        ({"states": {}}, ["states: expected the name"]),
        ({"states": {"DELIVERED": 0}}, ["states: all weights are 0"]),
        ({"states": {"DELIVERED": -1}}, ["states: DELIVERED: a weight"]),
        ({"states": {"DELIVERED": True}}, ["states: DELIVERED: a weight"]),
        ({"states": 2}, ["states: expected the name"]),
        ({"delay": [2, 1]}, ["delay: 2 is more than 1"]),
        ({"delay": -1}, ["delay: expected seconds"]),
        ({"delay": [1, 2, 3]}, ["delay: expected seconds, or"]),
        ({"transit": 10**9}, ["transit: expected seconds"]),
        ({"transit": float("nan")}, ["transit: expected seconds"]),
        ({"error": 65536}, ["error: expected a code"]),
        ({"copies": 3}, ["copies: expected one of 0, 1, 2; got 3"]),
        ({"copies": True}, ["copies: expected one of"]),
        ({"date_digits": 11}, ["date_digits: expected one of 10, 12"]),
        ({"form": "xml"}, ["form: expected one of"]),
        ({"omit": "id"}, ["omit: expected a list"]),
        ({"omit": ["id", "colour"]}, ["omit: no field colour"]),
        ({"before_response": 1}, ["before_response: expected true or false"]),
        ({"intermediate": "seldom"}, ["intermediate: expected one of"]),
        ({"deliver_with": "submit_sm"}, ["deliver_with: expected one of"]),
        ({"form": 1, "copies": 9, "x": 0}, ["form:", "copies:", "x:"]),
    ],
)
def test_every_fault_is_told(spelled: dict[str, Any], faults: list[str]) -> None:
    """All that is wrong at once, each by the name of its key."""
    with pytest.raises(ReceiptRuleInvalid) as caught:
        ReceiptRule.of(spelled)
    assert len(caught.value.faults) == len(faults)
    assert all(told.startswith(fault) for told, fault in zip(caught.value.faults, faults, strict=True))


@given(spelled_rules, spelled_rules)
@example({"copies": 1}, {"copies": 0, "form": "tlv"})
def test_a_rule_over_another_counts_where_it_says_something(upper: dict[str, Any], lower: dict[str, Any]) -> None:
    """Also when it says what would be so anyway."""
    assert ReceiptRule.of(upper).over(ReceiptRule.of(lower)) == ReceiptRule.of(lower | upper)
    assert ReceiptRule.of(upper).over(None) == ReceiptRule.of(upper)


# --- which rule it is, and what it decides ---


def test_the_order_of_rules() -> None:
    """A rule of the message's own, then its magic number, then the first row that fits, then its client's."""
    dialects = Dialects(
        Draws(1).draw,
        of_client={"demo": ReceiptRule.of({"form": "tlv", "copies": 2, "error": 7})}.get,
        matched=[
            MatchedRule(ReceiptRule.of({"form": "text"}), client="other"),
            MatchedRule(ReceiptRule.of({"copies": 0, "states": "REJECTED"}), client="demo"),
            MatchedRule(ReceiptRule.of({"date_digits": 12})),
        ],
    )
    rule = dialects.rule_of(message())
    assert rule is not None
    assert (rule.form, rule.copies, rule.error, rule.date_digits) == ("tlv", 0, 7, 10)
    rule = dialects.rule_of(message(destination_addr="99900000006"))
    assert rule is not None
    assert (rule.states, rule.form, rule.copies) == (((MessageState.ACCEPTED, 1),), "tlv", 1)
    own = rule_tlv(ReceiptRule.of({"states": "DELETED"}))
    rule = dialects.rule_of(message(destination_addr="99900000006", tlvs=(own,)))
    assert rule is not None
    assert rule.states == ((MessageState.DELETED, 1),)
    assert Dialects(Draws(1).draw).rule_of(message()) is None


@given(st.integers(1, 10**9), weights, spans)
@example(7, {"DELIVERED": 1, "EXPIRED": 1}, [1, 3600])
def test_chance_is_a_function_of_the_message(number: int, states: dict[str, int], transit: Any) -> None:
    """Asked again, the same end and the same delay, within what the rule says."""
    rule = ReceiptRule.of({"states": states, "transit": transit, "delay": transit})
    dialects = [Dialects(Draws(5).draw, of_client=lambda _: rule) for _ in range(2)]
    first, second = (one.end_of(message(number=number)) for one in dialects)
    assert first == second
    assert first.state.name in states
    assert rule.transit is not None
    assert rule.transit[0] <= first.transit <= rule.transit[1]
    delays = {one.delay_of(message(number=number), rule, 0) for one in dialects}
    assert len(delays) == 1


def test_weights_are_kept() -> None:
    """Of ten thousand messages about nine in ten, and the others of another seed."""
    rule = ReceiptRule.of({"states": {"DELIVERED": 9, "UNDELIVERABLE": 1}})
    ends = [
        [
            Dialects(Draws(seed).draw, of_client=lambda _: rule).end_of(message(number=number)).state
            for number in range(1, 5000)
        ]
        for seed in (1, 2)
    ]
    assert 0.88 < ends[0].count(MessageState.DELIVERED) / len(ends[0]) < 0.92
    assert ends[0] != ends[1]


# --- the receipts that they make ---


@given(spelled_rules, texts, st.integers(1, 2**31), st.sampled_from(list(MessageState)), st.integers(0, 0xFFFF))
@example({"omit": ["text", "err"], "date_digits": 12}, "id:1 stat:REJECTD", 10, MessageState.DELIVERED, 0)
@example({"form": "text", "omit": ["stat"]}, "text:", 10, MessageState.EXPIRED, 999)
def test_every_receipt_of_a_rule_is_read_back(
    spelled: dict[str, Any], text: str, number: int, state: MessageState, error: int
) -> None:
    """Its fields are those of the message; without a text, an id or a stat it cannot be read, as documented."""
    rule = ReceiptRule.of(spelled)
    told = message(text, number, error=error)
    receipt = receipt_for(told, 2**40, state, NOW + 90_000_000, NOW, rule)
    octets = receipt.user_data.decode("ascii")
    spelled_id = {"hex": f"{number:X}", "decimal": f"{number}"}.get(rule.id_format, f"{number:010}")
    tlvs = dict(receipt.tlvs)
    if rule.form == "tlv":
        assert octets == ""
    elif rule.omit & {"id", "stat"}:
        with pytest.raises(ValueError, match="no delivery receipt"):
            parse_receipt(octets)
    else:
        read = parse_receipt(octets)
        omit = rule.omit
        grain = MINUTE if rule.date_digits == 10 else 1_000_000
        done = NOW + 90_000_000
        assert (read.message_id, read.state) == (spelled_id, state)
        assert read.submit_date == (0 if "submit_date" in omit else NOW)
        assert read.done_date == (0 if "done_date" in omit else done - done % grain)
        assert read.err == ("000" if "err" in omit else f"{min(error, 999):03}")
        assert read.sub == (0 if "sub" in omit else 1)
        assert read.dlvrd == (1 if "dlvrd" not in omit and state == MessageState.DELIVERED else 0)
        assert len(read.text) <= 20
    expected = {
        "receipted_message_id": (Tag.RECEIPTED_MESSAGE_ID, spelled_id.encode() + b"\0"),
        "message_state": (Tag.MESSAGE_STATE, bytes((state,))),
    }
    if error:
        expected["network_error_code"] = (Tag.NETWORK_ERROR_CODE, b"\3" + error.to_bytes(2, "big"))
    if rule.form == "text":
        expected = {}
    kept = {int(tag): value for name, (tag, value) in expected.items() if name not in rule.omit}
    tlvs.pop(DELIVER_TLV, None)
    assert tlvs == kept


@pytest.mark.parametrize(
    ("spelled", "text", "tags"),
    [
        ({}, "id:0000703710 sub:001 dlvrd:001 submit date:2601150900 done date:2601150901 "
         "stat:DELIVRD err:000 text:hello", [0x1E, 0x427, 0x204]),
        ({"date_digits": 12}, "id:0000703710 sub:001 dlvrd:001 submit date:260115090000 done date:260115090130 "
         "stat:DELIVRD err:000 text:hello", [0x1E, 0x427, 0x204]),
        ({"id_format": "hex", "form": "text"}, "id:ABCDE sub:001 dlvrd:001 submit date:2601150900 done date:2601150901 "
         "stat:DELIVRD err:000 text:hello", [0x204]),
        ({"id_format": "decimal", "omit": ["sub", "dlvrd", "text", "user_message_reference"]},
         "id:703710 submit date:2601150900 done date:2601150901 stat:DELIVRD err:000", [0x1E, 0x427]),
        ({"form": "tlv", "id_format": "padded"}, "", [0x1E, 0x427, 0x204]),
    ],
    ids=["usual", "seconds", "hex", "short", "tlv"],
)  # fmt: skip
def test_golden_receipts(spelled: dict[str, Any], text: str, tags: list[int]) -> None:
    """The dialects that are seen in the wild, letter by letter."""
    told = message(tlvs=((int(Tag.USER_MESSAGE_REFERENCE), b"\0\1"),))
    receipt = receipt_for(told, 2, MessageState.DELIVERED, NOW + 90_000_000, NOW, ReceiptRule.of(spelled))
    assert receipt.user_data.decode() == text
    assert [tag for tag, _ in receipt.tlvs] == tags


@pytest.mark.parametrize("state", list(MessageState))
def test_the_word_of_each_state(state: MessageState) -> None:
    """All of Appendix B, and ENROUTE for notifications."""
    words = ["ENROUTE", "DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD"]
    receipt = receipt_for(message(), 2, state, NOW, NOW)
    assert f" stat:{words[state - 1]} " in receipt.user_data.decode()
    assert receipt.esm_class == (0x20 if state == MessageState.ENROUTE else 0x04)


def test_a_receipt_tells_nothing_of_a_sealed_text() -> None:
    """The code of a payment is not repeated in clear."""
    receipt = receipt_for(message("123456", sealed=True), 2, MessageState.DELIVERED, NOW, NOW)
    assert receipt.user_data.endswith(b" text:")


# --- magic numbers ---


@given(st.integers(0, 9999))
@example(0)
def test_magic_numbers_are_what_the_table_says(number: int) -> None:
    """Each of the ten thousand either rules an end, refuses, or is a handset like any other, with a plus too."""
    destination = f"{magic.PREFIX}{number:04}"
    rule, refusal = magic.rule_of(destination), magic.refusal_of(destination)
    kind, rest = divmod(number, 1000)
    expected_rule = (kind == 0 and 1 <= rest <= 8) or (kind == 1 and rest > 0) or kind == 2 or (kind == 3 and rest <= 3)
    assert (rule is not None) == expected_rule
    is_status = kind == 4 and rest != 0 and rest in {int(status) for status in CommandStatus}
    assert refusal == (rest if is_status else 0)
    assert magic.rule_of(f"+{destination}") == rule
    assert magic.refusal_of(f"+{destination}") == refusal


@pytest.mark.parametrize(
    "destination", ["", "7494", "9990000", "999000000", "999000000020", "79990000005", "9990000000x", "999000000٠٥"]
)
def test_other_numbers_are_not_magic(destination: str) -> None:
    """Shorter and longer ones, real ones, and digits of other scripts."""
    assert magic.rule_of(destination) is None
    assert magic.refusal_of(destination) == 0
