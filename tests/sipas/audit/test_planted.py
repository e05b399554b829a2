"""Slips planted one by one, and all at once, in a sound table of 60 units: each found where it is, none invented."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from audited import CUTS, found, run, sound_rows

Rows = list[list[str]]
TT, UNIT, A, B, C, TOTAL, MAX, EXCLUDED, INDEX, RANK, CLASS = range(11)


def test_the_sound_table_gives_nothing_with_and_without_cuts() -> None:
    assert found(sound_rows()) == []
    assert found(sound_rows(), classes=CUTS) == []


def put(row: int, column: int, text: str) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        assert rows[row][column] != text
        rows[row][column] = text

    return change


def add(row: int, column: int, amount: str) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        value = float(rows[row][column].replace(",", ".")) + float(amount)
        rows[row][column] = f"{value:.2f}".replace(".", ",")

    return change


def both(*changes: Callable[[Rows], None]) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        for one in changes:
            one(rows)

    return change


def swap(one: int, other: int, column: int) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        rows[one][column], rows[other][column] = rows[other][column], rows[one][column]

    return change


def copy(source: int, target: int) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        rows[target][A : INDEX + 1] = rows[source][A : INDEX + 1]
        rows[target][RANK], rows[target][CLASS] = rows[source][RANK], rows[source][CLASS]

    return change


def truncate_index(rows: Rows) -> None:
    """The first unit with 2 points excluded whose index is rounded up: cut instead."""
    for row in rows[1:]:
        hundredths = int(row[TOTAL].replace(",", "")) * 100  # of points / 98, in hundredths of a percent
        if row[EXCLUDED] == "2" and hundredths % 98 >= 49:
            cut = hundredths // 98
            row[INDEX] = f"{cut // 100},{cut % 100:02d}"
            return


PLANTS: dict[str, tuple[Callable[[Rows], None], set[int] | None, str]] = {
    "letter for digit": (put(5, A, "5O,10"), {5}, "audit.not_number"),
    "thousands or decimals": (put(7, B, "1.834"), {7}, "audit.ambiguous_number"),
    "total blank": (put(9, TOTAL, ""), {9}, "audit.missing"),
    "part blank": (put(9, B, ""), {9}, "audit.missing"),
    "negative part": (put(11, C, "-3,00"), {11}, "audit.negative"),
    "part beyond its maximum": (both(add(1, B, "1"), add(1, A, "-1"), put(1, B, "20,50")), {1}, "audit.above_maximum"),
    "digits swapped in a total": (swap(12, 50, TOTAL), {12, 50}, "audit.parts_total"),
    "total off by one hundredth": (add(20, TOTAL, "0.01"), {20}, "audit.parts_total"),
    "part off by a tenth": (add(21, C, "0.1"), {21}, "audit.parts_total"),
    "index off by ten": (add(22, INDEX, "-10"), {22}, "audit.percent"),
    "index off by one hundredth": (add(23, INDEX, "0.02"), {23}, "audit.percent"),
    "index cut, not rounded": (truncate_index, None, "audit.truncated"),
    "index above 100": (put(2, INDEX, "195,60"), {2}, "audit.above_hundred"),
    "total beyond the maximum": (put(3, TOTAL, "103,10"), {3}, "audit.total_above_maximum"),
    "two ranks exchanged": (swap(30, 31, RANK), {30, 31}, "audit.rank_order"),
    "rank typed twice": (put(33, RANK, "32"), {33}, "audit.rank_shared"),
    "rank far off": (put(40, RANK, "4"), {40}, "audit.rank_shared"),
    "rank beyond the list": (put(41, RANK, "141"), {41}, "audit.rank_order"),
    "rank no whole number": (put(42, RANK, "42,5"), {42}, "audit.rank_range"),
    "class one step too high": (put(59, CLASS, "Xuất sắc"), {59}, "audit.class_cut"),
    "class with another name": (put(44, CLASS, "Hoàn thành"), {44}, "audit.class_unknown"),
    "unit twice": (put(46, UNIT, "SỞ SỐ 45"), {46}, "audit.duplicate_unit"),
    "row copied": (copy(47, 48), {48}, "audit.duplicate_row"),
    "excluded points without the effect": (put(51, EXCLUDED, "5"), {51}, "audit.percent"),
    "everything excluded": (put(52, EXCLUDED, "100"), {52}, "audit.excluded"),
}


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_slip_is_found_where_it_is_and_nothing_else(name: str) -> None:
    plant, at, rule = PLANTS[name]
    rows = sound_rows()
    plant(rows)
    changed = {row for row, (old, new) in enumerate(zip(sound_rows(), rows, strict=True)) if old != new}
    assert at is None or changed == at
    findings = found(rows, classes=CUTS)
    assert {row - 1 for row, _ in findings} == changed
    assert rule in {rule for _, rule in findings}


def test_twenty_slips_at_once_are_twenty_rows() -> None:
    # One row has room for one slip; a cut index is put in first, where it can be counted.
    left_out = ("part blank", "digits swapped in a total", "row copied")
    together = sorted(
        (name for name in PLANTS if name not in left_out), key=lambda name: name != "index cut, not rounded"
    )
    rows = sound_rows()
    for name in together:
        PLANTS[name][0](rows)
    changed = {row for row, (old, new) in enumerate(zip(sound_rows(), rows, strict=True)) if old != new}
    assert len(together) >= 20
    assert {row - 1 for row, _ in found(rows, classes=CUTS)} == changed


def test_a_class_is_held_against_other_units_when_no_cuts_are_known() -> None:
    rows = sound_rows()
    rows[2][CLASS] = "Trung bình"
    assert found(rows) == [(3, "audit.class_order")]


def test_expected_is_written_as_the_table_writes() -> None:
    rows = sound_rows()
    right = rows[20][TOTAL]
    add(20, TOTAL, "1")(rows)
    (finding,) = run(rows).findings
    assert (finding.unit, finding.column, finding.expected) == ("Sở số 20", "Tổng điểm", right)
    assert finding.got == rows[20][TOTAL]
