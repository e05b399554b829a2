"""Balanced repeated replication and Fay's variant, two PSUs in every stratum (docs/methods.md, section 6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from errors import DesignError
from sampling.arguments import check_kind, check_number
from sampling.design import Design
from sampling.numbers import FloatArray, IntArray
from sampling.replication.model import Replay, Replication, ReplicationKind, first_stage, named_units


@dataclass(frozen=True, eq=False)
class HalfSamples:
    """Replicate r gives 2 - rho to one PSU of stratum h and rho to the other, by the sign of Sylvester's (r, h + 1).

    column: (U,) the column of every unit's stratum; sign: (U,) +1 for the first PSU, -1 for the second.
    """

    column: IntArray
    sign: FloatArray
    replicates: int
    rho: float

    def chunks(self, at_once: int) -> Iterator[FloatArray]:
        """Tables (U, r) of multipliers."""
        for start in range(0, self.replicates, at_once):
            rows = np.arange(start, min(start + at_once, self.replicates))
            entry = sylvester(rows, self.column)
            yield 1 + (1 - self.rho) * entry.T * self.sign[:, None]


def sylvester(rows: IntArray, columns: IntArray) -> FloatArray:
    """Entries of Sylvester's Hadamard matrix, (-1)^(number of common ones of r and c in base 2), (rows, columns)."""
    return np.asarray(1.0 - 2.0 * (np.bitwise_count(rows[:, None] & columns[None, :]) % 2))


def balanced(design: Design, rho: float = 0.0, *, replay: Replay = "calibration") -> Replication:
    """BRR (rho = 0) or Fay's method (0 < rho < 1); strata and the PSUs in them in the order of their names, as texts.

    R: the smallest power of 2 above the number of strata. V = sum_r (theta_r - theta)^2 / (R (1 - rho)^2).
    Raises DesignError `replication.rho`, `replication.pairs` (a stratum without exactly two PSUs),
    `replication.fpc` (counts or probabilities known: half samples can't carry them; say fpc="none"),
    `replication.psu` (neither psu nor id: PSUs without names have no order).

    >>> import pandas as pd
    >>> from sampling import replicate
    >>> data = pd.DataFrame({"h": list("ssttuu"), "psu": list("abcdef"), "w": 1.0, "y": [1, 2, 3, 4, 5, 6]})
    >>> table = replicate(balanced(Design(data, weight="w", stratum="h", psu="psu")), ["y"]).table()
    >>> table["std_error"].round(6).tolist()
    [0.288675]
    """
    check_kind("design", design, Design)
    check_number("rho", rho)
    if not 0 <= rho < 1:
        raise DesignError("replication.rho", got=rho, expected="0 <= rho < 1")
    has_fpc = design.stages[0].pop_size is not None or design.stages[0].prob is not None
    if has_fpc:
        raise DesignError("replication.fpc", got="pop_size, inclusion_prob", expected='fpc="none"')
    design = named_units(design)
    wrong = design.levels[0].n != 2
    if wrong.any():
        first = int(wrong.argmax())
        where, got = str(design.stratum_labels[first]), int(design.levels[0].n[first])
        raise DesignError("replication.pairs", where=where, got=got, expected=2)
    stage = first_stage(design)
    strata = len(stage.n)
    # The least power of two above the number of strata: column 0 of the matrix is all ones and splits no PSUs.
    replicates = 1 << strata.bit_length()
    sign = np.where(np.arange(len(stage.group)) % 2 == 0, 1.0, -1.0)
    multipliers = HalfSamples(stage.group + 1, sign, replicates, rho)
    scale = 1 / (replicates * (1 - rho) ** 2)
    kind: ReplicationKind = "Fay" if rho else "BRR"
    return Replication(design, kind, multipliers, stage.row_unit, scale, np.ones(replicates), replay)
