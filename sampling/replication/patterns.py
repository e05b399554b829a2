"""Rows that every replicate weighs alike but for their unit: same x in all calibrations, same class, same bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from errors import DesignError
from sampling.codes import compact, label_codes
from sampling.design import CalibrationStep, Design, Refit
from sampling.numbers import FloatArray, IntArray
from sampling.replication.model import RESPONSE_CLASS, Replication
from sampling.weighting.auxiliary import Entry


@dataclass(frozen=True, eq=False)
class Refitted:
    """One calibration to be done again. entries: codes (C,) of columns of x and their values; refit: bounds (C,)."""

    name: str
    entries: tuple[Entry, ...]
    refit: Refit

    @property
    def is_raking(self) -> bool:
        """Categories only, no bounds: fitted margin by margin."""
        free = bool((self.refit.lower == 0).all() and np.isinf(self.refit.upper).all())
        return self.refit.method == "raking" and free and all(entry.value is None for entry in self.entries)


@dataclass(frozen=True, eq=False)
class Patterns:
    """C patterns. row: (n,) the pattern of every row; steps: what is done again, of patterns; base: (n,) the weights
    that are multiplied; scale: what all weights are multiplied by after the last calibration."""

    row: IntArray
    count: int
    steps: tuple[Refitted, ...]
    base: FloatArray
    scale: float


def patterns_of(replication: Replication) -> Patterns:
    """Patterns of a design's rows; given replicate weights are calibrated already.

    Raises DesignError `replication.step` for a calibration recorded without its distance and totals,
    `replication.response_class`.
    """
    design = replication.design
    steps = () if replication.kind == "given" else design.calibration
    base = steps[0].weight_before if steps else design.weights
    by_hand = [step.name for step in steps if step.refit is None]
    if by_hand:
        raise DesignError("replication.step", where=", ".join(by_hand), got=len(by_hand), expected=0)
    refitted = [_step_of(step, step.refit) for step in steps if step.refit is not None]
    if replication.replay == "all":
        refitted.insert(0, _class_step(design, RESPONSE_CLASS, base))
    code, count = np.zeros(len(base), dtype=np.int64), 1
    for column in (column for step in refitted for column in _keys(step)):
        kept, code = compact(code * (int(column.max()) + 1) + column, count * (int(column.max()) + 1))
        count = len(kept)
    first = np.empty(count, dtype=np.int64)
    first[code[::-1]] = np.arange(len(code))[::-1]
    return Patterns(code, count, tuple(_at(step, first) for step in refitted), base, _scale(steps, design.weights))


def _step_of(step: CalibrationStep, refit: Refit) -> Refitted:
    """Entries of every row from its stored x: as many columns as the fullest row has, padded with zeros."""
    x = step.x.tocsr()
    length = np.diff(x.indptr)
    width = int(length.max(initial=0))
    codes, values = np.zeros((x.shape[0], width), dtype=np.int64), np.zeros((x.shape[0], width))
    inside = np.arange(width) < length[:, None]
    codes[inside], values[inside] = x.indices, x.data
    entries = [
        Entry(str(place), codes[:, place].copy(), None if (column_values == 1).all() else column_values.copy())
        for place, column_values in enumerate(values.T)
    ]
    return Refitted(step.name, tuple(entries), refit)


def _class_step(design: Design, name: str, base: FloatArray) -> Refitted:
    if name not in design.data.columns or design.data[name].isna().any():
        raise DesignError("replication.response_class", got=name, expected=", ".join(map(str, design.data.columns)))
    code, labels = label_codes(design.data[name])
    target = np.asarray(sparse.csr_matrix((base, (code, np.arange(len(code))))).sum(axis=1)).ravel()
    free = np.full(len(code), np.inf)
    refit = Refit("raking", target, tuple(f"{name} = {label}" for label in labels), np.zeros(len(code)), free)
    return Refitted(name, (Entry(name, code, None),), refit)


def _keys(step: Refitted) -> Sequence[IntArray]:
    """Whole numbers (n,) that tell the rows apart: columns, values where not all alike, bounds where not all alike."""
    numbers = [entry.value for entry in step.entries if entry.value is not None]
    bounds = [bound for bound in (step.refit.lower, step.refit.upper) if (bound != bound[0]).any()]
    codes = [entry.code for entry in step.entries]
    return [*codes, *(np.unique(values, return_inverse=True)[1].astype(np.int64) for values in (*numbers, *bounds))]


def _at(step: Refitted, first: IntArray) -> Refitted:
    entries = tuple(
        Entry(entry.margin, entry.code[first], None if entry.value is None else entry.value[first])
        for entry in step.entries
    )
    refit = replace(step.refit, lower=step.refit.lower[first], upper=step.refit.upper[first])
    return Refitted(step.name, entries, refit)


def _scale(steps: Sequence[CalibrationStep], final: FloatArray) -> float:
    """Final weights over those after the last calibration: 1 but for a recipe that rescales at its end."""
    if not steps or steps[-1].refit is None:
        return 1.0
    reached = float(np.abs(steps[-1].x.T @ final).sum() / np.abs(steps[-1].refit.target).sum())
    return 1.0 if abs(reached - 1) <= 1e-8 else reached
