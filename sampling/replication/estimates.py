"""Estimates with the variance of replicates (docs/methods.md, section 6; Wolter 2007)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sampling.arguments import check_kind, column_names
from sampling.estimation.combinations import is_open
from sampling.linear import product
from sampling.numbers import BoolArray, FloatArray, IntArray
from sampling.replication.cells import GROUP, Cells, Sums
from sampling.replication.model import Replication
from sampling.replication.statistics import Statistic, ratios
from sampling.sums import By

_SPARSE_ABOVE = 0.01


@dataclass(frozen=True, eq=False, repr=False)
class ReplicateEstimates:
    """K values in D domains. value: of the full sample; variance; shift: replicate mean - value, (D, K) each.

    sparse: (D, K), more than 1 % of the replicates had no answer and kept the full-sample sums: variance NaN, and no
    interval of ranks. replicates: (D, K, R), when kept. is_sampled: (D,) False for domains fully observed.
    """

    domains: tuple[str, ...]
    names: tuple[str, ...]
    value: FloatArray
    variance: FloatArray
    shift: FloatArray
    sparse: BoolArray
    n: IntArray
    is_sampled: BoolArray
    replicates: FloatArray | None

    def __repr__(self) -> str:
        return f"<ReplicateEstimates: domains {len(self.domains):,}, values {len(self.names):,}, see table()>"

    def table(self) -> pd.DataFrame:
        """domain, variable, estimate, std_error, shift, n_rows, reason: `no_answer`, `sparse`, `unanimous` (nothing
        varied in a domain not fully observed; its error is empty as in `sampling.estimation`)."""
        flat = self.is_sampled[:, None] & (self.variance == 0)
        cases = {"no_answer": np.isnan(self.value), "sparse": self.sparse, "unanimous": flat}
        reason = np.select(list(cases.values()), list(cases), default="")
        width = len(self.names)
        columns = {
            "domain": np.repeat(np.asarray(self.domains, dtype=object), width),
            "variable": np.tile(np.asarray(self.names, dtype=object), len(self.domains)),
            "estimate": self.value.ravel(),
            "std_error": np.where(flat, np.nan, np.sqrt(self.variance)).ravel(),
            "shift": self.shift.ravel(),
            "n_rows": np.repeat(self.n, width),
            "reason": reason.ravel(),
        }
        return pd.DataFrame(columns).sort_values(["domain", "variable"], ignore_index=True)


class _Spread:
    """Sums of deviations and of their squares, GROUP replicates at a time, so that no chunk size moves a digit."""

    def __init__(self, value: FloatArray, rscales: FloatArray) -> None:
        self._value, self._rscales = value, rscales
        self.squares, self.deviations = np.zeros_like(value), np.zeros_like(value)

    def add(self, values: FloatArray, first: int) -> None:
        """values: (D, K, r) of the replicates first .. first + r - 1; `first` a multiple of GROUP."""
        rscales = self._rscales[first : first + values.shape[2]]
        same = bool((rscales == 1).all())
        for start in range(0, values.shape[2], GROUP):
            gap = values[:, :, start : start + GROUP] - self._value[:, :, None]
            self.deviations += gap.sum(axis=2)
            gap *= gap
            if not same:
                gap *= rscales[start : start + GROUP]
            self.squares += gap.sum(axis=2)


def replicate(
    replication: Replication,
    variables: str | Sequence[str],
    by: By = None,
    statistic: Statistic | None = None,
    *,
    keep: bool = False,
    at_once: int | None = None,
) -> ReplicateEstimates:
    """Values of a function of totals with V = scale sum rscales (theta_r - theta)^2 around the full-sample value.

    replication: of `bootstrap`, `jackknife` or `balanced`. variables, by: as for `share`; statistic: shares and means
    unless a `Statistic` is given. The result has arrays by domain and value, and `table()`: domain, variable, estimate,
    std_error, shift (mean of the replicates - estimate), n_rows, reason.
    Replicate weights are b x (weight before calibration), calibrated again to the same totals by the steps of the
    design. A domain without answers in a replicate keeps its full-sample sums there; with more than 1 % such replicates
    there is no error (`sparse`). keep: keep all values, (D, K, R), for percentiles and ranks. at_once: replicates made
    together (memory, not results, depends on it; none: about 2 million numbers).
    Raises what `totals` raises; DesignError `replication.step`, `replication.response_class`; WeightError
    `replication.empty_margin`, `replication.margin`; DesignError `arguments.*`.

    >>> import pandas as pd
    >>> from sampling import Design, jackknife
    >>> data = pd.DataFrame({"psu": list("aabbcc"), "w": 1.0, "late": [1, 2, 1, 1, 2, 5], "all": [4, 4, 2, 4, 6, 4]})
    >>> rate = Statistic(lambda wy, wa: wy[:, :1] / wy[:, 1:], names=("late / all",))
    >>> made = replicate(jackknife(Design(data, weight="w", psu="psu")), ["late", "all"], statistic=rate)
    >>> made.table()[["variable", "estimate", "std_error"]].round(6).values.tolist()
    [['late / all', 0.5, 0.135156]]
    """
    check_kind("replication", replication, Replication)
    if statistic is not None:
        check_kind("statistic", statistic, Statistic)
    variables = column_names("variables", variables)
    cells = Cells(replication, variables, by)
    how = ratios(len(variables)) if statistic is None else statistic
    full = cells.full
    value = how.function(full.domain_wy[:, :, None], np.asarray(full.domain_wa)[:, :, None])[:, :, 0]
    spread, kept = _Spread(value, replication.rscales), []
    lost = np.zeros(full.domain_wy.shape, dtype=np.int64)
    for sums in cells.replicates(at_once):
        values = how.function(sums.wy, sums.wa)
        spread.add(values, sums.first)
        lost += _lost(sums, lost)
        kept += [values] if keep else []
    flags = _sparse(lost, how, replication.replicates)
    sparse = np.broadcast_to(flags, value.shape)
    return ReplicateEstimates(
        domains=full.domains,
        names=_names(how, variables),
        value=value,
        variance=np.where(sparse, np.nan, replication.scale * spread.squares),
        shift=spread.deviations / replication.replicates,
        sparse=sparse,
        n=full.n_rows,
        is_sampled=is_open(full),
        replicates=np.concatenate(kept, axis=2) if keep else None,
    )


def _lost(sums: Sums, like: IntArray) -> IntArray:
    return np.zeros_like(like) if sums.kept is None else sums.kept.sum(axis=2).astype(np.int64)


def _sparse(lost: IntArray, how: Statistic, replicates: int) -> BoolArray:
    flags = lost > _SPARSE_ABOVE * replicates
    if how.uses is None:
        return np.asarray(flags.any(axis=1, keepdims=True))
    return product((how.uses != 0).astype(np.float64), flags.T.astype(np.float64)).T > 0


def _names(how: Statistic, variables: Sequence[str]) -> tuple[str, ...]:
    return tuple(variables) if how.names is None else how.names
