"""Designs with calibrations for tests: of rows and a column of weights, and with x and weights given by hand."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from sampling.design import CalibrationStep, Design


@dataclass(frozen=True)
class Fitted:
    """What a calibration of rows did: factor w/d of every row, its step, margins before and after."""

    factor: np.ndarray
    step: CalibrationStep
    margins: pd.DataFrame


def fitted(work: Callable[..., Design], data: pd.DataFrame, weight: str, margins: object, **options: object) -> Fitted:
    """rake, calibrate or poststratify of plain rows."""
    step = work(Design(data, weight), margins, **options).calibration[-1]
    return Fitted(step.weight_after / step.weight_before, step, step.margins)


def by_hand(name: str, x: sparse.csr_matrix, before: np.ndarray, after: np.ndarray, ids: pd.Series) -> CalibrationStep:
    """A step with x and weights worked out elsewhere; nobody can do it again."""
    margins = pd.DataFrame({"margin": [f"x{k}" for k in range(x.shape[1])], "category": "", "partition": ""})
    return CalibrationStep(
        name, pd.Index(ids), before, after, x, margins.assign(target=x.T @ after, before=x.T @ before, is_exact=True)
    )
