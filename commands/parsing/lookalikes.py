"""Letters of Latin, Cyrillic and Greek that look the same.

How this works: a word is compared by its skeleton (UTS #39 §4), made from UPPER CASE letters because more of them look
alike: В and B do, в and b do not. The skeleton replaces every letter of a class by one of them, which is the same as to
project a word to Latin and to Cyrillic and compare both, in one pass: two words have one skeleton exactly if they
differ only in letters that look alike. İ and other letters with marks are not in the table.
"""

# Column by column, the same shape.
LATIN = "ABCEHIKMOPSTXY"
CYRILLIC = "АВСЕНІКМОРЅТХУ"
GREEK_AS_LATIN = ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX")
GREEK_AS_CYRILLIC = ("ΓΠΦ", "ГПФ")

_SKELETON = str.maketrans(
    CYRILLIC + GREEK_AS_LATIN[0] + GREEK_AS_CYRILLIC[0],
    LATIN + GREEK_AS_LATIN[1] + GREEK_AS_CYRILLIC[1],
)


def skeleton(upper: str) -> str:
    """The skeleton of a word in upper case."""
    return upper if upper.isascii() else upper.translate(_SKELETON)
