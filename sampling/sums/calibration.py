"""Sums that residuals of calibrated weights need (docs/methods.md, section 5): small, exact where x is 0/1."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from sampling.codes import compact
from sampling.design import CalibrationStep, Design
from sampling.exact import STEP, Parts, added, bincount, join, outgrown, split
from sampling.numbers import IntArray
from sampling.sums.model import CalibrationPart, CalibrationSums
from sampling.sums.rows import Variable

_BLOCK_NUMBERS = 1 << 22

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
    if len(parts) == 1:
        return parts[0]
    grids = sorted({grid for part in parts for grid in part}, reverse=True)
    shapes = [next(iter(part.values())).shape for part in parts]
    return {
        grid: np.concatenate([part.get(grid, np.zeros(shape)) for part, shape in zip(parts, shapes, strict=True)])[
            order
        ]
        for grid in grids
    }


def _squares(step: CalibrationStep, other: sparse.csr_matrix) -> Matrices:
    """sum d x other' by grid of d. Rows with the same x and other are added before they are multiplied."""
    first = _patterns(step.x, other)
    if first is None or other.shape[1] == 0:
        weighted = [(grid, part, step.x, other) for grid, part in split(step.weight_before).items()]
    else:
        kept, place = first
        parts = split(step.weight_before)
        weighted = [(grid, bincount(place, part, len(kept)), step.x[kept], other[kept]) for grid, part in parts.items()]
    return {grid: (x.T @ sparse.diags(part) @ right).tocsr() for grid, part, x, right in weighted}


def _patterns(x: sparse.csr_matrix, other: sparse.csr_matrix) -> tuple[IntArray, IntArray] | None:
    """(a row of every distinct row of x, which of them each row equals); None unless both are the same 0/1 table."""
    length = np.diff(x.indptr)
    if other is not x or not len(length) or (length != length[0]).any() or (x.data != 1).any():
        return None
    code, size = np.zeros(x.shape[0], dtype=np.int64), 1
    for column in x.indices.reshape(-1, length[0]).T:
        kept, code = compact(code * x.shape[1] + column, size * x.shape[1])
        size = len(kept)
    first = np.empty(size, dtype=np.int64)
    first[code] = np.arange(len(code))
    return first, code


def _cells(
    step: CalibrationStep, start: int, row_domain: IntArray, shape: tuple[int, int], variables: Sequence[Variable]
) -> tuple[IntArray, Parts, Parts]:
    """(codes, dxy, dxa) over the non-empty (domain, column of x) cells of one step, code = domain x width + column."""
    domains, width = shape
    x = step.x.tocsr()
    rows = np.repeat(np.arange(x.shape[0]), np.diff(x.indptr))
    codes, position = compact(row_domain[rows] * width + x.indices + start, domains * width)
    cells = sparse.csr_matrix((x.data, position, x.indptr), shape=(x.shape[0], len(codes))).T.tocsr()
    read = [place for place, variable in enumerate(variables) if variable.is_code]
    top = max((variables[place].top for place in read), default=1.0)
    cut = split(step.weight_before, float(step.weight_before.sum()) * max(top, 1.0))
    dxy = _sums(cells, cut, [variables[place].y for place in read])
    if len(read) < len(variables):
        dxy = _with_measured(cells, step, variables, dxy)
    if all(variable.observed is None for variable in variables):
        dxa = {grid: np.asarray(cells @ part)[:, None] for grid, part in cut.items()}
    else:
        ones = np.ones(x.shape[0])
        dxa = _sums(cells, cut, [ones if variable.observed is None else variable.observed for variable in variables])
    return codes, dxy, dxa


def _sums(cells: sparse.csr_matrix, cut: Parts, values: Sequence[np.ndarray]) -> Parts:
    """sum part x value by cell, (cells, v), a few variables at a time; cells: (cells, n)."""
    result = {grid: np.zeros((cells.shape[0], len(values))) for grid in cut}
    weighted = {
        grid: sparse.csr_matrix((cells.data * part.take(cells.indices), cells.indices, cells.indptr), cells.shape)
        for grid, part in cut.items()
    }
    width = max(_BLOCK_NUMBERS // cells.shape[1], 1)
    for start in range(0, len(values), width):
        table = np.stack(values[start : start + width], axis=1, dtype=np.float64)
        for grid, part in weighted.items():
            result[grid][:, start : start + width] = part @ table
    return result


def _with_measured(
    cells: sparse.csr_matrix, step: CalibrationStep, variables: Sequence[Variable], codes: Parts
) -> Parts:
    """dxy of all variables: those of the codes as made, for measured ones d y is cut into parts of its own."""
    read = [place for place, variable in enumerate(variables) if variable.is_code]
    result = {grid: np.zeros((cells.shape[0], len(variables))) for grid in codes}
    for grid, table in codes.items():
        result[grid][:, read] = table
    for place in (number for number in range(len(variables)) if number not in read):
        for grid, part in split(step.weight_before * variables[place].y).items():
            result.setdefault(grid, np.zeros((cells.shape[0], len(variables))))[:, place] = cells @ part
    return result


def calibration_sums(part: CalibrationPart | None, width: int) -> CalibrationSums | None:
    """Parts joined; `width`: the number of variables."""
    if part is None:
        return None
    edges = np.cumsum([0, *part.widths])
    shape = (len(part.cell_domain), width)
    return CalibrationSums(
        unit_x=joined(part.unit_x),
        slices=tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(edges)),
        squares=tuple(joined(matrices) for matrices in part.squares),
        crosses=tuple(joined(matrices) for matrices in part.crosses),
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


def merged(
    parts: Sequence[CalibrationPart], codes: tuple[Sequence[IntArray], Sequence[IntArray]], sizes: tuple[int, int]
) -> CalibrationPart:
    """Parts of several tables together. codes: where every part's domains and units stand; sizes: how many in all."""
    domain_of, unit_of = codes
    width = sum(parts[0].widths)
    keys = [place[part.cell_domain] * width + part.cell_column for part, place in zip(parts, domain_of, strict=True)]
    cells, position = compact(np.concatenate(keys), sizes[0] * width)
    cuts = np.cumsum([len(part_keys) for part_keys in keys])[:-1]
    groups = [
        sparse.csr_matrix((np.ones(len(places)), (places, np.arange(len(places)))), shape=(len(cells), len(places)))
        for places in np.split(position, cuts)
    ]
    to_unit = [
        sparse.csr_matrix((np.ones(len(places)), (places, np.arange(len(places)))), shape=(sizes[1], len(places)))
        for places in unit_of
    ]

    def cell_sums(name: str) -> Parts:
        terms = [
            {grid: np.asarray(group @ values) for grid, values in getattr(part, name).items()}
            for part, group in zip(parts, groups, strict=True)
        ]
        wide = max(values.shape[1] for term in terms for values in term.values())
        return added(terms, (len(cells), wide))

    return CalibrationPart(
        widths=parts[0].widths,
        unit_x=_matrix_sum(
            [
                {grid: place @ part.unit_x[grid] for grid in part.unit_x}
                for part, place in zip(parts, to_unit, strict=True)
            ]
        ),
        squares=tuple(_matrix_sum([part.squares[step] for part in parts]) for step in range(len(parts[0].widths))),
        crosses=tuple(_matrix_sum([part.crosses[step] for part in parts]) for step in range(len(parts[0].widths))),
        cell_domain=cells // width,
        cell_column=cells % width,
        dxy=cell_sums("dxy"),
        dxa=cell_sums("dxa"),
    )


def _matrix_sum(terms: Sequence[Matrices]) -> Matrices:
    """Exact sum of sparse parts; what outgrows a grid is carried, as `added` does."""
    carried: Matrices = {}
    total: Matrices = {}
    for grid in sorted({grid for term in terms for grid in term}):
        for value in [term[grid] for term in terms if grid in term] + ([carried.pop(grid)] if grid in carried else []):
            total[grid] = total[grid] + value if grid in total else value
            up = outgrown(total[grid].data, grid)
            if up.any():
                high = total[grid].copy()
                high.data = up
                total[grid] = total[grid] - high
                carried[grid + STEP] = carried[grid + STEP] + high if grid + STEP in carried else high
    return total | carried
