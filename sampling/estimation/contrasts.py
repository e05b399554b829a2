"""Linear combinations over domains and variables with their covariances, and differences between rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.arguments import check_table, is_list, kind_of
from sampling.codes import spellings
from sampling.estimation.combinations import df_of
from sampling.estimation.form import QuadraticForm
from sampling.estimation.table import REASONS, estimates_table
from sampling.estimation.units import Touched
from sampling.intervals import t_interval
from sampling.numbers import FloatArray, IntArray
from sampling.sums import Totals
from sampling.tables import ESTIMATES

_MOST_NAMED = 12
Terms = Mapping[tuple[str, str], float]
"""Coefficient by (domain, variable)."""


@dataclass(frozen=True, eq=False)
class Contrasts:
    """Linear combinations of domain ratios: value (K,), covariance (K, K), df (K,) of the union of their domains."""

    value: FloatArray
    covariance: FloatArray
    df: FloatArray

    @property
    def std_error(self) -> FloatArray:
        """(K,)."""
        return np.sqrt(np.diag(self.covariance))


def contrast(sums: Totals, targets: Sequence[Terms]) -> Contrasts:
    """Sums of coefficient x R over (domain, variable) for every target, with the full covariance.

    One z per respondent over all domains of a target, so units (people, raters) with rows in several domains are
    counted once. Cov(a, b) = [V(a + b) - V(a - b)] / 4.
    Raises DesignError `estimation.no_cell` for an unknown domain or variable, or one without an answer.
    """
    ratio, _ = sums.ratios()
    tables = [_coefficients(sums, target) for target in targets]
    value = np.array([float((coefficients * ratio).sum()) for coefficients in tables])
    pairs = [(a, b) for a in range(len(tables)) for b in range(a)]
    wanted = [*tables, *(tables[a] + tables[b] for a, b in pairs), *(tables[a] - tables[b] for a, b in pairs)]
    variance, df = _variances(sums, wanted)
    covariance = np.diag(variance[: len(tables)])
    for place, (a, b) in enumerate(pairs, start=len(tables)):
        covariance[a, b] = covariance[b, a] = (variance[place] - variance[place + len(pairs)]) / 4
    return Contrasts(value, covariance, df[: len(tables)])


def _coefficients(sums: Totals, terms: Terms) -> FloatArray:
    """(D, v) coefficients of one target."""
    domains = {name: place for place, name in enumerate(sums.domains)}
    variables = {name: place for place, name in enumerate(sums.variables)}
    table = np.zeros((len(domains), len(variables)))
    for (domain, variable), coefficient in terms.items():
        exists = domain in domains and variable in variables
        if not exists or sums.domain_wa[domains[domain], variables[variable]] <= 0:
            raise DesignError("estimation.no_cell", where=variable, got=domain, expected=_answering(sums, variable))
        table[domains[domain], variables[variable]] += coefficient
    return table


def _answering(sums: Totals, variable: str) -> str:
    """The first domains with an answer to the variable; to any, where there is no such variable."""
    places = [place for place, name in enumerate(sums.variables) if name == variable]
    answered = sums.domain_wa[:, places or slice(None)].max(axis=1, initial=0) > 0
    known = [name for name, is_answered in zip(sums.domains, answered, strict=True) if is_answered]
    return ", ".join(known[:_MOST_NAMED]) + (", ..." if len(known) > _MOST_NAMED else "")


def _variances(sums: Totals, tables: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """V and df of every table of coefficients, each (K,): targets take the place of domains."""
    ratio, answered = sums.ratios()
    first = np.searchsorted(sums.pair_domain, np.arange(len(sums.domains) + 1))
    x = sums.calibration
    cells = np.zeros_like(first) if x is None else np.searchsorted(x.cell_domain, np.arange(len(sums.domains) + 1))
    used = [np.flatnonzero((table != 0).any(axis=1)) for table in tables]
    rows, row_target = _runs(used, first)
    cell_rows, cell_target = _runs(used, cells)
    weights = np.stack([np.divide(table, sums.domain_wa, out=np.zeros_like(ratio), where=answered) for table in tables])

    def z(y: FloatArray, a: FloatArray, domain: IntArray, target: IntArray) -> FloatArray:
        terms = (y - a * ratio[domain]) * weights[target, domain]
        return np.asarray(terms.sum(axis=1, keepdims=True))

    domain, unit = sums.pair_domain[rows], sums.pair_unit[rows]
    t, scaled = z(sums.wy[rows], sums.wa[rows], domain, row_target), None
    if x is not None:
        scaled = z(x.dxy[cell_rows], x.dxa[cell_rows], x.cell_domain[cell_rows], cell_target)
    column = np.empty(0, dtype=np.int64) if x is None else x.cell_column[cell_rows]
    touched = Touched(len(tables), row_target, unit, cell_target, column)
    variance = QuadraticForm(sums).variance(touched, t, scaled)[:, 0]
    has_answer = (sums.wa[rows] > 0).any(axis=1)
    return variance, df_of(sums, row_target[has_answer], unit[has_answer], len(tables))


def _runs(used: Sequence[IntArray], first: IntArray) -> tuple[IntArray, IntArray]:
    """Rows of the used domains, target after target, and the target of every row."""
    none = np.empty(0, dtype=np.int64)
    rows = [np.concatenate([none, *(np.arange(first[d], first[d + 1]) for d in domains)]) for domains in used]
    return np.concatenate([none, *rows]), np.repeat(np.arange(len(used)), [len(target_rows) for target_rows in rows])


def difference_table(sums: Totals, pairs: Sequence[tuple[str, str]], confidence: float = 0.95) -> pd.DataFrame:
    """Estimates of R_first - R_second for pairs of domains and every variable; domain "first - second", interval `t`.

    Raises what `contrast` raises.
    """
    differences = [contrast(sums, [{(a, v): 1.0, (b, v): -1.0} for v in sums.variables]) for a, b in pairs]
    value = np.stack([difference.value for difference in differences])
    error, df = (
        np.stack([difference.std_error for difference in differences]),
        np.stack([difference.df for difference in differences]),
    )
    places = {name: place for place, name in enumerate(sums.domains)}
    n = np.stack([sums.n[[places[a], places[b]]].sum(axis=0) for a, b in pairs])
    return _table(([f"{a} - {b}" for a, b in pairs], sums.variables), (value, error, df), n, confidence)


def domain_pairs(pairs: object, domains: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs as domains are called: values are meant by their text, numbers by their value (1 is the domain "1.0").

    Raises DesignError `arguments.pairs` for anything but a list of pairs.
    """
    listed = list(pairs) if is_list(pairs) else []
    wrong = [pair for pair in listed if not is_list(pair) or len(pair) != 2]
    if wrong or not listed:
        odd = wrong[0] if wrong else pairs
        raise DesignError(
            "arguments.pairs",
            where="pairs",
            got=kind_of(odd),
            expected='[("a", "b")]',
        )
    names = spellings([value for pair in listed for value in pair], domains)
    return list(zip(names[::2], names[1::2], strict=True))


def round_differences(now: pd.DataFrame, before: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Estimates of now - before for every (domain, variable) in both tables of two rounds drawn afresh.

    now, before: tables that `share`, `mean`, `total`, `ratio` or `combine` gave. Squared errors and df add up; nothing
    is shared between fresh draws. Where the same people may be in both, put both rounds in one Design with the person
    as PSU, the round as domain, and use `difference`. A value whose error is empty in one round has none here, with the
    same reason. Raises DataError of the table, DesignError `estimation.statistic` when the statistics differ.

    >>> import pandas as pd
    >>> from sampling import Design, mean
    >>> now, before = (
    ...     mean(Design(pd.DataFrame({"w": 1.0, "y": y}), weight="w"), "y") for y in ([5.0, 7, 6], [4.0, 5, 3])
    ... )
    >>> round_differences(now, before)["estimate"].tolist()
    [2.0]
    """
    check_table("now", now)
    check_table("before", before)
    key = ["domain", "variable"]
    both = ESTIMATES.check(now).merge(ESTIMATES.check(before), on=key, suffixes=("", "_before"))
    if (both["statistic"] != both["statistic_before"]).any():
        raise DesignError(
            "estimation.statistic", got=both["statistic_before"].iloc[0], expected=both["statistic"].iloc[0]
        )
    value = both["estimate"] - both["estimate_before"]
    error = (both["std_error"] ** 2 + both["std_error_before"] ** 2) ** 0.5
    low, high = t_interval(value.to_numpy(), error.to_numpy(), (both["df"] + both["df_before"]).to_numpy(), confidence)
    return ESTIMATES.check(
        both[key].assign(
            statistic="difference",
            estimate=value,
            std_error=error,
            df=both["df"] + both["df_before"],
            ci_low=low,
            ci_high=high,
            n=both["n"] + both["n_before"],
            effective_n=np.nan,
            deff=np.nan,
            reason=both["reason"].fillna(both["reason_before"]),
        )
    )


def _table(
    labels: tuple[Sequence[str], Sequence[str]],
    numbers: tuple[FloatArray, FloatArray, FloatArray],
    n: IntArray,
    confidence: float,
) -> pd.DataFrame:
    value, error, df = numbers
    low, high = t_interval(value, error, df, confidence)
    no_df = (df < 1) & (error > 0)
    empty = np.full(value.shape, np.nan)
    numbers_by_name = {"estimate": value, "std_error": error, "df": df, "ci_low": low, "ci_high": high}
    reason = np.where(no_df, REASONS.index("no_df"), 0)
    return estimates_table(
        labels, "difference", {**numbers_by_name, "n": n, "effective_n": empty, "deff": empty, "reason": reason}
    )
