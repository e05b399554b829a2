"""Numbers that name a row or a person: two that only look different would become two cases of one."""

from __future__ import annotations

import unicodedata

import pandas as pd

_DASHES = "[\u2010-\u2015\u2212]"


def similar_ids(cells: pd.Series) -> pd.Series:
    """True for every row whose id differs from another one only by form.

    Form: capitals, blanks inside, Unicode compatibility forms (full-width digits), kinds of dash, leading zeros of a
    number. Equal ids are not similar but the same.
    """
    distinct = cells[cells != ""].drop_duplicates()
    folded = folded_ids(distinct)
    alike = distinct[folded.duplicated(keep=False)]
    return cells.isin(set(alike)) if len(alike) else pd.Series(False, index=cells.index)


def folded_ids(ids: pd.Series) -> pd.Series:
    """Ids without what `similar_ids` calls form."""
    is_ascii = ids.map(str.isascii).astype(bool)
    plain = ids.copy()
    plain[~is_ascii] = ids[~is_ascii].map(lambda id_: unicodedata.normalize("NFKC", id_).casefold()).astype("str")
    plain = plain.str.lower().str.replace(_DASHES, "-", regex=True).str.replace(r"\s+", "", regex=True)
    is_number = plain.str.fullmatch("[0-9]+")
    return plain.where(~is_number, plain.str.lstrip("0"))
