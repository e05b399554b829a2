"""Response classes from propensities: a weighted logit, cut at weighted quantiles (docs/methods.md, section 4)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from errors import WeightError
from sampling.numbers import BoolArray, FloatArray, IntArray

_CERTAIN = 1e-7  # a fitted propensity this near to 0 or 1 means that the logit runs away


def propensity_classes(
    cases: pd.DataFrame, weight: FloatArray, responded: BoolArray, covariates: Sequence[str], groups: int = 5
) -> IntArray:
    """Class 0..groups-1 of every case, shape (n,): cuts of the propensity at the weighted quantiles j/groups.

    cases: R + NR cases with the covariates (numbers, or categories as dummies, the first in order left out); weight:
    d a1. The logit is fitted to distinct rows of covariates with their weights added up (statsmodels GLM, binomial), so
    row order changes nothing. Cut j: the least propensity with cumulative weight share >= j/groups; a class holds the
    propensities above one cut and up to the next.
    Raises WeightError `weights.missing`, `weights.separation` naming the variables with which response is certain,
    `weights.propensity` when the fit does not converge.
    """
    x, names, pattern = _patterns(cases, covariates)
    _refuse_certain(cases, responded, covariates)
    answered, total = (
        np.bincount(pattern, case_weight, len(x)).astype(np.float64)
        for case_weight in (np.where(responded, weight, 0.0), weight)
    )
    # Rounded, so that propensities equal but for the last bits of the fit are one: a cut never parts them.
    score = np.round(_fit(x, names, answered, total), 10)
    order = np.argsort(score, kind="stable")
    reached = np.cumsum(total[order]) / total.sum()
    places = np.searchsorted(reached, np.arange(1, groups) / groups * (1 - 1e-12))
    cuts = score[order][np.minimum(places, len(order) - 1)]
    return np.asarray(np.searchsorted(cuts, score, side="left")[pattern], dtype=np.int64)


def _patterns(cases: pd.DataFrame, covariates: Sequence[str]) -> tuple[FloatArray, list[str], IntArray]:
    """Design matrix of the distinct rows of covariates (constant first), the variable of each column, row patterns."""
    table = cases[list(covariates)]
    for name in covariates:
        if table[name].isna().any():
            raise WeightError("weights.missing", where=name, got=int(table[name].isna().sum()), expected=0)
    pattern = table.groupby(list(covariates), sort=True).ngroup().to_numpy()
    distinct = table.assign(pattern=pattern).drop_duplicates("pattern").sort_values("pattern", ignore_index=True)
    columns, names = [np.ones(len(distinct))], ["constant"]
    for name in covariates:
        values = distinct[name]
        if pd.api.types.is_numeric_dtype(values):
            columns.append(values.to_numpy(dtype=np.float64))
            names.append(name)
            continue
        codes, categories = pd.factorize(values, sort=True)
        columns += [(codes == code).astype(np.float64) for code in range(1, len(categories))]
        names += [name] * (len(categories) - 1)
    return np.column_stack(columns), names, pattern.astype(np.int64)


def _refuse_certain(cases: pd.DataFrame, responded: BoolArray, covariates: Sequence[str]) -> None:
    """A category in which everybody or nobody answers has an infinite coefficient."""
    certain = []
    for name in covariates:
        if not pd.api.types.is_numeric_dtype(cases[name]):
            share = pd.Series(responded, index=cases.index).groupby(cases[name]).mean()
            certain += [f"{name} = {category}" for category, rate in share.items() if rate in (0.0, 1.0)]
    if certain:
        raise WeightError("weights.separation", where=", ".join(sorted(certain)), got=len(certain), expected=0)


def _fit(x: FloatArray, names: list[str], answered: FloatArray, total: FloatArray) -> FloatArray:
    """Fitted propensity of every pattern."""
    from statsmodels.genmod.families import Binomial  # slow to import: only where a recipe asks for it
    from statsmodels.genmod.generalized_linear_model import GLM

    mean = np.average(x, axis=0, weights=total)
    spread = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=total))
    scaled = np.where(spread > 0, x - mean, 1.0) / np.where(spread > 0, spread, 1.0)
    model = GLM(answered / total, scaled, family=Binomial(), freq_weights=total / total.mean())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # separation and convergence are judged below, by name
        fitted = model.fit(maxiter=100, tol=1e-12)
        score = np.asarray(fitted.fittedvalues, dtype=np.float64)
    if not np.isfinite(score).all() or score.min() < _CERTAIN or score.max() > 1 - _CERTAIN:
        strong = np.abs(np.asarray(fitted.params)) > 5  # per standard deviation of the variable
        where = ", ".join(
            sorted({name for name, is_strong in zip(names, strong, strict=True) if is_strong} - {"constant"})
        )
        raise WeightError("weights.separation", where=where or ", ".join(sorted(set(names[1:]))), got=1, expected=0)
    if not fitted.converged:
        raise WeightError("weights.propensity", where=", ".join(sorted(set(names[1:]))))
    return score
