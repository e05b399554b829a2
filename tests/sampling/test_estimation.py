"""Estimates against R survey 4.5 (tests/reference/sipas_small, made by the script beside it) and against identities."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from errors import DesignError
from sampling.design import Design
from sampling.estimation import degrees_of_freedom, index_interval, linear_combinations, mean, share, total
from sampling.sums import totals

FOLDER = Path(__file__).parents[1] / "reference" / "sipas_small"
REFERENCE = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))["sipas_small"]
ITEMS = [f"q{j}" for j in range(1, 9)]
# R prints 15 digits; sums run in another order here.
TOLERANCE = 1e-10


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    data = pd.read_csv(FOLDER / "sipas_small.csv")
    for item in ITEMS:
        data[f"top_{item}"] = np.where(data[item].isna(), np.nan, (data[item] >= 4).astype(float))
    return data


@pytest.fixture(scope="module")
def design(rows: pd.DataFrame) -> Design:
    return Design(rows, weight="w", stratum="stratum", psu="psu", pop_size="n_psu_pop", lonely_psu="adjust")


def test_share_of_every_item_overall(design: Design) -> None:
    table = share(design, [f"top_{item}" for item in ITEMS]).set_index("variable")
    for item in ITEMS:
        expected = REFERENCE["top2_overall"][item]
        assert table.loc[f"top_{item}", "estimate"] == pytest.approx(expected["est"], rel=TOLERANCE)
        assert table.loc[f"top_{item}", "std_error"] == pytest.approx(expected["se"], rel=TOLERANCE)
        assert table.loc[f"top_{item}", "df"] == REFERENCE["degf"]


@pytest.mark.parametrize("item", ITEMS)
def test_share_of_every_item_by_unit(design: Design, item: str) -> None:
    expected = REFERENCE["top2_by_unit"][item]
    table = share(design, [f"top_{item}"], by="unit")
    table = table.set_index(table["domain"].astype(int)).loc[expected["unit"]]
    assert table["estimate"].to_numpy() == pytest.approx(expected["est"], rel=TOLERANCE)
    assert table["std_error"].to_numpy() == pytest.approx(expected["se"], rel=TOLERANCE)


def test_mean_and_total_by_unit(design: Design) -> None:
    expected = REFERENCE["mean_by_unit_q1"]
    table = mean(design, ["q1"], by="unit")
    table = table.set_index(table["domain"].astype(int)).loc[expected["unit"]]
    assert table["estimate"].to_numpy() == pytest.approx(expected["est"], rel=TOLERANCE)
    assert table["std_error"].to_numpy() == pytest.approx(expected["se"], rel=TOLERANCE)
    expected = REFERENCE["total_by_unit_t_q1"]
    table = total(design, ["top_q1"], by="unit")
    table = table.set_index(table["domain"].astype(int)).loc[expected["unit"]]
    assert table["estimate"].to_numpy() == pytest.approx(expected["est"], rel=TOLERANCE)
    assert table["std_error"].to_numpy() == pytest.approx(expected["se"], rel=TOLERANCE)


def test_combination_of_means_has_the_covariances_of_R(design: Design, rows: pd.DataFrame) -> None:
    expected = REFERENCE["composite_weighted_sum_of_means_complete_cases"]
    complete = rows.dropna(subset=ITEMS[:4])
    whole = rows.assign(**{item: rows[item].where(rows.index.isin(complete.index)) for item in ITEMS[:4]})
    sums = totals(
        Design(whole, weight="w", stratum="stratum", psu="psu", pop_size="n_psu_pop", lonely_psu="adjust"), ITEMS[:4]
    )
    result = linear_combinations(sums, np.array([expected["weights"]]))
    assert result.value[0, 0] == pytest.approx(expected["est"], rel=TOLERANCE)
    assert np.sqrt(result.variance[0, 0]) == pytest.approx(expected["se"], rel=TOLERANCE)


def test_wilson_and_logit_intervals_of_R(design: Design) -> None:
    expected = REFERENCE["ciprop_unit1_q1"]
    row = share(design, ["top_q1"], by="unit").query("domain == '1'").iloc[0]
    assert row["df"] == expected["wilson"][3]
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(expected["wilson"][1:3], rel=TOLERANCE)
    sums = totals(design, ["top_q1"], "unit")
    low, high = index_interval(linear_combinations(sums, np.eye(1)))
    one = sums.domains.index("1")
    assert [low[one, 0], high[one, 0]] == pytest.approx(expected["xlogit"][1:3], rel=TOLERANCE)


def test_lonely_psu_fails_by_default(rows: pd.DataFrame) -> None:
    with pytest.raises(DesignError) as caught:
        mean(Design(rows, weight="w", stratum="stratum", psu="psu", pop_size="n_psu_pop"), ["q1"])
    assert caught.value.rule == "estimation.lonely"


def test_census_with_full_response_has_no_error_and_nonresponse_gives_the_srs_formula() -> None:
    y = np.array([1.0, 0, 1, 1, 0, 1])
    whole = pd.DataFrame({"y": y, "w": 1.0, "N": 6})
    assert mean(Design(whole, weight="w", pop_size="N"), ["y"])["std_error"].tolist() == [0.0]
    part = pd.DataFrame({"y": y, "w": 10 / 6, "N": 10})
    row = mean(Design(part, weight="w", pop_size="N"), ["y"]).iloc[0]
    # (1 - r/N) s^2 / r with s^2 = 6/5 * 2/3 * 1/3 = 4/15
    assert row["std_error"] == pytest.approx(np.sqrt((1 - 6 / 10) * (4 / 15) / 6), rel=1e-14)
    assert row["deff"] == pytest.approx(1.0, rel=1e-12)


def test_unanimous_cell_says_so_and_has_an_exact_interval() -> None:
    data = pd.DataFrame({"y": [1.0] * 8, "w": 1.0, "N": 100})
    row = share(Design(data, weight="w", pop_size="N"), ["y"]).iloc[0]
    assert row["estimate"] == 1.0
    assert np.isnan(row["std_error"])
    assert row["reason"] == "unanimous"
    # Clopper-Pearson with all 8 of 8: low = (alpha/2)^(1/8)
    assert row["ci_low"] == pytest.approx(0.025 ** (1 / 8), rel=1e-12)
    assert row["ci_high"] == 1.0


def test_item_nobody_answered_leaves_a_combination_and_is_flagged() -> None:
    data = pd.DataFrame({"a": [1.0, 0, 1, 1], "b": [np.nan] * 4, "w": 1.0})
    result = linear_combinations(totals(Design(data, weight="w"), ["a", "b"]), np.array([[0.5, 0.5], [0.0, 1.0]]))
    assert result.value[0, 0] == 0.75
    assert result.incomplete[0].tolist() == [True, True]
    assert np.isnan(result.value[0, 1])
    assert degrees_of_freedom(totals(Design(data, weight="w"), ["a"])).tolist() == [3.0]
