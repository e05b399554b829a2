"""What a statistician meets who has only `help()`: designs that print on a line, mistakes told in words."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import sampling as s

SEED = "5eed" * 16
ROWS = pd.DataFrame(
    {
        "id": [f"c{number:02d}" for number in range(40)],
        "stratum": np.repeat([1, 2], 20),
        "N": np.repeat([100, 300], 20),
        "w": np.repeat([5.0, 15.0], 20),
        "sex": np.tile([1.0, 2.0], 20),
        "y": np.arange(40) % 7 + 0.5,
        "k": np.arange(40) % 2,
    }
)
DESIGN = s.Design(ROWS, weight="w", stratum="stratum", pop_size="N", id="id")
STRATA = pd.DataFrame({"stratum_id": ["a", "b"], "pop_size": [300, 200]})
PRECISE = STRATA.assign(std_dev_y=1.0)


def test_a_design_and_its_replicates_print_on_a_line() -> None:
    raked = s.rake(DESIGN, {"sex": {1: 220, 2: 180}})
    about = "rows 40, strata 2, PSUs 40, stages 1, sum of weights 400, adjustments"
    assert repr(DESIGN) == f"<Design: {about} none>"
    assert repr(raked) == f"<Design: {about} rake>"
    replication = s.jackknife(raked)
    assert repr(replication) == f"<Replication: JKn, replicates 40, replay calibration, of <Design: {about} rake>>"
    assert repr(raked.adjustments[0]) == "<CalibrationStep: rake, rows 40, sum of weights 400 -> 400>"
    assert repr(s.totals(raked, "y", "sex")) == "<Totals: domains 2, variables 1, rows 40, last-stage units 40>"
    assert repr(s.replicate(replication, ["y", "k"])) == "<ReplicateEstimates: domains 1, values 2, see table()>"


@pytest.mark.parametrize(
    ("call", "rule", "where", "told"),
    [
        (lambda: s.quantile(DESIGN, "y", 0.5), "list", "shares", "[0.5]"),
        (lambda: s.quantile(DESIGN, ["y"], [0.5]), "column", "variable", "list"),
        (lambda: s.quantile(ROWS, "y", [0.5]), "kind", "design", "DataFrame, not Design"),
        (lambda: s.mean(ROWS, "y"), "kind", "design", "DataFrame, not Design"),
        (lambda: s.share(s.jackknife(DESIGN), "k"), "kind", "design", "Replication, not Design"),
        (lambda: s.ratio(ROWS, "y", "k"), "kind", "design", "DataFrame"),
        (lambda: s.ratio(DESIGN, "y", ["k"]), "column", "denominator", "list"),
        (lambda: s.mean(DESIGN, None), "names", "variables", "NoneType"),
        (lambda: s.mean(DESIGN, ["y", 5]), "names", "variables", "int"),
        (lambda: s.totals(ROWS, "y"), "kind", "design", "DataFrame"),
        (lambda: s.combine(DESIGN, {"y": 0.5, "k": 0.5}), "terms", "combinations", "float"),
        (lambda: s.combine(DESIGN, ["y", "k"]), "terms", "combinations", "list"),
        (lambda: s.difference(DESIGN, "y", "stratum", ("1", "2")), "pairs", "pairs", '[("a", "b")]'),
        (lambda: s.difference(DESIGN, "y", "stratum", [("1", "2", "3")]), "pairs", "pairs", "tuple"),
        (lambda: s.difference(DESIGN, "y", "stratum", []), "pairs", "pairs", "list"),
        (lambda: s.difference(DESIGN, "y", "stratum", ["12"]), "pairs", "pairs", "str"),
        (lambda: s.difference(DESIGN, "y", [("1", "2")], "stratum"), "names", "by", "tuple"),
        (lambda: s.round_differences(DESIGN, DESIGN), "table", "now", "Design"),
        (lambda: s.allocate(STRATA, 60.5, "proportional"), "whole", "total", "60.5"),
        (lambda: s.allocate(STRATA, "60", "proportional"), "number", "total", "str"),
        (lambda: s.allocate({"a": 300}, 60, "equal"), "table", "strata", "dict"),
        (lambda: s.allocate(STRATA.rename(columns={"pop_size": "N"}), 60, "equal"), "columns", "strata", "pop_size"),
        (lambda: s.allocate_for_precision(PRECISE, s.Target("y", 0.5)), "list", "targets", "Target"),
        (lambda: s.allocate_for_precision(PRECISE, ["y"]), "kind", "targets", "str, not Target"),
        (
            lambda: s.allocate_for_precision(PRECISE, [s.Target("y", 0.5, measure="moe")]),
            "choice",
            "measure",
            "margin | cv",
        ),
        (lambda: s.draw(ROWS, 3, SEED), "table", "allocation", "int"),
        (lambda: s.draw(["a"], STRATA, SEED), "table", "frame", "list"),
        (lambda: s.Design({"w": [1.0]}, weight="w"), "table", "data", "dict"),
        (lambda: s.Design(ROWS, weight=ROWS["w"]), "column", "weight", "Series"),
        (lambda: s.Design(ROWS, weight="w", stratum=["stratum", "sex"]), "column", "stratum", "list"),
        (lambda: s.Design(ROWS, weight="w", pop_size=400), "names", "pop_size", "int"),
        (lambda: s.rake(ROWS, {"sex": {1: 1, 2: 1}}), "kind", "design", "DataFrame"),
        (lambda: s.rake(DESIGN, ["sex"]), "margins", "margins", "list"),
        (lambda: s.rake(DESIGN, {"sex": {1: "many", 2: 1}}), "margins", "margins", "str"),
        (lambda: s.rake(DESIGN, pd.DataFrame({"sex": [1, 2], "n": [1, 1]})), "columns", "margins", "margin"),
        (lambda: s.trim(DESIGN, "median", 2), "choice", "rule", "times_median"),
        (lambda: s.trim(DESIGN, "times_median", "2"), "number", "value", "str"),
        (lambda: s.bootstrap(ROWS, 9, SEED), "kind", "design", "DataFrame"),
        (lambda: s.bootstrap(DESIGN, 9.5, SEED), "whole", "replicates", "9.5"),
        (lambda: s.jackknife(ROWS), "kind", "design", "DataFrame"),
        (lambda: s.balanced(ROWS), "kind", "design", "DataFrame"),
        (lambda: s.given_replicates(ROWS, np.ones((40, 2)), 1.0), "kind", "design", "DataFrame"),
        (lambda: s.replicate(DESIGN, "y"), "kind", "replication", "Design, not Replication"),
        (lambda: s.replicate(s.jackknife(DESIGN), "y", statistic=np.mean), "kind", "statistic", "Statistic"),
        (lambda: s.calibration_table(ROWS), "kind", "design", "DataFrame"),
        (lambda: s.calibration_from(DESIGN), "table", "table", "Design"),
        (lambda: s.regress(ROWS, "y", ["k"]), "kind", "design", "DataFrame"),
        (lambda: s.yamane("1500", 0.05), "number", "pop_size", "str"),
    ],
)
def test_an_argument_of_another_kind_is_named(call: Callable[[], object], rule: str, where: str, told: str) -> None:
    with pytest.raises(s.DesignError) as caught:
        call()
    assert (caught.value.rule, caught.value.where) == (f"arguments.{rule}", where)
    assert told in str(caught.value) and "What to do" in str(caught.value)


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: s.allocate(STRATA.assign(pop_size=[300.7, 200]), 60, "equal"), "allocation.whole"),
        (lambda: s.allocate(STRATA.assign(max_size=["many", 5]), 60, "equal"), "allocation.whole"),
        (lambda: s.Design(ROWS.assign(w="heavy"), weight="w"), "design.number"),
        (lambda: s.Design(ROWS.assign(N="many"), weight="w", pop_size="N"), "design.number"),
        (lambda: s.adjust_nonresponse(DESIGN, "sex"), "weights.column"),
        (lambda: s.trim(DESIGN, "times_mean", 2, by="nobody"), "weights.column"),
        (lambda: s.difference(DESIGN, "y", "stratum", [(1, 3)]), "estimation.no_cell"),
    ],
)
def test_a_column_that_cannot_be_used_is_named(call: Callable[[], object], rule: str) -> None:
    with pytest.raises((s.DesignError, s.WeightError)) as caught:
        call()
    assert caught.value.rule == rule


def test_what_is_meant_without_doubt_is_taken() -> None:
    assert s.allocate(STRATA, 60.0, "proportional").equals(s.allocate(STRATA, 60, "proportional"))
    numbered = s.allocate(STRATA.assign(stratum_id=[1, 2]), 60, "fixed", fixed={1: 40, 2: 20})
    assert numbered["stratum_id"].tolist() == ["1", "2"] and numbered["sample_size"].tolist() == [40, 20]
    by_text = s.difference(DESIGN, "y", "stratum", [("1", "2")])
    assert s.difference(DESIGN, "y", "stratum", [(1, 2)]).equals(by_text)
    assert s.difference(DESIGN, "y", "sex", [(1, 2)])["domain"].tolist() == ["1.0 - 2.0"]
    assert s.totals(DESIGN, "y").variables == ("y",)


def test_an_unknown_domain_is_told_beside_those_with_an_answer() -> None:
    with pytest.raises(s.DesignError, match=r"domains with an answer: 1, 2;"):
        s.difference(DESIGN, "y", "stratum", [("1", "two")])


@pytest.mark.parametrize("spelt", [{1: 220, 2: 180}, {"1": 220, "2": 180}, {1.0: 220, 2.0: 180}])
def test_codes_that_read_as_floats_are_the_codes_of_the_totals(spelt: dict[object, int]) -> None:
    weights = s.rake(DESIGN, {"sex": spelt}).weights
    assert weights[ROWS["sex"] == 1].sum() == pytest.approx(220)
    table = pd.DataFrame({"margin": "sex", "category": list(spelt), "total": list(spelt.values())})
    np.testing.assert_array_equal(s.rake(DESIGN, table).weights, weights)


def test_a_category_without_a_total_is_shown_as_the_data_have_it() -> None:
    with pytest.raises(s.WeightError, match=r"without a total: 2\.0") as caught:
        s.rake(DESIGN, {"sex": {1: 220, 3: 180}})
    assert "Categories with totals: 1, 3" in str(caught.value)
    text = replace(DESIGN, data=ROWS.assign(sex=ROWS["sex"].astype(int).map("{:02d}".format)))
    with pytest.raises(s.WeightError, match=r"without a total: 01, 02"):  # a code with a nought in front is another
        s.rake(text, {"sex": {1: 220, 2: 180}})


def test_a_number_that_could_be_two_categories_is_refused() -> None:
    with pytest.raises(s.WeightError) as caught:
        s.rake(DESIGN, {"sex": {"1": 120, "1.0": 100, "2": 180}})
    assert (caught.value.rule, caught.value.got) == ("weights.same_category", "1, 1.0")


def test_an_element_sample_is_drawn_again_by_its_ids() -> None:
    named = replace(DESIGN, psu="id")
    by_id = s.replicate(s.bootstrap(DESIGN, 50, SEED), "y", by="sex").table()
    pd.testing.assert_frame_equal(by_id, s.replicate(s.bootstrap(named, 50, SEED), "y", by="sex").table())
    shuffled = replace(DESIGN, data=ROWS.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(by_id, s.replicate(s.bootstrap(shuffled, 50, SEED), "y", by="sex").table())
    two = ROWS.assign(house=ROWS.index // 2, person=ROWS.index % 2)
    pair = s.Design(two, weight="w", stratum="stratum", pop_size="N", id=["house", "person"])
    again = replace(pair, data=two.sample(frac=1, random_state=3))
    tables = [s.replicate(s.bootstrap(design, 50, SEED), "y").table() for design in (pair, again)]
    pd.testing.assert_frame_equal(*tables)
    halves = s.Design(ROWS.iloc[[0, 1, 20, 21]], weight="w", stratum="stratum", id="id")
    assert s.balanced(halves).replicates == 4
    with pytest.raises(s.DesignError, match=r"replication\.psu.*\n.*psu or id"):
        s.bootstrap(s.Design(ROWS, weight="w"), 50, SEED)


def test_ids_that_a_file_gave_back_as_numbers_are_found() -> None:
    data = ROWS.assign(id=[str(number) for number in range(40)])
    raked = s.rake(s.Design(data, weight="w", id="id"), {"sex": {1: 220, 2: 180}})
    table = s.calibration_table(raked)
    steps = s.calibration_from(table.assign(id=table["id"].astype(int)), id="id")
    back = s.Design(raked.weighted_data(), weight="final_weight", id="id", adjustments=steps)
    assert s.mean(back, "y").equals(s.mean(raked, "y"))


def test_ids_whose_noughts_were_lost_are_refused_with_both_types() -> None:
    data = ROWS.assign(id=[f"{number:03d}" for number in range(40)])
    raked = s.rake(s.Design(data, weight="w", id="id"), {"sex": {1: 220, 2: 180}})
    table = s.calibration_table(raked)
    steps = s.calibration_from(table.assign(id=table["id"].astype(int)), id="id")
    with pytest.raises(s.DesignError, match=r"int64 \| str.*\n.*dtype=str"):
        s.Design(raked.weighted_data(), weight="final_weight", id="id", adjustments=steps)
