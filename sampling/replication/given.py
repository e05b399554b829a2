"""Replicate weights made elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from errors import DesignError
from sampling.arguments import check_kind, check_number, kind_of
from sampling.design import Design
from sampling.numbers import FloatArray
from sampling.replication.model import Replication


@dataclass(frozen=True, eq=False)
class Columns:
    """Multipliers of every row as they stand in a table, (n, R)."""

    table: FloatArray

    def chunks(self, at_once: int) -> Iterator[FloatArray]:
        """Tables (n, r) of multipliers."""
        for start in range(0, self.table.shape[1], at_once):
            yield self.table[:, start : start + at_once]


def given_replicates(
    design: Design, weights: FloatArray, scale: float, rscales: FloatArray | None = None
) -> Replication:
    """Replicates from finished replicate weights, shape (n, R), rows as in the design; nothing is calibrated again.

    V = scale sum rscales_r (theta_r - theta)^2. Raises DesignError `replication.weights` (shape, or not finite),
    `arguments.*` for an argument of another kind.

    >>> import numpy as np
    >>> import pandas as pd
    >>> from sampling import replicate
    >>> design = Design(pd.DataFrame({"w": [1.0, 1.0], "y": [2.0, 4.0]}), weight="w")
    >>> half = given_replicates(design, np.array([[2.0, 0.0], [0.0, 2.0]]), scale=0.5)
    >>> replicate(half, "y").table()["std_error"].tolist()
    [1.0]
    """
    check_kind("design", design, Design)
    check_number("scale", scale)
    weights = _numbers("weights", weights)
    if weights.ndim != 2:
        raise DesignError("replication.weights", got=str(weights.shape), expected=f"({len(design.data)}, R)")
    replicate_scales = np.ones(weights.shape[1]) if rscales is None else _numbers("rscales", rscales)
    fits = len(weights) == len(design.data) and replicate_scales.shape == (weights.shape[1],)
    if (
        not fits
        or not np.isfinite(weights).all()
        or not (np.isfinite(replicate_scales) & (replicate_scales >= 0)).all()
    ):
        raise DesignError("replication.weights", got=str(weights.shape), expected=f"({len(design.data)}, R)")
    table = weights / design.weights[:, None]
    return Replication(design, "given", Columns(table), np.arange(len(weights)), scale, replicate_scales)


def _numbers(argument: str, value: object) -> FloatArray:
    """An array of numbers. Raises DesignError `arguments.number`."""
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise DesignError("arguments.number", where=argument, got=kind_of(value)) from None
