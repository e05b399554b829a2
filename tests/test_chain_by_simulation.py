"""Draw, nonresponse, reserves, weights, raking and estimates together, against a population whose answers are known
(docs/methods.md, section 12).

Fifty chains in every run, with bounds that follow from Monte Carlo error (`chain_measures.bounds_of`); a thousand,
marked slow, with the agreed ones: |bias| < 3 Monte Carlo SE, mean SE / true sd in .95..1.05, coverage in 93..97 %.
Chains are fixed by their numbers: a run gives the same figures every time.
"""

from collections.abc import Sequence

import pandas as pd
import pytest
from chain_measures import LEAST_N, agreed_bounds, bounds_of, measures, outside
from chains import COMMUNES, EXPECTED_ANSWERS, MARGINS, Fault, estimated, fieldwork, population

pytestmark = pytest.mark.full

LARGE = 12  # communes with n >= 30
FAULTS: tuple[Fault, ...] = ("planned_probability", "issued_fpc", "plain_residuals")


def measured(count: int, faults: Sequence[Fault]) -> dict[Fault, pd.DataFrame]:
    """Measures of the first `count` chains, each estimated in every way of `faults` from the same issued cases."""
    people = population()
    runs = {fault: [] for fault in faults}
    for number in range(count):
        issued = fieldwork(people, number)
        for fault in faults:
            runs[fault].append(estimated(people, issued, fault))
    return {fault: measures(own, people.truth) for fault, own in runs.items()}


@pytest.fixture(scope="module")
def fifty() -> dict[Fault, pd.DataFrame]:
    return measured(50, ("", "planned_probability"))


@pytest.fixture(scope="module")
def thousand() -> dict[Fault, pd.DataFrame]:
    return measured(1000, ("", *FAULTS))


def test_a_chain_goes_through_reserves_nonresponse_and_missing_items() -> None:
    people = population()
    issued = fieldwork(people, 0)
    by_stratum = issued.groupby("stratum_id")
    released = by_stratum.size().to_numpy() - COMMUNES["sample_size"].to_numpy()
    assert (released > 0).sum() >= 4
    assert (released <= COMMUNES["reserve_size"]).all()
    assert (by_stratum["draw_order"].max() == by_stratum.size()).all()  # in order: nobody was passed over
    assert by_stratum["design_weight"].sum().to_numpy() == pytest.approx(COMMUNES["pop_size"].to_numpy())
    responded = issued["case_status"] == "respondent"
    young = issued["age"] == "18-39"
    assert responded[young].mean() < responded[~young].mean() < 0.9
    assert responded[~young].mean() > EXPECTED_ANSWERS > responded[young].mean()
    assert issued.loc[responded, "c6"].isna().sum() > 20
    n = estimated(people, issued).n
    assert (n[1:].min(axis=1) >= LEAST_N).sum() == LARGE


def test_fifty_chains_are_unbiased_with_true_errors_and_intervals(fifty: dict[Fault, pd.DataFrame]) -> None:
    assert outside(fifty[""], bounds_of(50, LARGE)) == []


def test_fifty_chains_see_reserves_that_keep_the_planned_probability(fifty: dict[Fault, pd.DataFrame]) -> None:
    """Communes that answer less and had reserves released count too much, and they are less satisfied."""
    found = outside(fifty["planned_probability"], bounds_of(50, LARGE))
    assert "province index: bias_z" in " ".join(found)


def test_bounds_of_many_chains_close_in_on_the_agreed_ones() -> None:
    few, many, agreed = bounds_of(50, LARGE), bounds_of(10**6, LARGE), agreed_bounds(LARGE)
    assert few.se_ratio[0] < many.se_ratio[0] < agreed.se_ratio[0]
    assert few.se_ratio[1] > many.se_ratio[1] > agreed.se_ratio[1]
    assert few.coverage_pct[0] < many.coverage_pct[0] < agreed.coverage_pct[0]
    assert many.se_ratio == pytest.approx(agreed.se_ratio, rel=5e-3)
    assert many.coverage_pct == pytest.approx(agreed.coverage_pct, abs=0.2)


@pytest.mark.slow
def test_a_thousand_chains_keep_the_agreed_bounds(thousand: dict[Fault, pd.DataFrame]) -> None:
    print(thousand[""].round(3).to_string())
    assert outside(thousand[""], agreed_bounds(LARGE)) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("planned_probability", "province index: bias_z"),
        ("issued_fpc", "communes index: se_ratio"),
        ("plain_residuals", "province index: se_ratio"),
    ],
)
def test_a_thousand_chains_see_every_planted_fault(
    thousand: dict[Fault, pd.DataFrame], fault: Fault, seen: str
) -> None:
    assert seen in " ".join(outside(thousand[fault], agreed_bounds(LARGE)))


@pytest.mark.slow
def test_response_classes_across_strata_need_the_stratum_among_the_margins() -> None:
    """A limit of V, which takes the answers of a stratum as given, and its remedy: communes lie far apart here.

    A second population: its bounds allow for the Monte Carlo error of a thousand chains.
    """
    people, runs = population(across=True), {margins: [] for margins in (MARGINS, (*MARGINS, "stratum_id"))}
    for number in range(1000):
        issued = fieldwork(people, number)
        for margins, own in runs.items():
            own.append(estimated(people, issued, margins=margins))
    without, with_stratum = (measures(own, people.truth) for own in runs.values())
    assert without.loc[("province", "index"), "se_ratio"] < agreed_bounds(LARGE).se_ratio[0]
    assert agreed_bounds(LARGE).se_ratio[0] < with_stratum.loc[("province", "index"), "se_ratio"]
    assert outside(with_stratum, bounds_of(1000, LARGE)) == []
