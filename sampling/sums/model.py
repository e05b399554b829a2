"""Totals: the small sums from which every share, mean, ratio, total and combination follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sampling.design import Level, LonelyRule, Stage
from sampling.exact import Parts
from sampling.numbers import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class CalibrationSums:
    """What residuals need. p: columns of all steps side by side; v: variables; m: (domain, column) cells with a row.

    unit_x: (U, p) sum w x by last-stage unit; for each step its columns, sum d x x' and sum d x x_later', d the weight
    before the step; cell_domain (rising), cell_column: (m,); dxy, dxa: (m, v) sums of d x y and of d x [y observed].
    """

    unit_x: sparse.csr_matrix
    slices: tuple[slice, ...]
    squares: tuple[sparse.csr_matrix, ...]
    crosses: tuple[sparse.csr_matrix, ...]
    cell_domain: IntArray
    cell_column: IntArray
    dxy: FloatArray
    dxa: FloatArray


@dataclass(frozen=True, eq=False, repr=False)
class Totals:
    """Sums of one variant of a survey. D domains, U last-stage units, v variables, m (domain, unit) pairs with a row.

    wy, wa: (m, v) sums of w y and of w [y observed] by pair, pairs sorted by domain, then unit; domain_wy, domain_wa,
    domain_wyy: (D, v) the same and sum w y^2 by domain; n: (D, v) observed answers; n_rows: (D,) rows.
    stages, levels: how the units were drawn; lonely_psu: the design's rule.
    """

    variables: tuple[str, ...]
    domains: tuple[str, ...]
    pair_domain: IntArray
    pair_unit: IntArray
    wy: FloatArray
    wa: FloatArray
    domain_wy: FloatArray
    domain_wa: FloatArray
    domain_wyy: FloatArray
    n: IntArray
    n_rows: IntArray
    stages: tuple[Stage, ...]
    levels: tuple[Level, ...]
    lonely_psu: LonelyRule
    calibration: CalibrationSums | None

    def __repr__(self) -> str:
        rows, units = int(self.n_rows.sum()), len(self.stages[-1].parent)
        of = f"domains {len(self.domains):,}, variables {len(self.variables)}"
        return f"<Totals: {of}, rows {rows:,}, last-stage units {units:,}>"

    def ratios(self) -> tuple[FloatArray, np.ndarray]:
        """(R = sum w y / sum w a, 0 where nobody answered; who answered), each (D, v)."""
        answered = self.domain_wa > 0
        return np.divide(self.domain_wy, self.domain_wa, out=np.zeros_like(self.domain_wy), where=answered), answered


@dataclass(frozen=True, eq=False)
class CalibrationPart:
    """Sums for residuals of one table of rows, as parts of exact sums; names as in CalibrationSums."""

    widths: tuple[int, ...]
    unit_x: dict[int, sparse.csr_matrix]
    squares: tuple[dict[int, sparse.csr_matrix], ...]
    crosses: tuple[dict[int, sparse.csr_matrix], ...]
    cell_domain: IntArray
    cell_column: IntArray
    dxy: Parts
    dxa: Parts


@dataclass(frozen=True, eq=False)
class TotalsPart:
    """Sums of one table of rows, as parts of exact sums; names as in Totals. wa: (m, 1) while nothing is missing."""

    variables: tuple[str, ...]
    domains: np.ndarray
    stratum_labels: np.ndarray
    stages: tuple[Stage, ...]
    lonely_psu: LonelyRule
    pair_domain: IntArray
    pair_unit: IntArray
    wy: Parts
    wa: Parts
    wyy: Parts
    n: IntArray
    n_rows: IntArray
    calibration: CalibrationPart | None
