"""Ranks and classes: ties in both modes, exact comparison, own maxima, class bounds."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import DataError
from sipas.ranking import RANKED, class_of, rank, ranks
from sipas.rulebook import Rulebook, load_rulebook
from sipas.scoring import round_points

EXAMPLES = Path(__file__).parents[2] / "data" / "rulebooks" / "made-up-gia-dinh"
D = Decimal


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook(EXAMPLES / "2026-so")


def result(rulebook: Rulebook, rows: dict[str, tuple[str, str]]) -> pd.DataFrame:
    """PAR_RESULT of units given as total and own maximum."""
    records = []
    for unit_id, (total, top) in rows.items():
        index = 100 * D(total) / D(top)
        records.append(
            {
                "rulebook_id": rulebook.id,
                "unit_id": unit_id,
                "points": D(total),
                "bonus": D(0),
                "penalty": D(0),
                "applicable_max": D(top),
                "total_shown": D(total),
                "index_pct": round_points(index, "half_up", 6),
                "index_shown": round_points(index, "half_up", 2),
                "std_error": None,
            }
        )
    return pd.DataFrame(records).astype({"std_error": "float64"})


def ranks_of(frame: pd.DataFrame) -> dict[str, int]:
    return dict(zip(frame["unit_id"], frame["rank"], strict=True))


TIED = {"S01": ("80", "100"), "S02": ("90", "100"), "S03": ("80", "100"), "S04": ("70", "100"), "S05": ("80", "100")}


@pytest.mark.parametrize(
    ("ties", "expected"),
    [
        ("competition", {"S01": 2, "S02": 1, "S03": 2, "S04": 5, "S05": 2}),
        ("dense", {"S01": 2, "S02": 1, "S03": 2, "S04": 3, "S05": 2}),
    ],
)
@pytest.mark.parametrize("rank_on", ["index_unrounded", "index_rounded"])
def test_ties(rulebook: Rulebook, ties: str, rank_on: str, expected: dict[str, int]) -> None:
    book = rulebook.model_copy(update={"ties": ties, "rank_on": rank_on})
    assert ranks_of(rank(result(book, TIED), book)) == expected


def test_binh_thuan_2018_own_maximum(rulebook: Rulebook) -> None:
    """Văn phòng UBND tỉnh, 93.76 of its own 95 (98.7 %), ranks above Sở Nội vụ with 93.95 of 98.5."""
    ranked = rank(result(rulebook, {"so_noi_vu": ("93.95", "98.5"), "vp_ubnd": ("93.76", "95")}), rulebook)
    assert ranks_of(ranked) == {"vp_ubnd": 1, "so_noi_vu": 2}
    shown = dict(zip(ranked["unit_id"], ranked["index_shown"], strict=True))
    assert shown == {"vp_ubnd": D("98.69"), "so_noi_vu": D("95.38")}  # 98.7 is printed with one place
    assert round_points(shown["vp_ubnd"], "half_up", 1) == D("98.7")


def test_a_difference_beyond_six_places_still_ranks(rulebook: Rulebook) -> None:
    """66.666666/99.999999 is exactly 2/3, 66.666667/100 lies above it: one index at six places, two ranks."""
    rows = {"S01": ("66.666666", "99.999999"), "S02": ("66.666667", "100")}
    frame = result(rulebook, rows)
    assert frame["index_pct"].tolist() == [D("66.666667")] * 2
    assert ranks_of(rank(frame, rulebook)) == {"S01": 2, "S02": 1}
    rounded = rulebook.model_copy(update={"rank_on": "index_rounded"})
    assert ranks_of(rank(frame, rounded)) == {"S01": 1, "S02": 1}


def test_equal_shares_of_different_maxima_tie_exactly(rulebook: Rulebook) -> None:
    """31/93 = 33/99 = 1/3, which no decimal holds."""
    assert ranks_of(rank(result(rulebook, {"S01": ("31", "93"), "S02": ("33", "99")}), rulebook)) == {
        "S01": 1,
        "S02": 1,
    }


def test_bonus_and_penalty_count(rulebook: Rulebook) -> None:
    frame = result(rulebook, {"S01": ("80", "100"), "S02": ("81", "100"), "S03": ("80.5", "100")})
    frame["bonus"] = [D("1.5"), D(0), D("1.5")]
    frame["penalty"] = [D(0), D(0), D("1.5")]
    assert ranks_of(rank(frame, rulebook)) == {"S01": 1, "S02": 2, "S03": 3}


@pytest.mark.parametrize(
    ("index", "code", "name"),
    [
        ("100", "xuat_sac", "Xuất sắc"),
        ("90.00", "xuat_sac", "Xuất sắc"),
        ("89.99", "tot", "Tốt"),
        ("80", "tot", "Tốt"),
        ("79.99", "kha", "Khá"),
        ("50", "trung_binh", "Trung bình"),
        ("49.99", "yeu", "Yếu"),
        ("0", "yeu", "Yếu"),
        ("-2", "yeu", "Yếu"),
    ],
)
def test_lower_bounds_of_classes_are_inclusive(rulebook: Rulebook, index: str, code: str, name: str) -> None:
    found = class_of(D(index), rulebook.classes)
    assert (found.class_code, found.name_vi) == (code, name)


def test_the_class_follows_the_index_that_is_shown(rulebook: Rulebook) -> None:
    """89.996 is printed 90.00, so the page says Xuất sắc; the rank still tells it from 90.00."""
    ranked = rank(result(rulebook, {"S01": ("89.996", "100"), "S02": ("90", "100")}), rulebook)
    assert ranked["class_code"].tolist() == ["xuat_sac", "xuat_sac"]
    assert ranks_of(ranked) == {"S01": 2, "S02": 1}


def test_groups_are_never_mixed(rulebook: Rulebook) -> None:
    frame = result(rulebook, TIED)
    frame.loc[0, "rulebook_id"] = "made-up-gia-dinh/2026-xa"
    with pytest.raises(DataError) as caught:
        rank(frame, rulebook)
    assert (caught.value.rule, caught.value.got) == ("ranking.other_rulebook", "made-up-gia-dinh/2026-xa")


def test_row_order_changes_nothing(rulebook: Rulebook) -> None:
    frame = result(rulebook, TIED)
    pd.testing.assert_frame_equal(rank(frame, rulebook), rank(frame.iloc[::-1], rulebook))
    assert RANKED.arrow(rank(frame, rulebook)).num_rows == 5


@given(scores=st.lists(st.fractions(0, 100, max_denominator=50), max_size=40), shift=st.permutations(range(40)))
def test_ranks_by_their_definition(scores: list[Fraction], shift: list[int]) -> None:
    assert ranks(scores, ties="competition") == [1 + sum(other > one for other in scores) for one in scores]
    assert ranks(scores, ties="dense") == [1 + len({other for other in scores if other > one}) for one in scores]
    order = [place for place in shift if place < len(scores)]
    shuffled = ranks([scores[place] for place in order], ties="competition")
    assert shuffled == [ranks(scores, ties="competition")[place] for place in order]


@given(totals=st.lists(st.decimals(0, 90, places=2), min_size=2, max_size=15))
def test_no_unit_has_a_better_class_than_one_ranked_above_it(totals: list[Decimal]) -> None:
    book = load_rulebook(EXAMPLES / "2026-so")
    ranked = rank(result(book, {f"S{n:02d}": (str(total), "90") for n, total in enumerate(totals)}), book)
    order = [each.class_code for each in book.classes]
    places = [order.index(code) for code in ranked.sort_values("rank", kind="stable")["class_code"]]
    assert places == sorted(places)
