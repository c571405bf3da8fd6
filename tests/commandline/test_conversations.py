"""The format of the golden conversations."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.commandline.conversations import ConversationError, Turn, built_in, read_conversation

_TEXT = """# The balance, in Russian

79991110001 > Баланс
@ data_coding 8, segments 1
79991110001 < Баланс: 1 234,50 руб. < это всё
# Long ones too
@ method udh16, segments 2
79991110001 > a\\nb\\\\n
"""


def test_a_conversation_is_read_turn_by_turn() -> None:
    """Every line becomes a turn with its line number; what stands before a line with @ belongs to that line alone."""
    conversation = read_conversation("balance", _TEXT)
    assert (conversation.name, conversation.title) == ("balance", "The balance, in Russian")
    assert conversation.turns == (
        Turn(3, "sent", "79991110001", "Баланс"),
        Turn(5, "expected", "79991110001", "Баланс: 1 234,50 руб. < это всё", data_coding=8, segments=1),
        Turn(8, "sent", "79991110001", "a\nb\\n", segments=2, method="udh16", note="Long ones too"),
    )


def test_every_fault_is_told_with_its_line() -> None:
    """A file of many slips is mended in one go."""
    with pytest.raises(ConversationError) as caught:
        read_conversation("bad", "79991110001 = x\n@ colour red, segments 2\n79991110001 >\n79991110001 > fine\n")
    assert str(caught.value).splitlines() == [
        "bad.txt: line 1: expected NUMBER > TEXT or NUMBER < TEXT",
        "bad.txt: line 2: 'colour red' says nothing about how a text travels",
        "bad.txt: line 3: expected NUMBER > TEXT or NUMBER < TEXT",
    ]


@pytest.mark.parametrize("text", ["", "# only a title\n\n"])
def test_a_conversation_in_which_nobody_speaks_is_a_fault(text: str) -> None:
    """An empty file would always pass."""
    with pytest.raises(ConversationError, match="nobody says anything"):
        read_conversation("empty", text)


@given(
    st.text(
        st.characters(exclude_characters="\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", exclude_categories=["Cs"]), min_size=1
    )
)
@example("a\\nb\n\\")
def test_any_text_can_be_spelled(text: str) -> None:
    """With its two escapes the format holds every text."""
    spelled = text.replace("\\", "\\\\").replace("\n", "\\n")
    (turn,) = read_conversation("any", f"7 > {spelled}").turns
    assert turn.text == text


def test_the_built_in_conversations_show_what_the_readme_promises() -> None:
    """Both languages, the three commands, HELP, a typo, a long text in segments, a blocked and an unknown number."""
    conversations = built_in()
    turns = [turn for conversation in conversations for turn in conversation.turns]
    sent = {turn.text.upper() for turn in turns if turn.direction == "sent"}
    assert {"BALANCE", "БАЛАНС", "PIN", "CONFIRM 1", "CONFIRM ON", "HELP", "ПОМОЩЬ"} <= sent
    assert any((turn.segments or 0) > 1 for turn in turns if turn.direction == "sent")
    subscribers = {turn.subscriber for turn in turns}
    assert "79991110003" in subscribers, "the blocked one"
    assert any(not subscriber.startswith("7999111000") for subscriber in subscribers), "an unknown one"
    assert all(conversation.turns[-1].direction == "expected" for conversation in conversations)
    assert len({conversation.name for conversation in conversations}) == len(conversations)
