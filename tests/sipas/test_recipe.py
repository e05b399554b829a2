"""The recipe of round.toml: steps become those of the library, and faults are named with their column."""

import shutil
import tomllib
from pathlib import Path

import pytest

from errors import Fault, FaultsFound
from errors.messages import load_messages
from sampling.weighting import (
    Calibration,
    DesignStep,
    Nonresponse,
    Propensity,
    Rescale,
    Trim,
    UnknownEligibility,
)
from sipas.datafiles import build
from sipas.rounds import load_round
from sipas.weighting.recipe import WeightsPart, recipe_faults

MESSAGES = load_messages(Path(__file__).parents[2] / "data" / "messages")
ROUNDS = Path(__file__).parents[2] / "data" / "rounds"
ALL_KINDS = """
lonely_psu = "adjust"
[[steps]]
kind = "design"
[[steps]]
kind = "unknown_eligibility"
classes = "result_status"
[[steps]]
kind = "propensity"
covariates = ["stratum", "channel"]
groups = 4
[[steps]]
kind = "trim"
rule = "times_median"
value = 3
by = "unit_id"
[[steps]]
kind = "calibrate"
name = "first"
margins = ["unit_id"]
method = "truncated"
bounds = [0.5, 2]
partition = "channel"
penalties = { unit_id = 10.0 }
[[steps]]
kind = "poststratify"
margins = ["unit_id"]
[[steps]]
kind = "rescale"
to = "respondents"
"""


def part_of(text: str) -> tuple[WeightsPart | None, list[Fault]]:
    faults: list[Fault] = []
    return build(WeightsPart, tomllib.loads(text), "round.toml", 0, faults), faults


def test_every_kind_of_step_becomes_a_step_of_the_library() -> None:
    part, faults = part_of(ALL_KINDS)
    assert faults == [] and part is not None
    bounded = {"method": "truncated", "bounds": (0.5, 2.0), "partition": "channel", "penalties": {"unit_id": 10.0}}
    assert part.recipe(["A", "B"]) == (
        DesignStep(),
        UnknownEligibility("result_status"),
        Propensity(("stratum", "channel"), 4),
        Trim("times_median", 3.0, "unit_id"),
        Calibration("calibrate", ("unit_id",), "first", **bounded),
        Calibration("poststratify", ("unit_id",)),
        Rescale("respondents"),
    )
    assert part.columns() == ("result_status", "channel", "unit_id")
    assert part.margins == ("unit_id",)


def test_strata_join_in_the_order_of_the_register() -> None:
    part, _ = part_of('[[steps]]\nkind = "design"\n[[steps]]\nkind = "nonresponse"\nclasses = "stratum"\n')
    assert part is not None
    assert part.recipe(["B", "A"])[1] == Nonresponse("stratum", ("B", "A"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[steps]]\nkind = "bootstrap"', "chọn một trong"),
        ('[[steps]]\nclasses = "stratum"', "kind"),
        ('[[steps]]\nkind = "rake"\nmargins = []', "ít nhất 1 mục"),
        ('[[steps]]\nkind = "trim"\nrule = "absolute"\nvalue = 0', "phải lớn hơn 0"),
        ('[[steps]]\nkind = "nonresponse"\nclasses = "stratum"\nmargins = ["a"]', "không có mục này"),
        ('[[steps]]\nkind = "rake"\nmargins = ["a"]\nnegative = true', "không có mục này"),
        ('[[steps]]\nkind = "nonresponse"\nclasses = "a"\norder = ["x"]', "không có mục này"),
        ('[[steps]]\nkind = "follow_up"\nclasses = "a"', "chọn một trong"),
        ('[[steps]]\nkind = "design"\nname = "Bước 1"', "cần dạng [a-z][a-z0-9_]*"),
        ("steps = []", "ít nhất 1 mục"),
    ],
)
def test_a_step_that_cannot_be_read_is_a_fault_in_vietnamese(text: str, words: str) -> None:
    part, faults = part_of(text)
    assert part is None
    assert any(words in MESSAGES.render_fault(one) for one in faults), faults


def test_steps_out_of_order_and_unknown_columns_are_faults_of_the_round() -> None:
    rake = '[[steps]]\nkind = "rake"\nmargins = ["height"]\n'
    part, _ = part_of('[[steps]]\nkind = "design"\n' + rake + '[[steps]]\nkind = "nonresponse"\nclasses = "stratum"')
    assert part is not None
    found = [(one.rule, one.column, one.got) for one in recipe_faults(part, ["unit_id"])]
    assert found == [("weights.order", "weights.steps", "nonresponse"), ("rounds.margin", "weights.steps", "height")]


def test_a_wrong_recipe_stops_the_round(tmp_path: Path) -> None:
    shutil.copytree(ROUNDS / "made-up-gia-dinh-2026", tmp_path, dirs_exist_ok=True)
    file = tmp_path / "round.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('kind = "rake"', 'kind = "poststratify"'), encoding="utf-8")
    with pytest.raises(FaultsFound) as caught:
        load_round(tmp_path)
    assert [one.rule for one in caught.value.faults] == ["weights.one_margin"]


@pytest.mark.parametrize(
    ("classes", "margins", "is_refused"),
    [
        ("stratum", '["result_status"]', False),
        ("result_status", '["result_status"]', True),
        ("result_status", '["unit_id", "result_status"]', False),
    ],
)
def test_response_classes_across_strata_need_the_units_among_the_margins(classes, margins, is_refused: bool) -> None:
    text = f"""
    [[steps]]
    kind = "design"
    [[steps]]
    kind = "nonresponse"
    classes = "{classes}"
    [[steps]]
    kind = "rake"
    margins = {margins}
    """
    part = WeightsPart.model_validate(tomllib.loads(text))
    rules = [one.rule for one in recipe_faults(part, ["unit_id", "result_status"])]
    assert rules == (["rounds.crossing_classes"] if is_refused else [])
