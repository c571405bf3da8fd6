"""Address patterns: which numbers a client may send from and to, and which are its own.

How this works: a pattern is a row of one-character sets and, at its end, an optional ``*`` for "and anything after".
Matching walks the address once; there is no backtracking and so no pattern that freezes the gateway.
"""

from __future__ import annotations

import attrs

_DIGITS = "0123456789"


class PatternError(ValueError):
    """The pattern cannot be read; the text says where and what is allowed."""


@attrs.frozen
class AddressPattern:
    """One pattern, parsed. ``text`` is its spelling; :meth:`matches` answers in one walk over the address."""

    text: str
    _places: tuple[frozenset[str] | None, ...] = attrs.field(repr=False)
    _open_ended: bool = attrs.field(repr=False)

    @classmethod
    def parse(cls, text: str) -> AddressPattern:
        """Read ``7999*`` (prefix), ``79[0-5]???????`` (digit sets, ``?`` any one character) or a plain address.

        ``*`` may stand only at the end. Raises PatternError.
        """
        places: list[frozenset[str] | None] = []
        open_ended = False
        position = 0
        while position < len(text):
            character = text[position]
            if character == "*":
                if position != len(text) - 1:
                    raise PatternError(f"{text!r}: '*' may stand only at the end")
                open_ended = True
            elif character == "[":
                end = text.find("]", position)
                if end < 0:
                    raise PatternError(f"{text!r}: '[' is not closed")
                places.append(_digit_set(text[position + 1 : end], text))
                position = end
            elif character == "?":
                places.append(None)
            elif character.isascii() and (character.isalnum() or character in "+ -_.&"):
                places.append(frozenset(character))
            else:
                raise PatternError(f"{text!r}: {character!r} is not allowed; use digits, ?, [0-9] and a final *")
            position += 1
        if not places and not open_ended:
            raise PatternError("an empty pattern matches nothing")
        return cls(text, tuple(places), open_ended)

    def matches(self, address: str) -> bool:
        """Whether the whole address fits; a leading ``+`` of the address does not count."""
        address = address.removeprefix("+")
        places = self._places
        if len(address) < len(places) or (len(address) > len(places) and not self._open_ended):
            return False
        return all(allowed is None or character in allowed for character, allowed in zip(address, places, strict=False))


def _digit_set(body: str, text: str) -> frozenset[str]:
    chosen: set[str] = set()
    position = 0
    while position < len(body):
        first = body[position]
        last = first
        if body[position + 1 : position + 2] == "-":
            last = body[position + 2 : position + 3]
            position += 2
        if first not in _DIGITS or not last or last not in _DIGITS or first > last:
            raise PatternError(f"{text!r}: [{body}] is not a set of digits such as [0-5] or [135]")
        chosen.update(_DIGITS[int(first) : int(last) + 1])
        position += 1
    if not chosen:
        raise PatternError(f"{text!r}: [] is empty")
    return frozenset(chosen)
