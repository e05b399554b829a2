"""Sums that residuals of calibrated weights need (docs/methods.md, section 5): small, exact where x is 0/1."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from scipy import sparse

from sampling.codes import compact
from sampling.design import CalibrationStep, Design
from sampling.exact import STEP, Parts, added, join, outgrown, split
from sampling.numbers import FloatArray, IntArray
from sampling.totals.model import CalibrationPart, CalibrationSums
from sampling.totals.rows import Variable

_BLOCK_ROWS = 1 << 15

Matrices = dict[int, sparse.csr_matrix]


def calibration_part(
    design: Design, row_domain: IntArray, domains: int, variables: Sequence[Variable]
) -> CalibrationPart | None:
    """The part of one table; None where nothing was calibrated."""
    steps = design.calibration
    if not steps:
        return None
    later = sparse.hstack([step.x for step in steps], format="csr")
    edges = np.cumsum([0, *(step.x.shape[1] for step in steps)])
    units = len(design.stages[-1].parent)
    cells = [
        _cells(step, int(start), row_domain, (domains, int(edges[-1])), variables)
        for step, start in zip(steps, edges[:-1], strict=True)
    ]
    order = np.argsort(np.concatenate([codes for codes, _, _ in cells]), kind="stable")
    codes = np.concatenate([codes for codes, _, _ in cells])[order]
    return CalibrationPart(
        widths=tuple(step.x.shape[1] for step in steps),
        unit_x={
            grid: (sparse.csr_matrix((part, (design.row_unit, np.arange(len(part)))), shape=(units, len(part))) @ later)
            for grid, part in split(design.weights).items()
        },
        squares=tuple(_squares(step, step.x) for step in steps),
        crosses=tuple(_squares(step, later[:, int(stop) :]) for step, stop in zip(steps, edges[1:], strict=True)),
        cell_domain=codes // int(edges[-1]),
        cell_column=codes % int(edges[-1]),
        dxy=_stacked([dxy for _, dxy, _ in cells], order),
        dxa=_stacked([dxa for _, _, dxa in cells], order),
    )


def _stacked(parts: Sequence[Parts], order: IntArray) -> Parts:
    """Parts of the steps below each other, in the order of the cells; zeros where a step has no such grid."""
    grids = sorted({grid for one in parts for grid in one}, reverse=True)
    shapes = [next(iter(one.values())).shape for one in parts]
    return {
        grid: np.concatenate([one.get(grid, np.zeros(shape)) for one, shape in zip(parts, shapes, strict=True)])[order]
        for grid in grids
    }


def _squares(step: CalibrationStep, other: sparse.csr_matrix) -> Matrices:
    """sum d x other' by grid of d."""
    return {
        grid: (step.x.multiply(part[:, None]).tocsr().T @ other).tocsr()
        for grid, part in split(step.weight_before).items()
    }


def _cells(
    step: CalibrationStep, start: int, row_domain: IntArray, shape: tuple[int, int], variables: Sequence[Variable]
) -> tuple[IntArray, Parts, Parts]:
    """(codes, dxy, dxa) over the non-empty (domain, column of x) cells of one step, code = domain x width + column."""
    domains, width = shape
    x = step.x.tocsr()
    rows = np.repeat(np.arange(x.shape[0]), np.diff(x.indptr))
    codes, position = compact(row_domain[rows] * width + x.indices + start, domains * width)
    places = sparse.csr_matrix((x.data, position, x.indptr), shape=(x.shape[0], len(codes)))
    read = [place for place, one in enumerate(variables) if one.is_code]
    other = [place for place, one in enumerate(variables) if not one.is_code]
    top = max((variables[place].top for place in read), default=1.0)
    total = float(step.weight_before.sum())
    cut = split(step.weight_before, total * max(top, 1.0))
    dxy = _sums(places, cut, lambda rows: _values(variables, read, rows), (len(variables), read))
    for place in other:
        for grid, part in split(step.weight_before * variables[place].y).items():
            column = dxy.setdefault(grid, np.zeros((len(codes), len(variables))))
            column[:, place] = places.T @ part
    if all(one.observed is None for one in variables):
        dxa = {grid: np.asarray(places.T @ part)[:, None] for grid, part in cut.items()}
    else:
        every = list(range(len(variables)))
        dxa = _sums(places, cut, lambda rows: _observed(variables, rows), (len(variables), every))
    return codes, dxy, dxa


def _sums(
    places: sparse.csr_matrix,
    cut: Parts,
    values: Callable[[slice], FloatArray],
    columns: tuple[int, list[int]],
) -> Parts:
    """sum part x value by cell, block of rows by block, (cells, v)."""
    width, filled = columns
    result = {grid: np.zeros((places.shape[1], width)) for grid in cut}
    if not filled:
        return result
    for start in range(0, places.shape[0], _BLOCK_ROWS):
        rows = slice(start, min(start + _BLOCK_ROWS, places.shape[0]))
        block, table = places[rows], values(rows)
        for grid, part in cut.items():
            weighted = sparse.csr_matrix(
                (block.data * np.repeat(part[rows], np.diff(block.indptr)), block.indices, block.indptr), block.shape
            )
            result[grid][:, filled] += weighted.T @ table
    return result


def _values(variables: Sequence[Variable], kept: Sequence[int], rows: slice) -> FloatArray:
    return np.stack([variables[place].y[rows] for place in kept], axis=1)


def _observed(variables: Sequence[Variable], rows: slice) -> FloatArray:
    length = rows.stop - rows.start
    return np.stack(
        [np.ones(length) if one.observed is None else one.observed[rows].astype(np.float64) for one in variables],
        axis=1,
    )


def calibration_sums(part: CalibrationPart | None, width: int) -> CalibrationSums | None:
    """Parts joined; `width`: the number of variables."""
    if part is None:
        return None
    edges = np.cumsum([0, *part.widths])
    shape = (len(part.cell_domain), width)
    return CalibrationSums(
        unit_x=joined(part.unit_x),
        slices=tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(edges)),
        squares=tuple(joined(one) for one in part.squares),
        crosses=tuple(joined(one) for one in part.crosses),
        cell_domain=part.cell_domain,
        cell_column=part.cell_column,
        dxy=join(part.dxy, shape),
        dxa=join(part.dxa, shape),
    )


def joined(parts: Matrices) -> sparse.csr_matrix:
    """The sum over grids, highest first."""
    grids = sorted(parts, reverse=True)
    total = parts[grids[0]]
    for grid in grids[1:]:
        total = total + parts[grid]
    return total.tocsr()


def merged(parts: Sequence[CalibrationPart], codes: tuple[Sequence[IntArray], Sequence[IntArray]], sizes: tuple[int, int]) -> CalibrationPart:
    """Parts of several tables together. codes: where every part's domains and units stand; sizes: how many in all."""
    domain_of, unit_of = codes
    width = sum(parts[0].widths)
    keys = [place[one.cell_domain] * width + one.cell_column for one, place in zip(parts, domain_of, strict=True)]
    cells, position = compact(np.concatenate(keys), sizes[0] * width)
    cuts = np.cumsum([len(one) for one in keys])[:-1]
    groups = [
        sparse.csr_matrix((np.ones(len(own)), (own, np.arange(len(own)))), shape=(len(cells), len(own)))
        for own in np.split(position, cuts)
    ]
    to_unit = [
        sparse.csr_matrix((np.ones(len(own)), (own, np.arange(len(own)))), shape=(sizes[1], len(own))) for own in unit_of
    ]

    def cell_sums(name: str) -> Parts:
        terms = [{grid: np.asarray(group @ values) for grid, values in getattr(one, name).items()} for one, group in zip(parts, groups, strict=True)]
        wide = max(values.shape[1] for one in terms for values in one.values())
        return added(terms, (len(cells), wide))

    return CalibrationPart(
        widths=parts[0].widths,
        unit_x=_matrix_sum([{grid: place @ one.unit_x[grid] for grid in one.unit_x} for one, place in zip(parts, to_unit, strict=True)]),
        squares=tuple(_matrix_sum([one.squares[step] for one in parts]) for step in range(len(parts[0].widths))),
        crosses=tuple(_matrix_sum([one.crosses[step] for one in parts]) for step in range(len(parts[0].widths))),
        cell_domain=cells // width,
        cell_column=cells % width,
        dxy=cell_sums("dxy"),
        dxa=cell_sums("dxa"),
    )


def _matrix_sum(terms: Sequence[Matrices]) -> Matrices:
    """Exact sum of sparse parts; what outgrows a grid is carried, as `added` does."""
    carried: Matrices = {}
    total: Matrices = {}
    for grid in sorted({grid for one in terms for grid in one}):
        for value in [one[grid] for one in terms if grid in one] + ([carried.pop(grid)] if grid in carried else []):
            total[grid] = total[grid] + value if grid in total else value
            up = outgrown(total[grid].data, grid)
            if up.any():
                high = total[grid].copy()
                high.data = up
                total[grid] = total[grid] - high
                carried[grid + STEP] = carried[grid + STEP] + high if grid + STEP in carried else high
    return total | carried
