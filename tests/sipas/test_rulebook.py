"""Rulebooks: the shipped examples are sound, and every check fires on the fault planted for it, with file and line."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from errors import Fault, FaultsFound, RulebookError
from sipas.rulebook import Rulebook, check_links, check_rulebook, load_rulebook, parse_counts

EXAMPLES = Path(__file__).parents[2] / "data" / "rulebooks" / "made-up-gia-dinh"
ALL_RULES = {"sum", "choice", "band", "ratio", "linear", "linear_between", "option_weights", "index_link"}
# The delegates' answers of the communes come from a survey of the round; those of the agencies are typed in.
RULES_OF = {"2026-so": ALL_RULES, "2026-xa": ALL_RULES - {"option_weights"}}
AREAS = [
    "Chỉ đạo điều hành CCHC",
    "Cải cách thể chế",
    "Cải cách thủ tục hành chính",
    "Cải cách tổ chức bộ máy",
    "Cải cách chế độ công vụ",
    "Cải cách tài chính công",
    "Chính quyền điện tử, chính quyền số",
    "Tác động của CCHC đến người dân, tổ chức",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy to spoil; its path has blanks and diacritics, as in offices."""
    copy = tmp_path / "Bộ tiêu chí sở 2026"
    shutil.copytree(EXAMPLES / "2026-so", copy)
    return copy


def rows_of(path: Path) -> tuple[str, list[list[str]]]:
    comment, rest = path.read_text(encoding="utf-8").split("\n", 1)
    return comment, list(csv.reader(rest.splitlines()))


def write(path: Path, comment: str, rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    path.write_text(f"{comment}\n{out.getvalue()}", encoding="utf-8")


def change(folder: Path, file: str, match: dict[str, str], **cells: str) -> int:
    """Change the first row whose cells equal `match`; give its line in the file."""
    comment, rows = rows_of(folder / file)
    header = rows[0]
    for number, row in enumerate(rows[1:], start=3):
        if all(row[header.index(name)] == cell for name, cell in match.items()):
            for name, cell in cells.items():
                row[header.index(name.removesuffix("_"))] = cell
            write(folder / file, comment, rows)
            return number
    raise AssertionError(f"{file} has no row {match}")


def add(folder: Path, file: str, **cells: str) -> int:
    """Add a row at the end; give its line."""
    comment, rows = rows_of(folder / file)
    rows.append([cells.get(name, cells.get(f"{name}_", "")) for name in rows[0]])
    write(folder / file, comment, rows)
    return len(rows) + 1


def drop(folder: Path, file: str, code: str) -> None:
    comment, rows = rows_of(folder / file)
    write(folder / file, comment, [row for row in rows if row[0] != code])


def retext(folder: Path, old: str, new: str) -> int:
    """Change rulebook.toml once; give the line of the change."""
    path = folder / "rulebook.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def faults_of(folder: Path) -> tuple[Fault, ...]:
    with pytest.raises(FaultsFound) as caught:
        load_rulebook(folder)
    assert caught.value.rule == "rulebook.folder"
    return caught.value.faults


def places(faults: tuple[Fault, ...]) -> set[tuple[str, str, int]]:
    return {(fault.rule, fault.file, fault.row) for fault in faults}


@pytest.mark.parametrize("name", ["2026-so", "2026-xa"])
def test_examples_are_sound(name: str) -> None:
    rulebook = load_rulebook(EXAMPLES / name)
    assert check_rulebook(rulebook) == []
    areas = [criterion for criterion in rulebook.criteria if criterion.level == "area"]
    assert [area.name_vi for area in areas] == AREAS
    assert sum(area.max_points for area in areas) == Decimal(100)
    leaves = [leaf for leaf in rulebook.leaves() if not leaf.is_extra]
    assert sum(leaf.max_points for leaf in leaves) == Decimal(100)
    assert sum(leaf.max_points for leaf in leaves if leaf.score_source in ("survey", "index")) == Decimal(30)
    assert {criterion.rule for criterion in rulebook.criteria} == RULES_OF[name]
    assert {leaf.link.transform for leaf in rulebook.linked_leaves() if leaf.link} == {
        "linear",
        "band",
        "linear_between",
    }
    assert any(leaf.form == "linear_between" and leaf.high == 0 for leaf in leaves)
    assert {leaf.owner for leaf in leaves} == {
        "VP UBND",
        "Sở Nội vụ",
        "Sở Tài chính",
        "Sở Tư pháp",
        "Sở Khoa học và Công nghệ",
    }
    assert all(leaf.evidence for leaf in leaves if leaf.score_source == "appraisal")


@pytest.mark.parametrize("name", ["2026-so", "2026-xa"])
def test_examples_hold_a_worked_case_of_every_rule_form(name: str) -> None:
    rulebook = load_rulebook(EXAMPLES / name)
    assert {rulebook.criterion(case.code).rule for case in rulebook.cases} == RULES_OF[name]


@pytest.mark.parametrize("name", ["2026-so", "2026-xa"])
def test_examples_say_that_they_are_made_up(name: str) -> None:
    assert load_rulebook(EXAMPLES / name).made_up
    for path in (EXAMPLES / name).glob("*.csv"):
        assert path.read_text(encoding="utf-8").startswith("# made up for the example; no official data\n")


def test_tree_and_look_ups() -> None:
    rulebook = load_rulebook(EXAMPLES / "2026-so")
    assert [node.code for node in rulebook.tree.children("1.1")] == ["1.1.1", "1.1.2"]
    assert [node.code for node in rulebook.tree.roots] == [*"12345678", "T1", "P1"]
    assert rulebook.tree.node("P1").direction == "-"
    assert rulebook.criterion("8.1").max_points == 10
    assert rulebook.no_cases_of(rulebook.criterion("3.3")) == "full"
    assert rulebook.no_cases_of(rulebook.criterion("8.1")) == rulebook.no_cases == "fail"
    with pytest.raises(RulebookError, match=r"rulebook\.unknown_criterion"):
        rulebook.criterion("9.9")


def test_line_is_no_content() -> None:
    rulebook = load_rulebook(EXAMPLES / "2026-so")
    assert rulebook.criterion("1").line == 3
    assert "line" not in rulebook.model_dump()["criteria"][0]


Plant = Callable[[Path], int]
PLANTS: list[tuple[str, str, Plant]] = [
    # rule, file of the fault, how it is planted (gives the line it must be reported at)
    ("tree.children_sum", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.1"}, max_points="5")),
    ("tree.cycle", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.1"}, parent="1.1.1")),
    ("tree.unknown_parent", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.2"}, parent="9")),
    ("tree.duplicate", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.3"}, code="1.2")),
    ("rulebook.level_order", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.2"}, level="area")),
    ("rulebook.level_order", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "T1"}, parent="1")),
    ("rulebook.parent_rule", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.1"}, rule="linear")),
    (
        "rulebook.sum_without_children",
        "criteria.csv",
        lambda f: change(f, "criteria.csv", {"code": "1.5"}, rule="sum", score_source=""),
    ),
    (
        "rulebook.rule_source",
        "criteria.csv",
        lambda f: change(f, "criteria.csv", {"code": "1.5"}, score_source="index"),
    ),
    ("rulebook.rule_source", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "8.1"}, score_source="")),
    ("rulebook.no_owner", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.5"}, owner="")),
    ("rulebook.no_article", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.5"}, article="")),
    ("rulebook.no_maximum", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.5"}, max_points="0")),
    ("rulebook.decimals", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.5"}, max_points="3.005")),
    ("rulebook.extra_no_cases", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "T1"}, no_cases="full")),
    ("rulebook.low_high", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "2.3"}, low="")),
    ("rulebook.low_high", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "2.3"}, low="0")),
    ("rulebook.linear_high", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.5"}, high="-5")),
    ("rulebook.linear_high", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.5"}, low="5")),
    ("rulebook.unused_low_high", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.3"}, high="5")),
    ("data.field", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.5"}, rule="linaer")),
    ("data.field", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.5"}, max_points="3,5")),
    ("data.field", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.5"}, max_points="-3")),
    ("data.field", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.5"}, max_points="")),
    ("data.field", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.5"}, code="1 5")),
    ("data.field", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.5"}, name_vi="")),
    ("data.field", "criteria.csv", lambda f: change(f, "criteria.csv", {"code": "1.5"}, no_cases="none")),
    (
        "rulebook.unused_levels",
        "levels.csv",
        lambda f: add(f, "levels.csv", code="1.5", level_code="A", name_vi="A", points="1"),
    ),
    (
        "rulebook.unknown_code",
        "levels.csv",
        lambda f: add(f, "levels.csv", code="9.9", level_code="A", name_vi="A", points="1"),
    ),
    (
        "rulebook.repeated",
        "levels.csv",
        lambda f: add(f, "levels.csv", code="1.2", level_code="A", name_vi="A", points="1"),
    ),
    ("rulebook.level_number", "levels.csv", lambda f: change(f, "levels.csv", {"code": "1.2"}, points="")),
    ("rulebook.level_number", "levels.csv", lambda f: change(f, "levels.csv", {"code": "8.3"}, points="4")),
    ("rulebook.points_over_max", "levels.csv", lambda f: change(f, "levels.csv", {"code": "1.2"}, points="2.5")),
    ("rulebook.points_over_max", "levels.csv", lambda f: change(f, "levels.csv", {"code": "8.3"}, weight_pct="101")),
    ("rulebook.max_unreachable", "levels.csv", lambda f: change(f, "levels.csv", {"code": "1.2"}, points="1.5")),
    ("rulebook.max_unreachable", "levels.csv", lambda f: change(f, "levels.csv", {"code": "8.3"}, weight_pct="99")),
    (
        "rulebook.decimals",
        "levels.csv",
        lambda f: change(f, "levels.csv", {"code": "1.4", "level_code": "B"}, points="1.255"),
    ),
    ("rulebook.unused_bands", "bands.csv", lambda f: add(f, "bands.csv", code="1.5", points="3")),
    ("rulebook.unknown_code", "bands.csv", lambda f: add(f, "bands.csv", code="9.9", points="3")),
    ("rulebook.band_gap", "bands.csv", lambda f: change(f, "bands.csv", {"code": "1.1.2", "points": "2"}, from_="91")),
    (
        "rulebook.band_gap",  # 90 itself belongs to neither side
        "bands.csv",
        lambda f: change(f, "bands.csv", {"code": "1.1.2", "points": "1"}, to_inclusive="0") - 1,
    ),
    (
        "rulebook.band_overlap",
        "bands.csv",
        lambda f: change(f, "bands.csv", {"code": "1.1.2", "points": "2"}, from_="89"),
    ),
    (
        "rulebook.band_overlap",  # 90 belongs to both sides
        "bands.csv",
        lambda f: change(f, "bands.csv", {"code": "1.1.2", "points": "2"}, from_inclusive="1"),
    ),
    (
        "rulebook.band_overlap",
        "bands.csv",
        lambda f: change(f, "bands.csv", {"code": "1.1.2", "points": "2"}, from_="") + 2,
    ),
    (
        "rulebook.band_reversed",
        "bands.csv",
        lambda f: change(f, "bands.csv", {"code": "1.1.2", "points": "1"}, from_="95"),
    ),
    ("rulebook.points_over_max", "bands.csv", lambda f: change(f, "bands.csv", {"code": "1.1.2"}, points="3")),
    ("rulebook.max_unreachable", "bands.csv", lambda f: change(f, "bands.csv", {"code": "1.1.2"}, points="1.5")),
    ("rulebook.band_range", "bands.csv", lambda f: change(f, "bands.csv", {"code": "8.2", "points": "0"}, from_="10")),
    (
        "rulebook.decimals",
        "bands.csv",
        lambda f: change(f, "bands.csv", {"code": "7.1", "points": "1.25"}, points="1.255"),
    ),
    ("data.field", "bands.csv", lambda f: change(f, "bands.csv", {"code": "7.1"}, from_inclusive="yes")),
    ("data.field", "bands.csv", lambda f: change(f, "bands.csv", {"code": "7.1"}, from_="90%")),
    (
        "rulebook.unused_link",
        "survey_links.csv",
        lambda f: add(f, "survey_links.csv", code="1.5", index_id="sipas", node_code="I", transform="linear"),
    ),
    (
        "rulebook.unknown_code",
        "survey_links.csv",
        lambda f: add(f, "survey_links.csv", code="9.9", index_id="sipas", node_code="I", transform="linear"),
    ),
    (
        "rulebook.repeated",
        "survey_links.csv",
        lambda f: add(f, "survey_links.csv", code="8.1", index_id="sipas", node_code="I", transform="linear"),
    ),
    ("data.field", "survey_links.csv", lambda f: change(f, "survey_links.csv", {"code": "8.1"}, node_code="")),
    ("data.field", "survey_links.csv", lambda f: change(f, "survey_links.csv", {"code": "8.1"}, transform="cubic")),
    ("rulebook.unknown_code", "cases.csv", lambda f: change(f, "cases.csv", {"code": "8.1"}, code="9.9")),
    ("rulebook.counts", "cases.csv", lambda f: change(f, "cases.csv", {"code": "8.3"}, option_counts="A:3")),
    ("rulebook.repeated", "cases.csv", lambda f: add(f, "cases.csv", case="sum: 2 + 1", code="1.1", points="3")),
    ("data.field", "cases.csv", lambda f: change(f, "cases.csv", {"code": "8.1"}, leaf_status="missing")),
    ("rulebook.years", "rulebook.toml", lambda f: retext(f, "[2026, 2026]", "[2027, 2026]")),
    ("rulebook.max_points", "rulebook.toml", lambda f: retext(f, 'max_points = "100"', 'max_points = "98.5"')),
    ("rulebook.cap", "rulebook.toml", lambda f: retext(f, 'bonus_cap = "2"', 'bonus_cap = "0"')),
    ("rulebook.decimals", "rulebook.toml", lambda f: retext(f, 'penalty_cap = "2"', 'penalty_cap = "1.999"')),
    (
        "rulebook.rescale_full",
        "rulebook.toml",
        lambda f: retext(f, 'denominator = "applicable"', 'denominator = "full"') + 6,
    ),
    ("data.field", "rulebook.toml", lambda f: retext(f, 'ties = "competition"', 'ties = "olympic"')),
    ("data.field", "rulebook.toml", lambda f: retext(f, "leaf = 2", "leaf = 7")),
    ("data.field", "rulebook.toml", lambda f: retext(f, 'bonus_cap = "2"', "bonus_cap = 2.5")),
    ("data.field", "rulebook.toml", lambda f: retext(f, "made_up = true", 'made_up = true\nprovince = "79"') + 1),
    ("data.field", "rulebook.toml", lambda f: retext(f, 'from_pct = "80"', 'from_pct = "tám mươi"')),
    ("data.toml", "rulebook.toml", lambda f: 1 + retext(f, "[2026, 2026]", "[2026, 2026")),
]


@pytest.mark.parametrize(("rule", "file", "plant"), PLANTS, ids=[f"{n}-{p[0]}" for n, p in enumerate(PLANTS)])
def test_every_check_fires_at_its_line(folder: Path, rule: str, file: str, plant: Plant) -> None:
    line = plant(folder)
    assert (rule, file, line) in places(faults_of(folder))


@pytest.mark.parametrize(
    ("file", "code", "rule"),
    [
        ("levels.csv", "1.2", "rulebook.no_levels"),
        ("bands.csv", "1.1.2", "rulebook.no_bands"),
        ("survey_links.csv", "8.1", "rulebook.no_link"),
    ],
)
def test_a_rule_without_its_rows(folder: Path, file: str, code: str, rule: str) -> None:
    drop(folder, file, code)
    assert [(fault.rule, fault.values["code"]) for fault in faults_of(folder)] == [(rule, code)]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('from_pct = "80"', 'from_pct = "95"', "rulebook.class_order"),
        ('from_pct = "80"', 'from_pct = "90.0"', "rulebook.class_order"),
        ('from_pct = "0"', 'from_pct = "10"', "rulebook.class_last"),
        ('class_code = "kha"', 'class_code = "tot"', "rulebook.class_repeated"),
    ],
)
def test_wrong_classes(folder: Path, old: str, new: str, rule: str) -> None:
    retext(folder, old, new)
    line = folder.joinpath("rulebook.toml").read_text(encoding="utf-8").splitlines().index("[[classes]]") + 1
    assert places(faults_of(folder)) == {(rule, "rulebook.toml", line)}


def test_all_faults_of_a_folder_at_once(folder: Path) -> None:
    expected = {
        ("tree.children_sum", "criteria.csv", change(folder, "criteria.csv", {"code": "4"}, max_points="9")),
        ("rulebook.no_owner", "criteria.csv", change(folder, "criteria.csv", {"code": "5.1"}, owner="")),
        ("rulebook.level_number", "levels.csv", change(folder, "levels.csv", {"code": "1.2"}, points="")),
        ("data.field", "bands.csv", change(folder, "bands.csv", {"code": "7.1"}, points="bốn")),
        ("rulebook.band_gap", "bands.csv", change(folder, "bands.csv", {"code": "1.1.2", "points": "2"}, from_="91")),
        (
            "rulebook.unknown_code",
            "survey_links.csv",
            add(folder, "survey_links.csv", code="8.9", index_id="sipas", node_code="I", transform="linear"),
        ),
        ("rulebook.counts", "cases.csv", change(folder, "cases.csv", {"code": "8.3"}, option_counts="A")),
        ("rulebook.years", "rulebook.toml", retext(folder, "[2026, 2026]", "[2027, 2026]")),
        # area 4 now counts 9, so the areas no longer add to the 100 of this line
        ("rulebook.max_points", "rulebook.toml", retext(folder, 'max_points = "100"', 'max_points = "100"')),
    }
    assert places(faults_of(folder)) == expected


def test_an_unreadable_row_causes_no_second_fault(folder: Path) -> None:
    """Area 4 must not be said to add up wrongly because one of its criteria could not be read."""
    line = change(folder, "criteria.csv", {"code": "4.2"}, max_points="hai")
    assert places(faults_of(folder)) == {("data.field", "criteria.csv", line)}


@pytest.mark.parametrize(
    "file", ["criteria.csv", "levels.csv", "bands.csv", "survey_links.csv", "cases.csv", "rulebook.toml"]
)
def test_an_absent_file_is_the_only_fault(folder: Path, file: str) -> None:
    (folder / file).unlink()
    found = faults_of(folder)
    assert ("data.no_file", file) in {(fault.rule, fault.file) for fault in found}
    assert {fault.rule for fault in found} <= {"data.no_file", "rulebook.unknown_code"}


def test_check_rulebook_finds_the_same_faults_in_memory() -> None:
    rulebook = load_rulebook(EXAMPLES / "2026-so")
    spoilt = rulebook.model_copy(update={"max_points": Decimal(99), "criteria": rulebook.criteria[:-1]})
    assert {fault.rule for fault in check_rulebook(spoilt)} == {
        "rulebook.max_points",
        "rulebook.cap",
        "rulebook.unknown_code",
    }


def test_links_must_lead_somewhere() -> None:
    rulebook = load_rulebook(EXAMPLES / "2026-so")
    known = {"I", "II.A", "II.B", "II.C", "II.D", "SIPAS"}
    assert check_links(rulebook, {"sipas": known}) == []
    [fault] = check_links(rulebook, {"sipas": known - {"II.C"}})
    assert (fault.rule, fault.file, fault.values["code"]) == ("rulebook.link_to_nothing", "survey_links.csv", "5.5")
    assert fault.row == rulebook.by_code["5.5"].link.line  # type: ignore[union-attr]
    assert len(check_links(rulebook, {"ddci": known})) == 6


def test_rulebooks_are_frozen() -> None:
    rulebook: Rulebook = load_rulebook(EXAMPLES / "2026-so")
    with pytest.raises(ValueError, match="frozen"):
        rulebook.max_points = Decimal(1)  # type: ignore[misc]


def test_a_changed_copy_forgets_what_the_original_looked_up() -> None:
    rulebook = load_rulebook(EXAMPLES / "2026-so")
    assert rulebook.criterion("8.1").max_points == 10
    assert len(rulebook.tree.nodes) == len(rulebook.criteria)
    shorter = rulebook.model_copy(update={"criteria": rulebook.criteria[:3]})
    assert [node.code for node in shorter.tree.nodes] == ["1", "1.1", "1.1.1"]
    with pytest.raises(RulebookError):
        shorter.criterion("8.1")


def test_counts_of_answers() -> None:
    assert parse_counts("A=12; B = 3") == {"A": 12, "B": 3}
    for text in ("", "A", "A=", "A=-1", "A=1.5", "A=1;A=2", "A=1,B=2", "A=1;;B=2"):
        with pytest.raises(ValueError, match="A=12"):
            parse_counts(text)
