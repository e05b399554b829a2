"""Checks by unit, coverage against independent counts, and the file of these counts."""

from __future__ import annotations

import pandas as pd
import pytest

from errors import FaultsFound
from sipas.frames import coverage, read_counts, unit_checks
from sipas.rounds import DossierCount, FramePart


def test_shares_by_hand(make_round, imported, row, register) -> None:
    rows = [
        *(row(n, phone="09" if n < 3 else "") for n in range(4)),
        row(0, phone="09"),  # a copy
        row(10, event_date="2020-01-01"),
        row(11, unit_id_at_event="X06", address="Xã A"),
    ]
    done = imported(make_round(fields=["phone", "address"]), rows)
    units = [register.get(one) for one in ("X05", "X06", "X07")]
    five, six, seven = unit_checks(done, units)
    assert (five.n_rows, five.n_outside, five.n_on_frame, five.n_no_contact) == (5, 1, 4, 1)
    assert (five.eligible_share, five.no_contact_share) == (0.8, 0.25)
    assert (six.n_on_frame, six.no_contact_share) == (1, 0.0)
    assert (seven.n_rows, seven.eligible_share, seven.no_contact_share) == (0, None, None)


def test_dossiers_behind_persons_are_what_coverage_compares(make_round, imported, row, register) -> None:
    rows = [row(n, person_no="01") for n in range(3)]
    done = imported(make_round(target="person"), rows)
    (check,) = unit_checks(done, [register.get("X05")])
    assert (check.n_on_frame, check.n_dossiers) == (1, 3)
    (found,) = coverage([check], [DossierCount(unit_id="X05", count=3, source="cổng")], FramePart())
    assert (found.ratio, found.is_flagged) == (1.0, False)


def test_a_firm_counts_in_every_unit_it_names(make_round, imported, register) -> None:
    rows = [{"firm_no": "1", "unit_id_at_event": "X05;X06", "name": "A"}]
    done = imported(make_round("firm"), rows)
    checks = unit_checks(done, [register.get("X05"), register.get("X06")])
    assert [one.n_on_frame for one in checks] == [1, 1]


@pytest.mark.parametrize(
    ("on_frame", "count", "is_flagged"),
    [(95, 100, False), (94, 100, True), (105, 100, False), (106, 100, True), (0, 3, True), (3, 0, True), (0, 0, False)],
)
def test_bounds_are_inclusive_and_exact(make_round, imported, row, register, on_frame, count, is_flagged) -> None:
    rows = [row(n) for n in range(on_frame)] + [row(900, unit_id_at_event="X06")]
    (check,) = unit_checks(imported(make_round(), rows), [register.get("X05")])
    (found,) = coverage([check], [DossierCount(unit_id="X05", count=count, source="x")], FramePart())
    assert found.is_flagged is is_flagged


def test_a_unit_without_a_count_is_shown_but_not_flagged(make_round, imported, row, register) -> None:
    checks = unit_checks(imported(make_round(), [row(1)]), [register.get("X05")])
    (found,) = coverage(checks, [DossierCount(unit_id="X06", count=1, source="x")], FramePart())
    assert (found.count, found.ratio, found.is_flagged) == (None, None, False)


def counts(*rows: tuple[str, str, str]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows), columns=["unit_id", "count", "source"], dtype="str")
    return table.assign(_sheet="", _row=range(2, len(table) + 2))


def test_counts_as_people_write_them(register) -> None:
    table = counts(("X05", "1234", "a"), ("X06", "1.234.567", "a"), ("X07", "1 234", "a"), ("S01", "0", "a"))
    assert [one.count for one in read_counts(table, register, "dem.csv")] == [1234, 1234567, 1234, 0]


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        (("X05", "1.234", "a"), "frames.ambiguous_number"),
        (("X05", "1,234", "a"), "frames.ambiguous_number"),
        (("X05", "12,5", "a"), "frames.count"),
        (("X05", "", "a"), "frames.count"),
        (("X05", "-3", "a"), "frames.count"),
        (("X999", "3", "a"), "frames.unknown_unit"),
        (("X06", "3", "a"), "frames.unit_twice"),
        (("X05", "3", ""), "frames.blank"),
    ],
)
def test_counts_that_are_refused(register, cells: tuple[str, str, str], rule: str) -> None:
    with pytest.raises(FaultsFound) as caught:
        read_counts(counts(("X06", "1", "a"), cells), register, "dem.csv")
    assert [(one.rule, one.row) for one in caught.value.faults] == [(rule, 3)]


def test_counts_without_a_column(register) -> None:
    with pytest.raises(FaultsFound) as caught:
        read_counts(counts(("X05", "1", "a")).drop(columns="source"), register, "dem.csv")
    assert [one.column for one in caught.value.faults] == ["source"]
