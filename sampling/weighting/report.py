"""How unequal weights are, after every step, for the whole and for every unit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sampling.numbers import FloatArray
from sampling.weighting.recipe import RecipeResult

_QUANTILES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}


def weight_summary(weights: FloatArray) -> dict[str, float]:
    """n, sum, min, quantiles, max, max/min, CV, Kish's 1 + CV^2 and n / (1 + CV^2) of positive weights, shape (n,)."""
    mean = float(weights.mean())
    kish = 1 + float(weights.var()) / (mean * mean)
    quantiles = np.quantile(weights, list(_QUANTILES.values()))
    return {
        "n": float(len(weights)),
        "sum": float(weights.sum()),
        "min": float(weights.min()),
        **{name: float(quantile) for name, quantile in zip(_QUANTILES, quantiles, strict=True)},
        "max": float(weights.max()),
        "max_over_min": float(weights.max() / weights.min()),
        "cv": float(np.sqrt(kish - 1)),
        "kish_deff": kish,
        "kish_n": len(weights) / kish,
    }


def weight_report(result: RecipeResult, unit: pd.Series) -> pd.DataFrame:
    """One row per unit ("" for all) and step: `weight_summary` of the respondents' weights after the step.

    unit: unit of every issued case. Columns unit_id, step_no (1..), step, kind, then those of `weight_summary`.
    """
    units = unit.to_numpy(dtype=object)[result.respondents]
    order = np.argsort(pd.factorize(units, sort=True)[0], kind="stable")
    names, starts = np.unique(units[order], return_index=True)
    lines = []
    for number, step in enumerate(result.steps, 1):
        weight = result.of_respondents(step.name)
        parts = [weight, *np.split(weight[order], starts[1:])]
        for unit_id, part in zip(["", *names], parts, strict=True):
            place = {"unit_id": unit_id, "step_no": number, "step": step.name, "kind": step.step.kind}
            lines.append({**place, **weight_summary(part)})
    return pd.DataFrame(lines).astype({"n": "int64"})
