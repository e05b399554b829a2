"""Checks before the draw, unit by unit: too few cases, shares eligible and without contact, coverage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from sampling.numbers import exact
from sipas.framekinds import UNIT_SEPARATOR
from sipas.frames.model import FrameImport
from sipas.rounds import DossierCount, FramePart
from sipas.units import Unit

_EXTRA_COPIES = ("duplicate_dossier", "duplicate_row", "same_firm")


@dataclass(frozen=True)
class UnitCheck:
    """A unit in the list: rows without extra copies, those of them outside the window, rows on the frame, what these
    stand for (dossiers, where the target is the person), and rows on the frame without any contact."""

    unit_id: str
    name_vi: str
    n_rows: int
    n_outside: int
    n_on_frame: int
    n_dossiers: int
    n_no_contact: int

    @property
    def eligible_share(self) -> float | None:
        """Rows in the window / rows, copies left out; None without rows."""
        return (self.n_rows - self.n_outside) / self.n_rows if self.n_rows else None

    @property
    def no_contact_share(self) -> float | None:
        """Rows on the frame without phone and address / rows on the frame; None when there are none."""
        return self.n_no_contact / self.n_on_frame if self.n_on_frame else None


@dataclass(frozen=True)
class Coverage:
    """A unit's frame against an independent count; `count` None when there is no such count."""

    unit_id: str
    name_vi: str
    n_dossiers: int
    count: int | None
    source: str
    is_flagged: bool

    @property
    def ratio(self) -> float | None:
        """On frame / count; None without a count or with count 0."""
        return self.n_dossiers / self.count if self.count else None


def unit_checks(frame_import: FrameImport, units: Sequence[Unit]) -> tuple[UnitCheck, ...]:
    """One check for each of `units`, in order; units without any row are there with zeros."""
    of_row = pd.DataFrame({"unit_id": frame_import.placed, "reason": frame_import.reasons})
    of_row = _by_unit(of_row[~of_row["reason"].isin(_EXTRA_COPIES)], "unit_id")
    rows = of_row["unit_id"].value_counts()
    outside = of_row.loc[of_row["reason"] == "outside_window", "unit_id"].value_counts()
    frame = _by_unit(frame_import.frame, "rated_units" if "rated_units" in frame_import.frame else "unit_id")
    on_frame = frame["unit_id"].value_counts()
    dossiers = frame.groupby("unit_id")["size"].sum()
    no_contact = frame.loc[~frame["has_contact"], "unit_id"].value_counts()
    counts = (rows, outside, on_frame, dossiers, no_contact)
    return tuple(
        UnitCheck(unit.unit_id, unit.name_vi, *(int(count.get(unit.unit_id, 0)) for count in counts)) for unit in units
    )


def coverage(checks: Iterable[UnitCheck], counts: Iterable[DossierCount], rules: FramePart) -> tuple[Coverage, ...]:
    """Every unit against its count; flagged when on frame / count lies outside the bounds (exact)."""
    counts_by_unit: Mapping[str, DossierCount] = {count.unit_id: count for count in counts}
    return tuple(_covered(check, counts_by_unit.get(check.unit_id), rules) for check in checks)


def _covered(check: UnitCheck, stated: DossierCount | None, rules: FramePart) -> Coverage:
    if stated is None:
        return Coverage(check.unit_id, check.name_vi, check.n_dossiers, None, "", False)
    low, high = exact(rules.coverage_low) * stated.count, exact(rules.coverage_high) * stated.count
    is_flagged = not low <= check.n_dossiers <= high
    return Coverage(check.unit_id, check.name_vi, check.n_dossiers, stated.count, stated.source, is_flagged)


def _by_unit(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """A row for each unit of a row: a firm counts in every unit that it names."""
    units = rows[column].str.split(UNIT_SEPARATOR) if rows[column].str.contains(UNIT_SEPARATOR).any() else rows[column]
    return rows.assign(unit_id=units).explode("unit_id", ignore_index=True)
