"""Calibrations as a table, and back: what a design needs besides its rows when it is kept in files."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real

import numpy as np
import pandas as pd
from scipy import sparse

from errors import DesignError
from sampling.arguments import check_kind, check_table, column_names
from sampling.design.adjustments import ROW_ID, CalibrationStep, Refit, row_ids
from sampling.design.model import Design
from sampling.numbers import FloatArray, IntArray

_COLUMN = ["margin", "category", "partition"]
_TEXTS = ["step", *_COLUMN, "method"]
_CLOSE = 1e-5  # relative; calibrations stop far closer, a lost line is farther off
_COUNT = "n_lines"
_STEPS = "n_steps"
_NUMBERS = ["value", "target", "weight_before", "weight_after", "lower", "upper"]


def calibration_table(design: Design) -> pd.DataFrame:
    """The calibrations of a design: a line for every row and margin of every step.

    Columns: step_no (1, 2, ...), step, the id columns of the design, column_no (column of x), margin, category,
    partition, value (x of the row: 1, or a number), target (the total T to be met), weight_before, weight_after, method
    and lower, upper (bounds of w/d, empty where there are none; method is empty where a replicate can't do the step
    again), n_lines (how many lines the step has, on each of them, so that none is lost unseen), n_steps (how many steps
    the table has). A step with margins only approached has no lines. Read back by `calibration_from`.

    >>> import pandas as pd
    >>> from sampling import rake
    >>> data = pd.DataFrame({"person": ["p", "q", "r"], "sex": ["f", "f", "m"], "w": 10.0})
    >>> design = rake(Design(data, weight="w", id="person"), {"sex": {"f": 24, "m": 6}})
    >>> calibration_table(design)[["step", "person", "category", "weight_after"]].values.tolist()
    [['rake', 'p', 'f', 12.0], ['rake', 'q', 'f', 12.0], ['rake', 'r', 'm', 6.0]]
    """
    check_kind("design", design, Design)
    table = recorded_calibrations(design.calibration, design.with_ids().id_columns)
    n_lines = table.groupby("step_no")["step_no"].transform("size").astype("int64")
    return table.assign(**{_COUNT: n_lines}).assign(**{_STEPS: table["step_no"].nunique()})


def recorded_calibrations(steps: Sequence[CalibrationStep], id_columns: Sequence[str]) -> pd.DataFrame:
    """`calibration_table` of calibrations apart from a design; id_columns: names for the parts of their row ids.

    Without n_lines and n_steps: for a store that knows the whole table by its hash.
    """
    with_lines = [step for step in steps if step.x.nnz > 0]
    lines = [_lines(number, step, id_columns) for number, step in enumerate(with_lines, 1)]
    if not lines:
        return pd.DataFrame({name: [] for name in _columns(id_columns)})
    return pd.concat(lines, ignore_index=True)


def calibration_from(table: pd.DataFrame, id: str | Sequence[str] = ROW_ID) -> tuple[CalibrationStep, ...]:
    """The calibrations of a table that `calibration_table` made, for `Design(..., id=id, adjustments=...)`.

    id: the id column, or columns, of the table and of the design's data. Raises DesignError `design.adjusted_table` for
    a column that is absent, `design.adjusted_steps` when a whole step is missing, `design.adjusted_count` when lines of
    a step are missing or doubled, `design.adjusted_lines` when they were changed: the weights no longer meet the
    totals; `design.id`, `design.id_repeated`, `arguments.*` for an argument of another kind.

    >>> import pandas as pd
    >>> from sampling import rake
    >>> data = pd.DataFrame({"person": ["p", "q", "r"], "sex": ["f", "f", "m"], "w": 10.0})
    >>> design = rake(Design(data, weight="w", id="person"), {"sex": {"f": 24, "m": 6}})
    >>> kept, table = design.weighted_data(), calibration_table(design)  # to files and back, rows in any order
    >>> steps = calibration_from(table, id="person")
    >>> Design(kept[::-1], weight="final_weight", id="person", adjustments=steps).weights.tolist()
    [6.0, 12.0, 12.0]
    """
    check_table("table", table)
    id_columns = column_names("id", id)
    absent = [name for name in _columns(id_columns) if name not in table.columns]
    if absent:
        expected = ", ".join(_columns(id_columns))
        raise DesignError("design.adjusted_table", got=", ".join(absent), expected=expected)
    texts = {name: table[name].astype("object").where(table[name].notna(), "").astype("str") for name in _TEXTS}
    ordered = table.assign(step_no=_step_numbers(table), **texts)
    ordered = ordered.sort_values(["step_no", *id_columns, "column_no"], kind="stable")
    return tuple(_step(lines, id_columns) for _, lines in ordered.groupby("step_no", sort=True))


def _step_numbers(table: pd.DataFrame) -> pd.Series:
    """step_no as numbers: 1, 2, ... up to the number of steps that the table states."""
    numbers = pd.to_numeric(table["step_no"], errors="coerce")
    found = sorted(numbers.unique().tolist())
    stated = pd.to_numeric(table[_STEPS], errors="coerce").unique().tolist() if _STEPS in table.columns else []
    expected = list(range(1, len(found) + 1))
    if found != expected or stated not in ([], [len(found)]):
        there = ", ".join(dict.fromkeys(table["step_no"].astype("str")))
        told = [f"{number:g}" for number in stated if number == number]
        raise DesignError("design.adjusted_steps", got=there, expected=", ".join(told))
    return numbers.astype("int64")


def _columns(id_columns: Sequence[str]) -> list[str]:
    return ["step_no", "step", *id_columns, "column_no", *_COLUMN, *_NUMBERS[:4], "method", *_NUMBERS[4:]]


def _lines(number: int, step: CalibrationStep, id_columns: Sequence[str]) -> pd.DataFrame:
    """A line for every entry of x."""
    x, refit = step.x.tocsr(), step.refit
    row = np.repeat(np.arange(x.shape[0]), np.diff(x.indptr))
    margins = step.margins[step.margins["is_exact"]].reset_index(drop=True)
    ids = step.row_id.to_frame(index=False).set_axis(list(id_columns), axis=1)
    lines: pd.DataFrame = pd.concat(
        [ids.iloc[row].reset_index(drop=True), margins.loc[x.indices, _COLUMN].reset_index(drop=True)], axis=1
    )
    nowhere = np.full(x.shape[0], np.nan)
    lines = lines.assign(
        step_no=number,
        step=step.name,
        column_no=x.indices.astype(np.int64) + 1,
        value=x.data,
        target=margins["target"].to_numpy(dtype=np.float64)[x.indices],
        weight_before=step.weight_before[row],
        weight_after=step.weight_after[row],
        method="" if refit is None else refit.method,
        lower=(nowhere if refit is None else _finite(refit.lower))[row],
        upper=(nowhere if refit is None else _finite(refit.upper))[row],
    )
    return lines[_columns(id_columns)]


def _finite(bounds: FloatArray) -> FloatArray:
    return np.where(np.isfinite(bounds), bounds, np.nan)


def _refuse_other_sums(margins: pd.DataFrame, column_no: IntArray, step: str) -> None:
    """The table is of exact margins: every column has to meet its total, and none between two may be left out."""
    target, after = (margins[name].to_numpy(dtype=np.float64) for name in ("target", "after"))
    n_off = int((np.abs(after - target) > _CLOSE * np.maximum(np.abs(target), 1.0)).sum())
    n_lost = int(column_no[-1]) - len(column_no)
    if n_off or n_lost:
        raise DesignError("design.adjusted_lines", where=step, got=n_off + n_lost, expected=len(margins))


def _refuse_other_count(lines: pd.DataFrame) -> None:
    """A whole margin may be lost and the others still met: only the number of lines tells."""
    if _COUNT not in lines.columns:  # kept by a store that knows the table by its hash
        return
    wrong = lines.loc[pd.to_numeric(lines[_COUNT], errors="coerce") != len(lines), _COUNT]
    if len(wrong):
        first = wrong.iloc[0]
        got, expected = len(lines), "" if pd.isna(first) else f"{first:g}" if isinstance(first, Real) else str(first)
        raise DesignError("design.adjusted_count", where=str(lines["step"].iloc[0]), got=got, expected=expected)


def _step(lines: pd.DataFrame, id_columns: Sequence[str]) -> CalibrationStep:
    """One step from its lines, sorted by row and column."""
    _refuse_other_count(lines)
    is_first = ~lines.duplicated(list(id_columns)).to_numpy()
    rows = lines[is_first]
    place = np.cumsum(is_first) - 1
    columns = lines.drop_duplicates("column_no").sort_values("column_no", ignore_index=True)
    column = pd.Index(columns["column_no"]).get_indexer(pd.Index(lines["column_no"]))
    x = sparse.csr_matrix((lines["value"].to_numpy(dtype=np.float64), (place, column)), shape=(len(rows), len(columns)))
    before, after, lower, upper = (
        rows[name].to_numpy(dtype=np.float64) for name in ("weight_before", "weight_after", "lower", "upper")
    )
    margins = columns[[*_COLUMN, "target"]].assign(before=x.T @ before, after=x.T @ after, is_exact=True)
    _refuse_other_sums(margins, columns["column_no"].to_numpy(), str(rows["step"].iloc[0]))
    refit = None
    if (method := str(rows["method"].iloc[0])) != "":
        bounds = np.where(np.isnan(lower), -np.inf, lower), np.where(np.isnan(upper), np.inf, upper)
        target = columns["target"].to_numpy(dtype=np.float64)
        refit = Refit(method, target, margin_labels(columns), *bounds)
    name = str(rows["step"].iloc[0])
    return CalibrationStep(name, row_ids(rows, id_columns), before, after, x, margins, refit)


def margin_labels(columns: pd.DataFrame) -> tuple[str, ...]:
    """Names of the columns of x as `margin = category [partition]`."""
    parts = zip(*(columns[name].astype("str") for name in _COLUMN), strict=True)
    return tuple(
        f"{margin}{f' = {category}' if category else ''}{f' [{place}]' if place else ''}"
        for margin, category, place in parts
    )
