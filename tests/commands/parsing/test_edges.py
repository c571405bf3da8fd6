"""Decisions on the edges, each with a test of its own."""

from __future__ import annotations

import pytest

from commands.parsing import Ambiguous, NotUnderstood, Parser
from commands.parsing.reading import LONGEST
from tests.commands.parsing.brief import brief


def check(parser: Parser, examples: dict[str, str]) -> None:
    assert {text: brief(parser.classify(text)) for text in examples} == examples


def test_edge_01_off_is_understood_and_arguments_are_never_corrected(parser: Parser) -> None:
    """CONFIRM off is a result like any other; an argument with an edit is no argument."""
    check(
        parser,
        {
            "confirm off": "run confirm off",
            "CONFIRM 0": "run confirm off",
            "confirm offf": "suggest confirm status",
            "confirm включит": "suggest confirm status",
            "confirm of": "ask confirm",
        },
    )


def test_edge_02_no_right_after_confirm_is_off_and_elsewhere_a_negation(parser: Parser) -> None:
    """A negation with a command asks; alone, like a lone greeting, it is nothing."""
    check(
        parser,
        {
            "confirm нет": "run confirm off",
            "confirm no": "run confirm off",
            "confirm ytn": "run confirm off",
            "нет confirm": "ask confirm",
            "no confirm off": "ask confirm",
            "confirm 1 нет": "ask confirm",
            "confirm нет спасибо": "ask confirm",
            "confirm not": "ask confirm",
            "не пин": "ask pin",
            "нe баланс": "ask balance",  # with a Latin e
            "yt gby": "ask pin",
            "dont pin": "ask pin",
            "don't pin": "ask pin",
            "баланс отменить": "ask balance",
            "cancel balance": "ask balance",
            "no help": "ask help",
            "не 482193": "ask code",
            "нет": "nothing",
            "отмена": "nothing",
            "cancel": "nothing",
            "привет": "nothing",
            "добрый день": "nothing",
            "he balance": "suggest balance",  # an English word, not НЕ
        },
    )
    assert parser.classify("добрый день") == NotUnderstood("ru", "greeting", ("case",))
    asked = parser.classify("не пин")
    assert isinstance(asked, Ambiguous)
    assert asked.reason == "negation"


def test_edge_03_fillers_suggest_signatures_do_not_stop_and_lines_belong_together(parser: Parser) -> None:
    """PIN and CONFIRM with fillers are suggested; a signature needs its marker; lines make one text."""
    check(
        parser,
        {
            "hello pin": "suggest pin",
            "пин пожалуйста": "suggest pin",
            "please confirm 1": "suggest confirm on",
            "pin\n--\nIvan Petrov": "run pin",
            "pin -- Ivan": "run pin",
            "пин\nс уважением, Иван": "run pin",
            "пин, с уважением Иван": "run pin",
            "confirm 1\n\nSent from my iPhone": "run confirm on",
            "confirm 1 Sent from my iPhone": "run confirm on",
            "пин\nОтправлено с моего телефона": "run pin",
            "PIN. Отправлено с Xiaomi": "run pin",
            "pin\n-- \nнет, отмена, balance": "run pin",
            "pin\nIvan": "suggest pin",
            "pin --Ivan": "suggest pin",
            "pin\nsent from the office": "run pin",
            "pin. Sent from the office": "run pin",
            "pin sent from iPhone": "run pin",
            "support card\nс уважением, Иван": "run support card",
            "pin sent from bank": "suggest pin",
            "pin sent from hello": "suggest pin",
            "pin sent from": "suggest pin",
            "sent from my iPhone": "nothing",
            "balance\npin": "ask balance pin",
            "support\nbalance": "ask support balance",
            "confirm\n1": "run confirm on",
            "confirm:\r\non": "run confirm on",
        },
    )


def test_edge_04_balance_must_lead_and_may_come_twice(parser: Parser) -> None:
    """BALANCE behind other words is suggested; the same command twice runs BALANCE and HELP, and no other."""
    check(
        parser,
        {
            "какой баланс": "suggest balance",
            "здравствуйте, узнать мой баланс": "run balance",
            "баланс balance": "run balance",
            "help помощь": "run help",
            "support оператор": "run support",
            "pin пин": "suggest pin",
            "confirm confirm": "suggest confirm status",
            "confirm 1 confirm 1": "suggest confirm on",
            "confirm 1 confirm 0": "ask confirm",
        },
    )


def test_edge_05_what_is_no_argument_is_asked_about_or_suggested(parser: Parser) -> None:
    """Short or digit-like and alone: ask. Longer: suggest. Marks that are no sign do not matter."""
    check(
        parser,
        {
            **dict.fromkeys(("confirm l", "confirm I", "confirm О", "confirm 10", "confirm +1"), "ask confirm"),
            **dict.fromkeys(("confirm -1", "confirm −1", "confirm №1", "confirm 1\ufe0f\u20e3"), "ask confirm"),
            **dict.fromkeys(("confirm¹", "confirm10", "confirm 01", "confirm1\u20e3", "confirm-1"), "ask confirm"),
            **dict.fromkeys(
                ("confirm #1", "confirm *1", 'confirm "1"', "confirm (1)", "confirm - 1"), "run confirm on"
            ),
            "confirm maybe": "suggest confirm status",
            "confirm all": "suggest confirm status",
            "confirm my payment": "suggest confirm status",
            "1 confirm": "suggest confirm on",
            "off confirm": "suggest confirm off",
            "1 confirm 0": "ask confirm",
            "confirm please 1": "suggest confirm on",
            "confirm 1/0": "ask confirm",
        },
    )


def test_edge_06_symbols_controls_and_lone_surrogates_are_spaces(parser: Parser) -> None:
    """None of them can split or join a word unseen."""
    check(
        parser,
        {
            "💰баланс💰": "run balance",
            "balance\x00": "run balance",
            "\ud83dbalance\ude00": "run balance",
            "confirm ➡ 1": "run confirm on",
            "p\x00in": "nothing",
            "pi\ud83dn": "nothing",
            "pin_": "run pin",
            "\x00": "nothing",
            "🙂": "nothing",
        },
    )


def test_edge_07_one_edit_counts_for_words_of_five_letters_and_not_for_real_words(parser: Parser) -> None:
    """Short words are not corrected, the stop list keeps real words from running, and inflections are words."""
    check(
        parser,
        {
            "pim": "nothing",
            "hepl": "nothing",
            "бфл": "nothing",
            "pinkode": "suggest pin",
            "ablance": "run balance",
            "balacne": "run balance",
            "balnaec": "nothing",
            **dict.fromkeys(("balanced", "valance", "conform", "баланд", "правка", "справа", "достаток"), "nothing"),
            "помочь": "nothing",
            "ghfdrf": "nothing",  # правка in the wrong layout
            **dict.fromkeys(("баланса", "балансу", "балансом", "остатка"), "run balance"),
        },
    )


def test_edge_08_help_and_support_ask_with_a_second_command_and_support_takes_a_topic(parser: Parser) -> None:
    """Whatever follows SUPPORT is its topic, a negation too, unless it is by itself another command."""
    check(
        parser,
        {
            "help balance": "ask help balance",
            "balance help": "ask balance help",
            "не помощь": "ask help",
            "help not working": "ask help",
            "not support": "ask support",
            "balance support": "ask balance support",
            "support page will not open": "run support page will not open",
            "Поддержка: НЕ приходит ПИН-код!": "run support не приходит пин код",
            "support, my pin is lost": "run support my pin is lost",
            "hello support card": "run support card",
            "support оператор карта": "run support карта",
            "support pin": "ask support pin",
            "support confirm 1": "ask support confirm",
            "support confirm payment": "run support confirm payment",
            "support pin 1": "run support pin 1",
            "support1": "run support",
            "support 482193": "ask support code",
            "support": "run support",
        },
    )


def test_edge_09_a_code_stands_alone(parser: Parser) -> None:
    """Marks around it do not matter; grouped or greeted it is suggested; with a command it asks; letters never."""
    check(
        parser,
        {
            **dict.fromkeys(('"482193"', "482193.", "(482193)", "#482193", "-482193", "482193?"), "run code 482193"),
            **dict.fromkeys(("482 193", "+482 193", "482-193", "4 8 2 1 9 3", "hi 482193"), "suggest code 482193"),
            **dict.fromkeys(("48219O", "482193a", "x482193", "48219", "4821930", "48219３３"), "nothing"),
            "balance 482193": "ask balance code",
            "482193 pin": "ask code pin",
            "confirm 482193": "ask confirm code",
            "482193\n--\nIvan": "run code 482193",
            "482193 482193": "suggest code 482193",
        },
    )


def test_edge_10_a_question_is_not_an_order(parser: Parser) -> None:
    """Nothing but question marks is HELP; PIN? and CONFIRM 1? are suggested; BALANCE? and HELP? run."""
    check(
        parser,
        {
            **dict.fromkeys(("?", "???", " ? ", "？", "?\u200b?"), "run help"),
            **dict.fromkeys(("?!", "!", "...", "¿?"), "nothing"),
            **dict.fromkeys(("pin?", "PIN ?", "pin？", "пин-код?", "pin❓"), "suggest pin"),
            "confirm 1?": "suggest confirm on",
            "confirm 0?": "suggest confirm off",
            "confirm?": "run confirm status",
            "balance?": "run balance",
            "help?": "run help",
            "support?": "run support",
        },
    )


def test_edge_11_any_word_may_be_in_the_wrong_layout_and_marks_are_tried_both_ways(parser: Parser) -> None:
    """English and Russian words, not transliterations; shifted keys; a mark that is a letter key is either."""
    check(
        parser,
        {
            **dict.fromkeys(
                (",fkfyc", "<fkfyc", "<FKFYC", ",fkfyc.", '",fkfyc"', "(,fkfyc)", ",fkfyc?"), "run balance"
            ),
            "confirm lf": "run confirm on",
            'confirm "lf"': "run confirm on",
            "confirm jnrk.xbnm": "run confirm off",
            "CONFIRM JNRK>XBNM.": "run confirm off",
            "gjlndth;ltybt:1": "run confirm on",
            "gjlndth;ltybt1": "run confirm on",
            "gby-rjl": "run pin",
            ",fkfyc1": "nothing",
            "ж,fkfyc": "suggest balance",
            "жgjlndth;ltybt": "nothing",
            "gjlndth;ltybtж": "nothing",
            "supp'ort": "nothing",
            "ghbdtn, ,fkfyc": "run balance",
            "lj,hsq ltym ,fkfyc": "run balance",
            ",fkfyc,gby": "ask balance pin",
            "зштлщв": "nothing",  # pinkod, a transliteration
            "fkfyc": "run balance",  # аланс, one edit
            ",fkfc": "run balance",  # балс, one edit with the mark as a letter
        },
    )


def test_edge_12_more_look_alikes_plain_digits_only_and_the_cap(parser: Parser) -> None:
    """Cyrillic і and ѕ and Greek capitals fold, İ does not; digits are looked at before NFKC; raw code points count."""
    check(
        parser,
        {
            "рiп": "nothing",
            "PІN": "run pin",
            "ΡΙΝ": "run pin",
            "octatok": "run balance",
            "ΠИН": "run pin",
            "ѕupport": "run support",
            "PİN": "nothing",
            "pin̈": "run pin",
            **dict.fromkeys(
                ("confirm 𝟏", "confirm ①", "confirm ¹", "confirm ١", "confirm ½", "confirm Ⅰ"), "ask confirm"
            ),
            "confirm １": "run confirm on",
            "confirm оn": "ask confirm",  # a Cyrillic о: an argument is never folded
            "confirm vıkl": "suggest confirm status",
            "balance" + " " * (LONGEST - 7): "run balance",
            "balance" + " " * (LONGEST - 6): "nothing",
            "balance" + "\u200b" * (LONGEST - 6): "nothing",
        },
    )
    for plain, reason in ((10, "unknown"), (11, "too_long")):
        outcome = parser.classify("\ufdfa" * 55 + "a" * plain)  # each of the first stands for eighteen
        assert isinstance(outcome, NotUnderstood)
        assert outcome.reason == reason
    assert parser.classify("баланс " * 100) == NotUnderstood("ru", "too_long")


def test_edge_13_only_confirm_takes_a_glued_argument_and_the_pin_has_two_words(parser: Parser) -> None:
    """Glued with digits, : or =; пин-код is an alias as a whole message; a composed letter is another letter."""
    check(
        parser,
        {
            **dict.fromkeys(("CONFIRM1", "confirm:1", "confirm=on", "confirm=1", "подтвердить1"), "run confirm on"),
            "confirm0": "run confirm off",
            "confirm１": "run confirm on",
            "СОNFIRМ1": "run confirm on",
            "confrim1": "suggest confirm on",
            "confirm1please": "nothing",
            "confirmon": "nothing",
            "pin1": "nothing",
            "help1": "nothing",
            **dict.fromkeys(("пин-код", "пин код", "pin-code", "pin code", "Пин Код.", "пин\nкод"), "run pin"),
            "мой пин код": "suggest pin",
            "pin code please": "suggest pin",
            "pí n": "nothing",
            "pín": "nothing",
            "pi\u0301n": "nothing",
            "бала\u0301нс": "run balance",
            "мои\u0306 баланс": "run balance",
        },
    )


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u200b\ufeff", "—", "«»"])
def test_a_text_without_words_is_empty(parser: Parser, text: str) -> None:
    """Spaces, marks and invisible characters alone are not understood, for this reason."""
    outcome = parser.classify(text)
    assert isinstance(outcome, NotUnderstood)
    assert outcome.reason == "empty"
