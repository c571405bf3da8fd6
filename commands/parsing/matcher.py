"""Which listed word each word of a text is, and how that was seen.

How this works: a word is tried in the order of how little it takes: as it is, by look-alike letters, in the wrong
layout, as CONFIRM with a number glued to it, with one edit. Then runs whose marks may be letters in the wrong layout
are read as words, and neighbours that make a phrase become one unit. Nothing is taken back, so the cost grows with the
length of the text.
"""

from rapidfuzz.distance import OSA

from commands.parsing import layout
from commands.parsing.lexer import Unit, starts_line
from commands.parsing.lexicon import SHORTEST_CORRECTED, Lexicon, Near, Word, shortened
from commands.parsing.lookalikes import skeleton
from commands.parsing.normalise import MARKED_DIGIT, SIGNS, plain_yo, strip_marks, words
from commands.parsing.results import MatchKind

CODE_DIGITS = 6
CODE = Word("", command="code")  # six plain digits, with or without a sign before them

RANK = {kind: rank for rank, kind in enumerate(MatchKind)}


def loosest(*kinds: MatchKind) -> MatchKind:
    """The kind of a match that needed all of these."""
    return max(kinds, key=RANK.__getitem__)


def recognise(text: str, lexicon: Lexicon) -> list[Unit]:
    """The units of a clean text: its words, some split (``confirm1``), some joined (``,fkfyc``, ``pin code``)."""
    found: list[Unit] = []
    for start, end in words(text):
        written = text[start:end]
        unit = Unit(start, end, written)
        found.append(unit)
        upper = written.upper()
        key = skeleton(upper)
        if _spell(unit, upper, key, lexicon):
            continue
        if not upper[-1].isalpha():
            number = _split_number(unit, lexicon)
            if number is not None:
                found.append(number)
            if number is not None or unit.word is not None:
                continue
        _correct(unit, _nearest(upper, key, lexicon))
    return _join_phrases(_read_runs(text, found, lexicon), lexicon)


def _spell(unit: Unit, upper: str, key: str, lexicon: Lexicon) -> bool:
    """Fill in the unit's word if it is spelled like a listed one. ``key`` is the skeleton of ``upper``."""
    word = lexicon.exact.get(upper)
    if word is not None and (unit.text.isascii() or unit.text.lower() == word.text.lower()):
        unit.word = word
        unit.kind = _kind(unit.text, upper, word)
        return True
    # ı and I, ᲂ and О have one upper case and are not one letter: they count as look-alikes
    word = lexicon.folded.get(key)
    if word is not None and (word.command is not None or not upper.isascii()):
        unit.word = word
        unit.kind = _with_alias(MatchKind.LOOK_ALIKE, word)
        unit.folded = True
        return True
    word = lexicon.layout.get(upper)
    if word is not None:
        unit.word = word
        unit.kind = MatchKind.LAYOUT
        unit.layout = True
        return True
    return False


def _correct(unit: Unit, near: Near | None) -> None:
    """Fill in the word that the unit's is one edit from, if there is one."""
    if near is not None:
        unit.word = near.word
        unit.kind = MatchKind.ONE_EDIT
        unit.layout = near.layout
        unit.edited = True


def _kind(text: str, upper: str, word: Word) -> MatchKind:
    kind = MatchKind.EXACT if text == upper or text == text.lower() else MatchKind.CASE
    return _with_alias(kind, word)


def _with_alias(kind: MatchKind, word: Word) -> MatchKind:
    return MatchKind.ALIAS if word.command is not None and not word.primary else kind


def _split_number(unit: Unit, lexicon: Lexicon) -> Unit | None:
    """Split ``confirm1`` into the word and the number, and return the number's unit. See six digits as a code. Leave
    any other word as it is.
    """
    text = unit.text
    length = len(text)
    while length and (text[length - 1].isnumeric() or text[length - 1] == MARKED_DIGIT):
        length -= 1
    if text[length:].isascii() and len(text) - length == CODE_DIGITS and not text[:length].strip(SIGNS):
        unit.word = CODE
        return None
    if length < SHORTEST_CORRECTED:
        return None
    head = Unit(unit.start, unit.start + length, text[:length])
    upper = head.text.upper()
    key = skeleton(upper)
    if not _spell(head, upper, key, lexicon):
        _correct(head, _nearest(upper, key, lexicon))
    if head.word is None or head.word.command != "confirm":
        return None
    unit.end, unit.text, unit.word, unit.kind = head.end, head.text, head.word, head.kind
    unit.folded, unit.layout, unit.edited = head.folded, head.layout, head.edited
    return _argument_unit(unit.end, text[length:], lexicon)


def _argument_unit(start: int, text: str, lexicon: Lexicon) -> Unit:
    """A number that was glued to CONFIRM."""
    return Unit(start, start + len(text), text, lexicon.exact.get(text))


def _nearest(upper: str, key: str, lexicon: Lexicon) -> Near | None:
    """The listed word one edit away, if all such words belong to one command."""
    if key[:2] not in lexicon.near_starts and key[-2:] not in lexicon.near_ends:
        return None
    if not SHORTEST_CORRECTED - 1 <= len(key) <= lexicon.longest_near + 1:
        return None
    near = lexicon.near
    candidates = list(near.get(key, ()))
    for form in shortened(key):
        if form in near:
            candidates += near[form]
    if not candidates:
        return None
    close = [
        target
        for target in candidates
        if OSA.distance(upper if target.layout else key, target.spelling, score_cutoff=1) <= 1
    ]
    if not close or upper in lexicon.stop or layout.other_layout(upper) in lexicon.stop:
        return None
    if any(target.word.command != close[0].word.command for target in close):
        return None
    return min(close, key=lambda target: target.layout)


def _read_runs(text: str, units: list[Unit], lexicon: Lexicon) -> list[Unit]:
    """Read marks as letters where that makes a listed word: ``,fkfyc``. The plain words in such a run are replaced."""
    read: list[Unit] = []
    place = 0
    for match in layout.runs(text):
        start, end = match.span()
        while place < len(units) and units[place].end <= start:
            read.append(units[place])
            place += 1
        first = place
        while place < len(units) and units[place].start < end:
            place += 1
        inside = units[first:place]
        # other letters may stand right beside the run: then a word is only partly in it, and the run is no word
        apart = not read or read[-1].end <= start
        whole = apart and inside and inside[0].start >= start and inside[-1].end <= end
        reading = _read_run(match.group(), start, inside, lexicon) if whole else None
        read += inside if reading is None else reading
    return read + units[place:]


def _read_run(run: str, start: int, plain: list[Unit], lexicon: Lexicon) -> list[Unit] | None:
    parts = layout.split_run(run)
    if parts is None:
        return None
    unit = _exact_run(parts, lexicon)
    if unit is None and not any(other.word is not None for other in plain):
        unit = _near_run(parts, lexicon)
    if unit is None or unit.word is None:
        return None
    unit.start += start
    unit.end += start
    if not parts.digits:
        return [unit]
    if unit.word.command != "confirm":
        return None
    return [unit, _argument_unit(plain[-1].end - len(parts.digits), parts.digits, lexicon)]


def _exact_run(parts: layout.Run, lexicon: Lexicon) -> Unit | None:
    for marked in lexicon.marked.get(parts.core, ()):
        if parts.lead.endswith(marked.lead) and parts.trail.startswith(marked.trail):
            start = parts.start - len(marked.lead)
            end = parts.start + len(parts.core) + len(marked.trail)
            return Unit(start, end, parts.written[start:end], marked.word, MatchKind.LAYOUT, layout=True)
    return None


def _near_run(parts: layout.Run, lexicon: Lexicon) -> Unit | None:
    """With one edit, each mark next to the letters tried as a letter and as a mark."""
    for lead in dict.fromkeys((parts.lead[-1:], "")):
        for trail in dict.fromkeys((parts.trail[:1], "")):
            spelling = lead + parts.core + trail
            near = None if spelling.isalpha() else _nearest(spelling, spelling, lexicon)
            if near is not None and near.layout:
                start = parts.start - len(lead)
                end = parts.start + len(parts.core) + len(trail)
                unit = Unit(start, end, parts.written[start:end])
                _correct(unit, near)
                return unit
    return None


def _join_phrases(units: list[Unit], lexicon: Lexicon) -> list[Unit]:
    phrases = lexicon.phrases
    if not any(unit.word is not None and unit.word.text in phrases for unit in units):
        return units
    joined: list[Unit] = []
    place = 0
    while place < len(units):
        unit = units[place]
        length = 1
        if unit.word is not None and unit.word.text in phrases:
            for rest, word in phrases[unit.word.text]:
                members = units[place : place + 1 + len(rest)]
                if _is_phrase(members, rest, word):
                    unit = _joined(members, word)
                    length = len(members)
                    break
        joined.append(unit)
        place += length
    return joined


def _is_phrase(members: list[Unit], rest: tuple[str, ...], word: Word) -> bool:
    if tuple(member.word.text if member.word else "" for member in members[1:]) != rest:
        return False
    if any(member.edited for member in members):
        return False
    return not (word.exact_only and any(member.folded or member.layout for member in members))


def _joined(members: list[Unit], word: Word) -> Unit:
    kinds = [member.kind for member in members]
    if word.command is not None and not word.primary:
        kinds.append(MatchKind.ALIAS)
    return Unit(
        members[0].start,
        members[-1].end,
        " ".join(member.text for member in members),
        word,
        loosest(*kinds),
        any(member.folded for member in members),
        any(member.layout for member in members),
    )


def cut_signature(text: str, units: list[Unit]) -> list[Unit]:
    """The units before a signature that begins with words."""
    for index, unit in enumerate(units):
        word = unit.word
        if word is None:
            continue
        if word.signature:
            return units[:index]
        if word.sent_from:
            following = units[index + 1].word if index + 1 < len(units) else None
            if starts_line(text, unit.start) or (following is not None and following.device):
                return units[:index]
    return units


def widen(units: list[Unit], before: str) -> None:
    """Raise the kind of words that do not occur in the text as it was before compatibility forms were replaced."""
    before = plain_yo(strip_marks(before))  # these steps alone do not make another kind
    for unit in units:
        if RANK[unit.kind] < RANK[MatchKind.WIDTH] and any(part not in before for part in unit.text.split()):
            unit.kind = MatchKind.WIDTH
