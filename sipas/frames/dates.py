"""Days of events as text: ISO always, d/m/y only when the round says that its lists are written so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

_ISO = r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?:T\d{2}:\d{2}(?::\d{2})?)?"
_CLOCK = r"\d{1,2}[:hg]\d{2}(?::\d{2})?"
_DMY = rf"(?:{_CLOCK}\s+)?(?P<d>\d{{1,2}})[/.-](?P<m>\d{{1,2}})[/.-](?P<y>\d{{4}})(?:\s+{_CLOCK})?"
_ENOUGH = 5  # days of each form before their pattern says anything
_MONTHS = 12


@dataclass(frozen=True, eq=False)
class Days:
    """days: ISO text, "" where there is none. is_bad: no day at all. is_dmy: written d/m/y though the round does not
    say so. n_swapped: days that the workbook has turned round (see `read_days`), 0 when there is no sign of it."""

    days: pd.Series
    is_bad: pd.Series
    is_dmy: pd.Series
    n_swapped: int


def read_days(cells: pd.Series, date_format: str) -> Days:
    """Days of a column of text; a time of day beside them is dropped.

    Excel with American settings turns 05/07/2026 into 7 May and leaves 25/07/2026 as text. So when d/m/y is expected
    and every text has a day above 12 while every typed day is 12 or less (at least five of each), nothing is believed.
    """
    codes, distinct = pd.factorize(cells)
    texts = pd.Series(distinct, dtype="str")
    iso, dmy = _parsed(texts, _ISO), _parsed(texts, _DMY)
    is_dmy = (dmy != "").to_numpy()
    days = dmy.where(is_dmy, iso).to_numpy(dtype=object) if date_format == "d/m/y" else iso.to_numpy(dtype=object)
    cell_days = pd.Series(days[codes], index=cells.index, dtype="str")
    written_dmy = pd.Series(is_dmy[codes], index=cells.index)
    n_swapped = _n_swapped(cell_days, written_dmy) if date_format == "d/m/y" else 0
    is_undeclared = written_dmy & (cell_days == "")
    return Days(cell_days, (cell_days == "") & ~is_undeclared, is_undeclared, n_swapped)


def _parsed(texts: pd.Series, pattern: str) -> pd.Series:
    """ISO days of the texts that have the pattern and are days of the calendar, else ""."""
    parts = texts.str.extract(f"^{pattern}$")
    joined = parts["y"] + "-" + parts["m"].str.zfill(2) + "-" + parts["d"].str.zfill(2)
    is_day = pd.to_datetime(joined, format="%Y-%m-%d", errors="coerce").notna()
    return joined.where(is_day, "").fillna("").astype("str")


def _n_swapped(days: pd.Series, written_dmy: pd.Series) -> int:
    is_read = days != ""
    number = pd.to_numeric(days[is_read].str[8:10]).to_numpy(dtype=np.int64)
    is_text = written_dmy[is_read].to_numpy()
    n_text, n_typed = int(is_text.sum()), int((~is_text).sum())
    if min(n_text, n_typed) < _ENOUGH:
        return 0
    is_pattern = bool((number[is_text] > _MONTHS).all() and (number[~is_text] <= _MONTHS).all())
    return n_typed if is_pattern else 0
