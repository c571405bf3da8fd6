"""What runs on what match: every cell of the table of policy, and its examples."""

from __future__ import annotations

import pytest

from commands.parsing import MatchKind, Parser, Suggest, Understood
from tests.commands.parsing.brief import brief

X, C, W, L, A = MatchKind.EXACT, MatchKind.CASE, MatchKind.WIDTH, MatchKind.LOOK_ALIKE, MatchKind.ALIAS
LAYOUT, EDIT, EXTRA = MatchKind.LAYOUT, MatchKind.ONE_EDIT, MatchKind.EXTRA_WORDS

CELLS = [
    # HELP and SUPPORT run whatever the match
    ("help", X, "run help"),
    ("Help", C, "run help"),
    ("ｈｅｌｐ", W, "run help"),
    ("НЕLР", L, "run help"),
    ("инфо", A, "run help"),
    ("рудз", LAYOUT, "run help"),
    ("помошь", EDIT, "run help"),
    ("i need help now", EXTRA, "run help"),
    ("SUPPORT", X, "run support"),
    ("suPPort", C, "run support"),
    ("ｓｕｐｐｏｒｔ", W, "run support"),
    ("SUPPОRТ", L, "run support"),
    ("оператор", A, "run support"),
    ("gjllth;rf", LAYOUT, "run support"),
    ("suport", EDIT, "run support"),
    ("support1", EDIT, "run support"),
    ("support operator", EXTRA, "run support"),
    ("support card", X, "run support card"),
    ("нужна поддержка", EXTRA, "run support"),
    # BALANCE with extra words only if it leads
    ("баланс", X, "run balance"),
    ("Баланс", C, "run balance"),
    ("ＢＡＬＡＮＣＥ", W, "run balance"),
    ("𝐁𝐀𝐋𝐀𝐍𝐂𝐄", W, "run balance"),
    ("ВАLАNСЕ", L, "run balance"),
    ("БАЛAHC", L, "run balance"),
    ("остаток", A, "run balance"),
    (",fkfyc", LAYOUT, "run balance"),
    ("balnce", EDIT, "run balance"),
    ("balance now please", EXTRA, "run balance"),
    ("hello, balance", EXTRA, "run balance"),
    ("what is the balance", EXTRA, "suggest balance"),
    # CONFIRM on
    ("confirm 1", X, "run confirm on"),
    ("Confirm On", C, "run confirm on"),
    ("ＣＯＮＦＩＲＭ　１", W, "run confirm on"),
    ("СОNFIRМ 1", L, "run confirm on"),
    ("подтвердить 1", A, "run confirm on"),
    ("сщташкь 1", LAYOUT, "run confirm on"),
    ("сщташкь щт", LAYOUT, "run confirm on"),
    ("confrim 1", EDIT, "suggest confirm on"),
    ("confirm 1 please", EXTRA, "suggest confirm on"),
    # CONFIRM alone
    ("confirm", X, "run confirm status"),
    ("СОNFIRМ", L, "run confirm status"),
    ("сщташкь", LAYOUT, "run confirm status"),
    ("cofirm", EDIT, "suggest confirm status"),
    ("please confirm", EXTRA, "suggest confirm status"),
    # CONFIRM off: what is done about it is the wallet's policy
    ("confirm 0", X, "run confirm off"),
    ("подтвердить выкл", A, "run confirm off"),
    ("сщташкь щаа", LAYOUT, "run confirm off"),
    ("comfirm off", EDIT, "suggest confirm off"),
    ("confirm off today", EXTRA, "suggest confirm off"),
    # PIN as a whole message only
    ("pin", X, "run pin"),
    ("Pin", C, "run pin"),
    ("ｐｉｎ", W, "run pin"),
    ("РIN", L, "run pin"),
    ("пинкод", A, "run pin"),
    ("gby", LAYOUT, "run pin"),
    ("pinkode", EDIT, "suggest pin"),
    ("my pin", EXTRA, "suggest pin"),
    ("gby 1", EXTRA, "suggest pin"),
    # a payment code
    ("482193", X, "run code 482193"),
    ("４８２１９３", W, "run code 482193"),
    ("my code is 482193", EXTRA, "suggest code 482193"),
    # two columns at once: the stricter cell
    ("fkfyc", EDIT, "run balance"),
    ("fkfyc,", EDIT, "run balance"),
    (";fkfyc", EDIT, "run balance"),
    ("alance rest", EXTRA, "run balance"),
    ("gbyrjk", EDIT, "suggest pin"),
    ("сщташк 1", EDIT, "suggest confirm on"),
    ("я pinkode", EXTRA, "suggest pin"),
]


@pytest.mark.parametrize(("text", "kind", "expected"), CELLS)
def test_each_cell_of_the_policy(parser: Parser, text: str, kind: MatchKind, expected: str) -> None:
    """The command, the way it was recognised and what may be done about it, for each cell."""
    outcome = parser.classify(text)
    assert brief(outcome) == expected
    assert isinstance(outcome, Understood | Suggest)
    assert outcome.match is kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("confirm l", "ask confirm"),
        ("confirm I", "ask confirm"),
        ("confirm О", "ask confirm"),
        ("confirm 10", "ask confirm"),
        ("confirm on off", "ask confirm"),
        ("٤٨٢١٩٣", "nothing"),
        ("48219", "nothing"),
        ("4821933", "nothing"),
    ],
)
def test_what_is_asked_and_what_is_nothing(parser: Parser, text: str, expected: str) -> None:
    """An argument that may be a slip is asked about; wrong numbers of digits are no code."""
    assert brief(parser.classify(text)) == expected
