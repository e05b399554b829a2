"""Projected L-BFGS against minima known in closed form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.allocation.descent import minimise


@given(st.integers(0, 10_000), st.integers(1, 40))
def test_a_separable_quadratic_ends_at_its_centre_or_at_zero(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    curvature, centre = 10 ** rng.uniform(-2, 2, size), rng.normal(0, 3, size)

    def value(z: np.ndarray) -> tuple[float, np.ndarray]:
        return 1 + 0.5 * float((curvature * (z - centre) ** 2).sum()), curvature * (z - centre)

    found = minimise(value, np.ones(size), ease=1e-15, steps=2_000)
    best = value(np.maximum(centre, 0))[0]
    assert best <= value(found)[0] <= best + 1e-8 * best  # it stops by gains: flat coordinates end less sharply
    assert found == pytest.approx(np.maximum(centre, 0), abs=1e-2)
    assert (found >= 0).all()


def test_conditions_of_the_minimum_of_a_coupled_function() -> None:
    """Kuhn-Tucker: the gradient is 0 where z > 0 and not negative where z = 0."""
    rng = np.random.default_rng(2)
    factor = rng.normal(size=(30, 20))
    target = rng.normal(size=30)

    def value(z: np.ndarray) -> tuple[float, np.ndarray]:
        rest = factor @ z - target
        return 0.5 * float(rest @ rest), factor.T @ rest

    found = minimise(value, np.ones(20), ease=1e-16, steps=5_000)
    slope = value(found)[1]
    assert 0 < (found > 0).sum() < 20
    assert slope[found > 0] == pytest.approx(0, abs=1e-5)
    assert slope[found == 0].min() > -1e-5


def test_too_few_steps_stop_short_of_the_minimum() -> None:
    curvature = np.logspace(0, 4, 30)
    value = lambda z: (0.5 * float((curvature * (z - 1) ** 2).sum()), curvature * (z - 1))  # noqa: E731
    start = np.full(30, 5.0)
    early = minimise(value, start, ease=1e-16, steps=2)
    late = minimise(value, start, ease=1e-16, steps=500)
    assert value(late)[0] < 1e-6 < value(early)[0] < value(start)[0]
