"""The text of a stored message: what its octets say, or that they say nothing we can read."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from gateway.messages.message import Message
from gateway.sms import alphabets, reassembly

FEWEST_DIGITS: Final = 4
"""A PIN has four digits, the code of a payment six."""

USER_DATA_HEADER: Final = 0x40
"""esm_class bit of the user data header indicator (SMPP 3.4 §5.2.12)."""


def text_of(message: Message, default_alphabet: str) -> str | None:
    """The text of a message of one part, or None when its coding is no text that we can read."""
    if not message.esm_class & USER_DATA_HEADER:
        return _read(message.user_data, message.data_coding, default_alphabet)[0]
    return text_in(message.user_data, message.data_coding, message.esm_class, default_alphabet)


def text_in(user_data: bytes, data_coding: int, esm_class: int, default_alphabet: str) -> str | None:
    """The text in these octets, which may begin with a user data header, or None."""
    if not esm_class & USER_DATA_HEADER:
        return _read(user_data, data_coding, default_alphabet)[0]
    alphabet = alphabets.alphabet_of(data_coding, alphabets.BY_NAME[default_alphabet])
    if alphabet is None:
        return None
    packed = alphabet is alphabets.Alphabet.GSM0338_PACKED
    return decoded(reassembly.concatenation_of(True, user_data, packed=packed).body, alphabet.unpacked)


def may_hold_secret(user_data: bytes, data_coding: int, esm_class: int, default_alphabet: str) -> bool:
    """Whether a text to the wallet may have a PIN or a code of a payment in it, used up, mistyped or somebody else's:
    it has at least as many digits. What is no text that we can read is looked at octet by octet."""
    if not esm_class & USER_DATA_HEADER:
        return _read(user_data, data_coding, default_alphabet)[1]
    return _has_digits(text_in(user_data, data_coding, esm_class, default_alphabet), user_data)


# One entry for both questions that are asked of each text: a new one costs as much to remember as to read.
@lru_cache(maxsize=4096)
def _read(octets: bytes, data_coding: int, default_alphabet: str) -> tuple[str | None, bool]:
    """The text, and whether it may hold a secret."""
    alphabet = alphabets.alphabet_of(data_coding, alphabets.BY_NAME[default_alphabet])
    text = None if alphabet is None else decoded(octets, alphabet)
    return text, _has_digits(text, octets)


def _has_digits(text: str | None, octets: bytes) -> bool:
    if text is None:
        text = octets.decode("ascii", "replace")
    return sum(map(str.isdigit, text)) >= FEWEST_DIGITS


def decoded(octets: bytes, alphabet: alphabets.Alphabet) -> str | None:
    """The text of octets in this alphabet, or None."""
    try:
        return alphabets.decode(octets, alphabet)
    except alphabets.UndecodableText:
        return None
