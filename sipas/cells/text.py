"""Text of people's tables: clean, and as it is compared."""

from __future__ import annotations

import re
import unicodedata

# No-break spaces to a blank; ETH, which looks like the Vietnamese letter D with stroke, to that letter.
LOOK_ALIKES = str.maketrans({"\u00a0": " ", "\u2007": " ", "\u202f": " ", "\u00d0": "Đ", "\u00f0": "đ"})
# Controls, soft hyphen, zero-width and bidirectional marks, tags; U+FFFD stands for a letter that is already lost.
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffd\U000e0000-\U000e007f]"
)


def clean_text(text: str) -> str:
    """NFC text with plain blanks and the Vietnamese Đ/đ for ETH."""
    return unicodedata.normalize("NFC", text.translate(LOOK_ALIKES))


def folded(text: str, *, blanks: str = "") -> str:
    """Text as it is compared: clean, case folded, one blank between words. blanks: signs that stand for a blank."""
    clean = clean_text(text)
    for sign in blanks:
        clean = clean.replace(sign, " ")
    return unicodedata.normalize("NFC", " ".join(clean.split()).casefold())


def says_something(text: str) -> bool:
    """False for a blank reason and for one of marks alone, such as the "..." of a manual."""
    return any(character.isalnum() for character in text)
