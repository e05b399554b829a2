"""Vietnamese code pages and the signs that a file was decoded with the wrong one.

Cells of a file that is not UTF-8 are read byte by byte as Latin-1 and decoded here, because native readers shift
letters of code page 1258. TCVN3 (ABC fonts) and VNI follow the published letter tables; capitals typed in a TCVN3
capital font come back as small letters, since the bytes are the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

_TCVN3_FROM_A1 = (
    "ĂÂÊÔƠƯĐăâêôơưđẰ\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịò"
    "ỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
)
_TCVN3: Mapping[int, str] = {0xA1 + i: letter for i, letter in enumerate(_TCVN3_FROM_A1)}

_TONES = dict(zip("øùûõï", "\u0300\u0301\u0309\u0303\u0323", strict=True))
_CIRCUMFLEX = dict(zip("âàáåãä", ["", *_TONES.values()], strict=True))
_BREVE = dict(zip("êèéúüë", ["", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323"], strict=True))
_VNI_SINGLE = dict(zip("ñìíæóòîôö", "đìíỉĩịỵơư", strict=True))


def _vni_pairs() -> dict[str, str]:
    """Letter for each VNI sequence: base letter + mark of tone and hat; a capital base takes a mark of either case."""
    pairs = {base + mark: base + tone for base in "aeouy" for mark, tone in _TONES.items()}
    pairs |= {vni + mark: letter + tone for vni, letter in (("ô", "ơ"), ("ö", "ư")) for mark, tone in _TONES.items()}
    pairs |= {base + mark: base + "\u0302" + tone for base in "aeo" for mark, tone in _CIRCUMFLEX.items()}
    pairs |= {"a" + mark: "a\u0306" + tone for mark, tone in _BREVE.items()}
    capitals = {vni[0].upper() + vni[1]: text.upper() for vni, text in pairs.items()}
    capitals |= {vni.upper(): text.upper() for vni, text in pairs.items()}
    singles = _VNI_SINGLE | {vni.upper(): text.upper() for vni, text in _VNI_SINGLE.items()}
    return pairs | capitals | singles


_VNI = _vni_pairs()
_VNI_PATTERN = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))


def _python_codec(codec: str) -> Callable[[str], str]:
    return lambda text: text.encode("latin-1").decode(codec, "replace")


_DECODERS: Mapping[str, Callable[[str], str]] = {
    "cp1258": _python_codec("cp1258"),
    "cp1252": _python_codec("cp1252"),
    "latin-1": lambda text: text,
    "ascii": _python_codec("ascii"),
    "tcvn3": lambda text: text.translate(_TCVN3),
    "vni": lambda text: _VNI_PATTERN.sub(lambda hit: _VNI[hit.group()], text),
}
CODE_PAGES: tuple[str, ...] = ("utf-8", *_DECODERS)
FONT_PAGES = ("tcvn3", "vni")  # also met in UTF-8 files: letters of a font, saved as signs of Latin-1
_VIETNAMESE_ONLY = re.compile("[ĂăĐđĨĩŨũƠơƯưẠ-ỹ]")
_ALIASES = {
    "utf8": "utf-8",
    "65001": "utf-8",
    "1258": "cp1258",
    "windows-1258": "cp1258",
    "1252": "cp1252",
    "windows-1252": "cp1252",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "us-ascii": "ascii",
    "tcvn": "tcvn3",
    "abc": "tcvn3",
}


def code_page_name(name: str) -> str:
    """Canonical name of a code page, "" when it is none of `CODE_PAGES`."""
    plain = name.strip().lower().replace("_", "-")
    plain = _ALIASES.get(plain, plain)
    return plain if plain in CODE_PAGES else ""


def decoder(code_page: str) -> Callable[[str], str] | None:
    """Function from text read as Latin-1 to real text, None for UTF-8. A byte without a letter becomes U+FFFD."""
    return _DECODERS.get(code_page)


def has_vietnamese(text: str) -> bool:
    """Whether there are letters that only real Vietnamese text has: such text needs no decoding."""
    return _VIETNAMESE_ONLY.search(text) is not None


_VOWELS = "aăâeêioôơuưy"
_TONE_MARKS = ("\u0300", "\u0301", "\u0309", "\u0303", "\u0323")
_TONED = frozenset(unicodedata.normalize("NFC", vowel + tone) for vowel in _VOWELS for tone in _TONE_MARKS)
_SPECIAL_VOWELS = _TONED | frozenset("ăâêôơư")
_NEVER_BEFORE_MARKED = _SPECIAL_VOWELS | {"a", "e"}
_HORN_O = frozenset("ơờớởỡợ")
# Letters of Ê Đê, Gia Rai, Ba Na names: not of the Vietnamese alphabet, never a reason to refuse.
_MINORITY = frozenset("čĕĭñŏŭƀ")
_FAMILIAR = _SPECIAL_VOWELS | _MINORITY | {"đ"}
_WORD = re.compile(r"[A-Za-z¡-±´-ɏḀ-ỿ]+")
_SHARE_OF_WRONG_WORDS = 0.2


def foreign_words(texts: Iterable[str]) -> set[str]:
    """Words with a letter or sign outside ASCII, from NFC texts; signs that stand alone are no words."""
    words = {word for text in texts for word in _WORD.findall(text) if not word.isascii()}
    return {word for word in words if any(map(str.isalpha, word))}


def is_mojibake(words: set[str]) -> bool:
    """Whether `foreign_words` of a whole file look decoded with the wrong code page.

    True when at least two, and a fifth, of the words could not be Vietnamese: a sign or letter Vietnamese never
    uses, two tone marks in one syllable, a marked vowel after another (other than ươ), a or e, a capital inside a word.
    Judged per file: single foreign or minority words are no proof.
    """
    wrong = sum(map(_cannot_be_vietnamese, words))
    return wrong >= 2 and wrong >= _SHARE_OF_WRONG_WORDS * len(words)


def _cannot_be_vietnamese(word: str) -> bool:
    lower = word.lower()
    if any(not letter.isascii() and letter not in _FAMILIAR for letter in lower):
        return True
    if sum(letter in _TONED for letter in lower) > 1:
        return True
    side_by_side = any(
        a in _NEVER_BEFORE_MARKED and b in _SPECIAL_VOWELS and not (a == "ư" and b in _HORN_O)
        for a, b in pairwise(lower)
    )
    return side_by_side or not (word.islower() or word.isupper() or word.istitle())
