"""What every real client asks, and what it must be answered: text, data coding and number of segments."""

from __future__ import annotations

import attrs

GSM, UCS2 = 0, 8
RUSSIAN, ENGLISH, BLOCKED, NOBODY = "79991110001", "79991110004", "79991110003", "79990000000"
FROZEN = ("--seed", "1", "--clock-start", "2026-01-15T09:00:00Z", "--clock-frozen")
"""Arguments of a gateway whose answers these are."""


@attrs.frozen
class Turn:
    """One text of a subscriber, and the reply of one segment."""

    source: str
    text: str
    reply: str
    data_coding: int = GSM

    @property
    def sent_as(self) -> tuple[int, bytes]:
        """data_coding and octets of the text as a careful client sends it."""
        return (0, self.text.encode("ascii")) if self.text.isascii() else (8, self.text.encode("utf-16-be"))


TALK = (
    Turn(RUSSIAN, "BALANCE", "Balance: 1,234.50 RUB at 12:00 MSK 15.01"),
    Turn(RUSSIAN, "баланс", "Баланс: 1 234,50 руб. на 12:00 МСК 15.01", UCS2),
    Turn(ENGLISH, "Confirm 1", "SMS confirmation is ON. Each payment now needs the code we send by SMS."),
    Turn(ENGLISH, "confirm on", "SMS confirmation is already ON."),
    Turn(RUSSIAN, "PIN", "Новый ПИН: 6386. Никому не говорите. Не вы? Звоните 88007077759", UCS2),
    Turn(
        ENGLISH,
        "HELP",
        "Commands: BALANCE, PIN (new PIN), CONFIRM 1 (SMS codes on), SUPPORT. Hotline 8 800 707-77-59, free in Russia.",
    ),
    Turn(BLOCKED, "BALANCE", "Wallet is blocked. Call 8 800 707-77-59"),
    Turn(NOBODY, "баланс", "Кошелек на этот номер не найден. Справка: 88007077759", UCS2),
    Turn(RUSSIAN, "qwerty", "Not recognised. Send HELP for the list of commands."),
)


def decoded(data_coding: int, octets: bytes) -> str:
    """The text of one segment; our English replies keep to what GSM 03.38 and ASCII share."""
    return octets.decode("utf-16-be" if data_coding == UCS2 else "ascii")
