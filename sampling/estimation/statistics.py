"""Statistics of a design by domain, each a table of estimates with errors (docs/methods.md, section 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.arguments import check_column, check_kind, check_terms, column_names
from sampling.design import Design
from sampling.estimation.combinations import linear_combinations
from sampling.estimation.contrasts import difference_table, domain_pairs
from sampling.estimation.estimates import (
    DeffRule,
    DfRule,
    Precision,
    combination_table,
    mean_table,
    ratio_table,
    share_table,
    total_table,
)
from sampling.intervals import ShareInterval
from sampling.sums import By, Totals, totals

Variables = str | Sequence[str]
"""The name of a column, or of several."""


def share(
    design: Design,
    variables: Variables,
    by: By = None,
    *,
    confidence: float = 0.95,
    interval: ShareInterval = "wilson",
    df: DfRule = "domain",
    deff: DeffRule = "wor",
) -> pd.DataFrame:
    """Shares R = sum w y / sum w of variables that are 0 or 1 (NaN = not observed), 0..1, for every value of `by`.

    by: a column, several (every combination that occurs, joined by " | "), or None: one domain "all". Table: domain,
    variable, statistic, estimate, std_error (linearised), df, ci_low, ci_high, n (observed answers), effective_n, deff,
    reason. interval: wilson, wilson_kg, beta, korn_graubard, logit; df: units minus strata of the domain, of the whole
    `design`, or `inf`; deff against simple random sampling without (`wor`) or with replacement (`wr`).
    reason: `unanimous` (all answers alike: no error, Clopper-Pearson interval), `no_df` (df < 1: no interval),
    `no_answer`, `lonely` (no stratum that tells a variance), `conservative` (a PPS stratum of fewer than three units).
    Särndal, Swensson, Wretman 1992, 5.6-5.7; Korn, Graubard 1998.
    Raises DesignError `estimation.not_share`, `estimation.interval`, `estimation.option`, `estimation.lonely`,
    `totals.variable`, `totals.missing_domain`, `design.column`, `arguments.*` for an argument of another kind.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"unit": list("aabb"), "w": [1.0, 3.0, 2.0, 2.0], "yes": [1, 0, 1, 1]})
    >>> share(Design(data, weight="w"), "yes", by="unit")[["domain", "estimate", "n", "reason"]].values.tolist()
    [['a', 0.25, 2, nan], ['b', 1.0, 2, 'unanimous']]
    """
    names = column_names("variables", variables)
    sums = totals(design, names, by)
    values = design.data[names].to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isin(values[~np.isnan(values)], (0.0, 1.0)).all():
        raise DesignError("estimation.not_share", where=", ".join(names), expected="0 | 1")
    return share_table(sums, Precision(confidence, interval, df, deff))


def mean(
    design: Design,
    variables: Variables,
    by: By = None,
    *,
    confidence: float = 0.95,
    df: DfRule = "domain",
    deff: DeffRule = "wor",
) -> pd.DataFrame:
    """Means R = sum w y / sum w of numbers over rows where they are observed, for every value of `by`, interval `t`.

    V is that of the total of z = 1_D (y - R)/sum w 1_D: sum_h (1 - f_h) n_h/(n_h - 1) sum_i (t_hi - tbar_h)^2 with PSU
    totals t_hi of w z, and of the stages below where their counts are known; with calibrated weights of the residuals
    z - x'B (Särndal, Swensson, Wretman 1992, 5.7, 6.6). A design effect is against simple random sampling.
    Arguments, table, reasons and errors as `share`; the unit of a mean is that of its variable.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"w": [1.0, 3.0], "wait_days": [10, 2]})
    >>> mean(Design(data, weight="w"), "wait_days")["estimate"].tolist()
    [4.0]
    """
    return mean_table(totals(design, variables, by), Precision(confidence, df=df, deff=deff))


def total(
    design: Design, variables: Variables, by: By = None, *, confidence: float = 0.95, df: DfRule = "domain"
) -> pd.DataFrame:
    """Totals sum w y for every value of `by`, interval `t`: V as of `mean`, with z = y 1_D.

    Rows without an answer count as 0, so a total of a variable with gaps is too small: calibrate or use `mean`.
    Arguments, table, reasons and errors as `share`; effective_n and deff are empty.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"w": [10.0, 30.0], "complaints": [1, 2]})
    >>> total(Design(data, weight="w"), "complaints")["estimate"].tolist()
    [70.0]
    """
    return total_table(totals(design, variables, by), Precision(confidence, df=df))


def ratio(
    design: Design,
    variables: Variables,
    denominator: str,
    by: By = None,
    *,
    confidence: float = 0.95,
    df: DfRule = "domain",
) -> pd.DataFrame:
    """Ratios sum w y / sum w x over rows with both, x the column `denominator`, for every value of `by`, interval `t`.

    z = 1_D (y - R x) / sum w x (Särndal, Swensson, Wretman 1992, 5.6). A denominator of 0: reason `no_answer`.
    Arguments, table, other reasons and errors as `share`.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"w": [1.0, 1.0], "late": [1, 2], "dossiers": [10, 20]})
    >>> ratio(Design(data, weight="w"), "late", "dossiers")["estimate"].tolist()
    [0.1]
    """
    check_kind("design", design, Design)
    check_column("denominator", denominator)
    names = column_names("variables", variables)
    return ratio_table(_beside(design, names, denominator, by), Precision(confidence, df=df))


def combine(
    design: Design,
    combinations: Mapping[str, Mapping[str, float]],
    by: By = None,
    *,
    confidence: float = 0.95,
    bounds: tuple[float, float] | None = None,
) -> pd.DataFrame:
    """Sums c_1 R_1 + c_2 R_2 + ... of means R_j of several variables for every value of `by`: an index of items.

    V of one z per row, z = sum_j c_j 1_D a_j (y_j - R_j)/sum w a_j, a_j whether item j was answered: what the items
    have in common is counted (Särndal, Swensson, Wretman 1992, 5.6).
    combinations: by name of the result the coefficient of every variable. An item nobody answered in a domain leaves
    the combination and the rest is scaled up; coefficients that add to 0 then give `no_answer`. bounds: ends of the
    scale, for a logit interval; without them interval `t`. Table and errors as `share`, `variable` the name.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"w": [1.0, 1.0], "polite": [1, 0], "clear": [1, 1]})
    >>> combine(Design(data, weight="w"), {"index": {"polite": 0.5, "clear": 0.5}})["estimate"].tolist()
    [0.75]
    """
    check_terms("combinations", combinations)
    variables = list(dict.fromkeys(name for terms in combinations.values() for name in terms))
    matrix = np.array([[terms.get(name, 0.0) for name in variables] for terms in combinations.values()])
    sums = totals(design, variables, by)
    return combination_table(sums, tuple(combinations), linear_combinations(sums, matrix), confidence, bounds)


def difference(
    design: Design,
    variables: Variables,
    by: By,
    pairs: Sequence[tuple[object, object]],
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Differences of means or shares of pairs of domains, first - second, with the covariance of what they share.

    pairs: a list of pairs of values of `by`, as in the data or as their texts (several columns: joined by " | "). PSUs
    with rows in both domains, and calibration, make the covariance. Table as `share`, domain "first - second",
    interval `t`.
    Raises DesignError `estimation.no_cell` for a domain that is absent or has no answer, `arguments.pairs` for anything
    but a list of pairs, and what `share` raises.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"unit": list("aabb"), "w": 1.0, "wait_days": [4, 6, 1, 2]})
    >>> table = difference(Design(data, weight="w"), "wait_days", "unit", [("a", "b")])
    >>> table[["domain", "estimate"]].values.tolist()
    [['a - b', 3.5]]
    """
    sums = totals(design, variables, by)
    return difference_table(sums, domain_pairs(pairs, sums.domains), confidence)


def _beside(design: Design, variables: Sequence[str], denominator: str, by: By) -> Totals:
    """Totals of the variables and, for each, of the denominator in the same rows; rows lacking one are in neither."""
    totals(design, [*dict.fromkeys((*variables, denominator))])
    data = design.data
    base = data[denominator].to_numpy(dtype=np.float64, na_value=np.nan)
    columns = {}
    for name in variables:
        y = data[name].to_numpy(dtype=np.float64, na_value=np.nan)
        missing = np.isnan(y) | np.isnan(base)
        columns[name] = np.where(missing, np.nan, y)
        columns[f"{name} / {denominator}"] = np.where(missing, np.nan, base)
    names = [*variables, *(f"{name} / {denominator}" for name in variables)]
    return totals(replace(design, data=data.assign(**columns)), names, by)
