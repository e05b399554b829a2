"""Why margins cannot be met: checks before the work, and what is within reach when it fails."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from errors import WeightError
from sampling.numbers import BoolArray, FloatArray
from sampling.weighting.auxiliary import Auxiliary
from sampling.weighting.solve import TOLERANCE, Problem

_MOST_ROWS = 200_000  # rows from which the joint question is not asked: the answer would take minutes


def check_margins(x: Auxiliary, weight: FloatArray, exact: BoolArray) -> None:
    """Refuse totals that no weights can meet, before any is moved. exact: columns to be met, shape (p,).

    Raises WeightError `weights.empty_cell` (a total nobody answers for), `weights.zero_total` (respondents whose total
    is 0), `weights.margins_disagree` (margins of one population with different sums).
    """
    counts = x.columns["is_count"].to_numpy(dtype=bool)
    reached = x.sizes(weight)
    empty = exact & (reached == 0) & (x.target != 0)
    if empty.any():
        raise WeightError("weights.empty_cell", where=x.labels(empty), got=0, expected=">= 1")
    zero = exact & counts & (x.target == 0) & (reached > 0)
    if zero.any():
        raise WeightError("weights.zero_total", where=x.labels(zero), got=0, expected="> 0")
    table = x.columns[counts & exact]
    sums = table.groupby(["partition", "margin"])["target"].sum()
    ends = sums.groupby(level="partition").agg(["min", "max"])
    for partition in ends.index[ends["max"] - ends["min"] > TOLERANCE * ends["max"]][:1]:
        by_margin = sums.loc[partition]
        got = ", ".join(f"{margin} {total:.10g}" for margin, total in by_margin.items())
        raise WeightError("weights.margins_disagree", where=str(partition), got=got)


def check_population(x: Auxiliary, rows: FloatArray) -> None:
    """A population cannot have fewer units than the sample found in it. rows: 1 for rows that count, shape (n,).

    Raises WeightError `weights.below_sample`.
    """
    counts = x.sums(rows)
    below = x.columns["is_count"].to_numpy(dtype=bool) & (counts > x.target * (1 + TOLERANCE))
    if below.any():
        first = int(below.argmax())
        got, most = f"{x.target[first]:.10g}", f">= {counts[first]:.0f}"
        raise WeightError("weights.below_sample", where=x.labels(below), got=got, expected=most)


def explain(problem: Problem, missed: FloatArray, iterations: int) -> WeightError:
    """The error that says why the margins were missed (relative gaps by column, shape (p,)).

    `weights.out_of_reach` with the reachable range: of the margin alone within the bounds of w/d, or with all other
    margins met as far as they can be; else `weights.not_converged`.
    """
    wrong = missed > TOLERANCE
    low, high = _alone(problem)
    slack = TOLERANCE * np.maximum(np.abs(problem.x.target), 1.0)
    outside = wrong & ((problem.x.target < low - slack) | (problem.x.target > high + slack))
    if outside.any():
        first = int(outside.argmax())
        return _out_of_reach(problem, outside, f"{low[first]:.10g} .. {high[first]:.10g}")
    block = problem.x.column_block[int(missed.argmax())]
    part = problem.part(problem.x.block == block, problem.x.column_block == block)
    nearest = _together(part)
    if nearest is not None:
        target = part.x.target
        far = np.abs(nearest - target) > 1e-7 * np.maximum(np.abs(target), 1.0)
        if far.any():
            first = int(far.argmax())
            side = "<=" if nearest[first] < target[first] else ">="
            return _out_of_reach(part, far, f"{side} {nearest[first]:.10g}")
    names = ", ".join(sorted(set(problem.x.columns.loc[wrong, "margin"])))
    return WeightError("weights.not_converged", where=names, got=iterations)


def _out_of_reach(problem: Problem, columns: BoolArray, reach: str) -> WeightError:
    first = int(columns.argmax())
    names = problem.x.labels(columns)
    target = f"{problem.x.target[first]:.10g}"
    return WeightError("weights.out_of_reach", where=names, got=target, expected=reach)


def _alone(problem: Problem) -> tuple[FloatArray, FloatArray]:
    """Least and greatest sum w x of every column when only the bounds of w/d hold."""
    low, high = np.zeros(len(problem.x.columns)), np.zeros(len(problem.x.columns))
    for entry in problem.x.entries:
        value = np.ones(len(entry.code)) if entry.value is None else entry.value
        moving = (value != 0) & (problem.weight > 0)
        ends = [
            np.where(moving, np.where(moving, bound, 0.0) * problem.weight * value, 0.0)
            for bound in (problem.distance.lower, problem.distance.upper)
        ]
        low += np.bincount(entry.code, np.minimum(*ends), len(low))
        high += np.bincount(entry.code, np.maximum(*ends), len(high))
    return low, high


def _together(problem: Problem) -> FloatArray | None:
    """Sums nearest to the totals, in relative terms added up, that weights within the bounds reach together (a linear
    program over distinct rows); None when there are too many rows to ask."""
    if len(problem.weight) > _MOST_ROWS:
        return None
    distance = problem.distance
    fields: list[FloatArray] = [entry.code.astype(np.float64) for entry in problem.x.entries]
    fields += [entry.value for entry in problem.x.entries if entry.value is not None]
    rows = np.column_stack([*fields, distance.lower, distance.upper])
    _, first, cell = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    weight = np.bincount(cell.ravel(), problem.weight)
    x = problem.x.matrix()[first]
    p = x.shape[1]
    scale = np.maximum(np.abs(problem.x.target), 1e-12)
    identity = sparse.eye(p, format="csr")
    cost = np.concatenate([np.zeros(len(first)), 1 / scale, 1 / scale])
    bounds = np.column_stack([distance.lower[first] * weight, distance.upper[first] * weight])
    free = np.column_stack([np.zeros(2 * p), np.full(2 * p, np.inf)])
    solution = linprog(
        cost,
        A_eq=sparse.hstack([x.T, identity, -identity], format="csr"),
        b_eq=problem.x.target,
        bounds=np.vstack([bounds, free]),
        method="highs",
    )
    return np.asarray(x.T @ solution.x[: len(first)]) if solution.status == 0 else None
