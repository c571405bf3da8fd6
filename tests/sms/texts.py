"""Texts as messages have them: short ones, long ones, and ones made to be cut in a bad place."""

from hypothesis import strategies as st

from gateway.sms import gsm0338
from gateway.sms.alphabets import Alphabet

GSM_MAIN = gsm0338.MAIN_TABLE.replace("\x1b", "")
GSM_EXTENSION = "".join(gsm0338.EXTENSION_TABLE.values())

_UNICODE = st.one_of(
    st.characters(exclude_categories=("Cs",)),
    st.sampled_from("БАЛАНСй€😀👨👩\u200d\u0301\u20dd\ufe0f\U0001f3fd\ufeff "),
)
_CHARACTERS = {
    Alphabet.GSM0338: st.one_of(st.sampled_from(GSM_MAIN), st.sampled_from(GSM_EXTENSION)),
    Alphabet.LATIN1: st.characters(max_codepoint=0xFF),
    Alphabet.ASCII: st.characters(max_codepoint=0x7F),
    Alphabet.UCS2: _UNICODE,
    Alphabet.ISO8859_5: st.sampled_from(bytes(range(256)).decode("iso8859-5")),
}
_CHARACTERS[Alphabet.GSM0338_PACKED] = _CHARACTERS[Alphabet.GSM0338]

TEXT_ALPHABETS = [alphabet for alphabet in Alphabet if alphabet is not Alphabet.OCTETS]


def texts(alphabet: Alphabet, max_size: int | None = 40) -> st.SearchStrategy[str]:
    """Short texts of characters that the alphabet has."""
    return st.text(_CHARACTERS[alphabet], max_size=max_size)


def long_texts(alphabet: Alphabet) -> st.SearchStrategy[str]:
    """Texts of up to some ten segments: a beginning to shift what follows, and something repeated."""
    return st.builds(
        lambda beginning, repeated, times, end: beginning + repeated * times + end,
        texts(alphabet, 12),
        texts(alphabet, 6),
        st.integers(0, 250),
        texts(alphabet, 12),
    )


def in_an_alphabet(make: object = texts) -> st.SearchStrategy[tuple[Alphabet, str]]:
    """An alphabet and a text that it carries."""
    assert callable(make)
    return st.sampled_from(TEXT_ALPHABETS).flatmap(lambda alphabet: st.tuples(st.just(alphabet), make(alphabet)))


def padded_alike(text: str, alphabet: Alphabet) -> set[str]:
    """What `text` may be after a journey: packed septets may gain a CR after a last CR (TS 23.038 §6.1.2.3.1)."""
    if alphabet is Alphabet.GSM0338_PACKED and text.endswith("\r"):
        return {text, text + "\r"}
    return {text}
