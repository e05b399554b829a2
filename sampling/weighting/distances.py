"""Distance functions of calibration by their duals (Deville, Sarndal 1992, table 1; R survey `cal.linear` etc.).

w_k = d_k F(u_k) with u_k = x_k'lambda; F(0) = F'(0) = 1. `integral` is the antiderivative of F that the solver lowers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from errors import WeightError
from sampling.numbers import FloatArray

CalibrationMethod = Literal["linear", "raking", "logit", "truncated"]
METHODS: tuple[CalibrationMethod, ...] = ("linear", "raking", "logit", "truncated")


@dataclass(frozen=True, eq=False)
class Distance:
    """F of one method; lower, upper: bounds of w/d by row, shape (n,), -inf and inf where there are none.

    linear 1 + u; raking exp(u); truncated and bounded raking: these cut at the bounds; logit with A = (U - L)/((1 - L)
    (U - 1)): F = (L (U - 1) + U (1 - L) exp(A u))/(U - 1 + (1 - L) exp(A u)).
    """

    method: CalibrationMethod
    lower: FloatArray
    upper: FloatArray

    def factor(self, u: FloatArray) -> FloatArray:
        """F(u), shape (n,)."""
        if self.method == "logit":
            low, high = self.lower, self.upper
            share = _expit(self._rate() * u + np.log1p(-low) - np.log(high - 1))
            return low + (high - low) * share
        with np.errstate(over="ignore"):
            free = np.exp(u) if self.method == "raking" else 1 + u
        return np.clip(free, self.lower, self.upper)

    def slope(self, factor: FloatArray) -> FloatArray:
        """F'(u) where F(u) = factor; 0 at a bound that cuts."""
        if self.method == "logit":
            return (self.upper - factor) * (factor - self.lower) / ((1 - self.lower) * (self.upper - 1))
        inside = (factor > self.lower) & (factor < self.upper)
        return np.where(inside, factor if self.method == "raking" else 1.0, 0.0)

    def integral(self, u: FloatArray) -> FloatArray:
        """Antiderivative of F, convex in u."""
        if self.method == "logit":
            low, high, rate = self.lower, self.upper, self._rate()
            return low * u + (high - low) / rate * np.logaddexp(np.log(high - 1), np.log1p(-low) + rate * u)
        with np.errstate(over="ignore", divide="ignore"):
            if self.method == "raking":
                at = np.clip(u, np.log(np.maximum(self.lower, 0.0)), np.log(self.upper))
                inner = np.exp(at)
            else:
                at = np.clip(u, self.lower - 1, self.upper - 1)
                inner = at + at * at / 2
        beyond = np.where(u > at, self.upper, self.lower)
        return inner + np.where(u == at, 0.0, np.where(u == at, 1.0, beyond) * (u - at))

    def _rate(self) -> FloatArray:
        return (self.upper - self.lower) / ((1 - self.lower) * (self.upper - 1))


def _expit(v: FloatArray) -> FloatArray:
    return np.exp(-np.logaddexp(0.0, -v))


def distance(method: str, bounds: tuple[float, float] | None, n: int, ratio_cap: FloatArray | None = None) -> Distance:
    """The distance of `method` for n rows. bounds: (L, U) of w/d; ratio_cap: upper bound of w/d by row, cap/d_k.

    `truncated` and `logit` need bounds or a cap, 0 <= L < 1 < U; `linear` takes none (it is `truncated` with them);
    `raking` may have them. Raises WeightError `weights.method`, `weights.bounds`.
    """
    if method not in METHODS:
        raise WeightError("weights.method", got=method, expected=" | ".join(METHODS))
    needed = method in ("truncated", "logit")
    if (bounds is None and ratio_cap is None and needed) or (bounds is not None and method == "linear"):
        raise WeightError("weights.bounds", where=method, got=bounds, expected="0 <= L < 1 < U")
    low, high = (0.0 if needed else -np.inf, np.inf) if bounds is None else bounds
    if method == "raking":
        low = max(low, 0.0)
    if bounds is not None and not 0 <= low < 1 < high:
        raise WeightError("weights.bounds", where=method, got=f"{low:g}, {high:g}", expected="0 <= L < 1 < U")
    upper = np.full(n, high) if ratio_cap is None else np.minimum(ratio_cap, high)
    lower = np.minimum(np.full(n, low), upper)
    if method == "logit" and not (np.isfinite(upper) & (upper > 1)).all():
        raise WeightError("weights.bounds", where=method, got=f"{upper.min(initial=np.inf):g}", expected="L < 1 < U")
    kind: CalibrationMethod = "truncated" if method == "linear" and ratio_cap is not None else method
    return Distance(kind, lower, upper)
