"""The support desk: topics lead to departments, and hours to advice."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.support.desk import SupportDesk, Wait
from tests.commands.doubles import HOUR, NOON

DESK = SupportDesk.load()
MOSCOW = ZoneInfo("Europe/Moscow")
ROUTES = {"technical", "security", "terminals", "missing_money", "complaint"}


def at(clock: str) -> int:
    """Microseconds UTC of "2026-11-24 11:59" in Moscow."""
    return int(datetime.fromisoformat(clock).replace(tzinfo=MOSCOW).timestamp()) * 1_000_000


def normalised(topic: str) -> str:
    return " ".join(topic.lower().replace(",", " ").replace("-", " ").replace("'", " ").split())


HANDLED = [(department.id, topic) for department in DESK.departments for topic in department.handles]


@pytest.mark.parametrize(("department", "topic"), HANDLED)
def test_each_department_gets_what_it_handles(department: str, topic: str) -> None:
    """The desk's own words lead to the department that they stand under; missing money to technical support first."""
    route = DESK.route(normalised(topic))
    first = DESK.missing_money_order[0] if route == "missing_money" else route
    assert first == department


def test_the_desk_is_the_one_that_was_described() -> None:
    """Three departments, the hotline, and what a complaint needs."""
    assert [department.id for department in DESK.departments] == ["technical", "security", "terminals"]
    assert [len(department.handles) for department in DESK.departments] == [9, 6, 1]
    assert DESK.missing_money_order == ("technical", "security")
    assert DESK.hotline == "8 (800) 707 77 59"
    assert DESK.complaint_needs == ("truthful information", "full name", "contacts")
    assert "verified data" in DESK.cannot_help_if


@pytest.mark.parametrize(
    ("topic", "route"),
    [
        ("потерял пароль", "technical"),
        ("не открывается страница", "technical"),
        ("страница не открывается", "technical"),
        ("дополнительная идентификация", "technical"),
        ("форма зависла", "technical"),
        ("данные не загружаются", "technical"),
        ("карта не привязывается", "technical"),
        ("ошибка в реквизитах получателя", "technical"),
        ("отправил не тому", "technical"),
        ("не приходят уведомления", "technical"),
        ("не приходят смс", "technical"),
        ("платеж не прошел", "technical"),
        ("перевод", "technical"),
        ("пополнение", "technical"),
        ("page will not open", "technical"),
        ("password", "technical"),
        ("card", "technical"),
        ("кошелек заблокирован", "security"),
        ("заблокировали карту", "security"),
        ("разблокировать счет", "security"),
        ("my account is blocked", "security"),
        ("card blocked", "security"),
        ("сработала защита и платеж отклонен", "security"),
        ("я не совершал эту операцию", "security"),
        ("платеж не мой", "security"),
        ("это не я перевел", "security"),
        ("i did not make this payment", "security"),
        ("взломали кошелек", "security"),
        ("мошенники", "security"),
        ("украли деньги", "security"),
        ("fraud", "security"),
        ("деньги не нашли", "security"),
        ("терминал", "terminals"),
        ("терминал не выдал чек", "terminals"),
        ("terminal ate my money", "terminals"),
        ("деньги не пришли", "missing_money"),
        ("пропали деньги", "missing_money"),
        ("где мои деньги", "missing_money"),
        ("операция прошла а денег нет", "missing_money"),
        ("money missing", "missing_money"),
        ("where is my money", "missing_money"),
        ("жалоба", "complaint"),
        ("хочу пожаловаться", "complaint"),
        ("complaint", "complaint"),
        ("погода", None),
        ("weather", None),
        ("", None),
        ("картошка", None),
        ("форт", None),
        ("kiosco", None),
    ],
)
def test_topics(topic: str, route: str | None) -> None:
    """What people write in either language leads to the right department, and other words to none."""
    assert DESK.route(topic) == route


@given(st.text(max_size=500))
@example("\ud800")
@example(" ")
def test_any_topic_leads_somewhere_or_nowhere(topic: str) -> None:
    """No topic raises, and each leads to a route for which there is a reply."""
    assert DESK.route(topic) in {*ROUTES, None}


@pytest.mark.parametrize(
    ("clock", "wait"),
    [
        ("2026-11-23 00:00", Wait.QUIET),  # Monday
        ("2026-11-23 11:59", Wait.QUIET),
        ("2026-11-23 12:00", Wait.USUAL),
        ("2026-11-23 18:59", Wait.USUAL),
        ("2026-11-23 19:00", Wait.BUSY),
        ("2026-11-23 23:59", Wait.BUSY),
        ("2026-11-24 12:00", Wait.QUIET),  # Tuesday
        ("2026-11-24 18:59", Wait.QUIET),
        ("2026-11-24 19:00", Wait.BUSY),
        ("2026-11-25 12:00", Wait.USUAL),
        ("2026-11-27 11:59", Wait.QUIET),  # Friday
        ("2026-11-27 12:00", Wait.USUAL),
        ("2026-11-28 00:00", Wait.BUSY),  # Saturday
        ("2026-11-28 09:00", Wait.BUSY),
        ("2026-11-29 09:59", Wait.QUIET),  # Sunday
        ("2026-11-29 10:00", Wait.USUAL),
        ("2026-11-29 19:00", Wait.BUSY),
    ],
)
def test_when_to_call(clock: str, wait: Wait) -> None:
    """Early on working days and Sundays, and on Tuesdays, it is quiet; after 19:00 and on Saturdays it is busy."""
    assert DESK.wait(at(clock)) == wait


def test_hours_are_those_of_moscow() -> None:
    """Monday 21:30 UTC is already quiet Tuesday in Moscow; Friday 21:00 UTC is busy Saturday."""
    monday = at("2026-11-23 00:00")
    assert DESK.wait(monday + 24 * HOUR - 1) == Wait.BUSY
    assert DESK.wait(monday + 24 * HOUR) == Wait.QUIET
    assert DESK.wait(at("2026-11-27 23:59")) == Wait.BUSY


@given(st.integers(1_420_000_000_000_000, 4_000_000_000_000_000))
@example(NOON)
def test_the_week_repeats(moment: int) -> None:
    """A week later the advice is the same: nothing but the day of the week and the clock counts."""
    assert DESK.wait(moment) == DESK.wait(moment + 7 * 24 * HOUR)
