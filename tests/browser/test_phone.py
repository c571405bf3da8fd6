"""The phone: a thread that lives, a text with its price, quick keys, what became of each message."""

from __future__ import annotations

import random
import re

from selenium.webdriver.common.keys import Keys

from gateway.sms import segments
from gateway.sms.alphabets import Alphabet, cheapest
from tests.browser.chromium import Console
from tests.browser.esme import Esme
from tests.conformance import wire

RUSSIAN, ENGLISH, NOBODY = "79991110001", "79991110002", "79995550042"
FAMILY = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
TEXTS = (
    "", "a", "a" * 160, "a" * 161, "a" * 306, "a" * 307, "€" * 80, "€" * 81, "a" * 152 + "€" + "b" * 20,
    "^{}[]~|\\" * 20,
    "я" * 70, "я" * 71, "я" * 134, "я" * 135, "\N{GRINNING FACE}" * 35, "\N{GRINNING FACE}" * 36,
    "я" * 66 + "\N{GRINNING FACE}" * 4, "я" * 66 + "e\N{COMBINING ACUTE ACCENT}" * 9, "я" * 64 + FAMILY * 5,
    "я" * 65 + "\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}" * 6, "\u0301" * 200, "line\nfeed\r" * 30,
    "ç", "Ç" * 161, "\N{NO-BREAK SPACE}" * 71, "\f" * 81, "a" * 1000, "я" * 1000, "\u200d" * 150,
)  # fmt: skip
"""At every edge of the alphabets and of the parts."""


def drawn_texts() -> list[str]:
    """As the table, at random: what is awkward, over and over."""
    dice = random.Random(7)
    awkward = ["a", "€", "я", "\N{GRINNING FACE}", "\u0301", "\u200d", "\U0001f3fd", "^", " ", "\n"]
    return ["".join(dice.choices(awkward[: dice.randint(2, 10)], k=dice.randint(1, 400))) for _ in range(300)]


def test_the_counter_counts_as_the_gateway_does(console: Console) -> None:
    """Alphabet and segments of every text are those that the gateway would send it with."""
    console.open("phone")
    texts = [*TEXTS, *drawn_texts()]
    told = console.driver.execute_async_script(
        "const [texts, done] = arguments; import('/static/sms.js').then(({measure}) => done(texts.map(measure)))", texts
    )
    for text, counted in zip(texts, told, strict=True):
        _, alphabet = cheapest(text, Alphabet.GSM0338)
        name = "GSM 7-bit" if alphabet is Alphabet.GSM0338 else "UCS-2"
        expected = segments.count(text) if text else 0
        assert (counted["alphabet"], counted["segments"]) == (name, expected), ascii(text)


def test_as_many_characters_are_left_as_still_fit(console: Console) -> None:
    """So many more letters cost nothing, and one more does."""
    console.open("phone")
    texts = [text for text in TEXTS if text]
    told = console.driver.execute_async_script(
        "const [texts, done] = arguments; import('/static/sms.js').then(({measure}) => done(texts.map(measure)))", texts
    )
    for text, counted in zip(texts, told, strict=True):
        letter = "a" if counted["alphabet"] == "GSM 7-bit" else "я"
        assert segments.count(text + letter * counted["left"]) == counted["segments"], ascii(text)
        assert segments.count(text + letter * (counted["left"] + 1)) == counted["segments"] + 1, ascii(text)


def test_a_text_is_answered_in_the_thread(console: Console) -> None:
    """Typed, counted, sent with Enter; text and answer are there at once, on their sides, with ticks."""
    console.open(f"phone/{RUSSIAN}")
    console.type("#text", "balance")
    console.reads("#count", "GSM 7-bit · 153 left · 1 segment")
    console.one("#text").send_keys(Keys.ENTER)
    sent = console.one(".bubble.sent", "balance")
    assert "✓✓" in sent.text
    console.one(".bubble:not(.sent)", "Balance: 1,234.50 RUB")
    assert console.one("#text").get_attribute("value") == ""
    console.reads("#phone-account", "1234.50 RUB")


def test_the_counter_says_what_cyrillic_costs(console: Console) -> None:
    """Seventy letters a message, then two of 67; Shift and Enter starts a new line and sends nothing."""
    console.open(f"phone/{NOBODY}")
    console.type("#text", "я" * 70)
    console.reads("#count", "UCS-2 · 0 left · 1 segment")
    console.one("#text").send_keys(Keys.SHIFT + Keys.ENTER)
    console.reads("#count", "UCS-2 · 63 left · 2 segments")
    assert console.all(".bubble") == []


def test_a_quick_key_sends_at_once(console: Console) -> None:
    """In both languages; the thread of somebody else stays as it is."""
    console.open(f"phone/{ENGLISH}")
    console.press(".keys button", "HELP")
    console.one(".bubble:not(.sent)", "Commands: BALANCE")
    console.press(".keys button", "Баланс")
    console.one(".bubble:not(.sent)", "Баланс: 250,00")
    console.press("#people a", RUSSIAN)
    console.reads("#phone-title", RUSSIAN)
    assert "Commands" not in console.text("#thread")


def test_a_secret_is_readable_in_its_own_thread_only(console: Console) -> None:
    """The PIN is on the phone that it was sent to, and nowhere in the list of messages."""
    console.open(f"phone/{ENGLISH}")
    console.press(".keys button", "PIN")
    bubble = console.one(".bubble:not(.sent)", "New PIN")
    (pin,) = re.findall(r"New PIN: (\d{4})", bubble.text)
    console.go("messages")
    console.one(".lines a", "a secret")
    assert pin not in console.text("#lines")
    console.press(".lines a", "a secret")
    console.reads("#detail-text", "A secret")
    assert pin not in console.text("#detail")


def test_a_long_text_is_one_bubble_with_its_count(console: Console) -> None:
    """Whoever reads a thread reads texts, not segments."""
    console.open(f"phone/{NOBODY}")
    console.type("#to", RUSSIAN)
    console.type("#text", "All work and no play makes Jack a dull boy. " * 8)
    console.reads("#count", "3 segments")
    console.press(".write button")
    assert "3 segments" in console.one(".bubble.sent", "dull boy").text
    console.press("#people a", RUSSIAN)
    console.one(".bubble:not(.sent)", "dull boy")


def test_the_thread_lives(console: Console, esme: Esme) -> None:
    """What a client submits for the subscriber comes up without a reload, its answer too."""
    console.open(f"phone/{ENGLISH}")
    esme.submit("SUPPORT")
    console.one(".bubble.sent", "SUPPORT")
    console.one(".bubble:not(.sent)", "8 800 707-77-59")


def test_a_message_that_fails_says_why(console: Console) -> None:
    """To a number whose fate is fixed: the state and the error are in words, not in ticks."""
    console.open(f"phone/{NOBODY}")
    console.type("#to", "99900000005")
    console.type("#text", "is anybody there")
    console.enter()
    bubble = console.one(".bubble.sent", "is anybody there")
    console.until(lambda: "undeliverable (error 1)" in bubble.text, "a reason", lambda: bubble.text)
    assert "✓" not in bubble.text


def test_a_message_on_its_way_has_one_tick(console: Console) -> None:
    """Two as soon as it has arrived, which here is a jump of the clock later."""
    console.open(f"phone/{NOBODY}")
    console.type("#to", "99900001600")
    console.type("#text", "take your time")
    console.enter()
    bubble = console.one(".bubble.sent", "take your time")
    ticks = bubble.find_element("css selector", ".ticks")
    assert (ticks.text, ticks.get_attribute("aria-label")) == ("✓", "on its way")
    console.go("faults")
    console.press("button[data-advance='3600']")
    console.go("phone")
    bubble = console.one(".bubble.sent", "take your time")
    console.until(lambda: bubble.find_element("css selector", ".ticks").text == "✓✓", "two ticks")


def test_any_number_can_be_a_subscriber(console: Console) -> None:
    """Typed with a plus, as people write it; somebody without a wallet is told so."""
    console.open("phone")
    console.type("#subscriber", "+79995550099")
    console.enter()
    console.reads("#phone-title", "+79995550099")
    console.reads("#phone-account", "No account")
    console.press(".keys button", "Баланс")
    console.one(".bubble:not(.sent)", "Кошелек на этот номер не найден")


def test_parts_of_a_client_are_one_text(console: Console, esme: Esme) -> None:
    """Each part has an id of its own on the wire; the thread has the text, and how many parts it came in."""
    parts = ("What is my balance, and while we are at it, ", "how does one change the PIN, please?")
    for number, part in enumerate(parts, 1):
        header = wire.udh((0, bytes([7, 2, number])))
        octets = header + part.encode("ascii")
        esme.submit("", source_addr="79991110004", esm_class=0x40, short_message=octets)
    console.open("phone/79991110004")
    bubble = console.one(".bubble.sent", "".join(parts))
    assert "2 segments" in bubble.text
    assert len(console.all(".bubble.sent")) == 1
