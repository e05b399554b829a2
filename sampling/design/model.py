"""A sampling design: rows with weights, strata, units of every stage and the calibration steps behind the weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse

from errors import DesignError
from sampling.design.columns import Names, check_columns, row_stages, stage_columns
from sampling.design.stages import Level, Stage, levels
from sampling.numbers import FloatArray, IntArray

LonelyRule = Literal["fail", "adjust", "average", "certainty", "remove"]
LONELY_RULES: tuple[LonelyRule, ...] = ("fail", "adjust", "average", "certainty", "remove")
Fpc = Literal["known", "none"]


@dataclass(frozen=True, eq=False)
class Refit:
    """What a replicate needs to be calibrated again: method (distance function), totals T and their names, (p,) each,
    and the bounds of w/d of every row, (n,), -inf and inf where there are none."""

    method: str
    target: FloatArray
    labels: tuple[str, ...]
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True, eq=False)
class CalibrationStep:
    """One calibration as it was done: x, shape (n, p), and the weights just before it, shape (n,), over respondents.

    refit: how to do it again; None for steps made by hand and for margins that were only approached (penalties), whose
    errors are linearised.
    """

    name: str
    x: sparse.csr_matrix
    weight_before: FloatArray
    refit: Refit | None = None


@dataclass(frozen=True, eq=False)
class Design:
    """Stratified design of one or more stages over responding cases (docs/methods.md, section 5).

    data: one row per responding case x rated unit; weight: column of final weights > 0; stratum: column (none: one
    stratum). psu, pop_size, inclusion_prob: a column, or a list of columns by stage, None in it where a stage has
    none. Units are nested in those above; psu None: every row is a unit. pop_size: how many units the stratum (at
    stage 2: the PSU) has; inclusion_prob: probability of the unit inside it, for stages drawn with unequal
    probabilities, 1 = certain. A stage has one or the other. Without either, one stage and no finite correction; so
    too with fpc="none", which sets known counts aside. Counts n are of units present in `data`, i.e. with a
    responding case. calibration: the steps that made the weights, in order.
    A stratum is a rater group and a PSU a rater where raters rate units: a PSU may hold rows of many domains.
    Raises DesignError `design.column`, `design.weight`, `design.missing`, `design.pop_size`, `design.pps_pop_size`,
    `design.inclusion_prob`, `design.stages`, `design.fpc`, `design.calibration_missing`, `design.calibration_rows`,
    `design.lonely_rule`.
    """

    data: pd.DataFrame
    weight: str
    stratum: str | None = None
    psu: Names = None
    pop_size: Names = None
    inclusion_prob: Names = None
    calibration: tuple[CalibrationStep, ...] = ()
    lonely_psu: LonelyRule = "fail"
    fpc: Fpc = "known"
    weights: FloatArray = field(init=False, repr=False)
    row_unit: IntArray = field(init=False, repr=False)
    stratum_labels: np.ndarray = field(init=False, repr=False)
    stages: tuple[Stage, ...] = field(init=False, repr=False)
    levels: tuple[Level, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.lonely_psu not in LONELY_RULES:
            raise DesignError("design.lonely_rule", got=self.lonely_psu, expected=" | ".join(LONELY_RULES))
        if self.fpc not in ("known", "none"):
            raise DesignError("design.fpc", got=self.fpc, expected="known | none")
        columns = stage_columns(self.psu, self.pop_size, self.inclusion_prob, with_counts=self.fpc == "known")
        check_columns(self.data, (self.weight, self.stratum, *(name for one in columns for name in one)))
        weights = self.data[self.weight].to_numpy(dtype=np.float64)
        if not (np.isfinite(weights) & (weights > 0)).all():
            bad = ~(np.isfinite(weights) & (weights > 0))
            raise DesignError("design.weight", got=int(bad.sum()), expected=0, first_row=int(bad.argmax()) + 1)
        labels, stages, row_unit = row_stages(self.data, self.stratum, columns)
        values = {
            "weights": weights,
            "row_unit": row_unit,
            "stratum_labels": labels,
            "stages": stages,
            "levels": levels(stages, labels),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        self._check_calibration()

    @property
    def conservative_strata(self) -> tuple[str, ...]:
        """Strata with fewer than three units drawn with unequal probabilities: their variance is an upper estimate."""
        flags = self.levels[0].is_conservative[: len(self.stratum_labels)]
        return tuple(str(one) for one in self.stratum_labels[flags])

    def _check_calibration(self) -> None:
        factor = self.data.get("calibration_factor")
        if self.weight == "final_weight" and factor is not None and not self.calibration and (factor != 1).any():
            raise DesignError("design.calibration_missing", got=self.weight, expected="calibration=steps")
        for step in self.calibration:
            if step.x.shape[0] != len(self.data) or len(step.weight_before) != len(self.data):
                raise DesignError(
                    "design.calibration_rows", where=step.name, got=step.x.shape[0], expected=len(self.data)
                )
