"""The console in Russian: who gets it, how it is switched, a conversation, words where numbers change them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Console
from tests.browser.esme import Esme

RUSSIAN = "79991110001"
VIEWS = {
    "phone": (f"phone/{RUSSIAN}", ".bubble"),
    "messages": ("messages", ".lines a"),
    "message": ("messages/1", "#pdus summary"),
    "sessions": ("sessions", ".session"),
    "accounts": (f"accounts/{RUSSIAN}", "#entries li"),
    "faults": ("faults", "#sets button"),
    "start": ("start", "#snippet-code"),
}

ENGLISH = """
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
const own = 'bdi, code, pre, textarea, input, .mono, .keys button, #snippet-note, #snippet-tabs, #pdus,'
  + '.tag.info, #chart-commands li, [data-slot=point], [data-slot=last], #counts, #clock-big, time, #language';
const found = [];
while (walker.nextNode()) {
  const node = walker.currentNode;
  const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
  if (element.closest(own) || !element.checkVisibility()) continue;
  if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
  else for (const name of ['aria-label', 'title', 'placeholder', 'alt']) found.push(element.getAttribute(name) ?? '');
}
return [...new Set(found.join(' ').match(/[A-Za-z_]{3,}/g))];
"""
"""Words of Latin letters that are read or heard, but for what is data: texts, names of rules, octets, programs."""

NAMES = {
    "API", "BALANCE", "CONFIRM", "ESME", "GSM", "JSON", "Outbind", "PDU", "PIN", "RUB", "SMPP", "SMS", "UTC", "USD",
    "bind", "demo", "pcapng", "system_id", "balance", "TLS", "Kannel",
    "from", "to", "client", "state", "delivered", "command", "with", "outcome", "since",
}  # fmt: skip


@pytest.fixture
def reader(console: Console) -> Iterator[Console]:
    """A browser whose user reads Russian first."""
    agent = console.run("return navigator.userAgent")
    told = {"userAgent": agent, "acceptLanguage": "ru-RU,ru;q=0.9,en;q=0.8"}
    console.driver.execute_cdp_cmd("Emulation.setUserAgentOverride", told)
    yield console
    console.driver.execute_cdp_cmd("Emulation.setUserAgentOverride", told | {"acceptLanguage": "en-GB,en;q=0.9"})


def spoken(console: Console) -> str:
    return str(console.run("return document.documentElement.lang"))


def test_the_browsers_language_is_spoken(reader: Console) -> None:
    """Without a word about it, when nobody has pressed the switch."""
    reader.open("start", language="")
    assert spoken(reader) == "ru"
    reader.reads("#start-title", "Подключите SMPP-клиент")
    reader.reads("#waiting-text", "Ждём первого подключения")
    assert reader.driver.title == "Подключение – Шлюз SMS-команд"


def test_the_language_is_switched(console: Console) -> None:
    """With one press, in the view where one is; what was chosen is kept, and the address has the last word."""
    console.open("faults", language="")
    assert spoken(console) == "en"
    switch = console.one("#language")
    assert (switch.text, switch.get_attribute("lang")) == ("RU", "ru")
    switch.click()
    console.reads("#faults-title", "Сбои и время")
    assert spoken(console) == "ru"
    console.open("sessions", language="")
    console.reads("#sessions-title", "Сессии")
    assert spoken(console) == "ru"
    console.open("sessions", language="en")
    assert spoken(console) == "en"
    console.open("sessions", language="")
    console.press("#language")
    console.reads("#sessions-title", "Sessions")
    console.open("sessions", language="")
    assert spoken(console) == "en"
    console.run("localStorage.clear()")


def test_a_conversation_in_russian(console: Console, esme: Esme) -> None:
    """Typed, counted, sent, answered; a secret, a long text, and a failure with its reason."""
    esme.submit("BALANCE", source_addr=RUSSIAN)
    console.open(f"phone/{RUSSIAN}", language="ru")
    console.one("#people a", "+79991110002")
    console.reads("#count", "GSM 7 бит · осталось 160 · 0 сегментов")
    console.type("#text", "баланс")
    console.reads("#count", "UCS-2 · осталось 64 · 1 сегмент")
    console.press(".write button")
    console.one(".bubble:not(.sent)", "Баланс: 1 234,50 руб.")
    sent = console.one(".bubble.sent", "баланс")
    assert sent.find_element("css selector", ".ticks").get_attribute("aria-label") == "доставлено"
    console.type("#text", "ПОМОЩЬ")
    console.enter()
    console.one(".bubble:not(.sent)", "ПОДДЕРЖКА")
    console.type("#text", "поддержка терминал")
    console.enter()
    console.one(".bubble:not(.sent)", "Служба терминалов")
    console.type("#text", "ПИН")
    console.enter()
    console.one(".bubble:not(.sent)", "Новый ПИН")
    console.picture("phone-ru")
    console.type("#to", "99900000005")
    console.type("#text", "Где мои деньги? " * 10)
    console.reads("#count", "3 сегмента")
    console.enter()
    bubble = console.one(".bubble.sent", "Где мои деньги?")
    console.until(lambda: "не доставлено (ошибка 1)" in bubble.text, "a reason", lambda: bubble.text)
    console.go("messages")
    console.one(".lines a", "секрет")


@pytest.mark.parametrize("view", VIEWS)
def test_no_word_of_english_is_left(console: Console, esme: Esme, view: str) -> None:
    """In sight or for a screen reader, in each view, where something is going on."""
    esme.submit("balnce please", source_addr=RUSSIAN)
    esme.submit("PIN", source_addr=RUSSIAN)
    esme.wait(lambda: len(esme.texts) >= 2)
    address, sign = VIEWS[view]
    console.open(address, language="ru")
    console.one(sign)
    assert {word for word in console.run(ENGLISH) if word not in NAMES} == set()


def test_numbers_change_words(console: Console) -> None:
    """1 сообщение, 2 сообщения, 5 сообщений; numbers have spaces in them, as people write them."""
    say = (
        "const [key, numbers, done] = arguments;"
        "import('/static/language.js').then(({t}) => done(numbers.map((n) => t(key, {n}))))"
    )
    numbers = [0, 1, 2, 4, 5, 11, 12, 21, 22, 25, 101, 111, 1001, 2500, 1.5]
    ending = ["й", "е", "я", "я", "й", "й", "й", "е", "я", "й", "е", "й", "е", "й", "я"]
    console.open("start", language="ru")
    told = console.driver.execute_async_script(say, "count.messages", numbers)
    assert [one[-1] for one in told] == ending
    assert all("сообщени" in one for one in told)
    assert told[12:] == ["1\u00a0001 сообщение", "2\u00a0500 сообщений", "1,5 сообщения"]
    console.open("start", language="en")
    told = console.driver.execute_async_script(say, "count.messages", [0, 1, 2, 2500])
    assert told == ["0 messages", "1 message", "2 messages", "2,500 messages"]


def test_shortcuts_need_no_other_keyboard_layout(console: Console) -> None:
    """Where Cyrillic is typed, the keys are those in the same places."""
    console.open("start", language="ru")

    def press(key: str, code: str, modifiers: int = 0) -> None:
        event = {"type": "keyDown", "key": key, "code": code, "modifiers": modifiers}
        console.driver.execute_cdp_cmd("Input.dispatchKeyEvent", event)

    press(",", "Slash", 8)
    console.reads("#shortcuts", "поиск по сообщениям")
    console.press("#shortcuts button", "Закрыть")
    press(".", "Slash")
    console.until(lambda: console.driver.switch_to.active_element.get_attribute("id") == "search", "the search")
    console.run("document.activeElement.blur()")
    press("с", "KeyC")  # the Cyrillic letter on this key
    console.until(lambda: console.driver.switch_to.active_element.get_attribute("id") == "text", "the text")
