"""Sample sizes against published tables and PracTools (tests/reference/planning_reference.json)."""

import json
import math
from pathlib import Path

import pytest

from sampling.errors import DesignError
from sampling.size import issued_forms, margin_of_error, proportion, yamane

PLANNING = json.loads((Path(__file__).parents[1] / "reference" / "planning_reference.json").read_text("utf-8"))


@pytest.mark.parametrize(("pop_size", "expected"), [(100, 80), (1_000, 286), (10_000, 385), (10**9, 400), (1, 1)])
def test_yamane_table(pop_size: int, expected: int) -> None:
    assert yamane(pop_size, 0.05) == expected


def test_proportion_as_practools() -> None:
    sizes = PLANNING["sample_size"]
    assert proportion(math.inf, 0.05) == pytest.approx(sizes["proportion_e05_p5_conf95_Ninf"]["value"], rel=1e-10)
    assert proportion(1500, 0.05) == pytest.approx(sizes["proportion_e05_p5_conf95_N1500"]["value"], rel=1e-10)
    margin = 1.959963984540054 * 0.05 * 0.5  # a CV of 5 % of p = 0.5
    assert proportion(10_000, margin) == pytest.approx(sizes["proportion_cv05_p5_N10000"]["value"], rel=1e-10)


def test_design_effect_acts_before_the_finite_correction() -> None:
    n0 = 2 * proportion(math.inf, 0.05)
    assert proportion(1500, 0.05, deff=2.0) == pytest.approx(n0 / (1 + (n0 - 1) / 1500), rel=1e-12)


@pytest.mark.parametrize("n", [50, 400, 1499])
def test_margin_is_the_inverse_of_the_size(n: int) -> None:
    assert proportion(1500, margin_of_error(n, 1500, deff=1.4), deff=1.4) == pytest.approx(n, rel=1e-10)
    assert margin_of_error(1500, 1500) == 0.0


def test_issued_forms_uses_exact_rationals() -> None:
    assert issued_forms(21, 0.35, 1000) == 60
    assert issued_forms(21, 0.35, 50) == 50


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: yamane(100, 5), "size.margin"),
        (lambda: yamane(0, 0.05), "size.population"),
        (lambda: proportion(100, 0.05, p=1.2), "size.share"),
        (lambda: margin_of_error(200, 100), "size.sample"),
        (lambda: issued_forms(10, 0.0, 100), "size.share"),
        (lambda: proportion(100, 0.05, deff=0.0), "size.share"),
    ],
)
def test_nonsense_is_refused_by_name(call, rule: str) -> None:
    with pytest.raises(DesignError) as caught:
        call()
    assert caught.value.rule == rule
