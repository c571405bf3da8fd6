"""From a request to a reply: every outcome of the parser, wallets that are not there, languages."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.parsing.results import Ambiguous, MatchKind, NotUnderstood, Outcome, Suggest, Understood
from commands.registry import COMMANDS
from commands.replies.codes import PHRASES
from commands.request import Reply, Request
from commands.wallet.accounts import EntryKind
from tests.commands.bench import Bench, texts
from tests.commands.doubles import (
    MINUTE,
    NOON,
    NUMBER,
    DictBooks,
    account,
    understood,
)


def test_a_users_own_command() -> None:
    """Its fixed text comes in the language of the word."""
    bench = Bench(books=DictBooks())
    assert bench.reply("WEATHER") == Reply("Sunny.", "en", "custom", "weather", "exact")
    assert bench.reply("погода") == Reply("Ясно.", "ru", "custom", "weather", "exact")


# Wallets that are not there

WALLET_TEXTS = ["BALANCE", "PIN", "CONFIRM 1", "CONFIRM 0", "CONFIRM"]


@pytest.mark.parametrize("text", WALLET_TEXTS)
@pytest.mark.parametrize(
    ("books", "outcome"), [(DictBooks(), "no_wallet"), (DictBooks(account(blocked=True)), "blocked")]
)
def test_no_wallet_and_a_blocked_one(text: str, books: DictBooks, outcome: str) -> None:
    """Each command that needs an account says what is the matter, and changes nothing."""
    before = books.state()
    reply = Bench(books=books).reply(text)
    assert (reply.outcome, reply.text) == (outcome, texts(outcome)[reply.language])
    assert books.state() == before


@pytest.mark.parametrize("text", WALLET_TEXTS)
def test_w09_a_wallet_that_is_down(text: str) -> None:
    """Nothing is changed, the reply asks to try again, and the same request works afterwards, once."""
    bench = Bench()
    before = bench.books.state()
    bench.gate_is_shut = True
    reply = bench.reply(text, cause="message:a")
    assert (reply.outcome, reply.text) == ("service_down", texts("service_down")[reply.language])
    assert bench.books.state() == before
    bench.gate_is_shut = False
    first = bench.reply(text, cause="message:a")
    assert first.outcome != "service_down"
    after = bench.books.state()
    assert bench.reply(text, cause="message:a") == first
    assert bench.books.state() == after


@pytest.mark.parametrize("text", ["HELP", "SUPPORT", "WEATHER", "nonsense"])
def test_what_needs_no_wallet_works_without_it(text: str) -> None:
    """Help, support and everything that is not understood do not ask the wallet."""
    bench = Bench()
    bench.gate_is_shut = True
    assert bench.reply(text).outcome != "service_down"


def test_first_contact_makes_an_account_where_the_rules_say_so() -> None:
    """Help does not make one; a balance does, with the language of the rules for what follows."""
    bench = Bench(books=DictBooks(), unknown_subscribers="create", language="en")
    bench.reply("HELP")
    assert not bench.books.accounts
    assert bench.reply("баланс").outcome == "balance"
    assert [entry.kind for entry in bench.books.entries.of(NUMBER, 9)] == [EntryKind.CREATED]
    assert bench.reply("PIN").language == "en"


# What does not run

SUGGESTIONS = [
    ("balance", None, "suggest_balance"),
    ("pin", None, "suggest_pin"),
    ("confirm", "on", "suggest_confirm_on"),
    ("confirm", None, "suggest_confirm_on"),
    ("confirm", "status", "suggest_confirm_status"),
    ("confirm", "off", "suggest_confirm_off"),
    ("help", None, "suggest_help"),
    ("support", "card", "suggest_support"),
]


@pytest.mark.parametrize("language", ["en", "ru", None])
@pytest.mark.parametrize(("command", "argument", "code"), SUGGESTIONS)
def test_a_suggestion_changes_nothing(command: str, argument: str | None, code: str, language: str | None) -> None:
    """It says what to send, in the language of the word or of the account, and is told as "suggest"."""
    bench = Bench()
    bench.script["balanse pls"] = Suggest(command, argument, MatchKind.ONE_EDIT, language, ())
    before = bench.books.state()
    reply = bench.reply("balanse pls")
    spoken = language or "ru"
    assert reply == Reply(texts(code)[spoken], spoken, "suggest", command, "one_edit")
    assert bench.books.state() == before


def test_a_code_is_suggested_only_while_a_payment_waits() -> None:
    """Digits among words are a code when there is one to come, else they are not understood."""
    bench = Bench(books=DictBooks(account(confirmation=True)))
    bench.script["482 193"] = Suggest("code", "482193", MatchKind.EXTRA_WORDS, None, ())
    assert bench.reply("482 193").outcome == "not_understood"
    bench.code()
    assert bench.reply("482 193").outcome == "suggest"
    assert bench.reply("482 193", NOON + 5 * MINUTE).outcome == "not_understood"


def test_a_suggestion_of_a_command_without_one_is_not_understood() -> None:
    """A user's own command has no text that suggests it."""
    assert Bench().reply("GHOST").outcome == "not_understood"


@pytest.mark.parametrize(
    ("commands", "en", "ru"),
    [
        (("balance", "pin"), "BALANCE or PIN? Send one command at a time.", "Одна команда в одном SMS: БАЛАНС или PIN"),
        (
            ("balance", "pin", "help"),
            "BALANCE, PIN or HELP? Send one command at a time.",
            "Одна команда в одном SMS: БАЛАНС, PIN или ПОМОЩЬ",
        ),
        (("balance",), texts("doubt", first="balance")["en"], texts("doubt", first="balance")["ru"]),
        (("pin",), texts("doubt", first="pin")["en"], texts("doubt", first="pin")["ru"]),
        (("confirm",), texts("doubt_confirm")["en"], texts("doubt_confirm")["ru"]),
        (("balance", "weather"), texts("many_commands")["en"], texts("many_commands")["ru"]),
        (("weather",), texts("many_commands")["en"], texts("many_commands")["ru"]),
        ((), texts("many_commands")["en"], texts("many_commands")["ru"]),
        (("balance", "pin", "help", "confirm"), texts("many_commands")["en"], texts("many_commands")["ru"]),
    ],
)
def test_a_doubt_asks_and_changes_nothing(commands: tuple[str, ...], en: str, ru: str) -> None:
    """Two or three commands are named, one is doubted, more are not listed; nothing runs."""
    bench = Bench()
    before = bench.books.state()
    for language, text in (("en", en), ("ru", ru)):
        bench.script["both"] = Ambiguous(commands, language, "several_commands", ())
        assert bench.reply("both") == Reply(text, language, "ambiguous")
    assert bench.books.state() == before


@pytest.mark.parametrize("account_language", ["en", "ru", None])
@pytest.mark.parametrize("text_language", ["en", "ru", None])
def test_the_language_of_a_reply(account_language: str | None, text_language: str | None) -> None:
    """The script of the text, else the account's language, else Russian: understood or not."""
    books = DictBooks(account(language=account_language)) if account_language else DictBooks()
    bench = Bench(books=books)
    outcomes: list[Outcome] = [
        NotUnderstood(text_language, "unknown", ()),
        Ambiguous(("balance", "pin"), text_language, "several_commands", ()),
        Suggest("pin", None, MatchKind.ONE_EDIT, text_language, ()),
        Understood("pin", None, MatchKind.EXACT, text_language, ()),
        Understood("weather", None, MatchKind.EXACT, text_language, ()),
    ]
    for outcome in outcomes:
        bench.script["text"] = outcome
        assert bench.reply("text").language == (text_language or account_language or "ru")


@pytest.mark.parametrize(("fields", "language"), [({"language": "en"}, "en"), ({}, "ru")])
def test_a_text_that_could_not_be_decoded(fields: dict[str, str], language: str) -> None:
    """It is told so in the account's language, and not given to the parser."""
    bench = Bench(books=DictBooks(account(**fields)))
    request = Request(NUMBER, "BALANCE", NOON, "message:1", unsupported=True)
    reply = bench.dispatcher.answer(request, bench.books)
    assert reply == Reply(texts("unsupported_coding")[language], language, "unsupported_coding")


# Whatever comes


def test_every_command_that_can_be_doubted_has_a_label() -> None:
    """The commands of the registry are those that replies can name."""
    assert {spec.name for spec in COMMANDS} == set(PHRASES["label"])


def test_what_the_books_raise_passes_through() -> None:
    """A storage that fails rolls back: its exception is not turned into a reply."""

    class Broken(Exception):
        pass

    class BrokenAccounts:
        def get(self, number: str) -> None:
            raise Broken

    bench = Bench()
    bench.books.accounts = BrokenAccounts()  # type: ignore[assignment]  # broken on purpose
    with pytest.raises(Broken):
        bench.send("BALANCE")


languages = st.sampled_from(["en", "ru", None])
names = st.sampled_from(["balance", "pin", "confirm", "help", "support", "code", "weather"])
arguments = st.none() | st.sampled_from(["on", "off", "status", "482193"]) | st.text(max_size=30)
kinds = st.sampled_from(MatchKind)
outcomes = st.one_of(
    st.builds(Understood, names, arguments, kinds, languages, st.just(())),
    st.builds(Suggest, names, arguments, kinds, languages, st.just(())),
    st.builds(Ambiguous, st.lists(names, max_size=5).map(tuple), languages, st.just(""), st.just(())),
    st.builds(NotUnderstood, languages, st.just(""), st.just(())),
)


@given(st.lists(outcomes, max_size=8), st.booleans(), st.sampled_from(["refuse", "create"]))
@example([understood("support", "\ud800"), understood("code", ""), understood("confirm", "x")], True, "refuse")
def test_any_outcome_gets_a_reply(said: list[Outcome], has_account: bool, unknown: str) -> None:
    """Whatever the parser says, whether there is an account or not, a reply is made and the same cause changes
    nothing again."""
    books = DictBooks(account(confirmation=True)) if has_account else DictBooks()
    bench = Bench(books=books, unknown_subscribers=unknown)
    if has_account:
        bench.code()
    for nth, outcome in enumerate(said):
        bench.script["text"] = outcome
        reply = bench.reply("text", cause=f"message:{nth}")
        assert reply.text
        assert reply.language in ("en", "ru")
        assert outcome.language in (None, reply.language)
        before = books.state()
        again = bench.reply("text", cause=f"message:{nth}")
        assert books.state() == before
        assert again == reply
