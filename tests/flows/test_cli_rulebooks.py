"""The rulebook commands as a province office uses them: begin, fill in, check, out to Excel, back, compare."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from command import sipas

ROOT = Path(__file__).parents[2]
EXAMPLE = "made-up-gia-dinh/2026-so"


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A folder with a fresh workspace."""
    assert sipas("init", folder=tmp_path).returncode == 0
    return tmp_path


def done(folder: Path, *arguments: object) -> str:
    result = sipas(*arguments, folder=folder)
    assert result.returncode == 0, result.stderr
    return result.stdout


def refused(folder: Path, *arguments: object) -> str:
    result = sipas(*arguments, folder=folder)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "Cần làm:" in result.stderr
    return result.stderr


def rulebook(folder: Path, id: str) -> Path:
    return folder / "workspace" / "methodology" / "rulebooks" / id


def fill(folder: Path) -> None:
    """Fill the skeleton as the person would, by editing the texts."""
    header = folder / "rulebook.toml"
    text = header.read_text(encoding="utf-8")
    for old, new in {
        'title_vi = ""': 'title_vi = "Bộ tiêu chí thử"',
        'decision = ""': 'decision = "Tự đặt để thử"',
        'source = ""': 'source = "Tự đặt"',
        "made_up = false": "made_up = true",
        'unit_group = ""': 'unit_group = "so"',
        'years = ["", ""]': "years = [2027, 2027]",
        'max_points = ""': 'max_points = "5"',
        'denominator = ""': 'denominator = "applicable"',
        'rank_on = ""': 'rank_on = "index_unrounded"',
        'ties = ""': 'ties = "competition"',
        'mode = "", leaf = "", total = "", index = ""': 'mode = "half_up", leaf = 2, total = 2, index = 2',
        'bonus_cap = ""': 'bonus_cap = "0"',
        'penalty_cap = ""': 'penalty_cap = "0"',
        'absent_survey = ""': 'absent_survey = "fail"',
        'no_cases = ""': 'no_cases = "fail"',
        'class_code = ""\nname_vi = ""': 'class_code = "chung"\nname_vi = "Chung"',
    }.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    header.write_text(text, encoding="utf-8")
    with (folder / "criteria.csv").open("a", encoding="utf-8") as file:
        file.write("1,,area,Lĩnh vực thử,,5,,sum,,,,,,\n")
        file.write("1.1,1,criterion,Tỷ lệ thử,,2,appraisal,ratio,,,Mục 1,,Sở Nội vụ,full\n")
        file.write("1.10,1,criterion,Phần trăm thử,,3,appraisal,linear,,,Mục 2,,Sở Nội vụ,full\n")
    with (folder / "cases.csv").open("a", encoding="utf-8") as file:
        file.write("hai phần ba,1.1,,,2,3,,,1.33\n")


@pytest.mark.full
def test_new_fill_check_export_import_diff(office: Path) -> None:
    assert "đã tạo" in done(office, "rulebook", "new", "thu/2027-so")
    folder = rulebook(office, "thu/2027-so")
    assert "không thay đổi" in done(office, "rulebook", "new", "thu/2027-so")
    problems = refused(office, "rulebook", "check", "thu/2027-so")
    assert "title_vi" in problems and "rulebook.toml, dòng" in problems and "Input should" not in problems
    fill(folder)
    assert "thu/2027-so" in done(office, "rulebook", "check", "thu/2027-so")
    done(office, "rulebook", "export", "thu/2027-so", "--to", "xlsx")
    book = office / "workspace" / "outputs" / "rulebooks" / "thu" / "2027-so.xlsx"
    assert "đã nhập" in done(office, "rulebook", "import", book, "thu/2028-so")
    assert "giống bản đang có" in done(office, "rulebook", "import", book, "thu/2028-so")
    assert "giống nhau" in done(office, "rulebook", "diff", "thu/2027-so", "thu/2028-so")
    criteria = rulebook(office, "thu/2028-so") / "criteria.csv"
    criteria.write_text(
        criteria.read_text(encoding="utf-8").replace("Phần trăm thử,,3", "Phần trăm thử,,2"), encoding="utf-8"
    )
    assert "criteria.csv" in refused(office, "rulebook", "check", "thu/2028-so")
    assert "--replace" in refused(office, "rulebook", "import", book, "thu/2028-so")
    done(office, "rulebook", "import", book, "thu/2028-so", "--replace")
    assert "1.10" in criteria.read_text(encoding="utf-8")
    done(office, "rulebook", "check", "thu/2028-so")


def test_a_packaged_one_is_copied_never_overwritten(office: Path) -> None:
    done(office, "rulebook", "export", EXAMPLE)
    book = office / "workspace" / "outputs" / "rulebooks" / f"{EXAMPLE}.xlsx"
    refused(office, "rulebook", "import", book, EXAMPLE)
    done(office, "rulebook", "new", "thu/so", "--from", EXAMPLE)
    before = {path.name: path.read_bytes() for path in (ROOT / "data" / "rulebooks" / EXAMPLE).iterdir()}
    assert set(before) == {path.name for path in rulebook(office, "thu/so").iterdir()}
    changes = json.loads(done(office, "rulebook", "diff", EXAMPLE, "made-up-gia-dinh/2026-xa", "--json"))
    assert {"kind": "changed", "code": "3.1", "field": "max_points", "before": "4", "after": "5"}.items() <= next(
        one for one in changes if one["code"] == "3.1"
    ).items()


def test_a_damaged_copy_is_refused_and_nothing_is_written(office: Path) -> None:
    done(office, "rulebook", "export", EXAMPLE)
    path = office / "workspace" / "outputs" / "rulebooks" / f"{EXAMPLE}.xlsx"
    book = openpyxl.load_workbook(path)
    cell = next(cell for cell in book["Tiêu chí"]["A"] if cell.value == "1.1")
    cell.value, cell.number_format = 1.1, "General"
    book.save(office / "hỏng.xlsx")
    problems = refused(office, "rulebook", "import", "hỏng.xlsx", "thu/hong")
    assert f"hỏng.xlsx, Tiêu chí, dòng {cell.row}, Mã tiêu chí (A)" in problems
    assert not rulebook(office, "thu/hong").exists()


def test_an_own_table_becomes_a_draft(office: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ("PHỤ LỤC", None, None),
        ("TT", "Nội dung đánh giá", "Điểm tối đa"),
        ("1", "Chỉ đạo điều hành", 5),
        ("1.1", "Kế hoạch", 2),
        ("1.2", "Báo cáo", 3),
        (None, "Cộng", 5),
    ):
        book.active.append(row)
    book.save(office / "phụ lục.xlsx")
    said = done(office, "rulebook", "import", "phụ lục.xlsx", "thu/2029")
    assert "bản nháp" in said and "columns.toml" in said
    folder = rulebook(office, "thu/2029")
    assert 'code = "TT"' in (folder / "columns.toml").read_text(encoding="utf-8")
    assert "1.2,1,criterion,Báo cáo,,3,," in (folder / "criteria.csv").read_text(encoding="utf-8")
    assert "criteria.csv" in refused(office, "rulebook", "check", "thu/2029")
    done(office, "rulebook", "export", "thu/2029")
