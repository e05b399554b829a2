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
        (lambda: s.given_replicates(DESIGN, "x", 1.0), "number", "weights", "str"),
        (lambda: s.given_replicates(DESIGN, np.ones((40, 2)), 1.0, ["x"]), "number", "rscales", "list"),
        (lambda: s.given_replicates(DESIGN, np.ones((40, 2)), "x"), "number", "scale", "str"),
        (lambda: s.adjust_nonresponse(DESIGN, "sex", status=3), "column", "status", "int"),
        (lambda: s.adjust_nonresponse(DESIGN, ["sex"]), "column", "classes", "list"),
        (lambda: s.trim(DESIGN, "times_mean", 2, by=["sex"]), "column", "by", "list"),
        (lambda: s.allocate(STRATA, 60, "equal", reserve_share="x"), "number", "reserve_share", "str"),
        (lambda: s.allocate(STRATA, None, "fixed", fixed={"a": 10.5, "b": 1}), "whole", "fixed, a", "10.5"),
        (lambda: s.allocate(STRATA, None, "fixed", fixed={"a": "5", "b": 1}), "number", "fixed, a", "str"),
        (lambda: s.allocate(STRATA, None, "fixed", fixed=[5, 6]), "kind", "fixed", "list, not dict"),
        (
            lambda: s.allocate(STRATA.assign(stratum_id=[1, 2]), None, "fixed", fixed={"1": 5, 1: 7, 2: 3}),
            "same_key",
            "fixed",
            '"1"',
        ),
        (lambda: s.rake(DESIGN, {"sex": {"1": None, "2": 2}}), "margins", "margins", "NoneType"),
        (lambda: s.rake(DESIGN, {"sex": [2, 2]}), "margins", "margins", "list"),
        (lambda: s.rake(DESIGN, None), "margins", "margins", "NoneType"),
        (
            lambda: s.rake(DESIGN, pd.DataFrame({"margin": "sex", "category": ["1", "2"], "total": ["220", "180"]})),
            "margins",
            "margins",
            "str",
        ),
        (lambda: s.quantile(DESIGN, "y", ["0.5"]), "number", "shares", "str"),
        (lambda: s.totals({"a": DESIGN}, "y"), "kind", "design", "dict"),
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
        (lambda: s.allocate(STRATA.assign(max_size=[np.inf, 50]), 60, "equal"), "allocation.whole"),
        (lambda: s.allocate(STRATA.assign(max_size=[1e300, 50]), 60, "equal"), "allocation.whole"),
        (lambda: s.allocate(STRATA, 60, "equal", reserve_share=-0.1), "allocation.reserve"),
        (lambda: s.allocate(STRATA, 60, "equal", reserve_share=np.nan), "allocation.reserve"),
        (lambda: s.given_replicates(DESIGN, 3.0, 1.0), "replication.weights"),
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


def test_lists_may_be_arrays_and_columns_and_parts_any_collection() -> None:
    shares = s.quantile(DESIGN, "y", [0.5, 0.9])
    for given in (np.array([0.5, 0.9]), pd.Series([0.5, 0.9], index=[7, 8])):
        assert s.quantile(DESIGN, "y", given).equals(shares)
    targets = [s.Target("y", 0.5), s.Target("y", 0.4)]
    listed = s.allocate_for_precision(PRECISE, targets).allocation
    assert s.allocate_for_precision(PRECISE, pd.Series(targets)).allocation.equals(listed)
    whole, parts = s.totals([DESIGN], "y"), {"a": DESIGN}
    assert s.totals(parts.values(), "y").domain_wy.tolist() == whole.domain_wy.tolist()


def test_strata_of_whole_numbers_are_their_texts_until_cases_are_issued() -> None:
    text = s.allocate(STRATA.assign(stratum_id=["1", "2"]), 60, "equal", reserve_share=np.float64(0.1))
    mixed = pd.Series([1, 2], dtype="object")
    allocation = s.allocate(STRATA.assign(stratum_id=mixed), 60, "equal", reserve_share=0.1)
    assert allocation.equals(text)
    frame = pd.DataFrame({"frame_unit_id": [f"u{number}" for number in range(500)], "psu_id": "p"})
    frame = frame.assign(stratum_id=np.repeat(["1", "2"], [300, 200]))
    drawn = s.draw(frame, allocation, SEED)
    released = s.after_release(drawn, allocation, {1: 33, 2: 30})
    assert released.equals(s.after_release(drawn, allocation, {"1": 33.0, "2": 30}))
    for issued, rule in (
        ({1: 33, "1": 31, 2: 30}, "arguments.same_key"),
        ({1: "33", 2: 30}, "arguments.number"),
        ({1: 33}, "draw.issued"),
    ):
        with pytest.raises(s.DesignError) as caught:
            s.after_release(drawn, allocation, issued)
        assert caught.value.rule == rule


def test_only_domains_with_an_answer_are_told() -> None:
    rows = ROWS.assign(area=np.tile([1, 2, 3, 4], 10), y=ROWS["y"].where(np.tile([1, 2, 3, 4], 10) < 3))
    silent = s.Design(rows, weight="w")
    with pytest.raises(s.DesignError, match=r"name of the variable; domains with an answer: 1, 2; leave"):
        s.difference(silent, "y", "area", [(1, 3)])
    with pytest.raises(s.DesignError, match=r"name of the variable; leave"):
        s.difference(s.Design(rows.assign(y=np.nan), weight="w"), "y", "area", [(1, 3)])


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


def partitioned(names: list[object], categories: tuple[str, ...] = ("1", "2")) -> pd.DataFrame:
    lines = [(name, category) for name in names for category in categories]
    return pd.DataFrame(lines, columns=["partition", "category"]).assign(margin="sex", total=50.0)


def test_partitions_are_matched_as_categories_are() -> None:
    parts = replace(DESIGN, data=ROWS.assign(part=np.repeat([1.0, 2.0], 20)))
    usual = s.rake(parts, partitioned(["1.0", "2.0"]), partition="part").weights
    for names in ([1, 2], ["1", "2"], [1.0, 2.0]):
        np.testing.assert_array_equal(s.rake(parts, partitioned(names), partition="part").weights, usual)
    with pytest.raises(s.WeightError) as caught:
        s.rake(parts, partitioned(["1", "1.0", "2"]), partition="part")
    assert (caught.value.rule, caught.value.where) == ("weights.same_category", "part")


def test_a_partition_without_totals_and_a_category_without_one_there_are_told_apart() -> None:
    parts = replace(DESIGN, data=ROWS.assign(part=np.repeat(["a", "b"], 20)))
    with pytest.raises(s.WeightError, match=r"20 respondents are in partitions without totals: b\n.*totals: a, c;"):
        s.rake(parts, partitioned(["a", "c"]), partition="part")
    table = partitioned(["a", "b"]).iloc[:3]
    with pytest.raises(s.WeightError, match=r"sex \[b\]: 10 .* without a total: 2\.0\n.*with totals: 1;"):
        s.rake(parts, table, partition="part")


def test_a_category_of_missing_values_without_a_total_is_named() -> None:
    gaps = replace(DESIGN, data=ROWS.assign(sex=ROWS["sex"].where(ROWS.index > 3)))
    with pytest.raises(s.WeightError, match=r"4 respondents are in categories without a total: none\n"):
        s.rake(gaps, {"sex": {1: 220, 2: 180}}, missing_category="none")


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
