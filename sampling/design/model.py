"""A sampling design: rows with weights, strata, units of every stage, and the adjustments behind the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.arguments import check_column, check_table
from sampling.design.adjustments import ROW_ID, Adjustment, CalibrationStep, adjusted_weights, is_calibrated, row_ids
from sampling.design.columns import ByStage, check_columns, numbers, row_stages, stage_columns
from sampling.design.stages import Level, Stage, levels
from sampling.numbers import FloatArray, IntArray

LonelyRule = Literal["fail", "adjust", "average", "certainty", "remove"]
LONELY_RULES: tuple[LonelyRule, ...] = ("fail", "adjust", "average", "certainty", "remove")
Fpc = Literal["known", "none"]


class _OwnRows:
    """The rows of a design as nobody else's table: a table that is sorted or edited in place, the caller's or one that
    was handed out, stays without effect. Copies of pandas are lazy, so this costs nothing."""

    def __get__(self, design: Design | None, owner: type | None = None) -> pd.DataFrame:
        if design is None:
            raise AttributeError("data")
        rows: pd.DataFrame = design.__dict__["data"]
        return rows.copy(deep=False)

    def __set__(self, design: Design, rows: pd.DataFrame) -> None:
        check_table("data", rows)
        design.__dict__["data"] = rows.copy(deep=False)


@dataclass(frozen=True, eq=False, repr=False)
class Design:
    """Stratified design of one or more stages over responding cases (docs/methods.md, section 5).

    data: one row per responding case x rated unit; weight: column of weights > 0; stratum: column (none: one stratum).
    psu, pop_size, inclusion_prob: a column, or a list of columns by stage, None in it where a stage has none. Units are
    nested in those above; psu None: every row is a unit. pop_size: how many units the stratum (at stage 2: the PSU)
    has; inclusion_prob: probability of the unit inside it, for stages drawn with unequal probabilities, 1 = certain. A
    stage has one or the other. Without either, one stage and no finite correction; so too with fpc="none", which sets
    known counts aside. Counts n are of units present in `data`, i.e. with a responding case. lonely_psu: what a stratum
    with one responding PSU adds to a variance: fail (an error), adjust, average, certainty, remove.
    A stratum is a rater group and a PSU a rater where raters rate units: a PSU may hold rows of many domains.

    `rake`, `calibrate`, `poststratify`, `trim` and `adjust_nonresponse` take a design and give a new one; its `weights`
    (n,) are the final ones and no column of `data`: nobody uses them without the adjustments that made them.
    id: column, or columns, that tell the rows apart; the first adjustment adds a column `row_id` where none is named,
    and `is_numbered` says so: numbers tell rows apart and name nobody.
    Rows may be sorted, and columns added, by `dataclasses.replace(design, data=...)`: adjustments follow the ids. Rows
    may not be dropped: ask for a part with `by`. To keep a design in files: `weighted_data()` and `calibration_table`,
    read back with weight="final_weight", the same id and adjustments=`calibration_from`(table).
    Raises DesignError `design.column`, `design.weight`, `design.missing`, `design.pop_size`, `design.pps_pop_size`,
    `design.inclusion_prob`, `design.stages`, `design.fpc`, `design.lonely_rule`, `design.calibration_missing`,
    `design.id`, `design.id_repeated`, `design.adjusted`, `design.adjusted_rows`, `design.number`, `arguments.*` for an
    argument of another kind.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"stratum": ["a", "a", "b", "b"], "N": [10, 10, 30, 30], "w": [5, 5, 15, 15]})
    >>> design = Design(data.assign(y=[1, 0, 1, 1]), weight="w", stratum="stratum", pop_size="N")
    >>> float(design.weights.sum())
    40.0
    """

    data: pd.DataFrame
    weight: str
    stratum: str | None = None
    psu: ByStage = None
    pop_size: ByStage = None
    inclusion_prob: ByStage = None
    lonely_psu: LonelyRule = "fail"
    fpc: Fpc = "known"
    id: str | Sequence[str] | None = None
    adjustments: tuple[Adjustment, ...] = ()
    is_numbered: bool = field(default=False, kw_only=True)
    weights: FloatArray = field(init=False, repr=False)
    row_unit: IntArray = field(init=False, repr=False)
    stratum_labels: np.ndarray = field(init=False, repr=False)
    stages: tuple[Stage, ...] = field(init=False, repr=False)
    levels: tuple[Level, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_column("weight", self.weight)
        if self.stratum is not None:
            check_column("stratum", self.stratum)
        if self.lonely_psu not in LONELY_RULES:
            raise DesignError("design.lonely_rule", got=self.lonely_psu, expected=" | ".join(LONELY_RULES))
        if self.fpc not in ("known", "none"):
            raise DesignError("design.fpc", got=self.fpc, expected="known | none")
        columns = stage_columns(self.psu, self.pop_size, self.inclusion_prob, with_counts=self.fpc == "known")
        check_columns(self.data, (self.weight, self.stratum, *(name for stage in columns for name in stage)))
        weights = numbers(self.data, self.weight)
        if not (np.isfinite(weights) & (weights > 0)).all():
            bad = ~(np.isfinite(weights) & (weights > 0))
            raise DesignError("design.weight", got=int(bad.sum()), expected=0, first_row=int(bad.argmax()) + 1)
        labels, stages, row_unit = row_stages(self.data, self.stratum, columns)
        values = {
            "weights": self._adjusted(weights),
            "row_unit": row_unit,
            "stratum_labels": labels,
            "stages": stages,
            "levels": levels(stages, labels),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        """Sizes, and what was done to the weights: rows and columns are in `data`."""
        steps = " > ".join(step.name for step in self.adjustments) or "none"
        return (
            f"<Design: rows {len(self.weights):,}, strata {len(self.stratum_labels):,}, "
            f"PSUs {len(self.stages[0].parent):,}, stages {len(self.stages)}, "
            f"sum of weights {self.weights.sum():,.10g}, adjustments {steps}>"
        )

    @property
    def calibration(self) -> tuple[CalibrationStep, ...]:
        """The calibrations among the adjustments, in order."""
        return tuple(step for step in self.adjustments if isinstance(step, CalibrationStep))

    @property
    def id_columns(self) -> tuple[str, ...]:
        """Columns that tell the rows apart, none where nothing was adjusted yet and none is named."""
        return () if self.id is None else (self.id,) if isinstance(self.id, str) else tuple(self.id)

    def with_ids(self) -> Design:
        """The same design with ids: a column `row_id` numbers the rows where no id is named."""
        if self.id is not None:
            return self
        numbered = self.data if ROW_ID in self.data.columns else self.data.assign(**{ROW_ID: np.arange(len(self.data))})
        return replace(self, data=numbered, id=ROW_ID, is_numbered=True)

    def weighted_data(self) -> pd.DataFrame:
        """`data` with `weight_before` (the first adjustment), `calibration_factor` (of all) and `final_weight`.

        For files and for people; a design made of it needs the adjustments again (`calibration_from`).
        """
        before = self.adjustments[0].weight_before if self.adjustments else self.weights
        return self.data.assign(
            weight_before=before, calibration_factor=self.weights / before, final_weight=self.weights
        )

    def _adjusted(self, column: FloatArray) -> FloatArray:
        """Final weights; the adjustments are put in the order of the rows."""
        if not self.adjustments:
            if is_calibrated(self.data, column):
                raise DesignError("design.calibration_missing", got=self.weight, expected="adjustments=")
            return column
        row_id = row_ids(self.data, self.id_columns)
        object.__setattr__(self, "adjustments", tuple(step.for_rows(row_id) for step in self.adjustments))
        return adjusted_weights(column, self.weight, self.adjustments)


Design.data = _OwnRows()  # type: ignore[assignment]  # a field for the dataclass, kept as a table of its own
