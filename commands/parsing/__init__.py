"""A tolerant reader of commands in English and Russian."""

from commands.parsing.results import (
    Ambiguous,
    CustomCommand,
    MatchKind,
    NotUnderstood,
    Outcome,
    Suggest,
    Understood,
)

__all__ = ["Ambiguous", "CustomCommand", "MatchKind", "NotUnderstood", "Outcome", "Suggest", "Understood"]
