"""The [plan] of a round file: what each method needs, what it does not use, keys that name nothing, all at once."""

import pytest
from pydantic import ValidationError

from sipas.plan import PlanPart, setting_faults, unit_faults
from sipas.units import Unit

BASE = {"target": "transaction", "stratum_parts": ["unit_id"], "reserve_share": 0.2, "split_rule": "fail"}
NUMBERS = {"total": 100, "min_per_stratum": 2}
TARGET = {"level": "unit", "variable": "y", "margin": 0.1, "assumed_share": 0.8}
SETTINGS = {
    "proportional": NUMBERS,
    "equal": NUMBERS,
    "sqrt": NUMBERS,
    "power": {**NUMBERS, "assumed_share": 0.8},
    "neyman": {**NUMBERS, "assumed_share": {"so": 0.9, "xa": 0.8}},
    "cost_optimal": {**NUMBERS, "assumed_share": 0.8, "cost": {"so": 1, "xa": 2}},
    "fixed": {"fixed": {"so": 60, "xa": 150}},
    "precision": {"min_per_stratum": 2, "targets": [TARGET]},
}
UNITS = [
    Unit(unit_id=name, name_vi=name, kind=kind, unit_group=group, valid_from="2025-07-01")
    for name, kind, group in (("S1", "so", "so"), ("X1", "xa", "xa"), ("X2", "phuong", "xa"), ("X3", "xa", "xa"))
]


def plan(method: str, **changes: object) -> PlanPart:
    known = {**BASE, "method": method, **SETTINGS[method], **changes}
    return PlanPart.model_validate({name: value for name, value in known.items() if value is not None})


def rules(faults: object) -> list[tuple[str, str]]:
    return [(fault.rule.removeprefix("rounds.plan_"), fault.column.removeprefix("plan.")) for fault in faults]


@pytest.mark.parametrize("method", SETTINGS)
def test_every_method_with_its_settings(method: str) -> None:
    assert list(setting_faults(plan(method))) == []
    assert list(unit_faults(plan(method), UNITS)) == []


@pytest.mark.parametrize(("method", "name"), [(method, name) for method, known in SETTINGS.items() for name in known])
def test_a_missing_setting_is_named_with_its_method(method: str, name: str) -> None:
    faults = list(setting_faults(plan(method, **{name: None})))
    assert rules(faults) == [("missing", name)]
    assert faults[0].expected == method


@pytest.mark.parametrize(
    ("method", "name", "value"),
    [
        ("proportional", "fixed", {"xa": 3}),
        ("proportional", "assumed_share", 0.8),
        ("equal", "targets", [TARGET]),
        ("neyman", "exponent", 0.5),
        ("fixed", "total", 100),
        ("fixed", "min_per_stratum", 0),
        ("precision", "total", 100),
        ("precision", "assumed_share", 0.8),
    ],
)
def test_a_setting_the_method_does_not_use_is_named(method: str, name: str, value: object) -> None:
    assert rules(setting_faults(plan(method, **{name: value}))) == [("unused", name)]


def test_all_faults_at_once() -> None:
    wrong = plan("fixed", fixed=None, total=5, exponent=0.0, targets=[{**TARGET, "cv": 0.1}])
    assert rules(setting_faults(wrong)) == [
        ("missing", "fixed"),
        ("unused", "exponent"),
        ("unused", "targets"),
        ("unused", "total"),
        ("target", "targets.1"),
    ]


def test_a_target_has_exactly_one_of_margin_and_cv() -> None:
    by_cv = {key: value for key, value in TARGET.items() if key != "margin"}
    assert rules(setting_faults(plan("precision", targets=[by_cv, TARGET]))) == [("target", "targets.1")]
    assert list(setting_faults(plan("precision", targets=[{**by_cv, "cv": 0.05}]))) == []


def test_without_units_among_the_strata_nothing_is_told_by_unit() -> None:
    one = {"stratum_parts": ["result_status"]}
    assert rules(setting_faults(plan("fixed", **one))) == [("units", "fixed")]
    assert rules(setting_faults(plan("precision", **one))) == [("units", "targets.1.level")]
    whole = {**TARGET, "level": "province"}
    assert list(setting_faults(plan("precision", targets=[whole], **one))) == []


def test_keys_that_name_nothing_and_units_left_out() -> None:
    wrong = plan("fixed", fixed={"so": 60, "xax": 150, "phuong": 3, "X3": 2}, expected_response={"xa": 0.7})
    faults = list(unit_faults(wrong, UNITS))
    assert rules(faults) == [("uncovered", "expected_response"), ("key", "fixed"), ("uncovered", "fixed")]
    assert [fault.got for fault in faults] == ["S1", "xax", "X1"]


def test_a_target_for_one_group_needs_shares_of_that_group_only() -> None:
    part = {**TARGET, "unit_group": "xa", "assumed_share": {"xa": 0.8}}
    assert list(unit_faults(plan("precision", targets=[part]), UNITS)) == []
    assert rules(unit_faults(plan("precision", targets=[{**part, "assumed_share": {"phuong": 0.8}}]), UNITS)) == [
        ("uncovered", "targets.1.assumed_share")
    ]
    assert rules(unit_faults(plan("precision", targets=[{**part, "unit_group": "huyen"}]), UNITS))[-1] == (
        "key",
        "targets.1.unit_group",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"expected_response": 1.2},
        {"expected_response": {"xa": 0.0}},
        {"cost": -1},
        {"deff": 0},
        {"method": "guess"},
        {"assumed_share": "cao"},
        {"exponent": 1.5},
    ],
)
def test_values_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(ValidationError) as caught:
        PlanPart.model_validate({**BASE, "method": "proportional", **NUMBERS, **wrong})
    assert caught.value.error_count() == 1
