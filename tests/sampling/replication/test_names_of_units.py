"""Draws go by the names of units as texts: neither order of rows nor type or name of a column changes a replicate."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from errors import DesignError
from sampling import Design, Replication, balanced, bootstrap, calibration_from, calibration_table, rake, replicate
from sampling.replication import sums

SEED = "5eed" * 16
ROWS = pd.DataFrame(
    {
        "person": np.arange(60),
        "house": np.arange(60) // 2,
        "area": np.repeat([2, 10], 30),
        "w": np.tile([3.0, 4.0, 5.0], 20),
        "sex": np.tile(["f", "m", "m", "f", "f"], 12),
        "y": (np.arange(60) * 7) % 11 + 0.5,
    }
)
SEX = {"sex": {"f": 150, "m": 90}}


def error(replication: Replication) -> float:
    return float(replicate(replication, "y").table()["std_error"].item())


def as_texts(data: pd.DataFrame, *names: str) -> pd.DataFrame:
    return data.assign(**{name: data[name].astype("str") for name in names})


def test_the_numbers_an_adjustment_gave_its_rows_are_no_names() -> None:
    for adjusted in (rake(Design(ROWS, "w"), SEX), rake(Design(ROWS.assign(row_id=ROWS["person"]), "w"), SEX)):
        with pytest.raises(DesignError, match=r"replication\.psu"):
            bootstrap(adjusted, 50, SEED)
    numbered = rake(Design(ROWS, "w"), SEX)
    assert numbered.is_numbered and bootstrap(replace(numbered, psu="house"), 50, SEED).replicates == 50
    own = rake(Design(ROWS, "w", id="person"), SEX)
    shuffled = rake(Design(ROWS.sample(frac=1, random_state=4), "w", id="person"), SEX)
    assert not own.is_numbered
    assert error(bootstrap(shuffled, 50, SEED)) == pytest.approx(error(bootstrap(own, 50, SEED)), rel=1e-9)


@pytest.mark.parametrize(
    "names",
    [{"id": "person"}, {"id": ["house", "person"]}, {"psu": "house"}, {"psu": "house", "stratum": "area"}],
    ids=str,
)
def test_numbers_and_their_texts_give_the_same_replicates(names: dict[str, str]) -> None:
    numbers, texts = (Design(data, "w", **names) for data in (ROWS, as_texts(ROWS, "person", "house", "area")))
    tables = [replicate(bootstrap(design, 50, SEED), "y", keep=True).replicates for design in (numbers, texts)]
    np.testing.assert_array_equal(*tables)


def test_stages_give_the_same_replicates_by_numbers_and_by_texts() -> None:
    def design(data: pd.DataFrame, households: int) -> Design:
        data = data.assign(N=households, M=9)
        return Design(data, "w", "area", ["house", "person"], ["N", "M"])

    for households, kind in ((30, "multistage bootstrap"), (3000, "bootstrap")):
        both = [bootstrap(design(data, households), 50, SEED) for data in (ROWS, as_texts(ROWS, "house", "area"))]
        assert [made.kind for made in both] == [kind, kind]
        np.testing.assert_array_equal(*[replicate(made, "y", keep=True).replicates for made in both])


def test_balanced_halves_are_the_same_by_numbers_and_by_texts() -> None:
    few = ROWS.iloc[:12].assign(area=np.repeat([9, 10, 100], 4), house=np.repeat([8, 9, 10, 11, 99, 100], 2))
    both = [balanced(Design(data, "w", "area", "house")) for data in (few, as_texts(few, "area", "house"))]
    np.testing.assert_array_equal(*[replicate(made, "y", keep=True).replicates for made in both])


def test_a_design_from_files_has_the_replicates_it_had_before() -> None:
    design = rake(Design(as_texts(ROWS, "person"), "w", id="person"), SEX)
    table = calibration_table(design)
    back = design.weighted_data().astype({"person": "int64"})
    steps = calibration_from(table.astype({"person": "int64"}), id="person")
    again = Design(back, "final_weight", id="person", adjustments=steps)
    assert error(bootstrap(again, 50, SEED)) == pytest.approx(error(bootstrap(design, 50, SEED)), rel=1e-9)


@pytest.mark.parametrize("name", ["row_unit", "name_of_area"])
def test_a_column_of_any_name_stays_a_domain(name: str) -> None:
    data = ROWS.assign(**{name: np.tile(["c", "d"], 30)})
    made = bootstrap(Design(data, "w", "area", id=["house", "person"]), 20, SEED)
    assert replicate(made, "y", by=name).domains == ("c", "d")
    assert replicate(made, "y", by="area", statistic=sums(1)).domains == ("2", "10")


def test_ids_that_name_no_single_row_are_refused() -> None:
    for data, name, rule in (
        (ROWS, "house", "design.id_repeated"),
        (ROWS, "nobody", "design.id"),
        (ROWS.assign(person=["1", 1, *range(2, 60)]), "person", "design.id_repeated"),
    ):
        with pytest.raises(DesignError) as caught:
            bootstrap(Design(data, "w", id=name), 20, SEED)
        assert caught.value.rule == rule
