"""To Excel and back: nothing is lost, and what Excel damaged is refused with its cell."""

from __future__ import annotations

import csv
import datetime
import tomllib
from pathlib import Path

import openpyxl
import pytest

from errors import FaultsFound
from sipas.datafiles import build
from sipas.files import read_grid
from sipas.publish.rules.form import rulebook_workbook
from sipas.rulebook import Header, load_rulebook
from sipas.rulebook.content import Content, header_of, read_content, texts_of
from sipas.rulebook.form import is_form, read_form
from sipas.rulebook.vocabulary import SHEETS, fields_of

DATA = Path(__file__).parents[3] / "data" / "rulebooks"
FOLDERS = sorted(path.parent for path in DATA.rglob("rulebook.toml"))
SO = DATA / "made-up-gia-dinh" / "2026-so"


def shown(folder: Path) -> str:
    return folder.relative_to(DATA).as_posix()


def put(texts: dict[str, str], folder: Path) -> Path:
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return folder


def through_excel(content: Content, path: Path) -> Content:
    path.write_bytes(rulebook_workbook(content))
    sheets = read_grid(path)
    assert is_form(sheets)
    return read_form(sheets, path.name)


def test_there_are_rulebooks() -> None:
    assert SO in FOLDERS


@pytest.mark.full
@pytest.mark.parametrize("folder", FOLDERS, ids=shown)
def test_round_trip_is_lossless(folder: Path, tmp_path: Path) -> None:
    """The folder that comes back has the same settings, rows, `#` lines and other files, and is the same rulebook."""
    before = read_content(folder)
    made = put(texts_of(through_excel(before, tmp_path / "bộ tiêu chí.xlsx")), tmp_path / "về")
    assert texts_of(read_content(made)) == texts_of(before)
    assert load_rulebook(made) == without_unasked(load_rulebook(folder))
    for path in folder.glob("*.csv"):
        assert lines_of(made / path.name) == lines_of(path)
    assert (made / "README.md").read_text(encoding="utf-8") == (folder / "README.md").read_text(encoding="utf-8")


def without_unasked(header: Header) -> Header:
    """As a form leaves it: the setting that no scoring reads is neither set nor called unconfirmed."""
    unconfirmed = tuple(name for name in header.unconfirmed if name != "empty_group")
    return header.model_copy(update={"empty_group": "fail", "unconfirmed": unconfirmed})


def lines_of(path: Path) -> tuple[list[str], list[list[str]]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    remarks = [line for line in lines if line.startswith("#")]
    return remarks, [[cell.strip() for cell in row] for row in csv.reader(lines[len(remarks) :])]


@pytest.mark.parametrize("folder", FOLDERS, ids=shown)
def test_canonical_text_keeps_every_key_of_the_header(folder: Path) -> None:
    raw = tomllib.loads((folder / "rulebook.toml").read_text(encoding="utf-8"))
    again = tomllib.loads(texts_of(read_content(folder))["rulebook.toml"])
    assert set(again) == set(raw) - {"empty_group"}
    assert build(Header, again, "a", 0, []) == without_unasked(build(Header, raw, "b", 0, []))


def test_same_content_same_bytes() -> None:
    content = read_content(SO)
    assert rulebook_workbook(content) == rulebook_workbook(content)


def test_every_cell_is_text_and_closed_lists_are_offered(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(rulebook_workbook(read_content(SO)))
    book = openpyxl.load_workbook(path)
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert kinds == {"s"}
    criteria = book["Tiêu chí"]
    assert {cell.number_format for row in criteria.iter_rows(min_row=7, max_row=20) for cell in row} == {"@"}
    assert criteria.column_dimensions["A"].width == pytest.approx(8, abs=1)
    lists = {str(one.sqref).split(":")[0][0] for one in criteria.data_validations.dataValidation}
    assert lists == set("CGHN")  # level, source, rule, no_cases
    assert all(sheet.page_setup.paperSize == 9 for sheet in book)
    assert [sheet.title for sheet in book][1:-1] == list(SHEETS.values())


def test_criteria_headers_are_the_fields_in_vietnamese() -> None:
    assert [one.header for one in fields_of("criteria.csv")][:6] == [
        "Mã tiêu chí",
        "Mã tiêu chí cấp trên",
        "Cấp",
        "Tên",
        "Tên tiếng Anh",
        "Điểm tối đa",
    ]


def faults_of(path: Path) -> list[tuple[str, str, int, str]]:
    with pytest.raises(FaultsFound) as caught:
        read_form(read_grid(path), path.name)
    assert caught.value.rule == "rulebook.form"
    assert {fault.file for fault in caught.value.faults} == {path.name}
    return [(one.rule, one.sheet, one.row, one.column) for one in caught.value.faults]


@pytest.mark.full
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (("Tiêu chí", "1.1", "Mã tiêu chí", 1.1), "rulebook.code_is_number"),
        (("Tiêu chí", "3.2", "Mã tiêu chí", datetime.date(2026, 2, 3)), "rulebook.code_is_day"),
        (("Mức và phương án", "1.2", "Mã tiêu chí", 1.2), "rulebook.code_is_number"),
        (("Khoảng điểm", "7.1", "Mã tiêu chí", datetime.date(2026, 1, 7)), "rulebook.code_is_day"),
        (("Tiêu chí", "1.1.1", "Mã tiêu chí cấp trên", 1.1), "rulebook.code_is_number"),
        (("Tiêu chí", "1.4", "Điểm tối đa", datetime.date(2026, 5, 2)), "rulebook.number_is_day"),
        (("Khoảng điểm", "8.2", "Từ", datetime.date(2026, 1, 9)), "rulebook.number_is_day"),
        (("Tiêu chí", "1.4", "Điểm tối đa", "=1+1"), "rulebook.cell_formula"),
        (("Tiêu chí", "1.4", "Điểm tối đa", "1,250"), "rulebook.ambiguous_number"),
        (("Tiêu chí", "1.4", "Tên", "Tuyên\u200btruyền"), "rulebook.cell_hidden"),
        (("Tiêu chí", "1.4", "Điểm tối đa", "hai"), "data.field"),
        (("Tiêu chí", "1.4", "Cách chấm", "Đoán"), "data.field"),
        (("Tiêu chí", "1.4", "Mã tiêu chí", "1.3"), "tree.duplicate"),
        (("Mức và phương án", "1.4", "Điểm", "3"), "rulebook.points_over_max"),
        (("Thông tin chung", "max_points", "Giá trị", datetime.date(2026, 1, 1)), "rulebook.number_is_day"),
        (("Thông tin chung", "rounding.leaf", "Giá trị", "hai"), "data.field"),
        (("Xếp loại", "tot", "Từ (%)", "95"), "rulebook.class_order"),
    ],
)
def test_damage_is_refused_with_its_cell(spoiled, change, rule) -> None:
    path, [(sheet, row, letter)] = spoiled(change)
    found = faults_of(path)
    same = [one for one in found if one[0] == rule and one[1] == sheet]
    assert same, found
    if rule == "rulebook.class_order":
        return  # the order of all classes, not one cell
    assert row in {one[2] for one in same}
    assert any(one[3].endswith(f"({letter})") for one in same)


def test_all_damage_of_all_sheets_at_once_and_nothing_else(spoiled) -> None:
    path, places = spoiled(
        ("Tiêu chí", "1.1", "Mã tiêu chí", 1.1),
        ("Tiêu chí", "3.2", "Mã tiêu chí", datetime.date(2026, 2, 3)),
        ("Khoảng điểm", "8.2", "Điểm", datetime.date(2026, 5, 1)),
        ("Mức và phương án", "T1", "Điểm", "ba"),
    )
    found = faults_of(path)
    assert {(sheet, row, column[-2]) for _, sheet, row, column in found} == set(places)
    assert len(found) == 4


def test_numbers_typed_as_numbers_and_with_a_comma_are_points(spoiled) -> None:
    path, _ = spoiled(
        ("Tiêu chí", "1.4", "Điểm tối đa", 2),
        ("Mức và phương án", "1.4", "Điểm", 2.0),
        ("Khoảng điểm", "1.1.2", "Từ", "90,0"),
        ("Thông tin chung", "issued", "Giá trị", datetime.date(2026, 1, 5)),
        ("Tiêu chí", "1.4", "Cách chấm", "choice"),
    )
    content = read_form(read_grid(path), path.name)
    criteria = {row["code"]: row for row in content.tables["criteria.csv"]}
    assert (criteria["1.4"]["max_points"], criteria["1.4"]["rule"]) == ("2", "choice")
    assert content.settings["issued"] == "2026-01-05"
    assert header_of(content)["max_points"] == "100"


@pytest.mark.full
@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda book: book.remove(book["Khoảng điểm"]), "rulebook.no_sheet"),
        (lambda book: setattr(book["Khoảng điểm"]["A6"], "value", "Mã khác"), "rulebook.no_form_column"),
        (lambda book: setattr(book["Tiêu chí"]["P9"], "value", "ghi chú"), "rulebook.form_stray"),
        (lambda book: setattr(book["Thông tin chung"]["A9"], "value", "lạ"), "rulebook.unknown_setting"),
        (lambda book: setattr(book["Thông tin chung"]["A9"], "value", "id"), "rulebook.setting_repeated"),
    ],
)
def test_a_changed_frame_is_named(spoiled, spoil, rule) -> None:
    path, _ = spoiled()
    book = openpyxl.load_workbook(path)
    spoil(book)
    book.save(path)
    assert rule in {one[0] for one in faults_of(path)}


def test_a_cell_is_never_shown(spoiled) -> None:
    path, _ = spoiled(("Tiêu chí", "1.4", "Điểm tối đa", "0912345678 anh Nam"))
    with pytest.raises(FaultsFound) as caught:
        read_form(read_grid(path), path.name)
    assert "0912345678" not in str(caught.value.faults)
