"""Loading the words: the format, a user's own words, and every check."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from commands.parsing import CustomCommand, LexiconError, MatchKind, NotUnderstood, Parser, Understood
from commands.parsing.entries import Listed
from commands.parsing.lexicon import Word, build_lexicon, load_lexicon
from tests.commands.parsing.brief import brief

TARIFF = """
[commands.tariff]
words = ["tariff", "тариф", "мой тариф"]
en = "Your tariff is Standard."
ru = "Ваш тариф - Стандарт."
"""

A_FILE = re.compile(r"(xx|en|ru|words)\.toml: ").match


def load(tmp_path: Path, text: str) -> Parser:
    path = tmp_path / "words.toml"
    path.write_text(text, encoding="utf-8")
    return Parser.load(path)


def faults(tmp_path: Path, text: str) -> str:
    with pytest.raises(LexiconError) as raised:
        load(tmp_path, text)
    return "\n".join(raised.value.faults)


def language(text: str) -> Listed:
    """The words of this package with one more file of a language."""
    listed = Listed()
    listed.read_builtin()
    listed.add_language(tomllib.loads(text), "xx.toml")
    return listed


COMPLETE = """
language = "xx"
[commands]
balance = ["saldo"]
pin = ["geheim"]
confirm = ["bestaetigen"]
help = ["hilfe"]
support = ["kundendienst"]
"""


def test_the_words_of_this_package_pass_the_checks() -> None:
    """Nothing is wrong with what is shipped, and no user's command is there."""
    assert load_lexicon().custom == {}


def test_a_language_that_has_all_commands_passes() -> None:
    """The example that the next tests damage is itself sound."""
    assert build_lexicon(language(COMPLETE)).exact["SALDO"].command == "balance"


@pytest.mark.parametrize(
    ("damage", "replacement", "fault"),
    [
        ('help = ["hilfe"]', "", "xx.toml: no word for the command 'help'"),
        ('["hilfe"]', "[]", "xx.toml: no word for the command 'help'"),
        ('["hilfe"]', '["saldo"]', "'saldo' (help) is also 'saldo' (balance"),
        ('["hilfe"]', '["Баланс"]', "'Баланс' (help) is also 'баланс' (balance"),
        ('["hilfe"]', '["ОСТАТОК"]', "is also 'остаток' (balance"),
        ('["hilfe"]', '["octatok"]', "'octatok' (help) is also 'остаток' (balance"),
        ('["hilfe"]', '["зшт"]', "'зшт' (help) is also 'pin' (pin"),
        ('["hilfe"]', '["пpивeт"]', "is also 'привет' (filler"),
        ('["hilfe"]', '["yes"]', "is also 'yes' (on"),
        ('["hilfe"]', '["salda"]', "'salda' (help) is one edit from 'saldo' (balance"),
        ('["hilfe"]', '["asldo"]', "'asldo' (help) is one edit from 'saldo' (balance"),
        ('["hilfe"]', '["bin"]', "'bin' (help) is one edit from 'pin' (pin"),
        ('["hilfe"]', '["зжт"]', "'зжт' (help) is one edit from 'pin' (pin"),
        ('["hilfe"]', '["hilfe saldo"]', "'hilfe saldo' (help) holds 'saldo' (balance"),
        ('["hilfe"]', '["pin cod"]', "'pin cod' (help) is one edit from 'pin code' (pin"),
        ('["hilfe"]', '["hilfe", "правка"]', "'правка' is in the stop list and is a word (help)"),
        ('["hilfe"]', '["hilfe", ""]', "'' is not a word"),
        ('["hilfe"]', '["hilfe", "--"]', "'--' is not a word"),
        ('["hilfe"]', '"hilfe"', "help: a list of strings is needed"),
        ('["hilfe"]', "[1]", "help: a list of strings is needed"),
        ("[commands]", "[comands]", "unknown key 'comands'"),
        ("help =", "hepl =", "unknown key 'hepl'"),
        ("[commands]", "around = 1\n[commands]", "around: a table is needed"),
        ("[commands]", "arguments = 1\n[commands]", "arguments: a table is needed"),
        ("[commands]", "transliterated = 1\n[commands]", "transliterated: a table is needed"),
        ("[commands]", "around.stops = []\n[commands]", "xx.toml: around: unknown key 'stops'"),
        ("[commands]", "arguments.yes = []\n[commands]", "xx.toml: arguments: unknown key 'yes'"),
        ("[commands]", "transliterated.commands.help = [1]\n[commands]", "help: a list of strings is needed"),
        (
            "[commands]",
            "transliterated.commands.help = ['saldo']\n[commands]",
            "'saldo' (help) is also 'saldo' (balance",
        ),
    ],
)
def test_each_fault_of_a_language_is_told(damage: str, replacement: str, fault: str) -> None:
    """A word of two meanings, a word too near to another, a missing command, a wrong type: each is named."""
    assert damage in COMPLETE
    with pytest.raises(LexiconError) as raised:
        build_lexicon(language(COMPLETE.replace(damage, replacement)))
    assert fault in "\n".join(raised.value.faults)
    assert all(A_FILE(text) for text in raised.value.faults)


def test_a_word_of_the_stop_list_is_compared_with_words_as_it_is_alone() -> None:
    """It may look like a word or be near to one, which is what it is for."""
    damaged = COMPLETE + "[around]\nstop = ['hilfe', 'saldо', 'kundendiens', 'рin']"
    with pytest.raises(LexiconError) as raised:
        build_lexicon(language(damaged))
    assert raised.value.faults == ("xx.toml: 'hilfe' is in the stop list and is a word (help)",)


def test_an_argument_may_be_near_another_and_a_negation() -> None:
    """The distance is asked of commands only: "on" and "no" are one edit apart, and "no" is a negation too."""
    exact = load_lexicon().exact
    assert (exact["ON"].argument, exact["NO"].argument, exact["NO"].negation) == ("on", "off", True)


def test_a_user_may_add_synonyms_and_commands(tmp_path: Path) -> None:
    """Synonyms run where a word of their command would; a command of the user's runs as a whole message."""
    parser = load(tmp_path, '[synonyms]\nbalance = ["funds", "мой счет"]\non = ["sure"]\npin = ["пароль"]\n' + TARIFF)
    examples = {
        "funds": "run balance",
        "Hello, FUNDS": "run balance",
        "ｆｕｎｄｓ please": "run balance",
        "мой счет": "run balance",
        "confirm sure": "run confirm on",
        "пароль": "run pin",
        "мой пароль": "suggest pin",
        "tariff": "run tariff",
        "Тариф!": "run tariff",
        "мой тариф": "run tariff",
        "tariff please": "nothing",
        "hello tariff": "nothing",
        "tariff pin": "ask tariff pin",
        "не тариф": "ask tariff",
        "support my tariff": "run support my tariff",
        "support tariff": "ask support tariff",
    }
    assert {text: brief(parser.classify(text)) for text in examples} == examples
    assert parser.custom == {
        "tariff": CustomCommand(
            "tariff",
            ("tariff", "тариф", "мой тариф"),
            {"en": "Your tariff is Standard.", "ru": "Ваш тариф - Стандарт."},
        )
    }


@pytest.mark.parametrize(
    "text", ["tarif", "ntfiff", "tаriff", "ТАRIFF", "nfhba", "funda", "агтвы", "мой cчет", "vjq счет"]
)
def test_the_words_of_a_user_match_exactly_only(tmp_path: Path, text: str) -> None:
    """No edit, no look-alike letter, no wrong layout."""
    parser = load(tmp_path, '[synonyms]\nbalance = ["funds", "мой счет"]\n' + TARIFF)
    assert brief(parser.classify(text)) == "nothing"


def test_a_command_of_a_user_among_other_words_is_an_unknown_text(tmp_path: Path) -> None:
    """Not understood for that reason, in the language of the text."""
    outcome = load(tmp_path, TARIFF).classify("tariff please")
    assert outcome == NotUnderstood("en", "unknown", ("case",))


def test_a_phrase_of_a_user_is_not_corrected_either(tmp_path: Path) -> None:
    """A typing error in a listed word of the phrase does not make it run."""
    parser = load(tmp_path, "[synonyms]\npin = ['pincode reset']")
    assert brief(parser.classify("pincode reset")) == "run pin"
    assert brief(parser.classify("pinkode reset")) == "suggest pin"


def test_how_a_word_of_a_user_matched_is_told(tmp_path: Path) -> None:
    """A synonym is an alias; the words of a new command are its names; the language is that of the word."""
    parser = load(tmp_path, '[synonyms]\nbalance = ["funds"]\n' + TARIFF)
    assert parser.classify("funds") == Understood("balance", None, MatchKind.ALIAS, "en", ("case",))
    assert parser.classify("МОЙ ТАРИФ") == Understood("tariff", None, MatchKind.EXACT, "ru", ())
    assert parser.classify("Тариф") == Understood("tariff", None, MatchKind.CASE, "ru", ("case",))


def test_a_word_may_be_the_wrong_layout_of_a_transliteration(tmp_path: Path) -> None:
    """Transliterations and the words of a user have no wrong layout, so nothing can collide with it."""
    assert brief(load(tmp_path, "[synonyms]\nbalance = ['туе']").classify("туе")) == "run balance"


def test_a_synonym_of_five_letters_takes_a_glued_argument(tmp_path: Path) -> None:
    """As CONFIRM does; a shorter one does not."""
    parser = load(tmp_path, "[synonyms]\nconfirm = ['agree', 'okey']")
    assert brief(parser.classify("agree1")) == "run confirm on"
    assert brief(parser.classify("okey1")) == "nothing"


def test_a_listed_word_again_as_a_synonym_changes_nothing(tmp_path: Path) -> None:
    """It stays the name of its command and keeps its looser ways of matching."""
    parser = load(tmp_path, '[synonyms]\nbalance = ["balance"]')
    assert parser.classify("balance") == Understood("balance", None, MatchKind.EXACT, "en", ("case",))
    assert brief(parser.classify("ВАLАNСЕ")) == "run balance"
    assert brief(parser.classify("balnce")) == "run balance"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[synonyms]\nbalance = ['pin']", "words.toml: 'pin' (balance) is also 'pin' (pin, en.toml)"),
        ("[synonyms]\nbalance = ['рiп', 'yes']", "'yes' (balance) is also 'yes' (on, en.toml)"),
        ("[synonyms]\nbalance = ['pan']", "'pan' (balance) is one edit from 'pin' (pin, en.toml)"),
        ("[synonyms]\nbalance = ['my pin']", "'my pin' (balance) holds 'pin' (pin, en.toml)"),
        ("[synonyms]\nbalance = ['cancel']", "'cancel' (balance) is also 'cancel' (negation, en.toml)"),
        ("[synonyms]\nbalance = ['123456']", "'123456' has no letter"),
        ("[synonyms]\nbalance = ['?']", "'?' has no letter"),
        ("[synonyms]\nbalance = 'funds'", "balance: a list of strings is needed"),
        ("[synonyms]\ntransfer = ['send']", "words.toml: synonyms: unknown key 'transfer'"),
        ("[words]", "words.toml: unknown key 'words'"),
        ("synonyms = 1", "words.toml: synonyms: a table is needed"),
        ("commands = 1", "words.toml: commands: a table is needed"),
        ("[commands]\ntariff = 1", "words.toml: commands: tariff: a table is needed"),
        (TARIFF.replace("tariff]", "pin]"), "commands.pin: this name is taken"),
        (TARIFF.replace("tariff]", "code]"), "commands.code: this name is taken"),
        *(
            (TARIFF.replace("tariff]", f"'{name}']"), f"commands.{name}: a name is lower-case Latin letters")
            for name in ("My tariff", "my tariff", "Tariff", "тариф", "1st")
        ),
        (TARIFF.replace('"tariff"', "1"), "words.toml: commands.tariff: words: a list of strings is needed"),
        (TARIFF.replace('"tariff"', '"1"'), "words.toml: commands.tariff: words: '1' has no letter"),
        (TARIFF.replace("words", "word"), "words.toml: commands.tariff: unknown key 'word'"),
        (TARIFF.replace("words", "word"), "words.toml: commands.tariff: words: at least one word is needed"),
        (TARIFF.replace("ru =", "en_GB ="), "words.toml: commands.tariff: ru: a reply text is needed"),
        (TARIFF.replace('"Ваш тариф - Стандарт."', '" "'), "commands.tariff: ru: a reply text is needed"),
        (TARIFF.replace('"Ваш тариф - Стандарт."', "1"), "commands.tariff: ru: a reply text is needed"),
        (TARIFF.replace('"tariff"', '"balance"'), "'balance' (tariff) is also 'balance' (balance, en.toml)"),
        (TARIFF.replace('"tariff"', '"pins"'), "'pins' (tariff) is one edit from 'pin' (pin, en.toml)"),
        ("[synonyms", "words.toml: "),
    ],
)
def test_each_fault_of_a_users_file_is_told(tmp_path: Path, text: str, fault: str) -> None:
    """With the file and the word."""
    told = faults(tmp_path, text)
    assert fault in told
    assert all(A_FILE(line) for line in told.split("\n"))


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """A user corrects a file once."""
    text = "[synonyms]\nbalance = ['yes', 'bin']\nhello = []\n" + TARIFF.replace("ru =", "xx =")
    with pytest.raises(LexiconError) as raised:
        load(tmp_path, text)
    assert len(raised.value.faults) == 5
    assert str(raised.value) == "\n".join(raised.value.faults)


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    """Missing, or not UTF-8."""
    with pytest.raises(LexiconError, match=r"nowhere\.toml: .*No such file"):
        Parser.load(tmp_path / "nowhere.toml")
    (tmp_path / "latin.toml").write_bytes(b"\xff")
    with pytest.raises(LexiconError, match=r"latin\.toml: .*codec can't decode"):
        Parser.load(tmp_path / "latin.toml")


def test_a_word_knows_its_script() -> None:
    """Digits and marks have none."""
    assert [Word(text).language for text in ("PIN", "ПИН", "1", "?")] == ["en", "ru", None, None]
