"""Sample sizes (docs/methods.md, section 1; Cochran 1977, chapter 4; Yamane 1967, p. 886)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from scipy.special import ndtri

from errors import DesignError
from sampling.arguments import check_number
from sampling.numbers import ceil_exact, exact


def yamane(pop_size: int, margin: float) -> int:
    """n = N / (1 + N e^2), rounded up: 95 %, p = 0.5, z taken as 2, no design effect.

    pop_size: N >= 1; margin: e as a share (0.05), not a percentage. Returns forms, at most N.
    Raises DesignError `size.margin` or `size.population`.

    >>> yamane(1500, 0.05)
    316
    """
    _check(pop_size, margin)
    e = exact(margin)
    return min(pop_size, ceil_exact(Fraction(pop_size) / (1 + pop_size * e * e)))


def proportion_size(
    pop_size: float, margin: float, p: float = 0.5, confidence: float = 0.95, deff: float = 1.0
) -> float:
    """n0 = deff z^2 p (1-p) / e^2; n = n0 / (1 + (n0 - 1)/N), capped at N; not rounded.

    pop_size: N, `math.inf` for no finite correction; margin: half width e as a share; deff acts before the
    finite correction. Returns n in forms (float; round up with `math.ceil`).
    Raises DesignError `size.margin`, `size.population`, `size.share`.

    >>> round(proportion_size(1500, 0.05), 1)
    306.0
    """
    _check(pop_size, margin)
    _check_shares(p, confidence, deff)
    z = float(ndtri((1 + confidence) / 2))
    return _finite(deff * z * z * p * (1 - p) / (margin * margin), pop_size)


def proportion_size_for_cv(pop_size: float, cv: float, p: float = 0.5, deff: float = 1.0) -> float:
    """n for a coefficient of variation of the estimated share: `proportion_size` with e = z CV p, whatever z.

    cv: SE / p as a share (0.05). n0 = deff (1-p) / (p cv^2), then the finite correction, capped at N; not rounded.
    Raises DesignError `size.margin`, `size.population`, `size.share`.

    >>> round(proportion_size_for_cv(1500, 0.05, p=0.8), 1)
    93.8
    """
    _check(pop_size, cv)
    _check_shares(p, 0.95, deff)
    return _finite(deff * (1 - p) / (p * cv * cv), pop_size)


def margin_of_error(n: float, pop_size: float, p: float = 0.5, confidence: float = 0.95, deff: float = 1.0) -> float:
    """The margin e that n forms buy: the inverse of `proportion_size`, 0 for a census. Share, same symbols and errors.

    A population of one that answers with probability n < 1 has no S^2; p (1 - p) stands for it.

    >>> round(margin_of_error(306, 1500), 3)
    0.05
    """
    _check(pop_size, 0.5)
    _check_shares(p, confidence, deff)
    if n <= 0 or n > pop_size:
        raise DesignError("size.sample", got=n, expected=f"0 < n <= {pop_size}")
    if n == pop_size:
        return 0.0
    others = max(pop_size - 1, 1)
    n0 = n if math.isinf(pop_size) else n * others / (pop_size - n)
    return float(ndtri((1 + confidence) / 2)) * math.sqrt(deff * p * (1 - p) / n0)


def stratified_margin(pop_sizes: Sequence[float], margins: Sequence[float]) -> float:
    """Margin of the whole from the margins of its strata: sqrt(sum W_h^2 e_h^2), W_h = N_h / N.

    One confidence level for all; independent strata. Empty margins (a stratum without sample) give nan: the whole has
    no margin then. Raises DesignError `size.population` when the two differ in length or a N_h is below 1.
    """
    if len(pop_sizes) != len(margins) or not len(pop_sizes) or min(pop_sizes) < 1:
        raise DesignError("size.population", got=len(margins), expected=f"{len(pop_sizes)}, N_h >= 1")
    population = math.fsum(pop_sizes)
    return math.sqrt(
        math.fsum((pop / population * margin) ** 2 for pop, margin in zip(pop_sizes, margins, strict=True))
    )


def std_dev_of_share(pop_size: float, p: float) -> float:
    """S of a yes/no variable in a finite population, sqrt(p (1-p) N / (N-1)); 0 for N = 1.

    With it (1/n - 1/N) S^2 is the variance that `proportion_size` and `margin_of_error` use.
    """
    _check(pop_size, 0.5)
    _check_shares(p, 0.95, 1.0)
    if pop_size == 1:
        return 0.0
    return math.sqrt(p * (1 - p) * (1.0 if math.isinf(pop_size) else pop_size / (pop_size - 1)))


def issued_forms(n: int, expected_response: float, pop_size: int) -> int:
    """Forms to hand out so that n come back: ceil(n / response), at most N (exact rational ceiling).

    expected_response: share in (0, 1]. Raises DesignError `size.share`.

    >>> issued_forms(21, 0.35, 1000)
    60
    """
    if not 0 < expected_response <= 1:
        raise DesignError("size.share", where="expected_response", got=expected_response, expected="0 < share <= 1")
    return min(pop_size, ceil_exact(Fraction(n) / exact(expected_response)))


def _finite(n0: float, pop_size: float) -> float:
    """n0 / (1 + (n0 - 1)/N), at most N."""
    return n0 if math.isinf(pop_size) else min(float(pop_size), n0 / (1 + (n0 - 1) / pop_size))


def _check(pop_size: float, margin: float) -> None:
    check_number("pop_size", pop_size)
    check_number("margin", margin)
    if not pop_size >= 1:
        raise DesignError("size.population", got=pop_size, expected=">= 1")
    if not 0 < margin < 1:
        raise DesignError("size.margin", got=margin, expected="0 < e < 1 (0.05 = 5 %)")


def _check_shares(p: float, confidence: float, deff: float) -> None:
    for name, value in (("p", p), ("confidence", confidence)):
        if not 0 < value < 1:
            raise DesignError("size.share", where=name, got=value, expected="0 < share < 1")
    if not deff > 0:
        raise DesignError("size.share", where="deff", got=deff, expected="> 0")
