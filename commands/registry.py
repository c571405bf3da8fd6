"""The commands, listed by hand: a new one is a file in actions/, its words, its replies, and a line here."""

from typing import Final

from commands.actions.balance import BALANCE
from commands.actions.code import CODE
from commands.actions.confirm import CONFIRM
from commands.actions.help import HELP
from commands.actions.pin import PIN
from commands.actions.support import SUPPORT
from commands.spec import CommandSpec

COMMANDS: Final[tuple[CommandSpec, ...]] = (BALANCE, PIN, CONFIRM, HELP, SUPPORT, CODE)
