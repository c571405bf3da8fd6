"""What the parser says about a text: one of four values, and nothing else.

``Understood`` may run. ``Suggest`` tells the subscriber what to send and runs nothing. ``Ambiguous`` asks and runs
nothing. ``NotUnderstood`` is the rest. A value names one command at most, so no text can run two.
"""

from collections.abc import Mapping
from enum import StrEnum

import attrs


class MatchKind(StrEnum):
    """How a text was recognised, from the plainest way to the loosest. A result carries the loosest that it needed."""

    EXACT = "exact"  # the first listed word of the command, all in upper case or all in lower case
    CASE = "case"  # mixed case: "Balance"
    WIDTH = "width"  # a compatibility form: full-width or mathematical letters, ligatures
    LOOK_ALIKE = "look_alike"  # letters of another script of the same shape
    ALIAS = "alias"  # another listed word of the same command
    LAYOUT = "layout"  # typed with the other keyboard layout switched on
    ONE_EDIT = "one_edit"  # one letter missing, added, changed, or two neighbours swapped
    EXTRA_WORDS = "extra_words"  # other words stand around it
    NONE = "none"


def _masked(argument: str | None) -> str:
    """A payment code is a secret: it must not reach a log through the repr of a result."""
    return "'******'" if argument is not None and argument.isdigit() else repr(argument)


@attrs.frozen
class Understood:
    """The text is this command and may run.

    ``command``: "balance", "pin", "confirm", "help", "support", "code", or the name of a user's own command.
    ``argument``: "on", "off" or "status" for confirm; the topic for support (lower case, words separated by one space)
    or None; the six digits for code; None for the others.
    ``language``: "en" or "ru" by the script of the matched word; None when the account's language should decide
    (pin and confirm in Latin letters, a code, a question mark).
    ``steps``: the names of the steps that changed the text, in order.
    """

    command: str
    argument: str | None = attrs.field(repr=_masked)
    match: MatchKind
    language: str | None
    steps: tuple[str, ...] = ()


@attrs.frozen
class Suggest:
    """The text probably means this command, but not surely enough to run it: say what to send. Fields as Understood."""

    command: str
    argument: str | None = attrs.field(repr=_masked)
    match: MatchKind
    language: str | None
    steps: tuple[str, ...] = ()


@attrs.frozen
class Ambiguous:
    """The text may mean two things: ask, run nothing.

    ``commands``: what was recognised, in the order of the text, each once; one name when the doubt is about
    its argument or about a negation. ``reason``: "several_commands", "negation", "argument" or "several_arguments".
    """

    commands: tuple[str, ...]
    language: str | None
    reason: str
    steps: tuple[str, ...] = ()


@attrs.frozen
class NotUnderstood:
    """No command. ``reason``: "too_long", "empty" (no letter or digit), "greeting" (nothing else), "unknown"."""

    language: str | None
    reason: str
    steps: tuple[str, ...] = ()


Outcome = Understood | Suggest | Ambiguous | NotUnderstood


@attrs.frozen
class CustomCommand:
    """A command that a user added: its words run it as a whole message, its reply is a fixed text in each language."""

    name: str
    words: tuple[str, ...]
    replies: Mapping[str, str]  # "en" and "ru", always both
