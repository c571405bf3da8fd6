"""What typing errors lead to. ``python -m tests.commands.parsing.typing_study`` prints the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from commands.parsing import Outcome, Parser, Understood
from gateway.testing import strategies as sms
from tests.commands.parsing.brief import brief, intent

KEYWORDS = [command for command in sms.COMMANDS if " " not in command.text]
ERRORS = {
    "neighbouring key": sms.substitutions,
    "swapped letters": sms.transpositions,
    "missing letter": sms.deletions,
}


def fate(command: sms.Command, outcome: Outcome) -> str:
    """ "run", "suggest" or "ask" its own command, "missed", or "WRONG" for another command."""
    if intent(outcome) not in ((), (command.command,)):
        return "WRONG"
    verb = brief(outcome).split()[0]
    return "missed" if verb == "nothing" else verb


def study(parser: Parser) -> Iterator[tuple[sms.Command, str, str, Outcome]]:
    """(command, error, text, outcome) of every keyword with every error."""
    for command in KEYWORDS:
        for error, variants in ERRORS.items():
            for text in variants(command.text):
                yield command, error, text, parser.classify(text)


def table(results: Iterable[tuple[sms.Command, str, str, Outcome]]) -> str:
    """One line for each keyword and error: how many texts, and what became of them."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for command, error, _, outcome in results:
        counts.setdefault((command.text, error), Counter())[fate(command, outcome)] += 1
    lines = [f"{'keyword':<16}{'error':<18}{'texts':>6}{'run':>6}{'suggest':>9}{'missed':>8}"]
    totals: Counter[str] = Counter()
    for (keyword, error), count in counts.items():
        totals += count
        lines.append(_line(keyword, error, count))
    return "\n".join([*lines, _line("all", "", totals)])


def _line(keyword: str, error: str, count: Counter[str]) -> str:
    return f"{keyword:<16}{error:<18}{count.total():>6}{count['run']:>6}{count['suggest']:>9}{count['missed']:>8}"


def runs(command: str, outcome: Outcome) -> bool:
    """Whether this command runs."""
    return isinstance(outcome, Understood) and outcome.command == command


if __name__ == "__main__":
    print(table(study(Parser.load())))  # noqa: T201
