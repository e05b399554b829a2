"""Numbers, days and times as a Vietnamese or an English reader writes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from errors.templates import Language
from sipas.cells.days import VIETNAM

Number = Decimal | float | int

_HUNDREDTH: Final = Decimal("0.01")
_SEPARATORS: Final[Mapping[Language, tuple[str, str]]] = {"vi": (".", ","), "en": (",", ".")}


def is_absent(value: object) -> bool:
    """True for None and NaN, the two ways a frame says "no value"."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def format_number(value: Number | None, decimals: int | None = None, lang: Language = "vi") -> str:
    """`value` with `decimals` places, half up; vi: `1.234,50`, en: `1,234.50`; "" where absent.

    Without `decimals` all the places it has and no idle zeros. Rounds the shortest decimal text of a float, so that
    0.125 gives 0,13.
    """
    if value is None or is_absent(value):
        return ""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if decimals is None:
        shown = f"{exact:,f}"
        shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    else:
        shown = f"{exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP):,.{decimals}f}"
    if not shown.strip("-0."):
        shown = shown.lstrip("-")
    thousands, point = _SEPARATORS[lang]
    return shown.translate({ord(","): thousands, ord("."): point})


def format_plain(value: Number, lang: Language = "vi") -> str:
    """A number in running text, with at most two places and no idle zeros: 10 -> `10`, 2.50 -> `2,5`."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return format_number(exact.quantize(_HUNDREDTH, rounding=ROUND_HALF_UP), None, lang)


def format_count(value: int | None, lang: Language = "vi") -> str:
    """A whole number with separators of thousands: `12.000`."""
    return format_number(value, 0, lang)


def format_day(iso: str, lang: Language = "vi") -> str:
    """`2026-03-01` -> `01/03/2026` (en: as it is, since d/m would be read as m/d); anything else as it is."""
    day = iso[:10]
    parts = day.split("-")
    if len(parts) != 3:
        return iso
    return "/".join(reversed(parts)) if lang == "vi" else day


def format_time(utc: str, lang: Language = "vi") -> str:
    """A moment in UTC or with an offset on the clock of Viet Nam: `01/03/2026, 09:03` (en: `2026-03-01 09:03`)."""
    local = datetime.fromisoformat(utc.replace("Z", "+00:00")).astimezone(VIETNAM)
    return f"{local:%d/%m/%Y, %H:%M}" if lang == "vi" else f"{local:%Y-%m-%d %H:%M}"


def capitalised(words: str) -> str:
    """The same with a capital letter at its start, for a word that begins a cell or a sentence."""
    return words[:1].upper() + words[1:]
