"""Forms per stratum from the plan of a round, and what they buy."""

import math

import pandas as pd
import pytest

from errors import FaultsFound
from sampling.allocation import allocate
from sampling.size import margin_of_error, proportion_size, stratified_margin
from sipas.plan import PlanPart, allocate_plan, plan_precision, strata_of, with_fixed_number
from sipas.units import Unit

UNITS = [
    Unit(unit_id=name, name_vi=name, kind=kind, unit_group=group, valid_from="2025-07-01")
    for name, kind, group in (("S1", "so", "so"), ("X1", "xa", "xa"), ("X2", "phuong", "xa"))
]
COUNTS = {("S1", "done"): 300, ("S1", "refused"): 100, ("X1", "done"): 900, ("X2", "done"): 30, ("X2", "refused"): 10}
BASE = {"target": "transaction", "stratum_parts": ("unit_id",), "reserve_share": 0.1, "split_rule": "fail"}


def frame() -> pd.DataFrame:
    rows = [(unit, status) for (unit, status), count in COUNTS.items() for _ in range(count)]
    return pd.DataFrame(rows, columns=["unit_id", "result_status"], dtype="str")


def plan(method: str, **settings: object) -> PlanPart:
    return PlanPart.model_validate({**BASE, "method": method, **settings})


def strata(rules: PlanPart) -> pd.DataFrame:
    return strata_of(frame(), rules.stratum_parts, UNITS)


def sizes(rules: PlanPart) -> dict[str, int]:
    table, _ = allocate_plan(strata(rules), rules)
    return dict(zip(table["stratum_id"], table["sample_size"].tolist(), strict=True))


def test_strata_carry_unit_kind_and_group() -> None:
    rules = plan("fixed", fixed=5, stratum_parts=("result_status", "unit_id"))
    table = strata(rules).set_index("stratum_id")
    assert table.loc["refused|X2"].to_dict() == {"pop_size": 10, "unit_id": "X2", "kind": "phuong", "unit_group": "xa"}
    assert list(strata_of(frame(), ("result_status",), UNITS).columns) == ["stratum_id", "pop_size"]


def test_fixed_numbers_by_unit_before_kind_before_group_before_all() -> None:
    assert sizes(plan("fixed", fixed={"xa": 50, "so": 70, "phuong": 20})) == {"S1": 70, "X1": 50, "X2": 20}
    assert sizes(plan("fixed", fixed={"*": 33, "xa": 50, "X1": 7})) == {"S1": 33, "X1": 7, "X2": 40}  # 40 is a census


def test_a_number_per_unit_is_split_over_the_strata_of_the_unit() -> None:
    rules = plan("fixed", fixed={"so": 70, "xa": 21}, stratum_parts=("unit_id", "result_status"))
    assert sizes(rules) == {"S1|done": 53, "S1|refused": 17, "X1|done": 21, "X2|done": 16, "X2|refused": 5}


def test_preview_with_one_number_for_every_unit() -> None:
    rules = plan("neyman", total=90, min_per_stratum=3, assumed_share=0.8)
    assert sizes(with_fixed_number(rules, 45)) == {"S1": 45, "X1": 45, "X2": 40}
    whole = plan("equal", total=9, min_per_stratum=0, stratum_parts=("result_status",))
    assert sizes(with_fixed_number(whole, 45)) == {"done": 45, "refused": 45}


def test_methods_that_use_assumed_shares_and_costs() -> None:
    base = {"total": 120, "min_per_stratum": 5}
    shares = {"so": 0.9, "xa": 0.5}
    n = sizes(plan("neyman", assumed_share=shares, **base))
    by_hand = strata(plan("equal", **base)).assign(
        std_dev=[0.3 * math.sqrt(400 / 399), *(0.5 * math.sqrt(N / (N - 1)) for N in (900, 40))]
    )
    assert n == dict(zip(["S1", "X1", "X2"], allocate(by_hand, 120, "neyman", min_size=5)["sample_size"], strict=True))
    cheap = sizes(plan("cost_optimal", assumed_share=shares, cost={"so": 1, "xa": 16}, **base))
    assert cheap["S1"] > n["S1"] and cheap["X1"] < n["X1"]
    assert sizes(plan("cost_optimal", assumed_share=0.5, cost=3, **base)) == {"S1": 35, "X1": 80, "X2": 5}
    flat = sizes(plan("power", assumed_share=0.5, exponent=0, **base))
    assert max(flat.values()) - min(flat.values()) <= 1


def test_what_the_forms_buy_by_hand() -> None:
    rules = plan(
        "fixed",
        fixed={"so": 100, "xa": 40},
        expected_response={"so": 0.5, "xa": 0.8},
        deff=1.5,
        cost={"so": 2, "xa": 3},
    )
    table, _ = allocate_plan(strata(rules), rules)
    precision = plan_precision(table, strata(rules), rules)
    margins = [
        margin_of_error(50, 400, deff=1.5),
        margin_of_error(32, 900, deff=1.5),
        margin_of_error(32, 40, deff=1.5),
    ]
    assert precision.table["margin"].tolist() == pytest.approx(margins, rel=1e-12)
    assert precision.table["expected_n"].tolist() == [50, 32, 32]
    assert precision.table["cost"].tolist() == [200, 120, 120]
    assert precision.cost == 440
    assert precision.margin == pytest.approx(stratified_margin([400, 900, 40], margins), rel=1e-12)


def test_a_stratum_without_forms_leaves_the_whole_without_a_margin() -> None:
    rules = plan("proportional", total=2, min_per_stratum=0)
    precision = plan_precision(allocate_plan(strata(rules), rules)[0], strata(rules), rules)
    assert math.isnan(precision.margin) and math.isnan(precision.cost)
    assert precision.table["margin"].isna().tolist() == [False, False, True]


def target(level: str, margin: float, **more: object) -> dict:
    return {"level": level, "variable": "hài lòng", "margin": margin, "assumed_share": 0.8, **more}


def test_targets_at_three_levels_are_met() -> None:
    targets = [target("province", 0.05), target("group", 0.06), target("unit", 0.12, unit_group="xa", deff=1.2)]
    rules = plan("precision", min_per_stratum=2, targets=targets, expected_response=0.9)
    table, found = allocate_plan(strata(rules), rules)
    rows = found.constraints
    keys = list(zip(rows["level"], rows["domain"], strict=True))
    assert keys == [("province", "toàn tỉnh"), ("group", "so"), ("group", "xa"), ("unit", "X1"), ("unit", "X2")]
    assert (rows["reached"] <= rows["limit"] * (1 + 1e-9)).all()
    assert set(rows["variable"]) == {"hài lòng"} and set(table["method"]) == {"precision"}
    n = dict(zip(table["stratum_id"], table["sample_size"], strict=True))
    assert n["X2"] == math.ceil(proportion_size(40, 0.12, 0.8, deff=1.2) / 0.9)  # nothing else needs as many there


def test_a_cv_target_of_one_unit_is_the_size_for_that_cv() -> None:
    part = {"level": "unit", "variable": "y", "cv": 0.1, "assumed_share": {"so": 0.7, "xa": 0.6}}
    rules = plan("precision", min_per_stratum=2, targets=[part])
    z = 1.959963984540054
    assert sizes(rules) == {
        name: math.ceil(proportion_size(pop, z * 0.1 * p, p))
        for name, pop, p in (("S1", 400, 0.7), ("X1", 900, 0.6), ("X2", 40, 0.6))
    }


def test_targets_out_of_reach_speak_the_words_of_the_round_file() -> None:
    rules = plan("precision", min_per_stratum=2, targets=[target("unit", 0.05)], expected_response=0.5)
    with pytest.raises(FaultsFound) as caught:
        allocate_plan(strata(rules), rules)
    (fault,) = caught.value.faults
    best = math.ceil(margin_of_error(20, 40, 0.8) * 10_000) / 100
    assert (fault.column, fault.got) == ("hài lòng, đơn vị X2", f"± {best:.2f} điểm %".replace(".", ","))
    assert fault.expected == "± 5,00 điểm %"
