"""Hypothesis strategies of what subscribers write: commands, look-alike letters, wrong keyboard layouts, typing errors.

For tests of the parser of this package and of your own. Needs ``hypothesis``::

    from hypothesis import given
    from gateway.testing import strategies as sms

    @given(sms.commands().flatmap(lambda command: sms.look_alikes(command.text)))
    def test_look_alike_letters_do_not_hide_a_command(text):
        assert my_parser(text) is not None

How this works: a strategy that takes a text draws variants of it; plain functions return all variants of a kind. The
tables here are written down apart from those of the parser, so that neither can hide a fault of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from hypothesis import strategies as st

QWERTY_ROWS = ("qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,.")
JCUKEN_ROWS = ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю")
_SHIFTED_MARKS = dict(zip("[];',.", '{}:"<>', strict=True))

# Upper-case letters of one shape, each group Latin, Cyrillic, Greek ("" where a script has none).
SAME_SHAPE = (
    *("AАΑ", "BВΒ", "CС", "EЕΕ", "HНΗ", "IІΙ", "KКΚ", "MМΜ", "OОΟ", "PРΡ", "SЅ", "TТΤ", "XХΧ", "YУΥ"),
    *("NΝ", "ZΖ", "ГΓ", "ПΠ", "ФΦ"),
)
_SHAPES = {letter: group for group in SAME_SHAPE for letter in group}

INVISIBLE = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u202e\u2060\u2066\u2069\ufe0e\ufe0f\ufeff"
)
SPACES = " \t\n\r\u00a0\u2003\u2009\u202f\u3000"
TRAILING_MARKS = ".,;:!)\"'»”…*~ "  # a question mark is not among them: it may turn an order into a question


class Command(NamedTuple):
    """A text that is a command, and what it should be read as."""

    text: str
    command: str
    argument: str | None = None


COMMANDS: tuple[Command, ...] = (
    *(Command(text, "balance") for text in ("balance", "bal", "баланс", "остаток", "бал", "balans", "ostatok")),
    *(Command(text, "pin") for text in ("pin", "pincode", "пин", "пинкод", "pinkod")),
    *(Command(text, "help") for text in ("help", "info", "помощь", "справка", "инфо", "pomosch", "spravka")),
    *(Command(text, "support") for text in ("support", "operator", "поддержка", "оператор", "podderzhka")),
    *(Command(text, "confirm", "status") for text in ("confirm", "подтверждение", "подтвердить", "podtverdit")),
    *(Command(f"confirm {word}", "confirm", "on") for word in ("1", "on", "yes", "вкл", "включить", "да", "vkl")),
    *(Command(f"confirm {word}", "confirm", "off") for word in ("0", "off", "no", "выкл", "отключить", "нет", "vykl")),
    *(Command(f"подтвердить {word}", "confirm", "on") for word in ("1", "да", "on")),
)


def commands(*names: str) -> st.SearchStrategy[Command]:
    """Exact texts of commands, of all or of these: "balance", "pin", "confirm", "help", "support"."""
    return st.sampled_from([command for command in COMMANDS if not names or command.command in names])


def codes() -> st.SearchStrategy[str]:
    """Six digits, as payment codes are."""
    return st.text("0123456789", min_size=6, max_size=6)


def texts(max_size: int = 160) -> st.SearchStrategy[str]:
    """Any text at all, with lone surrogates, controls and unassigned code points."""
    anything = st.characters(codec=None, categories=None)
    return st.text(
        st.one_of(anything, st.sampled_from("abcпин 01?-,.№①é\u0301\u20e3\ufe0f\u200d\n")), max_size=max_size
    )


def sentences() -> st.SearchStrategy[str]:
    """Words of commands among other words and marks, in any order."""
    words = [word for command in COMMANDS for word in command.text.split()]
    others = [
        "не",
        "not",
        "hello",
        "привет",
        "мой",
        "please",
        "123456",
        "карта",
        "train",
        "--",
        "?",
        ",",
        "\n",
        "с уважением",
    ]
    return st.lists(st.sampled_from(words + others), max_size=8).map(" ".join)


def letter_cases(text: str) -> st.SearchStrategy[str]:
    """The text with any of its letters in upper case."""
    return _each(text, lambda character: (character, character.upper()))


def look_alikes(text: str) -> st.SearchStrategy[str]:
    """The text in upper case with any of its letters replaced by one of another script of the same shape."""
    return _each(text.upper(), lambda character: tuple(_SHAPES.get(character, character)))


def widths(text: str) -> st.SearchStrategy[str]:
    """The text with any of its ASCII characters in full width."""
    return _each(text, lambda c: (c, chr(ord(c) + 0xFEE0)) if "!" <= c <= "~" else (c, "\u3000") if c == " " else (c,))


def invisibles(text: str) -> st.SearchStrategy[str]:
    """The text with characters that nobody can see before, in and after it."""
    gaps = ["", *INVISIBLE, *(2 * character for character in INVISIBLE)]
    return _each("\0" + text, lambda c: [c.strip("\0") + gap for gap in gaps])


def spacings(text: str) -> st.SearchStrategy[str]:
    """The text with other and more spaces between its words and around it."""
    gaps = [" ", *SPACES, *("  " + space for space in SPACES)]
    return _each(f" {text} ", lambda c: gaps if c == " " else (c,))


def trailing_marks(text: str) -> st.SearchStrategy[str]:
    """The text with punctuation after it."""
    return st.text(TRAILING_MARKS, max_size=4).map(lambda marks: text + marks)


def wrong_layout(text: str) -> str:
    """What appears when a text of one script is typed with the other keyboard layout switched on. ё has no key here."""
    keys: dict[str, str] = {}
    for latin, cyrillic in zip(QWERTY_ROWS, JCUKEN_ROWS, strict=True):
        keys.update(zip(latin, cyrillic, strict=True))
    if not any(character.isalpha() and character.isascii() for character in text):
        keys = {cyrillic: latin for latin, cyrillic in keys.items()}
    shifted = {key.upper(): _SHIFTED_MARKS.get(value, value.upper()) for key, value in keys.items() if key.isalpha()}
    return "".join(keys.get(character) or shifted.get(character, character) for character in text)


def neighbours(letter: str) -> list[str]:
    """The letters next to this one on its keyboard, in its row and in the rows above and below."""
    for rows in (QWERTY_ROWS, JCUKEN_ROWS):
        for index, row in enumerate(rows):
            if letter in row:
                place = row.index(letter)
                near = [row[at] for at in (place - 1, place + 1) if 0 <= at < len(row)]
                for other in rows[max(index - 1, 0) : index] + rows[index + 1 : index + 2]:
                    near += [other[at] for at in (place - 1, place, place + 1) if 0 <= at < len(other)]
                return [key for key in near if key.isalpha()]
    return []


def substitutions(word: str) -> list[str]:
    """The word with one letter replaced by a neighbour on its keyboard, all of them."""
    return [word[:at] + key + word[at + 1 :] for at, letter in enumerate(word) for key in neighbours(letter)]


def transpositions(word: str) -> list[str]:
    """The word with two neighbouring, different letters swapped, all of them."""
    return [
        word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1) if word[at] != word[at + 1]
    ]


def deletions(word: str) -> list[str]:
    """The word with one letter missing, all of them, each once."""
    return list(dict.fromkeys(word[:at] + word[at + 1 :] for at in range(len(word))))


def typos(word: str) -> st.SearchStrategy[str]:
    """The word with one typing error: a neighbouring key, a swap, a missing letter, a letter too many."""
    doubled = [word[:at] + word[at] + word[at:] for at in range(len(word))]
    return st.sampled_from(substitutions(word) + transpositions(word) + deletions(word) + doubled)


def _each(text: str, variants: Callable[[str], Sequence[str]]) -> st.SearchStrategy[str]:
    """One variant of each character, the first being the simplest. One draw for all of them is many times faster."""
    choices = [variants(character) for character in text]
    return st.binary(min_size=len(text), max_size=len(text)).map(
        lambda drawn: "".join([options[byte % len(options)] for options, byte in zip(choices, drawn, strict=True)])
    )
