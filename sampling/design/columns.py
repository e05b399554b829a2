"""From columns of a table to the units of every stage."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.arguments import is_list, kind_of
from sampling.codes import compact, label_codes
from sampling.design.stages import Stage
from sampling.numbers import FloatArray, IntArray

ByStage = str | Sequence[str | None] | None
StageColumns = tuple[str | None, str | None, str | None]


def stage_columns(
    psu: ByStage, pop_size: ByStage, inclusion_prob: ByStage, *, with_counts: bool
) -> tuple[StageColumns, ...]:
    """(unit, pop_size, inclusion_prob) columns of every stage.

    Several stages need a count or a probability at each: one missing above makes all below vanish from V, one missing
    below leaves its variance out; neither may happen unsaid. Without counts (fpc "none") only the first stage counts.
    Raises DesignError `design.pps_pop_size`, `design.stages`, `arguments.names`.
    """
    given = {"psu": psu, "pop_size": pop_size, "inclusion_prob": inclusion_prob}
    units, sizes, probs = (_by_stage(argument, names) for argument, names in given.items())
    stages = list(itertools.zip_longest(units, sizes, probs))
    for number, (_, size, prob) in enumerate(stages, start=1):
        if size is not None and prob is not None:
            raise DesignError("design.pps_pop_size", where=f"psu[{number}]", got=size, expected=prob)
    if not with_counts:
        return ((stages[0][0], None, None),)
    bare = [number for number, (_, size, prob) in enumerate(stages, start=1) if size is None and prob is None]
    inner = [number for number, (unit, _, _) in enumerate(stages[:-1], start=1) if unit is None]
    if len(stages) > 1 and (bare or inner):
        raise DesignError("design.stages", where=f"psu[{(inner or bare)[0]}]", got=len(stages), expected="unit, count")
    return tuple(stages)


def _by_stage(argument: str, names: ByStage) -> list[str | None]:
    """The columns of every stage; a number in their place (one N for all strata, say) is refused."""
    given = list(names) if is_list(names) else [names]
    listed = [name for name in given if name is None or isinstance(name, str)]
    if len(listed) < len(given):
        got = kind_of(next(name for name in given if name is not None and not isinstance(name, str)))
        raise DesignError("arguments.names", where=argument, got=got, expected='"x" | ["x", "y"]')
    return listed


def numbers(data: pd.DataFrame, name: str) -> FloatArray:
    """A column as numbers, (n,): DesignError `design.number` for one that holds something else."""
    try:
        return data[name].to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        raise DesignError("design.number", where=name, got=str(data[name].dtype)) from None


def check_columns(data: pd.DataFrame, names: Iterable[str | None]) -> None:
    """Every named column is there and has no gaps: DesignError `design.column`, `design.missing`."""
    wanted = [name for name in names if name is not None]
    absent = [name for name in wanted if name not in data.columns]
    if absent or data.empty:
        raise DesignError("design.column", got=", ".join(absent), expected=", ".join(wanted))
    for name in wanted:
        if data[name].dtype.kind not in "iub" and data[name].isna().any():
            raise DesignError("design.missing", where=name, got=int(data[name].isna().sum()), expected=0)


def row_stages(
    data: pd.DataFrame, stratum: str | None, columns: Sequence[StageColumns]
) -> tuple[np.ndarray, tuple[Stage, ...], IntArray]:
    """Labels of the strata, the stages, and the last stage's unit of every row."""
    above, labels = (
        (np.zeros(len(data), dtype=np.int64), np.array(["all"])) if stratum is None else label_codes(data[stratum])
    )
    stages = []
    parents = len(labels)
    for unit, size, prob in columns:
        if unit is None:
            order = np.argsort(above, kind="stable")
            rows, names = np.empty(len(data), dtype=np.int64), None
            rows[order] = np.arange(len(data))
            parent, first = above[order], order
        else:
            inner, values = label_codes(data[unit])
            pairs, rows = compact(above * len(values) + inner, parents * len(values))
            parent, names = pairs // len(values), values[pairs % len(values)]
            first = np.empty(len(pairs), dtype=np.int64)
            first[rows] = np.arange(len(data))
        pop_size = _per_unit(data, size, "design.pop_size", rows, first)
        inclusion = _per_unit(data, prob, "design.inclusion_prob", rows, first)
        if inclusion is not None:
            _check_probability(inclusion, prob)
        stages.append(Stage(parent, names, pop_size, inclusion))
        above, parents = rows, len(parent)
    return labels, tuple(stages), above


def _per_unit(data: pd.DataFrame, name: str | None, rule: str, rows: IntArray, first: IntArray) -> FloatArray | None:
    """A column's value of every unit; DesignError by `rule` when the rows of a unit disagree."""
    if name is None:
        return None
    values = numbers(data, name)
    unit_values = values[first]
    if len(unit_values) < len(values) and (unit_values[rows] != values).any():
        wrong = int((unit_values[rows] != values).argmax())
        raise DesignError(rule, where=name, got=f"{unit_values[rows][wrong]:g} .. {values[wrong]:g}", expected="1")
    return unit_values


def _check_probability(prob: FloatArray, name: str | None) -> None:
    wrong = ~((prob > 0) & (prob <= 1))
    if wrong.any():
        raise DesignError("design.inclusion_prob", where=str(name), got=int(wrong.sum()), expected="0 < pi <= 1")
