"""Sample sizes against published tables and PracTools (tests/reference/planning_reference.json)."""

import json
import math
from pathlib import Path
from statistics import NormalDist

import pytest

from errors import DesignError
from sampling.size import (
    issued_forms,
    margin_of_error,
    proportion_size,
    proportion_size_for_cv,
    std_dev_of_share,
    stratified_margin,
    yamane,
)

PLANNING = json.loads((Path(__file__).parents[1] / "reference" / "planning_reference.json").read_text("utf-8"))


@pytest.mark.parametrize(("pop_size", "expected"), [(100, 80), (1_000, 286), (10_000, 385), (10**9, 400), (1, 1)])
def test_yamane_table(pop_size: int, expected: int) -> None:
    assert yamane(pop_size, 0.05) == expected


def test_proportion_as_practools() -> None:
    sizes = PLANNING["sample_size"]
    assert proportion_size(math.inf, 0.05) == pytest.approx(sizes["proportion_e05_p5_conf95_Ninf"]["value"], rel=1e-10)
    assert proportion_size(1500, 0.05) == pytest.approx(sizes["proportion_e05_p5_conf95_N1500"]["value"], rel=1e-10)
    by_cv = sizes["proportion_cv05_p5_N10000"]["value"]
    assert proportion_size_for_cv(10_000, 0.05) == pytest.approx(by_cv, rel=1e-10)
    margin = 1.959963984540054 * 0.05 * 0.5  # a CV of 5 % of p = 0.5
    assert proportion_size(10_000, margin) == pytest.approx(by_cv, rel=1e-10)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_a_cv_is_a_margin_of_z_cv_p_whatever_the_confidence(confidence: float) -> None:
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    by_margin = proportion_size(900, z * 0.03 * 0.7, p=0.7, confidence=confidence, deff=1.3)
    assert proportion_size_for_cv(900, 0.03, p=0.7, deff=1.3) == pytest.approx(by_margin, rel=1e-10)
    assert proportion_size_for_cv(50, 0.5, p=0.01) < proportion_size_for_cv(math.inf, 0.5, p=0.01)


def test_margin_of_the_whole() -> None:
    """By hand: W = .25, .75; sqrt((.25 x .08)^2 + (.75 x .02)^2) = .025."""
    assert stratified_margin([100, 300], [0.08, 0.02]) == pytest.approx(0.025, rel=1e-12)
    assert stratified_margin([100], [0.03]) == pytest.approx(0.03)
    assert math.isnan(stratified_margin([100, 300], [0.08, math.nan]))


def test_margin_of_the_whole_is_that_of_a_proportional_sample() -> None:
    """N so large that the finite correction is nothing: equal sampling rates give the margin of one simple sample."""
    pops = [1e12, 2e12, 5e12]
    margins = [margin_of_error(pop / 1e10, pop) for pop in pops]
    assert stratified_margin(pops, margins) == pytest.approx(margin_of_error(800, 8e12), rel=1e-6)


def test_standard_deviation_of_a_share_gives_the_same_margin() -> None:
    z = NormalDist().inv_cdf(0.975)
    variance = (1 / 60 - 1 / 400) * std_dev_of_share(400, 0.3) ** 2
    assert z * math.sqrt(variance) == pytest.approx(margin_of_error(60, 400, p=0.3), rel=1e-12)
    assert std_dev_of_share(1, 0.3) == 0.0
    assert std_dev_of_share(2, 0.5) == pytest.approx(math.sqrt(0.5))  # the two values 0 and 1


def test_design_effect_acts_before_the_finite_correction() -> None:
    n0 = 2 * proportion_size(math.inf, 0.05)
    assert proportion_size(1500, 0.05, deff=2.0) == pytest.approx(n0 / (1 + (n0 - 1) / 1500), rel=1e-12)


@pytest.mark.parametrize("n", [50, 400, 1499])
def test_margin_is_the_inverse_of_the_size(n: int) -> None:
    assert proportion_size(1500, margin_of_error(n, 1500, deff=1.4), deff=1.4) == pytest.approx(n, rel=1e-10)
    assert margin_of_error(1500, 1500) == 0.0


def test_issued_forms_uses_exact_rationals() -> None:
    assert issued_forms(21, 0.35, 1000) == 60
    assert issued_forms(21, 0.35, 50) == 50


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: yamane(100, 5), "size.margin"),
        (lambda: yamane(0, 0.05), "size.population"),
        (lambda: proportion_size(100, 0.05, p=1.2), "size.share"),
        (lambda: margin_of_error(200, 100), "size.sample"),
        (lambda: issued_forms(10, 0.0, 100), "size.share"),
        (lambda: proportion_size(100, 0.05, deff=0.0), "size.share"),
        (lambda: proportion_size_for_cv(100, 5), "size.margin"),
        (lambda: proportion_size_for_cv(100, 0.05, p=1.0), "size.share"),
        (lambda: stratified_margin([10, 20], [0.1]), "size.population"),
        (lambda: stratified_margin([10, 0], [0.1, 0.1]), "size.population"),
        (lambda: std_dev_of_share(0, 0.5), "size.population"),
    ],
)
def test_nonsense_is_refused_by_name(call, rule: str) -> None:
    with pytest.raises(DesignError) as caught:
        call()
    assert caught.value.rule == rule


def test_a_population_of_one_that_may_not_answer_has_a_margin() -> None:
    assert margin_of_error(0.75, 1) == pytest.approx(
        NormalDist().inv_cdf(0.975) * math.sqrt(0.25 * (1 / 0.75 - 1)), rel=1e-12
    )
    assert margin_of_error(1, 1) == 0.0
