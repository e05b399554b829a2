"""Whole files: an annex as offices write it in Word, workbooks, CSV, the published tables, the command."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest
from audited import ROOT, cell_xml, sound_rows, table_xml, write_docx
from command import sipas
from xlsxwriter import Workbook

from errors import DataError, FaultsFound
from errors.messages import load_messages
from sipas.files import GateLimits, gate, read_sheets, read_table
from sipas.jobs.results.audit import annotated, audit_file, marks_of

VOCABULARY = ROOT / "data" / "audit"
PUBLISHED = ROOT / "data" / "published"
MESSAGES = load_messages(ROOT / "data" / "messages")
LETTERHEAD = table_xml([[cell_xml("ỦY BAN NHÂN DÂN TỈNH"), cell_xml("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")]])
UNITS = [
    ("1", "Sở Tài chính", "58,50", "33,75", "92,25", "1", "Xuất sắc"),
    ("2", "Sở Nội vụ", "55,25", "34,10", "89,35", "2", "Tốt"),
    ("3", "Sở Y tế", "52,00", "31,40", "83,40", "3", "Tốt"),
]


def annex(path: Path, units=UNITS, **options) -> Path:
    """Letterhead, title, a table with a two-level merged header, a heading, a summary row, a signature."""
    top = [cell_xml("TT", merge="restart"), cell_xml("Tên đơn vị", merge="restart"), cell_xml("Điểm thành phần", 2)]
    top += [cell_xml(text, merge="restart") for text in ("Tổng điểm", "Xếp hạng", "Xếp loại")]
    below = [cell_xml("", merge="continue"), cell_xml("", merge="continue")]
    below += [cell_xml("Thẩm định (65 điểm)"), cell_xml("Điều tra XHH (35 điểm)")]
    below += [cell_xml("", merge="continue")] * 3
    rows = [top, below, [cell_xml(text) for text in ("(1)", "(2)", "(3)", "(4)", "(5)=(3)+(4)", "(6)", "(7)")]]
    rows += [[cell_xml("I"), cell_xml("Sở, ban, ngành", 6)]]
    rows += [[cell_xml(text) for text in unit] for unit in units]
    rows += [[cell_xml("Trung bình", 2), *(cell_xml(text) for text in ("55,25", "33,08", "88,33", "", ""))]]
    rows += [[cell_xml("Nơi nhận: như trên", 3), cell_xml("TM. ỦY BAN NHÂN DÂN", 4)]]
    title = "<w:p><w:r><w:t>PHỤ LỤC: Kết quả năm 2026</w:t></w:r></w:p>"
    return write_docx(path, LETTERHEAD + title + table_xml(rows), **options)


def audited(path: Path, **options):
    return [(one.row, one.rule, one.got, one.expected) for one in audit_file(path, VOCABULARY, **options).findings]


def test_an_annex_in_word_is_sound_or_its_slip_is_found(tmp_path: Path) -> None:
    found = audit_file(annex(tmp_path / "Phụ lục.docx"), VOCABULARY)
    assert found.findings == ()
    roles = {one.header: one.role for one in found.table.columns}
    assert roles["Điểm thành phần / Thẩm định (65 điểm)"] == "part"
    assert [one.maximum for one in found.table.all("part")] == [65_000_000, 35_000_000]
    assert (list(found.table.units), found.table.left_out["summary"]) == (["Sở Tài chính", "Sở Nội vụ", "Sở Y tế"], 1)
    wrong = [*UNITS[:1], ("2", "Sở Nội vụ", "55,25", "34,10", "89,53", "2", "Tốt"), *UNITS[2:]]
    assert audited(annex(tmp_path / "b.docx", wrong)) == [(6, "audit.parts_total", "89,53", "89,35")]


def test_two_tables_of_results_are_named(tmp_path: Path) -> None:
    rows = [[cell_xml(text) for text in row] for row in (("Đơn vị", "Tổng điểm", "Xếp hạng"), ("A", "5", "1"))]
    path = write_docx(tmp_path / "hai.docx", table_xml(rows) + "<w:p/>" + table_xml(rows))
    with pytest.raises(DataError) as caught:
        audit_file(path, VOCABULARY)
    assert (caught.value.rule, caught.value.got) == ("audit.several_tables", "Bảng 1, Bảng 2")
    assert audited(path, sheet="Bảng 2") == []
    with pytest.raises(DataError) as caught:
        audit_file(path, VOCABULARY, sheet="Bảng 3")
    assert caught.value.rule == "audit.no_sheet"


def test_a_document_is_also_read_as_a_table(tmp_path: Path) -> None:
    table = read_table(annex(tmp_path / "a.docx"), known_headers=["Tên đơn vị"])
    assert table.column("Tên đơn vị").to_pylist()[3:6] == ["Sở Tài chính", "Sở Nội vụ", "Sở Y tế"]
    assert set(table.column("_sheet").to_pylist()) == {"Bảng 2"}


def test_nested_tables_tracked_changes_and_breaks(tmp_path: Path) -> None:
    inner = table_xml([[cell_xml("trong")]])
    first = (
        f"<w:tc>{inner}<w:p><w:r><w:t>Đơn</w:t><w:br/><w:t>vị</w:t></w:r>"
        "<w:del><w:r><w:delText>cũ</w:delText></w:r></w:del><w:ins><w:r><w:t> mới</w:t></w:r></w:ins></w:p></w:tc>"
    )
    path = write_docx(tmp_path / "a.docx", table_xml([[first, cell_xml("Tổng điểm")]]))
    sheets = read_sheets(path)
    assert list(sheets) == ["Bảng 1"]
    assert sheets["Bảng 1"][0].cells == ("trong Đơn vị mới", "Tổng điểm")


def test_documents_that_could_hurt_are_refused(tmp_path: Path) -> None:
    dtd = '<!DOCTYPE w:document [<!ENTITY a "aaaa">]>'
    for path, rule in (
        (annex(tmp_path / "dtd.docx", prolog=dtd), "files.dtd"),
        (annex(tmp_path / "bom.docx", extra={"word/media/a.bin": bytes(8 * 2**20)}), "files.zip_bomb"),
    ):
        with pytest.raises(DataError) as caught:
            gate(path, GateLimits(max_ratio=100))
        assert caught.value.rule == rule
    book = tmp_path / "bảng.docx"
    Workbook(book).close()
    with pytest.raises(DataError) as caught:
        read_sheets(book)
    assert caught.value.rule == "files.not_document"
    broken = write_docx(tmp_path / "hỏng.docx", "<w:tbl>")
    with pytest.raises(DataError) as caught:
        read_sheets(broken)
    assert caught.value.rule == "files.cannot_read"


def test_a_workbook_with_titles_merges_formulas_and_shares(tmp_path: Path) -> None:
    path = tmp_path / "kết quả.xlsx"
    book = Workbook(path)
    sheet = book.add_worksheet("Kết quả")
    sheet.merge_range("A1:F1", "KẾT QUẢ XẾP HẠNG NĂM 2026")
    sheet.write_row("A3", ["TT", "Đơn vị", "Thẩm định (60)", "Khảo sát (40)", "Tổng điểm", "Chỉ số"])
    for at, (a, b) in enumerate(((55.125, 38.5), (50.25, 30.0), (41.0, 28.375), (40.5, 27.25)), start=4):
        sheet.write_row(f"A{at}", [at - 3, f"Sở {at}", a, b])
        total = a + b + (1 if at == 6 else 0)
        sheet.write_formula(f"E{at}", f"=C{at}+D{at}", None, total)
        sheet.write_number(f"F{at}", (a + b) / 100)
    book.close()
    assert audited(path) == [(6, "audit.parts_total", "70.375", "69.375")]


def test_the_annotated_workbook_marks_the_cell(tmp_path: Path) -> None:
    rows = [["BẢNG KẾT QUẢ"], *sound_rows(12)]
    rows[5][5] = "99,99"
    path = tmp_path / "bảng.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    found = audit_file(path, VOCABULARY)
    assert {one.row for one in found.findings} == {6}
    marks = marks_of(found, MESSAGES)
    data = annotated(found, marks)
    assert data == annotated(found, marks)
    book = openpyxl.load_workbook(io.BytesIO(data))
    cell = book["Bảng"]["F6"]
    assert cell.value == "99,99" and "Các phần cộng lại không bằng tổng" in cell.comment.text
    assert [one.coordinate for row in book["Bảng"] for one in row if one.comment] == ["F6"]
    assert [one.value for one in book["Kết quả rà soát"][3]][:3] == [6, "Tổng điểm", "Sở số 4"]
    english = openpyxl.load_workbook(io.BytesIO(annotated(found, marks_of(found, MESSAGES, "en"), "en")))
    assert english.sheetnames == ["Table", "Findings"]
    assert [one.value for one in english["Findings"][2]] == ["Row", "Column", "Unit", "Fault", "Printed", "Expected"]
    assert "The parts do not add to the total" in english["Findings"]["D3"].value


def test_a_csv_with_a_decimal_comma_as_separator_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Đơn vị,Tổng điểm,Xếp hạng\nA,82,1\nB,81,2\nC,80,15,3\n", encoding="utf-8")
    with pytest.raises(FaultsFound) as caught:
        audit_file(path, VOCABULARY)
    assert [fault.rule for fault in caught.value.faults] == ["files.ragged"]


@pytest.mark.full
@pytest.mark.parametrize("table", sorted(path.name for path in PUBLISHED.iterdir() if path.is_dir()))
def test_published_tables_show_exactly_their_known_errors(table: str) -> None:
    """A row with a known error, or the text around the table (2948), and nothing else."""
    path = PUBLISHED / table / f"{table}.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    known = {at for at, line in enumerate(lines, start=2) if line.get("known_error")}
    last = PUBLISHED / "quoc-gia-cchc" / "quoc-gia-cchc.csv" if table == "vung-2024-bao-chi" else None
    rows = {row for row, *_ in audited(path, last_year=last)}
    assert (rows - {1}) == known or (table == "2948-linh-vuc" and rows == {1})


@pytest.mark.parametrize(
    ("table", "findings"),
    [
        ("binh-duong-2017-huyen", []),
        ("vinh-phuc-2019", []),
        ("son-la-2019-trung-binh", [("85.76", "85.57"), ("90.15", "90.75")]),
        ("binh-thuan-2018-so", [("95.27", "95.38")]),
        ("hue-2020-cqdt", [("81.96%", "81.97")]),
        ("2948-linh-vuc", [("38", "39")]),
    ],
)
def test_misprints_of_published_tables(table: str, findings: list[tuple[str, str]]) -> None:
    assert [one[2:] for one in audited(PUBLISHED / table / f"{table}.csv")] == findings


@pytest.mark.full
def test_the_command(tmp_path: Path) -> None:
    press = PUBLISHED / "vung-2024-bao-chi" / "vung-2024-bao-chi.csv"
    last = PUBLISHED / "quoc-gia-cchc" / "quoc-gia-cchc.csv"
    done = sipas("audit", press, "--last-year", last, "--out", tmp_path / "ra.xlsx", folder=tmp_path)
    assert done.returncode == 1 and (tmp_path / "ra.xlsx").is_file()
    lines = list(csv.reader(io.StringIO(done.stdout)))
    assert [(line[0], line[2], line[3]) for line in lines] == [
        ("2", "87.45", "87.79"),
        ("3", "1.58", "0.79"),
        ("3", "87.72", "86.82"),
    ]
    assert "index_pct = chỉ số (%)" in done.stderr and "3 sai sót." in done.stderr
    sound = PUBLISHED / "binh-duong-2017-huyen" / "binh-duong-2017-huyen.csv"
    done = sipas("audit", sound, "--json", folder=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout)["findings"] == []
    done = sipas("audit", sound, "--out", tmp_path / "không" / "a.xlsx", folder=tmp_path)
    assert done.returncode == 1 and "Cần làm" in done.stderr


def test_inside_a_workspace_the_marked_table_is_an_output(tmp_path: Path) -> None:
    home = tmp_path / "workspace"
    assert sipas("-w", home, "init", folder=tmp_path).returncode == 0
    press = PUBLISHED / "binh-thuan-2018-so" / "binh-thuan-2018-so.csv"
    assert sipas("-w", home, "audit", press, folder=tmp_path).returncode == 1
    assert (home / "outputs" / "ra-soat" / "binh-thuan-2018-so.xlsx").is_file()
