"""How a word is recognised, with a plain search over all words as the oracle."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from commands.parsing import Parser
from commands.parsing.entries import Listed
from commands.parsing.layout import other_layout
from commands.parsing.lexicon import SHORTEST_CORRECTED, Lexicon, build_lexicon, load_lexicon
from commands.parsing.lookalikes import skeleton
from commands.parsing.matcher import CODE, recognise
from gateway.testing import strategies as sms

LEXICON = load_lexicon()
ORDINARY = {"balance": "saldo", "help": "hilfe", "pin": "geheim", "confirm": "bestaetigen", "support": "kundendienst"}
CORRECTED = sorted({target.word.text for targets in LEXICON.near.values() for target in targets if not target.layout})


def slow_search(upper: str, lexicon: Lexicon) -> set[str | None]:
    """The commands of all listed words one edit away, by comparing with every one of them."""
    found = set()
    for text, word in lexicon.exact.items():
        if word.command is None or len(text) < SHORTEST_CORRECTED or word.exact_only:
            continue
        spellings = [(skeleton(upper), skeleton(text))]
        if lexicon.layout.get(other_layout(text)) is word or not other_layout(text).isalpha():
            spellings.append((upper, other_layout(text)))
        if any(OSA.distance(one, two) <= 1 for one, two in spellings):
            found.add(word.command)
    return found


LETTERS = st.text("abcelnimporstuдежзабвлнопрстуьщ1", max_size=1)
EDITED = st.sampled_from(CORRECTED).flatmap(lambda word: sms.typos(word.lower())) | st.tuples(
    st.sampled_from(CORRECTED), st.integers(0, 12), LETTERS, st.integers(0, 1)
).map(lambda drawn: drawn[0][: drawn[1]] + drawn[2] + drawn[0][drawn[1] + drawn[3] :])
TWICE_EDITED = EDITED.flatmap(lambda word: sms.typos(word) if len(word) > 3 else st.just(word))


@given(EDITED | TWICE_EDITED | EDITED.map(sms.wrong_layout))
@example("balanced")
@example("fkfyc")
@example("bbalance")
@example("balancee")
@example("ablance")
def test_the_index_finds_what_a_search_over_all_words_finds(text: str) -> None:
    """One edit is seen wherever it is in the word, and two are not."""
    if not text or not text.isalnum():
        return
    units = recognise(text, LEXICON)
    upper = text.upper()
    expected = slow_search(upper, LEXICON)
    if upper in LEXICON.stop or other_layout(upper) in LEXICON.stop:
        expected = set()
    unit = units[0]
    if unit.word is not None and not unit.edited:
        assert len(units) > 1 or unit.word in (*LEXICON.exact.values(), *LEXICON.folded.values())
    elif len(units) == 1:
        assert {unit.word.command if unit.word else None} == (expected if len(expected) == 1 else {None})


def lexicon_with(**words: str) -> Lexicon:
    """The lexicon with one more language, in which these words differ from the ordinary ones."""
    listed = Listed()
    listed.read_builtin()
    listed.add_language({"commands": {name: [word] for name, word in (ORDINARY | words).items()}}, "xx.toml")
    return build_lexicon(listed)


def test_a_final_mark_may_be_a_letter_or_a_mark() -> None:
    """Of a word that ends in ю and one that does not, each is found, with a full stop after it too."""
    lexicon = lexicon_with(help="пособлю")
    for text in ("gjcj,k.", "gjcj,k..", "gjcj,k.,", "GJCJ<K>"):
        (unit,) = recognise(text, lexicon)
        assert (unit.word and unit.word.command, unit.edited, unit.end) == ("help", False, 7)
    for text, end in (("gjcj,k", 6), ("gjcj,k;", 6)):  # the last letter is missing, or ж for ю
        (unit,) = recognise(text, lexicon)
        assert (unit.word and unit.word.command, unit.edited, unit.end) == ("help", True, end + text.count(";"))
    (unit,) = recognise("gjcj,k;.", lexicon)
    assert (unit.word and unit.word.command, unit.edited, unit.end) == ("help", True, 7)
    (unit,) = recognise(",fkfyc.", lexicon)
    assert (unit.word and unit.word.command, unit.edited, unit.end) == ("balance", False, 6)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [('"gjlth;rf"', 1, 9), ('"gjlth;rf', 1, 9), ("gjlth;rf,", 0, 8), ('",fkfic"', 1, 7), ('.",fkfyc".', 2, 8)],
)
def test_quotes_around_a_word_in_the_wrong_layout_are_no_letters(
    parser: Parser, text: str, start: int, end: int
) -> None:
    """Of the marks next to the letters as many are letters as make a listed word, with one edit too."""
    (unit,) = recognise("," + text, parser.lexicon)
    assert unit.word is not None
    assert (unit.start, unit.end, unit.text) == (start + 1, end + 1, text[start:end])
    (unit,) = recognise("  " + text, parser.lexicon)
    assert (unit.start, unit.end, unit.text) == (start + 2, end + 2, text[start:end])


def test_a_word_between_two_commands_is_neither() -> None:
    """With words of two commands two edits apart, what is one edit from both is not understood."""
    lexicon = lexicon_with(help="santo")
    assert [unit.word for unit in recognise("salto", lexicon)] == [None]
    assert [unit.word and unit.word.command for unit in recognise("sildo sant", lexicon)] == ["balance", "help"]


def test_six_digits_are_a_code_whatever_is_listed() -> None:
    """They are no typing error in a word, where a word of five digits and a letter is."""
    lexicon = lexicon_with(help="48219x")
    (unit,) = recognise("482193", lexicon)
    assert (unit.word, unit.edited) == (CODE, False)
    (unit,) = recognise("4821x", lexicon)
    assert (unit.word and unit.word.command, unit.edited) == ("help", True)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("ж,fkfyc", [("ж", None), (",fkfyc", "balance")]),
        ("ok ж,fkfyc", [("ok", None), ("ж", None), (",fkfyc", "balance")]),
        ("gjlndth;ltybt,ж", [("gjlndth;ltybt", "confirm"), ("ж", None)]),
        ("ж,fkfyc,ж", [("ж", None), (",fkfyc", "balance"), ("ж", None)]),
        ("ж.gjlndth;ltybt:1", [("ж", None), ("gjlndth;ltybt", "confirm"), ("1", None)]),
    ],
)
def test_a_mark_parts_a_word_in_the_wrong_layout_from_other_letters(
    parser: Parser, text: str, read: list[tuple[str, str | None]]
) -> None:
    """A word that touches the marks of another is a word of its own, and the other is read without an edit."""
    units = recognise(text, parser.lexicon)
    assert [(unit.text, unit.word and unit.word.command) for unit in units] == read
    assert not any(unit.edited for unit in units)


@pytest.mark.parametrize("text", ["balance " * 60, "a " * 250, "ba" * 250, ",b" * 250, "1 " * 250, "пин код " * 60])
def test_units_stand_in_order_and_do_not_overlap(text: str) -> None:
    """Splitting and joining keep the places of words."""
    units = recognise(text, LEXICON)
    places = [place for unit in units for place in (unit.start, unit.end)]
    assert places == sorted(places)
    assert all(unit.start < unit.end for unit in units)


@given(st.lists(st.sampled_from([*"a,;'.1 [<жʼ-+", "gby", ",fkfyc", "gjlndth;ltybt"]), max_size=12).map("".join))
@example(",fkfyc.gby'lf 1")
@example("gjlndth;ltybtʼngjlndth;ltybt 1")
@example("ж,fkfyc")
@example('hi ",fkfyc" gjlndth;ltybt:1')
def test_runs_of_keys_keep_their_words_in_order(parser: Parser, text: str) -> None:
    """Reading marks as letters replaces words; it never loses or doubles one."""
    units = recognise(text, parser.lexicon)
    places = [place for unit in units for place in (unit.start, unit.end)]
    assert places == sorted(places)
    assert [unit.text for unit in units] == [text[unit.start : unit.end] for unit in units]
    covered = {at for unit in units for at in range(unit.start, unit.end)}
    assert {at for at, character in enumerate(text) if character.isalnum()} <= covered
