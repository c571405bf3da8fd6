"""Words typed with the other keyboard layout switched on: QWERTY and ЙЦУКЕН, PC keyboards.

How this works: the wrong spelling of every listed word is derived once, when the words are loaded, and looked up like
a word: ``БАЛАНС`` is also ``,FKFYC``. A spelling may hold or begin with marks that are letter keys of the other layout;
so in a text such marks are read both as letters and as marks (:func:`split_run`).
"""

import re

import attrs

_QWERTY = "`QWERTYUIOP[]ASDFGHJKL;'ZXCVBNM,."
_JCUKEN = "ЕЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ"  # the first key is ё, which is read as е

_SHIFTED = '~{}:"<>'
KEY_MARKS = "`[];',."  # letter keys of ЙЦУКЕН that are marks on QWERTY
_RELEASE_SHIFT = str.maketrans(_SHIFTED, KEY_MARKS)

_TO_CYRILLIC = str.maketrans(_QWERTY, _JCUKEN)
_TO_LATIN = str.maketrans(_JCUKEN[1:], _QWERTY[1:])  # without ё: the letter е has a key of its own

_RUN = r"A-Za-z0-9`\[\];',.~{}:\"<>"
# a run of Latin letters, digits and key marks that has at least one of the marks
runs = re.compile(rf"(?<![{_RUN}])[A-Za-z0-9]*+[`\[\];',.~{{}}:\"<>][{_RUN}]*").finditer


def other_layout(upper: str) -> str:
    """What appears when the keys of this word (upper case, one script) are pressed in the other layout."""
    return upper.translate(_TO_CYRILLIC) if upper.isascii() else upper.translate(_TO_LATIN)


def pressed(text: str) -> str:
    """What appears when the keys of a text as it stands, in any letter case, are pressed in the other layout."""
    return other_layout(text.upper().translate(_RELEASE_SHIFT))


@attrs.frozen
class Run:
    """A run of Latin letters, digits and key marks, taken apart: marks, core, marks, digits. All in upper case with the
    shift released. ``core`` begins and ends with a letter and may hold marks; ``start`` is its offset in the run.
    ``written`` is the run as it stands in the text.
    """

    written: str
    lead: str
    core: str
    trail: str
    digits: str
    start: int


def split_run(run: str) -> Run | None:
    """The parts of a run, or None if it has no letter or no mark. Marks after the digits are not kept."""
    keys = run.upper().translate(_RELEASE_SHIFT)
    body = keys.rstrip(KEY_MARKS)
    head = body.rstrip("0123456789")
    digits = body[len(head) :]
    if not digits:
        head = keys
    started = head.lstrip(KEY_MARKS)
    core = started.rstrip(KEY_MARKS)
    if not core or keys.isalnum():
        return None
    start = len(head) - len(started)
    return Run(run, head[:start], core, started[len(core) :], digits, start)
