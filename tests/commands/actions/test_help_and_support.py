"""HELP and SUPPORT: what they say, without an account."""

import pytest

from tests.commands.bench import Bench, texts
from tests.commands.doubles import (
    HOUR,
    NOON,
    DictBooks,
)


@pytest.mark.parametrize(("text", "language"), [("HELP", "en"), ("помощь", "ru"), ("?", "ru")])
def test_help(text: str, language: str) -> None:
    """Help needs no account."""
    reply = Bench(books=DictBooks()).reply(text)
    assert (reply.text, reply.outcome) == (texts("help")[language], "help")


@pytest.mark.parametrize(
    ("text", "outcome", "starts"),
    [
        ("SUPPORT", "support", "Support: 8 800 707-77-59, free in Russia. The wait is shortest Mon-Fri"),
        ("поддержка", "support", "Поддержка: 88007077759, бесплатно. Меньше ждать в будни до 12:00 МСК"),
        ("поддержка погода", "support", "Поддержка: 88007077759, бесплатно. Меньше ждать"),
        ("SUPPORT card blocked", "support_security", "Ask for the security department: 8 800 707-77-59"),
        ("SUPPORT password", "support_technical", "Ask for technical support: 8 800 707-77-59"),
        ("SUPPORT terminal", "support_terminals", "Ask for terminal service: 8 800 707-77-59"),
        ("SUPPORT money missing", "support_missing_money", "Missing money: ask technical support first, then security"),
        ("поддержка жалоба", "support_complaint", "Назовите ФИО, контакты и суть жалобы: 88007077759. Лучше утром"),
    ],
)
def test_support(text: str, outcome: str, starts: str) -> None:
    """The department, the hotline and when to call, without an account."""
    reply = Bench(books=DictBooks()).reply(text)
    assert reply.outcome == outcome
    assert reply.text.startswith(starts)


def test_support_looks_at_the_clock() -> None:
    """The advice is that of the moment when the text came."""
    bench = Bench()
    assert "Long wait now" in bench.reply("SUPPORT", NOON + 7 * HOUR).text
    assert "good time" in bench.reply("SUPPORT", NOON + 14 * HOUR).text
