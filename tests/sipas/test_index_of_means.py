"""An index whose items are means over the highest code: values and errors by hand, and what its file must say."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from errors import FaultsFound
from sipas.indices import IndexDefinition, SurveyData, check_against, index_scores, item_values, load_index

INDICES = Path(__file__).parents[2] / "data" / "indices"
ANSWERS = {
    "GD1": [5.0, 4.0, 3.0, 5.0, 2.0, 4.0],
    "GD2": [4.0, 4.0, np.nan, 5.0, 1.0, 3.0],
    "GD3": [5.0, 5.0, 5.0, 5.0, 5.0, 5.0],
    "GD4": [1.0, 2.0, 3.0, 4.0, 5.0, 3.0],
}


@pytest.fixture(scope="module")
def means() -> IndexDefinition:
    return load_index(INDICES / "made-up-giao-duc")


@pytest.fixture(scope="module")
def scores(means: IndexDefinition) -> pd.DataFrame:
    """Six answers of one unit, a simple random sample of 60 people."""
    cases = pd.DataFrame(
        {
            "case_id": [f"c{number}" for number in range(6)],
            "rated_unit_id": "T1",
            "stratum_id": "h",
            "psu_id": [f"p{number}" for number in range(6)],
            "pop_size": 60,
            "final_weight": 10.0,
        }
    )
    rows = pd.concat([cases, item_values(pd.DataFrame(ANSWERS), means)], axis=1)
    data = SurveyData(rows, np.ones(6, dtype=bool), (), "fail", "GD")
    table = index_scores(data, means, 2026)
    return table[table["unit_id"] == "T1"].set_index("node_code")


def test_an_item_is_its_mean_over_five(scores: pd.DataFrame) -> None:
    """23/6, 17/5, 5 and 18/6 of 5."""
    expected = {"GD1": 100 * 23 / 30, "GD2": 100 * 17 / 25, "GD3": 100.0, "GD4": 60.0}
    assert scores.loc[list(expected), "value_pct"].to_dict() == pytest.approx(expected)
    assert scores.loc["CHUNG", "value_pct"] == pytest.approx(sum(expected.values()) / 4)
    assert scores.loc["GD2", "n"] == 5
    assert set(scores["definition_id"]) == {"mean_5/items/none/all"}


def test_the_error_of_a_mean_and_its_t_interval(scores: pd.DataFrame) -> None:
    """Codes 5 4 3 5 2 4: s = 1.169; error 100/5 s sqrt((1 - 6/60)/6), interval with 5 degrees of freedom."""
    row = scores.loc["GD1"]
    error = 20 * np.std(ANSWERS["GD1"], ddof=1) * np.sqrt(0.9 / 6)
    reach = stats.t.ppf(0.975, 5) * error
    assert row["std_error"] == pytest.approx(error)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((row["value_pct"] - reach, row["value_pct"] + reach))


def test_satisfied_codes_of_the_form_do_not_bind_an_index_of_means(means: IndexDefinition) -> None:
    items = means.item_codes()
    assert check_against(means, questionnaire_id=means.questionnaire, rated_items=items, satisfied={"4", "5"}) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "columns"),
    [
        ("made-up-giao-duc", "full_code = 5\n", "", ["full_code"]),
        ("made-up-giao-duc", "full_code = 5\n", 'full_code = 5\nsatisfied_codes = ["5"]\n', ["satisfied_codes"]),
        ("made-up-y-te", 'item_value = "share"', 'item_value = "mean"', ["full_code", "satisfied_codes"]),
        ("made-up-y-te", 'satisfied_codes = ["4", "5"]\n', "full_code = 5\n", ["full_code", "satisfied_codes"]),
    ],
)
def test_share_needs_satisfied_codes_and_mean_the_highest_code(
    tmp_path: Path, name: str, old: str, new: str, columns: list[str]
) -> None:
    folder = tmp_path / name
    shutil.copytree(INDICES / name, folder)
    text = (folder / "index.toml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder / "index.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(FaultsFound) as caught:
        load_index(folder)
    assert [(fault.rule, fault.column) for fault in caught.value.faults] == [
        ("indices.item_value", column) for column in columns
    ]
