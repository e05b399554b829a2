"""What a rulebook says it does not know: unconfirmed settings, unscored criteria, blocks given in points."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from errors import Fault, FaultsFound
from sipas.appraisal import rule_text
from sipas.rulebook import Rulebook, check_rulebook, load_rulebook
from sipas.scoring import LeafInput, score_leaf

BOOKS = Path(__file__).parents[2] / "data" / "rulebooks"
D = Decimal
UNSCORED = """
[[unscored]]
code = "{code}"
parent = "{parent}"
name_vi = "Tiêu chí không đọc được"
max_points = "{points}"
reason = "bị cắt"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "bộ trích"
    shutil.copytree(BOOKS / "ca-mau" / "1880-2013", copy)
    return copy


def retext(folder: Path, change: Callable[[str], str]) -> None:
    path = folder / "rulebook.toml"
    before = path.read_text(encoding="utf-8")
    assert change(before) != before
    path.write_text(change(before), encoding="utf-8")


def faults_of(folder: Path) -> list[tuple[str, str, str]]:
    with pytest.raises(FaultsFound) as caught:
        load_rulebook(folder)
    return [(fault.rule, fault.column, fault.got) for fault in caught.value.faults]


def test_an_unscored_criterion_fills_the_maximum_of_its_parent(folder: Path) -> None:
    """20 = 5 + 2 read and 3 + 10 not read; without one of the unread ones the printed maximum is not reached."""
    retext(folder, lambda text: text.replace('max_points = "3"', 'max_points = "2.5"'))
    assert faults_of(folder) == [("tree.children_sum", "max_points", "19.5")]


def test_an_area_of_which_nothing_was_read_counts_in_the_total(folder: Path) -> None:
    whole = UNSCORED.format(code="2", parent="", points="10")
    retext(folder, lambda text: text.replace('max_points = "20"', 'max_points = "30"', 1) + whole)
    rulebook = load_rulebook(folder)
    assert (rulebook.max_points, rulebook.unscored[-1].code) == (D(30), "2")
    assert check_rulebook(rulebook.model_copy(update={"max_points": D(20)})) == [
        Fault("rulebook.max_points", "rulebook.toml", column="max_points", got="30", expected="20")
    ]


@pytest.mark.parametrize(
    ("code", "parent", "rule", "column"),
    [
        ("1.1", "1", "rulebook.unscored_code", "unscored.2.code"),
        ("1.3", "1", "rulebook.unscored_code", "unscored.2.code"),
        ("9", "8", "rulebook.unscored_parent", "unscored.2.parent"),
        ("1.1.4.1", "1.1.4", "rulebook.unscored_parent", "unscored.2.parent"),
    ],
)
def test_an_unscored_criterion_needs_a_code_and_a_place(
    folder: Path, code: str, parent: str, rule: str, column: str
) -> None:
    retext(folder, lambda text: text + UNSCORED.format(code=code, parent=parent, points="0"))
    assert (rule, column, code if column.endswith("code") else parent) in faults_of(folder)


@pytest.mark.parametrize("name", ["olympics", "id", "criteria.1.1.evidence", "criteria.9.9.max_points", "criteria.1"])
def test_an_unconfirmed_setting_must_be_one(folder: Path, name: str) -> None:
    retext(folder, lambda text: text.replace('"unit_group",', f'"unit_group",\n    "{name}",', 1))
    assert faults_of(folder) == [("rulebook.unconfirmed", "unconfirmed", name)]


def test_a_rulebook_without_unknowns_says_nothing() -> None:
    example = load_rulebook(BOOKS / "made-up-gia-dinh" / "2026-so")
    assert (example.unconfirmed, example.unscored) == ((), ())


@pytest.fixture(scope="module")
def blocks() -> Rulebook:
    return load_rulebook(BOOKS / "binh-duong" / "2017-huyen")


@pytest.mark.parametrize("code", ["1", "2"])
@pytest.mark.parametrize("points", ["0", "12.34", "32.83", "35"])
def test_points_given_are_the_points(blocks: Rulebook, code: str, points: str) -> None:
    score = score_leaf(blocks.criterion(code), blocks, LeafInput(value=D(points)))
    assert (score.points, score.max_points) == (D(points), blocks.criterion(code).max_points)


def test_the_form_asks_for_points_where_points_are_given(blocks: Rulebook) -> None:
    assert rule_text(blocks.criterion("2")) == "Ghi thẳng số điểm, không quá 35"
