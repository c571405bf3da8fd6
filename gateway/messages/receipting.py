"""Delivery receipts and intermediate notifications: when one is owed, and the message that it is."""

from __future__ import annotations

from typing import Final

from gateway.messages.dialects import DELIVER_TLV
from gateway.messages.message import Kind, Message, back_to_sender
from gateway.messages.receipt_rules import ReceiptRule
from gateway.smpp.constants import MessageState, Tag
from gateway.smpp.receipts import Receipt, format_receipt
from gateway.sms import alphabets

RECEIPT_ESM_CLASS: Final = 0x04
NOTIFICATION_ESM_CLASS: Final = 0x20
_INTERMEDIATE: Final = 0x10
_GSM_NETWORK: Final = 3
"""network_error_code's network type for GSM (SMPP 3.4 §5.3.2.31)."""

_USUAL: Final = ReceiptRule()


def receipt_is_owed(registered_delivery: int, state: int) -> bool:
    """Whether the final ``state`` is to be told: bits 1-0 are a mask of their own (SMPP 3.4 §5.2.17)."""
    asked = registered_delivery & 0x03
    return asked == 1 or (asked == 2 and state != MessageState.DELIVERED)


def notification_is_owed(registered_delivery: int, intermediate: str = "asked") -> bool:
    """Whether acceptance is to be told: asked for with mask 0x10, as Kannel and others send it, or as a rule says."""
    if intermediate == "always":
        return bool(registered_delivery & (_INTERMEDIATE | 0x03))
    return bool(registered_delivery & _INTERMEDIATE) and intermediate != "never"


def receipt_for(
    message: Message, message_id: int, state: int, now: int, expires_at: int, rule: ReceiptRule | None = None
) -> Message:
    """The message that tells ``message``'s sender of its ``state`` at ``now``; intermediate when that is not final.

    Addresses are swapped, the text is Appendix B's, the data_coding is never the original's, and
    user_message_reference travels back. A rule says what of that is otherwise.
    """
    rule = rule or _USUAL
    told_id = _spelled_id(message, rule.id_format)
    text = ""
    if rule.form != "tlv":
        text = format_receipt(
            Receipt(
                message_id=told_id,
                state=MessageState(state),
                submit_date=message.accepted_at,
                done_date=now,
                dlvrd=1 if state == MessageState.DELIVERED else 0,
                err=f"{min(message.error, 999):03}",
                text=_beginning(message),
            ),
            date_digits=rule.date_digits,
            omit=rule.omit,
        )
    final = state != MessageState.ENROUTE
    return back_to_sender(
        message,
        message_id,
        Kind.RECEIPT,
        0,
        text.encode("ascii", "replace"),
        now,
        expires_at,
        esm_class=RECEIPT_ESM_CLASS if final else NOTIFICATION_ESM_CLASS,
        tlvs=_tlvs(message, told_id, state, rule),
    )


def _tlvs(message: Message, told_id: str, state: int, rule: ReceiptRule) -> tuple[tuple[int, bytes], ...]:
    tlvs: list[tuple[int, bytes]] = []
    omit = rule.omit
    if rule.form != "text":
        if "receipted_message_id" not in omit:
            tlvs.append((int(Tag.RECEIPTED_MESSAGE_ID), told_id.encode("ascii") + b"\0"))
        if "message_state" not in omit:
            tlvs.append((int(Tag.MESSAGE_STATE), bytes((state,))))
        if message.error and "network_error_code" not in omit:
            tlvs.append((int(Tag.NETWORK_ERROR_CODE), bytes((_GSM_NETWORK,)) + message.error.to_bytes(2, "big")))
    if "user_message_reference" not in omit:
        tlvs.extend(tlv for tlv in message.tlvs if tlv[0] == Tag.USER_MESSAGE_REFERENCE)
    if rule.deliver_with:
        tlvs.append((DELIVER_TLV, rule.deliver_with.encode("ascii")))
    return tuple(tlvs)


def _spelled_id(message: Message, id_format: str) -> str:
    if id_format == "told":
        return message.spelled_id
    # The destinations of a submit_multi were told the id of the first.
    is_own = message.spelled_id in (f"{message.id:010}", f"{message.id:08X}")
    number = message.id if is_own else message.whole
    return {"hex": f"{number:X}", "decimal": str(number), "padded": f"{number:010}"}[id_format]


def _beginning(message: Message) -> str:
    """The first 20 characters of the text, those that ASCII has: the receipt's coding is the default alphabet, and
    what it would need UCS-2 for becomes ``?``. Nothing of a text that holds a secret."""
    octets = message.user_data
    if message.sealed:
        return ""
    if message.esm_class & 0x40 and octets:
        octets = octets[octets[0] + 1 :]
    alphabet = alphabets.alphabet_of(message.data_coding, alphabets.Alphabet.GSM0338)
    if alphabet is None or alphabet is alphabets.Alphabet.OCTETS:
        return ""
    try:
        text = alphabets.decode(octets[:80], alphabet)[:20]
    except alphabets.UndecodableText:
        return ""
    return "".join(character if " " <= character <= "~" else "?" for character in text)
