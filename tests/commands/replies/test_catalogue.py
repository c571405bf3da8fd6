"""The catalogue: what it checks when it loads, and that what it renders fits."""

import string
from pathlib import Path

import gsm0338 as _gsm0338  # noqa: F401 - registers the codec that serves as the oracle
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.replies.catalogue import Catalogue, CatalogueError
from commands.replies.codes import CODES, PHRASES, longest_values
from commands.replies.formats import LANGUAGES
from commands.support.desk import SupportDesk
from commands.wallet.accounts import MOST_CURRENCIES
from commands.wallet.money import EXPONENTS, LARGEST_AMOUNT, Money
from commands.wallet.payments import parse_merchant
from gateway.sms.alphabets import Alphabet, cheapest, decode, encode
from gateway.sms.segments import count
from tests.commands.doubles import NOON

CATALOGUE = Catalogue.load(count)
EVERY_TEXT = [(code, language) for code in CODES for language in LANGUAGES]

times = st.integers(1_420_000_000_000_000, 4_000_000_000_000_000)
currencies = st.sampled_from(["RUB", "USD", "EUR", "KZT", "BYN", "CNY", *EXPONENTS])
moneys = st.builds(Money, st.integers(0, LARGEST_AMOUNT), currencies)
VALUES: dict[str, st.SearchStrategy[object]] = {
    "balance": st.tuples(moneys),
    "time": times,
    "until": times,
    "pin": st.text("0123456789", min_size=4, max_size=6),
    "code": st.text("0123456789", min_size=6, max_size=6),
    "amount": st.builds(
        lambda whole, currency: Money(whole * 10 ** EXPONENTS.get(currency, 2), currency),
        st.integers(1, 9_999_999_999),
        currencies,
    ),
    "merchant": st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9 .,&'*+/-]{0,18}[A-Za-z0-9.])?", fullmatch=True).map(
        parse_merchant
    ),
    "minutes": st.integers(1, 99),
    "tries": st.integers(1, 9),
    **{place: st.sampled_from(PHRASES["label"]) for place in ("first", "second", "third")},
    **{place: st.sampled_from(PHRASES["advice"]) for place in ("advice", "advice_short")},
}
BALANCES = st.lists(moneys, min_size=2, max_size=MOST_CURRENCIES).map(tuple)


def values_of(code: str) -> st.SearchStrategy[dict[str, object]]:
    own = {name: VALUES[name] for name in CODES[code]}
    if code == "balance_many":
        own["balance"] = BALANCES
    return st.fixed_dictionaries(own)


replies = st.sampled_from(EVERY_TEXT).flatmap(lambda one: st.tuples(st.just(one), values_of(one[0])))
EXAMPLE = (("balance", "ru"), {"balance": (Money(LARGEST_AMOUNT, "RUB"),), "time": NOON})


@given(replies)
@example(EXAMPLE)
def test_every_reply_fits_the_segments_that_it_declares(one: tuple[tuple[str, str], dict[str, object]]) -> None:
    """Whatever the values are, a reply takes no more segments than its data file says."""
    (code, language), values = one
    text = CATALOGUE.render(code, language, values)
    assert count(text) <= CATALOGUE.segments(code, language)


@given(replies)
@example(EXAMPLE)
def test_every_reply_survives_its_alphabet(one: tuple[tuple[str, str], dict[str, object]]) -> None:
    """English goes as GSM 7-bit and Russian as UCS-2, and what is decoded is what was rendered."""
    (code, language), values = one
    text = CATALOGUE.render(code, language, values)
    _, alphabet = cheapest(text, Alphabet.GSM0338)
    assert alphabet == (Alphabet.GSM0338 if language == "en" else Alphabet.UCS2)
    assert decode(encode(text, alphabet), alphabet) == text
    if language == "en":
        assert text.encode("gsm03.38").decode("gsm03.38") == text


@given(replies)
@example(EXAMPLE)
def test_no_reply_has_characters_that_make_it_longer_or_odd(one: tuple[tuple[str, str], dict[str, object]]) -> None:
    """No dash, quote, number or rouble sign, no-break space, "ё", control or double space; nothing left to fill in."""
    (code, language), values = one
    text = CATALOGUE.render(code, language, values)
    cyrillic = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
    allowed = set(string.ascii_letters + string.digits + " .,:;?!'-/&*+()")
    if language == "ru":
        allowed |= set(cyrillic + cyrillic.upper())
    assert set(text) - allowed == set()
    assert text == " ".join(text.split(" ")).strip()


@pytest.mark.parametrize(("code", "language"), EVERY_TEXT)
def test_only_lists_of_currencies_take_more_than_one_segment(code: str, language: str) -> None:
    """Every other reply is one segment."""
    assert CATALOGUE.segments(code, language) == (1 if code != "balance_many" else {"en": 2, "ru": 3}[language])


@pytest.mark.parametrize("code", CODES)
def test_the_longest_values_are_the_longest(code: str) -> None:
    """No placeholder is declared with values that are shorter than what rules and grammars let through."""
    assert longest_values(code)
    for values in longest_values(code):
        assert set(values) == set(CODES[code])


# The texts of the table of replies, word for word.
TABLE = [
    ("balance", {"balance": (Money(999_999_999, "RUB"),), "time": 1_795_259_100_000_000},
     "Balance: 9,999,999.99 RUB at 14:05 MSK 21.11", "Баланс: 9 999 999,99 руб. на 14:05 МСК 21.11"),
    ("pin_new", {"pin": "4821"},
     "New PIN: 4821. Old PIN no longer works. Never share it. Not you? Call 8 800 707-77-59",
     "Новый ПИН: 4821. Никому не говорите. Не вы? Звоните 88007077759"),
    ("pin_limited", {"until": 1_795_345_500_000_000},
     "PIN was reset recently. Next reset after 14:05 MSK 22.11. Not you? Call 8 800 707-77-59",
     "ПИН уже меняли. Снова после 14:05 МСК 22.11. Не вы? 88007077759"),
    ("confirm_on", {}, "SMS confirmation is ON. Each payment now needs the code we send by SMS.",
     "Подтверждение по SMS включено: к каждому платежу придет код"),
    ("confirm_already_on", {}, "SMS confirmation is already ON.", "Подтверждение по SMS уже включено"),
    ("confirm_status_off", {}, "SMS confirmation is OFF. To turn it on, send: CONFIRM 1",
     "Подтверждение выключено. Чтобы включить, отправьте CONFIRM 1"),
    ("confirm_off_refused", {},
     "SMS confirmation can't be turned off by SMS. Use your account settings or call 8 800 707-77-59",
     "Отключить по SMS нельзя: сделайте это на сайте или звоните 88007077759"),
    ("help", {},
     "Commands: BALANCE, PIN (new PIN), CONFIRM 1 (SMS codes on), SUPPORT. Hotline 8 800 707-77-59, free in Russia.",
     "БАЛАНС, PIN (новый), CONFIRM 1 (коды), ПОДДЕРЖКА. Тел. 88007077759"),
    ("not_understood", {}, "Not recognised. Send HELP for the list of commands.",
     "Команда не распознана. Список команд: отправьте ПОМОЩЬ"),
    ("suggest_pin", {}, "Did you mean PIN? To get a new PIN, send exactly: PIN",
     "Вы имели в виду PIN? Чтобы получить новый ПИН, отправьте: PIN"),
    ("two_commands", {"first": "balance", "second": "pin"}, "BALANCE or PIN? Send one command at a time.",
     "Одна команда в одном SMS: БАЛАНС или PIN"),
    ("no_wallet", {}, "No wallet found for this number. Help: 8 800 707-77-59",
     "Кошелек на этот номер не найден. Справка: 88007077759"),
    ("blocked", {}, "Wallet is blocked. Call 8 800 707-77-59", "Кошелек заблокирован. Звоните 88007077759"),
    ("service_down", {}, "Can't check right now. Please try again in 5 min.", "Сервис занят. Повторите через 5 минут"),
    ("payment_code", {"amount": Money(35_000, "RUB"), "merchant": "ACME", "code": "482193", "minutes": 5},
     "Payment 350.00 RUB to ACME. Code 482193, valid 5 min", "Платеж 350,00 руб., ACME. Код 482193, 5 мин"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "values", "en", "ru"), TABLE, ids=[row[0] for row in TABLE])
def test_the_table_of_replies(code: str, values: dict[str, object], en: str, ru: str) -> None:
    """Replies that were agreed on are exactly so."""
    assert CATALOGUE.render(code, "en", values) == en
    assert CATALOGUE.render(code, "ru", values) == ru


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_hotline_is_the_desks(language: str) -> None:
    """Replies name the number that the support desk has."""

    def digits(text: str) -> str:
        return "".join(filter(str.isdigit, text))

    assert digits(CATALOGUE.render("blocked", language, {})) == digits(SupportDesk.load().hotline)


# What a user's own file may say.


def load(tmp_path: Path, toml: str) -> Catalogue:
    path = tmp_path / "texts.toml"
    path.write_text(toml, encoding="utf-8")
    return Catalogue.load(count, path)


def faults(tmp_path: Path, toml: str) -> list[str]:
    with pytest.raises(CatalogueError) as caught:
        load(tmp_path, toml)
    return caught.value.faults


def test_a_user_may_replace_any_text(tmp_path: Path) -> None:
    """A text, a phrase or a constant of one language is replaced; all else stays."""
    own = load(
        tmp_path,
        """
        [en.constants]
        hotline = "100% free: 555"
        [en.replies]
        balance = "You own {balance} ({time})"
        help = { text = "No help at {hotline}.", segments = 1 }
        [ru.phrases.label]
        pin = "ПИН"
        """,
    )
    values = {"balance": (Money(1, "RUB"),), "time": NOON}
    assert own.render("balance", "en", values) == "You own 0.01 RUB (12:00 MSK 22.11)"
    assert own.render("help", "en", {}) == "No help at 100% free: 555."
    assert own.render("pin_new", "en", {"pin": "4821"}).endswith("Call 100% free: 555")
    assert own.render("two_commands", "ru", {"first": "pin", "second": "help"}).endswith("ПИН или ПОМОЩЬ")
    assert own.render("balance", "ru", values) == CATALOGUE.render("balance", "ru", values)
    assert own.render("help", "ru", {}) == CATALOGUE.render("help", "ru", {})


def test_a_user_may_allow_more_segments(tmp_path: Path) -> None:
    """A longer text is accepted when it says that it is longer."""
    long = "x" * 200
    assert load(tmp_path, f'[en.replies]\nhelp = {{ text = "{long}", segments = 2 }}').segments("help", "en") == 2
    assert load(tmp_path, f'[en.replies]\nhelp = {{ text = "{long}", segments = 10 }}').segments("help", "en") == 10


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ('[en.replies]\nhelp = "' + "x" * 161 + '"', "it takes 2 segments and may take 1"),
        ('[en.replies]\nhelp = "' + "x" * 70 + '\u20bd"', "it takes 2 segments and may take 1"),
        ('[en.replies]\nbalance = "{balance}"', "it lacks {time}"),
        ('[en.replies]\nbalance = "no money"', "it lacks {balance}, {time}"),
        ('[en.replies]\nhelp = "{balance}"', "{balance} is not among its placeholders: none"),
        ('[en.replies]\nbalance = "{balance} {time} {pin}"', "{pin} is not among its placeholders: balance, time"),
        ('[en.replies]\nbalance = "{balance.__class__} {time}"', "{balance.__class__} is not among"),
        ('[en.replies]\nbalance = "{balance[0]} {time}"', "{balance[0]} is not among"),
        ('[en.replies]\nbalance = "{balance!r} {time}"', "neither a format nor a conversion"),
        ('[en.replies]\nbalance = "{balance:>99} {time}"', "neither a format nor a conversion"),
        ('[en.replies]\nhelp = "{}"', "{} is not among"),
        ('[en.replies]\nhelp = "{"', "help"),
        ('[en.replies]\nhelp = "}"', "help"),
        ('[en.replies]\nhelp = " "', "there is no text"),
        ("[en.replies]\nhelp = 5", "help is not a"),
        ('[en.replies]\nhelp = { text = "x", segments = 0 }', "segments is a number from 1 to 10"),
        ('[en.replies]\nhelp = { text = "x", segments = 11 }', "segments is a number from 1 to 10"),
        ('[en.replies]\nhelp = { text = "x", segments = true }', "segments"),
        ('[en.replies]\nhelp = { text = 5 }', "help text is not a str"),
        ('[en.replies]\nhelp = { txt = "x" }', "help has no txt"),
        ('[en.replies]\nhlep = "x"', "has no hlep"),
        ('[en.phrases.label]\npin = "' + "P" * 140 + '"', "two_commands"),
        ('[en.phrases.label]\npni = "PIN"', "has no pni"),
        ('[en.phrases]\nlabel = "PIN"', "label is not a dict"),
        ('[en.constants]\nhotline = 88007077759', "hotline is not a str"),
        ('[en.constants]\nhotline = "' + "8" * 100 + '"', "support"),
        ("[en.words]\nx = 1", "[en.words] is not one of"),
        ('[de.replies]\nhelp = "Hilfe"', "[de] is not one of"),
        ("en = 1", "[en] is not one of"),
        ("[en.replies\n", "texts.toml"),
    ],
)  # fmt: skip
def test_faults_of_a_users_texts_are_told(tmp_path: Path, toml: str, told: str) -> None:
    """What would break a reply, or make it longer than declared, is refused at the start with a sentence."""
    assert any(told in fault for fault in faults(tmp_path, toml))


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Faults of both languages and of several texts come together."""
    told = faults(tmp_path, '[en.replies]\nhelp = "{x}"\nblocked = ""\n[ru.replies]\nhelp = "{y}"')
    assert len(told) == 3
    assert str(CatalogueError(told)) == "\n".join(told)


@pytest.mark.parametrize("octets", [b"\xff\xfe", b"[en.replies]\nhelp = '\xff'"])
def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path, octets: bytes) -> None:
    """Wrong octets and a missing file are told like any other fault."""
    path = tmp_path / "texts.toml"
    path.write_bytes(octets)
    for unreadable in (path, tmp_path / "missing.toml", tmp_path):
        with pytest.raises(CatalogueError):
            Catalogue.load(count, unreadable)


def test_a_missing_or_additional_text_of_ours_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A code without a text, and a text without a code, are faults in each language."""
    from commands.replies import catalogue

    monkeypatch.setattr(catalogue, "CODES", {**{code: CODES[code] for code in CODES if code != "help"}, "new": {}})
    with pytest.raises(CatalogueError) as caught:
        Catalogue.load(count)
    assert caught.value.faults == [
        "en: replies has no new",
        "en: replies has help, which nothing uses",
        "ru: replies has no new",
        "ru: replies has help, which nothing uses",
    ]


def test_a_missing_or_additional_phrase_of_ours_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A phrase that a reply may need, and one that none does, are faults in each language."""
    from commands.replies import catalogue

    labels = (*(label for label in PHRASES["label"] if label != "pin"), "new")
    monkeypatch.setattr(catalogue, "PHRASES", {**PHRASES, "label": labels})
    with pytest.raises(CatalogueError) as caught:
        Catalogue.load(count)
    assert caught.value.faults == [
        "en: phrases.label has no new",
        "en: phrases.label has pin, which nothing uses",
        "ru: phrases.label has no new",
        "ru: phrases.label has pin, which nothing uses",
    ]
