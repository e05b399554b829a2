"""One pass over rows to small sums by (domain, PSU, item), from which every share, mean, ratio and combination follows.

Only non-empty (domain, PSU) pairs are kept. With calibrated weights the sums that residuals need are kept as well
(docs/methods.md, section 5: V = t'Mt - 2 t'MXB + B'X'MXB).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from sampling.design import CalibrationStep, Design, LonelyRule
from sampling.errors import DesignError
from sampling.linear import symmetric_inverse
from sampling.numbers import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class CalibrationSums:
    """What residuals need. p: columns of all steps side by side; v: variables; m: (domain, column) cells with a row.

    psu_x: (PSUs, p) sum w x; for each step its columns, a generalised inverse of sum d x x' and sum d x x_later';
    cell_domain (rising), cell_column: (m,); dxy, dxa: (m, v) sums of d x y and of d x [y observed], d the weight
    before the step.
    """

    psu_x: sparse.csr_matrix
    slices: tuple[slice, ...]
    inverses: tuple[FloatArray, ...]
    crosses: tuple[FloatArray, ...]
    cell_domain: IntArray
    cell_column: IntArray
    dxy: FloatArray
    dxa: FloatArray


@dataclass(frozen=True, eq=False)
class Totals:
    """Sums of one variant of a survey. D domains, P PSUs, H strata, v variables, m (domain, PSU) pairs.

    wy, wa: (m, v) sums of w y and of w [y observed] by pair; wyy: (D, v) sum w y^2; n: (D, v) observed answers;
    n_rows: (D,) rows; pairs sorted by domain, then PSU.
    """

    variables: tuple[str, ...]
    domains: tuple[str, ...]
    pair_domain: IntArray
    pair_psu: IntArray
    wy: FloatArray
    wa: FloatArray
    w: FloatArray
    wyy: FloatArray
    n: IntArray
    n_rows: IntArray
    psu_stratum: IntArray
    n_psu: IntArray
    sampling_fraction: FloatArray
    lonely_psu: LonelyRule
    calibration: CalibrationSums | None

    def domain_sums(self) -> tuple[FloatArray, FloatArray]:
        """(sum w y, sum w [y observed]) by domain, each of shape (D, v)."""
        by_domain = sparse.csr_matrix(
            (np.ones(len(self.pair_domain)), (self.pair_domain, np.arange(len(self.pair_domain)))),
            shape=(len(self.domains), len(self.pair_domain)),
        )
        return np.asarray(by_domain @ self.wy), np.asarray(by_domain @ self.wa)


def totals(design: Design, variables: Sequence[str], by: str | None = None) -> Totals:
    """Make the Totals of `variables` (numeric columns, NaN = not observed) for every value of column `by`.

    by=None: one domain "all". Rows are summed in the order of `design.data`; sort it by its key where the last digit
    counts. Raises DesignError `totals.variable` (absent or not numeric), `totals.missing_domain`.
    """
    y, observed = _values(design.data, variables)
    labels, row_domain = _domains(design.data, by)
    pair_code = row_domain * len(design.psu_stratum) + design.row_psu
    pairs, row_pair = np.unique(pair_code, return_inverse=True)
    w = design.weights[:, None]
    to_pair = _grouping(row_pair, len(pairs))
    to_domain = _grouping(row_domain, len(labels))
    return Totals(
        variables=tuple(variables),
        domains=labels,
        pair_domain=pairs // len(design.psu_stratum),
        pair_psu=pairs % len(design.psu_stratum),
        wy=np.asarray(to_pair @ (w * y)),
        wa=np.asarray(to_pair @ (w * observed)),
        w=np.asarray(to_pair @ design.weights),
        wyy=np.asarray(to_domain @ (w * y * y)),
        n=np.rint(to_domain @ observed).astype(np.int64),
        n_rows=np.bincount(row_domain, minlength=len(labels)),
        psu_stratum=design.psu_stratum,
        n_psu=design.n_psu,
        sampling_fraction=design.sampling_fraction,
        lonely_psu=design.lonely_psu,
        calibration=_calibration_sums(design, row_domain, y, observed),
    )


def _values(data: pd.DataFrame, variables: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """y with 0 where not observed, and the 0/1 matrix of what is observed; each (n, v)."""
    bad = [one for one in variables if one not in data.columns or not pd.api.types.is_numeric_dtype(data[one])]
    if bad or not variables:
        raise DesignError("totals.variable", got=", ".join(bad), expected="numeric columns")
    raw = data[list(variables)].to_numpy(dtype=np.float64, na_value=np.nan)
    observed = ~np.isnan(raw)
    return np.where(observed, raw, 0.0), observed.astype(np.float64)


def _domains(data: pd.DataFrame, by: str | None) -> tuple[tuple[str, ...], IntArray]:
    if by is None:
        return ("all",), np.zeros(len(data), dtype=np.int64)
    if data[by].isna().any():
        raise DesignError("totals.missing_domain", where=by, got=int(data[by].isna().sum()), expected=0)
    codes, labels = pd.factorize(data[by], sort=True)
    return tuple(map(str, labels)), codes.astype(np.int64)


def _grouping(codes: IntArray, size: int) -> sparse.csr_matrix:
    """Matrix (size, n) that adds rows of one group, in row order."""
    return sparse.csr_matrix((np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=(size, len(codes)))


def _calibration_sums(
    design: Design, row_domain: IntArray, y: FloatArray, observed: FloatArray
) -> CalibrationSums | None:
    if not design.calibration:
        return None
    steps = design.calibration
    edges = np.cumsum([0, *(step.x.shape[1] for step in steps)])
    slices = tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(edges))
    all_x = sparse.hstack([step.x for step in steps], format="csr")
    to_psu = _grouping(design.row_psu, len(design.psu_stratum)).multiply(design.weights).tocsr()
    domain, column, dxy, dxa = _cells(steps, slices, row_domain, (y, observed))
    return CalibrationSums(
        psu_x=(to_psu @ all_x).tocsr(),
        slices=slices,
        inverses=tuple(_inverse(step) for step in steps),
        crosses=tuple(_cross(step, all_x[:, part.stop :]) for step, part in zip(steps, slices, strict=True)),
        cell_domain=domain,
        cell_column=column,
        dxy=dxy,
        dxa=dxa,
    )


def _inverse(step: CalibrationStep) -> FloatArray:
    """Generalised inverse of sum d x x': margins that share a constant make it singular, residuals stay unique."""
    weighted = step.x.multiply(step.weight_before[:, None]).tocsr()
    return symmetric_inverse(np.asarray((weighted.T @ step.x).todense()))


def _cross(step: CalibrationStep, later: sparse.csr_matrix) -> FloatArray:
    """sum d x x_later': how a later step's x is seen by this one."""
    weighted = step.x.multiply(step.weight_before[:, None]).tocsr()
    return np.asarray((weighted.T @ later).todense())


def _cells(
    steps: Sequence[CalibrationStep],
    slices: Sequence[slice],
    row_domain: IntArray,
    values: tuple[FloatArray, FloatArray],
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Sums of d x y and d x a over the non-empty (domain, column of x) cells, steps side by side."""
    width = slices[-1].stop
    parts = []
    for step, place in zip(steps, slices, strict=True):
        entries = step.x.tocoo()
        code = row_domain[entries.row] * width + entries.col + place.start
        weight = entries.data * step.weight_before[entries.row]
        cells, position = np.unique(code, return_inverse=True)
        grouping = sparse.csr_matrix((weight, (position, entries.row)), shape=(len(cells), len(row_domain)))
        parts.append((cells, *(np.asarray(grouping @ value) for value in values)))
    cells = np.concatenate([part[0] for part in parts])
    order = np.argsort(cells, kind="stable")
    dxy, dxa = (np.concatenate([part[one] for part in parts])[order] for one in (1, 2))
    return cells[order] // width, cells[order] % width, dxy, dxa
