"""What a command is asked and what it answers: the two values that cross into and out of this package."""

import attrs

# Not frozen, and nobody changes one: each is made for every message, and freezing would triple what that costs.


@attrs.define
class Request:
    """One whole text of one subscriber.

    `subscriber` is an MSISDN, digits only. `received_at` is emulated time, microseconds UTC since the epoch.
    `cause` is unique for the message, the same whenever the message is delivered again: an effect with the
    same cause happens once. `unsupported` says that the text could not be decoded; `text` is then empty.
    """

    subscriber: str
    text: str = attrs.field(repr=False)
    received_at: int
    cause: str
    unsupported: bool = False


@attrs.define
class Reply:
    """One whole text for the subscriber who asked, not cut into segments and in no data coding.

    `outcome` says what happened ("balance", "pin_new", "suggest", …), the same in both languages. `command`
    is the command that the text was taken for and `match` how it was recognised, each None when nothing
    was. `secrets` are the parts of `text` that only the recipient may see.
    """

    text: str = attrs.field(repr=False)
    language: str
    outcome: str
    command: str | None = None
    match: str | None = None
    secrets: tuple[str, ...] = attrs.field(default=(), repr=False)
