"""Adjustments of weights as they were done, every number bound to the id of its row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import pandas as pd
from scipy import sparse

from errors import DesignError
from sampling.numbers import FloatArray, IntArray, is_multiple

ROW_ID = "row_id"  # the column that a design without ids of its own gives to its data


@dataclass(frozen=True, eq=False)
class Refit:
    """What a replicate needs to be calibrated again: method (distance function), totals T and their names, (p,) each,
    and the bounds of w/d of every row, (n,), -inf and inf where there are none."""

    method: str
    target: FloatArray
    labels: tuple[str, ...]
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True, eq=False, repr=False)
class Adjustment:
    """One step of the weights of n rows: for nonresponse, a cap, or a calibration.

    row_id: ids of the rows; weight_before, weight_after: (n,). cap: greatest weight of every row, which the
    calibrations that follow keep; joined: response classes that joined another.
    """

    name: str
    row_id: pd.Index
    weight_before: FloatArray
    weight_after: FloatArray
    cap: FloatArray | None = field(default=None, kw_only=True)
    joined: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)

    def __repr__(self) -> str:
        sums = f"{self.weight_before.sum():,.10g} -> {self.weight_after.sum():,.10g}"
        return f"<{type(self).__name__}: {self.name}, rows {len(self.row_id):,}, sum of weights {sums}>"

    def for_rows(self, row_id: pd.Index) -> Self:
        """The same in another order of the same rows; whole-number ids match their texts.

        Raises DesignError `design.adjusted_rows`.
        """
        if self.row_id.equals(row_id):
            return self
        place = self.row_id.get_indexer(row_id)
        kinds = ""
        if (place < 0).any() and (kinds := _other_types(self.row_id, row_id)):
            # A file gives back text ids as numbers. 7 is "7" but never "007": accepted when all ids are found as texts.
            ours, theirs = _as_texts(self.row_id), _as_texts(row_id)
            if ours.is_unique and theirs.is_unique:
                place = ours.get_indexer(theirs)
        strangers = int((place < 0).sum())
        if strangers or len(place) != len(self.row_id):
            n_rows = len(self.row_id)
            raise DesignError(
                "design.adjusted_rows",
                where=self.name,
                got=len(place),
                expected=n_rows,
                strangers=strangers,
                kinds=kinds,
            )
        return self._at(place, row_id)

    def _at(self, place: IntArray, row_id: pd.Index) -> Self:
        return replace(
            self,
            row_id=row_id,
            weight_before=self.weight_before[place],
            weight_after=self.weight_after[place],
            cap=None if self.cap is None else self.cap[place],
        )


@dataclass(frozen=True, eq=False, repr=False)
class CalibrationStep(Adjustment):
    """A calibration. x: (n, p); margins: margin, category, partition, target, before, after, is_exact: a row for every
    column of x, in order, and for every margin that was only approached (is_exact False, not in x: its error is not
    reduced); refit: how to do it again, None with margins only approached, whose errors are linearised."""

    x: sparse.csr_matrix
    margins: pd.DataFrame
    refit: Refit | None = None

    def _at(self, place: IntArray, row_id: pd.Index) -> Self:
        refit = self.refit
        if refit is not None:
            refit = replace(refit, lower=refit.lower[place], upper=refit.upper[place])
        return replace(super()._at(place, row_id), x=self.x[place], refit=refit)


def row_ids(data: pd.DataFrame, columns: Sequence[str]) -> pd.Index:
    """Ids of the rows. Raises DesignError `design.id` (no such column, or a gap), `design.id_repeated`."""
    absent = [name for name in columns if name not in data.columns or data[name].isna().any()]
    if absent or not columns:
        raise DesignError("design.id", got=", ".join(absent), expected=", ".join(columns))
    first = data[columns[0]]
    ids = pd.Index(first) if len(columns) == 1 else pd.MultiIndex.from_frame(data[list(columns)])
    if not ids.is_unique:
        raise DesignError("design.id_repeated", where=", ".join(columns), got=int(ids.duplicated().sum()), expected=0)
    return ids


def _other_types(ours: pd.Index, theirs: pd.Index) -> str:
    """Where ids are numbers on one side and text on the other: both types, "int64 | str"; otherwise nothing."""
    if ours.nlevels != theirs.nlevels:
        return ""
    pairs = [(_type_of(ours, level), _type_of(theirs, level)) for level in range(ours.nlevels)]
    unlike = [f"{a} | {b}" for a, b in pairs if a != b]
    return ", ".join(unlike)


def _type_of(ids: pd.Index, level: int) -> str:
    values = ids.get_level_values(level)
    return "str" if pd.api.types.infer_dtype(values) == "string" else str(values.dtype)


def _as_texts(ids: pd.Index) -> pd.Index:
    """Ids whose whole numbers are written as texts; other types stay as they are."""
    levels = [ids.get_level_values(level) for level in range(ids.nlevels)]
    texts = [values.astype("str") if pd.api.types.is_integer_dtype(values.dtype) else values for values in levels]
    return texts[0] if len(texts) == 1 else pd.MultiIndex.from_arrays(texts)


def adjusted_weights(column: FloatArray, name: str, adjustments: Sequence[Adjustment]) -> FloatArray:
    """Weights after all adjustments; `column` holds them, or those before the first or after an earlier adjustment.

    A column of final weights may be rescaled: any multiple of the last weights. Raises DesignError `design.adjusted`.
    """
    last = adjustments[-1].weight_after
    if np.allclose(column, adjustments[0].weight_before, rtol=1e-9, atol=0):
        return last
    if is_multiple(column, last):
        return column
    if any(np.allclose(column, adjustment.weight_after, rtol=1e-9, atol=0) for adjustment in adjustments[:-1]):
        return last
    raise DesignError(
        "design.adjusted", where=name, got=name, expected=", ".join(adjustment.name for adjustment in adjustments)
    )


def is_calibrated(data: pd.DataFrame, weights: FloatArray) -> bool:
    """Whether the weights are those that the data show to be calibrated (`calibration_factor`), whatever their column.

    Values tell, not names: weights are calibrated when they are a multiple of `final_weight`, or of the weights from
    before (`weight_before`, or design_weight x eligibility_factor x nonresponse_factor) times `calibration_factor`.
    """
    factor = data.get("calibration_factor")
    if factor is None or (factor == 1).all():
        return False
    columns = [data["final_weight"]] if "final_weight" in data.columns else []
    for names in (("weight_before",), ("design_weight", "eligibility_factor", "nonresponse_factor")):
        if set(names) <= set(data.columns):
            columns.append(data[list(names)].prod(axis=1) * factor)
    return any(is_multiple(weights, column.to_numpy(dtype=np.float64)) for column in columns)
