"""Sound tables give no finding, whatever their size, way of rounding, ties or layout."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
from audited import comma, found, national_rows, run
from hypothesis import given, settings
from hypothesis import strategies as st
from sampled import sampled

ROUNDINGS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "truncate": ROUND_DOWN}


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Units with exact sums, an index of their own maximum rounded one way, ranks with ties one way, classes by cuts;
    in any order, with decimal comma or point."""
    n = draw(st.integers(2, 25))
    maxima = draw(st.lists(st.integers(10, 70), min_size=2, max_size=4))
    way = draw(st.sampled_from(sorted(ROUNDINGS)))
    mark = draw(st.sampled_from(",."))
    dense = draw(st.booleans())
    cuts = sorted(draw(st.lists(st.integers(5, 95), min_size=1, max_size=3, unique=True)), reverse=True)
    most = sum(maxima)
    units = []
    for at in range(n):
        parts = [Decimal(draw(st.integers(0, 100 * maximum))) / 100 for maximum in maxima]
        total = sum(parts)
        excluded = min(draw(st.sampled_from([0, 0, 1, 4])), int(most - total))
        index = (100 * total / (most - excluded)).quantize(Decimal("0.01"), ROUNDINGS[way])
        units.append((index, parts, total, excluded, f"Xã {at}"))
    values = [index for index, *_ in units]
    ranked = sorted(set(values), reverse=True)
    header = ["Đơn vị", *(f"Phần {at} ({maximum} điểm)" for at, maximum in enumerate(maxima)), "Tổng điểm"]
    rows = [[*header, "Điểm tối đa", "Điểm loại trừ", "Chỉ số", "Thứ hạng", "Loại"]]
    for index, parts, total, excluded, name in draw(st.permutations(units)):
        rank = ranked.index(index) + 1 if dense else 1 + sum(other > index for other in values)
        grade = "ABCD"[sum(index < cut for cut in cuts)]
        texts = [comma(value).replace(",", mark) for value in (*parts, total)]
        rows.append([name, *texts, str(most), str(excluded), comma(index).replace(",", mark), str(rank), grade])
    return rows


@settings(max_examples=sampled(50, 150))
@given(tables())
def test_a_sound_table_has_no_finding(rows: list[list[str]]) -> None:
    assert found(rows) == []


@settings(max_examples=sampled(20, 60))
@given(st.integers(0, 10_000), st.sampled_from(sorted(ROUNDINGS)))
def test_the_way_of_rounding_is_found_from_the_table(seed: int, way: str) -> None:
    """40 units out of 92 points: cut throughout is as sound as rounded throughout; one cell the other way is found."""
    points = np.random.Generator(np.random.PCG64(seed)).choice(np.arange(4001, 9200), 40, replace=False)
    rows = [["Đơn vị", "Điểm đạt được", "Điểm tối đa", "Chỉ số"]]
    for at, point in enumerate(points):
        index = (Decimal(int(point)) / 92).quantize(Decimal("0.01"), ROUNDINGS[way])
        rows.append([f"Sở {at}", comma(Decimal(int(point)) / 100), "92", comma(index)])
    assert found(rows) == []
    row = next(row for row in range(1, 41) if int(points[row - 1]) * 100 % 92 > 46)
    hundredths = int(points[row - 1]) * 100 // 92
    other = Decimal(hundredths + (1 if way == "truncate" else 0)) / 100
    rows[row][3] = comma(other)
    rule = "audit.rounding" if way == "truncate" else "audit.truncated"
    assert found(rows) == [(row + 1, rule)]


def test_totals_made_from_unprinted_decimals_are_the_way_of_the_table() -> None:
    """Three parts with three decimals, printed with two, and a total rounded once: many rows differ by 0.01."""
    draws = np.random.Generator(np.random.PCG64(7)).integers(10_000, 30_000, (60, 3))
    rows = [["Đơn vị", "Thẩm định", "Khảo sát", "SIPAS", "Tổng điểm"]]
    differ = 0
    for at, parts in enumerate(draws):
        shown = [(Decimal(int(part)) / 1000).quantize(Decimal("0.01"), ROUND_HALF_UP) for part in parts]
        total = (Decimal(int(parts.sum())) / 1000).quantize(Decimal("0.01"), ROUND_HALF_UP)
        differ += sum(shown) != total
        rows.append([f"Xã {at}", *map(comma, shown), comma(total)])
    assert differ >= 10
    audited = run(rows)
    assert audited.findings == ()
    assert audited.conventions == {"Tổng điểm": "unprinted"}


def test_ranks_on_unrounded_values_are_sound_when_declared() -> None:
    rows = [["Đơn vị", "Chỉ số", "Hạng"], ["A1", "90,12", "1"], ["B1", "88,40", "3"], ["C1", "88,40", "2"]]
    assert found(rows) == [(3, "audit.tie")]
    assert found(rows, ranking={"rank_on": "index_unrounded"}) == []


def test_all_communes_of_the_country() -> None:
    assert found(national_rows()) == []
