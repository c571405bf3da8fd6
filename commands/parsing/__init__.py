"""A tolerant reader of commands in English and Russian. It tells what a text means; it runs nothing."""

from commands.parsing.explain import Explanation
from commands.parsing.lexicon import LexiconError
from commands.parsing.parser import Parser
from commands.parsing.results import (
    Ambiguous,
    CustomCommand,
    MatchKind,
    NotUnderstood,
    Outcome,
    Suggest,
    Understood,
)

__all__ = [
    "Ambiguous",
    "CustomCommand",
    "Explanation",
    "LexiconError",
    "MatchKind",
    "NotUnderstood",
    "Outcome",
    "Parser",
    "Suggest",
    "Understood",
]
