"""How the command line says no: one message that holds everything, and an exit status that a script can use."""

from __future__ import annotations

from collections.abc import Sequence

import click


class Failed(click.ClickException):
    """The exchange failed: exit status 1."""

    exit_code = 1


class Unusable(click.ClickException):
    """Settings, usage or surroundings are not usable: exit status 2. Lists every fault."""

    exit_code = 2

    def __init__(self, faults: Sequence[str]) -> None:
        if len(faults) == 1:
            super().__init__(faults[0])
        else:
            super().__init__("\n  ".join((f"{len(faults)} faults:", *faults)))
