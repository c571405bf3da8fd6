"""The parser: words, and what was read with them lately."""

from collections.abc import Mapping
from pathlib import Path

import attrs

from commands.parsing.explain import Explanation, explain
from commands.parsing.lexicon import Lexicon, load_lexicon
from commands.parsing.reading import read
from commands.parsing.results import CustomCommand, Outcome

_REMEMBERED = 4096  # texts; most subscribers send the same few
_WORTH_REMEMBERING = 160  # characters: with the outcome at most a few MiB in all


@attrs.frozen
class Parser:
    """Reads the texts of subscribers. Safe to share between threads."""

    lexicon: Lexicon = attrs.field(repr=False)
    _seen: dict[str, Outcome] = attrs.field(factory=dict, init=False, repr=False)  # texts hold payment codes

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
