"""What the recognised words of a text amount to: run, suggest, ask, or nothing.

How this works: negations and a second command ask, whatever else is there. One command alone is then judged by the two
tables below: what an edit and what extra words allow it. The stricter of the two counts.
"""

import attrs

from commands.parsing.lexer import Unit
from commands.parsing.matcher import CODE_DIGITS, loosest
from commands.parsing.normalise import SIGNS
from commands.parsing.results import Ambiguous, MatchKind, NotUnderstood, Outcome, Suggest, Understood

# A wrong PIN reset locks its owner out and a wrong confirmation changes what payments ask for; the others only tell.
RUNS_WITH_ONE_EDIT = frozenset(("balance", "help", "support"))
RUNS_WITH_EXTRA_WORDS = frozenset(("help", "support"))
RUNS_WHEN_LEADING = frozenset(("balance",))
QUESTIONS_DO_NOT_RUN = frozenset(("pin",))  # CONFIRM with an argument does not either
ACCOUNT_LANGUAGE = frozenset(("pin", "confirm"))  # Russians text these in Latin letters

_SHORT = 2  # characters: "l", "I", "О", "ok" after CONFIRM were probably meant as an argument


@attrs.define
class Sentence:
    """The recognised words of a text, at least one, and what else counts about it."""

    units: list[Unit]
    question: bool  # a question mark stands in it
    language: str | None  # by the script of the text
    steps: tuple[str, ...]


def decide(sentence: Sentence) -> Outcome:
    """The outcome of a text whose signature is already cut."""
    named: list[Unit] = []
    commands: list[str] = []
    first = 0
    negation = False
    for index, unit in enumerate(sentence.units):
        word = unit.word
        if word is None:
            continue
        if word.command is not None:
            if not named:
                first = index
                if word.command == "support" and not negation:
                    return _support(sentence, first)
            named.append(unit)
            if word.command not in commands:
                commands.append(word.command)
        elif word.negation:
            negation = True
    if len(commands) > 1:
        return Ambiguous(tuple(commands), _language(named), "several_commands", sentence.steps)
    if not commands:
        return _without_command(sentence)
    if commands[0] == "confirm":
        return _confirm(sentence, first)
    if negation:
        return Ambiguous((commands[0],), _language(named), "negation", sentence.steps)
    return _one_command(sentence, first)


def _is_filler(unit: Unit) -> bool:
    return unit.word is not None and unit.word.filler


def _language(units: list[Unit]) -> str | None:
    """The language that the words of commands decide."""
    found = None
    for unit in units:
        word = unit.word
        if word is None:
            continue
        if unit.layout or word.language == "ru":
            return "ru"
        if word.command not in ACCOUNT_LANGUAGE:
            found = found or word.language
    return found


def _without_command(sentence: Sentence) -> Outcome:
    units = sentence.units
    if len(units) <= CODE_DIGITS:
        digits = "".join([unit.text.lstrip(SIGNS) for unit in units])
        if len(digits) == CODE_DIGITS and digits.isascii() and digits.isdigit():
            return Suggest("code", digits, MatchKind.EXTRA_WORDS, None, sentence.steps)
    reason = "greeting" if all(map(_is_filler, units)) else "unknown"
    return NotUnderstood(sentence.language, reason, sentence.steps)


def _one_command(sentence: Sentence, first: int) -> Outcome:
    """A command that stands alone or among words that are no commands, and takes no argument; or a code."""
    units, unit = sentence.units, sentence.units[first]
    word = unit.word
    command = _command(unit) or ""
    argument = unit.text.lstrip(SIGNS) if command == "code" else None
    extra = len(units) > 1
    if extra and word is not None and word.custom:
        return NotUnderstood(sentence.language, "unknown", sentence.steps)  # a user's command is a whole message
    kind = MatchKind.EXTRA_WORDS if extra else unit.kind
    runs = not unit.edited or command in RUNS_WITH_ONE_EDIT
    if extra and command not in RUNS_WITH_EXTRA_WORDS:
        runs = runs and command in RUNS_WHEN_LEADING and all(map(_is_filler, units[:first]))
    if sentence.question and command in QUESTIONS_DO_NOT_RUN:
        runs = False
    verdict = Understood if runs else Suggest
    return verdict(command, argument, kind, _language([unit]), sentence.steps)


def _command(unit: Unit) -> str | None:
    return unit.word.command if unit.word is not None else None


def _argument(unit: Unit) -> str | None:
    return unit.word.argument if unit.word is not None else None


def _support(sentence: Sentence, first: int) -> Outcome:
    """What follows the word is its topic, unless it is by itself another command."""
    units = sentence.units
    after = first
    while after < len(units) and _command(units[after]) == "support":
        after += 1
    topic = units[after:]
    second = _whole_command(topic)
    if second is not None:
        language = _language([units[first], topic[0]])
        return Ambiguous(("support", second), language, "several_commands", sentence.steps)
    kind = MatchKind.EXTRA_WORDS if first or after > first + 1 else units[first].kind
    text = " ".join([unit.text for unit in topic]).lower() or None
    return Understood("support", text, kind, _language([units[first]]), sentence.steps)


def _whole_command(units: list[Unit]) -> str | None:
    """The command that these words are, with nothing around it."""
    if len(units) == 1 or (len(units) == 2 and _command(units[0]) == "confirm" and _argument(units[1]) is not None):
        return _command(units[0])
    return None


def _confirm(sentence: Sentence, first: int) -> Outcome:
    units, steps = sentence.units, sentence.steps
    unit = units[first]
    language = _language([unit])
    following = units[first + 1] if first + 1 < len(units) else None
    given = following if following is not None and _argument(following) is not None else None
    # нет right after CONFIRM, when nothing comes after it, is an argument; anywhere else a negation
    last = given if len(units) == first + 2 else None
    if any(other.word is not None and other.word.negation and other is not last for other in units):
        return Ambiguous(("confirm",), language, "negation", steps)
    arguments = {argument for other in units if (argument := _argument(other)) is not None}
    if len(arguments) > 1:
        return Ambiguous(("confirm",), language, "several_arguments", steps)
    argument = arguments.pop() if arguments else "status"
    if len(units) == 1 or (len(units) == 2 and given is not None):
        kind = unit.kind if given is None else loosest(unit.kind, given.kind)
        asks = sentence.question and given is not None  # CONFIRM alone is a question anyway
        verdict = Suggest if unit.edited or asks else Understood
        return verdict("confirm", argument, kind, language, steps)
    if len(units) == 2 and following is not None and _meant_as_argument(following.text):
        return Ambiguous(("confirm",), language, "argument", steps)
    return Suggest("confirm", argument, MatchKind.EXTRA_WORDS, language, steps)


def _meant_as_argument(text: str) -> bool:
    return len(text) <= _SHORT or any(character.isnumeric() for character in text)
