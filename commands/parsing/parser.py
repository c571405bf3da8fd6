"""The parser: words, and what was read with them lately."""

from collections.abc import Mapping
from pathlib import Path

from commands.parsing.explain import Explanation, explain
from commands.parsing.lexicon import Lexicon, load_lexicon
from commands.parsing.reading import read
from commands.parsing.results import CustomCommand, Outcome

_REMEMBERED = 4096  # texts; most subscribers send the same few
_WORTH_REMEMBERING = 160  # characters: with the outcome at most a few MiB in all


class Parser:
    """Reads the texts of subscribers. Safe to share between threads.

    Not an attrs class: printers of attrs classes would show the texts it has seen, and those hold payment codes.
    """

    __slots__ = ("_seen", "lexicon")

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._seen: dict[str, Outcome] = {}

    def __repr__(self) -> str:
        return f"<Parser of {len(self.lexicon.exact)} words>"

    @classmethod
    def load(cls, extra: Path | None = None) -> "Parser":
        """A parser of the words of this package and of a user's file (:mod:`commands.parsing.lexicon` has the format).

        Raises LexiconError with every fault of the words.
        """
        return cls(load_lexicon(extra))

    @property
    def custom(self) -> Mapping[str, CustomCommand]:
        """The user's own commands, by name."""
        return self.lexicon.custom

    def classify(self, text: str) -> Outcome:
        """What a whole message means. Never raises, whatever the text."""
        outcome = self._seen.get(text)
        if outcome is None:
            outcome = read(text, self.lexicon).outcome
            if len(text) <= _WORTH_REMEMBERING:
                if len(self._seen) >= _REMEMBERED:
                    self._seen.clear()  # all at once: cheaper for each text than to keep an order of use
                self._seen[text] = outcome
        return outcome

    def explain(self, text: str) -> Explanation:
        """The same outcome, with the steps to it and the place of each word in the text. Never raises."""
        return explain(text, self.lexicon)
