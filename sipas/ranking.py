"""Ranks and classes inside one unit group. Best = 1; ties as the rulebook says; equal only when exactly equal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

import pandas as pd

from errors import DataError
from sampling.tables import Column, Table
from sipas.parindex import PAR_RESULT
from sipas.rulebook import RankClass, Rulebook

RANKED: Final = Table(
    PAR_RESULT.name,
    PAR_RESULT.key,
    (*PAR_RESULT.columns, Column("rank", "int"), Column("class_code", "text"), Column("class_name_vi", "text")),
)


def rank(result: pd.DataFrame, rulebook: Rulebook) -> pd.DataFrame:
    """PAR_RESULT with rank, class_code, class_name_vi (RANKED), for the units of this rulebook.

    rank_on `index_unrounded`: exact fractions (points + bonus - penalty) / applicable_max, no places cut;
    `index_rounded`: the index as shown. ties `competition` 1, 1, 3 or `dense` 1, 1, 2.
    The class comes from the index as shown, so a page never shows 90.00 in the class below 90; rounding keeps order,
    so no unit has a better class than one ranked above it. The last class also holds an index below 0.
    Raises DataError `ranking.other_rulebook` when rows of another rulebook are among them: groups are never mixed.
    """
    if not result["rulebook_id"].eq(rulebook.id).all():
        got = ", ".join(sorted(set(result["rulebook_id"]) - {rulebook.id}))
        raise DataError("ranking.other_rulebook", got=got, expected=rulebook.id)
    shown = list(result["index_shown"])
    scores = [Fraction(value) for value in shown] if rulebook.rank_on == "index_rounded" else _exact_scores(result)
    classes = [class_of(value, rulebook.classes) for value in shown]
    ranked = result.assign(
        rank=ranks(scores, ties=rulebook.ties),
        class_code=pd.Series([rank_class.class_code for rank_class in classes], index=result.index, dtype="str"),
        class_name_vi=pd.Series([rank_class.name_vi for rank_class in classes], index=result.index, dtype="str"),
    )
    return RANKED.check(ranked)


def ranks(scores: Sequence[Fraction], *, ties: str) -> list[int]:
    """Rank of each score, highest = 1. `competition`: 1 + how many are higher; `dense`: 1 + how many values are."""
    rank_of: dict[Fraction, int] = {}
    for place, score in enumerate(sorted(scores, reverse=True), start=1):
        if score not in rank_of:
            rank_of[score] = place if ties == "competition" else len(rank_of) + 1
    return [rank_of[score] for score in scores]


def class_of(index_shown: Decimal, classes: Sequence[RankClass]) -> RankClass:
    """The first class (from the top) whose lower bound the value reaches; bounds are inclusive."""
    return next((rank_class for rank_class in classes if index_shown >= rank_class.from_pct), classes[-1])


def _exact_scores(result: pd.DataFrame) -> list[Fraction]:
    """100 (P + B - D) / M without the factor 100, which changes no order."""
    parts = zip(result["points"], result["bonus"], result["penalty"], result["applicable_max"], strict=True)
    return [Fraction(points + bonus - penalty) / Fraction(top) for points, bonus, penalty, top in parts]
