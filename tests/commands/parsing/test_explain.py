"""Explanations: which part of the raw text became which word, and why."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.parsing import Parser
from commands.parsing.explain import pieces, trace
from commands.parsing.normalise import CLEANING, clean
from commands.parsing.reading import read
from gateway.testing import strategies as sms

ANY_TEXT = sms.texts() | sms.sentences() | sms.commands().flatmap(lambda command: sms.invisibles(command.text))


def words(parser: Parser, text: str) -> list[tuple[str, str, str, str]]:
    """(raw, word, meaning, match) of each word."""
    return [(w.raw, w.word, w.meaning, str(w.match)) for w in parser.explain(text).words]


def test_each_word_is_told_with_its_place(parser: Parser) -> None:
    """An invisible character inside a word is part of its raw text, marks around it are not."""
    text = "Привет,\u00a0ба\u200bлан\u0301с!"
    explained = parser.explain(text).to_json()
    assert explained == {
        "text": text,
        "outcome": "understood",
        "command": "balance",
        "argument": None,
        "match": "extra_words",
        "language": "ru",
        "commands": ["balance"],
        "reason": None,
        "steps": [
            {"step": "invisible", "before": text, "after": "Привет,\u00a0балан\u0301с!"},
            {"step": "compatibility", "before": "Привет,\u00a0балан\u0301с!", "after": "Привет, балан\u0301с!"},
            {"step": "marks", "before": "Привет, балан\u0301с!", "after": "Привет, баланс!"},
            {"step": "words", "before": "Привет, баланс!", "after": "Привет баланс"},
            {"step": "case", "before": "Привет баланс", "after": "ПРИВЕТ БАЛАНС"},
            {"step": "fillers", "before": "ПРИВЕТ БАЛАНС", "after": "БАЛАНС"},
        ],
        "words": [
            {"word": "привет", "span": [0, 6], "raw": "Привет", "meaning": "filler", "match": "case"},
            {"word": "баланс", "span": [8, 16], "raw": "ба\u200bлан\u0301с", "meaning": "balance", "match": "exact"},
        ],
    }


def test_every_kind_of_step_and_word_is_told(parser: Parser) -> None:
    """Layout with its marks, look-alikes, an edit, a glued number, a phrase, a topic, a signature, and the unknown."""
    assert words(parser, "<fkfyc.") == [("<fkfyc", "баланс", "balance", "layout")]
    assert words(parser, "hi, <fkfyc. gjlndth;ltybt:1 ok") == [
        ("hi", "hi", "filler", "exact"),
        ("<fkfyc", "баланс", "balance", "layout"),
        ("gjlndth;ltybt", "подтверждение", "confirm", "layout"),
        ("1", "1", "on", "exact"),
        ("ok", "ok", "unknown", "none"),
    ]
    assert words(parser, "добрый день") == [("добрый день", "добрый день", "filler", "exact")]
    assert words(parser, "РIN") == [("РIN", "pin", "pin", "look_alike")]
    assert words(parser, "balnce") == [("balnce", "balance", "balance", "one_edit")]
    assert words(parser, "ﬁne") == [("ﬁne", "fine", "unknown", "none")]
    assert words(parser, "ｐｉｎ") == [("ｐｉｎ", "pin", "pin", "width")]
    assert words(parser, "confirm１") == [
        ("confirm", "confirm", "confirm", "exact"),
        ("１", "1", "on", "width"),
    ]
    assert words(parser, "Пин-код") == [("Пин-код", "пин код", "pin", "alias")]
    assert words(parser, "confirm нет") == [
        ("confirm", "confirm", "confirm", "exact"),
        ("нет", "нет", "off", "exact"),
    ]
    assert words(parser, "Не сейчас, пин sent from bank") == [
        ("Не", "не", "negation", "case"),
        ("сейчас", "сейчас", "unknown", "none"),
        ("пин", "пин", "pin", "exact"),
        ("sent from", "sent from", "unknown", "none"),
        ("bank", "bank", "unknown", "none"),
    ]
    assert words(parser, "нет, 482193") == [("нет", "нет", "negation", "exact"), ("482193", "482193", "code", "exact")]
    assert words(parser, "support No Money\n-- \nIvan") == [
        ("support", "support", "support", "exact"),
        ("No", "no", "topic", "none"),
        ("Money", "money", "topic", "none"),
        ("-- \nIvan", "", "signature", "none"),
    ]
    assert [word[2] for word in words(parser, "support Оператор не Support 1")] == ["support"] * 2 + ["topic"] * 3
    assert words(parser, "PIN\u20e3 ｶﾞ") == [("PIN\u20e3", "pin", "pin", "exact"), ("ｶﾞ", "ガ", "unknown", "none")]
    assert words(parser, 'hi ",fkfic"') == [
        ("hi", "hi", "filler", "exact"),
        (",fkfic", "баланс", "balance", "one_edit"),
    ]
    assert words(parser, "пин с уважением, Иван")[1:] == [("с уважением, Иван", "", "signature", "none")]
    assert [step.step for step in parser.explain(",fkfic\n--").steps] == ["signature", "layout", "words", "one_edit"]
    assert [step.after for step in parser.explain("mой PIN").steps] == ["MОЙ PIN", "МОЙ PIN", "PIN"]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("PIN", {}),
        ("pin code", {"case": "PIN CODE"}),
        (
            "мой РIN, balnce",
            {"words": "мой РIN balnce", "case": "МОЙ РIN BALNCE"}
            | {"look_alike": "МОЙ PIN BALNCE", "one_edit": "МОЙ PIN BALANCE", "fillers": "PIN BALANCE"},
        ),
        ("balnce 482193", {"case": "BALNCE 482193", "one_edit": "BALANCE 482193"}),
        ("balnce РIN ok", {"case": "BALNCE РIN OK", "look_alike": "BALNCE PIN OK", "one_edit": "BALANCE PIN OK"}),
        ("ok, <fkfyc. 'gby", {"layout": "ok, БАЛАНС. 'ПИН", "words": "ok БАЛАНС ПИН", "case": "OK БАЛАНС ПИН"}),
        (
            "ghbdtn jcnfnje ok",
            {"layout": "ПРИВЕТ ОСТАТОУ ok", "case": "ПРИВЕТ ОСТАТОУ OK"}
            | {"one_edit": "ПРИВЕТ ОСТАТОК OK", "fillers": "ОСТАТОК OK"},
        ),
        ("(,fkfyc) ltym", {"layout": "(БАЛАНС) ltym", "words": "БАЛАНС ltym", "case": "БАЛАНС LTYM"}),
        ("сщташкь1", {"layout": "CONFIRM1", "words": "CONFIRM 1"}),
        ("ltym", {"case": "LTYM"}),  # день: it means nothing by itself
        ("pin с уважением Иван", {"signature": "pin ", "words": "pin", "case": "PIN"}),
        ("pin\n-- \nИван", {"signature": "pin\n", "words": "pin", "case": "PIN"}),
        (
            "hello, пин-код: ,fkfyc",
            {"layout": "hello, пин-код: БАЛАНС", "words": "hello пин код БАЛАНС"}
            | {"case": "HELLO ПИН КОД БАЛАНС", "fillers": "ПИН КОД БАЛАНС"},
        ),
        ("пин rjl", {"layout": "ПИН КОД"}),
        ("пин кoд", {"case": "ПИН КOД", "look_alike": "ПИН КОД"}),
        (
            "\u200b" + "\ufdfa" * 60,
            {"invisible": "\ufdfa" * 60, "compatibility": unicodedata.normalize("NFKC", "\ufdfa") * 60},
        ),
        ("hello, pin pin", {"words": "hello pin pin", "case": "HELLO PIN PIN", "fillers": "PIN PIN"}),
        ("spam pin", {"case": "SPAM PIN"}),
        ("Ёлка　1́", {"compatibility": "Ёлка 1́", "marks": "Ёлка 1⃣", "yo": "Елка 1⃣", "case": "ЕЛКА 1⃣"}),
    ],
)
def test_the_steps_of_a_text(parser: Parser, text: str, steps: dict[str, str]) -> None:
    """Each step that changed something, with the text after it; none that changed nothing."""
    explanation = parser.explain(text)
    assert {step.step: step.after for step in explanation.steps} == steps
    assert explanation.outcome.steps == tuple(steps)
    assert [step.before for step in explanation.steps] == [text, *steps.values()][: len(steps)]


def test_why_nothing_ran_is_told(parser: Parser) -> None:
    """The reason and all that was recognised."""
    asked = parser.explain("pin баланс").to_json()
    assert (asked["outcome"], asked["commands"], asked["reason"]) == (
        "ambiguous",
        ["pin", "balance"],
        "several_commands",
    )
    unknown = parser.explain("spam").to_json()
    assert (unknown["outcome"], unknown["match"], unknown["reason"]) == ("not_understood", "none", "unknown")
    long = parser.explain("a" * 501).to_json()
    assert (long["reason"], long["words"], long["steps"]) == ("too_long", [], [])


@pytest.mark.parametrize("text", ["ＰＩＮ", "a" * 501, "\ufdfa" * 60], ids=["short", "long", "long_when_clean"])
def test_a_reading_keeps_the_text_as_it_came(parser: Parser, text: str) -> None:
    """Also of a text that is too long to be read, or becomes so."""
    assert read(text, parser.lexicon).raw == text


@given(ANY_TEXT)
@example("ﬁﬀ e\u0301 \u1100\u1161\u11a8 1\u0301 №①\ufdfa")
@example("\u0301\u0344a\u0f73")
@example("ß ŉ ǰ")
@example("\u2105 \u33de \u33d8")
def test_places_fit_the_raw_text(parser: Parser, text: str) -> None:
    """Spans lie in the raw text, in order; each word came from its span; only a character that stands for several words
    is in more than one.
    """
    explanation = parser.explain(text)
    place = 0
    for word in explanation.words:
        start, end = word.span
        assert 0 <= start < end <= len(text)
        assert place <= start or stands_for_several_words(text[start])
        assert word.raw == text[start:end]
        place = end
        if word.meaning in ("unknown", "topic"):
            assert word.word in clean_text(word.raw).lower()


def stands_for_several_words(character: str) -> bool:
    """U+2105 is ``c/o``, U+33DE is ``V/m``: something that is neither letter nor digit parts what they stand for."""
    return not unicodedata.normalize("NFKC", character).isalnum()


@pytest.mark.parametrize(
    "character",
    [
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if len(unicodedata.normalize("NFKC", character)) > 1 and stands_for_several_words(character)
    ],
    ids=lambda character: f"U+{ord(character):04X}",
)
def test_each_word_of_one_character_has_its_place(parser: Parser, character: str) -> None:
    """All words that the character stands for, each with the character's own place, whatever stands around it."""
    words = [word.word for word in parser.explain(character).words]
    explained = parser.explain(f"pin {character} 1").words
    assert [word.word for word in explained] == ["pin", *words, "1"]
    assert {word.span for word in explained[1:-1]} <= {(4, 5)}


def clean_text(text: str) -> str:
    changed = clean(text)
    return changed[-1][1] if changed else text


@given(
    sms.texts(max_size=40)
    | st.text(st.sampled_from("eа\u0301\u0306\u0327i1\u1100\u1161\u11a8ﬁ\u200b№²ё\u0f71\u0f72"), max_size=12)
)
@example("\u1100\u0301\u1161")
@example("e\u0327\u0301")
@example("\u0dd9\u0dcf")
def test_the_steps_piece_by_piece_give_the_same_text(text: str) -> None:
    """Every character of the clean text has an origin, and origins never go backwards."""
    cleaned = clean_text(text)
    origins = trace(text, [step.name for step in CLEANING])
    assert len(origins) == len(cleaned)
    assert origins == sorted(origins)
    for (start, end), character in zip(origins, cleaned, strict=True):
        assert 0 <= start < end <= len(text)
        if unicodedata.is_normalized("NFKC", text) and end - start == 1 and character not in "еЕ\u20e3":
            assert text[start] == character


def test_a_text_is_traced_in_the_shortest_pieces() -> None:
    """A step that looks at no neighbour leaves a piece for each character."""
    assert list(pieces("abc", str.upper)) == [(0, 1), (1, 2), (2, 3)]
    assert list(pieces("a", str.upper)) == [(0, 1)]
    assert list(pieces("", str.upper)) == []


@given(ANY_TEXT)
@example("\ud800")
@example("support \udc00")
def test_explanations_are_json(parser: Parser, text: str) -> None:
    """They can be sent as UTF-8, also of a text that cannot."""
    explained = parser.explain(text).to_json()
    assert json.loads(json.dumps(explained, ensure_ascii=False).encode()) == explained


def test_a_code_does_not_reach_a_repr(parser: Parser) -> None:
    """Neither the outcome nor the explanation nor the parser shows a payment code when it is logged by accident."""
    explanation = parser.explain("hello 482193")
    shown = [repr(value) for value in (parser.classify("482193"), parser.classify("482 193"), explanation, parser)]
    assert not [text for text in shown if "482193" in text or "482 193" in text]
