"""Probabilities and weights once the round knows which cases were issued (docs/methods.md, section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.arguments import by_text, check_table, whole_number
from sampling.numbers import FloatArray, IntArray
from sampling.selection.plan import Strata, strata_of
from sampling.tables import DRAWN

_EQUAL = 1e-9


def after_release(drawn: pd.DataFrame, allocation: pd.DataFrame, issued: Mapping[str, int]) -> pd.DataFrame:
    """The Drawn table with final probabilities: in stratum h the first m_h cases in draw order were issued.

    allocation: that of the last stage; issued: m_h by its stratum_id, 0 <= m_h <= n_h + r_h, for every stratum that was
    drawn from. Of an issued case pi = m/N (srs) or p_k(n + r) (m - c)/(n + r - c) (pps; 1 if certain), times the
    inclusion probability of its parent, weight 1/pi; the other cases of the stage have neither. Rows of upper stages
    and `planned_inclusion_prob` stay. c counts the certain units.
    Raises DesignError `draw.issued` (m_h absent, out of range, fewer than c), `draw.issued_stratum` (unknown stratum),
    DataError of a table, DesignError `arguments.table`.

    >>> import pandas as pd
    >>> from sampling import allocate, draw
    >>> frame = pd.DataFrame({"frame_unit_id": list("abcdef"), "stratum_id": "s", "psu_id": list("abcdef")})
    >>> strata = pd.DataFrame({"stratum_id": ["s"], "pop_size": [6]})
    >>> allocation = allocate(strata, 2, "proportional", reserve_share=0.5)
    >>> drawn = draw(frame, allocation, seed="5eed" * 16)  # 2 cases and 1 in reserve, which is then released
    >>> after_release(drawn, allocation, {"s": 3})["design_weight"].tolist()
    [2.0, 2.0, 2.0]
    """
    check_table("drawn", drawn)
    check_table("allocation", allocation)
    rows = DRAWN.check(drawn)
    last = (rows["stage"] == rows["stage"].max()).to_numpy()
    final = rows[last].reset_index(drop=True)
    strata = strata_of(allocation)
    code = pd.Index(strata.ids).get_indexer(final["stratum_id"])
    if (code < 0).any():
        raise DesignError("draw.issued_stratum", where=str(final.loc[code < 0, "stratum_id"].iloc[0]))
    certain = np.bincount(code[final["is_certain"]], minlength=len(strata.ids))
    number = _issued(strata, certain, by_text("issued", issued), np.unique(code))
    above = _above(rows, final)
    left, planned_left = (number - certain)[code], (strata.main - certain)[code]
    # planned = p_k(n + r) (n - c)/(n + r - c), so the factor (m - c)/(n - c) leads to the released probability
    planned = final["planned_inclusion_prob"].to_numpy() / above
    equal = planned_left / (strata.pop - certain)[code].clip(1)
    is_equal = np.abs(planned - equal) <= _EQUAL * equal  # then (m - c)/(N - c), without a rounding on the way
    factor = np.where(is_equal, left / (strata.pop - certain)[code].clip(1), planned * left / planned_left.clip(1))
    prob = np.where(final["is_certain"], 1.0, factor)
    prob = np.where(final["draw_order"] <= number[code], prob, np.nan)
    changed = final.assign(conditional_prob=prob, inclusion_prob=prob * above, design_weight=1 / (prob * above))
    return DRAWN.check(pd.concat([rows[~last], changed], ignore_index=True))


def _issued(strata: Strata, certain: IntArray, issued: Mapping[str, Any], drawn_from: IntArray) -> IntArray:
    """m by stratum; strata that were not drawn from (parents not drawn) count 0."""
    unknown = sorted(set(issued) - set(strata.ids))
    if unknown:
        raise DesignError("draw.issued_stratum", where=unknown[0])
    number = np.zeros(len(strata.ids), dtype=np.int64)
    for code in drawn_from:
        stratum_id = strata.ids[code]
        low, high = int(certain[code]), int(strata.take[code])
        given = issued.get(stratum_id)
        n_issued = None if given is None else whole_number(f"issued, {stratum_id}", given)
        if n_issued is None or not low <= n_issued <= high:
            raise DesignError(
                "draw.issued", where=stratum_id, got="" if n_issued is None else n_issued, expected=f"{low}..{high}"
            )
        number[code] = n_issued
    return number


def _above(rows: pd.DataFrame, final: pd.DataFrame) -> FloatArray:
    """Inclusion probability of the parent; 1 in a one-stage draw."""
    if (final["stage"] == 1).all():
        return np.ones(len(final))
    upper = rows.set_index("frame_unit_id")["inclusion_prob"]
    return upper.loc[final["stratum_id"]].to_numpy(dtype=np.float64)
