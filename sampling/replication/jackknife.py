"""Delete-one jackknife over first-stage units (docs/methods.md, section 6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from errors import DesignError
from sampling.arguments import check_kind
from sampling.design import Design
from sampling.numbers import FloatArray, IntArray
from sampling.replication.model import FirstStage, Replay, Replication, ReplicationKind, first_stage, is_multistage


@dataclass(frozen=True, eq=False)
class DeleteOne:
    """One replicate for every unit of `left_out`: 0 for it, n/(n - 1) for the others of its group."""

    stage: FirstStage
    left_out: IntArray

    def chunks(self, at_once: int) -> Iterator[FloatArray]:
        """Tables (U, r) of multipliers."""
        group, n = self.stage.group, self.stage.n
        up = n / np.maximum(n - 1, 1)
        for start in range(0, len(self.left_out), at_once):
            out = self.left_out[start : start + at_once]
            left_group = group[out]
            b = np.where(group[:, None] == left_group[None, :], up[left_group][None, :], 1.0)
            b[out, np.arange(len(out))] = 0.0
            yield b


def jackknife(design: Design, *, replay: Replay = "calibration") -> Replication:
    """JK1 (one stratum) or JKn: leave out one PSU, the others of its stratum times n_h/(n_h - 1).

    V = sum_h (1 - f_h)(n_h - 1)/n_h sum_i (theta_hi - theta)^2; none of strata with f_h = 1.
    Equal to the linearised V for a mean or total of PSU totals. replay: see Replication.
    Raises DesignError `replication.multistage` (two or more stages and any f_h > 0.1: use `bootstrap`),
    `replication.lonely`, `replication.nothing` (a census: nothing varies).

    >>> import pandas as pd
    >>> from sampling import replicate
    >>> data = pd.DataFrame({"psu": list("aabbcc"), "w": 1.0, "y": [1, 2, 3, 4, 5, 6]})
    >>> table = replicate(jackknife(Design(data, weight="w", psu="psu")), ["y"]).table()
    >>> table[["estimate", "std_error"]].round(6).values.tolist()
    [[3.5, 1.154701]]
    """
    check_kind("design", design, Design)
    if is_multistage(design):
        raise DesignError("replication.multistage", where="jackknife", got=len(design.stages), expected="bootstrap")
    stage = first_stage(design)
    left_out = np.flatnonzero(stage.rest[stage.group] > 0)
    if not len(left_out):
        raise DesignError("replication.nothing", got=0, expected=">= 1")
    left_group = stage.group[left_out]
    rscales = (stage.rest * (stage.n - 1) / np.maximum(stage.n, 1))[left_group]
    kind: ReplicationKind = "JK1" if len(design.stratum_labels) == 1 else "JKn"
    is_conservative = design.levels[0].share is not None
    return Replication(design, kind, DeleteOne(stage, left_out), stage.row_unit, 1.0, rscales, replay, is_conservative)
